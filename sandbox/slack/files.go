package slack

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// A file is an uploaded file in the shape of files.info.
type file struct {
	ID                 string   `json:"id"`
	Created            int64    `json:"created"`
	Timestamp          int64    `json:"timestamp"`
	Name               string   `json:"name"`
	Title              string   `json:"title"`
	Mimetype           string   `json:"mimetype"`
	Filetype           string   `json:"filetype"`
	PrettyType         string   `json:"pretty_type"`
	AltTxt             string   `json:"alt_txt,omitempty"`
	User               string   `json:"user"`
	Mode               string   `json:"mode"`
	Editable           bool     `json:"editable"`
	IsExternal         bool     `json:"is_external"`
	ExternalType       string   `json:"external_type"`
	Size               int      `json:"size"`
	IsPublic           bool     `json:"is_public"`
	URLPrivate         string   `json:"url_private"`
	URLPrivateDownload string   `json:"url_private_download"`
	Permalink          string   `json:"permalink"`
	Channels           []string `json:"channels"`
	Groups             []string `json:"groups"`
	IMs                []string `json:"ims"`

	content  []byte
	uploaded bool
}

func filesGetUploadURL(w *Workspace, c *call) (response, error) {
	name := c.args["filename"]
	length, err := strconv.Atoi(c.args["length"])
	if name == "" || err != nil || length <= 0 {
		return nil, fail("invalid_arguments", "filename and a length above zero are needed")
	}
	if length > maxRequestBytes {
		return nil, fail("file_upload_size_restricted", "the file is bigger than %d bytes", maxRequestBytes)
	}
	kind := strings.TrimPrefix(path.Ext(name), ".")
	f := &file{
		ID: newID("F"), Name: name, Title: name, Size: length, User: BotUserID, Mode: "hosted", Filetype: kind,
		PrettyType: strings.ToUpper(kind), AltTxt: c.args["alt_txt"], Mimetype: mime.TypeByExtension(path.Ext(name)),
		Channels: []string{}, Groups: []string{}, IMs: []string{},
	}
	f.URLPrivate = c.base + "/files-pri/" + TeamID + "-" + f.ID + "/" + urlName(name)
	f.URLPrivateDownload = f.URLPrivate
	f.Permalink = c.base + "/files/" + f.User + "/" + f.ID + "/" + urlName(name)
	if len(w.uploads) >= maxPending {
		return nil, fail("ratelimited", "%d uploads were begun and not finished", len(w.uploads))
	}
	ticket := rand.Text()
	w.uploads[ticket] = f
	w.files[f.ID] = f
	return response{"upload_url": c.base + "/upload/v1/" + ticket, "file_id": f.ID}, nil
}

// urlName is a file name as the last element of a URL.
func urlName(name string) string {
	keep := func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '_'
	}
	return strings.Map(keep, name)
}

// serveUpload takes the bytes of a file, raw or as the only file of a multipart form. Its name for faults is "upload".
func (w *Workspace) serveUpload(rw http.ResponseWriter, r *http.Request) {
	c := Call{Method: "upload", UserAgent: r.UserAgent()}
	fault := w.faults.take(c.Method)
	stays := fault == nil || fault.After || w.wait(rw, r, fault)
	var body []byte
	if stays && (fault == nil || fault.works()) {
		body = w.takeUpload(rw, r, &c)
	}
	if fault != nil && fault.After {
		stays = w.wait(rw, r, fault)
	}
	if fault != nil && !(fault.slow() && stays) {
		body = fault.answer(rw, &c, body)
	}
	w.calls.add(c)
	switch {
	case !stays || c.Status == 0:
		hangUp(rw)
	case fault != nil && fault.Truncate:
		cutOff(rw, body)
	default:
		rw.WriteHeader(c.Status)
		rw.Write(body)
	}
}

// takeUpload keeps the bytes for the upload URL's file and returns the answer.
func (w *Workspace) takeUpload(rw http.ResponseWriter, r *http.Request, c *Call) []byte {
	ticket := r.PathValue("ticket")
	w.mu.Lock()
	known := w.uploads[ticket] != nil
	w.mu.Unlock()
	var data []byte
	var err error
	if known { // strangers' bytes are not read
		r.Body = http.MaxBytesReader(rw, r.Body, maxRequestBytes+1<<16)
		data, err = uploadedBytes(r)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.uploads[ticket]
	status, text := http.StatusOK, ""
	switch {
	case f == nil:
		status, text = http.StatusNotFound, "unknown or used upload URL"
	case err != nil:
		status, text = http.StatusBadRequest, err.Error()
	case len(data) != f.Size:
		status, text = http.StatusBadRequest, fmt.Sprintf("%d bytes came, %d were announced", len(data), f.Size)
	default:
		delete(w.uploads, ticket)
		f.content, f.uploaded = data, true
		text = fmt.Sprintf("OK - %d", len(data))
	}
	c.Status, c.OK, c.Bytes = status, status == http.StatusOK, len(data)
	if !c.OK {
		c.Error = text
	}
	return []byte(text)
}

func uploadedBytes(r *http.Request) ([]byte, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return io.ReadAll(r.Body)
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, fmt.Errorf("no file in the form: %w", err)
		}
		if part.FileName() != "" {
			return io.ReadAll(part)
		}
	}
}

// filesCompleteUpload shares uploaded files as one message in each channel.
func filesCompleteUpload(w *Workspace, c *call) (response, error) {
	channels, err := w.shareTargets(c)
	if err != nil {
		return nil, err
	}
	content := content{text: c.args["initial_comment"]}
	if raw := c.json("blocks"); raw != nil && content.text == "" {
		if content.blocks, err = checkBlocks(raw, surfaceMessage); err != nil {
			return nil, err
		}
	}
	files, err := w.uploadedFiles(c.args["files"])
	if err != nil {
		return nil, err
	}
	for _, ch := range channels {
		for _, f := range files {
			f.share(ch)
		}
		m := newBotMessage(content)
		m.Subtype, m.Upload, m.Files, m.ThreadTS = "file_share", true, files, c.args["thread_ts"]
		if err := w.post(ch, m, false); err != nil {
			return nil, err
		}
		c.log.Channel = ch.ID
	}
	for _, f := range files {
		w.save(record{Op: opFile, File: f, Content: f.content})
	}
	w.trimFiles()
	return response{"files": files}, nil
}

// uploadedFiles finds the files to share and marks them as shared.
func (w *Workspace) uploadedFiles(list string) ([]*file, error) {
	var wanted []struct{ ID, Title string }
	if err := json.Unmarshal([]byte(list), &wanted); err != nil || len(wanted) == 0 {
		return nil, fail("invalid_arguments", "files must be a list of objects with an id")
	}
	var files []*file
	for _, want := range wanted {
		f := w.files[want.ID]
		if f == nil || !f.uploaded {
			return nil, fail("file_not_found", "no uploaded file %q", want.ID)
		}
		if f.Created != 0 {
			return nil, fail("file_update_failed", "file %s is shared already", f.ID)
		}
		files = append(files, f)
		if want.Title != "" {
			f.Title = want.Title
		}
	}
	now := time.Now().Unix()
	for _, f := range files {
		f.Created, f.Timestamp = now, now
	}
	return files, nil
}

// shareTargets finds the channels to share in; there may be none.
func (w *Workspace) shareTargets(c *call) ([]*channel, error) {
	refs := c.args["channels"]
	if id := c.args["channel_id"]; id != "" {
		refs = id
	}
	var out []*channel
	for ref := range strings.SplitSeq(refs, ",") {
		if ref == "" {
			continue
		}
		ch, err := w.writable(ref)
		if err != nil {
			return nil, err
		}
		if ts := c.args["thread_ts"]; ts != "" && ch.byTS[ts] == nil {
			return nil, fail("invalid_thread_ts", "no message %q in the channel", ts)
		}
		out = append(out, ch)
	}
	return out, nil
}

// share notes that the file is shown in c.
func (f *file) share(c *channel) {
	switch c.kind() {
	case "im", "mpim":
		f.IMs = append(f.IMs, c.ID)
	case "group":
		f.Groups = append(f.Groups, c.ID)
	default:
		f.Channels, f.IsPublic = append(f.Channels, c.ID), true
	}
}

func filesInfo(w *Workspace, c *call) (response, error) {
	f := w.files[c.args["file"]]
	if f == nil || f.Created == 0 {
		return nil, fail("file_not_found", "no file %q", c.args["file"])
	}
	return response{
		"file": f, "comments": []any{}, "response_metadata": nextCursor(""),
		"paging": response{"count": 0, "total": 0, "page": 1, "pages": 0},
	}, nil
}

// serveDownload answers a file's url_private, to the bot token only.
func (w *Workspace) serveDownload(rw http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+BotToken {
		http.Error(rw, "a token is needed", http.StatusForbidden)
		return
	}
	w.sendFile(rw, strings.TrimPrefix(r.PathValue("id"), TeamID+"-"))
}

func (w *Workspace) sendFile(rw http.ResponseWriter, id string) {
	w.mu.Lock()
	f := w.files[id]
	w.mu.Unlock()
	if f == nil || f.Created == 0 {
		http.Error(rw, "no such file", http.StatusNotFound)
		return
	}
	h := rw.Header()
	kind := f.picture()
	if kind == "" {
		kind = "application/octet-stream" // whatever it is, a browser must not run it
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("X-Content-Type-Options", "nosniff")
	rw.Write(f.content)
}
