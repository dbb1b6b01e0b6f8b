package ledger

import (
	"slices"
	"time"
)

// Heard lists the times as of which something was said of a source, ascending, each once.
func (l *Ledger) Heard(source string) (list []time.Time) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	src := l.sources[source]
	if src == nil {
		return nil
	}
	for _, at := range slices.Compact(slices.Clone(src.heard)) {
		list = append(list, time.Unix(int64(at), 0).UTC())
	}
	return list
}
