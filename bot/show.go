package bot

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// A shower shows the interim replies of one turn, each in place of the one before; the final reply replaces the last.
type shower struct {
	poster Poster // nil: there is no way to show anything
	to     Place
	key    string
	log    *slog.Logger

	mu     sync.Mutex
	ref    string    // what is shown; "" nothing yet
	unsure time.Time // until then something may have been sent off of which ref does not know; zero: nothing was
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
		s.unsure = time.Now().UTC()
	case found:
		s.ref = ref
	}
}

// interim shows a reply that the final one will replace, unless another may be on its way already. On a pull request's page it does nothing: a
// mark there says "seen", and every edit of a comment is kept in its history.
func (s *shower) interim(ctx context.Context, r Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done || s.poster == nil || s.to.Surface == GitHub || !s.unsure.IsZero() && s.ref == "" {
		return
	}
	ref, err := s.poster.Post(ctx, s.to, s.ref, s.key, r)
	if err != nil {
		s.log.Warn("interim reply not shown", "err", err)
		if o, _ := outcome(err); o == Ambiguous && s.ref == "" {
			s.unsure = time.Now().UTC()
		}
		return
	}
	s.ref = ref
}

// end ends the interim replies and names what is shown of them; "" when nothing is. unsure is until when something may have been sent off all the
// same; zero when nothing was.
func (s *shower) end() (ref string, unsure time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = true
	if s.ref != "" {
		return s.ref, time.Time{}
	}
	return "", s.unsure
}
