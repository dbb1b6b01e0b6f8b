package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"shipmate/bot"
	"shipmate/handlers/costs"
	"shipmate/handlers/pulls"
	"shipmate/integrations/github"
	"shipmate/integrations/plot"
	"shipmate/integrations/schedule"
	"shipmate/integrations/slack"
	"shipmate/state"
)

// An app is the bot with everything it needs, put together from a configuration.
type app struct {
	cfg    Config
	log    *slog.Logger
	db     *state.DB
	slack  *slack.Client
	github *github.Client
	bot    *bot.Bot
	audit  *auditor
	bills  *bills
	meter  *meter
	ending atomic.Bool // run was told to end
}

// newApp opens the data file and puts the bot together. It asks nobody outside yet.
func newApp(ctx context.Context, cfg Config, log *slog.Logger) (*app, error) {
	m := newMeter()
	committed := func(d time.Duration) { m.Observe("store_commit_seconds", d) }
	db, err := openData(ctx, cfg.Data, committed, log)
	if err != nil {
		return nil, err
	}
	a := &app{cfg: cfg, log: log, db: db, meter: m}
	if err := a.assemble(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

func (a *app) assemble(ctx context.Context) (err error) {
	if a.github, err = newGitHub(ctx, a.cfg, a.db, a.meter, a.log); err != nil {
		return err
	}
	if a.audit, err = newAuditor(ctx, a.db, a.cfg.Data, a.cfg.Audit.Key, a.log); err != nil {
		return err
	}
	a.slack, err = slack.New(slack.Options{
		APIURL: a.cfg.Slack.APIURL, AppToken: a.cfg.Slack.AppToken.value, BotToken: a.cfg.Slack.BotToken.value,
		Roles:     slack.Roles{Viewer: a.cfg.Access.Viewer, Operator: a.cfg.Access.Operator, Admin: a.cfg.Access.Admin, Bots: a.cfg.Access.Bots},
		Positions: heard{a.db}, Pace: a.cfg.Slack.pace, Previews: a.cfg.Slack.Previews, Draw: plot.PNG, Meter: a.meter, Log: a.log,
	})
	if err != nil {
		return err
	}
	clock, err := schedule.New(a.cfg.Schedules, a.log)
	if err != nil {
		return err
	}
	clock.Fired, clock.Meter = fired{a.db}, a.meter
	book := costs.NewBook(a.cfg.Costs.options(a.cfg.GitHub.Repos), a.log)
	if a.bills, err = newBills(a.cfg, book, a.db, a.meter, a.log); err != nil {
		return err
	}
	router, err := newRouter(a.cfg, a.github, a.bills, book, a.slack.Zone, map[bot.Surface]bot.Access{
		bot.Slack:  a.slack.Role,
		bot.GitHub: a.github.Role,
		bot.Clock:  always(bot.Viewer),
	}, a.log)
	if err != nil {
		return err
	}
	sources, err := a.sources(clock)
	if err != nil {
		return err
	}
	a.bot = &bot.Bot{
		Router:  router,
		Sources: sources,
		Posters: map[bot.Surface]bot.Poster{bot.Slack: a.slack, bot.GitHub: github.NewPoster(a.github)},
		Doers:   map[string]bot.Doer{bot.EffectPreview: slack.NewPreviews(a.slack)},
		Store:   store{a.db},
		Log:     a.log,

		Meter:     a.meter,
		Audited:   true,
		Used:      a.used,
		PerMinute: a.cfg.Limits.PerMinute,
	}
	return nil
}

// sources are what asks the bot.
func (a *app) sources(clock *schedule.Clock) ([]bot.Source, error) {
	sources := []bot.Source{a.slack, github.NewSource(a.github, cursors{a.db}), clock}
	if len(a.cfg.Costs.Sources) > 0 {
		sources = append(sources, a.bills)
	}
	if w := a.cfg.GitHub.Webhook; w.Listen != "" {
		hook, err := github.NewWebhook(a.github, github.WebhookOptions{Listen: w.Listen, Path: w.Path, Secrets: w.secrets(), Hooks: w.Hooks, URL: w.URL})
		if err != nil {
			return nil, err
		}
		sources = append(sources, hook)
	}
	return sources, nil
}

// used is how full the data file is, from 0 to 1.
func (a *app) used() float64 {
	used, limit := a.db.Usage()
	return float64(used) / float64(max(limit, 1))
}

// newGitHub makes the client of GitHub that the configuration describes.
func newGitHub(ctx context.Context, cfg Config, db state.Store, m bot.Meter, log *slog.Logger) (*github.Client, error) {
	key, err := signingKey(ctx, db)
	if err != nil {
		return nil, err
	}
	return github.New(github.Options{
		BaseURL: cfg.GitHub.BaseURL, Token: cfg.GitHub.Token.value, App: cfg.GitHub.App.options(), Login: cfg.GitHub.Login, Repos: cfg.GitHub.Repos,
		Poll: cfg.GitHub.poll, PollShare: float64(cfg.GitHub.Share) / 100, Pace: cfg.GitHub.pace, Names: []string{cfg.Name}, MarkerKey: key, Meter: m, Log: log,
	})
}

// newRouter makes the router of the commands. zone tells the time zones of people in Slack; nil where there is no Slack.
func newRouter(cfg Config, gh *github.Client, bills *bills, book *costs.Book, zone func(context.Context, string) string, access map[bot.Surface]bot.Access, log *slog.Logger) (*bot.Router, error) {
	router, err := bot.NewRouter(cfg.Name, access, log, commands(gh, gh.Refs(), bills, book, cfg, zone)...)
	if err == nil {
		router.Channels = cfg.Access.Channels
	}
	return router, err
}

// commands is where commands are added: a line each.
func commands(gh *github.Client, refs github.Refs, bills *bills, book *costs.Book, cfg Config, zone func(context.Context, string) string) (all []bot.Command) {
	all = append(all, pulls.Commands(gh, refs, pulls.Options{Weights: cfg.Pulls.Risk, Hours: cfg.Pulls.Hours, People: cfg.Pulls.People, Zone: zone})...)
	all = append(all, costs.Commands(book, gh, bills, cfg.Costs.options(cfg.GitHub.Repos))...)
	return all
}

// commandNames are the names of all commands.
func commandNames() []string {
	names := []string{"help"}
	for _, c := range commands(nil, github.Refs{}, nil, costs.NewBook(costs.Options{}, slog.New(slog.DiscardHandler)), defaultConfig(), nil) {
		names = append(names, c.Name)
	}
	return names
}

// always gives everybody who can ask on a surface the same role: whoever wrote the configuration, or sits at the terminal, decided that.
func always(role bot.Role) bot.Access {
	return func(context.Context, bot.Request) (bot.Role, error) { return role, nil }
}

// check asks Slack and GitHub whether the tokens do what they have to. What somebody has to mend is an error; a service that does not answer
// now is only logged, because the bot keeps trying.
func (a *app) check(ctx context.Context) error {
	var slackErr, githubErr error
	var asking sync.WaitGroup
	asking.Go(func() { _, slackErr = a.slack.Check(ctx) })
	asking.Go(func() { githubErr = a.github.Check(ctx) })
	asking.Wait()
	for _, err := range []*error{&slackErr, &githubErr} {
		if *err != nil && unreachable(*err) && ctx.Err() == nil {
			a.log.Error("no answer at the start; I keep trying", "err", *err)
			*err = nil
		}
	}
	return errors.Join(slackErr, githubErr)
}

// unreachable reports whether a check failed because a service did not answer, and not because of a token or a name.
func unreachable(err error) bool {
	if e, ok := errors.AsType[*slack.Error](err); ok {
		return e.Class == slack.Ambiguous || e.Class == slack.Temporary
	}
	if e, ok := errors.AsType[*github.APIError](err); ok {
		return e.Status >= http.StatusInternalServerError
	}
	return true
}

// connected waits until the bot hears Slack; false when ctx ended before.
func (a *app) connected(ctx context.Context) bool {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for a.slack.Stats().Sockets == 0 {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

// run serves until ctx ends.
func (a *app) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var healthErr error
	context.AfterFunc(ctx, func() { a.ending.Store(true) })
	// The audit log ends last: what the bot still says is in it. Until then it can be asked how it is.
	var lasting sync.WaitGroup
	last, stopLast := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLast()
	lasting.Go(func() { a.audit.run(last, a.log) })
	if a.cfg.Listen != "" {
		lasting.Go(func() {
			if healthErr = a.serveHealth(last); healthErr != nil {
				cancel(healthErr)
			}
		})
	}
	var serving sync.WaitGroup
	serving.Go(func() { a.keepBackups(ctx) })
	serving.Go(func() { a.keeper().serveOrders(ctx, a.log) })
	err := a.bot.Run(ctx)
	cancel(nil)
	serving.Wait()
	stopLast()
	lasting.Wait()
	return errors.Join(quiet(err), healthErr)
}

// keeper carries out orders on what the app has open.
func (a *app) keeper() keeper { return keeper{a.db, a.cfg.Data, a.bot, a.bills.kept} }

// close ends what run leaves behind.
func (a *app) close() {
	if err := errors.Join(a.slack.Close(), a.audit.log.Close(), a.bills.close(), a.db.Close()); err != nil {
		a.log.Error("not closed well", "err", err)
	}
}

// newLogger logs to w as the configuration says.
func newLogger(w io.Writer, c LogConfig) *slog.Logger {
	level, _ := logLevel(c.Level) // checked with the configuration; the zero level is info
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
