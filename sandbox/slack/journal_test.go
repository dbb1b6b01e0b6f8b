package slack

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	api "github.com/slack-go/slack"
)

// restart closes a bench and opens another on the same file.
func (b *bench) restart(o Options) *bench {
	b.t.Helper()
	b.close()
	return newBench(b.t, o)
}

func TestRestart(t *testing.T) {
	t.Parallel()
	o := Options{Data: filepath.Join(t.TempDir(), "new", "workspace.journal"), NoLimits: true}
	b := newBench(t, o)
	parent := b.say("C0ENG", "parent", "")
	meta := api.SlackMetadata{EventType: "x", EventPayload: map[string]any{"id": "1"}}
	_, reply, err := b.client.PostMessage("C0ENG", api.MsgOptionText("reply", false), api.MsgOptionTS(parent), api.MsgOptionMetadata(meta))
	if err != nil {
		t.Fatal(err)
	}
	gone := b.say("C0ENG", "gone", parent)
	b.control("delete", deed{Channel: "C0ENG", TS: gone}, nil)
	b.control("edit", deed{Channel: "C0ENG", TS: parent, Text: "edited"}, nil)
	b.control("react", deed{Channel: "C0ENG", TS: reply, Name: "eyes"}, nil)
	b.control("channel", map[string]any{"name": "extra", "members": []string{AdaID, BotUserID}}, nil)
	f, err := b.client.UploadFile(api.UploadFileParameters{Content: "bytes", FileSize: 5, Filename: "a.txt", Channel: "#extra"})
	if err != nil {
		t.Fatal(err)
	}
	before := [][]message{b.messages("C0ENG", ""), b.messages("C0ENG", parent)}

	for range 2 { // the second time from the compacted file
		b = b.restart(o)
		if after := [][]message{b.messages("C0ENG", ""), b.messages("C0ENG", parent)}; !reflect.DeepEqual(after, before) {
			t.Fatalf("after a restart: got %+v, want %+v", after, before)
		}
		info, _, _, err := b.client.GetFileInfo(f.ID, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		var content bytes.Buffer
		info.URLPrivate = b.server.URL + info.URLPrivate[strings.Index(info.URLPrivate, "/files-pri/"):] // another port now
		if err := b.client.GetFile(info.URLPrivate, &content); err != nil || content.String() != "bytes" {
			t.Errorf("file: got %q, %v", content.String(), err)
		}
	}
	if ts := b.say("C0ENG", "later", parent); compareTS(ts, gone) <= 0 {
		t.Errorf("timestamp after a restart: got %s, want one after %s", ts, gone)
	}
	if m := b.messages("C0ENG", parent)[0]; m.ReplyCount != 2 {
		t.Errorf("replies after a restart: got %d, want 2", m.ReplyCount)
	}
}

func TestTimestampsStayUniqueAfterRestart(t *testing.T) {
	t.Parallel()
	o := Options{Data: filepath.Join(t.TempDir(), "workspace")}
	b := newBench(t, o)
	ahead := int64(4_000_000_000_000_000) // the clock was wrong once
	b.w.byID["C0ENG"].lastTS = ahead
	ts := b.say("C0ENG", "from the future", "")
	b.control("delete", deed{Channel: "C0ENG", TS: ts}, nil)
	b = b.restart(o)
	b = b.restart(o)
	if next := b.say("C0ENG", "x", ""); compareTS(next, ts) <= 0 {
		t.Errorf("got %s, want one after the deleted %s", next, ts)
	}
}

func TestUndeliveredEventsSurviveARestart(t *testing.T) {
	t.Parallel()
	o := Options{Data: filepath.Join(t.TempDir(), "workspace")}
	b := newBench(t, o)
	b.say("C0ENG", "waiting", "")
	b = b.restart(o)
	conn, _ := b.dial()
	waited := b.read(conn)
	if waited["retry_attempt"] != 1.0 {
		t.Errorf("got %v, want a retry", waited)
	}
	b.ack(conn, waited)
	b.logged("envelope.ack", 1)
	b.say("C0ENG", "unacknowledged", "")
	b.read(conn)
	conn.Close()
	b = b.restart(o)
	conn, _ = b.dial()
	frame := b.read(conn)
	if text := frame["payload"].(map[string]any)["event"].(map[string]any)["text"]; text != "unacknowledged" {
		t.Errorf("got %v, want only what was not acknowledged", text)
	}
	b.ack(conn, frame)
	b.logged("envelope.ack", 1)
	conn.Close()
	b = b.restart(o)
	if n := len(b.w.hub.waiting); n != 0 {
		t.Errorf("waiting at last: got %d, want none", n)
	}
}

// A process that is killed leaves the file as it is at that moment: everything shown is in it, and so is what the app has not
// acknowledged.
func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "workspace")
	b := newBench(t, Options{Data: path})
	conn, _ := b.dial()
	b.say("C0ENG", "acknowledged", "")
	b.ack(conn, b.read(conn))
	b.logged("envelope.ack", 1)
	b.say("C0ENG", "in flight", "")
	left, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"2", left, 0o600); err != nil {
		t.Fatal(err)
	}

	b = newBench(t, Options{Data: path + "2"})
	if got := b.messages("C0ENG", ""); len(got) != 2 || got[1].Text != "in flight" {
		t.Errorf("messages: got %+v, want both", got)
	}
	conn, _ = b.dial()
	frame := b.read(conn)
	if text := frame["payload"].(map[string]any)["event"].(map[string]any)["text"]; text != "in flight" || frame["retry_attempt"] != 1.0 {
		t.Errorf("event: got %v, want a retry of what was not acknowledged", frame)
	}
}

func TestDamagedFileIsRefusedAndKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "workspace")
	b := newBench(t, Options{Data: path})
	b.say("C0ENG", "one", "")
	b.say("C0ENG", "two", "")
	b.close()
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Replace(good, []byte(`"one"`), []byte(`"0ne"`), 1)
	for name, content := range map[string]string{
		"empty":   "",
		"foreign": "PNG\n",
		"cut":     journalHeader,
		"flipped": string(flipped),
		"unknown": journalHeader + "\n" + "nonsense\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Options{Data: path}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want an error that names the file", name, err)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != content {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func TestTornLastLineIsDropped(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "workspace")
	o := Options{Data: path}
	b := newBench(t, o)
	b.say("C0ENG", "one", "")
	b.close()
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(good, `0badc0de {"op":"mess`...), 0o600); err != nil {
		t.Fatal(err)
	}
	b = newBench(t, o)
	if got := b.messages("C0ENG", ""); len(got) != 1 || got[0].Text != "one" {
		t.Errorf("got %+v, want what was whole", got)
	}
}

func TestFileInUseIsRefused(t *testing.T) {
	t.Parallel()
	o := Options{Data: filepath.Join(t.TempDir(), "workspace")}
	b := newBench(t, o)
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second workspace on the file: got %v, want that it is in use", err)
	}
	b.close()
	newBench(t, o)
}

func TestCloseTwice(t *testing.T) {
	t.Parallel()
	w, err := New(Options{Data: filepath.Join(t.TempDir(), "workspace")})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}
