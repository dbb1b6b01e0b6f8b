package github

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A marker is the last line of each comment of the bot, hidden from readers. By it the bot recognises its comment on a pull request, what
// it says, and for which effect it was written. Its signature holds in one place only: copied elsewhere it is worth nothing.
type marker struct {
	card string // what is shown, and for which comment: lower-case letters, digits, dots and dashes
	key  string // 32 hex digits: of the effect's key
	hash string // 32 hex digits: of the text before the marker
}

// markerForm is the marker as written by line. The version is for formats to come.
var markerForm = regexp.MustCompile(`<!-- shipmate:([a-z0-9.-]{1,40}) v1 key=([0-9a-f]{32}) hash=([0-9a-f]{32}) sig=([0-9a-f]{64}) -->\s*$`)

const (
	markerSign = "<!-- shipmate:" // how every marker begins, whoever signed it
	markerSize = 40 + 32 + 32 + 64 + 60
	maxCard    = 20 // of a card's name: the number of the comment that is answered stands behind it
)

// A signer makes and verifies the markers of one pull request.
type signer struct {
	secret []byte
	place  string // host, repository and number
}

func newSigner(secret []byte, host string, repository int64, number int) signer {
	return signer{secret, strings.Join([]string{host, strconv.FormatInt(repository, 10), strconv.Itoa(number)}, "\n")}
}

func (s signer) signature(m marker) string {
	mac := hmac.New(sha256.New, s.secret)
	// None of the parts contains a line feed, so that no two markers sign the same text.
	fmt.Fprintf(mac, "shipmate comment v1\n%s\n%s\n%s\n%s", s.place, m.card, m.hash, m.key)
	return hex.EncodeToString(mac.Sum(nil))
}

// line writes the marker.
func (s signer) line(m marker) string {
	return fmt.Sprintf("%s%s v1 key=%s hash=%s sig=%s -->", markerSign, m.card, m.key, m.hash, s.signature(m))
}

// read finds the marker of a comment's body and returns it with the text before it; ok is false when there is none that this bot signed
// for this pull request.
func (s signer) read(body string) (m marker, text string, ok bool) {
	at := markerForm.FindStringSubmatchIndex(body)
	if at == nil || len(s.secret) == 0 {
		return marker{}, "", false
	}
	part := func(i int) string { return body[at[2*i]:at[2*i+1]] }
	m = marker{card: part(1), key: part(2), hash: part(3)}
	if !hmac.Equal([]byte(part(4)), []byte(s.signature(m))) {
		return marker{}, "", false
	}
	return m, body[:at[0]], true
}

// digest is 32 hex digits that stand for a text.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// contentHash is the digest of a comment's text. Line ends and white space at the ends do not count: GitHub may change them.
func contentHash(text string) string {
	return digest(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")))
}

// cardName makes a card's name fit for a marker.
func cardName(card string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, card)
	for strings.Contains(name, "--") { // would end the comment that hides the marker, for some readers of HTML
		name = strings.ReplaceAll(name, "--", "-")
	}
	if name == "" || name == "-" {
		return "pull"
	}
	return name[:min(len(name), maxCard)]
}
