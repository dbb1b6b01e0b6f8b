package slack

import (
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	maxFileBytes = 128 << 20 // of all files together; the oldest make room
	maxPending   = 1000      // uploads that were begun and not finished
	maxCharts    = 2         // data_visualization blocks in a message
)

var (
	fileID       = regexp.MustCompile(`^[F][A-Z0-9]{8,}$`)
	pictureKinds = []string{"image/png", "image/jpeg", "image/gif"} // that an image block shows of Slack's own files
)

// picture is the media type of a file that an image block can show, by its bytes; "" for any other.
func (f *file) picture() string {
	if kind := http.DetectContentType(f.content); slices.Contains(pictureKinds, kind) {
		return kind
	}
	return ""
}

// slackFile checks the slack_file of an image block or element: an id or a url, and no image_url beside it.
func (k *checker) slackFile(at string, o object) {
	f := k.object(at+"/slack_file", o["slack_file"])
	if f == nil {
		return
	}
	id, url := k.str(at+"/slack_file", f, "id", false, maxID), k.str(at+"/slack_file", f, "url", false, maxURL)
	switch {
	case (id == "") == (url == ""):
		k.add(at+"/slack_file", "exactly one of id and url is required")
	case id != "" && !fileID.MatchString(id):
		k.add(at+"/slack_file/id", "input must match regex pattern: %s", fileID)
	}
	if o["image_url"] != nil {
		k.add(at, "only one of image_url and slack_file is allowed")
	}
}

// checkPictures refuses blocks that show a file which is not in the workspace, whose upload is not complete or which is no picture.
func (w *Workspace) checkPictures(blocks json.RawMessage) error {
	if !strings.Contains(string(blocks), "slack_file") {
		return nil
	}
	var tree []any
	if err := json.Unmarshal(blocks, &tree); err != nil {
		return fail("invalid_blocks_format", "%v", err)
	}
	k := &checker{}
	w.findPictures(k, "/blocks", tree)
	if k.problems != nil {
		return &slackError{Code: "invalid_blocks", Detail: strings.Join(k.problems, "; "), Messages: k.problems}
	}
	return nil
}

func (w *Workspace) findPictures(k *checker, at string, v any) {
	switch v := v.(type) {
	case []any:
		for i, x := range v {
			w.findPictures(k, at+"/"+strconv.Itoa(i), x)
		}
	case object:
		if ref, ok := v["slack_file"].(object); ok {
			if f := w.fileOf(ref); f == nil || f.Created == 0 || f.picture() == "" {
				k.add(at+"/slack_file", "invalid slack file")
			}
		}
		for key, x := range v {
			if key != "slack_file" {
				w.findPictures(k, at+"/"+key, x)
			}
		}
	}
}

// fileOf finds the file that a slack_file object names.
func (w *Workspace) fileOf(ref object) *file {
	id, _ := ref["id"].(string)
	if url, _ := ref["url"].(string); id == "" {
		for _, f := range w.files {
			if url == f.URLPrivate || url == f.Permalink {
				return f
			}
		}
	}
	return w.files[id]
}

// trimFiles drops the oldest files while all together are too big. They are gone for good when the workspace is next opened, too.
func (w *Workspace) trimFiles() {
	total := 0
	var shared []*file
	for _, f := range w.files {
		total += len(f.content)
		if f.Created != 0 {
			shared = append(shared, f)
		}
	}
	slices.SortFunc(shared, func(a, b *file) int { return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.ID, b.ID)) })
	for _, f := range shared {
		if total <= maxFileBytes {
			return
		}
		total -= len(f.content)
		delete(w.files, f.ID)
	}
}
