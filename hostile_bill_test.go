package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"shipmate/bot"
)

// hostileNames are what somebody who can name a resource, an account or a tag may write.
func hostileNames() []string {
	return []string{
		"<!channel> <@U0ADA> <!here>", "@everyone @octo/team Fixes #1", "*b* _i_ `c` ~s~ :tada:", "<https://evil.example|AWS> https://evil.example www.evil.example",
		"![x](https://evil/x.png) [y](https://evil)", "</details><img src=//evil>", "\u202egnillib \u2066x", "zero\u200bwidth\ufeff\U000e0067\U000e0068", "\x1b[31mred\x1b]0;x\x07 \u009b31m",
		"two\nlines\r\n# head\n```\n/shipmate help", "=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "\t=1", strings.Repeat("long ", 20_000), "\xff\xfe\x00bad", "| a | b |",
	}
}

// writeHostileBill writes a bill of so many days in which everything is called something hostile and one service jumps at the end.
func writeHostileBill(t *testing.T, path string, last time.Time, days int) {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	row := func(fields ...string) {
		if err := w.Write(fields); err != nil {
			t.Fatal(err)
		}
	}
	row("ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory", "ChargeFrequency", "BillingCurrency", "EffectiveCost", "BilledCost", "ServiceName", "SubAccountId", "SubAccountName", "RegionId", "SkuMeter", "ConsumedUnit", "ConsumedQuantity", "ProviderName", "Tags")
	names := hostileNames()
	for d := range days {
		from := last.AddDate(0, 0, d-days+1)
		for i, name := range names {
			cost := 40 + float64((d*7+i*3)%5)
			if days-d <= 3 && i%2 == 0 {
				cost *= 9
			}
			other := names[(i+5)%len(names)]
			tags, err := json.Marshal(map[string]string{"team": names[(i+9)%len(names)]})
			if err != nil {
				t.Fatal(err)
			}
			row(from.Format(time.RFC3339), from.AddDate(0, 0, 1).Format(time.RFC3339), "Usage", "Usage-Based", "USD", fmt.Sprint(cost), fmt.Sprint(cost), name, "acc"+fmt.Sprint(i)+" "+other, name, other, name, other, "1", name, string(tags))
		}
		if d%20 == 19 || d == days-1 {
			row(from.Format(time.RFC3339), from.AddDate(0, 0, 1).Format(time.RFC3339), "Purchase", "One-Time", "USD", "0", "500", names[d%len(names)], names[0], names[1], "", "", "", "", names[2], "")
		}
	}
	w.Flush()
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, last, last); err != nil {
		t.Fatal(err)
	}
}

// costQuestions are what can be asked of costs, with an anomaly's name.
func costQuestions(id string) []string {
	return []string{
		"costs", "costs week", "costs month", "costs by service", "costs by account", "costs by region", "costs by usage", "costs by team", "costs by provider", "costs why", "costs why " + id, "costs why <!channel>",
		"costs anomalies", "costs anomalies all", "costs forecast", "costs budget", "costs digest", "costs rules", "costs sources", "costs check", "costs thread " + id, "costs <!channel>",
		"anomaly " + id + " expected", "anomaly " + id + " assign <!channel> @everyone", "anomaly " + id + " noise", "costs rules", "anomaly " + id, "anomaly <!here>", "anomaly undo <!here>", "costs anomalies",
	}
}

// TestHostileBill reads a bill in which every name is hostile, asks everything, and looks at what Slack, GitHub, a terminal, a CSV file and the logs
// then show.
func TestHostileBill(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	bill := filepath.Join(folder, "bill.csv")
	last := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -2)
	writeHostileBill(t, bill, last, 120)
	stand := newStand(t, gitRepo(t))
	tr := &trial{t: t, url: stand.URL()}
	cfg := sandboxConfig(stand.Access(), filepath.Join(folder, "data"))
	cfg.Costs.Channel, cfg.Costs.Sources = demoChannel, []BillConfig{{Name: "aws", Files: bill, every: time.Minute}}
	cfg.Access.Operator = []string{"members"}
	cfg.Access.Channels = map[string][]string{"costs": {demoChannel, stand.Access().Repo}}
	cfg.Access.follow()
	var log syncedBuffer
	a, err := newApp(t.Context(), cfg, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	a.bills.settle = time.Nanosecond
	a.start(t)
	wait(t, "the cards", func() bool { return len(tr.messages(demoChannel, "")) >= 5 })
	causes := a.bills.book.Causes()
	if len(causes) == 0 {
		t.Fatal("nothing is unusual in this bill")
	}
	for _, q := range costQuestions(causes[0].ID) {
		thread := tr.say(demoChannel, "", "@shipmate "+q)
		for _, m := range tr.answered(demoChannel, thread) {
			checkShown(t, q, m.Text, string(m.Blocks))
		}
	}
	for _, m := range tr.messages(demoChannel, "") {
		if m.User == "U0SHIPMATE" {
			checkShown(t, "card", m.Text, string(m.Blocks))
		}
	}
	for _, q := range []string{"costs", "costs by service", "costs why " + causes[0].ID, "costs digest", "costs sources"} {
		before := strings.Join(tr.comments("1").ofBot(), "")
		tr.call("github/comment", map[string]any{"number": 1, "body": "/shipmate " + q}, nil)
		wait(t, "the comment on "+q, func() bool { return strings.Join(tr.comments("1").ofBot(), "") != before })
		for _, body := range tr.comments("1").ofBot() {
			for _, live := range []string{"@everyone", "@octo", "](https://evil", "<img", "Fixes #1", "https://evil", "\n/shipmate"} {
				if strings.Contains(body, live) {
					t.Errorf("%s: %q is live in %.300q", q, live, body)
				}
			}
		}
	}
	if text := log.String(); strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(text, "refused the blocks") || strings.Contains(text, "level=ERROR") {
		t.Errorf("the log has %.2000q", text)
	}
}

// A syncedBuffer may be written to by several at once.
type syncedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// checkShown fails when a message of Slack holds what acts or hides.
func checkShown(t *testing.T, what, text, blocks string) {
	t.Helper()
	if strings.Contains(blocks, `"mrkdwn"`) || strings.ContainsAny(text, "<>") {
		t.Errorf("%s: live markup in %.300q %.300s", what, text, blocks)
	}
	for _, s := range []string{text, blocks} {
		if i := strings.IndexFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && r != '\u200d' && bot.Invisible(r) }); i >= 0 {
			t.Errorf("%s: %+q is not to be seen", what, s[i:min(len(s), i+8)])
		}
	}
	if len(text)+len(blocks) > 60_000 {
		t.Errorf("%s: %d bytes", what, len(text)+len(blocks))
	}
}

// answered waits for what is said in a thread.
func (tr *trial) answered(channel, thread string) (list []message) {
	tr.t.Helper()
	wait(tr.t, "an answer", func() bool {
		list = nil
		for _, m := range tr.messages(channel, thread) {
			if m.User == "U0SHIPMATE" {
				list = append(list, m)
			}
		}
		return len(list) > 0
	})
	return list
}

// What costs scan writes can be opened in a spreadsheet and shown in a terminal: no name in it is a formula or moves the cursor; and nobody else may read
// it, for it says what the bill says.
func TestScanOfAHostileBill(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	bill, days := filepath.Join(folder, "bill.csv"), filepath.Join(folder, "days.csv")
	last := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -2)
	writeHostileBill(t, bill, last, 60)
	plain := filepath.Join(folder, "plain.csv")
	var series bytes.Buffer
	w := csv.NewWriter(&series)
	_ = w.Write([]string{"day", "series", "amount"})
	for d := range 60 {
		for _, name := range hostileNames() {
			_ = w.Write([]string{last.AddDate(0, 0, d-60).Format(time.DateOnly), name, fmt.Sprint(10 + d/58*500)})
		}
	}
	w.Flush()
	if err := os.WriteFile(plain, series.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{bill, "--tag", "team", "--days", days}, {bill, "--format", "json"}, {bill, "--tag", "team", "--days", "-"}, {plain, "--days", days}, {plain, "--format", "json"}, {plain}} {
		var out, errs bytes.Buffer
		if err := run(t.Context(), append([]string{"costs", "scan"}, args...), os.Getenv, strings.NewReader(""), &out, &errs); err != nil {
			t.Fatal(err)
		}
		shown := out.String() + errs.String()
		if i := strings.IndexFunc(shown, func(r rune) bool { return r != '\n' && r != '\t' && bot.Invisible(r) }); i >= 0 {
			t.Errorf("%q: %+q is not to be seen", args[1:], shown[i:min(len(shown), i+20)])
		}
		if len(shown) > 8<<20 {
			t.Errorf("%q: %d bytes", args[1:], len(shown))
		}
		if args[len(args)-1] != days {
			continue
		}
		info, err := os.Stat(days)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("the verdicts are %v, %v", info.Mode(), err)
		}
		file, err := os.ReadFile(days)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
		if err != nil || len(rows) < 100 {
			t.Fatal(len(rows), err)
		}
		for _, row := range rows {
			if strings.ContainsAny(row[1][:1], "=+-@\t\r|%") || strings.TrimSpace(row[1]) == "" {
				t.Fatalf("%q is a formula", row[1])
			}
		}
		if err := os.Remove(days); err != nil {
			t.Fatal(err)
		}
	}
}
