package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/VictoriaMetrics/metrics"

	"shipmate/bot"
	"shipmate/state"
)

// metricPrefix begins the name of every metric.
const metricPrefix = "shipmate_"

// seriesAtMost bounds the series of one metric: labels come from closed sets, and a mistake there must not fill the memory. What is too much is
// counted in one more, whose labels are all "other".
const seriesAtMost = 200

// longestLabel is how many characters of a label's value are kept.
const longestLabel = 100

// buckets are the upper bounds of the histograms in seconds, from a fast commit to a turn that is given up.
var buckets = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}

// A meter is a bot.Meter that can be read in the text format of Prometheus.
type meter struct {
	set     *metrics.Set
	started time.Time

	mu     sync.Mutex
	series map[string]map[string]bool // by the metric
}

func newMeter() *meter {
	metrics.ExposeMetadata(true) // for every set of the process: there are programs that take no metric without its type
	return &meter{set: metrics.NewSet(), started: time.Now(), series: map[string]map[string]bool{}}
}

// Add implements bot.Meter.
func (m *meter) Add(name string, n int, labels ...string) {
	m.set.GetOrCreateCounter(m.named(name, labels)).Add(n)
}

// Observe implements bot.Meter.
func (m *meter) Observe(name string, d time.Duration, labels ...string) {
	m.set.GetOrCreatePrometheusHistogramExt(m.named(name, labels), buckets).Update(d.Seconds())
}

// named is the name of a series with its labels.
func (m *meter) named(name string, labels []string) string {
	s := seriesName(name, labels)
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.series[name]
	if known == nil {
		known = map[string]bool{}
		m.series[name] = known
	}
	if !known[s] && len(known) >= seriesAtMost {
		others := slices.Clone(labels)
		for i := 1; i < len(others); i += 2 {
			others[i] = "other"
		}
		return seriesName(name, others)
	}
	known[s] = true
	return s
}

// seriesName is a metric with its labels as the text format has them.
func seriesName(name string, labels []string) string {
	var s strings.Builder
	s.WriteString(metricPrefix + name)
	for i := 0; i+1 < len(labels); i += 2 {
		s.WriteString([]string{"{", ","}[min(i, 1)] + labels[i] + `="` + labelValue(labels[i+1]) + `"`)
	}
	if len(labels) > 1 {
		s.WriteString("}")
	}
	return s.String()
}

// labelValue makes any text fit between the quotes of a label. The text format knows no other escapes than these; what cannot be seen is no loss.
func labelValue(text string) string {
	short := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	if len(short) > longestLabel {
		short = short[:longestLabel]
	}
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, string(short))
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(clean)
}

// gauges writes how things are now.
type gauges struct {
	w    io.Writer
	last string // name
}

func (g *gauges) set(name string, value float64, labels ...string) {
	series := seriesName(name, labels)
	if name != g.last {
		metrics.WriteMetadataIfNeeded(g.w, series, "gauge")
	}
	g.last = name
	fmt.Fprintf(g.w, "%s %s\n", series, strconv.FormatFloat(value, 'f', -1, 64))
}

// age sets a gauge to the time since t, unless that never was.
func (g *gauges) age(name string, t time.Time, labels ...string) {
	if !t.IsZero() {
		g.set(name, time.Since(t).Seconds(), labels...)
	}
}

// writeMetrics writes everything that is measured, and how things are now.
func (a *app) writeMetrics(ctx context.Context, w io.Writer) {
	a.meter.set.WritePrometheus(w)
	g := &gauges{w: w}
	g.set("build_info", 1, "version", buildVersion(), "go", runtime.Version())
	g.set("start_time_seconds", float64(a.meter.started.UnixMilli())/1000)
	g.set("resident_memory_bytes", residentMemory())
	g.set("goroutines", float64(runtime.NumGoroutine()))
	a.writeHearing(g)
	if s, err := a.bot.Stats(ctx); err == nil {
		g.set("inbox_depth", float64(s.Waiting))
		oldest := 0.0
		if !s.Oldest.IsZero() {
			oldest = time.Since(s.Oldest).Seconds()
		}
		g.set("inbox_oldest_age_seconds", oldest)
		g.set("dlq_depth", float64(s.Dead))
	}
	used, limit := a.db.Usage()
	g.set("store_bytes", float64(used))
	g.set("store_limit_bytes", float64(limit))
	g.set("store_free_pages", float64(a.db.FreePages()))
	g.age("backup_age_seconds", state.LastBackup(backupDir(a.cfg.Data)))
}

// writeHearing writes when Slack and GitHub were heard last.
func (a *app) writeHearing(g *gauges) {
	sockets := a.slack.Stats()
	for i := range max(2, len(sockets.Silence)) {
		open := 0.0
		if i < len(sockets.Silence) {
			open = 1
		}
		g.set("slack_connected", open, "socket", strconv.Itoa(i))
	}
	for i, silence := range sockets.Silence {
		g.set("slack_last_ping_age_seconds", silence.Seconds(), "socket", strconv.Itoa(i))
	}
	g.age("last_event_age_seconds", sockets.LastEvent, "source", "slack")
	github := a.github.Stats()
	read := github.Webhook.Event
	for _, l := range github.Lists {
		if l.Read.After(read) {
			read = l.Read
		}
	}
	g.age("last_event_age_seconds", read, "source", "github")
	g.set("github_limit_requests", float64(github.Limit.Limit))
	g.set("github_remaining_requests", float64(github.Limit.Remaining))
}

// residentMemory is how much memory the process holds, in bytes; 0 where the system does not tell.
func residentMemory() float64 {
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident float64
	if _, err := fmt.Sscan(string(status), &size, &resident); err != nil {
		return 0
	}
	return resident * float64(os.Getpagesize())
}

var _ bot.Meter = (*meter)(nil)
