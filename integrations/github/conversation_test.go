package github

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// conversation reads a pull request with what people did on it.
func (w *world) conversation(c *Client, number int) Snapshot {
	w.t.Helper()
	s, err := c.Snapshot(w.t.Context(), Ref{"octo", "widgets", number})
	if err == nil {
		err = c.Conversation(w.t.Context(), &s)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func TestConversationIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.control("ask-review", obj{"number": open, "user": "ben"}, nil)
	w.say("grace", open, "please look")
	line := func(user string, n int, reply int64) int64 {
		var out struct{ ID int64 }
		w.control("line-comment", obj{"number": open, "user": user, "body": "why?", "path": "pkg00/file.go", "line": n, "in_reply_to": reply}, &out)
		return out.ID
	}
	open1, answered, resolved := line("ben", 1, 0), line("ben", 2, 0), line("ben", 3, 0)
	line("grace", 2, answered)
	w.control("resolve-thread", obj{"id": resolved}, nil)

	s := w.conversation(w.client(nil), open)
	if len(s.Gaps) > 0 {
		t.Errorf("gaps %v", s.Gaps)
	}
	var events []string
	for _, e := range s.Events {
		if e.Time.IsZero() {
			t.Errorf("event without a time: %+v", e)
		}
		events = append(events, string(e.Kind)+" "+e.Actor+" "+e.Whom)
	}
	slices.Sort(events)
	if want := []string{"comment grace ", "review-request grace ben"}; !slices.Equal(events, want) {
		t.Errorf("events %q, want %q", events, want)
	}
	if len(s.Threads) != 2 {
		t.Fatalf("threads %+v, want the two that are not resolved", s.Threads)
	}
	first, second := s.Threads[0], s.Threads[1]
	if first.By != "ben" || first.LastBy != "ben" || first.Line != 1 || first.Path != "pkg00/file.go" || first.Last.IsZero() || !strings.Contains(first.URL, "#discussion_r") {
		t.Errorf("thread %d is %+v", open1, first)
	}
	if second.By != "ben" || second.LastBy != "grace" || second.Outdated {
		t.Errorf("thread %d is %+v", answered, second)
	}
}

// Where a part cannot be read, the rest is there and the gap is told.
func TestConversationWithGaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(nil)
	s, err := c.Snapshot(t.Context(), Ref{"octo", "widgets", open})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/graphql", "/timeline"} {
		w.control("fault", obj{"path_contains": path, "status": 403}, nil)
	}
	if err := c.Conversation(t.Context(), &s); err != nil {
		t.Fatal(err)
	}
	want := []Gap{{"when reviews were asked for", "no permission"}, {"unresolved threads", "no permission"}}
	if !slices.Equal(s.Gaps, want) {
		t.Errorf("gaps %v, want %v", s.Gaps, want)
	}
}

// GraphQL names Apps without the "[bot]" that they have everywhere else, and accounts that are gone not at all; lines that are gone have no number.
func TestThreadsOfBotsAndTheGone(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.json("POST /api/graphql", `{"data":{"repository":{"pullRequest":{"reviewThreads":{"totalCount":102,"nodes":[null,
		{"isResolved":false,"isOutdated":true,"path":"a.go","line":null,
			"first":{"nodes":[{"author":null,"url":"https://github.com/x"}]},
			"last":{"nodes":[{"author":{"__typename":"Bot","login":"dependabot"},"createdAt":"2024-05-01T10:00:00Z"}]}},
		{"isResolved":false,"isOutdated":false,"path":"b.go","line":7,
			"first":{"nodes":[{"author":{"__typename":"User","login":"ada"},"url":"https://github.com/y"}]},
			"last":{"nodes":[{"author":{"__typename":"Mannequin","login":"old"},"createdAt":"2024-05-01T10:00:00Z"}]}}]}}}}}`)
	f.json("GET /repos/octo/widgets/issues/12/timeline", `[]`)
	s := Snapshot{PullRequest: PullRequest{Ref: widget, State: "open", Mergeable: "yes"}}
	if err := f.client(t, nil).Conversation(t.Context(), &s); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)
	want := []Thread{
		{Path: "a.go", By: Ghost, LastBy: "dependabot[bot]", Last: at, URL: "https://github.com/x", Outdated: true},
		{Path: "b.go", Line: 7, By: "ada", LastBy: "old", Last: at, URL: "https://github.com/y"},
	}
	if !slices.Equal(s.Threads, want) {
		t.Errorf("threads\n%+v, want\n%+v", s.Threads, want)
	}
	if gaps := []Gap{{"unresolved threads", "there are more than the latest 100"}}; !slices.Equal(s.Gaps, gaps) {
		t.Errorf("gaps %v, want %v", s.Gaps, gaps)
	}
}

// Of a very long history the beginning and the end are read: the end says whose turn it is.
func TestLongHistory(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.json("POST /api/graphql", `{"data":{"repository":{"pullRequest":{"reviewThreads":{"totalCount":0,"nodes":[]}}}}}`)
	const last = 25
	f.handle("GET /repos/octo/widgets/issues/12/timeline", func(w http.ResponseWriter, r *http.Request) {
		page := max(1, atoi(r.URL.Query().Get("page")))
		if page < last {
			const at = `<https://api.github.com/x?per_page=100&page=%d>; rel="%s"`
			w.Header().Set("Link", fmt.Sprintf(at+", "+at, page+1, "next", last, "last"))
		}
		answerWith(w, 200, fmt.Sprintf(`[{"event":"commented","actor":{"login":"page%d"},"created_at":"2024-05-01T10:00:00Z"}]`, page))
	})
	s := Snapshot{PullRequest: PullRequest{Ref: widget, State: "open", Mergeable: "yes"}}
	if err := f.client(t, nil).Conversation(t.Context(), &s); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Events); n != 10 || s.Events[0].Actor != "page1" || s.Events[n-1].Actor != "page25" {
		t.Errorf("events %+v", s.Events)
	}
	if gaps := []Gap{{"events", "there are more than the thousand that I read"}}; !slices.Equal(s.Gaps, gaps) {
		t.Errorf("gaps %v, want %v", s.Gaps, gaps)
	}
}

// A review of an account that is gone has no user.
func TestReviewOfTheGone(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.json("GET /repos/octo/widgets/pulls/12/reviews", `[{"user":null,"state":"APPROVED","submitted_at":"2024-05-01T10:00:00Z"}]`)
	got, _, err := f.client(t, nil).reviews(t.Context(), widget)
	if err != nil || len(got) != 1 || got[0].Author != Ghost {
		t.Errorf("reviews %+v, %v", got, err)
	}
}

// Only GraphQL knows of threads: a host without it was reached all the same.
func TestThreadsWithoutGraphQL(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.json("GET /repos/octo/widgets/issues/12/timeline", `[]`)
	s := Snapshot{PullRequest: PullRequest{Ref: widget, State: "open", Mergeable: "yes"}}
	if err := f.client(t, nil).Conversation(t.Context(), &s); err != nil {
		t.Fatal(err)
	}
	if gaps := []Gap{{"unresolved threads", "only GraphQL tells, and GitHub has none here"}}; !slices.Equal(s.Gaps, gaps) {
		t.Errorf("gaps %v, want %v", s.Gaps, gaps)
	}
}
