package bot

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// memStore is a Store in memory. Like the real one it does nothing for a context that has ended.
type memStore struct {
	mu   sync.Mutex
	data map[string]Entry
	rev  Rev
	err  error // returned by Txn
}

func newMemStore() *memStore { return &memStore{data: map[string]Entry{}} }

func (s *memStore) Get(ctx context.Context, key string) (Entry, bool, error) {
	if err := ctx.Err(); err != nil {
		return Entry{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.data[key]
	return e, ok, nil
}

func (s *memStore) Scan(ctx context.Context, prefix, after string, limit int) ([]Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Entry
	for _, k := range slices.Sorted(maps.Keys(s.data)) {
		if strings.HasPrefix(k, prefix) && k > after && len(out) < limit {
			out = append(out, s.data[k])
		}
	}
	return out, nil
}

func (s *memStore) Txn(ctx context.Context, guards []Guard, changes []Change) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return false, s.err
	}
	for _, g := range guards {
		if s.data[g.Key].Rev != g.Rev {
			return false, nil
		}
	}
	s.rev++
	for _, c := range changes {
		switch {
		case c.Prefix:
			maps.DeleteFunc(s.data, func(k string, _ Entry) bool { return strings.HasPrefix(k, c.Key) })
		case c.Value == nil:
			delete(s.data, c.Key)
		default:
			s.data[c.Key] = Entry{c.Key, c.Value, s.rev}
		}
	}
	return true, nil
}

// apply makes changes that must land.
func (s *memStore) apply(t *testing.T, changes []Change) {
	t.Helper()
	if ok, err := s.Txn(t.Context(), nil, changes); !ok || err != nil {
		t.Fatalf("changes not made: %v, %v", ok, err)
	}
}

// everybody gives everyone the same role.
func everybody(role Role) map[Surface]Access {
	return map[Surface]Access{Slack: func(context.Context, Request) (Role, error) { return role, nil }}
}

// echo answers with the command and arguments it was given, and keeps "about X" as the subject.
func echo(_ context.Context, t *Turn) (Reply, error) {
	r := Reply{Title: strings.TrimSpace(t.Command + "|" + t.Args + "|" + t.Subject)}
	if about, ok := strings.CutPrefix(t.Args, "about "); ok {
		r.Subject = about
	}
	return r, nil
}

func testCommands() []Command {
	return []Command{
		{Name: "summarize", Aliases: []string{"sum", "tldr"}, Usage: "<pull request>", Summary: "sums up", Examples: []string{"summarize #1"},
			Role: Viewer, Follows: func(r Request) bool { return r.Text == "risk?" }, Handler: HandlerFunc(echo)},
		{Name: "deploy", Summary: "deploys", Role: Operator, Handler: HandlerFunc(echo)},
		{Name: "alerts", Summary: "watches", Role: Viewer, Handler: HandlerFunc(echo),
			Hears: func(r Request) bool { return strings.HasPrefix(r.Text, "ALERT") }},
	}
}

func testRouter(t *testing.T, role Role) *Router {
	t.Helper()
	r, err := NewRouter("shipmate", everybody(role), slog.New(slog.DiscardHandler), testCommands()...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func request(kind Kind, thread, text string) Request {
	return Request{ID: text + thread, Kind: kind, From: Actor{Surface: Slack, ID: "U1"}, ReplyTo: Place{Surface: Slack, Channel: "C1", Thread: thread}, Text: text}
}

// turn runs one request over the store and commits what it remembers.
func turn(t *testing.T, r *Router, s *memStore, req Request) (Reply, error) {
	t.Helper()
	tt := &Turn{Request: req, Memory: NewMemory(s, nil), Show: func(Reply) {}}
	reply, err := r.Handle(t.Context(), tt)
	changes, cerr := tt.Memory.changes()
	if cerr != nil {
		t.Fatal(cerr)
	}
	s.apply(t, changes)
	return reply, err
}

func TestRouterFinds(t *testing.T) {
	for _, test := range []struct {
		kind Kind
		text string
		want string // the reply's title, or "!" and a part of the refusal
	}{
		{Ask, "summarize #1", "summarize|#1|"},
		{Ask, "  SUMMARIZE:   #1 ", "summarize|#1|"},
		{Ask, "tldr #1", "summarize|#1|"},
		{Click, "summarize #1", "summarize|#1|"},
		{Tick, "summarize #1", "summarize|#1|"},
		{Ask, "sumarize #123", `!Did you mean "summarize #123"?`},
		{Ask, "summraize #123", `!Did you mean "summarize #123"?`},
		{Ask, "summ #123", `!Did you mean "summarize #123"?`},
		{Ask, "\u202esummarize #1", "summarize|#1|"},
		{Ask, "frobnicate", `!I do not know "frobnicate"`},
		{Ask, "", "I am shipmate"},
		{Ask, "help", "I am shipmate"},
		{Ask, "help summarize", "summarize <pull request>: sums up"},
		{Ask, "help sumarize", `!Did you mean "summarize"?`},
		{Ask, "risk?", "summarize|risk?|"},
		{Ask, strings.Repeat("x", 40_000), "!I do not know"},
		{Message, "summarize #1", ""},
		{Message, "risk?", ""},
		{Message, "ALERT disk full", "alerts|ALERT disk full|"},
	} {
		reply, err := turn(t, testRouter(t, Admin), newMemStore(), request(test.kind, "1", test.text))
		got := reply.Title
		if e, ok := errors.AsType[*UserError](err); ok {
			got = "!" + e.Text
		} else if err != nil {
			t.Errorf("%s %q: %v", test.kind, test.text, err)
		}
		want, refusal := strings.CutPrefix(test.want, "!")
		if (test.want == "") != (got == "") || refusal != strings.HasPrefix(got, "!") || !strings.Contains(got, want) {
			t.Errorf("%s %.40q: got %.200q, want %q", test.kind, test.text, got, test.want)
		}
	}
}

func TestFollowUpNeedsTheThread(t *testing.T) {
	r, s := testRouter(t, Viewer), newMemStore()
	if _, err := turn(t, r, s, request(Ask, "1", "summarize about octo/widgets#7")); err != nil {
		t.Fatal(err)
	}
	r = testRouter(t, Viewer) // as after a restart: only the store remembers
	for _, test := range []struct{ thread, text, want string }{
		{"1", "risk?", "summarize|risk?|octo/widgets#7"},
		{"1", "thanks!", ""},
		{"2", "risk?", ""},
	} {
		reply, err := turn(t, r, s, request(Message, test.thread, test.text))
		if err != nil || reply.Title != test.want {
			t.Errorf("thread %s, %q: got %q, %v; want %q", test.thread, test.text, reply.Title, err, test.want)
		}
	}
	// Help in between does not take the thread over.
	if _, err := turn(t, r, s, request(Ask, "1", "help")); err != nil {
		t.Fatal(err)
	}
	reply, err := turn(t, r, s, request(Message, "1", "risk?"))
	if want := "summarize|risk?|octo/widgets#7"; err != nil || reply.Title != want {
		t.Errorf("after help: got %q, %v; want %q", reply.Title, err, want)
	}
}

func TestPermission(t *testing.T) {
	unsure := map[Surface]Access{Slack: func(context.Context, Request) (Role, error) { return Admin, errors.New("timeout") }}
	for name, test := range map[string]struct {
		access  map[Surface]Access
		req     Request
		allowed bool
	}{
		"enough":             {everybody(Operator), request(Ask, "1", "deploy"), true},
		"too little":         {everybody(Viewer), request(Ask, "1", "deploy"), false},
		"by button":          {everybody(Viewer), request(Click, "1", "deploy"), false},
		"by schedule":        {everybody(Viewer), request(Tick, "1", "deploy"), false},
		"nobody gets help":   {everybody(Nobody), request(Ask, "1", "help"), false},
		"unsure is a no":     {unsure, request(Ask, "1", "help"), false},
		"surface not listed": {nil, request(Ask, "1", "help"), false},
	} {
		r, err := NewRouter("shipmate", test.access, slog.New(slog.DiscardHandler), testCommands()...)
		if err != nil {
			t.Fatal(err)
		}
		_, err = turn(t, r, newMemStore(), test.req)
		if (err == nil) != test.allowed {
			t.Errorf("%s: got error %v, want allowed %v", name, err, test.allowed)
		}
	}
}

func TestRefusedListenerIsSilent(t *testing.T) {
	reply, err := turn(t, testRouter(t, Nobody), newMemStore(), request(Message, "1", "ALERT x"))
	if err != nil || !reply.Empty() {
		t.Errorf("got %+v, %v; want silence", reply, err)
	}
}

func TestNewRouterRefuses(t *testing.T) {
	h := HandlerFunc(echo)
	for name, commands := range map[string][]Command{
		"no role":      {{Name: "a", Handler: h}},
		"no handler":   {{Name: "a", Role: Viewer}},
		"two for one":  {{Name: "a", Role: Viewer, Handler: h}, {Name: "b", Aliases: []string{"a"}, Role: Viewer, Handler: h}},
		"taken: help":  {{Name: "help", Role: Viewer, Handler: h}},
		"upper case":   {{Name: "A", Role: Viewer, Handler: h}},
		"empty":        {{Role: Viewer, Handler: h}},
		"punctuation":  {{Name: "a?", Role: Viewer, Handler: h}},
		"empty alias":  {{Name: "a", Aliases: []string{""}, Role: Viewer, Handler: h}},
		"alias itself": {{Name: "a", Aliases: []string{"a"}, Role: Viewer, Handler: h}},
	} {
		if _, err := NewRouter("x", nil, slog.New(slog.DiscardHandler), commands...); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestTypos(t *testing.T) {
	for _, test := range []struct {
		typed, want string
		distance    int
	}{
		{"sumarize", "summarize", 1}, {"summarise", "summarize", 1}, {"ksri", "risk", -1}, {"rsik", "risk", 1},
		{"fil", "files", 1}, {"fi", "files", -1}, {"hlep", "help", 1}, {"x", "risk", -1}, {"deploy", "details", -1},
	} {
		if got := typos(test.typed, test.want); got != test.distance {
			t.Errorf("typos(%q, %q) = %d, want %d", test.typed, test.want, got, test.distance)
		}
	}
}

// A command that takes no questions does not end a conversation with one that does.
func TestConversationGoesOnPastACommandWithoutQuestions(t *testing.T) {
	r, s := testRouter(t, Operator), newMemStore()
	for _, step := range []struct {
		kind       Kind
		text, want string
	}{{Ask, "summarize about #1", "summarize|about #1|"}, {Click, "deploy it", "deploy|it|#1"}, {Message, "risk?", "summarize|risk?|#1"}} {
		if got, err := turn(t, r, s, request(step.kind, "7", step.text)); err != nil || got.Title != step.want {
			t.Errorf("%s: got %q, %v, want %q", step.text, got.Title, err, step.want)
		}
	}
}
