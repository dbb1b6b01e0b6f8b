package pulls

import (
	"fmt"
	"slices"
	"strings"
)

// bumped finds dependencies that change in one way. The text's verb is for their names.
func bumped(change Bump, text string, points func(Weights) int) func(*inspection) Reason {
	return func(in *inspection) Reason {
		var program, tools []*Dependency
		had := hadBefore(in.facts.Dependencies)
		for i := range in.facts.Dependencies {
			switch d := &in.facts.Dependencies[i]; {
			case d.Change != change || !risky(*d, had):
			case d.Ecosystem == "actions" || d.Scope == "dev":
				tools = append(tools, d)
			default:
				program = append(program, d)
			}
		}
		p, found := points(in.w), slices.Concat(program, tools)
		if len(program) == 0 {
			p /= 2 // the next version of an action or a tool changes how the program is made, not the program
		}
		if len(found) == 0 {
			return Reason{}
		}
		var names []string
		var places []Evidence
		seen := map[bump]bool{}
		for _, d := range found {
			if b := d.bump(); !seen[b] {
				seen[b] = true
				names = append(names, b.name)
			}
		}
		for _, d := range found[:min(len(found), maxEvidence)] {
			places = append(places, Evidence{Rule: "dependency/" + string(change), File: d.File, Line: d.Line})
		}
		return Reason{Points: p, Text: fmt.Sprintf(text, few(names, 2)), Evidence: places}
	}
}

// risky reports whether a dependency that changes is one that the program or those who make it run. had is what happens to those that
// the repository had.
func risky(d Dependency, had map[string]Bump) bool {
	if d.Indirect || d.Scope == "replace" || d.Scope == ScopeLock || sample(d.File) || d.language() && d.Name == "toolchain" {
		return false
	}
	return d.Change != BumpNew || !d.language() && !d.own() && !strings.HasPrefix(d.Name, "@types/") && had[d.Name] == "" &&
		d.Ecosystem != "actions" // a new step: whether the action is new shows nowhere
}

func replaced(in *inspection) Reason {
	var names []string
	var places []Evidence
	for _, d := range in.facts.Dependencies {
		if d.Scope == "replace" && d.Change != BumpRemoved && !d.inRepository() {
			names = append(names, d.Name)
			places = append(places, Evidence{Rule: "dependency/replace", File: d.File, Line: d.Line})
		}
	}
	if len(names) == 0 {
		return Reason{}
	}
	return Reason{Points: in.w.Replace, Text: "takes " + few(names, 2) + " from elsewhere", Evidence: places}
}

// lockSource finds packages that a lock file takes from another place than before.
func lockSource(in *inspection) Reason {
	return lockReason(in.facts.LockFindings, ruleSource, in.w.DependencySource, func(f LockFinding) string {
		if f.From == "" {
			return "takes %s from " + escape(f.To)
		}
		return "takes %s from " + escape(f.To) + " instead of " + escape(f.From)
	})
}

// lockIntegrity finds packages that have another content behind the same version.
func lockIntegrity(in *inspection) Reason {
	return lockReason(in.facts.LockFindings, ruleIntegrity, in.w.DependencyIntegrity, func(LockFinding) string {
		return "another hash behind the same version of %s"
	})
}

// escape makes of a text a format that prints it.
func escape(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// lockReason makes one reason of the findings of a rule. text is for the first of them, with %s for all names.
func lockReason(list []LockFinding, rule string, points int, text func(LockFinding) string) Reason {
	var names []string
	r := Reason{Points: points}
	for _, f := range list {
		if f.Rule != rule || sample(f.File) {
			continue
		}
		if len(names) == 0 {
			r.Text = text(f)
		}
		names = append(names, shorten(f.Name, 60))
		r.Evidence = append(r.Evidence, Evidence{Rule: rule, File: f.File, Line: f.Line})
	}
	if len(names) > 0 {
		r.Text = fmt.Sprintf(r.Text, few(names, 2))
	}
	return r
}

func botPatchBump(in *inspection) Reason {
	asked := in.facts.asked()
	if !in.AuthorBot || !in.only(ClassDependencies, ClassCI, ClassInfra, ClassLock) || len(in.facts.Dependencies) == 0 || len(in.facts.LockFindings) > 0 {
		return Reason{}
	}
	raises := false
	for i, d := range in.facts.Dependencies {
		raised, direct := d.Change == BumpPatch || d.Change == BumpMinor, i < len(asked) && !d.Indirect || len(asked) == 0
		if d.Change == BumpMajor || d.Change == BumpDowngrade || direct && !raised { // others come and go with what is asked for
			return Reason{}
		}
		raises = raises || raised
	}
	if !raises {
		return Reason{}
	}
	return Reason{Points: in.w.BotPatchBump, Text: "only raises patch and minor versions"}
}
