package focus

import "math/bits"

// An amount of money as a bill writes it: millionths of the currency and, of the same sign, millionths of those that are left over. Nothing is
// rounded but what is below a trillionth of the currency or beyond 19 significant digits.
type amount struct {
	micros int64
	rest   int32 // -999,999 to 999,999
}

// absurd is the least amount, in units of the currency, that is taken for a mistake: a hundred of them still add up within 64 bits.
const absurd = 100_000_000_000

const million = 1_000_000

// parseAmount reads a decimal number such as -12.5, +.5, 7. or 1.81E-8. It knows no separators of thousands, because one country's are another's
// decimal points.
func parseAmount(b []byte) (amount, reason) {
	d, ok := parseDecimal(b)
	if !ok {
		return amount{}, badAmount
	}
	return d.amount()
}

// plus adds two amounts.
func (a amount) plus(b amount) amount {
	rest := a.rest + b.rest
	return amount{a.micros + b.micros + int64(rest/million), rest % million}
}

// full is how many 64 bits hold that another digit may follow.
const full = 1e18

// A decimal is ± digits × 10^exp.
type decimal struct {
	negative bool
	digits   uint64
	exp      int
}

// amount scales the number to trillionths in 128 bits, so that no binary fraction is in between.
func (d decimal) amount() (amount, reason) {
	if d.digits == 0 {
		return amount{}, usable
	}
	var hi, lo uint64
	e := d.exp + 12
	for ; e > 19 && d.digits < full; e-- {
		d.digits *= 10
	}
	switch {
	case e > 19:
		return amount{}, absurdAmount
	case e >= 0:
		hi, lo = bits.Mul64(d.digits, pow10(e))
	case e >= -19:
		p := pow10(-e)
		lo = d.digits / p
		if d.digits%p >= p-p/2 {
			lo++
		}
	}
	if hi >= million {
		return amount{}, absurdAmount // more than 64 bits of millionths
	}
	micros, rest := bits.Div64(hi, lo, million)
	if micros >= absurd*million {
		return amount{}, absurdAmount
	}
	a := amount{int64(micros), int32(rest)}
	if d.negative {
		a.micros, a.rest = -a.micros, -a.rest
	}
	return a, usable
}

// pow10 is 10^e for e of 0 to 19.
func pow10(e int) uint64 {
	p := uint64(1)
	for range e {
		p *= 10
	}
	return p
}

// parseDecimal reads a number; ok is false when b is none.
func parseDecimal(b []byte) (d decimal, ok bool) {
	i := 0
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		d.negative = b[i] == '-'
		i++
	}
	seen, point := false, false
	for ; i < len(b); i++ {
		c := b[i] - '0'
		switch {
		case c <= 9:
			seen = true
			switch {
			case d.digits < full:
				d.digits = d.digits*10 + uint64(c)
				if point {
					d.exp--
				}
			case !point:
				d.exp++
			}
		case b[i] == '.' && !point:
			point = true
		case (b[i] == 'e' || b[i] == 'E') && seen:
			e, ok := parseExponent(b[i+1:])
			d.exp += e
			return d, ok
		default:
			return d, false
		}
	}
	return d, seen
}

// parseExponent reads up to four digits with a sign; more would be beyond any number.
func parseExponent(b []byte) (e int, ok bool) {
	negative := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 4 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		e = e*10 + int(c-'0')
	}
	if negative {
		e = -e
	}
	return e, true
}

// A carry collects what is below a millionth from row to row of the same kind, so that five million rows of $0.0000004 are $2 and not nothing. Rows
// are of one kind when they agree in day, category, account, service, region and usage type; of very many kinds, some share what they have left. So
// the amounts of a file are right to half a millionth for each of 65,536 kinds at the worst, and no row is off by more than one millionth.
type carry [1 << 16]struct{ effective, billed int32 }

// add rounds both amounts of a row to millionths, together with what rows of its kind have left over.
func (c *carry) add(kind uint64, effective, billed amount) (int64, int64) {
	s := &c[kind>>48]
	up, left := round(s.effective + effective.rest)
	e := effective.micros + up
	s.effective = left
	up, s.billed = round(s.billed + billed.rest)
	return e, billed.micros + up
}

// round splits millionths of a millionth into whole ones, to the nearest, and the rest, which is half a one at the most.
func round(rest int32) (up int64, left int32) {
	for ; rest >= million/2; rest -= million {
		up++
	}
	for ; rest < -million/2; rest += million {
		up--
	}
	return up, rest
}
