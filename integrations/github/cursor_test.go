package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// While nothing is new the same address is asked, and GitHub answers 304; nothing is heard twice, also after a restart.
func TestPollTwice(t *testing.T) {
	t.Parallel()
	f, c, e, cursors := newFake(t), &thread{}, &ear{}, &memoryCursors{}
	c.serve(f)
	p := newPoll(t, f, cursors, e)
	c.add(1, 1, "/shipmate one", nil)
	mustStep(t, p)
	f.log()
	for range 3 {
		mustStep(t, p)
	}
	asked := f.log()
	if got := e.texts(); !slices.Equal(got, []string{"one"}) || len(asked) != 3 || asked[0] != asked[2] {
		t.Errorf("heard %q after asking %q", got, asked)
	}
	c.add(2, 1, "/shipmate same second", nil)
	mustStep(t, p)
	if got := e.texts(); !slices.Equal(got, []string{"same second"}) {
		t.Errorf("heard %q of the same second", got)
	}
	mustStep(t, newPoll(t, f, cursors, e))
	c.add(3, 1, "/shipmate after restart", nil)
	mustStep(t, newPoll(t, f, cursors, e))
	if got := e.texts(); !slices.Equal(got, []string{"after restart"}) {
		t.Errorf("heard %q after a restart", got)
	}
}

// GitHub lists some comments later than newer ones. They are heard within the overlap, once, also by a bot that was started anew; and what
// was read before costs nothing as long as there is no news.
func TestPollHearsLateComments(t *testing.T) {
	t.Parallel()
	f, c, e, cursors := newFake(t), &thread{}, &ear{}, &memoryCursors{}
	c.serve(f)
	late := int(overlap / time.Second)
	p := newPoll(t, f, cursors, e)
	for i, step := range []struct {
		at   int
		want string // "" when it comes too late
	}{{100, "0"}, {99, "1"}, {100, "2"}, {100 - late, "3"}, {99 - late, ""}, {200, "5"}, {201 - late, "6"}, {150, ""}} {
		c.add(1000-i, step.at, fmt.Sprintf("/shipmate %d", i), nil)
		mustStep(t, p)
		if got := strings.Join(e.texts(), ","); got != step.want {
			t.Errorf("comment %d at %d: heard %q, want %q", i, step.at, got, step.want)
		}
		if i%2 == 0 {
			p = newPoll(t, f, cursors, e) // as after a restart
		}
		mustStep(t, p)
		if got := e.texts(); len(got) != 0 {
			t.Errorf("comment %d at %d: heard %q again", i, step.at, got)
		}
	}
	var kept Cursor
	if data, err := json.Marshal(cursors.saved["octo/widgets"]); err != nil || json.Unmarshal(data, &kept) != nil || len(kept.Taken) != 2 {
		t.Errorf("stored as %s (%v), want what is within the overlap", data, err)
	}
	f.log()
	mustStep(t, p)
	mustStep(t, p)
	asked := f.log()
	if len(asked) != 2 || asked[0] != asked[1] || query(t, asked[0]).Get("since") != stamp(200-late) {
		t.Errorf("without news it asks %q", asked)
	}
}

// What was edited within the overlap is read again and still no command; it moves the cursor on.
func TestPollOfEditWithinOverlap(t *testing.T) {
	t.Parallel()
	f, c, e, cursors := newFake(t), &thread{}, &ear{}, &memoryCursors{}
	c.serve(f)
	c.add(1, 100, "/shipmate risk", nil)
	p := newPoll(t, f, cursors, e)
	mustStep(t, p)
	c.mu.Lock()
	c.comments[0]["updated_at"] = stamp(110)
	c.mu.Unlock()
	mustStep(t, p)
	if got := e.texts(); !slices.Equal(got, []string{"risk"}) {
		t.Errorf("heard %q, want the command once", got)
	}
	if got := cursors.saved["octo/widgets"]; len(got.Taken) != 1 || got.Since.Format(time.RFC3339) != stamp(110-int(overlap/time.Second)) {
		t.Errorf("cursor is %+v", got)
	}
}

// The first start hears nothing of what was said before, by GitHub's clock.
func TestPollFirstStart(t *testing.T) {
	t.Parallel()
	f, c, e, cursors := newFake(t), &thread{}, &ear{}, &memoryCursors{saved: map[string]Cursor{}}
	c.serve(f)
	ours := time.Now().UTC() // stands still, so that only the clocks differ
	theirs := ours.Add(-time.Hour)
	f.handle("GET /repos/octo/widgets", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", theirs.Format(http.TimeFormat))
		answerWith(w, 200, `{"id":77}`)
	})
	c.add(1, -86400, "/shipmate old", nil)
	p := newPoll(t, f, cursors, e)
	p.Client = f.client(t, func(o *Options) { o.Now = func() time.Time { return ours } })
	mustStep(t, p)
	since := cursors.saved["octo/widgets"].Since
	if got := e.texts(); len(got) != 0 || since.Sub(theirs).Abs() > 5*time.Second {
		t.Errorf("heard %q, reads from %v, want nothing and about %v", got, since, theirs)
	}
}

// A clock that is a little fast costs no comment that is made right after the first start.
func TestPollFirstStartWithFastClock(t *testing.T) {
	t.Parallel()
	f, c, e, cursors := newFake(t), &thread{}, &ear{}, &memoryCursors{saved: map[string]Cursor{}}
	c.serve(f)
	p := newPoll(t, f, cursors, e)
	p.Client = f.client(t, func(o *Options) { o.Now = func() time.Time { return time.Now().Add(900 * time.Millisecond) } })
	mustStep(t, p)
	c.add(1, int(time.Since(start)/time.Second), "/shipmate first", nil)
	mustStep(t, p)
	if got := e.texts(); !slices.Equal(got, []string{"first"}) {
		t.Errorf("heard %q, want the first comment", got)
	}
}
