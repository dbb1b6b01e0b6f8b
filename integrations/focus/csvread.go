package focus

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

const (
	blockSize  = 256 << 10 // of a CSV file, that a goroutine reads at once
	longestRow = 4 << 20   // of a CSV file
	readers    = 2         // goroutines that read blocks; there is one more that finds them, and the caller's
)

// A block is some whole lines of a CSV file.
type block struct {
	text []byte
	line int64 // number of its first line
	done chan *batch
}

// csvReader is one CSV file on its way. Its channels keep the order of the file.
type csvReader struct {
	in     io.Reader
	bound  *binding
	comma  byte
	todo   chan *block // to the readers
	order  chan *block // to the caller
	blocks sync.Pool
	out    sync.Pool
}

// readCSV reads a CSV file, gzipped or not.
func readCSV(ctx context.Context, in *bufio.Reader, h *handout) error {
	in, err := unzipped(in)
	if err != nil {
		return err
	}
	c := &csvReader{todo: make(chan *block, 2*readers), order: make(chan *block, 4*readers)}
	c.blocks.New = func() any { return new(make([]byte, 0, blockSize)) }
	c.out.New = func() any { return &batch{} }
	lines, err := c.header(in, h.options)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	var failed error // of finding blocks; written before order is closed
	all.Go(func() {
		defer close(c.order)
		defer close(c.todo)
		failed = c.find(ctx, lines+1)
	})
	for range readers {
		all.Go(func() { c.parse(h.options) })
	}
	for b := range c.order {
		got := <-b.done
		err := h.batch(got)
		got.reset()
		c.out.Put(got)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
	return failed
}

// unzipped sees through gzip.
func unzipped(in *bufio.Reader) (*bufio.Reader, error) {
	magic, _ := in.Peek(4)
	switch {
	case len(magic) >= 2 && magic[0] == 0x1f && magic[1] == 0x8b:
		zip, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		return bufio.NewReaderSize(zip, 64<<10), nil
	case len(magic) >= 2 && (magic[0] == 0xff && magic[1] == 0xfe || magic[0] == 0xfe && magic[1] == 0xff):
		return nil, &NoBillError{Text: "this is UTF-16; save the file as UTF-8"}
	case len(magic) >= 4 && string(magic) == "PK\x03\x04":
		return nil, &NoBillError{Text: "this is a zip archive or a workbook; unpack it, or save it as CSV"}
	}
	return in, nil
}

// header reads the first row, and says how many lines it has.
func (c *csvReader) header(in *bufio.Reader, o Options) (lines int64, err error) {
	var text []byte
	for len(text) == 0 || bytes.Count(text, []byte{'"'})%2 == 1 || len(bytes.TrimSpace(text)) == 0 {
		line, err := in.ReadSlice('\n')
		text = append(text, line...)
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return 0, err
		}
		if len(text) > longestRow {
			return 0, &NoBillError{Text: "its first row is too long for a header"}
		}
	}
	lines = int64(bytes.Count(text, []byte{'\n'}))
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), "\r\n \t")
	if len(text) == 0 {
		return 0, &NoBillError{Text: "the file is empty"}
	}
	c.comma = separator(text)
	fields, _, why := (&lineParser{comma: c.comma}).next(text)
	if why != usable {
		return 0, &NoBillError{Text: "the first row is no header: " + why.String()}
	}
	var names []string
	for _, f := range fields {
		names = append(names, string(f))
	}
	c.in = in
	c.bound, err = bind(names, o)
	return lines, err
}

// separator is the one of those in use that a header has most of.
func separator(header []byte) byte {
	best := byte(',')
	for _, b := range []byte{';', '\t'} {
		if bytes.Count(header, []byte{b}) > bytes.Count(header, []byte{best}) {
			best = b
		}
	}
	return best
}

// find cuts the file into blocks at the borders of rows.
func (c *csvReader) find(ctx context.Context, line int64) error {
	var left []byte // the beginning of a row
	for {
		buf := *c.blocks.Get().(*[]byte)
		buf = append(buf[:0], left...)
		end, err := fill(c.in, &buf)
		if err != nil {
			return err
		}
		size := len(buf)
		if !end {
			if size, err = c.border(buf); err != nil {
				return err
			}
		}
		left = append(left[:0], buf[size:]...)
		if size > 0 {
			b := &block{text: buf[:size], line: line, done: make(chan *batch, 1)}
			select {
			case c.order <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
			line += int64(bytes.Count(b.text, []byte{'\n'}))
			c.todo <- b // the readers do not stop before it is closed
		}
		if end {
			return nil
		}
	}
}

// border is where to cut. Quotes that do not match hide all borders; then lines are taken for rows.
func (c *csvReader) border(buf []byte) (int, error) {
	size := lastBorder(buf)
	if size == 0 && len(buf) > longestRow {
		size = bytes.LastIndexByte(buf, '\n') + 1
		if size == 0 {
			return 0, fmt.Errorf("a line is longer than %d MB", longestRow>>20)
		}
	}
	return size, nil
}

// fill appends about a block to buf; end is the end of the file.
func fill(in io.Reader, buf *[]byte) (end bool, err error) {
	b := *buf
	if cap(b)-len(b) < blockSize/2 {
		b = append(make([]byte, 0, 2*cap(b)), b...)
	}
	for len(b) < cap(b) && err == nil {
		var n int
		n, err = in.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
	}
	*buf = b
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return false, errors.New("the file is cut short")
	case errors.Is(err, io.EOF):
		return true, nil
	}
	return false, err
}

// parse reads blocks until there are no more.
func (c *csvReader) parse(o Options) {
	p := &lineParser{comma: c.comma}
	b := newBuilder(c.bound, o)
	rec := make(record, int(columns)+len(o.Tags))
	for next := range c.todo {
		out := c.out.Get().(*batch)
		c.rows(next, p, b, rec, out)
		c.blocks.Put(&next.text)
		next.done <- out
	}
}

// rows reads one block.
func (c *csvReader) rows(next *block, p *lineParser, b *builder, rec record, out *batch) {
	line, text := next.line, next.text
	for len(text) > 0 {
		fields, size, why := p.next(text)
		if len(fields) > 0 || why != usable {
			r, tags := out.grow(len(b.tags))
			r.line = line
			switch {
			case why != usable:
				r.why = why
			case len(fields) < c.bound.fields:
				r.why = fewFields
			case len(fields) > c.bound.fields:
				r.why = manyFields
			default:
				for _, u := range c.bound.uses {
					rec[u.col].text = fields[u.field]
				}
				b.row(rec, r, tags)
			}
		}
		if text[size-1] == '\n' && bytes.IndexByte(text[:size], '\n') == size-1 {
			line++
		} else {
			line += int64(bytes.Count(text[:size], []byte{'\n'}))
		}
		text = text[size:]
	}
}
