package slack

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"shipmate/bot"
	sandbox "shipmate/sandbox/slack"
)

func TestFaultsOfFrames(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"truncated", "continuation", "binary", "text"} {
		fault(t, "fault 09 "+kind+" frames without sense, ten in a row: the sockets work again", func(t *testing.T, w *world) {
			for range 10 {
				w.control("raw", map[string]any{"kind": kind})
				time.Sleep(time.Minute) // one or the other is open again
			}
			time.Sleep(time.Minute)
			if n := len(w.sockets()); n != 2 {
				t.Errorf("%d sockets are open, want two", n)
			}
			w.alive()
		})
	}
	for name, frame := range map[string]string{
		"of an unknown type":         `{"envelope_id":"raw-1","type":"from_the_future","payload":{}}`,
		"damaged behind the id":      `{"envelope_id":"raw-1","type":"events_api","payload":{"type":"event_callback"}`,
		"with a type that is none":   `{"type":7,"envelope_id":"raw-1"}`,
		"without envelope_id":        `{"type":"events_api","payload":{"type":"event_callback"}}`,
		"that is no JSON":            `secret words`,
		"with an empty envelope_id":  `{"envelope_id":"","type":"interactive"}`,
		"with another object inside": `{"envelope_id":{"envelope_id":"raw-1"},"type":"interactive"}`,
	} {
		fault(t, "fault 10 a frame "+name+": acknowledged when it can be, counted, and its content is not logged", func(t *testing.T, w *world) {
			w.control("raw", map[string]any{"text": frame})
			time.Sleep(time.Second)
			s := w.client.Stats()
			if s.Unreadable != 1 || s.Sockets != 2 {
				t.Errorf("got %+v, want one unreadable frame and both sockets", s)
			}
			if n := w.client.meter.(*tally).of("events_received_total", "source", "slack", "type", "other"); n != 1 {
				t.Errorf("%d were counted as other, want one", n)
			}
			if got, want := w.calls("envelope.ack"), strings.Count(frame, `"raw-1"`); got != want {
				t.Errorf("%d acknowledgements, want %d", got, want)
			}
			if strings.Contains(w.log.String(), "secret words") {
				t.Error("the content is in the log")
			}
			w.alive()
		})
	}
	fault(t, "fault 10 an event of a shape that nobody knows comes once, not four times", func(t *testing.T, w *world) {
		for _, event := range []string{`{"type":"message","ts":1700000000.1,"channel":"C1"}`, `{"type":"message","user":"UADA"}`, `[]`, `{"type":"star_added"}`} {
			w.control("event", map[string]any{"event": rawJSON(event)})
		}
		time.Sleep(20 * time.Minute)
		if n := w.calls("envelope.send"); n != 4 {
			t.Errorf("%d envelopes were sent, want four", n)
		}
		w.taken.want(t)
	})
	fault(t, "fault 11 an event of 20 MB: a socket closes for each of its four deliveries and no more", func(t *testing.T, w *world) {
		w.space.InjectSocket(sandbox.SocketFault{What: sandbox.FaultPad, Count: 20 << 20, Times: 4})
		w.say(dm, "", "too long")
		time.Sleep(20 * time.Minute)
		if n := w.reconnects(lost); n != 4 {
			t.Errorf("%d sockets were lost, want four", n)
		}
		if n := len(w.sockets()); n != 2 {
			t.Errorf("%d sockets are open, want two", n)
		}
		w.alive()
	})
}

type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func TestFaultsOfDelivering(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]sandbox.SocketFault{
		"fault 12 four times the same envelope":                          {What: sandbox.FaultDuplicate, Count: 3},
		"fault 12 four envelopes with one event, attempt 0 each":         {What: sandbox.FaultDuplicate, Count: 3, Fresh: true},
		"fault 12 an event that comes after the next ones":               {What: sandbox.FaultHold, Count: 2},
		"fault 12 an event that comes late, after its repetition":        {What: sandbox.FaultDelay, Delay: 10 * time.Second},
		"fault 13 a first delivery that says it is a retry":              {What: sandbox.FaultAttempt, Count: 1},
		"fault 13 the last of the retries is the first that comes":       {What: sandbox.FaultSwallow, Times: 3},
		"fault 12 an acknowledgement is lost, and the retry is repeated": {What: sandbox.FaultDropAck, Times: 3},
	} {
		fault(t, name, func(t *testing.T, w *world) {
			w.space.InjectSocket(f)
			ids := []string{w.say(dm, "", "one"), w.say(eng, "", "two"), w.say(eng, "", "three")}
			time.Sleep(20 * time.Minute)
			w.taken.want(t, ids...)
			if n := w.calls("envelope.lost"); n != 0 {
				t.Errorf("%d envelopes were never acknowledged", n)
			}
			w.alive()
		})
	}
	fault(t, "fault 14 a thousand events at once: all acknowledged in time, in order in each thread", func(t *testing.T, w *world) {
		w.taken.wait = func(context.Context) error { time.Sleep(4 * time.Millisecond); return nil }
		var roots []string
		for range 20 {
			roots = append(roots, w.control("say", map[string]any{"channel": eng, "text": "root"})["ts"].(string))
		}
		time.Sleep(time.Second)
		for i := range 1000 {
			w.say(eng, roots[i%len(roots)], strconv.Itoa(i))
		}
		time.Sleep(time.Minute)
		last := map[string]int{}
		for _, r := range w.taken.all()[len(roots):] {
			n, _ := strconv.Atoi(r.Text)
			if was, ok := last[r.ReplyTo.Thread]; ok && n <= was {
				t.Fatalf("%d came after %d", n, was)
			}
			last[r.ReplyTo.Thread] = n
		}
		if s := w.client.Stats(); s.Accepted != int64(1000+len(roots)) || s.Refused != 0 {
			t.Errorf("got %+v, want everything accepted", s)
		}
		if n := w.calls("envelope.send"); n != 1000+len(roots) {
			t.Errorf("%d envelopes were sent: some came again", n)
		}
	})
	fault(t, "fault 15 nothing becomes durable for five seconds: not acknowledged, and nothing is lost", func(t *testing.T, w *world) {
		stuck := time.Now().Add(5 * time.Second)
		w.taken.wait = func(ctx context.Context) error {
			select {
			case <-time.After(time.Until(stuck)):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		var ids []string
		for i := range 20 {
			ids = append(ids, w.say(eng, "", fmt.Sprint(i)))
		}
		time.Sleep(3 * time.Second)
		if n := w.calls("envelope.ack"); n != 0 {
			t.Errorf("%d were acknowledged", n)
		}
		time.Sleep(20 * time.Minute)
		w.taken.want(t, ids...)
		if n := w.calls("envelope.lost"); n != 0 {
			t.Errorf("%d envelopes were lost", n)
		}
	})
	fault(t, "fault 15 the bot has too much to do: events come again, and who pressed a button or typed a command is told", func(t *testing.T, w *world) {
		var busy sync.Map
		busy.Store("so", true)
		w.taken.refuse = func(bot.Request) error {
			if _, ok := busy.Load("so"); ok {
				return bot.ErrBusy
			}
			return nil
		}
		id := w.say(eng, "", "@shipmate hello")
		w.control("slash", map[string]any{"channel": eng, "command": "/shipmate", "text": "help"})
		time.Sleep(2 * time.Second)
		if n := w.calls("chat.postEphemeral"); n != 1 {
			t.Errorf("%d people were told, want the one of the command", n)
		}
		if n := w.calls("envelope.ack"); n != 1 {
			t.Errorf("%d acknowledgements, want the command's", n)
		}
		busy.Delete("so")
		time.Sleep(20 * time.Minute)
		w.taken.want(t, id)
	})
}

// Errors of the pipeline that are no lack of room leave a command unacknowledged: Slack tells the person.
func TestCommandThatFailsIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	fault(t, "fault 50 a command when the disk is full", func(t *testing.T, w *world) {
		w.taken.refuse = func(bot.Request) error { return errors.New("no space left on device") }
		w.control("slash", map[string]any{"channel": eng, "command": "/shipmate", "text": "help"})
		time.Sleep(time.Minute)
		if acked, told := w.calls("envelope.ack"), w.calls("chat.postEphemeral"); acked != 0 || told != 0 {
			t.Errorf("%d acknowledgements, %d told, want none", acked, told)
		}
	})
}
