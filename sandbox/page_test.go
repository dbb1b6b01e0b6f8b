package sandbox_test

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"shipmate/sandbox"
	"shipmate/sandbox/browsertest"
)

func plain(text string) map[string]any  { return map[string]any{"type": "plain_text", "text": text} }
func mrkdwn(text string) map[string]any { return map[string]any{"type": "mrkdwn", "text": text} }
func button(id, label, value string) map[string]any {
	return map[string]any{"type": "button", "action_id": id, "text": plain(label), "value": value}
}

// A person mentions the bot, reads its answer in the thread, presses a button, and everything arrives where it should.
func TestBrowserConversation(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	s := start(t, sandbox.Options{})
	bot := connect(t, s)
	b.Open(s.URL(), 1280, 800, "light")

	b.Shows(".welcome .suggestion", "@shipmate summarize #7")
	b.Until("document.querySelector('.sidebar .presence.on')")
	b.TypeInto("#main .composer-text", "@ship")
	b.Shows(".completion[aria-selected=true]", "shipmate")
	b.Press("Enter")
	b.Do(chromedp.KeyEvent("summarize #7"))
	b.Press("Enter")
	asked := bot.wait("the mention", func(e heard) bool { return e.Payload.Event.Type == "app_mention" })
	if got, want := asked.Payload.Event.Text, "<@U0SHIPMATE> summarize #7"; got != want {
		t.Errorf("the mention: got %q, want %q", got, want)
	}
	b.Shows(".message .mention", "@shipmate")

	ts, channel := asked.Payload.Event.TS, asked.Payload.Event.Channel
	bot.call("assistant.threads.setStatus", bot.access.SlackBotToken,
		url.Values{"channel_id": {channel}, "thread_ts": {ts}, "status": {"is reading #7…"}}, nil)
	b.Shows(".status-line", "Shipmate is reading #7")
	bot.post(channel, ts, "Five retries", []any{
		map[string]any{"type": "header", "text": plain("Retry webhooks")},
		map[string]any{"type": "section", "text": mrkdwn("*Risk* low, `retry.go` & <https://example.com/a|more>")},
		map[string]any{"type": "actions", "block_id": "next", "elements": []any{button("ask", "Files", "files #7"), button("ask2", "Risk", "risk #7")}},
	})
	b.Shows(".reply-count", "1 reply")
	b.Until("!document.querySelector('.status-line')")
	b.Click(".thread-summary", "1 reply")
	b.Shows("#side .header", "Retry webhooks")
	b.Shows("#side strong", "Risk")
	b.Shows(`#side a[href="https://example.com/a"][rel="noopener noreferrer"]`, "more")

	b.Click("#side .button", "Risk")
	clicked := bot.wait("the click", func(e heard) bool { return e.Payload.Type == "block_actions" })
	if a := clicked.Payload.Actions[0]; a.ActionID != "ask2" || a.BlockID != "next" || a.Value != "risk #7" || clicked.Payload.User.ID != "U0ADA" {
		t.Errorf("the click: got %+v by %s, want ask2 in next with risk #7 by U0ADA", a, clicked.Payload.User.ID)
	}
	log := control[struct{ Calls []map[string]any }](t, s, "GET", "slack/log", nil)
	if !strings.Contains(fmt.Sprint(log.Calls), "interactive") {
		t.Errorf("the log has no interactive delivery: %v", log.Calls)
	}

	b.TypeInto("#side .composer-text", "and the files?")
	b.Press("Enter")
	reply := bot.wait("the reply", func(e heard) bool { return e.Payload.Event.Text == "and the files?" })
	if reply.Payload.Event.ThreadTS != ts {
		t.Errorf("the reply's thread: got %q, want %q", reply.Payload.Event.ThreadTS, ts)
	}
	b.Shows(".reply-count", "2 replies")
	b.Press("Escape")
	b.Until("document.querySelector('#side').hidden && location.hash === '#/c/C0ENG'")
}

// What a person can do to messages: edit with Arrow Up, react, delete, act as somebody else.
func TestBrowserOwnMessages(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	s := start(t, sandbox.Options{})
	b.Open(s.URL()+"/#/c/eng", 1280, 800, "light")
	b.TypeInto("#main .composer-text", "helo *all* & <you>")
	b.Press("Enter")
	b.Shows(".message strong", "all")
	b.Shows(".message", "helo all & <you>")

	b.Press("ArrowUp")
	b.Until("document.activeElement.value === 'helo *all* & <you>'")
	browsertest.Eval[any](b, "document.activeElement.select()")
	b.Do(chromedp.KeyEvent("hello `all`"))
	b.Press("Enter")
	b.Shows(".message code", "all")
	b.Shows(".edited", "(edited)")
	if got := control[said](t, s, "GET", "slack/messages?channel=C0ENG", nil).Messages[0].Text; got != "hello `all`" {
		t.Errorf("the edited text: got %q", got)
	}

	browsertest.Eval[any](b, `{ window.toasts = ''; new MutationObserver(() => { window.toasts += document.querySelector('.toast')?.innerText ?? ''; })
		.observe(document.body, { childList: true }); }`)
	b.TypeInto("#main .composer-text", "/shipmat help")
	b.Press("Enter")
	b.Until("window.toasts.includes('/shipmat is not a command here. There is /shipmate.')")
	b.Until("document.querySelector('#main .composer-text').value === '/shipmat help'")

	browsertest.Eval[any](b, "document.querySelector('.message').focus()")
	b.Click(".toolbar [aria-label='Add reaction']", "")
	b.Click(".picker-item[aria-label=white_check_mark]", "")
	b.Until("document.querySelector('.reaction.mine').ariaLabel === 'white_check_mark, 1'")
	b.Click(".reaction.mine", "1")
	b.Until("!document.querySelector('.reaction:not(.add)')")

	b.Click(".person", "Ada")
	b.Click(".menu-item", "Gus")
	b.Shows(".person", "guest")
	b.Until("![...document.querySelectorAll('.entry')].some((el) => el.innerText.includes('finops'))")
	b.TypeInto("#main .composer-text", "from the guest")
	b.Press("Enter")
	b.Shows(".message .author", "Gus Ferreira")
	b.Do(chromedp.Reload())
	b.Shows(".person", "Gus Ferreira")
	b.Shows(".message", "from the guest")

	browsertest.Eval[any](b, "[...document.querySelectorAll('.message')].at(-1).focus()")
	b.Until("document.activeElement.querySelector('[aria-label=\"More actions\"]').checkVisibility({ visibilityProperty: true })")
	browsertest.Eval[any](b, "document.activeElement.querySelector('[aria-label=\"More actions\"]').click()")
	b.Click(".menu-item", "Delete")
	b.Click("dialog .button", "Delete")
	b.Until("!document.body.innerText.includes('from the guest')")
}

// The list of pull requests, one of them, its files, and comments from both sides.
func TestBrowserPullRequests(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	s := start(t, sandbox.Options{})
	bot := connect(t, s)
	b.Open(s.URL()+"/#/pulls", 1280, 800, "light")
	b.Shows(".pager", "3 in all")
	b.Click(".segment", "Open")
	b.Shows(".pull-row", "docs: how to rotate tokens")
	b.Until("document.querySelectorAll('.pull-row').length === 1 && location.hash === '#/pulls?state=open'")
	b.Click(".segment", "All")
	b.TypeInto(".pulls-search", "retry")
	b.Until("document.querySelectorAll('.pull-row').length === 1")
	b.Click(".pull-row", "webhooks")
	b.Shows(".pull-name", strangersTitle)
	b.Shows(".state", "Merged")

	b.TypeInto(".comment-text", "/shipmate summarize")
	b.Click(".comment-box .button", "Comment")
	b.Shows(".comment", "/shipmate summarize")
	bot.comment("7", "### Summary\n\n| File | Lines |\n|---|--:|\n| `retry.go` | 2 |\n\n<!-- marker -->\n<details><summary>More</summary>\n\n- one\n  - two\n\n</details>")
	b.Shows(".comment.by-bot h3", "Summary")
	b.Shows(".comment.by-bot td", "retry.go")
	b.Click(".comment.by-bot summary", "More")
	b.Shows(".comment.by-bot li li", "two")
	b.Until("!document.body.innerText.includes('marker')")
	b.Shows(".tab", "Conversation2")

	b.Click(".tab", "Files")
	b.Shows(".diff .add", "+const max = 5")
	b.Shows(".diff .del", "-const max = 3")
	sum := sha256.Sum256([]byte("retry.go"))
	bot.comment("7", fmt.Sprintf("see [the file](%s/octo/widgets/pull/7/files#diff-%x)", s.URL(), sum))
	b.Click(".tab", "Conversation")
	b.Click(".comment a", "the file")
	b.Until("document.activeElement.closest('.diff-file')?.innerText.includes('retry.go')")
	b.Click(".button", "Summarize in #eng")
	asked := bot.wait("the mention", func(e heard) bool { return e.Payload.Event.Type == "app_mention" })
	if got, want := asked.Payload.Event.Text, "<@U0SHIPMATE> summarize #7"; got != want {
		t.Errorf("the mention: got %q, want %q", got, want)
	}
	b.Until("location.hash.startsWith('#/c/C0ENG')")
	b.Shows("#main .message", "summarize #7")
}

// An app's modal is filled in and submitted.
func TestBrowserModal(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	s := start(t, sandbox.Options{})
	bot := connect(t, s)
	b.Open(s.URL()+"/#/c/eng", 1280, 800, "light")
	bot.post("C0ENG", "", "Report?", []any{map[string]any{"type": "actions", "elements": []any{button("open", "Report", "1")}}})
	b.Click("#main .button", "Report")
	trigger := bot.wait("the click", func(e heard) bool { return e.Payload.Type == "block_actions" }).Payload.TriggerID
	bot.call("views.open", bot.access.SlackBotToken, url.Values{"trigger_id": {trigger}, "view": {`{"type":"modal","title":{"type":"plain_text","text":"Incident"},
		"submit":{"type":"plain_text","text":"Declare"},"blocks":[{"type":"input","block_id":"what","label":{"type":"plain_text","text":"What is broken?"},
		"element":{"type":"plain_text_input","action_id":"text"}}]}`}}, nil)
	b.Shows("dialog .dialog-title", "Incident")
	b.TypeInto("dialog input", "the checkout")
	b.Click("dialog .button", "Declare")
	sent := bot.wait("the submission", func(e heard) bool { return e.Payload.Type == "view_submission" })
	if got := sent.Payload.View.State.Values["what"]["text"].Value; got != "the checkout" {
		t.Errorf("the submitted text: got %q, want %q", got, "the checkout")
	}
	b.Until("!document.querySelector('dialog')")
}

// Whatever strangers write stays text, wherever it is shown.
func TestBrowserStrangersTextStaysText(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	s := start(t, sandbox.Options{})
	bot := connect(t, s)
	const evil = `<img src=x onerror="window.pwned=3"><script>window.pwned=4</script><svg onload=window.pwned=5>`
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(evil)
	control[any](t, s, "POST", "slack/say", map[string]any{"channel": "C0ENG", "text": evil + " [x](javascript:pwned) javascript:window.pwned=6"})
	bot.post("C0ENG", "", escaped, []any{
		map[string]any{"type": "header", "text": plain(evil)},
		map[string]any{"type": "section", "text": mrkdwn(escaped + " <javascript:window.pwned=7|click me> *<data:text/html,x|d>*"), "fields": []any{mrkdwn(escaped), plain(evil)}},
		map[string]any{"type": "context", "elements": []any{plain(evil)}},
		map[string]any{"type": "markdown", "text": evil + " [a](javascript:window.pwned=8) [b](JAVASCRIPT:x) [c](data:text/html,x) <javascript:x> ![i](javascript:x) <a href=\"javascript:x\">y</a>"},
		map[string]any{"type": "rich_text", "elements": []any{map[string]any{"type": "rich_text_section", "elements": []any{
			map[string]any{"type": "text", "text": evil, "style": map[string]any{"bold": true}}}}}},
		map[string]any{"type": "actions", "elements": []any{button("evil", evil[:60], evil)}},
	})
	control[any](t, s, "POST", "github/comment", map[string]any{"number": 7, "body": "# " + evil + "\n\n" + evil +
		"\n\n[a](javascript:window.pwned=9) <https://ok.example> [b](vbscript:x) <details open><summary>" + evil + "</summary>\n\n" + evil + "\n</details>\n\n| a |\n|---|\n| " + evil + " |"})

	for _, place := range []struct{ hash, shows, selector string }{
		{"/#/c/eng", evil[:34], ".message .header"},
		{"/#/pulls", strangersTitle, ".pull-title"},
		{"/#/pulls/7", evil[:34], ".comment h1"},
		{"/#/pulls/7/files", "<script>window.pwned=2</script>", ".diff .add"},
	} {
		b.Open(s.URL()+place.hash, 1280, 800, "light")
		b.Shows(place.selector, place.shows)
		if got := browsertest.Eval[int](b, "window.pwned ?? 0"); got != 0 {
			t.Errorf("%s: script number %d of a stranger ran", place.hash, got)
		}
		const bad = `[...document.querySelectorAll('body *')].filter((el) => /^(IMG|SCRIPT|IFRAME|OBJECT|EMBED|STYLE)$/.test(el.tagName) ||
			[...el.attributes].some((a) => /^on/i.test(a.name) || a.name === 'style' && el.innerText === '' && a.value.includes('url')) ||
			el.tagName === 'A' && el.hasAttribute('href') && !/^(https?:|mailto:)/.test(el.href)).map((el) => el.outerHTML)`
		if got := browsertest.Eval[[]string](b, bad); len(got) > 0 {
			t.Errorf("%s: strangers made elements: %q", place.hash, got)
		}
	}
}

// Every view fits its window, in both colour schemes, down to 360 pixels.
func TestBrowserFitsEveryWindow(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	s := start(t, sandbox.Options{})
	bot := connect(t, s)
	rows := []any{}
	for range 5 {
		rows = append(rows, []any{map[string]any{"type": "raw_text", "text": strings.Repeat("wide ", 20)}, map[string]any{"type": "raw_text", "text": "2"}})
	}
	long := control[struct{ TS string }](t, s, "POST", "slack/say", map[string]any{"channel": "C0ENG", "text": strings.Repeat("long", 300)})
	bot.post("C0ENG", long.TS, "t", []any{
		map[string]any{"type": "section", "text": mrkdwn("```" + strings.Repeat("x", 300) + "```"), "accessory": button("a", "A button", "1")},
		map[string]any{"type": "table", "rows": rows},
	})
	control[any](t, s, "POST", "github/comment", map[string]any{"number": 7, "body": "```\n" + strings.Repeat("y", 400) + "\n```\n" + strings.Repeat("z", 400)})
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 700, 1280} {
			for _, hash := range []string{"/#/c/eng", "/#/c/eng/" + long.TS, "/#/pulls", "/#/pulls/7", "/#/pulls/7/files"} {
				b.Open(s.URL()+hash, width, 740, scheme)
				b.Until("document.querySelector('.pull-row, .message, .comment, .diff')")
				if got := browsertest.Eval[int64](b, "document.documentElement.scrollWidth"); got > width {
					t.Errorf("%s in %d pixels: the page is %d wide", hash, width, got)
				}
				const dark = "(([r, g, b]) => r + g + b < 200)(getComputedStyle(document.querySelector('#main')).backgroundColor.match(/\\d+/g).map(Number))"
				if got := browsertest.Eval[bool](b, dark); got != (scheme == "dark") {
					t.Errorf("%s in the %s scheme: dark is %t", hash, scheme, got)
				}
				b.Until(fmt.Sprintf("(document.querySelector('#sidebar').getBoundingClientRect().right <= 0) === %t", width < 760))
			}
		}
	}
	b.Open(s.URL()+"/#/c/eng", 360, 740, "light")
	b.Until("document.querySelector('[aria-label=\"Open the sidebar\"]')")
	browsertest.Eval[any](b, "document.querySelector('[aria-label=\"Open the sidebar\"]').click()")
	b.Until("document.querySelector('#sidebar').getBoundingClientRect().left === 0")
	b.Click(".entry", "Pull requests")
	b.Until("document.querySelector('.pull-row') && document.querySelector('#sidebar').getBoundingClientRect().right <= 0")
}

// The page says when the server is gone, and goes on by itself when it is back.
func TestBrowserOutlivesARestart(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t, "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET")
	o := sandbox.Options{Repo: newRepository(t), Data: filepath.Join(t.TempDir(), "data")}
	s := start(t, o)
	b.Open(s.URL()+"/#/c/eng", 1280, 800, "light")
	b.TypeInto("#main .composer-text", "before")
	b.Press("Enter")
	b.Shows(".message", "before")
	b.Do(chromedp.KeyEvent("a draft"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	o.Addr = strings.TrimPrefix(s.URL(), "http://")
	b.Shows("#banner", "go run . try --addr "+o.Addr)
	s = start(t, o)
	control[any](t, s, "POST", "slack/say", map[string]any{"channel": "C0ENG", "user": "U0BEN", "text": "while you were away"})
	b.Until("document.querySelector('#banner').hidden")
	b.Shows(".message", "while you were away")
	b.Shows(".message", "before")
	b.Until("document.querySelector('#main .composer-text').value === 'a draft'")
}
