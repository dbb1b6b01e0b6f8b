package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Direct stands for direct messages in Router.Channels.
const Direct = "direct"

// programTurns is how many turns in a row a conversation has with programs; then the bot is silent until a person asks.
const programTurns = 3

// permit returns what was decided, and a refusal when the asker may not use the command here. Whatever is unsure is a refusal.
func (r *Router) permit(ctx context.Context, req Request, c *Command) (decision, error) {
	if !r.here(req.ReplyTo, c) {
		return r.refuse(req, c, "channel", r.elsewhere(c))
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

// elsewhere is what is told to whoever asks where a command is not answered.
func (r *Router) elsewhere(c *Command) string {
	if _, limited := r.Channels[c.Name]; !limited {
		return fmt.Sprintf("%q is confidential and not answered here, where others than your colleagues may read it. Ask me in Slack; whoever runs me can name this place under access.channels.", c.Name)
	}
	return fmt.Sprintf("%q is not answered here: whoever runs me has limited it to certain channels.", c.Name)
}

// here reports whether a command may be used in a place.
func (r *Router) here(at Place, c *Command) bool {
	allowed, limited := r.Channels[c.Name]
	if !limited {
		return !c.Confidential || at.Surface == Slack || at.Surface == Console
	}
	channel := at.Channel
	if at.Surface == Slack && channel != "" && (channel[0] == 'U' || channel[0] == 'W' || channel[0] == 'D') {
		channel = Direct
	}
	if at.Surface == GitHub { // whose names are the same in any letters
		return slices.ContainsFunc(allowed, func(name string) bool { return strings.EqualFold(name, channel) })
	}
	return slices.Contains(allowed, channel) || at.Surface == Console
}
