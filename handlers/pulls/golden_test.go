package pulls

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// An archive is a txtar file: a comment, then files behind "-- name --" lines.
type archive struct {
	comment string
	names   []string // in order
	files   map[string]string
}

func parseArchive(data string) archive {
	a := archive{files: map[string]string{}}
	name := ""
	for l := range strings.Lines(data) {
		if rest, ok := strings.CutPrefix(l, "-- "); ok {
			if n, ok := strings.CutSuffix(strings.TrimRight(rest, "\n"), " --"); ok {
				name = n
				a.names = append(a.names, n)
				a.files[n] = ""
				continue
			}
		}
		if name == "" {
			a.comment += l
		} else {
			a.files[name] += l
		}
	}
	return a
}

func (a archive) format() string {
	var b strings.Builder
	b.WriteString(a.comment)
	for _, n := range a.names {
		b.WriteString("-- " + n + " --\n" + a.files[n])
	}
	return b.String()
}

// set replaces a file, or adds it at the end.
func (a *archive) set(name, text string) {
	if _, ok := a.files[name]; !ok {
		a.names = append(a.names, name)
	}
	a.files[name] = text
}

// TestGolden runs what each archive asks. "snapshot.json" is the pull request without its patches, "patch/PATH" the patch of a file, "before/PATH" and
// "after/PATH" its whole text, "ask" the
// question or questions, "want.txt" the answers as text and "want.json" the facts. Counts that the snapshot leaves out are taken from
// the patches.
func TestGolden(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/golden/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			a := parseArchive(string(data))
			s := readSnapshot(t, a)
			text := conversation(t, s, a.files["ask"])
			facts, err := json.MarshalIndent(Compute(s, DefaultWeights()), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				a.set("want.txt", text)
				a.set("want.json", string(facts)+"\n")
				if err := os.WriteFile(name, []byte(a.format()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if text != a.files["want.txt"] {
				t.Errorf("answer:\n%s\nwant:\n%s", text, a.files["want.txt"])
			}
			if got, want := compact(t, facts), compact(t, []byte(a.files["want.json"])); got != want {
				t.Errorf("facts:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func compact(t *testing.T, data []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func readSnapshot(t *testing.T, a archive) github.Snapshot {
	t.Helper()
	var s github.Snapshot
	d := json.NewDecoder(strings.NewReader(a.files["snapshot.json"]))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		t.Fatalf("snapshot.json: %v", err)
	}
	for i := range s.Files {
		f := &s.Files[i]
		f.Patch = strings.TrimSuffix(a.files["patch/"+f.Path], "\n")
		_, old := a.files["before/"+f.Path]
		if _, is := a.files["after/"+f.Path]; old || is {
			f.Contents = github.Contents{Before: a.files["before/"+f.Path], After: a.files["after/"+f.Path], Read: true}
		}
		if n := patchLines(f.Patch); f.Additions+f.Deletions == 0 {
			f.Additions, f.Deletions = n.Additions, n.Deletions
		}
	}
	if s.Additions+s.Deletions == 0 {
		for _, f := range s.Files {
			s.Additions, s.Deletions = s.Additions+f.Additions, s.Deletions+f.Deletions
		}
	}
	if s.ChangedFiles == 0 {
		s.ChangedFiles = len(s.Files)
	}
	s.Owners, s.Attributes = a.files["CODEOWNERS"], a.files[".gitattributes"]
	return s
}

// conversation asks each line of asks about s and returns the answers as text.
func conversation(t *testing.T, s github.Snapshot, asks string) string {
	t.Helper()
	var b strings.Builder
	for ask := range strings.Lines(asks) {
		ask = strings.TrimSpace(ask)
		reply, err := askAbout(t, s, ask)
		fmt.Fprintf(&b, "> %s\n", ask)
		if err != nil {
			fmt.Fprintf(&b, "error: %v\n\n", err)
			continue
		}
		b.WriteString(bot.PlainText(reply, false) + "\n")
	}
	return b.String()
}
