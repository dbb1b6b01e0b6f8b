package focus

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// A cell is one field of a row: text, or a number or a time that a Parquet file has as such.
type cell struct {
	text []byte
	kind kind
	n    int64 // seconds since 1970, or the bits of a float64
}

type kind uint8

const (
	textCell  kind = iota // also of numbers, as in a CSV file; empty or NULL is nothing
	timeCell              // n is seconds since 1970
	floatCell             // n is the bits of a float64
	pairsCell             // text is key, 0, value, 0 and so on
)

func (c *cell) empty() bool { return c.kind == textCell && empty(c.text) }

// A record is the fields of a row by what they mean. Those that the bill does not have are empty.
type record []cell

// A row is one row of a bill, read but not yet handed out.
type row struct {
	charge            Charge // without its day
	effective, billed amount
	start, end        int64  // seconds since 1970; end is start when the bill does not say
	kind              uint64 // a hash of what tells it from charges of another kind, see carry
	line              int64
	why               reason // it cannot be used
	doubts            doubt
}

// A builder makes rows of records. It is for one goroutine.
type builder struct {
	bound      *binding
	picker     tagPicker
	texts      [columns]*interner
	tags       []*interner // by tag
	start, end lastInstant
	categories map[string]Category
	scratch    []byte
}

// lastInstant remembers a time, because rows that follow each other often have the same.
type lastInstant struct {
	text    []byte
	seconds int64
	ok      bool
}

func (l *lastInstant) parse(c *cell) (int64, bool) {
	if c.kind != textCell {
		return c.n, c.kind == timeCell
	}
	if !bytes.Equal(l.text, c.text) || len(l.text) == 0 {
		l.text = append(l.text[:0], c.text...)
		l.seconds, l.ok = parseInstant(c.text)
	}
	return l.seconds, l.ok
}

func newBuilder(b *binding, o Options) *builder {
	out := &builder{bound: b, picker: tagPicker{o.Tags}, categories: map[string]Category{
		"usage": Usage, "purchase": Purchase, "tax": Tax, "credit": Credit, "adjustment": Adjustment, "refund": Refund,
	}}
	for range o.Tags {
		out.tags = append(out.tags, &interner{})
	}
	return out
}

// row reads a record. tags are where the charge's tags belong, as many as were asked for.
func (b *builder) row(rec record, r *row, tags []Tag) {
	*r = row{line: r.line, charge: Charge{Tags: tags}}
	for i := range tags {
		tags[i] = Tag{Key: b.picker.keys[i]}
	}
	if r.why = b.period(rec, r); r.why != usable {
		return
	}
	if r.why = b.currency(rec, r); r.why != usable {
		return
	}
	if r.why = b.bound.schema.mapping(b, rec, r); r.why != usable {
		return
	}
	if c := r.charge.Category; c == Usage && r.end-r.start > longestUsage*secondsOfDay {
		r.why = longPeriod
		return
	}
	b.quantity(rec, r)
	b.readTags(rec, r)
	r.kind = mix(r.kind, uint64(r.start/secondsOfDay)<<3|uint64(len(r.charge.Category)))
}

// longestUsage is how many days usage may be for.
const longestUsage = 366

func (b *builder) period(rec record, r *row) reason {
	if rec[colStart].empty() {
		return noDay
	}
	var ok bool
	if r.start, ok = b.start.parse(&rec[colStart]); !ok {
		return badDay
	}
	const earliest, latest = 946684800, 4133980800 // 2000-01-01, 2101-01-01
	if r.start < earliest || r.start >= latest {
		return absurdDay
	}
	r.end = r.start
	if rec[colEnd].empty() {
		return usable
	}
	if r.end, ok = b.end.parse(&rec[colEnd]); !ok {
		return badEnd
	}
	if r.end < r.start {
		return endBeforeStart
	}
	return usable
}

func (b *builder) currency(rec record, r *row) reason {
	r.charge.Currency = b.text(rec, r, colCurrency)
	if r.charge.Currency == "" {
		return noCurrency
	}
	if len(r.charge.Currency) != 3 {
		return badCurrency
	}
	for i := range 3 {
		switch c := r.charge.Currency[i]; {
		case c >= 'a' && c <= 'z':
			r.charge.Currency = strings.ToUpper(r.charge.Currency)
		case c < 'A' || c > 'Z':
			return badCurrency
		}
	}
	return usable
}

// text is the first of the columns that says something.
func (b *builder) text(rec record, r *row, cols ...column) string {
	for _, col := range cols {
		c := &rec[col]
		if c.empty() {
			continue
		}
		if b.texts[col] == nil {
			b.texts[col] = &interner{}
		}
		s, h := b.texts[col].of(b.plain(c))
		r.kind = mix(r.kind, h)
		if s != "" {
			return s
		}
	}
	return ""
}

// plain is a cell's text; of a float64 the shortest decimal number that means it.
func (b *builder) plain(c *cell) []byte {
	switch c.kind {
	case floatCell:
		b.scratch = strconv.AppendFloat(b.scratch[:0], math.Float64frombits(uint64(c.n)), 'g', -1, 64)
	case timeCell:
		b.scratch = strconv.AppendInt(b.scratch[:0], c.n, 10)
	default:
		return c.text
	}
	return b.scratch
}

// amount reads a column of money; nothing is 0.
func (b *builder) amount(rec record, col column) (amount, reason) {
	if rec[col].empty() {
		return amount{}, usable
	}
	return parseAmount(b.plain(&rec[col]))
}

func (b *builder) quantity(rec record, r *row) {
	col, units := colQuantity, []column{colUnit, colPricingUnit}
	if rec[col].empty() {
		col, units = colPricingQuantity, []column{colPricingUnit, colUnit}
	}
	kind := r.kind
	r.charge.Unit = b.text(rec, r, units...)
	r.kind = kind // the unit makes no kind
	c := &rec[col]
	switch {
	case c.empty():
	case c.kind == floatCell:
		r.charge.Quantity = math.Float64frombits(uint64(c.n))
	default:
		d, ok := parseDecimal(c.text)
		if !ok {
			r.doubts |= badQuantity
		}
		r.charge.Quantity = d.float()
	}
	if math.IsNaN(r.charge.Quantity) || math.IsInf(r.charge.Quantity, 0) {
		r.charge.Quantity = 0
		r.doubts |= badQuantity
	}
}

// float is the number to 15 digits or so.
func (d decimal) float() float64 {
	f := float64(d.digits)
	switch {
	case d.exp < -22 || d.exp > 22:
		f *= math.Pow10(d.exp)
	case d.exp < 0:
		f /= math.Pow10(-d.exp)
	default:
		f *= math.Pow10(d.exp)
	}
	if d.negative {
		return -f
	}
	return f
}

func (b *builder) readTags(rec record, r *row) {
	if len(b.tags) == 0 {
		return
	}
	var fits [16]int
	take := func(key, value []byte) {
		if i, fit := b.picker.pick(key); fit > 0 && i < len(fits) && fit >= fits[i] {
			fits[i] = fit
			r.charge.Tags[i].Value, _ = b.tags[i].of(value)
		}
	}
	if c := &rec[colTags]; !c.empty() && !eachPair(c, take) {
		r.doubts |= badTags
	}
	for i := range b.tags {
		if c := &rec[int(columns)+i]; !c.empty() && r.charge.Tags[i].Value == "" {
			r.charge.Tags[i].Value, _ = b.tags[i].of(c.text)
		}
	}
}

// eachPair goes through the map in a cell.
func eachPair(c *cell, do pairs) (ok bool) {
	switch c.kind {
	case textCell:
		return eachTag(c.text, do)
	case pairsCell:
		return eachZeroed(c.text, do)
	}
	return false
}
