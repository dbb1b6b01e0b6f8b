package bot

import (
	"context"
	"fmt"
	"slices"
)

// Direct stands for direct messages in Router.Channels.
const Direct = "direct"

// programTurns is how many turns in a row a conversation has with programs; then the bot is silent until a person asks.
const programTurns = 3

// permit returns what was decided, and a refusal when the asker may not use the command here. Whatever is unsure is a refusal.
func (r *Router) permit(ctx context.Context, req Request, c *Command) (decision, error) {
	if !r.here(req.ReplyTo, c) {
		return r.refuse(req, c, "channel", fmt.Sprintf("%q is not answered here: whoever runs me has limited it to certain channels.", c.Name))
	}
	access := r.access[req.From.Surface]
	role := Nobody
	if access != nil {
		var err error
		if role, err = access(ctx, req); err != nil {
			r.log.Warn("permission unknown", "trace_id", TraceID(req), "err", err)
			return r.refuse(req, c, "unknown", "I could not find out what you may do here, so I did nothing. Please try again in a minute.")
		}
	}
	if role >= c.Role {
		return decision{command: c.Name, outcome: "allowed", reason: role.String()}, nil
	}
	return r.refuse(req, c, "role", fmt.Sprintf(
		"You may not use %q here: it needs the role %s. Whoever runs me sets roles under access in my configuration.", c.Name, c.Role))
}

// refuse is a decision against a request, and what the person is told.
func (r *Router) refuse(req Request, c *Command, reason, text string) (decision, error) {
	r.log.Info("refused", "trace_id", TraceID(req), "surface", req.From.Surface, "actor", req.From.ID, "command", c.Name, "needs", c.Role.String(), "reason", reason)
	return decision{command: c.Name, outcome: "refused", reason: reason}, &UserError{Unknown: true, Text: text}
}

// here reports whether a command may be used in a place.
func (r *Router) here(at Place, c *Command) bool {
	allowed, limited := r.Channels[c.Name]
	if !limited {
		return true
	}
	channel := at.Channel
	if at.Surface == Slack && channel != "" && (channel[0] == 'U' || channel[0] == 'W' || channel[0] == 'D') {
		channel = Direct
	}
	return slices.Contains(allowed, channel) || at.Surface == Console
}
