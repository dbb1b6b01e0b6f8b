package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestSummaryRequests counts in the stand-in's log what one question in Slack costs: at most eight requests at first, and at most two that are not
// counted, for they are answered with 304, when nothing has changed.
func TestSummaryRequests(t *testing.T) {
	t.Parallel()
	tr := try(t, "--repo", gitRepo(t), "--data", t.TempDir())
	tr.answer(tr.channel("finops"), "", 1) // what may have been the reason of the bill's anomaly was asked for by then
	seen := 0
	asked := func() (requests []string, unchanged int) {
		t.Helper()
		var log struct {
			Calls []struct {
				Method, Path string
				Status       int
			}
		}
		tr.call("github/log", nil, &log)
		for _, c := range log.Calls[seen:] {
			if strings.HasSuffix(c.Path, "/comments") { // the bot listens all the time
				continue
			}
			requests = append(requests, fmt.Sprint(c.Method, " ", c.Path, " ", c.Status))
			if c.Status == 304 {
				unchanged++
			}
		}
		seen = len(log.Calls)
		return requests, unchanged
	}
	tr.expect("@shipmate pulls", "widgets") // what comes with the start is over
	asked()
	tr.expect("@shipmate summarize #1", "rim white space")
	if requests, _ := asked(); len(requests) < 6 || len(requests) > 8 {
		t.Errorf("the first summary took %d requests:\n%s", len(requests), strings.Join(requests, "\n"))
	}
	tr.expect("@shipmate summarize #1", "rim white space")
	if requests, unchanged := asked(); len(requests) != 2 || unchanged != 2 {
		t.Errorf("an unchanged one took %d requests, %d of them 304:\n%s", len(requests), unchanged, strings.Join(requests, "\n"))
	}
}
