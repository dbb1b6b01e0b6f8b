package pulls

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/mod/module"
)

// text says how a dependency changes: "1.2.0 → 1.3.1 (minor)", "new at 1.0.0", "removed".
func (d Dependency) text() string {
	switch d.Change {
	case BumpNew:
		if d.Scope == "replace" {
			return "replaced by " + shortVersion(d.To)
		}
		if d.To == "" {
			return "new"
		}
		return "new at " + shortVersion(d.To)
	case BumpRemoved:
		return "removed"
	case BumpOther:
		switch {
		case d.Scope == ScopeLock && d.From == "": // beside another version, which stays
			return "also at " + shortVersion(d.To)
		case d.Scope == ScopeLock && d.To == "":
			return "no longer at " + shortVersion(d.From)
		}
		return cmp.Or(shortVersion(d.From), "any version") + " → " + cmp.Or(shortVersion(d.To), "any version")
	}
	return fmt.Sprintf("%s → %s (%s)", shortVersion(d.From), shortVersion(d.To), d.Change)
}

// repositoryPlace is a commit of a repository at GitHub, as npm and its lock files write it.
var repositoryPlace = regexp.MustCompile(`^(?:(?:git\+)?(?:https|ssh)://(?:codeload\.)?github\.com/|github:)([\w.-]+/[\w.-]+?)(?:(?:\.git)?#|/tar\.gz/)([0-9a-f]{7})[0-9a-f]{33}$`)

// shortPlace shortens the address of a commit to the repository and the commit; other versions stay.
func shortPlace(s string) string {
	if m := repositoryPlace.FindStringSubmatch(s); m != nil {
		return m[1] + "#" + m[2]
	}
	return s
}

// shortVersion shortens Go's pseudo-versions to the commit that they name, and addresses of commits to the repository and the commit.
func shortVersion(s string) string {
	s = shortPlace(s)
	place, v, ok := strings.Cut(s, " ") // what replaces a module has a name and a version
	if !ok {
		place, v = "", s
	}
	if rev, err := module.PseudoVersionRev(strings.TrimSuffix(v, "+incompatible")); err == nil {
		v = rev[:min(len(rev), 7)]
	}
	return shorten(strings.TrimSpace(place+" "+v), 60)
}
