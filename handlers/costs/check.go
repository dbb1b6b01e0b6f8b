package costs

import (
	"context"
	"fmt"
	"time"

	"shipmate/bot"
	"shipmate/handlers/costs/attribute"
	"shipmate/handlers/costs/detect"
)

// A told is what was said of a cause in the channel.
type told struct {
	At         time.Time             `json:"at"`
	To         bot.Place             `json:"to"`
	Thread     string                `json:"thread,omitempty"` // below the card; "" until it is shown
	State      detect.State          `json:"state"`
	Excess     float64               `json:"excess"` // when something was last said
	Hash       string                `json:"hash"`   // of what the card shows
	Over       bool                  `json:"over,omitempty"`
	Owner      string                `json:"owner,omitempty"`    // by CODEOWNERS, where the bill names none
	Assigned   string                `json:"assigned,omitempty"` // for people to read
	Candidates []attribute.Candidate `json:"candidates,omitempty"`
	Looked     bool                  `json:"looked,omitempty"` // for candidates
}

func tolds(m *bot.Memory) bot.Records[told] {
	return bot.Records[told]{Memory: m.In("costs"), Name: "told"}
}

const (
	keepTold  = 400 * 24 * time.Hour
	grown     = 1.5 // times the excess that was told last: worth another line
	muted     = 3   // the same where somebody said that it is not useful
	mostCards = 5   // at once; more are listed in one message
	oldNews   = 14  // days: what has gone on for longer when it is seen first is history, and told to who asks
)

// check answers "costs check", which is asked whenever bills were read: it says what is new in the channel that is configured for that, and nothing
// when nothing is.
func (h *handler) check(ctx context.Context, t *bot.Turn, _ string) (bot.Reply, error) {
	var reply bot.Reply
	causes := h.book.Causes()
	if t.Kind != bot.Tick {
		reply = h.silence(causes)
	}
	if h.options.Channel == "" {
		return reply, nil
	}
	var fresh []Cause
	for _, c := range causes {
		said, known, err := tolds(t.Memory).Get(ctx, c.ID)
		if err != nil {
			return bot.Reply{}, err
		}
		switch {
		case known:
			if err := h.again(ctx, t, &reply, c, said); err != nil {
				return bot.Reply{}, err
			}
		case c.open() && c.Last >= c.Complete-1 && c.First > c.Complete-oldNews:
			fresh = append(fresh, c)
		}
	}
	return reply, h.announce(ctx, t, &reply, fresh)
}

// announce posts a card for each new cause, the dearest first; many at once are listed in one message.
func (h *handler) announce(ctx context.Context, t *bot.Turn, reply *bot.Reply, fresh []Cause) error {
	to := bot.Place{Surface: bot.Slack, Channel: h.options.Channel}
	for i, c := range fresh {
		said := told{At: t.Time, To: to, State: c.State, Excess: c.Excess}
		if i < mostCards {
			h.look(ctx, &c, &said)
			card := h.draw(c, said)
			said.Hash = hash(card)
			reply.Also = append(reply.Also, bot.Post{To: to, Reply: card, Then: "costs thread " + c.ID})
		} else {
			said.Over = true // listed, without a card of its own
		}
		if err := tolds(t.Memory).Put(c.ID, said, keepTold); err != nil {
			return err
		}
	}
	if len(fresh) > mostCards {
		reply.Also = append(reply.Also, bot.Post{To: to, Reply: h.listed(fresh[mostCards:])})
	}
	return nil
}

// listed is one message for causes that come at once with dearer ones.
func (h *handler) listed(causes []Cause) bot.Reply {
	var list bot.List
	for _, c := range causes {
		list.Items = append(list.Items, bot.Item(bot.Text(c.headline(h.names)+", "+signed(c.Node.Currency, c.Excess)+" so far. "), bot.Mono(c.ID)))
	}
	return bot.Reply{Title: fmt.Sprintf("And %s at the same time:", count(len(causes), "smaller anomaly", "smaller anomalies")), Blocks: bot.Blocks{list},
		Next: []bot.Action{{Label: "All anomalies", Text: "costs anomalies"}}}
}

// again keeps what was said of a cause true: the card is edited where it stands, and its thread is told when it has grown by half or came to an end.
func (h *handler) again(ctx context.Context, t *bot.Turn, reply *bot.Reply, c Cause, said told) error {
	if said.Over && said.Hash == "" {
		return nil // it has no card
	}
	if !said.Looked {
		h.look(ctx, &c, &said)
	}
	card := h.draw(c, said)
	if hash(card) == said.Hash {
		return nil
	}
	said.Hash = hash(card)
	reply.Also = append(reply.Also, bot.Post{To: said.To, Reply: card})
	if line := news(c, said); line != "" && said.Thread != "" {
		to := said.To
		to.Thread = said.Thread
		reply.Also = append(reply.Also, bot.Post{To: to, Reply: bot.Reply{Title: line, Subject: c.subject()}})
		said.State, said.Excess = c.State, c.Excess
	}
	said.Over = !c.open()
	return tolds(t.Memory).Put(c.ID, said, keepTold)
}

// news is the line for the thread; "" when nothing is worth one.
func news(c Cause, said told) string {
	cur := c.Node.Currency
	switch {
	case c.Muted && c.open() && c.Excess < muted*said.Excess:
	case c.State != said.State && c.open():
		return fmt.Sprintf("It is back: %s a day against %s expected, %s so far.", money(cur, c.Actual), money(cur, c.Expected), signed(cur, c.Excess))
	case c.State != said.State:
		return fmt.Sprintf("%s It cost %s in %s.", c.stateText(), signed(cur, c.Excess), count(c.Days, "day", "days"))
	case c.open() && c.Excess >= grown*said.Excess:
		return fmt.Sprintf("It goes on: %s so far, in %s; about %s in 30 days if it stays.", signed(cur, c.Excess), count(c.Days, "day", "days"), money(cur, c.Monthly))
	}
	return ""
}

// draw is the card of a cause.
func (h *handler) draw(c Cause, said told) bot.Reply {
	if c.Owner == "" {
		c.Owner = said.Owner
	}
	chart := h.book.chart(c)
	return c.card(h.names, chart, said.Candidates, said.Assigned)
}

// thread answers "costs thread", which is asked below a card once it is shown: from now on the thread can be told.
func (h *handler) thread(ctx context.Context, t *bot.Turn, id string) (bot.Reply, error) {
	said, known, err := tolds(t.Memory).Get(ctx, id)
	if err != nil || !known || t.Kind != bot.Tick || t.ReplyTo.Thread == "" {
		return bot.Reply{}, err
	}
	said.Thread = t.ReplyTo.Thread
	if err := tolds(t.Memory).Put(id, said, keepTold); err != nil {
		return bot.Reply{}, err
	}
	c, ok := h.book.find(id)
	if !ok {
		return bot.Reply{}, nil
	}
	return h.breakdown(c, said), nil
}

// silence says what was looked at, so that nothing unusual can be trusted.
func (h *handler) silence(causes []Cause) bot.Reply {
	open := 0
	for _, c := range causes {
		if c.open() {
			open++
		}
	}
	return bot.Reply{Title: fmt.Sprintf("%s. %s.", h.book.checked(), count(open, "anomaly goes on", "anomalies go on"))}
}

// look looks for what may have been the reason of a cause.
func (h *handler) look(ctx context.Context, c *Cause, said *told) {
	if h.changes == nil {
		return
	}
	said.Candidates, said.Looked = h.candidates(ctx, c)
	if said.Looked && c.Owner == "" {
		said.Owner = h.codeOwner(ctx, said.Candidates)
	}
}
