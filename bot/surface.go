package bot

import (
	"context"
	"encoding/json"
)

// A Source accepts requests from one surface.
type Source interface {
	// Run delivers requests until ctx ends, and then returns nil; or returns an error that trying again will not mend. accept returns
	// nil once the bot has taken the request; only then may the source acknowledge it. accept is fast and safe for concurrent use.
	Run(ctx context.Context, accept func(context.Context, Request) error) error
}

// A Poster shows replies on one surface.
type Poster interface {
	// Post shows a reply. ref names a message that Post returned before, which is edited; "" makes a new one (or, on a surface that keeps
	// to one message, finds it). key identifies the effect: it is left with the message so that Find can tell, after a failure that may or
	// may not have shown it, whether it did. newRef names what is now shown; "" when the surface shows nothing for this reply. No error
	// contains a secret. An error with a method
	// Outcome() (Outcome, time.Duration) says whether the reply may be shown all the same; any other error leaves that open.
	Post(ctx context.Context, to Place, ref, key string, r Reply) (newRef string, err error)
	// Find looks for what Post showed for key in that place.
	Find(ctx context.Context, to Place, key string) (ref string, found bool, err error)
	// Working shows at once that a request was seen and is being worked on. Best effort: whoever waits learns the rest from the reply.
	Working(ctx context.Context, to Place)
}

// A Pacer is a Poster whose surface wants messages spaced out.
type Pacer interface {
	// Pace waits until one more new message may be posted in a place; the next Post there does not wait again. It returns ctx's error.
	Pace(ctx context.Context, to Place) error
}

// A Doer carries out the effects of one kind.
type Doer interface {
	// Do carries out an effect and returns what came of it; nil when there is nothing to tell. Its errors are like those of a Poster.
	Do(ctx context.Context, e Effect) (result json.RawMessage, err error)
	// Find looks whether the effect with that key was carried out, after a failure that left it open.
	Find(ctx context.Context, e Effect) (result json.RawMessage, found bool, err error)
}
