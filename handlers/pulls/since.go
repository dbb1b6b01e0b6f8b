package pulls

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// A delta is what changed in a pull request from one look to another.
type delta struct {
	from, to  look
	changed   []string // paths whose change is another one
	added     []string // paths that were not changed before
	gone      []string // paths that are not changed any more
	unchanged int
}

func compare(from, to look) delta {
	d := delta{from: from, to: to}
	for _, path := range slices.Sorted(maps.Keys(to.Files)) {
		switch id, ok := from.Files[path]; {
		case !ok && from.Last != "" && path > from.Last: // not known
		case !ok:
			d.added = append(d.added, path)
		case id != to.Files[path]:
			d.changed = append(d.changed, path)
		default:
			d.unchanged++
		}
	}
	for _, path := range slices.Sorted(maps.Keys(from.Files)) {
		if _, ok := to.Files[path]; !ok {
			d.gone = append(d.gone, path)
		}
	}
	return d
}

// files is how many files differ.
func (d delta) files() int { return len(d.changed) + len(d.added) + len(d.gone) }

// uncertain reports whether files that are not known could differ.
func (d delta) uncertain() bool { return d.from.Partial || d.to.Partial }

// what says what changed, a phrase.
func (d delta) what() string {
	since := "since " + shortCommit(d.from.Head)
	switch {
	case d.from.Head == d.to.Head:
		return "nothing pushed " + since
	case d.files() > 0:
		return count(d.files(), "file") + " changed " + since
	case d.uncertain():
		return "no change in the files I know " + since
	}
	return "rebased, no change " + since
}

var commitName = regexp.MustCompile(`^[0-9a-f]{7,64}$`)

// sinceWhat reads what somebody means by what comes behind "since": "last", "review" or a commit.
func sinceWhat(args string) (string, error) {
	said := strings.ToLower(strings.Trim(strings.TrimSpace(args), "`'\".,?! "))
	said = strings.TrimSpace(strings.TrimPrefix(said, "since "))
	switch said {
	case "", "since", "it", "last", "then", "last time", "the last time", "last summary", "the last summary", "yesterday", "before":
		return "last", nil
	case "review", "my review", "my last review", "i reviewed", "i last reviewed", "i reviewed it", "i looked":
		return "review", nil
	}
	said = strings.TrimPrefix(strings.TrimPrefix(said, "commit "), "`")
	if !commitName.MatchString(said) {
		return "", &bot.UserError{Text: fmt.Sprintf("I do not know what %q is. Write \"since last\", \"since review\", or the name of a commit with at least seven digits.", shorten(bot.CleanLine(args), 40))}
	}
	return said, nil
}

// since answers what changed in a pull request since a commit, since it was last shown, or since the asker's last review.
func (h *handler) since(ctx context.Context, t *bot.Turn, s github.Snapshot, f Facts, args string) (bot.Reply, error) {
	what, err := sinceWhat(args)
	if err != nil {
		return bot.Reply{}, err
	}
	from, err := h.before(ctx, t, s, &f, what)
	if err != nil {
		return bot.Reply{}, err
	}
	return sinceReply(s, f, compare(from, lookAt(s, &f))), nil
}

// maxDeltaFiles is how many files of each kind are named.
const maxDeltaFiles = 8

func sinceReply(s github.Snapshot, f Facts, d delta) bot.Reply {
	r := f.reply(f.title() + ": " + d.what())
	list := bot.List{}
	for _, part := range []struct {
		paths []string
		what  string
	}{{d.changed, ""}, {d.added, " (new in this pull request)"}, {d.gone, " (no longer changed)"}} {
		for _, path := range part.paths[:min(len(part.paths), maxDeltaFiles)] {
			name := bot.Link(lastParts(path, 3), f.link(Evidence{File: path}))
			if part.what == " (no longer changed)" {
				name = bot.Text(lastParts(path, 3))
			}
			list.Items = append(list.Items, bot.Item(name, bot.Text(part.what)))
		}
		if rest := len(part.paths) - maxDeltaFiles; rest > 0 {
			list.Items = append(list.Items, bot.Item(bot.Text("and "+count(rest, "more file")+part.what)))
		}
	}
	if len(list.Items) > 0 {
		r.Blocks = append(r.Blocks, list)
	}
	if commits := newCommits(s, d.from.Head); len(commits) > 0 && d.from.Head != d.to.Head {
		r.Blocks = append(r.Blocks, bot.P(bot.Text(count(len(commits), "new commit")+": "+few(commits, 4))))
	}
	if items := d.otherwise(); len(items) > 0 {
		r.Blocks = append(r.Blocks, bot.List{Items: items})
	}
	r.Blocks = append(r.Blocks, d.place(s, &f))
	return r
}

// newCommits are the subjects of the commits behind one; none when the pull request does not have it any more.
func newCommits(s github.Snapshot, head string) (subjects []string) {
	i := slices.IndexFunc(s.List, func(c github.Commit) bool { return c.SHA == head })
	if i < 0 {
		return nil
	}
	for _, c := range s.List[i+1:] {
		subject, _, _ := strings.Cut(c.Message, "\n")
		subjects = append(subjects, shorten(bot.CleanLine(subject), 60))
	}
	return subjects
}

// otherwise is what else is different: risk, checks, reviews.
func (d delta) otherwise() (items [][]bot.Span) {
	add := func(format string, args ...any) {
		items = append(items, bot.Item(bot.Text(fmt.Sprintf(format, args...))))
	}
	if d.from.Points != d.to.Points {
		text := fmt.Sprintf("risk: %s (%d/10) → %s (%d/10)", d.from.Level, d.from.Points, d.to.Level, d.to.Points)
		if why := lacking(d.to.Reasons, d.from.Reasons); len(why) > 0 && d.to.Points > d.from.Points {
			text += ": " + few(why, 2)
		} else if why := lacking(d.from.Reasons, d.to.Reasons); len(why) > 0 && d.to.Points < d.from.Points {
			text += ": no longer " + few(why, 2)
		}
		add("%s", text)
	}
	if d.from.bare {
		return items
	}
	if red := lacking(d.to.Failed, d.from.Failed); len(red) > 0 {
		add("failing now: %s", few(red, 3))
	}
	if green := lacking(d.from.Failed, d.to.Failed); len(green) > 0 && d.to.Running == 0 {
		add("no longer failing: %s", few(green, 3))
	}
	if who := lacking(d.to.Approved, d.from.Approved); len(who) > 0 {
		add("approved by %s", few(who, 3))
	}
	if who := lacking(d.to.Refused, d.from.Refused); len(who) > 0 {
		add("changes requested by %s", few(who, 3))
	}
	return items
}

// lacking is what a has and b has not.
func lacking(a, b []string) (out []string) {
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

// place says which states were compared, and what is not known.
func (d delta) place(s github.Snapshot, f *Facts) bot.Para {
	spans := []bot.Span{bot.Link(f.ref(), f.URL), bot.Text(" at "), bot.Mono(shortCommit(d.to.Head))}
	if d.from.Head != d.to.Head {
		spans = append(spans, bot.Text(", before "), bot.Mono(shortCommit(d.from.Head)))
	}
	if page, ok := strings.CutSuffix(f.URL, fmt.Sprintf("/pull/%d", f.Number)); ok && d.from.Head != d.to.Head {
		spans = append(spans, bot.Text(dot), bot.Link("compare on GitHub", page+"/compare/"+d.from.Head+".."+d.to.Head))
	}
	if ago := age(d.from.At, s.Read); ago != "" {
		spans = append(spans, bot.Text(dot+"that was "+ago))
	}
	if d.uncertain() {
		spans = append(spans, bot.Text(dot+"not all files were listed, so others may have changed"))
	}
	return bot.Small(spans...)
}
