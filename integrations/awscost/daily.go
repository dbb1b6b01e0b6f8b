package awscost

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/costexplorer/types"

	"shipmate/bot/day"
)

// Daily reads the days from from to the one before to: by record type, by account, by region and by each tag. That is 3 requests and one for
// each tag, or more where an answer has several pages. An error means that nothing can be used; what could not be read besides is in Missing.
func (c *Client) Daily(ctx context.Context, from, to day.Day) (Reading, error) {
	if from >= to {
		return Reading{}, fmt.Errorf("no day is from %s to before %s", from, to)
	}
	records, err := c.read(ctx, query{from: from, to: to, groups: byDimension(types.DimensionRecordType, types.DimensionLinkedAccount)})
	if err != nil {
		return Reading{}, fmt.Errorf("read costs by record type and account: %w", err)
	}
	r := &reading{Client: c, from: from, to: to, all: map[sum]int64{}, single: map[sum]int64{}, rejected: map[string]int{}}
	r.records(records)
	if len(r.usage) == 0 {
		return r.done(), nil
	}
	if err := r.leaves(ctx); err != nil {
		return Reading{}, err
	}
	if !c.o.Regions {
		r.Regions = r.beside(ctx, "service by region", byDimension(types.DimensionRegion)[0], func(c *Cost, key string) { c.Region = region(key) })
	}
	for _, tag := range c.o.Tags {
		values := r.beside(ctx, "service by tag "+tag, byTag(tag), func(c *Cost, key string) { c.Tag = Tag{tag, key} })
		r.Tags = append(r.Tags, values...)
	}
	return r.done(), ctx.Err()
}

// A reading is a Reading that is being made.
type reading struct {
	*Client
	Reading
	from, to    day.Day
	usage       []string         // record types that are usage; nil if there is none
	accounts    []string         // with usage
	days        map[day.Day]bool // answered by all queries that matter, and whether they are estimated
	names       map[string]string
	all, single map[sum]int64 // usage by record type: of all accounts, and of single ones
	rejected    map[string]int
}

// A sum is what amounts are added up by.
type sum struct {
	day      day.Day
	account  string // "" for all
	currency string
}

// records tells usage from the rest.
func (r *reading) records(t *table) {
	usage, accounts, unknown := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, c := range t.costs(func(c *Cost, keys []string) { c.RecordType, c.Account, c.Kind = keys[0], keys[1], KindOf(keys[0]) }) {
		if c.Kind == Usage {
			usage[c.RecordType], accounts[c.Account] = true, true
			r.single[sum{c.Day, c.Account, c.Currency}] += c.Amount
			r.all[sum{c.Day, "", c.Currency}] += c.Amount
			continue
		}
		if c.Kind == Unknown {
			unknown[c.RecordType] = true
		}
		r.Charges = append(r.Charges, c)
	}
	r.usage, r.accounts, r.Unknown = slices.Sorted(maps.Keys(usage)), slices.Sorted(maps.Keys(accounts)), slices.Sorted(maps.Keys(unknown))
	r.days, r.names = t.days, t.names
	r.took(t)
	r.remember(r.usage)
}

// remember keeps the names of usage for drill-downs.
func (c *Client) remember(usage []string) {
	if len(usage) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.usage = usage
}

// took counts what a table could not use.
func (r *reading) took(t *table) {
	for why, n := range t.rejected {
		r.rejected[why] += n
	}
}

// leaves reads what adds up to all usage.
func (r *reading) leaves(ctx context.Context) error {
	if !r.o.Regions {
		return r.leavesOf(ctx, query{filter: only(r.isUsage()), groups: byDimension(types.DimensionService, types.DimensionLinkedAccount)},
			func(c *Cost, keys []string) { c.Service, c.Account = keys[0], keys[1] })
	}
	if err := r.affords(ctx, len(r.accounts)); err != nil {
		return err
	}
	for _, account := range r.accounts {
		filter := only(r.isUsage(), has(types.DimensionLinkedAccount, account))
		err := r.leavesOf(ctx, query{filter: filter, groups: byDimension(types.DimensionService, types.DimensionRegion)},
			func(c *Cost, keys []string) { c.Account, c.Service, c.Region = account, keys[0], region(keys[1]) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) isUsage() types.DimensionValues { return has(types.DimensionRecordType, r.usage...) }

// affords refuses to begin with what the budget does not allow to end.
func (r *reading) affords(ctx context.Context, requests int) error {
	spent, err := r.Spent(ctx)
	if err != nil {
		return err
	}
	if spent.Requests+requests > spent.Budget {
		return fmt.Errorf("leaves by region need a request for each of %d accounts, so that a larger budget is needed, or none of them by region: %w", requests,
			&BudgetError{Limit: spent.Budget, Until: (spent.Day + 1).Time()})
	}
	return nil
}

func (r *reading) leavesOf(ctx context.Context, q query, fill func(*Cost, []string)) error {
	q.from, q.to = r.from, r.to
	t, err := r.read(ctx, q)
	if err != nil {
		return fmt.Errorf("read costs by service and account: %w", err)
	}
	r.took(t)
	maps.DeleteFunc(r.days, func(d day.Day, _ bool) bool { _, ok := t.days[d]; return !ok })
	maps.Copy(t.names, r.names)
	r.Leaves = append(r.Leaves, t.costs(fill)...)
	return nil
}

// beside reads all usage by service and something else. What cannot be read is noted.
func (r *reading) beside(ctx context.Context, what string, by types.GroupDefinition, fill func(*Cost, string)) []Cost {
	t, err := r.read(ctx, query{from: r.from, to: r.to, filter: only(r.isUsage()), groups: append(byDimension(types.DimensionService), by)})
	if err != nil {
		r.Missing = append(r.Missing, Missing{what, err})
		return nil
	}
	r.took(t)
	costs := t.costs(func(c *Cost, keys []string) {
		c.Service = keys[0]
		fill(c, keys[1])
	})
	r.compare(what, costs, r.all, func(c Cost) sum { return sum{c.Day, "", c.Currency} })
	return costs
}

// done is the reading without the days that not all queries answered.
func (r *reading) done() Reading {
	unanswered := func(c Cost) bool { _, ok := r.days[c.Day]; return !ok }
	r.Leaves, r.Charges = slices.DeleteFunc(r.Leaves, unanswered), slices.DeleteFunc(r.Charges, unanswered)
	for _, d := range slices.Sorted(maps.Keys(r.days)) {
		r.Days = append(r.Days, DayState{d, r.days[d]})
	}
	r.compare("service by account", r.Leaves, r.single, func(c Cost) sum { return sum{c.Day, c.Account, c.Currency} })
	r.Rejected = rejects(r.rejected)
	return r.Reading
}

// compare notes where the sums of parts are not those by record type. Each amount is rounded by half a millionth at most; of record types
// that are usage there are fewer than ten.
func (r *reading) compare(what string, parts []Cost, want map[sum]int64, of func(Cost) sum) {
	got, rounded := map[sum]int64{}, map[sum]int64{}
	for _, c := range parts {
		got[of(c)] += c.Amount
		rounded[of(c)]++
	}
	keys := maps.Clone(want)
	maps.Copy(keys, got)
	var found []Difference
	for k := range keys {
		_, answered := r.days[k.day]
		off := got[k] - want[k]
		if slack := rounded[k] + 10*int64(len(r.accounts)); answered && (off > slack || off < -slack) {
			found = append(found, Difference{what, k.day, k.account, got[k], want[k]})
		}
	}
	slices.SortFunc(found, func(a, b Difference) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Account, b.Account)) })
	r.Differences = append(r.Differences, found...)
}
