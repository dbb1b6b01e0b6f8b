// Package state keeps what Shipmate must not forget in one bbolt file.
//
// Keys are ordered strings. Every key belongs to one of these prefixes; parts between slashes are escaped (%2F, %25), so that a part may
// hold any text:
//
//	st/conversation/<surface:channel:thread>  what a conversation is about and which command answered last; expires
//	st/<name>/…                               other memories of handlers, by the name of their records; may expire
//	rcpt/<surface:channel:thread>/<card>      what a card is shown as: a Slack timestamp, a GitHub comment ID
//	poll/<owner>/<repository>                 how far the comments of a repository have been read
//	key/<name>                                keys made on first use, such as the one that signs GitHub comments
//
// A value is stored as version | crc32c | JSON: one byte, the format version; four bytes, the CRC-32 (Castagnoli) of the key and the
// JSON, big endian; then the JSON. bbolt does not notice most damage to its pages; the checksum does.
package state

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	bolt "go.etcd.io/bbolt"
)

// An Item is a key with its value.
type Item struct {
	Key   string
	Value []byte // JSON
}

// An Op sets Key to Value, or deletes Key when Value is nil.
type Op struct {
	Key   string
	Value []byte // JSON
}

// ErrDamaged is wrapped by the error of a read whose value does not match its checksum.
var ErrDamaged = errors.New("the stored value is damaged")

// A DB is an open store. Its methods are safe for concurrent use.
type DB struct {
	bolt   *bolt.DB
	holder string // path of the file that says who has the database open
}

// Get returns the item of key; ok is false when there is none.
func (db *DB) Get(ctx context.Context, key string) (item Item, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return Item{}, false, err
	}
	err = db.bolt.View(func(tx *bolt.Tx) error {
		stored := tx.Bucket(dataBucket).Get([]byte(key))
		if stored == nil {
			return nil
		}
		value, err := decode(key, stored)
		item, ok = Item{key, value}, err == nil
		return err
	})
	return item, ok, err
}

// Scan returns at most limit items whose keys begin with prefix and come after the key after ("": from the beginning), in key order.
func (db *DB) Scan(ctx context.Context, prefix, after string, limit int) (items []Item, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = db.bolt.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(dataBucket).Cursor()
		k, v := c.Seek([]byte(max(prefix, after)))
		if after != "" && string(k) == after {
			k, v = c.Next()
		}
		for ; k != nil && len(items) < limit && len(k) >= len(prefix) && string(k[:len(prefix)]) == prefix; k, v = c.Next() {
			value, err := decode(string(k), v)
			if err != nil {
				return err
			}
			items = append(items, Item{string(k), value})
		}
		return nil
	})
	return items, err
}

// Apply makes all ops or none. It is durable (fsync) before it returns nil. Of two ops on one key the later one counts.
func (db *DB) Apply(ctx context.Context, ops []Op) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return db.bolt.Update(func(tx *bolt.Tx) error {
		data := tx.Bucket(dataBucket)
		for _, op := range ops {
			var err error
			if op.Value == nil {
				err = data.Delete([]byte(op.Key))
			} else {
				err = data.Put([]byte(op.Key), encode(op.Key, op.Value))
			}
			if err != nil {
				return fmt.Errorf("key %q: %w", op.Key, err)
			}
		}
		return nil
	})
}

// valueVersion is the first byte of every value.
const valueVersion = 1

// headLen is the length of what stands before the JSON: version and checksum.
const headLen = 1 + 4

func encode(key string, value []byte) []byte {
	out := make([]byte, headLen, headLen+len(value))
	out[0] = valueVersion
	binary.BigEndian.PutUint32(out[1:], checksum(key, value))
	return append(out, value...)
}

// decode checks a stored value and returns a copy of its JSON; the stored bytes are valid only inside their transaction.
func decode(key string, stored []byte) ([]byte, error) {
	if len(stored) < headLen {
		return nil, fmt.Errorf("key %q: %w", key, ErrDamaged)
	}
	if v := stored[0]; v > valueVersion {
		return nil, fmt.Errorf("key %q: value of version %d was written by a newer shipmate", key, v)
	}
	value := stored[headLen:]
	if stored[0] != valueVersion || binary.BigEndian.Uint32(stored[1:]) != checksum(key, value) {
		return nil, fmt.Errorf("key %q: %w", key, ErrDamaged)
	}
	return append([]byte{}, value...), nil
}

// checksum covers the key too, so that a value cannot turn up under another key unnoticed.
func checksum(key string, value []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum([]byte(key), table), table, value)
}
