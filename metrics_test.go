package main

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// documented are the metrics that people may build on, with their labels, from docs/metrics.md.
func documented(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `shipmate_([a-z_]+)(?:\\{([a-z,]+)\\})?` \\| ").FindAllStringSubmatch(string(text), -1) {
		labels := strings.Split(m[2], ",")
		slices.Sort(labels)
		found[m[1]] = strings.Join(labels, ",")
	}
	return found
}

// emitted finds what the code measures, with the labels: calls of Add, Observe, set and age whose first argument is the name.
func emitted(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if name := literal(call.Args[0]); ok && name != "" && measures(method) {
				note(t, found, name, call.Args[2:])
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// measures reports whether a method is one of a Meter or of gauges.
func measures(method *ast.SelectorExpr) bool {
	on, ok := method.X.(*ast.Ident)
	return slices.Contains([]string{"Add", "Observe"}, method.Sel.Name) || ok && on.Name == "g" && slices.Contains([]string{"set", "age"}, method.Sel.Name)
}

func note(t *testing.T, found map[string]string, name string, args []ast.Expr) {
	var labels []string
	for i := 0; i < len(args); i += 2 {
		labels = append(labels, literal(args[i]))
	}
	slices.Sort(labels)
	with := strings.Join(labels, ",")
	if before, known := found[name]; known && before != with {
		t.Errorf("%s is measured with the labels %q here and %q there", name, before, with)
	}
	found[name] = with
}

func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return text
}

// What is measured is what docs/metrics.md has, with the same labels everywhere.
func TestDocumentedMetrics(t *testing.T) {
	t.Parallel()
	found, listed := emitted(t), documented(t)
	for name, labels := range listed {
		if is, ok := found[name]; !ok || is != labels {
			t.Errorf("%s{%s} is documented, and %s{%s} is measured", name, labels, name, is)
		}
	}
	for name := range found {
		if _, ok := listed[name]; !ok {
			t.Errorf("%s is measured, and docs/metrics.md does not have it", name)
		}
	}
	if len(listed) < 25 {
		t.Errorf("only %d metrics are documented", len(listed))
	}
}

// sample is a line of the text format that is no comment.
var sample = regexp.MustCompile(`^shipmate_[a-z_]+(\{([a-z]+="(\\[\\"n]|[^"\\\n\x00-\x1f])*",?)+\})? [-+.0-9eInf]+$`)

// readable holds a page of metrics against the text format; typed are the metrics of which it says the type.
func readable(t *testing.T, text string) (typed map[string]string) {
	t.Helper()
	typed, seen := map[string]string{}, map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, kind, _ := strings.Cut(rest, " ")
			if typed[name] != "" {
				t.Errorf("the type of %s comes twice", name)
			}
			typed[name] = kind
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		series := line[:max(0, strings.LastIndexByte(line, ' '))]
		if seen[series] {
			t.Errorf("%s comes twice", series)
		}
		seen[series] = true
		if !sample.MatchString(line) {
			t.Errorf("no sample: %q", line)
		}
	}
	return typed
}

// FuzzMeter counts under any label: nothing panics, and everything can be read.
func FuzzMeter(f *testing.F) {
	for _, text := range []string{"", "a\"b\nc", `\`, `\"`, `"} 1`, "\x00\x7f", "\xff", "é😀\u202e", strings.Repeat("\\", 300), "{a=b}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := newMeter()
		m.Add("x_total", 1, "kind", text, "more", text)
		m.Observe("y_seconds", time.Second, "kind", text)
		var out strings.Builder
		m.set.WritePrometheus(&out)
		readable(t, out.String())
	})
}

// The gauges can be read before anything has happened, and have types as all metrics do.
func TestMetricsOfAnAppThatNeverRan(t *testing.T) {
	t.Parallel()
	stand := newStand(t, gitRepo(t))
	a := assembled(t, sandboxConfig(stand.Access(), t.TempDir()))
	a.meter.Add("events_received_total", 1, "source", "slack", "type", "x")
	a.meter.Observe("ack_latency_seconds", time.Millisecond)
	var out strings.Builder
	a.writeMetrics(context.Background(), &out)
	typed := readable(t, out.String())
	for name, kind := range map[string]string{
		"events_received_total": "counter", "ack_latency_seconds": "histogram", "store_commit_seconds": "histogram", "inbox_depth": "gauge", "slack_connected": "gauge",
		"start_time_seconds": "gauge",
	} {
		if typed[metricPrefix+name] != kind {
			t.Errorf("%s has the type %q, want %s", name, typed[metricPrefix+name], kind)
		}
	}
}
