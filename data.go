package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"shipmate/state"
	"shipmate/state/segments"
)

const (
	maxData     = 1 << 30 // bytes; far more than a busy workspace needs, and a runaway is stopped
	backupEvery = time.Hour
)

// dataFile is the data file in a data folder, and backupDir the folder of its backups.
func dataFile(folder string) string  { return filepath.Join(folder, "shipmate.db") }
func backupDir(folder string) string { return filepath.Join(folder, "backups") }

// openData opens the data file in a folder. An existing one is checked first, in a process of its own: some damage ends a process.
// committed, unless nil, is told how long each durable write took.
func openData(ctx context.Context, folder string, committed func(time.Duration), log *slog.Logger) (*state.DB, error) {
	return state.Open(state.Options{
		Path: dataFile(folder), MaxBytes: maxData, Committed: committed, Log: log,
		Check: func(path string) error { return checkInChild(ctx, path) },
	})
}

// checkInChild runs `shipmate check` on a file; where that cannot be started, the file is checked in this process.
func checkInChild(ctx context.Context, path string) error {
	self, err := os.Executable()
	if err != nil {
		return state.CheckFile(path)
	}
	var said bytes.Buffer
	child := exec.CommandContext(ctx, self, "check", "--structure", "--file", path)
	child.Stderr = &said
	err = child.Run()
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if _, ran := errors.AsType[*exec.ExitError](err); !ran {
		return state.CheckFile(path) // this machine lets no program start another
	}
	if text, whole := strings.CutPrefix(strings.TrimSpace(said.String()), errorPrefix); whole {
		return errors.New(text)
	}
	return &state.FileError{Path: path, Why: "is damaged: reading it ends the process that does"}
}

// keepBackups makes a backup every hour until ctx ends. After a start the first is due an hour after the last one that is there.
func (a *app) keepBackups(ctx context.Context) {
	dir := backupDir(a.cfg.Data)
	for {
		due := time.NewTimer(time.Until(state.LastBackup(dir).Add(backupEvery)))
		select {
		case <-ctx.Done():
			due.Stop()
			return
		case <-due.C:
		}
		path, err := a.keeper().backup(ctx)
		if err == nil {
			a.log.Debug("backup made", "path", path)
			continue
		}
		if ctx.Err() != nil {
			return
		}
		a.log.Error("no backup was made", "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(backupEvery / 12):
		}
	}
}

func (p program) checkCommand() *cobra.Command {
	var data, file string
	var structure bool
	cmd := &cobra.Command{
		Use: "check", Short: "reads a data file or a backup whole and says what is wrong with it", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			path := cmp.Or(file, dataFile(data))
			err := state.CheckFile(path)
			if structure && errors.Is(err, state.ErrDamaged) {
				err = nil // single values are put aside when the file is opened
			}
			if err == nil {
				fmt.Fprintln(p.out, path, "is good.")
			}
			return err
		},
	}
	cmd.Flags().StringVar(&data, "data", "data", "`folder` of the data file")
	cmd.Flags().StringVar(&file, "file", "", "`path` of the file, instead of the folder's")
	cmd.Flags().BoolVar(&structure, "structure", false, "do not mind single damaged values")
	_ = cmd.Flags().MarkHidden("structure") // the flag is there
	return cmd
}

// restoreBills brings back what bills said and is only in the backup.
func restoreBills(ctx context.Context, backups, folder string) (err error) {
	if _, err := os.Stat(billsDir(backups)); errors.Is(err, fs.ErrNotExist) {
		return nil // no bill was read
	}
	from, err := segments.Open(billsDir(backups))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	_, err = from.CopyTo(ctx, billsDir(folder))
	return err
}

func (p program) restoreCommand() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "restore BACKUP", Short: "puts a backup in the place of the data file, which is kept beside it", Args: cobra.ExactArgs(1),
		Example: "  shipmate restore --data data data/backups/2026-03-01T12-00-00Z.db",
		RunE: func(cmd *cobra.Command, args []string) error {
			kept, err := state.Restore(args[0], dataFile(data), time.Now())
			if err == nil {
				err = restoreBills(cmd.Context(), filepath.Dir(args[0]), data)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "%s is now as in %s.\n", dataFile(data), args[0])
			if kept != "" {
				fmt.Fprintf(p.out, "What was there is in %s.\n", kept)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&data, "data", "data", "`folder` of the data file")
	return cmd
}
