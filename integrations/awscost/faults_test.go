package awscost

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	sandbox "shipmate/sandbox/aws"
)

// What passes by itself is tried again, and the reading is as if nothing had been.
func TestPassingFaults(t *testing.T) {
	_, c := stand(t, sandbox.Options{}, Options{})
	whole, err := c.Daily(t.Context(), today()-3, today())
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]sandbox.Fault{
		"throttled":          {Code: "LimitExceededException", Message: "Rate limit exceeded"},
		"throttled, page 2":  {Code: "ThrottlingException", Skip: 2},
		"throttled for long": {Code: "LimitExceededException", Times: 3, Skip: 1},
		"cut off":            {Truncate: true, Skip: 1},
		"a fault of theirs":  {Code: "InternalServerException", Status: 500},
		"bad gateway":        {Code: "Whatever", Status: 502, Skip: 3},
		"page repeats":       {Repeat: true},
		"second page does":   {Repeat: true, Skip: 1},
		"token not taken":    {Code: "InvalidNextTokenException", Skip: 1},
		"request changed":    {Code: "RequestChangedException", Skip: 2},
	} {
		t.Run(name, func(t *testing.T) {
			server, c := stand(t, sandbox.Options{PageSize: 6}, Options{Budget: 100})
			server.Inject(f)
			r, err := c.Daily(t.Context(), today()-3, today())
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(r.Leaves, whole.Leaves) || !slices.Equal(r.Regions, whole.Regions) || len(r.Missing)+len(r.Differences)+len(r.Rejected) > 0 {
				t.Errorf("%d leaves and %d by region, want %d and %d; missing %v, differences %v, rejected %v", len(r.Leaves), len(r.Regions), len(whole.Leaves), len(whole.Regions), r.Missing,
					r.Differences, r.Rejected)
			}
			failed := slices.ContainsFunc(server.Calls(), func(c sandbox.Call) bool { return c.Code != "" })
			if f.Code != "" && !failed {
				t.Error("nothing went wrong")
			}
		})
	}
}

// What does not pass is told in words of its own, at once, and without what is secret.
func TestLastingFaults(t *testing.T) {
	for _, test := range []struct {
		fault sandbox.Fault
		says  string
		calls int
	}{
		{sandbox.Fault{Code: "LimitExceededException", Times: -1}, "too much is asked", attempts},
		{sandbox.Fault{Code: "BillExpirationException"}, "no longer has the bill", 1},
		{sandbox.Fault{Code: "DataUnavailableException"}, "switch it on", 1},
		{sandbox.Fault{Code: "RequestChangedException", Times: -1}, "lost its place", 2},
		{sandbox.Fault{Repeat: true, Times: -1}, "lost its place", 4},
		{sandbox.Fault{Code: "ExpiredTokenException"}, "have expired: sign in again", 1},
		{sandbox.Fault{Code: "AccessDeniedException", Status: 400}, "allow ce:GetCostAndUsage", 1},
		{sandbox.Fault{Code: "UnrecognizedClientException"}, "does not know the access key", 1},
		{sandbox.Fault{Code: "ValidationException"}, "refuses the request as wrong: User: arn:aws:iam", 1},
		{sandbox.Fault{Code: "BrandNewException"}, "refuses the request: BrandNewException", 1},
		{sandbox.Fault{Code: "ServiceUnavailable", Status: 503, Times: -1}, "fault of its own", attempts},
		{sandbox.Fault{Truncate: true, Times: -1}, "cut off", attempts},
	} {
		t.Run(test.fault.Code+test.says, func(t *testing.T) {
			var log bytes.Buffer
			server, c := stand(t, sandbox.Options{PageSize: 6}, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
			test.fault.Message = "User: arn:aws:iam::" + payments + ":user/ada with " + testKey + "\x1b[31m is not well"
			server.Inject(test.fault)
			_, err := c.Daily(t.Context(), today()-3, today())
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("error %v, want %q", err, test.says)
			}
			if calls := len(server.Calls()); calls != test.calls {
				t.Errorf("%d requests, want %d", calls, test.calls)
			}
			if test.fault.Code != "ValidationException" && strings.Contains(err.Error()+log.String(), payments) || strings.ContainsAny(err.Error(), "\x1b\n") ||
				strings.Contains(err.Error()+log.String(), testSecret) {
				t.Errorf("%s\n%s", err, log.String())
			}
			told := (*Error)(nil)
			if !errors.As(err, &told) || told.Outcome() == "" {
				t.Errorf("%#v is no *Error", err)
			}
		})
	}
}

// A wrong secret, a wrong key and a clock that is off are told apart.
func TestCredentials(t *testing.T) {
	for _, test := range []struct {
		o    Options
		so   sandbox.Options
		says string
	}{
		{Options{Key: testKey, Secret: "wrong"}, sandbox.Options{}, "does not accept the signature"},
		{Options{Key: "AKIAOTHER", Secret: testSecret}, sandbox.Options{}, "does not know the access key"},
		{Options{Region: "cn-northwest-1"}, sandbox.Options{}, "does not accept the signature"},
		{Options{}, sandbox.Options{Session: "a-session"}, "does not know the access key"},
		{Options{}, sandbox.Options{Now: func() time.Time { return time.Now().Add(time.Hour) }}, "clock is off"},
	} {
		_, c := stand(t, test.so, test.o)
		if _, err := c.Daily(t.Context(), today()-3, today()); err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), testSecret) {
			t.Errorf("%+v: %v, want %q", test.o, err, test.says)
		}
	}
}

// The end of the caller's context is that and nothing else, and ends the waiting.
func TestCancelled(t *testing.T) {
	server, c := stand(t, sandbox.Options{}, Options{})
	server.Inject(sandbox.Fault{Code: "LimitExceededException", Times: -1})
	ctx, cancel := context.WithCancel(t.Context())
	c.wait = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}
	if _, err := c.Daily(ctx, today()-3, today()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	server.Inject(sandbox.Fault{Delay: time.Hour})
	if _, err := c.Anomalies(ctx, today()-3, today()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if n := len(server.Calls()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// A stand-in that does not answer is given up.
func TestSlow(t *testing.T) {
	server, c := stand(t, sandbox.Options{}, Options{})
	server.Inject(sandbox.Fault{Delay: time.Hour, Times: -1})
	c.timeout = time.Millisecond
	_, err := c.Daily(t.Context(), today()-3, today())
	if told := (*Error)(nil); !errors.As(err, &told) || told.Code != "timeout" && told.Code != "network" {
		t.Error(err)
	}
}

func TestUnreachable(t *testing.T) {
	_, c := stand(t, sandbox.Options{}, Options{})
	o := c.o
	o.Endpoint = "http://127.0.0.1:1"
	c, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	c.wait = func(context.Context, time.Duration) error { return nil }
	if _, err := c.Daily(t.Context(), today()-3, today()); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Error(err)
	}
}

// A day that a query leaves out is not known, and one that has nothing in one query does not agree with the other.
func TestIncompleteDays(t *testing.T) {
	gone := today() - 2
	server, c := stand(t, sandbox.Options{}, Options{})
	server.Inject(sandbox.Fault{Missing: gone.String(), Skip: 1})
	r, err := c.Daily(t.Context(), today()-3, today())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Days) != 2 || slices.ContainsFunc(r.Leaves, func(c Cost) bool { return c.Day == gone }) || len(r.Differences) != 0 {
		t.Errorf("days %v, differences %v", r.Days, r.Differences)
	}
	server.Inject(sandbox.Fault{EmptyDay: gone.String(), Skip: 1})
	if r, err = c.Daily(t.Context(), today()-3, today()); err != nil {
		t.Fatal(err)
	}
	if len(r.Days) != 3 || len(r.Differences) != 2 || r.Differences[0].Day != gone || r.Differences[0].Parts != 0 || r.Differences[0].Account != payments {
		t.Errorf("days %v, differences %v", r.Days, r.Differences)
	}
}

// Groups that make no sense are counted with the reason.
func TestGarbage(t *testing.T) {
	server, c := stand(t, sandbox.Options{}, Options{})
	server.Inject(sandbox.Fault{Garbage: true, Skip: 2})
	r, err := c.Daily(t.Context(), today()-1, today())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rejected) != 1 || r.Rejected[0] != (Rejected{"AmortizedCost is no decimal number", 6}) || len(r.Regions) != 0 || len(r.Differences) != 1 {
		t.Errorf("rejected %v, differences %v", r.Rejected, r.Differences)
	}
}

// What cannot be read besides the leaves is named.
func TestMissing(t *testing.T) {
	server, c := stand(t, sandbox.Options{}, Options{Tags: []string{"team", "env"}})
	server.Inject(sandbox.Fault{Code: "AccessDeniedException", Skip: 2})
	r, err := c.Daily(t.Context(), today()-1, today())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Missing) != 1 || r.Missing[0].What != "service by region" || r.Regions != nil || len(r.Tags) != 4 || len(r.Leaves) != 4 {
		t.Errorf("%+v", r)
	}
	for _, c := range r.Tags[2:] {
		if c.Tag != (Tag{Key: "env"}) {
			t.Errorf("%+v", c)
		}
	}
}
