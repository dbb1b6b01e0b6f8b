package costs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"shipmate/bot"
	"shipmate/handlers/costs/attribute"
	"shipmate/integrations/github"
)

const (
	mostCandidates = 3
	lookTime       = 15 * time.Second // for reading what changed, of all causes of a turn; whoever waits is told without it
)

// candidates are the changes that may have been the reason of a cause; looked is false where none could be read, so that it is tried again.
func (h *handler) candidates(ctx context.Context, c *Cause) (list []attribute.Candidate, looked bool) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	from, to := attribute.Window(c.First)
	var changes []attribute.Change
	for _, name := range h.options.Repos {
		owner, repo, _ := strings.Cut(name, "/")
		merged, _, err := h.changes.Merged(ctx, owner, repo, from, to)
		if err != nil {
			continue
		}
		looked = true
		deployed, _, err := h.changes.Deployments(ctx, owner, repo, from, to)
		if err != nil {
			deployed = nil // a token need not be allowed to read them
		}
		changes = append(changes, join(name, merged, deployed)...)
	}
	list = attribute.Rank(h.context(c), changes)
	return list[:min(len(list), mostCandidates)], looked
}

// join makes changes of merged pull requests and deployments: a deployment of a pull request's commit is one change with it.
func join(repo string, merged []github.MergedPull, deployed []github.Deployment) (out []attribute.Change) {
	used := map[int64]bool{}
	for _, p := range merged {
		change := attribute.Change{Repo: repo, Number: p.Number, Title: p.Title, URL: p.URL, Author: p.Author, Merged: p.MergedAt, Paths: p.Paths, Labels: p.Labels}
		for _, d := range deployed {
			if d.SHA == p.Merge && p.Merge != "" && (change.Deployed.IsZero() || d.Succeeded.Before(change.Deployed)) {
				change.Deployed, change.Environment = d.Succeeded, d.Environment
				used[d.ID] = true
			}
		}
		out = append(out, change)
	}
	for _, d := range deployed {
		if !used[d.ID] {
			out = append(out, attribute.Change{Repo: repo, Title: "deployment of " + d.Ref + " to " + d.Environment, Author: d.Creator, Deployed: d.Succeeded, Environment: d.Environment})
		}
	}
	return out
}

// context is the cause as changes are compared with it: where its first part is narrower than the cause, that.
func (h *handler) context(c *Cause) attribute.Context {
	node := c.Node
	out := attribute.Context{Onset: c.First}
	if len(c.Why.Parts) > 0 {
		node = c.Why.Parts[0].Place(node, 0)
		for _, s := range c.Why.Parts[0].Path {
			if key, tag := strings.CutPrefix(string(s.Dimension), attribute.TagPrefix); tag {
				out.Tags += key + "=" + s.Value + ","
			}
		}
		out.Tags = strings.TrimSuffix(out.Tags, ",")
	}
	out.Service, out.Usage, out.Region, out.Account, out.AccountName = node.Service, node.Usage, node.Region, node.Account, h.names.account(node.Account)
	if c.Owner != "" {
		out.Owners = []string{c.Owner}
	}
	return out
}

// candidateSpans are a change that may have been the reason, and when it took effect.
func candidateSpans(c attribute.Candidate) []bot.Span {
	what := bot.Text(cut(c.Title, 100))
	if c.Number > 0 {
		what = bot.Link(fmt.Sprintf("#%d %s", c.Number, cut(c.Title, 100)), c.URL)
	}
	verb, at := "merged", c.Merged
	if !c.Deployed.IsZero() {
		verb, at = "deployed", c.Deployed
	}
	when := ", " + verb + " " + at.UTC().Format("2 Jan 15:04 UTC")
	switch {
	case c.Ahead >= 48*time.Hour:
	case c.Ahead >= time.Hour:
		when += fmt.Sprintf(", %d h before its first day", int(c.Ahead.Hours()))
	case c.Ahead < 0 && c.Ahead > -24*time.Hour:
		when += ", on its first day"
	}
	var reasons []string
	for _, r := range c.Reasons {
		if len(r.Words) > 0 && len(reasons) < 3 {
			reasons = append(reasons, fmt.Sprintf("%s %s", r.Kind, strings.Join(r.Words, ", ")))
		}
	}
	text := when + " by " + cut(c.Author, 40) + "."
	if len(reasons) > 0 {
		text = when + " by " + cut(c.Author, 40) + " (in common: " + strings.Join(reasons, "; ") + ")."
	}
	return []bot.Span{bot.Bold("Possible cause: "), what, bot.Text(text)}
}

// owner is whose a cause is, and where that stands; "" and how to name one where none is named.
func (b *Book) owner(leaves []attribute.Leaf) (owner, where string) {
	o := attribute.Owner(leaves, b.options.Tags, b.owners(leaves), nil)
	if o.From == attribute.NoOwner {
		return "", o.How
	}
	return o.Owner, string(o.From)
}

// owners are the configured ones by account ID, also where the configuration names the account.
func (b *Book) owners(leaves []attribute.Leaf) map[string]string {
	out := map[string]string{}
	for _, l := range leaves {
		account := l.Key.Account
		if owner := b.options.Owners[account]; owner != "" {
			out[account] = owner
		} else if owner := b.options.Owners[b.accountName(account)]; owner != "" {
			out[account] = owner
		}
	}
	return out
}
