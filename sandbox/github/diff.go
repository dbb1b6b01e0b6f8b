package github

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Beyond these a file's patch is left out, as GitHub does.
const (
	patchByteLimit = 1 << 20
	patchLineLimit = 20_000
	diffByteLimit  = 64 << 20 // patches of one diff together
	maxListedFiles = 3_000    // GitHub lists no more files of a pull request
)

// A fileChange is one file of a diff.
type fileChange struct {
	status    string // GitHub's word: added, removed, modified, renamed, copied or changed
	path      string // any bytes git allows
	previous  string // the path before a rename or copy, else ""
	id        string // the object after the change; before it, for a removed file
	additions int    // 0 for a binary file
	deletions int
	binary    bool
	patch     string // hunks only, valid UTF-8, no final newline; "" when there are none or they are too large
	lines     int    // lines in patch

	twoSections bool // git prints a change of type as a removal and an addition
}

// A diff is what changed between two trees.
type diff struct {
	files     []fileChange // ordered as git orders them
	additions int
	deletions int
}

// cost is roughly the memory the diff holds, in bytes.
func (d *diff) cost() int {
	n := 0
	for _, f := range d.files {
		n += 200 + len(f.patch)
	}
	return n
}

// A differ compares trees through processes that stay open.
type differ struct{ crew *crew }

// endOfDiff is echoed by git after each diff: git diff-tree --stdin repeats a
// line that is no object id, and no line of a patch starts with a letter e.
const endOfDiff = "end-of-diff"

func newDiffer(r *repository) *differ {
	return &differ{crew: newCrew(r, 2, "diff-tree", "--stdin", "-r", "-z", "--raw", "--numstat", "--patch",
		"--no-abbrev", "--full-index", "-l1000", "-U3", "--inter-hunk-context=0", "--diff-algorithm=myers", "--indent-heuristic",
		"--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short", "--ignore-submodules=none",
		"--src-prefix=a/", "--dst-prefix=b/", "-M")}
}

// compare returns the diff between two trees, named by full object ids.
func (d *differ) compare(ctx context.Context, from, to string) (*diff, error) {
	var got *diff
	err := d.crew.do(ctx, func(w *worker) (err error) {
		if _, err = fmt.Fprintf(w.in, "%s %s\n%s\n", from, to, endOfDiff); err != nil {
			return err
		}
		got, err = readDiff(w.out)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("comparing %.9s with %.9s: %w", from, to, err)
	}
	return got, nil
}

// readDiff reads "git diff-tree --stdin -z --raw --numstat --patch" for one pair
// of trees: a line with both ids, the raw entries, their counts, and after a NUL
// the patches, up to the line endOfDiff.
func readDiff(r *bufio.Reader) (*diff, error) {
	if _, err := r.ReadString('\n'); err != nil {
		return nil, err
	}
	d := new(diff)
	for {
		next, err := r.Peek(1)
		if err != nil {
			return nil, err
		}
		if next[0] != ':' {
			break
		}
		f, err := readRaw(r)
		if err != nil {
			return nil, err
		}
		d.files = append(d.files, f)
	}
	if err := readCounts(r, d); err != nil {
		return nil, err
	}
	for _, f := range d.files {
		d.additions += f.additions
		d.deletions += f.deletions
	}
	p := patchReader{in: r, files: d.files, at: -1}
	return d, p.read()
}

// readRaw reads ":<mode> <mode> <id> <id> <status>\0<path>\0[<path>\0]".
func readRaw(r *bufio.Reader) (fileChange, error) {
	head, err := readField(r)
	if err != nil {
		return fileChange{}, err
	}
	fields := strings.Fields(strings.TrimPrefix(head, ":"))
	if len(fields) != 5 {
		return fileChange{}, fmt.Errorf("unexpected output %q", head)
	}
	f := fileChange{id: fields[3]}
	if f.path, err = readField(r); err != nil {
		return f, err
	}
	letter := fields[4][0]
	if letter == 'R' || letter == 'C' {
		f.previous = f.path
		if f.path, err = readField(r); err != nil {
			return f, err
		}
	}
	f.twoSections = letter == 'T' && fileType(fields[0]) != fileType(fields[1])
	f.status = statusWord(letter)
	switch {
	case letter == 'D':
		f.id = fields[2]
	case letter == 'M' && fields[2] == fields[3]:
		f.status = "changed" // only the mode differs
	}
	return f, nil
}

// fileType is the part of an octal mode that tells files, links and submodules apart.
func fileType(mode string) string { return mode[:2] }

// statusWord is GitHub's word for one of git's status letters.
func statusWord(letter byte) string {
	switch letter {
	case 'A':
		return "added"
	case 'D':
		return "removed"
	case 'R':
		return "renamed"
	case 'C':
		return "copied"
	case 'T':
		return "changed"
	default:
		return "modified"
	}
}

// readCounts reads "<added>\t<deleted>\t<path>\0" for each file, or
// "<added>\t<deleted>\t\0<old path>\0<new path>\0", and the NUL before the patches.
func readCounts(r *bufio.Reader, d *diff) error {
	byPath := make(map[string]*fileChange, len(d.files))
	for i := range d.files {
		byPath[d.files[i].path] = &d.files[i]
	}
	for {
		next, err := r.Peek(1)
		if err != nil {
			return err
		}
		if next[0] == 0 {
			_, err := r.Discard(1)
			return err
		}
		if next[0] != '-' && (next[0] < '0' || next[0] > '9') {
			return nil
		}
		record, err := readField(r)
		if err != nil {
			return err
		}
		parts := strings.SplitN(record, "\t", 3)
		if len(parts) != 3 {
			return fmt.Errorf("unexpected output %q", record)
		}
		path := parts[2]
		if path == "" {
			if _, err = readField(r); err != nil {
				return err
			}
			if path, err = readField(r); err != nil {
				return err
			}
		}
		if f := byPath[path]; f != nil {
			f.binary = parts[0] == "-"
			f.additions, _ = strconv.Atoi(parts[0]) // "-" counts as 0
			f.deletions, _ = strconv.Atoi(parts[1])
		}
	}
}

// readField reads up to the next NUL and drops it.
func readField(r *bufio.Reader) (string, error) {
	s, err := r.ReadString(0)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return strings.TrimSuffix(s, "\x00"), err
}
