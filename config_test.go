package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tokens is an environment with every token set.
func tokens(name string) string {
	if strings.HasPrefix(name, "SHIPMATE_") {
		return "planted-secret-" + name
	}
	return ""
}

const goodConfig = `
slack:
  app_token: env:SHIPMATE_APP
  bot_token: env:SHIPMATE_BOT
github:
  token: env:SHIPMATE_GITHUB
  repos: [octo/widgets]
`

func TestShippedConfigIsGoodAndSaysTheDefaults(t *testing.T) {
	cfg, err := loadConfig("config.yaml", tokens)
	if err != nil {
		t.Fatal(err)
	}
	want, err := parseConfig("config.yaml", []byte(goodConfig), tokens)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Config{&cfg, &want} {
		c.Slack.AppToken, c.Slack.BotToken, c.GitHub.Token = Secret{}, Secret{}, Secret{}
		if len(c.Schedules) == 0 {
			c.Schedules = nil
		}
	}
	if got, want := fmt.Sprintf("%+v", cfg), fmt.Sprintf("%+v", want); got != want {
		t.Errorf("config.yaml says\n%s\nand the defaults are\n%s", got, want)
	}
}

func TestConfigFaults(t *testing.T) {
	good := strings.TrimPrefix(goodConfig, "\n")
	for name, test := range map[string]struct{ text, want string }{
		"empty":            {"", "slack.app_token: is missing"},
		"unknown key":      {good + "slak:\n  x: 1\n", `c.yaml:7:1: unknown field "slak"`},
		"unknown inside":   {strings.Replace(good, "  repos", "  reposs: []\n  repos", 1), `c.yaml:6:3: unknown field "reposs"`},
		"wrong type":       {strings.Replace(good, "[octo/widgets]", "3", 1), "c.yaml:6:10: "},
		"not yaml":         {good + "access: [", "c.yaml:7:"},
		"twice":            {good + "github: {}\n", "c.yaml:7:"},
		"a token itself":   {strings.Replace(good, "env:SHIPMATE_BOT", "xoxb-1234567890-verysecret", 1), "c.yaml:3: slack.bot_token: must name where the token is"},
		"variable not set": {strings.Replace(good, "env:SHIPMATE_BOT", "env:OTHER", 1), "c.yaml:3: slack.bot_token: the environment variable OTHER is not set"},
		"no such file":     {strings.Replace(good, "env:SHIPMATE_BOT", "file:nowhere", 1), "c.yaml:3: slack.bot_token: the token file cannot be read"},
		"http":             {strings.Replace(good, "slack:\n", "slack:\n  api_url: http://slack.com/api/\n", 1), "c.yaml:2: slack.api_url: must begin with https://"},
		"password in url":  {strings.Replace(good, "github:\n", "github:\n  base_url: https://me:verysecret@github.com/\n", 1), "c.yaml:5: github.base_url: is no address"},
		"no repository":    {strings.Replace(good, "[octo/widgets]", "[]", 1), "c.yaml:6: github.repos: is empty"},
		"not owner/name":   {strings.Replace(good, "octo/widgets", "widgets", 1), `c.yaml:6: github.repos[0]: "widgets" is no repository`},
		"poll":             {good + "  poll: 1ms\n", `c.yaml:7: github.poll: "1ms" is no time`},
		"duration":         {good + "  poll: soon\n", `c.yaml:7: github.poll: "soon" is no time`},
		"person by name":   {good + "access:\n  admin:\n    - ada\n", `c.yaml:9: access.admin[0]: "ada" is no Slack user ID`},
		"log level":        {good + "log:\n  level: loud\n", `c.yaml:8: log.level: "loud" is no level`},
		"log format":       {good + "log:\n  format: xml\n", `c.yaml:8: log.format: "xml" is no format`},
		"bot name":         {good + "name: Ship Mate\n", `c.yaml:7: name: "Ship Mate" is no name`},
		"listen":           {good + "listen: 0.0.0.0:80\n", "c.yaml:7: listen: "},
		"schedule":         {good + "schedules:\n  - {name: a, cron: '* * *', channel: C1, ask: pulls}\n", `c.yaml:8: schedules[0]: job "a": cron "* * *"`},
		"poll share":       {good + "  poll_share: 0\n", "c.yaml:7: github.poll_share: 0 is no percentage"},
		"a web address":    {strings.Replace(good, "github:\n", "github:\n  base_url: https://github.com/octo\n", 1), "c.yaml:5: github.base_url: github base url \"https://github.com/octo\" is not where an API is: write https://api.github.com/"},
		"no token, no app": {strings.Replace(good, "token: env:SHIPMATE_GITHUB", "login: x", 1), "github.token: is missing: write env:NAME or file:PATH, or give a GitHub App under github.app"},
		"token and app":    {good + "  app: {id: 5, private_key: env:APP_KEY}\n", "c.yaml:7: github.app: stands beside github.token"},
		"app without id":   {appConfig("private_key: env:APP_KEY", "octo/widgets"), "c.yaml:5: github.app.id: 0 is not the number of an App"},
		"app without key":  {appConfig("id: 5", "octo/widgets"), "github.app.private_key: is missing"},
		"key is a token":   {appConfig("id: 5, private_key: env:SHIPMATE_GITHUB", "octo/widgets"), "c.yaml:5: github.app.private_key: is no private key in PEM"},
		"key itself":       {appConfig("id: 5, private_key: verysecret", "octo/widgets"), "c.yaml:5: github.app.private_key: must name where the token is"},
		"several owners":   {appConfig("id: 5, installation: 9, private_key: env:APP_KEY", "octo/widgets, acme/gears"), "c.yaml:5: github.app.installation: is of one owner, and the repositories have several (octo, acme)"},
		"costs elsewhere":  {good + "costs:\n  channel: C0OPEN\naccess:\n  channels:\n    costs: [C0FINANCE]\n", "c.yaml:8: costs.channel: C0OPEN is not among the channels in which costs may be answered"},
		"opencost secret":  {good + "costs:\n  sources:\n    - {name: k8s, opencost: 'http://me:verysecret@opencost:9003'}\n", "c.yaml:9: costs.sources[0].opencost: is no address"},
		"opencost scheme":  {good + "costs:\n  sources:\n    - {name: k8s, opencost: 'ftp://me:verysecret@opencost:9003'}\n", "c.yaml:9: costs.sources[0].opencost: is no address"},
		"several":          {"name: X\nlisten: here\n", "c.yaml:1: name"},
	} {
		_, err := parseConfig("c.yaml", []byte(test.text), tokens)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got\n%v\nwant %q", name, err, test.want)
		}
		if err != nil && (strings.Contains(err.Error(), "verysecret") || strings.Contains(err.Error(), "planted-secret")) {
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
	}
}

// appConfig is a configuration with an App.
func appConfig(app, repos string) string {
	return "slack:\n  app_token: env:SHIPMATE_APP\n  bot_token: env:SHIPMATE_BOT\ngithub:\n  app: {" + app + "}\n  repos: [" + repos + "]\n"
}

// The key of an App comes from the environment, whole or with its line ends in letters, or from a file beside the configuration.
func TestAppKey(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "app.pem"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	getenv := func(name string) string {
		switch name {
		case "LINES":
			return text
		case "LINE":
			return strings.ReplaceAll(strings.TrimSpace(text), "\n", `\n`)
		}
		return tokens(name)
	}
	for _, where := range []string{"env:LINES", "env:LINE", "file:app.pem"} {
		cfg, err := parseConfig(filepath.Join(dir, "c.yaml"), []byte(appConfig("id: 5, private_key: "+where, "octo/widgets, acme/gears")), getenv)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		if o := cfg.GitHub.App.options(); o == nil || o.ID != 5 || cfg.GitHub.Token.value != "" {
			t.Errorf("%s: %+v", where, o)
		}
		if shown := fmt.Sprintf("%+v %#v", cfg, cfg); strings.Contains(shown, strings.Split(text, "\n")[3]) {
			t.Errorf("%s: printed, the configuration shows the key", where)
		}
	}
}

func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("planted-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "config.yaml")
	text := strings.Replace(goodConfig, "env:SHIPMATE_BOT", "file:token", 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(path, tokens)
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.Slack.BotToken.value; got != "planted-secret" {
		t.Errorf("token = %q: want the file's text without the line end", got)
	}
	if got, want := cfg.Data, filepath.Join(dir, "data"); got != want {
		t.Errorf("data = %q, want %q: relative to the file", got, want)
	}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "token", cfg.Slack.BotToken, "all", cfg)
	for name, shown := range map[string]string{
		"%v": fmt.Sprintf("%v", cfg), "%+v": fmt.Sprintf("%+v", cfg), "%#v": fmt.Sprintf("%#v", cfg), "log": logged.String(),
	} {
		if strings.Contains(shown, "planted-secret") {
			t.Errorf("printed as %s, the configuration shows a secret: %s", name, shown)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add(goodConfig)
	f.Add("slack: {app_token: xapp-1-planted-secret}")
	f.Add("a: &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := parseConfig("c.yaml", []byte(text), tokens); err != nil && strings.Contains(err.Error(), "planted-secret-SHIPMATE") {
			t.Errorf("the error shows a secret: %v", err)
		}
	})
}
