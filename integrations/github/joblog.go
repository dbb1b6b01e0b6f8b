package github

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	maxLog     = 16 << 20         // bytes of a log that are read
	maxLogLine = 2_000            // bytes of a line that are kept
	logWindow  = 200              // lines, of which the last is the last error
	logTimeout = 30 * time.Second // for a whole log
	logHops    = 3                // redirects that are followed
)

// errUnsafeLog says that GitHub leads to a log at an address that is neither https nor, where GitHub itself is on this machine, on this machine.
var errUnsafeLog = errors.New("the log is at an address that is not downloaded from")

// newLogClient makes the client for job logs. They are on hosts that GitHub names in signed addresses, and must never see the token:
// this client has no part of the other one.
func newLogClient(base *url.URL) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			ForceAttemptHTTP2:     true,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: logTimeout,
			IdleConnTimeout:       30 * time.Second,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > logHops || !safeLog(base, req.URL) {
				return errUnsafeLog
			}
			req.Header.Del("Referer") // it would be a signed address
			return nil
		},
	}
}

// safeLog reports whether a log is downloaded from an address: https, or http on this machine if GitHub's API is there, too.
func safeLog(base, u *url.URL) bool {
	local := base.Scheme == "http" && u.Scheme == "http" && loopback(u.Hostname())
	return u.Host != "" && u.User == nil && (u.Scheme == "https" || local)
}

// jobLog reads the end of a job's log.
func (c *Client) jobLog(ctx context.Context, ref Ref, job int64) (logEnd, error) {
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	what := fmt.Sprintf("log of job %d", job)
	asking := context.WithValue(ctx, ownerKey{}, ref.Owner) // for a redirect that go-github follows itself
	at, resp, err := c.api.Actions.GetWorkflowJobLogs(asking, ref.Owner, ref.Repo, job, 1)
	if resp != nil && resp.StatusCode != http.StatusFound {
		err = &APIError{Status: resp.StatusCode} // go-github's own error says nothing else
	}
	if err != nil {
		return logEnd{}, fmt.Errorf("%s: %w", what, c.cleanLog(err))
	}
	end, err := c.download(ctx, at)
	if err != nil {
		return logEnd{}, fmt.Errorf("download of the %s: %w", what, c.cleanLog(err))
	}
	return end, nil
}

// cleanLog is clean for what can go wrong with logs. A signed address is in no error.
func (c *Client) cleanLog(err error) error {
	if e, ok := errors.AsType[*APIError](err); ok {
		return e
	}
	if errors.Is(err, errUnsafeLog) {
		return errUnsafeLog
	}
	return c.clean(err)
}

// download reads the end of the log at a signed address. Of one that is longer than maxLog it asks for the end; where that is not given, it
// reads the beginning and says so.
func (c *Client) download(ctx context.Context, at *url.URL) (logEnd, error) {
	if !safeLog(c.base, at) {
		return logEnd{}, errUnsafeLog
	}
	resp, err := c.get(ctx, at, "")
	if err != nil {
		return logEnd{}, err
	}
	defer resp.Body.Close()
	if n := resp.ContentLength; n > maxLog { // not known of compressed answers
		part, err := c.get(ctx, at, fmt.Sprintf("bytes=%d-", n-maxLog))
		if err == nil {
			defer part.Body.Close()
			if part.StatusCode == http.StatusPartialContent {
				resp.Body.Close() // unread: the connection ends
				return readLog(part.Body, true)
			}
		}
	}
	return readLog(resp.Body, false)
}

// get asks for an address without any credential. within is a Range, or "".
func (c *Client) get(ctx context.Context, at *url.URL, within string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "shipmate")
	if within != "" {
		req.Header.Set("Range", within)
	}
	resp, err := c.logs.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusPartialContent {
		resp.Body.Close()
		return nil, &APIError{Status: resp.StatusCode}
	}
	return resp, nil
}

// A logEnd holds the lines of a log that end at its last error, or at its end if it has no error.
type logEnd struct {
	last    []string // the latest lines, oldest first; up to twice as many as are wanted
	atError []string // last, as it was at the latest error
	cut     bool     // the log goes on
}

// readLog reads a log and keeps no more than the lines that are wanted. middle says that it begins in the middle of a line.
func readLog(r io.Reader, middle bool) (logEnd, error) {
	var end logEnd
	limited := &io.LimitedReader{R: r, N: maxLog}
	lines := bufio.NewReaderSize(limited, 64<<10)
	long := middle
	for {
		line, more, err := lines.ReadLine()
		if err == io.EOF {
			break
		}
		if err != nil {
			return end, err
		}
		if !long {
			end.add(string(line[:min(len(line), maxLogLine)]))
		}
		long = more
	}
	if limited.N > 0 {
		return end, nil
	}
	n, err := io.ReadFull(r, make([]byte, 1))
	end.cut = n > 0
	if err == io.EOF {
		err = nil
	}
	return end, err
}

const errorMark = "##[error]"

// add takes the next line.
func (e *logEnd) add(line string) {
	if len(e.last) == 2*logWindow {
		e.last = append(e.last[:0], e.last[logWindow:]...)
	}
	e.last = append(e.last, line)
	if strings.Contains(line, errorMark) {
		e.atError = append(e.atError[:0], window(e.last)...)
	}
}

func window(lines []string) []string { return lines[max(len(lines)-logWindow, 0):] }

var (
	timestamp = regexp.MustCompile(`^\x{FEFF}?(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ?)?`)
	colours   = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.?`)
	marks     = strings.NewReplacer(errorMark, "Error: ", "##[warning]", "Warning: ", "##[group]", "", "##[endgroup]", "", "##[command]", "", "##[section]", "",
		"##[debug]", "", "##[notice]", "Notice: ")
)

// lines are the wanted lines as people read them, after clean took secrets out of each; nil when there are none.
func (e *logEnd) lines(clean func(string) string) []string {
	raw := e.atError
	if len(raw) == 0 {
		raw = window(e.last)
	}
	var out []string
	for _, l := range raw {
		l = timestamp.ReplaceAllString(strings.TrimRight(l, "\r"), "")
		l = l[strings.LastIndexByte(l, '\r')+1:] // what a progress bar shows in the end
		l = strings.TrimRight(marks.Replace(colours.ReplaceAllString(l, "")), " \t")
		l = strings.ToValidUTF8(clean(l), "\uFFFD")
		if l != "" || len(out) > 0 && out[len(out)-1] != "" {
			out = append(out, l)
		}
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}
