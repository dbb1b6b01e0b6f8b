package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"shipmate/bot"
	"shipmate/state"
)

// metricPrefix begins the name of every metric.
const metricPrefix = "shipmate_"

// seriesAtMost bounds the series of the counters and histograms: labels come from closed sets, and a mistake there must not fill the memory.
const seriesAtMost = 2000

// buckets are the upper bounds of the histograms in seconds, from a fast commit to a turn that is given up.
var buckets = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}

// A meter is a bot.Meter that can be read in the text format of Prometheus.
type meter struct {
	set *metrics.Set

	mu    sync.Mutex
	names map[string]bool // of the series that there are
}

func newMeter() *meter { return &meter{set: metrics.NewSet(), names: map[string]bool{}} }

// Add implements bot.Meter.
func (m *meter) Add(name string, n int, labels ...string) {
	if series := m.series(name, labels); series != "" {
		m.set.GetOrCreateCounter(series).Add(n)
	}
}

// Observe implements bot.Meter.
func (m *meter) Observe(name string, d time.Duration, labels ...string) {
	if series := m.series(name, labels); series != "" {
		m.set.GetOrCreatePrometheusHistogramExt(series, buckets).Update(d.Seconds())
	}
}

// series is the name of a series with its labels; "" when there are too many.
func (m *meter) series(name string, labels []string) string {
	s := seriesName(name, labels)
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.names[s] {
		if len(m.names) >= seriesAtMost {
			return ""
		}
		m.names[s] = true
	}
	return s
}

func seriesName(name string, labels []string) string {
	var s strings.Builder
	s.WriteString(metricPrefix + name)
	for i := 0; i+1 < len(labels); i += 2 {
		s.WriteString([]string{"{", ","}[min(i, 1)])
		s.WriteString(labels[i] + "=" + strconv.QuoteToASCII(labels[i+1]))
	}
	if len(labels) > 1 {
		s.WriteString("}")
	}
	return s.String()
}

// write writes everything that is measured, and how things are now.
func (a *app) writeMetrics(ctx context.Context, w io.Writer) {
	a.meter.set.WritePrometheus(w)
	gauge := func(name string, value float64, labels ...string) {
		fmt.Fprintf(w, "%s %s\n", seriesName(name, labels), strconv.FormatFloat(value, 'f', -1, 64))
	}
	age := func(name string, t time.Time, labels ...string) {
		if !t.IsZero() {
			gauge(name, time.Since(t).Seconds(), labels...)
		}
	}
	gauge("build_info", 1, "version", buildVersion(), "go", runtime.Version())
	sockets := a.slack.Stats()
	for i := range 2 {
		open := 0.0
		if i < len(sockets.Silence) {
			open = 1
			gauge("slack_last_ping_age_seconds", sockets.Silence[i].Seconds(), "socket", strconv.Itoa(i))
		}
		gauge("slack_connected", open, "socket", strconv.Itoa(i))
	}
	age("last_event_age_seconds", sockets.LastEvent, "source", "slack")
	github := a.github.Stats()
	read := github.Webhook.Event
	for _, l := range github.Lists {
		if l.Read.After(read) {
			read = l.Read
		}
	}
	age("last_event_age_seconds", read, "source", "github")
	if s, err := a.bot.Stats(ctx); err == nil {
		gauge("inbox_depth", float64(s.Waiting))
		oldest := 0.0
		if !s.Oldest.IsZero() {
			oldest = time.Since(s.Oldest).Seconds()
		}
		gauge("inbox_oldest_age_seconds", oldest)
		gauge("dlq_depth", float64(s.Dead))
	}
	used, limit := a.db.Usage()
	gauge("store_bytes", float64(used))
	gauge("store_limit_bytes", float64(limit))
	gauge("store_free_pages", float64(a.db.FreePages()))
	age("backup_age_seconds", state.LastBackup(backupDir(a.cfg.Data)))
	gauge("resident_memory_bytes", residentMemory())
	gauge("goroutines", float64(runtime.NumGoroutine()))
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
