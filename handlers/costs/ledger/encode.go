package ledger

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"maps"
	"math"
	"math/bits"
	"slices"

	"shipmate/bot/day"
)

// A segment, the encoded form of a Batch, is
//
//	"SMLG" | version, 1 byte | CRC-32 (Castagnoli), 4 bytes big endian, of all that follows | body
//
// The body of version 1 consists of unsigned varints, signed ones (zigzag) where said, and texts (length, bytes):
//
//	source, object: texts · as-of time: seconds since 1970
//	number of tag keys, each a text · number of strings, each a text
//	number of account names: for each the account and its name, as indexes of strings
//	first day of all, since 2000-01-01 · number of rows: for each
//	    kind · which of the 8 parts differ from the row before, a byte · for each of those the index of its string
//	    number of days: for each
//	        distance from the day before (the first: from the first day of all)
//	        amount in millionths, signed, less that of the day before
//	        quantity: the bytes of a float64 in reverse order, so that trailing zeros cost nothing
//
// The parts are currency, provider, account, service, region, usage, tags and unit. Quantities are rounded to 29 bits, nine digits: they serve to
// tell price from quantity, and would be half of the file otherwise.
const (
	magic    = "SMLG"
	version  = 1
	headSize = len(magic) + 1 + 4
)

// parts is how many strings name a row.
const parts = 8

func (k rowKey) parts() [parts]string {
	return [parts]string{k.Currency, k.Provider, k.Account, k.Service, k.Region, k.Usage, k.Tags, k.unit}
}

func compareRows(a, b rowKey) int {
	if c := cmp.Compare(a.kind, b.kind); c != 0 {
		return c
	}
	pa, pb := a.parts(), b.parts()
	return slices.Compare(pa[:], pb[:])
}

// A stringTable numbers strings in the order in which they are first used.
type stringTable struct {
	index map[string]uint64
	all   []string
}

func (t *stringTable) add(s string) uint64 {
	i, ok := t.index[s]
	if !ok {
		i = uint64(len(t.all))
		t.index[s] = i
		t.all = append(t.all, s)
	}
	return i
}

// Encode makes the segment. The same charges give the same bytes, in whatever order they were added.
func (b *Batch) Encode() []byte {
	table := &stringTable{index: map[string]uint64{}}
	rows := b.encodeRows(table)
	var names []byte
	for _, account := range slices.Sorted(maps.Keys(b.names)) {
		names = binary.AppendUvarint(names, table.add(account))
		names = binary.AppendUvarint(names, table.add(b.names[account]))
	}
	out := make([]byte, headSize, headSize+len(rows)+len(names)+len(table.all)*24)
	copy(out, magic)
	out[len(magic)] = version
	out = appendText(appendText(out, b.source), b.object)
	out = binary.AppendUvarint(out, uint64(b.asOf))
	for _, list := range [][]string{b.tags, table.all} {
		out = binary.AppendUvarint(out, uint64(len(list)))
		for _, s := range list {
			out = appendText(out, s)
		}
	}
	out = binary.AppendUvarint(out, uint64(len(b.names)))
	out = append(append(out, names...), rows...)
	binary.BigEndian.PutUint32(out[len(magic)+1:], checksum(out[headSize:]))
	return out
}

func (b *Batch) encodeRows(table *stringTable) []byte {
	keys := slices.SortedFunc(maps.Keys(b.rows), compareRows)
	first := lastDay
	for _, cells := range b.rows {
		first = min(first, cells[0].day)
	}
	out := binary.AppendUvarint(nil, uint64(first-firstDay))
	out = binary.AppendUvarint(out, uint64(len(keys)))
	var before [parts]string
	for i, key := range keys {
		out = append(out, byte(key.kind))
		now := key.parts()
		mask := len(out)
		out = append(out, 0)
		for p := range now {
			if i == 0 || now[p] != before[p] {
				out[mask] |= 1 << p
				out = binary.AppendUvarint(out, table.add(now[p]))
			}
		}
		before = now
		out = appendCells(out, b.rows[key], first)
	}
	return out
}

func appendCells(out []byte, cells []cell, at day.Day) []byte {
	out = binary.AppendUvarint(out, uint64(len(cells)))
	micro := int64(0)
	for _, c := range cells {
		out = binary.AppendUvarint(out, uint64(c.day-at))
		out = binary.AppendVarint(out, c.micro-micro)
		out = binary.AppendUvarint(out, bits.ReverseBytes64(math.Float64bits(rounded(c.qty))))
		at, micro = c.day, c.micro
	}
	return out
}

// rounded is a quantity as it is kept.
func rounded(qty float64) float64 {
	const dropped = 52 - 29
	return math.Float64frombits((math.Float64bits(qty) + 1<<(dropped-1)) &^ (1<<dropped - 1))
}

func appendText(out []byte, s string) []byte {
	return append(binary.AppendUvarint(out, uint64(len(s))), s...)
}

func checksum(data []byte) uint32 {
	return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
}
