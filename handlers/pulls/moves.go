package pulls

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"shipmate/bot"
)

// Move is code that a pull request takes out of one file and puts into another, line for line.
type Move struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Lines    int    `json:"lines"`     // that moved; white space around them aside
	FromLine int    `json:"from_line"` // of the first of them, in the old file
	ToLine   int    `json:"to_line"`   // in the new file
}

// Bounds of what counts as a move.
const (
	leastMoved    = 5  // lines that say something, one after the other
	maxMoves      = 20 // pairs of files that are told
	tellingLetter = 4  // letters or digits that a line has at least to say something: a bracket does not
)

// movedLines counts the moved lines of hunks.
type movedLines map[[2]int32]int // by index of the file and of its hunk

func (m movedLines) in(file, hunk int) int { return m[[2]int32{int32(file), int32(hunk)}] }

// A movable is a line that says something, within a run of removed or added lines.
type movable struct {
	text       string
	hash       uint64
	file, hunk int32
	line       int32 // in the old file for a removed one, in the new one for an added one
	run        int32 // lines of different runs do not belong together
}

// moves finds blocks that are removed from one file and added to another, and which hunks their lines are in. It looks for the place of
// five lines in a row and follows both sides from there, so that it takes time in proportion to the lines.
func (v *view) moves() ([]Move, movedLines) {
	moved := movedLines{}
	removed := v.movables('-')
	if len(removed) < leastMoved {
		return []Move{}, moved
	}
	added := v.movables('+')
	starts := map[uint64]int32{}
	for i := len(removed) - leastMoved; i >= 0; i-- {
		if removed[i].run == removed[i+leastMoved-1].run {
			starts[blockHash(removed[i:])] = int32(i) // the first one of equal blocks
		}
	}
	by := map[[2]int32]*Move{}
	var order []*Move
	for i := 0; i+leastMoved <= len(added); {
		start, ok := starts[blockHash(added[i:])]
		from := int(start)
		n := 0
		if ok && removed[from].file != added[i].file {
			n = common(removed[from:], added[i:])
		}
		if n < leastMoved {
			i++
			continue
		}
		key := [2]int32{removed[from].file, added[i].file}
		m := by[key]
		if m == nil {
			m = &Move{From: v.files[key[0]].Path, To: v.files[key[1]].Path, FromLine: int(removed[from].line), ToLine: int(added[i].line)}
			by[key] = m
			order = append(order, m)
		}
		m.Lines += int(added[i+n-1].line-added[i].line) + 1
		moved.note(removed[from : from+n])
		moved.note(added[i : i+n])
		i += n
	}
	out := make([]Move, 0, len(order))
	for _, m := range order {
		out = append(out, *m)
	}
	slices.SortStableFunc(out, func(a, b Move) int {
		return cmp.Or(b.Lines-a.Lines, cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return out[:min(len(out), maxMoves)], moved
}

// note counts the lines from the first to the last of a block, by hunk. A block lies within one.
func (m movedLines) note(block []movable) {
	first, last := block[0], block[len(block)-1]
	m[[2]int32{first.file, first.hunk}] += int(last.line-first.line) + 1
}

// common returns how many lines both begin with, each within one run.
func common(a, b []movable) int {
	n := 0
	for n < len(a) && n < len(b) && a[n].run == a[0].run && b[n].run == b[0].run && a[n].text == b[n].text {
		n++
	}
	return n
}

// movables are the removed or the added lines that say something, in order.
func (v *view) movables(op byte) []movable {
	most := 0
	for _, f := range v.files {
		if n := countLines(f.hunks); !f.class.folded() && op == '+' {
			most += n.Additions
		} else if !f.class.folded() {
			most += n.Deletions
		}
	}
	out := make([]movable, 0, most)
	run := int32(0)
	for i, f := range v.files {
		if f.class.folded() {
			continue
		}
		for n, h := range f.hunks {
			if h.blank == h.count {
				continue
			}
			run++
			last := byte(' ')
			for _, l := range h.lines {
				if l.op != op {
					last = l.op
					continue
				}
				if last != op {
					run++
				}
				last = op
				if text := strings.TrimSpace(l.text); telling(text) {
					at := l.new
					if op == '-' {
						at = l.old
					}
					out = append(out, movable{text, textHash(text), int32(i), int32(n), int32(at), run})
				}
			}
		}
	}
	return out
}

// telling reports whether a line says enough to be known again.
func telling(text string) bool {
	letters := 0
	for i := 0; i < len(text) && letters < tellingLetter; i++ {
		if c := text[i] | 0x20; c >= 'a' && c <= 'z' || text[i] >= '0' && text[i] <= '9' || text[i] >= 0x80 {
			letters++
		}
	}
	return letters == tellingLetter
}

// textHash is FNV-1a. It is fixed, so that the same input always gives the same facts.
func textHash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// blockHash combines the hashes of the first leastMoved lines.
func blockHash(block []movable) uint64 {
	h := uint64(0)
	for _, m := range block[:leastMoved] {
		h = h*1099511628211 + m.hash
	}
	return h
}

// moveItem says that much of a change is code that moved: "moves 120 lines from a.go to b.go"; nil when it is less than a third of it.
func (f *Facts) moveItem() []bot.Span {
	lines := 0
	for _, m := range f.Moves {
		lines += m.Lines
	}
	if lines == 0 || 3*2*lines < f.RealAdditions+f.RealDeletions {
		return nil
	}
	m := f.Moves[0]
	to, from := moveParts(Change{Path: m.To, Previous: m.From}, 2)
	item := bot.Item(bot.Text("moves "+count(m.Lines, "line")+" from "), bot.Link(from, f.link(Evidence{File: m.From, Line: m.FromLine, Removed: true})),
		bot.Text(" to "), bot.Link(to, f.link(Evidence{File: m.To, Line: m.ToLine})))
	if rest := len(f.Moves) - 1; rest > 0 {
		item = append(item, bot.Text(fmt.Sprintf(", and %s between other files", count(lines-m.Lines, "line"))))
	}
	return item
}
