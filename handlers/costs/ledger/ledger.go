package ledger

import (
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"shipmate/bot/day"
)

// A Ledger holds bills in memory, bitemporally: each amount with the day that it is for and the time since when it was known. Its methods are safe
// for concurrent use. Where they take an as-of time they answer from what was known then; the zero time stands for all that is known now.
//
// It needs 24 bytes for each change of one key's amount of one day (a day that was never restated has one change), 4 for each key in each object,
// and some 500 for each key; slices that grow have up to a quarter to spare. For 400 days of 10,000 keys that is some 36 bytes a key and day.
type Ledger struct {
	mu       sync.RWMutex
	tags     []string
	sources  map[string]*source
	objects  []*object
	versions []edition
	leaves   []leaf
	index    map[rowKey]int32 // of leaves
	nodes    map[Node]*branch
	names    map[string]name // of accounts, by ID
	texts    map[string]string
}

type source struct {
	name    string
	objects map[string]int32
	totals  []int32  // leaves of kind total, one for each currency
	heard   []uint32 // as-of times of all versions, ascending
	moved   []span   // the days of which each of heard changed anything
}

// A span is the days from one to before another, since firstDay; the zero span is empty.
type span struct{ from, to uint16 }

// with is the shortest span that contains both.
func (s span) with(o span) span {
	switch {
	case s.from == s.to:
		return o
	case o.from == o.to:
		return s
	}
	return span{min(s.from, o.from), max(s.to, o.to)}
}

type object struct {
	source *source
	name   string
	told   []told  // ascending
	leaves []int32 // that it has ever said something of, ascending
	from   uint16  // first day of its newest version, or of the newest that has any: of all other days it says nothing now
	to     uint16  // and the last
}

// told is one version of an object that was applied.
type told struct {
	asOf, sum   uint32
	first, last day.Day
	name        string // of the segment
}

// An edition is a version as the entries refer to it.
type edition struct {
	object int32
	asOf   uint32
}

// A leaf is the amounts of one key, unit and kind: for each day and object the newest entry that is known counts, and objects add up.
type leaf struct {
	key rowKey
	log []entry // by day, object and version
}

// An entry says what an object says of a leaf's day since one of its versions; it has no entry for a version that says the same as the one before.
type entry struct {
	micro   int64
	qty     float64
	version uint32
	day     uint16 // since firstDay
}

// A branch is the leaves of a node: those of kind usage.
type branch struct{ leaves []int32 }

type name struct {
	text string
	asOf uint32
}

// New makes an empty ledger that tells apart the tags with these keys. Segments that were made with others are applied with those of their tags that
// are among them.
func New(tags []string) *Ledger {
	return &Ledger{
		tags: slices.Clone(tags), sources: map[string]*source{}, index: map[rowKey]int32{}, nodes: map[Node]*branch{},
		names: map[string]name{}, texts: map[string]string{},
	}
}

// A Source is what is known of a configured bill.
type Source struct {
	Name        string
	Currencies  []string
	First, Last day.Day   // that have charges now
	AsOf        time.Time // of the newest object
	Objects     int
}

// Sources lists the sources by name.
func (l *Ledger) Sources() []Source {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var list []Source
	for _, name := range slices.Sorted(maps.Keys(l.sources)) {
		src := l.sources[name]
		s := Source{Name: name, Objects: len(src.objects)}
		if n := len(src.heard); n > 0 {
			s.AsOf = time.Unix(int64(src.heard[n-1]), 0).UTC()
		}
		for _, id := range src.totals {
			s.Currencies = append(s.Currencies, l.leaves[id].key.Currency)
		}
		slices.Sort(s.Currencies)
		s.First, s.Last, _ = l.days(src, math.MaxUint32)
		list = append(list, s)
	}
	return list
}

// Days are the first and the last day of which a source had charges as known at asOf; ok is false when there were none.
func (l *Ledger) Days(source string, asOf time.Time) (first, last day.Day, ok bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	src := l.sources[source]
	if src == nil {
		return 0, 0, false
	}
	return l.days(src, since(asOf))
}

// Told is the as-of time of the newest version of an object; ok is false when there is none. The next one has to be a second later at least, whatever the
// clock says.
func (l *Ledger) Told(source, object string) (asOf time.Time, ok bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	_, o := l.object(&Segment{Source: text(source), Object: text(object)})
	if o == nil {
		return time.Time{}, false
	}
	return time.Unix(int64(o.told[len(o.told)-1].asOf), 0).UTC(), true
}

func (l *Ledger) days(src *source, asOf uint32) (first, last day.Day, ok bool) {
	for _, id := range src.totals {
		l.each(&l.leaves[id], firstDay, lastDay, asOf, func(d day.Day, _ int64, rows float64) {
			if rows == 0 {
				return
			}
			if !ok {
				first, last, ok = d, d, true
			}
			first, last = min(first, d), max(last, d)
		})
	}
	return first, last, ok
}

// AccountName is the name of an account as the newest bill that names it does; "" when none does.
func (l *Ledger) AccountName(id string) string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.names[id].text
}

// since is an as-of time in seconds: what is known at that time has at most this.
func since(asOf time.Time) uint32 {
	if asOf.IsZero() {
		return math.MaxUint32
	}
	return seconds(asOf)
}

// each calls f for what each object said of a leaf's days, as known at asOf, in order of days. There may be several calls for a day.
func (l *Ledger) each(f *leaf, from, to day.Day, asOf uint32, call func(d day.Day, micro int64, qty float64)) {
	log := f.log
	low, high := offsets(from, to)
	i, _ := slices.BinarySearchFunc(log, low, func(e entry, low uint16) int { return int(e.day) - int(low) })
	for i < len(log) && log[i].day <= high {
		at, of, found := log[i].day, l.versions[log[i].version].object, -1
		for ; i < len(log) && log[i].day == at; i++ {
			v := l.versions[log[i].version]
			if v.object != of {
				break
			}
			if v.asOf <= asOf {
				found = i
			}
		}
		if found >= 0 {
			call(firstDay+day.Day(at), log[found].micro, log[found].qty)
		}
	}
}

// offsets are days as entries have them, within what a ledger can hold.
func offsets(from, to day.Day) (low, high uint16) {
	return uint16(clamp(from) - firstDay), uint16(clamp(to) - firstDay)
}

func clamp(d day.Day) day.Day { return min(max(d, firstDay), lastDay) }
