package pulls

import (
	"cmp"
	"path"
	"strings"
)

// own reports whether d is another package of the same repository.
func (d Dependency) own() bool {
	for _, form := range []string{"workspace:", "file:", "link:", "portal:"} {
		if strings.HasPrefix(d.To, form) {
			return true
		}
	}
	return false
}

// inRepository reports whether d replaces a module by a folder of the same repository. A folder outside of it is somebody's own.
func (d Dependency) inRepository() bool {
	to := cmp.Or(d.To, d.From)
	folder := strings.HasPrefix(to, "./") || strings.HasPrefix(to, "../")
	return d.Scope == "replace" && folder && !strings.HasPrefix(path.Join(path.Dir(d.File), to)+"/", "../")
}

// hadBefore says of the dependencies that the repository had before what happens to them, by name: BumpRemoved only when no manifest keeps it.
// The repository's own modules it always had.
func hadBefore(deps []Dependency) map[string]Bump {
	had := map[string]Bump{}
	for _, d := range deps {
		if d.From != "" && d.Scope != ScopeLock && (had[d.Name] == "" || d.Change != BumpRemoved) {
			had[d.Name] = d.Change
		}
		if had[d.Name] == "" && d.Change != BumpRemoved && d.inRepository() {
			had[d.Name] = BumpOther
		}
	}
	return had
}
