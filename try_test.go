package main

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestConversation(t *testing.T) {
	t.Parallel()
	repo, data := gitRepo(t), t.TempDir()
	tr := try(t, "--repo", repo, "--data", data)
	thread := tr.expect("@shipmate summarize #1", "#1", "rim white space", "github.com/x/y", "feat")
	eng := tr.channel("eng")

	tr.say(eng, thread, "thanks, I will have a look tomorrow!")
	tr.say(eng, thread, "risk?")
	if got := tr.answer(eng, thread, 2).all(); !strings.Contains(got, "risk") || strings.Contains(got, "tomorrow") {
		t.Errorf("the follow-up was answered with %s", got)
	}
	tr.stop()

	tr = try(t, "--repo", repo, "--data", data)
	tr.say(eng, thread, "what changed in parser.go?")
	if got := tr.answer(eng, thread, 3).all(); !strings.Contains(got, "TrimSpace") {
		t.Errorf("after a restart the follow-up was answered with %s", got)
	}
	if n := len(tr.messages(eng, thread)); n != 7 { // question, answer, thanks, question, answer, question, answer
		t.Errorf("%d messages in the thread, want 7: chatter is not answered", n)
	}
}

func TestButtons(t *testing.T) {
	t.Parallel()
	tr := try(t, "--repo", gitRepo(t), "--data", t.TempDir())
	thread := tr.expect("@shipmate summarize #1")
	eng := tr.channel("eng")
	answer := tr.answer(eng, thread, 1)
	var blocks []struct {
		BlockID  string `json:"block_id"`
		Elements []struct {
			Type     string
			ActionID string `json:"action_id"`
			Value    string
		}
	}
	if err := json.Unmarshal(answer.Blocks, &blocks); err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		for _, e := range b.Elements {
			if e.Type == "button" && strings.HasPrefix(e.Value, "files") {
				tr.call("slack/click", map[string]string{"channel": eng, "ts": answer.TS, "block_id": b.BlockID, "action_id": e.ActionID, "value": e.Value}, nil)
				if got := tr.answer(eng, thread, 2).all(); !strings.Contains(got, "parser/parser.go") {
					t.Errorf("the button was answered with %s", got)
				}
				return
			}
		}
	}
	t.Fatalf("no button for the files in %s", answer.Blocks)
}

func TestWhyACheckFailed(t *testing.T) {
	t.Parallel()
	tr := try(t, "--repo", gitRepo(t), "--data", t.TempDir())
	secret := strings.Repeat("a1B2", 8)
	tr.call("github/check-run", map[string]any{"number": 1, "name": "unit tests", "conclusion": "failure", "log": "2024-05-01T10:00:00.0000000Z NPM_TOKEN=" + secret +
		"\n2024-05-01T10:00:01.0000000Z --- FAIL: TestTrim (0.00s)\n2024-05-01T10:00:01.0000000Z     parser_test.go:7: got <!channel>\n" +
		"2024-05-01T10:00:02.0000000Z ##[error]Process completed with exit code 1.\n"}, nil)
	thread := tr.expect("@shipmate ci #1", "the one check failed", "unit tests", "TestTrim", "parser_test.go:7", "NPM_TOKEN=[hidden]")
	got := tr.answer(tr.channel("eng"), thread, 1).all()
	for _, never := range []string{secret, "<!channel>", "2024-05-01", "##[error]"} {
		if strings.Contains(got, never) {
			t.Errorf("the answer has %q: %s", never, got)
		}
	}
	tr.call("github/comment", map[string]any{"number": 1, "body": "/shipmate ci"}, nil)
	wait(t, "the bot's comment", func() bool { return strings.Contains(strings.Join(tr.comments("1").ofBot(), ""), "TestTrim") })
	if body := tr.comments("1").ofBot()[0]; strings.Contains(body, secret) || !strings.Contains(body, "[hidden]") {
		t.Errorf("comment: %s", body)
	}
}

func TestEverySurfaceOfSlack(t *testing.T) {
	t.Parallel()
	tr := try(t, "--repo", gitRepo(t), "--data", t.TempDir())
	dm := tr.channel("dm")
	ts := tr.say(dm, "", "summarize #2")
	wait(t, "the answer to a direct message", func() bool {
		for _, m := range append(tr.messages(dm, ""), tr.messages(dm, ts)...) {
			if m.BotID != "" && strings.Contains(m.all(), "readme") {
				return true
			}
		}
		return false
	})
	inc := tr.channel("incidents")
	tr.call("slack/slash", map[string]string{"channel": inc, "command": "/shipmate", "text": "summarize #2"}, nil)
	wait(t, "the answer to a slash command", func() bool {
		for _, asked := range tr.messages(inc, "") { // the bot says who asked, and answers in the thread of that
			for _, m := range tr.messages(inc, asked.TS) {
				if m.BotID != "" && strings.Contains(m.all(), "readme") && strings.Contains(asked.all(), "summarize #2") {
					return true
				}
			}
		}
		return false
	})
}

// A slash command that cannot be answered where it was typed is answered in the direct message, and so is one that will not be carried out.
func TestSlashCommandAnsweredInTheDirectMessage(t *testing.T) {
	t.Parallel()
	tr := try(t, "--repo", gitRepo(t), "--data", t.TempDir())
	var made struct{ Channel string }
	tr.call("slack/channel", map[string]any{"name": "secret", "is_private": true, "members": []string{"U0ADA", "U0GUS"}}, &made)
	dm := tr.channel("dm")
	direct := func(n int) string { return tr.answer(dm, "", n).all() }

	tr.call("slack/slash", map[string]string{"channel": made.Channel, "command": "/shipmate", "text": "summarize #2"}, nil)
	if why, answer := direct(1), direct(2); !strings.Contains(why, "/invite @shipmate") || !strings.Contains(answer, "readme") {
		t.Errorf("got %s\nand %s\nwant the reason and the answer", why, answer)
	}
	tr.say(dm, "", "risk?")
	if got := direct(3); !strings.Contains(got, "isk") || !strings.Contains(got, "#2") {
		t.Errorf("the follow-up in the direct message was answered with %s", got)
	}
	eng := tr.channel("eng")
	tr.call("slack/slash", map[string]string{"channel": eng, "command": "/shipmate", "text": "sumarize #2"}, nil)
	if got := direct(4); !strings.Contains(got, "Did you mean") {
		t.Errorf("a mistake was answered with %s", got)
	}
	if got := tr.messages(eng, ""); len(got) != 0 {
		t.Errorf("the channel heard of a mistake: %s", got[0].all())
	}
}

func TestWhatPeopleGetWrong(t *testing.T) {
	t.Parallel()
	tr := try(t, "--repo", gitRepo(t), "--data", t.TempDir())
	for text, want := range map[string]string{
		"@shipmate help":                                             "summarize",
		"@shipmate":                                                  "This is what you can ask me",
		"@shipmate sumarize #1":                                      "Did you mean",
		"@shipmate frobnicate":                                       "help",
		"@shipmate summarize":                                        "summarize #",
		"@shipmate summarize #99":                                    "no pull request",
		"@shipmate summarize secret/repo#1":                          "secret/repo",
		"@shipmate summarize #notanumber":                            "summarize #",
		"@shipmate summarize https://evil.example/x/1":               "evil.example",
		"@shipmate files #1 nowhere.go":                              "nowhere.go",
		"@shipmate " + strings.Repeat("x", 40_000-len("@shipmate ")): "I do not know",
	} {
		tr.expect(text, want)
	}
}

func TestStrangersTextIsShownAsText(t *testing.T) {
	t.Parallel()
	tr := try(t, "--repo", gitRepo(t), "--data", t.TempDir())
	thread := tr.expect("@shipmate summarize #3", "everyone")
	answer := tr.answer(tr.channel("eng"), thread, 1)
	for _, live := range []string{"<!channel>", "<@", "<script>"} {
		if strings.Contains(answer.Text, live) {
			t.Errorf("%s is live in %q", live, answer.Text)
		}
	}
	if strings.Contains(string(answer.Blocks), "mrkdwn") {
		t.Errorf("markup in the answer's blocks: %s", answer.Blocks)
	}
}

// comments of a pull request's page.
type comments []struct {
	ID        int64
	Body      string
	IsBot     bool `json:"is_bot"`
	Reactions map[string]int
}

func (tr *trial) comments(number string) comments {
	tr.t.Helper()
	var pull struct{ Comments comments }
	tr.call("github/pulls/"+number, nil, &pull)
	return pull.Comments
}

// ofBot returns the bodies of the bot's comments.
func (cs comments) ofBot() (bodies []string) {
	for _, c := range cs {
		if c.IsBot {
			bodies = append(bodies, c.Body)
		}
	}
	return bodies
}

func TestCommentsOnAPullRequest(t *testing.T) {
	t.Parallel()
	repo, data := gitRepo(t), t.TempDir()
	tr := try(t, "--repo", repo, "--data", data)
	comment := func(user, body string) {
		t.Helper()
		tr.call("github/comment", map[string]any{"user": user, "number": 1, "body": body}, nil)
	}
	comment("", "Looks good. `/shipmate risk` is how you ask.\n\n> /shipmate risk\n\n```\n/shipmate risk\n```\n")
	comment("", "/shipmate summarize")
	wait(t, "the bot's comment", func() bool { return len(tr.comments("1").ofBot()) == 1 })
	first := tr.comments("1")
	if body := first.ofBot()[0]; !strings.Contains(body, "rim white space") || strings.Contains(body, "@everyone") ||
		!strings.Contains(body, "`/shipmate risk`") {
		t.Errorf("comment: %s", body)
	}
	if first[1].Reactions["eyes"] != 1 || first[0].Reactions["eyes"] != 0 {
		t.Errorf("reactions %v and %v: only the command is marked as seen", first[0].Reactions, first[1].Reactions)
	}

	comment("", "@shipmate files")
	wait(t, "the edit", func() bool { return strings.Contains(strings.Join(tr.comments("1").ofBot(), ""), ": 2 files**") })
	tr.stop()

	// After a restart it still knows its comment, and does not answer history again.
	tr = try(t, "--repo", repo, "--data", data)
	comment("mallory", "/shipmate summarize")
	comment("", "/shipmate frobnicate")
	comment("", "/shipmate summarize")
	wait(t, "the second edit", func() bool {
		said := tr.comments("1").ofBot()
		return strings.Contains(said[len(said)-1], "risk: low")
	})
	got := tr.comments("1")
	if n := len(got.ofBot()); n != 1 {
		t.Errorf("%d comments of the bot, want one: %q", n, got.ofBot())
	}
	for i, who := range []string{"the stranger's", "the unknown"} {
		wait(t, "the mark on "+who+" command", func() bool { return tr.comments("1")[len(got)-3+i].Reactions["confused"] == 1 })
	}
}

// fails runs the program and returns its error, which must be a sentence with want in it.
func fails(t *testing.T, want string, args ...string) {
	t.Helper()
	var out, logged bytes.Buffer
	err := run(t.Context(), args, os.Getenv, strings.NewReader(""), &out, &logged)
	if err == nil || !strings.Contains(err.Error()+out.String(), want) {
		t.Errorf("%q: got %v and %q, want %q", args, err, out.String(), want)
	}
	if strings.Contains(err.Error()+out.String()+logged.String(), "goroutine") {
		t.Errorf("%q: a stack trace is shown: %v", args, err)
	}
}

func TestBadStarts(t *testing.T) {
	t.Parallel()
	repo := gitRepo(t)
	fails(t, "not a git repository", "try", "--repo", t.TempDir(), "--data", t.TempDir(), "--addr", "127.0.0.1:0")
	fails(t, "no/such/folder", "try", "--repo", "/no/such/folder", "--data", t.TempDir(), "--addr", "127.0.0.1:0")
	fails(t, "loopback", "try", "--repo", repo, "--data", t.TempDir(), "--addr", "0.0.0.0:0")
	fails(t, "unknown command", "tri")
	fails(t, "unknown flag", "try", "--rpeo", repo)
	fails(t, "configuration", "run", "--config", filepath.Join(t.TempDir(), "config.yaml"))

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	fails(t, "in use", "try", "--repo", repo, "--data", t.TempDir(), "--addr", taken.Addr().String())

	damaged := t.TempDir()
	path := filepath.Join(damaged, "shipmate.db")
	if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	fails(t, "left as it is", "try", "--repo", repo, "--data", damaged, "--addr", "127.0.0.1:0")
	if after, err := os.ReadFile(path); err != nil || string(after) != "damaged" {
		t.Errorf("the damaged file now holds %q, %v", after, err)
	}
}

func TestRepositoryWithoutCommits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if out, err := exec.Command("git", "-C", dir, "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	tr := try(t, "--repo", dir, "--data", t.TempDir())
	tr.expect("@shipmate summarize #1", "no pull request")
	tr.expect("@shipmate pulls", "no open pull request")
}

func TestAsk(t *testing.T) {
	t.Parallel()
	repo := gitRepo(t)
	ask := func(stdin string, args ...string) string {
		t.Helper()
		var out, logged bytes.Buffer
		if err := run(t.Context(), append([]string{"ask", "--repo", repo}, args...), os.Getenv, strings.NewReader(stdin), &out, &logged); err != nil {
			t.Errorf("%q: %v\n%s", args, err, logged.String())
		}
		return out.String()
	}
	if got := ask("", "summarize #1"); !strings.Contains(got, "rim white space") {
		t.Errorf("summarize: %s", got)
	}
	if got := ask("summarize #1\n\nwhat changed in parser.go?\n"); !strings.Contains(got, "TrimSpace") {
		t.Errorf("conversation on the input: %s", got)
	}
	if got := ask("", ""); !strings.Contains(got, "This is what you can ask me") {
		t.Errorf("an empty question: %s", got)
	}
	var answer struct {
		Text, Subject string
		Facts         struct {
			Number, Files, Additions, Deletions int
			Title, Head, Base, Type, Size       string
			Risk                                struct {
				Level   string
				Points  int
				Reasons []json.RawMessage
			}
			Coverage struct {
				FilesTotal int `json:"files_total"`
				FilesRead  int `json:"files_read"`
			}
		}
	}
	if err := json.Unmarshal([]byte(ask("", "--json", "summarize #1")), &answer); err != nil {
		t.Fatal(err)
	}
	f := answer.Facts
	if f.Number != 1 || f.Files != 2 || f.Additions != 4 || f.Deletions != 2 || f.Type != "feat" || len(f.Head) != 40 || f.Coverage.FilesTotal != 2 || answer.Subject != "local/widgets#1" {
		t.Errorf("facts: %+v of %q", f, answer.Subject)
	}
	fails(t, "no pull request", "ask", "--repo", repo, "summarize #99")
	fails(t, "not a git repository", "ask", "--repo", t.TempDir(), "help")
}
