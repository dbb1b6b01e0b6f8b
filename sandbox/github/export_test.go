package github

import "strings"

// Routes returns what the server answers, as "GET /repos/{owner}/{repo}/pulls".
func (s *Server) Routes() []string {
	var out []string
	for _, r := range s.routes {
		out = append(out, r.method+" "+strings.Join(r.pattern, "/"))
	}
	return out
}
