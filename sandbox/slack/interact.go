package slack

import (
	"encoding/json"
	"time"
)

// An interaction is what an element holds, or what a person just did with it, in the shape of block_actions and view state.
type interaction = map[string]any

// A click is one use of an interactive element.
type click struct {
	User     string `json:"user"`
	Channel  string `json:"channel"`
	TS       string `json:"ts"`
	ViewID   string `json:"view_id"` // instead of channel and ts
	ActionID string `json:"action_id"`
	BlockID  string `json:"block_id"` // may be empty when action_id is unique
	// Value picks one of several buttons with the same action_id; for an input it is what was entered.
	Value string `json:"value"`
	// SelectedOption is the value of the option chosen, or an option object.
	SelectedOption any `json:"selected_option"`
}

// choice is what the person entered or chose.
func (c click) choice() string {
	switch v := c.SelectedOption.(type) {
	case string:
		return v
	case object:
		s, _ := v["value"].(string)
		return s
	}
	return c.Value
}

// click delivers block_actions for what a person did and reports whether a socket was open to take it.
func (w *Workspace) click(base string, c click) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u := w.user(c.User)
	if u == nil {
		return false, fail("user_not_found", "no person %q", c.User)
	}
	payload, blocks, chosen, err := w.clicked(base, u, c)
	if err != nil {
		return false, err
	}
	e, blockID, err := findElement(blocks, c)
	if err != nil {
		return false, err
	}
	action := interaction{
		"type": e["type"], "block_id": blockID, "action_id": e["action_id"], "action_ts": formatTS(time.Now().UnixMicro()),
	}
	for _, key := range []string{"text", "value", "style", "url"} {
		if v, ok := e[key]; ok && e["type"] == "button" {
			action[key] = v
		}
	}
	kind, _ := e["type"].(string)
	if field, _ := held(kind); field != "" {
		if action[field], err = choose(e, c.choice()); err != nil {
			return false, err
		}
		if chosen[blockID] == nil {
			chosen[blockID] = map[string]interaction{}
		}
		chosen[blockID][c.ActionID] = interaction{"type": kind, field: action[field]}
	}
	payload["actions"] = []any{action}
	state := stateOf(blocks, chosen)
	payload["state"] = state
	if v, ok := payload["view"].(*view); ok {
		v.State = state
	}
	return w.interact(payload, nil), nil
}

// clicked starts the payload of a click with where it happened: in a message, an ephemeral message or a view.
func (w *Workspace) clicked(base string, u *user, c click) (payload response, blocks json.RawMessage, chosen map[string]map[string]interaction, err error) {
	if c.ViewID != "" {
		v := w.views[c.ViewID]
		if v == nil || v.user != u.ID {
			return nil, nil, nil, fail("view_not_found", "%s has no view %q open", u.Name, c.ViewID)
		}
		payload = w.interactive("block_actions", u, v.ID)
		payload["view"], payload["container"] = v, response{"type": "view", "view_id": v.ID}
		return payload, v.Blocks, v.State.Values, nil
	}
	ch := w.byID[c.Channel]
	if ch == nil {
		return nil, nil, nil, fail("channel_not_found", "no channel %q", c.Channel)
	}
	m, hidden := ch.byTS[c.TS], false
	if e := w.ephemeral[c.TS]; m == nil && e != nil && e.channel == ch && e.user == u.ID {
		m, hidden = e.message, true
	}
	if m == nil || m.BotID != BotID {
		return nil, nil, nil, fail("message_not_found", "no message of the app at %q", c.TS)
	}
	payload = w.interactive("block_actions", u, "")
	container := response{"type": "message", "message_ts": m.TS, "channel_id": ch.ID, "is_ephemeral": hidden}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	payload["container"], payload["channel"] = container, response{"id": ch.ID, "name": ch.shortName()}
	if !hidden {
		payload["message"] = m.shown(false)
	}
	payload["response_url"] = w.newResponseURL(base, &responseURL{channel: ch, user: u.ID, ts: m.TS, thread: m.ThreadTS})
	if m.chosen == nil {
		m.chosen = map[string]map[string]interaction{}
	}
	return payload, m.Blocks, m.chosen, nil
}

// shortName is how payloads name a channel: direct messages have no name of their own.
func (c *channel) shortName() string {
	switch {
	case c.IsIM:
		return "directmessage"
	case c.Private:
		return "privategroup"
	}
	return c.Name
}

// interactive is what every interactive payload starts with.
func (w *Workspace) interactive(kind string, u *user, viewID string) response {
	return response{
		"type": kind, "user": response{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": TeamID},
		"api_app_id": AppID, "team": response{"id": TeamID, "domain": teamDomain}, "enterprise": nil, "is_enterprise_install": false,
		"trigger_id": w.newTrigger(u.ID, viewID),
	}
}

// interact sends an interactive payload.
func (w *Workspace) interact(payload response, done func(json.RawMessage, bool)) bool {
	raw, err := encodePlain(payload)
	if err != nil {
		w.log.Error("slack sandbox: encode interaction", "error", err)
		return false
	}
	return w.hub.deliver(&delivery{kind: kindInteractive, payload: raw, born: time.Now(), done: done})
}
