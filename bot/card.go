package bot

import "context"

// superseded drops a row that shows a card which a later row shows anew: of several edits only the last is made.
func (p *pipeline) superseded(e Entry, row outRow) (bool, error) {
	if row.Reply.Card == "" || row.Then != nil || p.mayBeShown(e.Key, row) {
		return false, nil
	}
	rows, err := p.bot.Store.Scan(p.ctx, outPrefix+conversationOf(e.Key)+"/", e.Key, 100)
	if err != nil {
		return false, err
	}
	for _, other := range rows {
		if next, err := read[outRow](other); err == nil && next.Reply.Card == row.Reply.Card && next.To.Conversation() == row.To.Conversation() {
			_, err := p.commit(e, append(p.came(row, "superseded", ""), Change{Key: e.Key}))
			return true, err
		}
	}
	return false, nil
}

// receipt sets the message that a card is shown as.
func (p *pipeline) receipt(ctx context.Context, row *outRow) error {
	place := row.receiptKey()
	if place == "" {
		return nil
	}
	e, ok, err := p.bot.Store.Get(ctx, place)
	if err != nil || !ok {
		return err
	}
	row.Ref, err = read[string](e)
	if row.Then != nil && row.Then.Kind == Tick {
		row.Then = nil // it was asked when the card was shown first
	}
	return err
}

// receiptKey is where the message is noted that a reply with a card is shown as; "" for a reply without, and for an effect.
func (row outRow) receiptKey() string {
	card := row.Reply.Card
	if card == "" && row.To.Surface == GitHub {
		card = "answer" // a pull request's page has one message of the bot, whatever it was asked
	}
	if card == "" || row.Effect != nil {
		return ""
	}
	return "rcpt/" + key(row.To.Conversation(), card)
}
