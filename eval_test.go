package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/handlers/pulls"
)

// A pastRepo is a git clone whose commits are made on given days.
type pastRepo struct {
	t   *testing.T
	dir string
}

func newPastRepo(t *testing.T) *pastRepo {
	t.Helper()
	r := &pastRepo{t, filepath.Join(t.TempDir(), "widgets")}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r.git(0, "init", "-q", "-b", "main")
	return r
}

func (r *pastRepo) git(day int, args ...string) string {
	r.t.Helper()
	date := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, day).Format(time.RFC3339)
	cmd := exec.Command("git", append([]string{"-C", r.dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.com"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date)
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit writes a file and returns the id of the commit.
func (r *pastRepo) commit(day int, message, name, text string) string {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
	r.git(day, "add", name)
	r.git(day, "commit", "-q", "-m", message)
	return r.git(day, "rev-parse", "HEAD")
}

// troubled is a history in which some pull requests went wrong.
func troubled(t *testing.T) *pastRepo {
	r := newPastRepo(t)
	r.commit(0, "first commit", "go.mod", "module widgets\n")
	r.commit(1, "Add a cache (#1)", "cache.go", "package w\n\nfunc cacheEverything() { rememberAll() }\n")
	r.commit(2, "Explain the cache (#2)", "README.md", "It remembers.\n")
	r.commit(3, "Revert \"Add a cache\" (#3)", "cache.go", "package w\n")
	r.commit(5, "feat: parse numbers (#4)", "parse.go", "package w\n\nfunc parseNumber() { readDigitsOnly() }\n")
	r.commit(8, "fix: parse negative numbers (#5)", "parse.go", "package w\n\nfunc parseNumber() { readSignAndDigits() }\n")
	r.commit(10, "feat: print numbers (#6)", "print.go", "package w\n\nfunc printNumber() { writeDigitsOnly() }\n")
	r.commit(40, "fix: print negative numbers (#7)", "print.go", "package w\n\nfunc printNumber() { writeSignAndDigits() }\n")
	broken := r.commit(50, "Sort numbers (#8)", "sort.go", "package w\n\nfunc sortNumbers() { compareAsText() }\n")
	r.commit(51, "Undo\n\nThis reverts commit "+broken[:12]+".", "sort.go", "package w\n")
	r.commit(52, "Format numbers (#9)", "format.go", "package w\n\nfunc formatNumber() { inOneLocale() }\n")
	r.commit(53, "fix: locales (#10)\n\nThis is a regression from #9.", "locale.go", "package w\n\nfunc localeOf() { askTheSystem() }\n")
	r.commit(60, "Round numbers (#11)", "round.go", "package w\n\nfunc roundNumber() { towardsZeroAlways() }\n")
	r.commit(61, "Round no more (#12)\n\nReverts octo/widgets#11", "round.go", "package w\n")
	r.commit(100, "Say more (#13)", "README.md", "It remembers a lot.\n")
	return r
}

func TestReadHistory(t *testing.T) {
	t.Parallel()
	h, err := readHistory(t.Context(), troubled(t).dir, pulls.DefaultWeights(), time.Time{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var reverted, fixed, all []int
	points := map[string]int{}
	for _, k := range weightKeys(pulls.DefaultWeights()) {
		points[k.name] = k.points
	}
	for _, p := range h.rows {
		all = append(all, p.number)
		if p.reverted {
			reverted = append(reverted, p.number)
		}
		if p.fixed {
			fixed = append(fixed, p.number)
		}
		if got := score(p.fired, points); got != p.points {
			t.Errorf("#%d: %v add up to %d, the facts say %d", p.number, p.fired, got, p.points)
		}
	}
	if want := []int{1, 8, 11}; !slices.Equal(reverted, want) {
		t.Errorf("reverted %v, want %v", reverted, want)
	}
	if want := []int{4, 9}; !slices.Equal(fixed, want) {
		t.Errorf("fixed %v, want %v", fixed, want)
	}
	if len(all) != 12 || all[0] != 1 || all[11] != 12 { // the last one is too young to tell
		t.Errorf("read %v", all)
	}
	short, err := readHistory(t.Context(), troubled(t).dir, pulls.DefaultWeights(), time.Time{}, 3)
	if err != nil || len(short.rows) != 2 {
		t.Errorf("the newest three: %d, %v", len(short.rows), err)
	}
}

// risky is a history whose pull requests are risky for many reasons.
func risky(t *testing.T) *pastRepo {
	r := newPastRepo(t)
	r.commit(0, "first commit", "go.mod", "module widgets\n\ngo 1.25\n")
	for i, c := range []struct{ title, name, text string }{
		{"feat!: a client", "client.go", "package w\n\nfunc Ask(id int) error { return nil }\n"},
		{"feat!: ask by name", "client.go", "package w\n\nfunc Ask(name string) error { return nil }\n"},
		{"ci: build", ".github/workflows/ci.yml", "on: [pull_request_target]\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n"},
		{"Drop a column", "migrations/0002_drop.sql", "ALTER TABLE users DROP COLUMN email;\n"},
		{"Add a library", "go.mod", "module widgets\n\ngo 1.25\n\nrequire example.com/lib v1.2.3\n"},
		{"Lock it", "go.sum", "example.com/lib v1.2.3 h1:AAAA\n"},
		{"Ship it", "Dockerfile", "FROM alpine\nUSER root\n"},
		{"Check tokens", "auth/token.go", "package auth\n\nimport \"crypto/tls\"\n\nvar config = tls.Config{InsecureSkipVerify: true}\n"},
		{"Run it", "deploy/main.tf", "resource \"aws_s3_bucket\" \"b\" {\n  acl = \"public-read\"\n}\n"},
		{"Test later", "client_test.go", "package w\n\nimport \"testing\"\n\nfunc TestAsk(t *testing.T) { t.Skip(\"flaky\") }\n"},
		{"Say more", "README.md", "It asks.\n"},
		{"Much", "big.go", "package w\n\n" + strings.Repeat("func init() { println(\"much\") }\n", 1500)},
		{"Settings", "config/production.yaml", "timeout: 3s\nfeature_flags:\n  new_login: true\n"},
		{"Wait for all", "wait.go", "package w\n\nimport \"sync\"\n\nvar mu sync.Mutex\n\nfunc run() { go func() { mu.Lock(); panic(1) }() }\n"},
	} {
		r.commit(i+1, fmt.Sprintf("%s (#%d)", c.title, i+1), c.name, c.text)
	}
	r.commit(60, "Say it again (#99)", "README.md", "It asks again.\n") // none of the others is too young to tell
	return r
}

// TestScoreOfEveryWeight holds the points read with the probe's weights against those of the facts, on a history made for it and on the clones
// that SHIPMATE_REPOS names.
func TestScoreOfEveryWeight(t *testing.T) {
	t.Parallel()
	points := map[string]int{}
	for _, k := range weightKeys(pulls.DefaultWeights()) {
		points[k.name] = k.points
	}
	fired := map[string]bool{}
	for _, repo := range append([]string{risky(t).dir}, clones()...) {
		h, err := readHistory(t.Context(), repo, pulls.DefaultWeights(), time.Time{}, 300)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range h.rows {
			if got := score(p.fired, points); got != p.points {
				t.Errorf("%s #%d: %v add up to %d, the facts say %d", repo, p.number, p.fired, got, p.points)
			}
			for _, k := range p.fired {
				fired[k.name] = true
			}
		}
	}
	if t.Logf("%d of %d weights had a part: %q", len(fired), len(points), slices.Sorted(maps.Keys(fired))); len(fired) < 8 {
		t.Error("too few to show anything")
	}
}

func TestEvalRisk(t *testing.T) {
	t.Parallel()
	dir := troubled(t).dir
	ask := func(args ...string) string {
		t.Helper()
		var out, log bytes.Buffer
		if err := run(t.Context(), append([]string{"eval", "risk", "--repo", dir}, args...), os.Getenv, nil, &out, &log); err != nil {
			t.Fatalf("%v\n%s", err, log.String())
		}
		return out.String()
	}
	if text := ask("--fit"); !strings.Contains(text, "12 pull requests from 2026-01-02 to 2026-03-03") || !strings.Contains(text, "reverted: 3 in all, 2 of the newer 5") ||
		!strings.Contains(text, "    secret: 6 ") {
		t.Errorf("text:\n%s", text)
	}
	var report RiskReport
	if err := json.Unmarshal([]byte(ask("--format", "json", "--since", "2026-02-15")), &report); err != nil {
		t.Fatal(err)
	}
	if r := report.Repositories[0]; r.Pulls != 5 || r.Labels[0].Bad != 2 || report.Fit != nil {
		t.Errorf("since February 15: %+v", r)
	}
	for _, args := range [][]string{{"--format", "xml"}, {"--since", "soon"}, {"--label", "odd"}, {"--since", "2030-01-01"}} {
		if err := run(t.Context(), append([]string{"eval", "risk", "--repo", dir}, args...), os.Getenv, nil, new(bytes.Buffer), new(bytes.Buffer)); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name              string
		good, bad         []float64 // scores
		area              float64
		precision, recall float64 // of the top tenth
	}{
		{"apart", []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, []float64{10}, 1, 1, 1},
		{"the wrong way round", []float64{2, 3, 4, 5, 6, 7, 8, 9, 10}, []float64{1}, 0, 0, 0},
		{"equal", []float64{1, 1, 1, 1, 1, 1, 1, 1}, []float64{1, 1}, 0.5, 0.2, 0.1},
		{"half", []float64{1, 3}, []float64{2, 2}, 0.5, 0, 0},
		{"three of four", []float64{1, 2}, []float64{2, 3}, 0.875, 1, 0.2},
	} {
		var s scored
		for _, v := range tt.good {
			s.scores, s.bad = append(s.scores, v), append(s.bad, false)
		}
		for _, v := range tt.bad {
			s.scores, s.bad = append(s.scores, v), append(s.bad, true)
		}
		f := figuresOf(s)
		for _, c := range []struct {
			what      string
			got, want float64
		}{{"area", f.Area.Value, tt.area}, {"precision", f.Precision.Value, tt.precision}, {"recall", f.Recall.Value, tt.recall}} {
			if math.Abs(c.got-c.want) > 1e-9 {
				t.Errorf("%s: %s %v, want %v", tt.name, c.what, c.got, c.want)
			}
		}
		if f.Area.Low > f.Area.Value || f.Area.High < f.Area.Value {
			t.Errorf("%s: interval %+v", tt.name, f.Area)
		}
		if again := figuresOf(s); again != f {
			t.Errorf("%s: another time %+v instead of %+v", tt.name, again, f)
		}
	}
}

// TestFit finds a signal that means trouble, one that means nothing and one that means none, in made-up histories.
func TestFit(t *testing.T) {
	t.Parallel()
	h := history{name: "made/up"}
	for i := range 5000 {
		p := past{number: i}
		odds := i % 100
		switch i / 100 % 4 {
		case 0:
			p.fired, p.reverted = []keyPoints{{"removed_tests", 1}}, odds < 40
		case 1:
			p.fired, p.reverted = []keyPoints{{"ci", 1}}, odds < 10
		case 2:
			p.fired, p.reverted = []keyPoints{{"docs_only", 1}}, odds < 1
		case 3:
			p.reverted = odds < 10
		}
		h.rows = append(h.rows, p)
	}
	f := fitReport([]history{h}, pulls.DefaultWeights(), labelReverted)
	got := map[string]FittedWeight{}
	for _, w := range f.Weights {
		got[w.Key] = w
	}
	odds := func(share float64) float64 { return math.Log(share / (1 - share)) }
	for key, want := range map[string]float64{"removed_tests": odds(.4) - odds(.1), "ci": 0, "docs_only": odds(.01) - odds(.1)} {
		if math.Abs(got[key].Beta-want) > 0.4 { // the ridge pulls rare ones towards 0
			t.Errorf("%s: %.2f, want about %.2f", key, got[key].Beta, want)
		}
	}
	if got["removed_tests"].Then <= 0 || got["docs_only"].Then >= 0 || got["ci"].Then != 0 {
		t.Errorf("points: %+v", got)
	}
	if w := got["secret"]; !w.Kept || w.Then != pulls.DefaultWeights().Secret {
		t.Errorf("what never fires: %+v", w)
	}
	if o := f.Newer[0]; o.Then.Value < o.Now.Value {
		t.Errorf("on the newer part: %+v", o)
	}
	if !strings.Contains(fmt.Sprint(f.Newer), "made/up") {
		t.Errorf("outcomes: %+v", f.Newer)
	}
}
