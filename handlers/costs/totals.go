package costs

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

// workers is how many series are judged at once.
func workers() int { return runtime.GOMAXPROCS(0) }

// progress is how far a book has been read.
type progress struct {
	unset   bool   // there is no bill
	reading string // how far the first reading is; "" when it is done
}

// A total is everything of one source in one currency.
type total struct {
	node     ledger.Node
	complete day.Day // up to when the bill is complete
	last     day.Day // with charges
	first    day.Day
	actual   []float64 // from first
	at       time.Time // up to when the bill is known
	series   *series
}

// totals are those of all sources, in their order; the dearest currency of a source first.
func (b *Book) totals() (list []total) {
	o := b.thought.Load()
	for _, name := range o.names {
		j := o.sources[name]
		var own []total
		for _, s := range j.order {
			if s.node.Depth() == 0 {
				own = append(own, total{node: s.node, complete: j.now.complete, last: j.now.last, first: s.first, actual: s.actual, at: j.now.at, series: s})
			}
		}
		slices.SortStableFunc(own, func(x, y total) int {
			if x.sum(x.complete-29, x.complete) > y.sum(y.complete-29, y.complete) {
				return -1
			}
			return 1
		})
		list = append(list, own...)
	}
	return list
}

// sum is what the days from one to another cost, both included; days without data count as nothing.
func (t *total) sum(from, to day.Day) (sum float64) { return sumOf(t.first, t.actual, from, to) }

// sumOf adds up the days from one to another of values that begin at first.
func sumOf(first day.Day, values []float64, from, to day.Day) (sum float64) {
	for d := max(from, first); d <= to && int(d-first) < len(values); d++ {
		sum += finite(values[d-first])
	}
	return sum
}

// on is what one day cost; NaN when nothing is known of it.
func (t *total) on(d day.Day) float64 {
	if i := int(d - t.first); i >= 0 && i < len(t.actual) {
		return t.actual[i]
	}
	return math.NaN()
}

// verdict is what is thought of a day; nil when nothing is.
func (t *total) verdict(d day.Day) *verdict {
	if d > t.series.judgedTo() {
		return nil
	}
	return t.series.verdict(d)
}

// name is the total for people: the source, and the currency where it has several.
func (t *total) name(several bool) string {
	if !several {
		return t.node.Source
	}
	return t.node.Source + " " + t.node.Currency
}

// checked says what was looked at.
func (b *Book) checked() string {
	o := b.thought.Load()
	series, parts := 0, []string{}
	for _, name := range o.names {
		series += len(o.sources[name].order)
		complete := o.sources[name].now.complete
		text := complete.Short()
		if age := int(b.today() - complete); age > ordinaryAge {
			text += ", " + count(age, "day", "days") + " old"
		}
		if len(o.names) == 1 {
			text = "data to " + text
		} else {
			text = name + " to " + text
		}
		parts = append(parts, text)
	}
	return fmt.Sprintf("Checked %s, %s", count(series, "series", "series"), strings.Join(parts, ", "))
}

const (
	ordinaryAge = 2  // days: what is so old needs no word
	usualAge    = 4  // days: what is older has stopped, as long as it is not known how often a bill moves
	movesKnown  = 3  // times that it has to have moved for that
	movesLooked = 30 // latest ones
)

// today is the day by the book's clock, UTC.
func (b *Book) today() day.Day { return day.Of(b.now().UTC()) }

// stopped names the bills that had no new complete day for longer than they usually have none: silence about them is no good news.
func (b *Book) stopped() (list []string) {
	o := b.thought.Load()
	for _, name := range o.names {
		complete, usual := o.sources[name].now.complete, o.sources[name].usualAge
		if age := int(b.today() - complete); age > usual+1 {
			list = append(list, fmt.Sprintf("%s has no complete day after %s, %s ago; usually the next one is there after %s. What has happened since is not judged.",
				name, complete.Short(), count(age, "day", "days"), count(usual, "day", "days")))
		}
	}
	return list
}

// usualAge is how old the latest complete day is just before the next one is there, at nine times of ten.
func (j *judge) usualAge() int {
	var ages []int
	for i := len(j.readings) - 1; i > 0 && len(ages) < movesLooked; i-- {
		if before := j.readings[i-1]; j.readings[i].complete > before.complete {
			ages = append(ages, int(day.Of(j.readings[i].at.UTC())-before.complete))
		}
	}
	if len(ages) < movesKnown {
		return usualAge
	}
	slices.Sort(ages)
	return max(ages[(len(ages)*9-1)/10], ordinaryAge)
}

// find looks a cause up by its ID.
func (b *Book) find(id string) (Cause, bool) {
	for _, c := range b.Causes() {
		if c.ID == id {
			return c, true
		}
	}
	return Cause{}, false
}

// accountName is what an account is called, by the configuration or the bill; "" when neither says.
func (b *Book) accountName(id string) string {
	if name := b.options.Names[id]; name != "" {
		return name
	}
	return b.ledger.AccountName(id)
}
