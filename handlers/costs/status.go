package costs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"shipmate/bot"
	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

// A Status is how reading a source went last. Whoever reads it tells the Book.
type Status struct {
	Kind     string         // what the source is, such as "FOCUS files"
	Read     time.Time      // when it was looked at last; zero: not yet
	Objects  int            // files, or days of an interface
	Rows     int            // read so far
	Rejected map[string]int // rows that could not be used, by reason
	Reading  string         // what is being done now; "": nothing
	Err      string         // why it could not be read last, written for people; "": it was
	Note     string         // such as how much of a request budget is used
}

// statuses are those of all configured sources.
type statuses struct {
	byName map[string]Status
	ready  bool // what was kept is known
}

// SetStatus tells how reading a source goes. Every configured source has one before Ready is called.
func (b *Book) SetStatus(source string, s Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.status.byName == nil {
		b.status.byName = map[string]Status{}
	}
	b.status.byName[source] = s
}

// Ready says that what was kept has been read: questions are answered from now on.
func (b *Book) Ready() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status.ready = true
}

// far is how far the book has been read.
func (b *Book) far() (p progress) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if len(b.status.byName) == 0 {
		return progress{unset: true}
	}
	if b.status.ready && len(b.thought.Load().names) > 0 {
		return p
	}
	var parts []string
	judging := b.progress.Load()
	for _, name := range slices.Sorted(maps.Keys(b.status.byName)) {
		s := b.status.byName[name]
		switch {
		case judging != nil && judging.source == name:
			parts = append(parts, name+": "+judging.String())
		case s.Err != "": // also while it is tried again
			parts = append(parts, name+": "+s.Err)
		case s.Reading != "":
			parts = append(parts, name+": "+s.Reading)
		case !s.Read.IsZero():
			parts = append(parts, name+": nothing in it can be used yet")
		}
	}
	if len(parts) == 0 {
		parts = []string{"just begun"}
	}
	return progress{reading: strings.Join(parts, "; ")}
}

// problems are what could not be read.
func (b *Book) problems() (list []string) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(b.status.byName)) {
		s := b.status.byName[name]
		if s.Err != "" {
			list = append(list, name+": "+s.Err)
		}
		if n := rejected(s.Rejected); n > 0 {
			list = append(list, fmt.Sprintf("%s: %s (%s)", name, count(n, "row", "rows"), reasons(s.Rejected)))
		}
	}
	return list
}

func rejected(by map[string]int) (n int) {
	for _, c := range by {
		n += c
	}
	return n
}

// reasons are why rows could not be used, the most frequent first.
func reasons(by map[string]int) string {
	names := slices.SortedFunc(maps.Keys(by), func(x, y string) int {
		if by[x] != by[y] {
			return by[y] - by[x]
		}
		return strings.Compare(x, y)
	})
	var parts []string
	for _, n := range names[:min(len(names), 4)] {
		parts = append(parts, fmt.Sprintf("%s: %s", n, thousands(float64(by[n]))))
	}
	return strings.Join(parts, ", ")
}

// sources answers "costs sources": what is read, how far, and what could not be used.
func (h *handler) sources(_ context.Context, _ *bot.Turn, _ string) (bot.Reply, error) {
	b := h.book
	stopped := h.warnings()
	b.mu.RLock()
	defer b.mu.RUnlock()
	r := bot.Reply{Title: count(len(b.status.byName), "bill is", "bills are") + " read"}
	for _, name := range slices.Sorted(maps.Keys(b.status.byName)) {
		s := b.status.byName[name]
		r.Blocks = append(r.Blocks, bot.P(bot.Bold(name), bot.Text(" ("+cmp.Or(s.Kind, "bill")+"): "+b.extent(name, s)+"; read "+when(s.Read, h.now())+".")))
		var notes bot.List
		if judging := b.progress.Load(); judging != nil && judging.source == name {
			s.Reading = judging.String()
		}
		for _, note := range []string{s.Err, s.Reading, s.Note} {
			if note != "" {
				notes.Items = append(notes.Items, bot.Item(bot.Text(note)))
			}
		}
		if n := rejected(s.Rejected); n > 0 {
			notes.Items = append(notes.Items, bot.Item(bot.Bold(count(n, "row", "rows")+" not used: "), bot.Text(reasons(s.Rejected))))
		}
		if len(notes.Items) > 0 {
			r.Blocks = append(r.Blocks, notes)
		}
	}
	r.Blocks = append(r.Blocks, stopped...)
	r.Blocks = append(r.Blocks, bot.Small(bot.Text("A day is judged when at least 95 % of what it will cost is there; how long that takes is learned from each bill.")))
	return r, nil
}

// extent says of which days a source has how many rows.
func (b *Book) extent(name string, s Status) string {
	text := count(s.Rows, "row", "rows")
	j := b.thought.Load().sources[name]
	if j == nil {
		return text
	}
	text += fmt.Sprintf(" of %s – %s, complete to %s", dated(j.now.first, b.today()), dated(j.now.last, b.today()), j.now.complete.Short())
	if b.ledger.Curve(name, time.Time{}).Learned {
		text += " (learned)"
	}
	return text
}

// when is a time as it is said now.
func when(at, now time.Time) string {
	switch age := now.Sub(at); {
	case at.IsZero():
		return "not yet"
	case age < time.Minute:
		return "just now"
	case age < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(age.Minutes()))
	case age < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(age.Hours()))
	}
	return day.Of(at.UTC()).Short()
}

// hash identifies what a reply shows.
func hash(r bot.Reply) string {
	data, _ := json.Marshal(r) // strings, numbers and lists of them: cannot fail
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// Status is how reading a source went last.
func (b *Book) Status(source string) Status {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.status.byName[source]
}

// Days are the first and the last day of which a source has charges; ok is false when it has none.
func (b *Book) Days(source string) (first, last day.Day, ok bool) {
	return b.ledger.Days(source, time.Time{})
}

// News reports whether a segment says anything that is not known.
func (b *Book) News(s *ledger.Segment) bool { return b.ledger.News(s) }

// Expired names the segments that need not be kept, see [ledger.Ledger.Expired].
func (b *Book) Expired(keep day.Day, since time.Time) []string { return b.ledger.Expired(keep, since) }

// Told reports whether anything that an object of a source said is known.
func (b *Book) Told(source, object string) bool {
	_, ok := b.ledger.Told(source, object)
	return ok
}

// facts are what a reply was computed from, for machines; nil where there is nothing of the kind.
func facts(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil { // a number that JSON does not have
		return nil
	}
	return data
}
