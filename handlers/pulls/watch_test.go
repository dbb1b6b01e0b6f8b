package pulls

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// ring lets the time of a reminder come and asks what it asks.
func (m *mind) ring(r bot.Reply) bot.Reply {
	m.t.Helper()
	if len(r.Later) != 1 || r.Later[0].At.IsZero() {
		m.t.Fatalf("no reminder in %+v", r.Later)
	}
	m.now = r.Later[0].At
	next, err := m.as("UANN", bot.Tick, "C1:1", r.Later[0].Text)
	if err != nil {
		m.t.Fatal(err)
	}
	return next
}

func TestWatch(t *testing.T) {
	t.Parallel()
	s := openPull(t)
	s.RequestedReviewers = []string{"bob"}
	m := newMind(t, canned{snapshot: s}, Options{})
	r := m.must("watch #12")
	if r.Card != "watch octo/widgets#12" || r.Title == "" || !strings.Contains(bot.PlainText(r, false), "I keep this up to date until it is merged or closed.") {
		t.Errorf("card %+v", r)
	}
	// Nothing happens for a day: nothing is said, and it is asked less and less often, though somebody is waited for longer and longer.
	began, times := m.now, 0
	for ; m.now.Sub(began) < 24*time.Hour; times++ {
		if r = m.ring(r); !r.Empty() {
			t.Fatalf("after %v: %s", m.now.Sub(began), bot.PlainText(r, false))
		}
	}
	if times < 100 || times > 500 {
		t.Errorf("read %d times in a day without news", times)
	}
	m.snapshot.Checks = []github.Check{{Name: "test", Status: "in_progress"}}
	if r = m.ring(r); r.Card != "watch octo/widgets#12" || !strings.Contains(bot.PlainText(r, false), "the one check is running") {
		t.Errorf("a check began: %s", bot.PlainText(r, false))
	}
	if wait := r.Later[0].At.Sub(m.now); wait > watchSoon {
		t.Errorf("while a check runs it is read after %v", wait)
	}
	m.snapshot.State = "merged"
	if r = m.ring(r); !strings.Contains(bot.PlainText(r, false), "merged") || len(r.Later) != 1 || !r.Later[0].At.IsZero() {
		t.Errorf("merged: %+v", r)
	}
	if strings.Contains(bot.PlainText(r, true), "Stop watching") {
		t.Error("what is merged cannot be watched on")
	}
	// A reminder that was on its way finds nobody watching.
	if r, err := m.as("UANN", bot.Tick, "C1:1", "watch octo/widgets#12"); err != nil || !r.Empty() || len(r.Later) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestWatchThatCannotRead(t *testing.T) {
	t.Parallel()
	m := newMind(t, canned{snapshot: openPull(t)}, Options{})
	r := m.must("watch #12")
	m.fails = errors.New("GitHub is away")
	said := 0
	for range 8 {
		if r = m.ring(r); !r.Empty() {
			said++
			if r.Card == "" || !strings.Contains(bot.PlainText(r, false), "This may be old: last read 8 May 12:00 UTC") {
				t.Errorf("said %s", bot.PlainText(r, false))
			}
		}
	}
	if said != 1 {
		t.Errorf("%d cards say that it cannot be read, want one", said)
	}
	if wait := r.Later[0].At.Sub(m.now); wait != watchRetry {
		t.Errorf("it is tried again after %v", wait)
	}
	m.fails = nil
	if r = m.ring(r); r.Empty() || strings.Contains(bot.PlainText(r, false), "may be old") {
		t.Errorf("read again: %s", bot.PlainText(r, false))
	}
	if r = m.ring(r); !r.Empty() {
		t.Errorf("said without news: %s", bot.PlainText(r, false))
	}
}

// What is neither merged nor closed, or cannot be read any more, is watched for three months, and the card says when that is over.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]error{"open": nil, "gone": &bot.UserError{Text: "There is no pull request octo/widgets#12, or I cannot see it."}} {
		m := newMind(t, canned{snapshot: openPull(t)}, Options{})
		r := m.must("watch #12")
		if m.fails = fails; fails != nil {
			for range staleAfter {
				r = m.ring(r)
			}
		}
		r.Later[0].At = m.now.Add(watchAtAll + time.Hour)
		r = m.ring(r)
		text := bot.PlainText(r, false)
		if !strings.Contains(text, "No longer watched") || strings.Contains(text, "I keep this up to date") || strings.Contains(text, "Stop watching") {
			t.Errorf("%s: %s", name, text)
		}
		if len(r.Later) != 1 || !r.Later[0].At.IsZero() || r.Card == "" {
			t.Errorf("%s: %+v", name, r.Later)
		}
	}
}

// Who asks again is answered, and the card stays the one that it was: another message would leave the first one as it is, for good.
func TestWatchAskedAgain(t *testing.T) {
	t.Parallel()
	m := newMind(t, canned{snapshot: openPull(t)}, Options{})
	first := m.must("watch #12")
	m.now = m.now.Add(watchAtAll - time.Hour)
	m.snapshot.Title = "Another title"
	r := m.must("watch #12")
	if r.Card != "" || r.Title != "I watch octo/widgets#12 here already; its card is up to date." || len(r.Also) != 1 || r.Also[0].Reply.Card != first.Card {
		t.Fatalf("%q, card %q, also %+v", r.Title, r.Card, r.Also)
	}
	if text := bot.PlainText(r.Also[0].Reply, false); !strings.Contains(text, "Another title") {
		t.Error(text)
	}
	m.now = m.now.Add(2 * time.Hour)
	if r = m.ring(r); strings.Contains(bot.PlainText(r, false), "No longer watched") {
		t.Error("the three months do not begin anew")
	}
}

// There is nothing to watch in what is over, and the answer says so.
func TestWatchOfWhatIsOver(t *testing.T) {
	t.Parallel()
	s := openPull(t)
	s.State = "closed"
	m := newMind(t, canned{snapshot: s}, Options{})
	if text := bot.PlainText(m.must("watch #12"), false); !strings.Contains(text, "It is closed, so there is nothing to watch.") {
		t.Error(text)
	}
}

// A card stands for days without an edit: what it says of how long somebody has been waited for stays true.
func TestWatchCardDoesNotAge(t *testing.T) {
	t.Parallel()
	s := openPull(t)
	s.RequestedReviewers = []string{"bob"}
	s.Events = []github.Event{{Kind: github.EventReviewRequest, Whom: "bob", Time: on(5, 11)}}
	m := newMind(t, canned{snapshot: s}, Options{})
	if text := bot.PlainText(m.must("watch #12"), false); !strings.Contains(text, "bob's turn: to review, since 8 May 11:00 UTC") || strings.Contains(text, "working") {
		t.Error(text)
	}
	m.snapshot.Events[0].Time, m.snapshot.CreatedAt, m.snapshot.List = on(5, 11).AddDate(-1, 0, 0), on(1, 9).AddDate(-1, 0, 0), nil
	if text := bot.PlainText(m.must("watch #12").Also[0].Reply, false); !strings.Contains(text, "to review, since 8 May 2025 11:00 UTC") {
		t.Error(text)
	}
}

// A GitHub that hangs until the turn's time is over is like one that fails: the next reading is planned.
func TestWatchGoesOnWhenGitHubHangs(t *testing.T) {
	t.Parallel()
	m := newMind(t, canned{snapshot: openPull(t)}, Options{})
	r := m.must("watch #12")
	m.bot.TurnTime, m.fails = time.Nanosecond, context.DeadlineExceeded
	if r = m.ring(r); !r.Empty() || len(r.Later) != 1 || r.Later[0].At.IsZero() {
		t.Errorf("%+v", r)
	}
	m.bot.TurnTime, m.fails, m.snapshot.State = 0, nil, "merged"
	if r = m.ring(r); !strings.Contains(bot.PlainText(r, false), "merged") {
		t.Errorf("%+v", r)
	}
}

func TestUnwatch(t *testing.T) {
	t.Parallel()
	m := newMind(t, canned{snapshot: openPull(t)}, Options{})
	if r, _ := m.ask("unwatch #12"); r.Title != "I do not watch octo/widgets#12 here." {
		t.Errorf("%q", r.Title)
	}
	watched := m.must("watch #12")
	r := m.must("unwatch")
	if r.Title != "I no longer watch octo/widgets#12." || len(r.Later) != 1 || !r.Later[0].At.IsZero() || r.Later[0].Key != watched.Later[0].Key {
		t.Errorf("%+v", r)
	}
	if len(r.Also) != 1 || r.Also[0].Reply.Card != watched.Card || !strings.Contains(bot.PlainText(r.Also[0].Reply, false), "No longer watched") {
		t.Errorf("the card becomes %+v", r.Also)
	}
}

func TestMineAndWaiting(t *testing.T) {
	t.Parallel()
	pull := func(n int, author, title string, asked ...string) github.PullRequest {
		return github.PullRequest{Ref: github.Ref{Owner: "octo", Repo: "widgets", Number: n}, Title: title, Author: author, State: "open", RequestedReviewers: asked,
			Mergeable: "yes", CreatedAt: on(1, 9), UpdatedAt: on(1, n), URL: "https://github.com/octo/widgets/pull/1"}
	}
	conflicting := pull(1, "ann", "Conflicting change")
	conflicting.Mergeable = "no"
	draft := pull(2, "ann", "Unfinished change")
	draft.Draft = true
	again := pull(6, "bob", "Looked at before")
	c := canned{
		list: []github.PullRequest{conflicting, draft, pull(3, "ann", "Waits for bob", "bob"), pull(4, "eve", "Waits for ann", "ANN"), pull(5, "eve", "Waits for a team", "octo/net"),
			again, pull(7, "eve", "Waits for dan", "dan")},
		reviewed: []github.Ref{again.Ref},
		states:   map[int]github.Snapshot{6: {PullRequest: again, Reviews: []github.Review{{Author: "ann", State: "CHANGES_REQUESTED", SHA: "older", Time: on(1, 9)}}}},
	}
	c.states[6] = github.Snapshot{Reviews: c.states[6].Reviews, List: []github.Commit{{SHA: "newer", Time: on(2, 9)}}}
	m := newMind(t, c, Options{People: map[string]Person{"ann": {Slack: "UANN", Teams: []string{"octo/net"}}}})
	order := func(text string) string {
		var numbers []string
		for l := range strings.Lines(text) {
			if rest, ok := strings.CutPrefix(l, "- #"); ok {
				numbers = append(numbers, rest[:1])
			}
		}
		return strings.Join(numbers, " ")
	}
	r := m.must("mine")
	text := bot.PlainText(r, false)
	if r.Title != "ann: 3 open pull requests" || order(text) != "1 3 2" || !strings.Contains(text, "your turn: conflicts with its base") || !strings.Contains(text, "bob's turn: to review") {
		t.Errorf("mine:\n%s", text)
	}
	r = m.must("what's waiting for me?")
	text = bot.PlainText(r, false)
	if r.Title != "4 pull requests wait for ann" || !strings.Contains(text, "your turn: to look again at the changes asked for") || strings.Contains(text, "dan") {
		t.Errorf("waiting:\n%s", text)
	}
	if r := m.must("waiting dan"); r.Title != "1 pull request waits for dan" {
		t.Errorf("%q", r.Title)
	}
	if r := m.must("mine @nobody"); r.Title != "nobody: no open pull requests" {
		t.Errorf("%q", r.Title)
	}
	// Somebody whom nobody has named.
	if r, _ := m.as("UEVE", bot.Ask, "C1:2", "mine"); !strings.HasPrefix(r.Title, "Who are you on GitHub?") {
		t.Errorf("%q", r.Title)
	}
	if r, err := m.as("UEVE", bot.Ask, "C1:2", "me @eve"); err != nil || r.Title != "You are eve on GitHub. I remember that." {
		t.Errorf("%q, %v", r.Title, err)
	}
	if r, err := m.as("UEVE", bot.Ask, "C9:3", "my pull requests"); err != nil || r.Title != "eve: 3 open pull requests" {
		t.Errorf("%q, %v", r.Title, err)
	}
	if r, _ := m.as("UANN", bot.Ask, "C1:2", "me eve"); r.Title != "My configuration says that you are ann. Whoever runs me can change that." {
		t.Errorf("%q", r.Title)
	}
	// What teams are asked for is not kept from somebody whose teams nobody has named.
	if r, _ := m.as("UDAN", bot.Ask, "C1:2", "waiting dan"); !strings.Contains(bot.PlainText(r, false), "what waits for octo/net is left out: I do not know which teams dan is in") {
		t.Errorf("%s", bot.PlainText(r, false))
	}
	if strings.Contains(text, "is left out") {
		t.Errorf("%s", text)
	}
	// Words that follow "me" in speech are nobody's name.
	for _, text := range []string{"me too", "me neither!", "me first please"} {
		if r, _ := m.as("UFAY", bot.Ask, "C1:2", text); strings.Contains(r.Title, "I remember that") {
			t.Errorf("%s: %q", text, r.Title)
		}
	}
	m.fails = &bot.UserError{Text: "GitHub is failing just now (502). Please ask me again in a minute."}
	if r, _ := m.ask("waiting"); r.Title != "GitHub is failing just now (502). Please ask me again in a minute." {
		t.Errorf("%q", r.Title)
	}
}
