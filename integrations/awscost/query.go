package awscost

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer/types"

	"shipmate/bot/day"
)

const opUsage = "GetCostAndUsage"

// A query is one GetCostAndUsage, over all its pages.
type query struct {
	from, to day.Day // to is not part of it
	groups   []types.GroupDefinition
	filter   *types.Expression // nil is everything
	quantity bool
}

func byDimension(dims ...types.Dimension) (groups []types.GroupDefinition) {
	for _, dim := range dims {
		groups = append(groups, types.GroupDefinition{Type: types.GroupDefinitionTypeDimension, Key: aws.String(string(dim))})
	}
	return groups
}

func byTag(key string) types.GroupDefinition {
	return types.GroupDefinition{Type: types.GroupDefinitionTypeTag, Key: aws.String(key)}
}

// only is a filter: each dimension has one of its values.
func only(first types.DimensionValues, more ...types.DimensionValues) *types.Expression {
	if len(more) == 0 {
		return &types.Expression{Dimensions: &first}
	}
	all := &types.Expression{}
	for _, dim := range append([]types.DimensionValues{first}, more...) {
		all.And = append(all.And, types.Expression{Dimensions: &dim})
	}
	return all
}

func has(dim types.Dimension, values ...string) types.DimensionValues {
	return types.DimensionValues{Key: dim, Values: values}
}

// A row is a group of one day: its keys in the order of the query's groups, as AWS writes them but for control characters.
type row struct {
	keys []string
	cost Cost // day, amounts, unit and estimated
}

// A table is what a query found.
type table struct {
	rows     []row
	days     map[day.Day]bool // those that were answered, and whether they are estimated
	names    map[string]string
	rejected map[string]int
	seen     map[string]bool // groups, by day and keys
}

// errPages says that pages repeat or that their token is not taken: reading the query again may help.
var errPages = errors.New("pages do not follow each other")

// read asks a query. What AWS loses between two pages is read anew once.
func (c *Client) read(ctx context.Context, q query) (*table, error) {
	t, err := c.pages(ctx, q)
	if errors.Is(err, errPages) {
		t, err = c.pages(ctx, q)
	}
	if errors.Is(err, errPages) {
		return nil, pagingError(opUsage)
	}
	return t, err
}

func (c *Client) pages(ctx context.Context, q query) (*table, error) {
	t := &table{days: map[day.Day]bool{}, names: map[string]string{}, rejected: map[string]int{}, seen: map[string]bool{}}
	input := &costexplorer.GetCostAndUsageInput{
		TimePeriod:  &types.DateInterval{Start: aws.String(q.from.String()), End: aws.String(q.to.String())},
		Granularity: types.GranularityDaily,
		Metrics:     c.metrics(q.quantity),
		Filter:      q.filter,
		GroupBy:     q.groups,
	}
	tokens := map[string]bool{}
	for {
		var page *costexplorer.GetCostAndUsageOutput
		err := c.call(ctx, opUsage, func(ctx context.Context) (err error) {
			page, err = c.api.GetCostAndUsage(ctx, input)
			return err
		})
		if lostPlace(err) {
			return nil, errPages
		}
		if err != nil {
			return nil, err
		}
		if err := t.add(page, q, input.Metrics); err != nil {
			return nil, err
		}
		token := aws.ToString(page.NextPageToken)
		if token == "" {
			return t.complete(q)
		}
		if tokens[token] {
			return nil, errPages
		}
		tokens[token] = true
		input.NextPageToken = aws.String(token)
	}
}

func lostPlace(err error) bool {
	told := (*Error)(nil)
	return errors.As(err, &told) && (told.Code == "RequestChangedException" || told.Code == "InvalidNextTokenException")
}

func (c *Client) metrics(quantity bool) []string {
	names := []string{"AmortizedCost", "UnblendedCost"}
	if c.o.Net {
		names = []string{"NetAmortizedCost", "NetUnblendedCost"}
	}
	if quantity {
		names = append(names, "UsageQuantity")
	}
	return names
}

// complete makes sure that something was answered: an empty body is no empty bill.
func (t *table) complete(q query) (*table, error) {
	if len(t.days) == 0 && q.from < q.to {
		return nil, &Error{Op: opUsage, Code: "answer", Text: "cost explorer answered without any of the days that were asked for"}
	}
	return t, nil
}

// add takes a page in. A group that was there already means that a page came twice, and that sums would be wrong.
func (t *table) add(page *costexplorer.GetCostAndUsageOutput, q query, metrics []string) error {
	for _, a := range page.DimensionValueAttributes {
		t.names[plain(aws.ToString(a.Value), keyLimit)] = plain(a.Attributes["description"], keyLimit)
	}
	for _, result := range page.ResultsByTime {
		period := result.TimePeriod
		if period == nil {
			t.rejected["a result without a day"] += len(result.Groups)
			continue
		}
		d, err := day.Parse(aws.ToString(period.Start))
		if err != nil || d < q.from || d >= q.to {
			t.rejected["a day that was not asked for"] += len(result.Groups)
			continue
		}
		t.days[d] = t.days[d] || result.Estimated
		for _, g := range result.Groups {
			if id := d.String() + "\x00" + strings.Join(g.Keys, "\x00"); t.seen[id] {
				return errPages
			} else {
				t.seen[id] = true
			}
			t.take(d, g, q, metrics)
		}
	}
	return nil
}

const keyLimit = 300 // runes of a name; AWS allows 256 for a tag

// take reads a group, or counts why it cannot be used.
func (t *table) take(d day.Day, g types.Group, q query, metrics []string) {
	r := row{cost: Cost{Day: d, Kind: Usage}}
	for i, key := range g.Keys {
		if i < len(q.groups) && q.groups[i].Type == types.GroupDefinitionTypeTag {
			key = strings.TrimPrefix(key, aws.ToString(q.groups[i].Key)+"$")
		}
		r.keys = append(r.keys, plain(key, keyLimit))
	}
	reason := ""
	switch {
	case len(r.keys) != len(q.groups):
		reason = "a group with other keys than were asked for"
	default:
		reason = r.cost.amounts(g.Metrics, metrics)
	}
	if reason != "" {
		t.rejected[reason]++
		return
	}
	t.rows = append(t.rows, r)
}

// amounts reads the metrics, which are the amortized cost, the unblended cost and perhaps the quantity. The answer says what is wrong with them, or
// is empty.
func (c *Cost) amounts(values map[string]types.MetricValue, metrics []string) string {
	for i, name := range metrics {
		value, ok := values[name]
		if !ok {
			return "no " + name
		}
		limit := int64(largestAmount)
		if i == 2 {
			limit = largestQuantity
		}
		n, err := micro(aws.ToString(value.Amount))
		switch {
		case err != nil:
			return name + " " + err.Error()
		case n > limit || n < -limit:
			return name + " " + errLarge.Error()
		}
		unit := plain(aws.ToString(value.Unit), 20)
		switch i {
		case 0:
			c.Amount, c.Currency = n, strings.ToUpper(unit)
		case 1:
			c.Billed = n
		case 2:
			c.Quantity, c.Unit = n, unit
		}
	}
	if len(c.Currency) != 3 {
		return "a currency that is none"
	}
	if c.Unit == "N/A" { // AWS often does not say, even of one usage type
		c.Unit = ""
	}
	return ""
}

// costs makes the rows of a table into Costs, by day and then by what they cost, and otherwise by name. fill sets what keys mean.
func (t *table) costs(fill func(c *Cost, keys []string)) []Cost {
	out := make([]Cost, 0, len(t.rows))
	for _, r := range t.rows {
		c := r.cost
		c.Estimated = t.days[c.Day]
		fill(&c, r.keys)
		c.AccountName = t.names[c.Account]
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Cost) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(b.Amount, a.Amount), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Service, b.Service),
			cmp.Compare(a.Region, b.Region), cmp.Compare(a.UsageType, b.UsageType), cmp.Compare(a.Tag.Value, b.Tag.Value), cmp.Compare(a.RecordType, b.RecordType))
	})
	return out
}

// region is a region as AWS groups by it, "" for none.
func region(key string) string {
	if key == "NoRegion" || key == "No Region" {
		return ""
	}
	return key
}

func rejects(counts map[string]int) (out []Rejected) {
	for _, why := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, Rejected{Reason: why, Groups: counts[why]})
	}
	return out
}
