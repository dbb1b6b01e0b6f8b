package focus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// names says in one line what has changed.
func names(c Changes) string {
	var b strings.Builder
	list := func(what string, objects []Object) {
		for _, o := range objects {
			fmt.Fprintf(&b, "%s %s; ", what, o.Name)
		}
	}
	list("new", c.New)
	list("changed", c.Changed)
	list("touched", c.Touched)
	list("gone", c.Gone)
	for _, r := range c.Renamed {
		fmt.Fprintf(&b, "renamed %s to %s; ", r.From.Name, r.To.Name)
	}
	for _, r := range c.Same {
		fmt.Fprintf(&b, "%s is %s; ", r.To.Name, r.From.Name)
	}
	for _, name := range c.Waiting {
		fmt.Fprintf(&b, "waiting %s; ", name)
	}
	for _, i := range c.Ignored {
		fmt.Fprintf(&b, "ignored %s; ", i.Name)
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// learn is what the ledger would know after taking changes.
func learn(known map[string]Object, c Changes) {
	for _, list := range [][]Object{c.New, c.Changed, c.Touched} {
		for _, o := range list {
			known[o.Name] = o
		}
	}
	for _, o := range c.Gone {
		delete(known, o.Name)
	}
	for _, r := range c.Renamed {
		delete(known, r.From.Name)
		known[r.To.Name] = r.To
	}
}

// TestFolderGrows follows a folder through its life.
func TestFolderGrows(t *testing.T) {
	root := t.TempDir()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	f := &Folder{Path: root, Settle: time.Minute, Now: func() time.Time { return now }}
	put := func(name, text string, age time.Duration) {
		t.Helper()
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644), os.Chtimes(path, now.Add(-age), now.Add(-age))); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(name string) {
		if err := os.Remove(filepath.Join(root, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	known := map[string]Object{}
	step := func(want string) {
		t.Helper()
		c, err := f.Changes(context.Background(), known)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(c); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
		learn(known, c)
	}

	step("")
	put("billing_period=2026-11/a.csv", "a", time.Hour)
	put("billing_period=2026-11/b.csv.gz", "b", time.Second)
	put("billing_period=2026-11/manifest.json", "{}", time.Hour)
	put("c.parquet.tmp", "c", time.Hour)
	step("new billing_period=2026-11/a.csv; waiting billing_period=2026-11/b.csv.gz; ignored billing_period=2026-11/manifest.json; ignored c.parquet.tmp")
	remove("billing_period=2026-11/manifest.json")
	remove("c.parquet.tmp")
	now = now.Add(time.Minute)
	step("new billing_period=2026-11/b.csv.gz")
	step("")

	put("billing_period=2026-11/a.csv", "a", 2*time.Minute)   // written once more
	put("billing_period=2026-11/b.csv.gz", "bb", time.Second) // grows
	put("twin.csv", "a", time.Hour)
	step("touched billing_period=2026-11/a.csv; twin.csv is billing_period=2026-11/a.csv; waiting billing_period=2026-11/b.csv.gz")
	put("billing_period=2026-11/b.csv.gz", "bbb", -time.Hour) // by a clock that is ahead
	step("twin.csv is billing_period=2026-11/a.csv; waiting billing_period=2026-11/b.csv.gz")
	now = now.Add(time.Minute)
	step("changed billing_period=2026-11/b.csv.gz; twin.csv is billing_period=2026-11/a.csv")

	remove("billing_period=2026-11/a.csv") // its twin takes its place
	step("renamed billing_period=2026-11/a.csv to twin.csv")
	remove("twin.csv")
	put("empty.csv", "", time.Hour)
	step("gone twin.csv; waiting empty.csv")
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	if c, err := f.Changes(context.Background(), known); err == nil {
		t.Errorf("a folder that is not there: %s", names(c))
	}
}

// TestFolderOfOneFile takes a file for a folder of one.
func TestFolderOfOneFile(t *testing.T) {
	path := write(t, "bill.csv", []byte(good+"2026-11-01,Usage,USD,1,1,s,\n"))
	f := &Folder{Path: path, Now: func() time.Time { return time.Now().Add(time.Hour) }}
	c, err := f.Changes(context.Background(), nil)
	if err != nil || names(c) != "new bill.csv" {
		t.Fatalf("%s, %v", names(c), err)
	}
	n := 0
	read := func() error {
		_, err := f.Read(context.Background(), c.New[0], Options{}, func(*Charge) error { n++; return nil })
		return err
	}
	if err := read(); err != nil || n != 1 {
		t.Errorf("%d charges, %v", n, err)
	}
	if err := os.WriteFile(path, []byte(good), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := read(); !errors.Is(err, ErrMoved) {
		t.Errorf("a file that has changed: %v", err)
	}
}
