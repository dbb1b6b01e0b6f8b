package main

import (
	"bytes"
	"cmp"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"shipmate/sandbox/browsertest"
)

// TestCostsPage does what somebody does who finds an anomaly in #finops: reads the card with its chart, asks what it is made of, decides about it with
// the buttons, and takes that back.
func TestCostsPage(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	tr := try(t, "--repo", gitRepo(t), "--data", t.TempDir())
	finops := tr.channel("finops")
	card := tr.answer(finops, "", 1)
	b.Open(tr.url+"/#/c/"+finops, 1280, 1000, "light")
	b.Shows("#main .message", "AWS Data Transfer, payments-prod: $4")
	b.Shows("#main .message", "100 %: EU-NatGateway-Bytes, eu-west-1, account payments-prod (412093847561), owner net. Same price, ")
	b.Until(`[...document.querySelectorAll('#main .block-image')].filter((img) => img.complete && img.naturalWidth > 500 && img.alt.includes('unusual on 4 days')).length === 1`)
	b.Shows(".welcome .suggestion", "@shipmate costs anomalies")

	b.Until(`document.querySelector('#main .scroller').scrollHeight - document.querySelector('#main .scroller').scrollTop - document.querySelector('#main .scroller').clientHeight < 60`)
	b.Click(".thread-summary", "1 reply")
	b.Shows("#side .message", "Why it counts: single days are beyond the range")
	b.Shows("#side .message", "No pull request or deployment around its start looks related.")

	b.Click("#main .button", "Assign to me")
	b.Shows("#main .message", "Assigned to ada.")
	b.Shows("#side .message", "ada takes care of it: AWS Data Transfer, payments-prod.")

	b.Click("#main .button", "Drill down")
	b.Shows("#side .message", "is made of: AWS Data Transfer, payments-prod")
	b.Shows("#side table", "the rest")
	if n := browsertest.Eval[int](b, `document.querySelectorAll('#side .block-image').length`); n != 1 {
		t.Errorf("%d charts in the thread, want that of the card alone", n)
	}

	b.Click("#main .button", "Expected until")
	b.Shows("#side .message", "Until when is it expected?")
	b.Click("#side .button", "In a week")
	b.Shows("#main .message", "says ada.")
	b.Until(`![...document.querySelectorAll('#main .button')].some((el) => el.innerText.includes('New normal'))`)
	b.Click("#side .button", "Take back r")
	b.Shows("#side .message", "Taken back: AWS Data Transfer, payments-prod.")

	b.Click("#main .button", "New normal")
	b.Shows("#main .message", "The new normal since")
	b.Shows("#side .message", "The new normal since")
	b.TypeInto("#side .composer-text", "rules")
	b.Press("Enter")
	b.Shows("#side .message", "1 rule holds:")
	b.Click("#side .message:last-of-type .button", "Take back r")
	b.Shows("#main .button", "Not useful")
	b.Click("#main .button", "Not useful")
	b.Shows("#main .message", "Not useful, says ada: alerts here need 1.5 times as much")
	if got := tr.messages(finops, ""); len(got) != 1 || got[0].TS != card.TS {
		t.Errorf("%d messages in the channel, want the card alone", len(got))
	}
}

// TestCostsPicture takes the picture of an anomaly that the README shows. This takes it anew, beside the pull requests of a git clone:
//
//	SHIPMATE_COSTS_PICTURE=docs/costs.png SHIPMATE_PICTURE_REPO=… go test -run TestCostsPicture .
//
// Without the variables the picture is taken with a small repository, and thrown away.
func TestCostsPicture(t *testing.T) {
	t.Parallel()
	file := cmp.Or(os.Getenv("SHIPMATE_COSTS_PICTURE"), filepath.Join(t.TempDir(), "costs.png"))
	repo := os.Getenv("SHIPMATE_PICTURE_REPO")
	if repo == "" {
		repo = gitRepo(t)
	}
	b := browsertest.Start(t)
	tr := try(t, "--repo", repo, "--data", t.TempDir())
	finops := tr.channel("finops")
	tr.answer(finops, "", 1)
	thread := tr.say(finops, "", "@shipmate costs")
	tr.answer(finops, thread, 1)
	b.Open(tr.url+"/#/c/"+finops+"/"+thread, 1280, 880, "light")
	b.Shows("#side .message", "The cloud cost")
	b.Until(`document.fonts.status === 'loaded' && [...document.querySelectorAll('.block-image')].filter((img) => img.complete && img.naturalWidth > 500).length === 2`)
	shot, err := chromedp.Run(b.Context(), chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	small := smaller(t, shot)
	if err := os.WriteFile(file, small, 0o644); err != nil {
		t.Fatal(err)
	}
	if len(small) < 20_000 || len(small) > 200_000 {
		t.Errorf("the picture has %d bytes: it shows an empty page, or is too big for a README", len(small))
	}
}

// smaller is a picture with 32 shades of each colour.
func smaller(t *testing.T, data []byte) []byte {
	t.Helper()
	from, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	to := image.NewNRGBA(from.Bounds())
	draw.Draw(to, to.Bounds(), from, image.Point{}, draw.Src)
	for i, v := range to.Pix {
		to.Pix[i] = uint8((int(v)*31 + 127) / 255 * 255 / 31)
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, to); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
