package pulls

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/bot/bottest"
	"shipmate/integrations/github"
)

// A mind is a bot with a pull request that changes, and with a memory.
type mind struct {
	*canned
	t   testing.TB
	bot *bot.Bot
	now time.Time
}

func newMind(t testing.TB, c canned, o Options) *mind {
	t.Helper()
	m := &mind{t: t, canned: &c, now: on(5, 12)}
	refs := github.Refs{Repos: []string{"octo/widgets"}, Hosts: []string{"github.com"}}
	access := map[bot.Surface]bot.Access{bot.Console: viewer, bot.Slack: viewer, bot.GitHub: viewer}
	o.Weights = DefaultWeights()
	r, err := bot.NewRouter("shipmate", access, slog.New(slog.DiscardHandler), Commands(m, refs, o)...)
	if err != nil {
		t.Fatal(err)
	}
	m.bot = &bot.Bot{Router: r, Store: bottest.NewStore(), Log: slog.New(slog.DiscardHandler)}
	return m
}

func (m *mind) Snapshot(ctx context.Context, ref github.Ref) (github.Snapshot, error) {
	if m.fails != nil {
		return github.Snapshot{}, m.fails
	}
	s, err := m.canned.Snapshot(ctx, ref)
	s.Read = m.now
	return s, err
}

func (m *mind) Status(ctx context.Context, pr github.PullRequest) (github.Snapshot, error) {
	s, err := m.canned.Status(ctx, pr)
	s.Read = m.now
	return s, err
}

// ask asks in a thread in Slack as ann's member.
func (m *mind) ask(text string) (bot.Reply, error) { return m.as("UANN", bot.Ask, "C1:1", text) }

func (m *mind) as(who string, kind bot.Kind, place, text string) (bot.Reply, error) {
	m.t.Helper()
	channel, thread, _ := strings.Cut(place, ":")
	req := bot.Request{
		ID: m.now.String() + text + place, Kind: kind, From: bot.Actor{Surface: bot.Slack, ID: who}, ReplyTo: bot.Place{Surface: bot.Slack, Channel: channel, Thread: thread},
		Text: text, Time: m.now,
	}
	return m.bot.Turn(m.t.Context(), req, nil)
}

// must asks and expects an answer.
func (m *mind) must(text string) bot.Reply {
	m.t.Helper()
	r, err := m.ask(text)
	if err != nil {
		m.t.Fatalf("%s: %v", text, err)
	}
	return r
}
