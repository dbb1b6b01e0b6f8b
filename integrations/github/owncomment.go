package github

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/go-github/v60/github"
)

// ownComment is a comment that the bot wrote.
type ownComment struct {
	number int64
	marker marker
	text   string
}

func (o *ownComment) id() string { return strconv.FormatInt(o.number, 10) }

// says reports whether the comment has this content. The text counts as well as the marker: somebody else may have edited it.
func (o *ownComment) says(hash string) bool {
	return o.marker.hash == hash && contentHash(o.text) == hash
}

const (
	failedCard  = "failed"      // the marker's card of a comment that ends in why the last request was not carried out
	rule        = "\n\n---\n\n" // before that, when there is an answer above
	maxFailure  = 500           // bytes of the reason; escaping makes them at most five times as many
	failureRoom = 6_000         // bytes that an answer leaves for it
)

// cardFor is the card of a comment that answers the given one.
func cardFor(card string, message message) string { return card + "." + cmp.Or(string(message), "0") }

// answers reports whether the comment was written last for the given one, and nobody has edited it since.
func (o *ownComment) answers(message message) bool {
	return o != nil && message != "" && strings.HasSuffix(o.marker.card, cardFor("", message)) && o.says(o.marker.hash)
}

// endsIn reports whether this text was written last, for key.
func (o *ownComment) endsIn(text string, message message, key string) bool {
	return o.answers(message) && o.marker.latest() == digest(key) && strings.HasSuffix(strings.TrimSpace(o.text), rule+text)
}

// kept is what the comment goes on saying above the next answer to the given comment, or above why there is none: all of it when it answers
// another command of the same comment, and its last answer above a failure. It is "" when somebody else has edited the comment.
func (o *ownComment) kept(message message, key string, failed bool) string {
	if o == nil || !o.says(o.marker.hash) {
		return ""
	}
	text := strings.TrimSpace(o.text)
	switch {
	case o.answers(message) && o.marker.latest() != digest(key):
		return text
	case o.answers(message), !failed:
		return ""
	case strings.HasPrefix(o.marker.card, failedCard+"."):
		return text[:max(0, strings.LastIndex(text, rule))] // the reason has no rule
	}
	return text
}

// current returns the bot's comment on the pull request; nil when there is none.
func (p *Poster) current(ctx context.Context, t target, ref string) (*ownComment, error) {
	if id, err := strconv.ParseInt(ref, 10, 64); err == nil && id > 0 {
		comment, _, err := p.c.api.Issues.GetComment(ctx, t.Owner, t.Repo, id)
		if err == nil {
			if own := t.own(comment); own != nil {
				return own, nil
			}
		} else if err = p.c.fail("the comment on "+t.String(), err); status(err) != http.StatusNotFound {
			return nil, err
		}
	}
	return p.search(ctx, t, func(marker) bool { return true })
}

// search returns the bot's first comment on the pull request whose marker is wanted; nil when there is none.
func (p *Poster) search(ctx context.Context, t target, wanted func(marker) bool) (*ownComment, error) {
	for page := 1; page <= maxCommentPages; {
		opts := &github.IssueListCommentsOptions{ListOptions: github.ListOptions{Page: page, PerPage: pageSize}}
		list, resp, err := p.c.api.Issues.ListComments(ctx, t.Owner, t.Repo, t.Number, opts)
		if err != nil {
			return nil, p.c.fail("comments on "+t.String(), err)
		}
		for _, comment := range list {
			if own := t.own(comment); own != nil && wanted(own.marker) {
				return own, nil
			}
		}
		if resp.NextPage <= page {
			return nil, nil
		}
		page = resp.NextPage
	}
	return nil, nil
}

// own returns the comment if the bot wrote it: by its author and by its marker, both.
func (t target) own(comment *github.IssueComment) *ownComment {
	if !strings.EqualFold(comment.GetUser().GetLogin(), t.login) {
		return nil
	}
	m, text, ok := t.sign.read(comment.GetBody())
	if !ok {
		return nil
	}
	return &ownComment{number: comment.GetID(), marker: m, text: text}
}
