package awscost

import (
	"context"
	"fmt"
	"sync"
	"time"

	"shipmate/bot/day"
)

// pricePerRequest is what AWS takes for a page of Cost Explorer, in millionths of a dollar.
const pricePerRequest = 10_000

// requestCounter keeps how many requests were made on a day. Load returns 0 for a day that it does not know; Save is durable when it returns nil.
type requestCounter interface {
	Load(ctx context.Context, d day.Day) (int, error)
	Save(ctx context.Context, d day.Day, requests int) error
}

// forgetful keeps the count of the latest day while the program runs.
type forgetful struct {
	day      day.Day
	requests int
}

func (f *forgetful) Load(_ context.Context, d day.Day) (int, error) {
	if f.day != d {
		return 0, nil
	}
	return f.requests, nil
}

func (f *forgetful) Save(_ context.Context, d day.Day, requests int) error {
	f.day, f.requests = d, requests
	return nil
}

// A budget counts requests. It counts before one is made, so that a program that ends meanwhile has counted too many rather than too few.
type budget struct {
	limit int
	of    int // the whole budget that it is a part of; 0: it is the whole
	kept  requestCounter
	mu    sync.Mutex
}

// A BudgetError says that the day's requests are used up. Nothing was asked.
type BudgetError struct {
	Limit int       // requests a day
	Of    int       // those that Limit is the part of that questions have; 0: Limit is all of them
	Until time.Time // when there are new ones: midnight UTC
}

// Error says what to do.
func (e *BudgetError) Error() string {
	if e.Of > 0 {
		return fmt.Sprintf("questions to cost explorer have %d of the %d requests a day, a cent each, and they are used up until %s: the rest is for reading the bill",
			e.Limit, e.Of, e.Until.Format("2006-01-02 15:04 MST"))
	}
	return fmt.Sprintf("the budget of %d requests a day to cost explorer, a cent each, is used up until %s: wait, or raise it in the configuration",
		e.Limit, e.Until.Format("2006-01-02 15:04 MST"))
}

// questionShare is the part of the budget that people's questions have: one in so many requests.
const questionShare = 3

// question marks the context of what somebody asks just now, as opposed to a reading of the bill.
type question struct{}

// asked is ctx of a question.
func asked(ctx context.Context) context.Context { return context.WithValue(ctx, question{}, true) }

// take counts one request; an error means that it must not be made.
func (b *budget) take(ctx context.Context, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	today := day.Of(now.UTC())
	used, err := b.kept.Load(ctx, today)
	if err != nil {
		return fmt.Errorf("read how many requests were made to cost explorer: %w", err)
	}
	if used >= b.limit {
		return &BudgetError{Limit: b.limit, Of: b.of, Until: (today + 1).Time()}
	}
	if err := b.kept.Save(ctx, today, used+1); err != nil {
		return fmt.Errorf("count a request to cost explorer: %w", err)
	}
	return nil
}

// A Spending is what was asked on one day.
type Spending struct {
	Day      day.Day // UTC
	Requests int     // made, tried again ones and refused ones included
	Budget   int
	Micro    int64 // what AWS takes for them at most, in millionths of a dollar: requests that it refuses are free
}

// Spent returns what was asked today.
func (c *Client) Spent(ctx context.Context) (Spending, error) {
	c.budget.mu.Lock()
	defer c.budget.mu.Unlock()
	today := day.Of(c.now().UTC())
	used, err := c.budget.kept.Load(ctx, today)
	if err != nil {
		return Spending{}, fmt.Errorf("read how many requests were made to cost explorer: %w", err)
	}
	return Spending{Day: today, Requests: used, Budget: c.budget.limit, Micro: int64(used) * pricePerRequest}, nil
}
