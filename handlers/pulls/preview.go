package pulls

import (
	"context"
	"encoding/json"

	"shipmate/bot"
)

// hearsLinks reports whether a request stands for links that somebody posted.
func hearsLinks(r bot.Request) bool {
	return r.Kind == bot.Message && len(linksOf(r)) > 0
}

func linksOf(r bot.Request) []string {
	var l bot.Links
	if r.Data == "" || json.Unmarshal([]byte(r.Data), &l) != nil {
		return nil
	}
	return l.Links
}

// preview answers "preview", and shows previews below links to pull requests that somebody posted. A link that leads elsewhere, or to what cannot
// be read, gets none: nobody asked for it.
func (h *handler) preview(ctx context.Context, t *bot.Turn) (bot.Reply, error) {
	if !hearsLinks(t.Request) {
		ref, err := h.named(t)
		if err != nil {
			return bot.Reply{}, err
		}
		s, err := h.read(ctx, t, ref, nil)
		if err != nil {
			return bot.Reply{}, err
		}
		f := Compute(s, h.weights)
		h.crew.clock(ctx, &f.Turn, s.Read)
		return Preview(f), nil
	}
	var r bot.Reply
	for _, link := range linksOf(t.Request) {
		ref, _, found, err := h.refs.Find(link)
		if err != nil || !found {
			continue
		}
		s, err := h.source.Snapshot(ctx, ref)
		if err != nil {
			continue
		}
		f := Compute(s, h.weights)
		h.crew.clock(ctx, &f.Turn, s.Read)
		shown := Preview(f)
		shown.Facts = nil
		data, err := json.Marshal(bot.Preview{To: t.ReplyTo, URL: link, Reply: shown})
		if err != nil {
			return bot.Reply{}, err
		}
		r.Do = append(r.Do, bot.Effect{Kind: bot.EffectPreview, Data: data})
	}
	return r, nil
}

// Preview is what fits below a link: what it is, its risk, and how it stands.
func Preview(f Facts) bot.Reply {
	return f.reply(f.title(), f.whatLine(), f.riskLine(), f.stateLine())
}
