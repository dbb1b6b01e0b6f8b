package costs

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

// minNode is the least mean cost a day of a part of the bill that is judged by itself.
const minNode = 1

// A judge follows one source.
type judge struct {
	name     string
	heard    []time.Time // when something became known that was taken in
	readings []reading   // those of heard at which the source had charges
	nodes    map[ledger.Node]*follower
	order    []ledger.Node // of nodes, the total first
}

// A reading is a time at which something became known of a source.
type reading struct {
	at       time.Time
	first    day.Day
	last     day.Day // with charges
	complete day.Day // up to when the bill is complete
	known    []bool  // days from first to last that have charges
}

// has reports whether the source had charges for a day.
func (r *reading) has(d day.Day) bool { return d >= r.first && d <= r.last && r.known[d-r.first] }

// A judgment is how far judging a source is.
type judgment struct {
	source string
	series int
	done   atomic.Int64
}

func (j *judgment) String() string {
	return fmt.Sprintf("judging, %s of %s done", thousands(float64(j.done.Load())), count(j.series, "series", "series"))
}

// Judge brings a source up to date with what was taken. Until it returns, questions are answered from what was thought before.
func (b *Book) Judge(ctx context.Context, source string) error {
	b.judging.Lock()
	defer b.judging.Unlock()
	j := b.judges[source]
	if j == nil {
		j = &judge{name: source}
		b.judges[source] = j
	}
	b.hear(j)
	if len(j.readings) == 0 {
		return nil
	}
	for _, n := range b.ledger.Grown(minNode, func(n ledger.Node) bool { return n.Source == j.name && j.nodes[n] == nil }) {
		j.nodes[n] = newFollower(n)
	}
	j.order = slices.SortedFunc(maps.Keys(j.nodes), compareNodes)
	if err := b.judge(ctx, j, j.order); err != nil {
		return err
	}
	b.publish(j)
	return nil
}

// hear takes in the readings that are new.
func (b *Book) hear(j *judge) {
	times := b.ledger.Heard(j.name)
	keep := len(j.heard)
	if keep > len(times) || !slices.EqualFunc(j.heard, times[:keep], time.Time.Equal) {
		keep = 0 // something became known of an earlier time: what was thought since is thought anew
	}
	if keep == 0 {
		*j = judge{name: j.name, nodes: map[ledger.Node]*follower{}}
	}
	for _, at := range times[keep:] {
		j.heard = append(j.heard, at)
		if r, ok := b.reading(j, at); ok {
			j.readings = append(j.readings, r)
		}
	}
}

// reading is what the ledger knew of a source at a time.
func (b *Book) reading(j *judge, at time.Time) (r reading, ok bool) {
	r.at = at
	if r.first, r.last, ok = b.ledger.Days(j.name, at); !ok {
		return r, false
	}
	curve := b.ledger.Curve(j.name, at)
	r.known = make([]bool, r.last-r.first+1)
	for i := range r.known {
		r.known[i] = curve.Has(r.first + day.Day(i))
	}
	r.complete = r.last
	for r.complete >= r.first && curve.At(r.complete) < ledger.MatureAt {
		r.complete--
	}
	if n := len(j.readings); n > 0 {
		r.complete = max(r.complete, j.readings[n-1].complete) // what was judged stays judged
	}
	return r, true
}

// judge brings nodes of a source up to its newest reading, on all processors.
func (b *Book) judge(ctx context.Context, j *judge, nodes []ledger.Node) error {
	at := make([]time.Time, len(j.readings))
	for i, r := range j.readings {
		at[i] = r.at
	}
	c := &chapter{judge: j, times: b.ledger.Times(j.name, at), options: b.options}
	c.first, c.last = j.readings[0].first, j.readings[0].last
	for _, r := range j.readings {
		c.first, c.last = min(c.first, r.first), max(c.last, r.last)
	}
	now := &judgment{source: j.name, series: len(nodes)}
	b.progress.Store(now)
	defer b.progress.Store(nil)
	const portion = 16
	var wait sync.WaitGroup
	slots := make(chan struct{}, workers())
	for part := range slices.Chunk(nodes, portion) {
		if ctx.Err() != nil {
			break
		}
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			for _, n := range part {
				c.follow(j.nodes[n], b.rulesOf(n))
				now.done.Add(1)
			}
		})
	}
	wait.Wait()
	return ctx.Err()
}

// publish makes what is thought of a source the answer to questions.
func (b *Book) publish(j *judge) {
	now := j.readings[len(j.readings)-1]
	out := &judged{now: now, usualAge: j.usualAge(), nodes: make(map[ledger.Node]*series, len(j.order)), order: make([]*series, 0, len(j.order))}
	for _, n := range j.order {
		f := j.nodes[n]
		if f.detector == nil {
			continue
		}
		s := &series{node: n, first: f.first, verdicts: f.verdicts[:len(f.verdicts):len(f.verdicts)], early: f.early, hints: slices.Clone(f.hints), events: f.detector.Events()}
		if n.Depth() == 0 {
			s.actual, s.ahead = b.amounts(n, s.first, now), f.detector.Clone()
		}
		out.nodes[n], out.order = s, append(out.order, s)
	}
	sources := maps.Clone(b.thought.Load().sources)
	sources[j.name] = out
	b.thought.Store(b.newOpinion(sources, b.rules))
}

// amounts are a node's costs by day in the currency's units, up to the last day with charges; NaN on days of which the source says nothing at all.
func (b *Book) amounts(n ledger.Node, from day.Day, r reading) []float64 {
	s := b.ledger.Series(n, from, r.last, r.at)
	out := make([]float64, len(s.Micro))
	for i, m := range s.Micro {
		if out[i] = float64(m) / 1e6; !r.has(from + day.Day(i)) {
			out[i] = math.NaN()
		}
	}
	return out
}

// rulesOf are the rules that concern a node.
func (b *Book) rulesOf(n ledger.Node) (list []Rule) {
	for _, r := range b.rules {
		if slices.Contains(r.Nodes, n) {
			list = append(list, r)
		}
	}
	return list
}

// SetRules has everything judged by the rules from now on. Where something is being judged it waits for that.
func (b *Book) SetRules(ctx context.Context, rules []Rule) error {
	if sameRules(b.thought.Load().rules, rules) {
		return nil
	}
	b.judging.Lock()
	defer b.judging.Unlock()
	return b.setRules(ctx, rules)
}

// tryRules is SetRules unless something is being judged: then the rules that were known before hold for the answer.
func (b *Book) tryRules(ctx context.Context, rules []Rule) error {
	if sameRules(b.thought.Load().rules, rules) || !b.judging.TryLock() {
		return nil
	}
	defer b.judging.Unlock()
	return b.setRules(ctx, rules)
}

func sameRules(x, y []Rule) bool {
	return slices.EqualFunc(x, y, func(x, y Rule) bool { return x.ID == y.ID })
}

// setRules is called with judging held.
func (b *Book) setRules(ctx context.Context, rules []Rule) error {
	concerned := map[ledger.Node]bool{}
	for _, r := range slices.Concat(b.thought.Load().rules, b.rules, rules) { // judging by those that hold now may have been interrupted
		for _, n := range r.Nodes {
			concerned[n] = true
		}
	}
	b.rules = slices.Clone(rules)
	for _, name := range slices.Sorted(maps.Keys(b.judges)) {
		j := b.judges[name]
		nodes := slices.DeleteFunc(slices.Clone(j.order), func(n ledger.Node) bool { return !concerned[n] })
		if len(j.readings) == 0 {
			continue
		}
		if err := b.judge(ctx, j, nodes); err != nil {
			return fmt.Errorf("judge by the rules: %w", err)
		}
		b.publish(j)
	}
	o := b.thought.Load()
	b.thought.Store(b.newOpinion(o.sources, b.rules))
	return nil
}
