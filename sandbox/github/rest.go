package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	apiPrefix   = "/api/v3"
	docsURL     = "https://docs.github.com/rest"
	bodyLimit   = 1 << 20 // bytes of a request that are read
	jsonContent = "application/json; charset=utf-8"
)

// A call is one request to the REST API on its way through an endpoint.
type call struct {
	*http.Request
	server *Server
	index  *index
	who    person            // whose token it came with
	with   credential        // what kind of token that is
	base   string            // "http://127.0.0.1:8080"
	vars   map[string]string // what the route's wildcards stand for, unescaped
	raw    []byte            // the body
}

// An answer is what an endpoint says. Its body is encoded as JSON.
type answer struct {
	status   int // 0 means 200
	body     any // nil for no body
	links    []link
	location string
	modified time.Time // zero for no Last-Modified
}

// An endpoint answers one kind of request. An *apiError is shown to the client;
// any other error is logged and becomes 500.
type endpoint func(context.Context, *call) (answer, error)

// An apiError is an answer that says what is wrong, in GitHub's words.
type apiError struct {
	status  int
	message string
	docs    string // "" is the documentation's first page
	errors  []fieldError
	header  http.Header
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s", e.status, e.message) }

// A fieldError says what is wrong with one field of a request.
type fieldError struct {
	Resource string `json:"resource"`
	Field    string `json:"field"`
	Code     string `json:"code"`
	Message  string `json:"message,omitempty"`
}

func notFound() error { return &apiError{status: http.StatusNotFound, message: "Not Found"} }

func invalid(problem fieldError) error {
	return &apiError{status: http.StatusUnprocessableEntity, message: "Validation Failed", errors: []fieldError{problem}}
}

// serveAPI answers one request to the REST API: a scripted fault, or else the
// endpoint's answer, with GitHub's headers.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	out := &response{header: make(http.Header)}
	out.header.Set("X-GitHub-Request-Id", requestID())
	out.header.Set("X-GitHub-Media-Type", "github.v3; format=json")
	out.header.Set("X-GitHub-Api-Version-Selected", "2022-11-28")
	login := ""
	if fault, ok := s.faults.take(r.Method, r.URL.Path); ok {
		login = s.suffer(w, r, fault, out)
	} else {
		login = s.answer(r, out)
	}
	if out.aborted { // a scripted broken connection
		s.calls.add(r, login, 0, time.Since(began))
		panic(http.ErrAbortHandler)
	}
	s.calls.add(r, login, out.status, time.Since(began)) // before the client can ask for the log
	maps.Copy(w.Header(), out.header)
	if out.truncated {
		w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
		w.WriteHeader(out.status)
		_, _ = w.Write(out.body[:len(out.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body)
}

// A response is what will be sent.
type response struct {
	header    http.Header
	status    int
	body      []byte
	aborted   bool // the connection is broken off without a word
	truncated bool // or in the middle of the body
}

// answer fills in the response and returns the login the request came with.
func (s *Server) answer(r *http.Request, out *response) string {
	who, with, err := s.identify(r)
	if err != nil {
		s.fail(out, r, err)
		return ""
	}
	got, err := s.dispatch(r, who, with)
	if err != nil {
		s.fail(out, r, err)
		return who.login
	}
	out.status = got.status
	if out.status == 0 {
		out.status = http.StatusOK
	}
	if got.location != "" {
		out.header.Set("Location", got.location)
	}
	if len(got.links) > 0 {
		out.header.Set("Link", joinLinks(got.links))
	}
	if !got.modified.IsZero() {
		out.header.Set("Last-Modified", got.modified.UTC().Format(http.TimeFormat))
	}
	if got.body != nil {
		s.encode(out, got.body)
	}
	if out.status == http.StatusOK && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		revalidate(r, out, got.modified)
	}
	s.rates.count(who.login, resourceOf(r), out)
	return who.login
}

// dispatch finds the endpoint and runs it, unless a rate limit is reached.
func (s *Server) dispatch(r *http.Request, who person, with credential) (answer, error) {
	if err := s.rates.allow(who.login, r); err != nil {
		return answer{}, err
	}
	run, vars := s.match(r)
	if run == nil {
		return answer{}, notFound()
	}
	if with == appToken && !aboutApp(r.URL.Path) {
		return answer{}, notForApps()
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	if err != nil {
		return answer{}, &apiError{status: http.StatusBadRequest, message: "The request body could not be read"}
	}
	if len(raw) > bodyLimit {
		return answer{}, &apiError{status: http.StatusRequestEntityTooLarge, message: "The request body is too large"}
	}
	x, err := s.index(r.Context())
	if err != nil {
		return answer{}, err
	}
	return run(r.Context(), &call{Request: r, server: s, index: x, who: who, with: with, base: s.base(r), vars: vars, raw: raw})
}

// base is the address that URLs in answers begin with.
func (s *Server) base(r *http.Request) string {
	if s.options.BaseURL != nil {
		return strings.TrimSuffix(s.options.BaseURL(), "/")
	}
	return "http://" + r.Host
}

// fail turns an error into GitHub's answer.
func (s *Server) fail(out *response, r *http.Request, err error) {
	problem, ok := errors.AsType[*apiError](err)
	switch {
	case ok:
	case errors.Is(err, errClosed):
		problem = &apiError{status: http.StatusServiceUnavailable, message: "Service Unavailable"}
	default:
		if r.Context().Err() == nil {
			s.log.Error("answering a GitHub request", "method", r.Method, "path", r.URL.Path, "error", err)
		}
		problem = &apiError{status: http.StatusInternalServerError, message: "Server Error"}
	}
	maps.Copy(out.header, problem.header)
	docs := problem.docs
	if docs == "" {
		docs = docsURL
	}
	out.status = problem.status
	s.encode(out, errorBody{problem.message, problem.errors, docs, strconv.Itoa(problem.status)})
	if problem.status != http.StatusUnauthorized && problem.header == nil {
		if who, _, err := s.identify(r); err == nil {
			s.rates.count(who.login, resourceOf(r), out)
		}
	}
}

type errorBody struct {
	Message string       `json:"message"`
	Errors  []fieldError `json:"errors,omitempty"`
	Docs    string       `json:"documentation_url"`
	Status  string       `json:"status"`
}

// encode writes v as JSON without escaping HTML, as GitHub does.
func (s *Server) encode(out *response, v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil { // not for the types of this package
		s.log.Error("encoding an answer", "error", err)
		out.status = http.StatusInternalServerError
		return
	}
	out.header.Set("Content-Type", jsonContent)
	out.body = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// decode reads the request's JSON body into v.
func (c *call) decode(v any) error {
	if err := json.Unmarshal(c.raw, v); err != nil {
		if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return &apiError{status: http.StatusUnprocessableEntity, message: fmt.Sprintf("Invalid request.\n\nFor '%s', %s is not of the right type.", t.Field, t.Value)}
		}
		return &apiError{status: http.StatusBadRequest, message: "Problems parsing JSON"}
	}
	return nil
}

// number reads a wildcard that is a number; other text is Not Found.
func (c *call) number(name string) (int64, error) {
	n, err := strconv.ParseInt(c.vars[name], 10, 64)
	if err != nil || n < 1 {
		return 0, notFound()
	}
	return n, nil
}

// pull returns the pull request the route names.
func (c *call) pull() (*pull, error) {
	n, err := c.number("number")
	if err != nil || n > 1<<30 {
		return nil, notFound()
	}
	if p := c.index.find(int(n)); p != nil {
		return p, nil
	}
	return nil, notFound()
}
