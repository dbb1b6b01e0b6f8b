package bot

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
)

// Limits of the inbox.
const (
	turnsAtOnce   = 16     // conversations worked on at the same time
	waitingAtMost = 20_000 // requests taken and not yet answered
	seenAtMost    = 50_000 // request IDs of each of two generations
)

// ErrBusy is what accept returns when too many requests wait: the source does not acknowledge, and the request comes again.
var ErrBusy = errors.New("too many requests are waiting")

// errClosing is what accept returns once the bot is ending.
var errClosing = errors.New("the bot is ending")

// An inbox takes requests and runs them: in order inside a conversation, side by side across conversations, each request once.
type inbox struct {
	run   func(Request)
	slots chan struct{} // one for each turn under way
	turns sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	waiting   int
	queues    map[string][]Request // by conversation; present while a goroutine works on it
	seen, old map[string]struct{}  // request IDs, the newer and the older generation
}

func newInbox(run func(Request)) *inbox {
	return &inbox{
		run: run, slots: make(chan struct{}, turnsAtOnce),
		queues: map[string][]Request{}, seen: map[string]struct{}{},
	}
}

// accept takes a request; one that was taken before is not run again, and that is no error.
func (in *inbox) accept(ctx context.Context, r Request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return errClosing
	}
	if in.known(r.ID) {
		return nil
	}
	if in.waiting >= waitingAtMost {
		return ErrBusy
	}
	in.note(r.ID)
	in.put(r)
	return nil
}

// move queues a request that is being run once more, in the conversation that it belongs to by now. It was accepted, so it is not refused.
func (in *inbox) move(r Request) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.put(r)
}

// put queues a request; the caller holds the lock.
func (in *inbox) put(r Request) {
	in.waiting++
	conv := r.conversation()
	queue, working := in.queues[conv]
	in.queues[conv] = append(queue, r)
	if !working {
		in.turns.Go(func() { in.work(conv) }) // ends when the conversation's queue is empty
	}
}

// work runs the requests of one conversation until none is left.
func (in *inbox) work(conv string) {
	for {
		in.slots <- struct{}{}
		r, ok := in.next(conv)
		if ok {
			in.run(r)
		}
		<-in.slots
		if !ok {
			return
		}
	}
}

func (in *inbox) next(conv string) (Request, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	queue := in.queues[conv]
	if len(queue) == 0 {
		delete(in.queues, conv)
		return Request{}, false
	}
	in.queues[conv] = queue[1:]
	in.waiting--
	return queue[0], true
}

// close refuses further requests and waits for those taken.
func (in *inbox) close() {
	in.mu.Lock()
	in.closed = true
	in.mu.Unlock()
	in.turns.Wait()
}

func (in *inbox) known(id string) bool {
	_, now := in.seen[id]
	_, before := in.old[id]
	return now || before
}

func (in *inbox) note(id string) {
	if len(in.seen) >= seenAtMost {
		in.old, in.seen = in.seen, map[string]struct{}{}
	}
	in.seen[id] = struct{}{}
}

// quote and unquote are the stored form of a string; no data is the empty string.
func quote(s string) []byte {
	data, _ := json.Marshal(s) // a string always has a JSON form
	return data
}

func unquote(data []byte) (s string, err error) {
	if data == nil {
		return "", nil
	}
	err = json.Unmarshal(data, &s)
	return s, err
}
