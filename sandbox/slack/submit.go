package slack

import (
	"encoding/json"
	"time"
)

// A submission is a person pressing the submit button of a modal, or closing it.
type submission struct {
	User   string `json:"user"`
	ViewID string `json:"view_id"`
	// Values holds what was entered, by block id and action id: a text or an option's value, or a whole state object.
	Values map[string]map[string]any `json:"values"`
	Close  bool                      `json:"close"` // closed instead of submitted
}

// An outcome is what the app made of a submission.
type outcome struct {
	Acked  bool              `json:"acked"`
	Action string            `json:"response_action"` // errors, update, push, clear; empty closes the modal
	Errors map[string]string `json:"errors,omitempty"`
}

// submit delivers view_submission and waits for the app's acknowledgement, at most as long as Slack does.
func (w *Workspace) submit(s submission) (outcome, error) {
	answered := make(chan outcome, 1)
	if err := w.startSubmit(s, answered); err != nil {
		return outcome{}, err
	}
	return <-answered, nil // the hub calls back in any case, at the latest when the time for an acknowledgement is over
}

func (w *Workspace) startSubmit(s submission, answered chan<- outcome) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, v := w.user(s.User), w.views[s.ViewID]
	if u == nil || v == nil || v.user != u.ID || v.Type != "modal" {
		return fail("view_not_found", "%q has no modal %q open", s.User, s.ViewID)
	}
	if s.Close {
		w.closeView(v)
		if v.NotifyOnClose {
			payload := w.interactive("view_closed", u, "")
			payload["view"], payload["is_cleared"] = v, false
			w.interact(payload, nil)
		}
		answered <- outcome{Acked: true}
		return nil
	}
	for blockID, actions := range s.Values {
		for actionID, value := range actions {
			if err := v.enter(blockID, actionID, value); err != nil {
				return err
			}
		}
	}
	v.State = stateOf(v.Blocks, v.State.Values)
	payload := w.interactive("view_submission", u, v.ID)
	payload["view"], payload["response_urls"] = v, []any{}
	raw, err := encodePlain(payload)
	if err != nil {
		return err
	}
	d := &delivery{kind: kindInteractive, payload: raw, born: time.Now()}
	d.done = func(ack json.RawMessage, acked bool) { go w.submitted(v, ack, acked, answered) }
	w.hub.deliver(d)
	return nil
}

// enter puts a value into an input of the view.
func (v *view) enter(blockID, actionID string, value any) error {
	e, _, err := findElement(v.Blocks, click{BlockID: blockID, ActionID: actionID})
	if err != nil {
		return err
	}
	kind, _ := e["type"].(string)
	field, _ := held(kind)
	state, whole := value.(object)
	if text, ok := value.(string); ok {
		chosen, err := choose(e, text)
		if err != nil {
			return err
		}
		state, whole = interaction{field: chosen}, true
	}
	if !whole {
		return fail("invalid_arguments", "the value of %s must be a text or an object", actionID)
	}
	state["type"] = kind
	if v.State.Values[blockID] == nil {
		v.State.Values[blockID] = map[string]interaction{}
	}
	v.State.Values[blockID][actionID] = state
	return nil
}

// submitted does what the acknowledgement of a submission asks for.
func (w *Workspace) submitted(v *view, ack json.RawMessage, acked bool, answered chan<- outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := outcome{Acked: acked}
	var answer struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if acked && ack != nil && json.Unmarshal(ack, &answer) != nil {
		out.Acked = false
	}
	out.Action = answer.Action
	var next *view
	if answer.Action == "update" || answer.Action == "push" {
		var err error
		if next, err = readView(answer.View, "modal"); err != nil {
			w.log.Warn("slack sandbox: view in the acknowledgement of a submission", "error", err)
			out.Acked = false
		}
	}
	switch {
	case !out.Acked: // the modal stays, with "we had some trouble connecting"
	case answer.Action == "errors":
		out.Errors = answer.Errors
		w.publish(streamEvent{Type: "view", User: v.user, Action: "errors", View: v, Errors: answer.Errors})
	case answer.Action == "update":
		w.replaceView(v, next)
	case answer.Action == "push":
		out.Acked = w.push(next, v) == nil
	case answer.Action == "clear":
		for _, o := range w.views {
			if o.RootViewID == v.RootViewID {
				w.closeView(o)
			}
		}
	default:
		w.closeView(v)
	}
	answered <- out
}

func (w *Workspace) closeView(v *view) {
	delete(w.views, v.ID)
	w.publish(streamEvent{Type: "view", User: v.user, Action: "close", View: v})
}
