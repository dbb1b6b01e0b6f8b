package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"shipmate/handlers/pulls"
)

// A RiskReport is what eval risk found.
type RiskReport struct {
	Repositories []RepositoryReport `json:"repositories"`
	Fit          *FitReport         `json:"fit,omitempty"`
}

// A RepositoryReport is how the risk did in one history.
type RepositoryReport struct {
	Name      string        `json:"name"`
	Commit    string        `json:"commit"` // the newest one
	First     string        `json:"first"`  // day of the oldest pull request
	Last      string        `json:"last"`
	Pulls     int           `json:"pulls"`
	Bots      int           `json:"bots"`   // of them by programs
	Unread    int           `json:"unread"` // besides them: those that git could not compare
	Took      float64       `json:"seconds"`
	FactsP50  float64       `json:"facts_p50_ms"`
	FactsP99  float64       `json:"facts_p99_ms"`
	FactsMax  float64       `json:"facts_max_ms"`
	Labels    []LabelReport `json:"labels"`
	Signals   []SignalRow   `json:"signals"` // of all pull requests; the one that fires most often first
	NewerFrom string        `json:"newer_from"`
}

// A LabelReport is how well the risk separates the pull requests with a label from the others.
type LabelReport struct {
	Label  string     `json:"label"`
	Bad    int        `json:"bad"`   // in the whole history
	Newer  PartReport `json:"newer"` // the newer 40 %
	Older  PartReport `json:"older"`
	People PartReport `json:"newer_people"` // the newer ones without those of programs
}

// A PartReport is that for a part of a history.
type PartReport struct {
	Pulls  int        `json:"pulls"`
	Bad    int        `json:"bad"`
	Levels []LevelRow `json:"levels"`
	Score  figures    `json:"score"`
	Size   figures    `json:"size"` // by the number of real lines alone
}

// A LevelRow is what became of the pull requests of one level.
type LevelRow struct {
	Level string `json:"level"`
	Pulls int    `json:"pulls"`
	Bad   int    `json:"bad"`
}

// A SignalRow is what one weight's signal says about later trouble. Lifts are 0 when it fires always or never.
type SignalRow struct {
	Key    string               `json:"key"` // as in config.yaml
	Points int                  `json:"points"`
	Fires  int                  `json:"fires"`
	Effect map[string]SignalFor `json:"effect"` // by label
}

// SignalFor is a signal's effect on one label.
type SignalFor struct {
	Bad     int     `json:"bad"`      // of those where it fires
	Lift    float64 `json:"lift"`     // share that is bad with it, by the share without it
	LogOdds float64 `json:"log_odds"` // of the odds ratio, half a case added to each count
	Error   float64 `json:"error"`    // standard error of log_odds
}

func riskReport(all []history) RiskReport {
	r := RiskReport{Repositories: []RepositoryReport{}}
	for _, h := range all {
		r.Repositories = append(r.Repositories, repositoryReport(h))
	}
	return r
}

func repositoryReport(h history) RepositoryReport {
	older, newer := h.split()
	people := slices.DeleteFunc(slices.Clone(newer), func(p past) bool { return p.bot })
	r := RepositoryReport{
		Name: h.name, Commit: h.tip, First: onDay(h.rows[0].at), Last: onDay(h.rows[len(h.rows)-1].at), Pulls: len(h.rows), Unread: h.unread, Took: h.took.Seconds(),
		FactsP50: milliseconds(percentile(h.facts, 0.5)), FactsP99: milliseconds(percentile(h.facts, 0.99)), FactsMax: milliseconds(slices.Max(h.facts)),
		Signals: signalRows(h.rows),
	}
	if len(newer) > 0 {
		r.NewerFrom = onDay(newer[0].at)
	}
	for _, p := range h.rows {
		if p.bot {
			r.Bots++
		}
	}
	for _, label := range labels {
		r.Labels = append(r.Labels, LabelReport{
			Label: label, Bad: countBad(h.rows, label), Newer: partReport(newer, label), Older: partReport(older, label), People: partReport(people, label),
		})
	}
	return r
}

// split divides a history by time: the older 60 % and the rest.
func (h history) split() (older, newer []past) {
	n := len(h.rows) * 6 / 10
	return h.rows[:n], h.rows[n:]
}

func countBad(rows []past, label string) (n int) {
	for _, p := range rows {
		if p.bad(label) {
			n++
		}
	}
	return n
}

func partReport(rows []past, label string) PartReport {
	r := PartReport{Pulls: len(rows), Bad: countBad(rows, label)}
	for _, level := range []string{"low", "medium", "high"} {
		row := LevelRow{Level: level}
		for _, p := range rows {
			if p.level == level {
				row.Pulls++
				if p.bad(label) {
					row.Bad++
				}
			}
		}
		r.Levels = append(r.Levels, row)
	}
	if r.Bad > 0 && r.Bad < r.Pulls {
		r.Score = figuresOf(sampleOf(rows, label, func(p past) float64 { return float64(p.points) }))
		r.Size = figuresOf(sampleOf(rows, label, func(p past) float64 { return math.Log1p(float64(p.lines)) }))
	}
	return r
}

func sampleOf(rows []past, label string, score func(past) float64) (s scored) {
	for _, p := range rows {
		s.scores, s.bad = append(s.scores, score(p)), append(s.bad, p.bad(label))
	}
	return s
}

// signalRows compares, for each weight, the pull requests where it had a part in the points with the others.
func signalRows(rows []past) []SignalRow {
	var out []SignalRow
	for _, key := range weightKeys(pulls.DefaultWeights()) {
		row := SignalRow{Key: key.name, Points: key.points, Effect: map[string]SignalFor{}}
		fires := make([]bool, len(rows))
		for i, p := range rows {
			if fires[i] = p.has(key.name); fires[i] {
				row.Fires++
			}
		}
		for _, label := range labels {
			row.Effect[label] = effect(rows, fires, label)
		}
		out = append(out, row)
	}
	slices.SortStableFunc(out, func(a, b SignalRow) int { return cmp.Compare(b.Fires, a.Fires) })
	return out
}

func effect(rows []past, fires []bool, label string) SignalFor {
	var n [2][2]float64 // by fires and bad
	for i, p := range rows {
		n[index(fires[i])][index(p.bad(label))]++
	}
	s := SignalFor{Bad: int(n[1][1])}
	with, without := n[1][1]/(n[1][0]+n[1][1]), n[0][1]/(n[0][0]+n[0][1])
	if lift := with / without; !math.IsNaN(lift) && !math.IsInf(lift, 0) {
		s.Lift = lift
	}
	s.LogOdds = math.Log((n[1][1] + .5) / (n[1][0] + .5) / ((n[0][1] + .5) / (n[0][0] + .5)))
	s.Error = math.Sqrt(1/(n[1][1]+.5) + 1/(n[1][0]+.5) + 1/(n[0][1]+.5) + 1/(n[0][0]+.5))
	return s
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

func onDay(t time.Time) string { return t.Format(time.DateOnly) }

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// text is the report for people, the plain words first.
func (r RiskReport) text() string {
	var b strings.Builder
	for _, repo := range r.Repositories {
		repo.write(&b)
	}
	if r.Fit != nil {
		r.Fit.write(&b)
	}
	return b.String()
}

func (r RepositoryReport) write(b *strings.Builder) {
	fmt.Fprintf(b, "%s at %.12s: %d pull requests from %s to %s, %d by programs, %d more that git could not compare; facts p50 %.1f, p99 %.1f, longest %.0f ms; %.0f s in all\n",
		r.Name, r.Commit, r.Pulls, r.First, r.Last, r.Bots, r.Unread, r.FactsP50, r.FactsP99, r.FactsMax, r.Took)
	for _, l := range r.Labels {
		l.write(b)
	}
	fmt.Fprintf(b, "\n  %-20s %6s %6s   %-30s %s\n", "weight", "points", "fires", "reverted: bad, lift, log-odds", "fixed: bad, lift, log-odds")
	for _, s := range r.Signals {
		if s.Fires == 0 {
			continue
		}
		fmt.Fprintf(b, "  %-20s %6d %6d   %-30s %s\n", s.Key, s.Points, s.Fires, s.Effect[labelReverted], s.Effect[labelFixed])
	}
	b.WriteString("\n")
}

func (l LabelReport) write(b *strings.Builder) {
	n := l.Newer
	fmt.Fprintf(b, "\n  %s: %d in all, %d of the newer %d (%s)\n", l.Label, l.Bad, n.Bad, n.Pulls, percent(n.Bad, n.Pulls))
	if n.Bad < leastBad {
		b.WriteString("    too few to say anything\n")
		return
	}
	fmt.Fprintf(b, "    the score puts one of them above another pull request in %.0f of 10 cases (%s); size alone: %s\n",
		10*n.Score.Area.Value, n.Score.Area, n.Size.Area)
	fmt.Fprintf(b, "    the tenth with the highest score: %s of it is such (%s), and it has %s of them; by size: %s and %s\n",
		share(n.Score.Precision.Value), percentRange(n.Score.Precision), share(n.Score.Recall.Value), share(n.Size.Precision.Value), share(n.Size.Recall.Value))
	b.WriteString("    share of such by level:")
	for _, row := range n.Levels {
		fmt.Fprintf(b, " %s %s of %d;", row.Level, percent(row.Bad, row.Pulls), row.Pulls)
	}
	fmt.Fprintf(b, "\n    without programs' pull requests: %s, size alone %s; older 60 %%: %s, size alone %s\n",
		l.People.Score.Area, l.People.Size.Area, l.Older.Score.Area, l.Older.Size.Area)
}

// String writes "12, 1.42, +0.35 ± 0.20"; the log-odds of one case or none say nothing.
func (s SignalFor) String() string {
	if s.Bad < 2 {
		return fmt.Sprintf("%4d %6.2f", s.Bad, s.Lift)
	}
	return fmt.Sprintf("%4d %6.2f %+6.2f ± %.2f", s.Bad, s.Lift, s.LogOdds, 1.96*s.Error)
}

// String writes "0.71, 0.64–0.77".
func (r Range) String() string { return fmt.Sprintf("%.2f, %.2f–%.2f", r.Value, r.Low, r.High) }

func percentRange(r Range) string { return share(r.Low) + "–" + share(r.High) }

func share(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }

func percent(n, of int) string {
	if of == 0 {
		return "none"
	}
	return share(float64(n) / float64(of))
}
