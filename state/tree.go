package state

import (
	"errors"
	"strings"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Buckets of the file.
var (
	dataBucket    = []byte("data")    // all keys; the keys of a day are in a bucket of their own inside it
	metaBucket    = []byte("meta")    // what the file says of itself
	sessionBucket = []byte("session") // key -> ID of the session that it belongs to
	asideBucket   = []byte("aside")   // key -> a value whose checksum failed, as it was found
)

// A tree is the keys of one transaction. The keys of a day ("d/<day>/…") live in a bucket of their own, named "d/<day>/": to forget a day is to
// drop a bucket, which costs its pages and not its keys. In the order of keys the bucket stands where its keys belong.
type tree struct{ data *bolt.Bucket }

// splitDay splits a key of a day into its bucket's name and the rest.
func splitDay(key string) (bucket, rest string, ok bool) {
	if !strings.HasPrefix(key, "d/") {
		return "", "", false
	}
	i := strings.IndexByte(key[2:], '/')
	if i < 0 {
		return "", "", false
	}
	return key[:2+i+1], key[2+i+1:], true
}

// get returns the stored form of key's value, valid until the transaction ends; nil when there is none.
func (t tree) get(key string) []byte {
	if name, rest, ok := splitDay(key); ok {
		if day := t.data.Bucket([]byte(name)); day != nil {
			return day.Get([]byte(rest))
		}
		return nil
	}
	return t.data.Get([]byte(key))
}

func (t tree) put(key string, stored []byte) error {
	name, rest, ok := splitDay(key)
	if !ok {
		return t.data.Put([]byte(key), stored)
	}
	day, err := t.data.CreateBucketIfNotExists([]byte(name))
	if err != nil {
		return err
	}
	return day.Put([]byte(rest), stored)
}

func (t tree) delete(key string) error {
	name, rest, ok := splitDay(key)
	if !ok {
		return t.data.Delete([]byte(key))
	}
	if day := t.data.Bucket([]byte(name)); day != nil {
		return day.Delete([]byte(rest))
	}
	return nil
}

// deletePrefix deletes every key that begins with prefix; whole days as such.
func (t tree) deletePrefix(prefix string) error {
	var days []string
	c := t.data.Cursor()
	for k, v := c.Seek([]byte(prefix)); k != nil && strings.HasPrefix(string(k), prefix); k, v = c.Next() {
		if v == nil {
			days = append(days, string(k))
		}
	}
	for _, name := range days {
		if err := t.data.DeleteBucket([]byte(name)); err != nil && !errors.Is(err, bolterrors.ErrBucketNotFound) {
			return err
		}
	}
	var keys []string // a cursor must not be used across deletions
	t.scan(prefix, "", func(key string, _ []byte) bool {
		keys = append(keys, key)
		return true
	})
	for _, key := range keys {
		if err := t.delete(key); err != nil {
			return err
		}
	}
	return nil
}

// scan calls each for the keys that begin with prefix and come after the key after, in order, until each returns false.
func (t tree) scan(prefix, after string, each func(key string, stored []byte) bool) {
	start := max(prefix, after)
	from := start
	if name, _, ok := splitDay(start); ok {
		from = name
	}
	wanted := func(key string) bool { return strings.HasPrefix(key, prefix) && (after == "" || key > after) }
	c := t.data.Cursor()
	for k, v := c.Seek([]byte(from)); k != nil; k, v = c.Next() {
		key := string(k)
		switch {
		case v == nil && (strings.HasPrefix(key, prefix) || strings.HasPrefix(prefix, key)):
			if !scanDay(t.data.Bucket(k), key, start, wanted, each) {
				return
			}
		case wanted(key):
			if !each(key, v) {
				return
			}
		case key > start:
			return
		}
	}
}

// scanDay is scan inside the bucket of a day; false when each wants no more.
func scanDay(day *bolt.Bucket, name, start string, wanted func(string) bool, each func(string, []byte) bool) bool {
	rest, _ := strings.CutPrefix(max(start, name), name)
	c := day.Cursor()
	for k, v := c.Seek([]byte(rest)); k != nil; k, v = c.Next() {
		key := name + string(k)
		if wanted(key) {
			if !each(key, v) {
				return false
			}
		} else if key > start {
			return true
		}
	}
	return true
}
