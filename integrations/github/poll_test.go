package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"shipmate/bot"
)

// memoryCursors keeps cursors as a database does.
type memoryCursors struct {
	mu    sync.Mutex
	saved map[string]Cursor
	err   error
}

func (m *memoryCursors) Load(_ context.Context, repo string) (Cursor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.saved[repo], m.err
}

func (m *memoryCursors) Save(_ context.Context, repo string, c Cursor) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.saved == nil {
		m.saved = map[string]Cursor{}
	}
	m.saved[repo] = c
	return m.err
}

// A thread is a repository's comments, served as GitHub serves them.
type thread struct {
	mu       sync.Mutex
	comments []obj
}

// add adds a comment of ada on pull request 12, with changes. Its times are seconds after start.
func (c *thread) add(id int, at int, body string, changes obj) {
	c.mu.Lock()
	defer c.mu.Unlock()
	comment := obj{
		"id": id, "body": body, "user": obj{"login": "ada", "type": "User"}, "created_at": stamp(at), "updated_at": stamp(at),
		"html_url":  fmt.Sprintf("https://github.com/octo/widgets/pull/12#issuecomment-%d", id),
		"issue_url": "https://api.github.com/repos/octo/widgets/issues/12",
	}
	maps.Copy(comment, changes)
	c.comments = append(c.comments, comment)
}

var start = time.Now().UTC().Truncate(time.Second).Add(-10 * time.Minute)

func stamp(at int) string { return start.Add(time.Duration(at) * time.Second).Format(time.RFC3339) }

func (c *thread) serve(f *fake) {
	f.handle("GET /repos/octo/widgets/issues/comments", func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		q := r.URL.Query()
		list := slices.DeleteFunc(slices.Clone(c.comments), func(o obj) bool { return o["updated_at"].(string) < q.Get("since") })
		slices.SortStableFunc(list, func(a, b obj) int { return strings.Compare(a["updated_at"].(string), b["updated_at"].(string)) })
		if q.Get("sort") != "updated" || q.Get("direction") != "asc" {
			slices.Reverse(list)
		}
		size, page := atoi(q.Get("per_page")), max(1, atoi(q.Get("page")))
		list = list[min(len(list), (page-1)*size):min(len(list), page*size)]
		data, _ := json.Marshal(slices.Concat([]obj{}, list))
		tag := fmt.Sprintf(`"%x"`, digest(string(data)))
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		answerWith(w, 200, string(data))
	})
}

// ear takes requests.
type ear struct {
	mu    sync.Mutex
	heard []bot.Request
	err   error
}

func (e *ear) accept(_ context.Context, r bot.Request) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil {
		e.heard = append(e.heard, r)
	}
	return e.err
}

// texts returns what was heard since the last call.
func (e *ear) texts() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []string
	for _, r := range e.heard {
		out = append(out, r.Text)
	}
	e.heard = nil
	return out
}

// newPoll makes a poll that reads from second 0 on.
func newPoll(t *testing.T, f *fake, cursors *memoryCursors, e *ear) *poll {
	t.Helper()
	if cursors.saved == nil {
		cursors.saved = map[string]Cursor{"octo/widgets": {Since: start}}
	}
	return NewSource(f.client(t, nil), cursors).poll("octo/widgets", plain(), e.accept)
}

func mustStep(t *testing.T, p *poll) {
	t.Helper()
	if err := p.step(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestPollRequest(t *testing.T) {
	t.Parallel()
	f, c, e := newFake(t), &thread{}, &ear{}
	c.serve(f)
	c.add(501, 3, "Hello\n\n/shipmate risk\n/shipmate files", nil)
	mustStep(t, newPoll(t, f, &memoryCursors{}, e))
	at := start.Add(3 * time.Second)
	id := "github/" + strings.TrimPrefix(f.URL, "http://") + "/77/501/" + strconv.FormatInt(at.Unix(), 10)
	want := bot.Request{
		ID: id + "/0", Kind: bot.Ask, From: bot.Actor{Surface: bot.GitHub, ID: "ada", Name: "ada"}, Subject: "octo/widgets#12", Text: "risk", Time: at,
		ReplyTo: bot.Place{Surface: bot.GitHub, Channel: "octo/widgets", Thread: "12", Message: "501"},
	}
	second := want
	second.ID, second.Text = id+"/1", "files"
	if !slices.Equal(e.heard, []bot.Request{want, second}) {
		t.Errorf("heard %+v, want %+v and %+v", e.heard, want, second)
	}
}

// Whose comments are heard, and which.
func TestPollHears(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		body    string
		changes obj
		heard   bool
	}{
		{"a person", "/shipmate risk", nil, true},
		{"another bot", "/shipmate risk", obj{"user": obj{"login": "renovate", "type": "Bot"}}, false},
		{"another app", "/shipmate risk", obj{"user": obj{"login": "renovate[bot]", "type": "User"}}, false},
		{"itself", "/shipmate risk", obj{"user": obj{"login": "shipmate[bot]", "type": "Bot"}}, false},
		{"a deleted account", "/shipmate risk", obj{"user": nil}, false},
		{"on an issue", "/shipmate risk", obj{"html_url": "https://github.com/octo/widgets/issues/12#issuecomment-1"}, false},
		{"on an issue of a repository called pull", "/shipmate risk", obj{"html_url": "https://github.com/octo/pull/issues/12#issuecomment-1"}, false},
		{"edited", "/shipmate risk", obj{"updated_at": stamp(9)}, false},
		{"too old", "/shipmate risk", obj{"created_at": stamp(-90000), "updated_at": stamp(-90000)}, false},
		{"no number", "/shipmate risk", obj{"issue_url": "https://api.github.com/repos/octo/widgets/issues/x"}, false},
		{"no command", "/lgtm", nil, false},
		{"quoted", "> /shipmate risk", nil, false},
	}
	for _, tt := range tests {
		f, c, e := newFake(t), &thread{}, &ear{}
		c.serve(f)
		c.add(1, 5, tt.body, tt.changes)
		cursors := &memoryCursors{saved: map[string]Cursor{"octo/widgets": {Since: start.Add(-48 * time.Hour)}}}
		mustStep(t, newPoll(t, f, cursors, e))
		if got := len(e.texts()) == 1; got != tt.heard {
			t.Errorf("%s: heard %v, want %v", tt.name, got, tt.heard)
		}
	}
}

// A person who lends the bot a personal token can still command it; the comments that the bot writes under that account are not heard.
func TestPollWithPersonalToken(t *testing.T) {
	t.Parallel()
	f, c, e := newFake(t), &thread{}, &ear{}
	c.serve(f)
	c.add(1, 1, "/shipmate risk", nil)
	c.add(2, 2, "/shipmate files\n\n"+newSigner([]byte(testKey), "github.com", 77, 12).line(marker{card: "pull", keys: digest("k"), hash: digest("h")}), nil)
	c.add(3, 3, "@ada summarize", nil)
	p := newPoll(t, f, &memoryCursors{}, e)
	p.Client = f.client(t, func(o *Options) { o.Login = "Ada" })
	mustStep(t, p)
	if got, want := e.texts(), []string{"risk", "summarize"}; !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
	// Nobody said that the account is the bot's alone: its name does not address the bot.
	p.Client.o.Login = ""
	c.add(4, 4, "@ada please look", nil)
	mustStep(t, p)
	if got := e.texts(); len(got) != 0 {
		t.Errorf("heard %q: a mention of a person is no command", got)
	}
}

// A server that gives more than was asked for is not believed: what is older than the cursor was read before.
func TestPollOfCarelessServer(t *testing.T) {
	t.Parallel()
	f, c, e := newFake(t), &thread{}, &ear{}
	c.serve(f)
	list := f.routes["GET /repos/octo/widgets/issues/comments"]
	f.handle("GET /repos/octo/widgets/issues/comments", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		q.Del("since")
		r.URL.RawQuery = q.Encode()
		list(w, r)
	})
	c.add(1, -5, "/shipmate old", nil)
	c.add(2, 5, "/shipmate new", nil)
	mustStep(t, newPoll(t, f, &memoryCursors{}, e))
	if got := e.texts(); !slices.Equal(got, []string{"new"}) {
		t.Errorf("heard %q, want what is new", got)
	}
}

// What the bot did not take is delivered again; the cursor does not pass it.
func TestPollIsRefused(t *testing.T) {
	t.Parallel()
	f, c, e, cursors := newFake(t), &thread{}, &ear{}, &memoryCursors{}
	c.serve(f)
	p := newPoll(t, f, cursors, e)
	c.add(1, 1, "nothing", nil)
	c.add(2, 2, "/shipmate two", nil)
	c.add(3, 3, "/shipmate three", nil)
	e.err = errors.New("disk full")
	for range 2 {
		if err := p.step(t.Context()); !errors.Is(err, e.err) {
			t.Fatalf("step: %v, want that it was not taken", err)
		}
		if got := cursors.saved["octo/widgets"]; len(got.Taken) != 1 || got.Taken[1].IsZero() {
			t.Fatalf("cursor is %+v, want before what was not taken", got)
		}
	}
	e.err = nil
	mustStep(t, p)
	if got, want := e.texts(), []string{"two", "three"}; !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
	cursors.err = errors.New("disk full")
	c.add(4, 4, "/shipmate four", nil)
	for range 2 {
		if err := p.step(t.Context()); !errors.Is(err, cursors.err) {
			t.Fatalf("step: %v, want that the cursor was not kept", err)
		}
	}
	if got := e.texts(); !slices.Equal(got, []string{"four", "four"}) {
		t.Errorf("heard %q: as long as the cursor is not kept a comment is delivered again, under the same ID", got)
	}
}

// Many comments at once are read without turning pages, except within one second; none is missed and none is heard twice.
func TestPollFullPages(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]func(i int) int{
		"one a second":       func(i int) int { return i },
		"many a second":      func(i int) int { return i / 70 },
		"all in one":         func(i int) int { return 5 },
		"first alone":        func(i int) int { return min(i, 1) },
		"one second per 100": func(i int) int { return i / 100 },
	} {
		f, c, e, cursors := newFake(t), &thread{}, &ear{}, &memoryCursors{}
		c.serve(f)
		var want []string
		for i := range 350 {
			c.add(i+1, second(i), fmt.Sprintf("/shipmate %d", i), nil)
			want = append(want, strconv.Itoa(i))
		}
		p := newPoll(t, f, cursors, e)
		mustStep(t, p)
		if got := e.texts(); !slices.Equal(got, want) {
			t.Errorf("%s: heard %d commands, want %d in order", name, len(got), len(want))
		}
		asked := count(f.log(), "/issues/comments")
		if asked > 8 {
			t.Errorf("%s: %d requests for 350 comments", name, asked)
		}
		mustStep(t, p)
		if got := e.texts(); len(got) != 0 {
			t.Errorf("%s: heard %d again", name, len(got))
		}
	}
}

// An edit while a page is being read moves rows; what moved is read all the same.
func TestPollWhileEdited(t *testing.T) {
	t.Parallel()
	f, c, e, cursors := newFake(t), &thread{}, &ear{}, &memoryCursors{}
	c.serve(f)
	for i := range 150 {
		c.add(i+1, i, fmt.Sprintf("/shipmate %d", i), nil)
	}
	once := sync.OnceFunc(func() { // after the first page, ten of its comments are edited
		c.mu.Lock()
		defer c.mu.Unlock()
		for i := range 10 {
			c.comments[i]["updated_at"] = stamp(400)
		}
	})
	p := newPoll(t, f, cursors, e)
	p.accept = func(ctx context.Context, r bot.Request) error {
		if r.Text == "99" {
			once()
		}
		return e.accept(ctx, r)
	}
	mustStep(t, p)
	if got := e.texts(); len(got) != 150 || got[149] != "149" {
		t.Errorf("heard %d commands, want all 150", len(got))
	}
}

func TestPollPause(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	now := time.Now()
	c := f.client(t, func(o *Options) { o.Poll = 10 * time.Second; o.Now = func() time.Time { return now } })
	limit := &LimitError{Until: now.Add(40 * time.Minute)}
	tests := []struct {
		name string
		p    poll
		err  error
		want time.Duration // at least; at most an eighth more
	}{
		{"busy", poll{news: now.Add(-time.Minute)}, nil, 10 * time.Second},
		{"quiet", poll{news: now.Add(-time.Hour)}, nil, 40 * time.Second},
		{"quiet for long", poll{news: now.Add(-61 * time.Minute)}, nil, 80 * time.Second},
		{"failed once", poll{failed: 1}, errors.New("x"), 20 * time.Second},
		{"failed often", poll{failed: 50}, errors.New("x"), longestPause},
		{"limit", poll{failed: 1}, fmt.Errorf("x: %w", limit), 40 * time.Minute},
	}
	for _, tt := range tests {
		tt.p.hearer = hearer{Client: c}
		if got := tt.p.pause(tt.err); got < tt.want || got > tt.want+tt.want/8 {
			t.Errorf("%s: pause %v, want %v", tt.name, got, tt.want)
		}
	}
	h := http.Header{}
	for k, v := range map[string]string{"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "499", "X-RateLimit-Reset": strconv.FormatInt(now.Add(20*time.Minute).Unix(), 10)} {
		h.Set(k, v)
	}
	c.wire("octo").gate.observe(h, now)
	p := poll{hearer: hearer{Client: c}, news: now}
	if got := p.pause(nil); got < 19*time.Minute {
		t.Errorf("with less than a tenth of the budget the pause is %v, want until it is renewed", got)
	}
	h.Set("X-RateLimit-Remaining", "500")
	c.wire("octo").gate.observe(h, now)
	if got := p.pause(nil); got > time.Minute {
		t.Errorf("with a tenth of the budget the pause is %v", got)
	}
}
