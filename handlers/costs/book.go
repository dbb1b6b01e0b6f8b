package costs

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"shipmate/bot/day"
	"shipmate/handlers/costs/detect"
	"shipmate/handlers/costs/ledger"
)

// A Book is bills and what is thought of them. Everything that it says follows from what is in its ledger, so that a restart says the same: each time
// at which something became known is a reading, and the days that were complete by then are judged by what was known then.
// Its methods are safe for concurrent use.
type Book struct {
	ledger  *ledger.Ledger
	options Options
	log     *slog.Logger

	mu      sync.RWMutex
	sources map[string]*judged // by name
	rules   []Rule
	behind  bool // judging by the rules was interrupted
	status  statuses
}

// NewBook returns a book without bills.
func NewBook(o Options, log *slog.Logger) *Book {
	return &Book{ledger: ledger.New(o.Tags), options: o, log: log, sources: map[string]*judged{}}
}

// now is the time.
func (b *Book) now() time.Time {
	if b.options.Now != nil {
		return b.options.Now()
	}
	return time.Now()
}

// minNode is the least mean cost a day of a part of the bill that is judged by itself.
const minNode = 1

// judged is what is thought of one source.
type judged struct {
	name     string
	readings []reading
	nodes    map[ledger.Node]*series
	order    []ledger.Node // of nodes, the total first
}

// A reading is a time at which something became known of a source.
type reading struct {
	at       time.Time
	first    day.Day
	last     day.Day // with charges
	complete day.Day // up to when the bill is complete
	// revised are days that were complete before, and are known otherwise now.
	revised map[ledger.Node][]ledger.Revision
}

// A series is one node day by day.
type series struct {
	node     ledger.Node
	first    day.Day
	read     int // readings taken in
	detector *detect.Detector
	verdicts []detect.Verdict // from first, one for each judged day
	early    *detect.Verdict  // of a day that is not complete yet
	hints    []hint           // days that were seen before they were complete, in order
	actual   []float64        // as they are known now, from first; also of days that are not judged yet
	applied  []string         // rules, by ID
}

// judgedTo is the last day that was judged; the day before first when none was.
func (s *series) judgedTo() day.Day { return s.first + day.Day(len(s.verdicts)) - 1 }

// Apply takes over segments that are durable already, in their order, and judges what became complete by them.
func (b *Book) Apply(ctx context.Context, segments ...[]byte) error {
	touched := map[string]bool{}
	for _, s := range segments {
		changes, err := b.ledger.Apply(s)
		if err != nil {
			return err
		}
		touched[changes.Source] = true
	}
	return b.judge(ctx, touched)
}

// judge brings the named sources up to date.
func (b *Book) judge(ctx context.Context, touched map[string]bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, src := range b.ledger.Sources() {
		if !touched[src.Name] {
			continue
		}
		j := b.sources[src.Name]
		if j == nil {
			j = &judged{name: src.Name, nodes: map[ledger.Node]*series{}}
			b.sources[src.Name] = j
		}
		if err := b.catchUp(ctx, j); err != nil {
			return err
		}
	}
	return nil
}

// catchUp takes in the readings that are new since the source was judged last.
func (b *Book) catchUp(ctx context.Context, j *judged) error {
	times := b.ledger.Heard(j.name)
	keep := 0
	for keep < len(j.readings) && keep < len(times) && j.readings[keep].at.Equal(times[keep]) {
		keep++
	}
	if keep < len(j.readings) { // something became known of an earlier time: what was thought since is thought anew
		j.readings, j.nodes = nil, map[ledger.Node]*series{}
		keep = 0
	}
	for _, at := range times[keep:] {
		r, ok := b.reading(j, at)
		if !ok {
			continue
		}
		j.readings = append(j.readings, r)
	}
	if len(j.readings) == 0 {
		return nil
	}
	return b.judgeNodes(ctx, j)
}

// reading is what the ledger knew of a source at a time.
func (b *Book) reading(j *judged, at time.Time) (r reading, ok bool) {
	r.at = at
	if r.first, r.last, ok = b.ledger.Days(j.name, at); !ok {
		return r, false
	}
	r.complete = r.last
	for curve := b.ledger.Curve(j.name, at); r.complete >= r.first && curve.At(r.complete) < ledger.MatureAt; {
		r.complete--
	}
	n := len(j.readings)
	if n == 0 {
		return r, true
	}
	before := j.readings[n-1]
	r.complete = max(r.complete, before.complete) // what was judged stays judged
	r.revised = map[ledger.Node][]ledger.Revision{}
	for _, v := range b.ledger.Diff(before.at, at) {
		if v.Node.Source == j.name && v.Day <= before.complete {
			r.revised[v.Node] = append(r.revised[v.Node], v)
		}
	}
	return r, true
}

// judgeNodes judges every node of a source up to its newest reading, in parallel.
func (b *Book) judgeNodes(ctx context.Context, j *judged) error {
	for _, n := range b.ledger.Nodes(minNode) {
		if n.Source == j.name && j.nodes[n] == nil {
			j.nodes[n] = &series{node: n, first: math.MaxInt32}
		}
	}
	j.order = j.order[:0]
	for n := range j.nodes {
		j.order = append(j.order, n)
	}
	slices.SortFunc(j.order, compareNodes)
	return b.each(ctx, j.order, func(n ledger.Node) { b.follow(j, j.nodes[n]) })
}

// each calls f for each node, on all processors.
func (b *Book) each(ctx context.Context, nodes []ledger.Node, f func(ledger.Node)) error {
	const portion = 64
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
				f(n)
			}
		})
	}
	wait.Wait()
	return ctx.Err()
}

// follow judges a series by the readings that it has not taken in yet, and by the rules.
func (b *Book) follow(j *judged, s *series) {
	wanted := b.rulesOf(s.node)
	if !slices.Equal(s.applied[:min(len(s.applied), len(wanted))], ids(wanted)[:min(len(s.applied), len(wanted))]) || len(s.applied) > len(wanted) {
		*s = series{node: s.node, first: math.MaxInt32} // a rule was taken back
	}
	for ; s.read < len(j.readings); s.read++ {
		r := j.readings[s.read]
		b.obey(s, wanted, func(rule Rule) bool { return rule.At.Before(r.at) })
		b.take(j, s, r)
		if v := b.look(s, r); v != nil && !slices.ContainsFunc(s.hints, func(h hint) bool { return h.day == v.Day }) {
			s.hints = append(s.hints, hint{v.Day, s.read})
		}
	}
	b.obey(s, wanted, func(Rule) bool { return true })
	b.peek(j, s)
}

// look judges by what a reading said of it the day that is not complete yet; nil where that is not beyond what is ordinary for a whole day already.
func (b *Book) look(s *series, r reading) *detect.Verdict {
	next := s.judgedTo() + 1
	if s.detector == nil || next > r.last {
		return nil
	}
	soFar := b.amounts(s.node, next, next, r.at)[0]
	if math.IsNaN(soFar) {
		return nil
	}
	if v := s.detector.Early(soFar); v.Flagged {
		return &v
	}
	return nil
}

// take judges the days that were complete at a reading.
func (b *Book) take(j *judged, s *series, r reading) {
	if s.detector == nil {
		first, ok := b.firstDay(s.node, r)
		if !ok {
			return
		}
		s.first = first
		s.detector = detect.New(first, b.options.detector(first > r.first+newAfter))
	} else if s.read > 0 {
		s.revise(r)
	}
	from := s.judgedTo() + 1
	if from > r.complete {
		return
	}
	for _, amount := range b.amounts(s.node, from, r.complete, r.at) {
		s.verdicts = append(s.verdicts, s.detector.Step(amount))
	}
}

// newAfter is how many days the bill must be older than a part of it that counts as new.
const newAfter = 7

// revise tells the detector what of the judged days is other than it was known before.
func (s *series) revise(r reading) {
	for _, v := range r.revised[s.node] {
		if v.Day >= s.first && v.Day <= s.judgedTo() {
			s.detector.Revise(v.Day, float64(v.After)/1e6)
		}
	}
}

// peek looks at what is known beyond the judged days: a day that is not complete yet and beyond what is ordinary for a whole one already.
func (b *Book) peek(j *judged, s *series) {
	s.early = nil
	if s.detector == nil {
		return
	}
	now := j.readings[len(j.readings)-1]
	s.actual = b.amounts(s.node, s.first, now.last, now.at)
	s.early = b.look(s, now)
}

// amounts are a node's costs by day in the currency's units; NaN on days of which the source says nothing at all.
func (b *Book) amounts(n ledger.Node, from, to day.Day, at time.Time) []float64 {
	s := b.ledger.Series(n, from, to, at)
	out := make([]float64, len(s.Micro))
	for i, m := range s.Micro {
		if out[i] = float64(m) / 1e6; !s.Known[i] {
			out[i] = math.NaN()
		}
	}
	return out
}

// firstDay is the first complete day on which a node cost anything; false when there is none yet.
func (b *Book) firstDay(n ledger.Node, r reading) (day.Day, bool) {
	for i, m := range b.ledger.Series(n, r.first, r.complete, r.at).Micro {
		if m != 0 {
			return r.first + day.Day(i), true
		}
	}
	return 0, false
}
