package pulls

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// credentials are made up, and put together here so that no scanner takes this file for a leak.
var credentials = map[string]string{
	"secret/github-token":   "ghp_" + "q7Rz0LmXw2Vb9KcT4nHs8JdYf1GpA6uE3iQo",
	"secret/aws-access-key": "AKIA" + "QZ7XW3VB5NMKJ2HG",
	"secret/slack-token":    "xoxb-" + "7301946285-9482716350-QwErTyZxCvBn",
	"secret/stripe-key":     "sk_live_" + "q7Rz0LmXw2Vb9KcT4nHs8JdY",
	"secret/google-api-key": "AIza" + "q7Rz0LmXw2Vb9KcT4nHs8JdYf1GpA6uE3iQ",
	"secret/assignment":     `password = "` + "q7Rz0LmXw2Vb9KcT4nHs8" + `"`,
	"secret/url-password":   "postgres://app:" + "q7Rz0LmXw2Vb9" + "@db.internal/app",
	"secret/private-key":    "-----BEGIN RSA " + "PRIVATE KEY-----",
}

func TestSecretsAreFoundAndNeverShown(t *testing.T) {
	t.Parallel()
	for rule, value := range credentials {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			s := small(t)
			s.Attributes, s.Owners = "* text", "* @octo/all"
			add(&s, "config/app.go", added("package config", "// setting", "var x = "+value, "var y = 1"))
			f := Compute(s, DefaultWeights())
			if len(f.Risk.Reasons) == 0 || f.Risk.Reasons[0].Rule != "secret" || !slices.Contains(f.Risk.Reasons[0].Evidence, Evidence{Rule: rule, File: "config/app.go", Line: 3}) {
				t.Errorf("reasons = %+v, want %s at config/app.go:3 first", f.Risk.Reasons, rule)
			}
			if f.Risk.Level != "high" {
				t.Errorf("risk is %s, want high", f.Risk.Level)
			}
			checkAbsent(t, s, strings.TrimSuffix(strings.TrimPrefix(value, `password = "`), `"`))
		})
	}
}

// checkAbsent asks everything about s and looks for value in what comes back.
func checkAbsent(t *testing.T, s github.Snapshot, value string) {
	t.Helper()
	for _, ask := range []string{"summarize", "risk", "files", "deps", "tests", "owners", "details", "overlap", "hot", "changed config", "changed *", "files nowhere.go"} {
		reply, err := askAbout(t, s, ask)
		out, _ := json.Marshal(reply)
		if text := string(out) + bot.PlainText(reply, true) + fmt.Sprint(err); strings.Contains(text, value) {
			t.Errorf("%s shows the credential:\n%s", ask, text)
		}
	}
}

func TestPrivateKeysAreHiddenWhole(t *testing.T) {
	t.Parallel()
	s := small(t)
	add(&s, "key.pem", added(credentials["secret/private-key"], "MIIEowIBAAKCAQEAtopsecretbody", "-----END RSA "+"PRIVATE KEY-----", "shown"))
	reply, err := askAbout(t, s, "changed key.pem")
	text := bot.PlainText(reply, true)
	if err != nil || strings.Contains(text, "topsecretbody") || !strings.Contains(text, "+shown") {
		t.Errorf("changed key.pem: %v\n%s", err, text)
	}
}

func TestWhatIsNoSecret(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`key := "AKIAIOSFODNN7EXAMPLE"`, `token = "your-token-goes-here-please"`, `password: "${DATABASE_PASSWORD_FROM_ENV}"`, `secretName = "github-actions-runner-token-name"`,
		`postgres://user:password@localhost/db`, `https://example.com/a:b@c`, `tokenURL := "https://login.example.com/oauth/token"`, "ghp_short", `apiKey := os.Getenv("SERVICE_API_KEY_NAME")`,
	} {
		if rule := secretOn(text, ClassCode); rule != "" {
			t.Errorf("secretOn(%q) = %s", text, rule)
		}
	}
	if rule := secretOn(credentials["secret/private-key"], ClassTest); rule != "" {
		t.Errorf("a private key in a test is %s", rule)
	}
	if rule := secretOn(credentials["secret/github-token"], ClassTest); rule == "" {
		t.Error("an issuer's token in a test is not found")
	}
}

func TestTotalsAreGitHubs(t *testing.T) {
	t.Parallel()
	s := small(t)
	add(&s, "go.sum", added("a", "b", "c"))
	f := Compute(s, DefaultWeights())
	if f.Files != 3 || f.Additions != 6 || f.Deletions != 1 || f.RealAdditions != 3 || f.RealDeletions != 1 || f.Size != "XS" {
		t.Errorf("files %d, +%d −%d, real +%d −%d, %s", f.Files, f.Additions, f.Deletions, f.RealAdditions, f.RealDeletions, f.Size)
	}
	if len(f.Coverage.Notes) > 0 {
		t.Errorf("notes %q for counts that agree", f.Coverage.Notes)
	}
	s.Additions++
	f = Compute(s, DefaultWeights())
	want := "GitHub counts +7 −1 in all, and its files add up to +6 −1"
	if f.Additions != 7 || f.RealAdditions != 4 || !slices.Contains(f.Coverage.Notes, want) {
		t.Errorf("+%d, real +%d, notes %q; want +7, +4, %q", f.Additions, f.RealAdditions, f.Coverage.Notes, want)
	}
}

func TestUnreadFilesAreToldAndCount(t *testing.T) {
	t.Parallel()
	s := small(t)
	s.ChangedFiles, s.Additions = 3100, 90_000
	s.Files = append(s.Files, github.File{Path: "big.go", Status: "modified", Additions: 9000}, github.File{Path: "quiet.go", Status: "modified", NoCounts: true})
	s.Gaps = []github.Gap{{What: "check runs", Why: "no permission"}, {What: "files", Why: "GitHub lists 4 of the 3,100 changed files"}}
	f := Compute(s, DefaultWeights())
	want := []Skipped{{SkipTooLarge, 1, 9000}, {SkipNoCounts, 1, 0}, {SkipUnlisted, 3096, 0}}
	if !reflect.DeepEqual(f.Coverage.Skipped, want) || f.Coverage.FilesRead != 2 || f.Coverage.FilesTotal != 3100 {
		t.Errorf("coverage = %+v, want %+v", f.Coverage, want)
	}
	if f.Size != "XXL" || f.RealAdditions != 90_000 {
		t.Errorf("size %s of %d: lines that were not read have to count as real", f.Size, f.RealAdditions)
	}
	if !slices.Equal(f.Coverage.Notes, []string{"check runs not read: no permission"}) {
		t.Errorf("notes = %q", f.Coverage.Notes)
	}
	text := bot.PlainText(Summary(f), false)
	for _, part := range []string{"Partial: ", "read 2 of 3,100 files", "1 too large, 1 no counts given, 3096 not listed", "check runs not read"} {
		if !strings.Contains(text, part) {
			t.Errorf("the summary lacks %q:\n%s", part, text)
		}
	}
}

func TestChecksAndReviews(t *testing.T) {
	t.Parallel()
	s := small(t)
	s.RequestedReviewers = []string{"dan", "octo/core"}
	at := func(hours int) time.Time { return time.Date(2026, 5, 4, hours, 0, 0, 0, time.UTC) }
	s.Reviews = []github.Review{
		{Author: "bob", State: "CHANGES_REQUESTED", Time: at(1), SHA: "old"}, {Author: "bob", State: "COMMENTED", Time: at(2)},
		{Author: "cat", State: "CHANGES_REQUESTED", Time: at(1)}, {Author: "cat", State: "APPROVED", Time: at(2), SHA: "old"},
		{Author: "eve", State: "APPROVED", Time: at(1)}, {Author: "eve", State: "DISMISSED", Time: at(2)},
		{Author: "ann", State: "COMMENTED", Time: at(1)}, {Author: "dan", State: "APPROVED", Time: at(1)},
	}
	s.Checks = []github.Check{
		{Name: "lint", Status: "completed", Conclusion: "failure", URL: "https://ci.example/1"}, {Name: "lint", Status: "completed", Conclusion: "success"},
		{Name: "test", Status: "completed", Conclusion: "success"}, {Name: "docs", Status: "completed", Conclusion: "skipped"}, {Name: "e2e", Status: "in_progress"},
	}
	f := Compute(s, DefaultWeights())
	wantReviews := Reviews{Approved: []string{"cat"}, ChangesRequested: []string{"bob"}, Commented: []string{}, Waiting: []string{"dan", "octo/core"}, Stale: []string{"cat"}, Owners: []UnownedPart{}}
	if !reflect.DeepEqual(f.Reviews, wantReviews) {
		t.Errorf("reviews = %+v, want %+v", f.Reviews, wantReviews)
	}
	wantChecks := Checks{Total: 3, Passed: 1, Failed: 1, Running: 1, Failing: []FailedCheck{{Name: "lint", URL: "https://ci.example/1", Conclusion: "failure"}},
		Pending: []PendingCheck{{Name: "e2e"}}, Missing: []string{}, Reruns: []string{}, Notes: []string{}}
	if !reflect.DeepEqual(f.Checks, wantChecks) {
		t.Errorf("checks = %+v, want %+v", f.Checks, wantChecks)
	}
	want := "by ann, open · 1 of 3 checks failed: lint · approved by cat (for an earlier commit) · changes requested by bob · waiting for dan, octo/core · ann's turn: the failed check"
	if text := bot.PlainText(Summary(f), false); !strings.Contains(text, want) {
		t.Errorf("the summary lacks %q:\n%s", want, text)
	}
}

func TestSummaryIsShorterThanASmallDiff(t *testing.T) {
	t.Parallel()
	s := small(t)
	const header = 4 // diff --git, index, ---, +++
	diff := 0
	for _, f := range s.Files {
		diff += header + strings.Count(f.Patch, "\n") + 1
	}
	summary := strings.Count(bot.PlainText(Summary(Compute(s, DefaultWeights())), false), "\n") - 2 // without the button lines
	if summary >= diff {
		t.Errorf("the summary has %d lines, the diff %d", summary, diff)
	}
}

func TestSummaryHasThreeToSixLines(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		s := randomSnapshot(rand.New(rand.NewPCG(seed, 1)), "some text")
		if seed < 3 {
			s = large(20 + 200*int(seed))
		}
		summary := Summary(Compute(s, DefaultWeights()))
		summary.Next = nil                                              // buttons
		lines := strings.Count(bot.PlainText(summary, false), "\n") - 1 // without the button of the fold
		if lines < 3 || lines > 6 {
			t.Fatalf("seed %d: %d lines:\n%s", seed, lines, bot.PlainText(summary, false))
		}
	}
}

// randomSnapshot makes a snapshot of anything that can occur, and much that cannot.
func randomSnapshot(r *rand.Rand, text string) github.Snapshot {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	s := github.Snapshot{PullRequest: github.PullRequest{
		Ref: github.Ref{Owner: "o", Repo: "r", Number: r.IntN(9)}, Title: pick(text, "fix: x", "wip", ""), Body: pick(text, "", "```\n"), Author: pick("ann", "bot[bot]", ""),
		AuthorBot: r.IntN(2) == 0, State: pick("open", "closed", "merged", ""), URL: pick("", "https://github.com/o/r/pull/1"), Head: github.Branch{SHA: pick("", "abc", strings.Repeat("a", 40))},
		Additions: r.IntN(500) - 10, Deletions: r.IntN(500) - 10, ChangedFiles: r.IntN(12),
	}, Owners: pick("", "* @a\n/ @b\n"+text), Attributes: pick("", "*.go linguist-generated\n[ [ [\n"+text)}
	for range r.IntN(8) {
		f := github.File{
			Path:   pick("a.go", "a/b/c_test.go", "go.mod", "package.json", "go.sum", "package-lock.json", "x/yarn.lock", "Cargo.lock", "pyproject.toml", "migrations/001.sql", ".github/workflows/a.yml", "x.png", "", "/", "//", text, "a/../b", "Dockerfile"),
			Status: pick("added", "removed", "modified", "renamed", ""), Additions: r.IntN(50) - 5, Deletions: r.IntN(50) - 5, NoCounts: r.IntN(9) == 0,
		}
		f.Patch = pick("", text, "@@ -1 +1 @@\n"+text, "@@ -1,2 +1,2 @@ "+text+"\n-require a.b/c v1.0.0\n+require a.b/c v2.0.0\n+\"a\": \"^1\"\n-"+text, "@@ -0,0 +1 @@\n+"+text)
		if r.IntN(3) == 0 {
			f.PreviousPath = pick("old.go", text)
		}
		if r.IntN(2) == 0 {
			n := patchLines(f.Patch)
			f.Additions, f.Deletions = n.Additions, n.Deletions
		}
		s.Files = append(s.Files, f)
	}
	if r.IntN(2) == 0 {
		s.ChangedFiles = len(s.Files)
	}
	for range r.IntN(3) {
		s.List = append(s.List, github.Commit{Message: pick(text, "feat: x", ""), Parents: r.IntN(3)})
		s.Checks = append(s.Checks, github.Check{Name: text, Status: pick("completed", "queued", ""), Conclusion: pick("success", "failure", "")})
		s.Gaps = append(s.Gaps, github.Gap{What: pick("", "reviews", text), Why: pick("", "not found", text)})
		s.Reviews = append(s.Reviews, github.Review{Author: pick("", "bob", text), State: pick("APPROVED", "COMMENTED", text)})
	}
	return s
}

func FuzzCompute(f *testing.F) {
	for i, seed := range []string{"", "fix(api)!: parse\n\nBREAKING CHANGE: x", "+@@ -1 +1 @@\n+x\n-y", "\xff\xfe\u202e\u200d", "func (r *T[K]) Next() {", "* @@@ /", "t.Skip(\"x\")", credentials["secret/github-token"]} {
		f.Add(uint64(i), seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		s := randomSnapshot(rand.New(rand.NewPCG(seed, 1)), text)
		checkInvariants(t, s)
	})
}

func TestInvariants(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		checkInvariants(t, randomSnapshot(rand.New(rand.NewPCG(seed, 2)), fmt.Sprintf("text %d", seed)))
	}
}

func checkInvariants(t *testing.T, s github.Snapshot) {
	t.Helper()
	f := Compute(s, DefaultWeights())
	if again := Compute(s, DefaultWeights()); !reflect.DeepEqual(f, again) {
		t.Errorf("not deterministic:\n%+v\n%+v", f, again)
	}
	sum := f.Coverage.FilesRead
	for _, sk := range f.Coverage.Skipped {
		sum += sk.Files
	}
	if want := max(s.ChangedFiles, len(s.Files)); sum != f.Coverage.FilesTotal || sum != want {
		t.Errorf("coverage adds up to %d of %d files, want %d: %+v", sum, f.Coverage.FilesTotal, want, f.Coverage)
	}
	classes := 0
	for _, c := range f.Classes {
		classes += c.Files
	}
	parts := 0
	for _, c := range f.Components {
		parts += c.Files
	}
	if classes != len(s.Files) || parts != len(s.Files) {
		t.Errorf("%d files are in %d classes and %d components", len(s.Files), classes, parts)
	}
	if f.Risk.Points < 0 || f.Risk.Points > 10 || f.Risk.Level == "" {
		t.Errorf("risk = %+v", f.Risk)
	}
	if f.RealAdditions < 0 || f.RealDeletions < 0 || f.RealAdditions > max(f.Additions, 0) || f.RealDeletions > max(f.Deletions, 0) {
		t.Errorf("real +%d −%d of +%d −%d", f.RealAdditions, f.RealDeletions, f.Additions, f.Deletions)
	}
	data, err := json.Marshal(f)
	if err != nil || strings.Contains(string(data), ":null") {
		t.Errorf("JSON: %v\n%s", err, data)
	}
	var back Facts
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	var again Facts
	data, _ = json.Marshal(back)
	if err := json.Unmarshal(data, &again); err != nil || !reflect.DeepEqual(back, again) {
		t.Errorf("JSON does not survive: %v\n%+v\n%+v", err, back, again)
	}
	for _, q := range questions() {
		var reply bot.Reply
		var err error
		if q.answer != nil {
			reply, err = q.answer(s, f, "")
		} else {
			reply = sinceReply(s, f, compare(look{}, lookAt(s, &f)))
		}
		if err != nil || reply.Title == "" || reply.Subject == "" {
			t.Errorf("%s: %+v, %v", q.Name, reply, err)
		}
		bot.PlainText(reply, true)
	}
	for _, word := range []string{s.Title, "a.go", "*", "[", "{a,b}/**"} {
		_, _ = changed(s, f, word)
		_, _ = files(s, f, word)
	}
}

// large makes a pull request of n files with a patch of about 60 lines each.
func large(n int) github.Snapshot {
	s := github.Snapshot{PullRequest: github.PullRequest{Ref: github.Ref{Owner: "octo", Repo: "widgets", Number: 1}, Title: "feat: rework everything", URL: "https://github.com/octo/widgets/pull/1", State: "open"}}
	s.Owners = "* @octo/all\n/pkg/part1/ @octo/one\n*.ts @octo/web\n"
	s.Attributes = "*.gen.ts linguist-generated\n"
	var patch strings.Builder
	patch.WriteString("@@ -1,60 +1,60 @@ func (r *Reader) Next() bool {\n")
	for i := range 20 {
		fmt.Fprintf(&patch, " \tcontext(%d)\n-\told := call(%d, \"text of some length\")\n+\tresult, err := call(ctx, %d, \"text of some length\")\n", i, i, i)
	}
	for i := range n {
		ext := []string{"go", "ts", "_test.go", "py"}[i%4]
		if !strings.HasPrefix(ext, "_") {
			ext = "." + ext
		}
		add(&s, fmt.Sprintf("pkg/part%d/sub%d/file%d%s", i%7, i%31, i, ext), patch.String())
	}
	return s
}

func BenchmarkCompute(b *testing.B) {
	for _, n := range []int{30, 3000} {
		b.Run(fmt.Sprintf("files=%d", n), func(b *testing.B) {
			s, w := large(n), DefaultWeights()
			b.ReportAllocs()
			for b.Loop() {
				Compute(s, w)
			}
		})
	}
}

func BenchmarkSummary(b *testing.B) {
	f := Compute(large(30), DefaultWeights())
	for b.Loop() {
		Summary(f)
	}
}
