package audit

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// A BrokenError says where a log is not what was written.
type BrokenError struct {
	File string
	Line int   // from 1; 0: the file as a whole
	Seq  int64 // of the record that was expected there
	Why  string
}

// Error names the place and what is wrong.
func (e *BrokenError) Error() string {
	return fmt.Sprintf("audit log: %s, line %d (record %d): %s", e.File, e.Line, e.Seq, e.Why)
}

// A Report is what Verify found in a log that is whole.
type Report struct {
	Files   int
	Records int64
	First   int64 // the first record that is there; more than Pruned+1 when earlier files were taken away otherwise
	Pruned  int64 // records up to this one were removed by Prune
	Last    Head
	Torn    int64 // bytes at the end that are no whole record: one is being written, or was during a crash
}

// Verify reads a whole log and checks its chain. head, unless nil, is the head that was kept elsewhere: the log must reach at least to it. The error
// is a *BrokenError where the log was tampered with or damaged. It may run beside the bot.
func Verify(dir string, key []byte, head *Head) (Report, error) {
	var report Report
	removed, err := pruned(dir, key)
	if err != nil {
		return report, err
	}
	names, err := files(dir)
	if err != nil {
		return report, err
	}
	if head == nil {
		head = &Head{}
	}
	report.Pruned = removed.Seq
	reader := chain{key: key, anywhere: true}
	for i, name := range names {
		path := filepath.Join(dir, name)
		reader.mayBeTorn = i == len(names)-1
		err := reader.file(path, 0, func(r Record, _ []byte) error {
			if report.Records++; report.Records == 1 {
				report.First = r.Seq
			}
			for _, known := range []Head{*head, removed} {
				if known.Seq > 0 && (r.Seq == known.Seq && reader.head != known || r.Seq == known.Seq+1 && r.Prev != known.MAC) {
					return &BrokenError{File: path, Line: reader.line, Seq: r.Seq, Why: "it is not the record that was logged under this number"}
				}
			}
			return nil
		})
		if err != nil {
			return report, err
		}
		report.Files++
	}
	report.Last, report.Torn = reader.head, reader.torn
	switch {
	case report.Records > 0 && report.First > head.Seq && head.Seq > 0:
		return report, &BrokenError{File: dir, Seq: head.Seq, Why: "it begins after the record that was logged last"}
	case report.Last.Seq < head.Seq:
		return report, &BrokenError{File: dir, Seq: report.Last.Seq + 1, Why: fmt.Sprintf("records are missing at the end: %d were logged", head.Seq)}
	}
	return report, nil
}

// A chain reads records one after the other and checks that each follows the one before.
type chain struct {
	key       []byte
	head      Head
	anywhere  bool // the first record read may be any
	mayBeTorn bool // the last line of the file may not be whole
	line      int
	torn      int64
}

// file reads one file, beginning with the first line that begins behind from, and calls f with each record and its line.
func (c *chain) file(path string, from int64, f func(Record, []byte) error) error {
	in, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	defer in.Close()
	if _, err := in.Seek(from, io.SeekStart); err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	lines := bufio.NewReaderSize(in, 1<<16)
	if from > 0 {
		if _, err := lines.ReadBytes('\n'); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("audit log: %w", err)
		}
	}
	for c.line = 1; ; c.line++ {
		text, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(text) == 0 {
			return nil
		}
		if errors.Is(err, io.EOF) && c.mayBeTorn {
			c.torn = int64(len(text))
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("audit log: %w", err)
		}
		record, why := c.next(bytes.TrimSuffix(text, []byte("\n")))
		if errors.Is(err, io.EOF) {
			why = "the line has no end"
		}
		if why != "" {
			return &BrokenError{File: path, Line: c.line, Seq: c.head.Seq + 1, Why: why}
		}
		if err := f(record, text); err != nil {
			return err
		}
	}
}

// next checks one line; why says what is wrong with it.
func (c *chain) next(line []byte) (r Record, why string) {
	covered, mac, ok := unsealed(c.key, line)
	if !ok {
		return r, "it was changed, or logged with another key"
	}
	if err := json.Unmarshal(append(covered, '}'), &r); err != nil {
		return r, "it is no record"
	}
	switch {
	case c.anywhere && c.head.Seq == 0:
		if (r.Seq == 1) != (r.Prev == "") {
			return r, "it is no first record"
		}
	case r.Seq != c.head.Seq+1:
		return r, fmt.Sprintf("it has the number %d: records were removed or moved", r.Seq)
	case r.Prev != c.head.MAC:
		return r, "it does not follow the record before it"
	}
	c.head = Head{r.Seq, mac}
	return r, ""
}

// Export writes the records from the time from up to before to, zero times being without bound, as JSON lines, as they stand in the log, or as CSV
// with one column for each of fields of their data. It does not verify them.
func Export(dir string, w io.Writer, from, to time.Time, fields []string) error {
	names, err := files(dir)
	if err != nil {
		return err
	}
	table := csv.NewWriter(w)
	if fields != nil {
		if err := table.Write(append([]string{"seq", "time", "id"}, fields...)); err != nil {
			return err
		}
	}
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("audit log: %w", err)
		}
		for line := range bytes.Lines(data) {
			var r Record
			if json.Unmarshal(line, &r) != nil || !from.IsZero() && r.Time.Before(from) || !to.IsZero() && !r.Time.Before(to) {
				continue
			}
			if fields == nil {
				_, err = w.Write(line)
			} else {
				err = table.Write(row(r, fields))
			}
			if err != nil {
				return err
			}
		}
	}
	table.Flush()
	return table.Error()
}

// row is a record as a row of a table.
func row(r Record, fields []string) []string {
	out := []string{strconv.FormatInt(r.Seq, 10), r.Time.Format(time.RFC3339Nano), r.ID}
	var data map[string]any
	_ = json.Unmarshal(r.Data, &data) // what is no object has no fields
	for _, f := range fields {
		value := ""
		if v, ok := data[f]; ok {
			value = fmt.Sprint(v)
		}
		if value != "" && bytes.IndexByte([]byte("=+-@\t\r"), value[0]) >= 0 {
			value = "'" + value // a spreadsheet would calculate it
		}
		out = append(out, value)
	}
	return out
}
