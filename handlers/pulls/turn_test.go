package pulls

import (
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// on is a time in the week of 4 May 2026, a Monday.
func on(day, hour int) time.Time { return time.Date(2026, 5, 3+day, hour, 0, 0, 0, time.UTC) }

// openPull is an open pull request of ann's, pushed on Monday at 10.
func openPull(t testing.TB) github.Snapshot {
	s := small(t)
	s.Author, s.Mergeable, s.CreatedAt, s.Read = "ann", "yes", on(1, 9), on(5, 12)
	s.Base.Name = "main"
	s.List = []github.Commit{{SHA: s.Head.SHA, Message: "fix", Time: on(1, 10)}}
	return s
}

func TestWhoseTurnItIs(t *testing.T) {
	t.Parallel()
	review := func(who, state, sha string, at time.Time) github.Review {
		return github.Review{Author: who, State: state, SHA: sha, Time: at}
	}
	head := openPull(t).Head.SHA
	green := github.Check{Name: "test", Status: "completed", Conclusion: "success"}
	for _, tt := range []struct {
		name  string
		edit  func(s *github.Snapshot)
		rule  string
		want  string // who: what
		since time.Time
	}{
		{"merged", func(s *github.Snapshot) { s.State = "merged" }, "over", "", time.Time{}},
		{"draft", func(s *github.Snapshot) { s.Draft = true; s.Mergeable = "no" }, "draft", "ann: a draft", on(1, 9)},
		{"conflicts", func(s *github.Snapshot) { s.Mergeable = "no" }, "conflicts", "ann: conflicts with main", time.Time{}},
		{"red", func(s *github.Snapshot) {
			s.Checks = []github.Check{green, {Name: "lint", Status: "completed", Conclusion: "failure"}, {Name: "e2e", Status: "queued"}}
		}, "checks-failed", "ann: the failed check", on(1, 10)},
		{"running", func(s *github.Snapshot) { s.Checks = []github.Check{{Name: "e2e", Status: "queued"}} }, "checks-running", "CI: 1 check running", time.Time{}},
		{"changes asked for", func(s *github.Snapshot) {
			s.Reviews = []github.Review{review("bob", "CHANGES_REQUESTED", head, on(1, 12)), review("bob", "COMMENTED", head, on(1, 13))}
		}, "changes-requested", "ann: changes requested by bob", on(1, 12)},
		{"pushed since", func(s *github.Snapshot) {
			s.Reviews = []github.Review{review("bob", "CHANGES_REQUESTED", "older", on(1, 9))}
		}, "changes-requested", "bob: to look again at the changes asked for", on(1, 10)},
		{"answered since", func(s *github.Snapshot) {
			s.Reviews = []github.Review{review("bob", "CHANGES_REQUESTED", head, on(1, 12))}
			s.Events = []github.Event{{Kind: github.EventComment, Actor: "bob", Time: on(1, 13)}, {Kind: github.EventComment, Actor: "ann", Time: on(1, 14)}}
		}, "changes-requested", "bob: to look again at the changes asked for", on(1, 14)},
		{"answered at the lines since", func(s *github.Snapshot) { // GitHub makes a review without a verdict of what the author answers there
			s.Reviews = []github.Review{review("bob", "CHANGES_REQUESTED", head, on(1, 12)), review("ann", "COMMENTED", head, on(1, 15))}
		}, "changes-requested", "bob: to look again at the changes asked for", on(1, 15)},
		{"comments, answered at the lines", func(s *github.Snapshot) {
			s.Reviews = []github.Review{review("bob", "COMMENTED", head, on(1, 12)), review("ann", "COMMENTED", head, on(1, 13))}
		}, "comments", "bob: to look again", on(1, 13)},
		{"reviews could not be read", func(s *github.Snapshot) { s.Gaps = []github.Gap{{What: "reviews", Why: "no permission"}} }, "unknown", "", time.Time{}},
		{"only the first reviews were read", func(s *github.Snapshot) {
			s.Reviews = []github.Review{review("bob", "CHANGES_REQUESTED", head, on(1, 12))}
			s.Gaps = []github.Gap{{What: "reviews", Why: "there are more than the first 300"}}
		}, "unknown", "", time.Time{}},
		{"reviews could not be read, and somebody is asked", func(s *github.Snapshot) {
			s.Gaps, s.RequestedReviewers = []github.Gap{{What: "reviews", Why: "no permission"}}, []string{"bob"}
		}, "review", "bob: to review", on(1, 10)},
		{"asked again after the last word", func(s *github.Snapshot) {
			s.Threads = []github.Thread{{By: "bob", LastBy: "bob", Last: on(1, 11)}}
			s.RequestedReviewers = []string{"bob"}
			s.Events = []github.Event{{Kind: github.EventReviewRequest, Whom: "bob", Time: on(1, 14)}}
		}, "review", "bob: to review", on(1, 14)},
		{"the lines of a thread changed since", func(s *github.Snapshot) {
			s.Threads = []github.Thread{{By: "bob", LastBy: "bob", Last: on(1, 9), Outdated: true}}
		}, "threads", "bob: to look again at 1 unresolved thread", on(1, 10)},
		{"a status that waits for people", func(s *github.Snapshot) { // such as tide's, which is pending until somebody approves
			s.Checks = []github.Check{{Name: "tide", Status: "in_progress", Started: on(3, 9)}}
			s.RequestedReviewers = []string{"bob"}
		}, "review", "bob: to review", on(1, 10)},
		{"approved, and a status that waits for people", func(s *github.Snapshot) {
			s.Checks = []github.Check{green, {Name: "tide", Status: "in_progress", Started: on(3, 9)}}
			s.Reviews = []github.Review{review("bob", "APPROVED", head, on(1, 12))}
		}, "ready", ": approved, not merged", on(1, 12)},
		{"a program has reviewed", func(s *github.Snapshot) { // it says so even where it found nothing, and does not come back
			s.Reviews = []github.Review{review("copilot-pull-request-reviewer[bot]", "COMMENTED", "older", on(1, 9))}
		}, "nobody-asked", "ann: nobody is asked for a review", on(1, 9)},
		{"a program after a person", func(s *github.Snapshot) {
			s.Reviews = []github.Review{review("bob", "COMMENTED", head, on(1, 12)), review("copilot-pull-request-reviewer[bot]", "COMMENTED", head, on(1, 14))}
		}, "comments", "ann: comments of bob", on(1, 12)},
		{"a program's thread was answered", func(s *github.Snapshot) {
			s.Threads = []github.Thread{{By: "copilot-pull-request-reviewer[bot]", LastBy: "ann", Last: on(1, 11)}}
			s.RequestedReviewers = []string{"bob"}
		}, "review", "bob: to review", on(1, 10)},
		{"a program's pull request, and nobody is asked", func(s *github.Snapshot) { s.Author, s.AuthorBot = "dependabot[bot]", true }, "nobody-asked", ": nobody is asked for a review", on(1, 9)},
		{"a program's pull request is red", func(s *github.Snapshot) {
			s.Author, s.AuthorBot = "dependabot[bot]", true
			s.Checks = []github.Check{{Name: "lint", Status: "completed", Conclusion: "failure"}}
		}, "checks-failed", ": the failed check", on(1, 10)},
		{"a program's pull request conflicts", func(s *github.Snapshot) { s.Author, s.AuthorBot, s.Mergeable = "dependabot[bot]", true, "no" }, "conflicts",
			"dependabot[bot]: conflicts with main", time.Time{}},
		{"one of two still waits for the author", func(s *github.Snapshot) {
			s.Reviews = []github.Review{review("bob", "CHANGES_REQUESTED", "older", on(1, 9)), review("eve", "CHANGES_REQUESTED", head, on(1, 15))}
		}, "changes-requested", "ann: changes requested by eve", on(1, 15)},
		{"an open thread", func(s *github.Snapshot) {
			s.Threads = []github.Thread{{By: "bob", LastBy: "ann", Last: on(1, 11)}, {By: "eve", LastBy: "eve", Last: on(1, 12)}}
		}, "threads", "ann: 1 unresolved thread", on(1, 12)},
		{"an answered thread", func(s *github.Snapshot) { s.Threads = []github.Thread{{By: "bob", LastBy: "ann", Last: on(1, 11)}} },
			"threads", "bob: 1 unresolved thread answered by ann", on(1, 11)},
		{"a thread of an account that is gone", func(s *github.Snapshot) {
			s.Threads = []github.Thread{{By: github.Ghost, LastBy: "ann", Last: on(1, 11)}, {By: "bob", LastBy: "ann", Last: on(1, 10)}}
		}, "threads", "bob: 2 unresolved threads answered by ann", on(1, 11)},
		{"asked for a review", func(s *github.Snapshot) {
			s.RequestedReviewers = []string{"bob", "octo/net"}
			s.Events = []github.Event{{Kind: github.EventReviewRequest, Whom: "octo/net", Time: on(2, 9)}, {Kind: github.EventReviewRequest, Whom: "eve", Time: on(3, 9)}}
		}, "review", "bob, octo/net: to review", on(2, 9)},
		{"asked, and nobody knows when", func(s *github.Snapshot) { s.RequestedReviewers = []string{"bob"} }, "review", "bob: to review", on(1, 10)},
		{"asked, and a draft until later", func(s *github.Snapshot) {
			s.RequestedReviewers = []string{"bob"}
			s.Events = []github.Event{{Kind: github.EventReviewRequest, Whom: "bob", Time: on(1, 11)}, {Kind: github.EventReady, Time: on(2, 11)}}
		}, "review", "bob: to review", on(2, 11)},
		{"comments without a verdict", func(s *github.Snapshot) { s.Reviews = []github.Review{review("bob", "COMMENTED", head, on(1, 12))} },
			"comments", "ann: comments of bob", on(1, 12)},
		{"comments, then a push", func(s *github.Snapshot) { s.Reviews = []github.Review{review("bob", "COMMENTED", "older", on(1, 9))} },
			"comments", "bob: to look again", on(1, 10)},
		{"an owner has not approved", func(s *github.Snapshot) {
			s.Owners = "* @ann\nparse/ @dan @ann\n"
			s.Reviews = []github.Review{review("bob", "APPROVED", head, on(1, 12))}
		}, "owners", "dan: to review 2 files", on(1, 9)},
		{"an owner has approved", func(s *github.Snapshot) {
			s.Owners = "parse/ @dan @eve\n"
			s.Reviews = []github.Review{review("Eve", "APPROVED", head, on(1, 12))}
		}, "ready", ": approved, not merged", on(1, 12)},
		{"a team's member has approved", func(s *github.Snapshot) {
			s.Owners = "* @octo/core\n"
			s.Checks = []github.Check{green}
			s.Reviews = []github.Review{review("eve", "APPROVED", head, on(1, 12))}
		}, "ready", ": approved and green, not merged", on(1, 12)},
		{"an owner by e-mail may have approved", func(s *github.Snapshot) { // nobody knows whose the address is
			s.Owners = "parse/ @dan eve@example.com\n"
			s.Reviews = []github.Review{review("eve", "APPROVED", head, on(1, 12))}
		}, "ready", ": approved, not merged", on(1, 12)},
		{"an owner by e-mail, and nobody has approved", func(s *github.Snapshot) {
			s.Owners = "parse/ @dan eve@example.com\n"
		}, "owners", "dan: to review 2 files", on(1, 9)},
		{"nobody asked", func(*github.Snapshot) {}, "nobody-asked", "ann: nobody is asked for a review", on(1, 9)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := openPull(t)
			tt.edit(&s)
			turn := Compute(s, DefaultWeights()).Turn
			got := ""
			if turn.What != "" {
				got = strings.Join(turn.Who, ", ") + ": " + turn.What
			}
			if turn.Rule != tt.rule || got != tt.want || !turn.Since.Equal(tt.since) {
				t.Errorf("%s: %q since %v, want %s: %q since %v", turn.Rule, got, turn.Since, tt.rule, tt.want, tt.since)
			}
		})
	}
}

// Whose approval is of an earlier commit is said of that person only.
func TestStaleApprovalsAreToldApart(t *testing.T) {
	t.Parallel()
	s := openPull(t)
	s.Reviews = []github.Review{{Author: "bob", State: "APPROVED", SHA: "older", Time: on(1, 9)}, {Author: "cat", State: "APPROVED", SHA: s.Head.SHA, Time: on(1, 12)}}
	f := Compute(s, DefaultWeights())
	if got := plain(f.stateSpans()); !strings.Contains(got, "approved by bob, cat (bob for an earlier commit)") {
		t.Errorf("%q", got)
	}
	s.Reviews = s.Reviews[:1]
	f = Compute(s, DefaultWeights())
	if got := plain(f.stateSpans()); !strings.Contains(got, "approved by bob (for an earlier commit)") {
		t.Errorf("%q", got)
	}
}

// What a program has written waits for whoever looks after it.
func TestTurnOnAProgramsPullRequest(t *testing.T) {
	t.Parallel()
	s := openPull(t)
	s.Author, s.AuthorBot = "dependabot[bot]", true
	f := Compute(s, DefaultWeights())
	if got := plain(f.turnSpans()); got != "a maintainer's turn: nobody is asked for a review" {
		t.Errorf("%q", got)
	}
	s.Reviews = []github.Review{{Author: "bob", State: "APPROVED", SHA: s.Head.SHA, Time: on(1, 12)}}
	f = Compute(s, DefaultWeights())
	if got := plain(f.turnSpans()); got != "ready: approved, not merged" {
		t.Errorf("%q", got)
	}
}

// From Friday at 17 to Monday at 9 nobody has been waited for.
func TestWorkingHours(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		hours    Hours
		from, to time.Time
		want     string
	}{
		{Hours{}, on(5, 17), on(8, 9), "for less than a working hour"},
		{Hours{}, on(5, 16), on(8, 11), "for 3 working hours"},
		{Hours{}, on(1, 8), on(1, 23), "for 8 working hours"},
		{Hours{}, on(1, 9), on(5, 17), "for 5 working days"},
		{Hours{}, on(6, 1), on(7, 23), "for less than a working hour"},
		{Hours{Zone: "UTC", From: "09:00", To: "17:00", Days: "sun-thu"}, on(4, 16), on(7, 11), "for 3 working hours"},
		{Hours{Zone: "Asia/Tokyo", From: "09:00", To: "17:00", Days: "mon-fri"}, on(1, 0), on(1, 5), "for 5 working hours"},
		{Hours{Zone: "UTC", From: "22:00", To: "24:00", Days: "mon"}, on(1, 23), on(9, 12), "for 3 working hours"},
		{Hours{}, on(1, 9), on(1, 9).AddDate(0, 3, 5), "for 3 months"},
		{Hours{}, on(1, 9), on(1, 9).AddDate(2, 0, 0), "for over a year"},
		{Hours{}, on(1, 12), on(1, 9), "for less than a working hour"},
		{Hours{}, time.Time{}, on(1, 9), ""},
		// The night in which clocks go forward is an hour shorter: 00:00 to 04:00 are three hours on 29 March 2026 in Berlin.
		{Hours{Zone: "Europe/Berlin", From: "00:00", To: "04:00", Days: "sun"}, time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC), time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC), "for 3 working hours"},
	} {
		w, err := tt.hours.week()
		if err != nil {
			t.Fatal(err)
		}
		if got := w.waited(tt.from, tt.to); got != tt.want {
			t.Errorf("%+v from %v to %v: %q, want %q", tt.hours, tt.from, tt.to, got, tt.want)
		}
	}
}

func TestHoursAreChecked(t *testing.T) {
	t.Parallel()
	for _, h := range []Hours{
		{Zone: "Nowhere/Town", From: "09:00", To: "17:00", Days: "mon"}, {Zone: "Local", From: "09:00", To: "17:00", Days: "mon"},
		{Zone: "UTC", From: "9", To: "17:00", Days: "mon"}, {Zone: "UTC", From: "17:00", To: "09:00", Days: "mon"},
		{Zone: "UTC", From: "09:00", To: "17:00", Days: "monday"}, {Zone: "UTC", From: "09:00", To: "17:00"},
	} {
		if h.Check() == nil {
			t.Errorf("%+v is accepted", h)
		}
	}
	if err := DefaultHours().Check(); err != nil {
		t.Error(err)
	}
}

// Somebody who works elsewhere is waited for by the clock there.
func TestTurnIsCountedWhereThePersonIs(t *testing.T) {
	t.Parallel()
	s := openPull(t)
	s.RequestedReviewers = []string{"Bob"}
	s.Read = on(1, 14)
	for zone, want := range map[string]string{"": "for 4 working hours", "America/Los_Angeles": "for less than a working hour", "Asia/Tokyo": "for less than a working hour"} {
		h := &handler{source: canned{snapshot: s}, crew: newCrew(Options{People: map[string]Person{"bob": {Zone: zone}}})}
		f := Compute(s, DefaultWeights())
		h.crew.clock(t.Context(), &f.Turn, s.Read)
		if f.Turn.Waited != want {
			t.Errorf("in %q: %q, want %q", zone, f.Turn.Waited, want)
		}
	}
}

func TestReviewsReply(t *testing.T) {
	t.Parallel()
	s := openPull(t)
	s.Owners = "*_test.go @dan\n"
	s.RequestedReviewers = []string{"octo/net"}
	s.Reviews = []github.Review{{Author: "cat", State: "APPROVED", SHA: "older", Time: on(5, 9)}, {Author: "bob", State: "CHANGES_REQUESTED", SHA: s.Head.SHA, Time: on(4, 10)}}
	s.Threads = []github.Thread{{Path: "parse/parser.go", Line: 11, By: "bob", LastBy: "bob", Last: on(5, 10), URL: "https://github.com/octo/widgets/pull/12#discussion_r1"}}
	reply, err := askAbout(t, s, "whose turn is it?")
	if err != nil {
		t.Fatal(err)
	}
	const want = "#12 Parse empty input: ann's turn: changes requested by bob, for 10 working hours"
	if reply.Title != want {
		t.Errorf("title %q, want %q", reply.Title, want)
	}
	text := bot.PlainText(reply, true)
	for _, part := range []string{
		"bob asked for changes, 1 day ago", "octo/net was asked for a review", "cat approved an earlier commit, 3 hours ago", "1 unresolved thread",
		"parse/parser.go:11", "no approval yet by an owner of parse/parser_test.go: dan",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the answer lacks %q:\n%s", part, text)
		}
	}
	if reply.Subject != s.Ref.String() || !slices.ContainsFunc(reply.Blocks, func(b bot.Block) bool { _, ok := b.(bot.List); return ok }) {
		t.Errorf("reply %+v", reply)
	}
}
