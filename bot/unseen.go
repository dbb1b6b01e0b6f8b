package bot

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// open gives an unseen request a place to be answered: it has the bot say in the channel who asked what, and the request asked under that.
// A channel only hears of what will be carried out: what the Router refuses goes on in the direct message with whoever asked, and so does,
// with a word about why, what cannot be announced where it was asked.
func (p *pipeline) open(e Entry, req Request) error {
	channel := req.ReplyTo
	req.Unseen = false
	req.ReplyTo = Place{Surface: channel.Surface, Channel: req.From.ID}
	if p.bot.check(p.ctx, req) != nil { // its turn says the same to the person
		next, err := p.ask(nameOf(e), req, false)
		if err != nil {
			return err
		}
		_, err = p.commit(e, []Change{{Key: e.Key}, next})
		return err
	}
	req.ReplyTo = channel
	row, err := p.plan(Place{Surface: channel.Surface, Channel: req.ID}.outKey(nameOf(e), 0), outRow{
		To: channel, Reply: announcement(req), Trace: TraceID(req), Key: TraceID(req) + "-asked", Then: &req,
	})
	if err != nil {
		return err
	}
	_, err = p.commit(e, []Change{{Key: e.Key}, row})
	return err
}

// excuse has a request answered in a direct message, because it could not be announced in its channel.
func (p *pipeline) excuse(e Entry, row outRow) error {
	req := *row.Then
	req.ReplyTo = Place{Surface: row.To.Surface, Channel: req.From.ID}
	why, err := p.plan(req.ReplyTo.outKey(nameOf(e), 0), outRow{To: req.ReplyTo, Reply: p.bot.excuse(req), Trace: row.Trace, Key: row.Key})
	if err != nil {
		return err
	}
	next, err := p.ask(nameOf(e), req, false)
	if err != nil {
		return err
	}
	_, err = p.commit(e, []Change{{Key: e.Key}, why, next})
	return err
}

// check asks the Router whether a request will be carried out.
func (b *Bot) check(ctx context.Context, req Request) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(b.TurnTime, time.Minute))
	defer cancel()
	return guard(func() error { return b.Router.Check(ctx, req) })
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
