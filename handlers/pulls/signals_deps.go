package pulls

import (
	"fmt"
	"slices"
	"strings"
)

// bumped finds dependencies that change in one way. The text's verb is for their names.
func bumped(change Bump, text string, points func(Weights) int) func(*inspection) Reason {
	return func(in *inspection) Reason {
		var program, tools []Dependency
		had := hadBefore(in.facts.Dependencies)
		for _, d := range in.facts.Dependencies {
			switch {
			case d.Change != change || !risky(d, had):
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
		for _, d := range distinct(found) {
			names = append(names, d.Name)
		}
		for _, d := range found {
			places = append(places, Evidence{Rule: "dependency/" + string(change), File: d.File, Line: d.Line})
		}
		return Reason{Points: p, Text: fmt.Sprintf(text, few(names, 2)), Evidence: places}
	}
}

// risky reports whether a dependency that changes is one that the program or those who make it run. had is what happens to those that
// the repository had.
func risky(d Dependency, had map[string]Bump) bool {
	if d.Indirect || d.Scope == "replace" || sample(d.File) || d.language() && d.Name == "toolchain" {
		return false
	}
	return d.Change != BumpNew || !d.language() && !d.own() && !strings.HasPrefix(d.Name, "@types/") && had[d.Name] == "" &&
		d.Ecosystem != "actions" // a new step: whether the action is new shows nowhere
}

func replaced(in *inspection) Reason {
	var names []string
	var places []Evidence
	for _, d := range in.facts.Dependencies {
		if d.Scope == "replace" && d.Change != BumpRemoved {
			names = append(names, d.Name)
			places = append(places, Evidence{Rule: "dependency/replace", File: d.File, Line: d.Line})
		}
	}
	if len(names) == 0 {
		return Reason{}
	}
	return Reason{Points: in.w.Replace, Text: "takes " + few(names, 2) + " from elsewhere", Evidence: places}
}

func botPatchBump(in *inspection) Reason {
	if !in.AuthorBot || !in.only(ClassDependencies, ClassCI, ClassInfra) || len(in.facts.Dependencies) == 0 {
		return Reason{}
	}
	for _, d := range in.facts.Dependencies {
		if d.Change != BumpPatch && d.Change != BumpMinor && !d.Indirect {
			return Reason{}
		}
	}
	return Reason{Points: in.w.BotPatchBump, Text: "only raises patch and minor versions"}
}
