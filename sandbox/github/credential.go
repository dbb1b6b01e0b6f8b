package github

import (
	"net/http"
	"strings"
)

// A credential is a kind of token.
type credential int

const (
	userToken         credential = iota // of a person, or of the bot's account
	installationToken                   // of the App where it is installed
	appToken                            // signed by the App itself, for what concerns the App
)

// notForApps is what GitHub says to an App that asks for what only people may.
func notForApps() error {
	return &apiError{status: http.StatusForbidden, message: "Resource not accessible by integration"}
}

// identify finds whose token the request has.
func (s *Server) identify(r *http.Request) (person, credential, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case scheme == "":
		return person{}, 0, &apiError{status: http.StatusUnauthorized, message: "Requires authentication"}
	case !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "token"):
	case token == BotToken():
		return s.people.get(BotLogin), userToken, nil
	case token == AdaToken():
		return s.people.get(adaLogin), userToken, nil
	case s.apps.valid(token):
		return s.people.get(BotLogin), installationToken, nil
	case strings.Count(token, ".") == 2:
		return s.people.get(BotLogin), appToken, s.apps.checkJWT(token)
	}
	return person{}, 0, &apiError{status: http.StatusUnauthorized, message: "Bad credentials"}
}

// aboutApp reports whether the App itself may ask for a path, as opposed to its
// installation.
func aboutApp(path string) bool {
	path = strings.TrimPrefix(path, apiPrefix)
	return path == "/app" || strings.HasPrefix(path, "/app/") || strings.HasSuffix(path, "/installation")
}
