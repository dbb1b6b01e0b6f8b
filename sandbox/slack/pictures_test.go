package slack

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	api "github.com/slack-go/slack"
)

// tinyPNG is a picture of one pixel.
func tinyPNG(t *testing.T) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// upload uploads a file to no channel, or to one.
func (b *bench) upload(name string, data []byte, channel string) *api.FileSummary {
	b.t.Helper()
	f, err := b.client.UploadFile(api.UploadFileParameters{Reader: bytes.NewReader(data), FileSize: len(data), Filename: name, Channel: channel})
	if err != nil {
		b.t.Fatal(err)
	}
	return f
}

func imageOf(id string) api.MsgOption {
	return api.MsgOptionBlocks(api.NewImageBlockSlackFile(&api.SlackFileObject{ID: id}, "a chart", "", nil))
}

// An image block shows a picture that was uploaded to no channel, and the page gets it as what it is; text, unfinished uploads and unknown files
// are refused in Slack's words.
func TestImageBlocksShowUploadedPictures(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{NoLimits: true})
	before := len(b.messages("C0ENG", ""))
	picture := b.upload("chart.png", tinyPNG(t), "")
	if got := len(b.messages("C0ENG", "")); got != before {
		t.Errorf("an upload to no channel showed %d messages", got-before)
	}
	_, ts, err := b.client.PostMessage("C0ENG", imageOf(picture.ID))
	if err != nil {
		t.Fatalf("a picture in a block: %v", err)
	}
	resp, err := http.Get(b.server.URL + "/control/slack/file?id=" + picture.ID)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "image/png" {
		t.Errorf("the picture is sent as %q", got)
	}
	text := b.upload("chart.png", []byte("<script>alert(1)</script>"), "")
	unfinished, err := b.client.GetUploadURLExternalContext(t.Context(), api.GetUploadURLExternalParameters{FileName: "x.png", FileSize: 5})
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]string{"text": text.ID, "unfinished": unfinished.FileID, "unknown": "F0123456789"} {
		if _, _, err := b.client.PostMessage("C0ENG", imageOf(id)); err == nil || err.Error() != "invalid_blocks" {
			t.Errorf("%s: got %v, want invalid_blocks", name, err)
		}
		_, _, _, err := b.client.UpdateMessage("C0ENG", ts, imageOf(id))
		if e, ok := err.(api.SlackErrorResponse); !ok || !strings.Contains(strings.Join(e.ResponseMetadata.Messages, ""), "invalid slack file [json-pointer:/blocks/0/slack_file]") {
			t.Errorf("%s in an edit: got %v, want the reason", name, err)
		}
	}
}

func TestUploadFaults(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{NoLimits: true})
	for name, f := range map[string]Fault{"broken": {Method: "upload"}, "status": {Method: "upload", Status: 503}, "answer lost": {Method: "upload", After: true}} {
		b.w.Inject(f)
		where, err := b.client.GetUploadURLExternalContext(t.Context(), api.GetUploadURLExternalParameters{FileName: "x.png", FileSize: 4})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.client.UploadToURL(t.Context(), api.UploadToURLParameters{UploadURL: where.UploadURL, Content: "four", Filename: "x.png"}); err == nil {
			t.Errorf("%s: the upload succeeded", name)
		}
		_, err = b.client.CompleteUploadExternalContext(t.Context(), api.CompleteUploadExternalParameters{Files: []api.FileSummary{{ID: where.FileID}}})
		if (err == nil) != f.After {
			t.Errorf("%s: completing gave %v, the bytes came: %v", name, err, f.After)
		}
	}
}

// Files do not grow without end: the oldest make room.
func TestOldFilesMakeRoom(t *testing.T) {
	t.Parallel()
	w, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for i, id := range []string{"F1", "F2", "F3"} {
		w.files[id] = &file{ID: id, Created: int64(i + 1), content: make([]byte, maxFileBytes/2)}
	}
	w.trimFiles()
	if w.files["F1"] != nil || w.files["F2"] == nil || w.files["F3"] == nil {
		t.Errorf("got %d files, want the two newest", len(w.files))
	}
}
