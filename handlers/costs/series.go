package costs

import (
	"math"
	"slices"

	"shipmate/bot/day"
	"shipmate/handlers/costs/detect"
	"shipmate/handlers/costs/ledger"
)

// A series is what is thought of one node day by day. It does not change.
type series struct {
	node     ledger.Node
	first    day.Day
	verdicts []verdict // from first, one for each judged day
	early    *glance   // of a day that is not complete yet; nil when it is nothing unusual
	hints    []hint    // days that were seen before they were complete, in order
	events   []detect.Event
	// Only of totals:
	actual []float64        // as they are known now, from first; also of days that are not judged yet
	ahead  *detect.Detector // to be cloned by who wants to foretell something
}

// A verdict is what answers need of a [detect.Verdict]: there are millions of them.
type verdict struct {
	Actual, Expected float64
	Low, High, Score float32
	event            int32 // index of the event that the day is flagged for; -1 when it is not flagged
}

func newVerdict(v *detect.Verdict) verdict {
	out := verdict{v.Actual, v.Expected, float32(v.Low), float32(v.High), float32(v.Score), -1}
	if v.Flagged {
		out.event = int32(max(v.Event, 0)) // an early look has none yet
	}
	return out
}

func (v *verdict) flagged() bool { return v.event >= 0 }

// A glance is what was seen of a day that is not complete yet.
type glance struct {
	verdict
	day  day.Day
	term detect.Term
}

// judgedTo is the last day that was judged; the day before first when none was.
func (s *series) judgedTo() day.Day { return s.first + day.Day(len(s.verdicts)) - 1 }

// verdict is what is thought of a day; nil for a day that was not judged.
func (s *series) verdict(d day.Day) *verdict {
	if i := int(d - s.first); i >= 0 && i < len(s.verdicts) {
		return &s.verdicts[i]
	}
	if s.early != nil && s.early.day == d {
		return &s.early.verdict
	}
	return nil
}

// lately is what the last seven judged days cost.
func (s *series) lately() (sum float64) {
	for _, v := range s.verdicts[max(len(s.verdicts)-7, 0):] {
		sum += finite(v.Actual)
	}
	return sum
}

// A follower judges one series.
type follower struct {
	node     ledger.Node
	first    day.Day
	read     int // readings taken in
	detector *detect.Detector
	verdicts []verdict // from first, one for each judged day
	early    *glance
	hints    []hint
	applied  []string // rules, by ID
}

func newFollower(n ledger.Node) *follower { return &follower{node: n, first: math.MaxInt32} }

func (f *follower) judgedTo() day.Day { return f.first + day.Day(len(f.verdicts)) - 1 }

// A chapter is what followers of one source go by, while it is judged.
type chapter struct {
	*judge
	times       *ledger.Times // of all readings
	first, last day.Day       // that ever had charges
	options     Options
}

// follow judges a series by the readings that it has not taken in yet, and by the rules.
func (c *chapter) follow(f *follower, rules []Rule) {
	if n := len(f.applied); n > len(rules) || !slices.EqualFunc(f.applied, rules[:n], func(id string, r Rule) bool { return id == r.ID }) {
		*f = *newFollower(f.node) // a rule was taken back
	}
	if begin := c.begin(); begin > 0 && f.read <= begin {
		*f = *newFollower(f.node)
		f.read = begin
	}
	course := c.course(f)
	for ; f.read < len(c.readings); f.read++ {
		r := &c.readings[f.read]
		f.obey(rules, func(rule Rule) bool { return rule.At.Before(r.at) })
		var moved []day.Day
		if f.read > 0 {
			moved = course.Next()
		}
		f.take(c, r, course, moved)
		if v := f.look(r, course); v != nil && !slices.ContainsFunc(f.hints, func(h hint) bool { return h.day == v.day }) {
			f.hints = append(f.hints, hint{v.day, f.read})
		}
	}
	f.obey(rules, func(Rule) bool { return true })
	f.early = f.look(&c.readings[len(c.readings)-1], course)
	if f.detector != nil {
		f.detector.Rest()
	}
}

// begin is the latest reading at which more of the past became known, as where an interface is asked for a month a day. Every day is judged with it: what was
// thought before rested on too little. 0 where that never happened.
func (c *chapter) begin() int {
	for i := len(c.readings) - 1; i > 0; i-- {
		if c.readings[i].first < c.readings[i-1].first {
			return i
		}
	}
	return 0
}

// course follows what the bill said of the follower's node since the last reading that it took in.
func (c *chapter) course(f *follower) *ledger.Course {
	from, begin := c.first, max(f.read-1, 0)
	if f.detector != nil {
		from = f.judgedTo() + 1
		if moved, _, ok := c.times.Moved(begin); ok {
			from = max(min(from, moved), f.first)
		}
	}
	return c.times.Course(f.node, from, c.last, begin)
}

// take judges the days that were complete at a reading, by what was known then; moved are the days that were known otherwise before.
func (f *follower) take(c *chapter, r *reading, course *ledger.Course, moved []day.Day) {
	if f.detector == nil {
		for f.first = r.first; f.first <= r.complete && course.On(f.first) == 0; f.first++ {
		}
		if f.first > r.complete {
			return // it has cost nothing yet
		}
		f.detector = detect.New(f.first, c.options.detector(f.first > r.first+newAfter))
		f.verdicts = make([]verdict, 0, r.complete-f.first+1)
	}
	for _, d := range moved {
		if d >= f.first && d <= f.judgedTo() {
			f.detector.Revise(d, float64(course.On(d))/1e6)
		}
	}
	for d := f.judgedTo() + 1; d <= r.complete; d++ {
		v := f.detector.Step(amount(r, course, d))
		if n := len(f.verdicts); n == cap(f.verdicts) {
			f.verdicts = append(make([]verdict, 0, n+spareDays), f.verdicts...)
		}
		f.verdicts = append(f.verdicts, newVerdict(&v))
	}
}

const (
	newAfter  = 7  // days that the bill must be older than a part of it that counts as new
	spareDays = 32 // for how many days there is room at a time
)

// amount is what a day cost in the currency's units, as known at a reading; NaN when the source says nothing at all of it.
func amount(r *reading, course *ledger.Course, d day.Day) float64 {
	if !r.has(d) {
		return math.NaN()
	}
	return float64(course.On(d)) / 1e6
}

// look judges by what a reading said of it the day that is not complete yet; nil where that is not beyond what is ordinary for a whole day already.
func (f *follower) look(r *reading, course *ledger.Course) *glance {
	next := f.judgedTo() + 1
	if f.detector == nil || !r.has(next) {
		return nil
	}
	if v := f.detector.Early(amount(r, course, next)); v.Flagged {
		return &glance{newVerdict(&v), next, v.Term}
	}
	return nil
}

// obey applies the rules that are due and not applied yet.
func (f *follower) obey(rules []Rule, due func(Rule) bool) {
	if f.detector == nil {
		return
	}
	for _, r := range rules[len(f.applied):] {
		if !due(r) {
			return
		}
		switch r.Verb {
		case ExpectedUntil:
			f.detector.Mask(r.From, r.Until)
		case NewNormal:
			f.detector.Rebase(r.From)
		case NotUseful:
			f.detector.SetGates(raisedGates, r.Until)
		}
		f.applied = append(f.applied, r.ID)
	}
}
