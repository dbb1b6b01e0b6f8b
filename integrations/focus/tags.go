package focus

import (
	"bytes"
	"encoding/json"
	"strings"
)

// A pairs function gets a key and a value, both as text; what it keeps it copies.
type pairs func(key, value []byte)

// eachTag reads tags written as a JSON object: {"team": "net", "count": 3, "on": true}. Nested values are left out, as are nulls. An object without
// its braces, which older exports of Azure write, is read, too. ok is false when b is anything else; what stood before the mistake was handed out.
func eachTag(b []byte, do pairs) (ok bool) {
	b = bytes.TrimSpace(b)
	if len(b) > 0 && b[0] == '{' {
		if b[len(b)-1] != '}' {
			return false
		}
		b = b[1 : len(b)-1]
	}
	for b = skipSpace(b); len(b) > 0; {
		key, rest, ok := quoted(b)
		rest = skipSpace(rest)
		if !ok || len(rest) == 0 || rest[0] != ':' {
			return false
		}
		value, rest, ok := tagValue(skipSpace(rest[1:]))
		if !ok {
			return false
		}
		if value != nil {
			do(key, value)
		}
		if b = skipSpace(rest); len(b) == 0 {
			return true
		}
		if b[0] != ',' {
			return false
		}
		if b = skipSpace(b[1:]); len(b) == 0 {
			return false
		}
	}
	return true
}

// tagValue reads one value; it is nil for null and for what is nested.
func tagValue(b []byte) (value, rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, nil, false
	}
	switch b[0] {
	case '"':
		return quoted(b)
	case '{', '[':
		rest, ok = skipNested(b)
		return nil, rest, ok
	}
	end := bytes.IndexAny(b, ",}] \t\r\n")
	if end < 0 {
		end = len(b)
	}
	value = b[:end]
	if !json.Valid(value) {
		return nil, nil, false
	}
	if value[0] == 'n' {
		value = nil
	}
	return value, b[end:], true
}

// quoted reads a JSON string.
func quoted(b []byte) (text, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return nil, nil, false
	}
	escaped := false
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			escaped = true
			i++
		case '"':
			if !escaped {
				return b[1:i], b[i+1:], true
			}
			var s string
			err := json.Unmarshal(b[:i+1], &s)
			return []byte(s), b[i+1:], err == nil
		}
	}
	return nil, nil, false
}

// skipNested steps over an object or a list.
func skipNested(b []byte) (rest []byte, ok bool) {
	depth := 0
	for len(b) > 0 {
		switch b[0] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return b[1:], true
			}
		case '"':
			if _, b, ok = quoted(b); !ok {
				return nil, false
			}
			continue
		}
		b = b[1:]
	}
	return nil, false
}

func skipSpace(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n") }

// A tagPicker finds the tags that were asked for.
type tagPicker struct{ keys []string }

// pick tells which wanted tag a bill's key is, and how well it fits: the key itself best, then without regard to case, then behind the "user:" or
// "user_" that AWS puts before what people named. fit is 0 when it is none.
func (p tagPicker) pick(key []byte) (i, fit int) {
	for i, want := range p.keys {
		if string(key) == want {
			return i, 3
		}
	}
	for i, want := range p.keys {
		if len(key) == len(want) && strings.EqualFold(string(key), want) {
			return i, 2
		}
		if n := len("user:"); len(key) == n+len(want) && (key[n-1] == ':' || key[n-1] == '_') && strings.EqualFold(string(key[:n-1]), "user") &&
			sameTag(string(key[n:]), want) {
			return i, 1
		}
	}
	return 0, 0
}

// sameTag compares names without regard to case and to what AWS's report makes of signs: cost-center becomes cost_center.
func sameTag(key, want string) bool {
	return strings.EqualFold(key, want) || strings.EqualFold(key, strings.Map(func(r rune) rune {
		if strings.ContainsRune("-:/. ", r) {
			return '_'
		}
		return r
	}, want))
}

// eachZeroed reads pairs whose parts end with a zero byte.
func eachZeroed(b []byte, do pairs) (ok bool) {
	for len(b) > 0 {
		key, rest, ok1 := bytes.Cut(b, []byte{0})
		value, rest, ok2 := bytes.Cut(rest, []byte{0})
		if !ok1 || !ok2 {
			return false
		}
		do(key, value)
		b = rest
	}
	return true
}
