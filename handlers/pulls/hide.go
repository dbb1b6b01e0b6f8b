package pulls

import (
	"regexp"
	"strings"
)

// hiddenPart takes the place of what is hidden within a line.
const hiddenPart = "[hidden]"

// logSecrets are forms of credentials that logs have and code has not, or not so: their group is what is hidden.
var logSecrets = []secretRule{
	{"secret/authorization", []string{"uthorization", "UTHORIZATION"}, regexp.MustCompile(`(?i)\bauthorization["']?\s*[:=]\s*["']?(?:(?:basic|bearer|token|digest)\s+)?([^\s"']{8,})`), 1, false},
	{"secret/bearer", []string{"earer ", "EARER "}, regexp.MustCompile(`(?i)\bbearer\s+([A-Za-z0-9+/_.~=-]{16,})`), 1, false},
	{"secret/jwt", []string{"eyJ"}, regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?`), 0, false},
	{"secret/url-user", []string{"://"}, regexp.MustCompile(`\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@"'<>]*:([^\s/@"'<>]+)@`), 1, false},
	{"secret/signed-url", []string{"ig=", "ignature="}, regexp.MustCompile(`(?i)[?&](?:sig|signature|x-amz-signature|x-goog-signature)=([^\s&"']+)`), 1, false},
	{"secret/assigned", []string{"ssw", "SSW", "ecret", "ECRET", "oken", "OKEN", "key", "Key", "KEY", "redential", "REDENTIAL"},
		regexp.MustCompile(`(?i)(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|credential)s?["']?\s*(?::=|=>|[:=])\s*["']?([^\s"',;]{8,})`), 1, false},
}

var (
	keyBegins = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY`)
	keyEnds   = regexp.MustCompile(`-----END [A-Z0-9 ]*PRIVATE KEY`)
	keyLine   = regexp.MustCompile(`^\s*[A-Za-z0-9+/]{60,}={0,2}\s*$`) // of a key whose beginning is not among the lines
)

// hideSecrets replaces what may be a credential in lines of a log or in what a check says. Unlike secretOn it does not spare what looks made
// up: in a log nothing is lost by that.
func hideSecrets(lines []string) []string {
	out := make([]string, len(lines))
	inKey := false
	for i, l := range lines {
		switch begins := keyBegins.MatchString(l); {
		case begins, inKey, keyLine.MatchString(l):
			inKey = (begins || inKey) && !keyEnds.MatchString(l)
			out[i] = hidden
		default:
			out[i] = hideSecret(l)
		}
	}
	return out
}

// hideSecret is hideSecrets for one line.
func hideSecret(text string) string {
	for _, rules := range [][]secretRule{secretRules, logSecrets} {
		for _, r := range rules {
			if containsAny(text, r.words) {
				text = r.hide(text)
			}
		}
	}
	return text
}

// hide replaces every match of the rule.
func (r secretRule) hide(text string) string {
	var b strings.Builder
	done := 0
	for _, m := range r.form.FindAllStringSubmatchIndex(text, -1) {
		from, to := m[2*r.group], m[2*r.group+1]
		b.WriteString(text[done:from] + hiddenPart)
		done = to
	}
	if done == 0 {
		return text
	}
	return b.String() + text[done:]
}
