package bot

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// announce gives an unseen request a place to be answered: it says in the channel who asked what, and returns the request as one that was
// asked by that message. A channel only hears of what will be carried out: what the Router refuses goes on in the direct message with
// whoever asked, and so does, with a word about why, what cannot be announced where it was asked. ok is false when there is no place.
func (b *Bot) announce(ctx context.Context, req Request) (seen Request, ok bool) {
	id := traceID(req)
	log := b.Log.With("trace_id", id, "surface", req.ReplyTo.Surface, "kind", req.Kind)
	poster := b.Posters[req.ReplyTo.Surface]
	if poster == nil {
		log.Error("no way to answer on this surface")
		return Request{}, false
	}
	channel := req.ReplyTo
	req.Unseen = false
	req.ReplyTo = Place{Surface: channel.Surface, Channel: req.From.ID}
	if b.check(ctx, req) != nil {
		return req, true // its turn says the same to the person
	}
	key := id + "-asked"
	ref, err := postOnce(ctx, poster, channel, key, announcement(req))
	if err == nil {
		channel.Thread, channel.Message = ref, ref
		req.ReplyTo = channel
		return req, true
	}
	log.Warn("question not announced in its channel, so the answer goes to a direct message", "err", err)
	if _, err = poster.Post(ctx, req.ReplyTo, "", key, b.excuse(req)); err != nil {
		log.Error("no place for the answer", "err", err)
		return Request{}, false
	}
	return req, true
}

// check asks the Router whether a request will be carried out.
func (b *Bot) check(ctx context.Context, req Request) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(b.TurnTime, time.Minute))
	defer cancel()
	return guard(func() error { return b.Router.Check(ctx, req) })
}

// postOnce posts a reply, and after a failure looks whether it is shown all the same.
func postOnce(ctx context.Context, poster Poster, to Place, key string, r Reply) (ref string, err error) {
	if ref, err = poster.Post(ctx, to, "", key, r); err == nil {
		return ref, nil
	}
	if found, ok, findErr := poster.Find(ctx, to, key); findErr == nil && ok {
		return found, nil
	}
	return "", err
}

// announcement says in a channel what nobody saw.
func announcement(req Request) Reply {
	return Reply{Blocks: Blocks{P(Bold("@"+CleanLine(cmp.Or(req.From.Name, req.From.ID))), Text(" asked"+question(req)))}}
}

// excuse says in a direct message why the answer follows there.
func (b *Bot) excuse(req Request) Reply {
	return Reply{Blocks: Blocks{P(Text(fmt.Sprintf("You asked%s", question(req)))), Small(Text(fmt.Sprintf(
		"I could not write in the channel where you asked that, so I answer here. If I am not in that channel, type \"/invite @%s\" there.",
		b.Router.name)))}}
}

// question is what was asked, on one line, to stand behind "asked".
func question(req Request) string {
	if text := CleanLine(req.Text); text != "" {
		return ": " + cut(text, 500)
	}
	return " for help"
}
