package bot

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
)

// A shower shows what one turn has to say: interim replies in place of each other, then the final one, then those for other places.
type shower struct {
	bot    *Bot
	poster Poster
	to     Place
	key    string
	log    *slog.Logger

	mu   sync.Mutex
	ref  string // what is shown of this turn; "" nothing yet
	done bool
}

// interim shows a reply that the final one will replace. On a pull request's page it does nothing: a mark there says "seen", and every
// edit of a comment is kept in its history.
func (s *shower) interim(ctx context.Context, r Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done || s.to.Surface == GitHub {
		return
	}
	ref, err := s.poster.Post(ctx, s.to, s.ref, s.key, r)
	if err != nil {
		s.log.Warn("interim reply not shown", "err", err)
		return
	}
	s.ref = ref
}

// final shows the reply of the turn and what it has for other places.
func (s *shower) final(ctx context.Context, r Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = true
	if !r.Empty() {
		if err := s.bot.post(ctx, s.poster, s.to, s.ref, s.key, r); err != nil {
			s.log.Error("reply not shown", "err", err)
		}
	}
	for i, p := range r.Also {
		poster := s.bot.Posters[p.To.Surface]
		if poster == nil {
			s.log.Error("no way to post on this surface", "to", p.To.Surface)
			continue
		}
		if err := s.bot.post(ctx, poster, p.To, "", fmt.Sprintf("%s-%d", s.key, i+1), p.Reply); err != nil {
			s.log.Error("reply not shown elsewhere", "to", p.To.Surface, "err", err)
		}
	}
}

// post shows one reply: as an edit of ref if that is set, else of the card's earlier message if the reply has a card, else anew. It keeps the
// receipt of what a card is shown as.
func (b *Bot) post(ctx context.Context, poster Poster, to Place, ref, id string, r Reply) error {
	card := r.Card
	if card == "" && to.Surface == GitHub {
		card = "answer" // a pull request's page has one message of the bot, whatever it was asked
	}
	receipt := key("rcpt", to.Conversation(), card)
	if ref == "" && card != "" {
		data, _, err := b.Store.Get(ctx, receipt)
		if err != nil {
			return err
		}
		if ref, err = unquote(data); err != nil {
			return fmt.Errorf("receipt %s: %w", receipt, err)
		}
	}
	shown, err := poster.Post(ctx, to, ref, id, r)
	if err != nil || card == "" || shown == "" || shown == ref {
		return err
	}
	return b.Store.Apply(ctx, []Change{{Key: receipt, Value: quote(shown)}})
}
