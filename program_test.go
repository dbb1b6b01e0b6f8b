package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// gitRepo makes a repository with merged pull requests #1 (a merge commit) and #2 (a squash merge), and an open one: the branch hostile.
func gitRepo(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "widgets")
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.com"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull,
			"GIT_AUTHOR_DATE=2026-03-01T12:00:00Z", "GIT_COMMITTER_DATE=2026-03-01T12:00:00Z")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		git("add", "--", name)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	git("init", "-q", "-b", "main")
	write("parser/parser.go", "package parser\n\n// Parse parses.\nfunc Parse(s string) string {\n\treturn s\n}\n")
	write("go.mod", "module widgets\n\ngo 1.26\n\nrequire github.com/x/y v1.2.3\n")
	git("commit", "-q", "-m", "first commit")
	git("checkout", "-q", "-b", "trim")
	write("parser/parser.go", "package parser\n\nimport \"strings\"\n\n// Parse parses.\nfunc Parse(s string) string {\n\treturn strings.TrimSpace(s)\n}\n")
	write("go.mod", "module widgets\n\ngo 1.26\n\nrequire github.com/x/y v2.0.0\n")
	git("commit", "-q", "-m", "trim white space")
	git("checkout", "-q", "main")
	git("merge", "-q", "--no-ff", "trim", "-m", "Merge pull request #1 from ada/trim\n\nfeat(parser): trim white space")
	write("README.md", "# Widgets\n")
	git("commit", "-q", "-m", "docs: add a readme (#2)")
	git("checkout", "-q", "-b", "hostile")
	write("a.txt", "a\n")
	git("commit", "-q", "-m", "<!channel> @everyone <script>alert(1)</script> fixes #1")
	git("checkout", "-q", "main")
	return dir
}

// buffer is an output that can be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// trial is a running `shipmate try`.
type trial struct {
	t    testing.TB
	url  string
	stop func() // ends it and waits
}

// try starts the program; it ends with the test at the latest.
func try(t testing.TB, args ...string) *trial {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var out, logged buffer
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, append([]string{"try", "--addr", "127.0.0.1:0"}, args...), os.Getenv, strings.NewReader(""), &out, &logged)
	}()
	tr := &trial{t: t, stop: sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the program ended with: %v", err)
		}
		if logged.String() != "" {
			t.Logf("log:\n%s", logged.String())
		}
	})}
	t.Cleanup(tr.stop)
	address := regexp.MustCompile(`http://[0-9.:]+`)
	wait(t, "the address", func() bool {
		select {
		case err := <-done:
			done <- err
			t.Fatalf("the program ended: %v\n%s", err, logged.String())
		default:
		}
		tr.url = address.FindString(out.String())
		return tr.url != ""
	})
	return tr
}

// wait polls until ok, for at most a minute.
func wait(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// call uses the sandbox's control API. body nil means GET.
func (tr *trial) call(path string, body, into any) {
	tr.t.Helper()
	method, sent := http.MethodGet, io.Reader(nil)
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			tr.t.Fatal(err)
		}
		method, sent = http.MethodPost, bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, tr.url+"/control/"+path, sent)
	if err != nil {
		tr.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		tr.t.Fatalf("%s: %s %s %v", path, resp.Status, data, err)
	}
	if into != nil {
		if err := json.Unmarshal(data, into); err != nil {
			tr.t.Fatalf("%s: %v in %s", path, err, data)
		}
	}
}

// message is a Slack message as the workspace shows it.
type message struct {
	TS, Text, User string
	BotID          string `json:"bot_id"`
	ThreadTS       string `json:"thread_ts"`
	Blocks         json.RawMessage
	Attachments    json.RawMessage
}

// all is what the message says, in text and blocks.
func (m message) all() string { return m.Text + string(m.Blocks) }

// channel returns the ID of a channel by its name.
func (tr *trial) channel(name string) string {
	tr.t.Helper()
	var s struct {
		Channels []struct {
			ID, Name, User string
			IM             bool `json:"is_im"`
		}
		Me string
	}
	tr.call("slack/state", nil, &s)
	for _, c := range s.Channels {
		if c.Name == name && !c.IM || name == "dm" && c.IM && (c.User == s.Me || c.User == "") {
			return c.ID
		}
	}
	tr.t.Fatalf("no channel %q in %+v", name, s)
	return ""
}

// say writes as the page's person; thread "" is the channel itself. It returns the message's timestamp.
func (tr *trial) say(channel, thread, text string) string {
	tr.t.Helper()
	var said struct{ TS string }
	tr.call("slack/say", map[string]string{"channel": channel, "thread_ts": thread, "text": text}, &said)
	return said.TS
}

// messages returns a thread, or a channel when thread is "".
func (tr *trial) messages(channel, thread string) []message {
	tr.t.Helper()
	var got struct{ Messages []message }
	tr.call("slack/messages?"+url.Values{"channel": {channel}, "thread_ts": {thread}}.Encode(), nil, &got)
	return got.Messages
}

// answer waits for the bot's n-th message in a thread, and until that says more than what is being read.
func (tr *trial) answer(channel, thread string, n int) message {
	tr.t.Helper()
	var answers []message
	wait(tr.t, fmt.Sprintf("answer %d in %s", n, thread), func() bool {
		answers = nil
		for _, m := range tr.messages(channel, thread) {
			if m.BotID != "" && !strings.HasSuffix(m.Text, " …") {
				answers = append(answers, m)
			}
		}
		return len(answers) >= n
	})
	return answers[n-1]
}

// expect asks in a new thread of #eng and checks that the answer holds all of want.
func (tr *trial) expect(text string, want ...string) (thread string) {
	tr.t.Helper()
	eng := tr.channel("eng")
	thread = tr.say(eng, "", text)
	got := tr.answer(eng, thread, 1).all()
	for _, w := range want {
		if !strings.Contains(got, w) {
			tr.t.Errorf("%.60q was answered with\n%s\nwant %q in it", text, got, w)
		}
	}
	return thread
}
