package github

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	longestJWT = 10 * time.Minute
	jwtSkew    = 60 * time.Second // that clocks may differ by
)

func badJWT(message string) error {
	return &apiError{status: http.StatusUnauthorized, message: message}
}

// checkJWT verifies that the App has signed a token, and that it is of now: issued
// in the past, not expired, and not to live for more than ten minutes.
func (a *apps) checkJWT(token string) error {
	const undecodable = "A JSON web token could not be decoded"
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return badJWT(undecodable)
	}
	var head struct{ Alg string }
	var claims struct{ Iss, Iat, Exp any }
	if !decodePart(parts[0], &head) || !decodePart(parts[1], &claims) || head.Alg != "RS256" {
		return badJWT(undecodable)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return badJWT(undecodable)
	}
	key, err := a.key()
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature) != nil {
		return badJWT(undecodable)
	}
	return checkClaims(claims.Iss, claims.Iat, claims.Exp, a.now())
}

// checkClaims holds the claims against GitHub's rules and says which is broken in
// GitHub's words.
func checkClaims(iss, iat, exp any, now time.Time) error {
	issued, isNumber := seconds(iat)
	expires, isTime := seconds(exp)
	switch {
	case claimText(iss) != itoa(AppID):
		return badJWT("'Issuer' claim ('iss') must be an Integer")
	case !isNumber, issued.After(now.Add(jwtSkew)):
		return badJWT("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
	case !isTime, !expires.After(now):
		return badJWT("'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
	case expires.After(now.Add(longestJWT)), expires.Sub(issued) > longestJWT+jwtSkew:
		return badJWT("'Expiration time' claim ('exp') is too far in the future")
	}
	return nil
}

func decodePart(part string, v any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return false
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return dec.Decode(v) == nil
}

// claimText is a claim that is a number or a text.
func claimText(v any) string {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case string:
		return v
	}
	return ""
}

// seconds reads a claim that is a time in whole seconds.
func seconds(v any) (time.Time, bool) {
	number, ok := v.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(number.String(), 10, 64)
	return time.Unix(n, 0), err == nil
}
