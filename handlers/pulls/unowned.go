package pulls

import (
	"slices"
	"strings"
)

// UnownedPart is a part of the change whose owners have not approved it.
type UnownedPart struct {
	Owners []string `json:"owners"` // from CODEOWNERS, without "@"; one of them is enough
	Files  int      `json:"files"`
	File   string   `json:"file"` // the first of them
}

func (p UnownedPart) what() string {
	if p.Files == 1 {
		return lastParts(p.File, 2)
	}
	return count(p.Files, "file")
}

// missingOwners groups the changed files by owners and leaves out the groups that somebody approved. A team counts as satisfied when it was
// asked and is not asked any more, which is what GitHub does once a member has reviewed, or when somebody approved who is no owner by name: who
// belongs to a team is not asked. So does an owner by e-mail, whose login nobody knows. The author cannot
// approve and is no owner here; files that nobody else owns are left out.
func missingOwners(v *view, r Reviews) []UnownedPart {
	out := []UnownedPart{}
	at := map[string]int{}
	for _, f := range v.files {
		who := owning(v, f.Path)
		if len(who) == 0 || satisfied(who, r) || byMail(v.owners.of(f.Path)) && len(r.Approved) > 0 {
			continue
		}
		key := strings.Join(who, " ")
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, UnownedPart{Owners: who, File: f.Path})
		}
		out[i].Files++
	}
	slices.SortStableFunc(out, func(a, b UnownedPart) int { return b.Files - a.Files })
	return out
}

// owning are the owners of a path that could approve, without "@".
func owning(v *view, path string) []string {
	var out []string
	for _, o := range v.owners.of(path) {
		if name, ok := strings.CutPrefix(o, "@"); ok && !strings.EqualFold(name, v.Author) {
			out = append(out, name)
		}
	}
	return out
}

// byMail reports whether one of the owners is named by an e-mail address.
func byMail(owners []string) bool {
	return slices.ContainsFunc(owners, func(o string) bool { return !strings.HasPrefix(o, "@") })
}

func satisfied(who []string, r Reviews) bool {
	team := false
	for _, w := range who {
		if slices.ContainsFunc(r.Approved, func(a string) bool { return strings.EqualFold(a, w) }) {
			return true
		}
		team = team || strings.Contains(w, "/") && !slices.ContainsFunc(r.Waiting, func(a string) bool { return strings.EqualFold(a, w) })
	}
	return team && len(r.Approved) > 0
}
