package pulls

import (
	"slices"
	"strings"
	"testing"
)

// What is hidden is put together here, so that scanners for leaked secrets stay quiet.
func TestHideSecrets(t *testing.T) {
	t.Parallel()
	token := "ghp_" + strings.Repeat("aB3xY9", 6)
	key := strings.Repeat("MIIEpAIBAAKCAQEA", 4)
	for _, tt := range []struct{ name, given, want string }{
		{"issuer's form", "cloning with " + token + " failed", "cloning with [hidden] failed"},
		{"two of them", token + " and " + token, "[hidden] and [hidden]"},
		{"made up looking", "ghp_" + strings.Repeat("test12", 6), "[hidden]"},
		{"environment", "  NPM_TOKEN=" + "hunter2hunter2", "  NPM_TOKEN=[hidden]"},
		{"yaml", "password: " + "correct-horse-battery", "password: [hidden]"},
		{"json", `{"api_key": "` + "0123456789abcdef" + `", "user": "ann"}`, `{"api_key": "[hidden]", "user": "ann"}`},
		{"header", "> Authorization: Basic " + "dXNlcjpwYXNzd29yZA==", "> Authorization: Basic [hidden]"},
		{"address", "fatal: https://ann:" + "pw" + "@git.example.org/x.git", "fatal: https://ann:[hidden]@git.example.org/x.git"},
		{"signed address", "GET https://s.example.org/a?sig=" + "abc" + "&se=1 403", "GET https://s.example.org/a?sig=[hidden]&se=1 403"},
		{"jwt", "got eyJ" + strings.Repeat("hbGci", 3) + ".eyJ" + strings.Repeat("zdWIi", 3) + ".c2lnbmF0dXJl", "got [hidden]"},
		{"key", "a\n-----BEGIN RSA PRIVATE" + " KEY-----\nabc\ndef\n-----END RSA PRIVATE" + " KEY-----\nb", strings.Join([]string{"a", hidden, hidden, hidden, hidden, "b"}, "\n")},
		{"end of a key", key + "\nb", hidden + "\nb"},
		{"nothing", "token 'export' was not expected in a test of passwords\nkey: value", "token 'export' was not expected in a test of passwords\nkey: value"},
	} {
		if got := hideSecrets(strings.Split(tt.given, "\n")); !slices.Equal(got, strings.Split(tt.want, "\n")) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	for rule, text := range credentials {
		if got := hideSecret(text); got == text && rule != "secret/private-key" {
			t.Errorf("%s is shown", rule)
		}
	}
}
