package github

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Fault is something that goes wrong with requests that fit. The zero value
// breaks the connection of the next request before anything has happened.
type Fault struct {
	Method       string `json:"method"`        // "" fits all
	PathContains string `json:"path_contains"` // "" fits all
	// After lets the request be done first: only the answer is lost or replaced,
	// so that the caller cannot know.
	After bool `json:"after"`
	// Delay is waited before the rest of the fault, and with After between the
	// work and the rest. A fault with nothing but a Delay is a slow request, which
	// is answered as ever unless the caller has gone. JSON has it as delay_ms.
	Delay time.Duration `json:"-"`
	// Truncate has the request done and sends half of its own answer before the
	// connection is broken off. Status, Headers and Body are not used.
	Truncate bool              `json:"truncate"`
	Status   int               `json:"status"` // 0 breaks the connection off
	Headers  map[string]string `json:"headers"`
	Body     string            `json:"body"`  // sent as it is; "" sends GitHub's wording of the status
	Skip     int               `json:"skip"`  // how many requests that fit pass before the first that gets it
	Times    int               `json:"times"` // how many requests get it; 0 means one, a negative number all
}

// slow reports whether the fault is a Delay and nothing else.
func (f Fault) slow() bool { return f.Delay > 0 && !f.After && !f.Truncate && f.Status == 0 }

// works reports whether the request is done.
func (f Fault) works() bool { return f.After || f.Truncate || f.slow() }

// faults are the scripted answers that wait.
type faults struct {
	mu   sync.Mutex
	list []*Fault
}

// Inject makes requests that fit f get f's answer. Of several that fit, the one
// injected first is used first.
func (s *Server) Inject(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, &f)
}

// ClearFaults forgets all scripted answers.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

// take returns the fault for a request and uses it up.
func (f *faults) take(method, path string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.list, func(one *Fault) bool {
		return (one.Method == "" || strings.EqualFold(one.Method, method)) && strings.Contains(path, one.PathContains) && passed(&one.Skip)
	})
	if i < 0 {
		return Fault{}, false
	}
	found := *f.list[i]
	if f.list[i].Times > 0 {
		if f.list[i].Times--; f.list[i].Times == 0 {
			f.list = slices.Delete(f.list, i, i+1)
		}
	}
	return found, true
}

// passed reports whether nothing more is to be skipped, and else counts one.
func passed(skip *int) bool {
	if *skip <= 0 {
		return true
	}
	*skip--
	return false
}

// wait lets the fault's Delay pass. It returns false when the caller has gone or
// the server is closing.
func (s *Server) wait(w http.ResponseWriter, r *http.Request, f Fault) bool {
	if f.Delay <= 0 {
		return true
	}
	// The server notices that a caller goes only once the body is read.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit+1))
	if err != nil {
		return false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	delay := time.NewTimer(f.Delay)
	defer delay.Stop()
	select {
	case <-delay.C:
		return true
	case <-r.Context().Done():
		return false
	case <-s.running.Done():
		return false
	}
}

// suffer is answer for a request that meets the fault.
func (s *Server) suffer(w http.ResponseWriter, r *http.Request, f Fault, out *response) (login string) {
	stays := f.After || s.wait(w, r, f)
	if stays && f.works() {
		login = s.answer(r, out)
	}
	if f.After {
		stays = s.wait(w, r, f)
	}
	switch {
	case !stays:
		out.aborted = true
	case f.Truncate:
		out.truncated = true
	case !f.slow():
		f.write(out)
	}
	return login
}

// write makes the fault the response.
func (f Fault) write(out *response) {
	if f.Status == 0 {
		out.aborted = true
		return
	}
	out.status = f.Status
	out.header.Set("Content-Type", jsonContent)
	out.body = []byte(f.Body)
	if f.Body == "" {
		out.body = []byte(`{"message":"` + http.StatusText(f.Status) + `","documentation_url":"` + docsURL + `","status":"` + itoa(int64(f.Status)) + `"}`)
	}
	for name, value := range f.Headers {
		out.header.Set(name, value)
	}
}
