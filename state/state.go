// Package state keeps what Shipmate must not forget. [Store] is the contract, [Open] its engine in one bbolt file; package statetest is the
// contract as a test suite.
//
// Keys are ordered strings. Every key belongs to one of these prefixes; parts between slashes are escaped (%2F, %25), so that a part may
// hold any text:
//
//	st/conversation/<surface:channel:thread>  what a conversation is about and which command answered last; expires
//	st/<name>/…                               other memories of handlers, by the name of their records; may expire
//	rcpt/<surface:channel:thread>/<card>      what a card is shown as: a Slack timestamp, a GitHub comment ID
//	poll/<owner>/<repository>                 how far the comments of a repository have been read
//	poll/slack                                until when everything written in Slack is known to have been heard
//	key/<name>                                keys made on first use, such as the one that signs GitHub comments
//	d/<day>/<request ID>                      what was accepted on a day; the keys of a day are forgotten at once
//	in/<conversation>/<row>                   a request that was accepted and is not yet answered
//	out/<conversation>/<row>/<n>              a reply that is decided and not yet shown
//	dlq/<day>/<ID>                            a request or a reply that was given up
//	later/<when>/<conversation>/<key>         a question to be asked later; alarm/<conversation>/<key> says where it is
//	audit/<when>                              what was decided or done and is not yet in the audit log
//	chain/head                                the last record of the audit log
//	cronlast/<job>                            the last time of a schedule that was dealt with
package state

import (
	"context"
	"errors"
	"io"
	"time"
)

// A Rev is the revision in which a key was last written. Each transaction that writes has a revision of its own, larger than all before it.
// The zero Rev means that the key is absent.
type Rev int64

// An Item is a key with its value.
type Item struct {
	Key   string
	Value []byte // JSON; a copy that the caller may keep
	Rev   Rev
}

// A Guard is a condition of a transaction: Key was last written in Rev, or is absent when Rev is 0.
type Guard struct {
	Key string
	Rev Rev
}

// An Op sets Key to Value; or deletes Key when Value is nil; or, when Prefix is set, deletes every key that begins with Key.
type Op struct {
	Key    string
	Value  []byte // JSON
	Prefix bool
	// Session, unless nil, is what the key belongs to: it is deleted when the session ends. An Op without a session takes the key out of
	// the one it belonged to.
	Session Session
}

// A Store is ordered keys with guarded transactions. Its methods are safe for concurrent use. bbolt gives exactly this on one machine, etcd
// on many.
type Store interface {
	// Get returns the item of key; ok is false when there is none.
	Get(ctx context.Context, key string) (item Item, ok bool, err error)
	// Scan returns at most limit items whose keys begin with prefix and come after the key after ("": from the beginning), in key order. They
	// are as of one moment.
	Scan(ctx context.Context, prefix, after string, limit int) ([]Item, error)
	// Txn makes all ops when all guards hold, else none; ok says which. It is durable before it returns. rev is the revision of what it wrote.
	// Two ops on one key are an error. When ctx ends while the transaction is being made, it may have happened or not; any other error means
	// that nothing happened.
	Txn(ctx context.Context, guards []Guard, ops []Op) (ok bool, rev Rev, err error)
	// Watch returns a channel that receives after keys with the prefix were written, until ctx ends. It is a hint: several writes may give one
	// receive, and what matters must be scanned for now and then all the same.
	Watch(ctx context.Context, prefix string) (<-chan struct{}, error)
	// NewSession begins a session: what is written under it vanishes when it is closed, and at the latest ttl after its process died. An
	// embedded engine deletes it when it is next opened.
	NewSession(ctx context.Context, ttl time.Duration) (Session, error)
	// Backup writes a copy of the whole store, as of one moment, from which Restore makes a store again.
	Backup(ctx context.Context, w io.Writer) error
	// Check reads everything and returns what is wrong with it.
	Check(ctx context.Context) error
	// Close ends all use of the store, and its sessions with it. It waits for transactions under way. Every call after it fails.
	Close() error
}

// A Session is the life of one process as others see it.
type Session interface {
	// ID names the session; no two sessions of a store ever have the same.
	ID() string
	// Done is closed when the session has ended: by Close, or because the store has lost it.
	Done() <-chan struct{}
	// Close ends the session and deletes what belongs to it.
	Close(ctx context.Context) error
}

// Errors of a Store, to be tested with errors.Is.
var (
	// ErrDamaged is wrapped by the error of a Get whose value does not match its checksum. The value is put aside: the key is absent from
	// then on.
	ErrDamaged = errors.New("the stored value is damaged")
	// ErrFull is wrapped by the error of a transaction for which there is no room. Reading and deleting still work.
	ErrFull = errors.New("the data file is full")
	// ErrClosed is what calls after Close return.
	ErrClosed = errors.New("the store is closed")
	// ErrInvalid is wrapped by the error of a transaction that no store would make: two ops on one key, an empty key, a key or value that is
	// too long.
	ErrInvalid = errors.New("not a valid transaction")
)

// Limits of a transaction.
const (
	MaxKey   = 1 << 10   // bytes of a key
	MaxValue = 256 << 10 // bytes of a value
)
