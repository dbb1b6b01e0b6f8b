package focus

import (
	"bytes"

	"github.com/parquet-go/parquet-go"
)

// A mapColumn has keys and values for each row, which become one cell of pairs.
type mapColumn struct {
	col          column
	keys, values valueStream
	full         int // definition level of a key that is there
	ends         []int
	arena        []byte // of the loaded rows' pairs
}

func (c *mapColumn) column() column { return c.col }

func (c *mapColumn) ready(most int64) (int64, error) { return most, nil }

// load reads the pairs of the next rows.
func (c *mapColumn) load(rows int) error {
	c.ends, c.arena = c.ends[:0], c.arena[:0]
	for range rows {
		for first := true; ; first = false {
			key, err := c.keys.peek()
			if err != nil && first {
				return cutShort(err)
			}
			if !first && (err != nil || key.RepetitionLevel() == 0) {
				break
			}
			value, err := c.values.peek()
			if err != nil {
				return cutShort(err)
			}
			if key.DefinitionLevel() == c.full && !value.IsNull() {
				c.pair(key.ByteArray(), value.Bytes())
			}
			c.keys.at++
			c.values.at++
		}
		c.ends = append(c.ends, len(c.arena))
	}
	return nil
}

// pair keeps a pair, unless it has the zero byte that ends its parts.
func (c *mapColumn) pair(key, value []byte) {
	if bytes.IndexByte(key, 0) >= 0 || bytes.IndexByte(value, 0) >= 0 {
		return
	}
	c.arena = append(append(append(append(c.arena, key...), 0), value...), 0)
}

func (c *mapColumn) cell(i int, to *cell) {
	from := 0
	if i > 0 {
		from = c.ends[i-1]
	}
	*to = cell{kind: pairsCell, text: c.arena[from:c.ends[i]]}
}

func (c *mapColumn) close() {
	c.keys.close()
	c.values.close()
}

// A valueStream is the values of a column, one after the other over all of its pages.
type valueStream struct {
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buf    [64]parquet.Value
	n, at  int // values in buf, and the next one
}

// peek is the next value, valid until a later one is looked at; at is for going on.
func (s *valueStream) peek() (parquet.Value, error) {
	for s.at == s.n {
		if s.values != nil {
			if s.n, _ = s.values.ReadValues(s.buf[:]); s.n > 0 {
				s.at = 0
				continue
			}
			s.at = 0
		}
		parquet.Release(s.page)
		s.page, s.values, s.n, s.at = nil, nil, 0, 0
		page, err := s.pages.ReadPage()
		if err != nil {
			return parquet.Value{}, err
		}
		s.page, s.values = page, page.Values()
	}
	return s.buf[s.at], nil
}

func (s *valueStream) close() {
	parquet.Release(s.page)
	s.pages.Close()
}
