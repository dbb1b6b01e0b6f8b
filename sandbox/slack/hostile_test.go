package slack

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// hostile are values that no argument of a call should be able to do harm with.
func hostile() []string {
	cursor := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	return []string{
		"", " ", "null", "0", "-1", "1e999", "99999999999999999999", "true", `"x"`, "[]", "[null]", "[[]]", "[1]", "{}", `{"type":null}`, "{", "\x00", "\xff\xfe",
		"C0ENG", "D0ADA", "U0ADA", BotUserID, "#eng", "C0NOWHERE", "1", "1.", ".1", "1700000000.000001", "9e18.5", "-5.000000", "１.000001",
		cursor("next_ts:"), cursor("next_ts:1"), cursor("id:"), cursor("id:C0NOWHERE"), cursor("next_ts:x.y"), "====",
		strings.Repeat("x", 4_001), strings.Repeat("[", 200), `[{"type":"rich_text","elements":null}]`, `[{"type":"table","rows":[null,[null]]}]`,
		`[{"type":"actions","elements":[null,{"type":"overflow","options":[null]}]}]`, `[{"type":7}]`, `[{"blocks":7}]`, `{"type":"modal","blocks":[null],"title":7}`,
		`{"type":"modal","title":{"type":"plain_text","text":"t"},"blocks":[{"type":"input","label":null,"element":[]}]}`,
	}
}

// Whatever the arguments, every method answers with an object that says whether it went well. A panic of a handler ends the test.
func TestHostileArguments(t *testing.T) {
	t.Parallel()
	w, err := New(Options{NoLimits: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	handler := w.Handler()
	base := url.Values{"channel": {"C0ENG"}, "text": {"x"}, "user": {AdaID}, "users": {AdaID}, "filename": {"a.txt"}, "length": {"3"}, "channel_id": {"C0ENG"}, "name": {"eyes"}}
	groups := [][]string{ // arguments of which a method reads one at most, so that no other stands in its way
		{"channel", "channel_id", "user_id", "bot", "title"}, {"ts", "timestamp", "message_ts", "trigger_id", "status"},
		{"thread_ts", "email", "topic", "hash", "loading_messages"}, {"blocks", "view", "cursor", "files", "unfurls"},
		{"attachments", "limit", "types", "external_id", "prompts"}, {"metadata", "oldest", "user", "view_id", "filename"},
		{"latest", "name", "length", "usergroup", "chunks"}, {"text", "users", "markdown_text"},
	}
	for _, method := range slices.Sorted(maps.Keys(apiMethods())) {
		token := BotToken
		if apiMethods()[method].app {
			token = AppToken
		}
		for _, names := range groups {
			for _, value := range hostile() {
				args := maps.Clone(base)
				for _, name := range names {
					args.Set(name, value)
				}
				r := httptest.NewRequest(http.MethodPost, "/api/"+method, strings.NewReader(args.Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Authorization", "Bearer "+token)
				checkAnswer(t, handler, r, method+" "+names[0]+"…", value)
			}
		}
		for _, body := range hostile() {
			r := httptest.NewRequest(http.MethodPost, "/api/"+method, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+token)
			checkAnswer(t, handler, r, method+" JSON", body)
		}
	}
}

// checkAnswer makes a call and reports an answer that is no object with "ok", or that blames the workspace.
func checkAnswer(t *testing.T, handler http.Handler, r *http.Request, what, value string) {
	t.Helper()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	var got struct {
		OK    *bool
		Error string
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || got.OK == nil || got.Error == "internal_error" {
		t.Errorf("%s = %.60q: got %d %.200s", what, value, answer.Code, answer.Body)
	}
}

// The control API takes anything as well: it answers with JSON, and with 500 for nothing.
func TestHostileControl(t *testing.T) {
	t.Parallel()
	w, err := New(Options{NoLimits: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	handler := w.Handler()
	call := func(method, path, body string) {
		t.Helper()
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(method, path, strings.NewReader(body)))
		if answer.Code >= http.StatusInternalServerError || !json.Valid(answer.Body.Bytes()) {
			t.Errorf("%s %.200s: got %d %.200s", path, body, answer.Code, answer.Body)
		}
	}
	names := []string{
		"user", "channel", "ts", "thread_ts", "text", "command", "name", "view_id", "action_id", "block_id", "value", "selected_option", "values", "members", "topic",
		"event", "reason", "method", "status", "headers", "times", "skip", "delay_ms", "what", "count", "for_ms", "socket", "kind", "size",
	}
	for _, deed := range []string{"say", "edit", "delete", "react", "click", "slash", "submit", "channel", "event", "raw", "fault", "socketfault", "disconnect"} {
		for _, value := range hostile() {
			call(http.MethodPost, "/control/slack/"+deed, value)
			for _, name := range names {
				args := map[string]any{"channel": "C0ENG", "text": "x", "command": "/shipmate", "name": "eyes", "reason": "warning", "what": "cut", "error": "x", name: value}
				if json.Valid([]byte(value)) {
					args[name] = json.RawMessage(value)
				}
				body, err := json.Marshal(args)
				if err != nil {
					t.Fatal(err)
				}
				call(http.MethodPost, "/control/slack/"+deed, string(body))
			}
		}
	}
	for _, value := range hostile() {
		q := url.Values{"channel": {"C0ENG"}, "thread_ts": {value}, "limit": {value}, "method": {value}}.Encode()
		for _, path := range []string{"state", "messages", "ephemerals", "log"} {
			call(http.MethodGet, "/control/slack/"+path+"?"+q, "")
		}
	}
	w.ClearFaults()
	for _, status := range []string{"1", "42", "1000", "-7", "101"} { // net/http panics on what is no status
		call(http.MethodPost, "/control/slack/fault", `{"status":`+status+`}`)
		r := httptest.NewRequest(http.MethodPost, "/api/api.test", nil)
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
}

// So do the addresses that take no token.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	w, err := New(Options{NoLimits: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	handler := w.Handler()
	w.mu.Lock()
	link := w.newResponseURL("", &responseURL{channel: w.byID["C0ENG"], user: AdaID, uses: -1_000_000})
	w.mu.Unlock()
	for _, value := range hostile() {
		bodies := []string{value, "payload=" + url.QueryEscape(value)}
		for _, name := range []string{"text", "blocks", "attachments", "metadata", "thread_ts", "response_type", "replace_original", "delete_original"} {
			raw := value
			if !json.Valid([]byte(value)) {
				quoted, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				raw = string(quoted)
			}
			bodies = append(bodies, `{"text":"x","`+name+`":`+raw+`}`)
		}
		for _, body := range bodies {
			for _, path := range []string{WebhookPath, link, "/upload/v1/none", "/response/none"} {
				for _, kind := range []string{"application/json", "application/x-www-form-urlencoded"} {
					r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
					r.Header.Set("Content-Type", kind)
					answer := httptest.NewRecorder()
					handler.ServeHTTP(answer, r)
					if answer.Code >= http.StatusInternalServerError || strings.Contains(answer.Body.String(), "internal_error") {
						t.Errorf("%s %s %.100s: got %d %.200s", path, kind, body, answer.Code, answer.Body)
					}
				}
			}
		}
	}
}
