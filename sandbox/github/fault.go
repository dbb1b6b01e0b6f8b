package github

import (
	"net/http"
	"slices"
	"strings"
	"sync"
)

// A Fault is a scripted answer to requests that fit.
type Fault struct {
	Method       string            `json:"method"`        // "" fits all
	PathContains string            `json:"path_contains"` // "" fits all
	Status       int               `json:"status"`        // 0 breaks the connection off
	Headers      map[string]string `json:"headers"`
	Body         string            `json:"body"`  // sent as it is; "" sends GitHub's wording of the status
	Times        int               `json:"times"` // how many requests get it; 0 means one, a negative number all
}

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
		return (one.Method == "" || strings.EqualFold(one.Method, method)) && strings.Contains(path, one.PathContains)
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
