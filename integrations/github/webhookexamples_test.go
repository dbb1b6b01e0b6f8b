package github

import (
	"compress/gzip"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"shipmate/bot"
)

// An example is a payload that GitHub sent.
type example struct {
	event string
	body  []byte
	obj   obj
}

// examples reads testdata/webhooks.json.gz: all 329 payloads of 58 events of the npm package @octokit/webhooks-examples 7.6.1 (MIT, see
// LICENSE.octokit-webhooks), packed by trim_webhooks.go, none of them shortened.
func examples(t testing.TB) []example {
	t.Helper()
	file, err := os.Open("testdata/webhooks.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var events []struct {
		Name     string
		Examples []json.RawMessage
	}
	if err := json.NewDecoder(unpacked).Decode(&events); err != nil {
		t.Fatal(err)
	}
	var out []example
	for _, e := range events {
		for _, body := range e.Examples {
			x := example{event: e.Name, body: body}
			if err := json.Unmarshal(body, &x.obj); err != nil {
				t.Fatal(err)
			}
			out = append(out, x)
		}
	}
	return out
}

const (
	exampleRepo = "Codertocat/Hello-World" // where most of the examples happened
	exampleTime = "2019-05-15T15:21:00Z"   // shortly after the comments among them were written
)

// exampleClient reads the examples' repository at the examples' time.
func exampleClient(t *testing.T, m bot.Meter) *Client {
	t.Helper()
	at, err := time.Parse(time.RFC3339, exampleTime)
	if err != nil {
		t.Fatal(err)
	}
	return newFake(t).client(t, func(o *Options) {
		o.Repos, o.Meter, o.Now = []string{exampleRepo}, m, func() time.Time { return at }
	})
}

// Every payload that GitHub gives as an example is acknowledged and counted, as its own event when it is one that is received, and none is
// called malformed. Nobody commands in them.
func TestWebhookExamples(t *testing.T) {
	t.Parallel()
	m, e := &counter{}, &ear{}
	h := newWebhook(t, exampleClient(t, m), nil).handler(e.accept)
	want, all := map[string]int{}, examples(t)
	for i, x := range all {
		name, status := x.event, http.StatusNoContent
		switch {
		case x.event == plain().event, x.event == review().event:
			if x.obj["action"] == "created" {
				status = http.StatusAccepted
			}
		case x.event != "ping":
			name = "other"
		}
		want["events_received_total source github type "+name]++
		if got := respond(h, deliver(x.event, "g", x.body)); got.StatusCode != status {
			t.Errorf("example %d, %s %v: answered %d, want %d", i, x.event, x.obj["action"], got.StatusCode, status)
		}
	}
	if len(all) != 329 || len(e.heard) != 0 {
		t.Errorf("%d examples, of which %d commands were heard", len(all), len(e.heard))
	}
	for _, outcome := range []string{"taken", "other action", "ping", "other event"} {
		want["webhook_deliveries_total outcome "+outcome] = m.counts["webhook_deliveries_total outcome "+outcome]
	}
	if !maps.Equal(m.counts, want) { // so no other outcome was counted
		t.Errorf("counted %v, want %v", m.counts, want)
	}
}

// onPull makes the issue of an example a pull request, as GitHub describes those.
func onPull(x example) obj {
	if issue, ok := x.obj["issue"].(obj); ok {
		const page = "https://github.com/" + exampleRepo + "/pull/1"
		issue["pull_request"] = obj{
			"url": "https://api.github.com/repos/" + exampleRepo + "/pulls/1", "html_url": page, "diff_url": page + ".diff",
			"patch_url": page + ".patch", "merged_at": nil,
		}
	}
	return x.obj
}

// None of the examples is a comment on a pull request. Made one, it commands when it was created, and not when it
// was changed or deleted; left on an issue, or with another signature, it does not. So does an example of a review comment.
func TestWebhookExampleOfACommand(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, x := range examples(t) {
		action, _ := x.obj["action"].(string)
		if x.event != plain().event && x.event != review().event {
			continue
		}
		seen[x.event+" "+action] = true
		x.obj["comment"].(obj)["body"] = "/shipmate risk"
		onIssue, err := json.Marshal(x.obj)
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(onPull(x))
		if err != nil {
			t.Fatal(err)
		}
		e := &ear{}
		h := newWebhook(t, exampleClient(t, nil), nil).handler(e.accept)
		if x.event == plain().event {
			respond(h, deliver(x.event, "g", onIssue))
		}
		forged := deliver(x.event, "g", body)
		forged.Header.Set("X-Hub-Signature-256", signature(hookSecret+"!", body))
		if got := respond(h, forged).StatusCode; got != http.StatusUnauthorized || len(e.heard) != 0 {
			t.Errorf("%s %s: forged or on an issue, answered %d and heard %d", x.event, action, got, len(e.heard))
		}
		respond(h, deliver(x.event, "g", body))
		for _, r := range e.heard {
			if r.From.ID != "Codertocat" || r.ReplyTo.Thread == "0" || r.Subject != exampleRepo+"#"+r.ReplyTo.Thread {
				t.Errorf("%s: heard %+v", x.event, r)
			}
		}
		var want []string
		if action == "created" {
			want = []string{"risk"}
		}
		if got := e.texts(); !slices.Equal(got, want) {
			t.Errorf("%s %s: heard %q, want %q", x.event, action, got, want)
		}
	}
	if len(seen) != 6 {
		t.Errorf("the examples have %v, want three actions of two events", seen)
	}
}
