package focus

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// sample is a bill of one row.
const sample = "ChargePeriodStart,ChargePeriodEnd,ChargeCategory,BillingCurrency,EffectiveCost,BilledCost,ServiceName\n2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,Usage,USD,1.5,2,s\n"

// A folder into which somebody else writes shows nothing but what is in it: a link out of it is not followed, however it gets there.
func TestFolderDoesNotLeadOut(t *testing.T) {
	t.Parallel()
	outside, folder := t.TempDir(), t.TempDir()
	write := func(path string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(sample), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, path string) {
		t.Helper()
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "secret.csv"))
	write(filepath.Join(folder, "in", "good.csv"))
	link(filepath.Join(outside, "secret.csv"), filepath.Join(folder, "absolute.csv"))
	link("../"+filepath.Base(outside)+"/secret.csv", filepath.Join(folder, "relative.csv"))
	link(outside, filepath.Join(folder, "folder.csv"))
	link("/dev/zero", filepath.Join(folder, "endless.csv"))
	link("loop.csv", filepath.Join(folder, "loop.csv"))
	link("in/good.csv", filepath.Join(folder, "inner.csv"))
	names, ignored, err := bills(folder)
	if err != nil || fmt.Sprint(names) != "[in/good.csv inner.csv]" || len(ignored) != 5 {
		t.Errorf("names %q, ignored %q, %v", names, ignored, err)
	}
	// The folder itself may be a link, and whoever runs the bot may have put it anywhere.
	link(folder, filepath.Join(outside, "bills"))
	if names, _, err := bills(filepath.Join(outside, "bills")); err != nil || len(names) != 2 {
		t.Errorf("through a link: %q, %v", names, err)
	}
	// A file that becomes a link after it was listed.
	f := Folder{Path: folder, Settle: time.Nanosecond}
	c, err := f.Changes(t.Context(), nil)
	if err != nil || len(c.New) != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	path := filepath.Join(folder, filepath.FromSlash(c.New[0].Name))
	info, err := os.Stat(path)
	if err := errors.Join(err, os.Remove(path)); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(outside, "secret.csv")
	if err := os.Chtimes(secret, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	link(secret, path)
	rows := 0
	if _, err := f.Read(t.Context(), c.New[0], Options{}, func(*Charge) error { rows++; return nil }); err == nil || rows > 0 {
		t.Errorf("%d rows of another file were read, %v", rows, err)
	}
}

// repeated is endless.
type repeated struct {
	text string
	at   *int
}

func (r repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.text[*r.at%len(r.text)]
		*r.at++
	}
	return len(p), nil
}

// A small file that unpacks to something huge takes neither the memory nor the day.
func TestGzipBomb(t *testing.T) {
	for name, text := range map[string]string{"zeros": "\x00\x00\x00\x00", "empty lines": "\n\n\n\n", "rows": strings.SplitAfter(sample, "\n")[1]} {
		t.Run(name, func(t *testing.T) {
			var packed bytes.Buffer
			w, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
			_, err := io.WriteString(w, strings.SplitAfter(sample, "\n")[0])
			if _, errCopy := io.CopyN(w, repeated{text, new(int)}, 32<<20); err != nil || errCopy != nil || w.Close() != nil {
				t.Fatal(err, errCopy)
			}
			path := filepath.Join(t.TempDir(), "bomb.csv.gz")
			if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			_, err = Read(t.Context(), path, Options{}, func(*Charge) error { return nil })
			runtime.ReadMemStats(&after)
			if used := int64(after.HeapInuse) - int64(before.HeapInuse); used > 64<<20 {
				t.Errorf("%d MB are in use for %d packed bytes", used>>20, packed.Len())
			}
			if (err == nil) == (name == "zeros") {
				t.Errorf("got %v", err)
			}
		})
	}
}
