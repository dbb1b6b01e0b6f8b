package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// anchorName is the file that says which records Prune has removed.
const anchorName = "pruned.json"

// An anchor names the last record that was removed. Its file is one line that ends in a code, as a record's does; its first field tells it apart.
type anchor struct {
	Pruned Head      `json:"pruned"`
	Time   time.Time `json:"time"` // of the pruning
}

// Prune removes the files of the months before that of the time before, and leaves an anchor, so that Verify knows that it was Prune. The last file
// stays. A log that is not whole is left as it is. It may run beside the bot. It returns how many files it removed.
func Prune(dir string, key []byte, before, now time.Time) (removed int, err error) {
	if _, err := Verify(dir, key, nil); err != nil {
		return 0, err
	}
	names, err := files(dir)
	if err != nil {
		return 0, err
	}
	last := Head{}
	reader := chain{key: key, anywhere: true}
	for removed < len(names)-1 && names[removed] < before.UTC().Format("2006-01") {
		if err := reader.file(filepath.Join(dir, names[removed]), 0, func(Record, []byte) error { return nil }); err != nil {
			return 0, err
		}
		last = reader.head
		removed++
	}
	if removed == 0 {
		return 0, nil
	}
	if err := writeAnchor(dir, key, anchor{last, now.UTC()}); err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	for _, name := range names[:removed] {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return 0, fmt.Errorf("audit log: %w", err)
		}
	}
	return removed, syncDir(dir)
}

func writeAnchor(dir string, key []byte, a anchor) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	line, _ := sealed(key, text)
	return writeWhole(filepath.Join(dir, anchorName), line)
}

// writeWhole makes a file that only its owner can read: after a crash it is whole, or as it was before.
func writeWhole(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // it has another name then
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// pruned is the last record that Prune has removed; the zero Head when it has removed none.
func pruned(dir string, key []byte) (Head, error) {
	path := filepath.Join(dir, anchorName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Head{}, nil
	}
	if err != nil {
		return Head{}, fmt.Errorf("audit log: %w", err)
	}
	covered, _, ok := unsealed(key, bytes.TrimSuffix(text, []byte("\n")))
	var a anchor
	if !ok || !bytes.HasPrefix(covered, []byte(`{"pruned":`)) || json.Unmarshal(append(covered, '}'), &a) != nil {
		return Head{}, &BrokenError{File: path, Line: 1, Why: "what says which records were pruned was changed, or written with another key"}
	}
	return a.Pruned, nil
}
