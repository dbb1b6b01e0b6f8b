package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"shipmate/bot/day"
	"shipmate/handlers/costs"
	"shipmate/handlers/costs/ledger"
	"shipmate/integrations/focus"
	"shipmate/state"
)

// billPrefix begins the keys of the objects of bills that were read: bill/<source>/<hash of the name>.
const billPrefix = "bill/"

// A billObject is a file that was read, with what came of it.
type billObject struct {
	focus.Object
	Rows     int64            `json:"rows"`
	Rejected map[string]int64 `json:"rejected,omitempty"`
}

func billKey(source, name string) string {
	sum := sha256.Sum256([]byte(name))
	return billPrefix + source + "/" + hex.EncodeToString(sum[:12])
}

// files reads a file or a folder of them: what is new, has changed, or is gone.
func (b *bills) files(s BillConfig) func(context.Context) (bool, error) {
	folder := &focus.Folder{Path: s.Files, Settle: b.settle, Now: b.now}
	return func(ctx context.Context) (changed bool, err error) {
		known, err := b.objects(ctx, s.Name)
		if err != nil {
			return false, err
		}
		plain := map[string]focus.Object{}
		for name, o := range known {
			if b.book.Told(s.Name, name) { // else what it said is lost, and is read again
				plain[name] = o.Object
			}
		}
		c, err := folder.Changes(ctx, plain)
		if err == nil {
			changed, err = b.keep(ctx, s.Name, func(asOf time.Time, add func(*ledger.Batch) error) error {
				return b.takeFiles(ctx, s.Name, folder, c, known, asOf, add)
			})
		}
		b.tellFiles(s.Name, c, known, err)
		return changed, err
	}
}

// objects are the files of a source that were read, by name.
func (b *bills) objects(ctx context.Context, source string) (map[string]billObject, error) {
	known := map[string]billObject{}
	const portion = 500
	for after := ""; ; {
		items, err := b.db.Scan(ctx, billPrefix+source+"/", after, portion)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			var o billObject
			if err := json.Unmarshal(i.Value, &o); err != nil {
				return nil, fmt.Errorf("what is known of a bill's file: %w", err)
			}
			known[o.Name] = o
		}
		if len(items) < portion {
			return known, nil
		}
		after = items[len(items)-1].Key
	}
}

// takeFiles reads what is otherwise than known, and notes each file once what it says is durable.
func (b *bills) takeFiles(ctx context.Context, source string, folder *focus.Folder, c focus.Changes, known map[string]billObject, asOf time.Time, add func(*ledger.Batch) error) error {
	for _, gone := range append(c.Gone, renamed(c.Renamed)...) {
		if err := add(ledger.NewBatch(source, gone.Name, asOf, b.cfg.Tags)); err != nil { // it says nothing any more
			return err
		}
		if err := apply(ctx, b.db, state.Op{Key: billKey(source, gone.Name)}); err != nil {
			return err
		}
		delete(known, gone.Name)
	}
	for _, o := range c.Touched {
		was := known[o.Name]
		was.Object = o
		if err := b.note(ctx, source, was, known); err != nil {
			return err
		}
	}
	var failed []error
	for _, o := range append(append(c.New, c.Changed...), renamedTo(c.Renamed)...) {
		if err := b.takeFile(ctx, source, folder, o, known, asOf, add); err != nil {
			failed = append(failed, err) // the others are good
		}
		if ctx.Err() != nil {
			break
		}
	}
	return few(failed)
}

// fewErrors is how many files' errors are told; the others are counted.
const fewErrors = 3

// few is some errors of many as one.
func few(all []error) error {
	if more := len(all) - fewErrors; more > 0 {
		all = append(all[:fewErrors:fewErrors], fmt.Errorf("and %d more files like these", more))
	}
	return errors.Join(all...)
}

func renamed(list []focus.Rename) (from []focus.Object) {
	for _, r := range list {
		from = append(from, r.From)
	}
	return from
}

func renamedTo(list []focus.Rename) (to []focus.Object) {
	for _, r := range list {
		to = append(to, r.To)
	}
	return to
}

// takeFile reads one file.
func (b *bills) takeFile(ctx context.Context, source string, folder *focus.Folder, o focus.Object, known map[string]billObject, asOf time.Time, add func(*ledger.Batch) error) error {
	options := focus.Options{Tags: b.cfg.Tags, Progress: func(file string, rows int64) {
		b.status(source, func(s *costs.Status) { s.Reading = fmt.Sprintf("reading %s, %d rows so far", o.Name, rows) })
	}}
	b.status(source, func(s *costs.Status) { s.Reading = "reading " + o.Name })
	batch := ledger.NewBatch(source, o.Name, asOf, b.cfg.Tags)
	stats, err := folder.Read(ctx, o, options, batch.Add)
	if err != nil {
		return err
	}
	if err := add(batch); err != nil {
		return err
	}
	read := billObject{Object: o, Rows: stats.Rows}
	for reason, n := range stats.Rejected {
		if read.Rejected == nil {
			read.Rejected = map[string]int64{}
		}
		read.Rejected[reason] = n.Rows
		b.log.Warn("rows of a bill cannot be used", "source", source, "file", o.Name, "rows", n.Rows, "reason", reason, "first", n.First)
	}
	return b.note(ctx, source, read, known)
}

// note remembers that a file was read.
func (b *bills) note(ctx context.Context, source string, o billObject, known map[string]billObject) error {
	op, err := saveJSON(billKey(source, o.Name), o)
	if err != nil {
		return err
	}
	known[o.Name] = o
	return apply(ctx, b.db, op)
}

// tellFiles tells the book how reading went.
func (b *bills) tellFiles(source string, c focus.Changes, known map[string]billObject, err error) {
	b.status(source, func(s *costs.Status) {
		s.Read, s.Reading, s.Err, s.Rows, s.Rejected, s.Objects = b.now(), "", "", 0, map[string]int{}, len(known)
		for _, o := range known {
			s.Rows += int(o.Rows)
			for reason, n := range o.Rejected {
				s.Rejected[reason] += int(n)
			}
		}
		var notes []string
		if n := len(c.Waiting); n > 0 {
			notes = append(notes, manyFiles(n, "is", "are")+" still being written.")
		}
		if n := len(c.Same); n > 0 {
			notes = append(notes, fmt.Sprintf("%s like others and counted once, such as %s.", manyFiles(n, "is", "are"), c.Same[0].To.Name))
		}
		if n := len(c.Ignored); n > 0 {
			notes = append(notes, fmt.Sprintf("%s no bill, such as %s (%s).", manyFiles(n, "is", "are"), c.Ignored[0].Name, c.Ignored[0].Why))
		}
		s.Note = strings.Join(notes, " ")
		if err != nil {
			s.Err = err.Error()
		}
	})
}

// manyFiles is a number of files with its verb.
func manyFiles(n int, is, are string) string {
	if n == 1 {
		return "1 file " + is
	}
	return fmt.Sprintf("%d files %s", n, are)
}

// openCost reads what clusters cost: the last days, and at the first time as much as OpenCost keeps of two months.
func (b *bills) openCost(s BillConfig) func(context.Context) (bool, error) {
	client := &focus.OpenCost{URL: s.OpenCost}
	return func(ctx context.Context) (changed bool, err error) {
		last := day.Of(b.now().UTC()) - 1
		first := last - 60
		if _, known, ok := b.book.Days(s.Name); ok {
			first = max(first, min(known, last)-3)
		}
		var stats focus.Stats
		changed, err = b.keep(ctx, s.Name, func(asOf time.Time, add func(*ledger.Batch) error) error {
			byDay := map[day.Day]*ledger.Batch{}
			stats, err = client.Days(ctx, first, last, focus.Options{Tags: b.cfg.Tags}, func(c *focus.Charge) error {
				if byDay[c.Day] == nil {
					byDay[c.Day] = ledger.NewBatch(s.Name, "opencost/"+c.Day.String(), asOf, b.cfg.Tags)
				}
				return byDay[c.Day].Add(c)
			})
			for d := first; d <= last && err == nil; d++ {
				if byDay[d] != nil {
					err = add(byDay[d])
				}
			}
			return err
		})
		b.status(s.Name, func(st *costs.Status) {
			st.Read, st.Err, st.Rows, st.Rejected = b.now(), "", st.Rows+int(stats.Rows), map[string]int{}
			for reason, n := range stats.Rejected {
				st.Rejected[reason] = int(n.Rows)
			}
			if err != nil {
				st.Err = err.Error()
			}
		})
		return changed, err
	}
}
