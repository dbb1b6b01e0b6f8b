package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"shipmate/bot"
	"shipmate/integrations/github"
	"shipmate/state"
)

// store lets the bot, which knows no database, keep its memory in one.
type store struct{ db state.Store }

// Get implements bot.Store.
func (s store) Get(ctx context.Context, key string) (bot.Entry, bool, error) {
	item, ok, err := s.db.Get(ctx, key)
	return entry(item), ok, err
}

// Scan implements bot.Store.
func (s store) Scan(ctx context.Context, prefix, after string, limit int) ([]bot.Entry, error) {
	items, err := s.db.Scan(ctx, prefix, after, limit)
	entries := make([]bot.Entry, 0, len(items))
	for _, i := range items {
		entries = append(entries, entry(i))
	}
	return entries, err
}

// Txn implements bot.Store.
func (s store) Txn(ctx context.Context, guards []bot.Guard, changes []bot.Change) (bool, error) {
	conditions := make([]state.Guard, 0, len(guards))
	for _, g := range guards {
		conditions = append(conditions, state.Guard{Key: g.Key, Rev: state.Rev(g.Rev)})
	}
	ops := make([]state.Op, 0, len(changes))
	for _, c := range changes {
		ops = append(ops, state.Op{Key: c.Key, Value: c.Value, Prefix: c.Prefix})
	}
	ok, _, err := s.db.Txn(ctx, conditions, ops)
	return ok, err
}

func entry(i state.Item) bot.Entry { return bot.Entry{Key: i.Key, Value: i.Value, Rev: bot.Rev(i.Rev)} }

// apply makes all ops or none, durably.
func apply(ctx context.Context, db state.Store, ops ...state.Op) error {
	_, _, err := db.Txn(ctx, nil, ops)
	return err
}

// cursors keeps how far the comments of each repository ("owner/name") have been read.
type cursors struct{ db state.Store }

// Load returns the cursor of repo; the zero Cursor when it was never read.
func (c cursors) Load(ctx context.Context, repo string) (cursor github.Cursor, err error) {
	item, ok, err := c.db.Get(ctx, "poll/"+repo)
	if err != nil || !ok {
		return cursor, err
	}
	err = json.Unmarshal(item.Value, &cursor)
	return cursor, err
}

// Save keeps the cursor durably.
func (c cursors) Save(ctx context.Context, repo string, cursor github.Cursor) error {
	data, err := json.Marshal(cursor)
	if err != nil {
		return err
	}
	return apply(ctx, c.db, state.Op{Key: "poll/" + repo, Value: data})
}

// fired keeps the times of each scheduled job that were dealt with.
type fired struct{ db state.Store }

// Load returns the last time of a job; the zero time when it was never asked.
func (f fired) Load(ctx context.Context, job string) (time.Time, error) {
	return loadTime(ctx, f.db, firedKey(job))
}

// Save keeps the time durably.
func (f fired) Save(ctx context.Context, job string, t time.Time) error {
	return saveTime(ctx, f.db, firedKey(job), t)
}

func firedKey(job string) string { return "cronlast/" + url.PathEscape(job) }

// heard keeps until when everything that was written in Slack is known to have been heard.
type heard struct{ db state.Store }

const heardKey = "poll/slack"

// Load returns that time; the zero time when none was kept.
func (h heard) Load(ctx context.Context) (time.Time, error) { return loadTime(ctx, h.db, heardKey) }

// Save keeps the time durably.
func (h heard) Save(ctx context.Context, t time.Time) error { return saveTime(ctx, h.db, heardKey, t) }

// loadTime reads a time; the zero time when there is none.
func loadTime(ctx context.Context, db state.Store, key string) (t time.Time, err error) {
	item, ok, err := db.Get(ctx, key)
	if err != nil || !ok {
		return t, err
	}
	err = json.Unmarshal(item.Value, &t)
	return t, err
}

func saveTime(ctx context.Context, db state.Store, key string, t time.Time) error {
	data, err := json.Marshal(t.UTC())
	if err != nil {
		return err
	}
	return apply(ctx, db, state.Op{Key: key, Value: data})
}

// signingKey returns the key of 32 bytes that signs the marks in GitHub comments. It is made on first use and never leaves the data file:
// with another file, earlier comments are no longer recognised as the bot's own, and new ones are written.
func signingKey(ctx context.Context, db state.Store) ([]byte, error) {
	const name = "key/github-marker"
	item, ok, err := db.Get(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	var key []byte
	if ok {
		err = json.Unmarshal(item.Value, &key)
		return key, err
	}
	key = make([]byte, 32)
	rand.Read(key)
	data, err := json.Marshal(key)
	if err != nil {
		return nil, err
	}
	return key, apply(ctx, db, state.Op{Key: name, Value: data})
}

// loadJSON reads a value; the zero value when there is none.
func loadJSON[T any](ctx context.Context, db state.Store, key string) (v T, err error) {
	item, ok, err := db.Get(ctx, key)
	if err != nil || !ok {
		return v, err
	}
	err = json.Unmarshal(item.Value, &v)
	return v, err
}

// saveJSON is the write of a value.
func saveJSON(key string, v any) (state.Op, error) {
	data, err := json.Marshal(v)
	return state.Op{Key: key, Value: data}, err
}
