// Shipmate is a chat-ops bot for engineering teams: it answers in Slack and on GitHub pull requests from evidence, in seconds, without a
// language model. `shipmate try` shows it on this machine with nothing to sign up for. README.md is the place to begin, docs/tour.md shows how
// it works.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // schedules name time zones, and containers have none

	"github.com/spf13/cobra"

	"shipmate/integrations/slack"
)

// version is set when a release is built.
var version = "dev"

// errorPrefix begins what the program says when it fails.
const errorPrefix = "shipmate: "

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the program at once
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err == nil {
		return
	}
	if !errors.Is(err, errSilent) {
		fmt.Fprintln(os.Stderr, errorPrefix+err.Error())
	}
	if errors.As(err, &errInput{}) {
		os.Exit(2)
	}
	os.Exit(1)
}

// run is the program: tests call it with arguments and buffers of their own. It ends when its command is done or ctx ends.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	p := program{getenv: getenv, in: stdin, out: stdout, err: stderr}
	root := &cobra.Command{
		Use:           "shipmate",
		Short:         "answers questions about pull requests, in Slack, on GitHub and in the terminal",
		Version:       buildVersion(),
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(p.tryCommand(), p.askCommand(), p.runCommand(), p.sandboxCommand(),
		p.checkConfigCommand(), p.manifestCommand(), p.healthCommand(), p.checkCommand(), p.backupCommand(), p.restoreCommand(),
		p.deadCommand(), p.auditCommand(), p.evalCommand(), p.costsCommand(), p.versionCommand())
	return root.ExecuteContext(ctx)
}

// program is what the commands share.
type program struct {
	getenv   func(string) string
	in       io.Reader
	out, err io.Writer
}

func (p program) runCommand() *cobra.Command {
	var path, data string
	cmd := &cobra.Command{
		Use: "run", Short: "serves a Slack workspace and GitHub repositories, as config.yaml says", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(path, p.getenv)
			if err != nil {
				return err
			}
			if data != "" {
				cfg.Data = data
			}
			log := newLogger(p.err, cfg.Log)
			a, err := newApp(cmd.Context(), cfg, log)
			if err != nil {
				return err
			}
			defer a.close()
			if err := a.check(cmd.Context()); err != nil {
				return err
			}
			log.Info("shipmate is running; Ctrl-C stops it", "version", buildVersion(), "repos", cfg.GitHub.Repos)
			return a.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&path, "config", "config.yaml", "configuration `file`")
	cmd.Flags().StringVar(&data, "data", "", "`folder` to keep its memory in, instead of the configured one")
	return cmd
}

func (p program) checkConfigCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use: "check-config", Short: "says what is wrong with config.yaml", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := loadConfig(path, p.getenv)
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "%s is good: @%s serves %s and reads %d repositories of %s.\n",
				path, cfg.Name, cfg.Slack.APIURL, len(cfg.GitHub.Repos), cfg.GitHub.BaseURL)
			return nil
		},
	}
	cmd.Flags().StringVar(&path, "config", "config.yaml", "configuration `file`")
	return cmd
}

func (p program) manifestCommand() *cobra.Command {
	var name string
	var hosts []string
	cmd := &cobra.Command{
		Use: "manifest", Short: "prints the Slack app manifest to create the app from", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if !botName.MatchString(name) {
				return fmt.Errorf("--name %q: use lower-case letters, digits, - and _", name)
			}
			manifest, err := slack.Manifest(name, hosts...)
			if err != nil {
				return err
			}
			_, err = p.out.Write(manifest)
			return err
		},
	}
	cmd.Flags().StringVar(&name, "name", "shipmate", "what people will call the bot")
	cmd.Flags().StringSliceVar(&hosts, "previews", nil, "`hosts` below whose links previews are shown, such as github.com (see slack.previews)")
	return cmd
}

func (p program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "prints the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.out, "shipmate", buildVersion())
			return err
		},
	}
}

// buildVersion is the release, or the commit the program was built from.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if version != "dev" || !ok {
		return version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return version + "-" + s.Value[:12]
		}
	}
	return version
}

// quiet makes the end of ctx an orderly end.
func quiet(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
