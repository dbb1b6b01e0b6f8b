// Package audit keeps an append-only log whose records are chained: each one carries a message authentication code (HMAC-SHA-256, RFC 2104) over
// itself and the code of the one before, so that nobody without the key can change, remove, add or reorder records unnoticed.
//
// The log is a folder of files, one for each month (2026-11.jsonl), with one JSON object a line; the chain runs across the files. A record's line is
//
//	{"seq":1,"time":"2026-11-25T12:00:00Z","id":"…","data":{…},"prev":"","mac":"…"}
//
// mac is the code, in hexadecimal, of all bytes of the line before `,"mac":"`; prev is the mac of record seq-1, empty in record 1. What is missing
// at the end is noticed by whoever keeps the Head elsewhere.
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
}

// remembered is how many IDs are known again.
const remembered = 10_000

// Open opens the log in dir, which is made when it is not there. The last file must be whole and untouched.
func Open(dir string, key []byte) (*Log, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("audit log: the key has %d bytes, it must have %d", len(key), KeySize)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	l := &Log{dir: dir, key: key, recent: map[string]bool{}}
	names, err := files(dir)
	if err != nil || len(names) == 0 {
		return l, err
	}
	last := names[len(names)-1]
	if l.Healed, err = heal(filepath.Join(dir, last)); err != nil {
		return nil, err
	}
	for _, name := range names[max(0, len(names)-2):] {
		reader := chain{key: key, head: l.head, anywhere: l.head == Head{}}
		err := reader.file(filepath.Join(dir, name), func(r Record, _ []byte) error { l.remember(r.ID); return nil })
		if err != nil {
			return nil, fmt.Errorf("%w: find out who changed it (shipmate audit verify), then move the folder away to begin a new log", err)
		}
		if reader.head.Seq > 0 {
			l.head = reader.head
		}
	}
	return l, nil
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

// Append logs entries in their order and returns when they are durable. After an error the log must be opened again.
func (l *Log) Append(entries []Entry) (Head, error) {
	var text bytes.Buffer
	head := l.head
	flush := func() error {
		if text.Len() == 0 {
			return nil
		}
		_, err := l.file.Write(text.Bytes())
		if err == nil {
			err = l.file.Sync()
		}
		text.Reset()
		return err
	}
	for _, e := range entries {
		if l.recent[e.ID] {
			continue
		}
		if name := e.Time.UTC().Format("2006-01") + ".jsonl"; name > l.name { // never back to an earlier month
			if err := flush(); err != nil {
				return l.head, fmt.Errorf("audit log: %w", err)
			}
			if err := l.begin(name); err != nil {
				return l.head, fmt.Errorf("audit log: %w", err)
			}
		}
		line, mac, err := l.line(Record{Seq: head.Seq + 1, Time: e.Time.UTC(), ID: e.ID, Data: e.Data, Prev: head.MAC})
		if err != nil {
			return l.head, fmt.Errorf("audit log: %w", err)
		}
		text.Write(line)
		head = Head{head.Seq + 1, mac}
		l.remember(e.ID)
	}
	if err := flush(); err != nil {
		return l.head, fmt.Errorf("audit log: %w", err)
	}
	l.head = head
	return head, nil
}

// line is the text of a record, and its code.
func (l *Log) line(r Record) (line []byte, mac string, err error) {
	line, err = json.Marshal(r)
	if err != nil {
		return nil, "", err
	}
	line = line[:len(line)-1] // the closing brace
	mac = code(l.key, line)
	return fmt.Appendf(line, "%s%s\"}\n", macMark, mac), mac, nil
}

// macMark begins the part of a line that its code does not cover.
const macMark = `,"mac":"`

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
	l.file = nil
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

// heal cuts off what follows the last whole line of a file, and returns how many bytes that were.
func heal(path string) (int64, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	whole := int64(bytes.LastIndexByte(data, '\n') + 1)
	torn := int64(len(data)) - whole
	if torn == 0 {
		return 0, nil
	}
	if err := os.Truncate(path, whole); err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	return torn, nil
}
