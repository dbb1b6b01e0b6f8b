package slack

import (
	"cmp"
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"
)

const (
	triggerLife    = 3 * time.Second
	maxViewTitle   = 24
	maxPrivateMeta = 3000
	maxViewStack   = 3
	maxViewBytes   = 250_000
)

// A trigger is the right to open a modal in answer to something a person did.
type trigger struct {
	user  string
	until time.Time
	view  string // the modal it happened in, if any
}

// newTrigger returns a trigger_id. The caller holds the lock.
func (w *Workspace) newTrigger(userID, viewID string) string {
	now := time.Now()
	for id, t := range w.triggers {
		if now.After(t.until.Add(time.Minute)) {
			delete(w.triggers, id)
		}
	}
	id := newID("") + "." + newID("") + "." + newID("")
	w.triggers[id] = trigger{user: userID, until: now.Add(triggerLife), view: viewID}
	return id
}

func (w *Workspace) redeemTrigger(id string) (trigger, error) {
	t, ok := w.triggers[id]
	switch {
	case !ok:
		return t, fail("invalid_trigger_id", "no such trigger_id")
	case t.user == "":
		return t, fail("exchanged_trigger_id", "the trigger_id was used before")
	case time.Now().After(t.until):
		return t, fail("expired_trigger_id", "the trigger_id is older than %v", triggerLife)
	}
	w.triggers[id] = trigger{until: t.until}
	return t, nil
}

// A view is a modal or a home tab, in the shape of views.open.
type view struct {
	ID              string          `json:"id"`
	TeamID          string          `json:"team_id"`
	Type            string          `json:"type"`
	Title           json.RawMessage `json:"title,omitempty"`
	Submit          json.RawMessage `json:"submit,omitempty"`
	Close           json.RawMessage `json:"close,omitempty"`
	Blocks          json.RawMessage `json:"blocks"`
	PrivateMetadata string          `json:"private_metadata"`
	CallbackID      string          `json:"callback_id"`
	ExternalID      string          `json:"external_id"`
	ClearOnClose    bool            `json:"clear_on_close"`
	NotifyOnClose   bool            `json:"notify_on_close"`
	SubmitDisabled  bool            `json:"submit_disabled"`
	State           viewState       `json:"state"`
	Hash            string          `json:"hash"`
	RootViewID      string          `json:"root_view_id"`
	PreviousViewID  *string         `json:"previous_view_id"`
	AppID           string          `json:"app_id"`
	AppInstalledID  string          `json:"app_installed_team_id"`
	BotID           string          `json:"bot_id"`

	user string
}

// A viewState holds what people entered, by block id and action id.
type viewState struct {
	Values map[string]map[string]interaction `json:"values"`
}

// readView checks the JSON of a view. All its errors are invalid_arguments with the reasons, as Slack words them.
func readView(raw json.RawMessage, want string) (*view, error) {
	v := &view{}
	var o object
	if raw == nil || json.Unmarshal(raw, v) != nil || decodeNumbers(raw, &o) != nil {
		return nil, fail("invalid_arguments", "view must be an object")
	}
	k := &checker{}
	if v.Type != want {
		k.add("/view/type", "must be one of: %s", want)
	}
	on := surfaceHome
	if want == "modal" {
		on = surfaceModal
		k.text("/view", o, "title", plainOnly, true, maxViewTitle)
		k.text("/view", o, "submit", plainOnly, false, maxViewTitle)
		k.text("/view", o, "close", plainOnly, false, maxViewTitle)
	}
	k.str("/view", o, "callback_id", false, maxID)
	k.str("/view", o, "external_id", false, maxID)
	k.str("/view", o, "private_metadata", false, maxPrivateMeta)
	if v.Blocks == nil {
		k.add("/view", "missing required field: blocks")
	} else if blocks, err := checkBlocks(v.Blocks, on); err != nil {
		if e, ok := errors.AsType[*slackError](err); ok && e.Messages != nil {
			k.problems = append(k.problems, e.Messages...)
		} else {
			k.add("/view/blocks", "%v", err)
		}
	} else {
		v.Blocks = blocks
	}
	if k.problems != nil {
		return nil, &slackError{Code: "invalid_arguments", Detail: k.problems[0], Messages: k.problems}
	}
	if utf8.RuneCount(raw) > maxViewBytes {
		return nil, fail("view_too_large", "the view has more than %d characters", maxViewBytes)
	}
	v.ID, v.TeamID, v.AppID, v.BotID, v.AppInstalledID = newID("V"), TeamID, AppID, BotID, TeamID
	v.Hash = newHash()
	v.State.Values = map[string]map[string]interaction{}
	v.RootViewID, v.PreviousViewID = v.ID, nil
	return v, nil
}

func newHash() string { return formatTS(time.Now().UnixMicro())[:10] + "." + newID("")[:8] }

func viewsOpen(w *Workspace, c *call) (response, error) {
	v, err := readView(c.json("view"), "modal")
	if err != nil {
		return nil, err
	}
	t, err := w.redeemTrigger(c.args["trigger_id"])
	if err != nil {
		return nil, err
	}
	if v.ExternalID != "" && w.viewByExternalID(v.ExternalID) != nil {
		return nil, fail("duplicate_external_id", "another view has external_id %q", v.ExternalID)
	}
	w.showView(v, t.user, "open")
	return response{"view": v}, nil
}

func viewsPush(w *Workspace, c *call) (response, error) {
	v, err := readView(c.json("view"), "modal")
	if err != nil {
		return nil, err
	}
	t, err := w.redeemTrigger(c.args["trigger_id"])
	if err != nil {
		return nil, err
	}
	below := w.views[t.view]
	if below == nil {
		return nil, fail("not_found", "the trigger_id is not from a modal")
	}
	if err := w.push(v, below); err != nil {
		return nil, err
	}
	return response{"view": v}, nil
}

// push puts a modal on top of another.
func (w *Workspace) push(v, below *view) error {
	depth := 1
	for at := below; at != nil; depth++ {
		if at.PreviousViewID == nil {
			break
		}
		at = w.views[*at.PreviousViewID]
	}
	if depth >= maxViewStack {
		return fail("push_limit_reached", "at most %d modals lie on each other", maxViewStack)
	}
	v.RootViewID, v.PreviousViewID = below.RootViewID, new(below.ID)
	w.showView(v, below.user, "push")
	return nil
}

func (w *Workspace) showView(v *view, userID, action string) {
	v.user = userID
	w.views[v.ID] = v
	w.publish(streamEvent{Type: "view", User: userID, Action: action, View: v})
}

func (w *Workspace) viewByExternalID(id string) *view {
	for _, v := range w.views {
		if v.ExternalID == id {
			return v
		}
	}
	return nil
}

func viewsUpdate(w *Workspace, c *call) (response, error) {
	old := w.views[c.args["view_id"]]
	if external := c.args["external_id"]; external != "" {
		old = w.viewByExternalID(external)
	}
	if old == nil {
		return nil, fail("not_found", "no such view")
	}
	if hash := c.args["hash"]; hash != "" && hash != old.Hash {
		return nil, fail("hash_conflict", "the view has changed since")
	}
	v, err := readView(c.json("view"), old.Type)
	if err != nil {
		return nil, err
	}
	w.replaceView(old, v)
	return response{"view": v}, nil
}

// replaceView shows v in the place of old, under the same id.
func (w *Workspace) replaceView(old, v *view) {
	v.ID, v.RootViewID, v.PreviousViewID, v.ExternalID = old.ID, old.RootViewID, old.PreviousViewID, cmp.Or(v.ExternalID, old.ExternalID)
	v.State = old.State
	w.showView(v, old.user, "update")
	if v.Type == "home" {
		w.homes[old.user] = v
		w.save(record{Op: opHome, User: old.user, View: v})
	}
}

func viewsPublish(w *Workspace, c *call) (response, error) {
	u := w.user(c.args["user_id"])
	if u == nil || u.IsBot {
		return nil, fail("user_not_found", "no person %q", c.args["user_id"])
	}
	old := w.homes[u.ID]
	if hash := c.args["hash"]; hash != "" && old != nil && hash != old.Hash {
		return nil, fail("hash_conflict", "the view has changed since")
	}
	v, err := readView(c.json("view"), "home")
	if err != nil {
		return nil, err
	}
	if old != nil {
		w.replaceView(old, v)
		return response{"view": v}, nil
	}
	w.homes[u.ID] = v
	w.showView(v, u.ID, "open")
	w.save(record{Op: opHome, User: u.ID, View: v})
	return response{"view": v}, nil
}
