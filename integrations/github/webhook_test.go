package github

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"shipmate/bot"
)

const hookSecret = "a webhook's secret of 30 bytes"

// newWebhook makes a listener that was not started.
func newWebhook(t testing.TB, c *Client, change func(*WebhookOptions)) *Webhook {
	t.Helper()
	o := WebhookOptions{Listen: "127.0.0.1:0", Secrets: []string{hookSecret}}
	if change != nil {
		change(&o)
	}
	w, err := NewWebhook(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// told is what GitHub delivers when a comment was made: of a thread, or, with a pull request's number, of a review.
func told(comment obj, changes obj) []byte {
	payload := obj{
		"action": "created", "comment": comment, "sender": comment["user"],
		"repository": obj{"id": 77, "name": "widgets", "full_name": "octo/widgets", "private": false},
		"issue":      obj{"number": 12, "pull_request": obj{"url": "https://api.github.com/repos/octo/widgets/pulls/12"}},
	}
	if _, review := comment["pull_request_url"]; review {
		delete(payload, "issue")
		payload["pull_request"] = obj{"number": 12, "title": "Widen"}
	}
	maps.Copy(payload, changes)
	data, err := json.Marshal(payload)
	if err != nil {
		panic(err)
	}
	return data
}

// withTimes is a comment that was created and updated seconds after start.
func withTimes(comment obj, created, updated int) obj {
	comment["created_at"], comment["updated_at"] = stamp(created), stamp(updated)
	return comment
}

func signature(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// deliver makes the request that GitHub sends.
func deliver(event, guid string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, defaultPath, bytes.NewReader(body))
	sum := hmac.New(sha1.New, []byte(hookSecret))
	sum.Write(body)
	for name, value := range map[string]string{
		"Content-Type": "application/json", "X-GitHub-Event": event, "X-GitHub-Delivery": guid, "X-Hub-Signature-256": signature(hookSecret, body),
		"X-Hub-Signature": "sha1=" + hex.EncodeToString(sum.Sum(nil)),
	} {
		r.Header.Set(name, value)
	}
	return r
}

func respond(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// once takes requests as the bot does: what is known under its ID or its alias is not taken again, and that is no error.
type once struct {
	ear
	known map[string]bool
}

func (o *once) accept(ctx context.Context, r bot.Request) error {
	o.mu.Lock()
	repeated := o.known[r.ID] || r.Alias != "" && o.known[r.Alias]
	o.mu.Unlock()
	if repeated {
		return nil
	}
	if err := o.ear.accept(ctx, r); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known == nil {
		o.known = map[string]bool{}
	}
	o.known[r.ID], o.known[r.Alias] = true, r.Alias != ""
	return nil
}

func TestNewWebhook(t *testing.T) {
	t.Parallel()
	c := newFake(t).client(t, nil)
	for want, change := range map[string]func(*WebhookOptions){
		"0 are given":                func(o *WebhookOptions) { o.Secrets = nil },
		"3 are given":                func(o *WebhookOptions) { o.Secrets = slices.Repeat(o.Secrets, 3) },
		"one has 0 bytes":            func(o *WebhookOptions) { o.Secrets = append(o.Secrets, "") },
		"one has 15 bytes":           func(o *WebhookOptions) { o.Secrets = []string{hookSecret[:15]} },
		`listen: "8139" is no`:       func(o *WebhookOptions) { o.Listen = "8139" },
		`path: "hook" is no path`:    func(o *WebhookOptions) { o.Path = "hook" },
		"cannot be negative":         func(o *WebhookOptions) { o.Every = -1 },
		`hooks: "octo/x" is none of`: func(o *WebhookOptions) { o.Hooks = map[string]int64{"octo/x": 1} },
	} {
		o := WebhookOptions{Listen: "127.0.0.1:0", Secrets: []string{hookSecret}}
		change(&o)
		if _, err := NewWebhook(c, o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), hookSecret[:15]) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// The same comment, heard by both ways in either order, is one request: of each kind, and each command of it.
func TestPollAndWebhookHearOnce(t *testing.T) {
	t.Parallel()
	for _, k := range []kind{plain(), review()} {
		for _, first := range []string{"poll", "webhook"} {
			f, c, e := newFake(t), &thread{}, &once{}
			c.serve(f)
			c.add(501, 3, "/shipmate risk\n/shipmate files", nil)
			comment := c.comments[0]
			if k == review() {
				comment = reviewed(501, 3, "/shipmate risk\n/shipmate files")
				f.json("GET /repos/octo/widgets/pulls/comments", []obj{comment})
			}
			client := f.client(t, nil)
			if k == plain() { // a name that GitHub would not give is none
				other := &ear{}
				respond(newWebhook(t, client, nil).handler(other.accept), deliver(k.event, "not a GUID!", told(comment, nil)))
				if len(other.heard) != 2 || other.heard[0].Alias != "" {
					t.Errorf("heard %+v", other.heard)
				}
			}
			p := NewSource(client, &memoryCursors{saved: map[string]Cursor{k.cursor("octo/widgets"): {Since: start}}}).poll("octo/widgets", k, e.accept)
			h := newWebhook(t, client, nil).handler(e.accept)
			if first == "poll" {
				mustStep(t, p)
			}
			for _, guid := range []string{"guid-1", "guid-1", "guid-2"} {
				if got := respond(h, deliver(k.event, guid, told(comment, nil))).StatusCode; got != http.StatusAccepted {
					t.Errorf("%s: answered %d", k.event, got)
				}
			}
			mustStep(t, p)
			if first == "webhook" && (len(e.heard) != 2 || e.heard[0].Alias != "github:delivery/guid-1/0" || e.heard[1].Alias != "github:delivery/guid-1/1") {
				t.Errorf("%s: aliases of %+v", k.event, e.heard)
			}
			if got := e.texts(); !slices.Equal(got, []string{"risk", "files"}) {
				t.Errorf("%s, %s first: heard %q", k.event, first, got)
			}
			if got := p.pause(nil); got < hookFactor*p.o.Poll {
				t.Errorf("%s: with webhooks the pause is %v", k.event, got)
			}
		}
	}
}

// What is delivered and is no command of a person on a pull request is not heard.
func TestWebhookHears(t *testing.T) {
	t.Parallel()
	c := &thread{}
	c.add(1, 5, "/shipmate risk", nil)
	with := func(changes obj) obj { o := maps.Clone(c.comments[0]); maps.Copy(o, changes); return o }
	issue, plainEvent := obj{"issue": obj{"number": 12}}, plain().event
	for name, tt := range map[string]struct {
		event  string
		body   []byte
		status int
		heard  int
	}{
		"a person":                {plainEvent, told(with(nil), nil), 202, 1},
		"in a review":             {review().event, told(reviewed(1, 5, "/shipmate risk"), nil), 202, 1},
		"no command":              {plainEvent, told(with(obj{"body": "/lgtm"}), nil), 202, 0},
		"a bot":                   {plainEvent, told(with(obj{"user": obj{"login": "renovate", "type": "Bot"}}), nil), 202, 0},
		"itself":                  {plainEvent, told(with(obj{"user": obj{"login": "shipmate[bot]", "type": "Bot"}}), nil), 202, 0},
		"nobody":                  {plainEvent, told(with(obj{"user": nil}), nil), 202, 0},
		"its own, as a person":    {plainEvent, told(with(obj{"body": "/shipmate risk\n\n" + markerSign + "x -->"}), nil), 202, 0},
		"on an issue":             {plainEvent, told(with(nil), issue), 202, 0},
		"in a review, submitted":  {review().event, told(withTimes(reviewed(1, 5, "/shipmate risk"), -90000, 9), nil), 202, 1},
		"in an old review":        {review().event, told(withTimes(reviewed(1, 5, "/shipmate risk"), -90000, -90000), nil), 202, 0},
		"changed since":           {plainEvent, told(with(obj{"updated_at": stamp(9)}), nil), 202, 0},
		"too old":                 {plainEvent, told(with(obj{"created_at": stamp(-90000), "updated_at": stamp(-90000)}), nil), 202, 0},
		"edited":                  {plainEvent, told(with(nil), obj{"action": "edited"}), 204, 0},
		"deleted":                 {plainEvent, told(with(nil), obj{"action": "deleted"}), 204, 0},
		"another repository":      {plainEvent, told(with(nil), obj{"repository": obj{"id": 78, "full_name": "octo/secret"}}), 204, 0},
		"no repository":           {plainEvent, told(with(nil), obj{"repository": nil}), 204, 0},
		"ping":                    {"ping", []byte(`{"zen":"Keep it logically awesome.","hook_id":1}`), 204, 0},
		"a push":                  {"push", []byte(`{"ref":"refs/heads/main"}`), 204, 0},
		"an event to come":        {"comment_of_the_future", told(with(nil), nil), 204, 0},
		"another event's content": {review().event, told(with(nil), nil), 202, 0},
		"not JSON":                {plainEvent, []byte(`{"action":`), 400, 0},
		"other types":             {plainEvent, []byte(`{"action":["created"]}`), 400, 0},
		"no number":               {plainEvent, told(with(obj{"id": 0}), nil), 400, 0},
	} {
		e := &ear{}
		client := newFake(t).client(t, func(o *Options) { o.Login = "" })
		if got := respond(newWebhook(t, client, nil).handler(e.accept), deliver(tt.event, "g", tt.body)); got.StatusCode != tt.status || len(e.heard) != tt.heard {
			t.Errorf("%s: answered %d and heard %d, want %d and %d", name, got.StatusCode, len(e.heard), tt.status, tt.heard)
		}
	}
}

// A delivery is answered with success only when all its commands are durable.
func TestWebhookIsBusy(t *testing.T) {
	t.Parallel()
	c, e := &thread{}, &once{}
	c.add(1, 5, "/shipmate risk\n/shipmate files", nil)
	refuse := true
	h := newWebhook(t, newFake(t).client(t, nil), nil).handler(func(ctx context.Context, r bot.Request) error {
		if refuse && r.Text == "files" {
			return bot.ErrBusy
		}
		return e.accept(ctx, r)
	})
	got := respond(h, deliver(plain().event, "g", told(c.comments[0], nil)))
	if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
		t.Errorf("answered %d, %v", got.StatusCode, got.Header)
	}
	refuse = false
	if got := respond(h, deliver(plain().event, "g", told(c.comments[0], nil))); got.StatusCode != http.StatusAccepted || len(e.heard) != 2 {
		t.Errorf("answered %d, heard %d", got.StatusCode, len(e.heard))
	}
}
