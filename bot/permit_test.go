package bot

import (
	"context"
	"log/slog"
	"testing"
)

// A program that has no role is not even told so.
func TestUnlistedProgramsNeverCommand(t *testing.T) {
	for _, text := range []string{"summarize #1", "nonsense", ""} {
		req := request(Ask, "1", text)
		req.From.Bot = true
		reply, err := turn(t, testRouter(t, Nobody), newMemStore(), req)
		if err != nil || !reply.Empty() {
			t.Errorf("%q: got %+v, %v; want silence", text, reply, err)
		}
	}
}

// fault 26: two programs that answer each other come to an end after three turns, until a person asks.
func TestProgramsComeToAnEnd(t *testing.T) {
	r, s := testRouter(t, Viewer), newMemStore()
	ask := func(program bool, text string) bool {
		req := request(Ask, "1", text)
		req.From.Bot = program
		reply, err := turn(t, r, s, req)
		if err != nil {
			t.Fatal(err)
		}
		return !reply.Empty()
	}
	for i, want := range []bool{true, true, true, false, false} {
		text := "summarize #1"
		if i == 1 {
			text = "help" // which counts too
		}
		if got := ask(true, text); got != want {
			t.Errorf("turn %d answered: %v, want %v", i+1, got, want)
		}
	}
	if !ask(false, "summarize #1") || !ask(true, "summarize #1") {
		t.Error("silent after a person asked")
	}
	if ask(true, "smmarize #1") {
		t.Error("a program was told that it is not understood")
	}
}

// What a confidential command says is for the people of the workspace: a comment can be read by whoever can read the repository, which may be everybody.
// It is answered there only where the configuration names the repository, whoever asks and however.
func TestConfidentialOnGitHub(t *testing.T) {
	for _, test := range []struct {
		name    string
		limited []string // nil: not at all
		at      Place
		want    bool
	}{
		{"repository", nil, Place{Surface: GitHub, Channel: "octo/widgets", Thread: "1"}, false},
		{"repository without a name", nil, Place{Surface: GitHub}, false},
		{"slack channel", nil, Place{Surface: Slack, Channel: "C1"}, true},
		{"direct message", nil, Place{Surface: Slack, Channel: "D1"}, true},
		{"terminal", nil, Place{Surface: Console}, true},
		{"a surface of later", nil, Place{Surface: "forum", Channel: "x"}, false},
		{"named repository", []string{"octo/widgets", "C1"}, Place{Surface: GitHub, Channel: "octo/widgets", Thread: "1"}, true},
		{"named repository in other letters", []string{"Octo/Widgets"}, Place{Surface: GitHub, Channel: "octo/widgets", Thread: "1"}, true},
		{"other repository", []string{"octo/widgets", "C1"}, Place{Surface: GitHub, Channel: "octo/other", Thread: "1"}, false},
		{"repository while channels are named", []string{"C1"}, Place{Surface: GitHub, Channel: "octo/widgets", Thread: "1"}, false},
		{"a channel called like the repository", []string{"octo/widgets"}, Place{Surface: Slack, Channel: "C1"}, false},
	} {
		for _, kind := range []Kind{Ask, Edited, Message, Click, Tick, Done} {
			all := func(context.Context, Request) (Role, error) { return Admin, nil }
			bills := Command{Name: "bills", Role: Viewer, Confidential: true, Handler: HandlerFunc(echo), Hears: func(r Request) bool { return r.Kind == Message }}
			r, err := NewRouter("shipmate", map[Surface]Access{Slack: all, GitHub: all, Console: all, Clock: all, "forum": all}, slog.New(slog.DiscardHandler), bills)
			if err != nil {
				t.Fatal(err)
			}
			if test.limited != nil {
				r.Channels = map[string][]string{"bills": test.limited}
			}
			for _, from := range []Surface{test.at.Surface, Clock} {
				req := request(kind, "1", "bills")
				req.ReplyTo, req.From.Surface = test.at, from
				reply, err := turn(t, r, newMemStore(), req)
				if got := err == nil && !reply.Empty(); got != test.want {
					t.Errorf("%s, %s from %s: answered: %v (%v), want %v", test.name, kind, from, got, err, test.want)
				}
			}
		}
	}
}

func TestChannels(t *testing.T) {
	r := testRouter(t, Viewer)
	r.Channels = map[string][]string{"summarize": {"C1", Direct}, "alerts": {}}
	for _, test := range []struct {
		channel, text string
		want          bool
	}{
		{"C1", "summarize #1", true}, {"U1", "summarize #1", true}, {"C2", "summarize #1", false}, {"", "summarize #1", false},
		{"C1", "alerts", false}, {"U1", "alerts", false}, {"C2", "help", true},
	} {
		req := request(Ask, "1", test.text)
		req.ReplyTo.Channel = test.channel
		_, err := turn(t, r, newMemStore(), req)
		if (err == nil) != test.want {
			t.Errorf("%s in %q: got %v, want allowed: %v", test.text, test.channel, err, test.want)
		}
	}
}

// What a handler decided is in the audit log with the role by which it was allowed.
func TestDecidedIsAudited(t *testing.T) {
	var turned *Turn
	decides := Command{Name: "mute", Role: Operator, Handler: HandlerFunc(func(_ context.Context, t *Turn) (Reply, error) {
		turned, t.Decided = t, "noise c1"+t.Args
		return Reply{Title: "done"}, nil
	})}
	for role, want := range map[Role]string{Operator: "operator: noise c1", Viewer: "role"} {
		r, err := NewRouter("shipmate", everybody(role), slog.New(slog.DiscardHandler), decides)
		if err != nil {
			t.Fatal(err)
		}
		tt := &Turn{Request: request(Ask, "1", "mute"), Memory: NewMemory(newMemStore(), nil), Show: func(Reply) {}}
		_, err = r.Handle(t.Context(), tt)
		if tt.decision.reason != want || (err == nil) != (turned == tt) {
			t.Errorf("%s: %+v, %v", role, tt.decision, err)
		}
	}
}
