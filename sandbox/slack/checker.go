package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// A checker walks blocks and collects what is wrong with them, in the words and with the JSON pointers Slack uses.
type checker struct {
	surface  surface
	problems []string
	blockIDs map[string]bool
	markdown int
	tables   int
	charts   int
}

// decodeNumbers is json.Unmarshal that keeps numbers as they were written.
func decodeNumbers(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the JSON value")
	}
	return nil
}

// encodePlain is json.Marshal that leaves <, > and & alone.
func encodePlain(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

func (k *checker) add(at, format string, args ...any) {
	k.problems = append(k.problems, "[ERROR] "+fmt.Sprintf(format, args...)+" [json-pointer:"+at+"]")
}

// count checks the length of a list.
func (k *checker) count(at string, n, least, most int) {
	if n > most {
		k.add(at, "no more than %d items allowed", most)
	}
	if n < least {
		k.add(at, "no fewer than %d items allowed", least)
	}
}

// str checks an optional or required string field and returns it.
func (k *checker) str(at string, o object, key string, required bool, most int) string {
	v, present := o[key]
	if !present {
		if required {
			k.add(at, "missing required field: %s", key)
		}
		return ""
	}
	s, ok := v.(string)
	switch {
	case !ok:
		k.add(at+"/"+key, "must be a string")
	case required && s == "":
		k.add(at+"/"+key, "must be more than 0 characters")
	case len(s) > most && utf8.RuneCountInString(s) > most:
		k.add(at+"/"+key, "must be less than %d characters", most+1)
	}
	return s
}

// list returns a field that must be a list with least to most items; it is nil when the field is missing or no list.
func (k *checker) list(at string, o object, key string, required bool, least, most int) []any {
	v, present := o[key]
	if !present {
		if required {
			k.add(at, "missing required field: %s", key)
		}
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		k.add(at+"/"+key, "must be an array")
		return nil
	}
	k.count(at+"/"+key, len(list), least, most)
	return list
}

// object returns a value that must be an object, or nil.
func (k *checker) object(at string, v any) object {
	o, ok := v.(object)
	if !ok {
		k.add(at, "must be an object")
		return nil
	}
	return o
}

// What a text object may be.
const (
	plainOnly = iota
	mrkdwnOnly
	anyText
)

// text checks a field that is a text object.
func (k *checker) text(at string, o object, key string, kind int, required bool, most int) {
	v, present := o[key]
	if !present {
		if required {
			k.add(at, "missing required field: %s", key)
		}
		return
	}
	k.textObject(at+"/"+key, v, kind, most)
}

func (k *checker) textObject(at string, v any, kind, most int) {
	t := k.object(at, v)
	if t == nil {
		return
	}
	switch t["type"] {
	case "plain_text":
		if kind == mrkdwnOnly {
			k.add(at+"/type", "must be one of: mrkdwn")
		}
	case "mrkdwn":
		if kind == plainOnly {
			k.add(at+"/type", "must be one of: plain_text")
		}
	default:
		k.add(at+"/type", "unsupported type: %v", t["type"])
		return
	}
	k.str(at, t, "text", true, most)
}
