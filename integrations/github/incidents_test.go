package github

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Incidents of other programs that concern GitHub. SECURITY.md names for each the test that holds it off; most are with what they test.

// TestIncidentRulesOfTheFork: a reviewer read its rules from the branch under review, and so obeyed its author (open-code-review#110). Here a pull
// request that changes CODEOWNERS, .gitattributes or our configuration changes nothing for itself: no file is read at its head.
func TestIncidentRulesOfTheFork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, rest := range []bool{false, true} {
		c := w.client(nil)
		c.noGraph.Store(rest)
		w.requests()
		s, err := c.Snapshot(t.Context(), Ref{"octo", "widgets", merged}) // it makes @attacker the owner of everything
		if err != nil || s.Owners != "* @octo/core\n" || s.Attributes != "*.pb.go linguist-generated\n" {
			t.Errorf("owners %q, attributes %q, %v", s.Owners, s.Attributes, err)
		}
		for _, r := range w.requests() {
			if strings.Contains(r, s.Head.SHA) && !strings.Contains(r, "/check-runs") && !strings.Contains(r, "/status") {
				t.Errorf("something is read at the head: %s", r)
			}
		}
	}
}

// TestIncidentTokenFollowsARedirect: the address of a job's log leads to another host, and clients took the token along. Every way of asking refuses
// to go to another host; the other host here hears nothing, whatever is asked.
func TestIncidentTokenFollowsARedirect(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host was asked %s %s with %q", r.Method, r.URL, r.Header.Get("Authorization"))
	}))
	t.Cleanup(other.Close)
	for _, code := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		f := newFake(t)
		f.Server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+r.URL.Path, code)
		})
		for _, call := range everyCall() {
			_ = call(t.Context(), f.client(t, func(o *Options) { o.Login = "" })) // that it fails is another test's matter
		}
		f = newFake(t)
		serveWidget(f)
		f.handle("POST /api/graphql", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL+"/graphql", code) })
		if s, err := f.client(t, nil).Snapshot(t.Context(), widget); err != nil || len(s.Gaps) != 1 {
			t.Errorf("%d: gaps %v, %v", code, s.Gaps, err)
		}
	}
}
