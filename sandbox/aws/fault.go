package aws

import (
	"context"
	"time"
)

// A Fault is something that goes wrong with requests that fit. More than one of its parts may be set.
type Fault struct {
	Op    string // GetCostAndUsage; "" fits all
	Skip  int    // how many requests that fit pass before the first that gets it
	Times int    // how many get it; 0 is one, a negative number all

	Delay    time.Duration // before the answer
	Code     string        // refuse with this error: LimitExceededException, ExpiredTokenException
	Status   int           // of Code; 0 is 400
	Message  string        // of Code
	Truncate bool          // half of the answer is sent
	Repeat   bool          // the page leads to itself, not to the next
	EmptyDay string        // this day has no groups, as when AWS has not come to it
	Missing  string        // this day is left out altogether
	Garbage  bool          // amounts that are no numbers
}

// Inject makes requests that fit f get it. Of several that fit, the one injected first is used first.
func (s *Server) Inject(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults forgets what was injected.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// take returns the fault of a request, and uses it up; the zero Fault is none.
func (s *Server) take(op string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		switch {
		case f.Op != "" && f.Op != op || f.Times == 0:
		case f.Skip > 0:
			f.Skip--
		default:
			f.Times--
			return *f
		}
	}
	return Fault{}
}

// wait waits for the fault's delay; false means that whoever asked has gone.
func (f Fault) wait(ctx context.Context) bool {
	if f.Delay <= 0 {
		return true
	}
	delay := time.NewTimer(f.Delay)
	defer delay.Stop()
	select {
	case <-delay.C:
		return true
	case <-ctx.Done():
		return false
	}
}
