package github

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
)

var errClosed = errors.New("the repository is closed")

// A worker is one long-lived git process that answers requests written to its
// standard input, such as "git cat-file --batch".
type worker struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *tail
	used   int
}

// stop ends the process. It is safe after the process ended by itself.
func (w *worker) stop() {
	_ = w.in.Close()
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait()
}

// A crew is a small set of workers that run the same git command. Workers start
// when first needed and are kept.
type crew struct {
	repo *repository
	args []string
	turn chan struct{} // holds a token for each worker that may be busy

	mu     sync.Mutex
	idle   []*worker
	closed bool
}

// retireAfter bounds what a worker's memory can grow to: git never frees the
// objects it has parsed.
const retireAfter = 2000

func newCrew(r *repository, size int, args ...string) *crew {
	return &crew{repo: r, args: args, turn: make(chan struct{}, size)}
}

// do waits for a worker and lends it to work. A worker whose work failed, or
// was interrupted by ctx, is ended and not used again: its output is out of step.
// Work that failed on a worker that had served before is done once more on a new
// one: an interrupt from the terminal ends git, too.
func (c *crew) do(ctx context.Context, work func(*worker) error) error {
	if err := ctx.Err(); err != nil {
		return err // select would choose at random between a free turn and the end of ctx
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		w, err := c.take()
		if err != nil {
			return err
		}
		served := w.used > 0
		if err := c.lend(ctx, w, work); err == nil || !served || ctx.Err() != nil {
			return err
		}
	}
}

// lend runs work with w, then puts w back or ends it.
func (c *crew) lend(ctx context.Context, w *worker, work func(*worker) error) error {
	release := context.AfterFunc(ctx, func() { _ = w.cmd.Process.Kill() })
	err := work(w)
	interrupted := !release()
	w.used++
	if err == nil && !interrupted && w.used < retireAfter && c.put(w) {
		return nil
	}
	w.stop()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case w.stderr.String() != "":
		return failed(c.args, w.stderr, err)
	default:
		return fmt.Errorf("git %s: %w", c.args[0], err)
	}
}

func (c *crew) take() (*worker, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errClosed
	}
	if n := len(c.idle); n > 0 {
		w := c.idle[n-1]
		c.idle = c.idle[:n-1]
		return w, nil
	}
	return c.start()
}

func (c *crew) put(w *worker) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.idle = append(c.idle, w)
	return true
}

// start runs the command. The process ends with stop, never with a request's
// context: it outlives the request that needed it first.
func (c *crew) start() (*worker, error) {
	w := &worker{cmd: c.repo.command(context.Background(), c.args...), stderr: new(tail)}
	w.cmd.Stderr = w.stderr
	var err error
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		return nil, failed(c.args, w.stderr, err)
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, failed(c.args, w.stderr, err)
	}
	if err := w.cmd.Start(); err != nil {
		return nil, failed(c.args, w.stderr, err)
	}
	w.out = bufio.NewReaderSize(out, 64<<10)
	return w, nil
}

// close ends the idle workers, and the busy ones when they finish.
func (c *crew) close() {
	c.mu.Lock()
	idle := c.idle
	c.idle, c.closed = nil, true
	c.mu.Unlock()
	for _, w := range idle {
		w.stop()
	}
}
