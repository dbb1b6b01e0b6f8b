package slack

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
)

// registerControl adds the control API, through which the page and tests play the people and read what happened. All of it
// speaks JSON; people are named by id or name and are ada unless said otherwise. Errors are {"error": a sentence} with a 4xx.
//
//	GET  state                                       the team, people, channels, slash commands and open sockets
//	GET  messages?channel=&thread_ts=&limit=         a channel or a thread, oldest first
//	GET  ephemerals?channel=&user=                   what only that person was shown in a channel, oldest first
//	GET  events                                      what happens, as server-sent events: see streamEvent
//	GET  log?method=                                 what the app did: see Call
//	GET  file?id=                                    the content of a shared file
//	POST say {user,channel,text,thread_ts}           posts, or runs the slash command the text starts with
//	POST edit {user,channel,ts,text}, delete {user,channel,ts}, react {user,channel,ts,name,remove}
//	POST click: see click; slash {user,channel,command,text}; submit: see submission
//	POST channel {name,topic,is_private,is_mpim,is_archived,members}   makes or changes a channel
//	POST person: see newcomer                        adds somebody
//	POST event {event}                               sends any inner event, also one that makes no sense
//	POST raw: see rawFrame                           writes any frame to one socket
//	POST fault: see Fault                            makes calls of the Web API go wrong
//	POST socketfault: see SocketFault                makes something go wrong on sockets
//	POST disconnect {reason,socket}                  tells every socket, or the one named, to go
//	DELETE faults                                    forgets every fault still to come, and ends those that last
func (w *Workspace) registerControl(mux *http.ServeMux) {
	const at = "/control/slack/"
	mux.HandleFunc("GET "+at+"state", control(w.controlState))
	mux.HandleFunc("GET "+at+"messages", control(w.controlMessages))
	mux.HandleFunc("GET "+at+"ephemerals", control(w.controlEphemerals))
	mux.HandleFunc("GET "+at+"events", w.serveStream)
	mux.HandleFunc("GET "+at+"log", control(w.controlLog))
	mux.HandleFunc("GET "+at+"file", func(rw http.ResponseWriter, r *http.Request) { w.sendFile(rw, r.FormValue("id")) })
	mux.HandleFunc("POST "+at+"say", control(w.controlSay))
	mux.HandleFunc("POST "+at+"click", control(w.controlClick))
	mux.HandleFunc("POST "+at+"react", control(w.controlReact))
	mux.HandleFunc("POST "+at+"edit", control(w.controlEdit))
	mux.HandleFunc("POST "+at+"delete", control(w.controlDelete))
	mux.HandleFunc("POST "+at+"slash", control(w.controlSlash))
	mux.HandleFunc("POST "+at+"submit", control(w.controlSubmit))
	mux.HandleFunc("POST "+at+"channel", control(w.controlChannel))
	mux.HandleFunc("POST "+at+"person", control(w.controlPerson))
	mux.HandleFunc("POST "+at+"event", control(w.controlEvent))
	mux.HandleFunc("POST "+at+"raw", control(w.controlRaw))
	mux.HandleFunc("POST "+at+"fault", control(w.controlFault))
	mux.HandleFunc("POST "+at+"socketfault", control(w.controlSocketFault))
	mux.HandleFunc("DELETE "+at+"faults", control(w.controlClearFaults))
	mux.HandleFunc("POST "+at+"disconnect", control(w.controlDisconnect))
}

// control turns a function of one decoded request into a handler: JSON in and out, errors as 4xx with a sentence. The request
// body fills I; a GET has none.
func control[I any](run func(*http.Request, I) (any, error)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		var in I
		var out any
		var err error
		if r.Method == http.MethodPost {
			err = json.NewDecoder(http.MaxBytesReader(rw, r.Body, maxRequestBytes)).Decode(&in)
			if err != nil {
				err = fail("invalid_json", "the request is no JSON of the right form: %v", err)
			}
		}
		if err == nil {
			out, err = run(r, in)
		}
		status := http.StatusOK
		if err != nil {
			status = http.StatusBadRequest
			text := err.Error()
			if e, ok := errors.AsType[*slackError](err); ok {
				text = e.Error()
			} else {
				status = http.StatusInternalServerError
			}
			out = response{"error": text}
		}
		rw.Header().Set("Content-Type", "application/json; charset=utf-8")
		rw.Header().Set("Cache-Control", "no-store")
		rw.WriteHeader(status)
		json.NewEncoder(rw).Encode(out)
	}
}

type none struct{}

// A deed is what most control calls describe. User is ada when empty.
type deed struct {
	User     string `json:"user"`
	Channel  string `json:"channel"`
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts"`
	Text     string `json:"text"`
	Command  string `json:"command"`
	Name     string `json:"name"`
	Remove   bool   `json:"remove"`
}

// person is the id of who does something: given by id or by name, or ada.
func (w *Workspace) person(ref string) string {
	if ref == "" {
		return AdaID
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if u := w.userNamed(ref); u != nil {
		return u.ID
	}
	return ref
}

// done is the answer to a deed that went well.
func done(err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return response{"ok": true}, nil
}

func (w *Workspace) controlState(_ *http.Request, _ none) (any, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	users := make([]response, 0, len(w.users))
	for _, u := range w.users {
		users = append(users, response{
			"id": u.ID, "name": u.Name, "real_name": u.RealName, "color": u.Color, "is_bot": u.IsBot, "is_guest": u.IsRestricted,
			"is_admin": u.IsAdmin, "email": u.Profile.Email,
		})
	}
	channels := make([]response, 0, len(w.channels))
	for _, c := range w.channels {
		channels = append(channels, response{
			"id": c.ID, "name": c.Name, "is_im": c.IsIM, "is_mpim": c.IsMpIM, "is_private": c.Private, "is_archived": c.Archived,
			"user": c.User, "topic": c.Topic, "members": slices.Clone(c.Members),
		})
	}
	return response{
		"team": response{"id": TeamID, "name": teamName, "domain": teamDomain},
		"bot":  response{"user_id": BotUserID, "bot_id": BotID, "app_id": AppID, "name": "shipmate"},
		"me":   AdaID, "users": users, "channels": channels, "usergroups": w.groups, "commands": commands(),
		"webhook": WebhookPath, "connected": w.hub.connected(), "sockets": w.hub.ids(),
	}, nil
}

// controlMessages lists a channel's top-level messages, or a thread, oldest first: the newest limit of them.
func (w *Workspace) controlMessages(r *http.Request, _ none) (any, error) {
	limit := 1000
	if text := r.FormValue("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fail("invalid_arguments", "limit must be a number above zero")
		}
		limit = n
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.byID[r.FormValue("channel")]
	if c == nil {
		return nil, fail("channel_not_found", "no channel %q", r.FormValue("channel"))
	}
	found := c.timeline
	if ts := r.FormValue("thread_ts"); ts != "" {
		parent := c.byTS[ts]
		if parent == nil {
			return nil, fail("message_not_found", "no message %q", ts)
		}
		found = append([]*message{parent}, parent.replies...)
	}
	found = found[max(0, len(found)-limit):]
	if found == nil {
		found = []*message{}
	}
	raw, err := json.Marshal(found) // while the lock is held
	return response{"messages": json.RawMessage(raw)}, err
}

func (w *Workspace) controlLog(r *http.Request, _ none) (any, error) {
	return response{"calls": w.calls.list(r.FormValue("method"))}, nil
}

func (w *Workspace) controlSay(r *http.Request, d deed) (any, error) {
	ts, err := w.say(baseURL(r), w.person(d.User), d.Channel, d.Text, d.ThreadTS)
	if err != nil {
		return nil, err
	}
	return response{"ok": true, "ts": ts}, nil
}

func (w *Workspace) controlClick(r *http.Request, c click) (any, error) {
	c.User = w.person(c.User)
	delivered, err := w.click(baseURL(r), c)
	if err != nil {
		return nil, err
	}
	return response{"ok": true, "delivered": delivered}, nil
}

func (w *Workspace) controlReact(_ *http.Request, d deed) (any, error) {
	return done(w.personReacts(w.person(d.User), d.Channel, d.TS, d.Name, !d.Remove))
}

func (w *Workspace) controlEdit(_ *http.Request, d deed) (any, error) {
	return done(w.edit(w.person(d.User), d.Channel, d.TS, d.Text))
}

func (w *Workspace) controlDelete(_ *http.Request, d deed) (any, error) {
	return done(w.delete(w.person(d.User), d.Channel, d.TS))
}

func (w *Workspace) controlSlash(r *http.Request, d deed) (any, error) {
	return done(w.slash(baseURL(r), w.person(d.User), d.Channel, d.Command, d.Text))
}

func (w *Workspace) controlSubmit(_ *http.Request, s submission) (any, error) {
	s.User = w.person(s.User)
	out, err := w.submit(s)
	if err != nil {
		return nil, err
	}
	return struct {
		OK bool `json:"ok"`
		outcome
	}{out.Acked, out}, nil
}

// controlChannel makes a channel, or changes the one with that name: its archived flag and its members, when given.
func (w *Workspace) controlChannel(_ *http.Request, in struct {
	Name     string   `json:"name"`
	Topic    string   `json:"topic"`
	Private  bool     `json:"is_private"`
	Group    bool     `json:"is_mpim"` // a direct message of several people
	Archived bool     `json:"is_archived"`
	Members  []string `json:"members"`
}) (any, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range in.Members {
		if w.user(id) == nil {
			return nil, fail("user_not_found", "no person %q", id)
		}
	}
	i := slices.IndexFunc(w.channels, func(c *channel) bool { return c.Name == in.Name })
	if i < 0 || in.Name == "" {
		if err := w.checkName(in.Name); err != nil {
			return nil, err
		}
		i = len(w.channels)
		w.addChannel(&channel{ID: newID("C"), Name: in.Name, Topic: in.Topic, Private: in.Private, IsMpIM: in.Group, Creator: AdaID, Members: []string{AdaID}})
	}
	c := w.channels[i]
	c.Archived = in.Archived
	if in.Members != nil {
		c.Members = in.Members
	}
	w.save(record{Op: opChannel, Conversation: c})
	return response{"ok": true, "channel": c.ID}, nil
}

// controlEvent sends an Events API envelope around any inner event.
func (w *Workspace) controlEvent(_ *http.Request, in struct {
	Event json.RawMessage `json:"event"`
}) (any, error) {
	if len(in.Event) == 0 {
		return nil, fail("invalid_arguments", "event is missing")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return response{"ok": true, "event_id": w.emitRaw(in.Event)}, nil
}

// controlDisconnect sends every socket, or the one named, a disconnect message. Reason "enable" switches Socket Mode on again
// instead.
func (w *Workspace) controlDisconnect(_ *http.Request, in struct {
	Reason string `json:"reason"`
	Socket string `json:"socket"`
}) (any, error) {
	if in.Reason == "enable" {
		w.hub.enable()
		return response{"ok": true, "sockets": 0}, nil
	}
	if !slices.Contains(disconnectReasons, in.Reason) {
		return nil, fail("invalid_arguments", "reason must be enable or one of %v", disconnectReasons)
	}
	return response{"ok": true, "sockets": w.hub.disconnect(in.Reason, in.Socket)}, nil
}
