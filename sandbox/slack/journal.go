package slack

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The file of a workspace is a journal: a header line and then one line for each change, "crc32 json", the checksum being
// the IEEE CRC-32 of the JSON in eight hex digits. Reading it applies the changes in order; later ones replace earlier ones.
// The last line may be cut short by a crash and is then dropped; any other damage is an error.
const journalHeader = "shipmate slack sandbox journal 1"

// What a record says happened.
const (
	opChannel = "channel" // Conversation was created or changed
	opMessage = "message" // Message was posted or changed
	opDelete  = "delete"  // the message TS is gone
	opClock   = "clock"   // the channel has given out TS
	opFile    = "file"    // File, with its Content, was shared
	opHome    = "home"    // View is what a person sees on the app's home tab
	opEvent   = "event"   // an event waits to be acknowledged

	opEventDone = "event_done" // the event was acknowledged or given up
)

// A record is one change.
type record struct {
	Op           string          `json:"op"`
	Channel      string          `json:"channel,omitempty"`
	TS           string          `json:"ts,omitempty"`
	Message      *message        `json:"message,omitempty"`
	Conversation *channel        `json:"conversation,omitempty"`
	File         *file           `json:"file,omitempty"`
	Content      []byte          `json:"content,omitempty"`
	User         string          `json:"user,omitempty"`
	View         *view           `json:"view,omitempty"`
	EventID      string          `json:"event_id,omitempty"`
	Payload      json.RawMessage `json:"payload,omitempty"`
	Tries        int             `json:"tries,omitempty"`
	Time         int64           `json:"time,omitempty"` // Unix milliseconds
}

// syncEvery is how long a change may stay in the operating system's cache.
const syncEvery = 200 * time.Millisecond

// A journal appends records to a file. What was appended has reached the operating system, and so survives the end of the
// process, before anybody is told of it; the journal's own goroutine syncs it to disk soon after.
type journal struct {
	file *os.File
	lock *os.File
	log  *slog.Logger
	wake chan struct{} // has room for one
	stop chan struct{}
	done chan struct{}

	mu     sync.Mutex
	err    error // the first that writing met; nothing is written after it
	closed bool
}

func startJournal(f, lock *os.File, log *slog.Logger) *journal {
	j := &journal{file: f, lock: lock, log: log, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go j.run()
	return j
}

// append writes a record. A nil journal drops it.
func (j *journal) append(r record) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil || j.closed {
		return
	}
	line, err := encodeRecord(r)
	if err == nil {
		_, err = j.file.Write(line)
	}
	j.fail(err)
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// run syncs until close.
func (j *journal) run() {
	defer close(j.done)
	var due <-chan time.Time // when to sync; nil while everything is
	for {
		select {
		case <-j.stop:
			return
		case <-j.wake:
			if due == nil {
				due = time.After(syncEvery)
			}
		case <-due:
			due = nil
			err := j.file.Sync()
			j.mu.Lock()
			j.fail(err)
			j.mu.Unlock()
		}
	}
}

// fail notes the first error, if there is one. The caller holds the lock.
func (j *journal) fail(err error) {
	if err != nil && j.err == nil {
		j.err = err
		j.log.Error("slack sandbox: changes are no longer saved", "error", err)
	}
}

// close syncs what is left and returns the first error there was. What is appended afterwards is dropped.
func (j *journal) close() error {
	close(j.stop)
	<-j.done
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	return errors.Join(j.err, j.file.Sync(), j.file.Close(), j.lock.Close())
}

func encodeRecord(r record) ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode %s record: %w", r.Op, err)
	}
	line := make([]byte, 0, len(body)+10)
	line = fmt.Appendf(line, "%08x ", crc32.ChecksumIEEE(body))
	line = append(line, body...)
	return append(line, '\n'), nil
}

// readJournal applies every record of a journal. torn reports that the last line was cut short.
func readJournal(in io.Reader, apply func(record) error) (torn bool, err error) {
	r := bufio.NewReaderSize(in, 1<<16)
	header, err := r.ReadString('\n')
	if err != nil || header != journalHeader+"\n" {
		return false, errors.New("not a file of the Slack sandbox")
	}
	for line := 2; ; line++ {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return len(text) > 0, nil
		}
		if err != nil {
			return false, err
		}
		rec, err := decodeRecord(text)
		if err == nil {
			err = apply(rec)
		}
		if err != nil {
			return false, fmt.Errorf("damaged at line %d: %w", line, err)
		}
	}
}

func decodeRecord(line []byte) (record, error) {
	sum, body, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	if !ok || string(sum) != fmt.Sprintf("%08x", crc32.ChecksumIEEE(body)) {
		return record{}, errors.New("the checksum does not match")
	}
	var r record
	if err := json.Unmarshal(body, &r); err != nil {
		return record{}, err
	}
	return r, nil
}

// writeJournal replaces the file at path by one with these records, so that at every moment either the old or the new one is
// there whole, and returns it open for appending.
func writeJournal(path string, records []record) (_ *os.File, err error) {
	tmp, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	out := bufio.NewWriter(tmp)
	out.WriteString(journalHeader + "\n")
	for _, r := range records {
		line, err := encodeRecord(r)
		if err != nil {
			return nil, err
		}
		out.Write(line)
	}
	if err := errors.Join(out.Flush(), tmp.Sync(), os.Rename(tmp.Name(), path)); err != nil {
		return nil, err
	}
	if d, err := os.Open(filepath.Dir(path)); err == nil { // so that the new name is on disk too
		d.Sync()
		d.Close()
	}
	return tmp, nil
}

// open loads the journal at path and starts appending to a compacted copy of it. The file is created when missing.
func (w *Workspace) open(path string) (err error) {
	lock, err := lockFile(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			lock.Close()
		}
	}()
	if err := w.load(path); err != nil {
		return fmt.Errorf("%s: %w; move it away to start anew", path, err)
	}
	w.trimFiles()
	out, err := writeJournal(path, w.snapshot())
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	w.journal = startJournal(out, lock, w.log)
	w.hub.keep(w.journal)
	return nil
}

// load applies the journal at path, if there is one.
func (w *Workspace) load(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	torn, err := readJournal(f, w.apply)
	if torn {
		w.log.Warn("slack sandbox: the last change was only half written and is dropped", "file", path)
	}
	return err
}

// save notes a change. The caller holds the lock.
func (w *Workspace) save(r record) { w.journal.append(r) }
