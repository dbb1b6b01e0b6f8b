package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"

	"shipmate/bot/day"
)

// Errors of Decode, to be tested with errors.Is.
var (
	// ErrDamaged is wrapped when the bytes are no segment, or are not what was written.
	ErrDamaged = errors.New("the segment is damaged")
	// ErrNewer is wrapped when a newer program wrote the segment.
	ErrNewer = errors.New("a newer Shipmate wrote this segment: run that version, or load the bill anew with this one")
)

// maxSegment is how many bytes a segment may have: more than the fullest Batch makes.
const maxSegment = 400 << 20

// A Segment is a decoded Batch.
type Segment struct {
	Source, Object string
	AsOf           time.Time // UTC, whole seconds
	Tags           []string  // the keys of the chosen tags
	First, Last    day.Day   // of all rows; both 0 when there are none
	Rows           int       // different keys, units and kinds
	Cells          int       // rows by days

	sum   uint32   // checksum of the body
	names []string // account and name in turn
	keys  []rowKey
	cells [][]cell // of each key; days ascend
}

// Name is a name for the segment's file: names sort by as-of time, and segments that differ have different ones.
func (s *Segment) Name() string {
	return fmt.Sprintf("%s-%08x-%08x", s.AsOf.Format("20060102T150405Z"), checksum([]byte(s.Source+"\x00"+s.Object)), s.sum)
}

// Decode reads what Batch.Encode wrote. Any bytes may be given to it: it takes memory in proportion to their number.
func Decode(data []byte) (*Segment, error) {
	switch {
	case len(data) > maxSegment:
		return nil, fmt.Errorf("%d bytes are more than a segment has: %w", len(data), ErrDamaged)
	case len(data) < headSize || string(data[:len(magic)]) != magic:
		return nil, fmt.Errorf("it does not begin as one: %w", ErrDamaged)
	case data[len(magic)] > version:
		return nil, fmt.Errorf("version %d is not known, only up to %d: %w", data[len(magic)], version, ErrNewer)
	case data[len(magic)] != version:
		return nil, fmt.Errorf("there is no version %d: %w", data[len(magic)], ErrDamaged)
	}
	s := &Segment{sum: binary.BigEndian.Uint32(data[len(magic)+1:])}
	if checksum(data[headSize:]) != s.sum {
		return nil, fmt.Errorf("its checksum is another: %w", ErrDamaged)
	}
	r := &reader{data: string(data[headSize:])}
	s.read(r)
	if r.bad || r.data != "" {
		return nil, fmt.Errorf("its checksum is right, but not what it says: %w", ErrDamaged)
	}
	return s, nil
}

// A reader takes apart the body of a segment. Once something makes no sense it is bad, and everything that it still reads is zero.
type reader struct {
	data string // what is left
	bad  bool
}

func (r *reader) fail() { r.data, r.bad = "", true }

func (r *reader) byte() byte {
	if r.data == "" {
		r.fail()
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

func (r *reader) uvarint() (v uint64) {
	for shift := 0; shift < 64; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if shift == 63 && b > 1 {
				r.fail()
			}
			return v
		}
	}
	r.fail()
	return 0
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// count reads how many things follow, each of at least size bytes.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.data)/size) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	n := r.count(1)
	s := r.data[:n]
	r.data = r.data[n:]
	return s
}

func (r *reader) texts() []string {
	list := make([]string, r.count(1))
	for i := range list {
		list[i] = r.text()
	}
	return list
}

// of reads the index of a string.
func (r *reader) of(table []string) string {
	i := r.uvarint()
	if i >= uint64(len(table)) {
		r.fail()
		return ""
	}
	return table[i]
}

func (s *Segment) read(r *reader) {
	s.Source, s.Object = strings.Clone(r.text()), strings.Clone(r.text())
	asOf := r.uvarint()
	if asOf > math.MaxUint32 || s.Source == "" {
		r.fail()
	}
	s.AsOf = time.Unix(int64(uint32(asOf)), 0).UTC()
	s.Tags = r.texts()
	table := r.texts()
	for range 2 * r.count(2) {
		s.names = append(s.names, r.of(table))
	}
	first := r.uvarint()
	if first > uint64(lastDay-firstDay) {
		r.fail()
	}
	s.Rows = r.count(3)
	s.keys, s.cells = make([]rowKey, 0, s.Rows), make([][]cell, 0, s.Rows)
	slab := make([]cell, 0, len(r.data)/3)
	var now [parts]string
	for range s.Rows {
		kind := Kind(r.byte())
		if kind&^effective >= kinds || kind == Usage|effective {
			r.fail()
		}
		for p, mask := 0, r.byte(); p < parts; p++ {
			if mask>>p&1 == 1 {
				now[p] = r.of(table)
			}
		}
		if slices.Contains(now[:6], "") { // only tags and unit may be empty
			r.fail()
		}
		s.keys = append(s.keys, rowKey{kind: kind, unit: now[7], Key: Key{
			Source: s.Source, Currency: now[0], Provider: now[1], Account: now[2], Service: now[3], Region: now[4], Usage: now[5], Tags: now[6],
		}})
		from := len(slab)
		slab = r.cells(slab, firstDay+day.Day(first))
		s.add(slab[from:len(slab):len(slab)])
	}
}

// add notes the cells of the latest key.
func (s *Segment) add(cells []cell) {
	s.cells = append(s.cells, cells)
	if len(cells) == 0 {
		return
	}
	if s.Cells == 0 {
		s.First = cells[0].day
	}
	s.Cells += len(cells)
	s.First, s.Last = min(s.First, cells[0].day), max(s.Last, cells[len(cells)-1].day)
}

func (r *reader) cells(slab []cell, at day.Day) []cell {
	micro := int64(0)
	for i := range r.count(3) {
		gap := r.uvarint()
		micro += r.varint() // wraps round and is refused below, whatever it was
		qty := math.Float64frombits(bits.ReverseBytes64(r.uvarint()))
		if gap > uint64(lastDay-at) || i > 0 && gap == 0 || micro > maxAmount || micro < -maxAmount || !(math.Abs(qty) <= 2*maxQuantity) {
			r.fail()
			return slab
		}
		at += day.Day(gap)
		slab = append(slab, cell{at, micro, qty})
	}
	return slab
}
