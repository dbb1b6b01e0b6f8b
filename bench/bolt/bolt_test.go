// Package bolt measures Shipmate beside a bot on @slack/bolt, Slack's own framework for Node, in Socket Mode, on the same sandbox in the same run:
//
//	go test -run '^$' -bench Bolt -benchtime 1x ./bench/bolt
//
// Both answer each mention in its thread with a text that costs nothing to make. The Node packages are installed into node_modules, which git
// ignores, by `npm ci`.
package bolt

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const (
	oneByOne   = 200  // mentions, each after the answer to the one before
	openFor    = 5    // seconds of mentions at openRate, whether or not they are answered
	openRate   = 50   // a second
	burst      = 1000 // mentions at once
	killedWhen = 200  // answers of the burst after which the process is killed
)

// A contestant is a bot that can be started.
type contestant struct {
	sockets int                        // that it opens
	command func(dir string) *exec.Cmd // which runs it, with what it keeps in dir
}

// BenchmarkBolt reports for each bot, in milliseconds: the time from a mention until its answer stands in the workspace, one by one and at 50 a second;
// of a burst of 1,000 in one channel (burst) and in twenty (spread) the answers a second, the median, and how many
// envelopes came again because the bot had not acknowledged them in time; how long no greeted socket was open when Slack refreshed each socket in turn
// (refresh-ms) and all at the same time (refresh-all-ms); and, of a burst in which the process is killed with SIGKILL and started again, how many
// mentions were never answered, how many were answered twice, and how many seconds after the kill the last answer came. Whatever is not
// acknowledged is delivered until it is: what is lost was acknowledged.
func BenchmarkBolt(b *testing.B) {
	b.Run("bolt", func(b *testing.B) { measure(b, node(b)) })
	b.Run("shipmate", func(b *testing.B) { measure(b, shipmate(b)) })
}

func measure(b *testing.B, c contestant) {
	for b.Loop() {
		w := startWorld(b, c, false)
		w.warmUp()
		w.latency("1by1", w.sequence(oneByOne))
		w.latency("50/s", w.openLoop(openFor*openRate, time.Second/openRate))
		w.burst("burst", burst, channel)
		w.burst("spread", burst, w.more...)
		w.refresh()
		w.end()

		w = startWorld(b, c, true)
		w.warmUp()
		w.kill(burst, killedWhen)
		w.end()
	}
	b.ReportMetric(0, "ns/op")
}

// node is the bot in app.js.
func node(b *testing.B) contestant {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			b.Skipf("NOT MEASURED: %s is not installed", program)
		}
	}
	if out, err := exec.Command("npm", "ci", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
		b.Skipf("NOT MEASURED: npm ci failed: %v\n%s", err, out)
	}
	return contestant{1, func(string) *exec.Cmd { return exec.Command("node", "app.js") }}
}

// shipmate is the program of this module, as people run it.
func shipmate(b *testing.B) contestant {
	binary := filepath.Join(b.TempDir(), "shipmate")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "shipmate")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return contestant{2, func(dir string) *exec.Cmd {
		config := filepath.Join(dir, "config.yaml")
		return exec.Command(binary, "run", "--config", config)
	}}
}

// configure writes what a bot needs to know into dir and returns it as environment variables, for the one that has no configuration file.
func configure(b *testing.B, dir, slackURL, githubURL, appToken, botToken, githubToken string) []string {
	text := fmt.Sprintf("listen: ''\nlog: {level: error}\nlimits: {per_minute: 0}\nslack: {pace: 0s, api_url: %q, app_token: 'env:APP_TOKEN', bot_token: 'env:BOT_TOKEN'}\n"+
		"github: {base_url: %q, token: 'env:GITHUB_TOKEN', login: 'shipmate[bot]', repos: [octo/widgets]}\n", slackURL, githubURL)
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return append(os.Environ(), "API_URL="+slackURL, "APP_TOKEN="+appToken, "BOT_TOKEN="+botToken, "GITHUB_TOKEN="+githubToken)
}
