package pulls

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/integrations/github"
)

const (
	firstHead  = "1111111111111111111111111111111111111111"
	secondHead = "2222222222222222222222222222222222222222"
)

func TestPatchIDs(t *testing.T) {
	t.Parallel()
	base := github.File{Path: "a.go", Patch: "@@ -10,3 +10,4 @@ func a() {\n x\n-\told()\n+\tfresh()\n y"}
	same := []github.File{
		{Path: "a.go", Patch: "@@ -99,3 +120,4 @@ func b() {\n other context\n-\told()\n+\tfresh()\n more"},
		{Path: "a.go", Patch: "@@ -10,3 +10,4 @@\n-  old()\n+    fresh()\r"},
	}
	for _, f := range same {
		if patchID(f) != patchID(base) {
			t.Errorf("%q has another id", f.Patch)
		}
	}
	other := []github.File{
		{Path: "b.go", Patch: base.Patch},
		{Path: "a.go", Patch: "@@ -10,3 +10,4 @@\n-\told()\n+\tnewer()"},
		{Path: "a.go", Patch: "@@ -10,3 +10,4 @@\n+\told()\n-\tfresh()"},
		{Path: "a.go", Blob: "abc"},
	}
	for _, f := range other {
		if patchID(f) == patchID(base) {
			t.Errorf("%+v has the same id", f)
		}
	}
	python := github.File{Path: "a.py", Patch: "@@ -1 +1 @@\n-if x:\n+  if x:"}
	indented := github.File{Path: "a.py", Patch: "@@ -1 +1 @@\n-if x:\n+    if x:"}
	if patchID(python) == patchID(indented) {
		t.Error("where indentation means something, it is part of the change")
	}
}

// push moves the pull request to another head, with these files changed.
func (m *mind) push(head string, files ...github.File) {
	m.snapshot.Head.SHA = head
	m.snapshot.Files, m.snapshot.ChangedFiles, m.snapshot.Additions, m.snapshot.Deletions = nil, 0, 0, 0
	for _, f := range files {
		add(&m.snapshot, f.Path, f.Patch)
	}
	m.now = m.now.Add(time.Hour)
}

func patch(path, line string) github.File {
	return github.File{Path: path, Patch: "@@ -1,2 +1,3 @@\n context\n+\t" + line}
}

func TestWhatChangedSince(t *testing.T) {
	t.Parallel()
	m := newMind(t, canned{snapshot: small(t)}, Options{})
	m.snapshot.List = []github.Commit{{SHA: firstHead, Message: "one"}}
	if _, err := m.ask("since last #12"); err == nil || !strings.Contains(err.Error(), "I have not looked at octo/widgets#12 before") {
		t.Errorf("err = %v", err)
	}
	m.push(firstHead, patch("a.go", "one()"), patch("b.go", "two()"), patch("c.go", "three()"))
	m.must("summarize #12")
	if r := m.must("since last"); r.Title != "#12 Parse empty input: nothing pushed since 1111111" {
		t.Errorf("title %q", r.Title)
	}

	m.push(secondHead, patch("a.go", "one()"), patch("b.go", "two(2)"), patch("d.go", "exec.Command(x)"))
	m.snapshot.List = append(m.snapshot.List, github.Commit{SHA: secondHead, Message: "two\n\nmore"})
	m.snapshot.Checks = []github.Check{{Name: "lint", Status: "completed", Conclusion: "failure"}}
	r := m.must("what changed since last time?")
	if r.Title != "#12 Parse empty input: 3 files changed since 1111111" {
		t.Errorf("title %q", r.Title)
	}
	text := bot.PlainText(r, true)
	for _, part := range []string{"- b.go\n", "- d.go (new in this pull request)", "- c.go (no longer changed)", "1 new commit: two", "risk: low (0/10) → ", "failing now: lint", "compare on GitHub", "at 2222222, before 1111111"} {
		if !strings.Contains(text, part) {
			t.Errorf("the answer lacks %q:\n%s", part, text)
		}
	}
	if strings.Contains(text, "a.go") {
		t.Errorf("a.go did not change:\n%s", text)
	}

	// Rebased: other lines around the same change.
	rebased := m.snapshot.Files
	for i := range rebased {
		rebased[i].Patch = strings.Replace(rebased[i].Patch, "@@ -1,2 +1,3 @@\n context", "@@ -51,2 +51,3 @@\n other", 1)
	}
	m.push("3333333333333333333333333333333333333333", rebased...)
	m.snapshot.Checks = nil
	if r = m.must("changes since last #12"); r.Title != "#12 Parse empty input: rebased, no change since 2222222" {
		t.Errorf("title %q", r.Title)
	}
	if text = bot.PlainText(r, true); !strings.Contains(text, "no longer failing: lint") {
		t.Errorf("the answer lacks the check that passes again:\n%s", text)
	}
	// An earlier look by its commit's name.
	if r = m.must("since 1111111 #12"); r.Title != "#12 Parse empty input: 3 files changed since 1111111" {
		t.Errorf("title %q", r.Title)
	}
	// Another conversation was shown nothing yet: the last look of anybody counts.
	r, err := m.as("UBEN", bot.Ask, "C2:9", "since #12")
	if err != nil || r.Title != "#12 Parse empty input: nothing pushed since 3333333" {
		t.Errorf("%q, %v", r.Title, err)
	}
}

// A commit that nobody asked about is read from GitHub.
func TestSinceACommit(t *testing.T) {
	t.Parallel()
	m := newMind(t, canned{snapshot: small(t), heads: map[string][]github.File{firstHead: {patch("a.go", "one()")}}}, Options{})
	m.push(secondHead, patch("a.go", "one()"), patch("b.go", "two()"))
	for ask, want := range map[string]string{
		"since 1111111 #12":             "#12 Parse empty input: 1 file changed since 1111111",
		"changes since 1111111111 #12":  "#12 Parse empty input: 1 file changed since 1111111",
		"since `2222222` #12":           "#12 Parse empty input: nothing pushed since 2222222",
		"since deadbeef #12":            "GitHub has no commit deadbeef here, or not any more.",
		"since breakfast #12":           `I do not know what "breakfast" is. Write "since last", "since review", or the name of a commit with at least seven digits.`,
		"since 1111111; rm -rf / #12":   `I do not know what "1111111 rm -rf /" is. Write "since last", "since review", or the name of a commit with at least seven digits.`,
		"since review #12":              `Who are you on GitHub? Tell me once, like this: "me octocat".`,
		"what's new since abc1234 #12?": "GitHub has no commit abc1234 here, or not any more.",
	} {
		if r, _ := m.ask(ask); r.Title != want {
			t.Errorf("%s: %q, want %q", ask, r.Title, want)
		}
	}
	m.snapshot.Reviews = []github.Review{{Author: "ann", State: "COMMENTED", SHA: firstHead}, {Author: "bob", State: "COMMENTED", SHA: secondHead}}
	m.must("me Ann")
	if r := m.must("what changed since my last review #12"); r.Title != "#12 Parse empty input: 1 file changed since 1111111" {
		t.Errorf("title %q", r.Title)
	}
}

// Of a large pull request fewer looks are kept.
func TestLooksAreBounded(t *testing.T) {
	t.Parallel()
	m := newMind(t, canned{snapshot: small(t)}, Options{})
	for i := range 1200 {
		add(&m.snapshot, fmt.Sprintf("data/%025d.txt", i), "@@ -1 +1 @@\n-a\n+b")
	}
	for _, head := range []string{"aaaaaaa", "bbbbbbb", "ccccccc", "ddddddd"} {
		m.snapshot.Head.SHA = head
		m.must("risk #12")
	}
	kept, _, err := looks(bot.NewMemory(m.bot.Store, nil)).Get(t.Context(), "octo/widgets#12")
	if err != nil || len(kept) != 2 || kept[0].Head != "ccccccc" || kept[1].Head != "ddddddd" {
		t.Errorf("%d looks are kept, want the newest two (%v)", len(kept), err)
	}
}
