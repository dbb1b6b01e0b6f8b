package awscost

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shipmate/bot/day"
	sandbox "shipmate/sandbox/aws"
)

// kept is a counter like the bot's.
type kept struct {
	counts map[day.Day]int
	fails  error
}

func (k *kept) Load(_ context.Context, d day.Day) (int, error) { return k.counts[d], k.fails }

func (k *kept) Save(_ context.Context, d day.Day, n int) error {
	k.counts[d] = n
	return nil
}

// When the budget is used up the reading says what it did not read, and the next client of the day knows it, too.
func TestBudget(t *testing.T) {
	counter := &kept{counts: map[day.Day]int{}}
	o := Options{Budget: 4, Tags: []string{"team", "env"}, Requests: counter}
	server, c := stand(t, sandbox.Options{}, o)
	r, err := c.Daily(t.Context(), today()-3, today())
	if err != nil {
		t.Fatal(err)
	}
	used := (*BudgetError)(nil)
	if len(r.Missing) != 1 || r.Missing[0].What != "service by tag env" || !errors.As(r.Missing[0].Why, &used) || used.Until != (today()+1).Time() {
		t.Fatalf("missing %v", r.Missing)
	}
	if len(r.Leaves) == 0 || len(r.Regions) == 0 || len(r.Tags) == 0 {
		t.Errorf("%d leaves, %d regions, %d tags", len(r.Leaves), len(r.Regions), len(r.Tags))
	}
	if spent, err := c.Spent(t.Context()); err != nil || spent != (Spending{Day: today(), Requests: 4, Budget: 4, Micro: 40_000}) {
		t.Errorf("%+v, %v", spent, err)
	}
	_, again := stand(t, sandbox.Options{}, o)
	again.remember([]string{"Usage"})
	for name, ask := range map[string]func() error{
		"daily":       func() error { _, err := again.Daily(t.Context(), today()-3, today()); return err },
		"usage types": func() error { _, err := again.UsageTypes(t.Context(), storage, "", today()-3, today()); return err },
		"anomalies":   func() error { _, err := again.Anomalies(t.Context(), today()-3, today()); return err },
	} {
		if err := ask(); !errors.As(err, &used) || !strings.Contains(err.Error(), "used up until 2026-11-22 00:00 UTC") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(server.Calls()); n != 4 {
		t.Errorf("%d requests", n)
	}
	again.now = func() time.Time { return (today() + 1).Time().Add(time.Hour) }
	if _, err := again.UsageTypes(t.Context(), storage, "", today()-3, today()); err != nil {
		t.Errorf("the next day: %v", err)
	}
	counter.fails = errors.New("disk is gone")
	again.now = func() time.Time { return (today() + 2).Time().Add(time.Hour) }
	if _, err := again.UsageTypes(t.Context(), storage, "", today()-3, today()); !errors.Is(err, counter.fails) {
		t.Errorf("without a counter: %v", err)
	}
}

// People who click do not use up what the readings of the day need: questions have a third of the budget, whoever asks them and after a restart, too.
func TestQuestionsLeaveTheReadingsTheirPart(t *testing.T) {
	counter, asked := &kept{counts: map[day.Day]int{}}, &kept{counts: map[day.Day]int{}}
	o := Options{Budget: 9, Requests: counter, Questions: asked}
	used := (*BudgetError)(nil)
	for range 2 { // starts of the program
		_, c := stand(t, sandbox.Options{}, o)
		c.remember([]string{"Usage"})
		for range 10 {
			_, err := c.UsageTypes(t.Context(), storage, "", today()-3, today())
			if err == nil {
				_, err = c.Anomalies(t.Context(), today()-3, today())
			}
			if err != nil && (!errors.As(err, &used) || used.Limit != 3 || !strings.Contains(err.Error(), "3 of the 9 requests a day")) {
				t.Fatal(err)
			}
		}
		if used == nil || counter.counts[today()] != 3 || asked.counts[today()] != 3 {
			t.Fatalf("%d requests, %d of them questions, %v; want three", counter.counts[today()], asked.counts[today()], used)
		}
	}
	_, c := stand(t, sandbox.Options{}, o)
	if r, err := c.Daily(t.Context(), today()-3, today()); err != nil || len(r.Missing) > 0 {
		t.Errorf("the reading after them: %v, %v", r.Missing, err)
	}
	// Where the budget as a whole is used up, no question is asked either.
	counter.counts[today()], asked.counts[today()] = 9, 0
	if _, err := c.Anomalies(t.Context(), today()-3, today()); !errors.As(err, &used) || used.Limit != 9 {
		t.Errorf("beyond the budget: %v", err)
	}
}

// Half of the pages of a query are worth nothing: without the rest there is an error, not a part of the bill.
func TestBudgetWithinPages(t *testing.T) {
	_, c := stand(t, sandbox.Options{PageSize: 2}, Options{Budget: 6})
	used := (*BudgetError)(nil)
	if r, err := c.Daily(t.Context(), today()-3, today()); !errors.As(err, &used) || r.Leaves != nil {
		t.Errorf("%d leaves, %v", len(r.Leaves), err)
	}
}

// Leaves by region are not begun if they cannot be read to the end.
func TestBudgetForRegions(t *testing.T) {
	server, c := stand(t, sandbox.Options{}, Options{Budget: 2, Regions: true})
	_, err := c.Daily(t.Context(), today()-3, today())
	if used := (*BudgetError)(nil); !errors.As(err, &used) || !strings.Contains(err.Error(), "each of 2 accounts") || len(server.Calls()) != 1 {
		t.Errorf("%d requests, %v", len(server.Calls()), err)
	}
}

func TestPlan(t *testing.T) {
	date := day.Date
	at := func(m time.Month, d int) day.Day { return date(2026, m, d) }
	for _, test := range []struct {
		name        string
		today       day.Day
		known       bool
		first, last day.Day
		history     int
		want        []Window
	}{
		{"nothing known", at(11, 21), false, 0, 0, 60, []Window{{at(11, 7), at(11, 21)}, {at(10, 7), at(11, 7)}, {at(9, 22), at(10, 7)}}},
		{"all known", at(11, 21), true, at(9, 1), at(11, 19), 60, []Window{{at(11, 7), at(11, 21)}}},
		{"away for a month", at(11, 21), true, at(9, 1), at(10, 20), 60, []Window{{at(10, 21), at(11, 21)}}},
		{"away for years", at(11, 21), true, date(2020, 1, 1), date(2020, 3, 1), 60, []Window{{at(9, 22), at(11, 21)}}},
		{"history half read", at(11, 21), true, at(10, 7), at(11, 20), 60, []Window{{at(11, 7), at(11, 21)}, {at(9, 22), at(10, 7)}}},
		{"the month before has settled", at(11, 11), true, at(1, 1), at(11, 10), 90, []Window{{at(10, 1), at(11, 11)}}},
		{"and was not read before that", at(11, 11), true, at(10, 20), at(11, 10), 30, []Window{{at(10, 20), at(11, 11)}, {at(10, 12), at(10, 20)}}},
		{"more than there is", at(11, 21), true, at(11, 21) - 394, at(11, 20), 9999, []Window{{at(11, 7), at(11, 21)}, {at(11, 21) - 395, at(11, 21) - 394}}},
	} {
		got := Plan(test.today, test.known, test.first, test.last, test.history)
		if len(got) != len(test.want) {
			t.Errorf("%s: %v", test.name, got)
			continue
		}
		for i := range got {
			if got[i] != test.want[i] {
				t.Errorf("%s: window %d is %s to %s, want %s to %s", test.name, i, got[i].From, got[i].To, test.want[i].From, test.want[i].To)
			}
		}
	}
}

// Those who ask at once share the budget.
func TestBudgetAtOnce(t *testing.T) {
	server, c := stand(t, sandbox.Options{}, Options{Budget: 15})
	c.remember([]string{"Usage"})
	var asking sync.WaitGroup
	var refused atomic.Int64
	for range 12 {
		asking.Go(func() {
			if _, err := c.UsageTypes(t.Context(), storage, payments, today()-1, today()); errors.As(err, new(*BudgetError)) {
				refused.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	if n := len(server.Calls()); n != 5 || refused.Load() != 7 {
		t.Errorf("%d requests, %d refused", n, refused.Load())
	}
}

// Waits grow and are not the same each time; none is longer than the limit.
func TestWaits(t *testing.T) {
	server, c := stand(t, sandbox.Options{}, Options{Budget: 100})
	var waits []time.Duration
	c.wait = func(_ context.Context, d time.Duration) error {
		waits = append(waits, d)
		return nil
	}
	server.Inject(sandbox.Fault{Code: "ThrottlingException", Times: -1})
	if _, err := c.Daily(t.Context(), today()-1, today()); err == nil {
		t.Error("no error")
	}
	if len(waits) != attempts-1 {
		t.Fatalf("%d waits", len(waits))
	}
	for i, d := range waits {
		if most := min(firstWait<<i, longestWait); d < most/2 || d > most {
			t.Errorf("wait %d is %s, want up to %s", i, d, most)
		}
	}
}
