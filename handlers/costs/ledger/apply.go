package ledger

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"shipmate/bot/day"
)

// ErrOrder is wrapped by Apply's error when a version of an object is not newer than one that was applied before.
var ErrOrder = errors.New("versions of an object have to come in their order")

// Changes say what a segment has changed.
type Changes struct {
	Source, Object string
	AsOf           time.Time
	First          bool    // the object was not known before
	Cells          int     // how many amounts or quantities of a key, unit, kind and day are other than before; 0: the segment says nothing new
	From, To       day.Day // between which they are; both 0 when there are none
}

// Apply takes over what a segment says of its object, in the place of what the object said before, as known since the segment's as-of time. What was
// known at earlier times stays known. A segment that was applied before changes nothing. The versions of one object have to be applied in the order
// of their as-of times, else the error wraps ErrOrder; different objects may come in any order. After an error the ledger is as before.
func (l *Ledger) Apply(segment []byte) (Changes, error) {
	s, err := Decode(segment)
	if err != nil {
		return Changes{}, err
	}
	return l.Take(s)
}

// Take applies a segment that is decoded already.
func (l *Ledger) Take(s *Segment) (Changes, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := Changes{Source: s.Source, Object: s.Object, AsOf: s.AsOf}
	now := told{asOf: seconds(s.AsOf), sum: s.sum, first: s.First, last: s.Last, name: s.Name()}
	id, o := l.object(s)
	if o != nil {
		if o.has(now.asOf, now.sum) {
			return c, nil
		}
		if last := o.told[len(o.told)-1]; now.asOf <= last.asOf {
			return c, fmt.Errorf("%q of %s as of %s, after a version as of %s: %w", s.Object, s.Source, s.AsOf.Format(time.RFC3339), time.Unix(int64(last.asOf), 0).UTC().Format(time.RFC3339), ErrOrder)
		}
	} else {
		c.First = true
		id, o = l.newObject(s)
	}
	o.told = append(o.told, now)
	heard, known := slices.BinarySearch(o.source.heard, now.asOf)
	if !known {
		o.source.heard = slices.Insert(o.source.heard, heard, now.asOf)
		o.source.moved = slices.Insert(o.source.moved, heard, span{})
	}
	l.versions = append(l.versions, edition{id, now.asOf})
	for i := 0; i+1 < len(s.names); i += 2 {
		if account := s.names[i]; now.asOf >= l.names[account].asOf {
			l.names[l.intern(account)] = name{l.intern(s.names[i+1]), now.asOf}
		}
	}
	l.replace(o, l.lines(s), &c)
	if c.Cells > 0 {
		from, to := offsets(c.From, c.To)
		o.source.moved[heard] = o.source.moved[heard].with(span{from, to + 1})
	}
	if s.Cells > 0 {
		o.from, o.to = offsets(s.First, s.Last)
	}
	return c, nil
}

// News reports whether Take would change what is known, or fail. It is false for a segment that was applied before, and for one that says the same as the
// version of its object before: that one need not be kept.
func (l *Ledger) News(s *Segment) bool {
	l.mu.Lock() // lines may make leaves
	defer l.mu.Unlock()
	id, o := l.object(s)
	if o == nil {
		return true
	}
	if o.has(seconds(s.AsOf), s.sum) {
		return false
	}
	if seconds(s.AsOf) <= o.told[len(o.told)-1].asOf {
		return true
	}
	for i := 0; i+1 < len(s.names); i += 2 {
		if l.names[s.names[i]].text != s.names[i+1] {
			return true
		}
	}
	for _, key := range s.keys {
		if _, known := l.index[l.chosen(s, key)]; !known {
			return true
		}
	}
	news := false
	merge(o.leaves, l.lines(s), func(leaf int32, cells []cell) {
		news = news || len(l.differences(&l.leaves[leaf], cells, id, 0)) > 0
	})
	return news
}

// has reports whether a version of the object was applied.
func (o *object) has(asOf, sum uint32) bool {
	return slices.ContainsFunc(o.told, func(t told) bool { return t.asOf == asOf && t.sum == sum })
}

// object finds the object of a segment; nil when it is not known.
func (l *Ledger) object(s *Segment) (int32, *object) {
	if src := l.sources[s.Source]; src != nil {
		if id, ok := src.objects[s.Object]; ok {
			return id, l.objects[id]
		}
	}
	return 0, nil
}

func (l *Ledger) newObject(s *Segment) (int32, *object) {
	src := l.sources[s.Source]
	if src == nil {
		src = &source{name: l.intern(s.Source), objects: map[string]int32{}}
		l.sources[src.name] = src
	}
	o := &object{source: src, name: strings.Clone(s.Object)}
	id := int32(len(l.objects))
	l.objects = append(l.objects, o)
	src.objects[o.name] = id
	return id, o
}

// leaf finds the leaf of a key, or makes it and its place in the tree.
func (l *Ledger) leaf(key rowKey) int32 {
	if id, ok := l.index[key]; ok {
		return id
	}
	for _, s := range []*string{&key.Source, &key.Currency, &key.Provider, &key.Account, &key.Service, &key.Region, &key.Usage, &key.Tags, &key.unit} {
		*s = l.intern(*s)
	}
	id := int32(len(l.leaves))
	l.leaves = append(l.leaves, leaf{key: key})
	l.index[key] = id
	switch key.kind {
	case total:
		src := l.sources[key.Source]
		src.totals = append(src.totals, id)
	case Usage:
		for depth := range 5 {
			node := key.At(depth)
			b := l.nodes[node]
			if b == nil {
				b = &branch{}
				l.nodes[node] = b
			}
			b.leaves = append(b.leaves, id)
		}
	}
	return id
}

// intern keeps one copy of each text, apart from the segment that it came with.
func (l *Ledger) intern(s string) string {
	if kept, ok := l.texts[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	l.texts[s] = s
	return s
}

// replace makes the lines what the object says, from its newest version on.
func (l *Ledger) replace(o *object, lines []line, c *Changes) {
	leaves := make([]int32, 0, max(len(o.leaves), len(lines)))
	merge(o.leaves, lines, func(leaf int32, cells []cell) {
		leaves = append(leaves, leaf)
		l.say(leaf, cells, c)
	})
	o.leaves = slices.Clip(leaves)
}

// merge calls f with what an object says of each leaf: those that it spoke of before, and those of the lines. Both are ascending, as are the calls.
func merge(before []int32, lines []line, f func(leaf int32, cells []cell)) {
	for len(before) > 0 || len(lines) > 0 {
		if len(lines) == 0 || len(before) > 0 && before[0] < lines[0].leaf {
			f(before[0], nil)
			before = before[1:]
			continue
		}
		if len(before) > 0 && before[0] == lines[0].leaf {
			before = before[1:]
		}
		f(lines[0].leaf, lines[0].cells)
		lines = lines[1:]
	}
}

// say makes cells what the newest version says of a leaf.
func (l *Ledger) say(id int32, cells []cell, c *Changes) {
	f := &l.leaves[id]
	newest := uint32(len(l.versions) - 1)
	object := l.versions[newest].object
	added := l.differences(f, cells, object, newest)
	if len(added) == 0 {
		return
	}
	if f.key.kind != total {
		c.count(added)
	}
	start, _ := slices.BinarySearchFunc(f.log, added[0].day, func(e entry, d uint16) int { return int(e.day) - int(d) })
	tail := slices.Clone(f.log[start:])
	f.log = f.log[:start]
	for len(added) > 0 {
		if len(tail) > 0 && (tail[0].day < added[0].day || tail[0].day == added[0].day && l.versions[tail[0].version].object <= object) {
			f.log, tail = append(f.log, tail[0]), tail[1:]
			continue
		}
		f.log, added = append(f.log, added[0]), added[1:]
	}
	f.log = append(f.log, tail...)
}

// differences are the entries of a version by which cells differ from what its object said of the leaf before; what it says no more is 0.
func (l *Ledger) differences(f *leaf, cells []cell, object int32, version uint32) (added []entry) {
	put := func(d uint16, micro int64, qty float64) { added = append(added, entry{micro, qty, version, d}) }
	for _, last := range l.said(f.log, object) {
		for ; len(cells) > 0 && uint16(cells[0].day-firstDay) < last.day; cells = cells[1:] {
			put(uint16(cells[0].day-firstDay), cells[0].micro, cells[0].qty)
		}
		var now cell
		if len(cells) > 0 && uint16(cells[0].day-firstDay) == last.day {
			now, cells = cells[0], cells[1:]
		}
		if now.micro != last.micro || now.qty != last.qty {
			put(last.day, now.micro, now.qty)
		}
	}
	for _, now := range cells {
		put(uint16(now.day-firstDay), now.micro, now.qty)
	}
	return added
}

// said are the last entries of an object in a log, by day; of days that its last version did not speak of, where they are 0, there may be none.
func (l *Ledger) said(log []entry, object int32) (last []entry) {
	from, to := l.objects[object].from, l.objects[object].to
	i, _ := slices.BinarySearchFunc(log, from, func(e entry, d uint16) int { return int(e.day) - int(d) })
	for ; i < len(log) && log[i].day <= to; i++ {
		e := log[i]
		if l.versions[e.version].object != object {
			continue
		}
		if n := len(last); n > 0 && last[n-1].day == e.day {
			last[n-1] = e
		} else {
			last = append(last, e)
		}
	}
	return last
}

func (c *Changes) count(added []entry) {
	from, to := firstDay+day.Day(added[0].day), firstDay+day.Day(added[len(added)-1].day)
	if c.Cells == 0 {
		c.From = from
	}
	c.Cells += len(added)
	c.From, c.To = min(c.From, from), max(c.To, to)
}
