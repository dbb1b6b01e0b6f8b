package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"shipmate/sandbox"
)

// homeAddress is where `try` shows its page unless told otherwise; if it is taken, any free port will do.
const homeAddress = "127.0.0.1:8137"

// tryOptions are the flags of try and sandbox.
type tryOptions struct {
	repo, data, addr string
	verbose          bool
}

func (o *tryOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.repo, "repo", ".", "`path` of a git clone whose pull requests are shown")
	cmd.Flags().StringVar(&o.data, "data", "", "`folder` to keep everything in between runs (default: one for each repository under your cache folder)")
	cmd.Flags().BoolVar(&o.verbose, "verbose", false, "log what happens")
}

// folder is where everything is kept between runs.
func (o *tryOptions) folder() (string, error) {
	if o.data != "" {
		return filepath.Abs(o.data)
	}
	repo, err := filepath.Abs(o.repo)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w: name a folder with --data", err)
	}
	sum := sha256.Sum256([]byte(repo))
	return filepath.Join(cache, "shipmate", filepath.Base(repo)+"-"+hex.EncodeToString(sum[:4])), nil
}

// quietLog logs what somebody at a terminal needs to know, or everything.
func quietLog(verbose bool) LogConfig {
	level := "warn"
	if verbose {
		level = "debug"
	}
	return LogConfig{Level: level, Format: "text"}
}

// sandboxConfig is the configuration that points the bot at a sandbox. Rates are those of a machine of one's own.
func sandboxConfig(access sandbox.Access, folder string) Config {
	cfg := defaultConfig()
	cfg.Slack = SlackConfig{
		APIURL:   access.SlackAPIURL,
		AppToken: Secret{name: "sandbox", value: access.SlackAppToken},
		BotToken: Secret{name: "sandbox", value: access.SlackBotToken},
		pace:     -1,
	}
	cfg.GitHub = GitHubConfig{
		BaseURL: access.GitHubBaseURL, Token: Secret{name: "sandbox", value: access.GitHubToken}, Login: access.GitHubLogin,
		Repos: []string{access.Repo}, Share: 100, poll: 250 * time.Millisecond, pace: 20 * time.Millisecond,
	}
	cfg.Access = AccessConfig{Viewer: []string{"members"}}
	cfg.Data, cfg.Listen = folder, ""
	cfg.Limits.PerMinute = 0 // whoever tries it clicks around
	return cfg
}

func (p program) tryCommand() *cobra.Command {
	var o tryOptions
	cmd := &cobra.Command{
		Use: "try", Short: "shows the bot in a browser, with the pull requests of a git clone; needs no token and no network", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.try(cmd.Context(), &o) },
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.addr, "addr", "", "`address` of the page (default "+homeAddress+", or a free port)")
	return cmd
}

// try is sandbox and run in one process.
func (p program) try(ctx context.Context, o *tryOptions) error {
	stand, folder, log, err := p.openSandbox(ctx, o)
	if err != nil {
		return err
	}
	// The bot leaves first, so that what it still says is kept.
	defer func() {
		if err := stand.Close(); err != nil {
			log.Error("the sandbox did not close well", "err", err)
		}
	}()
	cfg := sandboxConfig(stand.Access(), folder)
	if err := withDemoBill(&cfg, folder, time.Now()); err != nil {
		return err
	}
	a, err := newApp(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer a.close()
	go func() { // ends when the bot is connected, or with the program
		if a.connected(ctx) {
			fmt.Fprintf(p.out, "Shipmate is at %s with the pull requests of %s\nIt remembers in %s; Ctrl-C stops it.\n", stand.URL(), stand.Access().Repo, folder)
		}
	}()
	return a.run(ctx)
}

// openSandbox starts the stand-ins. They end when they are closed, and not with ctx, so that the bot can finish before them. On the default
// address they make do with another port when that one is taken.
func (p program) openSandbox(ctx context.Context, o *tryOptions) (stand *sandbox.Server, folder string, log *slog.Logger, err error) {
	if folder, err = o.folder(); err != nil {
		return nil, "", nil, err
	}
	log = newLogger(p.err, quietLog(o.verbose))
	options := sandbox.Options{Addr: cmp.Or(o.addr, homeAddress), Repo: o.repo, Data: filepath.Join(folder, "sandbox"), Log: log}
	stand, err = sandbox.Start(context.WithoutCancel(ctx), options)
	if o.addr == "" && errors.Is(err, sandbox.ErrAddressInUse) {
		options.Addr = "127.0.0.1:0"
		stand, err = sandbox.Start(context.WithoutCancel(ctx), options)
	}
	return stand, folder, log, err
}

func (p program) sandboxCommand() *cobra.Command {
	var o tryOptions
	cmd := &cobra.Command{
		Use: "sandbox", Short: "runs the Slack and GitHub stand-ins alone, and prints the configuration that points run at them", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.sandbox(cmd.Context(), &o) },
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.addr, "addr", "", "`address` to listen on (default "+homeAddress+", or a free port)")
	return cmd
}

// sandbox runs the stand-ins until ctx ends.
func (p program) sandbox(ctx context.Context, o *tryOptions) error {
	stand, folder, _, err := p.openSandbox(ctx, o)
	if err != nil {
		return err
	}
	text, err := sandboxFile(stand.Access(), folder)
	if err != nil {
		return errors.Join(err, stand.Close())
	}
	fmt.Fprint(p.out, text)
	fmt.Fprintf(p.err, "The sandbox is at %s; Ctrl-C stops it.\nSave what was printed as sandbox.yaml and start: shipmate run --config sandbox.yaml\n", stand.URL())
	<-ctx.Done()
	return stand.Close()
}

// sandboxFile writes the sandbox's tokens into files, as a configuration names them, and returns the text of one that works with it.
func sandboxFile(access sandbox.Access, folder string) (string, error) {
	text := "# Points shipmate run at the sandbox.\n"
	for name, token := range map[string]string{
		"slack-app-token": access.SlackAppToken, "slack-bot-token": access.SlackBotToken, "github-token": access.GitHubToken,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(token+"\n"), 0o600); err != nil {
			return "", fmt.Errorf("token file of the sandbox: %w", err)
		}
	}
	file := func(name string) string { return strconv.Quote("file:" + filepath.Join(folder, name)) }
	text += fmt.Sprintf("slack:\n  api_url: %s\n  app_token: %s\n  bot_token: %s\n  pace: 0s\n",
		access.SlackAPIURL, file("slack-app-token"), file("slack-bot-token"))
	text += fmt.Sprintf("github:\n  base_url: %s\n  token: %s\n  login: %q\n  repos: [%s]\n  poll: 250ms\n  poll_share: 100\n",
		access.GitHubBaseURL, file("github-token"), access.GitHubLogin, access.Repo)
	return text + fmt.Sprintf("data: %s\n", strconv.Quote(filepath.Join(folder, "run"))), nil
}
