package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"shipmate/sandbox"
	"shipmate/sandbox/browsertest"
)

// A browser opens six connections to one server at most. More tabs than that, each following messages and comments, must
// all stay live, and still be able to send.
func TestBrowserManyTabs(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t, "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET")
	o := sandbox.Options{Repo: newRepository(t), Data: t.TempDir()}
	s := start(t, o)
	tabs := []*browsertest.Browser{b}
	for len(tabs) < 8 {
		tabs = append(tabs, b.Tab())
	}
	comment := func(text string) {
		t.Helper()
		control[any](t, s, "POST", "github/comment", map[string]any{"number": 7, "body": text})
	}
	for i, tab := range tabs {
		tab.Open(s.URL()+"/#/pulls/7", 1280, 800, "light")
		tab.Until("document.querySelector('.comment-text')")
		text := fmt.Sprintf("said in tab %d.", i)
		tab.TypeInto(".comment-text", text)
		tab.Click(".comment-box .button", "Comment")
		tab.Shows(".comment", text)
	}
	comment("for everybody")
	for _, tab := range tabs {
		tab.Shows(".comment", "for everybody")
	}

	// Whichever tab reads the streams for all, another takes its place.
	tabs[1].Close()
	tabs[2].Open(s.URL()+"/#/c/eng", 1280, 800, "light")
	rest := tabs[3:]
	comment("after one has gone")
	control[any](t, s, "POST", "slack/say", map[string]any{"channel": "C0ENG", "user": "U0BEN", "text": "news"})
	for _, tab := range rest {
		tab.Shows(".comment", "after one has gone")
		tab.Until("document.title.startsWith('(1)')")
	}
	tabs[2].Shows(".message", "news")

	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tab := range rest {
		tab.Shows("#banner", "not running")
	}
	o.Addr = strings.TrimPrefix(s.URL(), "http://")
	s = start(t, o)
	comment("after the restart")
	for _, tab := range rest {
		tab.Until("document.querySelector('#banner').hidden")
		tab.Shows(".comment", "after the restart")
	}
}
