package bot

import (
	"context"
	"log/slog"
	"sync"
)

// A shower shows the interim replies of one turn, each in place of the one before; the final reply replaces the last.
type shower struct {
	poster Poster // nil: there is no way to show anything
	to     Place
	key    string
	log    *slog.Logger

	mu     sync.Mutex
	ref    string // what is shown; "" nothing yet
	unsure bool   // something may be shown of which ref does not know
	done   bool
}

// adopt finds what an earlier attempt of the turn has shown.
func (s *shower) adopt(ctx context.Context) {
	if s.ref != "" || s.poster == nil {
		return
	}
	ref, found, err := s.poster.Find(ctx, s.to, s.key)
	switch {
	case err != nil:
		s.unsure = true
	case found:
		s.ref = ref
	}
}

// interim shows a reply that the final one will replace, unless another may be on its way already. On a pull request's page it does nothing: a mark there says "seen", and every
// edit of a comment is kept in its history.
func (s *shower) interim(ctx context.Context, r Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done || s.poster == nil || s.to.Surface == GitHub || s.unsure && s.ref == "" {
		return
	}
	ref, err := s.poster.Post(ctx, s.to, s.ref, s.key, r)
	if err != nil {
		s.log.Warn("interim reply not shown", "err", err)
		if o, _ := outcome(err); o == Ambiguous && s.ref == "" {
			s.unsure = true
		}
		return
	}
	s.ref = ref
}

// end ends the interim replies and names what is shown of them; "" when nothing is. unsure says that something may be all the same.
func (s *shower) end() (ref string, unsure bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = true
	return s.ref, s.unsure && s.ref == ""
}
