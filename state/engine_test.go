package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

func TestNewerSchemaIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shipmate.db")
	db, err := Open(Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	err = db.bolt.Update(func(tx *bolt.Tx) error { return putMeta(tx, meta{Schema: 999}) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Path: path}); err == nil || !strings.Contains(err.Error(), "newer Shipmate") {
		t.Errorf("got %v", err)
	}
}

// Migrations run in order, once each, each after a copy of the file; one that fails leaves the file as it was before it.
func TestMigrations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shipmate.db")
	db, err := Open(Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	note := func(what string) migration {
		return func(tx *bolt.Tx) error {
			meta := tx.Bucket(metaBucket)
			return meta.Put([]byte("ran"), append(bytes.Clone(meta.Get([]byte("ran"))), what...))
		}
	}
	fails := func(tx *bolt.Tx) error { return errors.Join(note("half")(tx), errors.New("no")) }
	if err := db.prepare([]migration{note("1"), fails}); err == nil || !strings.Contains(err.Error(), "from schema 2") {
		t.Errorf("got %v, want the failing step", err)
	}
	steps := []migration{note("1"), note("2"), note("3")}
	for range 2 {
		if err := db.prepare(steps); err != nil {
			t.Fatal(err)
		}
	}
	var ran string
	if err := db.bolt.View(func(tx *bolt.Tx) error { ran = string(tx.Bucket(metaBucket).Get([]byte("ran"))); return nil }); err != nil || ran != "123" {
		t.Errorf("ran %q, %v; want each step once", ran, err)
	}
	for schema := 1; schema <= 3; schema++ {
		if err := readFile(fmt.Sprintf("%s.schema%d", path, schema), func(file *bolt.DB) error { return nil }); err != nil {
			t.Errorf("the copy of schema %d: %v", schema, err)
		}
	}
}

// Damage that appears while the store is open is noticed by Get, Scan and guards, and put aside.
func TestDamageWhileOpen(t *testing.T) {
	db, err := Open(Options{Path: filepath.Join(t.TempDir(), "db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	spoil := func() {
		t.Helper()
		err := db.bolt.Update(func(tx *bolt.Tx) error { return tree{tx.Bucket(dataBucket)}.put("k", []byte("not a value at all")) })
		if err != nil {
			t.Fatal(err)
		}
	}
	gone := func(after string) {
		t.Helper()
		if _, ok, err := db.Get(t.Context(), "k"); ok || err != nil {
			t.Errorf("after %s: %v, %v; want it to be absent", after, ok, err)
		}
	}
	spoil()
	if _, ok, err := db.Get(t.Context(), "k"); ok || !errors.Is(err, ErrDamaged) {
		t.Errorf("Get: %v, %v", ok, err)
	}
	gone("Get")
	spoil()
	if items, err := db.Scan(t.Context(), "", "", 9); len(items) != 0 || err != nil {
		t.Errorf("Scan: %v, %v", items, err)
	}
	gone("Scan")
	spoil()
	if ok, _, err := db.Txn(t.Context(), []Guard{{Key: "k"}}, []Op{{Key: "l", Value: []byte(`1`)}}); ok || !errors.Is(err, ErrDamaged) {
		t.Errorf("Txn: %v, %v", ok, err)
	}
	gone("Txn")
}

func FuzzValue(f *testing.F) {
	f.Add("key", []byte(`{"a":1}`), int64(3), 7)
	f.Add("", []byte{}, int64(0), 0)
	f.Fuzz(func(t *testing.T, key string, value []byte, rev int64, at int) {
		stored := encode(key, value, Rev(rev))
		got, err := decode(key, stored)
		if err != nil || !bytes.Equal(got.Value, value) || got.Rev != Rev(rev) {
			t.Fatalf("decode(encode(%q)) = %+v, %v", value, got, err)
		}
		if at = at % len(stored); at < 0 {
			at = -at
		}
		stored[at] ^= 0x40
		if got, err := decode(key, stored); err == nil {
			t.Errorf("a flipped bit at %d was not noticed: %+v", at, got)
		}
		if _, err := decode(key+"x", encode(key, value, Rev(rev))); !errors.Is(err, ErrDamaged) {
			t.Errorf("a value under another key: got %v", err)
		}
	})
}

// BenchmarkTxn is durable transactions of one op, by one caller and by many at once.
func BenchmarkTxn(b *testing.B) {
	for _, callers := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			db, err := Open(Options{Path: filepath.Join(b.TempDir(), "db")})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			value := []byte(`"` + strings.Repeat("x", 200) + `"`)
			var next atomic.Int64
			b.SetParallelism(max(1, callers/2)) // times GOMAXPROCS
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					key := fmt.Sprint("k/", next.Add(1)%1000)
					if _, _, err := db.Txn(b.Context(), nil, []Op{{Key: key, Value: value}}); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "txn/s")
		})
	}
}

// An endingContext ends after it was asked so many times.
type endingContext struct {
	context.Context
	left int
}

func (c *endingContext) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// A transaction that fails half way leaves nothing behind in the commit that it shares, also when its caller leaves at that moment.
func TestHalfATransactionIsNeverCommitted(t *testing.T) {
	t.Parallel()
	db, err := Open(Options{Path: filepath.Join(t.TempDir(), "x.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ended, err := db.NewSession(t.Context(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := ended.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	put := func(key string, s Session) Op { return Op{Key: key, Value: []byte("1"), Session: s} }
	db.commit([]*pending{
		{ctx: &endingContext{t.Context(), 1}, ops: []Op{put("half", nil), put("other", ended)}, done: make(chan outcome, 1)},
		{ctx: t.Context(), ops: []Op{put("whole", nil)}, done: make(chan outcome, 1)},
	})
	for key, want := range map[string]bool{"half": false, "other": false, "whole": true} {
		if _, ok, err := db.Get(t.Context(), key); ok != want || err != nil {
			t.Errorf("%s is there: %v, %v, want %v", key, ok, err, want)
		}
	}
}
