package focus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A Folder is a bill that is a file, or a folder in which files come, change and go, such as billing_period=2026-11/part-0.parquet. Folders below it
// count, too; files and folders whose names begin with a dot or an underscore, those that end like unfinished ones (.tmp, .part) and those that are
// neither .csv, .csv.gz nor .parquet do not.
//
// Each file is an object, which says something as a whole: when it changes, what it said before is void. Exports that write the month so far into a
// new folder each day say everything several times: let them overwrite.
//
// It looks when it is asked to; once a minute is often enough.
type Folder struct {
	Path string
	// Settle is how long a file must not have changed before it is read, so that none is read while it is written; 0 is 10 seconds.
	Settle time.Duration
	// Now tells the time; nil is time.Now.
	Now func() time.Time

	seen map[string]sighting // files that were not settled when Changes looked
}

// A sighting is a file as it was at some time.
type sighting struct {
	size     int64
	modified time.Time
	since    time.Time // by this machine's clock
}

// An Object is a file of a bill as it is now. It may be stored and given to a later Changes.
type Object struct {
	Name     string    `json:"name"` // path below the folder, with slashes; of a single file its base name
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	Hash     string    `json:"hash"` // SHA-256 of its content, hexadecimal
}

// Changes is what is otherwise than what was known. Lists are in order of names.
type Changes struct {
	New     []Object // not known before
	Changed []Object // known with another content
	Touched []Object // known, with another time and the same content: there is nothing to read
	Gone    []Object // known, and no longer there
	Renamed []Rename // an object that is gone is here under another name; it is neither in New nor in Gone
	Same    []Rename // files that say what another one says, and must not be counted twice; they are nowhere else
	Waiting []string // files that are still being written: look again later
	Ignored []Ignored
}

// A Rename is the same content under two names.
type Rename struct{ From, To Object }

// Changes looks at the folder and compares it with the objects that are known, by name. It reads new and changed files once, for their hashes. A
// folder that cannot be read is an error, never an empty one: then nothing is gone.
func (f *Folder) Changes(ctx context.Context, known map[string]Object) (Changes, error) {
	c := Changes{}
	names, err := f.names(&c)
	if err != nil {
		return Changes{}, err
	}
	here := map[string]bool{}
	var fresh []Object
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return Changes{}, err
		}
		here[name] = true
		old, was := known[name]
		now, settled, err := f.object(ctx, name, old)
		switch {
		case errors.Is(err, fs.ErrNotExist): // gone since it was listed
			delete(here, name)
		case err != nil:
			return Changes{}, err
		case !settled:
			c.Waiting = append(c.Waiting, name)
		case !was:
			fresh = append(fresh, now)
		case now.Hash != old.Hash:
			c.Changed = append(c.Changed, now)
		case now != old:
			c.Touched = append(c.Touched, now)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if !here[name] {
			c.Gone = append(c.Gone, known[name])
		}
	}
	c.twins(known, fresh)
	f.forget(here)
	return c, nil
}

// names lists the files that are bills.
func (f *Folder) names(c *Changes) (names []string, err error) {
	info, err := os.Stat(f.Path)
	if err != nil {
		return nil, fmt.Errorf("looking for bills: %w", err)
	}
	if !info.IsDir() {
		return []string{filepath.Base(f.Path)}, nil
	}
	names, c.Ignored, err = bills(f.Path)
	return names, err
}

// path is where an object's file is.
func (f *Folder) path(name string) string {
	if info, err := os.Stat(f.Path); err == nil && !info.IsDir() {
		return f.Path
	}
	return filepath.Join(f.Path, filepath.FromSlash(name))
}

// folder is where objects are; "" when the bill is a single file.
func (f *Folder) folder() string {
	if info, err := os.Stat(f.Path); err == nil && !info.IsDir() {
		return ""
	}
	return f.Path
}

// within is an object as open names it.
func (f *Folder) within(name string) string {
	if f.folder() == "" {
		return f.Path
	}
	return filepath.FromSlash(name)
}

// Read hands out the charges of one object, see [Read]. It is an error when the file is no longer what o says, even if that turns out at the end only:
// then what was handed out has to be given up.
func (f *Folder) Read(ctx context.Context, o Object, options Options, do func(*Charge) error) (Stats, error) {
	path := f.path(o.Name)
	var s Stats
	if len(options.Tags) > mostTags {
		return s, fmt.Errorf("%d tags are more than %d", len(options.Tags), mostTags)
	}
	h := &handout{file: path, stats: &s, options: options, do: do}
	if err := h.read(ctx, f.folder(), f.within(o.Name)); err != nil {
		return s, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return s, fmt.Errorf("reading a bill: %w", err)
	}
	if info.Size() != o.Size || !info.ModTime().Equal(o.Modified) {
		return s, fmt.Errorf("reading %s: %w", path, ErrMoved)
	}
	return s, nil
}

// ErrMoved means that a file was changed while it was read.
var ErrMoved = errors.New("the file was changed meanwhile")

// object looks at one file. When size and time are those of old, so is the content.
func (f *Folder) object(ctx context.Context, name string, old Object) (o Object, settled bool, err error) {
	path := f.path(name)
	info, err := os.Stat(path)
	if err != nil {
		return o, false, fmt.Errorf("looking at a bill: %w", err)
	}
	o = Object{Name: name, Size: info.Size(), Modified: info.ModTime().Round(0).UTC()}
	if old.Name != "" && old.Size == o.Size && old.Modified.Equal(o.Modified) {
		return old, true, nil
	}
	if !f.settled(o) {
		return o, false, nil
	}
	if o.Hash, err = hashFile(ctx, f.folder(), f.within(name)); err != nil {
		return o, false, fmt.Errorf("looking at a bill: %w", err)
	}
	again, err := os.Stat(path)
	if err != nil {
		return o, false, fmt.Errorf("looking at a bill: %w", err)
	}
	return o, again.Size() == o.Size && again.ModTime().Equal(o.Modified), nil
}

// settled reports whether a file has not changed for a while: by its own time, or by how it was when it was seen before, as its time may be copied
// from elsewhere or be of another clock. An empty file is one that is not written yet.
func (f *Folder) settled(o Object) bool {
	now, while := time.Now(), 10*time.Second
	if f.Now != nil {
		now = f.Now()
	}
	if f.Settle > 0 {
		while = f.Settle
	}
	if f.seen == nil {
		f.seen = map[string]sighting{}
	}
	before, was := f.seen[o.Name]
	if !was || before.size != o.Size || !before.modified.Equal(o.Modified) {
		before = sighting{o.Size, o.Modified, now}
		f.seen[o.Name] = before
	}
	return o.Size > 0 && (now.Sub(o.Modified) >= while || now.Sub(before.since) >= while)
}

// forget drops sightings of files that are no longer there.
func (f *Folder) forget(here map[string]bool) {
	for name := range f.seen {
		if !here[name] {
			delete(f.seen, name)
		}
	}
}

func hashFile(ctx context.Context, folder, name string) (string, error) {
	f, err := open(folder, name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	for {
		_, err := io.CopyN(h, f, 16<<20)
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return "", err
		}
	}
}

// twins sorts new files by whether their content is there, or was, under another name.
func (c *Changes) twins(known map[string]Object, fresh []Object) {
	gone := map[string]Object{} // by hash
	for _, o := range c.Gone {
		gone[o.Hash] = o
	}
	kept := map[string]Object{} // by hash
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if o := known[name]; !slices.ContainsFunc(c.Gone, func(g Object) bool { return g.Name == name }) {
			if _, ok := kept[o.Hash]; !ok {
				kept[o.Hash] = o
			}
		}
	}
	for i := range c.Changed {
		kept[known[c.Changed[i].Name].Hash] = Object{} // that content is there no longer
	}
	for _, o := range c.Changed {
		kept[o.Hash] = o
	}
	for _, o := range fresh {
		from, moved := gone[o.Hash]
		switch twin := kept[o.Hash]; {
		case twin.Name != "":
			c.Same = append(c.Same, Rename{twin, o})
			continue
		case moved:
			c.Renamed = append(c.Renamed, Rename{from, o})
			delete(gone, o.Hash)
			c.Gone = slices.DeleteFunc(c.Gone, func(g Object) bool { return g.Name == from.Name })
		default:
			c.New = append(c.New, o)
		}
		kept[o.Hash] = o
	}
}
