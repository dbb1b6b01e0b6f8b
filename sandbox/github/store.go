package github

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// A comment is somebody's remark on a pull request.
type comment struct {
	ID        int64      `json:"id"`
	Number    int        `json:"number"` // of the pull request
	User      string     `json:"user"`   // login
	Body      string     `json:"body"`
	Created   time.Time  `json:"created"` // UTC, whole seconds, as GitHub keeps them
	Updated   time.Time  `json:"updated"`
	Reactions []reaction `json:"reactions,omitempty"`
}

// A reaction is one person's emoji on a comment.
type reaction struct {
	ID      int64     `json:"id"`
	User    string    `json:"user"`
	Content string    `json:"content"`
	Created time.Time `json:"created"`
}

// A review is somebody's verdict on a pull request.
type review struct {
	ID        int64     `json:"id"`
	Number    int       `json:"number"`
	User      string    `json:"user"`
	State     string    `json:"state"` // APPROVED, CHANGES_REQUESTED, COMMENTED or DISMISSED
	Body      string    `json:"body"`
	Commit    string    `json:"commit"`
	Submitted time.Time `json:"submitted"`
}

// A checkRun is the result of one check of a commit.
type checkRun struct {
	ID          int64        `json:"id"`
	Commit      string       `json:"commit"`
	Name        string       `json:"name"`
	Status      string       `json:"status"`     // queued, in_progress or completed
	Conclusion  string       `json:"conclusion"` // "" until completed
	Title       string       `json:"title"`
	Summary     string       `json:"summary"`
	Started     time.Time    `json:"started"`
	Completed   time.Time    `json:"completed"` // zero until completed
	Annotations []annotation `json:"annotations,omitempty"`
}

// An annotation is what a check says about some lines.
type annotation struct {
	Path      string `json:"path"`
	StartLine int    `json:"start_line"`
	EndLine   int    `json:"end_line"`
	Level     string `json:"annotation_level"` // notice, warning or failure
	Title     string `json:"title"`
	Message   string `json:"message"`
}

// content is everything that is kept in the data file.
type content struct {
	Version      int           `json:"version"`
	LastID       int64         `json:"last_id"`
	Comments     []comment     `json:"comments"`                // ordered by ID
	LineComments []lineComment `json:"line_comments,omitempty"` // ordered by ID
	Reviews      []review      `json:"reviews"`
	Checks       []checkRun    `json:"checks"`
	Required     demand        `json:"required,omitzero"`
	// Logs are those of the checks' jobs, by the check's ID.
	Logs        map[int64]string `json:"job_logs,omitempty"`
	Deployments []deployment     `json:"deployments,omitempty"` // ordered by ID
	Branches    []knownBranch    `json:"branches"`
	Asked       []request        `json:"review_requests"`
}

// A request is a person who was asked for a review.
type request struct {
	Number int       `json:"number"`
	User   string    `json:"user"`
	At     time.Time `json:"at,omitzero"`
}

const (
	contentVersion = 1
	saveDelay      = 200 * time.Millisecond
	firstID        = 1_000_000 // ids are far above pull request numbers
)

// A store keeps what people and checks said. It is safe for concurrent use; what
// it returns are copies.
type store struct {
	file string // "" keeps everything in memory
	log  *slog.Logger
	now  func() time.Time

	mu      sync.Mutex
	data    content
	changes int         // how often data was changed
	timer   *time.Timer // set while a change waits to be saved
	ended   bool        // close was called: later changes are not saved

	saving sync.Mutex // one writer of the file at a time
	saved  int        // how many changes the file has; guarded by saving
}

// openStore reads file, or starts empty when there is none. A damaged file is an
// error, and is left as it is.
func openStore(file string, now func() time.Time, log *slog.Logger) (*store, error) {
	s := &store{file: file, log: log, now: now, data: content{Version: contentVersion, LastID: firstID}}
	if file == "" {
		return s, nil
	}
	raw, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the stand-in's GitHub data: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var data content
	if err := dec.Decode(&data); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w); move it away to start anew", file, err)
	}
	if data.Version != contentVersion {
		return nil, fmt.Errorf("%s has version %d, and this program reads version %d; move it away to start anew", file, data.Version, contentVersion)
	}
	s.data = data
	return s, nil
}

// change runs edit with the data locked, and has the file written soon.
func (s *store) change(edit func(*content)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(&s.data)
	s.changes++
	if s.file != "" && s.timer == nil && !s.ended {
		s.timer = time.AfterFunc(saveDelay, s.saveOrLog)
	}
}

// keep is change for what somebody is told of afterwards: it returns when the file
// is written. Changes made at the same time share one writing.
func (s *store) keep(edit func(*content)) {
	s.change(edit)
	s.mu.Lock()
	skip := s.file == "" || s.ended
	s.mu.Unlock()
	if !skip {
		s.saveOrLog()
	}
}

func (s *store) saveOrLog() {
	if err := s.save(); err != nil {
		s.log.Error("saving the stand-in's GitHub data", "error", err)
	}
}

// view runs read with the data locked.
func (s *store) view(read func(*content)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	read(&s.data)
}

// close writes what is not written yet.
func (s *store) close() error {
	s.mu.Lock()
	s.ended = true
	waiting := s.timer != nil
	if waiting {
		s.timer.Stop()
	}
	s.mu.Unlock()
	if !waiting {
		s.saving.Lock() // a save that has begun ends first
		defer s.saving.Unlock()
		return nil
	}
	return s.save()
}

// save replaces the file in one step, so that a crash leaves the old or the new one.
// It does nothing when the file has everything.
func (s *store) save() error {
	s.saving.Lock()
	defer s.saving.Unlock()
	s.mu.Lock()
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	changes := s.changes
	if s.saved == changes {
		s.mu.Unlock()
		return nil
	}
	raw, err := json.MarshalIndent(s.data, "", "\t")
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("encoding %s: %w", s.file, err)
	}
	if err := replaceFile(s.file, append(raw, '\n')); err != nil {
		return fmt.Errorf("saving %s: %w", s.file, err)
	}
	s.saved = changes
	return nil
}

// replaceFile gives the file a new content, by way of a file beside it.
func replaceFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	next := name + ".new"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = cmp.Or(err, f.Sync())
	err = cmp.Or(err, f.Close())
	if err == nil {
		err = os.Rename(next, name)
	}
	if err != nil {
		_ = os.Remove(next)
	}
	return err
}

// time is now as GitHub writes it: UTC, whole seconds.
func (s *store) time() time.Time { return s.now().UTC().Truncate(time.Second) }

// nextID returns a new id. The data must be locked.
func (c *content) nextID() int64 {
	c.LastID++
	return c.LastID
}

// number implements numberer.
func (s *store) number(b knownBranch, after int, taken func(int) bool) int {
	var known knownBranch
	s.view(func(c *content) {
		if i := slices.IndexFunc(c.Branches, func(k knownBranch) bool { return k.Name == b.Name }); i >= 0 {
			known = c.Branches[i]
		}
		for _, k := range c.Branches {
			after = max(after, k.Number)
		}
	})
	b.Number = known.Number
	if b.Number == 0 || taken(b.Number) {
		b.Number = after + 1
	}
	if b != known {
		s.change(func(c *content) {
			c.Branches = slices.DeleteFunc(c.Branches, func(k knownBranch) bool { return k.Name == b.Name })
			c.Branches = append(c.Branches, b)
		})
	}
	return b.Number
}

// forgotten implements numberer.
func (s *store) forgotten(current map[string]bool) []knownBranch {
	var gone []knownBranch
	s.view(func(c *content) {
		for _, k := range c.Branches {
			if !current[k.Name] {
				gone = append(gone, k)
			}
		}
	})
	return gone
}
