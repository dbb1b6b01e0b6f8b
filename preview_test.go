package main

import (
	"fmt"
	"strings"
	"testing"
)

// A link to a pull request gets a preview where that is switched on; nothing is said, and a link that leads elsewhere gets none.
func TestPreviewOfLinks(t *testing.T) {
	t.Parallel()
	stand := newStand(t, gitRepo(t))
	tr := &trial{t: t, url: stand.URL()}
	cfg := sandboxConfig(stand.Access(), t.TempDir())
	cfg.Slack.Previews = true
	a := assembled(t, cfg)
	a.start(t)
	if !a.connected(t.Context()) {
		t.Fatal("not connected")
	}
	eng := tr.channel("eng")
	link := fmt.Sprintf("%s/%s/pull/1", stand.URL(), stand.Access().Repo)
	elsewhere := tr.say(eng, "", "see "+stand.URL()+"/nothing/here")
	posted := tr.say(eng, "", "please look at "+link+" & "+stand.URL()+"/other/repo/pull/9")
	attachments := func(ts string) string {
		for _, m := range tr.messages(eng, "") {
			if m.TS == ts {
				return string(m.Attachments)
			}
		}
		t.Fatalf("no message %s", ts)
		return ""
	}
	wait(t, "the preview", func() bool { return attachments(posted) != "" })
	got := attachments(posted)
	for _, want := range []string{`"from_url":"` + link + `"`, "rim white space", "risk: "} {
		if !strings.Contains(got, want) {
			t.Errorf("the preview lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "other/repo") || attachments(elsewhere) != "" {
		t.Errorf("a preview of a link that is none of the bot's:\n%s\n%s", got, attachments(elsewhere))
	}
	if said := tr.messages(eng, posted); len(said) > 1 {
		t.Errorf("said %q besides", said[1].Text)
	}
}

// Where previews are not switched on, Slack may tell of links as it likes.
func TestNoPreviewUnlessSwitchedOn(t *testing.T) {
	t.Parallel()
	tr := try(t, "--repo", gitRepo(t))
	eng := tr.channel("eng")
	tr.say(eng, "", tr.url+"/octo/widgets/pull/1")
	tr.expect("@shipmate summarize #1", "rim white space") // what came later is dealt with
	for _, m := range tr.messages(eng, "") {
		if len(m.Attachments) > 0 {
			t.Errorf("a preview: %s", m.Attachments)
		}
	}
}
