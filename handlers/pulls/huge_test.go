package pulls

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"shipmate/integrations/github"
)

// hugeSize is how many bytes of patches a huge pull request has.
const hugeSize = 20 << 20

// BenchmarkHuge computes the facts and the summary of pull requests with 20 MB of patches, of an ordinary kind and of the worst kinds that
// could be thought of. peak-MB is the most memory that objects took above what there was before; ms is the longest run.
func BenchmarkHuge(b *testing.B) {
	for _, kind := range hugeKinds() {
		b.Run(kind.name, func(b *testing.B) {
			s, w := kind.make(), DefaultWeights()
			longest, peak := time.Duration(0), uint64(0)
			for b.Loop() {
				runtime.GC()
				stop := watchHeap(&peak)
				start := time.Now()
				Summary(Compute(s, w))
				longest = max(longest, time.Since(start))
				stop()
			}
			b.ReportMetric(float64(longest.Microseconds())/1000, "ms")
			b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
		})
	}
}

// watchHeap raises peak to the most bytes that objects take, above those at its beginning, until the returned function is called.
func watchHeap(peak *uint64) (stop func()) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	before := sample[0].Value.Uint64()
	look := func() {
		metrics.Read(sample)
		if now := sample[0].Value.Uint64(); now > before {
			*peak = max(*peak, now-before)
		}
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-end:
				look()
				return
			case <-tick.C:
				look()
			}
		}
	}()
	return func() { close(end); <-ended }
}

type hugeKind struct {
	name string
	make func() github.Snapshot
}

func hugeKinds() []hugeKind {
	return []hugeKind{
		{"ordinary", func() github.Snapshot { return hugeOf(3000, ordinaryPatch) }},
		{"one-line", func() github.Snapshot { return hugeOf(40, oneLinePatch) }},
		{"lines-of-3900", func() github.Snapshot {
			return hugeOf(300, func(r *rand.Rand, size int) string { return longLines(r, size, 3900) })
		}},
		{"20000-lines", func() github.Snapshot { return hugeOf(20, ordinaryPatch) }},
		{"white-space", func() github.Snapshot { return hugeOf(3000, whiteSpacePatch) }},
		{"one-block", func() github.Snapshot { return hugeOf(20, oneBlockPatch) }},
		{"moved", func() github.Snapshot { return hugeMoves(400) }},
		{"renames", hugeRenames},
		{"dropped-tables", func() github.Snapshot { return hugeFile("migrations/0001_drop.sql", "+", "DROP TABLE table_%d;") }},
		{"removed-exports", func() github.Snapshot { return hugeFile("pkg/api/all.go", "-", "func Exported%d(a, b int) error {") }},
		{"removed-tests", func() github.Snapshot {
			return hugeFile("pkg/api/all_test.go", "-", "func TestNumber%d(t *testing.T) {")
		}},
		{"dependencies", func() github.Snapshot { return hugeFile("package.json", "+", `    "package-%d": "^1.2.3",`) }},
		{"credentials", func() github.Snapshot {
			return hugeFile("pkg/api/keys.go", "+", "\ttoken%d := \"R4nd0mZ8qLk2Wm5Xc7Vb9Tn3\"")
		}},
	}
}

// hugeOf makes a pull request of n files that share hugeSize.
func hugeOf(n int, patch func(r *rand.Rand, size int) string) github.Snapshot {
	s := large(0)
	r := rand.New(rand.NewPCG(1, 2))
	exts := []string{".go", ".ts", "_test.go", ".py", ".yaml", ".md", ".sql", ".tf"}
	for i := range n {
		add(&s, fmt.Sprintf("pkg/part%d/sub%d/file%d%s", i%97, i%31, i, exts[i%len(exts)]), patch(r, hugeSize/n))
	}
	return s
}

var hugeWords = strings.Fields(`func return if err != nil context request token session password auth test assert "github.com/octo/widgets" import from const
	let await SELECT DROP TABLE users exec( retry timeout := { } ( ) [0] "a string of text" 42 // comment # note resource version: image: name: <div> =>`)

func hugeLine(r *rand.Rand, b *strings.Builder, length int) {
	for end := b.Len() + length; b.Len() < end; {
		b.WriteString(hugeWords[r.IntN(len(hugeWords))])
		b.WriteByte(' ')
	}
}

func ordinaryPatch(r *rand.Rand, size int) string {
	var b strings.Builder
	for at := 1; b.Len() < size; at += 40 {
		fmt.Fprintf(&b, "@@ -%d,30 +%d,30 @@ func (r *Reader) Next%d() bool {\n", at, at, at)
		for i := range 30 {
			b.WriteByte(" -+"[i/3%3])
			hugeLine(r, &b, r.IntN(60))
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func longLines(r *rand.Rand, size, length int) string {
	var b strings.Builder
	b.WriteString("@@ -1,100 +1,100 @@\n")
	for i := 0; b.Len() < size; i++ {
		b.WriteByte("-+"[i%2])
		hugeLine(r, &b, length)
		b.WriteByte('\n')
	}
	return b.String()
}

func oneLinePatch(r *rand.Rand, size int) string { return longLines(r, size, size/2) }

// oneBlockPatch replaces one block of half its size by another.
func oneBlockPatch(r *rand.Rand, size int) string {
	var b strings.Builder
	b.WriteString("@@ -1,100 +1,100 @@\n")
	for _, mark := range []byte("-+") {
		for end := b.Len() + size/2; b.Len() < end; b.WriteByte('\n') {
			b.WriteByte(mark)
			hugeLine(r, &b, r.IntN(60))
		}
	}
	return b.String()
}

func whiteSpacePatch(r *rand.Rand, size int) string {
	var b strings.Builder
	b.WriteString("@@ -1,100 +1,100 @@\n")
	for b.Len() < size {
		var block, line strings.Builder
		for range 10 {
			line.Reset()
			hugeLine(r, &line, r.IntN(60))
			b.WriteString("-" + line.String() + "\n")
			block.WriteString("+\t" + line.String() + "\n")
		}
		b.WriteString(block.String())
	}
	return b.String()
}

// hugeMoves moves the content of n files into n others.
func hugeMoves(n int) github.Snapshot {
	s := large(0)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		var text strings.Builder
		for text.Len() < hugeSize/n/2 {
			hugeLine(r, &text, r.IntN(60))
			text.WriteByte('\n')
		}
		for _, side := range []string{"-", "+"} {
			patch := "@@ -1,100 +1,100 @@\n" + side + strings.ReplaceAll(strings.TrimSuffix(text.String(), "\n"), "\n", "\n"+side)
			add(&s, fmt.Sprintf("pkg/%s/file%d.go", map[string]string{"-": "old", "+": "new"}[side], i), patch)
		}
	}
	return s
}

// hugeFile has one line over and over, numbered, in one file.
func hugeFile(name, mark, line string) github.Snapshot {
	s := large(0)
	var b strings.Builder
	b.WriteString("@@ -1,100 +1,100 @@")
	for i := 0; b.Len() < hugeSize/4; i++ {
		b.WriteString("\n" + mark + fmt.Sprintf(line, i))
	}
	add(&s, name, b.String())
	return s
}

func hugeRenames() github.Snapshot {
	s := large(0)
	for i := range 3000 {
		s.Files = append(s.Files, github.File{
			Path: fmt.Sprintf("internal/part%d/file%d.go", i%97, i), PreviousPath: fmt.Sprintf("pkg/part%d/file%d.go", i%97, i), Status: "renamed",
		})
	}
	s.ChangedFiles = len(s.Files)
	return s
}
