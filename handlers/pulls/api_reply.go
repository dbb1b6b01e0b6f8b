package pulls

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"shipmate/bot"
)

// APIReply is the answer to "api": what changes for those who use the code, breaking changes first.
func APIReply(f Facts) bot.Reply {
	a := f.API
	r := f.reply(f.title() + ": " + a.title())
	for _, part := range []struct {
		title    string
		breaking bool
	}{{"Breaking", true}, {"Other", false}} {
		if t := f.apiTable(part.breaking); len(t.Rows) > 0 {
			r.Blocks = append(r.Blocks, bot.P(bot.Bold(part.title)), t)
		}
	}
	if text := a.remark(); text != "" {
		r.Blocks = append(r.Blocks, bot.Small(bot.Text(text)))
	}
	r.Blocks = append(r.Blocks, f.unreadAPI()...)
	r.Blocks = append(r.Blocks, f.at())
	return r
}

// title counts the changes.
func (a *API) title() string {
	if a.Removed+a.Changed+a.Added == 0 {
		if a.Files == 0 {
			return "no file of a public API was read"
		}
		return "no change of the public API in " + count(a.Files, "file") + " read"
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{a.Removed, "removed"}, {a.Changed, "changed"}, {a.Added, "added"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", thousands(p.n), p.what))
		}
	}
	text := "public API: " + strings.Join(parts, ", ")
	if a.Breaking > 0 {
		text += fmt.Sprintf(" (%s breaking)", thousands(a.Breaking))
	}
	return text
}

// apiTable lists the changes that are breaking, or those that are not.
func (f *Facts) apiTable(breaking bool) bot.Table {
	t := bot.Table{Head: []string{"Symbol", "Change", "Before", "After"}}
	all := f.API.Removed + f.API.Changed + f.API.Added
	if breaking {
		all = f.API.Breaking
	} else {
		all -= f.API.Breaking
	}
	for _, c := range f.API.Changes {
		if c.Breaking != breaking || len(t.Rows) == maxRows {
			continue
		}
		what := string(c.Kind)
		if !c.Exact {
			what += ", by pattern"
		}
		t.Rows = append(t.Rows, [][]bot.Span{{bot.Link(c.name(), f.link(c.Evidence))}, {bot.Text(what)}, code(c.Before), code(c.After)})
	}
	if rest := all - len(t.Rows); rest > 0 && len(t.Rows) > 0 {
		t.Rows = append(t.Rows, [][]bot.Span{{bot.Text(fmt.Sprintf("and %s more", thousands(rest)))}})
	}
	return t
}

// name is a symbol with the place that tells it from others of its name.
func (c APIChange) name() string {
	if c.Package == "" || c.Package == c.Symbol {
		return bot.CleanLine(c.Symbol)
	}
	return bot.CleanLine(lastParts(c.Package, 2) + ": " + c.Symbol)
}

// code is a signature; "–" where there is none.
func code(s string) []bot.Span {
	if s == "" {
		return []bot.Span{bot.Text("–")}
	}
	return []bot.Span{bot.Mono(bot.CleanLine(s))}
}

// apiItem names what changes in the public API, removed and changed symbols first; nil when nothing does. What is removed in one package and
// added in another one moves.
func (f *Facts) apiItem() []bot.Span {
	const most = 3
	verbs := map[APIKind]string{APIRemoved: "removes ", APIChanged: "changes ", apiMoved: "moves ", APIAdded: "adds "}
	var item []bot.Span
	shown, last := 0, APIKind("")
	exact := true
	list := f.API.withMoves()
	for _, c := range list[:min(len(list), most)] {
		sep := ", "
		if c.Kind != last {
			sep = map[bool]string{true: apiStart, false: "; "}[shown == 0] + verbs[c.Kind]
		}
		item = append(item, bot.Text(sep), bot.Link(shorten(bot.CleanLine(c.Symbol), 50), f.link(c.Evidence)))
		shown, last, exact = shown+1, c.Kind, exact && c.Exact
	}
	if shown == 0 {
		return nil
	}
	pairs := len(f.API.Changes) - len(list)
	text := more(f.API.Removed + f.API.Changed + f.API.Added - pairs - shown)
	if !exact {
		text += " (by pattern)"
	}
	return append(item, bot.Text(text))
}

// apiStart begins the bullet about the public API.
const apiStart = "API: "

// apiMoved is what a removed symbol is called that another package has now.
const apiMoved APIKind = "moved"

// withMoves lists the changes with one of kind apiMoved in place of a symbol's removal and addition, behind what is removed or changed.
func (a *API) withMoves() []APIChange {
	type symbol struct{ language, name string }
	kinds := map[symbol]map[APIKind]int{}
	for _, c := range a.Changes {
		s := symbol{c.Language, c.Symbol}
		if kinds[s] == nil {
			kinds[s] = map[APIKind]int{}
		}
		kinds[s][c.Kind]++
	}
	var first, moved, rest []APIChange
	for _, c := range a.Changes {
		one := kinds[symbol{c.Language, c.Symbol}]
		moves := one[APIRemoved] == 1 && one[APIAdded] == 1
		switch {
		case moves && c.Kind == APIRemoved:
			c.Kind = apiMoved
			moved = append(moved, c)
		case moves && c.Kind == APIAdded:
		case c.Kind == APIAdded && !c.Breaking:
			rest = append(rest, c)
		default:
			first = append(first, c)
		}
	}
	return slices.Concat(first, moved, rest)
}

// remark says what the answer rests on.
func (a *API) remark() string {
	patterns := 0
	for _, c := range a.Changes {
		if !c.Exact {
			patterns++
		}
	}
	var parts []string
	if a.Files > 0 && a.Removed+a.Changed+a.Added > 0 {
		parts = append(parts, "compared "+count(a.Files, "file")+" as a whole, with the merge base")
	}
	if patterns > 0 {
		parts = append(parts, "what is found by pattern rests on changed lines alone")
	}
	return strings.Join(parts, dot)
}

// unreadAPI names the files that could not be compared.
func (f *Facts) unreadAPI() bot.Blocks {
	const most = 8
	var out bot.Blocks
	spans := []bot.Span{bot.Text("not compared as a whole: ")}
	for i, u := range f.API.Unread {
		if i == most {
			spans = append(spans, bot.Text(more(len(f.API.Unread)-i)))
			break
		}
		if i > 0 {
			spans = append(spans, bot.Text(", "))
		}
		spans = append(spans, bot.Link(lastParts(u.File, 3), f.link(Evidence{File: u.File})), bot.Text(" ("+cmp.Or(u.Why, "unknown reason")+")"))
	}
	if len(f.API.Unread) > 0 {
		out = append(out, bot.Small(spans...))
	}
	for _, text := range f.coverageTexts() {
		out = append(out, bot.Small(bot.Text(text)))
	}
	return out
}
