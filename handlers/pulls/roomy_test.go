package pulls

import (
	"fmt"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/bot/bottest"
	"shipmate/integrations/github"
)

// vast is a pull request of as many files as GitHub lists, deep in a tree.
func vast(t testing.TB) github.Snapshot {
	s := openPull(t)
	s.Files = nil
	for i := range 3000 {
		s.Files = append(s.Files, github.File{
			Path: fmt.Sprintf("%s/file%04d.go", strings.Repeat("staging/src/component/", 6), i), Status: "modified", Additions: 1, Patch: fmt.Sprintf("@@ -1 +1,2 @@ func A()\n x\n+y%d", i),
		})
	}
	s.ChangedFiles, s.Additions, s.Deletions = len(s.Files), len(s.Files), 0
	return s
}

// What is remembered of the largest pull request has room in the store: a turn that cannot be stored would be tried for ever.
func TestVastPullRequestIsRemembered(t *testing.T) {
	t.Parallel()
	m := newMind(t, canned{snapshot: vast(t)}, Options{})
	m.must("watch #12")
	m.must("summarize #12")
	m.snapshot.Head.SHA, m.snapshot.Files[0].Patch = strings.Repeat("e", 40), "@@ -1 +1,2 @@ func A()\n x\n+other"
	r := m.must("since last #12")
	if text := bot.PlainText(r, false); !strings.Contains(text, "1 file changed since") || !strings.Contains(text, "others may have changed") {
		t.Errorf("%.300s", text)
	}
	for key, e := range m.bot.Store.(*bottest.Store).Data {
		if len(e.Value) > 200<<10 {
			t.Errorf("%s has %d bytes", key, len(e.Value))
		}
	}
}
