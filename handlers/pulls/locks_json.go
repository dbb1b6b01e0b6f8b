package pulls

import (
	"strings"
)

// A jsonFrame is an object or a list that is open at a line, and whose beginning the hunk shows.
type jsonFrame struct {
	key    string // "" inside of a list
	indent int
	entry  int // the entry that it is, or is a part of; -1: none
}

// jsonFrames are the open ones, the innermost last. Where a hunk begins inside of an object, that object is not among them.
type jsonFrames []jsonFrame

// top is the innermost one; its entry is -1 when there is none.
func (fs jsonFrames) top() jsonFrame {
	if len(fs) == 0 {
		return jsonFrame{entry: -1}
	}
	return fs[len(fs)-1]
}

// A jsonReader is told what the lines of a JSON file have, which is written by a program: one key, value or bracket a line.
type jsonReader struct {
	// open says which entry an object is that begins; -1 for none.
	open func(key string, in jsonFrames) int
	// value takes the value of a key, or an element of a list, whose key is "".
	value func(in jsonFrames, key, value string, l *line)
}

// read reads one side of a hunk.
func (r jsonReader) read(h hunk, s *lockSide) {
	var frames jsonFrames
	for l := range s.lines(h) {
		indent := indentation(l.text)
		t := l.text[indent:]
		for len(frames) > 0 && frames.top().indent >= indent {
			frames = frames[:len(frames)-1]
		}
		if t = strings.TrimSuffix(t, ","); t == "" || t[0] == '}' || t[0] == ']' {
			continue
		}
		key := ""
		if t[0] == '"' {
			if k, rest, ok := strings.Cut(t[1:], `": `); ok {
				key, t = k, rest
			}
		}
		switch {
		case t == "{" || t == "[":
			frames = append(frames, jsonFrame{key, indent, r.open(key, frames)})
		case t != "":
			r.value(frames, key, strings.Trim(t, `"`), l)
		}
	}
}

const nodeModules = "node_modules/"

// npmParts are the parts of a package in package-lock.json: where the patch does not show more, objects of these names are no packages.
var npmParts = set("packages dependencies requires devDependencies optionalDependencies peerDependencies peerDependenciesMeta bin engines funding overrides")

// lockNPM reads package-lock.json: "node_modules/react": {…} under packages since version 2, and "react": {…} under dependencies until then.
// Version 2 has both.
func lockNPM(h hunk, s *lockSide) {
	first := len(s.entries)
	jsonReader{
		open: func(key string, in jsonFrames) int {
			i := strings.LastIndex(key, nodeModules)
			switch {
			case i == 0 || i > 0 && key[i-1] == '/':
				return s.add(lockEntry{name: key[i+len(nodeModules):], listed: true, nested: i > 0 && strings.HasPrefix(key, nodeModules)})
			case len(in) == 0 && npmParts[key], key == "", in.top().key == "packages":
				return -1
			case in.top().key == "dependencies" && (len(in) < 2 || in[len(in)-2].entry >= 0 || in[len(in)-2].indent == 0):
				return s.add(lockEntry{name: key, listed: true, nested: len(in) > 2})
			case len(in) == 0:
				return s.add(lockEntry{name: key})
			}
			return -1
		},
		value: func(in jsonFrames, key, value string, l *line) {
			i := in.top().entry
			switch key {
			case "version":
				if len(in) == 0 || i >= 0 {
					s.version(i, value, l)
				}
			case "resolved":
				s.source(i, value, l)
			case "integrity":
				s.integrity(i, value)
			case "link":
				s.own(i)
			}
		},
	}.read(h, s)
	for i := first; i < len(s.entries); i++ {
		if e := &s.entries[i]; !e.listed && e.source == "" && len(e.hashes) == 0 {
			e.own = true // a package of the workspace
		}
	}
}

// lockPipfile reads Pipfile.lock. A package's version stands behind its hashes, so that a patch can show one without the name.
func lockPipfile(h hunk, s *lockSide) {
	jsonReader{
		open: func(key string, in jsonFrames) int {
			switch top := in.top(); {
			case top.key == "default" || top.key == "develop":
				return s.add(lockEntry{name: key})
			case len(in) > 0 || key == "default" || key == "develop" || key == "hashes" || key == "_meta" || key == "hash" || key == "requires" || key == "sources" || key == "":
				return -1
			}
			return s.add(lockEntry{name: key})
		},
		value: func(in jsonFrames, key, value string, l *line) {
			i := in.top().entry
			switch {
			case key == "version" && (len(in) == 0 || i >= 0):
				s.version(i, strings.TrimLeft(value, "="), l)
			case key == "git":
				s.source(i, "git+"+value, l)
			case key == "file":
				s.source(i, value, l)
			}
		},
	}.read(h, s)
}

// lockComposer reads composer.lock: a list of objects with a name and a version.
func lockComposer(h hunk, s *lockSide) {
	bare := -1 // the package of which the patch shows the name and not the bracket before it
	within := func(in jsonFrames) int {
		if len(in) == 0 {
			return bare
		}
		return in.top().entry
	}
	jsonReader{
		open: func(key string, in jsonFrames) int {
			switch key {
			case "":
				bare = -1
				return s.add(lockEntry{})
			case "source", "dist":
				return within(in)
			}
			return -1
		},
		value: func(in jsonFrames, key, value string, l *line) {
			top, i := in.top(), within(in)
			e := s.at(i)
			switch {
			case key == "name" && top.key == "" && strings.Contains(value, "/") && !strings.Contains(value, " "):
				if e == nil {
					bare = s.add(lockEntry{name: value})
				} else {
					e.name = value
				}
			case key == "version" && top.key == "" && (e == nil || e.name == ""):
				s.version(-1, value, l)
			case e == nil:
			case key == "version" && top.key == "":
				s.version(i, value, l)
			case key == "url" && (top.key == "source" || top.key == "dist" && e.source == ""):
				s.source(i, composerAddress(value), l)
			case key == "reference" || key == "shasum":
				s.hash(i, top.key+" "+key, value)
			}
		},
	}.read(h, s)
}

// composerAddress writes a repository's address in one form: Composer has all packages from repositories, by one protocol or another.
func composerAddress(address string) string {
	if rest, ok := strings.CutPrefix(address, "git@"); ok && !strings.Contains(rest, "://") {
		return "https://" + strings.Replace(rest, ":", "/", 1)
	}
	return address
}
