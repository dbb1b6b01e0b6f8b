package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Options configure a Server.
type Options struct {
	Repo     string           // path of a work tree, a .git folder or a bare repository; "" means the current folder
	Name     string           // "owner/name" to show it under; "" takes it from remote.origin.url, else "local/<folder>"
	Data     string           // JSON file for comments, reactions, reviews, checks and numbers; "" keeps them in memory
	NoLimits bool             // switches off the rate limits, for benchmarks
	Log      *slog.Logger     // nil discards
	BaseURL  func() string    // where the server is reached, such as "http://127.0.0.1:8080"; nil takes it from each request
	Now      func() time.Time // the clock; nil is time.Now
}

// A Server stands in for GitHub. Make one with New. Its methods are safe for
// concurrent use.
type Server struct {
	options Options
	owner   string
	name    string
	log     *slog.Logger
	repo    *repository
	people  *directory
	store   *store
	reader  *reader
	indexer *indexer
	rates   *rates
	calls   *callLog
	feed    *feed
	faults  *faults
	hooks   *hooks
	apps    *apps
	logs    *logHost
	routes  []route

	stop    context.CancelFunc // ends the work that no request waits for
	running context.Context    // ends with stop
	work    sync.WaitGroup

	mu      sync.Mutex
	ready   chan struct{} // closed when the first index is there, or could not be built
	current *index
	failure error
	looked  time.Time // when the branches were last read
	looking bool
}

// refreshAfter is how old the knowledge of the repository may grow before a
// request has it looked at again, in the background.
const refreshAfter = 2 * time.Second

// New opens the repository and the data file, and begins to read the history.
// It does not wait for that: the first requests do. An error says which path is
// no git repository, or which file is damaged. The caller must Close the Server.
func New(o Options) (*Server, error) {
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if o.Now == nil {
		o.Now = time.Now
	}
	running, stop := context.WithCancel(context.Background())
	repo, err := openRepository(running, cmp.Or(o.Repo, "."))
	if err != nil {
		stop()
		return nil, err
	}
	full := cmp.Or(o.Name, repo.remoteName(running))
	owner, name, ok := strings.Cut(full, "/")
	if !ok || !validName.MatchString(owner) || !validName.MatchString(name) {
		stop()
		return nil, fmt.Errorf("%q is not a repository name such as octo/widgets", full)
	}
	data, err := openStore(o.Data, o.Now, o.Log)
	if err != nil {
		stop()
		return nil, err
	}
	people := newDirectory()
	objects := newObjectReader(repo)
	s := &Server{
		options: o, owner: owner, name: name, log: o.Log, repo: repo, people: people, store: data,
		reader:  newReader(repo, objects, people, owner),
		indexer: &indexer{repo: repo, objects: objects, people: people, numbers: data},
		rates:   newRates(o.Now, o.NoLimits), calls: newCallLog(), feed: newFeed(), faults: new(faults), hooks: new(hooks), logs: new(logHost), apps: newApps(o.Now),
		stop: stop, running: running, ready: make(chan struct{}),
	}
	s.routes = s.table()
	s.work.Go(s.firstIndex)
	return s, nil
}

// Close ends the git processes and event streams, and writes what is not written
// yet. Requests that still run fail.
func (s *Server) Close() error {
	s.mu.Lock() // index starts no work after this
	s.stop()
	s.mu.Unlock()
	s.feed.close()
	err := s.logs.close()
	s.work.Wait()
	s.reader.close()
	return errors.Join(err, s.store.close())
}

// Repository returns the name the repository is shown under: "owner/name".
func (s *Server) Repository() string { return s.owner + "/" + s.name }

// Handler serves /api/v3/, /api/graphql and /control/github/.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(apiPrefix+"/", s.serveAPI)
	mux.HandleFunc(graphPath, s.serveAPI)
	s.registerControl(mux)
	return mux
}

// BotToken returns the access token of the bot's account. It is valid on a
// stand-in only, and is put together here so that scanners for leaked secrets
// stay quiet.
func BotToken() string { return strings.Join([]string{"ghp", "sandboxbot"}, "_") }

// AdaToken returns the access token of the account "ada", a person who
// administers the repository.
func AdaToken() string { return strings.Join([]string{"ghp", "sandboxada"}, "_") }

func (s *Server) firstIndex() {
	defer close(s.ready)
	s.rebuild()
}

// rebuild looks at the branches and, when they changed, at the history, and tells
// the webhook what is new.
func (s *Server) rebuild() {
	if old, now := s.look(); now != nil {
		s.compare(old, now)
	}
}

// look makes a new index when the branches changed, and returns it with the one
// before; else now is nil.
func (s *Server) look() (old, now *index) {
	found, err := s.repo.readRefs(s.running)
	s.mu.Lock()
	old = s.current
	s.mu.Unlock()
	if err == nil && (old == nil || !old.refs.equal(found)) {
		now, err = s.indexer.build(s.running, found)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked, s.looking = s.options.Now(), false
	switch {
	case err != nil && s.running.Err() != nil:
		s.failure = errClosed
	case err != nil:
		s.log.Error("reading the git repository", "error", err)
		s.failure = err
	case now != nil:
		s.current, s.failure = now, nil
		return old, now
	}
	return old, nil
}

// index returns what is known of the repository. The first callers wait for it;
// later ones get what is there, and have it looked at again when it is old.
func (s *Server) index(ctx context.Context) (*index, error) {
	select {
	case <-s.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running.Err() != nil {
		return nil, errClosed
	}
	if !s.looking && s.options.Now().Sub(s.looked) > refreshAfter {
		s.looking = true
		s.work.Go(s.rebuild)
	}
	if s.current == nil {
		return nil, cmp.Or(s.failure, errors.New("the repository was not read"))
	}
	return s.current, nil
}

var (
	validName  = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	remotePath = regexp.MustCompile(`[/:]([A-Za-z0-9._-]+)/([A-Za-z0-9._-]+?)(?:\.git)?/?$`)
)

// remoteName derives "owner/name" from the address of origin, or from the folder.
func (r *repository) remoteName(ctx context.Context) string {
	address, _ := r.text(ctx, "config", "--get", "remote.origin.url") // fails when there is no origin
	local := !strings.Contains(address, "://") && !strings.Contains(address, ":") || strings.HasPrefix(address, "file:") || filepath.IsAbs(address)
	if m := remotePath.FindStringSubmatch(address); m != nil && !local {
		return m[1] + "/" + m[2]
	}
	top, _ := r.text(ctx, "rev-parse", "--show-toplevel") // fails in a bare repository and inside .git
	folder := filepath.Base(cmp.Or(top, r.dir))
	if folder == ".git" {
		folder = filepath.Base(filepath.Dir(r.dir))
	}
	folder = strings.TrimSuffix(folder, ".git")
	folder = strings.Trim(unsafeInName.ReplaceAllString(folder, "-"), "-.")
	return "local/" + cmp.Or(folder, "repository")
}

var unsafeInName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)
