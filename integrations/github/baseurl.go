package github

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/go-github/v60/github"
)

// parseBase checks the address of the API and completes it as go-github does.
func parseBase(s string) (*url.URL, error) {
	u, err := url.Parse(cmp.Or(s, "https://api.github.com/"))
	switch {
	case err != nil, u.Host == "":
		return nil, fmt.Errorf("github base url %q is no address such as https://github.example.com/api/v3/", s)
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return nil, errors.New("github base url must not contain a user, a query or a fragment")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, fmt.Errorf("github base url %q: only https is allowed, or http on a loopback address", s)
	}
	if right := rightBase(u); right != "" {
		return nil, fmt.Errorf("github base url %q is not where an API is: write %s", s, right)
	}
	api, err := github.NewClient(nil).WithEnterpriseURLs(u.String(), u.String())
	if err != nil {
		return nil, fmt.Errorf("github base url: %w", err)
	}
	return api.BaseURL, nil
}

// rightBase is the address that is meant, when u is that of pages or of another part of the API; "" when u may be the API's. github.com and
// the tenants of ghe.com have it at a host of its own, a server below /api/v3.
func rightBase(u *url.URL) string {
	host, path := strings.ToLower(u.Host), strings.TrimSuffix(u.Path, "/")
	_, own := strings.CutPrefix(host, "api.")
	switch {
	case host == "github.com", host == "www.github.com":
		return "https://api.github.com/"
	case !own && strings.HasSuffix(host, ".ghe.com"):
		return "https://api." + host + "/"
	case own && path != "" && (host == "api.github.com" || strings.HasSuffix(host, ".ghe.com")):
		return "https://" + host + "/"
	case !own && path != "" && path != "/api/v3":
		return u.Scheme + "://" + host + "/"
	}
	return ""
}

// CheckBaseURL says what is wrong with Options.BaseURL; nil: nothing.
func CheckBaseURL(s string) error {
	_, err := parseBase(s)
	return err
}

// webHost derives the host that people read from the API's: the API of github.com and of *.ghe.com is on a host of its own.
func webHost(base *url.URL) string {
	host := strings.ToLower(base.Host)
	if rest, ok := strings.CutPrefix(host, "api."); ok {
		return rest
	}
	return host
}
