// Package bottest has what tests of handlers need of a bot. Only tests import it.
package bottest

import (
	"context"
	"maps"
	"slices"
	"strings"

	"shipmate/bot"
)

// A Store is a bot.Store in memory, for one goroutine. It minds no guards: one turn at a time is made on it.
type Store struct{ Data map[string]bot.Entry }

// NewStore returns an empty store.
func NewStore() *Store { return &Store{Data: map[string]bot.Entry{}} }

// Get implements bot.Store.
func (s *Store) Get(_ context.Context, key string) (bot.Entry, bool, error) {
	e, ok := s.Data[key]
	return e, ok, nil
}

// Scan implements bot.Store.
func (s *Store) Scan(_ context.Context, prefix, after string, limit int) (out []bot.Entry, _ error) {
	for _, key := range slices.Sorted(maps.Keys(s.Data)) {
		if strings.HasPrefix(key, prefix) && key > after && len(out) < limit {
			out = append(out, s.Data[key])
		}
	}
	return out, nil
}

// Txn implements bot.Store.
func (s *Store) Txn(_ context.Context, _ []bot.Guard, changes []bot.Change) (bool, error) {
	for _, c := range changes {
		if delete(s.Data, c.Key); c.Value != nil {
			s.Data[c.Key] = bot.Entry{Key: c.Key, Value: c.Value, Rev: 1}
		}
	}
	return true, nil
}
