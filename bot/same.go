package bot

import "strings"

// sameAtMost is how many waiting requests of a conversation are looked at for the same question.
const sameAtMost = 100

// alikes are the requests of the conversation that ask the same as the one whose turn it is and came after it. They are looked for where the bot
// keeps to one message, so that asking again shows nothing more; only those that wait before the turn begins count, for what it reads is newer
// than they are.
func (p *pipeline) alikes(e Entry, req Request) ([]Entry, error) {
	if req.ReplyTo.Surface != GitHub || req.Kind != Ask && req.Kind != Tick {
		return nil, nil
	}
	rows, err := p.bot.Store.Scan(p.ctx, inPrefix+conversationOf(e.Key)+"/", e.Key, sameAtMost)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, later := range rows {
		if other, err := read[inRow](later); err == nil && alike(req, other) { // what cannot be read is dealt with when it is its turn
			out = append(out, later)
		}
	}
	return out, nil
}

// alike reports whether a waiting request asks what req asks and has not been begun.
func alike(req Request, other inRow) bool {
	o := other.Request
	return o.Kind == req.Kind && !other.Limited && other.Attempts <= 1 && other.Ref == "" && o.Of == "" && wording(o) == wording(req)
}

// wording is what a request asks, in the form in which two are compared.
func wording(r Request) string {
	return strings.ToLower(strings.Join(strings.Fields(r.Text), " "))
}

// answerAlike takes requests out of the conversation because the answer to the same question was given to somebody who may have it: a burst of one
// command leaves one run under way and one that waits. What is personal answers the same person only. One that was edited meanwhile stays, and after a crash before this all are answered.
func (p *pipeline) answerAlike(rows []Entry, t *Turn) error {
	personal := p.bot.Router.personal(t.Command)
	for _, later := range rows {
		other, err := read[inRow](later)
		if err != nil || personal && other.Request.From.ID != t.From.ID {
			continue
		}
		changes := append(p.decided(other.Request, decision{outcome: "answered with an earlier one"}), Change{Key: later.Key})
		ok, err := p.bot.Store.Txn(p.ctx, []Guard{{later.Key, later.Rev}}, changes)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		p.done(later.Key)
		if poster := p.bot.Posters[other.Request.ReplyTo.Surface]; poster != nil {
			poster.Working(p.ctx, other.Request.ReplyTo) // whoever asked sees that it was seen
		}
	}
	return nil
}
