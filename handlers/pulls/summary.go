package pulls

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"shipmate/bot"
)

// ref is how people and commands name the pull request: owner/name#number.
func (f *Facts) ref() string { return fmt.Sprintf("%s#%d", f.Repository, f.Number) }

// link is the address of a changed file in the pull request's diff, at a line where one is known; "" when the page is not known. The anchor
// is GitHub's: the SHA-256 of the path, R and L for the new and the old side.
func (f *Facts) link(e Evidence) string {
	if f.URL == "" || e.File == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(e.File))
	url := f.URL + "/files#diff-" + hex.EncodeToString(sum[:])
	switch {
	case e.Line <= 0:
		return url
	case e.Removed:
		return fmt.Sprintf("%sL%d", url, e.Line)
	}
	return fmt.Sprintf("%sR%d", url, e.Line)
}

// reply starts a reply about the pull request.
func (f *Facts) reply(title string, blocks ...bot.Block) bot.Reply {
	r := bot.Reply{Title: title, Subject: f.ref(), Blocks: blocks}
	// Facts are strings, numbers and lists of them: marshalling cannot fail.
	r.Facts, _ = json.Marshal(f)
	return r
}

// title begins every reply about the pull request.
func (f *Facts) title() string { return fmt.Sprintf("#%d %s", f.Number, f.Headline) }

// Summary is the answer to "summarize": three to six lines of what a reviewer needs first, eight of a large pull request, the rest in a
// fold.
func Summary(f Facts) bot.Reply {
	r := f.reply(f.title(), f.whatLine(), f.riskLine())
	if f.large() { // where to look is worth a line more
		spans := append(f.whatLine().Spans, bot.Text(dot))
		r.Blocks = bot.Blocks{bot.P(append(spans, f.riskLine().Spans...)...)}
	}
	if items := f.bullets(); len(items) > 0 {
		r.Blocks = append(r.Blocks, bot.List{Items: items})
	}
	r.Blocks = append(r.Blocks, f.stateLine(), bot.Fold{Title: "Details", Ask: "details " + f.ref(), Blocks: f.details()})
	r.Next = []bot.Action{{Label: "Risk", Text: "risk " + f.ref()}, {Label: "Files", Text: "files " + f.ref()}}
	if f.API.Removed+f.API.Changed > 0 {
		r.Next = append(r.Next, bot.Action{Label: "API", Text: "api " + f.ref()})
	}
	if len(f.Dependencies) > 0 {
		r.Next = append(r.Next, bot.Action{Label: "Dependencies", Text: "deps " + f.ref()})
	}
	if f.Checks.Failed > 0 {
		r.Next = append(r.Next, bot.Action{Label: "Failed checks", Text: "ci " + f.ref()})
	}
	return r
}

// dot separates the parts of a line.
const dot = " · "

// whatLine is kind, size and place.
func (f *Facts) whatLine() bot.Para {
	var spans []bot.Span
	if f.Coverage.partial() {
		spans = append(spans, bot.Bold("Partial: "))
	}
	if f.Type != typeOther {
		spans = append(spans, bot.Bold(f.typeText()), bot.Text(dot))
	}
	if f.Breaking {
		spans = append(spans, bot.Bold("breaking"), bot.Text(dot))
	}
	spans = append(spans, bot.Bold(f.Size), bot.Text(" "+f.linesText()))
	if len(f.Changes) == 1 && f.Files == 1 {
		c := f.Changes[0]
		spans = append(spans, bot.Text(dot), bot.Link(lastParts(c.Path, 4), f.link(c.at())))
		if what := statusWord(c); what != "" {
			spans = append(spans, bot.Text(" ("+what+")"))
		}
		return bot.P(spans...)
	}
	if names := f.componentNames(3); names != "" && names != topLevel {
		spans = append(spans, bot.Text(dot+names))
	}
	files := bot.Text(count(f.Files, "file"))
	if f.URL != "" {
		files.URL = f.URL + "/files"
	}
	return bot.P(append(spans, bot.Text(dot), files)...)
}

// linesText is the real lines and, in brackets, all lines if those are more.
func (f *Facts) linesText() string {
	if f.Additions == 0 && f.Deletions == 0 {
		return "without a changed line"
	}
	text := plusMinus(f.RealAdditions, f.RealDeletions)
	if f.RealAdditions != f.Additions || f.RealDeletions != f.Deletions {
		text += " (in all " + plusMinus(f.Additions, f.Deletions) + ")"
	}
	return text
}

func plusMinus(additions, deletions int) string {
	return "+" + thousands(additions) + " −" + thousands(deletions)
}

// componentNames names the first n components.
func (f *Facts) componentNames(n int) string {
	var names []string
	for _, c := range f.Components[:min(len(f.Components), n)] {
		names = append(names, f.componentName(c))
	}
	return strings.Join(names, ", ") + more(len(f.Components)-n)
}

// topLevel is what the folder "." is called.
const topLevel = "top level"

// componentName is the end of a component's path, as long as no other one ends so: the first folders are much the same everywhere.
func (f *Facts) componentName(c Component) string {
	if c.Name == "." {
		return topLevel
	}
	for from := len(c.Name); from > 0; {
		from = strings.LastIndexByte(c.Name[:from], '/')
		end := c.Name[from+1:]
		same := func(o Component) bool { return o.Name != c.Name && strings.HasSuffix("/"+o.Name, "/"+end) }
		if strings.Contains(end, "/") && !slices.ContainsFunc(f.Components, same) {
			return end
		}
	}
	return c.Name
}

// statusWord says what happened to a file other than being modified.
func statusWord(c Change) string {
	switch c.Status {
	case "added":
		return "new"
	case "removed":
		return "deleted"
	case "renamed":
		_, from := moveParts(c, 2)
		return "moved from " + from
	case "copied":
		_, from := moveParts(c, 2)
		return "copied from " + from
	}
	return ""
}

// stateSpans are who wrote it, how checks and reviews stand, and what is in the way.
func (f *Facts) stateSpans() []bot.Span {
	state := cmp.Or(f.State, "state unknown")
	if f.Draft && f.State == "open" {
		state = "draft"
	}
	if f.Author != "" {
		by := "by " + f.Author
		if f.FirstContribution {
			by += " (first contribution)"
		}
		state = by + ", " + state
	}
	spans := append([]bot.Span{bot.Text(state)}, f.checkSpans()...)
	r := f.Reviews
	for _, part := range []struct {
		text string
		who  []string
	}{
		{"approved by ", r.Approved},
		{when(f.Turn.Rule != "changes-requested" || len(r.ChangesRequested) > 1, "changes requested by "), r.ChangesRequested},
		{when(f.Turn.Rule != "review" && f.State == "open", "waiting for "), r.Waiting},
	} {
		if len(part.who) == 0 || part.text == "" { // whose turn it is says it
			continue
		}
		spans = append(spans, bot.Text(dot+part.text+few(part.who, 3)))
		if part.text == "approved by " && len(r.Stale) > 0 && f.State == "open" {
			which := ""
			if len(r.Stale) < len(r.Approved) {
				which = few(r.Stale, 3) + " "
			}
			spans = append(spans, bot.Text(" ("+which+"for an earlier commit)"))
		}
	}
	if f.State == "open" && f.Conflicts && f.Turn.Rule != "conflicts" {
		spans = append(spans, bot.Text(dot), bot.Bold("conflicts with its base"))
	}
	if turn := f.turnSpans(); turn != nil {
		spans = append(append(spans, bot.Text(dot)), turn...)
	}
	return spans
}

func (f *Facts) checkSpans() []bot.Span {
	c := f.Checks
	switch {
	case c.Total == 0:
		return nil
	case c.Failed > 0:
		spans := []bot.Span{bot.Text(dot), bot.Bold(c.share(c.Failed) + " failed"), bot.Text(": ")}
		for i, check := range c.Failing[:min(len(c.Failing), 2)] {
			if i > 0 {
				spans = append(spans, bot.Text(", "))
			}
			spans = append(spans, bot.Link(shorten(check.Name, 40), check.URL))
		}
		return append(spans, bot.Text(more(len(c.Failing)-2)))
	case c.Running > 0:
		return []bot.Span{bot.Text(dot + c.running())}
	}
	return []bot.Span{bot.Text(dot + count(c.Passed, "check") + " passed")}
}

// stateLine is how things stand, what the summary is of, what is folded, and what was not read. Once nobody has to act it is a remark.
func (f *Facts) stateLine() bot.Para {
	spans := append(f.stateSpans(), bot.Text(dot))
	spans = append(spans, bot.Link(f.ref(), f.URL), bot.Text(" at "), bot.Mono(shortCommit(f.Head)))
	if folded := f.foldedText(); folded != "" {
		spans = append(spans, bot.Text(dot+folded))
	}
	for _, text := range f.coverageTexts() {
		spans = append(spans, bot.Text(dot+text))
	}
	return bot.Para{Spans: spans, Small: f.State != "open"}
}

func shortCommit(sha string) string { return cmp.Or(sha[:min(len(sha), 7)], "unknown") }

// foldedText counts what is not in the real size: "+ 3 lock files, 12 generated, 40 lines of white space".
func (f *Facts) foldedText() string {
	var parts []string
	for _, c := range f.Classes {
		switch {
		case c.Class == ClassLock:
			parts = append(parts, count(c.Files, "lock file"))
		case c.Class == ClassSnapshot:
			parts = append(parts, count(c.Files, "snapshot"))
		case c.Class.folded(), c.Class == ClassBinary:
			parts = append(parts, fmt.Sprintf("%d %s", c.Files, c.Class))
		}
	}
	if n := f.Whitespace.sum(); n > 0 {
		parts = append(parts, count(n, "line")+" of white space")
	}
	if len(parts) == 0 {
		return ""
	}
	return "+ " + strings.Join(parts, ", ")
}

// coverageTexts say what was not read. Full coverage is not announced.
func (f *Facts) coverageTexts() []string {
	c := f.Coverage
	var out []string
	if c.unread() > 0 {
		var why []string
		for _, s := range c.Skipped {
			if !s.Reason.expected() {
				why = append(why, fmt.Sprintf("%d %s", s.Files, s.Reason))
			}
		}
		out = append(out, fmt.Sprintf("read %s of %s, %s of %s (%s)", thousands(c.FilesRead), count(c.FilesTotal, "file"),
			thousands(c.LinesRead), count(c.LinesTotal, "line"), strings.Join(why, ", ")))
	}
	return append(out, c.Notes...)
}
