package main

import (
	"sync"
	"time"
)

// An onceAWhile keeps what was answered, so that people who press the same button one after the other ask, and pay, once. Errors are not kept.
type onceAWhile[T any] struct {
	mu   sync.Mutex
	said map[string]saidAt[T]
}

type saidAt[T any] struct {
	at   time.Time
	what T
}

const (
	keepAnswer  = 30 * time.Minute
	mostAnswers = 200
)

// get returns what was answered to a question lately, or asks.
func (o *onceAWhile[T]) get(question string, now time.Time, ask func() (T, error)) (T, error) {
	o.mu.Lock()
	known, ok := o.said[question]
	o.mu.Unlock()
	if ok && now.Sub(known.at) < keepAnswer {
		return known.what, nil
	}
	what, err := ask()
	if err != nil {
		return what, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.said == nil || len(o.said) >= mostAnswers {
		o.said = map[string]saidAt[T]{}
	}
	o.said[question] = saidAt[T]{now, what}
	return what, nil
}
