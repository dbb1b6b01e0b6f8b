package focus

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Options are how to read.
type Options struct {
	Tags      []string // keys of the tags that charges shall have, at most 16; "team" also finds AWS's "user:team"
	Resources bool     // charges shall have their Resource; it is mostly another one in each row
	// Progress is called now and then with the file that is being read and the rows that have been. It may be nil.
	Progress func(file string, rows int64)
}

// mostTags is how many tags can be asked for.
const mostTags = 16

// Read hands out the charges of a bill, which is a file or a folder of them, see [Folder]. What a file is, is found out from its content: CSV, gzipped
// CSV or Parquet; FOCUS or AWS's Cost and Usage Report.
//
// The charge belongs to Read, which uses it again: do copies what it keeps, but may keep the strings. The order is that of the rows for CSV files;
// of Parquet files two row groups come in turns. An error of do ends the reading and is returned.
//
// A charge whose period is at most 25 hours (a day at the end of summer time) belongs to the UTC day in which it starts. Usage of a longer period,
// such as a monthly fee, is spread evenly over the UTC days from the one in which it starts to the one in which it ends: as many charges, whose
// millionths add up to the row's. What is not usage, such as a purchase or a tax, belongs to the day in which its period starts, however long it is.
//
// A row that cannot be used is counted in Stats with its reason, and is no error. An error means that the rest could not be read, or that do failed:
// what was handed out until then is not the whole bill. Errors name the file.
func Read(ctx context.Context, path string, o Options, do func(*Charge) error) (Stats, error) {
	var s Stats
	if len(o.Tags) > mostTags {
		return s, fmt.Errorf("%d tags are more than %d", len(o.Tags), mostTags)
	}
	info, err := os.Stat(path)
	if err != nil {
		return s, fmt.Errorf("reading a bill: %w", err)
	}
	if !info.IsDir() {
		h := &handout{file: path, stats: &s, options: o, do: do}
		return s, h.read(ctx, "", path)
	}
	return readFolder(ctx, path, o, do)
}

// handout gives the rows of one file to the caller.
type handout struct {
	file    string // as it is shown
	unit    string // what rows are counted by: line or row
	stats   *Stats
	options Options
	do      func(*Charge) error
	carry   *carry
}

// read reads one file, see open.
func (h *handout) read(ctx context.Context, folder, name string) error {
	h.file = clean(h.file) // names of files are strangers' text, too
	f, err := open(folder, name)
	if err != nil {
		return fmt.Errorf("reading a bill: %w", err)
	}
	defer f.Close()
	h.carry = &carry{}
	r := bufio.NewReaderSize(f, 64<<10)
	magic, err := r.Peek(4)
	if err != nil && err != io.EOF {
		return fmt.Errorf("reading %s: %w", h.file, err)
	}
	if string(magic) == "PAR1" {
		h.unit = "row"
		err = readParquet(ctx, f, h)
	} else {
		h.unit = "line"
		err = readCSV(ctx, r, h)
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", h.file, err)
	}
	h.stats.Files++
	return nil
}

// A batch is some rows, one after the other.
type batch struct {
	rows []row
	tags []Tag // of the rows
	err  error // after the rows
}

// grow makes room for one more row, with its tags.
func (b *batch) grow(tags int) (*row, []Tag) {
	b.rows = append(b.rows, row{})
	if tags == 0 {
		return &b.rows[len(b.rows)-1], nil
	}
	// When the tags move to a larger array, rows before keep the old one.
	for range tags {
		b.tags = append(b.tags, Tag{})
	}
	return &b.rows[len(b.rows)-1], b.tags[len(b.tags)-tags : len(b.tags) : len(b.tags)]
}

func (b *batch) reset() { b.rows, b.tags, b.err = b.rows[:0], b.tags[:0], nil }

// batch hands out rows.
func (h *handout) batch(b *batch) error {
	for i := range b.rows {
		r := &b.rows[i]
		h.stats.Rows++
		if h.options.Progress != nil && h.stats.Rows%(1<<18) == 0 {
			h.options.Progress(h.file, h.stats.Rows)
		}
		if r.why != usable || r.doubts != 0 {
			h.stats.note(r, h.file, h.unit)
		}
		if r.why != usable {
			continue
		}
		if err := h.charge(r); err != nil {
			return err
		}
	}
	return b.err
}

// longestDay is of a charge that belongs to one day, in seconds: a day at the end of summer time has 25 hours.
const longestDay = 25 * 60 * 60

// charge hands out a row, once for each of its days.
func (h *handout) charge(r *row) error {
	c := &r.charge
	effective, billed := h.carry.add(r.kind, r.effective, r.billed)
	first, days := dayOf(r.start), int64(1)
	if c.Category == Usage && r.end-r.start > longestDay {
		days = int64(dayOf(r.end-1)-first) + 1
	}
	quantity := c.Quantity / float64(days)
	for i := range days {
		c.Day, c.Quantity = first, quantity
		first++
		c.Effective, c.Billed = share(effective, i, days), share(billed, i, days)
		h.stats.Charges++
		if err := h.do(c); err != nil {
			return err
		}
	}
	return nil
}

// share is the i-th of n parts of an amount, which add up to it and differ by one at the most.
func share(amount, i, n int64) int64 {
	q, r := amount/n, amount%n
	return q + r*(i+1)/n - r*i/n
}

// readFolder reads the bills in a folder. Of files with the same content it reads the first.
func readFolder(ctx context.Context, path string, o Options, do func(*Charge) error) (Stats, error) {
	var s Stats
	names, ignored, err := bills(path)
	if err != nil {
		return s, err
	}
	twins, err := twinsOf(ctx, path, names)
	if err != nil {
		return s, err
	}
	s.Ignored = ignored
	for _, name := range names {
		if first, ok := twins[name]; ok {
			s.Ignored = append(s.Ignored, Ignored{name, "the same as " + first})
			continue
		}
		h := &handout{file: name, stats: &s, options: o, do: do}
		err := h.read(ctx, path, name)
		if other, ok := errors.AsType[*NoBillError](err); ok && other.Other {
			s.Ignored = append(s.Ignored, Ignored{name, "no bill"})
			continue
		}
		if err != nil {
			return s, err
		}
	}
	if s.Files == 0 {
		return s, fmt.Errorf("%s has no bill: no .csv, .csv.gz or .parquet there that can be read", path)
	}
	return s, nil
}

// twinsOf finds files that say what an earlier one says. Only those of the same size are compared.
func twinsOf(ctx context.Context, path string, names []string) (map[string]string, error) {
	sizes := map[int64][]string{}
	for _, name := range names {
		info, err := os.Stat(filepath.Join(path, name))
		if err != nil {
			return nil, fmt.Errorf("looking at a bill: %w", err)
		}
		sizes[info.Size()] = append(sizes[info.Size()], name)
	}
	twins := map[string]string{}
	for _, same := range sizes {
		if len(same) == 1 {
			continue
		}
		first := map[string]string{} // by hash
		for _, name := range same {
			hash, err := hashFile(ctx, path, name)
			if err != nil {
				return nil, fmt.Errorf("looking at a bill: %w", err)
			}
			if _, ok := first[hash]; ok {
				twins[name] = first[hash]
			} else {
				first[hash] = name
			}
		}
	}
	return twins, nil
}
