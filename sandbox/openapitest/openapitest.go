// Package openapitest holds HTTP traffic in tests to GitHub's own description of
// its REST API.
//
// The description, openapi.json, is the part of api.github.com.json of the npm
// package @octokit/openapi 23.0.2 (MIT, see LICENSE.octokit-openapi) that the
// stand-in in sandbox/github serves, made by trim_openapi.go. Only tests import
// this package.
package openapitest

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

//go:embed openapi.json
var description []byte

// apiPrefix is where GitHub Enterprise Server, and the stand-in, serve the API.
const apiPrefix = "/api/v3/"

// loadRouter parses the description once for all tests of a package.
var loadRouter = sync.OnceValues(func() (routers.Router, error) {
	loaded, err := openapi3.NewLoader().LoadFromData(description)
	if err != nil {
		return nil, fmt.Errorf("reading GitHub's description: %w", err)
	}
	return gorillamux.NewRouter(loaded)
})

// Validate returns a handler that passes requests to next and fails t when a
// request below /api/v3/, or next's answer to it, is not as GitHub describes it.
// Other paths are passed on unchecked. Answers with a status that the
// description does not know, such as 500, only have to be answers.
func Validate(t testing.TB, next http.Handler) http.Handler {
	return wrap(t, next, true)
}

// ValidateAnswers is Validate for tests that send wrong requests on purpose: only
// the answers are checked, and a request for a path that GitHub does not have
// must be answered with 404.
func ValidateAnswers(t testing.TB, next http.Handler) http.Handler {
	return wrap(t, next, false)
}

func wrap(t testing.TB, next http.Handler, strict bool) http.Handler {
	router, err := loadRouter()
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, apiPrefix) {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("%s %s: reading the request: %v", r.Method, r.URL, err)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		got := httptest.NewRecorder()
		next.ServeHTTP(got, r)
		if err := check(router, r, body, got, strict); err != nil {
			t.Errorf("%s %s does not keep to GitHub's description:\n%v", r.Method, r.URL, err)
		}
		maps.Copy(w.Header(), got.Header())
		w.WriteHeader(got.Code)
		_, _ = w.Write(got.Body.Bytes())
	})
}

// check compares one exchange with the description.
func check(router routers.Router, r *http.Request, body []byte, got *httptest.ResponseRecorder, strict bool) error {
	asked := r.Clone(r.Context())
	asked.URL = byName(r.URL)
	asked.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := router.FindRoute(asked)
	if err != nil && !strict && got.Code == http.StatusNotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("finding the operation: %w", err)
	}
	if params["path"] == "" { // the root folder's contents; the description asks for some text
		params["path"] = "."
	}
	options := &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, RejectWhenRequestBodyNotSpecified: true, SkipSettingDefaults: true, MultiError: true,
		IncludeResponseStatus: got.Code < http.StatusBadRequest && got.Code != http.StatusNotModified,
	}
	options.WithCustomSchemaErrorFunc(func(e *openapi3.SchemaError) string {
		return "/" + strings.Join(e.JSONPointer(), "/") + ": " + e.Reason
	})
	request := &openapi3filter.RequestValidationInput{Request: asked, PathParams: params, Route: route, Options: options}
	var problems []error
	if strict {
		if err := openapi3filter.ValidateRequest(r.Context(), request); err != nil {
			problems = append(problems, fmt.Errorf("the request: %w", err))
		}
	}
	err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: got.Code, Header: got.Header(),
		Body: io.NopCloser(bytes.NewReader(got.Body.Bytes())), Options: options,
	})
	if err != nil {
		problems = append(problems, fmt.Errorf("the answer %d: %w", got.Code, err))
	}
	return errors.Join(problems...)
}

var repositoryID = regexp.MustCompile(`^` + apiPrefix + `repositories/[0-9]+/`)

// byName turns the "/repositories/<id>/…" of GitHub's Link headers, which the
// description does not have, into a path that it has.
func byName(u *url.URL) *url.URL {
	named := *u
	if at := repositoryID.FindString(u.EscapedPath()); at != "" {
		named.RawPath = apiPrefix + "repos/owner/name/" + strings.TrimPrefix(u.EscapedPath(), at)
		named.Path = apiPrefix + "repos/owner/name/" + strings.TrimPrefix(u.Path, at)
	}
	return &named
}
