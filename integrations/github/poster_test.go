package github

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shipmate/bot"
	sandbox "shipmate/sandbox/github"
)

func place(number int, message string) bot.Place {
	return bot.Place{Surface: bot.GitHub, Channel: "octo/widgets", Thread: fmt.Sprint(number), Message: message}
}

func mustPost(t *testing.T, p *Poster, to bot.Place, ref, key string, r bot.Reply) string {
	t.Helper()
	got, err := p.Post(t.Context(), to, ref, key, r)
	if err != nil {
		t.Fatalf("Post: %v", err)
	}
	return got
}

// One comment for each pull request: made once, edited when there is something else to say, left alone when there is not.
func TestPost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := NewPoster(w.client(nil))
	first := mustPost(t, p, place(merged, ""), "", "k1", bot.Reply{Title: "One", Next: []bot.Action{{Text: "risk"}}})
	shown := w.comments(merged)
	if len(shown) != 1 || fmt.Sprint(shown[0].ID) != first || shown[0].Author != sandbox.BotLogin || !strings.HasPrefix(shown[0].Body, "**One**\n\n") {
		t.Fatalf("posted %q, shown %+v", first, shown)
	}
	w.requests()
	for _, ref := range []string{first, "", "999999", "nonsense"} {
		if got := mustPost(t, p, place(merged, ""), ref, "k2", bot.Reply{Title: "One", Next: []bot.Action{{Text: "risk"}}}); got != first {
			t.Errorf("Post(ref %q) = %q, want %q", ref, got, first)
		}
	}
	if got := w.requests(); count(got, "POST") != 0 || count(got, "PATCH") != 0 {
		t.Errorf("the same words are written again: %v", got)
	}
	for i, ref := range []string{first, ""} {
		text := fmt.Sprintf("Two %d", i)
		if got := mustPost(t, p, place(merged, ""), ref, text, bot.Reply{Title: text, Card: "other"}); got != first {
			t.Errorf("Post(ref %q) = %q, want %q", ref, got, first)
		}
		if shown = w.comments(merged); len(shown) != 1 || !strings.HasPrefix(shown[0].Body, "**"+text+"**") {
			t.Errorf("shown %+v, want the one comment edited", shown)
		}
	}
	if got := w.requests(); count(got, "POST") != 0 || count(got, "PATCH") != 2 {
		t.Errorf("two edits took %v", got)
	}
	if other := mustPost(t, p, place(open, ""), "", "k", bot.Reply{Title: "One"}); other == first || len(w.comments(open)) != 1 {
		t.Errorf("another pull request shows %q", other)
	}
	if got, err := p.Post(t.Context(), place(open, ""), "", "k", bot.Reply{}); got != "" || err != nil || len(w.comments(open)) != 1 {
		t.Errorf("nothing to say: %q, %v", got, err)
	}
}

// Replies that arrive at the same time, from several conversations, make one comment all the same.
func TestPostAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := NewPoster(w.client(nil))
	refs := make([]string, 8)
	var posts sync.WaitGroup
	for i := range refs {
		posts.Go(func() {
			var err error
			if refs[i], err = p.Post(t.Context(), place(merged, ""), "", fmt.Sprint("k", i), bot.Reply{Title: fmt.Sprint("Reply ", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	posts.Wait()
	if shown := w.comments(merged); len(shown) != 1 || len(slices.Compact(refs)) != 1 {
		t.Errorf("got comments %q, shown %+v, want one", refs, shown)
	}
}

// A comment that somebody else edited, or deleted, is written again.
func TestPostRepairs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := NewPoster(w.client(nil))
	id := mustPost(t, p, place(merged, ""), "", "k", bot.Reply{Title: "Right"})
	body := w.comments(merged)[0].Body
	w.control("edit-comment", obj{"user": "ada", "id": w.comments(merged)[0].ID, "body": strings.Replace(body, "Right", "Wrong", 1)}, nil)
	if got := mustPost(t, p, place(merged, ""), id, "k2", bot.Reply{Title: "Right"}); got != id || !strings.Contains(w.comments(merged)[0].Body, "Right") {
		t.Errorf("an edited comment stays as %q", w.comments(merged)[0].Body)
	}
	w.control("delete-comment", obj{"user": "ada", "id": w.comments(merged)[0].ID}, nil)
	if got := mustPost(t, p, place(merged, ""), id, "k3", bot.Reply{Title: "Right"}); got == id || len(w.comments(merged)) != 1 {
		t.Errorf("after it was deleted, Post = %q, want a new one", got)
	}
}

// A comment is the bot's own when its author and its marker are; not by one of them.
func TestPostIsNotFooled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(nil)
	p := NewPoster(c)
	mine := mustPost(t, p, place(merged, ""), "", "k1", bot.Reply{Title: "Mine"})
	body := w.comments(merged)[0].Body
	w.control("delete-comment", obj{"user": "ada", "id": w.comments(merged)[0].ID}, nil)
	w.say("mallory", merged, body) // the marker, by somebody else
	if got := mustPost(t, p, place(merged, ""), "", "k1", bot.Reply{Title: "Mine"}); got == mine || len(w.comments(merged)) != 2 {
		t.Errorf("a copy of the marker by another author is taken for the bot's comment")
	}
	otherKey := w.client(func(o *Options) { o.MarkerKey = []byte(strings.Repeat("x", 32)) })
	for name, forged := range map[string]string{
		"from another pull request": body, // signed for 7, shown on 8
		"signed with another key":   "x\n\n" + newSigner(otherKey.key, c.host, 1, open).line(marker{card: "pull", keys: digest("k1"), hash: digest("x")}),
		"without a signature":       "x\n\n<!-- shipmate:pull v1 -->",
		"none":                      "x",
	} {
		own := target{Ref: Ref{"octo", "widgets", open}, login: sandbox.BotLogin, sign: newSigner(c.key, c.host, 1, open)}
		if _, _, ok := own.sign.read(forged); ok {
			t.Errorf("%s: the marker is believed", name)
		}
	}
	// The bot's own comment, moved: written by the bot's account on 8 with the marker of 7.
	if err := w.raw(http.MethodPost, "/repos/octo/widgets/issues/8/comments", obj{"body": body}); err != nil {
		t.Fatal(err)
	}
	if _, found, err := p.Find(t.Context(), place(open, ""), "k1"); err != nil || found {
		t.Errorf("Find on another pull request: %v, %v", found, err)
	}
	mustPost(t, p, place(open, ""), "", "k9", bot.Reply{Title: "Here"})
	if got := w.comments(open); len(got) != 2 {
		t.Errorf("%d comments, want the moved one and a new one", len(got))
	}
}

// raw writes with the bot's token, past the Poster.
func (w *world) raw(method, path string, body obj) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+"/api/v3"+path, strings.NewReader(string(data)))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+sandbox.BotToken())
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	return nil
}

// The bot's comment is found behind many others.
func TestFindBehindManyComments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 130 {
		w.say("ben", merged, fmt.Sprint("comment ", i))
	}
	p := NewPoster(w.client(nil))
	ref := mustPost(t, p, place(merged, ""), "", "k", bot.Reply{Title: "One"})
	if got := mustPost(t, p, place(merged, ""), "", "k2", bot.Reply{Title: "Two"}); got != ref {
		t.Errorf("Post = %q, want %q", got, ref)
	}
}

func TestReactions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := NewPoster(w.client(nil))
	asked := w.say("ada", merged, "/shipmate sumarize")
	to := place(merged, fmt.Sprint(asked))
	for range 2 {
		p.Working(t.Context(), to)
		if ref := mustPost(t, p, to, "", "k", bot.Reply{Title: "I do not know sumarize.", Unknown: true}); ref != "" {
			t.Errorf("Post of what was not understood = %q, want nothing", ref)
		}
	}
	eventually(t, "eyes are shown", func() bool { return w.comments(merged)[0].Reactions["eyes"] == 1 })
	eventually(t, "no reaction is under way", func() bool { return len(p.c.reactions) == 0 })
	got := w.comments(merged)
	if len(got) != 1 || got[0].Reactions["confused"] != 1 || got[0].Reactions["eyes"] != 1 {
		t.Errorf("shown %+v, want one of each reaction and no comment", got)
	}
	w.requests()
	p.Working(t.Context(), place(merged, "")) // nobody asked by a comment
	eventually(t, "no reaction is under way", func() bool { return len(p.c.reactions) == 0 })
	if got := w.requests(); len(got) != 0 {
		t.Errorf("asked %v", got)
	}
}

// Why a request was not carried out stands below the last answer, does not pile up, and goes with the next answer.
func TestPostOfFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := NewPoster(w.client(nil))
	to := func() bot.Place { return place(merged, fmt.Sprint(w.say("ada", merged, "/shipmate files nowhere.go"))) }
	failed := func(text string) bot.Reply {
		return bot.Reply{Title: text, Failed: true, Next: []bot.Action{{Text: "files octo/widgets#7"}}}
	}
	summary := bot.Reply{Title: "Summary", Blocks: bot.Blocks{bot.Code{Text: "a\n\n---\n\nb"}}}
	const also = "\n\n<sub>Also: `/shipmate files`</sub>"
	answer := "**Summary**\n\n```\na\n\n---\n\nb\n```"
	for i, step := range []struct {
		reply bot.Reply
		want  string
	}{
		{failed("No file nowhere.go"), "**No file nowhere.go**" + also},
		{failed("No `other` file"), "**No \\`other\\` file**" + also},
		{summary, answer},
		{failed("No file nowhere.go"), answer + "\n\n---\n\n**No file nowhere.go**" + also},
		{failed("No file x"), answer + "\n\n---\n\n**No file x**" + also},
		{summary, answer},
	} {
		asked := to()
		ref := mustPost(t, p, asked, "", fmt.Sprint("k", i), step.reply)
		for _, c := range w.comments(merged) {
			switch text, _, _ := strings.Cut(c.Body, "\n\n<!-- shipmate:"); {
			case fmt.Sprint(c.ID) == ref && text != step.want:
				t.Errorf("step %d shows\n%s\nwant\n%s", i, text, step.want)
			case fmt.Sprint(c.ID) == asked.Message && (c.Reactions["confused"] == 1) != step.reply.Failed:
				t.Errorf("step %d: reactions %v", i, c.Reactions)
			case c.Author == sandbox.BotLogin && fmt.Sprint(c.ID) != ref:
				t.Errorf("step %d: a second comment %q", i, text)
			}
		}
	}
	// The longest answer leaves room for the longest failure; what somebody else made of the comment is not kept.
	ref := mustPost(t, p, to(), "", "k", bot.Reply{Title: "Long", Blocks: bot.Blocks{bot.Code{Text: strings.Repeat("line\n", 20_000)}}})
	w.requests()
	mustPost(t, p, to(), ref, "k2", failed(strings.Repeat("<", 10_000)))
	shown := func() (c shown) {
		for _, c = range w.comments(merged) {
			if fmt.Sprint(c.ID) == ref {
				break
			}
		}
		return c
	}
	long := shown()
	if !strings.HasPrefix(long.Body, "**Long**") || !strings.Contains(long.Body, rule+"**") || len(long.Body) > maxComment {
		t.Fatalf("after a long failure %d bytes: %.200s", len(long.Body), long.Body)
	}
	w.control("edit-comment", obj{"user": "ada", "id": long.ID, "body": strings.Replace(long.Body, "Long", "Lies", 1)}, nil)
	mustPost(t, p, to(), ref, "k3", failed("No"))
	if got := shown().Body; !strings.HasPrefix(got, "**No**") || strings.Contains(got, "Lies") {
		t.Errorf("after somebody else's edit it shows %.200s", got)
	}
}

// The commands of one comment are answered below each other, each once; the next comment begins anew.
func TestPostOfSeveralCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := NewPoster(w.client(nil))
	asked := place(merged, fmt.Sprint(w.say("ada", merged, "/shipmate risk\n/shipmate files x\n/shipmate files\n/shipmate files y")))
	next := place(merged, fmt.Sprint(w.say("ada", merged, "/shipmate risk")))
	for i, step := range []struct {
		to    bot.Place
		key   string
		reply bot.Reply
		want  string
	}{
		{next, "k0", bot.Reply{Title: "Old", Card: strings.Repeat("long", 20)}, "**Old**"},
		{asked, "k1", bot.Reply{Title: "Risk"}, "**Risk**"},
		{asked, "k2", bot.Reply{Title: "No x", Failed: true}, "**Risk**|**No x**"},
		{asked, "k3", bot.Reply{Title: "Files"}, "**Risk**|**No x**|**Files**"},
		{asked, "k3", bot.Reply{Title: "Files"}, "**Risk**|**No x**|**Files**"},
		{asked, "k4", bot.Reply{Title: "No y", Failed: true}, "**Risk**|**No x**|**Files**|**No y**"},
		{next, "k5", bot.Reply{Title: "No z", Failed: true}, "**Risk**|**No x**|**Files**|**No z**"},
		{next, "k6", bot.Reply{Blocks: bot.Blocks{bot.Code{Text: strings.Repeat("x", 40_000)}}}, "**Risk**|**No x**|**Files**|**No z**|```\n" + strings.Repeat("x", 40_000) + "\n```"},
		{next, "k7", bot.Reply{Blocks: bot.Blocks{bot.Code{Text: strings.Repeat("y", 40_000)}}}, "```\n" + strings.Repeat("y", 40_000) + "\n```"},
		{asked, "k8", bot.Reply{Title: "New"}, "**New**"},
	} {
		ref := mustPost(t, p, step.to, "", step.key, step.reply)
		for _, c := range w.comments(merged) {
			text, _, _ := strings.Cut(c.Body, "\n\n<!-- shipmate:")
			if text = strings.ReplaceAll(text, rule, "|"); fmt.Sprint(c.ID) == ref && text != step.want {
				t.Errorf("step %d shows\n%.300s\nwant\n%.300s", i, text, step.want)
			}
		}
		if _, found, err := p.Find(t.Context(), step.to, step.key); !found || err != nil {
			t.Errorf("step %d: Find: %v, %v", i, found, err)
		}
	}
}

// What cannot be posted is an error, and a write that failed is not tried again.
func TestPostFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := bot.Reply{Title: "One"}
	for name, to := range map[string]bot.Place{
		"another surface":    {Surface: bot.Slack, Channel: "octo/widgets", Thread: "7"},
		"another repository": {Surface: bot.GitHub, Channel: "octo/secret", Thread: "7"},
		"no number":          {Surface: bot.GitHub, Channel: "octo/widgets", Thread: ""},
		"number 0":           {Surface: bot.GitHub, Channel: "octo/widgets", Thread: "0"},
		"no comment":         {Surface: bot.GitHub, Channel: "octo/widgets", Thread: "7", Message: "C12"},
	} {
		if _, err := NewPoster(w.client(nil)).Post(t.Context(), to, "", "k", good); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := NewPoster(w.client(func(o *Options) { o.MarkerKey = nil })).Post(t.Context(), place(merged, ""), "", "k", good); err == nil {
		t.Error("without a key: no error")
	}
	if got := w.requests(); len(got) != 0 {
		t.Errorf("asked %v", got)
	}
	for _, fault := range []sandbox.Fault{{Status: 500}, {Status: 403}, {Status: 422}, {Status: 0}, {Status: 403, Headers: map[string]string{"Retry-After": "60"}}} {
		fault.Method, fault.PathContains, fault.Times = "POST", "/comments", -1
		w.Inject(fault)
		w.requests()
		if _, err := NewPoster(w.client(nil)).Post(t.Context(), place(merged, ""), "", "k", good); err == nil {
			t.Errorf("fault %+v: no error", fault)
		}
		if got := count(w.requests(), "POST"); got > 1 {
			t.Errorf("fault %+v: written %d times", fault, got)
		}
		w.ClearFaults()
	}
}

// An answer that got lost after the comment was made leads to no second comment.
func TestPostAfterLostAnswer(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var mu sync.Mutex
	var made []obj
	f.handle("GET /repos/octo/widgets/issues/12/comments", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		data, _ := json.Marshal(slices.Concat([]obj{}, made))
		answerWith(w, 200, string(data))
	})
	f.handle("POST /repos/octo/widgets/issues/12/comments", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		var in obj
		data, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(data, &in)
		made = append(made, obj{"id": 900 + len(made), "body": in["body"], "user": obj{"login": "shipmate[bot]"}})
		panic(http.ErrAbortHandler) // the comment is there, the answer is not
	})
	p := NewPoster(f.client(t, nil))
	if _, err := p.Post(t.Context(), place(12, ""), "", "k", bot.Reply{Title: "One"}); err == nil {
		t.Fatal("a lost answer is no error")
	}
	if ref, found, err := p.Find(t.Context(), place(12, ""), "k"); ref != "900" || !found || err != nil {
		t.Errorf("Find = %q, %v, %v; want the comment", ref, found, err)
	}
	if ref := mustPost(t, p, place(12, ""), "", "k", bot.Reply{Title: "One"}); ref != "900" || len(made) != 1 {
		t.Errorf("Post again = %q, %d comments; want the same one", ref, len(made))
	}
}

func TestCardName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "pull", "pull": "pull", "Pull:octo/Widgets#12": "pull-octo-widgets-12", "-->": "pull", "--->x": "-x", strings.Repeat("a", 99): strings.Repeat("a", maxCard)} {
		if got := cardName(in); got != want || !markerForm.MatchString(newSigner(nil, "", 0, 0).line(marker{card: cardFor(got, "r9223372036854775807"), keys: digest(""), hash: digest("")})) {
			t.Errorf("cardName(%q) = %q, want %q", in, got, want)
		}
	}
}

// From a comment to the answer, through the stand-in: what is said after the start is heard within a moment, and the bot does not hear itself.
func TestConversation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(nil)
	cursors := &memoryCursors{saved: map[string]Cursor{"octo/widgets": {Since: time.Now().Add(-time.Minute).UTC().Truncate(time.Second)}}}
	p := NewPoster(c)
	heard := make(chan bot.Request, 10)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		err := NewSource(c, cursors).Run(ctx, func(_ context.Context, r bot.Request) error { heard <- r; return nil })
		if err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	for i, command := range []string{"summarize", "risk"} {
		id := w.say("ada", open, "Please!\n\n@shipmate "+command)
		var r bot.Request
		select {
		case r = <-heard:
		case <-time.After(60 * time.Second):
			t.Fatal("the command is not heard")
		}
		if r.Text != command || r.From.ID != "ada" || r.ReplyTo != place(open, fmt.Sprint(id)) || r.Subject != "octo/widgets#8" {
			t.Fatalf("heard %+v", r)
		}
		if role, err := c.Role(ctx, r); role != bot.Admin || err != nil {
			t.Errorf("Role = %v, %v; want admin", role, err)
		}
		mustPost(t, p, r.ReplyTo, "", r.ID, bot.Reply{Title: fmt.Sprint("Answer ", i), Next: []bot.Action{{Text: "files"}}})
	}
	mine := 0
	for _, comment := range w.comments(open) {
		if comment.Author == sandbox.BotLogin {
			mine++
		}
	}
	if mine != 1 {
		t.Errorf("%d comments of the bot, want 1", mine)
	}
	w.say("ada", open, "/shipmate last")
	if r := <-heard; r.Text != "last" {
		t.Errorf("heard %q from %s in between", r.Text, r.From.ID)
	}
}
