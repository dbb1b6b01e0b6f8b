package pulls

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// done is a completed check.
func done(name, conclusion string) github.Check {
	return github.Check{ID: 1, Name: name, Status: "completed", Conclusion: conclusion, URL: "https://github.com/octo/widgets/runs/1"}
}

func TestChecksReplyInALine(t *testing.T) {
	t.Parallel()
	running := github.Check{Name: "e2e", Status: "in_progress"}
	unread := []github.Gap{{What: "check runs", Why: "no permission"}}
	for _, tt := range []struct {
		name    string
		checks  []github.Check
		details github.CheckDetails
		gaps    []github.Gap
		want    string // after the pull request's title
	}{
		{"none", nil, github.CheckDetails{}, nil, "no checks on its head"},
		{"skipped only", []github.Check{done("docs", "skipped")}, github.CheckDetails{}, nil, "no checks on its head"},
		{"green", []github.Check{done("a", "success"), done("b", "success"), done("docs", "neutral")}, github.CheckDetails{}, nil, "all 2 checks passed"},
		{"one", []github.Check{done("a", "success")}, github.CheckDetails{}, nil, "the one check passed"},
		{"running", []github.Check{done("a", "success"), running}, github.CheckDetails{}, nil, "1 of 2 checks passed, 1 running\nrunning: e2e"},
		{"not read", nil, github.CheckDetails{Required: []string{"a"}}, unread, "checks not read\ncheck runs not read: no permission"},
		{"missing", []github.Check{done("a", "success")}, github.CheckDetails{Required: []string{"a", "b"}}, nil, "the one check passed, 1 required missing\nrequired, and not reported: b"},
		{"red on the base", []github.Check{done("a", "failure")}, github.CheckDetails{Failures: []github.Failure{{Check: "a", OnBase: true}}}, nil,
			"the one check failed, on main, too\na: also red on main · failed, I found no cause"},
		{"no cause", []github.Check{done("a", "cancelled")}, github.CheckDetails{Failures: []github.Failure{{Check: "a"}}}, nil, "the one check failed\na: cancelled, I found no cause"},
	} {
		s := small(t)
		s.Base.Name, s.Checks, s.Gaps, s.Details = "main", tt.checks, tt.gaps, &tt.details
		got, _, _ := strings.Cut(bot.PlainText(ChecksReply(Compute(s, DefaultWeights())), false), "\nocto/widgets#12 at 0123456")
		if want := "#12 Parse empty input: " + tt.want; got != want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, want)
		}
	}
}

func TestChecksReplyNamesEveryFailure(t *testing.T) {
	t.Parallel()
	s := small(t)
	details := &github.CheckDetails{}
	for i := range 20 {
		name := fmt.Sprintf("check %02d", i)
		s.Checks = append(s.Checks, done(name, "failure"))
		details.Failures = append(details.Failures, github.Failure{Check: name, Log: slices.Repeat([]string{"a line"}, 30)})
	}
	s.Details = details
	text := bot.PlainText(ChecksReply(Compute(s, DefaultWeights())), false)
	if n := strings.Count(text, "    a line\n"); n != maxShownChecks*maxCauseLines || !strings.Contains(text, "also failed: check 05, ") || !strings.Contains(text, "check 14 and 5 more\n") {
		t.Errorf("%d lines of logs in\n%s", n, text)
	}
}

// A place leads to the head's file where it is known to be there: by the check's own word, or because the pull request changes it.
func TestCauseLeadsToItsPlace(t *testing.T) {
	t.Parallel()
	const blob = "https://github.com/octo/widgets/blob/0123456789abcdef0123456789abcdef01234567/"
	f := Compute(small(t), DefaultWeights())
	for _, tt := range []struct {
		cause     Cause
		text, url string
	}{
		{Cause{File: "other/a b#c.go", Line: 3, From: "annotation"}, "other/a b#c.go:3", blob + "other/a%20b%23c.go#L3"},
		{Cause{File: "parse/parser.go", Line: 11, From: "log"}, "parse/parser.go:11", blob + "parse/parser.go#L11"},
		{Cause{File: "parse/parser.go", From: "log"}, "parse/parser.go", blob + "parse/parser.go"},
		{Cause{File: "elsewhere.go", Line: 3, From: "log"}, "elsewhere.go:3", ""},
	} {
		if got := f.sourceSpan(tt.cause); got.Text != tt.text || got.URL != tt.url {
			t.Errorf("%+v: %+v, want %q at %q", tt.cause, got, tt.text, tt.url)
		}
	}
}

// Whatever a check writes, what looks like a credential is in no reply and in none of its facts.
func TestNoSecretOfACheckIsShown(t *testing.T) {
	t.Parallel()
	planted := map[string]string{"assigned": "9f8e7d6c5b4a39281706f5e4d3c2b1a0"}
	for rule, text := range credentials {
		if rule != "secret/private-key" { // its first line is no secret
			planted[rule] = text
		}
	}
	for rule, secret := range planted {
		text := "DEPLOY_TOKEN=" + secret
		s := small(t)
		s.Checks = []github.Check{done("annotated", "failure"), done("logged", "failure"), done("titled", "failure")}
		s.Checks[2].Title = text
		s.Details = &github.CheckDetails{Failures: []github.Failure{
			{Check: "annotated", Annotations: []github.Annotation{{Path: "a.go", Line: 1, Title: text, Message: text + "\n" + text}}},
			{Check: "logged", Log: []string{"one", "--- FAIL: Test/" + text, "    a_test.go:3: " + text, "panic: " + text, text}},
			{Check: "titled"},
		}}
		for _, ask := range []string{"ci", "summarize", "details"} {
			reply, err := askAbout(t, s, ask)
			if err != nil {
				t.Fatal(err)
			}
			data, err := json.Marshal(reply)
			if err != nil {
				t.Fatal(err)
			}
			for _, out := range []string{string(data), string(reply.Facts), bot.PlainText(reply, true)} {
				if strings.Contains(out, secret) || strings.Contains(out, secret[len(secret)/2:]) {
					t.Errorf("%s: %s shows it:\n%s", ask, rule, out)
				}
			}
			if ask == "ci" && strings.Count(string(data), hiddenPart) < 3 {
				t.Errorf("%s: nothing is hidden in %s", rule, data)
			}
		}
	}
}

// What is behind the checks is read for those who ask for it only.
func TestCheckDetailsAreReadOnDemand(t *testing.T) {
	t.Parallel()
	for ask, want := range map[string]string{
		"summarize #12": "octo/widgets#12", "ci #12": "octo/widgets#12,octo/widgets#12 1 checks", "checks 12": "octo/widgets#12,octo/widgets#12 1 checks",
		"why did ci fail in #12?": "octo/widgets#12,octo/widgets#12 1 checks",
	} {
		var asked []string
		s := small(t)
		s.Checks = []github.Check{done("a", "failure")}
		req := bot.Request{ID: "1", Kind: bot.Ask, From: bot.Actor{Surface: bot.Console, ID: "u"}, Text: ask}
		reply, err := newRouter(t, canned{snapshot: s, asked: &asked}).Handle(t.Context(), newTurn(req))
		if got := strings.Join(asked, ","); got != want || err != nil || reply.Subject != "octo/widgets#12" {
			t.Errorf("%q read %q, want %q (%v)", ask, got, want, err)
		}
	}
}

// Two runs of a name at the same time are namesakes, not tries.
func TestReruns(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 5, 4, 12, minute, 0, 0, time.UTC) }
	run := func(conclusion string, from, to int) github.Check {
		c := done("test", conclusion)
		c.Started, c.Completed = at(from), at(to)
		return c
	}
	for name, tt := range map[string]struct {
		runs []github.Check
		want int
	}{
		"again":             {[]github.Check{run("success", 5, 6), run("failure", 1, 2), run("failure", 0, 1)}, 1},
		"at the same time":  {[]github.Check{run("success", 1, 6), run("failure", 1, 2)}, 0},
		"passed before":     {[]github.Check{run("failure", 5, 6), run("success", 1, 2)}, 0},
		"without its times": {[]github.Check{run("success", 5, 6), done("test", "failure")}, 0},
	} {
		if got := checks(github.Snapshot{Checks: tt.runs}); len(got.Reruns) != tt.want || got.Total != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
