package github

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// writer returns who writes, and on which pull request.
func (s *Server) writer(x *index, login string, number int) (person, *pull, error) {
	who, err := s.someone(login)
	if err != nil {
		return person{}, nil, err
	}
	p, err := x.known(number)
	return who, p, err
}

func (s *Server) controlComment(r *http.Request, x *index) (any, error) {
	var in struct {
		User   string `json:"user"`
		Number int    `json:"number"`
		Body   string `json:"body"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	who, p, err := s.writer(x, in.User, in.Number)
	if err != nil {
		return nil, err
	}
	if problem := checkBody(in.Body); problem != nil {
		return nil, refuse(http.StatusUnprocessableEntity, "The comment was not taken: %s.", problem.Message)
	}
	m := s.store.addComment(p.number, who.login, in.Body)
	s.commented(x, who.login, "created", "", m)
	return doc{"id": m.ID}, nil
}

// controlLineComment comments on a line of the diff, or answers such a comment.
func (s *Server) controlLineComment(r *http.Request, x *index) (any, error) {
	var in struct {
		User   string `json:"user"`
		Number int    `json:"number"`
		lineWord
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	who, p, err := s.writer(x, in.User, in.Number)
	if err != nil {
		return nil, err
	}
	d, err := s.reader.detailsOf(r.Context(), p)
	if err != nil {
		return nil, err
	}
	m, problem, err := s.commentOnLine(r.Context(), p, d, who, in.lineWord)
	if err != nil {
		return nil, err
	}
	if problem != nil {
		return nil, refuse(http.StatusUnprocessableEntity, "The comment was not taken: %s.", problem.Message)
	}
	(&call{Request: r, server: s, index: x, who: who, base: s.base(r)}).announceLine(p, d, m)
	return doc{"id": m.ID}, nil
}

// changeable returns the comment with the given id, if login may change it.
func (s *Server) changeable(login string, id int64) (comment, error) {
	who, err := s.someone(login)
	if err != nil {
		return comment{}, err
	}
	m, ok := s.store.comment(id)
	if !ok {
		return m, refuse(http.StatusNotFound, "There is no comment %d.", id)
	}
	if m.User != who.login && !who.mayEdit() {
		return m, refuse(http.StatusForbidden, "%s may not change a comment of %s.", who.login, m.User)
	}
	return m, nil
}

func (s *Server) controlEdit(r *http.Request, x *index) (any, error) {
	var in struct {
		User string `json:"user"`
		ID   int64  `json:"id"`
		Body string `json:"body"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	m, err := s.changeable(in.User, in.ID)
	if err != nil {
		return nil, err
	}
	if problem := checkBody(in.Body); problem != nil {
		return nil, refuse(http.StatusUnprocessableEntity, "The comment was not changed: %s.", problem.Message)
	}
	before := m.Body
	m, ok := s.store.editComment(m.ID, in.Body)
	if !ok {
		return nil, refuse(http.StatusNotFound, "There is no comment %d.", in.ID)
	}
	s.commented(x, cmp.Or(in.User, adaLogin), "edited", before, m)
	return doc{"id": m.ID}, nil
}

func (s *Server) controlDelete(r *http.Request, x *index) (any, error) {
	var in struct {
		User string `json:"user"`
		ID   int64  `json:"id"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	m, err := s.changeable(in.User, in.ID)
	if err != nil {
		return nil, err
	}
	m, ok := s.store.deleteComment(m.ID)
	if !ok {
		return nil, refuse(http.StatusNotFound, "There is no comment %d.", in.ID)
	}
	s.commented(x, cmp.Or(in.User, adaLogin), "deleted", "", m)
	return doc{"id": m.ID}, nil
}

var reviewStates = []string{"APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"}

func (s *Server) controlReview(r *http.Request, x *index) (any, error) {
	var in struct {
		User   string `json:"user"`
		Number int    `json:"number"`
		State  string `json:"state"`
		Body   string `json:"body"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	who, p, err := s.writer(x, in.User, in.Number)
	if err != nil {
		return nil, err
	}
	in.State = strings.ToUpper(in.State)
	if !slices.Contains(reviewStates, in.State) {
		return nil, refuse(http.StatusBadRequest, "The state must be one of %s.", strings.Join(reviewStates, ", "))
	}
	d, err := s.reader.detailsOf(r.Context(), p)
	if err != nil {
		return nil, err
	}
	v := s.store.addReview(review{Number: p.number, User: who.login, State: in.State, Body: in.Body, Commit: d.head.id})
	return doc{"id": v.ID}, nil
}

func (s *Server) controlAsk(r *http.Request, x *index) (any, error) {
	var in struct {
		User   string `json:"user"`
		Number int    `json:"number"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	who, p, err := s.writer(x, in.User, in.Number)
	if err != nil {
		return nil, err
	}
	s.store.ask(p.number, who.login)
	return doc{"ok": true}, nil
}

func (s *Server) controlFault(r *http.Request, _ *index) (any, error) {
	var in struct {
		Fault
		DelayMS int `json:"delay_ms"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	f := in.Fault
	f.Delay = time.Duration(in.DelayMS) * time.Millisecond
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return nil, refuse(http.StatusBadRequest, "The status must be from 200 to 599, or 0 to break the connection off.")
	}
	s.Inject(f)
	return doc{"ok": true}, nil
}

func (s *Server) controlClearFaults(*http.Request, *index) (any, error) {
	s.ClearFaults()
	return doc{"ok": true}, nil
}
