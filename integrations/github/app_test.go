package github

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shipmate/bot"
	sandbox "shipmate/sandbox/github"
)

// app makes a client of the stand-in that is the App.
func (w *world) app(change func(*Options)) *Client {
	w.t.Helper()
	key, err := w.AppKey()
	if err != nil {
		w.t.Fatal(err)
	}
	return w.client(func(o *Options) {
		o.Token, o.Login, o.App = "", "", &AppOptions{ID: sandbox.AppID, Key: key}
		if change != nil {
			change(o)
		}
	})
}

// testKeyPEM is a key that no stand-in knows.
var testKeyPEM = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return inPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
})

func inPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// The App hears, reads, answers and is permitted what the account with a token is.
func TestAppAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, e, cursors := w.app(nil), &ear{}, &memoryCursors{}
	if err := c.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		if err := NewSource(c, cursors).Run(ctx, e.accept); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	eventually(t, "both lists are read", func() bool {
		return len(c.Stats().Lists) == 2 && !slices.ContainsFunc(c.Stats().Lists, func(l ListStats) bool { return l.Read.IsZero() })
	})
	asked := w.say("ada", open, "@shipmate risk")
	eventually(t, "heard the command", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return len(e.heard) > 0
	})
	if got := e.texts(); !slices.Equal(got, []string{"risk"}) {
		t.Errorf("heard %q", got)
	}
	p, to := NewPoster(c), place(open, fmt.Sprint(asked))
	ref := mustPost(t, p, to, "", "k", bot.Reply{Title: "Hello"})
	if again := mustPost(t, p, to, "", "k2", bot.Reply{Title: "Hello again"}); again != ref {
		t.Errorf("the App does not know its own comment: %s, then %s", ref, again)
	}
	role, err := c.Role(t.Context(), bot.Request{From: bot.Actor{Surface: bot.GitHub, ID: "ada"}, ReplyTo: to})
	if err != nil || role != bot.Admin {
		t.Errorf("role %v, %v", role, err)
	}
	if login, err := c.Login(t.Context()); login != sandbox.BotLogin || err != nil {
		t.Errorf("login %q, %v", login, err)
	}
}

// app makes a client of the fake that is an App.
func (f *fake) app(t *testing.T) *Client {
	f.json("GET /app", obj{"id": 5, "slug": "shipmate"})
	f.json("GET /repos/octo/widgets/installation", obj{"id": 9})
	f.json("POST /app/installations/9/access_tokens", obj{"token": "ghs_planted", "expires_at": time.Now().Add(time.Hour)})
	return f.client(t, func(o *Options) { o.Token, o.App = "", &AppOptions{ID: 5, Key: testKeyPEM()} })
}

// A renamed repository answers with an address that does not say whose it is.
func TestAppInRenamedRepository(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for from, to := range map[string]string{"/repos/octo/widgets/pulls/12": "/repositories/77/pulls/12", "/repositories/77/pulls/12": "/repositories/78/pulls/12"} {
		f.handle("GET "+from, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/api/v3"+to, http.StatusMovedPermanently)
		})
	}
	f.json("GET /repositories/78/pulls/12", `{"number":12,"title":"renamed"}`)
	if pr, err := f.app(t).Pull(t.Context(), widget); err != nil || pr.Title != "renamed" {
		t.Errorf("%q, %v", pr.Title, err)
	}
}

// The first start of an App, too, hears nothing of what was said before.
func TestAppFirstStart(t *testing.T) {
	t.Parallel()
	f, c, e, cursors := newFake(t), &thread{}, &ear{}, &memoryCursors{saved: map[string]Cursor{}}
	c.serve(f)
	for i := range 150 {
		c.add(i+1, i, "/shipmate risk", nil)
	}
	client := f.app(t)
	for range 2 {
		mustStep(t, NewSource(client, cursors).poll("octo/widgets", plain(), e.accept))
	}
	c.add(999, int(time.Since(start)/time.Second)+1, "/shipmate files", nil)
	mustStep(t, NewSource(client, cursors).poll("octo/widgets", plain(), e.accept))
	if got := e.texts(); !slices.Equal(got, []string{"files"}) {
		t.Errorf("heard %q, want only what was said after the start", got)
	}
}

// One token serves all; when it expires early, there is a new one, and writes arrive all the same, once.
func TestAppTokenExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.app(nil)
	p, to := NewPoster(c), place(open, "")
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if _, err := c.Snapshot(t.Context(), Ref{"octo", "widgets", open}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := count(w.requests(), "access_tokens"); got != 1 {
		t.Errorf("%d tokens were asked for, want 1", got)
	}
	w.control("expire-tokens", obj{}, nil)
	mustPost(t, p, to, "", "k", bot.Reply{Title: "Hello"})
	if seen := w.requests(); count(seen, "access_tokens") != 1 || count(seen, " 401") != 1 {
		t.Errorf("after the end:\n%s", strings.Join(seen, "\n"))
	}
	w.control("expire-tokens", obj{}, nil)
	if err := c.react(t.Context(), place(open, fmt.Sprint(w.comments(open)[0].ID)), "eyes"); err != nil {
		t.Errorf("a write with an expired token: %v", err)
	}
	if got := w.comments(open); len(got) != 1 || got[0].Author != sandbox.BotLogin {
		t.Errorf("comments are %+v, want one of the App", got)
	}
}

// What somebody has to mend, and with what words.
func TestAppCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tt := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"another key":          {func(o *Options) { o.App.Key = testKeyPEM() }, "make a new private key"},
		"another app":          {func(o *Options) { o.App.ID = 1 }, "check github.app.id"},
		"another repository":   {func(o *Options) { o.Repos = append(o.Repos, "octo/gone") }, "repository octo/gone: github knows nothing of the kind (404): Not Found; no installation of the App reaches it"},
		"another owner":        {func(o *Options) { o.Repos = append(o.Repos, "acme/gears") }, "repository acme/gears"},
		"another installation": {func(o *Options) { o.App.Installation = 7 }, "installation 90210 of the App reaches it, and github.app.installation is 7"},
		"wrong address":        {func(o *Options) { o.BaseURL = "http://127.0.0.1:1/" }, "check github.base_url"},
	} {
		if err := w.app(tt.change).Check(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Check: %v, want %q", name, err, tt.want)
		}
	}
	c := w.app(func(o *Options) { o.App.Installation = 7 })
	_, err := c.Snapshot(t.Context(), Ref{"octo", "widgets", open})
	if said, ok := errors.AsType[*bot.UserError](err); !ok || !strings.HasPrefix(said.Text, "GitHub does not let me in there as an App.") {
		t.Errorf("Snapshot without a token: %v", err)
	}
}

func TestAppKeys(t *testing.T) {
	t.Parallel()
	block, _ := pem.Decode([]byte(testKeyPEM()))
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(key)
	curve, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ec, _ := x509.MarshalPKCS8PrivateKey(curve)
	small, _ := rsa.GenerateKey(rand.Reader, 1024)
	for name, tt := range map[string]struct{ text, want string }{
		"PKCS 1":          {testKeyPEM(), ""},
		"PKCS 8":          {inPEM("PRIVATE KEY", pkcs8), ""},
		"Windows lines":   {strings.ReplaceAll(testKeyPEM(), "\n", "\r\n"), ""},
		"one line":        {strings.ReplaceAll(strings.TrimSpace(testKeyPEM()), "\n", `\n`), ""},
		"no line end":     {strings.TrimSpace(testKeyPEM()), ""},
		"nothing":         {"", "is no private key in PEM"},
		"a token":         {testToken, "is no private key in PEM"},
		"cut":             {testKeyPEM()[:400], "is no private key in PEM"},
		"damaged":         {inPEM("RSA PRIVATE KEY", block.Bytes[:200]), "is damaged"},
		"an elliptic one": {inPEM("PRIVATE KEY", ec), "is no RSA key"},
		"encrypted":       {inPEM("ENCRYPTED PRIVATE KEY", pkcs8), "is in PEM, but no unencrypted RSA private key"},
		"a public key":    {inPEM("PUBLIC KEY", x509.MarshalPKCS1PublicKey(&key.PublicKey)), "is in PEM, but no unencrypted RSA private key"},
		"small":           {inPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(small)), "has 1024 bits"},
	} {
		_, err := New(Options{App: &AppOptions{ID: 1, Key: tt.text}, Repos: []string{"octo/widgets"}})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), "github app key "+tt.want)) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
		if err != nil && len(tt.text) > 20 && strings.Contains(err.Error(), tt.text[len(tt.text)/2:]) {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}
