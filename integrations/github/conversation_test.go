package github

import (
	"slices"
	"strings"
	"testing"
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
