// Package statetest is the contract of state.Store as a test suite: every engine must pass it.
package statetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shipmate/state"
)

// A Bench makes stores to test.
type Bench struct {
	// Open opens the store named name, anew or again after it was closed. The suite closes what it opens.
	Open func(t *testing.T, name string) state.Store
	// Restore makes the store named name from what Backup wrote.
	Restore func(t *testing.T, name string, backup []byte)
}

// Run tests the contract.
func Run(t *testing.T, b Bench) {
	for name, test := range map[string]func(*testing.T, Bench){
		"values":          values,
		"scan":            scan,
		"days":            days,
		"guards":          guards,
		"all or nothing":  allOrNothing,
		"invalid":         invalid,
		"one claim":       oneClaim,
		"sessions":        sessions,
		"watch":           watch,
		"backup":          backup,
		"after close":     afterClose,
		"linearizability": linearizability,
	} {
		t.Run(name, func(t *testing.T) { test(t, b) })
	}
}

// open opens a store that is checked and closed after the test.
func open(t *testing.T, b Bench, name string) state.Store {
	t.Helper()
	s := b.Open(t, name)
	t.Cleanup(func() {
		if err := s.Check(context.Background()); err != nil && !errors.Is(err, state.ErrClosed) {
			t.Errorf("the store is not sound: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// write makes a transaction that must succeed.
func write(t *testing.T, s state.Store, ops ...state.Op) state.Rev {
	t.Helper()
	ok, rev, err := s.Txn(t.Context(), nil, ops)
	if !ok || err != nil {
		t.Fatalf("Txn = %v, %v", ok, err)
	}
	return rev
}

func set(key, value string) state.Op { return state.Op{Key: key, Value: []byte(value)} }

// keys are those under prefix.
func keys(t *testing.T, s state.Store, prefix, after string, limit int) string {
	t.Helper()
	items, err := s.Scan(t.Context(), prefix, after, limit)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, i := range items {
		out = append(out, i.Key)
	}
	return strings.Join(out, " ")
}

func values(t *testing.T, b Bench) {
	s := open(t, b, "db")
	first := write(t, s, set("a", `1`), set("b", `2`))
	second := write(t, s, set("b", `3`), state.Op{Key: "c"})
	if second <= first || first <= 0 {
		t.Errorf("revisions %d, %d: want them to grow from 1", first, second)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, b, "db")
	for key, want := range map[string]state.Item{"a": {Key: "a", Value: []byte(`1`), Rev: first}, "b": {Key: "b", Value: []byte(`3`), Rev: second}, "c": {}} {
		item, ok, err := s.Get(t.Context(), key)
		if err != nil || ok != (want.Key != "") || ok && (item.Key != want.Key || !bytes.Equal(item.Value, want.Value) || item.Rev != want.Rev) {
			t.Errorf("Get(%q) = %+v, %v, %v; want %+v", key, item, ok, err, want)
		}
	}
	if third := write(t, s, set("a", `4`)); third <= second {
		t.Errorf("revision %d after reopening, want more than %d", third, second)
	}
}

func scan(t *testing.T, b Bench) {
	s := open(t, b, "db")
	write(t, s, set("a/1", `1`), set("a/2", `2`), set("a/3", `3`), set("b/1", `4`), set("a", `5`), set("a0", `6`), set("ä", `7`),
		set("d/2026-01-01/x", `8`), set("d/2026-01-01/y", `9`), set("d/2026-01-02/x", `10`), set("d", `11`), set("e", `12`))
	for _, test := range []struct {
		prefix, after string
		limit         int
		want          string
	}{
		{"a/", "", 10, "a/1 a/2 a/3"}, {"a/", "a/1", 10, "a/2 a/3"}, {"a/", "a/15", 10, "a/2 a/3"}, {"a/", "", 2, "a/1 a/2"},
		{"", "", 99, "a a/1 a/2 a/3 a0 b/1 d d/2026-01-01/x d/2026-01-01/y d/2026-01-02/x e ä"},
		{"", "d/2026-01-01/x", 2, "d/2026-01-01/y d/2026-01-02/x"}, {"", "d/2026-01-01/y", 1, "d/2026-01-02/x"},
		{"a/", "a/3", 10, ""}, {"c", "", 10, ""}, {"a/", "", 0, ""}, {"b/", "a/2", 10, "b/1"}, {"a", "", 10, "a a/1 a/2 a/3 a0"},
		{"d/", "", 10, "d/2026-01-01/x d/2026-01-01/y d/2026-01-02/x"}, {"d/2026-01-01/", "", 10, "d/2026-01-01/x d/2026-01-01/y"},
		{"d/2026-01-01/y", "", 10, "d/2026-01-01/y"}, {"d/2026-01-0", "d/2026-01-01/z", 10, "d/2026-01-02/x"}, {"d/2026-01-03/", "", 10, ""},
	} {
		if got := keys(t, s, test.prefix, test.after, test.limit); got != test.want {
			t.Errorf("Scan(%q, %q, %d) = %q, want %q", test.prefix, test.after, test.limit, got, test.want)
		}
	}
}

func days(t *testing.T, b Bench) {
	s := open(t, b, "db")
	write(t, s, set("d/2026-01-01/a/b", `1`), set("d/2026-01-02/a", `2`), set("c", `3`), set("e", `4`))
	write(t, s, state.Op{Key: "d/2026-01-01/a/b"}, set("d/2026-01-01/c", `5`), state.Op{Key: "d/2026-01-09/none"})
	if got, want := keys(t, s, "", "", 99), "c d/2026-01-01/c d/2026-01-02/a e"; got != want {
		t.Errorf("keys %q, want %q", got, want)
	}
	write(t, s, state.Op{Key: "d/2026-01-01/", Prefix: true})
	write(t, s, state.Op{Key: "d/2026-01-01/", Prefix: true})
	if got, want := keys(t, s, "", "", 99), "c d/2026-01-02/a e"; got != want {
		t.Errorf("after forgetting a day: keys %q, want %q", got, want)
	}
	if _, ok, err := s.Get(t.Context(), "d/2026-01-01/c"); ok || err != nil {
		t.Errorf("a key of a forgotten day: %v, %v", ok, err)
	}
	write(t, s, state.Op{Key: "d/", Prefix: true}, state.Op{Key: "c", Prefix: true})
	if got, want := keys(t, s, "", "", 99), "e"; got != want {
		t.Errorf("after deleting by prefix: keys %q, want %q", got, want)
	}
}

func guards(t *testing.T, b Bench) {
	s := open(t, b, "db")
	rev := write(t, s, set("a", `1`))
	for _, test := range []struct {
		guards []state.Guard
		want   bool
	}{
		{nil, true}, {[]state.Guard{{Key: "a", Rev: rev}}, true}, {[]state.Guard{{Key: "a"}}, false}, {[]state.Guard{{Key: "a", Rev: rev + 1}}, false},
		{[]state.Guard{{Key: "absent"}}, true}, {[]state.Guard{{Key: "absent", Rev: rev}}, false},
		{[]state.Guard{{Key: "a", Rev: rev}, {Key: "absent", Rev: 1}}, false},
		{[]state.Guard{{Key: "d/2026-01-01/absent"}}, true},
	} {
		if ok, _, err := s.Txn(t.Context(), test.guards, nil); ok != test.want || err != nil {
			t.Errorf("guards %v: %v, %v; want %v", test.guards, ok, err, test.want)
		}
	}
	if ok, _, err := s.Txn(t.Context(), []state.Guard{{Key: "a", Rev: rev + 1}}, []state.Op{set("b", `1`)}); ok || err != nil {
		t.Errorf("a false guard: %v, %v", ok, err)
	}
	if got := keys(t, s, "", "", 9); got != "a" {
		t.Errorf("a transaction whose guard failed wrote: %q", got)
	}
	write(t, s, state.Op{Key: "a"})
	write(t, s, set("a", `1`))
	if ok, _, err := s.Txn(t.Context(), []state.Guard{{Key: "a", Rev: rev}}, nil); ok || err != nil {
		t.Error("a key that was deleted and written again has its old revision")
	}
}

func allOrNothing(t *testing.T, b Bench) {
	s := open(t, b, "db")
	_, _, err := s.Txn(t.Context(), nil, []state.Op{set("good", `1`), set(strings.Repeat("k", state.MaxKey+1), `1`)})
	if !errors.Is(err, state.ErrInvalid) {
		t.Fatalf("a key that is too long: %v", err)
	}
	if got := keys(t, s, "", "", 9); got != "" {
		t.Errorf("half of a transaction was kept: %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Txn(ctx, nil, []state.Op{set("late", `1`)}); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancelling: %v", err)
	}
	if _, ok, _ := s.Get(t.Context(), "late"); ok {
		t.Error("a transaction that was cancelled before it began was made")
	}
}

func invalid(t *testing.T, b Bench) {
	s, other := open(t, b, "db"), open(t, b, "other")
	theirs, err := other.NewSession(t.Context(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for name, ops := range map[string][]state.Op{
		"empty key":             {set("", `1`)},
		"two ops on a key":      {set("a", `1`), {Key: "a"}},
		"long value":            {{Key: "a", Value: make([]byte, state.MaxValue+1)}},
		"a day without a key":   {set("d/2026-01-01/", `1`)},
		"prefix and value":      {{Key: "a", Value: []byte(`1`), Prefix: true}},
		"another's session":     {{Key: "a", Value: []byte(`1`), Session: theirs}},
		"deleting in a session": {{Key: "a", Session: theirs}},
	} {
		if _, _, err := s.Txn(t.Context(), nil, ops); !errors.Is(err, state.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
	write(t, s, state.Op{Key: "a", Value: make([]byte, state.MaxValue)}, set(strings.Repeat("k", state.MaxKey), `1`))
}

// oneClaim lets many claim one key: one gets it.
func oneClaim(t *testing.T, b Bench) {
	s := open(t, b, "db")
	var mu sync.Mutex
	var got []string
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			ok, _, err := s.Txn(t.Context(), []state.Guard{{Key: "claim"}}, []state.Op{set("claim", fmt.Sprint(i))})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			} else if ok {
				got = append(got, fmt.Sprint(i))
			}
		})
	}
	wg.Wait()
	item, _, err := s.Get(t.Context(), "claim")
	if len(got) != 1 || err != nil || string(item.Value) != got[0] {
		t.Errorf("%q have the claim and %s is stored, %v: want one", got, item.Value, err)
	}
}

func sessions(t *testing.T, b Bench) {
	s := open(t, b, "db")
	session := func() state.Session {
		t.Helper()
		session, err := s.NewSession(t.Context(), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return session
	}
	one, two := session(), session()
	if one.ID() == two.ID() || one.ID() == "" {
		t.Errorf("sessions %q and %q", one.ID(), two.ID())
	}
	of := func(key string, owner state.Session) state.Op {
		return state.Op{Key: key, Value: []byte(`1`), Session: owner}
	}
	write(t, s, of("1", one), of("2", two), of("kept", one), of("moved", one), set("free", `1`), of("d/2026-01-01/x", one), of("x/1", one))
	write(t, s, set("kept", `1`), of("moved", two))
	write(t, s, state.Op{Key: "x/", Prefix: true})
	write(t, s, set("x/1", `1`)) // a new key of its own
	if err := one.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := keys(t, s, "", "", 99), "2 free kept moved x/1"; got != want {
		t.Errorf("after the session: keys %q, want %q", got, want)
	}
	select {
	case <-one.Done():
	default:
		t.Error("a closed session is not done")
	}
	if _, _, err := s.Txn(t.Context(), nil, []state.Op{of("late", one)}); !errors.Is(err, state.ErrInvalid) {
		t.Errorf("writing under a closed session: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-two.Done():
	default:
		t.Error("closing the store does not end its sessions")
	}
	s = open(t, b, "db")
	if got, want := keys(t, s, "", "", 99), "free kept x/1"; got != want {
		t.Errorf("after closing the store: keys %q, want %q", got, want)
	}
	if third := session(); third.ID() == one.ID() || third.ID() == two.ID() {
		t.Errorf("the session %s was there before", third.ID())
	}
}

func watch(t *testing.T, b Bench) {
	s := open(t, b, "db")
	ctx, cancel := context.WithCancel(t.Context())
	hints, err := s.Watch(ctx, "in/")
	if err != nil {
		t.Fatal(err)
	}
	told := func() bool {
		select {
		case <-hints:
			return true
		case <-time.After(time.Minute):
			return false
		}
	}
	write(t, s, set("out/1", `1`))
	write(t, s, set("in/1", `1`))
	if !told() {
		t.Error("a write was not told")
	}
	for i := range 100 { // nobody takes the hints: nobody is held up
		write(t, s, set("in/2", fmt.Sprint(i)))
	}
	if !told() {
		t.Error("many writes were not told")
	}
	write(t, s, state.Op{Key: "in", Prefix: true})
	if !told() {
		t.Error("deleting by prefix was not told")
	}
	cancel()
	write(t, s, set("in/3", `1`))
}

func backup(t *testing.T, b Bench) {
	s := open(t, b, "db")
	rev := write(t, s, set("a", `1`), set("d/2026-01-01/x", `2`))
	var copied bytes.Buffer
	if err := s.Backup(t.Context(), &copied); err != nil {
		t.Fatal(err)
	}
	write(t, s, set("b", `3`))
	b.Restore(t, "restored", copied.Bytes())
	restored := open(t, b, "restored")
	if got, want := keys(t, restored, "", "", 9), "a d/2026-01-01/x"; got != want {
		t.Errorf("restored keys %q, want %q", got, want)
	}
	if item, _, err := restored.Get(t.Context(), "a"); err != nil || item.Rev != rev {
		t.Errorf("restored revision %d, %v; want %d", item.Rev, err, rev)
	}
	if next := write(t, restored, set("c", `4`)); next <= rev {
		t.Errorf("revision %d after restoring, want more than %d", next, rev)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Backup(ctx, &copied); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled backup: %v", err)
	}
}

func afterClose(t *testing.T, b Bench) {
	s := b.Open(t, "db")
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	_, _, getErr := s.Get(t.Context(), "a")
	_, scanErr := s.Scan(t.Context(), "", "", 1)
	_, _, txnErr := s.Txn(t.Context(), nil, []state.Op{set("a", `1`)})
	_, watchErr := s.Watch(t.Context(), "")
	_, sessionErr := s.NewSession(t.Context(), time.Minute)
	all := []error{getErr, scanErr, txnErr, watchErr, sessionErr, s.Backup(t.Context(), &bytes.Buffer{}), s.Check(t.Context())}
	if slices.ContainsFunc(all, func(err error) bool { return !errors.Is(err, state.ErrClosed) }) {
		t.Errorf("after Close: %v, want ErrClosed from each", all)
	}
}
