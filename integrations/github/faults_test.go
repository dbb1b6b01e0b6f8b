package github

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
)

// TestFaults goes through the numbered faults that concern GitHub; the tests of the parts have more of their forms.
func TestFaults(t *testing.T) {
	t.Parallel()
	t.Run("fault 31 empty mention, unknown command, ten commands", faultCommands)
	t.Run("fault 32 refusals are sentences, and not tried again", faultRefusals)
	t.Run("fault 33 limits by 403 and 429", faultLimits)
	t.Run("fault 34 what GitHub does not list is not invented", faultPartial)
	t.Run("fault 35 pushed over between reading and answering", TestSnapshotOfMovingHead)
	t.Run("fault 36 webhooks that are not believed", faultWebhooks)
	t.Run("fault 36 replay", faultReplay)
	t.Run("fault 37 a lost delivery comes again", faultLostDelivery)
	t.Run("fault 38 a server failing on a later page", TestFilesFail)
}

func faultCommands(t *testing.T) {
	f, c, e := newFake(t), &thread{}, &ear{}
	c.serve(f)
	for i, body := range []string{"/shipmate", "@shipmate", "/shipmate sumarize", strings.Repeat("/shipmate a\n/shipmate b\n", 5)} {
		c.add(i+1, i+1, body, nil)
	}
	mustStep(t, newPoll(t, f, &memoryCursors{}, e))
	if got, want := e.texts(), []string{"", "", "sumarize", "a", "b", "a", "b", "a"}; !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func faultRefusals(t *testing.T) {
	for _, code := range []int{401, 403, 404, 410, 451} {
		f := newFake(t)
		f.status("GET /repos/octo/widgets/pulls/12", code, nil, `{"message":"No"}`)
		_, err := f.client(t, nil).Snapshot(t.Context(), widget)
		said, ok := err.(*bot.UserError)
		if !ok || !strings.HasSuffix(said.Text, ".") || count(f.log(), "/pulls/12") != 1 {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func faultLimits(t *testing.T) {
	reset := time.Now().Add(20 * time.Minute).Truncate(time.Second)
	primary := map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": strconv.FormatInt(reset.Unix(), 10)}
	secondary := map[string]string{"Retry-After": "1200"}
	for _, code := range []int{403, 429} {
		for _, header := range []map[string]string{primary, secondary} {
			f, m := newFake(t), &counter{}
			f.status("GET /repos/octo/widgets/pulls/12", code, header, `{"message":"limit"}`)
			c := f.client(t, func(o *Options) { o.Meter = m })
			for range 3 {
				if _, err := c.Snapshot(t.Context(), widget); err == nil || !strings.Contains(err.Error(), "until "+clock(reset)) && !strings.Contains(err.Error(), "until "+clock(reset.Add(time.Minute))) {
					t.Errorf("%d %v: %v", code, header, err)
				}
			}
			until := c.Stats().Limit.Until
			if asked := count(f.log(), "/pulls/12"); asked != 1 || m.of("rate_limited_total api github method GET") != 1 || until.Sub(reset).Abs() > time.Minute {
				t.Errorf("%d %v: asked %d times, until %v, counted %v", code, header, asked, until, m.counts)
			}
		}
	}
}

func faultPartial(t *testing.T) {
	f := newFake(t)
	serveFiles(f, rows(3001), func(size, at int, _ obj) bool { return at > 0 })
	files, gaps, err := f.client(t, nil).files(t.Context(), PullRequest{Ref: widget, Additions: 6002, Deletions: 3001, ChangedFiles: 3001})
	if err != nil || len(files) != 3000 || len(gaps) != 2 || !slices.ContainsFunc(files, func(f File) bool { return f.NoCounts }) {
		t.Errorf("%d files, gaps %v, error %v; want what is missing named", len(files), gaps, err)
	}
	f = newFake(t)
	f.status("GET /repos/octo/widgets/pulls/12/files", http.StatusNotAcceptable, nil, `{"message":"too_large"}`)
	if _, _, err := f.client(t, nil).files(t.Context(), PullRequest{Ref: widget, ChangedFiles: 1}); status(err) != http.StatusNotAcceptable {
		t.Errorf("error %v, want 406", err)
	}
}

// What is refused is refused before anything in it is understood, and counted.
func faultWebhooks(t *testing.T) {
	c := &thread{}
	c.add(1, 5, "/shipmate risk", nil)
	body := told(c.comments[0], nil)
	large := bytes.Repeat([]byte(" "), 26<<20)
	for name, tt := range map[string]struct {
		body   []byte
		change func(*http.Request)
		status int
		counts string
	}{
		"right":              {body, func(*http.Request) {}, 202, "taken"},
		"the older secret":   {body, func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", signature(oldSecret, body)) }, 202, "taken"},
		"wrong":              {body, func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", signature("another secret", body)) }, 401, "signature"},
		"of another body":    {body, func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", signature(hookSecret, nil)) }, 401, "signature"},
		"empty secret":       {body, func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", signature("", body)) }, 401, "signature"},
		"missing":            {body, func(r *http.Request) { r.Header.Del("X-Hub-Signature-256"); r.Header.Del("X-Hub-Signature") }, 401, "signature"},
		"SHA-1 only":         {body, func(r *http.Request) { r.Header.Del("X-Hub-Signature-256") }, 401, "signature"},
		"SHA-1 in its place": {body, func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", r.Header.Get("X-Hub-Signature")) }, 401, "signature"},
		"twice":              {body, func(r *http.Request) { r.Header.Add("X-Hub-Signature-256", signature(hookSecret, body)) }, 401, "signature"},
		"cut":                {body, func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", signature(hookSecret, body)[:20]) }, 401, "signature"},
		"26 MB":              {large, func(*http.Request) {}, 413, "size"},
		"26 MB, in chunks":   {large, func(r *http.Request) { r.ContentLength = -1 }, 413, "size"},
		"form":               {[]byte("payload=%7B%7D"), func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 415, "content type"},
		"text":               {body, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415, "content type"},
		"no type":            {body, func(r *http.Request) { r.Header.Del("Content-Type") }, 415, "content type"},
		"not a POST":         {body, func(r *http.Request) { r.Method = http.MethodPut }, 405, "method"},
		"unsigned nonsense":  {[]byte(`{{{`), func(r *http.Request) { r.Header.Del("X-Hub-Signature-256") }, 401, "signature"},
	} {
		e, m := &ear{}, &counter{}
		client := newFake(t).client(t, func(o *Options) { o.Meter = m })
		h := newWebhook(t, client, func(o *WebhookOptions) { o.Secrets = append(o.Secrets, oldSecret) }).handler(e.accept)
		r := deliver(plain().event, "g", tt.body)
		tt.change(r)
		got := respond(h, r)
		if got.StatusCode != tt.status || (len(e.heard) == 1) != (tt.status == 202) || m.of("webhook_deliveries_total outcome "+tt.counts) != 1 || got.ContentLength > 0 {
			t.Errorf("%s: answered %d, heard %d, counted %v; want %d", name, got.StatusCode, len(e.heard), m.counts, tt.status)
		}
		if s := client.Stats().Webhook; (s.Refused == 1) != (tt.status == 401) || s.Event.IsZero() != (tt.status != 202) {
			t.Errorf("%s: stats %+v", name, s)
		}
	}
}

const oldSecret = "the secret that is being replaced"

// What was delivered once is worth nothing the second time, whatever the parts that are not signed say; nor when it is old.
func faultReplay(t *testing.T) {
	c, e := &thread{}, &once{}
	c.add(1, 5, "/shipmate risk", nil)
	body := told(c.comments[0], nil)
	now := time.Now()
	client := newFake(t).client(t, func(o *Options) { o.Now = func() time.Time { return now }; o.MaxAge = 100 * 24 * time.Hour })
	h := newWebhook(t, client, nil).handler(e.accept)
	for _, guid := range []string{"a", "a", "b", "", "not a GUID!"} {
		for _, event := range []string{plain().event, review().event, "ping", ""} {
			respond(h, deliver(event, guid, body))
		}
	}
	e.known = nil // as the bot has forgotten what it took, days later
	now = now.Add(replayTime)
	respond(h, deliver(plain().event, "c", body))
	if len(e.heard) != 1 {
		t.Errorf("heard %d times", len(e.heard))
	}
}

// A delivery that found nobody is asked for, comes, and is heard once.
func faultLostDelivery(t *testing.T) {
	f, c, hs, e := newFake(t), &thread{}, &hooks{}, &once{}
	hs.serve(f)
	for i := range 3 {
		c.add(i, i+1, fmt.Sprint("/shipmate ", i), obj{"id": i + 1})
		hs.add(strconv.Itoa(i), i+1, 502, nil)
	}
	r := newReconciler(t, f)
	h := newWebhook(t, r.Client, nil).handler(e.accept)
	hs.deliver = func(guid string) int {
		return respond(h, deliver(plain().event, guid, told(c.comments[atoi(guid)], nil))).StatusCode
	}
	for range 3 {
		if err := r.step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.texts(); !slices.Equal(got, []string{"0", "1", "2"}) || len(hs.wanted()) != 3 {
		t.Errorf("heard %q", got)
	}
}
