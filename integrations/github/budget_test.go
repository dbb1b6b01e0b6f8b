package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"shipmate/bot"
)

// A meteredServer is GitHub with a budget for each hour and comments that are written by the clock, without a network. What it answers with 304
// is free.
type meteredServer struct {
	limit int
	news  func(repo int) time.Duration // between two comments of a repository; 0: there are none

	mu      sync.Mutex
	opened  time.Time // when the hour began
	used    int       // in the hour, by anybody
	paid    []time.Time
	asked   []time.Time
	running int
	atOnce  int
	paths   map[string]int // requests by path
}

func (m *meteredServer) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	m.running++
	m.atOnce = max(m.atOnce, m.running)
	m.mu.Unlock()
	time.Sleep(100 * time.Millisecond)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running--
	now := time.Now()
	if now.Sub(m.opened) >= time.Hour {
		m.opened, m.used = now, 0
	}
	m.asked = append(m.asked, now)
	m.paths[r.URL.Path]++
	body := m.body(r, now)
	tag := `"` + digest(body) + `"`
	status := 200
	if r.Header.Get("If-None-Match") == tag {
		status, body = 304, ""
	} else {
		m.used++
		m.paid = append(m.paid, now)
	}
	return reply(r, status, body, "ETag", tag, "Date", now.UTC().Format(http.TimeFormat), "X-RateLimit-Limit", strconv.Itoa(m.limit),
		"X-RateLimit-Remaining", strconv.Itoa(max(0, m.limit-m.used)), "X-RateLimit-Reset", strconv.FormatInt(m.opened.Add(time.Hour).Unix(), 10)), nil
}

// body is the latest comment since a time, or the repository.
func (m *meteredServer) body(r *http.Request, now time.Time) string {
	var repo int
	_, _ = fmt.Sscanf(r.URL.Path, "/repos/octo/r%d", &repo)
	if !strings.HasSuffix(r.URL.Path, "/comments") {
		return fmt.Sprintf(`{"id":%d}`, repo+1)
	}
	since, err := time.Parse(time.RFC3339, r.URL.Query().Get("since"))
	every := m.news(repo)
	if err != nil || every == 0 {
		return "[]"
	}
	last := now.Truncate(every)
	if last.Before(since) {
		return "[]"
	}
	at := last.UTC().Format(time.RFC3339)
	data, _ := json.Marshal([]obj{{"id": last.Unix(), "body": "hello", "created_at": at, "updated_at": at, "user": obj{"login": "ada"}}})
	return string(data)
}

// poll has a client read the comments of 200 repositories for a while.
func (m *meteredServer) poll(t *testing.T, d time.Duration, change func(*Options)) *Client {
	t.Helper()
	m.paths = map[string]int{}
	var repos []string
	for i := range 200 {
		repos = append(repos, fmt.Sprintf("octo/r%d", i))
	}
	o := Options{Token: testToken, Login: "shipmate[bot]", Repos: repos}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	c.wire("octo").next = m
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	accept := func(context.Context, bot.Request) error { return nil }
	if err := NewSource(c, &memoryCursors{}).Run(ctx, accept); err != nil {
		t.Error(err)
	}
	time.Sleep(requestTimeout) // go-github leaves the timers of failed requests
	return c
}

// lists are how often each list of comments was asked for, the rarest first.
func (m *meteredServer) lists() (times []int) {
	for path, n := range m.paths {
		if strings.HasSuffix(path, "/comments") {
			times = append(times, n)
		}
	}
	slices.Sort(times)
	return times
}

// 200 repositories have two lists each. However much is said in them, reading costs no more than the share of any hour, no list is left out, and
// as long as nothing is said all are read at least every two minutes for the price of the first look.
func TestPollsKeepToTheirShare(t *testing.T) {
	for name, tt := range map[string]struct {
		limit int
		news  func(repo int) time.Duration
		share float64
		paid  int // at most in any hour
		hours int
		least int // requests in all hours for the list that is read the least often
	}{
		"quiet":                    {5000, func(int) time.Duration { return 0 }, 0, 620, 1, 50},
		"every repository, always": {5000, func(int) time.Duration { return 10 * time.Second }, 0, 2000, 2, 5},
		"a few, always":            {5000, func(repo int) time.Duration { return time.Duration(repo%20/19) * time.Minute }, 0, 2000, 1, 15},
		"a small share":            {5000, func(int) time.Duration { return time.Minute }, 0.1, 500, 2, 1},
		"a large limit":            {15000, func(int) time.Duration { return 10 * time.Second }, 0, 6000, 1, 9},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &meteredServer{limit: tt.limit, news: tt.news}
				m.poll(t, time.Duration(tt.hours)*time.Hour, func(o *Options) { o.PollShare = tt.share })
				lists := m.lists()
				if len(lists) != 400 || lists[0] < tt.least {
					t.Errorf("%d lists were read, the rarest %d times; want 400, %d times", len(lists), lists[0], tt.least)
				}
				paid, minute := most(m.paid, time.Hour), most(m.asked, time.Minute)
				if paid > tt.paid || minute > pollsPerMinute+pollBurst || m.atOnce > pollsAtOnce {
					t.Errorf("%d paid requests in an hour, want %d at most; %d requests in a minute, %d at once", paid, tt.paid, minute, m.atOnce)
				}
			})
		})
	}
}

// Where all lists have as much news, all are read as often.
func TestPollsAreFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &meteredServer{limit: 5000, news: func(int) time.Duration { return 10 * time.Second }}
		m.poll(t, 2*time.Hour, nil)
		if lists := m.lists(); lists[len(lists)-1] > lists[0]+2 {
			t.Errorf("lists were read %d to %d times", lists[0], lists[len(lists)-1])
		}
	})
}

// When others have used up what there is, polls stop at a tenth of it, and go on when it is renewed.
func TestPollsLeaveATenth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &meteredServer{limit: 5000, opened: time.Now(), used: 4400, news: func(int) time.Duration { return 10 * time.Second }}
		counted := &counter{}
		m.poll(t, 59*time.Minute, func(o *Options) { o.Meter = counted })
		if paid := counted.of("github_polls_total cost paid"); paid != m.used-4400 || paid != len(m.paid) {
			t.Errorf("%d paid polls are counted, %d were", paid, m.used-4400)
		}
		if left := m.limit - m.used; left > 500 || left < 500-pollsAtOnce {
			t.Errorf("%d requests are left in the hour, want 500", left)
		}
		m = &meteredServer{limit: 5000, opened: time.Now(), used: 4400, news: func(int) time.Duration { return 10 * time.Second }}
		m.poll(t, 2*time.Hour, nil)
		if lists := m.lists(); len(lists) != 400 || lists[0] < 2 {
			t.Errorf("%d lists were read, the rarest %d times, want all again in the next hours", len(lists), lists[0])
		}
	})
}
