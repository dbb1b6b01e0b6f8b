package bot

import (
	"cmp"
	"context"
	"encoding/json"
)

// A way does what a row of the outbox says, and finds out whether it was done. The ref names the message, or is the result of the effect.
type way interface {
	do(ctx context.Context, row outRow) (ref string, err error)
	find(ctx context.Context, row outRow) (ref string, found bool, err error)
}

// A way that waits is asked, before a new message is noted as begun, to wait until one more may be shown in a place.
type waits interface {
	wait(ctx context.Context, to Place) error
}

// wayOf is the way of a row; nil when there is none.
func (p *pipeline) wayOf(row outRow) way {
	if row.Effect != nil {
		if d := p.bot.Doers[row.Effect.Kind]; d != nil {
			return doing{d}
		}
		return nil
	}
	if poster := p.bot.Posters[row.To.Surface]; poster != nil {
		return showing{poster}
	}
	return nil
}

type showing struct{ Poster }

func (s showing) do(ctx context.Context, row outRow) (string, error) {
	return s.Post(ctx, row.To, row.Ref, row.Key, row.Reply)
}

func (s showing) find(ctx context.Context, row outRow) (string, bool, error) {
	return s.Find(ctx, row.To, row.Key)
}

func (s showing) wait(ctx context.Context, to Place) error {
	if p, ok := s.Poster.(Pacer); ok {
		return p.Pace(ctx, to)
	}
	return nil
}

type doing struct{ Doer }

func (d doing) do(ctx context.Context, row outRow) (string, error) {
	if row.Ref != "" {
		return row.Ref, nil // found done
	}
	result, err := d.Do(ctx, *row.Effect)
	if err != nil {
		return "", err
	}
	return cmp.Or(string(result), "null"), nil
}

func (d doing) find(ctx context.Context, row outRow) (string, bool, error) {
	result, found, err := d.Find(ctx, *row.Effect)
	return cmp.Or(string(result), "null"), found, err
}

// result is the form in which an effect's result is handed to its Done request.
func result(r EffectResult) string {
	data, err := json.Marshal(r)
	if err != nil { // the Doer's result is no JSON
		data, _ = json.Marshal(EffectResult{Err: r.Err}) // strings always encode
	}
	return string(data)
}

// effectFailed keeps an effect that was given up as a dead letter and tells whoever planned it.
func (p *pipeline) effectFailed(e Entry, row outRow) error {
	next := *row.Then
	next.Data = result(EffectResult{Err: row.LastErr})
	change, err := p.ask(p.rowName(next), next, false)
	if err != nil {
		return err
	}
	return p.drop(e, deadLetter{Reply: &row, Attempts: row.Attempts, Err: row.LastErr}, change)
}
