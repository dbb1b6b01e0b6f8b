package slack

import (
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"regexp"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"shipmate/bot"
)

const (
	lanes      = 128  // envelopes accepted side by side: so many share one write of the data file
	laneLength = 1024 // envelopes waiting in each: a burst of a thousand may be one conversation
)

// errUnreadable is what an envelope is when it is not what Slack documents.
var errUnreadable = errors.New("not understood")

// An intake turns envelopes into requests, has them accepted, and acknowledges them. The requests of one conversation are accepted in the
// order in which they came. The reading goroutines only parse and queue.
type intake struct {
	c      *Client
	ctx    context.Context // lives longer than Run's, so that what was received can be finished
	who    Workspace
	accept func(context.Context, bot.Request) error
	seed   maphash.Seed
	lanes  []chan *job
	busy   chan struct{} // one for each person who is being told that the bot is busy
	work   sync.WaitGroup

	mu     sync.RWMutex
	closed bool
}

// A job is one request to accept and the envelope that it came in.
type job struct {
	socket   *socket
	envelope string
	req      bot.Request
	came     time.Time
}

func (c *Client) newIntake(ctx context.Context, who Workspace, accept func(context.Context, bot.Request) error) *intake {
	in := &intake{
		c: c, ctx: ctx, who: who, accept: accept, seed: maphash.MakeSeed(), lanes: make([]chan *job, lanes), busy: make(chan struct{}, 4),
	}
	for i := range in.lanes {
		in.lanes[i] = make(chan *job, laneLength)
		in.work.Go(func() { // ends when drain closes the lane
			for j := range in.lanes[i] {
				in.take(*j)
			}
		})
	}
	return in
}

// drain refuses further envelopes and waits until what was received is accepted and acknowledged, or past its time.
func (in *intake) drain() {
	in.mu.Lock()
	in.closed = true
	for _, lane := range in.lanes {
		close(lane)
	}
	in.mu.Unlock()
	in.work.Wait()
}

// envelope deals with one frame of a socket.
func (in *intake) envelope(s *socket, data []byte) {
	came := time.Now()
	in.c.counters.envelopes.Add(1)
	in.c.counters.lastEvent.Store(came.UnixNano())
	var f frame
	if err := json.Unmarshal(data, &f); err != nil {
		in.unreadable(s, envelopeID(data), "frame")
		return
	}
	if f.EnvelopeID == "" {
		in.unreadable(s, "", f.Type)
		return
	}
	var req bot.Request
	var found bool
	var err error
	switch f.Type {
	case "events_api":
		req, found, err = in.event(f.Payload)
	case "interactive":
		req, found, err = in.click(f.Payload)
	case "slash_commands":
		req, err = in.slash(f.Payload)
		found = err == nil
	default:
		err = errUnreadable
	}
	if err != nil {
		in.unreadable(s, f.EnvelopeID, f.Type)
		return
	}
	in.received(typeOf(req, found))
	switch {
	case !found:
		in.acknowledge(s, f.EnvelopeID)
	default:
		in.queue(job{socket: s, envelope: f.EnvelopeID, req: req, came: came})
	}
}

// typeOf is what the meter calls an envelope that was understood.
func typeOf(req bot.Request, found bool) string {
	switch {
	case !found:
		return "ignored"
	case req.Unseen:
		return "slash"
	}
	return string(req.Kind)
}

func (in *intake) received(kind string) {
	in.c.meter.Add("events_received_total", 1, "source", "slack", "type", kind)
}

// unreadable acknowledges what would only come again and again, and says so in the log, without its content.
func (in *intake) unreadable(s *socket, envelopeID, kind string) {
	in.c.counters.unreadable.Add(1)
	in.received("other")
	in.c.log.Warn("slack sent something that was not understood", "type", clip(kind, 40), "envelope_id", clip(envelopeID, 80))
	if envelopeID != "" {
		in.acknowledge(s, envelopeID)
	}
}

// queue hands a job to the lane of its conversation. A full lane refuses it.
func (in *intake) queue(j job) {
	in.mu.RLock()
	defer in.mu.RUnlock()
	if in.closed {
		return
	}
	lane := in.lanes[maphash.String(in.seed, j.req.ReplyTo.Conversation())%lanes]
	select {
	case lane <- &j:
	default:
		in.refused(j, bot.ErrBusy)
	}
}

// take has one request accepted in time, and then acknowledges its envelope.
func (in *intake) take(j job) {
	ctx, cancel := context.WithDeadline(in.ctx, j.came.Add(in.c.times.accept))
	defer cancel()
	if err := in.accept(ctx, j.req); err != nil {
		in.refused(j, err)
		return
	}
	in.c.counters.accepted.Add(1)
	in.c.log.Debug("accepted", "trace_id", bot.TraceID(j.req), "envelope_id", clip(j.envelope, 80), "kind", j.req.Kind)
	in.acknowledge(j.socket, j.envelope)
	in.c.meter.Observe("ack_latency_seconds", time.Since(j.came))
}

// refused leaves an envelope unacknowledged: Slack sends an event again. What it does not send again, a command that somebody typed or a button
// that somebody pressed, is acknowledged, and the person is told.
func (in *intake) refused(j job, why error) {
	in.c.counters.refused.Add(1)
	in.c.log.Warn("request not accepted", "trace_id", bot.TraceID(j.req), "kind", j.req.Kind, "err", in.c.redact.text(why.Error()))
	if !errors.Is(why, bot.ErrBusy) || j.req.Kind != bot.Click && !j.req.Unseen {
		return
	}
	in.acknowledge(j.socket, j.envelope)
	select {
	case in.busy <- struct{}{}:
		in.work.Go(func() { // ends with the call
			defer func() { <-in.busy }()
			in.sayBusy(j.req)
		})
	default: // enough people are being told
	}
}

// sayBusy tells a person that what they just did was not taken.
func (in *intake) sayBusy(r bot.Request) {
	ctx, cancel := context.WithTimeout(in.ctx, callTime)
	defer cancel()
	channel, err := in.c.channel(ctx, r.ReplyTo.Channel)
	if err == nil {
		where := slack.MsgOptionCompose()
		if r.ReplyTo.Thread != "" && r.ReplyTo.Thread != r.ReplyTo.Message { // where the button is; a thread without replies would not show it
			where = slack.MsgOptionTS(r.ReplyTo.Thread)
		}
		text := slack.MsgOptionText("I have too much to do right now. Please try again in a minute.", true)
		_, err = in.c.api.PostEphemeralContext(ctx, channel, r.From.ID, quiet(), text, where)
		err = in.c.fault("chat.postEphemeral", err)
	}
	if err != nil {
		in.c.log.Warn("a person was not told that the bot is busy", "trace_id", bot.TraceID(r), "err", err)
	}
}

// acknowledge tells Slack that the envelope need not come again. When that fails an event comes again, and its request is known by then.
func (in *intake) acknowledge(s *socket, envelopeID string) {
	if err := s.ack(envelopeID); err != nil {
		in.c.log.Warn("acknowledgement not sent", "err", err)
	}
}

var envelopeIDField = regexp.MustCompile(`"envelope_id"\s*:\s*"([^"\\]{1,255})"`)

// envelopeID finds the ID in an envelope that is damaged elsewhere, or returns "".
func envelopeID(data []byte) string {
	var f struct {
		EnvelopeID string `json:"envelope_id"`
	}
	if json.Unmarshal(data, &f) == nil {
		return f.EnvelopeID
	}
	if m := envelopeIDField.FindSubmatch(data); m != nil {
		return string(m[1])
	}
	return ""
}
