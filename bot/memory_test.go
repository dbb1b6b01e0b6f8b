package bot

import (
	"strings"
	"testing"
	"time"
)

func TestMemory(t *testing.T) {
	s := newMemStore()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	ctx := t.Context()

	m := NewMemory(s, clock)
	notes := Records[string]{m, "note"}
	for key, keep := range map[string]time.Duration{"short": time.Hour, "long": 0} {
		if err := notes.Put(key, "about "+key, keep); err != nil {
			t.Fatal(err)
		}
	}
	if got, ok, err := notes.Get(ctx, "short"); got != "about short" || !ok || err != nil {
		t.Errorf("own write: got %q, %v, %v", got, ok, err)
	}
	if len(s.data) != 0 {
		t.Error("a write reached the store before the turn was done")
	}
	changes, err := m.changes()
	if err != nil {
		t.Fatal(err)
	}
	s.apply(t, changes)

	now = now.Add(time.Hour)
	later := Records[string]{NewMemory(s, clock), "note"}
	if _, ok, _ := later.Get(ctx, "short"); ok {
		t.Error("an expired note is still remembered")
	}
	if got, ok, _ := later.Get(ctx, "long"); !ok || got != "about long" {
		t.Errorf("after an hour: got %q, %v", got, ok)
	}
	if n, err := sweep(ctx, s, now); n != 1 || err != nil {
		t.Errorf("sweep = %d, %v; want 1 deleted", n, err)
	}
	later.Delete("long")
	if _, ok, _ := later.Get(ctx, "long"); ok {
		t.Error("a deleted note is still read")
	}
}

func TestSweepOfMany(t *testing.T) {
	s := newMemStore()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	m := NewMemory(s, func() time.Time { return now })
	for i := range 1234 {
		keep := time.Duration(i%2) * time.Hour
		if err := (Records[int]{m, "n"}).Put(time.Duration(i).String(), i, keep); err != nil {
			t.Fatal(err)
		}
	}
	changes, _ := m.changes()
	s.apply(t, changes)
	if n, err := sweep(t.Context(), s, now.Add(2*time.Hour)); n != 617 || err != nil || len(s.data) != 617 {
		t.Errorf("sweep = %d, %v, %d left; want 617 and 617", n, err, len(s.data))
	}
}

func TestKeyPartsDoNotRunTogether(t *testing.T) {
	if a, b := key("a/b", "c"), key("a", "b/c"); a == b {
		t.Errorf("both keys are %q", a)
	}
}

// A value that has no room in the store fails the turn that wants it remembered, which is given up in the end; a transaction that the store
// refuses would be tried for ever, and the conversation with it.
func TestMemoryRefusesWhatIsTooLong(t *testing.T) {
	m := NewMemory(newMemStore(), nil)
	if err := m.Set("a", strings.Repeat("x", longestValue), 0); err == nil {
		t.Error("a value is taken that is too long for the store")
	}
	if err := m.Set("a", strings.Repeat("x", longestValue-100), 0); err != nil {
		t.Error(err)
	}
}
