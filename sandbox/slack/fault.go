package slack

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
)

// A Fault is something that goes wrong with calls of the Web API. The zero value breaks the connection of the next call,
// whatever its method, before anything has happened.
type Fault struct {
	Method string `json:"method"` // "chat.postMessage"; "" fits every method
	// After lets the method do its work first: only the answer is lost or replaced, so the caller cannot know.
	After   bool              `json:"after"`
	Error   string            `json:"error"`  // answers {"ok":false} with this error; Status is then 200 unless set
	Status  int               `json:"status"` // with neither Status nor Error the connection is broken off
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`  // sent as it is, such as a proxy's HTML page; without one Slack's form of Error is
	Times   int               `json:"times"` // how many calls it meets; 0 means one, a negative number all
}

// faults are those still to come.
type faults struct {
	mu   sync.Mutex
	list []*Fault
}

// Inject makes calls that fit f go wrong. Of several that fit, the one injected first is used first.
func (w *Workspace) Inject(f Fault) {
	f.Times = cmp.Or(f.Times, 1)
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	w.faults.list = append(w.faults.list, &f)
}

// ClearFaults forgets every fault still to come.
func (w *Workspace) ClearFaults() {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	w.faults.list = nil
}

// take returns the fault that meets a call, or nil, and uses it up.
func (f *faults) take(method string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.list, func(one *Fault) bool { return one.Method == "" || one.Method == method })
	if i < 0 {
		return nil
	}
	found := f.list[i]
	if found.Times--; found.Times == 0 {
		f.list = slices.Delete(f.list, i, i+1)
	}
	return found
}

// answer writes what the fault sends instead of an answer, and notes it in the log entry of the call.
func (f *Fault) answer(rw http.ResponseWriter, c *Call) []byte {
	c.OK, c.Error = false, cmp.Or(f.Error, "fault")
	c.Status = f.Status
	if f.Error != "" {
		c.Status = cmp.Or(f.Status, http.StatusOK)
	}
	for name, value := range f.Headers {
		rw.Header().Set(name, value)
	}
	if f.Body != "" || f.Error == "" {
		return []byte(f.Body)
	}
	body, _ := encodePlain(response{"ok": false, "error": f.Error}) // strings always encode
	return body
}

// hangUp ends the connection of a request without an answer.
func hangUp(rw http.ResponseWriter) {
	conn, _, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // net/http's own way, where a connection cannot be taken over
	}
	conn.Close()
}

func (w *Workspace) controlFault(_ *http.Request, f Fault) (any, error) {
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return nil, fail("invalid_arguments", "status must be an HTTP status from 200 to 599")
	}
	w.Inject(f)
	return response{"ok": true}, nil
}
