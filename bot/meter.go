package bot

import "time"

// A Meter is told what happens, for those who watch the bot from outside. Names are those of Prometheus without the prefix "shipmate_", such as
// "events_received_total"; labels are pairs of a name and a value, always the same names for one metric. It is safe for concurrent use.
type Meter interface {
	// Add raises a counter by n.
	Add(name string, n int, labels ...string)
	// Observe adds how long something took to a histogram of seconds.
	Observe(name string, d time.Duration, labels ...string)
}

// NoMeter is a Meter that forgets what it is told.
type NoMeter struct{}

// Add does nothing.
func (NoMeter) Add(string, int, ...string) {}

// Observe does nothing.
func (NoMeter) Observe(string, time.Duration, ...string) {}
