package focus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/parquet-go/parquet-go"
)

const (
	lanes     = 2   // row groups of a Parquet file that are read at the same time
	batchRows = 512 // at most, handed from a lane to the caller
)

// readParquet reads a Parquet file, and of it the columns that matter. Two row groups are read at the same time, and their batches taken in turns, so
// that the order of charges is the same in every run.
func readParquet(ctx context.Context, f *os.File, h *handout) error {
	file, bound, err := openParquet(f, h.options)
	if err != nil {
		return err
	}
	groups := file.RowGroups()
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	pool := &sync.Pool{New: func() any { return &batch{} }}
	var open []chan *batch
	for i := range min(lanes, len(groups)) {
		out := make(chan *batch, 4)
		open = append(open, out)
		all.Go(func() {
			defer close(out)
			l := &lane{ctx: ctx, schema: file.Schema(), bound: bound, options: h.options, out: out, pool: pool}
			l.run(groups, i)
		})
	}
	for len(open) > 0 {
		still := open[:0]
		for _, out := range open {
			b, ok := <-out
			if !ok {
				continue
			}
			err := h.batch(b)
			b.reset()
			pool.Put(b)
			if err != nil {
				return err
			}
			still = append(still, out)
		}
		open = still
	}
	return ctx.Err()
}

// openParquet reads the file's footer. The library panics on some files that are damaged.
func openParquet(f *os.File, o Options) (file *parquet.File, bound *binding, err error) {
	defer recovered(&err)
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	file, err = parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(256<<10))
	if err != nil {
		return nil, nil, fmt.Errorf("the file is damaged or cut short: %w", err)
	}
	var names []string
	for _, field := range file.Schema().Fields() {
		names = append(names, field.Name())
	}
	bound, err = bind(names, o)
	return file, bound, err
}

// recovered makes an error of a panic.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the file is damaged: %v", p)
	}
}

// A lane reads some of the row groups of a file.
type lane struct {
	ctx     context.Context // of readParquet, which waits for the lane
	schema  *parquet.Schema
	bound   *binding
	options Options
	out     chan *batch
	pool    *sync.Pool
}

// run reads every lanes-th row group, from the given one. An error ends the lane's last batch.
func (l *lane) run(groups []parquet.RowGroup, from int) {
	b := newBuilder(l.bound, l.options)
	var before int64 // rows
	for i, group := range groups {
		if i%lanes == from {
			if err := l.group(b, group, before); err != nil {
				l.send(&batch{err: err})
				return
			}
		}
		before += group.NumRows()
	}
}

func (l *lane) send(b *batch) bool {
	select {
	case l.out <- b:
		return true
	case <-l.ctx.Done():
		return false
	}
}

// group reads one row group, whose first row comes after so many others.
func (l *lane) group(b *builder, group parquet.RowGroup, before int64) (err error) {
	defer recovered(&err)
	cols, err := l.columns(group)
	defer func() {
		for _, c := range cols {
			c.close()
		}
	}()
	if err != nil {
		return err
	}
	rec := make(record, int(columns)+len(l.options.Tags))
	for left := group.NumRows(); left > 0; {
		n := min(left, batchRows)
		for _, c := range cols {
			if n, err = c.ready(n); err != nil {
				return err
			}
		}
		for _, c := range cols {
			if err := c.load(int(n)); err != nil {
				return err
			}
		}
		out := l.pool.Get().(*batch)
		for i := range int(n) {
			for _, c := range cols {
				c.cell(i, &rec[c.column()])
			}
			r, tags := out.grow(len(b.tags))
			before++
			r.line = before
			b.row(rec, r, tags)
		}
		if !l.send(out) {
			return l.ctx.Err()
		}
		left -= n
	}
	return nil
}

// A parquetColumn gives the cells of one column, some rows at a time.
type parquetColumn interface {
	ready(most int64) (int64, error) // makes rows ready, at most so many, and says how many
	load(rows int) error             // goes on to the next rows
	cell(i int, to *cell)            // of the i-th of the loaded rows; valid until the next ready
	column() column
	close()
}

// columns finds the columns that matter in a row group. One that is a group of something else than keys and values is left out.
func (l *lane) columns(group parquet.RowGroup) (cols []parquetColumn, err error) {
	defer recovered(&err)
	chunks := group.ColumnChunks()
	fields := l.schema.Fields()
	for _, u := range l.bound.uses {
		field := fields[u.field]
		if leaf, ok := l.schema.Lookup(field.Name()); ok {
			if leaf.MaxRepetitionLevel > 0 {
				return cols, fmt.Errorf("column %q is a list", clean(field.Name()))
			}
			cols = append(cols, &flatColumn{col: u.col, pages: chunks[leaf.ColumnIndex].Pages(), decode: decoderOf(leaf.Node.Type())})
			continue
		}
		if key, value, ok := mapLeaves(l.schema, field); ok {
			cols = append(cols, &mapColumn{col: u.col, keys: valueStream{pages: chunks[key.ColumnIndex].Pages()},
				values: valueStream{pages: chunks[value.ColumnIndex].Pages()}, full: key.MaxDefinitionLevel})
		}
	}
	return cols, nil
}

// mapLeaves finds the keys and the values of a column of maps, whatever its parts are called.
func mapLeaves(schema *parquet.Schema, field parquet.Field) (key, value parquet.LeafColumn, ok bool) {
	if parts := field.Fields(); len(parts) == 1 && parts[0].Repeated() && len(parts[0].Fields()) == 2 {
		path := []string{field.Name(), parts[0].Name()}
		var ok1, ok2 bool
		key, ok1 = schema.Lookup(append(path, "key")...)
		value, ok2 = schema.Lookup(append(path, "value")...)
		return key, value, ok1 && ok2 && key.MaxRepetitionLevel == 1 && value.MaxRepetitionLevel == 1
	}
	return key, value, false
}

// A flatColumn has one value for each row, or none.
type flatColumn struct {
	col    column
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	left   int64 // rows of the page
	buf    [batchRows]parquet.Value
	arena  []byte // text of numbers
	decode func(parquet.Value, *cell, []byte) []byte
}

func (c *flatColumn) column() column { return c.col }

func (c *flatColumn) ready(most int64) (int64, error) {
	for c.left == 0 {
		parquet.Release(c.page)
		c.page = nil
		page, err := c.pages.ReadPage()
		if err != nil {
			return 0, cutShort(err)
		}
		c.page, c.values, c.left = page, page.Values(), page.NumRows()
	}
	return min(most, c.left), nil
}

func (c *flatColumn) load(rows int) error {
	c.arena = c.arena[:0]
	c.left -= int64(rows)
	for got := 0; got < rows; {
		n, err := c.values.ReadValues(c.buf[got:rows])
		if got += n; n == 0 {
			return cutShort(err)
		}
	}
	return nil
}

func (c *flatColumn) cell(i int, to *cell) {
	if c.buf[i].IsNull() {
		*to = cell{}
		return
	}
	c.arena = c.decode(c.buf[i], to, c.arena)
}

func (c *flatColumn) close() {
	parquet.Release(c.page)
	c.pages.Close()
}

// cutShort is the error of a column that ends before its row group does.
func cutShort(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return errors.New("the file is damaged: a column has fewer rows than it says")
	}
	return err
}
