package slack

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// args are the arguments of a call. Those that are not strings are JSON texts.
type args map[string]string

// flag reads a boolean argument; Slack takes 1 and true.
func (a args) flag(key string) bool { return a[key] == "true" || a[key] == "1" }

// number reads an integer argument between 1 and limit, or returns def when there is none.
func (a args) number(key string, def, limit int) (int, error) {
	if a[key] == "" {
		return def, nil
	}
	n, err := strconv.Atoi(a[key])
	if err != nil || n < 0 {
		return 0, fail("invalid_arguments", "%s must be a number", key)
	}
	if n == 0 {
		n = def
	}
	return min(n, limit), nil
}

// json reads a JSON argument; an empty string and null are none.
func (a args) json(key string) json.RawMessage {
	if a[key] == "" || a[key] == "null" {
		return nil
	}
	return json.RawMessage(a[key])
}

// readArgs reads the arguments of a call from its query and its body, which may be a form, a multipart form or JSON.
func readArgs(r *http.Request) (args, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/json" && r.Method == http.MethodPost {
		a, err := readJSONArgs(r.Body)
		if err != nil {
			return nil, err
		}
		for key, values := range r.URL.Query() {
			if _, set := a[key]; !set {
				a[key] = values[0]
			}
		}
		return a, nil
	}
	var err error
	if kind == "multipart/form-data" {
		err = r.ParseMultipartForm(maxRequestBytes)
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		return nil, fail("invalid_form_data", "%v", err)
	}
	a := args{}
	for key, values := range r.Form {
		a[key] = values[0]
	}
	return a, nil
}

// readJSONArgs reads a JSON object: strings become plain arguments, everything else stays JSON.
func readJSONArgs(body io.Reader) (args, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, fail("invalid_json", "%v", err)
	}
	a := args{}
	if len(strings.TrimSpace(string(data))) == 0 {
		return a, nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		code := "invalid_json"
		if json.Valid(data) {
			code = "json_not_object"
		}
		return nil, fail(code, "%v", err)
	}
	for key, value := range object {
		a.set(key, value)
	}
	return a, nil
}

// set stores a JSON value: a string as what it says, null as the empty string, anything else as JSON.
func (a args) set(key string, value json.RawMessage) {
	var s string
	if json.Unmarshal(value, &s) == nil {
		a[key] = s
		return
	}
	a[key] = string(value)
}
