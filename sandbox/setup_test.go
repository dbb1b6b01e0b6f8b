package sandbox_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"shipmate/sandbox"
)

// strangersTitle is the title of a pull request of the test repository, written by somebody who means harm.
const strangersTitle = `Retry <img src=x onerror="window.pwned=1"> <b>webhooks</b> & more`

// newRepository makes a git repository with a merged pull request (7), a squashed one (9) and a branch that is open.
func newRepository(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "widgets")
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull,
			"GIT_AUTHOR_NAME=Ben Okafor", "GIT_AUTHOR_EMAIL=ben@sandbox.example", "GIT_COMMITTER_NAME=Ada Moreau", "GIT_COMMITTER_EMAIL=ada@sandbox.example")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	git("init")
	git("remote", "add", "origin", "https://github.com/octo/widgets.git")
	write("retry.go", "package widgets\n\nconst max = 3\n")
	git("add", ".")
	git("commit", "-m", "Begin")
	git("checkout", "-b", "retry-webhooks")
	write("retry.go", "package widgets\n\n// <script>window.pwned=2</script>\nconst max = 5\n")
	git("commit", "-am", "Retry five times")
	git("checkout", "main")
	git("merge", "--no-ff", "retry-webhooks", "-m", "Merge pull request #7 from ben/retry-webhooks", "-m", strangersTitle)
	write("poll.go", "package widgets\n")
	git("add", ".")
	git("commit", "-m", "fix: race in the poller (#9)")
	git("branch", "-D", "retry-webhooks")
	git("checkout", "-b", "docs-tokens")
	write("README.md", "# Widgets\n")
	git("add", ".")
	git("commit", "-m", "docs: how to rotate tokens")
	git("checkout", "main")
	return dir
}

// start runs a sandbox for the time of the test.
func start(t *testing.T, o sandbox.Options) *sandbox.Server {
	t.Helper()
	if o.Repo == "" {
		o.Repo = newRepository(t)
	}
	o.NoLimits = true
	s, err := sandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// do sends a request and returns the answer and its body.
func do(t *testing.T, method, url, body string, header http.Header) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	if host := header.Get("Host"); host != "" {
		req.Host = host
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

// control sends a request to the control API and decodes its answer, which must be 200.
func control[T any](t *testing.T, s *sandbox.Server, method, path string, body any) T {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	res, got := do(t, method, s.URL()+"/control/"+path, string(text), http.Header{"Content-Type": {"application/json"}})
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s: %s", method, path, res.Status, got)
	}
	var v T
	if err := json.Unmarshal([]byte(got), &v); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, got)
	}
	return v
}

type said struct {
	Messages []struct{ Text, User, TS string }
}
