package github

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
)

// What webhooks are told, and when.

// hookCall is a call for building payloads: nobody asked.
func (s *Server) hookCall(h *hook, x *index, who string) *call {
	r, _ := http.NewRequestWithContext(s.running, http.MethodGet, h.base, nil) // base is an address of ours
	return &call{Request: r, server: s, index: x, who: s.people.get(who), base: h.base}
}

// announce sends an event to the hook, with what every payload has.
func (s *Server) announce(c *call, event, action string, payload doc) {
	h := s.hooks.get()
	if h == nil {
		return
	}
	maps.Copy(payload, doc{"repository": c.repository(), "sender": c.user(c.who.login)})
	if action != "" {
		payload["action"] = action
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(payload); err != nil { // not for the types of this package
		s.log.Error("encoding a webhook's payload", "error", err)
		return
	}
	s.deliver(h, event, action, guid(), bytes.TrimSpace(out.Bytes()), false)
}

// guid returns a random version 4 UUID (RFC 9562).
func guid() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// commented tells the page and the hook of a comment that login made, edited or
// deleted. before is the text before an edit.
func (s *Server) commented(x *index, login, action, before string, m comment) {
	s.tell(map[string]string{"created": "comment", "edited": "comment_edited", "deleted": "comment_deleted"}[action], m)
	h, p := s.hooks.get(), x.find(m.Number)
	if h == nil || p == nil {
		return
	}
	d, err := s.reader.detailsOf(s.running, p)
	if err != nil {
		s.log.Error("reading a pull request for a webhook", "error", err)
		return
	}
	c := s.hookCall(h, x, login)
	payload := doc{"issue": c.issue(p, d, s.store.remarks()[p.number]), "comment": c.commentDoc(m)}
	if action == "edited" {
		payload["changes"] = doc{"body": doc{"from": before}}
	}
	s.announce(c, "issue_comment", action, payload)
}

// announceLine tells the hook of a comment on a line.
func (c *call) announceLine(p *pull, d *details, m lineComment) {
	h := c.server.hooks.get()
	if h == nil {
		return
	}
	to := c.server.hookCall(h, c.index, m.User)
	c.server.announce(to, "pull_request_review_comment", "created", doc{
		"comment": to.lineCommentDoc(m), "pull_request": to.pullSimple(p, d, c.server.store.remarks()[p.number], to.repository()),
	})
}

// compare tells the hook of pull requests that were opened, got new commits or
// were closed between two looks at the repository.
func (s *Server) compare(old, now *index) {
	h := s.hooks.get()
	if h == nil || old == nil {
		return
	}
	for _, p := range now.pulls {
		was := old.find(p.number)
		switch {
		case was == nil && p.state == "open":
			s.announcePull(h, now, p, "opened", doc{})
		case was != nil && was.state == "open" && p.state == "open" && was.head != p.head:
			s.announcePull(h, now, p, "synchronize", doc{"before": was.head, "after": p.head})
		case was != nil && was.state == "open" && p.state == "closed":
			s.announcePull(h, now, p, "closed", doc{})
		}
	}
}

func (s *Server) announcePull(h *hook, x *index, p *pull, action string, payload doc) {
	d, err := s.reader.detailsOf(s.running, p)
	if err != nil {
		s.log.Error("reading a pull request for a webhook", "error", err)
		return
	}
	who := d.author
	if action == "closed" && p.mergedBy != "" {
		who = p.mergedBy
	}
	c := s.hookCall(h, x, who)
	full, err := c.pullFull(s.running, p, d)
	if err != nil {
		s.log.Error("reading a pull request for a webhook", "error", err)
		return
	}
	payload["number"], payload["pull_request"] = p.number, full
	s.announce(c, "pull_request", action, payload)
}
