package github

import (
	"strings"
	"testing"
	"time"

	"shipmate/bot"
)

func TestMarkdownOfCharts(t *testing.T) {
	t.Parallel()
	c := bot.Chart{Title: "Data | Transfer", Unit: "USD", Alt: "$440 on 3 Nov, $58 expected; ask @octo/net", Series: []bot.ChartSeries{
		{Name: "actual", Values: []bot.ChartValue{new(58.0), nil, new(440.0)}}, {Name: "new|#12", Values: []bot.ChartValue{nil, nil, new(20.0)}},
	}}
	for i := range 3 {
		c.Days = append(c.Days, time.Date(2026, 11, 1+i, 0, 0, 0, 0, time.UTC))
	}
	stacked := c
	stacked.Stacked, stacked.Alt = true, ""
	alone := c
	alone.Series = c.Series[:1]
	const head = "**Data \\| Transfer** '▂ █'\n\n$440 on 3 Nov, $58 expected; ask @~octo/net\n\n<sub>$58 (1 Nov) to $440 (3 Nov), last $440 (3 Nov)</sub>"
	for name, tt := range map[string]struct {
		chart bot.Chart
		want  string
	}{
		"lines": {c, head + "\n\n|  | Least | Most | Last |\n| --- | ---: | ---: | ---: |\n| actual | $58 | $440 | $440 |\n| new\\|#~12 | $20 | $20 | $20 |"},
		"one":   {alone, head},
		"bars": {stacked, "**Data \\| Transfer** '▂ █'\n\n<sub>$58 (1 Nov) to $460 (3 Nov), last $460 (3 Nov)</sub>\n\n" +
			"|  | Sum | Part |\n| --- | ---: | ---: |\n| actual | $498 | 96 % |\n| new\\|#~12 | $20 | 4 % |"},
		"empty": {bot.Chart{Alt: "nothing is known"}, "nothing is known"},
	} {
		want := strings.NewReplacer("~", gap, "'", "`", "$", "\\$").Replace(tt.want)
		if got := markdown(bot.Reply{Blocks: bot.Blocks{tt.chart}}, "shipmate", maxComment); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
	if got := shorten(c, 200); got != strings.NewReplacer("~", gap, "'", "`", "$", "\\$").Replace(head) {
		t.Errorf("with little room: got\n%s\nwant it without the table", got)
	}
}
