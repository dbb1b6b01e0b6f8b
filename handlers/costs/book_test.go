package costs

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

// everything is what a book thinks, in words.
func everything(b *Book) string {
	var out strings.Builder
	o := b.thought.Load()
	for _, name := range o.names {
		j := o.sources[name]
		fmt.Fprintln(&out, name, j.now.at, j.now.complete)
		for _, s := range j.order {
			fmt.Fprintf(&out, "%s %s %+v %+v %+v\n", s.node, s.first, s.verdicts, s.early, s.events)
		}
	}
	return out.String() + fmt.Sprintf("%+v", b.Causes())
}

// A bill that is read three times a day, whose last days are restated each time, whose services come and go, and about which somebody decided something, is
// thought the same of by a program that was started anew, and by one that was started anew in between.
func TestRestartAfterRestatements(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	var all [][]byte
	for d := day.Day(firstDay); d < o.today-1; d++ {
		all = append(all, o.segment(d, usual(d, 0)))
	}
	begin := o.clock()
	between := NewBook(o.book.options, slog.New(slog.DiscardHandler))
	for i := range 40 {
		for reading := range 3 {
			asOf := begin.Add(time.Duration(i*24+reading*7+1) * time.Hour)
			var now [][]byte
			for back := range day.Day(4) {
				d := o.today - 1 - back
				more := map[bool]float64{true: 170}[i >= 12 && i < 20 && d >= o.today-1-day.Day(i-12)]
				parts := usual(d, more)
				if back == 0 {
					for name := range maps.Keys(parts) {
						parts[name] *= .5 + .2*float64(reading) // not complete yet
					}
				}
				if back == 2 && i%7 == 3 && reading == 1 {
					parts["Compute"] += 3 // restated, and not worth a word
				}
				if back == 3 && i == 22 {
					delete(parts, "Storage")
				}
				if i > 25 {
					parts["Search"] = 35 * wobble(d)
				}
				now = append(now, o.said(d, asOf, parts))
			}
			if i == 30 && reading == 0 { // an old day of an event that is over becomes cheaper
				now = append(now, o.said(o.today-17, asOf, usual(o.today-17, 0)))
			}
			all = append(all, now...)
			if err := o.book.Apply(t.Context(), now...); err != nil {
				t.Fatal(err)
			}
			if i == 20 && reading == 1 {
				if err := between.Apply(t.Context(), all...); err != nil {
					t.Fatal(err)
				}
			} else if i > 20 || i == 20 && reading > 1 {
				if err := between.Apply(t.Context(), now...); err != nil {
					t.Fatal(err)
				}
			}
		}
		if i == 15 {
			causes := o.book.Causes()
			if len(causes) == 0 {
				t.Fatal("nothing is unusual yet")
			}
			rule := Rule{ID: "r1", Verb: NotUseful, Cause: causes[0].ID, Nodes: membersOf(o.book, causes[0].ID), From: causes[0].First, Until: o.today + 20, At: begin.Add(15*24*time.Hour + 20*time.Hour)}
			if err := o.book.SetRules(t.Context(), []Rule{rule}); err != nil {
				t.Fatal(err)
			}
			if err := between.SetRules(t.Context(), []Rule{rule}); err != nil {
				t.Fatal(err)
			}
		}
		o.today++
	}
	again := NewBook(o.book.options, slog.New(slog.DiscardHandler))
	if err := again.SetRules(t.Context(), o.book.rules); err != nil {
		t.Fatal(err)
	}
	if err := again.Apply(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	want := everything(o.book)
	for name, b := range map[string]*Book{"a restart": again, "a restart in between": between} {
		if got := everything(b); got != want {
			x, y := strings.Split(want, "\n"), strings.Split(got, "\n")
			i := slices.IndexFunc(x, func(line string) bool { return !slices.Contains(y, line) })
			t.Errorf("after %s it thinks otherwise, such as of %.300s", name, x[max(i, 0)])
		}
	}
	if len(o.book.Causes()) == 0 || len(o.book.thought.Load().sources["aws"].order) < 10 {
		t.Errorf("%d causes in %d series: too little happens for the test to mean anything", len(o.book.Causes()), len(o.book.thought.Load().sources["aws"].order))
	}
}

// said is what the bill says of a day at a time.
func (o *office) said(d day.Day, asOf time.Time, parts map[string]float64) []byte {
	now := o.now
	o.now = asOf
	defer func() { o.now = now }()
	return o.segment(d, parts)
}

// What is thought of each day is what a detector says that is given what the ledger knew at each reading, one series after the other.
func TestVerdictsFollowFromTheLedger(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	for i := range 12 {
		o.next(usual(o.today-1, map[bool]float64{true: 90}[i > 4]), map[day.Day]map[string]float64{o.today - 3: usual(o.today-3, float64(i))})
	}
	j := o.book.thought.Load().sources["aws"]
	for _, s := range j.order {
		var want []float64
		complete := s.first - 1
		for _, r := range o.book.judges["aws"].readings {
			if r.complete > complete && r.complete >= s.first {
				for _, m := range o.book.ledger.Series(s.node, complete+1, r.complete, r.at).Micro {
					want = append(want, float64(m)/1e6)
				}
				complete = r.complete
			}
		}
		got := make([]float64, 0, len(s.verdicts))
		for _, v := range s.verdicts {
			got = append(got, v.Actual)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s was judged by %v, want %v", s.node, got, want)
		}
	}
}

// Questions are answered from what was thought last while something is being judged, and a bill that was never judged says how far it is.
func TestAnswersWhileJudging(t *testing.T) {
	t.Parallel()
	o := oddOffice(t)
	if _, err := o.book.ledger.Apply(o.said(o.today-1, o.clock().Add(time.Hour), usual(o.today-1, 900))); err != nil { // taken, and not judged yet
		t.Fatal(err)
	}
	o.book.judging.Lock()
	defer o.book.judging.Unlock()
	now := &judgment{source: "aws", series: 12_345}
	now.done.Store(3400)
	o.book.progress.Store(now)
	o.wants("the overview", o.says("", "costs"), "The cloud cost $649", "data to "+(o.today-2).Short())
	for _, text := range []string{"costs by service", "costs why", "costs why compute", "costs anomalies", "costs forecast", "costs digest", "costs rules"} {
		if answer := o.says("", text); answer == "" || strings.Contains(answer, "reading") {
			t.Errorf("%s: %s", text, answer)
		}
	}
	o.wants("the sources", o.says("", "costs sources"), "judging, 3,400 of 12,345 series done")
	first := NewBook(Options{}, slog.New(slog.DiscardHandler))
	first.SetStatus("aws", Status{Kind: "files"})
	first.progress.Store(now)
	if got := first.far().reading; got != "aws: judging, 3,400 of 12,345 series done" {
		t.Error(got)
	}
}

// A source of which nothing is known at first, and whose first reading has no charges, is judged by the readings that follow, each once.
func TestFirstReadingWithoutCharges(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	b := NewBook(o.book.options, slog.New(slog.DiscardHandler))
	if err := b.Apply(t.Context(), ledger.NewBatch("aws", "empty", o.clock().Add(-time.Hour), nil).Encode()); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if err := b.Apply(t.Context(), o.said(firstDay+day.Day(i), o.clock().Add(time.Duration(i)*time.Hour), usual(firstDay+day.Day(i), 0))); err != nil {
			t.Fatal(err)
		}
	}
	if j := b.judges["aws"]; len(j.heard) != 21 || len(j.readings) != 20 || j.nodes[ledger.Node{Source: "aws", Currency: "USD"}].read != 20 {
		t.Errorf("%d heard, %d readings", len(j.heard), len(j.readings))
	}
}

// membersOf are the nodes that a cause concerns.
func membersOf(b *Book, id string) []ledger.Node {
	c, _ := b.find(id)
	return c.members
}
