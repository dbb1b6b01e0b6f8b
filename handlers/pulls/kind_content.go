package pulls

import (
	"regexp"
	"strings"
)

// typeOfFiles tells from the changed files: the kind of most of what changes, four fifths at least; "" when program code is among them,
// when no kind has so much, and when not all files are listed.
func typeOfFiles(v *view, deps []Dependency) string {
	if len(v.files) < v.ChangedFiles {
		return ""
	}
	top, share, code := v.mostOf()
	if code || share < 0.8 {
		return ""
	}
	return classType(v, top, deps)
}

// classType is the type of a change of one class; "" for code.
func classType(v *view, class Class, deps []Dependency) string {
	switch class {
	case ClassDependencies:
		if !v.bumps(deps) {
			return "config" // scripts and settings in a manifest
		}
		return "deps"
	case ClassLock:
		return "deps"
	case ClassVendored:
		return string(ClassGenerated)
	case ClassSnapshot:
		return "test"
	case ClassDocs, ClassTest, ClassCI, ClassInfra, ClassConfig, ClassGenerated:
		return string(class)
	}
	return ""
}

// mostOf returns the class that most of the change is in, its share from 0 to 1, and whether program code or a migration changes. Each file
// weighs its real lines and one. Folded files, pictures and notes for the changelog count only when there is nothing else; words about tests go
// with them.
func (v *view) mostOf() (top Class, share float64, code bool) {
	weights, rest, total := map[Class]int{}, map[Class]int{}, 0
	for _, f := range v.files {
		switch {
		case f.class == ClassBinary:
		case f.class.folded() || changelogNote.MatchString(strings.ToLower(f.Path)):
			rest[f.class] += f.lines().sum() + 1
		default:
			code = code || f.class == ClassMigration || f.class == ClassCode && testable[extension(f.Path)]
			weights[f.class] += f.real().sum() + 1
		}
	}
	if len(weights) == 0 {
		weights = rest
	}
	for _, class := range allClasses {
		total += weights[class]
		if weights[class] > weights[top] {
			top = class
		}
	}
	most := weights[top]
	if top == ClassTest || top == ClassDocs && weights[ClassTest] > 0 {
		most = weights[ClassTest] + weights[ClassDocs]
	}
	return top, float64(most) / float64(max(total, 1)), code
}

// requirementLine looks like a dependency with a version, in the manifests whose dependencies are not read.
var requirementLine = regexp.MustCompile(`[\w\])"'-]\s*(?:[=~><!]=|~>|\^|>|<)\s*v?\d|["':>=]\s*[\^~]?v?\d+\.\d|<version>|<artifactId>|^\s*gem\s|^\s*["']?[\w.-]+["']?,?\s*$`)

// bumps reports whether dependencies change, as far as the manifests show.
func (v *view) bumps(deps []Dependency) bool {
	for _, f := range v.files {
		if f.class != ClassDependencies {
			continue
		}
		if name := base(f.Path); f.skip != "" || name == "go.mod" || name == "go.work" {
			return true // it holds little else
		} else if name == "package.json" {
			continue // its dependencies are read
		}
		found := false
		look := func(l line) { found = found || len(l.text) < 500 && requirementLine.MatchString(l.text) }
		f.added(look)
		f.removed(look)
		if found {
			return true
		}
	}
	return len(deps) > 0
}

// bumpsOnly reports whether dependencies change and the files are such as name dependencies.
func bumpsOnly(v *view, deps []Dependency) bool {
	return len(deps) > 0 && v.only(ClassDependencies, ClassCI, ClassInfra)
}

// typeOfContent tells from what changes in the files, when nobody says it: "" when there is nothing to tell from.
func typeOfContent(v *view, f *Facts) string {
	top, _, code := v.mostOf()
	if kind := classType(v, top, f.asked()); kind != "" && !code {
		return kind
	}
	for _, d := range f.asked() {
		if named(f.Title, d) {
			return "deps"
		}
	}
	lines, files, news, quiet, samples := Lines{}, 0, false, true, true
	for _, file := range v.files {
		if file.class != ClassCode {
			continue
		}
		files++
		lines = lines.plus(file.real())
		news = news || file.Status == "added"
		quiet = quiet && file.commentsOnly()
		samples = samples && sample(file.Path)
	}
	switch a, d := lines.Additions, lines.Deletions; {
	case files == 0:
		return ""
	case quiet || samples:
		return "docs"
	case a+d == 0 || f.Replacement != nil: // moves, another layout, or other names
		return "refactor"
	case d > 5 && d >= 3*a:
		return "refactor"
	case a >= 2*d && (news || a >= 50 || newExport(v.files)):
		return "feat"
	case a+d <= 60:
		return "fix"
	}
	return "refactor"
}

// named reports whether a title names a dependency, in whole or by the last part of its name.
func named(title string, d Dependency) bool {
	title, name := strings.ToLower(title), strings.ToLower(d.Name)
	if strings.Contains(title, name) && len(name) > 2 {
		return true
	}
	short := name[strings.LastIndexByte(name, '/')+1:]
	return len(short) > 3 && strings.Contains(" "+title+" ", " "+short+" ")
}
