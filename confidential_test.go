package main

import (
	"strings"
	"testing"
	"time"
)

// TestCostsMatrix has every kind of principal ask everything that shows what a bill says, in a channel that may, in one that may not, in direct messages
// and on GitHub: nobody but colleagues where it is allowed ever sees an amount.
func TestCostsMatrix(t *testing.T) {
	t.Parallel()
	stand := newStand(t, gitRepo(t))
	tr := &trial{t: t, url: stand.URL()}
	cfg := sandboxConfig(stand.Access(), t.TempDir())
	if err := withDemoBill(&cfg, cfg.Data, time.Now()); err != nil {
		t.Fatal(err)
	}
	cfg.Access.Operator = nil
	everyone := principals()
	members := tr.admit(&cfg, everyone)
	places := map[string]string{}
	for _, name := range []string{"finance", "other"} {
		var made struct{ Channel string }
		tr.call("slack/channel", map[string]any{"name": "costs-" + name, "members": members}, &made)
		places[name] = made.Channel
	}
	cfg.Costs.Channel = places["finance"]
	cfg.Access.Channels = map[string][]string{"costs": {places["finance"]}}
	cfg.Access.follow()
	assembled(t, cfg).start(t)
	m := &matrix{tr, &principal{id: "U0ADA"}}
	wait(t, "the bill", func() bool {
		return strings.Contains(tr.answer(places["finance"], m.say(m.ada, places["finance"], "", "@shipmate costs"), 1).all(), "$")
	})
	type asked struct {
		name, channel, thread string
		shown, silent         bool
	}
	var all []asked
	for _, ask := range []string{"costs", "cost week", "bill by account", "costs why", "costs anomalies", "costs digest", "spend budget", "costs forecast", "costs rules", "costs sources", "costs check", "anomaly c1 noise", "anomaly"} {
		for _, who := range everyone {
			for name, channel := range places {
				shown := who.want == answered && name == "finance" && !strings.HasPrefix(ask, "anomaly")
				all = append(all, asked{who.name + " in " + name + ": " + ask, channel, m.say(who, channel, "", "@shipmate "+ask), shown, !who.human && !shown})
			}
			if who.human {
				all = append(all, asked{who.name + " directly: " + ask, who.im, m.say(who, who.im, "", ask), false, false})
			}
		}
	}
	for _, who := range []string{"", "mallory"} {
		tr.call("github/comment", map[string]any{"user": who, "number": 1, "body": "/shipmate costs"}, nil)
		tr.call("github/comment", map[string]any{"user": who, "number": 1, "body": "/shipmate anomaly c1 noise"}, nil)
	}
	tr.answer(places["other"], m.say(m.ada, places["other"], "", "@shipmate help"), 1) // what was not to be said would be said by now
	for _, a := range all {
		said := ""
		thread := a.thread
		if a.channel[0] == 'D' {
			thread = ""
		}
		read := func() bool {
			said = ""
			for _, one := range tr.messages(a.channel, thread) {
				if one.User == "U0SHIPMATE" {
					said += one.all() + "\n"
				}
			}
			return said != ""
		}
		if a.silent {
			read()
		} else {
			wait(t, "what is said to "+a.name, read)
		}
		if shown := strings.Contains(said, "$") || strings.Contains(said, "Checked") || strings.Contains(said, "No rule") || strings.Contains(said, "bill is read"); shown != a.shown {
			t.Errorf("%s: shown what a bill says: %v, want %v: %.200s", a.name, shown, a.shown, said)
		}
	}
	for i, c := range tr.comments("1") {
		wait(t, "the mark on a command on GitHub", func() bool { return tr.comments("1")[i].Reactions["confused"] == 1 })
		if c.IsBot {
			t.Errorf("a comment on GitHub is answered: %s", c.Body)
		}
	}
	if _, known := cfg.Access.Channels["anomaly"]; !known || cfg.Access.Channels["anomaly"][0] != places["finance"] {
		t.Error("what is decided about anomalies is not where costs are")
	}
}

// Without any limit in the configuration, a comment on GitHub gets no bill: not even its owner's, for everybody could read the answer.
func TestCostsAreNotForGitHub(t *testing.T) {
	t.Parallel()
	stand := newStand(t, gitRepo(t))
	tr := &trial{t: t, url: stand.URL()}
	cfg := sandboxConfig(stand.Access(), t.TempDir())
	if err := withDemoBill(&cfg, cfg.Data, time.Now()); err != nil {
		t.Fatal(err)
	}
	assembled(t, cfg).start(t)
	for _, body := range []string{"/shipmate costs", "@shipmate spend by account", "/shipmate anomaly c1 noise"} {
		tr.call("github/comment", map[string]any{"number": 1, "body": body}, nil)
	}
	for i := range 3 {
		wait(t, "the mark on a command", func() bool { return tr.comments("1")[i].Reactions["confused"] == 1 })
	}
	if got := tr.comments("1").ofBot(); len(got) > 0 {
		t.Errorf("it said %q", got)
	}
}
