package github

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// revalidate sets the ETag, which depends on who asks, and turns the answer into
// 304 when the client has it.
func revalidate(r *http.Request, out *response, modified time.Time) {
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ") // an App's next token has other tags
	h := sha256.New()
	h.Write([]byte(token + "\x00" + r.Header.Get("Accept") + "\x00" + out.header.Get("Link") + "\x00"))
	h.Write(out.body)
	tag := `"` + hex.EncodeToString(h.Sum(nil)) + `"`
	out.header.Set("ETag", tag)
	out.header.Set("Cache-Control", "private, max-age=60, s-maxage=60")
	out.header.Set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP")
	same := hasTag(r.Header.Get("If-None-Match"), tag)
	if r.Header.Get("If-None-Match") == "" && !modified.IsZero() {
		since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
		same = err == nil && !modified.Truncate(time.Second).After(since)
	}
	if same {
		out.status, out.body = http.StatusNotModified, nil
		out.header.Del("Content-Type")
	}
}

// hasTag reports whether an If-None-Match header names tag.
func hasTag(header, tag string) bool {
	for t := range strings.SplitSeq(header, ",") {
		t = strings.TrimPrefix(strings.TrimSpace(t), "W/")
		if t == tag || t == "*" {
			return true
		}
	}
	return false
}
