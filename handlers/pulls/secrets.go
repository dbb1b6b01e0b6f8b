package pulls

import (
	"math"
	"regexp"
	"slices"
	"strings"
)

// A secretRule knows what one kind of credential looks like. The formats are those that their issuers document.
type secretRule struct {
	rule  string
	words []string // one of them is on every line that matches: a quick test
	form  *regexp.Regexp
	// group is which group of form is the secret; 0 for the whole match. It is looked at to rule out placeholders, and never kept.
	group int
	// random requires that the secret look random, for forms that ordinary text can have too.
	random bool
}

var secretRules = []secretRule{
	{"secret/private-key", []string{"PRIVATE KEY"}, regexp.MustCompile(`-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----`), 0, false},
	{"secret/aws-access-key", []string{"IA"}, regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z2-7]{16}\b`), 0, false},
	{"secret/github-token", []string{"gh"}, regexp.MustCompile(`\bgh[pousr]_[A-Za-z0-9]{36,}\b`), 0, false},
	{"secret/github-fine-grained", []string{"github_pat_"}, regexp.MustCompile(`\bgithub_pat_[A-Za-z0-9_]{50,}`), 0, false},
	{"secret/gitlab-token", []string{"glpat-"}, regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{20,}`), 0, false},
	{"secret/slack-token", []string{"xox"}, regexp.MustCompile(`\bxox[abeoprs]-[A-Za-z0-9-]{20,}`), 0, false},
	{"secret/slack-app-token", []string{"xapp-"}, regexp.MustCompile(`\bxapp-\d-[A-Z0-9]+-\d+-[a-f0-9]{32,}`), 0, false},
	{"secret/slack-webhook", []string{"hooks.slack.com"}, regexp.MustCompile(`hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20,}`), 0, false},
	{"secret/discord-webhook", []string{"/api/webhooks/"}, regexp.MustCompile(`discord(?:app)?\.com/api/webhooks/\d{15,}/[\w-]{50,}`), 0, false},
	{"secret/stripe-key", []string{"k_live_"}, regexp.MustCompile(`\b[rs]k_live_[A-Za-z0-9]{20,}`), 0, false},
	{"secret/google-api-key", []string{"AIza"}, regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{35}`), 0, false},
	{"secret/google-oauth", []string{"GOCSPX-"}, regexp.MustCompile(`\bGOCSPX-[A-Za-z0-9_-]{28}`), 0, false},
	{"secret/npm-token", []string{"npm_"}, regexp.MustCompile(`\bnpm_[A-Za-z0-9]{36}\b`), 0, false},
	{"secret/pypi-token", []string{"pypi-"}, regexp.MustCompile(`\bpypi-AgE[A-Za-z0-9_-]{50,}`), 0, false},
	{"secret/sendgrid-key", []string{"SG."}, regexp.MustCompile(`\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}`), 0, false},
	{"secret/twilio-key", []string{"SK"}, regexp.MustCompile(`\bSK[a-f0-9]{32}\b`), 0, true},
	{"secret/mailgun-key", []string{"key-"}, regexp.MustCompile(`\bkey-[a-f0-9]{32}\b`), 0, true},
	{"secret/digitalocean-token", []string{"_v1_"}, regexp.MustCompile(`\bdo[opr]_v1_[a-f0-9]{64}\b`), 0, false},
	{"secret/huggingface-token", []string{"hf_"}, regexp.MustCompile(`\bhf_[A-Za-z]{34}\b`), 0, false},
	{"secret/anthropic-key", []string{"sk-ant-"}, regexp.MustCompile(`\bsk-ant-[A-Za-z0-9_-]{40,}`), 0, false},
	{"secret/openai-key", []string{"sk-"}, regexp.MustCompile(`\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}`), 0, false},
	{"secret/azure-storage-key", []string{"AccountKey="}, regexp.MustCompile(`AccountKey=[A-Za-z0-9+/]{80,}={0,2}`), 0, false},
	{"secret/telegram-token", []string{":AA"}, regexp.MustCompile(`\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b`), 0, false},
	{"secret/shopify-token", []string{"shp"}, regexp.MustCompile(`\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b`), 0, false},
	{"secret/databricks-token", []string{"dapi"}, regexp.MustCompile(`\bdapi[a-f0-9]{32}\b`), 0, false},
	{"secret/age-key", []string{"AGE-SECRET-KEY-1"}, regexp.MustCompile(`\bAGE-SECRET-KEY-1[A-Z0-9]{58}`), 0, false},
	{"secret/vault-token", []string{"hvs."}, regexp.MustCompile(`\bhvs\.[A-Za-z0-9_-]{80,}`), 0, false},
	{"secret/url-password", []string{"://"}, regexp.MustCompile(`\b[a-z][a-z0-9+.-]{2,20}://[^\s:/@"'<>{}$]+:([^\s:/@"'<>{}$]{8,})@[\w.-]+`), 1, true},
	{"secret/assignment", []string{"ssw", "SSW", "ecret", "ECRET", "oken", "OKEN", "key", "Key", "KEY", "redential", "REDENTIAL"}, regexp.MustCompile(`(?i)(?:password|passwd|secret|token|api_?key|access_?key|private_?key|credential)s?["']?\s*(?::=|[:=]|=>)\s*["']([A-Za-z0-9+/_.=-]{20,200})["']`), 1, true},
}

// secrets looks for credentials on added lines. What it finds is told by rule and place; the value is nowhere in the facts.
func secrets(in *inspection) Reason {
	var places []Evidence
	for _, f := range in.files {
		if rules := secretRulesFor(f); len(rules) > 0 {
			f.added(func(l line) {
				if rule := secretAmong(rules, l.text, f.class); rule != "" {
					places = append(places, Evidence{Rule: rule, File: f.Path, Line: l.new})
				}
			})
		}
		places = append(places, f.lockedSecrets()...)
	}
	if len(places) == 0 {
		return Reason{}
	}
	return Reason{Points: in.w.Secret, Text: "what looks like a credential on " + count(len(places), "added line"), Evidence: places}
}

// secretRulesFor are the rules that a line of the file may break.
func secretRulesFor(f *file) (rules []secretRule) {
	for _, r := range secretRules {
		if f.holds(r.words) {
			rules = append(rules, r)
		}
	}
	return rules
}

// secretOn returns the rule that a line breaks; "" for none. In tests, documentation and recorded output only what has an issuer's own
// form counts: they are full of made-up passwords and keys.
func secretOn(text string, class Class) string { return secretAmong(secretRules, text, class) }

// secretAmong is secretOn for some of the rules.
func secretAmong(rules []secretRule, text string, class Class) string {
	if len(text) < 16 || len(text) > 20_000 {
		return ""
	}
	madeUp := class == ClassTest || class == ClassDocs || class == ClassSnapshot
	for _, r := range rules {
		if madeUp && (r.random || r.rule == "secret/private-key") || !containsAny(text, r.words) || r.rule == "secret/assignment" && !assignsLong(text) {
			continue
		}
		m := r.form.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		value := m[r.group]
		if !placeholder(value) && (!r.random || looksRandom(value)) {
			return r.rule
		}
	}
	return ""
}

// assignsLong reports whether ":", "=" or ">" is followed by a quotation mark and twenty characters that a value has: far quicker than the form
// that needs them.
func assignsLong(text string) bool {
	run := -1 // characters since a mark; -1 outside
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\'':
			run = -1
			if before := strings.TrimRight(text[:i], " \t\n\f\r"); before != "" && strings.IndexByte(":=>", before[len(before)-1]) >= 0 {
				run = 0
			}
		case run < 0 || c <= ' ' || c >= 0x7f || strings.IndexByte("+/_.=-", c) < 0 && !letterOrDigit(c):
			run = -1
		default:
			if run++; run >= 20 {
				return true
			}
		}
	}
	return false
}

func letterOrDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

func containsAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

var placeholderWord = regexp.MustCompile(`(?i)example|sample|dummy|fake|placeholder|changeme|change_me|your[_-]?|xxxx|\*\*\*|redacted|test|foobar|abcdef|123456|aaaaaaaa|00000000`)

// placeholder reports whether a value is obviously made up.
func placeholder(value string) bool { return placeholderWord.MatchString(value) }

// looksRandom tells machine-made text from words: digits and letters both, and at least 3.5 bits a character (Shannon's entropy), where
// English identifiers have about 3.
func looksRandom(s string) bool {
	if !strings.ContainsAny(s, "0123456789") || strings.Trim(s, "0123456789.-_/+=") == "" {
		return false
	}
	var freq [256]int
	for i := range len(s) {
		freq[s[i]]++
	}
	bits := 0.0
	for _, n := range freq {
		if n > 0 {
			p := float64(n) / float64(len(s))
			bits -= p * math.Log2(p)
		}
	}
	return bits >= 3.5 || len(s) < 16 && bits >= 3
}
