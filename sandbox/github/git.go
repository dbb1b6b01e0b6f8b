package github

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A repository is a git repository on disk that is only ever read.
// It holds no process: each method starts git and waits for it, except where
// a method's comment says otherwise.
type repository struct {
	dir       string          // where git runs: the folder the caller named
	emptyTree string          // id of the empty tree in the repository's hash
	boundary  map[string]bool // commits whose parents a shallow clone lacks
}

// openRepository finds the repository that dir is, or is inside of: a work tree,
// a linked work tree, a .git folder or a bare repository.
func openRepository(ctx context.Context, dir string) (*repository, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding %q: %w", dir, err)
	}
	info, err := os.Stat(abs)
	if err != nil {
		return nil, fmt.Errorf("%s is not a git repository (%w); name the folder of a git clone with --repo", abs, err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a git repository but a file; name the folder of a git clone with --repo", abs)
	}
	if _, err := exec.LookPath("git"); err != nil {
		return nil, fmt.Errorf("git is needed to read %s (%w); install git and try again", abs, err)
	}
	r := &repository{dir: abs}
	if _, err := r.output(ctx, "rev-parse", "--git-dir"); err != nil {
		return nil, fmt.Errorf("%s is not a git repository (%w); name the folder of a git clone with --repo", abs, err)
	}
	if r.emptyTree, err = r.text(ctx, "hash-object", "-t", "tree", os.DevNull); err != nil {
		return nil, fmt.Errorf("reading %s: %w", abs, err)
	}
	return r, r.readBoundary(ctx)
}

// readBoundary learns where a shallow clone's history was cut off.
func (r *repository) readBoundary(ctx context.Context) error {
	file, err := r.text(ctx, "rev-parse", "--git-path", "shallow")
	if err != nil {
		return fmt.Errorf("reading %s: %w", r.dir, err)
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(r.dir, file)
	}
	list, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the limits of a shallow clone: %w", err)
	}
	r.boundary = make(map[string]bool)
	for line := range strings.Lines(string(list)) {
		r.boundary[strings.TrimSpace(line)] = true
	}
	return nil
}

// command prepares one git command. No argument reaches a shell, nothing of the
// caller's environment or of the system's and the user's configuration changes
// what git prints, and git neither fetches, asks, locks nor runs hooks.
func (r *repository) command(ctx context.Context, args ...string) *exec.Cmd {
	settings := []string{
		"--no-pager", "--literal-pathspecs",
		"-c", "safe.directory=*",
		"-c", "core.quotePath=off",
		"-c", "core.fsmonitor=false",
		"-c", "core.hooksPath=" + os.DevNull,
		"-c", "diff.suppressBlankEmpty=false",
		"-c", "diff.relative=false",
		"-c", "log.showSignature=false",
	}
	cmd := exec.CommandContext(ctx, "git", append(settings, args...)...)
	cmd.Dir = r.dir
	cmd.Env = cleanEnv(os.Environ())
	return cmd
}

// cleanEnv drops every GIT_ variable and shuts out configuration, prompts,
// transports and optional locks.
func cleanEnv(env []string) []string {
	var kept []string
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		switch {
		case strings.HasPrefix(name, "GIT_"), name == "HOME", name == "XDG_CONFIG_HOME", name == "LANG", strings.HasPrefix(name, "LC_"):
		default:
			kept = append(kept, v)
		}
	}
	return append(kept,
		"HOME="+os.DevNull, "XDG_CONFIG_HOME="+os.DevNull, // git before 2.32 knows no GIT_CONFIG_GLOBAL
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0",
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", // a partial clone must not fetch
		"LC_ALL=C")
}

// A gitError is a git command that failed.
type gitError struct {
	command string // "git log"
	stderr  string // the last line git wrote to standard error; may be empty
	err     error
}

func (e *gitError) Error() string {
	if e.stderr == "" {
		return fmt.Sprintf("%s: %v", e.command, e.err)
	}
	return fmt.Sprintf("%s: %s", e.command, e.stderr)
}

func (e *gitError) Unwrap() error { return e.err }

// failed describes a command that ended with err.
func failed(args []string, stderr *tail, err error) error {
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	return &gitError{command: "git " + args[0], stderr: lines[len(lines)-1], err: err}
}

// output runs git and returns what it printed.
func (r *repository) output(ctx context.Context, args ...string) ([]byte, error) {
	var out bytes.Buffer
	stderr := new(tail)
	cmd := r.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, stderr
	if err := cmd.Run(); err != nil {
		return nil, failed(args, stderr, err)
	}
	return out.Bytes(), nil
}

// text is output without its final newline.
func (r *repository) text(ctx context.Context, args ...string) (string, error) {
	out, err := r.output(ctx, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

// stream runs git with stdin and hands read its output while it is printed.
// When read returns early, git is ended.
func (r *repository) stream(ctx context.Context, stdin io.Reader, read func(*bufio.Reader) error, args ...string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stderr := new(tail)
	cmd := r.command(ctx, args...)
	cmd.Stdin, cmd.Stderr = stdin, stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return failed(args, stderr, err)
	}
	if err := cmd.Start(); err != nil {
		return failed(args, stderr, err)
	}
	readErr := read(bufio.NewReaderSize(out, 64<<10))
	if readErr != nil {
		cancel()
	}
	waitErr := cmd.Wait()
	switch {
	case readErr != nil && !errors.Is(readErr, io.ErrUnexpectedEOF):
		return readErr
	case waitErr != nil: // git's own complaint explains an output that ended early
		return failed(args, stderr, waitErr)
	default:
		return readErr
	}
}

// A tail keeps the last kilobytes written to it.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	const limit = 4 << 10
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - limit; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.ToValidUTF8(string(t.kept), "\uFFFD") }
