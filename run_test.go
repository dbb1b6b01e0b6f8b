package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shipmate/sandbox"
	"shipmate/sandbox/github"
)

// TestSandboxAndRun runs the two halves of `try` as a person would: the sandbox prints a configuration, and run is pointed at it.
func TestSandboxAndRun(t *testing.T) {
	t.Parallel()
	repo, data := gitRepo(t), t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	var text, said, ran, logged buffer
	standDone, runDone := make(chan error, 1), make(chan error, 1)
	go func() {
		standDone <- run(ctx, []string{"sandbox", "--repo", repo, "--data", data, "--addr", "127.0.0.1:0"}, os.Getenv, strings.NewReader(""), &text, &said)
	}()
	wait(t, "the configuration", func() bool { return strings.Contains(said.String(), "--config") })
	path := filepath.Join(t.TempDir(), "sandbox.yaml")
	if err := os.WriteFile(path, []byte(text.String()+"listen: \"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var checked bytes.Buffer
	if err := run(ctx, []string{"check-config", "--config", path}, os.Getenv, strings.NewReader(""), &checked, &checked); err != nil {
		t.Errorf("check-config: %v", err)
	}
	botCtx, stopBot := context.WithCancel(ctx)
	go func() {
		runDone <- run(botCtx, []string{"run", "--config", path}, os.Getenv, strings.NewReader(""), &ran, &logged)
	}()
	wait(t, "the bot", func() bool { return strings.Contains(logged.String(), "running") })

	_, rest, _ := strings.Cut(text.String(), "http://")
	host, _, _ := strings.Cut(rest, "/")
	tr := &trial{t: t, url: "http://" + host}
	tr.expect("@shipmate summarize #1", "rim white space")
	stopBot()
	if err := <-runDone; err != nil {
		t.Errorf("run: %v", err)
	}
	cancel()
	if err := <-standDone; err != nil {
		t.Errorf("sandbox: %v", err)
	}
	for _, secret := range []string{"xoxb-", "xapp-", "ghp_"} {
		if strings.Contains(text.String()+said.String()+ran.String()+logged.String(), secret) {
			t.Errorf("a token (%s) was printed", secret)
		}
	}
}

// TestRunAsApp has the bot answer as a GitHub App, with a key from a file, also when its token ends in between.
func TestRunAsApp(t *testing.T) {
	t.Parallel()
	stand, err := sandbox.Start(t.Context(), sandbox.Options{Repo: gitRepo(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer stand.Close()
	key, err := stand.AppKey()
	if err != nil {
		t.Fatal(err)
	}
	a := stand.Access()
	path := configOf(t, stand.URL(), a.SlackAppToken, a.SlackBotToken, key)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	app := fmt.Sprintf("poll: 250ms, app: {id: %d, private_key: 'file:github'}", github.AppID)
	text = bytes.Replace(text, []byte("token: 'file:github', login: 'shipmate[bot]'"), []byte(app), 1)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var out, logged buffer
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"run", "--config", path}, os.Getenv, strings.NewReader(""), &out, &logged)
	}()
	tr := &trial{t: t, url: stand.URL()}
	wait(t, "the first look at comments", func() bool {
		var log struct{ Calls []json.RawMessage }
		tr.call("github/log?path=/issues/comments", nil, &log)
		return len(log.Calls) > 0
	})
	tr.expect("@shipmate summarize #1", "rim white space")
	tr.call("github/expire-tokens", map[string]any{}, nil)
	tr.call("github/comment", map[string]any{"number": 1, "body": "@shipmate files"}, nil)
	wait(t, "the App's comment", func() bool { return len(tr.comments("1").ofBot()) == 1 })
	cancel()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
	for _, secret := range []string{"ghs_", "eyJ", strings.Split(key, "\n")[3]} {
		if strings.Contains(out.String()+logged.String(), secret) {
			t.Errorf("%s was printed:\n%s", secret, logged.String())
		}
	}
}

// configOf writes a configuration that points at url with the given tokens, and returns its path.
func configOf(t *testing.T, url, app, bot, github string) string {
	t.Helper()
	dir := t.TempDir()
	for name, token := range map[string]string{"app": app, "bot": bot, "github": github} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "config.yaml")
	text := "listen: ''\nlimits: {per_minute: 0}\nslack: {pace: 0s, api_url: " + url + "/api/, app_token: 'file:app', bot_token: 'file:bot'}\n" +
		"github: {base_url: " + url + "/api/v3/, token: 'file:github', login: 'shipmate[bot]', repos: [local/widgets]}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRunRefusesWrongTokens(t *testing.T) {
	t.Parallel()
	stand, err := sandbox.Start(t.Context(), sandbox.Options{Repo: gitRepo(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer stand.Close()
	a := stand.Access()
	const wrong = "planted-secret"
	for _, test := range []struct{ app, bot, github, want string }{
		{a.SlackAppToken, "xoxb-" + wrong, a.GitHubToken, "bot token"},
		{a.SlackBotToken, a.SlackBotToken, a.GitHubToken, "xapp-"},
		{a.SlackAppToken, a.SlackBotToken, wrong, "token is wrong"},
	} {
		var out, logged bytes.Buffer
		err := run(t.Context(), []string{"run", "--config", configOf(t, stand.URL(), test.app, test.bot, test.github)}, os.Getenv, strings.NewReader(""), &out, &logged)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		} else if strings.Contains(err.Error()+logged.String(), wrong) {
			t.Errorf("a token is shown: %v\n%s", err, logged.String())
		}
	}
}

// TestRunOutlivesItsServices starts the bot while nothing answers, then starts the services, and asks.
func TestRunOutlivesItsServices(t *testing.T) {
	t.Parallel()
	reserved, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := reserved.Addr().String()
	_ = reserved.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var out, logged buffer
	done := make(chan error, 1)
	a := sandboxAccess(t)
	path := configOf(t, "http://"+address, a.SlackAppToken, a.SlackBotToken, a.GitHubToken)
	go func() {
		done <- run(ctx, []string{"run", "--config", path}, os.Getenv, strings.NewReader(""), &out, &logged)
	}()
	wait(t, "the complaint", func() bool { return strings.Contains(logged.String(), "I keep trying") })
	stand, err := sandbox.Start(t.Context(), sandbox.Options{Repo: gitRepo(t), Addr: address})
	if err != nil {
		t.Fatal(err)
	}
	defer stand.Close()
	tr := &trial{t: t, url: stand.URL()}
	tr.expect("@shipmate summarize #1", "rim white space")
	cancel()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
}

// sandboxAccess returns the tokens that every sandbox takes.
func sandboxAccess(t *testing.T) sandbox.Access {
	t.Helper()
	stand, err := sandbox.Start(t.Context(), sandbox.Options{Repo: gitRepo(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer stand.Close()
	return stand.Access()
}
