package slack

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A Fault is something that goes wrong with calls of the Web API. The zero value breaks the connection of the next call,
// whatever its method, before anything has happened.
type Fault struct {
	Method string `json:"method"` // "chat.postMessage"; "" fits every method
	// After lets the method do its work first: only the answer is lost or replaced, so the caller cannot know.
	After bool `json:"after"`
	// Delay is waited before the rest of the fault, and with After between the work and the rest. A fault with nothing but
	// a Delay is a slow call, which is answered as ever unless the caller has gone. JSON has it as delay_ms.
	Delay time.Duration `json:"-"`
	// Truncate does the work and sends half of the method's own answer before it breaks the connection off. Status, Error
	// and Body are not used.
	Truncate bool              `json:"truncate"`
	Error    string            `json:"error"`  // answers {"ok":false} with this error; Status is then 200 unless set
	Status   int               `json:"status"` // with neither Status nor Error the connection is broken off
	Headers  map[string]string `json:"headers"`
	Body     string            `json:"body"`  // sent as it is, such as a proxy's HTML page; without one Slack's form of Error is
	Skip     int               `json:"skip"`  // how many calls that fit pass before the first it meets
	Times    int               `json:"times"` // how many calls it meets; 0 means one, a negative number all
}

// slow reports whether the fault is a Delay and nothing else.
func (f *Fault) slow() bool {
	return f.Delay > 0 && !f.After && !f.Truncate && f.Status == 0 && f.Error == ""
}

// works reports whether the method does its work.
func (f *Fault) works() bool { return f.After || f.Truncate || f.slow() }

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

// ClearFaults forgets every fault still to come, of the Web API and of sockets, and ends those that last.
func (w *Workspace) ClearFaults() {
	w.hub.faults.clear()
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	w.faults.list = nil
}

// take returns the fault that meets a call, or nil, and uses it up.
func (f *faults) take(method string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.list, func(one *Fault) bool {
		return (one.Method == "" || one.Method == method) && passed(&one.Skip)
	})
	if i < 0 {
		return nil
	}
	found := f.list[i]
	if found.Times--; found.Times == 0 {
		f.list = slices.Delete(f.list, i, i+1)
	}
	return found
}

// passed reports whether nothing more is to be skipped, and else counts one.
func passed(skip *int) bool {
	if *skip <= 0 {
		return true
	}
	*skip--
	return false
}

// wait lets the fault's Delay pass. It returns false when the caller has gone or the workspace is closing.
func (w *Workspace) wait(rw http.ResponseWriter, r *http.Request, f *Fault) bool {
	if f.Delay <= 0 {
		return true
	}
	// The server notices that a caller goes only once the body is read.
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxRequestBytes))
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
	case <-w.quit:
		return false
	}
}

// answer writes what the fault sends instead of the method's own answer, and notes it in the log entry of the call.
func (f *Fault) answer(rw http.ResponseWriter, c *Call, own []byte) []byte {
	c.OK, c.Error = false, cmp.Or(f.Error, "fault")
	if f.Truncate {
		return own
	}
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

// cutOff sends half of an answer and breaks the connection off.
func cutOff(rw http.ResponseWriter, body []byte) {
	rw.Header().Set("Content-Length", strconv.Itoa(len(body)))
	rw.Write(body[:len(body)/2])
	http.NewResponseController(rw).Flush()
	panic(http.ErrAbortHandler) // net/http's own way of ending a connection
}

func (w *Workspace) controlFault(_ *http.Request, in struct {
	Fault
	DelayMS int `json:"delay_ms"`
}) (any, error) {
	f := in.Fault
	f.Delay = time.Duration(in.DelayMS) * time.Millisecond
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return nil, fail("invalid_arguments", "status must be an HTTP status from 200 to 599")
	}
	w.Inject(f)
	return response{"ok": true}, nil
}

func (w *Workspace) controlClearFaults(*http.Request, none) (any, error) {
	w.ClearFaults()
	return response{"ok": true}, nil
}
