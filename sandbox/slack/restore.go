package slack

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// apply repeats a recorded change while a workspace is being opened.
func (w *Workspace) apply(r record) error {
	switch r.Op {
	case opChannel:
		return w.applyChannel(r.Conversation)
	case opMessage, opDelete, opClock:
		c := w.byID[r.Channel]
		if c == nil {
			return fmt.Errorf("no channel %q", r.Channel)
		}
		return c.apply(r)
	case opFile:
		if r.File == nil {
			return errors.New("a file record without a file")
		}
		r.File.content = r.Content
		w.files[r.File.ID] = r.File
	case opHome:
		if r.View == nil {
			return errors.New("a home record without a view")
		}
		r.View.user = r.User
		w.homes[r.User], w.views[r.View.ID] = r.View, r.View
	case opEvent:
		w.hub.restore(&delivery{
			kind: kindEvents, eventID: r.EventID, payload: r.Payload, tries: r.Tries, born: time.UnixMilli(r.Time),
		})
	case opEventDone:
		w.hub.drop(r.EventID)
	default:
		return fmt.Errorf("unknown change %q", r.Op)
	}
	return nil
}

func (w *Workspace) applyChannel(saved *channel) error {
	if saved == nil {
		return errors.New("a channel record without a channel")
	}
	old := w.byID[saved.ID]
	if old == nil {
		w.addChannel(saved)
		return nil
	}
	saved.byTS, saved.timeline, saved.lastTS = old.byTS, old.timeline, old.lastTS
	*old = *saved
	return nil
}

func (c *channel) apply(r record) error {
	micro, ok := parseTS(r.TS)
	if r.Op == opMessage && r.Message != nil {
		micro, ok = parseTS(r.Message.TS)
	}
	if !ok {
		return errors.New("no valid timestamp")
	}
	c.lastTS = max(c.lastTS, micro)
	switch {
	case r.Op == opClock:
	case r.Op == opDelete:
		if m := c.byTS[r.TS]; m != nil {
			c.unindex(m)
		}
	case r.Message == nil:
		return errors.New("a message record without a message")
	case c.byTS[r.Message.TS] != nil:
		m := c.byTS[r.Message.TS]
		r.Message.replies, r.Message.repliers = m.replies, m.repliers
		*m = *r.Message
	default:
		r.Message.ReplyCount, r.Message.ReplyUsersCount, r.Message.ReplyUsers, r.Message.LatestReply = 0, 0, nil, ""
		c.index(r.Message)
	}
	return nil
}

// snapshot is the shortest journal that leads to the present state.
func (w *Workspace) snapshot() []record {
	var out []record
	for _, c := range w.channels {
		out = append(out, record{Op: opChannel, Conversation: c})
		for _, ts := range slices.SortedFunc(maps.Keys(c.byTS), compareTS) {
			out = append(out, record{Op: opMessage, Channel: c.ID, Message: c.byTS[ts]})
		}
		if c.lastTS > 0 {
			out = append(out, record{Op: opClock, Channel: c.ID, TS: formatTS(c.lastTS)})
		}
	}
	for _, f := range w.files {
		if f.Created == 0 {
			continue // not shared yet
		}
		out = append(out, record{Op: opFile, File: f, Content: f.content})
	}
	for user, v := range w.homes {
		out = append(out, record{Op: opHome, User: user, View: v})
	}
	for _, d := range w.hub.waiting {
		out = append(out, d.record())
	}
	return out
}
