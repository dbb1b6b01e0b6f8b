package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-github/v60/github"
)

const (
	deliveryPages   = 10 // of a hundred deliveries that are looked at; what is further back the poller hears
	maxRedeliveries = 50 // asked for at a time
	redeliveries    = 3  // of one event
	deliveryTime    = time.Minute
)

// redeliver looks for failed deliveries of every repository until ctx ends.
func (w *Webhook) redeliver(ctx context.Context) {
	if len(w.o.Hooks) == 0 && w.o.URL == "" {
		return
	}
	var running sync.WaitGroup
	for _, name := range w.c.repos {
		running.Go(func() { w.reconciler(name).run(ctx, w.o.Every) })
	}
	running.Wait()
}

// A reconciler asks GitHub to deliver again what failed of one repository's comments.
type reconciler struct {
	*Client
	name, owner, repo string
	hook              int64 // 0: to be looked up by url
	url               string

	since time.Time       // from when on deliveries are looked at, by GitHub's clock
	tries map[string]*try // by the event's GUID, which all its deliveries share
}

// A try is what was done about a failed event.
type try struct {
	count int
	last  int64     // the delivery that was asked for again
	at    time.Time // of that delivery
}

func (w *Webhook) reconciler(name string) *reconciler {
	r := &reconciler{Client: w.c, name: name, url: w.o.URL, tries: map[string]*try{}}
	r.owner, r.repo, _ = strings.Cut(name, "/")
	for other, hook := range w.o.Hooks {
		if strings.EqualFold(other, name) {
			r.hook = hook
		}
	}
	return r
}

// errNoHook says that none of the repository's webhooks is the bot's.
var errNoHook = errors.New("none has the configured address")

// run looks at once and then every so often, until ctx ends or GitHub does not let it.
func (r *reconciler) run(ctx context.Context, every time.Duration) {
	r.since = r.wire(r.owner).gate.serverTime(r.now()).Add(-min(r.o.MaxAge, replayTime))
	failed := false
	for {
		err := r.step(ctx)
		limit, limited := errors.AsType[*LimitError](err)
		wait := every + rand.N(every/8+1)
		switch s := status(err); {
		case ctx.Err() != nil:
			return
		case s == http.StatusForbidden, s == http.StatusNotFound, errors.Is(err, errNoHook):
			r.log.Warn("failed webhook deliveries are not asked for again: the token may not manage webhooks, or there is none; comments are polled",
				"repo", r.name, "err", err)
			return
		case limited:
			wait = max(wait, limit.Until.Sub(r.now()))
		case err != nil && !failed:
			r.log.Warn("failed webhook deliveries not looked for", "repo", r.name, "err", err)
		}
		failed = err != nil
		if sleep(ctx, wait) != nil {
			return
		}
	}
}

// step asks for what has failed since the last look.
func (r *reconciler) step(ctx context.Context) error {
	if r.hook == 0 {
		if err := r.findHook(ctx); err != nil {
			return err
		}
	}
	now := r.wire(r.owner).gate.serverTime(r.now())
	failed, err := r.failed(ctx)
	if err != nil {
		return err
	}
	for _, d := range failed[:min(len(failed), maxRedeliveries)] {
		if err := r.again(ctx, d); err != nil {
			return err
		}
	}
	if len(failed) <= maxRedeliveries {
		r.since = now.Add(-deliveryTime) // one that began before now may still be failing
		for guid, t := range r.tries {
			if t.at.Before(r.since.Add(-time.Hour)) {
				delete(r.tries, guid)
			}
		}
	}
	return nil
}

// findHook finds the webhook whose address is the bot's.
func (r *reconciler) findHook(ctx context.Context) error {
	hooks, _, err := r.api.Repositories.ListHooks(ctx, r.owner, r.repo, &github.ListOptions{PerPage: pageSize})
	if err != nil {
		return r.fail("webhooks of "+r.name, err)
	}
	for _, h := range hooks {
		if r.url != "" && h.Config.GetURL() == r.url {
			r.hook = h.GetID()
			return nil
		}
	}
	return fmt.Errorf("webhooks of %s: %w", r.name, errNoHook)
}

// failed lists the last delivery of each event that never arrived and is to be delivered again, oldest first.
func (r *reconciler) failed(ctx context.Context) ([]*github.HookDelivery, error) {
	var last []*github.HookDelivery
	seen, arrived := map[string]bool{}, map[string]bool{}
	opts := &github.ListCursorOptions{PerPage: pageSize}
	for range deliveryPages {
		list, resp, err := r.api.Repositories.ListHookDeliveries(ctx, r.owner, r.repo, r.hook, opts)
		if err != nil {
			return nil, r.fail("webhook deliveries of "+r.name, err)
		}
		old := false
		for _, d := range list { // the newest first
			if old = d.GetDeliveredAt().Before(r.since); old {
				break
			}
			if !seen[d.GetGUID()] {
				last = append(last, d)
			}
			seen[d.GetGUID()] = true
			arrived[d.GetGUID()] = arrived[d.GetGUID()] || d.GetStatusCode() >= 200 && d.GetStatusCode() <= 299
		}
		if old || resp.Cursor == "" || resp.Cursor == opts.Cursor {
			break
		}
		opts.Cursor = resp.Cursor
	}
	last = slices.DeleteFunc(last, func(d *github.HookDelivery) bool { return arrived[d.GetGUID()] || !r.due(d) })
	slices.SortStableFunc(last, func(a, b *github.HookDelivery) int { return a.GetDeliveredAt().Compare(b.GetDeliveredAt().Time) })
	return last, nil
}

// due reports whether a failed delivery tells of a comment, and asking for it again has not been in vain too often.
func (r *reconciler) due(d *github.HookDelivery) bool {
	if d.GetEvent() != plain().event && d.GetEvent() != review().event || d.GetAction() != "created" || d.GetStatus() == "pending" {
		return false
	}
	t := cmp.Or(r.tries[d.GetGUID()], &try{})
	return t.count < redeliveries && t.last != d.GetID()
}

// again asks GitHub to deliver once more.
func (r *reconciler) again(ctx context.Context, d *github.HookDelivery) error {
	err := r.write(ctx, telling, "deliver again to "+r.name, func() error {
		_, _, err := r.api.Repositories.RedeliverHookDelivery(ctx, r.owner, r.repo, r.hook, d.GetID())
		return err
	})
	switch s := status(err); {
	case err == nil, s == http.StatusAccepted: // "accepted" is an error to go-github
		r.meter.Add("webhook_redeliveries_total", 1)
		r.log.Info("webhook delivery asked for again", "repo", r.name, "delivery", d.GetGUID(), "answered", d.GetStatusCode())
	case s == http.StatusNotFound, s == http.StatusUnprocessableEntity, s == http.StatusBadRequest: // this one, such as one too old
		r.log.Info("webhook delivery not repeated", "repo", r.name, "delivery", d.GetGUID(), "err", err)
	default:
		return err
	}
	t := cmp.Or(r.tries[d.GetGUID()], &try{})
	r.tries[d.GetGUID()] = &try{count: t.count + 1, last: d.GetID(), at: d.GetDeliveredAt().Time}
	return nil
}
