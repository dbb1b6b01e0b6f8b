package pulls

import (
	"cmp"
	"strings"

	"golang.org/x/mod/module"
)

// A requirement is what one line of a manifest asks for.
type requirement struct {
	name, version string
	indirect      bool
	scope         string
	pin           string // the commit or digest that stands beside the version, short; "" for none
	line          int
}

// A manifestReader returns the requirements in the lines of one side of a hunk. Context lines are given too, since they say which section
// a line is in; keep says which lines count.
type manifestReader func(section string, lines []line, keep byte) []requirement

// bumps pairs what a file's patch removes with what it adds.
func bumps(f *file, ecosystem string, read manifestReader) []Dependency {
	var before, after []requirement
	for _, h := range f.hunks {
		before = append(before, read(h.section, side(h.lines, '-'), '-')...)
		after = append(after, read(h.section, side(h.lines, '+'), '+')...)
	}
	for _, list := range [][]requirement{before, after} { // of whatever reader: few of them look at what a version holds
		for i := range list {
			list[i].version, list[i].pin = shownVersion(list[i].version), shownVersion(list[i].pin)
		}
	}
	var out []Dependency
	dep := func(r requirement) Dependency {
		return Dependency{Name: shownName(r.name), Ecosystem: ecosystem, File: f.Path, Line: r.line, Indirect: r.indirect, Scope: r.scope}
	}
	partner, used := partners(before, after)
	for i, b := range before {
		if partner[i] < 0 {
			d := dep(b)
			d.From, d.Change = b.version, BumpRemoved
			out = append(out, d)
			continue
		}
		a := after[partner[i]]
		d := dep(a)
		d.From, d.To, d.Change = b.version, a.version, distance(b.version, a.version)
		if a.version == b.version && a.name == b.name {
			if a.pin == b.pin {
				continue // moved, or another comment
			}
			d.From, d.To, d.Change = cmp.Or(b.pin, b.version), cmp.Or(a.pin, a.version), BumpOther // what the version says is not what is taken
		}
		out = append(out, d)
	}
	for i, a := range after {
		if !used[i] {
			d := dep(a)
			d.To, d.Change = a.version, BumpNew
			out = append(out, d)
		}
	}
	return out
}

// side returns the lines of one side: the context and those with the mark op.
func side(lines []line, op byte) []line {
	out := make([]line, 0, len(lines))
	for _, l := range lines {
		if l.op == ' ' || l.op == op {
			out = append(out, l)
		}
	}
	return out
}

// partners finds for each requirement in before the one in after that takes its place: of the same name in the same section, else of the
// same Go module with another major version in its path, else of the same name in another section; -1 where there is none. used says of
// those in after whether they take a place.
func partners(before, after []requirement) (partner []int, used []bool) {
	type key struct{ name, scope string }
	partner, used = make([]int, len(before)), make([]bool, len(after))
	for i := range partner {
		partner[i] = -1
	}
	for _, keyOf := range []func(r requirement) (key, bool){
		func(r requirement) (key, bool) { return key{r.name, r.scope}, true },
		func(r requirement) (key, bool) {
			prefix, ok := majorless(r.name)
			return key{prefix, r.scope}, ok
		},
		func(r requirement) (key, bool) { return key{name: r.name}, true },
	} {
		waiting := map[key][]int{}
		for i, a := range after {
			if k, ok := keyOf(a); ok && !used[i] {
				waiting[k] = append(waiting[k], i)
			}
		}
		for i, b := range before {
			k, ok := keyOf(b)
			if list := waiting[k]; ok && partner[i] < 0 && len(list) > 0 {
				partner[i], used[list[0]], waiting[k] = list[0], true, list[1:]
			}
		}
	}
	return partner, used
}

// majorless is the path of a Go module without its major version.
func majorless(name string) (string, bool) {
	prefix, _, ok := module.SplitPathVersion(name)
	return prefix, ok && strings.Contains(prefix, "/")
}
