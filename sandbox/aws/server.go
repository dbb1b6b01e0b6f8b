package aws

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	service     = "ce" // in signatures
	target      = "AWSInsightsIndexService."
	contentType = "application/x-amz-json-1.1"
	bodyLimit   = 1 << 20
	logLimit    = 1000
)

// Options are how the stand-in behaves. Key and Secret are needed.
type Options struct {
	Key, Secret string // what requests are signed with
	Session     string // the session token that must come with them; "" demands none
	Region      string // "" is us-east-1, where Cost Explorer is
	PageSize    int    // groups a page; 0 is 1000
	// Rate is how many requests a second are answered, with as many at once; 0 is 10, a negative number does not limit.
	Rate int
	Now  func() time.Time // by which signatures are judged and requests counted; nil is time.Now
	// Today is the day that it is for the bill; the zero time is Now's. A bill of last year is read as it was then.
	Today time.Time
}

// A Server is the stand-in. It is an http.Handler, and safe for concurrent use.
type Server struct {
	o        Options
	tokenKey []byte // signs page tokens
	mu       sync.Mutex
	rows     map[string][]Row // by day
	// anomalies are in the order in which they are answered.
	anomalies []Anomaly
	faults    []*Fault
	calls     []Call
	bucket    bucket
}

// A Call is a request that was received.
type Call struct {
	Op     string // GetCostAndUsage; "" if it named none
	Status int    // of the answer
	Code   string // of the error; "" if it was answered
	Body   string
}

// New returns a Server without a bill.
func New(o Options) *Server {
	o.Region = cmp.Or(o.Region, "us-east-1")
	o.PageSize = cmp.Or(o.PageSize, 1000)
	o.Rate = cmp.Or(o.Rate, 10)
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{o: o, tokenKey: make([]byte, 32), rows: make(map[string][]Row)}
	_, _ = rand.Read(s.tokenKey) // never fails
	return s
}

// today is the time that it is for the bill.
func (s *Server) today() time.Time {
	if s.o.Today.IsZero() {
		return s.o.Now()
	}
	return s.o.Today
}

// Calls returns the latest requests, oldest first.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// An apiError is a refusal in the words of the API.
type apiError struct {
	status  int
	code    string // such as ValidationException
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func invalid(format string, args ...any) error {
	return &apiError{http.StatusBadRequest, "ValidationException", fmt.Sprintf(format, args...)}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		return // whoever asked has gone, or sent more than any request has
	}
	op := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target)
	fault := s.take(op)
	if !fault.wait(r.Context()) {
		return
	}
	out, err := s.answer(r, op, body, fault)
	status, code := http.StatusOK, ""
	if err != nil {
		refusal := (*apiError)(nil)
		if !errors.As(err, &refusal) {
			refusal = &apiError{http.StatusInternalServerError, "InternalServerException", err.Error()}
		}
		status, code = refusal.status, refusal.code
		out = map[string]string{"__type": refusal.code, "message": refusal.message}
	}
	s.record(Call{Op: op, Status: status, Code: code, Body: string(body)})
	write(w, status, out, fault.Truncate)
}

// answer is what is said to a request, before it is written.
func (s *Server) answer(r *http.Request, op string, body []byte, fault Fault) (any, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/" || !strings.HasPrefix(r.Header.Get("X-Amz-Target"), target):
		return nil, &apiError{http.StatusNotFound, "UnknownOperationException", "not an operation of Cost Explorer"}
	case kind != contentType:
		return nil, &apiError{http.StatusUnsupportedMediaType, "SerializationException", "the content type has to be " + contentType}
	}
	if err := s.signed(r, body); err != nil {
		return nil, err
	}
	if fault.Code != "" {
		return nil, &apiError{cmp.Or(fault.Status, http.StatusBadRequest), fault.Code, fault.Message}
	}
	if !s.allowed() {
		return nil, &apiError{http.StatusBadRequest, "LimitExceededException", "Rate limit exceeded"}
	}
	switch op {
	case "GetCostAndUsage":
		return s.costAndUsage(body, fault)
	case "GetAnomalies":
		return s.getAnomalies(body, fault)
	default:
		return nil, &apiError{http.StatusBadRequest, "UnknownOperationException", "this stand-in has no " + strconv.Quote(op)}
	}
}

// decode reads a request, and refuses members that the operation has not.
func decode(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return &apiError{http.StatusBadRequest, "SerializationException", err.Error()}
	}
	if d.More() {
		return &apiError{http.StatusBadRequest, "SerializationException", "more than one value"}
	}
	return nil
}

// write sends an answer; half of it and then nothing more, if that is asked for.
func write(w http.ResponseWriter, status int, out any, truncate bool) {
	data, err := json.Marshal(out)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"__type":"InternalServerException"}`)
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Amzn-Requestid", rand.Text())
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(status)
	if truncate {
		data = data[:len(data)/2]
	}
	_, _ = w.Write(data) // nobody is left to tell
}

func (s *Server) record(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) >= logLimit {
		s.calls = s.calls[1:]
	}
	s.calls = append(s.calls, c)
}

// A bucket holds the requests that may still be made.
type bucket struct {
	tokens float64
	at     time.Time // when tokens was right; zero before the first request
}

// allowed reports whether a request is within the rate, and counts it if so.
func (s *Server) allowed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.o.Rate < 0 {
		return true
	}
	now, b, most := s.o.Now(), &s.bucket, float64(s.o.Rate)
	if b.at.IsZero() {
		b.tokens = most
	} else if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.tokens = min(most, b.tokens+passed*most)
	}
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
