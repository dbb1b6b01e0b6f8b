package github

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The stand-in has one GitHub App, the bot's, installed on the owner of the
// repository.
const (
	AppID          = 4_711
	InstallationID = 90_210

	appSlug   = "shipmate"
	keyBits   = 2048
	tokenLife = time.Hour // of an installation's token
)

// apps keeps the App's key and the tokens of its installation, in memory only. It
// is safe for concurrent use.
type apps struct {
	now func() time.Time
	key func() (*rsa.PrivateKey, error) // made when it is first asked for

	mu     sync.Mutex
	tokens map[string]time.Time // until when each is valid
}

func newApps(now func() time.Time) *apps {
	return &apps{
		now: now, tokens: make(map[string]time.Time),
		key: sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, keyBits) }),
	}
}

// AppKey returns the App's private key in PEM, as GitHub hands it out. Each
// stand-in has a key of its own.
func (s *Server) AppKey() (string, error) {
	key, err := s.apps.key()
	if err != nil {
		return "", err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return string(pem.EncodeToMemory(block)), nil
}

// issue makes a token.
func (a *apps) issue() (token string, until time.Time) {
	var b [18]byte
	_, _ = rand.Read(b[:]) // never fails
	a.mu.Lock()
	defer a.mu.Unlock()
	token, until = strings.Join([]string{"ghs", hex.EncodeToString(b[:])}, "_"), a.now().Add(tokenLife).UTC().Truncate(time.Second)
	a.tokens[token] = until
	return token, until
}

// valid reports whether a token was issued and has not expired.
func (a *apps) valid(token string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	until, ok := a.tokens[token]
	return ok && a.now().Before(until)
}

// expire makes every token worthless and returns how many there were.
func (a *apps) expire() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := len(a.tokens)
	clear(a.tokens)
	return n
}

func (s *Server) controlExpire(*http.Request, *index) (any, error) {
	return doc{"expired": s.apps.expire()}, nil
}

// forApp leaves an endpoint to requests that the App itself signed.
func forApp(run endpoint) endpoint {
	return func(ctx context.Context, c *call) (answer, error) {
		if c.with != appToken {
			return answer{}, badJWT("A JSON web token could not be decoded")
		}
		return run(ctx, c)
	}
}

func currentApp(_ context.Context, c *call) (answer, error) {
	created := stamp(c.index.since())
	return answer{body: doc{
		"id": AppID, "slug": appSlug, "node_id": nodeID("App", itoa(AppID)), "client_id": "Iv1.sandbox", "owner": c.owner(),
		"name": appSlug, "description": nil, "external_url": c.base, "html_url": c.base + "/apps/" + appSlug,
		"created_at": created, "updated_at": created, "permissions": appPermissions(), "events": []string{}, "installations_count": 1,
	}}, nil
}

// listInstallations lists the one there is. GitHub's description wants accounts in
// this list to have the members of an enterprise, too.
func listInstallations(_ context.Context, c *call) (answer, error) {
	one, owner := c.installation(), c.owner()
	maps.Copy(owner, doc{"name": owner["login"], "slug": owner["login"], "created_at": one["created_at"], "updated_at": one["updated_at"]})
	one["account"] = owner
	return answer{body: []doc{one}}, nil
}

func repositoryInstallation(_ context.Context, c *call) (answer, error) {
	return answer{body: c.installation()}, nil
}

// createToken issues a token for the installation. What it may do cannot be
// narrowed here.
func createToken(_ context.Context, c *call) (answer, error) {
	if id, err := c.number("id"); err != nil || id != InstallationID {
		return answer{}, notFound()
	}
	token, until := c.server.apps.issue()
	return answer{status: http.StatusCreated, body: doc{
		"token": token, "expires_at": stamp(until), "permissions": appPermissions(), "repository_selection": "selected",
	}}, nil
}

// appPermissions are what the installation may do.
func appPermissions() doc {
	return doc{
		"metadata": "read", "contents": "read", "pull_requests": "write", "issues": "write", "checks": "read", "actions": "read", "deployments": "read", "statuses": "read",
	}
}

func (c *call) installation() doc {
	self := c.api("/app/installations/" + itoa(InstallationID))
	created, owner := stamp(c.index.since()), c.owner()
	return doc{
		"id": InstallationID, "app_id": AppID, "app_slug": appSlug, "account": owner, "target_id": owner["id"], "target_type": "Organization",
		"repository_selection": "selected", "access_tokens_url": self + "/access_tokens", "repositories_url": c.api("/installation/repositories"),
		"html_url": c.base + "/settings/installations/" + itoa(InstallationID), "permissions": appPermissions(), "events": []string{},
		"single_file_name": nil, "suspended_by": nil, "suspended_at": nil, "created_at": created, "updated_at": created,
	}
}
