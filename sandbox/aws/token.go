package aws

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
)

// token makes a page token: where the page begins, which parameters it is for, and a signature over both, so that nobody makes their own.
func (s *Server) token(asked []byte, begin int) string {
	text := strconv.Itoa(begin) + " " + hash(asked)
	return base64.StdEncoding.EncodeToString([]byte(text + " " + string(mac(s.tokenKey, text))))
}

// page is what is asked for but for the page, and where the page begins that the token names. The token is taken out of the question, which it is a
// field of.
func (s *Server) page(question any, token **string) (asked []byte, begin int, err error) {
	given := *token
	*token = nil
	if asked, err = json.Marshal(question); err != nil {
		return nil, 0, err
	}
	begin, err = s.position(asked, given)
	return asked, begin, err
}

// position is where the page of a token begins; 0 without one.
func (s *Server) position(asked []byte, token *string) (int, error) {
	if token == nil {
		return 0, nil
	}
	data, err := base64.StdEncoding.DecodeString(*token)
	parts := strings.SplitN(string(data), " ", 3)
	if err != nil || len(parts) != 3 || !hmac.Equal([]byte(parts[2]), mac(s.tokenKey, parts[0]+" "+parts[1])) {
		return 0, refused("InvalidNextTokenException", "Invalid NextPageToken")
	}
	begin, err := strconv.Atoi(parts[0])
	if err != nil {
		return 0, refused("InvalidNextTokenException", "Invalid NextPageToken")
	}
	if parts[1] != hash(asked) {
		return 0, refused("RequestChangedException", "Request changed between pages")
	}
	return begin, nil
}
