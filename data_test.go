package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shipmate/state"
)

// TestMain makes the test binary the program when it is started like that: what starts itself as a child works in tests, too.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv(killedIn) != "":
		runToBeKilled()
	case len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-test."):
		main()
	default:
		os.Exit(m.Run())
	}
}

// TestDamagedDataFile opens files in many states of damage: each is refused with a sentence, by a program that lives on, and left as it was.
func TestDamagedDataFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	db, err := openData(t.Context(), folder, nil, log)
	if err != nil {
		t.Fatal(err)
	}
	for range 300 {
		if err := apply(t.Context(), db, state.Op{Key: "st/x", Value: []byte(`"` + strings.Repeat("x", 200) + `"`)}, state.Op{Key: "st/y", Value: []byte(`1`)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(dataFile(folder))
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	refused := 0
	for at := 0; at+page <= len(good); at += page {
		bad := bytes.Clone(good)
		for i := range page {
			bad[at+i] ^= 0xa5
		}
		if err := os.WriteFile(dataFile(folder), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := openData(t.Context(), folder, nil, log)
		if err == nil { // a page that holds nothing, or the older of the two that say where everything is
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			continue
		}
		refused++
		if !strings.Contains(err.Error(), "left as it is") || strings.Contains(err.Error(), "goroutine") {
			t.Errorf("page %d: %v", at/page, err)
		}
		if after, _ := os.ReadFile(dataFile(folder)); !bytes.Equal(after, bad) {
			t.Errorf("page %d: the file was changed", at/page)
		}
	}
	if refused < 3 {
		t.Errorf("%d of %d damaged files were refused", refused, len(good)/page)
	}
}

func TestCheckAndRestore(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	db, err := openData(t.Context(), folder, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	backup, err := db.SaveBackup(t.Context(), backupDir(folder), state.LastBackup(folder))
	if err != nil {
		t.Fatal(err)
	}
	fails(t, "in use", "restore", "--data", folder, backup)
	fails(t, "in use", "check", "--data", folder)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"check", "--data", folder}, {"check", "--file", backup}, {"restore", "--data", folder, backup}} {
		var out, said bytes.Buffer
		if err := run(t.Context(), args, os.Getenv, strings.NewReader(""), &out, &said); err != nil || !strings.Contains(out.String(), folder) {
			t.Errorf("%q: %v, %q", args, err, out.String())
		}
	}
	fails(t, "no such file", "check", "--file", filepath.Join(folder, "nowhere.db"))
	fails(t, "no such file", "restore", "--data", folder, filepath.Join(folder, "nowhere.db"))
}
