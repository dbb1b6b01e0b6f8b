package github

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// A repository's settings are those of its default branch, are believed for a while, and outlive a failure.
func TestSettings(t *testing.T) {
	t.Parallel()
	var asked, fails atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch {
		case fails.Load() > 0:
			w.WriteHeader(http.StatusForbidden)
		case r.URL.Path == "/api/v3/repos/octo/widgets/contents/.github/shipmate.yml" && !r.URL.Query().Has("ref"):
			fmt.Fprintf(w, `{"type":"file","encoding":"base64","size":9,"name":"shipmate.yml","path":".github/shipmate.yml","content":%q}`,
				base64.StdEncoding.EncodeToString([]byte("risk: {}\n")))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	c, err := New(Options{BaseURL: server.URL, Token: "t", Repos: []string{"octo/widgets", "octo/gears"}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	read := func(repo, want string, fails bool) {
		t.Helper()
		if text, err := c.settings(t.Context(), "octo", repo); text != want || (err != nil) != fails {
			t.Errorf("settings of %s are %q, %v", repo, text, err)
		}
	}
	read("widgets", "risk: {}\n", false)
	read("gears", "", false)
	read("widgets", "risk: {}\n", false)
	if n := asked.Load(); n != 2 {
		t.Errorf("%d requests, want one for each repository", n)
	}
	now = now.Add(settingsLast)
	fails.Store(1)
	read("widgets", "risk: {}\n", true)
	fails.Store(0)
	read("widgets", "risk: {}\n", false)
}

// Settings that could not be read are a gap also where nothing else was asked for.
func TestSettingsFailAlone(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	c := f.client(t, func(o *Options) { o.Now = func() time.Time { return now } })
	pr := PullRequest{Ref: widget, Base: Branch{SHA: "b"}}
	f.json("POST /api/graphql", obj{"data": obj{"repository": obj{"settings": obj{"text": "risk: {}\n"}}}})
	if r := c.readRelated(t.Context(), pr); r.settings != "risk: {}\n" || len(r.gaps) > 0 {
		t.Fatalf("%q, gaps %v", r.settings, r.gaps)
	}
	now = now.Add(settingsLast)
	f.status("POST /api/graphql", 403, nil, "{}")
	if r := c.readRelated(t.Context(), pr); r.settings != "risk: {}\n" || len(r.gaps) != 1 || r.gaps[0] != (Gap{settingsPath, "no permission"}) {
		t.Errorf("%q, gaps %v", r.settings, r.gaps)
	}
}
