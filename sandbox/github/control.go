package github

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const controlPrefix = "/control/github/"

// A control answers one request of the web page or of a test. Its error is shown
// as {"error": …}; a *controlError carries a status, any other error is 500.
type control func(*http.Request, *index) (any, error)

// A controlError is a mistake in a request to the control API.
type controlError struct {
	status int
	text   string // a sentence
}

func (e *controlError) Error() string { return e.text }

func refuse(status int, format string, args ...any) error {
	return &controlError{status, fmt.Sprintf(format, args...)}
}

// registerControl adds the control API to mux. It asks for no token: whoever
// serves it must keep strangers and other web sites out.
func (s *Server) registerControl(mux *http.ServeMux) {
	for pattern, run := range map[string]control{
		"GET state":           s.controlState,
		"GET pulls":           s.controlPulls,
		"GET pulls/{number}":  s.controlPull,
		"POST comment":        s.controlComment,
		"POST line-comment":   s.controlLineComment,
		"POST webhook":        s.controlWebhook,
		"POST edit-comment":   s.controlEdit,
		"POST delete-comment": s.controlDelete,
		"POST check-run":      s.controlCheckRun,
		"POST job-log":        s.controlJobLog,
		"POST deployment":     s.controlDeployment,
		"POST required":       s.controlRequired,
		"POST review":         s.controlReview,
		"POST ask-review":     s.controlAsk,
		"POST resolve-thread": s.controlResolve,
		"POST fault":          s.controlFault,
		"DELETE faults":       s.controlClearFaults,
		"POST expire-tokens":  s.controlExpire,
		"GET log":             s.controlLog,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+controlPrefix+path, func(w http.ResponseWriter, r *http.Request) { s.serveControl(w, r, run) })
	}
	mux.HandleFunc("GET "+controlPrefix+"events", s.feed.serve)
	mux.HandleFunc(controlPrefix, func(w http.ResponseWriter, r *http.Request) {
		s.serveControl(w, r, func(*http.Request, *index) (any, error) {
			return nil, refuse(http.StatusNotFound, "There is no %s %s here.", r.Method, r.URL.Path)
		})
	})
}

func (s *Server) serveControl(w http.ResponseWriter, r *http.Request, run control) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	x, err := s.index(r.Context())
	var body any
	if err == nil {
		body, err = run(r, x)
	}
	status := http.StatusOK
	if err != nil {
		status = http.StatusInternalServerError
		if problem, ok := errors.AsType[*controlError](err); ok {
			status = problem.status
		} else if errors.Is(err, errClosed) {
			status = http.StatusServiceUnavailable
		} else if r.Context().Err() == nil {
			s.log.Error("answering a control request", "path", r.URL.Path, "error", err)
		}
		body = doc{"error": err.Error()}
	}
	out, err := json.Marshal(body)
	if err != nil { // not for the types of this package
		s.log.Error("encoding an answer", "error", err)
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", jsonContent)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(out)
}

// read decodes the body of a control request.
func read(r *http.Request, v any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return refuse(http.StatusBadRequest, "The request is not the JSON that is expected here: %v.", err)
	}
	return nil
}

// someone returns the account with the given login; "" is ada.
func (s *Server) someone(login string) (person, error) {
	p, ok := s.people.find(cmp.Or(login, adaLogin))
	if !ok {
		return p, refuse(http.StatusNotFound, "There is nobody called %q.", login)
	}
	return p, nil
}

func (x *index) known(number int) (*pull, error) {
	if p := x.find(number); p != nil {
		return p, nil
	}
	return nil, refuse(http.StatusNotFound, "There is no pull request %d.", number)
}

func (s *Server) controlState(_ *http.Request, x *index) (any, error) {
	open := 0
	for _, p := range x.pulls {
		if p.state == "open" {
			open++
		}
	}
	return doc{
		"repo": s.Repository(), "default_branch": x.defaultBranch, "me": adaLogin, "bot": BotLogin,
		"pulls": len(x.pulls), "open": open, "empty": x.refs.tip == "",
	}, nil
}

const controlPageSize = 50

func (s *Server) controlPulls(r *http.Request, x *index) (any, error) {
	q := r.URL.Query()
	state, text := q.Get("state"), strings.ToLower(strings.TrimSpace(q.Get("q")))
	list := slices.DeleteFunc(slices.Clone(x.pulls), func(p *pull) bool {
		return state != "" && state != "all" && p.state != state || text != "" && !p.mentions(text)
	})
	page, err := strconv.Atoi(cmp.Or(q.Get("page"), "1"))
	if err != nil || page < 1 {
		return nil, refuse(http.StatusBadRequest, "The page must be a number from 1.")
	}
	start := min((page-1)*controlPageSize, len(list))
	shown := list[start:min(start+controlPageSize, len(list))]
	all, err := s.reader.detailsForAll(r.Context(), shown)
	if err != nil {
		return nil, err
	}
	said := s.store.remarks()
	rows := make([]doc, len(shown))
	err = forEach(len(shown), func(i int) error {
		n, err := s.reader.countsOf(r.Context(), all[i])
		rows[i] = pullRow(shown[i], all[i], n, said[shown[i].number], x)
		if err != nil { // contents are missing: the other rows are still worth showing
			maps.Copy(rows[i], doc{"additions": nil, "deletions": nil, "changed_files": nil})
		}
		return r.Context().Err()
	})
	if err != nil {
		return nil, err
	}
	return doc{"pulls": rows, "total": len(list)}, nil
}

// mentions reports whether text, in lower case, is in the title, the author, the
// branch or the number.
func (p *pull) mentions(text string) bool {
	return strings.Contains(strings.ToLower(p.title+"\n"+p.author+"\n"+p.headRef), text) ||
		strings.TrimPrefix(text, "#") == strconv.Itoa(p.number)
}

// pullRow is a pull request in the page's list.
func pullRow(p *pull, d *details, n counts, said remarks, x *index) doc {
	return doc{
		"number": p.number, "title": p.title, "state": p.state, "merged": p.merged(), "draft": p.draft(), "author": d.author,
		"head_ref": p.headRef, "base_ref": x.defaultBranch, "created_at": stamp(p.created), "merged_at": stamp(p.mergedAt),
		"updated_at": stamp(later(p.updated, said.last)),
		"additions":  n.additions, "deletions": n.deletions, "changed_files": n.files, "comments": said.comments,
	}
}

const controlFileLimit = 300

func (s *Server) controlPull(r *http.Request, x *index) (any, error) {
	n, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%q is not a number.", r.PathValue("number"))
	}
	p, err := x.known(n)
	if err != nil {
		return nil, err
	}
	d, err := s.reader.detailsOf(r.Context(), p)
	if err != nil {
		return nil, err
	}
	changes, err := s.reader.diffOf(r.Context(), d)
	if err != nil {
		return nil, err
	}
	out := pullRow(p, d, changes.counts(), s.store.remarks()[n], x)
	files := []doc{}
	for _, f := range changes.files[:min(len(changes.files), controlFileLimit)] {
		files = append(files, doc{
			"filename": validPath(f.path), "previous_filename": validPath(f.previous), "status": f.status,
			"additions": f.additions, "deletions": f.deletions, "binary": f.binary, "patch": f.patch,
		})
	}
	comments := []doc{}
	for _, m := range s.store.comments(n, time.Time{}) {
		comments = append(comments, s.remark(m))
	}
	reviews, checks := s.store.reviews(n), s.store.checks(d.head.id, false)
	maps.Copy(out, doc{
		"body": d.body, "head": d.head.id, "base": d.base, "commits": d.commitsTotal,
		"files": files, "comments": comments, "reviews": reviews, "checks": checks, "review_requests": s.store.asked(n),
	})
	return out, nil
}

// remark is a comment as the page shows it.
func (s *Server) remark(m comment) doc {
	totals := make(map[string]int)
	for _, r := range m.Reactions {
		totals[r.Content]++
	}
	p := s.people.get(m.User)
	return doc{
		"id": m.ID, "number": m.Number, "author": p.login, "author_name": p.name, "is_bot": p.bot, "body": m.Body,
		"created_at": stamp(m.Created), "updated_at": stamp(m.Updated), "reactions": totals,
	}
}

// tell sends an event about a comment to everybody who listens.
func (s *Server) tell(kind string, m comment) {
	if err := s.feed.send(doc{"type": kind, "number": m.Number, "comment": s.remark(m)}); err != nil {
		s.log.Error("sending an event", "error", err)
	}
}

func (s *Server) controlLog(r *http.Request, _ *index) (any, error) {
	return doc{"calls": s.calls.list(r.URL.Query().Get("method"), r.URL.Query().Get("path"))}, nil
}
