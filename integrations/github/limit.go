package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"shipmate/bot"
)

// A LimitError says that GitHub takes no more requests with this token until a time.
type LimitError struct {
	Until     time.Time // by this machine's clock
	Secondary bool      // too fast, as opposed to too many in the hour
}

// Error says which limit it is and when it ends.
func (e *LimitError) Error() string {
	kind := "rate limit"
	if e.Secondary {
		kind = "secondary rate limit"
	}
	return fmt.Sprintf("github %s until %s", kind, e.Until.UTC().Format(time.RFC3339))
}

// Outcome tells the bot that nothing was written, and when something may be.
func (e *LimitError) Outcome() (o bot.Outcome, after time.Duration) {
	return bot.NotShown, time.Until(e.Until)
}

// retryAfter reads Retry-After, in seconds or as a date by GitHub's clock; 0 when there is none that lies ahead.
func retryAfter(h http.Header, server time.Time) time.Duration {
	value := h.Get("Retry-After")
	if n, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(n, int(longestWait/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return at.Sub(server)
	}
	return 0
}

// saysSecondary reports whether the body of a 403 blames a secondary limit, which GitHub also did under the name of abuse.
func saysSecondary(body []byte) bool {
	var e struct {
		Message string `json:"message"`
		Docs    string `json:"documentation_url"`
	}
	if json.Unmarshal(body, &e) != nil {
		return false
	}
	return strings.HasSuffix(e.Docs, "secondary-rate-limits") || strings.HasSuffix(e.Docs, "#abuse-rate-limits") ||
		strings.Contains(strings.ToLower(e.Message), "secondary rate limit")
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
