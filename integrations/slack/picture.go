package slack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"shipmate/bot"
)

// filesScope is needed to show pictures of charts; without it they are text.
const filesScope = "files:write"

const (
	maxPictureBytes = 4 << 20
	pictureKeep     = 500 // charts whose pictures are remembered
)

// Pictures of charts are uploaded to no channel, so that they show nowhere by themselves, and the message names the file. What was uploaded is
// remembered by the chart's values: a message that is sent again or edited without a change of the chart has the same picture, and whatever
// goes wrong, a chart is uploaded at most once in pictureRest. A chart that cannot be uploaded is text; it is never a reason not to post.
type pictures struct {
	locks keyedLocks // by hash: a chart is uploaded once at a time

	mu    sync.Mutex
	known map[string]pictureState
	order []string // hashes, the oldest first
}

type pictureState struct {
	file  string    // "": it could not be uploaded
	again time.Time // until when it is not tried again
}

// get returns the file of a chart, and whether that is all there is to know: there is one, or it is too early to try again.
func (p *pictures) get(hash string) (file string, settled bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.known[hash]
	return s.file, ok && (s.file != "" || time.Now().Before(s.again))
}

func (p *pictures) set(hash string, s pictureState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[string]pictureState{}
	}
	if _, ok := p.known[hash]; !ok {
		p.order = append(p.order, hash)
	}
	p.known[hash] = s
	if len(p.order) > pictureKeep {
		delete(p.known, p.order[0])
		p.order = p.order[1:]
	}
}

// forget notes that Slack does not show files.
func (p *pictures) forget(files []string, rest time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for hash, s := range p.known {
		for _, f := range files {
			if s.file == f {
				p.known[hash] = pictureState{again: time.Now().Add(rest)}
			}
		}
	}
}

// chartHash identifies what a sound chart's picture shows.
func chartHash(c bot.Chart) string {
	c.Alt = ""
	data, err := json.Marshal(c)
	if err != nil { // a sound chart has finite numbers and valid text only
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// metadataPictures is where a message's metadata has the files of its pictures by chartHash: what was shown before the bot was started is not
// uploaded again.
const metadataPictures = "pictures"

// draw returns the files of the pictures that a reply needs, by chartHash. It never fails.
func (p *poster) draw(ctx context.Context, r bot.Reply) map[string]string {
	if p.c.drawing == nil {
		return nil
	}
	recalled := len(p.old) == 0
	files := map[string]string{}
	for _, chart := range shownCharts(r.Blocks) {
		chart = chart.Sound()
		hash := chartHash(chart)
		if len(files) == maxPictures || hash == "" || files[hash] != "" || nativeChart(chart) != nil {
			continue
		}
		if _, settled := p.c.pictures.get(hash); !settled && !recalled {
			p.recall(ctx)
			recalled = true
		}
		if file := p.c.picture(ctx, chart, hash); file != "" {
			files[hash] = file
		}
	}
	return files
}

// recall notes the pictures of the message that is to be edited. What cannot be read is drawn anew.
func (p *poster) recall(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, p.c.times.picture)
	defer cancel()
	who, err := p.c.identity(ctx)
	if err != nil {
		return
	}
	for _, m := range p.read(ctx, p.old[0]) {
		held, _ := m.Metadata.EventPayload[metadataPictures].(map[string]any)
		if m.Timestamp != p.old[0] || m.User != who.UserID && m.BotID != who.BotID || m.Metadata.EventType != metadataType {
			continue
		}
		for hash, file := range held {
			if id, _ := file.(string); strings.HasPrefix(id, "F") {
				if _, settled := p.c.pictures.get(hash); !settled {
					p.c.pictures.set(hash, pictureState{file: id})
				}
			}
		}
	}
}

// read returns the message with a timestamp and perhaps its neighbours; nothing when it cannot be read.
func (p *poster) read(ctx context.Context, ts string) []slack.Message {
	if p.thread != "" {
		got, _, _, err := p.c.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: p.channel, Timestamp: p.thread, Oldest: ts, Latest: ts, Inclusive: true, Limit: 2, IncludeAllMetadata: true,
		})
		if err != nil {
			return nil
		}
		return got
	}
	got, err := p.c.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
		ChannelID: p.channel, Oldest: ts, Latest: ts, Inclusive: true, Limit: 1, IncludeAllMetadata: true,
	})
	if err != nil {
		return nil
	}
	return got.Messages
}

// picture returns the file of a chart's picture; "" when there is none.
func (c *Client) picture(ctx context.Context, chart bot.Chart, hash string) string {
	ctx, cancel := context.WithTimeout(ctx, c.times.picture)
	defer cancel()
	unlock, err := c.pictures.locks.lock(ctx, hash)
	if err != nil {
		return ""
	}
	defer unlock()
	if file, settled := c.pictures.get(hash); settled {
		return file
	}
	data, err := c.drawing(chart)
	if err == nil && (len(data) == 0 || len(data) > maxPictureBytes) {
		err = fmt.Errorf("a picture of %d bytes", len(data))
	}
	file := ""
	if err == nil {
		file, err = c.upload(ctx, "chart-"+hash+".png", chart.Title, data)
	}
	state := pictureState{file: file}
	if err != nil {
		state = pictureState{again: time.Now().Add(c.times.pictureRest)}
		c.log.Warn("a chart is shown without its picture", "err", err)
	}
	c.pictures.set(hash, state)
	return state.file
}

// upload uploads a file to no channel, each step once, the last once more when its answer is lost. A step whose outcome is not known is taken
// for done: the next one tells, or Slack refuses the message.
func (c *Client) upload(ctx context.Context, name, title string, data []byte) (string, error) {
	where, err := c.api.GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{FileName: name, FileSize: len(data)})
	if err != nil {
		return "", c.fault("files.getUploadURLExternal", err)
	}
	if where.FileID == "" || where.UploadURL == "" {
		return "", &Error{Method: "files.getUploadURLExternal", Class: Permanent, detail: "the answer names no file"}
	}
	err = c.api.UploadToURL(ctx, slack.UploadToURLParameters{UploadURL: where.UploadURL, Reader: bytes.NewReader(data), Filename: name})
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err // the address is a key
	}
	if err = c.fault("upload", err); err != nil && !ambiguous(err) {
		return "", err
	}
	for again := false; ; again = true {
		_, err = c.api.CompleteUploadExternalContext(ctx, slack.CompleteUploadExternalParameters{
			Files: []slack.FileSummary{{ID: where.FileID, Title: title}},
		})
		err = c.fault("files.completeUploadExternal", err)
		switch {
		case err == nil || again:
			return where.FileID, nil // the second time it may have been done before
		case !ambiguous(err) || ctx.Err() != nil:
			return "", err
		}
	}
}

func ambiguous(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Class == Ambiguous
}

// unready reports whether Slack refused a message because of a picture: it looks through files after the upload, and until then they are no
// pictures to it (slackapi/node-slack-sdk#1865).
func unready(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == "invalid_blocks" && (strings.Contains(e.detail, "slack_file") || strings.Contains(e.detail, "slack file"))
}
