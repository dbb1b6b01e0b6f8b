package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"shipmate/bot"
	"shipmate/handlers/costs"
	"shipmate/sandbox"
	"shipmate/state"
)

// askOptions are the flags of ask.
type askOptions struct {
	repo, config, bill string
	json, all, verbose bool
}

func (p program) askCommand() *cobra.Command {
	var o askOptions
	cmd := &cobra.Command{
		Use:   "ask [flags] [question]",
		Short: "answers one question in the terminal, or each line of the input as one conversation",
		Example: `  shipmate ask "summarize #12"
  shipmate ask --repo ~/src/widgets --json "summarize #12"
  shipmate ask --bill ~/exports/focus "costs anomalies"
  printf 'summarize #12\nfiles\n' | shipmate ask`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.ask(cmd.Context(), &o, args)
		},
	}
	cmd.Flags().StringVar(&o.repo, "repo", ".", "`path` of a git clone whose pull requests are asked about")
	cmd.Flags().BoolVar(&o.verbose, "verbose", false, "log what happens")
	cmd.Flags().StringVar(&o.config, "config", "", "ask the GitHub of this configuration `file` instead of a git clone")
	cmd.Flags().StringVar(&o.bill, "bill", "", "`path` of a bill, a file or a folder in FOCUS or AWS's report, that is asked about")
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object for each answer")
	cmd.Flags().BoolVar(&o.all, "all", false, "print the details too")
	return cmd
}

// ask answers in the terminal. The memory of the conversation lasts as long as the command.
func (p program) ask(ctx context.Context, o *askOptions, question []string) (err error) {
	log := newLogger(p.err, quietLog(o.verbose))
	cfg, end, err := p.askConfig(ctx, o, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	memory, err := os.MkdirTemp("", "shipmate-ask-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(memory)) }()
	db, err := state.Open(state.Options{Path: filepath.Join(memory, "ask.db")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	gh, err := newGitHub(ctx, cfg, db, bot.NoMeter{}, log)
	if err != nil {
		return err
	}
	bills, endBook, err := p.askBills(ctx, o, &cfg, memory, db, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, endBook()) }()
	router, err := newRouter(cfg, gh, bills, bills.book, nil, map[bot.Surface]bot.Access{bot.Console: always(bot.Admin)}, log)
	if err != nil {
		return err
	}
	b := &bot.Bot{Router: router, Store: store{db}, Log: log}
	if len(question) > 0 {
		return p.answer(ctx, o, b, strings.Join(question, " "))
	}
	return p.answerLines(ctx, o, b)
}

// askConfig returns the configuration to ask with, and what to do at the end: it starts a sandbox over a git clone unless a configuration
// was named.
func (p program) askConfig(ctx context.Context, o *askOptions, log *slog.Logger) (Config, func() error, error) {
	if o.config != "" {
		cfg, err := loadConfig(o.config, p.getenv)
		return cfg, func() error { return nil }, err
	}
	stand, err := sandbox.Start(ctx, sandbox.Options{Repo: o.repo, NoLimits: true, Log: log})
	if err != nil {
		return Config{}, nil, err
	}
	return sandboxConfig(stand.Access(), ""), stand.Close, nil
}

// askBills returns the bills that are asked about, once they are read, and what to do at the end.
func (p program) askBills(ctx context.Context, o *askOptions, cfg *Config, folder string, db state.Store, log *slog.Logger) (*bills, func() error, error) {
	if o.bill != "" {
		cfg.Costs.Sources = []BillConfig{{Name: "bill", Files: o.bill, every: time.Hour}}
	}
	cfg.Data, cfg.Costs.Channel = folder, ""
	b, err := newBills(*cfg, costs.NewBook(cfg.Costs.options(cfg.GitHub.Repos), log), db, bot.NoMeter{}, log)
	if err != nil {
		return nil, nil, err
	}
	b.settle = time.Nanosecond // whoever names a file means it as it is
	return b, b.close, b.readOnce(ctx)
}

// answerLines answers each line of the input; the lines are one conversation. A question that fails does not end it.
func (p program) answerLines(ctx context.Context, o *askOptions, b *bot.Bot) error {
	if f, ok := p.in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			fmt.Fprintln(p.err, "One question a line, such as: help. Ctrl-D ends.")
		}
	}
	lines := bufio.NewScanner(p.in)
	lines.Buffer(nil, 1<<20)
	var failed error
	for lines.Scan() && ctx.Err() == nil {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			failed = cmp.Or(p.answer(ctx, o, b, line), failed)
		}
	}
	return errors.Join(lines.Err(), failed)
}

// answer answers one question. What the bot could not do is an error too, so that scripts notice.
func (p program) answer(ctx context.Context, o *askOptions, b *bot.Bot, question string) error {
	now := time.Now()
	reply, failed := b.Turn(ctx, bot.Request{
		ID: fmt.Sprintf("console:%d", now.UnixNano()), Kind: bot.Ask,
		From: bot.Actor{Surface: bot.Console, ID: "terminal"}, ReplyTo: bot.Place{Surface: bot.Console},
		Text: question, Time: now,
	}, nil)
	if o.json {
		out := json.NewEncoder(p.out)
		out.SetEscapeHTML(false)
		err := out.Encode(struct {
			Text    string          `json:"text"`
			Subject string          `json:"subject,omitempty"`
			Facts   json.RawMessage `json:"facts,omitempty"`
			Reply   bot.Reply       `json:"reply"`
		}{bot.PlainText(reply, true), reply.Subject, reply.Facts, withoutFacts(reply)})
		return errors.Join(err, silent(failed))
	}
	_, err := fmt.Fprint(p.out, bot.PlainText(reply, o.all))
	return errors.Join(err, silent(failed))
}

// errSilent ends the program with a failure and prints nothing more: the answer has said what went wrong.
var errSilent = errors.New("the question was not answered")

func silent(err error) error {
	if err != nil {
		return errSilent
	}
	return nil
}

func withoutFacts(r bot.Reply) bot.Reply {
	r.Facts = nil
	return r
}
