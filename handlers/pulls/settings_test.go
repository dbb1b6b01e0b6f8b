package pulls

import (
	"strings"
	"testing"

	"shipmate/bot"
)

func TestRepositorySettings(t *testing.T) {
	t.Parallel()
	s := small(t)
	add(&s, "db/migrations/0001_users.sql", "@@ -0,0 +1 @@\n+create table users (id int);")
	add(&s, "api/gen/client.go", "@@ -0,0 +1,2 @@\n+package gen\n+type A int")
	add(&s, "libs/copied.go", "@@ -0,0 +1 @@\n+package libs")
	before := Compute(s, DefaultWeights())
	s.Settings = "# ours\nrisk:\n  migration: 7\ngenerated: [api/gen/**]\nvendored: [\"libs/*\"]\n"
	f := Compute(s, DefaultWeights())
	if f.Risk.Points <= before.Risk.Points || f.Risk.Reasons[0].Rule != "migration" || f.Risk.Reasons[0].Points != 7 {
		t.Errorf("risk %+v", f.Risk)
	}
	classes := map[Class]int{}
	for _, c := range f.Classes {
		classes[c.Class] = c.Files
	}
	if classes[ClassGenerated] != 1 || classes[ClassVendored] != 1 {
		t.Errorf("classes %+v", f.Classes)
	}
	if len(f.Coverage.Notes) != 0 {
		t.Errorf("notes %q", f.Coverage.Notes)
	}
}

// What a repository says wrongly is told, and nothing of it counts.
func TestWrongRepositorySettings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"risk:\n  migratoin: 7\n":    "line 2: unknown field",
		"risk: {secret: 99}":         "risk: secret is 99: points are from -10 to 10",
		"risk: {medium: 9, high: 2}": "medium is 9 and high is 2",
		"generated: api/**":          "line 1: ",
		"generated: ['[a']":          `"[a" is no pattern of paths`,
		"commands:\n - rm":           "unknown field",
		"\t: [":                      "",
		"!!binary":                   "",
		"generated: [" + strings.Repeat("x", 70_000):      "it is longer than 65536 bytes",
		"generated: [" + strings.Repeat("a,", 201) + "a]": "more than 200 patterns",
	} {
		s := small(t)
		s.Settings = text
		f := Compute(s, DefaultWeights())
		if len(f.Coverage.Notes) != 1 || !strings.HasPrefix(f.Coverage.Notes[0], ".github/shipmate.yml is not used: ") || !strings.Contains(f.Coverage.Notes[0], want) {
			t.Errorf("%.40q: notes %q, want %q", text, f.Coverage.Notes, want)
		}
		if text := bot.PlainText(Summary(f), false); !strings.Contains(text, ".github/shipmate.yml is not used") {
			t.Errorf("the summary does not say so:\n%s", text)
		}
	}
}
