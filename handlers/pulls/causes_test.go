package pulls

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"shipmate/integrations/github"
)

// changedFiles are the files of the pull request that the logs of testdata/causes.txtar are about.
func changedFiles() []github.File {
	var out []github.File
	for _, path := range []string{"parse/parser.go", "parse/parser_test.go", "web/src/total.test.ts", "calc/src/test/java/org/example/CalculatorTest.java"} {
		out = append(out, github.File{Path: path})
	}
	return out
}

func TestCauseOfLog(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/causes.txtar")
	if err != nil {
		t.Fatal(err)
	}
	a := parseArchive(string(data))
	tried := 0
	for _, name := range a.names {
		want, ok := a.files[name+" want"]
		if !ok {
			continue
		}
		tried++
		lines := strings.Split(strings.TrimSuffix(a.files[name], "\n"), "\n")
		c := causeOf(github.Failure{Log: lines}, "a title that is not needed", changedFiles())
		var got strings.Builder
		for _, part := range []struct{ name, value string }{{"text", c.Text}, {"test", c.Test}, {"place", placed(c)}} {
			if part.value != "" {
				got.WriteString(part.name + ": " + part.value + "\n")
			}
		}
		if got.String() != want || c.From != "log" {
			t.Errorf("%s: found in the %s\n%swant\n%s", name, c.From, got.String(), want)
		}
		if len(c.Lines) == 0 || len(c.Lines) > maxCauseLines {
			t.Errorf("%s: %d lines are shown", name, len(c.Lines))
		}
		for _, l := range c.Lines {
			if !slices.ContainsFunc(lines, func(full string) bool { return strings.HasPrefix(full, strings.TrimSuffix(l, "…")) }) {
				t.Errorf("%s: shows the line %q, which the log has not", name, l)
			}
		}
	}
	if tried < 30 || 2*tried != len(a.names) {
		t.Errorf("tried %d of %d logs", tried, len(a.names)/2)
	}
}

func placed(c *Cause) string {
	if c.Line == 0 {
		return c.File
	}
	return fmt.Sprintf("%s:%d", c.File, c.Line)
}

func TestCauseOfAnnotations(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		given []github.Annotation
		want  Cause
	}{
		{"about a file", []github.Annotation{{Path: "vendor/x.go", Line: 3, Message: "undefined: y"}},
			Cause{Text: "undefined: y", File: "vendor/x.go", Line: 3}},
		{"a changed file before others", []github.Annotation{{Message: "general"}, {Path: "other.go", Line: 1, Message: "a"}, {Path: "parse/parser.go", Line: 12, Message: "b\nand more"}},
			Cause{Text: "b", File: "parse/parser.go", Line: 12}},
		{"title and message", []github.Annotation{{Path: "a.js", Line: 1, Title: "no-undef", Message: "'total' is not defined"}},
			Cause{Text: "no-undef: 'total' is not defined", File: "a.js", Line: 1}},
		{"a title that says nothing", []github.Annotation{{Title: "Error", Message: "boom"}}, Cause{Text: "boom"}},
		{"a test in the title", []github.Annotation{{Path: "src/a.test.ts", Line: 9, Title: "src/a.test.ts > sums > adds", Message: "AssertionError: expected 1 to be 2\n ❯ src/a.test.ts:9:3"}},
			Cause{Text: "AssertionError: expected 1 to be 2", Test: "sums > adds", File: "src/a.test.ts", Line: 9}},
		{"a test in the message", []github.Annotation{{Path: "parse/parser_test.go", Line: 41, Message: "--- FAIL: TestNext (0.00s)\n    parser_test.go:41: got 1, want 2"}},
			Cause{Text: "got 1, want 2", Test: "TestNext", File: "parse/parser_test.go", Line: 41}},
		{"killed", []github.Annotation{{Message: "Process completed with exit code 137."}}, Cause{Text: "it was killed, often for want of memory: exit code 137"}},
		{"a secret", []github.Annotation{{Message: "login failed with token=" + strings.Repeat("q7Z", 9)}}, Cause{Text: "login failed with token=[hidden]"}},
	} {
		tt.want.From, tt.want.Lines = "annotation", []string{}
		if got := causeOf(github.Failure{Annotations: tt.given, Log: []string{"panic: not looked at"}}, "", changedFiles()); !reflect.DeepEqual(*got, tt.want) {
			t.Errorf("%s: %+v, want %+v", tt.name, *got, tt.want)
		}
	}
	if got := causeOf(github.Failure{}, " Coverage fell to 61 % ", nil); got == nil || got.Text != "Coverage fell to 61 %" || got.From != "title" {
		t.Errorf("of a title: %+v", got)
	}
	if got := causeOf(github.Failure{}, " ", nil); got != nil {
		t.Errorf("of nothing: %+v, want none", got)
	}
}

// FuzzCauseOfLog: whatever a log says, there is a cause, and it has its bounds.
func FuzzCauseOfLog(f *testing.F) {
	data, err := os.ReadFile("testdata/causes.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range parseArchive(string(data)).files {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := causeOf(github.Failure{Log: strings.Split(text, "\n")}, "", changedFiles())
		if c == nil || len(c.Lines) > maxCauseLines || len([]rune(c.Text)) > maxCauseText || len([]rune(c.Test)) > maxTestName {
			t.Errorf("cause of %q is %+v", text, c)
		}
	})
}
