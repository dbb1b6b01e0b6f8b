package pulls

import (
	"fmt"
	"strings"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// overlap answers "overlap": which open pull requests change the same places, or look like the same work.
func overlap(s github.Snapshot, f Facts, _ string) (bot.Reply, error) {
	const most = 10
	found := Overlaps(s)
	title := f.title() + ": no open pull request changes the same files"
	if len(found) > 0 {
		title = f.title() + ": " + overlapCount(found)
	}
	r := f.reply(title)
	list := bot.List{}
	for _, o := range found[:min(len(found), most)] {
		list.Items = append(list.Items, o.item(&s))
		if len(r.Next) < 3 {
			r.Next = append(r.Next, bot.Action{Label: "Summarize " + o.short(&s), Text: "summarize " + o.Ref})
		}
	}
	if len(list.Items) > 0 {
		r.Blocks = append(r.Blocks, list)
	}
	if rest := len(found) - most; rest > 0 {
		r.Blocks = append(r.Blocks, bot.Small(bot.Text("and "+thousands(rest)+" more")))
	}
	r.Blocks = append(r.Blocks, bot.Small(bot.Text(lookedAt(s.Neighbours))), f.at())
	return r, nil
}

func overlapCount(found []Overlap) string {
	conflicts := 0
	for _, o := range found {
		if o.Conflict {
			conflicts++
		}
	}
	text := count(len(found), "open pull request") + " overlap"
	if len(found) == 1 {
		text += "s"
	}
	if conflicts > 0 {
		text += ", conflicts are likely with " + thousands(conflicts)
	}
	return text
}

// short is how the other pull request is named beside this one: "#41".
func (o *Overlap) short(s *github.Snapshot) string {
	return strings.TrimPrefix(o.Ref, s.Owner+"/"+s.Repo)
}

// item is one line about another pull request.
func (o *Overlap) item(s *github.Snapshot) []bot.Span {
	const most = 3
	item := bot.Item(bot.Link(o.short(s), o.URL), bot.Text(" "+shorten(bot.CleanLine(o.Title), 60)))
	if o.Author != "" {
		item = append(item, bot.Text(" by "+o.Author))
	}
	sep := ": "
	if len(o.Files) > 0 {
		var names []string
		for _, f := range o.Files {
			name := lastParts(f.Path, 3)
			switch {
			case f.From > 0 && f.To > f.From:
				name += fmt.Sprintf(":%d-%d", f.From, f.To)
			case f.From > 0:
				name += fmt.Sprintf(":%d", f.From)
			}
			names = append(names, name)
		}
		item = append(item, bot.Text(sep+"also changes "+few(names, most)))
		if o.Base != "" {
			item = append(item, bot.Text(", but on "+bot.CleanLine(o.Base)))
		}
		sep = "; "
	}
	if o.Conflict {
		item = append(item, bot.Text(", "), bot.Bold("conflict likely"))
	}
	if len(o.Like) > 0 {
		item = append(item, bot.Text(sep+"looks like the same work: "+strings.Join(o.Like, ", ")))
	}
	return item
}

// lookedAt says which open pull requests were compared.
func lookedAt(n *github.Neighbours) string {
	if n == nil || n.Open == 0 {
		return "No other pull request is open."
	}
	text := fmt.Sprintf("Looked at %s, all there are.", count(len(n.List), "other open pull request"))
	switch {
	case n.More:
		text = fmt.Sprintf("Looked at %d open pull requests of more than %d, the ones changed last.", len(n.List), n.Open)
	case len(n.List) < n.Open:
		text = fmt.Sprintf("Looked at %d of %d open pull requests, the ones changed last.", len(n.List), n.Open)
	}
	var unread, partial []string
	for _, p := range n.List {
		switch name := fmt.Sprintf("#%d", p.Number); {
		case p.Unread != "":
			unread = append(unread, name+" ("+p.Unread+")")
		case p.Partial:
			partial = append(partial, name)
		}
	}
	if len(unread) > 0 {
		text += " Files not read: " + few(unread, 3) + "."
	}
	if len(partial) > 0 {
		text += " Only the first files compared: " + few(partial, 5) + "."
	}
	return text
}
