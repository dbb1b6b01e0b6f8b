package main

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"shipmate/sandbox/browsertest"
)

// TestPage does in a real browser what a newcomer does first: mention the bot, read the answer, go on in the thread, press a button, and
// comment on a pull request.
func TestPage(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	tr := try(t, "--repo", gitRepo(t), "--data", t.TempDir())
	b.Open(tr.url, 1280, 800, "light")

	b.TypeInto("#main .composer-text", "@shipmate summarize #1")
	b.Press("Escape") // closes the completion of the number
	b.Press("Enter")
	b.Click(".thread-summary", "1 reply")
	b.Shows("#side .message", "rim white space")
	b.Shows("#side .message", "github.com/x/y v1.2.3 → v2.0.0 (major)")

	b.TypeInto("#side .composer-text", "what changed in parser.go?")
	b.Press("Enter")
	b.Shows("#side .message", "strings.TrimSpace(s)")
	b.Click("#side .button", "Files")
	b.Shows("#side table, #side pre", "parser/parser.go")

	b.TypeInto("#main .composer-text", "@shipmate summarize #3")
	b.Press("Escape")
	b.Press("Enter")
	b.Shows(".thread-summary", "1 reply")
	if browsertest.Eval[bool](b, "[...document.querySelectorAll('.message script, .message img[src*=\"http\"]')].length > 0") {
		t.Error("a stranger's title became an element of the page")
	}

	b.Open(tr.url+"/#/pulls/1", 1280, 800, "light")
	b.TypeInto(".comment-text", "/shipmate summarize")
	b.Click(".comment-box .button", "Comment")
	b.Shows(".comment.by-bot", "rim white space")
	b.TypeInto(".comment-text", "/shipmate risk")
	b.Click(".comment-box .button", "Comment")
	b.Shows(".comment.by-bot", "+2 · major version of github.com/x/y")
	if n := browsertest.Eval[int](b, "document.querySelectorAll('.comment.by-bot').length"); n != 1 {
		t.Errorf("%d comments of the bot on the page, want one", n)
	}
}

// TestPicture takes the picture of the page that the README shows. This takes it anew, of a pull request of a git clone:
//
//	SHIPMATE_PICTURE=docs/page.png SHIPMATE_PICTURE_REPO=… SHIPMATE_PICTURE_PULL=#12 go test -run TestPicture .
//
// Without the variables the picture is taken of a small repository, and thrown away.
func TestPicture(t *testing.T) {
	t.Parallel()
	file := cmp.Or(os.Getenv("SHIPMATE_PICTURE"), filepath.Join(t.TempDir(), "page.png"))
	repo := os.Getenv("SHIPMATE_PICTURE_REPO")
	if repo == "" {
		repo = gitRepo(t)
	}
	b := browsertest.Start(t)
	tr := try(t, "--repo", repo, "--data", t.TempDir())
	eng := tr.channel("eng")
	thread := tr.say(eng, "", "@shipmate summarize "+cmp.Or(os.Getenv("SHIPMATE_PICTURE_PULL"), "#1"))
	tr.answer(eng, thread, 1)
	tr.say(eng, thread, "risk?")
	tr.answer(eng, thread, 2)
	help := tr.say(eng, "", "@shipmate sumarize #123")
	tr.answer(eng, help, 1)
	b.Open(tr.url+"/#/c/"+eng+"/"+thread, 1400, 860, "light")
	b.Shows("#side .message", "risk")
	b.Until("document.fonts.status === 'loaded'")
	png, err := chromedp.Run(b.Context(), chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		t.Fatal(err)
	}
	if len(png) < 20_000 {
		t.Errorf("the picture has only %d bytes: it shows an empty page", len(png))
	}
}
