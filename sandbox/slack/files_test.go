package slack

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	api "github.com/slack-go/slack"
)

func TestUpload(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	parent := b.say("C0ENG", "logs please", "")
	const content = "line one\nline two\n"
	f, err := b.client.UploadFile(api.UploadFileParameters{
		Reader: strings.NewReader(content), FileSize: len(content), Filename: "ship.log", Title: "The log",
		Channel: "C0ENG", ThreadTimestamp: parent, InitialComment: "here",
	})
	if err != nil {
		t.Fatal(err)
	}
	thread := b.messages("C0ENG", parent)
	if len(thread) != 2 || thread[1].Text != "here" || len(thread[1].Files) != 1 || thread[1].Files[0].ID != f.ID || thread[1].Subtype != "file_share" {
		t.Fatalf("thread: got %+v, want the file in it", thread)
	}
	info, _, _, err := b.client.GetFileInfo(f.ID, 1, 1)
	if err != nil || info.Title != "The log" || info.Size != len(content) {
		t.Fatalf("info: got %+v, %v", info, err)
	}
	var got bytes.Buffer
	if err := b.client.GetFile(info.URLPrivate, &got); err != nil || got.String() != content {
		t.Errorf("download: got %q, %v, want %q", got.String(), err, content)
	}
	resp, err := http.Get(info.URLPrivate)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("download without a token: got %d, want 403", resp.StatusCode)
	}
}

func TestUploadOfAnotherLength(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	_, err := b.client.UploadFile(api.UploadFileParameters{Content: "four", FileSize: 5, Filename: "x.txt", Channel: "C0ENG"})
	if status, ok := errors.AsType[api.StatusCodeError](err); !ok || status.Code != http.StatusBadRequest {
		t.Errorf("got %v, want status 400", err)
	}
}
