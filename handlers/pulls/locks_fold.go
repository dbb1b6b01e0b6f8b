package pulls

import (
	"path"
	"strings"
)

// fold makes one dependency of what a manifest asks for and what the lock file nearest to it takes, and returns all: those that manifests
// name, then those that only lock files do. Of the lock file go.sum, modules that go.mod shows are left out where nothing changes for them.
func fold(v *view, asked, taken []Dependency) []Dependency {
	type key struct{ ecosystem, name string }
	keyOf := func(d *Dependency) key { return key{d.Ecosystem, plainName(d)} }
	by := make(map[key][]int, len(asked))
	for i := range asked {
		by[keyOf(&asked[i])] = nil
	}
	for i := range taken {
		k := keyOf(&taken[i])
		if list, ok := by[k]; ok {
			by[k] = append(list, i)
		}
	}
	folded := make([]bool, len(taken))
	out := make([]Dependency, 0, len(asked)+len(taken))
	for _, d := range asked {
		best, score := -1, 0
		for _, i := range by[keyOf(&d)] {
			if s := nearness(&d, &taken[i]); s > score {
				best, score = i, s
			}
		}
		if best >= 0 {
			l := taken[best]
			d.Lock = Locked{From: l.From, To: l.To, Change: l.Change, File: l.File, Line: l.Line}
			folded[best] = true
			if d.Change == BumpDowngrade && raises(l.Change) {
				d.Change = BumpOther // a wider range begins lower
			}
		}
		out = append(out, d)
	}
	direct := v.goModules()
	for i := range taken {
		if d := &taken[i]; !folded[i] && !(d.Ecosystem == "go" && direct[d.Name]) {
			out = append(out, *d)
		}
	}
	return out
}

// raises reports whether a change is one to a later version.
func raises(b Bump) bool { return b == BumpMajor || b == BumpMinor || b == BumpPatch }

// nearness says how well a lock file's dependency goes with a manifest's: 0 not at all, as the lock file of another folder; more the deeper
// its folder, and most where its version is what the manifest asks for.
func nearness(asked, taken *Dependency) int {
	folder := path.Dir(taken.File)
	if folder != "." && !strings.HasPrefix(asked.File, folder+"/") {
		return 0
	}
	n := 2 + 4*len(folder)
	switch {
	case asked.Scope == "replace":
		return 0
	case asked.To == "" || taken.To == "":
		if asked.To == taken.To {
			n += 2
		}
	case majorOf(asked.To) != "" && majorOf(asked.To) == majorOf(taken.To):
		n += 2
	}
	if taken.From != "" && taken.To != "" {
		n++
	}
	return n
}

// plainName is a dependency's name as its registry compares it: Python's without case and with one kind of dash.
func plainName(d *Dependency) string {
	switch d.Ecosystem {
	case "python":
		return strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(d.Name))
	case "rust":
		return strings.ReplaceAll(d.Name, "_", "-")
	}
	return d.Name
}

// goModules are the modules that the patches of go.mod files name, changed or not.
func (v *view) goModules() map[string]bool {
	named := map[string]bool{}
	for _, f := range v.files {
		if base(f.Path) != "go.mod" {
			continue
		}
		for _, h := range f.hunks {
			for _, op := range []byte{' ', '-', '+'} {
				for _, r := range readGoMod(h.section, side(h.lines, op), op) {
					named[r.name] = true
				}
			}
		}
	}
	return named
}
