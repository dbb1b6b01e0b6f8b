package focus

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"

	"shipmate/bot"
)

// longestText is how many bytes of a name are kept.
const longestText = 1024

// An interner makes strings of what a column says, and the same string for what it says again, mostly. It remembers as many as seem to be worth it,
// within limits, so that a column in which everything differs takes no more memory than one in which little does.
type interner struct {
	slots  []interned // by the upper bits of the hash; their number is a power of 2
	shift  uint
	misses int
}

type interned struct{ raw, clean string }

const (
	fewestSlots = 1 << 6
	mostSlots   = 1 << 13
)

// of is the text as a string, cleaned, with a hash of it.
func (in *interner) of(b []byte) (string, uint64) {
	h := hash(b)
	if in.slots == nil {
		in.grow(fewestSlots)
	}
	s := &in.slots[h>>in.shift]
	if s.raw != string(b) {
		if in.misses++; in.misses > 2*len(in.slots) && len(in.slots) < mostSlots {
			in.grow(4 * len(in.slots))
			s = &in.slots[h>>in.shift]
		}
		s.raw = string(b)
		s.clean = clean(s.raw)
	}
	return s.clean, h
}

// grow makes room for more, and forgets what there was.
func (in *interner) grow(slots int) {
	in.slots = make([]interned, slots)
	in.shift = uint(64 - bits.TrailingZeros(uint(slots)))
	in.misses = 0
}

// clean makes a name of a stranger's text: one line of valid UTF-8 without control characters and others that are not to be
// seen, not too long.
func clean(s string) string {
	if len(s) > longestText {
		s = s[:longestText]
	}
	odd := func(r rune) bool {
		return r == utf8.RuneError || bot.Invisible(r)
	}
	if strings.IndexFunc(s, odd) >= 0 {
		s = strings.Map(func(r rune) rune {
			if odd(r) {
				return ' '
			}
			return r
		}, s)
		s = strings.Join(strings.Fields(s), " ")
	}
	return strings.TrimSpace(s)
}

// empty reports whether a field says nothing: it is empty, or the literal NULL that exports write.
func empty(b []byte) bool {
	switch len(b) {
	case 0:
		return true
	case 2:
		return b[0] == '\\' && b[1] == 'N'
	case 4:
		return b[0]|0x20 == 'n' && bytes.EqualFold(b, []byte("null"))
	}
	return false
}

// hash is the same in every run, so that the same bill is read in the same way.
func hash(b []byte) uint64 {
	h := uint64(len(b)) * mixer
	for ; len(b) >= 8; b = b[8:] {
		h = mix(h, binary.LittleEndian.Uint64(b))
	}
	if len(b) > 0 {
		var last [8]byte
		copy(last[:], b)
		h = mix(h, binary.LittleEndian.Uint64(last[:]))
	}
	return h
}

const mixer = 0x9E3779B97F4A7C15 // 2^64 divided by the golden ratio

// mix stirs a number into a hash: the halves of a 128-bit product.
func mix(h, n uint64) uint64 {
	hi, lo := bits.Mul64(h^n, mixer)
	return hi ^ lo
}
