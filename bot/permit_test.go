package bot

import "testing"

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
