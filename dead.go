package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"shipmate/bot"
)

// keeperCommand makes a command that gives orders for the folder named with --data.
func (p program) keeperCommand(cmd *cobra.Command, run func(args []string, give func(order) (report, error)) error) *cobra.Command {
	var data string
	cmd.Flags().StringVar(&data, "data", "data", "`folder` of the data file")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		log := newLogger(p.err, quietLog(false))
		return run(args, func(o order) (report, error) { return give(cmd.Context(), data, o, log) })
	}
	return cmd
}

func (p program) backupCommand() *cobra.Command {
	return p.keeperCommand(&cobra.Command{
		Use: "backup", Short: "makes a backup of the data file now, also while the bot runs", Args: cobra.NoArgs,
	}, func(_ []string, give func(order) (report, error)) error {
		r, err := give(order{Do: "backup"})
		if err == nil {
			fmt.Fprintf(p.out, "The backup is %s; shipmate restore puts it back.\n", r.Path)
		}
		return err
	})
}

func (p program) deadCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "dead", Short: "shows what was given up, and tries it again or drops it"}
	cmd.AddCommand(
		p.keeperCommand(&cobra.Command{Use: "list", Short: "lists what was given up in the last 30 days", Args: cobra.NoArgs},
			func(_ []string, give func(order) (report, error)) error {
				r, err := give(order{Do: "list"})
				if err == nil {
					p.listDead(r.Letters)
				}
				return err
			}),
		p.keeperCommand(&cobra.Command{Use: "show ID", Short: "shows one of them whole", Args: cobra.ExactArgs(1)},
			func(args []string, give func(order) (report, error)) error {
				r, err := give(order{Do: "list"})
				if err != nil {
					return err
				}
				for _, l := range r.Letters {
					if l.ID == args[0] {
						p.showDead(l)
						return nil
					}
				}
				return fmt.Errorf("%w: %s: shipmate dead list shows those that there are", bot.ErrNoLetter, args[0])
			}),
		p.settleCommand("retry", "tries it again", "It is tried again."),
		p.settleCommand("drop", "forgets it", "It is forgotten."),
	)
	return cmd
}

// settleCommand is a command that deals with dead letters by their ids.
func (p program) settleCommand(do, short, done string) *cobra.Command {
	return p.keeperCommand(&cobra.Command{Use: do + " ID…", Short: short, Args: cobra.MinimumNArgs(1)},
		func(args []string, give func(order) (report, error)) error {
			var failed error
			for _, id := range args {
				r, err := give(order{Do: do, ID: id})
				if err != nil {
					failed = errors.Join(failed, fmt.Errorf("%s: %w", id, err))
					continue
				}
				fmt.Fprintf(p.out, "%s  %s %s\n", id, subject(r.Letters[0]), done)
			}
			return failed
		})
}

func (p program) listDead(letters []bot.DeadLetter) {
	if len(letters) == 0 {
		fmt.Fprintln(p.out, "Nothing was given up.")
		return
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tGIVEN UP\tTRIES\tWHERE\tWHAT\tWHY")
	for _, l := range letters {
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\n", l.ID, l.Time.Local().Format(time.DateTime), l.Attempts, where(l), shorten(subject(l), 40), shorten(firstLine(l.Err), 60))
	}
	_ = table.Flush()
}

func (p program) showDead(l bot.DeadLetter) {
	fmt.Fprintf(p.out, "%s, given up %s after %d tries\nwhere:  %s\n", l.ID, l.Time.Local().Format(time.DateTime), l.Attempts, where(l))
	if r := l.Request; r != nil {
		fmt.Fprintf(p.out, "who:    %s %s\nasked:  %s\n", r.From.Surface, cmp.Or(r.From.ID, "nobody"), r.Time.Local().Format(time.DateTime))
	}
	fmt.Fprintf(p.out, "what:   %s\nwhy:    %s\n", subject(l), indented(l.Err))
	fmt.Fprintf(p.out, "shipmate dead retry %s tries it again, shipmate dead drop %s forgets it.\n", l.ID, l.ID)
}

// subject is what a dead letter is about, on one line and safe for a terminal.
func subject(l bot.DeadLetter) string {
	switch {
	case l.Request != nil:
		return cmp.Or(bot.CleanLine(l.Request.Text), "(no text)")
	case l.Effect != nil:
		return "the effect " + bot.CleanLine(l.Effect.Kind)
	case l.Reply != nil:
		return "the reply: " + bot.CleanLine(cmp.Or(l.Reply.Reply.Title, bot.PlainText(l.Reply.Reply, false)))
	}
	return "(it cannot be read)"
}

func where(l bot.DeadLetter) string {
	at := bot.Place{}
	switch {
	case l.Request != nil:
		at = l.Request.ReplyTo
	case l.Reply != nil:
		at = l.Reply.To
	}
	return bot.CleanLine(strings.TrimSpace(fmt.Sprintf("%s %s %s", at.Surface, at.Channel, at.Thread)))
}

// indented is a text of several lines, safe for a terminal, behind a label.
func indented(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, bot.CleanLine(line))
	}
	return strings.Join(lines, "\n        ")
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return bot.CleanLine(line)
}

// shorten cuts s so that it has at most n characters.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
