package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// objectLimit is the largest object that is read into memory. GitHub serves
// blobs of up to 100 MB.
const objectLimit = 100 << 20

var (
	errNoObject = errors.New("no such object")
	hexID       = regexp.MustCompile(`^[0-9a-f]{4,64}$`)
)

// An object is one git object.
type object struct {
	id   string
	kind string // "blob", "tree", "commit" or "tag"
	size int64
	data []byte // nil when the object is larger than the limit asked for
}

// An objectReader reads git objects through processes that stay open.
type objectReader struct{ crew *crew }

func newObjectReader(r *repository) *objectReader {
	return &objectReader{crew: newCrew(r, 2, "cat-file", "--batch")}
}

// read returns the object with the given id, which may be abbreviated, peeled to
// kind when kind is not empty: a commit peels to its tree. It returns errNoObject
// when there is none, also when an abbreviation is ambiguous.
func (o *objectReader) read(ctx context.Context, id, kind string) (object, error) {
	if !hexID.MatchString(id) {
		return object{}, errNoObject
	}
	name := id
	if kind != "" {
		name += "^{" + kind + "}"
	}
	var got object
	missing := false
	err := o.crew.do(ctx, func(w *worker) error {
		if _, err := io.WriteString(w.in, name+"\n"); err != nil {
			return err
		}
		head, err := w.out.ReadString('\n')
		if err != nil {
			return err
		}
		fields := strings.Fields(head)
		if len(fields) != 3 || !hexID.MatchString(fields[0]) {
			missing = true // "<name> missing" or "<name> ambiguous"
			return nil
		}
		size, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil {
			return fmt.Errorf("reading object %s: %w", id, err)
		}
		got = object{id: fields[0], kind: fields[1], size: size}
		return got.readData(w)
	})
	if err == nil && missing {
		err = errNoObject
	}
	return got, err
}

// readData reads the object's bytes and the newline after them.
func (o *object) readData(w *worker) error {
	if o.size > objectLimit {
		_, err := io.CopyN(io.Discard, w.out, o.size+1)
		return err
	}
	o.data = make([]byte, o.size)
	if _, err := io.ReadFull(w.out, o.data); err != nil {
		return err
	}
	_, err := w.out.Discard(1)
	return err
}

// A signature says who did something to a commit, and when.
type signature struct {
	name, email string
	when        time.Time // in UTC, whole seconds
}

// A commit is a git commit. Its text is valid UTF-8.
type commit struct {
	id, tree          string
	parents           []string
	author, committer signature
	message           string
}

// subject is the first line of the message.
func (c *commit) subject() string {
	line, _, _ := strings.Cut(c.message, "\n")
	return strings.TrimSpace(line)
}

// body is the message without its first paragraph.
func (c *commit) body() string {
	_, rest, _ := strings.Cut(c.message, "\n")
	return strings.TrimSpace(rest)
}

// commit reads the commit with the given id, which may be abbreviated.
func (o *objectReader) commit(ctx context.Context, id string) (*commit, error) {
	obj, err := o.read(ctx, id, "commit")
	if err != nil {
		return nil, err
	}
	return parseCommit(obj.id, obj.data), nil
}

// parseCommit reads a commit object: header lines, an empty line, the message.
// A header this does not know, such as gpgsig and its continuation lines, is skipped.
func parseCommit(id string, data []byte) *commit {
	c := &commit{id: id}
	head, message, _ := bytes.Cut(data, []byte("\n\n"))
	latin := false
	for line := range strings.Lines(string(head)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch key {
		case "tree":
			c.tree = value
		case "parent":
			c.parents = append(c.parents, value)
		case "author":
			c.author = parseSignature(value)
		case "committer":
			c.committer = parseSignature(value)
		case "encoding":
			latin = strings.EqualFold(value, "ISO-8859-1") || strings.EqualFold(value, "latin1")
		}
	}
	c.message = validText(message, latin)
	return c
}

// validText returns b as UTF-8. Bytes that are not are read as Latin-1 when the
// commit says so, and else become U+FFFD.
func validText(b []byte, latin bool) string {
	if !latin {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}

// parseSignature reads "Name <address> 1700000000 +0100".
func parseSignature(s string) signature {
	s = strings.ToValidUTF8(s, "\uFFFD")
	open, end := strings.IndexByte(s, '<'), strings.LastIndexByte(s, '>')
	if open < 0 || end < open {
		return signature{name: strings.TrimSpace(s)}
	}
	sig := signature{name: strings.TrimSpace(s[:open]), email: strings.TrimSpace(s[open+1 : end])}
	seconds, _, _ := strings.Cut(strings.TrimSpace(s[end+1:]), " ")
	sig.when = parseSeconds(seconds)
	return sig
}

// parseSeconds reads a Unix time. A time that is no number, or outside the years
// that JSON can carry, becomes the epoch.
func parseSeconds(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if const9999 := int64(253402300799); err != nil || n < 0 || n > const9999 {
		n = 0
	}
	return time.Unix(n, 0).UTC()
}

// A treeEntry is one name in a tree.
type treeEntry struct {
	mode string // "100644", "100755", "120000", "40000" or "160000"
	name string // any bytes but NUL and slash
	id   string
}

// tree reads the tree that id is or, for a commit, has.
func (o *objectReader) tree(ctx context.Context, id string) ([]treeEntry, error) {
	obj, err := o.read(ctx, id, "tree")
	if err != nil {
		return nil, err
	}
	return parseTree(obj.data, len(obj.id)/2)
}

// parseTree reads a tree object: "<mode> <name>\0" and a binary id of idSize
// bytes for each entry.
func parseTree(data []byte, idSize int) ([]treeEntry, error) {
	var entries []treeEntry
	for len(data) > 0 {
		mode, rest, ok := bytes.Cut(data, []byte{' '})
		name, rest, ok2 := bytes.Cut(rest, []byte{0})
		if !ok || !ok2 || len(rest) < idSize {
			return nil, errors.New("damaged tree object")
		}
		entries = append(entries, treeEntry{mode: string(mode), name: string(name), id: fmt.Sprintf("%x", rest[:idSize])})
		data = rest[idSize:]
	}
	return entries, nil
}

// find walks from the tree of commit id down path, which uses slashes, and
// returns the entry there. The empty path is the tree itself.
func (o *objectReader) find(ctx context.Context, id, path string) (treeEntry, error) {
	root, err := o.read(ctx, id, "tree")
	if err != nil {
		return treeEntry{}, err
	}
	at := treeEntry{mode: "40000", id: root.id}
	if path == "" {
		return at, nil
	}
walk:
	for name := range strings.SplitSeq(path, "/") {
		if at.mode != "40000" {
			return treeEntry{}, errNoObject
		}
		entries, err := o.tree(ctx, at.id)
		if err != nil {
			return treeEntry{}, err
		}
		for _, e := range entries {
			if e.name == name {
				at = e
				continue walk
			}
		}
		return treeEntry{}, errNoObject
	}
	return at, nil
}
