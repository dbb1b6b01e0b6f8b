package costs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"shipmate/bot/bottest"
	"shipmate/integrations/github"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"shipmate/bot"
	"shipmate/bot/day"
	"shipmate/handlers/costs/detect"
)

// only is the only cause of a book.
func (o *office) only() Cause {
	o.t.Helper()
	list := o.book.Causes()
	if len(list) != 1 {
		o.t.Fatalf("%d causes, want one: %+v", len(list), list)
	}
	return list[0]
}

// What is over stays as it was told: its card is not edited each day for the date in its footer.
func TestACardThatIsOverIsLeftAlone(t *testing.T) {
	t.Parallel()
	o := oddOffice(t)
	for range 12 {
		o.next(usual(o.today-1, 0))
	}
	o.wants("the card", o.card(), "Over: ordinary again since")
	before := o.edited
	for range 10 {
		o.next(usual(o.today-1, 0))
	}
	if o.edited != before {
		t.Errorf("a card of what is over for weeks was edited %d times in ten days:\n%s", o.edited-before, o.card())
	}
}

// What comes back after it was expected has two events of one node: its range and its projection are those of one.
func TestComesBackAfterItWasExpected(t *testing.T) {
	t.Parallel()
	o := oddOffice(t)
	o.says("ts1", fmt.Sprintf("anomaly %s expected until %s", o.id(), o.today+1))
	for range 7 {
		o.next(usual(o.today-1, 200))
	}
	c := o.only()
	if c.State != detect.Open || o.posted != 1 {
		t.Fatalf("%s, %d cards", c.State, o.posted)
	}
	if c.Monthly > 30*230 || c.Low > 65 || c.High > 90 || c.High < 60 {
		t.Errorf("%.0f in 30 days, ordinary %.0f to %.0f; want about 6,000, and one range", c.Monthly, c.Low, c.High)
	}
	o.wants("the thread", strings.Join(o.threads["ts1"], "\n"), "It is back:")
	if strings.Contains(o.card(), "Expected until") {
		t.Errorf("what is expected no longer is called expected:\n%s", o.card())
	}
}

// A cause in several accounts has a chart, a title that says so, and says what was ordinary in all of them.
func TestACauseInTwoAccounts(t *testing.T) {
	t.Parallel()
	both := func(d day.Day, more float64) map[string]float64 {
		parts := usual(d, more)
		parts["b:Data Transfer/NAT-Bytes"], parts["b:Data Transfer/Out-Bytes"], parts["b:Compute"] = 50*wobble(d+4)+1.2*more, 20*wobble(d), 250*wobble(d+5)
		return parts
	}
	o := newOffice(t, func(d day.Day) map[string]float64 { return both(d, 0) })
	o.check()
	for range 3 {
		o.next(both(o.today-1, 200))
	}
	c := o.only()
	if c.Node.Account != "" || c.Node.Service != "Data Transfer" || len(c.Accounts) != 2 {
		t.Fatalf("it is %#v in %q", c.Node, c.Accounts)
	}
	if math.Abs(c.Actual-(60+70+440)) > 20 || math.Abs(c.Expected-130) > 20 || math.Abs(c.Excess-3*440) > 60 {
		t.Errorf("%.0f a day against %.0f, %.0f more", c.Actual, c.Expected, c.Excess)
	}
	o.wants("the card", o.card(), "2 accounts")
	chart := o.book.chart(c)
	if chart == nil {
		t.Fatal("no chart")
	}
	last := len(chart.Days) - 1
	if v := chart.Series[0].Values[last]; v == nil || math.Abs(*v-570) > 30 || len(chart.Marks) != 3 {
		t.Errorf("the chart ends at %v with %d marks", v, len(chart.Marks))
	}
	o.says("ts1", "anomaly "+c.ID+" normal")
	for range 3 {
		o.next(both(o.today-1, 200))
	}
	if c := o.only(); c.open() || o.posted != 1 {
		t.Errorf("it is normal in both accounts, and yet %s with %d cards", c.State, o.posted)
	}
}

// What a chart shows is what the bill says now.
func TestTheChartIsRestated(t *testing.T) {
	t.Parallel()
	o := oddOffice(t)
	odd := o.today - 2
	o.next(usual(o.today-1, 200), map[day.Day]map[string]float64{odd: usual(odd, 100)})
	c := o.only()
	chart := o.book.chart(c)
	for i, at := range chart.Days {
		if day.Of(at) == odd && math.Abs(*chart.Series[0].Values[i]-160) > 15 {
			t.Errorf("the chart shows %.0f on %s, the bill says about 160", *chart.Series[0].Values[i], odd.Short())
		}
	}
}

// A cause that was seen before its day was complete is the same when it is.
func TestAnEarlyCauseKeepsItsName(t *testing.T) {
	t.Parallel()
	parts := func(d day.Day, more float64) map[string]float64 {
		p := map[string]float64{"Compute": 300 * wobble(d+1)}
		for i := range 4 {
			p[fmt.Sprintf("Data Transfer/Bytes-%d", i)] = 15*wobble(d+day.Day(i)) + more
		}
		return p
	}
	o := newOffice(t, func(d day.Day) map[string]float64 { return parts(d, 0) })
	o.check()
	today := o.today + 1
	o.next(parts(today-2, 0), map[day.Day]map[string]float64{today - 1: parts(today-1, 8)})
	if o.posted != 1 {
		t.Fatalf("%d cards", o.posted)
	}
	if c := o.only(); !c.Partial {
		t.Fatalf("it is not early: %+v", c)
	}
	o.next(parts(o.today-1, 60))
	o.next(parts(o.today-1, 60))
	if o.posted != 1 {
		t.Errorf("%d cards for what was seen early: %q", o.posted, o.cards)
	}
	// The same bill read anew names it alike.
	again := NewBook(o.book.options, slog.New(slog.DiscardHandler))
	if err := again.Apply(t.Context(), o.kept...); err != nil {
		t.Fatal(err)
	}
	if list := again.Causes(); len(list) != 1 || list[0].ID != o.id() {
		t.Errorf("after a restart it is %+v", list)
	}
}

// Judging that was interrupted is made up for.
func TestRulesAfterAnInterruption(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	o.next(usual(o.today-1, 200))
	c := o.only()
	rule := Rule{ID: "r1", Verb: ExpectedUntil, Cause: c.ID, Nodes: c.members, From: c.First, Until: c.First + 30, At: o.clock()}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := o.book.SetRules(stopped, []Rule{rule}); err == nil {
		t.Fatal("no error")
	}
	if err := o.book.SetRules(t.Context(), []Rule{rule}); err != nil {
		t.Fatal(err)
	}
	if c := o.only(); c.State != detect.Expected {
		t.Errorf("the rule has no effect: %s", c.State)
	}
}

// What is new is not compared with nothing.
func TestNewServiceIsCalledNew(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	o.check()
	for range 2 {
		parts := usual(o.today-1, 0)
		parts["Quantum/Qubit-Hours"] = 60
		o.next(parts)
	}
	first := (o.today - 3).Short()
	o.wants("the card", o.card(), "Quantum, payments-prod: $60 a day, new since "+first, "There was nothing before. 2 days")
	o.wants("the thread", o.threads["ts1"][0], "Why it counts: there was next to nothing before, and now $60 a day.")
	if all := o.card() + o.threads["ts1"][0]; strings.Contains(all, "$0 expected") || strings.Contains(all, "usual scatters") || strings.Contains(all, "$0–") {
		t.Error(all)
	}
}

// Titles are read at a glance, whatever a bill calls its parts.
func TestTitlesAreShort(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	o.check()
	long := strings.Repeat("Extraordinarily long name of a service ", 5)
	parts := usual(o.today-1, 0)
	parts[long+"/"+strings.Repeat("Usage", 40)] = 500
	o.next(parts)
	title, _, _ := strings.Cut(o.card(), "\n")
	if len([]rune(title)) > 150 || !strings.Contains(title, "$500 a day") {
		t.Errorf("%d characters: %s", len([]rune(title)), title)
	}
}

// Whoever says it twice, or otherwise, leaves one rule: the newest day counts.
func TestRulesReplaceEachOther(t *testing.T) {
	t.Parallel()
	o := oddOffice(t)
	id := o.id()
	o.says("ts1", fmt.Sprintf("anomaly %s expected until %s", id, o.today+30))
	o.says("ts1", fmt.Sprintf("anomaly %s expected until %s", id, o.today+2))
	o.wants("the rules", o.says("", "costs rules"), "1 rule holds", "Expected until "+(o.today+2).Short())
	o.says("ts1", "anomaly "+id+" noise")
	o.next(usual(o.today-1, 200))
	o.wants("the answer", o.says("ts1", "anomaly "+id+" noise"), "That holds already. Not useful")
	o.wants("the rules", o.says("", "costs rules"), "2 rules hold")
	for range 6 {
		o.next(usual(o.today-1, 200))
	}
	if c := o.only(); c.State != detect.Open {
		t.Errorf("it was expected for two days, and is %s: %+v", c.State, o.book.rules)
	}
}

// What somebody takes on before it was told is told all the same.
func TestAssignedBeforeItIsTold(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	o.check()
	o.today++
	if err := o.book.Apply(t.Context(), o.segment(o.today-2, usual(o.today-2, 200))); err != nil {
		t.Fatal(err)
	}
	o.wants("the answer", o.says("", "anomaly "+o.only().ID+" assign to @ada"), "@ada takes care of it")
	o.check()
	o.wants("the card", o.card(), "Assigned to @ada.")
	o.next(usual(o.today-1, 200))
	o.wants("the card", o.card(), "Assigned to @ada.", "2 days")
}

// What is small against the whole bill is not told unasked until it has added up, however long that takes.
func TestSmallOnesAddUp(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	o.book.options.TellShare = .25 // of about $450 a day
	o.check()
	for i := range 6 {
		parts := usual(o.today-1, 0)
		parts["Quantum/Qubit-Hours"] = 10 + 8*float64(i)
		o.next(parts)
		if i == 2 {
			if o.posted != 0 {
				t.Fatalf("$54 are told: %s", o.card())
			}
			o.wants("the answer", o.says("", "costs anomalies"), "1 small anomaly goes on. Checked", "Quantum, payments-prod: $18")
			o.wants("the digest", o.says("", "costs digest"), "1 small anomaly goes on")
		}
	}
	o.wants("the card", o.card(), "Quantum, payments-prod", "so far")
}

// A card whose anomaly is none any more says so.
func TestACauseThatIsGone(t *testing.T) {
	t.Parallel()
	o := oddOffice(t)
	fresh := NewBook(o.book.options, slog.New(slog.DiscardHandler))
	o.kept = o.kept[:len(o.kept)-1]
	o.book.ledger, o.book.judges = fresh.ledger, fresh.judges
	o.book.thought.Store(fresh.thought.Load())
	if err := o.book.Apply(t.Context(), append(o.kept, o.segment(o.today-2, usual(o.today-2, 0)))...); err != nil {
		t.Fatal(err)
	}
	o.book.SetStatus("aws", Status{Kind: "files"})
	o.book.Ready()
	o.check()
	o.wants("the card", o.card(), "Data Transfer, payments-prod: no longer unusual")
	before := o.edited
	o.check()
	if o.edited != before {
		t.Error("it is said again")
	}
}

// A region, or a usage type, is meant in all accounts and services.
func TestWhyOfWhatIsInSeveralPlaces(t *testing.T) {
	t.Parallel()
	both := func(d day.Day) map[string]float64 {
		return map[string]float64{"Compute/Box": 100, "b:Compute/Box": 50, "Storage/Disk": 30, "b:Storage/Disk": 20}
	}
	o := newOffice(t, both)
	o.next(both(0))
	for part, want := range map[string]string{
		"eu-west-1": "eu-west-1, ", "box": "Box, Compute, ", "compute": "Compute, ", "payments-prod": "payments-prod, ",
	} {
		sum := map[string]string{"eu-west-1": "$1,400", "box": "$1,050", "compute": "$1,050", "payments-prod": "$910"}[part]
		if got := o.says("", "costs why "+part); !strings.HasPrefix(got, want) || !strings.Contains(got, ": "+sum+",") {
			t.Errorf("%s: want %s and %s:\n%s", part, want, sum, got)
		}
	}
}

// Machines get what a reply was computed from.
func TestFactsOfAnAnomaly(t *testing.T) {
	t.Parallel()
	o := oddOffice(t)
	for text, into := range map[string]any{"costs why " + o.id(): new(Cause), "costs anomalies": new([]Cause)} {
		r := o.ask(bot.Request{Kind: bot.Ask, From: bot.Actor{Surface: bot.Slack, ID: "UOPS"}, ReplyTo: bot.Place{Surface: bot.Slack, Channel: "C0FINOPS"}, Text: text})
		if err := json.Unmarshal(r.Facts, into); err != nil {
			t.Fatalf("%s: %v in %s", text, err, r.Facts)
		}
		if data := string(r.Facts); !strings.Contains(data, o.id()) || !strings.Contains(data, `"service":"Data Transfer"`) && !strings.Contains(data, `"Service":"Data Transfer"`) {
			t.Errorf("%s: %s", text, data)
		}
	}
}

// A tag is meant with and without the word, in any case, alone when there is one, and a time behind it.
func TestByTag(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	for text, want := range map[string]string{
		"costs by team": "by team", "costs by tag team": "by team", "costs by tag": "by team", "costs by Team": "by team", "costs by tag TEAM month": "by team", "costs by tags": "by team",
		"costs by usage type": "by usage", "costs by service month": "by service", "costs by accounts last 30 days": "by account", "costs by": "by service", "costs by regions": "by region",
	} {
		if got := o.says("", text); !strings.Contains(got, want) || !strings.Contains(got, "Share") {
			t.Errorf("%s: lacks %q:\n%s", text, want, got)
		}
	}
	if got := o.says("", "costs by month"); !strings.Contains(got, "by service") {
		t.Errorf("costs by month:\n%s", got)
	}
	o.wants("the answer", o.says("", "costs by moon"), "There is no dimension")
}

// hanging is a GitHub that does not answer, until it answers that there is nothing.
type hanging struct {
	asked int
	well  bool
}

func (g *hanging) Merged(ctx context.Context, _, _ string, _, _ time.Time) ([]github.MergedPull, bool, error) {
	g.asked++
	if g.well {
		return nil, false, nil
	}
	<-ctx.Done()
	return nil, false, ctx.Err()
}

func (g *hanging) Deployments(ctx context.Context, _, _ string, _, _ time.Time) ([]github.Deployment, bool, error) {
	if g.well {
		return nil, false, nil
	}
	<-ctx.Done()
	return nil, false, ctx.Err()
}

func (g *hanging) CodeOwners(ctx context.Context, _, _ string) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

// Anomalies are told although GitHub hangs, however many there are: what may have been the reason is looked for within one time for all of them. Those
// that are over are not looked into.
func TestAnomaliesAreToldWhileGitHubHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		services := func(d day.Day, odd int) map[string]float64 { // that many cost more
			out := map[string]float64{}
			for i := range 5 {
				out[fmt.Sprint("Service ", i)] = 100 * wobble(d+day.Day(i))
				if i < odd {
					out[fmt.Sprint("Service ", i)] += 300 * float64(i+1)
				}
			}
			return out
		}
		o := newOffice(t, func(d day.Day) map[string]float64 { return services(d, 0) })
		for odd := range 5 { // from one day to the next: they have causes of their own
			o.next(services(o.today-1, odd+1))
		}
		slow := &hanging{}
		options := o.book.options
		options.Repos = []string{"octo/widgets", "octo/gadgets"}
		h := &handler{book: o.book, options: options, changes: slow, names: names{o.book.accountName}, now: o.clock}
		m := bot.NewMemory(bottest.NewStore(), nil)
		check := func() (bot.Reply, time.Duration) {
			begun := time.Now()
			r, err := h.check(t.Context(), &bot.Turn{Request: bot.Request{Kind: bot.Tick, Time: o.clock()}, Memory: m}, "")
			if err != nil {
				t.Fatal(err)
			}
			return r, time.Since(begun)
		}
		if r, took := check(); len(r.Also) < 5 || took > lookTime {
			t.Errorf("%d messages after %v, want a card for each service within %v", len(r.Also), took, lookTime)
		}
		if _, took := check(); took > lookTime {
			t.Errorf("the next check takes %v", took)
		}
		slow.well, slow.asked = true, 0
		check()
		if check(); slow.asked != 5*len(options.Repos) {
			t.Errorf("asked %d times, want once for each cause and repository, though there is nothing to be found", slow.asked)
		}
		slow.well = false
		for range 4 {
			o.next(services(o.today-1, 0))
		}
		check()
		before := slow.asked
		if check(); slow.asked != before {
			t.Error("what is over is looked into")
		}
	})
}
