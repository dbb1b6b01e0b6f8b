package pulls

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

func TestReplacement(t *testing.T) {
	t.Parallel()
	same := func(n int, before, after string) map[string]string {
		patches := map[string]string{}
		for i := range n {
			patches[fmt.Sprintf("pkg/f%d.go", i)] = fmt.Sprintf("@@ -%d +%d @@\n-%s\n+%s", i+1, i+1, before, after)
		}
		return patches
	}
	for _, tt := range []struct {
		name    string
		patches map[string]string
		want    string
	}{
		{"rename", same(5, "x := oldName(1)", "x := newName(1)"), "oldName → newName on 5 lines of 5 files"},
		{"twice on a line", same(3, "ab(ab)", "abc(abc)"), "ab(ab → abc(abc on 3 lines of 3 files"},
		{"address", same(4, "https://a.example/old/1", "https://a.example/new/1"), "old → new on 4 lines of 4 files"},
		{"version", same(4, "image: loki-operator:0.10.2", "image: loki-operator:0.11.0"), "0.10.2 → 0.11.0 on 4 lines of 4 files"},
		{"end of a version", same(4, "image: a:1.10.2-rc1", "image: a:1.11.2-rc1"), "1.10.2 → 1.11.2 on 4 lines of 4 files"},
		{"too few files", same(2, "x := oldName(1)", "x := newName(1)"), ""},
		{"only removed", same(5, "x := oldName(1)", "x := (1)"), ""},
		{"white space", same(5, "x:= 1", "x := 1"), ""},
		{"credential", same(5, `k := "`+credentials["secret/github-token"]+`"`, `k := "other"`), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := github.Snapshot{}
			for path, patch := range tt.patches {
				add(&s, path, patch)
			}
			f := Compute(s, DefaultWeights())
			got := bot.PlainText(bot.Reply{Blocks: bot.Blocks{bot.P(f.replacementItem()...)}}, false)
			if got = strings.TrimSpace(strings.ReplaceAll(got, "`", "")); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestReplacementBesidesOtherChangesIsNone(t *testing.T) {
	t.Parallel()
	s := github.Snapshot{}
	for i := range 6 {
		add(&s, fmt.Sprintf("f%d.go", i), "@@ -1 +1,4 @@\n-oldName()\n+newName()\n x\n+y()\n+z()")
	}
	if f := Compute(s, DefaultWeights()); f.Replacement != nil {
		t.Errorf("replacement %+v", f.Replacement)
	}
}

func TestDifferenceIsWholeWords(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"a", "ab", "é", "éa", "_", " ", ".", "/", "\xff"}
	for range 2000 {
		text := func() string {
			var b strings.Builder
			for range r.IntN(6) {
				b.WriteString(words[r.IntN(len(words))])
			}
			return b.String()
		}
		before, now := text(), text()
		from, to := difference(before, now)
		if !strings.Contains(before, from) || !strings.Contains(now, to) {
			t.Fatalf("difference(%q, %q) = %q, %q", before, now, from, to)
		}
	}
}
