package pulls

import (
	"cmp"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hmarr/codeowners"
)

// Component is a part of the repository that a pull request changes: a folder, as deep as is needed to tell the changed files apart into a
// handful of parts.
type Component struct {
	Name   string   `json:"name"` // a folder's path; "." for files at the root
	Files  int      `json:"files"`
	Lines           // as GitHub counts them
	Owners []string `json:"owners"` // from CODEOWNERS, the one of most files first; "@user", "@org/team" or an address

	real int
	code bool
}

// components groups the changed files by folder. Files in folded classes belong to a component, but only a part with real lines counts in
// the order. Between two and maxParts components are aimed at: the folders are those at the depth where the changes part ways.
func components(v *view) []Component {
	folders := make([]string, len(v.files))
	for i, f := range v.files {
		folders[i] = folderOf(f)
	}
	group := grouping(folders)
	by := map[string]*Component{}
	owners := map[string]map[string]int{}
	for i, f := range v.files {
		name := group(folders[i])
		c := by[name]
		if c == nil {
			c = &Component{Name: name}
			by[name], owners[name] = c, map[string]int{}
		}
		c.Files++
		c.Lines = c.plus(f.lines())
		c.real += f.real().sum()
		c.code = c.code || f.class == ClassCode && !f.importsOnly()
		for _, o := range v.owners.of(f.Path) {
			owners[name][o]++
		}
	}
	out := make([]Component, 0, len(by))
	for name, c := range by {
		c.Owners = byCount(owners[name])
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Component) int {
		return cmp.Or(b.real-a.real, b.Files-a.Files, cmp.Compare(a.Name, b.Name))
	})
	return out
}

// folderOf returns the folder that a file belongs to: its own, and for test data and recorded output the one that they are for.
func folderOf(f *file) string {
	dir := path.Dir(f.Path)
	if m := testFolder.FindStringIndex(dir + "/"); m != nil {
		return dir[:m[0]]
	}
	return dir
}

var testFolder = regexp.MustCompile(`/(?:testdata|__tests__|__snapshots__|fixtures|golden)/`)

// maxParts is how many components are still told apart.
const maxParts = 6

// grouping returns a function from a folder to its component: the folder itself while there are few, else its first parts, as many as
// leave at most maxParts components, and one part at least.
func grouping(folders []string) func(string) string {
	deepest := 0
	for _, f := range folders {
		deepest = max(deepest, strings.Count(f, "/")+1)
	}
	deepest = min(deepest, 12) // deeper paths tell nobody more
	for depth := deepest; depth > 1; depth-- {
		distinct := map[string]bool{}
		for _, f := range folders {
			if distinct[firstParts(f, depth)] = true; len(distinct) > maxParts {
				break
			}
		}
		if len(distinct) <= maxParts {
			return func(f string) string { return firstParts(f, depth) }
		}
	}
	return func(f string) string { return firstParts(f, 1) }
}

// firstParts cuts a path after n parts.
func firstParts(p string, n int) string {
	for i := range len(p) {
		if p[i] == '/' {
			if n--; n == 0 {
				return p[:i]
			}
		}
	}
	return p
}

// byCount returns the keys, the one with the highest count first, then in order.
func byCount(count map[string]int) []string {
	out := make([]string, 0, len(count))
	out = slices.AppendSeq(out, maps.Keys(count))
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(count[b]-count[a], cmp.Compare(a, b)) })
	return out
}

// owners are the rules of a CODEOWNERS file.
type owners struct{ rules codeowners.Ruleset }

// parseOwners reads CODEOWNERS as GitHub does: a line that is no rule is skipped, and the rest counts. The library would refuse the whole
// file for one such line, so it is given one line at a time. The pattern "/" matches nothing at GitHub, and would make the library panic; one
// with a # inside it would cut there, and take what is left for a pattern.
func parseOwners(text string) *owners {
	o := &owners{}
	who := codeowners.WithOwnerMatchers(append(slices.Clip(codeowners.DefaultOwnerMatchers), codeowners.OwnerMatchFunc(matchAddress)))
	for l := range strings.Lines(text) {
		l = strings.TrimSpace(l)
		pattern := l[:strings.IndexAny(l+" ", " \t")]
		if strings.Trim(pattern, "/") == "" || strings.Contains(pattern, "#") {
			continue
		}
		if rules, err := codeowners.ParseFile(strings.NewReader(l), who); err == nil {
			o.rules = append(o.rules, rules...)
		}
	}
	return o
}

// matchAddress takes addresses that the library does not: those of long top-level domains.
func matchAddress(s string) (codeowners.Owner, error) {
	if address.MatchString(s) {
		return codeowners.Owner{Value: s, Type: codeowners.EmailOwner}, nil
	}
	return codeowners.Owner{}, codeowners.ErrNoMatch
}

var address = regexp.MustCompile(`^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,63}$`)

// of returns the owners of a path by the last rule that matches, as GitHub does; none when that rule names none.
func (o *owners) of(name string) []string {
	if name == "" || len(o.rules) == 0 {
		return nil
	}
	rule, err := o.rules.Match(name)
	if err != nil || rule == nil {
		return nil
	}
	out := make([]string, 0, len(rule.Owners))
	for _, who := range rule.Owners {
		out = append(out, who.String())
	}
	return out
}
