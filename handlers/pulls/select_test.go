package pulls

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// patchOfLines makes a patch of one hunk that begins at a line, from lines with their marks.
func patchOfLines(at int, lines ...string) string {
	return fmt.Sprintf("@@ -%d,10 +%d,10 @@ func Work() {\n", at, at) + strings.Join(lines, "\n")
}

// bulk is n lines of a change, each different from those of other files.
func bulk(mark, name string, n int) []string {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf("%s\tvalue%s%d := compute%s(%d)", mark, name, i, name, i))
	}
	return lines
}

// sea is a pull request in which one component has most of the files.
func sea() github.Snapshot {
	s := large(0)
	for i := range 40 {
		name := fmt.Sprintf("Bulk%d", i)
		add(&s, fmt.Sprintf("engine/core/file%02d.go", i), patchOfLines(100, append([]string{" x"}, bulk("+", name, 60)...)...))
	}
	add(&s, "migrations/0009_drop.sql", patchOfLines(1, "+DROP TABLE users;"))
	add(&s, "api/v1/service.proto", patchOfLines(7, " message A {", "-  string name = 1;", "+  bytes name = 1;"))
	add(&s, "web/view.ts", patchOfLines(30, " y", "-  removedCall(alpha, beta)"))
	add(&s, "docs/guide.md", patchOfLines(3, "+More words about it."))
	return s
}

func chosenFiles(f Facts) (files []string) {
	for _, h := range f.Selected {
		files = append(files, h.File)
	}
	return files
}

func TestSelectSeesEachComponent(t *testing.T) {
	t.Parallel()
	f := Compute(sea(), DefaultWeights())
	files := chosenFiles(f)
	for _, want := range []string{"migrations/0009_drop.sql", "api/v1/service.proto", "web/view.ts", "docs/guide.md"} {
		if i := slices.Index(files, want); i < 0 || i >= len(f.Components) {
			t.Errorf("%s is chosen at %d of %d components: %v", want, i, len(f.Components), files)
		}
	}
	if files[0] != "migrations/0009_drop.sql" {
		t.Errorf("first chosen is %s, want the dropped table", files[0])
	}
	if again := Compute(sea(), DefaultWeights()); !reflect.DeepEqual(f.Selected, again.Selected) {
		t.Error("the choice is not always the same")
	}
	backwards := sea()
	slices.Reverse(backwards.Files)
	if got := chosenFiles(Compute(backwards, DefaultWeights())); !slices.Equal(got, files) {
		t.Errorf("another order of the files gives another choice:\n%v\n%v", got, files)
	}
	text := bot.PlainText(Summary(f), false)
	if !strings.Contains(text, "service.proto") && !strings.Contains(text, "0009_drop.sql") {
		t.Errorf("the summary names bulk only:\n%s", text)
	}
	summary := Summary(f)
	if link := fmt.Sprintf("%+v", summary.Blocks); !strings.Contains(link, "R1 ") && !strings.Contains(link, "R7 ") {
		t.Errorf("no link to a line in %s", link)
	}
}

func TestSelectGivesUpInOrder(t *testing.T) {
	t.Parallel()
	s := large(0)
	moved := bulk("", "Moved", 12)
	mark := func(m string) (out []string) {
		for _, l := range moved {
			out = append(out, m+l)
		}
		return out
	}
	add(&s, "a/change.go", patchOfLines(10, bulk("+", "New", 12)...))
	add(&s, "a/change_test.go", patchOfLines(10, bulk("+", "Test", 12)...))
	add(&s, "a/deleted.go", patchOfLines(10, bulk("-", "Old", 12)...))
	add(&s, "a/imports.go", patchOfLines(1, `-	"a/b/c"`, `+	"a/b/d"`))
	add(&s, "a/from.go", patchOfLines(10, mark("-")...))
	add(&s, "a/to.go", patchOfLines(10, mark("+")...))
	add(&s, "a/space.go", patchOfLines(10, "-  x := 1", "+    x := 1"))
	v := newView(s, DefaultWeights())
	f := Compute(s, DefaultWeights())
	_, m := v.moves()
	order := func(budget int) (files []string) {
		for _, h := range Select(v, f.Risk.Reasons, f.Components, m, budget) {
			files = append(files, h.File)
		}
		return files
	}
	all := []string{"a/change.go", "a/change_test.go", "a/deleted.go", "a/imports.go", "a/from.go", "a/to.go", "a/space.go"}
	if got := order(1000); !slices.Equal(got, all) {
		t.Errorf("with room for all: %v", got)
	}
	if got := order(42); !slices.Equal(got, all[:3]) {
		t.Errorf("with room for three: %v", got)
	}
	if got := order(5); !slices.Equal(got, all[:1]) {
		t.Errorf("with no room: %v", got)
	}
}

func TestSelectIsForLargeOnes(t *testing.T) {
	t.Parallel()
	s := large(0)
	for i := range largeFiles {
		add(&s, fmt.Sprintf("a/f%02d.go", i), patchOfLines(1, "+x"))
	}
	if f := Compute(s, DefaultWeights()); len(f.Selected) != 0 {
		t.Errorf("%d files: %v", largeFiles, chosenFiles(f))
	}
	add(&s, "a/more.go", patchOfLines(1, "+x"))
	if f := Compute(s, DefaultWeights()); len(f.Selected) != largeFiles+1 {
		t.Errorf("one more: %v", chosenFiles(f))
	}
}

func TestMoves(t *testing.T) {
	t.Parallel()
	block := func(mark string, n int) []string {
		lines := []string{mark + "func Parse() {", mark + "\tone := first(1)", mark + "", mark + "\ttwo := second(2)", mark + "\tthree := third(3)", mark + "\treturn four(4)", mark + "}"}
		return lines[:n]
	}
	for _, tt := range []struct {
		name     string
		from, to []string
		want     []Move
	}{
		{"a function", block("-", 7), append([]string{"+package b"}, block("+", 7)...), []Move{{"a.go", "b.go", 6, 10, 21}}},
		{"too short", block("-", 5), block("+", 5), []Move{}},
		{"changed inside", block("-", 7), []string{"+func Parse() {", "+\tone := first(1)", "+\tother := second(2)", "+\tthree := third(3)", "+\treturn four(4)", "+}"}, []Move{}},
		{"deeper", block("-", 7), strings.Split(strings.ReplaceAll(strings.Join(block("+", 7), "\n"), "+", "+\t"), "\n"), []Move{{"a.go", "b.go", 6, 10, 20}}},
		{"copied only", block(" ", 7), block("+", 7), []Move{}},
	} {
		s := large(0)
		add(&s, "a.go", patchOfLines(10, tt.from...))
		add(&s, "b.go", patchOfLines(20, tt.to...))
		if got, _ := newView(s, DefaultWeights()).moves(); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
	s := large(0)
	add(&s, "a.go", patchOfLines(10, append(block("-", 7), block("+", 7)...)...))
	if got, _ := newView(s, DefaultWeights()).moves(); len(got) != 0 {
		t.Errorf("within one file: %+v", got)
	}
	s = large(0)
	add(&s, "a.go", patchOfLines(10, block("-", 7)...))
	add(&s, "b.go", patchOfLines(20, block("+", 7)...))
	if text := bot.PlainText(Summary(Compute(s, DefaultWeights())), false); !strings.Contains(text, "moves 6 lines from a.go to b.go") {
		t.Errorf("summary:\n%s", text)
	}
}

func TestChangedShowsTheBestHunks(t *testing.T) {
	t.Parallel()
	s := large(0)
	var patch []string
	for i := range 10 {
		patch = append(patch, patchOfLines(100*i+1, append([]string{" x"}, bulk("+", fmt.Sprint("Part", i), 10)...)...))
	}
	patch = append(patch, patchOfLines(5000, " x", "+\tcmd := exec.Command(\"sh\", \"-c\", input)"))
	add(&s, "a/long.go", strings.Join(patch, "\n"))
	f := Compute(s, DefaultWeights())
	r, err := changed(s, f, "long.go")
	if err != nil {
		t.Fatal(err)
	}
	text := bot.PlainText(r, true)
	if !strings.Contains(text, "exec.Command") {
		t.Errorf("the line of the risk is not shown:\n%s", text)
	}
	if !strings.Contains(text, "more lines on GitHub") || strings.Count(text, "\n") > maxDiffLines+20 {
		t.Errorf("not cut:\n%s", text)
	}
}
