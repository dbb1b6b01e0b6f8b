package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"shipmate/bot"
	"shipmate/state"
	"shipmate/state/audit"
)

// auditDir is the folder of the audit log in a data folder. The key stands beside it unless the configuration names another.
func auditDir(folder string) string { return filepath.Join(folder, "audit") }

func auditKey(folder string, key Secret) ([]byte, error) {
	if key.value != "" {
		return audit.ParseKey(key.value)
	}
	return audit.LoadKey(filepath.Join(folder, "audit.key"), auditDir(folder))
}

const (
	auditEvery = time.Second
	auditBatch = 500
	auditHead  = "chain/head" // where the data file keeps the audit.Head
)

// An auditor moves what the bot writes down in the data file into the audit log. A record is in the data file until it is in the log, so a crash
// loses none; one that comes again after a crash is known to the log.
type auditor struct {
	db  state.Store
	log *audit.Log

	since atomic.Int64 // Unix seconds since which nothing can be moved; 0: it can
}

// failing says since when nothing was added to the log; "" when all is well.
func (a *auditor) failing() string {
	if since := a.since.Load(); since != 0 {
		return fmt.Sprintf("nothing is added to the audit log since %s, and records wait in the data file: see the log", time.Unix(since, 0).UTC().Format(time.RFC3339))
	}
	return ""
}

func newAuditor(ctx context.Context, db state.Store, folder string, key Secret, log *slog.Logger) (*auditor, error) {
	secret, err := auditKey(folder, key)
	if err != nil {
		return nil, err
	}
	head, err := loggedHead(ctx, db)
	if err != nil {
		return nil, err
	}
	l, err := audit.Open(auditDir(folder), secret, head)
	if err != nil {
		return nil, err
	}
	if l.Healed > 0 {
		log.Warn("the end of the audit log was not whole after a crash; what was being written comes again", "bytes", l.Healed)
	}
	return &auditor{db: db, log: l}, nil
}

// run moves records until ctx ends, and once more after that.
func (a *auditor) run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(auditEvery)
	defer tick.Stop()
	for ended := false; ; {
		err := a.move(context.WithoutCancel(ctx))
		switch {
		case err == nil:
			a.since.Store(0)
		case a.since.CompareAndSwap(0, time.Now().Unix()):
			log.Error("nothing is added to the audit log; records wait in the data file", "err", err)
		}
		if ended {
			return
		}
		select {
		case <-ctx.Done():
			ended = true
		case <-tick.C:
		}
	}
}

// move moves everything that waits.
func (a *auditor) move(ctx context.Context) error {
	for {
		items, err := a.db.Scan(ctx, bot.AuditPrefix, "", auditBatch)
		if err != nil || len(items) == 0 {
			return err
		}
		entries := make([]audit.Entry, 0, len(items))
		ops := make([]state.Op, 0, len(items)+1)
		for _, i := range items {
			var r bot.AuditRecord
			if err := json.Unmarshal(i.Value, &r); err != nil {
				return fmt.Errorf("audit record %s: %w", i.Key, err)
			}
			entries = append(entries, audit.Entry{ID: strings.TrimPrefix(i.Key, bot.AuditPrefix), Time: r.Time, Data: i.Value})
			ops = append(ops, state.Op{Key: i.Key})
		}
		head, err := a.log.Append(entries)
		if err != nil {
			return err
		}
		data, err := json.Marshal(head)
		if err != nil {
			return err
		}
		if err := apply(ctx, a.db, append(ops, state.Op{Key: auditHead, Value: data})...); err != nil {
			return err
		}
	}
}

// loggedHead is the head that the data file knows; nil when nothing was logged yet.
func loggedHead(ctx context.Context, db state.Store) (*audit.Head, error) {
	item, ok, err := db.Get(ctx, auditHead)
	if err != nil || !ok {
		return nil, err
	}
	var head audit.Head
	err = json.Unmarshal(item.Value, &head)
	return &head, err
}

func (p program) auditCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "proves, exports or shortens the log of what was decided and done"}
	cmd.AddCommand(p.auditVerifyCommand(), p.auditExportCommand(), p.auditPruneCommand())
	return cmd
}

func (p program) auditVerifyCommand() *cobra.Command {
	var data, keyName string
	var archived bool
	cmd := &cobra.Command{
		Use: "verify", Short: "checks that nothing in the audit log was changed, removed or added", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			secret, err := p.auditKeyFlag(data, keyName)
			if err != nil {
				return err
			}
			r, err := give(cmd.Context(), data, order{Do: "head"}, newLogger(p.err, quietLog(false)))
			if err != nil {
				return err
			}
			report, err := audit.Verify(auditDir(data), secret, r.Head)
			if err != nil {
				return err
			}
			if report.First > report.Pruned+1 && !archived {
				return fmt.Errorf("the audit log begins with record %d: if the files before it were archived, say so with --archived", report.First)
			}
			fmt.Fprintf(p.out, "%d records in %d files are as they were logged, up to record %d.\n", report.Records, report.Files, report.Last.Seq)
			return nil
		},
	}
	cmd.Flags().StringVar(&data, "data", "data", "`folder` of the data file")
	cmd.Flags().StringVar(&keyName, "key", "", keyUsage)
	cmd.Flags().BoolVar(&archived, "archived", false, "the first files were moved elsewhere")
	return cmd
}

const keyUsage = "the key as `env:NAME or file:PATH`, as under audit in config.yaml (default: audit.key in the folder)"

// auditKeyFlag is the key that --key names.
func (p program) auditKeyFlag(data, name string) ([]byte, error) {
	key := Secret{name: name}
	if name != "" {
		if err := key.resolve(".", p.getenv); err != nil {
			return nil, fmt.Errorf("--key: %w", err)
		}
	}
	return auditKey(data, key)
}

func (p program) auditPruneCommand() *cobra.Command {
	var data, keyName, before string
	cmd := &cobra.Command{
		Use: "prune", Short: "removes whole months from the audit log, and leaves a note of it that verify checks", Args: cobra.NoArgs,
		Example: "  shipmate audit prune --before 2026-01-01",
		RunE: func(*cobra.Command, []string) error {
			until, err := dayFlag("before", before)
			if err != nil {
				return err
			}
			if until.IsZero() {
				return errors.New("say with --before which months go: those before that of the day")
			}
			secret, err := p.auditKeyFlag(data, keyName)
			if err != nil {
				return err
			}
			removed, err := audit.Prune(auditDir(data), secret, until, time.Now())
			if err == nil {
				fmt.Fprintf(p.out, "%d files were removed.\n", removed)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&data, "data", "data", "`folder` of the data file")
	cmd.Flags().StringVar(&keyName, "key", "", keyUsage)
	cmd.Flags().StringVar(&before, "before", "", "a `day`, such as 2026-01-01: months before its own are removed")
	return cmd
}

// auditFields are the columns of an exported table: what an AuditRecord holds.
var auditFields = []string{"event", "outcome", "surface", "actor", "channel", "thread", "message", "command", "reason", "trace"}

func (p program) auditExportCommand() *cobra.Command {
	var data, from, to, format, file string
	cmd := &cobra.Command{
		Use: "export", Short: "writes the records of the audit log as JSON lines or as a table", Args: cobra.NoArgs,
		Example: "  shipmate audit export --from 2026-11-01 --to 2026-12-01 --format csv --out november.csv",
		RunE: func(*cobra.Command, []string) error {
			since, err := dayFlag("from", from)
			if err != nil {
				return err
			}
			until, err := dayFlag("to", to)
			if err != nil {
				return err
			}
			fields := auditFields
			switch format {
			case "csv":
			case "jsonl":
				fields = nil
			default:
				return fmt.Errorf("--format %q: write jsonl or csv", format)
			}
			if file == "" {
				return audit.Export(auditDir(data), p.out, since, until, fields)
			}
			return writeFile(file, func(w io.Writer) error { return audit.Export(auditDir(data), w, since, until, fields) })
		},
	}
	cmd.Flags().StringVar(&data, "data", "data", "`folder` of the data file")
	cmd.Flags().StringVar(&from, "from", "", "first `day`, such as 2026-11-01 (UTC)")
	cmd.Flags().StringVar(&to, "to", "", "the `day` after the last")
	cmd.Flags().StringVar(&format, "format", "jsonl", "jsonl or csv")
	cmd.Flags().StringVar(&file, "out", "", "`file` to write (default: standard output)")
	return cmd
}

func dayFlag(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		err = fmt.Errorf("--%s %q: write a day such as 2026-11-01", name, text)
	}
	return day, err
}

// writeFile has f write a file that nobody else can read.
func writeFile(path string, f func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f(file), file.Close())
}
