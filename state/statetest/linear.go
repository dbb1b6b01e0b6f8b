package statetest

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"shipmate/state"
)

// registers are the keys that linearizability works on.
var registers = [3]string{"a", "b", "d/2026-01-01/c"}

// A step is one call: a read of a key, or a transaction that writes some keys if others have the revisions that the caller saw before.
type step struct {
	read   int // index of the key, when writes is 0
	writes int // bits of keys
	guards [len(registers)]state.Rev
	guard  int // bits of keys
}

// A seen is the outcome of a step: the key's revision, or whether the transaction was made and in which revision.
type seen struct {
	ok  bool
	rev state.Rev
}

// A model is what a Store must behave like: the revision of each key, and the last one given.
type model struct {
	revs [len(registers)]state.Rev
	last state.Rev
}

// linearizability checks, with many calls at once, that there is an order of all calls, none before one that had returned when it began, in
// which a store without concurrency would have given the same answers.
func linearizability(t *testing.T, b Bench) {
	s := open(t, b, "db")
	var mu sync.Mutex
	var history []porcupine.Operation
	var wg sync.WaitGroup
	start := time.Now()
	for client := range 6 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(client)))
			var known [len(registers)]state.Rev
			for range 60 {
				call := step{read: random.IntN(len(registers)), writes: random.IntN(4) * random.IntN(3), guard: random.IntN(8), guards: known}
				begun := time.Since(start)
				out, err := call.do(t, s, &known)
				ended := time.Since(start)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				history = append(history, porcupine.Operation{ClientId: client, Input: call, Call: int64(begun), Output: out, Return: int64(ended)})
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if result := porcupine.CheckOperationsTimeout(sequential(), history, time.Minute); result != porcupine.Ok {
		t.Errorf("%d calls are not linearizable: %v", len(history), result)
	}
}

// do makes the call and notes the revisions that it shows in known.
func (c step) do(t *testing.T, s state.Store, known *[len(registers)]state.Rev) (seen, error) {
	if c.writes == 0 {
		item, ok, err := s.Get(t.Context(), registers[c.read])
		known[c.read] = item.Rev
		return seen{ok, item.Rev}, err
	}
	var guards []state.Guard
	var ops []state.Op
	for i, key := range registers {
		if c.guard&(1<<i) != 0 {
			guards = append(guards, state.Guard{Key: key, Rev: c.guards[i]})
		}
		if c.writes&(1<<i) != 0 {
			ops = append(ops, set(key, `1`))
		}
	}
	ok, rev, err := s.Txn(t.Context(), guards, ops)
	for i := range registers {
		if ok && c.writes&(1<<i) != 0 {
			known[i] = rev
		}
	}
	return seen{ok, rev}, err
}

// sequential is the store without concurrency.
func sequential() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return model{} },
		Step: func(before, input, output any) (bool, any) {
			m, c, out := before.(model), input.(step), output.(seen)
			if c.writes == 0 {
				return out.rev == m.revs[c.read] && out.ok == (out.rev != 0), m
			}
			holds := true
			for i := range registers {
				holds = holds && (c.guard&(1<<i) == 0 || c.guards[i] == m.revs[i])
			}
			if out.ok != holds || out.ok && out.rev <= m.last {
				return false, m
			}
			for i := range registers {
				if out.ok && c.writes&(1<<i) != 0 {
					m.revs[i], m.last = out.rev, out.rev
				}
			}
			return true, m
		},
	}
}
