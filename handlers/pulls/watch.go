package pulls

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// A watch is what is remembered of a pull request that a conversation watches.
type watch struct {
	Begun  time.Time `json:"begun"`
	News   time.Time `json:"news"`             // when it last looked different
	Read   time.Time `json:"read"`             // when it was last read
	Failed int       `json:"failed,omitempty"` // readings in a row
	Hash   string    `json:"hash"`             // of what the card says
	Card   bot.Reply `json:"card"`             // as it was last shown
}

func watches(m *bot.Memory) bot.Records[watch] {
	return bot.Records[watch]{Memory: m, Name: "pull-watch"}
}

// How often a watched pull request is read: while checks run or something has just happened, while something happens now and then, and otherwise.
const (
	watchSoon  = 30 * time.Second
	watchOften = 2 * time.Minute
	watchQuiet = 10 * time.Minute
	watchRetry = time.Hour // the longest wait after readings that failed
	watchAtAll = 90 * 24 * time.Hour
	staleAfter = 3 // readings that fail in a row before the card says so
)

// watch answers "watch", and the reminder by which it asks itself again: one card that is kept up to date in place until the pull request is
// merged or closed. A reading that shows nothing new says nothing.
func (h *handler) watch(ctx context.Context, t *bot.Turn) (bot.Reply, error) {
	ref, key, w, known, err := h.watched(ctx, t)
	if err != nil {
		return bot.Reply{}, err
	}
	if t.Kind == bot.Tick && !known {
		return bot.Reply{}, nil // nobody watches any more
	}
	s, err := h.readQuietly(ctx, t, ref)
	if err == nil {
		err = h.finishConversation(ctx, &s)
	}
	switch {
	case err == nil:
		return h.look(ctx, t, s, key, w)
	case t.Kind == bot.Tick: // also when it took too long
		return watchFailed(t, ref, key, w, err)
	}
	return bot.Reply{}, err
}

// watched is the pull request that a command is about, and what is remembered of its being watched here.
func (h *handler) watched(ctx context.Context, t *bot.Turn) (ref github.Ref, key string, w watch, known bool, err error) {
	if ref, err = h.named(t); err != nil {
		return ref, "", w, false, err
	}
	key = watchKey(ref, t)
	w, known, err = watches(t.Memory).Get(ctx, key)
	return ref, key, w, known, err
}

// look shows what was read, if it says something new, and decides when to read again.
func (h *handler) look(ctx context.Context, t *bot.Turn, s github.Snapshot, key string, w watch) (bot.Reply, error) {
	f := Compute(s, h.weights)
	if f.Turn.What != "" && !f.Turn.Since.IsZero() { // a card stands for days: how long it has been would soon be wrong
		f.Turn.Waited = "since " + cardDate(f.Turn.Since, s.Read)
	}
	hash := cardHash(Summary(f))
	if err := h.remember(ctx, t, s, &f); err != nil {
		return bot.Reply{}, err
	}
	now, known := latest(t.Time, s.Read), !w.Begun.IsZero()
	if hash != w.Hash {
		w.News = now
	}
	silent := t.Kind == bot.Tick && hash == w.Hash && w.Failed < staleAfter
	if t.Kind != bot.Tick {
		w.Begun = now
	}
	w.Read, w.Failed, w.Hash = now, 0, hash
	over := f.State != "open"
	card := watchCard(f, over)
	w.Card = card
	w.Card.Facts = nil
	if over {
		if t.Kind != bot.Tick {
			card.Blocks = append(card.Blocks, bot.Small(bot.Text(fmt.Sprintf("It is %s, so there is nothing to watch.", f.State))))
		}
		watches(t.Memory).Delete(key)
		card.Later = []bot.Reminder{{Key: key}}
		return card, nil
	}
	if now.Sub(w.Begun) > watchAtAll {
		return lapsed(t, s.Ref, key, w), nil
	}
	again := []bot.Reminder{{Key: key, At: now.Add(w.pause(&f, now)), Text: "watch " + s.Ref.String()}}
	if err := watches(t.Memory).Put(key, w, keepLooks); err != nil {
		return bot.Reply{}, err
	}
	if silent {
		return bot.Reply{Later: again}, nil
	}
	if known && t.Kind != bot.Tick { // the card stands somewhere above; another message would leave it as it is
		return bot.Reply{
			Title: fmt.Sprintf("I watch %s here already; its card is up to date.", s.Ref), Subject: s.Ref.String(), Also: []bot.Post{{To: t.ReplyTo, Reply: card}}, Later: again,
		}, nil
	}
	card.Later = again
	return card, nil
}

// cardDate is a time as a card names it, to be read at any later time.
func cardDate(at, now time.Time) string {
	if at, now = at.UTC(), now.UTC(); at.Year() == now.Year() {
		return at.Format("2 Jan 15:04 UTC")
	}
	return at.UTC().Format("2 Jan 2006 15:04 UTC")
}

func watchKey(ref github.Ref, t *bot.Turn) string {
	return "watch " + ref.String() + " " + t.ReplyTo.Conversation()
}

// named is the pull request that a command is about: the one it names, else the one that the conversation is about.
func (h *handler) named(t *bot.Turn) (github.Ref, error) {
	ref, rest, named, err := h.refs.Find(t.Args)
	if err != nil || named {
		return ref, err
	}
	return h.subject(t, t.Command, rest)
}

// readQuietly reads a pull request; nobody waits for a reminder's.
func (h *handler) readQuietly(ctx context.Context, t *bot.Turn, ref github.Ref) (github.Snapshot, error) {
	if t.Kind == bot.Tick {
		return h.source.Snapshot(ctx, ref)
	}
	return h.read(ctx, t, ref, nil)
}

// finishConversation reads what says whose turn it is, for open pull requests.
func (h *handler) finishConversation(ctx context.Context, s *github.Snapshot) error {
	if s.State != "open" {
		return nil
	}
	return h.source.Conversation(ctx, s)
}

// pause is how long nothing is read.
func (w watch) pause(f *Facts, now time.Time) time.Duration {
	switch quiet := now.Sub(w.News); {
	case f.Checks.Running > 0 || quiet < 10*time.Minute:
		return watchSoon
	case quiet < 12*time.Hour:
		return watchOften
	}
	return watchQuiet
}

// cardHash identifies what a card says.
func cardHash(r bot.Reply) string {
	r.Facts = nil
	data, _ := json.Marshal(r) // strings, numbers and lists of them: cannot fail
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// watchCard is the summary as a card.
func watchCard(f Facts, over bool) bot.Reply {
	r := Summary(f)
	r.Card = "watch " + f.ref()
	if over {
		return r
	}
	r.Blocks = append(r.Blocks, bot.Small(bot.Text("I keep this up to date until it is merged or closed.")))
	r.Next = append(r.Next[:min(len(r.Next), 2)], bot.Action{Label: "Stop watching", Text: "unwatch " + f.ref()})
	return r
}

// watchFailed deals with a reading that failed: it is tried again later, and when it keeps failing the card says that it may be old.
func watchFailed(t *bot.Turn, ref github.Ref, key string, w watch, err error) (bot.Reply, error) {
	w.Failed++
	if t.Time.Sub(w.Begun) > watchAtAll {
		return lapsed(t, ref, key, w), nil
	}
	wait := min(watchOften<<min(w.Failed-1, 5), watchRetry)
	if errPut := watches(t.Memory).Put(key, w, keepLooks); errPut != nil {
		return bot.Reply{}, errors.Join(err, errPut)
	}
	again := []bot.Reminder{{Key: key, At: t.Time.Add(wait), Text: "watch " + ref.String()}}
	if w.Failed != staleAfter {
		return bot.Reply{Later: again}, nil
	}
	card := w.Card
	why := "GitHub cannot be reached"
	if mistake, ok := errors.AsType[*bot.UserError](err); ok {
		why = mistake.Text
	}
	card.Blocks = append(card.Blocks[:len(card.Blocks):len(card.Blocks)], bot.P(bot.Bold("This may be old: "), bot.Text(fmt.Sprintf("last read %s. %s", cardDate(w.Read, t.Time), why))))
	card.Later = again
	return card, nil
}

// unwatch answers "unwatch": the card is no longer kept up to date.
func (h *handler) unwatch(ctx context.Context, t *bot.Turn) (bot.Reply, error) {
	ref, key, w, known, err := h.watched(ctx, t)
	if err != nil {
		return bot.Reply{}, err
	}
	if !known {
		return bot.Reply{}, &bot.UserError{Text: fmt.Sprintf("I do not watch %s here.", ref)}
	}
	watches(t.Memory).Delete(key)
	r := bot.Reply{Title: fmt.Sprintf("I no longer watch %s.", ref), Subject: ref.String(), Later: []bot.Reminder{{Key: key}}}
	if len(w.Card.Blocks) > 0 {
		r.Also = []bot.Post{{To: t.ReplyTo, Reply: stopped(t, ref, w)}}
	}
	return r, nil
}

// lapsed ends a watch that has gone on for as long as any does.
func lapsed(t *bot.Turn, ref github.Ref, key string, w watch) bot.Reply {
	watches(t.Memory).Delete(key)
	card := stopped(t, ref, w)
	card.Later = []bot.Reminder{{Key: key}}
	return card
}

// stopped is the card as it was shown last, for good. It has its last block for what it promises.
func stopped(t *bot.Turn, ref github.Ref, w watch) bot.Reply {
	card := w.Card
	n := max(len(card.Blocks)-1, 0)
	card.Blocks = append(card.Blocks[:n:n], bot.Small(bot.Text("No longer watched; this is of "+cardDate(w.Read, t.Time)+".")))
	card.Next = []bot.Action{{Label: "Watch again", Text: "watch " + ref.String()}}
	return card
}
