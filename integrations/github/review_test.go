package github

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
)

// reviewed is a review comment of ada on pull request 12, seconds after start.
func reviewed(id, at int, body string) obj {
	return obj{
		"id": id, "body": body, "user": obj{"login": "ada", "type": "User"}, "created_at": stamp(at), "updated_at": stamp(at), "path": "main.go",
		"html_url":         fmt.Sprintf("https://github.com/octo/widgets/pull/12#discussion_r%d", id),
		"pull_request_url": "https://api.github.com/repos/octo/widgets/pulls/12",
	}
}

// Commands in review comments are heard as others are: once, never when edited, by a cursor of their own; the number of a plain comment may
// be the same. While nothing is new, the same address is asked.
func TestPollHearsReviewComments(t *testing.T) {
	t.Parallel()
	f, e, cursors := newFake(t), &ear{}, &memoryCursors{saved: map[string]Cursor{"octo/widgets#review": {Since: start}}}
	edited := reviewed(502, 4, "/shipmate files")
	edited["updated_at"] = stamp(9)
	bots := reviewed(503, 5, "/shipmate files")
	bots["user"] = obj{"login": "renovate[bot]", "type": "Bot"}
	first := withTimes(reviewed(501, 3, "Look:\n\n/shipmate risk"), 3, 4) // as GitHub has it: submitted a second later
	f.json("GET /repos/octo/widgets/pulls/comments", []obj{first, edited, bots})
	client := f.client(t, nil)
	p := NewSource(client, cursors).poll("octo/widgets", review(), e.accept)
	mustStep(t, p)
	at := start.Add(3 * time.Second)
	want := bot.Request{
		ID:   "github/" + strings.TrimPrefix(f.URL, "http://") + "/77/r501/" + strconv.FormatInt(at.Unix(), 10) + "/0",
		Kind: bot.Ask, From: bot.Actor{Surface: bot.GitHub, ID: "ada", Name: "ada"}, Subject: "octo/widgets#12", Text: "risk", Time: at,
		ReplyTo: bot.Place{Surface: bot.GitHub, Channel: "octo/widgets", Thread: "12", Message: "r501"},
	}
	if !slices.Equal(e.heard, []bot.Request{want}) {
		t.Errorf("heard %+v, want %+v", e.heard, want)
	}
	f.json("GET /repos/octo/widgets/pulls/comments", []obj{})
	f.log()
	mustStep(t, p)
	mustStep(t, NewSource(client, cursors).poll("octo/widgets", review(), e.accept)) // as after a restart
	asked := f.log()
	if q := query(t, asked[0]); len(e.heard) != 1 || len(asked) != 2 || asked[0] != asked[1] || q.Get("sort") != "updated" || q.Get("direction") != "asc" {
		t.Errorf("heard %d after asking %q", len(e.heard), asked)
	}
	if _, other := cursors.saved["octo/widgets"]; other {
		t.Error("the cursor of the plain comments was moved")
	}
}

// The answer to a review comment is the pull request's one comment; the reactions are on the comment that asked.
func TestPostToReviewComment(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	const reactions = "POST /repos/octo/widgets/pulls/comments/501/reactions"
	f.status(reactions, 201, nil, `{"id":1}`)
	f.json("GET /repos/octo/widgets/issues/12/comments", []obj{})
	f.status("POST /repos/octo/widgets/issues/12/comments", 201, nil, `{"id":9}`)
	p := NewPoster(f.client(t, nil))
	to := bot.Place{Surface: bot.GitHub, Channel: "octo/widgets", Thread: "12", Message: "r501"}
	mustPost(t, p, to, "", "k", bot.Reply{Unknown: true})
	if asked := f.log(); !slices.Equal(asked, []string{reactions}) {
		t.Errorf("asked %q, want a reaction to the review comment", asked)
	}
	if ref := mustPost(t, p, to, "", "k", bot.Reply{Title: "One"}); ref != "9" {
		t.Errorf("Post = %q, want the comment below the pull request", ref)
	}
	for _, message := range []string{"r", "x1", "r0", "-1", "rr1", "501 ", "99999999999999999999"} {
		to.Message = message
		if _, err := p.Post(t.Context(), to, "", "k", bot.Reply{Title: "One"}); err == nil {
			t.Errorf("message %q is taken for a comment", message)
		}
	}
}

// A comment with more commands than are taken gets a reaction, besides the answers to the first five.
func TestPollOfManyCommands(t *testing.T) {
	t.Parallel()
	f, c, e := newFake(t), &thread{}, &ear{}
	c.serve(f)
	const reactions = "POST /repos/octo/widgets/issues/comments/2/reactions"
	f.status(reactions, 201, nil, `{"id":1}`)
	c.add(1, 1, strings.Repeat("/shipmate risk\n", maxCommands), nil)
	c.add(2, 2, strings.Repeat("/shipmate files\n", maxCommands+4), nil)
	mustStep(t, newPoll(t, f, &memoryCursors{}, e))
	want := slices.Concat(slices.Repeat([]string{"risk"}, maxCommands), slices.Repeat([]string{"files"}, maxCommands))
	if got := e.texts(); !slices.Equal(got, want) {
		t.Errorf("heard %q, want five of each", got)
	}
	eventually(t, "there is a reaction", func() bool { return count(f.snapshotLog(), "POST ") > 0 })
	if got := count(f.log(), "/comments/1/reactions"); got != 0 {
		t.Error("five commands are not too many")
	}
}

// A token that may not read one kind of comment hears the other.
func TestSourceWithoutReviewComments(t *testing.T) {
	t.Parallel()
	f, c, e := newFake(t), &thread{}, &ear{}
	c.serve(f)
	f.status("GET /repos/octo/widgets/pulls/comments", http.StatusForbidden, nil, `{"message":"Resource not accessible"}`)
	c.add(1, 1, "/shipmate risk", nil)
	client := f.client(t, nil)
	runSource(t, NewSource(client, &memoryCursors{saved: map[string]Cursor{"octo/widgets": {Since: start}}}), e)
	eventually(t, "one kind is read and one is not", func() bool {
		lists := client.Stats().Lists
		return len(lists) == 2 && !lists[0].Read.IsZero() && !lists[1].FailingSince.IsZero()
	})
	lists := client.Stats().Lists
	if got := e.texts(); !slices.Equal(got, []string{"risk"}) || lists[0].Type != "issue_comment" || !lists[1].Read.IsZero() || lists[1].Type != "pull_request_review_comment" {
		t.Errorf("heard %q, lists %+v", got, lists)
	}
}
