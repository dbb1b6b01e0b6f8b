package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A Memory is what somebody remembers between turns, as JSON values under keys of their own. Writes are collected and land in the store
// together with the reply of the turn. A Memory is for one goroutine.
type Memory struct {
	store  Store
	prefix string
	now    func() time.Time
	writes map[string]*remembered // nil value: deleted in this turn; shared by all Memories of a turn
}

// remembered is the stored form of a value.
type remembered struct {
	Until time.Time       `json:"until,omitzero"` // zero: for ever
	Value json.RawMessage `json:"value"`
}

// NewMemory returns the memory of one turn over the store. now tells the time for expiry; nil means time.Now.
func NewMemory(s Store, now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{store: s, prefix: memoryPrefix, now: now, writes: map[string]*remembered{}}
}

// memoryPrefix is where all remembered values live in the store.
const memoryPrefix = "st/"

// In returns the part of the memory whose keys begin with name and a slash. Its writes belong to the same turn.
func (m *Memory) In(name string) *Memory {
	part := *m
	part.prefix += name + "/"
	return &part
}

// Get reads the value of key into v. It returns false when nothing is remembered, or no longer.
func (m *Memory) Get(ctx context.Context, key string, v any) (bool, error) {
	key = m.prefix + key
	r, written := m.writes[key]
	if !written {
		stored, ok, err := m.store.Get(ctx, key)
		if err != nil || !ok {
			return false, err
		}
		r = new(remembered)
		if err := json.Unmarshal(stored.Value, r); err != nil {
			return false, fmt.Errorf("memory of %s: %w", key, err)
		}
	}
	if r == nil || r.expired(m.now()) {
		return false, nil
	}
	if err := json.Unmarshal(r.Value, v); err != nil {
		return false, fmt.Errorf("memory of %s: %w", key, err)
	}
	return true, nil
}

// longestValue is how many bytes of JSON a remembered value may have; no store takes much more.
const longestValue = 240 << 10

// Set remembers v under key for the time keep; 0 means for ever. What is too long to be stored is an error.
func (m *Memory) Set(key string, v any, keep time.Duration) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("remember %s: %w", key, err)
	}
	if len(data) > longestValue {
		return fmt.Errorf("remember %s: %d bytes are too many", key, len(data))
	}
	r := &remembered{Value: data}
	if keep > 0 {
		r.Until = m.now().Add(keep).UTC()
	}
	m.writes[m.prefix+key] = r
	return nil
}

// Delete forgets the value of key.
func (m *Memory) Delete(key string) { m.writes[m.prefix+key] = nil }

// changes returns the turn's writes in the order of their keys.
func (m *Memory) changes() ([]Change, error) {
	var out []Change
	for _, key := range slices.Sorted(maps.Keys(m.writes)) {
		c := Change{Key: key}
		if r := m.writes[key]; r != nil {
			data, err := json.Marshal(r)
			if err != nil {
				return nil, fmt.Errorf("remember %s: %w", key, err)
			}
			c.Value = data
		}
		out = append(out, c)
	}
	return out, nil
}

func (r *remembered) expired(now time.Time) bool { return !r.Until.IsZero() && !now.Before(r.Until) }

// Records is the part of a memory that holds values of type T under one name.
type Records[T any] struct {
	Memory *Memory
	Name   string // what the records are, such as "conversation"; part of their keys
}

// Get returns the record of key, and false when there is none.
func (r Records[T]) Get(ctx context.Context, key string) (T, bool, error) {
	var v T
	ok, err := r.Memory.In(r.Name).Get(ctx, key, &v)
	return v, ok, err
}

// Put remembers v as the record of key for the time keep; 0 means for ever.
func (r Records[T]) Put(key string, v T, keep time.Duration) error {
	return r.Memory.In(r.Name).Set(key, v, keep)
}

// Delete forgets the record of key.
func (r Records[T]) Delete(key string) { r.Memory.In(r.Name).Delete(key) }

// sweep deletes what is no longer remembered from the store and returns how many values that were. It reads and deletes in small portions.
func sweep(ctx context.Context, s Store, now time.Time) (int, error) {
	const portion = 500
	deleted := 0
	for after := ""; ; {
		entries, err := s.Scan(ctx, memoryPrefix, after, portion)
		if err != nil {
			return deleted, err
		}
		var changes []Change
		for _, e := range entries {
			var r remembered
			if json.Unmarshal(e.Value, &r) == nil && r.expired(now) {
				changes = append(changes, Change{Key: e.Key})
			}
		}
		if len(changes) > 0 {
			if _, err := s.Txn(ctx, nil, changes); err != nil {
				return deleted, err
			}
			deleted += len(changes)
		}
		if len(entries) < portion {
			return deleted, nil
		}
		after = entries[len(entries)-1].Key
	}
}

// conversation is what the Router remembers of a conversation.
type conversation struct {
	Command string `json:"command,omitempty"` // the command that answered last
	Subject string `json:"subject,omitempty"` // what it is about
	// Programs is how many turns in a row were asked by programs.
	Programs int `json:"programs,omitempty"`
}

// keepConversation is how long a conversation is remembered after its last answer.
const keepConversation = 30 * 24 * time.Hour
