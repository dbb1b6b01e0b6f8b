package pulls

import (
	"path"
	"strings"
)

// A generated file that says so nowhere is told by what changes with it: the list that a generator keeps of its output, or the sources that a
// bundle is made of.

// bundleFolders are folders that build tools write to, beside the sources.
var bundleFolders = []string{"dist", "build", "out", "esm", "cjs", "umd"}

// sourceFolders are where the sources are then.
var sourceFolders = []string{"src", "source", "sources", "ts"}

// markGenerated changes the class of files that other files of the same change show to be generated. What the repository's attributes
// declare stays.
func (v *view) markGenerated(declared attributes) {
	trees, sources := map[string]bool{}, map[string]bool{}
	for _, f := range v.files {
		if i := strings.Index("/"+f.Path, "/.openapi-generator/"); i >= 0 {
			trees[f.Path[:i]] = true
		} else if i := strings.Index("/"+f.Path, "/.swagger-codegen/"); i >= 0 {
			trees[f.Path[:i]] = true
		}
		if f.Status != "removed" {
			sources[stem(f.Path)] = true
		}
	}
	for _, f := range v.files {
		if f.class != ClassCode && f.class != ClassDocs && f.class != ClassConfig && f.class != ClassTest {
			continue
		}
		if generated, vendored := declared.of(f.Path); generated != unsaid || vendored != unsaid {
			continue
		}
		if inTree(f.Path, trees) || bundled(f.Path, sources) {
			f.class = ClassGenerated
		}
	}
}

// inTree reports whether a file is below a folder whose generator keeps a list there. A list at the root of the repository says too little: much
// else is below it. What people write for the generator stays theirs.
func inTree(name string, trees map[string]bool) bool {
	if strings.HasPrefix(base(name), ".openapi-generator-ignore") || strings.HasPrefix(base(name), ".swagger-codegen-ignore") {
		return false
	}
	for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if trees[dir+"/"] {
			return true
		}
	}
	return false
}

// bundled reports whether a script or style sheet in a folder of build output has a changed source of the same name beside that folder.
func bundled(name string, sources map[string]bool) bool {
	switch ext := extension(name); {
	case ext == "js", ext == "mjs", ext == "cjs", ext == "css", strings.HasSuffix(name, ".d.ts"):
	default:
		return false
	}
	for _, out := range bundleFolders {
		before, after, ok := strings.Cut("/"+name, "/"+out+"/")
		if !ok {
			continue
		}
		for _, src := range sourceFolders {
			if sources[strings.TrimPrefix(before+"/"+src+"/"+stem(after), "/")] {
				return true
			}
		}
	}
	return false
}

// stem is a path without its extensions: "src/a" of "src/a.d.ts".
func stem(name string) string {
	dir, file := path.Split(name)
	file, _, _ = strings.Cut(file, ".")
	return dir + file
}
