package focus

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// A decoder makes a cell of a value that is not null. Text that it has to write is appended to the arena, which it returns.
type decoder = func(v parquet.Value, to *cell, arena []byte) []byte

// decoderOf is for a column of a Parquet type, see https://github.com/apache/parquet-format/blob/master/LogicalTypes.md.
func decoderOf(t parquet.Type) decoder {
	if logical := t.LogicalType(); logical != nil {
		switch l := logical.Value.(type) {
		case *format.TimestampType:
			return timeDecoder(unitOf(l.Unit))
		case *format.DecimalType:
			return decimalDecoder(t.Kind(), int(l.Scale))
		case *format.DateType:
			return dateCell
		}
	}
	if converted := t.ConvertedType(); converted != nil {
		switch *converted {
		case deprecated.TimestampMillis:
			return timeDecoder(time.Millisecond)
		case deprecated.TimestampMicros:
			return timeDecoder(time.Microsecond)
		case deprecated.Date:
			return dateCell
		}
	}
	switch t.Kind() {
	case parquet.Int96:
		return int96Cell
	case parquet.Int32, parquet.Int64:
		return intCell
	case parquet.Float, parquet.Double:
		return floatingCell
	case parquet.Boolean:
		return boolCell
	}
	return bytesCell
}

func unitOf(u format.TimeUnit) time.Duration {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return time.Millisecond
	case *format.NanoSeconds:
		return time.Nanosecond
	}
	return time.Microsecond
}

func timeDecoder(unit time.Duration) decoder {
	perSecond := int64(time.Second / unit)
	return func(v parquet.Value, to *cell, arena []byte) []byte {
		n := v.Int64()
		seconds := n / perSecond
		if n%perSecond < 0 {
			seconds--
		}
		*to = cell{kind: timeCell, n: seconds}
		return arena
	}
}

func dateCell(v parquet.Value, to *cell, arena []byte) []byte {
	*to = cell{kind: timeCell, n: int64(v.Int32()) * secondsOfDay}
	return arena
}

// int96Cell reads the time of old writers: nanoseconds of the day, then the Julian day.
func int96Cell(v parquet.Value, to *cell, arena []byte) []byte {
	const epoch = 2440588 // the Julian day of 1 January 1970
	t := v.Int96()
	nanos := uint64(t[1])<<32 | uint64(t[0])
	*to = cell{kind: timeCell, n: (int64(t[2])-epoch)*secondsOfDay + int64(nanos/uint64(time.Second))}
	return arena
}

func intCell(v parquet.Value, to *cell, arena []byte) []byte {
	n := v.Int64()
	if v.Kind() == parquet.Int32 {
		n = int64(v.Int32())
	}
	from := len(arena)
	arena = strconv.AppendInt(arena, n, 10)
	*to = cell{text: arena[from:]}
	return arena
}

func floatingCell(v parquet.Value, to *cell, arena []byte) []byte {
	if v.Kind() == parquet.Float {
		from := len(arena) // the shortest number that means the same to 32 bits: 0.1, not 0.10000000149
		arena = strconv.AppendFloat(arena, float64(v.Float()), 'g', -1, 32)
		*to = cell{text: arena[from:]}
		return arena
	}
	*to = cell{kind: floatCell, n: int64(math.Float64bits(v.Double()))}
	return arena
}

func boolCell(v parquet.Value, to *cell, arena []byte) []byte {
	*to = cell{text: strconv.AppendBool(nil, v.Boolean())}
	return arena
}

func bytesCell(v parquet.Value, to *cell, arena []byte) []byte {
	*to = cell{text: v.ByteArray()}
	return arena
}

// decimalDecoder writes decimals as their digits with an exponent, which nothing is lost by.
func decimalDecoder(k parquet.Kind, scale int) decoder {
	return func(v parquet.Value, to *cell, arena []byte) []byte {
		from := len(arena)
		switch k {
		case parquet.Int32:
			arena = strconv.AppendInt(arena, int64(v.Int32()), 10)
		case parquet.Int64:
			arena = strconv.AppendInt(arena, v.Int64(), 10)
		default:
			arena = appendBig(arena, v.ByteArray())
		}
		arena = append(arena, 'e', '-')
		arena = strconv.AppendInt(arena, int64(scale), 10)
		*to = cell{text: arena[from:]}
		return arena
	}
}

// appendBig writes a big-endian integer in two's complement of up to 128 bits; a larger one becomes no number.
func appendBig(to, b []byte) []byte {
	var wide [16]byte
	if len(b) > len(wide) || len(b) == 0 {
		return append(to, "too large "...)
	}
	negative := b[0]&0x80 != 0
	copy(wide[len(wide)-len(b):], b)
	if negative {
		for i := range len(wide) - len(b) {
			wide[i] = 0xff
		}
	}
	hi, lo := binary.BigEndian.Uint64(wide[:8]), binary.BigEndian.Uint64(wide[8:])
	if negative {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
		to = append(to, '-')
	}
	const digits = 1e19
	high, low := bits.Div64(hi, lo, digits) // hi is 2^63 at most, which is less
	if high == 0 {
		return strconv.AppendUint(to, low, 10)
	}
	to = strconv.AppendUint(to, high, 10)
	for p := uint64(digits / 10); p > 0; p /= 10 {
		to = append(to, byte('0'+low/p%10))
	}
	return to
}
