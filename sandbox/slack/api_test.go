package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	api "github.com/slack-go/slack"
)

// post calls a Web API method with a body of any kind.
func (b *bench) post(method, token, contentType, body string) (*http.Response, map[string]any) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.server.URL+"/api/"+method, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		b.t.Fatal(err)
	}
	return resp, out
}

const form = "application/x-www-form-urlencoded"

func TestAuthTest(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	got, err := b.client.AuthTest()
	if err != nil {
		t.Fatal(err)
	}
	if got.UserID != BotUserID || got.BotID != BotID || got.TeamID != TeamID || got.URL != b.server.URL+"/" {
		t.Errorf("got %+v, want the app's identity", got)
	}
}

func TestAPIErrors(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{NoLimits: true})
	ada := b.say("C0ENG", "mine", "")
	b.control("channel", map[string]any{"name": "old", "is_archived": true, "members": []string{AdaID, BotUserID}}, nil)
	b.control("channel", map[string]any{"name": "apart"}, nil)
	b.control("channel", map[string]any{"name": "secret", "is_private": true}, nil)
	long := url.QueryEscape(strings.Repeat("x", maxUpdateText+1))
	_, own, err := b.client.PostMessage("C0ENG", api.MsgOptionText("own", false))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ method, token, body, want string }{
		{"chat.dance", BotToken, "", "unknown_method"},
		{"auth.test", "", "", "not_authed"},
		{"auth.test", "xoxb-wrong", "", "invalid_auth"},
		{"apps.connections.open", BotToken, "", "not_allowed_token_type"},
		{"auth.test", AppToken, "", "not_allowed_token_type"},
		{"api.test", "", "error=my_error", "my_error"},
		{"chat.postMessage", BotToken, "text=x", "channel_not_found"},
		{"chat.postMessage", BotToken, "channel=C0NONE&text=x", "channel_not_found"},
		{"chat.postMessage", BotToken, "channel=secret&text=x", "channel_not_found"},
		{"chat.postMessage", BotToken, "channel=apart&text=x", "not_in_channel"},
		{"chat.postMessage", BotToken, "channel=old&text=x", "is_archived"},
		{"chat.postMessage", BotToken, "channel=C0ENG&text=+", "no_text"},
		{"chat.postMessage", BotToken, "channel=C0ENG&text=x&blocks=no", "invalid_blocks_format"},
		{"chat.postMessage", BotToken, `channel=C0ENG&text=x&blocks=[{"type":"x"}]`, "invalid_blocks"},
		{"chat.postMessage", BotToken, "channel=C0ENG&text=x&thread_ts=1.000000", "thread_not_found"},
		{"chat.postMessage", BotToken, `channel=C0ENG&text=x&metadata={"event_type":"x"}`, "invalid_metadata_schema"},
		{"chat.postMessage", BotToken, "channel=C0ENG&text=x&markdown_text=y", "markdown_text_conflict"},
		{"chat.update", BotToken, "channel=C0ENG&text=x&ts=1.000000", "message_not_found"},
		{"chat.update", BotToken, "channel=C0ENG&text=x&ts=" + ada, "cant_update_message"},
		{"chat.update", BotToken, "channel=C0ENG&ts=" + own + "&text=" + long, "msg_too_long"},
		{"chat.update", BotToken, "channel=C0ENG&ts=" + own, "no_text"},
		{"chat.delete", BotToken, "channel=C0ENG&ts=" + ada, "cant_delete_message"},
		{"chat.delete", BotToken, "channel=C0ENG&ts=1.000000", "message_not_found"},
		{"chat.postEphemeral", BotToken, "channel=C0ENG&text=x&user=U0NONE", "user_not_found"},
		{"chat.postEphemeral", BotToken, "channel=C0FINOPS&text=x&user=U0GUS", "user_not_in_channel"},
		{"conversations.info", BotToken, "channel=eng", "channel_not_found"},
		{"conversations.history", BotToken, "channel=C0ENG&cursor=zzz", "invalid_cursor"},
		{"conversations.history", BotToken, "channel=C0ENG&oldest=yesterday", "invalid_ts_oldest"},
		{"conversations.replies", BotToken, "channel=C0ENG&ts=1.000000", "thread_not_found"},
		{"conversations.open", BotToken, "", "users_list_not_supplied"},
		{"conversations.open", BotToken, "users=U0NONE", "user_not_found"},
		{"conversations.list", BotToken, "types=secret", "invalid_types"},
		{"users.info", BotToken, "user=U0NONE", "user_not_found"},
		{"users.lookupByEmail", BotToken, "email=x@example.com", "users_not_found"},
		{"usergroups.users.list", BotToken, "usergroup=S0", "no_such_subteam"},
		{"reactions.add", BotToken, "channel=C0ENG&timestamp=" + ada, "invalid_name"},
		{"reactions.add", BotToken, "channel=C0ENG&name=eyes&timestamp=1.000000", "message_not_found"},
		{"reactions.add", BotToken, "channel=C0ENG&name=no+name&timestamp=" + ada, "invalid_name"},
		{"reactions.add", BotToken, "channel=C0ENG&name=eyes&timestamp=x", "bad_timestamp"},
		{"reactions.remove", BotToken, "channel=C0ENG&name=eyes&timestamp=" + ada, "no_reaction"},
		{"views.open", BotToken, `trigger_id=1.2.3&view={"type":"modal","title":{"type":"plain_text","text":"t"},"blocks":[]}`, "invalid_trigger_id"},
		{"views.open", BotToken, `trigger_id=1.2.3&view={"type":"modal","blocks":[]}`, "invalid_arguments"},
		{"files.completeUploadExternal", BotToken, `files=[{"id":"F0"}]`, "file_not_found"},
		{"assistant.threads.setStatus", BotToken, "channel_id=C0ENG&thread_ts=1.000000&status=x", "invalid_thread_ts"},
	} {
		resp, got := b.post(tt.method, tt.token, form, tt.body)
		if got["ok"] != false || got["error"] != tt.want || resp.StatusCode != http.StatusOK {
			t.Errorf("%s %s: got %d %v, want %s", tt.method, tt.body, resp.StatusCode, got, tt.want)
		}
	}
}

func TestBodiesOfEveryKind(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	var multi bytes.Buffer
	multi.WriteString("--x\r\nContent-Disposition: form-data; name=\"channel\"\r\n\r\nC0ENG\r\n--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nthree\r\n--x--\r\n")
	for _, tt := range []struct{ token, contentType, body, want string }{
		{"", form, "token=" + BotToken + "&channel=%23eng&text=one", "one"},
		{BotToken, "application/json; charset=utf-8", `{"channel":"C0ENG","text":"two","blocks":[{"type":"divider"}],"mrkdwn":true}`, "two"},
		{BotToken, "multipart/form-data; boundary=x", multi.String(), "three"},
	} {
		_, got := b.post("chat.postMessage", tt.token, tt.contentType, tt.body)
		m, _ := got["message"].(map[string]any)
		if got["ok"] != true || got["channel"] != "C0ENG" || m["text"] != tt.want {
			t.Errorf("%s: got %v, want %q posted", tt.contentType, got, tt.want)
		}
	}
	for body, want := range map[string]string{`[1]`: "json_not_object", `{`: "invalid_json"} {
		if _, got := b.post("chat.postMessage", BotToken, "application/json", body); got["error"] != want {
			t.Errorf("%s: got %v, want %s", body, got, want)
		}
	}
	resp, err := http.Get(b.server.URL + "/api/chat.postMessage?channel=C0ENG&text=x&token=" + BotToken)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a post over GET: got %d, want 405", resp.StatusCode)
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Scopes: []string{"chat:write", "users:read"}})
	resp, got := b.post("reactions.add", BotToken, form, "channel=C0ENG&name=eyes&timestamp=1")
	if got["error"] != "missing_scope" || got["needed"] != "reactions:write" || got["provided"] != "chat:write,users:read" {
		t.Errorf("got %v, want missing_scope with needed and provided", got)
	}
	if h := resp.Header.Get("X-OAuth-Scopes"); h != "chat:write,users:read" {
		t.Errorf("X-OAuth-Scopes: got %q", h)
	}
	u, err := b.client.GetUserInfo(AdaID)
	if err != nil || u.Profile.Email != "" {
		t.Errorf("without users:read.email: got %q, %v, want no address", u.Profile.Email, err)
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	var err error
	posted := 0
	for range 2 * postBurst {
		if _, _, err = b.client.PostMessage("C0ENG", api.MsgOptionText("x", false)); err != nil {
			break
		}
		posted++
	}
	limited, ok := errors.AsType[*api.RateLimitedError](err)
	if !ok || limited.RetryAfter != time.Second {
		t.Fatalf("got %v, want a rate limit of one second", err)
	}
	if posted < postBurst {
		t.Errorf("posted before: got %d, want at least %d", posted, postBurst)
	}
	if _, _, err := b.client.PostMessage("C0FINOPS", api.MsgOptionText("x", false)); err != nil {
		t.Errorf("another channel: got %v, want no limit", err)
	}
	calls := b.w.calls.list("chat.postMessage")
	if c := calls[posted]; c.Status != http.StatusTooManyRequests || c.Error != "ratelimited" {
		t.Errorf("log: got %+v, want 429 ratelimited", c)
	}
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	l, now := newLimiter(), time.Unix(0, 0)
	for i := range postBurst {
		if wait := l.take("C", now); wait != 0 {
			t.Errorf("post %d of a burst: got a wait of %v", i, wait)
		}
	}
	if wait := l.take("C", now.Add(200*time.Millisecond)); wait != 800*time.Millisecond {
		t.Errorf("after the burst: got %v, want 800ms", wait)
	}
	if wait := l.take("C", now.Add(1001*time.Millisecond)); wait != 0 {
		t.Errorf("a second later: got %v, want none", wait)
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	users, err := b.client.GetUsers()
	if err != nil || len(users) != len(b.w.users) {
		t.Errorf("users: got %d, %v, want %d", len(users), err, len(b.w.users))
	}
	u, err := b.client.GetUserByEmail("ben@sandbox.example")
	if err != nil || u.ID != benID {
		t.Errorf("by address: got %+v, %v, want ben", u, err)
	}
	gus, err := b.client.GetUserInfo(gusID)
	if err != nil || !gus.IsRestricted {
		t.Errorf("gus: got %+v, %v, want a guest", gus, err)
	}
	var all []string
	for cursor := ""; ; {
		channels, next, err := b.client.GetConversations(&api.GetConversationsParameters{Limit: 2, Cursor: cursor, Types: []string{"public_channel", "im"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range channels {
			all = append(all, c.ID)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if want := "[C0ENG C0INCIDENTS C0FINOPS D0ADA D0BEN D0CHLOE D0GUS]"; fmt.Sprint(all) != want {
		t.Errorf("channels: got %v, want %s", all, want)
	}
	members, _, err := b.client.GetUsersInConversation(&api.GetUsersInConversationParameters{ChannelID: "C0FINOPS"})
	if err != nil || len(members) != 5 {
		t.Errorf("members: got %v, %v, want five", members, err)
	}
	groups, err := b.client.GetUserGroups(api.GetUserGroupsOptionIncludeUsers(true))
	if err != nil || len(groups) != 2 || len(groups[0].Users) != 2 {
		t.Errorf("user groups: got %+v, %v, want two with people", groups, err)
	}
	dm, _, already, err := b.client.OpenConversation(&api.OpenConversationParameters{Users: []string{AdaID}})
	if err != nil || dm.ID != "D0ADA" || !already {
		t.Errorf("direct message: got %+v, %v, want the one there is", dm, err)
	}
	group, _, _, err := b.client.OpenConversation(&api.OpenConversationParameters{Users: []string{AdaID, benID}})
	if err != nil {
		t.Fatal(err)
	}
	again, _, _, err := b.client.OpenConversation(&api.OpenConversationParameters{Users: []string{benID, AdaID}})
	if err != nil || again.ID != group.ID {
		t.Errorf("group message: got %+v, %v, want %s again", again, err, group.ID)
	}
}
