package costs

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"shipmate/handlers/costs/ledger"
)

// A Book is bills and what is thought of them. Everything that it says follows from what is in its ledger, so that a restart says the same: each time
// at which something became known is a reading, and the days that were complete by then are judged by what was known then.
// Its methods are safe for concurrent use. Questions are answered from what was thought last, also while something new is being judged.
type Book struct {
	ledger  *ledger.Ledger
	options Options
	log     *slog.Logger

	judging sync.Mutex // held while anything is judged; it may be held for a minute
	judges  map[string]*judge
	rules   []Rule // by which is judged

	thought  atomic.Pointer[opinion]
	progress atomic.Pointer[judgment] // what is being judged now; nil: nothing

	mu     sync.RWMutex // of status
	status statuses
}

// NewBook returns a book without bills.
func NewBook(o Options, log *slog.Logger) *Book {
	b := &Book{ledger: ledger.New(o.Tags), options: o, log: log, judges: map[string]*judge{}}
	b.thought.Store(b.newOpinion(map[string]*judged{}, nil))
	return b
}

// now is the time.
func (b *Book) now() time.Time {
	if b.options.Now != nil {
		return b.options.Now()
	}
	return time.Now()
}

// An opinion is what is thought of all bills at a time. It does not change; a newer one takes its place.
type opinion struct {
	sources map[string]*judged // those of which anything is known, by name
	names   []string           // of sources, in their order
	rules   []Rule
	causes  func() []Cause // made when they are first asked for; nobody changes them
}

// judged is what is thought of one source, up to its newest reading.
type judged struct {
	now   reading
	nodes map[ledger.Node]*series
	order []*series // of nodes, the total first
	// usualAge is how many days old the latest complete day is just before the next one is there.
	usualAge int
}

// newOpinion returns what is thought of sources.
func (b *Book) newOpinion(sources map[string]*judged, rules []Rule) *opinion {
	o := &opinion{sources: sources, rules: rules}
	for name := range sources {
		o.names = append(o.names, name)
	}
	slices.Sort(o.names)
	o.causes = sync.OnceValue(func() []Cause { return b.causes(o) })
	return o
}

// Causes are what is or was unusual in all bills, those that go on in front, each group with the dearest first. They say what the bills are made of
// up to the newest reading. They are worked out once for each reading.
func (b *Book) Causes() []Cause { return slices.Clone(b.thought.Load().causes()) }

// Apply takes over segments that are durable already, in their order, and judges what became complete by them.
func (b *Book) Apply(ctx context.Context, segments ...[]byte) error {
	touched := map[string]bool{}
	for _, data := range segments {
		s, err := ledger.Decode(data)
		if err != nil {
			return err
		}
		if err := b.Take(s); err != nil {
			return err
		}
		touched[s.Source] = true
	}
	for _, src := range b.ledger.Sources() {
		if touched[src.Name] {
			if err := b.Judge(ctx, src.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Take takes over a segment that is durable already. What it says is judged by the next call of Judge. Segments of a source that are of one reading have the
// same as-of time, and no other reading of the source is taken meanwhile.
func (b *Book) Take(s *ledger.Segment) error {
	_, err := b.ledger.Take(s)
	return err
}
