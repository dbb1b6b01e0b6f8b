package focus

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestRealFiles reads the files in the folder that SHIPMATE_FOCUS names, which somebody else wrote, and one that was made with the same quirks: no row of
// theirs may be rejected.
func TestRealFiles(t *testing.T) {
	files := []string{"testdata/quirks.csv"}
	if folder := os.Getenv("SHIPMATE_FOCUS"); folder != "" {
		named, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil || len(named) == 0 {
			t.Fatalf("no files in %s: %v", folder, err)
		}
		files = append(files, named...)
	} else {
		t.Log("SHIPMATE_FOCUS names no folder of real bills: only the made one is read")
	}
	for _, file := range files {
		var effective, billed int64
		s, err := Read(context.Background(), file, Options{Tags: []string{"application"}, Resources: true}, func(c *Charge) error {
			effective += c.Effective
			billed += c.Billed
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if s.Rows == 0 || s.RejectedRows() > 0 || len(s.Doubts) > 0 {
			t.Errorf("%s: rejected %v, doubts %v of %d rows", file, s.Rejected, s.Doubts, s.Rows)
		}
		t.Logf("%s: %d rows, %d charges, %d effective, %d billed micros", filepath.Base(file), s.Rows, s.Charges, effective, billed)
	}
}
