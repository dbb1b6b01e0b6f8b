package github

import (
	"strconv"
	"strings"

	"shipmate/bot"
)

// chartRows is how many series the table of a chart names, with the rest of stacked bars.
const chartRows = 8

// chart renders a chart as a sparkline, its words and a small table. A drawing in Mermaid's xychart would have neither a range nor marks nor a
// legend, and stands as numbers in e-mails and in GitHub's app; and no stranger's text is ever given to what GitHub draws (see drawn).
func chart(c bot.Chart) string {
	c = c.Sound()
	parts := []string{chartHead(c)}
	if c.Stacked && len(c.Series) > 1 {
		parts = append(parts, table(shares(c)))
	} else if len(c.Series) > 1 {
		parts = append(parts, table(extents(c)))
	}
	return joinParts(parts)
}

// chartHead is a sound chart without its table.
func chartHead(c bot.Chart) string {
	head := []bot.Span{bot.Bold(c.Title)}
	if spark := bot.Sparkline(c.Main()); strings.TrimSpace(spark) != "" {
		head = append(head, bot.Text(" "), bot.Mono(spark))
	}
	return joinParts([]string{paragraph(bot.P(head...)), paragraph(bot.P(bot.Text(c.Alt))), paragraph(bot.Small(bot.Text(c.Numbers())))})
}

func joinParts(parts []string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, "\n\n")
}

// shares says of each series of stacked bars how much it is of all, the biggest parts and the rest.
func shares(c bot.Chart) bot.Table {
	c = c.Most(chartRows)
	t := bot.Table{Head: []string{"", "Sum", "Part"}, Right: []bool{false, true, true}}
	sums := make([]float64, len(c.Series))
	all := 0.0
	for i, s := range c.Series {
		for _, v := range s.Values {
			if v != nil {
				sums[i] += *v
			}
		}
		all += sums[i]
	}
	for i, s := range c.Series {
		part := "" // of a sum with amounts below zero there are no parts
		if all > 0 && sums[i] >= 0 && sums[i] <= all {
			part = strconv.Itoa(int(sums[i]/all*100+0.5)) + " %"
		}
		t.Rows = append(t.Rows, [][]bot.Span{{bot.Text(s.Name)}, {bot.Text(bot.Amount(sums[i], c.Unit))}, {bot.Text(part)}})
	}
	return t
}

// extents says of each line what it lies between and where it ends.
func extents(c bot.Chart) bot.Table {
	c = c.Most(chartRows)
	t := bot.Table{Head: []string{"", "Least", "Most", "Last"}, Right: []bool{false, true, true, true}}
	for _, s := range c.Series {
		row := [][]bot.Span{{bot.Text(s.Name)}, nil, nil, nil}
		var least, most, last bot.ChartValue
		for _, v := range s.Values {
			if v == nil {
				continue
			}
			if last = v; least == nil || *v < *least {
				least = v
			}
			if most == nil || *v > *most {
				most = v
			}
		}
		for i, v := range []bot.ChartValue{least, most, last} {
			if v != nil {
				row[i+1] = []bot.Span{bot.Text(bot.Amount(*v, c.Unit))}
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
