package focus

import "bytes"

// A lineParser takes CSV apart as RFC 4180 has it: fields in quotes may have commas, line breaks and doubled quotes. A quote within a field that does
// not begin with one is text. What it returns is valid until the next call.
type lineParser struct {
	comma   byte
	fields  [][]byte
	scratch []byte
}

// next reads the row at the beginning of b, and says how long it is. A row of nothing but a line break has no fields. After badQuotes it is only as
// long as its first line, so that one stray quote costs one row.
func (p *lineParser) next(b []byte) (fields [][]byte, size int, why reason) {
	p.fields, p.scratch = p.fields[:0], p.scratch[:0]
	end, size := lineEnd(b)
	first := size
	if end == 0 {
		return nil, size, usable
	}
	for at := 0; ; {
		if at < end && b[at] == '"' {
			field, after, ok := p.quoted(b, at+1)
			if !ok {
				return p.fields, first, badQuotes
			}
			if after > end { // there is a line break in it
				e, s := lineEnd(b[after:])
				end, size = after+e, after+s
			}
			p.fields = append(p.fields, field)
			at = after
			if at < end && b[at] != p.comma {
				return p.fields, first, badQuotes
			}
		} else {
			n := bytes.IndexByte(b[at:end], p.comma)
			if n < 0 {
				n = end - at
			}
			p.fields = append(p.fields, b[at:at+n])
			at += n
		}
		if at >= end {
			return p.fields, size, usable
		}
		at++ // the comma
	}
}

// quoted reads a field from behind its first quote, and says where its last one has its end.
func (p *lineParser) quoted(b []byte, at int) (field []byte, after int, ok bool) {
	start, from := at, len(p.scratch)
	doubled := false
	for {
		n := bytes.IndexByte(b[at:], '"')
		if n < 0 {
			return nil, 0, false
		}
		at += n
		if at+1 >= len(b) || b[at+1] != '"' {
			break
		}
		doubled = true
		p.scratch = append(p.scratch, b[start:at+1]...)
		at += 2
		start = at
	}
	if !doubled {
		return b[start:at], at + 1, true
	}
	p.scratch = append(p.scratch, b[start:at]...)
	return p.scratch[from:len(p.scratch):len(p.scratch)], at + 1, true
}

// lineEnd is where the first line ends, without and with its line break.
func lineEnd(b []byte) (end, size int) {
	n := bytes.IndexByte(b, '\n')
	if n < 0 {
		n, size = len(b), len(b)
	} else {
		size = n + 1
	}
	if n > 0 && b[n-1] == '\r' {
		n--
	}
	return n, size
}

// lastBorder is the length of the whole rows in b, which begins with a row: up to the last line break outside quotes. It is 0 when there is none.
func lastBorder(b []byte) int {
	odd := bytes.Count(b, []byte{'"'})%2 == 1
	for end := len(b); ; {
		n := bytes.LastIndexByte(b[:end], '\n')
		if n < 0 {
			return 0
		}
		if bytes.Count(b[n:end], []byte{'"'})%2 == 1 {
			odd = !odd
		}
		if !odd {
			return n + 1
		}
		end = n
	}
}
