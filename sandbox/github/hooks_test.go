package github_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	gh "github.com/google/go-github/v60/github"

	"shipmate/sandbox/github"
)

const hookSecret = "a secret of the test"

// told is what a receiver of webhooks got.
type told struct {
	event, guid string
	payload     any // as go-github parses it
}

// A receiver is a server that events are sent to.
type receiver struct {
	t      testing.TB
	url    string
	got    chan told
	status chan int // what the next deliveries are answered with; 204 when there is none
}

func newReceiver(t testing.TB) *receiver {
	r := &receiver{t: t, got: make(chan told, 100), status: make(chan int, 100)}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		raw, err := gh.ValidatePayload(req, []byte(hookSecret))
		if err != nil || req.Header.Get(gh.SHA256SignatureHeader) == "" {
			t.Errorf("signature: %v", err)
		}
		event, err := gh.ParseWebHook(gh.WebHookType(req), raw)
		if err != nil {
			t.Errorf("payload: %v", err)
		}
		code := http.StatusNoContent
		select {
		case code = <-r.status:
		default:
		}
		w.WriteHeader(code)
		if code != http.StatusNoContent {
			io.WriteString(w, "no")
		}
		r.got <- told{gh.WebHookType(req), gh.DeliveryID(req), event}
	}))
	t.Cleanup(web.Close)
	r.url = web.URL
	return r
}

// next is the next event, which must be of the given kind.
func next[T any](r *receiver) (T, told) {
	r.t.Helper()
	select {
	case got := <-r.got:
		payload, ok := got.payload.(T)
		if !ok {
			r.t.Fatalf("got %s, want another event", got.event)
		}
		return payload, got
	case <-time.After(60 * time.Second):
		r.t.Fatal("nothing was delivered")
	}
	panic("not reached")
}

// listen makes the receiver the repository's webhook and returns its id.
func (b *bench) listen(r *receiver) int64 {
	b.t.Helper()
	var made struct{ ID int64 }
	b.control(200, "POST", "webhook", map[string]string{"url": r.url, "secret": hookSecret}, &made)
	if ping, _ := next[*gh.PingEvent](r); ping.GetHookID() != made.ID || ping.GetHook().GetConfig().GetSecret() == hookSecret {
		b.t.Errorf("ping %v, want it to name hook %d", ping, made.ID)
	}
	return made.ID
}

func TestWebhookOfComments(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	r := newReceiver(t)
	b.listen(r)
	m := b.comment(2, "hello")
	e, _ := next[*gh.IssueCommentEvent](r)
	if e.GetAction() != "created" || e.GetComment().GetBody() != "hello" || e.GetComment().GetURL() != m.GetURL() || e.GetIssue().GetNumber() != 2 ||
		!e.GetIssue().IsPullRequest() || e.GetSender().GetLogin() != github.BotLogin || e.GetRepo().GetFullName() != "octo/widgets" {
		t.Errorf("created: %+v", e)
	}
	b.control(200, "POST", "edit-comment", map[string]any{"id": m.GetID(), "body": "bye"}, nil)
	e, _ = next[*gh.IssueCommentEvent](r)
	if e.GetAction() != "edited" || e.GetChanges().GetBody().GetFrom() != "hello" || e.GetComment().GetBody() != "bye" || e.GetSender().GetLogin() != "ada" {
		t.Errorf("edited: %+v", e)
	}
	if _, err := b.client.Issues.DeleteComment(t.Context(), b.owner, b.repo, m.GetID()); err != nil {
		t.Fatal(err)
	}
	if e, _ = next[*gh.IssueCommentEvent](r); e.GetAction() != "deleted" || e.GetComment().GetID() != m.GetID() {
		t.Errorf("deleted: %+v", e)
	}
	b.control(200, "POST", "webhook", map[string]string{}, nil)
	b.comment(2, "nobody listens")
	for _, url := range []string{"ftp://127.0.0.1/", "http://example.com/", "://"} {
		b.control(400, "POST", "webhook", map[string]string{"url": url}, nil)
	}
	if len(r.got) > 0 {
		t.Errorf("%d events after the hook was removed", len(r.got))
	}
}

func TestWebhookOfPulls(t *testing.T) {
	t.Parallel()
	c, repo := newClock(), widgets(t)
	b := start(t, github.Options{Repo: repo.dir, Now: c.now})
	open := b.pulls("open")
	r := newReceiver(t)
	b.listen(r)
	look := func() { // the repository is looked at again when somebody asks later
		c.forward(time.Minute)
		b.pulls("open")
	}
	repo.git("branch", "-q", "fresh")
	push := func(content, message string) string {
		repo.git("checkout", "-q", "fresh")
		repo.write("fresh.txt", content)
		head := repo.commit(message)
		repo.git("checkout", "-q", "main") // the default branch is the one checked out
		return head
	}
	head := push("fresh\n", "Something fresh")
	look()
	e, _ := next[*gh.PullRequestEvent](r)
	if e.GetAction() != "opened" || e.GetPullRequest().GetTitle() != "Something fresh" || e.GetNumber() <= open[0].GetNumber() || e.GetPullRequest().GetAdditions() != 1 {
		t.Errorf("opened: %+v", e)
	}
	after := push("fresher\n", "Fresher")
	look()
	if e, _ = next[*gh.PullRequestEvent](r); e.GetAction() != "synchronize" || e.GetBefore() != head || e.GetAfter() != after {
		t.Errorf("synchronize: %s %s %s", e.GetAction(), e.GetBefore(), e.GetAfter())
	}
	repo.merge("fresh", fmt.Sprintf("Merge pull request #%d from octo/fresh\n\nSomething fresh", e.GetNumber()))
	repo.git("branch", "-q", "-D", "fresh")
	look()
	for { // the other open ones may be told of first
		if e, _ = next[*gh.PullRequestEvent](r); e.GetAction() == "closed" {
			break
		}
	}
	if !e.GetPullRequest().GetMerged() || e.GetPullRequest().GetHead().GetSHA() != after {
		t.Errorf("closed: %+v", e.GetPullRequest())
	}
}

// deliveries waits until so many are listed.
func (b *bench) deliveries(hook int64, want int) []*gh.HookDelivery {
	b.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		got := must[[]*gh.HookDelivery](b.t)(b.client.Repositories.ListHookDeliveries(b.t.Context(), b.owner, b.repo, hook, nil))
		if len(got) == want {
			return got
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("deliveries %v, want %d", got, want)
		}
	}
}

func TestRedelivery(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	ctx := t.Context()
	r := newReceiver(t)
	hook := b.listen(r)
	r.status <- http.StatusBadGateway
	b.comment(2, "lost")
	_, lost := next[*gh.IssueCommentEvent](r)
	b.comment(2, "heard")
	next[*gh.IssueCommentEvent](r)
	got := b.deliveries(hook, 3)
	if got[2].GetEvent() != "ping" || got[1].GetStatusCode() != 502 || got[1].GetGUID() != lost.guid || got[0].GetStatus() != "OK" {
		t.Fatalf("deliveries %v", got)
	}
	full := must[*gh.HookDelivery](t)(b.client.Repositories.GetHookDelivery(ctx, b.owner, b.repo, hook, got[1].GetID()))
	if full.Request.GetHeaders()["X-Github-Delivery"] != lost.guid || string(*full.Response.RawPayload) != `"no"` {
		t.Errorf("delivery %v", full)
	}
	_, _, err := b.client.Repositories.RedeliverHookDelivery(ctx, b.owner, b.repo, hook, got[1].GetID())
	if _, accepted := errors.AsType[*gh.AcceptedError](err); err != nil && !accepted {
		t.Fatal(err)
	}
	if e, second := next[*gh.IssueCommentEvent](r); e.GetComment().GetBody() != "lost" || second.guid != lost.guid {
		t.Errorf("redelivered: %q as %s, want the same GUID", e.GetComment().GetBody(), second.guid)
	}
	if got = b.deliveries(hook, 4); !got[0].GetRedelivery() || got[0].GetStatusCode() != 204 {
		t.Errorf("deliveries %v", got)
	}
}

func TestDeliveriesPageByPage(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	r := newReceiver(t)
	hook := b.listen(r)
	for range 3 {
		b.comment(2, "x")
	}
	b.deliveries(hook, 4)
	var ids []int64
	for o := (&gh.ListCursorOptions{PerPage: 3}); ; {
		page, resp, err := b.client.Repositories.ListHookDeliveries(t.Context(), b.owner, b.repo, hook, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page {
			ids = append(ids, d.GetID())
		}
		if o.Cursor = resp.Cursor; o.Cursor == "" {
			break
		}
	}
	if len(ids) != 4 || !slices.IsSortedFunc(ids, func(a, b int64) int { return int(b - a) }) {
		t.Errorf("got %v, want four, newest first", ids)
	}
	hooks := must[[]*gh.Hook](t)(b.client.Repositories.ListHooks(t.Context(), b.owner, b.repo, nil))
	if len(hooks) != 1 || hooks[0].GetID() != hook || hooks[0].GetConfig().GetURL() != r.url {
		t.Errorf("hooks %v", hooks)
	}
	must[*gh.Hook](t)(b.client.Repositories.GetHook(t.Context(), b.owner, b.repo, hook))
}

// delivered is the id of the first delivery to a hook, once it is listed.
func (b *bench) delivered(hook string) string {
	b.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		var list []struct{ ID int64 }
		_, raw := b.send("GET", "/api/v3/repos/octo/widgets/hooks/"+hook+"/deliveries", "")
		if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
			return strconv.FormatInt(list[len(list)-1].ID, 10)
		}
	}
	b.t.Fatal("nothing was delivered")
	return ""
}

func TestDeliveryToNobody(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	web := httptest.NewServer(http.NotFoundHandler())
	web.Close()
	var made struct{ ID int64 }
	b.control(200, "POST", "webhook", map[string]string{"url": web.URL}, &made)
	b.delivered(strconv.FormatInt(made.ID, 10))
	got := must[[]*gh.HookDelivery](t)(b.client.Repositories.ListHookDeliveries(t.Context(), b.owner, b.repo, made.ID, nil))
	if len(got) != 1 || got[0].GetStatusCode() != 0 || got[0].GetStatus() != "failed to connect to host" {
		t.Errorf("deliveries %v", got)
	}
}
