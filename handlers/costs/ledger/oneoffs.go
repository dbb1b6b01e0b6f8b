package ledger

import (
	"slices"
	"time"

	"shipmate/bot/day"
)

// A OneOff is a charge that is no usage: what was bought, taxed, credited, refunded or corrected, of one key on one day. Credits and refunds are below
// zero, as bills have them.
type OneOff struct {
	Day       day.Day
	Kind      Kind
	Key       Key
	Billed    int64 // BilledCost, millionths of the key's currency
	Effective int64 // EffectiveCost: for purchases that are amortized 0, the usage that they cover has it
}

// OneOffs lists the one-offs of a source from one day to another, both included, as known at asOf, by day, key and kind. Those that have become 0 are
// left out.
func (l *Ledger) OneOffs(source string, from, to day.Day, asOf time.Time) []OneOff {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var list []OneOff
	for id := range l.leaves {
		f := &l.leaves[id]
		if f.key.Source != source || f.key.kind == Usage || f.key.kind == total || from > to {
			continue
		}
		l.each(f, from, to, since(asOf), func(d day.Day, micro int64, _ float64) {
			o := OneOff{Day: d, Kind: f.key.kind &^ effective, Key: f.key.Key, Billed: micro}
			if f.key.kind&effective != 0 {
				o.Billed, o.Effective = 0, micro
			}
			list = append(list, o)
		})
	}
	slices.SortStableFunc(list, compareOneOffs)
	merged := list[:0]
	for _, o := range list {
		if n := len(merged); n > 0 && compareOneOffs(merged[n-1], o) == 0 {
			merged[n-1].Billed, merged[n-1].Effective = addSat(merged[n-1].Billed, o.Billed), addSat(merged[n-1].Effective, o.Effective)
			continue
		}
		merged = append(merged, o)
	}
	return slices.DeleteFunc(merged, func(o OneOff) bool { return o.Billed == 0 && o.Effective == 0 })
}

func compareOneOffs(a, b OneOff) int {
	if a.Day != b.Day {
		return int(a.Day) - int(b.Day)
	}
	return compareKeys(rowKey{Key: a.Key, kind: a.Kind}, rowKey{Key: b.Key, kind: b.Kind})
}
