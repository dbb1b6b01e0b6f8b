package pulls

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Risk is how much can go wrong with a pull request, as far as its files show.
type Risk struct {
	Level   string   `json:"level"`   // low, medium or high
	Points  int      `json:"points"`  // 0 to 10
	Reasons []Reason `json:"reasons"` // the one with most points first; lowering ones last
}

// Reason is one signal that was found.
type Reason struct {
	Rule     string     `json:"rule"` // the signal's name in the table of signals
	Text     string     `json:"text"` // a phrase: "removes 2 tests"
	Points   int        `json:"points"`
	Evidence []Evidence `json:"evidence"` // at most maxEvidence; empty where the pull request as a whole is the evidence
}

// maxEvidence bounds the places named for one reason.
const maxEvidence = 10

// An inspection is what signals look at.
type inspection struct {
	*view
	facts *Facts // computed so far: everything but Risk
	w     Weights
}

// A signal looks for one thing. It returns the zero Reason when there is nothing, and need not set the rule.
type signal struct {
	rule string
	find func(in *inspection) Reason
}

// signals is every signal. The order decides between equal points.
func signals() []signal {
	return []signal{
		{"secret", secrets},
		{"destructive-sql", destructiveSQL},
		{"ci-privilege", ciPrivilege},
		{"infra-exposure", infraExposure},
		{"security-call", securityCalls},
		{"removed-guard", removedGuards},
		{"migration", ofClass(ClassMigration, "changes a database schema", func(w Weights) int { return w.Migration })},
		{"downgrade", bumped(BumpDowngrade, "downgrades %s", func(w Weights) int { return w.Downgrade })},
		{"dependency-integrity", lockIntegrity},
		{"dependency-source", lockSource},
		{"major-bump", bumped(BumpMajor, "major version of %s", func(w Weights) int { return w.MajorBump })},
		{"breaking", breaking},
		{"removed-tests", removedTests},
		{"removed-exports", removedExports},
		{"security-path", securityPaths},
		{"untested", untested},
		{"new-dependency", bumped(BumpNew, "new dependency %s", func(w Weights) int { return w.NewDependency })},
		{"replace", replaced},
		{"skipped-tests", skippedTests},
		{"unpinned-action", unpinnedActions},
		{"new-env", newSettings},
		{"infra", ofClass(ClassInfra, "changes infrastructure", func(w Weights) int { return w.Infra })},
		{"ci", ofClass(ClassCI, "changes CI", func(w Weights) int { return w.CI })},
		{"size", size},
		{"cross-cutting", crossCutting},
		{"revert", revert},
		{"unread", unread},
		{"docs-only", onlyOf("documentation only", func(w Weights) int { return w.DocsOnly }, ClassDocs)},
		{"tests-only", onlyOf("tests only", func(w Weights) int { return w.TestsOnly }, ClassTest, ClassSnapshot)},
		{"comments-only", commentsOnly},
		{"rename-only", renameOnly},
		{"bot-patch-bump", botPatchBump},
	}
}

// dangers are the signals beside which nothing lowers the risk: words, tests and version bumps can hold them, too.
var dangers = set("secret destructive-sql ci-privilege infra-exposure security-call removed-guard downgrade dependency-integrity dependency-source")

// risk adds up the signals. A signal whose weight is 0 is switched off.
func risk(v *view, facts *Facts, w Weights) Risk {
	in := &inspection{view: v, facts: facts, w: w}
	r := Risk{Reasons: []Reason{}}
	for _, s := range signals() {
		found := s.find(in)
		if found.Text == "" || found.Points == 0 {
			continue
		}
		found.Rule = s.rule
		if found.Evidence == nil {
			found.Evidence = []Evidence{}
		}
		found.Evidence = found.Evidence[:min(len(found.Evidence), maxEvidence)]
		r.Reasons = append(r.Reasons, found)
	}
	if slices.ContainsFunc(r.Reasons, func(one Reason) bool { return dangers[one.Rule] && one.Points > 0 }) {
		r.Reasons = slices.DeleteFunc(r.Reasons, func(one Reason) bool { return one.Points < 0 })
	}
	for _, one := range r.Reasons {
		r.Points += one.Points
	}
	slices.SortStableFunc(r.Reasons, func(a, b Reason) int { return cmp.Compare(b.Points, a.Points) })
	r.Points = min(max(r.Points, 0), 10)
	switch {
	case r.Points >= w.High:
		r.Level = "high"
	case r.Points >= w.Medium:
		r.Level = "medium"
	default:
		r.Level = "low"
	}
	return r
}

func size(in *inspection) Reason {
	var byTools Lines
	for _, f := range in.files {
		if f.mechanical != "" {
			byTools = byTools.plus(f.real())
		}
	}
	deletions := without(in.facts.RealDeletions, byTools.Deletions)
	lines := without(in.facts.RealAdditions, byTools.Additions) + deletions
	points := map[string]int{"S": in.w.SizeS, "M": in.w.SizeM, "L": in.w.SizeL, "XL": in.w.SizeXL, "XXL": in.w.SizeXXL}[sizeOf(lines)]
	if 4*deletions >= 3*lines {
		points /= 2 // mostly deletions: less to go wrong than in as much new code
	}
	text := count(lines, "changed line")
	if byTools.sum() > 0 {
		text += " besides mechanical ones"
	}
	return Reason{Points: points, Text: text}
}

func crossCutting(in *inspection) Reason {
	parts, written := 0, map[string]bool{}
	folders := in.componentOf(in.facts.Components)
	for _, f := range in.files {
		if f.class == ClassCode && f.mechanical == "" {
			written[folders[f.Path]] = true
		}
	}
	for _, c := range in.facts.Components {
		if c.code && written[c.Name] {
			parts++
		}
	}
	if parts < in.w.CrossCuttingFrom {
		return Reason{}
	}
	return Reason{Points: in.w.CrossCutting, Text: fmt.Sprintf("code in %d parts of the repository", parts)}
}

func breaking(in *inspection) Reason {
	if !in.facts.Breaking {
		return Reason{}
	}
	return Reason{Points: in.w.Breaking, Text: "declared as a breaking change"}
}

func revert(in *inspection) Reason {
	if in.facts.Type != "revert" {
		return Reason{}
	}
	return Reason{Points: in.w.Revert, Text: "reverts an earlier change"}
}

func unread(in *inspection) Reason {
	files := in.facts.Coverage.unread()
	if files == 0 {
		return Reason{}
	}
	points := in.w.Unread
	if in.facts.Coverage.partial() {
		points = in.w.UnreadMost
	}
	r := Reason{Points: points, Text: count(files, "file") + " not read"}
	for _, f := range in.files {
		if f.skip != "" && !f.skip.expected() {
			r.Evidence = append(r.Evidence, Evidence{Rule: "unread/" + strings.ReplaceAll(string(f.skip), " ", "-"), File: f.Path})
		}
	}
	return r
}

// ofClass finds files of a class.
func ofClass(class Class, text string, points func(Weights) int) func(*inspection) Reason {
	return func(in *inspection) Reason {
		var places []Evidence
		for _, f := range in.files {
			if moved := f.Status == "renamed" && f.lines().sum() == 0; f.class == class && !sample(f.Path) && !moved {
				places = append(places, Evidence{Rule: string(class) + "/file", File: f.Path, Line: f.firstLine()})
			}
		}
		if len(places) == 0 {
			return Reason{}
		}
		return Reason{Points: points(in.w), Text: text, Evidence: places}
	}
}

// firstLine is the line of the first change in the new file; 0 when the patch was not read.
func (f *file) firstLine() int {
	for _, h := range f.hunks {
		for _, l := range h.lines {
			if l.op != ' ' {
				return max(l.new, 1)
			}
		}
	}
	return 0
}

// onlyOf finds pull requests of nothing but the given classes.
func onlyOf(text string, points func(Weights) int, classes ...Class) func(*inspection) Reason {
	return func(in *inspection) Reason {
		if !in.only(classes...) {
			return Reason{}
		}
		return Reason{Points: points(in.w), Text: text}
	}
}

func renameOnly(in *inspection) Reason {
	for _, f := range in.files {
		if f.Status != "renamed" || f.Additions+f.Deletions > 0 || f.NoCounts {
			return Reason{}
		}
	}
	if len(in.files) == 0 || len(in.files) < in.ChangedFiles {
		return Reason{}
	}
	return Reason{Points: in.w.RenameOnly, Text: "only moves files"}
}

// count writes a number with a noun, in the plural unless the number is 1.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

// thousands writes a number with commas: 12,345.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// few joins the first n names and says how many more there are.
func few(names []string, n int) string {
	if len(names) <= n {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:n], ", ") + fmt.Sprintf(" and %d more", len(names)-n)
}

// more says how many there are besides those named; "" for none.
func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}
