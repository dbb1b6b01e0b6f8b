package pulls

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"shipmate/bot"

	"github.com/bmatcuk/doublestar/v4"
)

// matching returns the changed files that a person means: exactly the file of that path, else what a glob matches, else the files of that
// name or folder wherever it is, else those of that name without its extension, else those of a kind: "go", "tests". A rename is found by
// its old path too. When there are none, the error is a *bot.UserError that names paths like it; command is for its suggestions.
func matching(f *Facts, command, wanted string) ([]Change, error) {
	if !slices.ContainsFunc(f.Changes, func(c Change) bool { return c.Path == wanted }) {
		wanted = strings.TrimPrefix(strings.Trim(wanted, "`'\"<>,;: "), "./") // punctuation around it is not part of it
	}
	for _, match := range []func(path string) bool{
		func(p string) bool { return p == wanted },
		func(p string) bool { return strings.ContainsAny(wanted, "*?[{") && globMatch(wanted, p) },
		func(p string) bool { return under(p, wanted) },
		func(p string) bool { return under(strings.ToLower(p), strings.ToLower(wanted)) },
		func(p string) bool { return strings.EqualFold(strings.TrimSuffix(base(p), "."+extension(p)), wanted) },
	} {
		if found := f.filter(func(c Change) bool { return match(c.Path) || c.Previous != "" && match(c.Previous) }); len(found) > 0 {
			return found, nil
		}
	}
	kind := ofKind(strings.ToLower(wanted))
	if kind == nil {
		return nil, noSuchPath(f, command, wanted)
	}
	found := f.filter(kind)
	if len(found) == 0 {
		return nil, &bot.UserError{Text: fmt.Sprintf("%s changes no %s files.", f.ref(), strings.ToLower(wanted)), Next: []bot.Action{{Label: "Files", Text: "files " + f.ref()}}}
	}
	return found, nil
}

// filter returns the changed files that keep says yes to, in GitHub's order.
func (f *Facts) filter(keep func(Change) bool) []Change {
	var found []Change
	for _, c := range f.Changes {
		if keep(c) {
			found = append(found, c)
		}
	}
	return found
}

// languages are the names of languages that differ from the extensions of their files.
var languages = map[string]string{
	"python": "py", "javascript": "js", "typescript": "ts", "ruby": "rb", "rust": "rs", "kotlin": "kt", "c++": "cpp", "c#": "cs", "markdown": "md", "shell": "sh", "golang": "go",
}

// ofKind returns a test for files of a kind: of a class, a language or an extension, in lower case; nil for words that are none.
func ofKind(word string) func(Change) bool {
	for _, class := range allClasses {
		if word == string(class) || word == string(class)+"s" || class == ClassDocs && (word == "doc" || word == "documentation") {
			return func(c Change) bool { return c.Class == class }
		}
	}
	ext := cmp.Or(languages[word], strings.TrimPrefix(strings.TrimPrefix(word, "*"), "."))
	switch {
	case !codeExtensions[ext] && !configExtensions[ext] && ext != "md":
		return nil
	case ext == "yml" || ext == "yaml":
		return func(c Change) bool { e := extension(c.Path); return e == "yml" || e == "yaml" }
	}
	return func(c Change) bool { return extension(c.Path) == ext }
}

// globMatch matches a glob against a path; one without a slash matches in every folder.
func globMatch(glob, path string) bool {
	if len(glob) > 200 {
		return false
	}
	if !strings.Contains(glob, "/") {
		glob = "**/" + glob
	}
	ok, err := doublestar.Match(glob, path)
	return ok && err == nil
}

// under reports whether wanted is the end of a path, a folder on it, or both.
func under(path, wanted string) bool {
	wanted = strings.Trim(wanted, "/")
	return wanted != "" && strings.Contains("/"+path+"/", "/"+wanted+"/")
}

// noSuchPath says that no changed file is meant by wanted, and which may have been.
func noSuchPath(f *Facts, command, wanted string) error {
	shown := shorten(bot.CleanLine(wanted), 80)
	e := &bot.UserError{Text: fmt.Sprintf("%s does not change %s.", f.ref(), shown)}
	like := closest(f.Changes, wanted)
	for _, p := range like {
		e.Next = append(e.Next, bot.Action{Label: lastParts(p, 2), Text: fmt.Sprintf("%s %s %s", command, f.ref(), p)})
	}
	if len(like) > 0 {
		e.Text += fmt.Sprintf(" Did you mean %s?", strings.Join(like, " or "))
	} else {
		e.Next = []bot.Action{{Label: "Files", Text: "files " + f.ref()}}
	}
	return e
}

// closest returns up to three changed paths that look like wanted: those that contain it, then those whose name is a few typing errors away.
func closest(files []Change, wanted string) []string {
	type candidate struct {
		path     string
		distance int
	}
	want := strings.ToLower(wanted)
	wantBase := base(strings.TrimRight(want, "/"))
	stem, _, _ := strings.Cut(wantBase, ".")
	if wantBase == "" || len(wantBase) > 100 {
		return nil
	}
	var found []candidate
	for _, c := range files {
		lower := strings.ToLower(c.Path)
		name := base(lower)
		switch d := editDistance(wantBase, name); {
		case strings.Contains(lower, want):
			found = append(found, candidate{c.Path, 0})
		case d <= max(1, len(wantBase)/4):
			found = append(found, candidate{c.Path, d})
		case len(stem) >= 3 && strings.Contains(name, stem):
			found = append(found, candidate{c.Path, 50 + d})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Or(a.distance-b.distance, cmp.Compare(a.path, b.path)) })
	var out []string
	for _, c := range found[:min(len(found), 3)] {
		out = append(out, c.path)
	}
	return out
}

// editDistance is Levenshtein's distance in bytes; names longer than 100 bytes are infinitely far.
func editDistance(a, b string) int {
	if len(a) > 100 || len(b) > 100 {
		return 1000
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
