package bot

import (
	"cmp"
	"context"
	"strings"
)

// Store is what the bot needs of a database: ordered keys, and transactions that land only if nothing changed since. Package state has the
// engine, and the layout of the keys.
type Store interface {
	// Get returns the entry of key; ok is false when there is none.
	Get(ctx context.Context, key string) (e Entry, ok bool, err error)
	// Scan returns at most limit entries whose keys begin with prefix and come after the key after, in the order of their keys.
	Scan(ctx context.Context, prefix, after string, limit int) ([]Entry, error)
	// Txn makes all the changes if all guards hold, else none; ok says which. It is durable before it returns. Two changes of one key are an
	// error.
	Txn(ctx context.Context, guards []Guard, changes []Change) (ok bool, err error)
}

// A Rev is the revision in which a key was last written; 0 means that it is absent.
type Rev int64

// An Entry is one key of the store with its value.
type Entry struct {
	Key   string
	Value []byte // JSON
	Rev   Rev
}

// A Guard is a condition: Key was last written in Rev, or is absent when Rev is 0.
type Guard struct {
	Key string
	Rev Rev
}

// A Change sets a key; or deletes it when Value is nil; or deletes every key that begins with Key when Prefix is set.
type Change struct {
	Key    string
	Value  []byte // JSON
	Prefix bool
}

// key makes one key of parts that may hold any text: slashes inside them are escaped so that parts cannot run into each other.
func key(parts ...string) string {
	for i, p := range parts {
		if strings.ContainsAny(p, "%/") {
			p = strings.ReplaceAll(strings.ReplaceAll(p, "%", "%25"), "/", "%2F")
		}
		parts[i] = cmp.Or(p, "-")
	}
	return strings.Join(parts, "/")
}
