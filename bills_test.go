package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/handlers/costs"
	"shipmate/sandbox/billsim"
	"shipmate/state"
)

// billsAt opens bills over a data folder, as the program does at its start.
func billsAt(t *testing.T, folder string, sources ...BillConfig) (*bills, *state.DB) {
	t.Helper()
	db, err := state.Open(state.Options{Path: dataFile(folder)})
	if err != nil {
		t.Fatal(err)
	}
	cfg := defaultConfig()
	cfg.Data, cfg.Costs.Channel, cfg.Costs.Sources = folder, "C0FINOPS", sources
	b, err := newBills(cfg, costs.NewBook(cfg.Costs.options(nil), slog.New(slog.DiscardHandler)), db, bot.NoMeter{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	b.settle = time.Nanosecond
	return b, db
}

// once runs bills until the bot was asked what is new, or for a while when it need not be.
func (b *bills) once(t *testing.T, asked func() bool) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.Run(ctx, func(context.Context, bot.Request) error { return nil }) }()
	for deadline := time.Now().Add(time.Minute); !asked() && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A folder that grows is read file by file; after a restart nothing is read again, and the same is known.
func TestBillsOfAFolder(t *testing.T) {
	t.Parallel()
	folder, exports := t.TempDir(), t.TempDir()
	bill := billsim.Demo(time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -2))
	write := func(name string, from, to int) {
		t.Helper()
		whole := filepath.Join(t.TempDir(), name) // else it may be read while it is half written
		if err := writeMonth(whole, bill, from, to); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(whole, filepath.Join(exports, name)); err != nil {
			t.Fatal(err)
		}
	}
	half := bill.Days - 40
	write("a.csv", 0, half-1)
	source := BillConfig{Name: "aws", Files: exports, every: 10 * time.Millisecond}
	b, db := billsAt(t, folder, source)
	var mu sync.Mutex
	var texts []string
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- b.Run(ctx, func(_ context.Context, r bot.Request) error {
			mu.Lock()
			defer mu.Unlock()
			texts = append(texts, r.ID+" "+r.Text+" "+r.ReplyTo.Channel)
			return nil
		})
	}()
	asked := func(n int) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
			mu.Lock()
			got := len(texts)
			mu.Unlock()
			if got >= n {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("asked %d times, want %d; %+v", got, n, b.book.Status("aws"))
			}
		}
	}
	asked(1)
	first := b.book.Status("aws")
	write("b.csv", half, bill.Days-1)
	for deadline := time.Now().Add(time.Minute); b.book.Status("aws").Rows == first.Rows && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	asked(3) // when it started, and about each file
	status := b.book.Status("aws")
	if status.Rows <= first.Rows || rejectedRows(status) > 0 || status.Err != "" {
		t.Errorf("after %+v it is %+v", first, status)
	}
	if texts[0] == texts[1] || !strings.HasSuffix(texts[0], " costs check C0FINOPS") {
		t.Errorf("asked %q", texts)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	before := b.book.Causes()
	closeBills(t, b, db)

	again, db := billsAt(t, folder, source)
	again.once(t, func() bool { return !again.book.Status("aws").Read.IsZero() })
	if n := len(before); n == 0 || len(again.book.Causes()) != n || again.book.Causes()[0].Why.Excess != before[0].Why.Excess {
		t.Errorf("after a restart it knows %d causes, before it knew %d", len(again.book.Causes()), n)
	}
	if files, err := again.kept.List(t.Context()); err != nil || len(files) != 2 {
		t.Errorf("%d segments, %v; want those of two files", len(files), err)
	}
	closeBills(t, again, db)

	// What is damaged or lost is read again from where it came.
	files, err := filepath.Glob(filepath.Join(billsDir(folder), "*.seg"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	if err := os.WriteFile(files[0], []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(files[1]); err != nil {
		t.Fatal(err)
	}
	healed, db := billsAt(t, folder, source)
	healed.once(t, func() bool { return len(healed.book.Causes()) == len(before) })
	if got := healed.book.Status("aws"); got.Rows != status.Rows {
		t.Errorf("%d rows were read again, want %d", got.Rows, status.Rows)
	}
	closeBills(t, healed, db)
}

func closeBills(t *testing.T, b *bills, db *state.DB) {
	t.Helper()
	if err := b.close(); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func rejectedRows(s costs.Status) (n int) {
	for _, c := range s.Rejected {
		n += c
	}
	return n
}

// Rows that cannot be used are counted and named, and a folder that is away is told; what was known stays.
func TestBillsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	folder, exports := t.TempDir(), filepath.Join(t.TempDir(), "bill.csv")
	bill := billsim.Demo(time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -2))
	if err := writeMonth(exports, bill, bill.Days-20, bill.Days-1); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(exports)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	lines[3] = strings.Repeat("x,", strings.Count(lines[0], ",")) + "x\n"
	if err := os.WriteFile(exports, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	b, db := billsAt(t, folder, BillConfig{Name: "aws", Files: exports, every: time.Millisecond})
	defer closeBills(t, b, db)
	if err := b.readOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := b.book.Status("aws"); rejectedRows(s) != 1 || s.Rows < 1000 {
		t.Errorf("%+v, want one row that cannot be used", s)
	}
	if err := os.Rename(exports, exports+".away"); err != nil {
		t.Fatal(err)
	}
	if err := b.readOnce(t.Context()); err == nil {
		t.Error("a file that is away is no error")
	}
	if s := b.book.Status("aws"); s.Err == "" || s.Rows < 1000 {
		t.Errorf("%+v, want what was known, and why there is no more", s)
	}
	if _, _, ok := b.book.Days("aws"); !ok {
		t.Error("what was known is forgotten")
	}
}

// However many files are broken, and whatever they are called, what is told of it is a few clear lines.
func TestManyBrokenFiles(t *testing.T) {
	t.Parallel()
	folder, exports := t.TempDir(), t.TempDir()
	for i := range 300 {
		name := fmt.Sprintf("%03d\n<!channel>\x1b[31m\u202e%s.csv", i, strings.Repeat("x", 150))
		if err := os.WriteFile(filepath.Join(exports, name), fmt.Appendf(nil, "BilledCost,EffectiveCost\n%d,2\n", i), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, db := billsAt(t, folder, BillConfig{Name: "aws", Files: exports, every: time.Minute})
	defer closeBills(t, b, db)
	var logged strings.Builder
	b.log = slog.New(slog.NewTextHandler(&logged, nil))
	err := b.readOnce(t.Context())
	if err == nil || len(err.Error()) > 3000 || !strings.Contains(err.Error(), "and 297 more files") {
		t.Errorf("the error has %d bytes: %.300q", len(fmt.Sprint(err)), fmt.Sprint(err))
	}
	s := b.book.Status("aws")
	if len(s.Err) > 1000 || strings.ContainsAny(s.Err, "\n\x1b\u202e") || !strings.Contains(s.Err, "more files") && !strings.HasSuffix(s.Err, "…") {
		t.Errorf("told is %d bytes: %.300q", len(s.Err), s.Err)
	}
	if logged.Len() > 5000 {
		t.Errorf("%d bytes are logged", logged.Len())
	}
}
