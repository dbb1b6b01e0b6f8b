package github

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	jwtSkew   = time.Minute     // that GitHub's clock may be behind
	jwtLife   = 8 * time.Minute // from now on; GitHub allows ten
	minKeyLen = 2048            // bits; GitHub's keys have that many
)

// CheckKey says what is wrong with the private key of an App; nil: nothing. The key is not in the error.
func CheckKey(text string) error {
	_, err := parseKey(text)
	return err
}

// parseKey reads an RSA key in PEM, as PKCS #1 (which GitHub hands out) or PKCS #8. Where the lines were joined by "\n" in letters, as files of
// environment variables need it, they are separated first.
func parseKey(text string) (*rsa.PrivateKey, error) {
	if !strings.Contains(strings.TrimSpace(text), "\n") {
		text = strings.ReplaceAll(text, `\n`, "\n")
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("is no private key in PEM: give all of the file that GitHub made, from -----BEGIN RSA PRIVATE KEY----- on")
	}
	key, err := decodeKey(block)
	if err != nil {
		return nil, err
	}
	if n := key.N.BitLen(); n < minKeyLen {
		return nil, fmt.Errorf("has %d bits, at least %d are needed", n, minKeyLen)
	}
	return key, nil
}

// decodeKey reads one block of PEM. The parsers' own errors may tell of the key, so they are left out.
func decodeKey(block *pem.Block) (*rsa.PrivateKey, error) {
	switch block.Type {
	case "RSA PRIVATE KEY":
		if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return key, nil
		}
	case "PRIVATE KEY":
		if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if key, ok := key.(*rsa.PrivateKey); ok {
				return key, nil
			}
			return nil, errors.New("is no RSA key, which GitHub's are")
		}
	default:
		return nil, errors.New("is in PEM, but no unencrypted RSA private key: download one at the App's settings")
	}
	return nil, errors.New("is damaged: download a new one at the App's settings")
}

// signJWT makes the token by which an App itself is known, at most nine minutes long (RFC 7519; RS256 of RFC 7518).
func signJWT(key *rsa.PrivateKey, app int64, now time.Time) (string, error) {
	encode := base64.RawURLEncoding.EncodeToString
	claims := fmt.Sprintf(`{"iat":%d,"exp":%d,"iss":"%d"}`, now.Add(-jwtSkew).Unix(), now.Add(jwtLife).Unix(), app)
	text := encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode([]byte(claims))
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", errors.New("the App's key does not sign")
	}
	return text + "." + encode(signature), nil
}
