package main

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"shipmate/handlers/pulls"
	"shipmate/sandbox/github"
)

// BenchmarkRealFacts computes the facts and the summary of the newest pull requests of the clones in SHIPMATE_REPOS, separated by colons, one
// after the other, and reports how long that takes for one, reading not included. SHIPMATE_PULLS is how many of each (1,000 unless set). A panic
// ends it.
func BenchmarkRealFacts(b *testing.B) {
	repos := clones()
	if len(repos) == 0 {
		b.Skip("SHIPMATE_REPOS names no clones")
	}
	limit := fromEnv("SHIPMATE_PULLS", 1000)
	for _, repo := range repos {
		b.Run(filepath.Base(filepath.Dir(repo))+"/"+filepath.Base(repo), func(b *testing.B) {
			var took []time.Duration
			slowest := 0
			for b.Loop() {
				took, slowest = timeFacts(b, repo, limit)
			}
			slices.Sort(took)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(len(took)), "pulls")
			b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
			b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
			b.ReportMetric(ms(took[len(took)-1]), "max-ms")
			b.ReportMetric(float64(slowest), "slowest")
		})
	}
}

// timeFacts returns how long each pull request took, and the number of the slowest. Those that git cannot compare are left out.
func timeFacts(b *testing.B, repo string, limit int) (took []time.Duration, slowest int) {
	b.Helper()
	source, err := github.OpenHistory(b.Context(), repo)
	if err != nil {
		b.Fatal(err)
	}
	defer source.Close()
	w, longest := pulls.DefaultWeights(), time.Duration(0)
	for _, l := range chosen(source.Landings(), time.Time{}, limit) {
		if l.Number == 0 {
			continue
		}
		c, err := source.Change(b.Context(), l)
		if err != nil {
			b.Logf("%s #%d: %v", repo, l.Number, err)
			continue
		}
		s := pastSnapshot(source.Repository(), l, c)
		start := time.Now()
		pulls.Summary(pulls.Compute(s, w))
		one := time.Since(start)
		if took = append(took, one); one > longest {
			longest, slowest = one, l.Number
		}
	}
	return took, slowest
}
