package pulls

import (
	"iter"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// attributes are the lines of a .gitattributes file that say whether files are generated or vendored, as GitHub's linguist understands them.
type attributes []attribute

type attribute struct {
	pattern             string // for doublestar, on the whole path
	generated, vendored answer
}

// An answer is yes, no, or the zero value: not said.
type answer int

const (
	unsaid answer = iota
	yes
	no
)

// parseAttributes reads .gitattributes. Lines it does not understand, and all other attributes, mean nothing to it.
func parseAttributes(text string) attributes {
	var out attributes
	for l := range strings.Lines(text) {
		fields := strings.Fields(l)
		if len(fields) < 2 || strings.HasPrefix(fields[0], "#") || strings.HasPrefix(fields[0], "[") {
			continue
		}
		a := attribute{pattern: attributePattern(fields[0])}
		for _, f := range fields[1:] {
			if v, ok := attributeValue(f, "linguist-generated"); ok {
				a.generated = v
			}
			if v, ok := attributeValue(f, "linguist-vendored"); ok {
				a.vendored = v
			}
		}
		if (a.generated != unsaid || a.vendored != unsaid) && doublestar.ValidatePattern(a.pattern) {
			out = append(out, a)
		}
	}
	return out
}

// attributePattern turns gitattributes' pattern into one for the whole path: without a slash it matches in every folder.
func attributePattern(p string) string {
	anchored := strings.HasPrefix(p, "/")
	p = strings.TrimPrefix(p, "/")
	if !anchored && !strings.Contains(p, "/") {
		return "**/" + p
	}
	return p
}

func attributeValue(field, name string) (answer, bool) {
	switch field {
	case name, name + "=true":
		return yes, true
	case "-" + name, "!" + name, name + "=false":
		return no, true
	}
	return unsaid, false
}

// of returns what the attributes say of a path. The last line that says something counts.
func (as attributes) of(name string) (generated, vendored answer) {
	for _, a := range as {
		if ok, _ := doublestar.Match(a.pattern, name); !ok {
			continue
		}
		if a.generated != unsaid {
			generated = a.generated
		}
		if a.vendored != unsaid {
			vendored = a.vendored
		}
	}
	return generated, vendored
}

// enumerate numbers the values of a sequence from 0.
func enumerate[T any](seq iter.Seq[T]) iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		n := 0
		for v := range seq {
			if !yield(n, v) {
				return
			}
			n++
		}
	}
}
