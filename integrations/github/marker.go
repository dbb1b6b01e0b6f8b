package github

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A marker is the last line of each comment of the bot, hidden from readers. By it the bot recognises its comment on a pull request, what
// it says, and for which effect it was written. Its signature holds in one place only: copied elsewhere it is worth nothing.
type marker struct {
	card string // what is shown, and for which comment: lower-case letters, digits, dots and dashes
	keys string // 32 hex digits for each of the last effects that wrote it, the latest first, with commas between
	hash string // 32 hex digits: of the text before the marker
}

// markerForm is the marker as written by line. The version is for formats to come.
var markerForm = regexp.MustCompile(`<!-- shipmate:([a-z0-9.-]{1,48}) v1 key=([0-9a-f]{32}(?:,[0-9a-f]{32}){0,7}) hash=([0-9a-f]{32}) sig=([0-9a-f]{64}) -->\s*$`)

const (
	markerSign = "<!-- shipmate:" // how every marker begins, whoever signed it
	maxKeys    = 8                // that a marker keeps
	markerSize = 48 + maxKeys*33 + 32 + 64 + 60
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
	fmt.Fprintf(mac, "shipmate comment v1\n%s\n%s\n%s\n%s", s.place, m.card, m.hash, m.keys)
	return hex.EncodeToString(mac.Sum(nil))
}

// line writes the marker.
func (s signer) line(m marker) string {
	return fmt.Sprintf("%s%s v1 key=%s hash=%s sig=%s -->", markerSign, m.card, m.keys, m.hash, s.signature(m))
}

// read finds the marker of a comment's body and returns it with the text before it; ok is false when there is none that this bot signed
// for this pull request.
func (s signer) read(body string) (m marker, text string, ok bool) {
	at := markerForm.FindStringSubmatchIndex(body)
	if at == nil || len(s.secret) == 0 {
		return marker{}, "", false
	}
	part := func(i int) string { return body[at[2*i]:at[2*i+1]] }
	m = marker{card: part(1), keys: part(2), hash: part(3)}
	if !hmac.Equal([]byte(part(4)), []byte(s.signature(m))) {
		return marker{}, "", false
	}
	return m, body[:at[0]], true
}

// wroteFor reports whether the effect with this key is one of the last that wrote the comment.
func (m marker) wroteFor(key string) bool {
	return slices.Contains(strings.Split(m.keys, ","), digest(key))
}

// latest is the digest of the key of the last effect.
func (m marker) latest() string {
	latest, _, _ := strings.Cut(m.keys, ",")
	return latest
}

// withKey is the marker's list of keys with another one before them.
func (m marker) withKey(key string) string {
	keys := []string{digest(key)}
	for old := range strings.SplitSeq(m.keys, ",") {
		if old != "" && old != keys[0] && len(keys) < maxKeys {
			keys = append(keys, old)
		}
	}
	return strings.Join(keys, ",")
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
