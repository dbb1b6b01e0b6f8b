package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"shipmate/bot/day"
	"shipmate/integrations/focus"
)

// A Kind is what a ledger takes a charge for.
type Kind uint8

// The kinds. All but Usage are one-offs: they are listed, and never part of a series.
const (
	Usage Kind = iota
	Purchase
	Tax
	Credit
	Refund     // also a usage charge below zero: FOCUS has no other way to say it
	Adjustment // also a charge of a category that is not known
	Correction // of an invoiced period, whatever its category

	kinds     = iota
	effective = Kind(0x40) // added to the kind of a one-off: its amounts are EffectiveCost, where that is not 0
	total     = Kind(0x7f) // the sum of an object's usage, with the number of its rows as quantity; made by Apply, never encoded
)

// String is the kind in one word: "usage", "tax".
func (k Kind) String() string {
	if k >= kinds {
		return "other"
	}
	return [...]string{"usage", "purchase", "tax", "credit", "refund", "adjustment", "correction"}[k]
}

// Limits of a Batch. What is beyond them is no bill.
const (
	maxAmount = 1e17       // millionths of a currency for one row and day: 100 thousand million units
	maxRows   = 500_000    // different keys in one object
	maxCells  = 10_000_000 // of those by days
	maxTexts  = 128 << 20  // bytes of all parts of the keys
	maxText   = 256        // bytes of one part of a key; what is longer is cut, and told apart by a checksum
)

// Days that a ledger can hold, 2000-01-01 to 2099-12-31.
const (
	firstDay = day.Day(10957)
	lastDay  = day.Day(47481)
)

// Errors of Batch.Add, to be counted by their text.
var (
	ErrDay    = errors.New("the day is not between 2000 and 2099")
	ErrAmount = errors.New("the amount of one usage type and day is beyond 100,000,000,000")
	ErrRows   = fmt.Errorf("the object has more than %d different combinations of account, service, region, usage type and tags, or %d of them by days", maxRows, maxCells)
)

// rowKey is what amounts are added up by, besides the day.
type rowKey struct {
	Key
	unit string
	kind Kind
}

// A cell is what a row says of one day.
type cell struct {
	day   day.Day
	micro int64
	qty   float64
}

// A Batch adds up what one object of a bill says: a file of an export, or one day of Cost Explorer. An object is what is replaced as a whole: all
// that it said before is void once it says something new, and a Batch without charges voids it altogether. So a Batch must be given up when its
// object could not be read to the end.
type Batch struct {
	source, object string
	asOf           uint32 // seconds since 1970
	tags           []string
	rows           map[rowKey][]cell // cells in order of days
	names          map[string]string // of accounts
	room           room
}

// room is how much more fits into a Batch.
type room struct{ rows, cells, texts int }

// NewBatch begins a batch for an object of a source, as it was at a time, which is kept to the second. tags are the keys of the chosen tags; the Tags
// of the charges have to be in their order.
func NewBatch(source, object string, asOf time.Time, tags []string) *Batch {
	return &Batch{
		source: text(source), object: text(object), asOf: seconds(asOf), tags: slices.Clone(tags),
		rows: map[rowKey][]cell{}, names: map[string]string{}, room: room{maxRows, maxCells, maxTexts},
	}
}

// Len is how many different keys, units and kinds there are.
func (b *Batch) Len() int { return len(b.rows) }

// Cells is how many of those there are by days, which is what a batch takes memory for.
func (b *Batch) Cells() int { return maxCells - b.room.cells }

// Add adds a charge. A usage charge counts with its EffectiveCost and its quantity. A one-off counts with its BilledCost and, apart from that, its
// EffectiveCost. A usage charge whose EffectiveCost is below zero is taken for a refund: discounts and reversals would hide or feign a change of
// usage. After an error, which is one of ErrDay, ErrAmount and ErrRows, the batch is as before, and other charges may be added.
func (b *Batch) Add(c *focus.Charge) error {
	if c.Day < firstDay || c.Day > lastDay {
		return ErrDay
	}
	key := rowKey{kind: kindOf(c), Key: Key{
		Source: b.source, Currency: text(c.Currency), Provider: text(c.Provider), Account: text(c.Account), Service: text(c.Service),
		Region: text(c.Region), Usage: text(c.Usage), Tags: joinTags(c.Tags),
	}}
	amounts := []amount{{key, cell{c.Day, c.Billed, 0}}}
	switch {
	case key.kind == Usage:
		amounts[0].cell = cell{c.Day, c.Effective, c.Quantity}
		if math.IsNaN(c.Quantity) {
			amounts[0].qty = 0
		}
		if amounts[0].qty != 0 {
			amounts[0].unit = cut(c.Unit)
		}
	case c.Effective != 0:
		key.kind |= effective
		amounts = append(amounts, amount{key, cell{c.Day, c.Effective, 0}})
	}
	if err := b.add(amounts); err != nil {
		return err
	}
	if c.AccountName != "" {
		b.names[key.Account] = cut(c.AccountName)
	}
	return nil
}

func kindOf(c *focus.Charge) Kind {
	if c.Correction {
		return Correction
	}
	switch c.Category {
	case focus.Usage:
		if c.Effective < 0 {
			return Refund
		}
		return Usage
	case focus.Purchase:
		return Purchase
	case focus.Tax:
		return Tax
	case focus.Credit:
		return Credit
	case focus.Refund:
		return Refund
	}
	return Adjustment
}

// An amount is added to a row's day.
type amount struct {
	rowKey
	cell
}

// add adds all amounts or none; they are of different rows.
func (b *Batch) add(amounts []amount) error {
	left := b.room
	for _, a := range amounts {
		cells, known := b.rows[a.rowKey]
		i, there := find(cells, a.day)
		sum := a.micro
		if there {
			sum = addSat(sum, cells[i].micro)
		} else {
			left.cells--
		}
		if sum > maxAmount || sum < -maxAmount {
			return ErrAmount
		}
		if !known {
			left.rows--
			for _, part := range a.parts() {
				left.texts -= len(part)
			}
		}
	}
	if min(left.rows, left.cells, left.texts) < 0 {
		return ErrRows
	}
	b.room = left
	for _, a := range amounts {
		cells := b.rows[a.rowKey]
		i, there := find(cells, a.day)
		if !there {
			cells = slices.Insert(cells, i, cell{day: a.day})
			b.rows[a.rowKey] = cells
		}
		cells[i].micro += a.micro
		cells[i].qty = min(max(cells[i].qty+a.qty, -maxQuantity), maxQuantity)
	}
	return nil
}

// find is where a day is in cells, or belongs.
func find(cells []cell, d day.Day) (i int, there bool) {
	if n := len(cells); n == 0 || cells[n-1].day < d {
		return n, false
	}
	return slices.BinarySearchFunc(cells, d, func(c cell, d day.Day) int { return cmp.Compare(c.day, d) })
}

// maxQuantity is far from where sums of floats become infinite.
const maxQuantity = 1e200

// addSat adds; what is too large for an int64 stays at its limit.
func addSat(a, b int64) int64 {
	sum := a + b
	switch {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}

// seconds is a time as whole seconds since 1970; times that do not fit are the first or the last that does.
func seconds(t time.Time) uint32 {
	return uint32(min(max(t.Unix(), 0), math.MaxUint32))
}

// text is a part of a key: what is empty is None.
func text(s string) string {
	if s == "" {
		return None
	}
	return cut(s)
}

// cut makes valid UTF-8 of bounded length. Long texts that differ stay different.
func cut(s string) string {
	if len(s) <= maxText && utf8.ValidString(s) {
		return s
	}
	valid := strings.ToValidUTF8(s, "\uFFFD") // may be longer
	if len(valid) <= maxText {
		return valid
	}
	return fmt.Sprintf("%s…%08x", strings.ToValidUTF8(valid[:maxText-16], ""), checksum([]byte(s)))
}

// joinTags is the Tags of a Key.
func joinTags(tags []focus.Tag) string {
	if !slices.ContainsFunc(tags, func(t focus.Tag) bool { return t.Value != "" }) {
		return ""
	}
	var b strings.Builder
	for _, t := range tags {
		if t.Value == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(escapeTag(cut(t.Key)) + "=" + escapeTag(cut(t.Value)))
	}
	return b.String()
}
