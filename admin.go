package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"shipmate/bot"
	"shipmate/state"
	"shipmate/state/audit"
	"shipmate/state/segments"
)

// An order is something to do with a data folder: backup; list, retry or drop of dead letters; or head, of the audit log.
type order struct {
	Do string `json:"do"`
	ID string `json:"id,omitempty"` // of the dead letter
}

// A report is what came of an order.
type report struct {
	Letters []bot.DeadLetter `json:"letters,omitempty"` // all, or the one that was retried or dropped
	Path    string           `json:"path,omitempty"`    // of the backup
	Head    *audit.Head      `json:"head,omitempty"`    // nil: nothing was logged yet
	Err     string           `json:"err,omitempty"`
}

// A keeper carries out orders on an open data file. Only the process that has the file open can.
type keeper struct {
	db     *state.DB
	folder string
	bot    *bot.Bot        // the one that runs on it; nil: none does
	bills  *segments.Store // what bills said; nil: whoever runs on it has it, or nobody does
}

// backup saves the data file and what bills said.
func (k keeper) backup(ctx context.Context) (path string, err error) {
	dir := backupDir(k.folder)
	if path, err = k.db.SaveBackup(ctx, dir, time.Now()); err != nil {
		return "", err
	}
	bills := k.bills
	if bills == nil {
		if bills, err = segments.Open(billsDir(k.folder)); err != nil {
			return path, err
		}
		defer func() { err = errors.Join(err, bills.Close()) }()
	}
	_, err = bills.CopyTo(ctx, billsDir(dir))
	return path, err
}

func (k keeper) do(ctx context.Context, o order) (r report, err error) {
	var one bot.DeadLetter
	switch o.Do {
	case "backup":
		r.Path, err = k.backup(ctx)
		return r, err
	case "head":
		r.Head, err = loggedHead(ctx, k.db)
		return r, err
	case "list":
		r.Letters, err = bot.DeadLetters(ctx, store{k.db})
		return r, err
	case "retry":
		if k.bot != nil {
			one, err = k.bot.RetryDead(ctx, o.ID)
		} else {
			one, err = bot.RetryDead(ctx, store{k.db}, o.ID)
		}
	case "drop":
		one, err = bot.DropDead(ctx, store{k.db}, o.ID)
	default:
		err = fmt.Errorf("%q is no order", o.Do)
	}
	if err == nil {
		r.Letters = []bot.DeadLetter{one}
	}
	return r, err
}

// socketPath is where the running program takes orders: a socket that only its own user may open. The path of a socket must be short, so it is
// relative where that is shorter.
func socketPath(folder string) string {
	path := filepath.Join(folder, "shipmate.sock")
	if here, err := os.Getwd(); err == nil {
		if short, err := filepath.Rel(here, path); err == nil && len(short) < len(path) {
			return short
		}
	}
	return path
}

// serveOrders takes orders until ctx ends. Without it everything else works, so what is wrong is only logged.
func (k keeper) serveOrders(ctx context.Context, log *slog.Logger) {
	path := socketPath(k.folder)
	_ = os.Remove(path) // of an earlier process: whoever has the data file open owns the socket
	listener, err := net.Listen("unix", path)
	if err == nil {
		err = os.Chmod(path, 0o600) // the folder lets nobody else in meanwhile
	}
	if err != nil {
		log.Warn("no orders are taken while I run: the commands dead and backup will not work", "err", err)
		return
	}
	server := &http.Server{Handler: http.HandlerFunc(k.answer), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Error("no orders are taken any more", "err", err)
	}
}

func (k keeper) answer(w http.ResponseWriter, r *http.Request) {
	var o order
	var out report
	err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&o)
	if err == nil {
		out, err = k.do(r.Context(), o)
	}
	if err != nil {
		out.Err = err.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // whoever asked has left otherwise
}

// give has an order carried out: by the program that runs on the folder, else by this one.
func give(ctx context.Context, folder string, o order, log *slog.Logger) (report, error) {
	if _, err := os.Stat(dataFile(folder)); errors.Is(err, fs.ErrNotExist) {
		return report{}, fmt.Errorf("there is no data file in %s: name the folder of config.yaml's data with --data", folder)
	}
	r, err := ask(ctx, folder, o)
	if !errors.Is(err, errNobody) {
		return r, err
	}
	db, err := openData(ctx, folder, nil, log)
	if err != nil { // the program that has it may just have started
		if r, later := ask(ctx, folder, o); !errors.Is(later, errNobody) {
			return r, later
		}
		return report{}, err
	}
	r, err = keeper{db: db, folder: folder}.do(ctx, o)
	return r, errors.Join(err, db.Close())
}

// errNobody says that no program takes orders for the folder.
var errNobody = errors.New("nobody takes orders")

// ask gives an order to the running program.
func ask(ctx context.Context, folder string, o order) (r report, err error) {
	var dialer net.Dialer
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", socketPath(folder))
	}}}
	body, err := json.Marshal(o)
	if err != nil {
		return r, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://shipmate/", bytes.NewReader(body))
	if err != nil {
		return r, err
	}
	resp, err := client.Do(req)
	if _, refused := errors.AsType[*net.OpError](err); refused && ctx.Err() == nil {
		return r, errNobody
	}
	if err != nil {
		return r, fmt.Errorf("the running Shipmate does not answer: %w", err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		return r, fmt.Errorf("the running Shipmate does not answer: %w", err)
	}
	if r.Err != "" {
		err = errors.New(r.Err)
	}
	return r, err
}
