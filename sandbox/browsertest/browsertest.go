// Package browsertest drives a real Chromium for tests of the sandbox's page. Only tests import it.
package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// findBrowser returns the path of a Chromium. Without one the test is skipped, or fails where SHIPMATE_BROWSER=required.
func findBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "no chromium, chromium-browser or google-chrome in PATH: the page is NOT tested"
	if os.Getenv("SHIPMATE_BROWSER") == "required" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// A Browser is one tab of a headless Chromium with a profile of its own.
type Browser struct {
	t         *testing.T
	ctx       context.Context
	tolerated []string
}

// Start starts Chromium for the time of the test. Errors and refused loads on the console fail the test at its end,
// except those that contain one of the tolerated texts.
func Start(t *testing.T, tolerated ...string) *Browser {
	t.Helper()
	allocator, stop := chromedp.NewExecAllocator(t.Context(), chromedp.ExecPath(findBrowser(t)), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true))
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(allocator, 3*time.Minute)
	t.Cleanup(cancel)
	return open(t, ctx, tolerated)
}

// Tab opens another tab of the same browser. It ends with the test, or when Close is called.
func (b *Browser) Tab() *Browser {
	b.t.Helper()
	return open(b.t, b.ctx, b.tolerated)
}

// open opens a tab and watches its console.
func open(t *testing.T, parent context.Context, tolerated []string) *Browser {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(parent)
	b := &Browser{t: t, ctx: ctx, tolerated: tolerated}
	b.Do(chromedp.Navigate("about:blank"))
	var mu sync.Mutex
	var problems []string
	console := chromedp.Console(ctx)
	go func() { // ends with the tab
		for message, err := range console {
			if err != nil {
				return
			}
			text := message.String()
			if message.IsException() || strings.Contains(strings.ToLower(text), "error") || strings.Contains(text, "Refused") {
				mu.Lock()
				problems = append(problems, text)
				mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() {
		closeTab()
		mu.Lock()
		defer mu.Unlock()
		for _, problem := range problems {
			if !containsAny(problem, tolerated) {
				t.Errorf("on the console: %s", problem)
			}
		}
	})
	return b
}

// Close closes the tab, as a person does.
func (b *Browser) Close() {
	b.t.Helper()
	if err := chromedp.Cancel(b.ctx); err != nil {
		b.t.Fatal(err)
	}
}

func containsAny(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

func (b *Browser) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// Context is the tab, for steps of chromedp that return a value.
func (b *Browser) Context() context.Context { return b.ctx }

// Eval returns the value of a JavaScript expression.
func Eval[T any](b *Browser, js string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js))
	if err != nil {
		b.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// Until waits for a JavaScript expression to become true.
func (b *Browser) Until(js string) {
	b.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); <-tick.C {
		if ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+js+")")); err == nil && ok {
			return
		}
	}
	b.t.Fatalf("it never became true that %s; the page shows:\n%s", js, Eval[string](b, "document.body.innerText"))
}

// Shows waits until an element that fits the selector shows the text.
func (b *Browser) Shows(selector, text string) {
	b.t.Helper()
	b.Until(fmt.Sprintf("[...document.querySelectorAll(%s)].some((el) => el.checkVisibility() && el.innerText.includes(%s))", Quote(selector), Quote(text)))
}

// Click presses the one visible element that fits the selector and shows the text.
func (b *Browser) Click(selector, text string) {
	b.t.Helper()
	b.Shows(selector, text)
	at := Eval[[]float64](b, fmt.Sprintf(`(() => {
		const el = [...document.querySelectorAll(%s)].find((el) => el.checkVisibility() && el.innerText.includes(%s));
		el.scrollIntoView({ block: 'center' });
		const { x, y, width, height } = el.getBoundingClientRect();
		return [x + width / 2, y + height / 2];
	})()`, Quote(selector), Quote(text)))
	b.Do(chromedp.MouseClickXY(at[0], at[1]))
}

// TypeInto puts the cursor into a field and presses keys.
func (b *Browser) TypeInto(selector, keys string) {
	b.t.Helper()
	b.Until(fmt.Sprintf("document.querySelector(%s)", Quote(selector)))
	Eval[any](b, fmt.Sprintf("document.querySelector(%s).focus()", Quote(selector)))
	b.Do(chromedp.KeyEvent(keys))
}

// Press presses and releases a key that types no letter. Enter carries the text that a keyboard gives it, in the same event,
// so that a page that prevents the key also prevents the line break.
func (b *Browser) Press(key string) {
	b.t.Helper()
	down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Code: key, WindowsVirtualKeyCode: map[string]int64{"Enter": 13, "Escape": 27, "ArrowUp": 38}[key]}
	if key == "Enter" {
		down.Text = "\r"
	}
	up := down
	up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
	for _, event := range []input.DispatchKeyEventParams{down, up} {
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, event); err != nil {
			b.t.Fatal(err)
		}
	}
}

// Open shows a page at a size in CSS pixels, in a colour scheme.
func (b *Browser) Open(url string, width, height int64, scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.Do(chromedp.EmulateViewport(width, height), chromedp.Navigate(url))
	b.Until("document.querySelector('#sidebar .entry')")
}

func Quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string can always be encoded
	}
	return string(quoted)
}
