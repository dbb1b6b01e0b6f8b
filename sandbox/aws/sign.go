package aws

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	algorithm = "AWS4-HMAC-SHA256"
	amzTime   = "20060102T150405Z"
	skew      = 5 * time.Minute // that a clock may be off
)

func refused(code, message string) error { return &apiError{http.StatusBadRequest, code, message} }

// An authorization is the header of that name taken apart.
type authorization struct {
	key, date, region, service, end string // of the credential scope
	headers                         []string
	signature                       string
}

// parseAuthorization reads "AWS4-HMAC-SHA256 Credential=KEY/date/region/service/aws4_request, SignedHeaders=a;b, Signature=hex".
func parseAuthorization(header string) (a authorization, ok bool) {
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return a, false
	}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Credential":
			scope := strings.Split(value, "/")
			if len(scope) != 5 {
				return a, false
			}
			a.key, a.date, a.region, a.service, a.end = scope[0], scope[1], scope[2], scope[3], scope[4]
		case "SignedHeaders":
			a.headers = strings.Split(value, ";")
		case "Signature":
			a.signature = value
		}
	}
	return a, a.key != "" && len(a.headers) > 0 && a.signature != ""
}

// signed refuses a request that is not signed as version 4 of AWS's signatures demands
// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
func (s *Server) signed(r *http.Request, body []byte) error {
	header := r.Header.Get("Authorization")
	if header == "" {
		return refused("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	a, ok := parseAuthorization(header)
	if !ok {
		return refused("IncompleteSignatureException", "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.")
	}
	at, err := time.Parse(amzTime, r.Header.Get("X-Amz-Date"))
	if err != nil {
		return refused("IncompleteSignatureException", "Date in X-Amz-Date is missing or is no ISO 8601 basic time.")
	}
	switch off := s.o.Now().Sub(at); {
	case off > skew:
		return refused("InvalidSignatureException", "Signature expired: "+at.Format(amzTime))
	case off < -skew:
		return refused("InvalidSignatureException", "Signature not yet current: "+at.Format(amzTime))
	case a.date != at.Format("20060102") || a.region != s.o.Region || a.service != service || a.end != "aws4_request":
		return refused("InvalidSignatureException", "Credential should be scoped to a valid region, service and date: "+s.o.Region+", "+service)
	case a.key != s.o.Key:
		return refused("UnrecognizedClientException", "The security token included in the request is invalid.")
	case r.Header.Get("X-Amz-Security-Token") != s.o.Session:
		return refused("UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") && !slices.Contains(a.headers, name) {
			return refused("InvalidSignatureException", "the header "+name+" is not signed")
		}
	}
	if !slices.Contains(a.headers, "host") {
		return refused("InvalidSignatureException", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	if want := a.sign(s.o.Secret, at, r, body); !hmac.Equal([]byte(want), []byte(a.signature)) {
		return refused("InvalidSignatureException", "The request signature we calculated does not match the signature you provided.")
	}
	return nil
}

// sign computes the signature that the request should have. The path is / and nothing is asked in the query, so that neither needs escaping.
func (a authorization) sign(secret string, at time.Time, r *http.Request, body []byte) string {
	var canonical strings.Builder
	canonical.WriteString(r.Method + "\n/\n" + r.URL.RawQuery + "\n")
	for _, name := range a.headers {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = r.Header.Get("Content-Length")
		}
		canonical.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	canonical.WriteString("\n" + strings.Join(a.headers, ";") + "\n" + hash(body))
	scope := strings.Join([]string{a.date, a.region, a.service, a.end}, "/")
	text := strings.Join([]string{algorithm, at.Format(amzTime), scope, hash([]byte(canonical.String()))}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range []string{a.date, a.region, a.service, a.end, text} {
		key = mac(key, part)
	}
	return hex.EncodeToString(key)
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
