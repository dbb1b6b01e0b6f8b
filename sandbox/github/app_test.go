package github_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"shipmate/sandbox/github"
)

// appKey is the App's private key.
func (b *bench) appKey() *rsa.PrivateKey {
	b.t.Helper()
	text, err := b.server.AppKey()
	if err != nil {
		b.t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(text))
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		b.t.Fatal(err)
	}
	return key
}

// jwt signs a token of the App, with other claims where they are given.
func (b *bench) jwt(claims map[string]any) string {
	return signed(b.t, b.appKey(), map[string]any{"alg": "RS256", "typ": "JWT"}, claims)
}

func signed(t testing.TB, key *rsa.PrivateKey, head, claims map[string]any) string {
	t.Helper()
	now := time.Now().Unix()
	all := map[string]any{"iss": github.AppID, "iat": now - 60, "exp": now + 540}
	maps.Copy(all, claims)
	var parts []string
	for _, v := range []any{head, all} {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(raw))
	}
	text := strings.Join(parts, ".")
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestJWT(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	rs256 := map[string]any{"alg": "RS256"}
	good := b.jwt(nil)
	for name, test := range map[string]struct{ token, want string }{
		"right":               {good, ""},
		"issuer as text":      {b.jwt(map[string]any{"iss": "4711"}), ""},
		"clock a minute fast": {b.jwt(map[string]any{"iat": now + 50, "exp": now + 590}), ""},
		"another key":         {signed(t, other, rs256, nil), "A JSON web token could not be decoded"},
		"another algorithm":   {signed(t, b.appKey(), map[string]any{"alg": "HS256"}, nil), "A JSON web token could not be decoded"},
		"no algorithm":        {signed(t, b.appKey(), map[string]any{"alg": "none"}, nil), "A JSON web token could not be decoded"},
		"claims of another":   {strings.Split(good, ".")[0] + "." + strings.Split(b.jwt(map[string]any{"exp": now + 60}), ".")[1] + "." + strings.Split(good, ".")[2], "A JSON web token could not be decoded"},
		"no signature":        {good[:strings.LastIndex(good, ".")+1], "A JSON web token could not be decoded"},
		"not base64":          {"a.b.c!", "A JSON web token could not be decoded"},
		"another app":         {b.jwt(map[string]any{"iss": 1}), "'Issuer' claim"},
		"from the future":     {b.jwt(map[string]any{"iat": now + 300, "exp": now + 500}), "'Issued at' claim"},
		"no time of issue":    {b.jwt(map[string]any{"iat": "soon"}), "'Issued at' claim"},
		"expired":             {b.jwt(map[string]any{"iat": now - 900, "exp": now - 300}), "'Expiration time' claim ('exp') must be"},
		"lives too long":      {b.jwt(map[string]any{"exp": now + 700}), "'Expiration time' claim ('exp') is too far"},
		"a token":             {github.BotToken(), "A JSON web token could not be decoded"},
	} {
		resp, body := b.send("GET", "/api/v3/app", "", "Authorization", "Bearer "+test.token)
		var got struct{ Slug, Message string }
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%s: %s", name, body)
		}
		if test.want == "" && (resp.StatusCode != http.StatusOK || got.Slug+"[bot]" != github.BotLogin) ||
			test.want != "" && (resp.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(got.Message, test.want)) {
			t.Errorf("%s: %d %s, want %q", name, resp.StatusCode, body, test.want)
		}
	}
}

func TestInstallationTokens(t *testing.T) {
	t.Parallel()
	now := &clock{at: time.Now()}
	b := start(t, github.Options{Repo: widgets(t).dir, Now: now.now})
	app := "Bearer " + b.jwt(nil)
	issue := func() string {
		var made struct {
			Token   string
			Expires time.Time `json:"expires_at"`
		}
		resp, body := b.send("POST", "/api/v3/app/installations/90210/access_tokens", `{}`, "Authorization", app)
		if err := json.Unmarshal(body, &made); err != nil || resp.StatusCode != http.StatusCreated || made.Expires.Sub(now.now()).Round(time.Minute) != time.Hour {
			t.Fatalf("token: %d %s", resp.StatusCode, body)
		}
		return "Bearer " + made.Token
	}
	is := func(what, method, path, token string, want int) {
		t.Helper()
		if resp, body := b.send(method, "/api/v3"+path, "", "Authorization", token); resp.StatusCode != want {
			t.Errorf("%s: %d %s, want %d", what, resp.StatusCode, body, want)
		}
	}
	token := issue()
	is("the repository", "GET", "/repos/octo/widgets", token, 200)
	is("who am I", "GET", "/user", token, 403)
	is("the App by an installation", "GET", "/app", token, 401)
	is("a repository by the App", "GET", "/repos/octo/widgets", app, 403)
	is("the installation", "GET", "/repos/octo/widgets/installation", app, 200)
	is("another repository's installation", "GET", "/repos/octo/gadgets/installation", app, 404)
	is("the token of another installation", "POST", "/app/installations/1/access_tokens", app, 404)
	resp, _ := b.send("GET", "/api/v3/repos/octo/widgets/issues/comments", "", "Authorization", token)
	tag := resp.Header.Get("ETag")
	second := issue()
	if resp, _ := b.send("GET", "/api/v3/repos/octo/widgets/issues/comments", "", "Authorization", second, "If-None-Match", tag); resp.StatusCode != 200 {
		t.Errorf("the next token with the ETag of the last: %d, want 200", resp.StatusCode)
	}
	var expired struct{ Expired int }
	b.control(200, "POST", "expire-tokens", map[string]any{}, &expired)
	is("after the end", "GET", "/repos/octo/widgets", token, 401)
	if expired.Expired != 2 {
		t.Errorf("%d tokens expired, want 2", expired.Expired)
	}
	token = issue()
	now.forward(59 * time.Minute)
	is("before an hour is over", "GET", "/repos/octo/widgets", token, 200)
	now.forward(2 * time.Minute)
	is("after an hour", "GET", "/repos/octo/widgets", token, 401)
}
