package pulls

import (
	"cmp"
	"slices"
)

// A lockChange is a package on both sides; one of them is nil where it is on one side only.
type lockChange struct {
	before, after *lockEntry
	beside        bool // another version of the package stays as it is
}

// describe says what happens to the package's version; false when it stays.
func (c lockChange) describe(d *Dependency) bool {
	e := c.after
	switch {
	case c.after == nil:
		e, d.Change = c.before, BumpRemoved
		d.From = shownVersion(c.before.version)
	case c.before == nil:
		d.Change = BumpNew
		d.To = shownVersion(c.after.version)
	case c.before.version == c.after.version:
		if c.before.pin == c.after.pin || c.before.pin == "" || c.after.pin == "" {
			return false
		}
		d.From, d.To, d.Change = c.before.pin, c.after.pin, BumpOther
	default:
		d.From, d.To = shownVersion(c.before.version), shownVersion(c.after.version)
		d.Change = distance(d.From, d.To)
	}
	if c.beside || e.nested && (c.before == nil || c.after == nil) {
		d.Change = BumpOther // one version more, or one less
	}
	d.Name, d.Line = shownName(e.name), e.line
	return true
}

// pairLocked pairs the entries of both sides by name, equal versions first, then versions of the same major number, then the rest in order.
// Several entries of one version are one. The result is in the order of the file.
func pairLocked(before, after []lockEntry) []lockChange {
	type versions struct{ before, after *lockEntry } // the last of a chain
	places := make(map[string]int, len(after))
	names := make([]versions, 0, len(after))
	group := func(entries []lockEntry, end func(v *versions) **lockEntry) {
		for i := range entries {
			e := &entries[i]
			if e.name == "" || e.version == "" || e.own {
				continue
			}
			n, ok := places[e.name]
			if !ok {
				n = len(names)
				places[e.name], names = n, append(names, versions{})
			}
			last := end(&names[n])
			e.next, *last = *last, e
		}
	}
	group(after, func(v *versions) **lockEntry { return &v.after })
	group(before, func(v *versions) **lockEntry { return &v.before })
	out := make([]lockChange, 0, len(names))
	for _, v := range names {
		if v.before != nil && v.before.next == nil && v.after != nil && v.after.next == nil {
			out = append(out, lockChange{before: v.before, after: v.after})
			continue
		}
		out = append(out, pairVersions(merged(v.before), merged(v.after))...)
	}
	return out
}

// merged makes one of the entries of each version in a chain, and turns it around: a package may stand in several places of a lock file, some
// with its hash and some without.
func merged(last *lockEntry) []*lockEntry {
	var out []*lockEntry
	for e := last; e != nil; e = e.next {
		out = append(out, e)
	}
	if len(out) < 2 {
		return out
	}
	slices.Reverse(out)
	first := make(map[string]*lockEntry, len(out))
	return slices.DeleteFunc(out, func(e *lockEntry) bool {
		m := first[e.version]
		if m == nil {
			first[e.version] = e
			return false
		}
		m.hashes = append(m.hashes, e.hashes...)
		if m.source == "" {
			m.source, m.sourceChanged = e.source, e.sourceChanged
		}
		return true
	})
}

// pairVersions pairs the versions of one package.
func pairVersions(before, after []*lockEntry) []lockChange {
	switch {
	case len(before) == 0 && len(after) == 1:
		return []lockChange{{after: after[0]}}
	case len(before) == 1 && len(after) == 0:
		return []lockChange{{before: before[0]}}
	}
	var out []lockChange
	match := func(keyOf func(version string) string) {
		waiting := map[string][]*lockEntry{}
		for _, b := range before {
			k := keyOf(b.version)
			waiting[k] = append(waiting[k], b)
		}
		taken := map[*lockEntry]bool{}
		after = slices.DeleteFunc(slices.Clone(after), func(a *lockEntry) bool {
			k := keyOf(a.version)
			list := waiting[k]
			if len(list) == 0 {
				return false
			}
			taken[list[0]], waiting[k] = true, list[1:]
			out = append(out, lockChange{before: list[0], after: a})
			return true
		})
		before = slices.DeleteFunc(slices.Clone(before), func(b *lockEntry) bool { return taken[b] })
	}
	match(func(version string) string { return version })
	beside := len(out) > 0
	match(func(version string) string { return cmp.Or(majorOf(version), version) })
	match(func(string) string { return "" })
	for _, a := range after {
		out = append(out, lockChange{after: a, beside: beside})
	}
	for _, b := range before {
		out = append(out, lockChange{before: b, beside: beside})
	}
	return out
}
