package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/handlers/costs"
	"shipmate/sandbox"
	"shipmate/sandbox/aws"
	"shipmate/sandbox/billsim"
)

// yearBill is the made-up bill that ends the day before yesterday.
func yearBill() *billsim.Bill {
	return billsim.Demo(time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -2))
}

// workspace starts a sandbox over a repository.
func workspace(t *testing.T, repo string) (*sandbox.Server, *trial) {
	t.Helper()
	stand, err := sandbox.Start(t.Context(), sandbox.Options{Repo: repo, NoLimits: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stand.Close() })
	return stand, &trial{t: t, url: stand.URL()}
}

// billed runs the program in a workspace with bills, until it is stopped or the test ends.
func billed(t *testing.T, stand *sandbox.Server, folder string, sources ...BillConfig) (stop func()) {
	t.Helper()
	cfg := sandboxConfig(stand.Access(), folder)
	cfg.Costs.Channel, cfg.Costs.Sources = demoChannel, sources
	cfg.Access.Operator = []string{"members"}
	ctx, cancel := context.WithCancel(context.Background())
	a, err := newApp(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the program ended with: %v", err)
		}
		a.close()
	})
	t.Cleanup(stop)
	return stop
}

// says asks in a new thread of #finops and returns the answer.
func (tr *trial) says(text string) string {
	tr.t.Helper()
	return tr.answer(demoChannel, tr.say(demoChannel, "", "@shipmate "+text), 1).all()
}

// until waits until the bot's only card in #finops says all of it.
func (tr *trial) until(parts ...string) message {
	tr.t.Helper()
	var card message
	var all []message
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		all = nil
		for _, m := range tr.messages(demoChannel, "") {
			if m.BotID != "" {
				all = append(all, m)
			}
		}
		ok := len(all) == 1
		for _, p := range parts {
			ok = ok && strings.Contains(all[0].all(), p)
		}
		if ok {
			return all[0]
		}
		if time.Now().After(deadline) {
			tr.t.Fatalf("waited in vain for one card with %q; there is %v, %v", parts, all, card)
		}
	}
}

// A card is posted once, edited when the next day is there, and its thread hears when it has grown by half.
func TestCostsCardOverDays(t *testing.T) {
	t.Parallel()
	bill, exports := yearBill(), t.TempDir()
	write := func(name string, from, to int) {
		t.Helper()
		if err := writeMonth(filepath.Join(exports, name), bill, from, to); err != nil {
			t.Fatal(err)
		}
	}
	write("a.csv", 0, bill.Days-3)
	stand, tr := workspace(t, gitRepo(t))
	data := t.TempDir()
	source := BillConfig{Name: "aws", Files: exports, every: 20 * time.Millisecond}
	stop := billed(t, stand, data, source)
	card := tr.until("AWS Data Transfer, payments-prod", "2 days (")
	tr.answer(demoChannel, card.TS, 2) // the card itself and what it rests on
	write("b.csv", bill.Days-2, bill.Days-2)
	if got := tr.until("3 days ("); got.TS != card.TS {
		t.Errorf("the card moved from %s to %s", card.TS, got.TS)
	}
	if got := tr.answer(demoChannel, card.TS, 3).all(); !strings.Contains(got, "It goes on: +$1,0") {
		t.Errorf("the thread was told %s", got)
	}
	stop()

	// The same day again: nothing is posted twice, nothing is edited.
	stop = billed(t, stand, data, source)
	wait(t, "what was kept to be known again", func() bool { return strings.Contains(tr.says("costs sources"), "just now") })
	if got := tr.until("3 days ("); got.TS != card.TS {
		t.Errorf("after a restart there is another card")
	}
	write("c.csv", bill.Days-1, bill.Days-1)
	tr.until("4 days (")
	if n := len(tr.messages(demoChannel, card.TS)); n != 3 {
		t.Errorf("%d messages in the thread, want the card and two lines: a third more is not half more", n)
	}
	stop()
}

// The made-up bill of an earlier day is made anew; the card of its anomaly does not go on saying what is no longer so.
func TestTryTwoDaysLater(t *testing.T) {
	t.Parallel()
	stand, tr := workspace(t, gitRepo(t))
	data := t.TempDir()
	begin := func(now time.Time) func() {
		t.Helper()
		cfg := sandboxConfig(stand.Access(), data)
		if err := withDemoBill(&cfg, data, now); err != nil {
			t.Fatal(err)
		}
		return billed(t, stand, data, cfg.Costs.Sources...)
	}
	stop := begin(time.Now().AddDate(0, 0, -2))
	old := tr.until("4 days (")
	stop()
	begin(time.Now())
	wait(t, "the new card, and the old one taken back", func() bool {
		all := tr.messages(demoChannel, "")
		return len(all) == 2 && all[0].TS == old.TS && strings.Contains(all[0].all(), "no longer unusual") && strings.Contains(all[1].all(), "4 days (")
	})
}

// TestCostsKilled kills the program between reading a bill and showing its card, at each point: there is one card in the end.
func TestCostsKilled(t *testing.T) {
	t.Parallel()
	bill, exports := yearBill(), t.TempDir()
	if err := writeMonth(filepath.Join(exports, "a.csv"), bill, bill.Days-100, bill.Days-1); err != nil {
		t.Fatal(err)
	}
	for _, point := range []string{"before accept", "after accept", "after turn", "after commit", "before post", "after post", "before shown is noted"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			stand, tr := workspace(t, gitRepo(t))
			access := stand.Access()
			config := configOf(t, stand.URL(), access.SlackAppToken, access.SlackBotToken, access.GitHubToken)
			file, err := os.OpenFile(config, os.O_APPEND|os.O_WRONLY, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			_, err = fmt.Fprintf(file, "costs: {channel: %s, sources: [{name: aws, files: %q, every: 1s}]}\n", demoChannel, exports)
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			killOne(t, config, "1 "+point)
			child := startToBeKilled(t, config, "")
			card := tr.until("AWS Data Transfer, payments-prod", "Data complete to")
			tr.answer(demoChannel, card.TS, 2)
			time.Sleep(500 * time.Millisecond) // what would be said twice would be said by now
			tr.until("AWS Data Transfer, payments-prod")
			if n := len(tr.messages(demoChannel, card.TS)); n != 2 {
				t.Errorf("%d messages in the thread, want the card and one line", n)
			}
			_ = child.Process.Kill()
			_ = child.Wait()
		})
	}
}

// explorerRows are a bill as Cost Explorer has it.
func explorerRows(bill *billsim.Bill) (rows []aws.Row) {
	for d := range bill.Days {
		for _, r := range bill.Rows(d) {
			if r.Category == "Usage" && !r.Correction {
				rows = append(rows, aws.Row{
					Day: bill.Day(d).Format(time.DateOnly), Account: r.Path.Account, AccountName: r.AccountName, Service: r.Path.Service, Region: r.Path.Region, UsageType: r.Path.Usage,
					RecordType: "Usage", Tags: map[string]string{"team": r.Team}, Unblended: int64(r.Billed * 1e9), Amortized: int64(r.Effective * 1e9), Quantity: int64(r.Quantity * 1e9), Unit: r.Unit,
				})
			}
		}
	}
	return rows
}

// costExplorer is the stand-in with the made-up bill, and the machine's credentials for it.
func costExplorer(t *testing.T) (*aws.Server, string) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "example")
	t.Setenv("AWS_SESSION_TOKEN", "")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_PROFILE", "")
	ce := aws.New(aws.Options{Key: "AKIDEXAMPLE", Secret: "example", Rate: -1})
	ce.SetRows(explorerRows(yearBill()))
	server := httptest.NewServer(ce)
	t.Cleanup(server.Close)
	return ce, server.URL
}

// Cost Explorer's history is read within the budget of requests, an anomaly is told, and who asks why hears what the bill does not say.
func TestCostsOfCostExplorer(t *testing.T) {
	ce, url := costExplorer(t)
	first, last := time.Now().UTC().AddDate(0, 0, -5).Format(time.DateOnly), time.Now().UTC().AddDate(0, 0, -2).Format(time.DateOnly)
	ce.SetAnomalies([]aws.Anomaly{{
		ID: "a1", First: first, Last: last, Dimension: "AWS Data Transfer", Monitor: "arn:aws:ce::412093847561:anomalymonitor/x", Score: .9, MaxScore: .95, Impact: 1400, MaxImpact: 400,
		Actual: 1900, Expected: 500, RootCauses: []aws.RootCause{{Service: "AWS Data Transfer", Account: "412093847561", Region: "eu-west-1", UsageType: "EU-NatGateway-Bytes", Contribution: 1400}},
	}})
	stand, tr := workspace(t, gitRepo(t))
	data := t.TempDir()
	const budget = 40
	source := func(requests, history int) BillConfig {
		return BillConfig{Name: "aws", every: time.Hour, CostExplorer: &CostExplorerConfig{Endpoint: url, Requests: requests, History: history}}
	}
	stop := billed(t, stand, data, source(budget, 180))
	tr.until("AWS Data Transfer, payments-prod: $4", "a day against $1", "Data complete to", "Cost a day from "+time.Now().UTC().AddDate(0, 0, -5-30).Format("2 Jan"))
	if n := len(ce.Calls()); n > budget {
		t.Errorf("%d requests, the budget is %d", n, budget)
	}
	why := tr.says("costs why")
	for _, want := range []string{"A day now", "EU-NatGateway-Bytes", "AWS's own anomaly detection found it, too", "impact $1,400", "score 0.90"} {
		if !strings.Contains(why, want) {
			t.Errorf("costs why lacks %q: %s", want, why)
		}
	}
	if got := tr.says("costs sources"); !strings.Contains(got, fmt.Sprintf("of %d requests used today", budget)) {
		t.Errorf("costs sources: %s", got)
	}
	stop()

	// More of the past than the budget allows: what there is counts, and the rest comes on another day.
	ce.ClearFaults()
	before := len(ce.Calls())
	stand, tr = workspace(t, gitRepo(t))
	stop = billed(t, stand, t.TempDir(), source(6, 395))
	wait(t, "the budget to be used up", func() bool { return strings.Contains(tr.says("costs sources"), "requests used today") })
	got := tr.says("costs sources")
	if n := len(ce.Calls()) - before; n > 6 || !strings.Contains(got, "budget") {
		t.Errorf("%d requests with a budget of 6; costs sources: %s", n, got)
	}
	stop()
}

// What is wrong with the credentials is told to who asks; when it is mended the bill is read.
func TestCostsOfCostExplorerWithFaults(t *testing.T) {
	ce, url := costExplorer(t)
	ce.Inject(aws.Fault{Code: "ExpiredTokenException", Message: "The security token included in the request is expired", Times: -1})
	stand, tr := workspace(t, gitRepo(t))
	billed(t, stand, t.TempDir(), BillConfig{Name: "aws", every: 50 * time.Millisecond, CostExplorer: &CostExplorerConfig{Endpoint: url, Requests: 5000, History: 120}})
	wait(t, "the failure to be told", func() bool { return strings.Contains(tr.says("costs sources"), "credentials of aws have expired") })
	if got := tr.says("costs"); !strings.Contains(got, "credentials of aws have expired") {
		t.Errorf("costs: %s", got)
	}
	ce.ClearFaults()
	ce.Inject(aws.Fault{Code: "LimitExceededException", Message: "Rate exceeded", Times: 1})
	wait(t, "the card", func() bool {
		all := tr.messages(demoChannel, "")
		return strings.Contains(all[len(all)-1].all(), "AWS Data Transfer, payments-prod: $4")
	})
	if got := tr.says("costs sources"); strings.Contains(got, "expired") {
		t.Errorf("after it was mended: %s", got)
	}
}

// What clusters cost by OpenCost is judged as any bill is, and that it does not answer is told.
func TestCostsOfOpenCost(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	broken.Store(true)
	today := time.Now().UTC().Truncate(24 * time.Hour)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if broken.Load() {
			http.Error(w, "no Prometheus", http.StatusServiceUnavailable)
			return
		}
		from, to, _ := strings.Cut(r.URL.Query().Get("window"), ",")
		var sets []any
		begin, _ := time.Parse(time.RFC3339, from)
		end, _ := time.Parse(time.RFC3339, to)
		for d := begin; d.Before(end); d = d.AddDate(0, 0, 1) {
			cost := 80 + float64(d.Day()*7919%11)/3
			if !d.Before(today.AddDate(0, 0, -4)) {
				cost += 200
			}
			sets = append(sets, map[string]any{"east/shop/deployment/web": map[string]any{
				"name": "east/shop/deployment/web", "properties": map[string]any{"cluster": "east", "namespace": "shop", "controller": "web", "controllerKind": "deployment"},
				"window": map[string]any{"start": d, "end": d.AddDate(0, 0, 1)}, "cpuCoreHours": cost * 24, "cpuCost": cost,
			}})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"code": 200, "data": sets})
	}))
	defer server.Close()
	stand, tr := workspace(t, gitRepo(t))
	stop := billed(t, stand, t.TempDir(), BillConfig{Name: "clusters", every: 50 * time.Millisecond, OpenCost: server.URL})
	wait(t, "the failure to be told", func() bool { return strings.Contains(tr.says("costs sources"), "503") })
	broken.Store(false)
	wait(t, "the card", func() bool {
		all := tr.messages(demoChannel, "")
		return strings.Contains(all[len(all)-1].all(), "shop, east: $28")
	})
	stop()
}

// The digest that a schedule asks for tells each one-off charge once; who asks by hand is told again.
func TestCostsDigestTellsOneOffsOnce(t *testing.T) {
	t.Parallel()
	bill, exports := yearBill(), t.TempDir()
	if err := writeMonth(filepath.Join(exports, "a.csv"), bill, bill.Days-100, bill.Days-1); err != nil {
		t.Fatal(err)
	}
	cfg := defaultConfig()
	cfg.Costs.Sources = []BillConfig{{Name: "aws", Files: exports, every: time.Hour}}
	b, db := billsAt(t, t.TempDir(), cfg.Costs.Sources...)
	defer closeBills(t, b, db)
	if err := b.readOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	router, err := bot.NewRouter("shipmate", map[bot.Surface]bot.Access{bot.Clock: always(bot.Viewer), bot.Slack: always(bot.Viewer)}, b.log, costs.Commands(b.book, nil, nil, costs.Options{})...)
	if err != nil {
		t.Fatal(err)
	}
	shipmate := &bot.Bot{Router: router, Store: store{db}, Log: b.log}
	ask := func(kind bot.Kind, surface bot.Surface, id string) string {
		t.Helper()
		reply, err := shipmate.Turn(t.Context(), bot.Request{ID: id, Kind: kind, From: bot.Actor{Surface: surface, ID: "x"}, ReplyTo: bot.Place{Surface: bot.Slack, Channel: demoChannel}, Text: "costs digest", Time: time.Now()}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return bot.PlainText(reply, true)
	}
	const head, purchase = "One-off charges, apart from usage", "purchase: $"
	if got := ask(bot.Tick, bot.Clock, "monday"); !strings.Contains(got, head) || strings.Count(got, purchase) != 1 {
		t.Errorf("the first digest: %s", got)
	}
	if got := ask(bot.Tick, bot.Clock, "tuesday"); strings.Contains(got, head) || !strings.Contains(got, "Checked ") {
		t.Errorf("the second digest: %s", got)
	}
}

// A bill can be asked about without a workspace.
func TestAskAboutABill(t *testing.T) {
	t.Parallel()
	bill, exports, repo := yearBill(), t.TempDir(), gitRepo(t)
	if err := writeMonth(filepath.Join(exports, "a.csv"), bill, bill.Days-120, bill.Days-1); err != nil {
		t.Fatal(err)
	}
	for question, want := range map[string]string{
		"costs": "AWS Data Transfer, payments-prod: $4", "costs by team": "payments", "costs why": "EU-NatGateway-Bytes, eu-west-1", "costs why ec2": "Amazon Elastic Compute Cloud, ",
		"costs anomalies": "1 anomaly goes on.", "costs sources": "bill (files): ", "costs forecast": "The cloud will come to $",
	} {
		var out, logged bytes.Buffer
		if err := run(t.Context(), []string{"ask", "--repo", repo, "--bill", exports, question}, os.Getenv, strings.NewReader(""), &out, &logged); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: got %v\n%s%s\nwant %q", question, err, out.String(), logged.String(), want)
		}
	}
	fails(t, "no such file", "ask", "--repo", repo, "--bill", filepath.Join(exports, "nowhere"), "costs")
}

// infraRepo has a pull request that sends traffic through the NAT gateway, merged on a day.
func infraRepo(t *testing.T, merged time.Time) string {
	t.Helper()
	dir := gitRepo(t)
	if err := os.MkdirAll(filepath.Join(dir, "infra/vpc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "infra/vpc/nat.tf"), []byte("resource \"aws_nat_gateway\" \"egress\" {\n  region = \"eu-west-1\"\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"add", "."}, {"commit", "-q", "-m", "network: route egress through the NAT gateway (#7)"}} {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.com"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull,
			"GIT_AUTHOR_DATE="+merged.Format(time.RFC3339), "GIT_COMMITTER_DATE="+merged.Format(time.RFC3339))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	return dir
}

// A pull request that touches what costs more, and was deployed when that began, is named as a possible cause, with its address.
func TestCostsPossibleCause(t *testing.T) {
	t.Parallel()
	onset := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -5)
	stand, tr := workspace(t, infraRepo(t, onset.Add(-3*time.Hour)))
	tr.call("github/deployment", map[string]any{"number": 7, "environment": "prod", "at": onset.Add(time.Hour), "statuses": []map[string]any{{"state": "success", "at": onset.Add(2 * time.Hour)}}}, nil)
	bill, exports := yearBill(), t.TempDir()
	if err := writeMonth(filepath.Join(exports, "a.csv"), bill, 0, bill.Days-1); err != nil {
		t.Fatal(err)
	}
	billed(t, stand, t.TempDir(), BillConfig{Name: "aws", Files: exports, every: time.Hour})
	tr.until("AWS Data Transfer, payments-prod", "Possible cause: ", "#7 network: route egress through the NAT gateway", "/local/widgets/pull/7", "deployed "+onset.Format("2 Jan")+" 02:00 UTC, on its first day")
}
