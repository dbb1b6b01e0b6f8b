package awscost

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/costexplorer/types"

	"shipmate/bot/day"
)

// A Drill is what a service of an account is made of.
type Drill struct {
	Days     []DayState
	Costs    []Cost // by usage type and region, with quantities; they add up to the service's leaf of the day
	Rejected []Rejected
}

// UsageTypes reads a service's usage of an account by usage type and region, for the days from from to the one before to. An account of ""
// is all of them. It is one request or more, and one more if no reading came before; they count as
// questions.
func (c *Client) UsageTypes(ctx context.Context, service, account string, from, to day.Day) (Drill, error) {
	switch {
	case from >= to:
		return Drill{}, fmt.Errorf("no day is from %s to before %s", from, to)
	case service == "":
		return Drill{}, errors.New("usage types are those of a service, and none is named")
	}
	ctx = asked(ctx)
	usage, err := c.usageNames(ctx, from, to)
	if err != nil {
		return Drill{}, fmt.Errorf("read which record types are usage: %w", err)
	}
	if len(usage) == 0 {
		return Drill{}, nil
	}
	filter := only(has(types.DimensionRecordType, usage...), has(types.DimensionService, service))
	if account != "" {
		filter = only(has(types.DimensionRecordType, usage...), has(types.DimensionService, service), has(types.DimensionLinkedAccount, account))
	}
	t, err := c.read(ctx, query{from: from, to: to, filter: filter, quantity: true, groups: byDimension(types.DimensionUsageType, types.DimensionRegion)})
	if err != nil {
		return Drill{}, fmt.Errorf("read usage types of %s: %w", plain(service, keyLimit), err)
	}
	d := Drill{Rejected: rejects(t.rejected)}
	d.Costs = t.costs(func(c *Cost, keys []string) {
		c.Account, c.Service, c.UsageType, c.Region = account, service, keys[0], region(keys[1])
	})
	for _, one := range slices.Sorted(maps.Keys(t.days)) {
		d.Days = append(d.Days, DayState{one, t.days[one]})
	}
	return d, nil
}

// usageNames are the record types that are usage, as this bill names them.
func (c *Client) usageNames(ctx context.Context, from, to day.Day) (usage []string, err error) {
	c.mu.Lock()
	usage = c.usage
	c.mu.Unlock()
	if usage != nil {
		return usage, nil
	}
	t, err := c.read(ctx, query{from: from, to: to, groups: byDimension(types.DimensionRecordType)})
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, r := range t.rows {
		if KindOf(r.keys[0]) == Usage {
			names[r.keys[0]] = true
		}
	}
	usage = slices.Sorted(maps.Keys(names))
	c.remember(usage)
	return usage, nil
}
