package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"shipmate/bot/day"
	"shipmate/handlers/costs"
	"shipmate/handlers/costs/ledger"
	"shipmate/integrations/awscost"
	"shipmate/state"
)

// costExplorer reads AWS Cost Explorer: the days that still move, and as much of the past as the budget of requests allows.
func (b *bills) costExplorer(s BillConfig) func(context.Context) (bool, error) {
	return func(ctx context.Context) (changed bool, err error) {
		client, err := b.explorerOf(ctx, s)
		if err != nil {
			b.status(s.Name, func(st *costs.Status) { st.Err = err.Error() })
			return false, err
		}
		return b.readCostExplorer(ctx, client, s)
	}
}

// explorerOf is the client of a source, made when it is first wanted: its credentials need not be there before.
func (b *bills) explorerOf(ctx context.Context, s BillConfig) (client *awscost.Client, err error) {
	b.making.Lock()
	defer b.making.Unlock()
	if client = b.explorers[s.Name]; client == nil {
		if client, err = b.newCostExplorer(ctx, s); err != nil {
			return nil, err
		}
		b.explorers[s.Name] = client
	}
	return client, nil
}

// explorer is the client of the source of that name; the error is costs.ErrNoExplorer where it has none.
func (b *bills) explorer(ctx context.Context, source string) (*awscost.Client, error) {
	for _, s := range b.cfg.Sources {
		if s.Name == source && s.CostExplorer != nil {
			return b.explorerOf(ctx, s)
		}
	}
	return nil, costs.ErrNoExplorer
}

// UsageTypes asks what a service's usage consists of.
func (b *bills) UsageTypes(ctx context.Context, source, service, account string, from, to day.Day) (awscost.Drill, error) {
	client, err := b.explorer(ctx, source)
	if err != nil {
		return awscost.Drill{}, err
	}
	return b.drills.get(fmt.Sprintf("%q %q %q %s %s", source, service, account, from, to), b.now(), func() (awscost.Drill, error) {
		return client.UsageTypes(ctx, service, account, from, to)
	})
}

// Anomalies asks for those that AWS found itself.
func (b *bills) Anomalies(ctx context.Context, source string, from, to day.Day) (awscost.AnomalyReading, error) {
	client, err := b.explorer(ctx, source)
	if err != nil {
		return awscost.AnomalyReading{}, err
	}
	return b.found.get(fmt.Sprintf("%q %s %s", source, from, to), b.now(), func() (awscost.AnomalyReading, error) { return client.Anomalies(ctx, from, to) })
}

func (b *bills) newCostExplorer(ctx context.Context, s BillConfig) (*awscost.Client, error) {
	e := s.CostExplorer
	return awscost.New(ctx, awscost.Options{
		Endpoint: e.Endpoint, Region: e.Region, Profile: e.Profile, Role: e.Role, External: e.External, Tags: b.cfg.Tags, Regions: e.Regions, Net: e.Net,
		Budget: e.Requests, Requests: requests{b.db, s.Name}, Questions: requests{b.db, s.Name + "/asked"}, Meter: b.meter, Log: b.log,
	})
}

// readCostExplorer reads what is to be read today. What was read counts, also when the rest could not be.
func (b *bills) readCostExplorer(ctx context.Context, client *awscost.Client, s BillConfig) (changed bool, err error) {
	first, last, known := b.book.Days(s.Name)
	history := s.CostExplorer.History
	if history == 0 {
		history = awscost.HistoryLimit
	}
	var notes []string
	var readings []awscost.Reading // all are judged together, with all of the past that could be read
	for _, w := range awscost.Plan(day.Of(b.now().UTC()), known, first, last, history) {
		b.status(s.Name, func(st *costs.Status) { st.Reading = fmt.Sprintf("asking for %s to %s", w.From, w.To-1) })
		var reading awscost.Reading
		if reading, err = client.Daily(ctx, w.From, w.To); err != nil {
			break
		}
		readings, notes = append(readings, reading), append(notes, doubts(reading)...)
	}
	changed, errKeep := b.keep(ctx, s.Name, func(asOf time.Time, add func(*ledger.Batch) error) error {
		for _, r := range readings {
			if err := b.days(s.Name, asOf, r, add); err != nil {
				return err
			}
		}
		return nil
	})
	err = errors.Join(err, errKeep)
	b.status(s.Name, func(st *costs.Status) {
		for _, reading := range readings {
			st.Rows += len(reading.Leaves) + len(reading.Charges)
			for _, r := range reading.Rejected {
				if st.Rejected == nil {
					st.Rejected = map[string]int{}
				}
				st.Rejected[r.Reason] += r.Groups
			}
		}
	})
	if used := (*awscost.BudgetError)(nil); errKeep == nil && errors.As(err, &used) && len(readings) > 0 {
		notes, err = append(notes, used.Error()), nil // the next day goes on from there
	}
	spent, errSpent := client.Spent(ctx)
	if errSpent == nil {
		notes = append(notes, fmt.Sprintf("%d of %d requests used today, $%.2f.", spent.Requests, spent.Budget, float64(spent.Requests)*.01))
	}
	b.status(s.Name, func(st *costs.Status) {
		st.Reading, st.Err, st.Note, st.Read = "", "", strings.Join(notes, " "), b.now()
		if err != nil {
			st.Err = err.Error()
		}
	})
	return changed, err
}

// days makes a batch of each day that was answered, also of one without costs.
func (b *bills) days(source string, asOf time.Time, r awscost.Reading, add func(*ledger.Batch) error) error {
	byDay := map[day.Day]*ledger.Batch{}
	for _, d := range r.Days {
		byDay[d.Day] = ledger.NewBatch(source, "cost-explorer/"+d.Day.String(), asOf, b.cfg.Tags)
	}
	for _, costsOf := range [][]awscost.Cost{r.Leaves, r.Charges} {
		for _, c := range costsOf {
			charge := costs.FromCostExplorer(c, b.cfg.Tags)
			if batch := byDay[c.Day]; batch != nil {
				if err := batch.Add(&charge); err != nil {
					return err
				}
			}
		}
	}
	for _, d := range r.Days {
		if err := add(byDay[d.Day]); err != nil {
			return err
		}
	}
	return nil
}

// doubts are what a reading lacks, for people.
func doubts(r awscost.Reading) (notes []string) {
	for _, m := range r.Missing {
		notes = append(notes, fmt.Sprintf("Not read: %s (%v).", m.What, m.Why))
	}
	if len(r.Unknown) > 0 {
		notes = append(notes, "Unknown record types, which raise no alert: "+strings.Join(r.Unknown, ", ")+".")
	}
	if n := len(r.Differences); n > 0 {
		notes = append(notes, fmt.Sprintf("%d sums do not agree: the bill changed while it was read.", n))
	}
	return notes
}

// requests keeps how many requests were made of a source on a day.
type requests struct {
	db     state.Store
	source string
}

func (r requests) key(d day.Day) string { return "billreq/" + r.source + "/" + d.String() }

// Load returns the number; 0 when none was made.
func (r requests) Load(ctx context.Context, d day.Day) (n int, err error) {
	return loadJSON[int](ctx, r.db, r.key(d))
}

// Save keeps the number durably, and forgets those of earlier days.
func (r requests) Save(ctx context.Context, d day.Day, n int) error {
	op, err := saveJSON(r.key(d), n)
	if err != nil {
		return err
	}
	return apply(ctx, r.db, op, state.Op{Key: r.key(d - 2)})
}
