package focus

import "fmt"

// A reason is why a row cannot be used; the zero reason is none.
type reason uint8

const (
	usable reason = iota
	badQuotes
	fewFields
	manyFields
	noDay
	badDay
	absurdDay
	badEnd
	endBeforeStart
	longPeriod
	noCategory
	unknownCategory
	noCurrency
	badCurrency
	noAmount
	badAmount
	badBilled
	absurdAmount
	reasons
)

// String is the reason as it is shown, and the key in Stats.Rejected.
func (r reason) String() string {
	return [reasons]string{
		badQuotes:       "quotes do not match",
		fewFields:       "fewer fields than the header",
		manyFields:      "more fields than the header",
		noDay:           "no start of the charge period",
		badDay:          "start of the charge period is no day",
		absurdDay:       "day is before 2000 or after 2100",
		badEnd:          "end of the charge period is no day",
		endBeforeStart:  "period ends before it starts",
		longPeriod:      "usage of more than 366 days",
		noCategory:      "no charge category",
		unknownCategory: "unknown charge category",
		noCurrency:      "no currency",
		badCurrency:     "currency is not three letters",
		noAmount:        "no cost",
		badAmount:       "cost is no number",
		badBilled:       "billed cost is no number",
		absurdAmount:    "cost beyond 100,000,000,000",
	}[r]
}

// A doubt is what is left out of a row that is used all the same. Doubts are a set of bits.
type doubt uint8

const (
	badTags doubt = 1 << iota
	badQuantity
	unknownClass
)

func (d doubt) String() string {
	switch d {
	case badTags:
		return "tags are no JSON object"
	case badQuantity:
		return "quantity is no number"
	default:
		return "unknown charge class"
	}
}

// Stats says what was read and what of it was not used.
type Stats struct {
	Files    int              // that were read
	Ignored  []Ignored        // other files of the folder, by name
	Rows     int64            // of data, used or not
	Charges  int64            // handed out; periods of several days make it more than the used rows
	Rejected map[string]Count // rows that were not used, by reason
	Doubts   map[string]Count // rows that were used, though something in them could not be; by what it is
}

// An Ignored is a file of a folder that was not read.
type Ignored struct{ Name, Why string }

// A Count is how many rows, and where the first one is: "bill.csv, line 7", or "bill.parquet, row 7" counted from 1.
type Count struct {
	Rows  int64
	First string
}

// RejectedRows is how many rows were not used.
func (s *Stats) RejectedRows() (n int64) {
	for _, c := range s.Rejected {
		n += c.Rows
	}
	return n
}

// Add adds what was read elsewhere. First places stay those of s.
func (s *Stats) Add(o Stats) {
	s.Files += o.Files
	s.Ignored = append(s.Ignored, o.Ignored...)
	s.Rows += o.Rows
	s.Charges += o.Charges
	s.Rejected = addCounts(s.Rejected, o.Rejected)
	s.Doubts = addCounts(s.Doubts, o.Doubts)
}

func addCounts(to, from map[string]Count) map[string]Count {
	for name, c := range from {
		to = count(to, name, c.Rows, func() string { return c.First })
	}
	return to
}

func count(to map[string]Count, name string, rows int64, first func() string) map[string]Count {
	if to == nil {
		to = map[string]Count{}
	}
	c := to[name]
	if c.Rows == 0 {
		c.First = first()
	}
	c.Rows += rows
	to[name] = c
	return to
}

// note counts what is wrong with a row.
func (s *Stats) note(r *row, file, unit string) {
	place := func() string { return fmt.Sprintf("%s, %s %d", file, unit, r.line) }
	if r.why != usable {
		s.Rejected = count(s.Rejected, r.why.String(), 1, place)
		return
	}
	for _, d := range []doubt{badTags, badQuantity, unknownClass} {
		if r.doubts&d != 0 {
			s.Doubts = count(s.Doubts, d.String(), 1, place)
		}
	}
}
