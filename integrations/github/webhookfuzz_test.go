package github

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// FuzzWebhook holds that nothing unsigned is heard, whatever it looks like, and that nothing makes the listener panic.
func FuzzWebhook(f *testing.F) {
	c := &thread{}
	c.add(1, 5, "/shipmate risk", nil)
	f.Add("POST", "application/json", "issue_comment", "", told(c.comments[0], nil), false)
	f.Add("POST", "application/json", "issue_comment", "", told(c.comments[0], nil), true)
	f.Add("POST", "application/json; charset=utf-8", "pull_request_review_comment", "sha256=00", told(reviewed(1, 5, "/shipmate risk"), nil), true)
	f.Add("GET", "text/plain", "ping", fmt.Sprintf("sha256=%064d", 0), []byte("{}"), false)
	client, err := New(Options{Token: testToken, Repos: []string{"octo/widgets"}, Login: "shipmate[bot]"})
	if err != nil {
		f.Fatal(err)
	}
	w := newWebhook(f, client, nil)
	f.Fuzz(func(t *testing.T, method, contentType, event, sig string, body []byte, sign bool) {
		e := &ear{}
		r := httptest.NewRequest(http.MethodPost, defaultPath, bytes.NewReader(body))
		r.Method = method
		if sign {
			sig = signature(hookSecret, body)
		}
		for name, value := range map[string]string{"Content-Type": contentType, "X-GitHub-Event": event, "X-Hub-Signature-256": sig} {
			r.Header.Set(name, value)
		}
		got := respond(w.handler(e.accept), r).StatusCode
		if valid := sig == signature(hookSecret, body); !valid && (len(e.heard) > 0 || got < 400) {
			t.Errorf("unsigned, and answered %d, heard %d", got, len(e.heard))
		}
	})
}
