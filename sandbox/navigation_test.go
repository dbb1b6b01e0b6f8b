package sandbox_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"shipmate/sandbox"
	"shipmate/sandbox/browsertest"
)

// Reading back in a long channel: older messages appear above, and what was on screen stays there.
func TestBrowserEarlierMessages(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	s := start(t, sandbox.Options{})
	for i := range 210 {
		control[said](t, s, "POST", "slack/say", map[string]any{"channel": "C0ENG", "text": fmt.Sprintf("message %d.", i)})
	}
	b.Open(s.URL()+"/#/c/%", 1280, 800, "light") // an address that means nothing leads to the first channel
	b.Shows(".message", "message 209.")
	if browsertest.Eval[bool](b, "document.querySelector('#main .timeline').innerText.includes('message 9.')") {
		t.Fatal("all messages were loaded at once, so there is nothing to test")
	}
	const place = `[...document.querySelectorAll('#main .message')].find((el) => el.innerText.includes('message 12.')).getBoundingClientRect().top`
	browsertest.Eval[any](b, `(() => {
		const scroller = document.querySelector('#main .scroller');
		scroller.addEventListener('scroll', () => { window.scrolled = true; });
		scroller.scrollTop = 0;
	})()`)
	b.Until("window.scrolled")
	before := browsertest.Eval[float64](b, place)
	browsertest.Eval[any](b, "document.querySelector('.earlier').click()")
	b.Until("document.querySelector('#main .timeline').innerText.includes('message 9.')")
	if after := browsertest.Eval[float64](b, place); after-before > 100 || before-after > 100 {
		t.Errorf("message 12 moved from %v to %v on the screen, want it to stay", before, after)
	}
}

// On a phone the sidebar lies over the page: the keyboard stays inside while it is open, and goes back to the button that
// opened it. A window that becomes wide has no use for it.
func TestBrowserDrawer(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	s := start(t, sandbox.Options{})
	b.Open(s.URL()+"/#/c/eng", 360, 740, "light")
	open := func() {
		t.Helper()
		b.Click(`[aria-label="Open the sidebar"]`, "")
		b.Until("document.querySelector('#main').inert && document.activeElement.matches('#sidebar .entry')")
	}
	open()
	b.Press("Escape")
	b.Until(`!document.querySelector('#main').inert && document.activeElement.getAttribute('aria-label') === 'Open the sidebar'`)
	open()
	control[said](t, s, "POST", "slack/say", map[string]any{"user": "U0BEN", "channel": "C0INCIDENTS", "text": "What arrives draws the sidebar anew."})
	b.Shows("#sidebar .entry .badge", "1")
	if !browsertest.Eval[bool](b, "document.activeElement.matches('#sidebar .entry[aria-current]')") {
		t.Error("the keyboard lost its place when the sidebar was drawn anew")
	}
	b.Do(chromedp.EmulateViewport(1280, 800))
	b.Until("!document.querySelector('#main').inert && !document.querySelector('#scrim').checkVisibility()")
}
