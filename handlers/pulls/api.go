package pulls

import (
	"cmp"
	"slices"
	"strings"

	"shipmate/integrations/github"
)

// API is how the interface changes that others build on: exported Go declarations, OpenAPI documents, protocol buffers, GraphQL schemas, and
// what patterns find in other languages.
type API struct {
	Changes []APIChange `json:"changes"` // breaking ones first, then removed, changed, added; at most maxAPIChanges
	// Removed, Changed and Added count all changes, Breaking those of them that may break somebody.
	Removed  int `json:"removed"`
	Changed  int `json:"changed"`
	Added    int `json:"added"`
	Breaking int `json:"breaking"`
	Files    int `json:"files"` // compared as a whole, both sides
	// Unread are files that may declare something of the kind and could not be compared as a whole. Empty when nobody asked for whole files.
	Unread []APIUnread `json:"unread"`
}

// APIChange is one difference of a public API.
type APIChange struct {
	Kind     APIKind `json:"kind"`
	Language string  `json:"language"` // go, openapi, proto, graphql, python …
	Package  string  `json:"package"`  // the folder, the document or the name that its text gives
	Symbol   string  `json:"symbol"`   // such as "Parser.Next" or "GET /users"
	Before   string  `json:"before"`   // short signature; "" when it is added
	After    string  `json:"after"`    // "" when it is removed
	Breaking bool    `json:"breaking"` // code that uses it may stop working
	// Exact says that both sides were read and parsed as a whole. Otherwise it is what patterns find in the patch.
	Exact    bool     `json:"exact"`
	Evidence Evidence `json:"evidence"`
}

// APIKind is what happened to a part of a public API.
type APIKind string

// The kinds.
const (
	APIRemoved APIKind = "removed"
	APIChanged APIKind = "changed"
	APIAdded   APIKind = "added"
)

// APIUnread is a file that was to be compared as a whole and was not.
type APIUnread struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

// maxAPIChanges bounds the changes that facts list.
const maxAPIChanges = 200

// A comparer compares both sides of some files that were read.
type comparer struct {
	name string
	mine func(path string) bool // by path alone: whether reading such a file as a whole is worth its requests
	diff func(v *view, files []*file) ([]APIChange, []APIUnread)
}

// comparers are those whose files are compared as a whole.
func comparers() []comparer {
	return []comparer{
		{"go", goAPI, diffGo},
		{"openapi", openAPIPath, diffOpenAPI},
		{"proto", protoPath, diffProto},
		{"graphql", graphQLPath, diffGraphQL},
	}
}

// worthReading reports whether a changed file may change a public API in a way that only its whole text shows.
func worthReading(f *file) bool {
	if f.class == ClassVendored || f.Status == "unchanged" {
		return false
	}
	return slices.ContainsFunc(comparers(), func(l comparer) bool { return l.mine(f.Path) || f.PreviousPath != "" && l.mine(f.PreviousPath) })
}

// wholeFiles are the indices of the files of a snapshot that are worth reading as a whole, hand-written ones first: there is a bound.
func wholeFiles(s github.Snapshot) []int {
	var written, generated []int
	for i, f := range newView(s, DefaultWeights()).files {
		switch {
		case !worthReading(f):
		case f.class == ClassGenerated:
			generated = append(generated, i)
		default:
			written = append(written, i)
		}
	}
	return append(written, generated...)
}

// api compares the public API of both sides: exactly where whole files are known, by patterns elsewhere.
func (v *view) api() API {
	a := API{Changes: []APIChange{}, Unread: []APIUnread{}}
	rest := slices.Clone(v.files)
	for _, l := range comparers() {
		var read []*file
		rest = slices.DeleteFunc(rest, func(f *file) bool {
			mine := f.Contents.Read && worthReading(f) && (l.mine(f.Path) || f.PreviousPath != "" && l.mine(f.PreviousPath))
			if mine {
				read = append(read, f)
			}
			return mine
		})
		changes, unread := l.diff(v, read)
		a.Changes, a.Unread, a.Files = append(a.Changes, changes...), append(a.Unread, unread...), a.Files+len(read)-len(unread)
	}
	for _, f := range rest {
		if f.Contents.Why != "" {
			a.Unread = append(a.Unread, APIUnread{f.Path, f.Contents.Why})
		}
	}
	a.Changes = append(a.Changes, patternAPI(rest)...)
	a.sum()
	return a
}

// sum counts and orders the changes. A signature with a credential in it, as the default of a parameter, is not kept.
func (a *API) sum() {
	for i, c := range a.Changes {
		for _, text := range []*string{&a.Changes[i].Symbol, &a.Changes[i].Before, &a.Changes[i].After} {
			if secretOn(*text, ClassCode) != "" {
				*text = hidden
			}
		}
		switch c.Kind {
		case APIRemoved:
			a.Removed++
		case APIChanged:
			a.Changed++
		default:
			a.Added++
		}
		if c.Breaking {
			a.Breaking++
		}
	}
	slices.SortStableFunc(a.Changes, func(x, y APIChange) int {
		return cmp.Or(rank(x)-rank(y), cmp.Compare(x.Language, y.Language), cmp.Compare(x.Package, y.Package), cmp.Compare(x.Symbol, y.Symbol))
	})
	a.Changes = a.Changes[:min(len(a.Changes), maxAPIChanges)]
	slices.SortFunc(a.Unread, func(x, y APIUnread) int { return cmp.Compare(x.File, y.File) })
}

// rank orders changes by what a reader has to know first.
func rank(c APIChange) int {
	n := map[APIKind]int{APIRemoved: 0, APIChanged: 1, APIAdded: 2}[c.Kind]
	if !c.Breaking {
		n += 3
	}
	return n
}

// An offer is one thing that others can use, as one side of a pull request has it.
type offer struct {
	shown   string // what people read in place of symbol; "" for the symbol itself
	symbol  string // "Parser.Next"
	parent  string // "Parser": whatever happens to a parent as a whole is not told of its parts; "" for none
	origin  string // "Base.Next": the part of another type that it is by embedding, which is told instead; "" for none
	text    string // short signature, for people
	kind    string // where it is not empty: another kind is a change whatever the keys are
	key     string // equal keys mean that nothing changes for users; "?" is not known and equals every key
	soft    string // a difference here alone is a change that breaks nobody
	lacks   string // what it cannot do that others of its kind can; "?" when that is not known; losing it is a change that breaks nobody, or somebody if hard
	hard    bool
	needs   bool            // users of the parent have to provide it: adding it breaks them
	lenient bool            // taking it away breaks nobody
	whole   bool            // an alias: its parts are not known here
	sameAs  string          // the type of the package that it is an alias of; "" for none
	hidden  bool            // not exported, and named by what is
	uses    map[string]bool // names that are not exported
	build   string          // the systems that have it; "" for all
	at      Evidence
}

// A table is one side: offers by symbol. A symbol has several where files for different systems declare it.
type table map[string][]offer

func (t table) add(d offer) { t[d.symbol] = append(t[d.symbol], d) }

// diffTables compares both sides of one package or document.
func diffTables(lang, pkg string, before, after table) []APIChange {
	var out []APIChange
	change := func(kind APIKind, d offer, was, is string, breaking bool) {
		out = append(out, APIChange{Kind: kind, Language: lang, Package: pkg, Symbol: cmp.Or(d.shown, d.symbol), Before: was, After: is, Breaking: breaking, Exact: true, Evidence: d.at})
	}
	for symbol, was := range before {
		is := after[symbol]
		d := was[0]
		if otherKind(d.parent, before, after) {
			continue
		}
		if len(is) == 0 {
			if !missing(d.parent, before, after) && !told(d.origin, before, after) && !whole(d.parent, after) {
				d.at.Rule, d.at.Removed = lang+"/removed", true
				change(APIRemoved, d, d.text, "", !d.lenient)
			}
			continue
		}
		if d.build == "" && len(is) == 1 && is[0].build != "" {
			d.at.Rule, d.at.Removed = lang+"/removed", true
			change(APIRemoved, d, d.text, "only for "+is[0].build, true)
			continue
		}
		if was[0].origin != "" && is[0].origin != "" {
			continue
		}
		if b, a, ok := differing(was, is, func(d offer) string { return d.key }); ok {
			a.at.Rule = lang + "/changed"
			if a.text == b.text { // an import, or an alias that it names
				a.text += " (a type in it is another one now)"
			}
			change(APIChanged, a, b.text, a.text, true)
		} else if b, a, ok := differing(was, is, func(d offer) string { return d.soft }); ok {
			a.at.Rule = lang + "/changed"
			change(APIChanged, a, b.text, a.text, false)
		} else if b, a := was[0], is[0]; b.lacks == "" && a.lacks != "" && a.lacks != "?" && len(was) == len(is) {
			a.at.Rule = lang + "/changed"
			change(APIChanged, a, b.text, a.text, a.hard)
		}
	}
	for symbol, is := range after {
		if d := is[0]; len(before[symbol]) == 0 && !otherKind(d.parent, before, after) && !missing(d.parent, after, before) && !told(d.origin, after, before) && !whole(d.parent, before) {
			d.at.Rule = lang + "/added"
			change(APIAdded, d, "", d.text, d.needs && d.parent != "")
		}
	}
	return out
}

// missing reports whether a symbol is in one table and not in the other.
func missing(symbol string, in, other table) bool {
	return symbol != "" && len(in[symbol]) > 0 && len(other[symbol]) == 0
}

// otherKind reports whether a symbol is something else on the other side: its parts are not to be compared then.
func otherKind(symbol string, a, b table) bool {
	return symbol != "" && len(a[symbol]) > 0 && len(b[symbol]) > 0 && a[symbol][0].kind != b[symbol][0].kind
}

// told reports whether a part of a type that both tables have is in one of them alone: those that embed the type are not told of one by one.
func told(symbol string, in, other table) bool {
	owner, _, _ := strings.Cut(symbol, ".")
	return missing(symbol, in, other) && len(other[owner]) > 0
}

// whole reports whether the parts of a symbol are not known.
func whole(symbol string, t table) bool { return len(t[symbol]) > 0 && t[symbol][0].whole }

// differing finds an offer of one file that is another one now, or one before that none after equals with one after that none before equals. Where only one side has such a one, a
// system more or less has the declaration, and for the others nothing changes.
func differing(before, after []offer, key func(offer) string) (b, a offer, ok bool) {
	odd := func(list, others []offer) int {
		return slices.IndexFunc(list, func(d offer) bool {
			return !slices.ContainsFunc(others, func(o offer) bool { return o.kind == d.kind && (key(o) == key(d) || key(o) == "?" || key(d) == "?") })
		})
	}
	for _, d := range before {
		here := slices.DeleteFunc(slices.Clone(after), func(o offer) bool { return o.at.File != d.at.File })
		if i := odd([]offer{d}, here); i == 0 && len(here) == 1 && len(before) == len(after) {
			return d, here[0], true
		}
	}
	i, j := odd(before, after), odd(after, before)
	if i < 0 || j < 0 {
		return b, a, false
	}
	return before[i], after[j], true
}
