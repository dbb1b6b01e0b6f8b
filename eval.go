package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"shipmate/handlers/pulls"
)

// evalOptions are the flags of eval risk.
type evalOptions struct {
	repos  []string
	format string
	since  string
	limit  int
	fit    bool
	label  string
}

func (p program) evalCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "eval", Short: "measures answers against what happened later", Args: cobra.NoArgs}
	cmd.AddCommand(p.evalRiskCommand(), p.evalCostsCommand())
	return cmd
}

func (p program) evalRiskCommand() *cobra.Command {
	var o evalOptions
	cmd := &cobra.Command{
		Use:   "risk",
		Short: "says how well the risk of pull requests foretells those that were reverted or mended later",
		Long: `Computes the risk of every pull request in the history of git clones, and looks in what landed later for which of them went wrong:

  reverted  a later commit is titled Revert "<its title>", or says "This reverts commit <sha>", "Reverts #N" or "Fixes: <sha>"
  fixed     within 14 days a pull request titled as a fix changed lines of code that it had added, or blames it by its number

The older 60 % is what weights may be fitted on; figures are of the newer 40 % unless they say otherwise.`,
		Example: `  shipmate eval risk --repo ~/src/widgets
  shipmate eval risk --repo ~/src/widgets,~/src/gadgets --fit`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.evalRisk(cmd.Context(), o) },
	}
	cmd.Flags().StringSliceVar(&o.repos, "repo", []string{"."}, "`paths` of git clones, separated by commas")
	cmd.Flags().StringVar(&o.format, "format", "text", "text or json")
	cmd.Flags().StringVar(&o.since, "since", "", "the first `day` that pull requests landed on, as 2024-01-31")
	cmd.Flags().IntVar(&o.limit, "limit", 0, "the newest `n` pull requests of each clone; 0 is all")
	cmd.Flags().BoolVar(&o.fit, "fit", false, "propose weights too, fitted on the older part of all clones")
	cmd.Flags().StringVar(&o.label, "label", labelEither, "what to fit on: reverted, fixed or either")
	return cmd
}

// evalRisk reads the histories and prints how the risk did.
func (p program) evalRisk(ctx context.Context, o evalOptions) error {
	if o.format != "text" && o.format != "json" {
		return fmt.Errorf("--format %q: it is text or json", o.format)
	}
	if !knownLabel(o.label) {
		return fmt.Errorf("--label %q: it is reverted, fixed or either", o.label)
	}
	var since time.Time
	if o.since != "" {
		var err error
		if since, err = time.Parse(time.DateOnly, o.since); err != nil {
			return fmt.Errorf("--since %q: write a day as 2024-01-31", o.since)
		}
	}
	w := pulls.DefaultWeights()
	var all []history
	for _, repo := range o.repos {
		h, err := readHistory(ctx, repo, w, since, o.limit)
		if err != nil {
			return err
		}
		all = append(all, h)
	}
	report := riskReport(all)
	if o.fit {
		report.Fit = fitReport(all, w, o.label)
	}
	if o.format == "json" {
		out := json.NewEncoder(p.out)
		out.SetIndent("", "  ")
		return out.Encode(report)
	}
	_, err := p.out.Write([]byte(report.text()))
	return err
}
