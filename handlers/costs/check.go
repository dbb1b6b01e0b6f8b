package costs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"shipmate/bot"
	"shipmate/handlers/costs/attribute"
	"shipmate/handlers/costs/detect"
)

// A told is what was said of a cause in the channel. Without a Hash it has no card: it is small, or was listed.
type told struct {
	At         time.Time             `json:"at"`
	To         bot.Place             `json:"to"`
	Thread     string                `json:"thread,omitempty"` // below the card; "" until it is shown
	Source     string                `json:"source,omitempty"`
	Title      string                `json:"title,omitempty"` // of the cause
	State      detect.State          `json:"state"`
	Excess     float64               `json:"excess"`             // when something was last said
	Hash       string                `json:"hash,omitempty"`     // of what the card shows
	Over       bool                  `json:"over,omitempty"`     // it does not go on; without a card: it was listed with others
	Owner      string                `json:"owner,omitempty"`    // by CODEOWNERS, where the bill names none
	Assigned   string                `json:"assigned,omitempty"` // for people to read
	Candidates []attribute.Candidate `json:"candidates,omitempty"`
	Looked     bool                  `json:"looked,omitempty"` // for candidates
}

// carded reports whether there is a message about the cause that is kept up to date.
func (s told) carded() bool { return s.Hash != "" }

func tolds(m *bot.Memory) bot.Records[told] {
	return bot.Records[told]{Memory: m.In("costs"), Name: "told"}
}

const (
	keepTold     = 400 * 24 * time.Hour
	grown        = 1.5 // times the excess that was told last: worth another line
	muted        = 3   // the same where somebody said that it is not useful, and for a card of what was only listed
	mostCards    = 5   // at once; more are listed in one message
	oldNews      = 14  // days: what has gone on for longer when it is seen first is history, and told to who asks
	listedAtOnce = 20  // in that message
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
	looking, cancel := context.WithTimeout(ctx, lookTime) // for all causes together: a turn has a minute
	defer cancel()
	var fresh []Cause
	var carded []Cause
	for _, c := range causes {
		said, known, err := tolds(t.Memory).Get(ctx, c.ID)
		if err != nil {
			return bot.Reply{}, err
		}
		recent := c.open() && c.Last >= c.Complete-1
		switch {
		case said.carded():
			carded = append(carded, c)
			if err := h.again(ctx, looking, t, &reply, c, said); err != nil {
				return bot.Reply{}, err
			}
		case !recent, !known && c.First <= c.Complete-oldNews:
		case !c.Small && !(said.Over && c.Excess < muted*said.Excess):
			fresh = append(fresh, c)
		case !known: // so that it is news when it is no longer small
			if err := tolds(t.Memory).Put(c.ID, told{At: t.Time, State: c.State, Excess: c.Excess}, keepTold); err != nil {
				return bot.Reply{}, err
			}
		}
	}
	fresh = slices.DeleteFunc(fresh, func(c Cause) bool { return c.isTwin(carded) })
	if err := h.announce(ctx, looking, t, &reply, fresh); err != nil {
		return bot.Reply{}, err
	}
	return reply, h.gone(ctx, t, &reply, causes)
}

// announce posts a card for each new cause, the dearest first; many at once are listed in one message. What may have been the reason is looked for until
// looking ends.
func (h *handler) announce(ctx, looking context.Context, t *bot.Turn, reply *bot.Reply, fresh []Cause) error {
	to := bot.Place{Surface: bot.Slack, Channel: h.options.Channel}
	var shown, listed []Cause
	for _, c := range fresh {
		if c.isTwin(shown) {
			continue
		}
		said, _, err := tolds(t.Memory).Get(ctx, c.ID) // somebody may have taken it on
		if err != nil {
			return err
		}
		said.At, said.To, said.Source, said.Title, said.State, said.Excess = t.Time, to, c.Node.Source, c.title(h.names), c.State, c.Excess
		if said.Over = len(shown) == mostCards; said.Over {
			listed = append(listed, c)
		} else {
			h.look(looking, &c, &said)
			card := h.draw(c, said)
			said.Hash = hash(card)
			reply.Also = append(reply.Also, bot.Post{To: to, Reply: card, Then: "costs thread " + c.ID})
			shown = append(shown, c)
		}
		if err := tolds(t.Memory).Put(c.ID, said, keepTold); err != nil {
			return err
		}
	}
	if len(listed) > 0 {
		reply.Also = append(reply.Also, bot.Post{To: to, Reply: h.listed(listed)})
	}
	return nil
}

// isTwin reports whether another cause is the same as another bill has it: the same accounts from the same day, about as dear.
func (c *Cause) isTwin(others []Cause) bool {
	return slices.ContainsFunc(others, func(o Cause) bool {
		apart := max(o.First, c.First) - min(o.First, c.First)
		return o.Node.Source != c.Node.Source && o.Node.Currency == c.Node.Currency && len(c.Accounts) > 0 && slices.Equal(o.Accounts, c.Accounts) &&
			apart <= 1 && min(o.Actual, c.Actual) >= alike*max(o.Actual, c.Actual) && min(o.Excess, c.Excess) >= alike*max(o.Excess, c.Excess)
	})
}

// alike is how near two amounts have to be to be of the same thing: bills of one account differ in what they round and discount.
const alike = .8

// gone closes the cards of causes that are none any more: a decision was taken back, or the bill is judged anew.
func (h *handler) gone(ctx context.Context, t *bot.Turn, reply *bot.Reply, causes []Cause) error {
	var before, now []string
	if _, err := t.Memory.In("costs").Get(ctx, "open", &before); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, c := range causes {
		known[c.ID] = true
		said, _, err := tolds(t.Memory).Get(ctx, c.ID)
		if err != nil {
			return err
		}
		if said.carded() && !said.Over {
			now = append(now, c.ID)
		}
	}
	for _, id := range before {
		said, ok, err := tolds(t.Memory).Get(ctx, id)
		if err != nil {
			return err
		}
		if known[id] || !ok || !said.carded() || said.Over {
			continue
		}
		if _, _, read := h.book.Days(said.Source); !read && said.Source != "" { // it may come back
			now = append(now, id)
			continue
		}
		card := bot.Reply{Title: said.Title + ": no longer unusual", Card: cardName(id), Subject: subjectPrefix + id,
			Blocks: bot.Blocks{bot.P(bot.Text("By what is known and decided now it is ordinary, or part of another anomaly.")), bot.Small(bot.Text("Anomaly " + id + "."))},
			Next:   []bot.Action{{Label: "Anomalies", Text: "costs anomalies"}}}
		said.Hash, said.Over = hash(card), true
		reply.Also = append(reply.Also, bot.Post{To: said.To, Reply: card})
		if err := tolds(t.Memory).Put(id, said, keepTold); err != nil {
			return err
		}
	}
	slices.Sort(now)
	if slices.Equal(now, before) {
		return nil
	}
	return t.Memory.In("costs").Set("open", now, 0)
}

// listed is one message for causes that come at once with dearer ones.
func (h *handler) listed(causes []Cause) bot.Reply {
	var list bot.List
	for i, c := range causes {
		if i == listedAtOnce {
			list.Items = append(list.Items, bot.Item(bot.Text(fmt.Sprintf("and %d more", len(causes)-i))))
			break
		}
		list.Items = append(list.Items, bot.Item(bot.Text(c.headline(h.names)+", "+signed(c.Node.Currency, c.Excess)+" so far. "), bot.Mono(c.ID)))
	}
	return bot.Reply{Title: fmt.Sprintf("And %s at the same time:", count(len(causes), "smaller anomaly", "smaller anomalies")), Blocks: bot.Blocks{list},
		Next: []bot.Action{{Label: "All anomalies", Text: "costs anomalies"}}}
}

// again keeps what was said of a cause true: the card is edited where it stands, and its thread is told when it has grown by half or came to an end.
func (h *handler) again(ctx, looking context.Context, t *bot.Turn, reply *bot.Reply, c Cause, said told) error {
	before := said.Looked
	if !said.Looked && c.open() {
		h.look(looking, &c, &said)
	}
	card := h.draw(c, said)
	if hash(card) == said.Hash {
		if said.Looked == before {
			return nil
		}
		return tolds(t.Memory).Put(c.ID, said, keepTold)
	}
	said.Hash, said.Title = hash(card), c.title(h.names)
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

// thread answers "costs thread", which is asked below a card once it is shown: from now on the thread can be told. What the card has no room for comes first.
func (h *handler) thread(ctx context.Context, t *bot.Turn, id string) (bot.Reply, error) {
	if t.Kind != bot.Tick { // a person, who wants to see what stands in such a thread and must not move it
		return h.why(ctx, t, id)
	}
	said, known, err := tolds(t.Memory).Get(ctx, id)
	if err != nil || !known || t.ReplyTo.Thread == "" {
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
	r := bot.Reply{Title: c.evidence(), Subject: c.subject()}
	if len(c.Why.Parts) > c.Why.Told() {
		r.Blocks = append(r.Blocks, h.madeOf(c.Why, c.Node))
	}
	r.Blocks = append(r.Blocks, related(said)...)
	return r, nil
}

// silence says what was looked at, so that nothing unusual can be trusted.
func (h *handler) silence(causes []Cause) bot.Reply {
	return bot.Reply{Title: h.book.checked() + ". " + goOn(causes) + ".", Blocks: h.warnings()}
}

// goOn says how many anomalies go on.
func goOn(causes []Cause) string {
	open, small := 0, 0
	for _, c := range causes {
		switch {
		case c.open() && c.Small:
			small++
		case c.open():
			open++
		}
	}
	text := count(open, "anomaly goes on", "anomalies go on")
	switch {
	case open == 0 && small == 0:
		return "Nothing unusual goes on"
	case open == 0:
		return count(small, "small anomaly goes on", "small anomalies go on")
	case small > 0:
		text += ", and " + count(small, "small one", "small ones")
	}
	return text
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
