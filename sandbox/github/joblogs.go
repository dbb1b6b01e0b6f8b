package github

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// SetJobLog gives the job of a check run its log; "" takes it away. The job has
// the number of the check run, as with GitHub Actions.
func (s *Server) SetJobLog(check int64, text string) {
	s.store.keep(func(c *content) {
		if text == "" {
			delete(c.Logs, check)
			return
		}
		if c.Logs == nil {
			c.Logs = make(map[int64]string)
		}
		c.Logs[check] = text
	})
}

// jobLog returns the log of a check run's job.
func (s *store) jobLog(check int64) (text string, ok bool) {
	s.view(func(c *content) { text, ok = c.Logs[check] })
	return text, ok
}

// downloadLog leads to a signed address on another host, as GitHub does.
func downloadLog(_ context.Context, c *call) (answer, error) {
	id, err := c.number("id")
	if err != nil {
		return answer{}, err
	}
	text, ok := c.server.store.jobLog(id)
	if !ok {
		return answer{}, notFound()
	}
	address, err := c.server.logs.sign(c.server, id, text)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusFound, location: address}, nil
}

const (
	logPath   = "/job-logs/"
	signedFor = time.Minute // as GitHub documents it
)

// A logHost is the storage that job logs are downloaded from: a host of its own,
// which serves whoever comes with a signed address, and fails whoever shows a
// token, so that tests notice.
type logHost struct {
	mu     sync.Mutex
	server *http.Server // nil until the first log is asked for
	base   string       // "http://127.0.0.1:40001"
	signed map[string]signedLog
}

// A signedLog is what one address leads to.
type signedLog struct {
	text  string
	until time.Time
}

// sign returns an address of a log. The first call starts the host.
func (h *logHost) sign(s *Server, id int64, text string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server == nil {
		if err := h.start(s); err != nil {
			return "", err
		}
	}
	now := s.options.Now()
	for signature, log := range h.signed {
		if now.After(log.until) {
			delete(h.signed, signature)
		}
	}
	signature := rand.Text()
	h.signed[signature] = signedLog{text, now.Add(signedFor)}
	return h.base + logPath + itoa(id) + "?sig=" + signature, nil
}

// start listens on a free port until close. The host must be locked.
func (h *logHost) start(s *Server) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running.Err() != nil { // Close has begun
		return errClosed
	}
	var config net.ListenConfig
	listener, err := config.Listen(s.running, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h.base, h.signed = "http://"+listener.Addr().String(), make(map[string]signedLog)
	h.server = &http.Server{Handler: http.HandlerFunc(s.serveLog), ReadHeaderTimeout: 10 * time.Second}
	server := h.server
	s.work.Go(func() { // ends with close
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("serving job logs", "error", err)
		}
	})
	return nil
}

func (h *logHost) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server == nil {
		return nil
	}
	return h.server.Close()
}

// serveLog answers a download, and notes it in the call log.
func (s *Server) serveLog(w http.ResponseWriter, r *http.Request) {
	began := s.options.Now()
	log, ok := s.logs.find(r.URL.Query().Get("sig"), began)
	status := http.StatusOK
	switch {
	case r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "":
		status = http.StatusInternalServerError
	case !ok || !strings.HasPrefix(r.URL.Path, logPath):
		status = http.StatusForbidden
	case r.Header.Get("Range") != "":
		status = http.StatusPartialContent
	}
	s.calls.add(r, "", status, s.options.Now().Sub(began))
	if status >= http.StatusBadRequest {
		http.Error(w, http.StatusText(status), status)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(log.text))
}

// find returns what a signature that is still good leads to.
func (h *logHost) find(signature string, now time.Time) (signedLog, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	log, ok := h.signed[signature]
	return log, ok && !now.After(log.until)
}
