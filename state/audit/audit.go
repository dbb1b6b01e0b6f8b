// Package audit keeps an append-only log whose records are chained: each one carries a message authentication code (HMAC-SHA-256, RFC 2104) over
// itself and the code of the one before, so that nobody without the key can change, remove, add or reorder records unnoticed.
//
// The log is a folder of files, one for each month (2026-11.jsonl), with one JSON object a line; the chain runs across the files. A record's line is
//
//	{"seq":1,"time":"2026-11-25T12:00:00Z","id":"…","data":{…},"prev":"","mac":"…"}
//
// mac is the code, in hexadecimal, of all bytes of the line before `,"mac":"`; prev is the mac of record seq-1, empty in record 1. What is missing
// at the end is noticed by whoever keeps the Head elsewhere, and what is missing at the beginning unless [Prune] has removed it.
package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// An Entry is what is to be logged.
type Entry struct {
	ID   string    // names the entry: one that is among the last thousands of records is not logged again
	Time time.Time // of what happened
	Data json.RawMessage
}

// A Record is one line of the log.
type Record struct {
	Seq  int64           `json:"seq"`
	Time time.Time       `json:"time"`
	ID   string          `json:"id"`
	Data json.RawMessage `json:"data"`
	Prev string          `json:"prev"`
}

// A Head names the last record of a log. The zero Head is that of an empty one.
type Head struct {
	Seq int64  `json:"seq"`
	MAC string `json:"mac"`
}

// A Log is open for appending. Only one may be open for a folder, and one goroutine may use it.
type Log struct {
	// Healed is how many bytes of a record that was being written during a crash were cut off when the log was opened.
	Healed int64

	dir    string
	key    []byte
	head   Head
	recent map[string]bool // IDs
	order  []string        // of them, oldest first
	name   string          // of the open file
	file   *os.File        // nil: none is open
	failed bool            // an Append did: what is logged is not known
}

// remembered is how many IDs are known again.
const remembered = 10_000

// Open opens the log in dir, which is made when it is not there. The last records must be whole and untouched, and must reach at least to known,
// unless that is nil: the head that was kept elsewhere. A folder without a log goes on after known, so that one that was moved away is missed.
func Open(dir string, key []byte, known *Head) (*Log, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("audit log: the key has %d bytes, it must have %d", len(key), KeySize)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	l := &Log{dir: dir, key: key}
	if known == nil {
		known = &Head{}
	}
	return l, l.load(*known)
}

// Head names the last record.
func (l *Log) Head() Head { return l.head }

func (l *Log) remember(id string) {
	l.recent[id] = true
	l.order = append(l.order, id)
	if len(l.order) > remembered {
		delete(l.recent, l.order[0])
		l.order = l.order[1:]
	}
}

// Append logs entries in their order and returns when they are durable. After an error some of them may be logged: appended again, they are known.
func (l *Log) Append(entries []Entry) (Head, error) {
	if l.failed {
		if err := l.load(l.head); err != nil {
			return l.head, err
		}
		l.failed = false
	}
	if err := l.append(entries); err != nil {
		l.failed = true
		return l.head, errors.Join(fmt.Errorf("audit log: %w", err), l.Close())
	}
	return l.head, nil
}

func (l *Log) append(entries []Entry) error {
	next, text := l.head, []byte(nil)
	for _, e := range entries {
		if l.recent[e.ID] {
			continue
		}
		if name := e.Time.UTC().Format("2006-01") + ".jsonl"; name > l.name { // never back to an earlier month
			if err := l.flush(text, next); err != nil {
				return err
			}
			if err := l.begin(name); err != nil {
				return err
			}
			text = nil
		}
		line, mac, err := l.line(Record{Seq: next.Seq + 1, Time: e.Time.UTC(), ID: e.ID, Data: e.Data, Prev: next.MAC})
		if err != nil {
			return err
		}
		text, next = append(text, line...), Head{next.Seq + 1, mac}
		l.remember(e.ID)
	}
	return l.flush(text, next)
}

// flush makes text durable, after which the head is next. What fails is taken back as far as that is possible: after a failed fsync nobody knows
// what of it is on the disk.
func (l *Log) flush(text []byte, next Head) error {
	if len(text) == 0 {
		return nil
	}
	info, err := l.file.Stat()
	if err != nil {
		return err
	}
	if _, err = l.file.Write(text); err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		return errors.Join(err, os.Truncate(filepath.Join(l.dir, l.name), info.Size()))
	}
	l.head = next
	return nil
}

// line is the text of a record, and its code.
func (l *Log) line(r Record) (line []byte, mac string, err error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, "", err
	}
	line, mac = sealed(l.key, text)
	return line, mac, nil
}

// macMark begins the part of a line that its code does not cover.
const macMark = `,"mac":"`

// sealed is a JSON object with its code as the last field, as a line.
func sealed(key, object []byte) (line []byte, mac string) {
	covered := object[:len(object)-1] // without the closing brace
	mac = code(key, covered)
	return fmt.Appendf(covered, "%s%s\"}\n", macMark, mac), mac
}

// unsealed is the part of a line that its code covers, as a copy; ok is false when it has no code or a wrong one.
func unsealed(key, line []byte) (covered []byte, mac string, ok bool) {
	i := bytes.LastIndex(line, []byte(macMark))
	if i < 0 {
		return nil, "", false
	}
	mac = code(key, line[:i])
	return bytes.Clone(line[:i]), mac, hmac.Equal(line[i+len(macMark):], []byte(mac+`"}`))
}

func code(key, text []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))
}

// begin opens the file of a month, or of a later one if there is one already.
func (l *Log) begin(name string) error {
	names, err := files(l.dir)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		name = max(name, names[len(names)-1])
	}
	file, err := os.OpenFile(filepath.Join(l.dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(l.Close(), syncDir(l.dir))
	l.name, l.file = name, file
	return err
}

// Close closes the open file. What was appended is durable already.
func (l *Log) Close() error {
	if l.file == nil {
		return nil
	}
	file := l.file
	l.name, l.file = "", nil
	return file.Close()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// files are the names of the log's files, oldest first.
func files(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	var names []string
	for _, e := range entries {
		month, ours := strings.CutSuffix(e.Name(), ".jsonl")
		if _, err := time.Parse("2006-01", month); ours && err == nil {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}
