package github_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"shipmate/sandbox/github"
)

// download gets an address as it is, with headers.
func (b *bench) download(address string, header ...string) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), "GET", address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestJobLogs(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64 // seconds
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load()) * time.Second) }
	b := start(t, github.Options{Repo: widgets(t).dir, Now: now})
	const text = "2024-05-01T10:00:00.0000000Z ##[error]Process completed with exit code 1.\n"
	var made struct{ ID int64 }
	b.control(200, "POST", "check-run", map[string]any{"number": 4, "name": "test", "conclusion": "failure", "log": text}, &made)
	run, _, err := b.client.Checks.GetCheckRun(t.Context(), b.owner, b.repo, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	at, job, ok := strings.Cut(run.GetDetailsURL(), "/job/")
	if !ok || !strings.HasPrefix(at, b.url+"/octo/widgets/actions/runs/") || strings.HasSuffix(at, "/"+job) {
		t.Fatalf("details_url is %s", run.GetDetailsURL())
	}
	address, _, err := b.client.Actions.GetWorkflowJobLogs(t.Context(), b.owner, b.repo, made.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	if api, err := url.Parse(b.url); err != nil || address.Host == api.Host || address.Hostname() != "127.0.0.1" {
		t.Errorf("the log is at %s, want another port than that of %s (%v)", address, b.url, err)
	}
	forged := *address
	forged.RawQuery = "sig=guessed"
	for _, tt := range []struct {
		name, address string
		header        []string
		status        int
		body          string
	}{
		{"signed", address.String(), nil, 200, text},
		{"the end of it", address.String(), []string{"Range", "bytes=-3"}, 206, "1.\n"},
		{"with a token", address.String(), []string{"Authorization", "Bearer x"}, 500, "Internal Server Error\n"},
		{"guessed", forged.String(), nil, 403, "Forbidden\n"},
	} {
		if status, body := b.download(tt.address, tt.header...); status != tt.status || body != tt.body {
			t.Errorf("%s: %d %q, want %d %q", tt.name, status, body, tt.status, tt.body)
		}
	}
	ahead.Store(61)
	if status, _ := b.download(address.String()); status != 403 {
		t.Errorf("after a minute: %d, want 403", status)
	}
	var log struct{ Calls []struct{ Status int } }
	b.control(200, "GET", "log?path=/job-logs/", nil, &log)
	if len(log.Calls) != 5 || log.Calls[2].Status != 500 {
		t.Errorf("downloads noted: %+v", log.Calls)
	}
	b.control(200, "POST", "job-log", map[string]any{"id": made.ID, "log": ""}, nil)
	if resp, _ := b.send("GET", "/api/v3/repos/octo/widgets/actions/jobs/"+job+"/logs", ""); resp.StatusCode != 404 {
		t.Errorf("without a log: %d, want 404", resp.StatusCode)
	}
	b.control(404, "POST", "job-log", map[string]any{"id": 1, "log": "x"}, nil)
	b.control(200, "POST", "check-run", map[string]any{"ref": "main", "name": "test", "conclusion": "failure"}, nil)
	if resp, body := b.send("GET", "/api/v3/repos/octo/widgets/commits/heads/main/check-runs", ""); resp.StatusCode != 200 || !strings.Contains(string(body), `"total_count":1`) {
		t.Errorf("check runs of the branch: %d %s", resp.StatusCode, body)
	}
	b.control(404, "POST", "check-run", map[string]any{"ref": "nowhere", "name": "test", "conclusion": "failure"}, nil)
}
