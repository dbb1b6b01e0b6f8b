package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// onPull is a command on a pull request.
func onPull(id, who, text string) Request {
	return Request{ID: id, Kind: Ask, From: Actor{Surface: GitHub, ID: who}, ReplyTo: Place{Surface: GitHub, Channel: "octo/widgets", Thread: "7", Message: id}, Text: text}
}

// Of a burst of the same command on a pull request one run is under way and one waits; the rest is answered by those.
func TestBurstOnAPullRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &board{}
		var runs []string
		b := testBot(t, f, p, command("say", func(_ context.Context, t *Turn) (Reply, error) {
			runs = append(runs, t.ID)
			time.Sleep(time.Second)
			return Reply{Title: t.Text}, nil
		}))
		b.Router.access[GitHub] = func(_ context.Context, r Request) (Role, error) {
			if strings.HasPrefix(r.From.ID, "stranger") {
				return Nobody, nil
			}
			return Viewer, nil
		}
		var all []Request
		for i := range 20 {
			all = append(all, onPull(fmt.Sprint(100+i), "ann", "say  Hello"))
		}
		all = append(all, onPull("130", "ann", "say something else"), onPull("131", "ben", "SAY hello"))
		b.runAt(t, f, 0, all...)
		// The first run answers those that came before it began, the next one, if any are left, those that came while it was under way.
		if len(runs) < 2 || len(runs) > 3 || runs[0] != "100" || !slices.Contains(runs, "130") {
			t.Errorf("runs %q, want 100, perhaps one of the others like it, and 130", runs)
		}
		if left, _ := b.Store.Scan(t.Context(), inPrefix, "", 10); len(left) > 0 {
			t.Errorf("left %v", left)
		}
	})
}

// Somebody who may not ask takes nobody's answer away, and in a thread of Slack everybody who asks is answered.
func TestBurstsThatAreNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &board{}
		runs, mu := map[string]int{}, sync.Mutex{}
		b := testBot(t, f, p, command("say", func(_ context.Context, t *Turn) (Reply, error) {
			mu.Lock()
			runs[t.ID]++
			mu.Unlock()
			time.Sleep(time.Second)
			return Reply{Title: t.Text}, nil
		}))
		b.Router.access[GitHub] = func(_ context.Context, r Request) (Role, error) {
			if r.From.ID == "stranger" {
				return Nobody, nil
			}
			return Viewer, nil
		}
		two, three := request(Ask, "1", "say hello"), request(Ask, "1", "say hello")
		two.ID, three.ID = "two", "three"
		b.runAt(t, f, 0, onPull("100", "eve", "say x"), onPull("101", "stranger", "say hello"), onPull("102", "ann", "say hello"), request(Ask, "1", "say hello"), two, three)
		for id, n := range map[string]int{"100": 1, "101": 0, "102": 1, "two": 1, "three": 1} {
			if runs[id] != n {
				t.Errorf("%s was answered %d times, want %d", id, runs[id], n)
			}
		}
	})
}

// What is answered to each person differently is answered to each.
func TestBurstOfPersonalQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &board{}
		var runs []string
		mine := command("mine", func(_ context.Context, t *Turn) (Reply, error) {
			runs = append(runs, t.ID)
			time.Sleep(time.Second)
			return Reply{Title: "yours, " + t.From.ID}, nil
		})
		mine.Personal = true
		b := testBot(t, f, p, mine)
		b.Router.access[GitHub] = b.Router.access[Slack]
		b.runAt(t, f, 0, onPull("99", "ann", "mine octocat"), onPull("100", "ann", "mine"), onPull("101", "ben", "mine"), onPull("102", "ann", "mine"), onPull("103", "ben", "mine"))
		if !slices.Equal(runs, []string{"99", "100", "101"}) {
			t.Errorf("runs %q, want 99, the first of ann's and the first of ben's", runs)
		}
	})
}
