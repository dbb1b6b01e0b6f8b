package bot

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// row makes values; NaN stands for one that is not known.
func row(values ...float64) []ChartValue {
	out := make([]ChartValue, len(values))
	for i, v := range values {
		if !math.IsNaN(v) {
			out[i] = new(v)
		}
	}
	return out
}

func days(n int) []time.Time {
	out := make([]time.Time, n)
	for i := range out {
		out[i] = time.Date(2026, 11, 1+i, 0, 0, 0, 0, time.UTC)
	}
	return out
}

func TestSparkline(t *testing.T) {
	t.Parallel()
	peak := make([]float64, 400)
	peak[207] = 9
	for name, tt := range map[string]struct {
		values []float64
		want   string
	}{
		"from zero":     {[]float64{0, 1, 2, 3, 4, 5, 6, 7}, "▁▂▃▄▅▆▇█"},
		"high level":    {[]float64{90, 95, 100}, "▇██"},
		"gap":           {[]float64{7, math.NaN(), 7}, "█ █"},
		"zeros":         {[]float64{0, 0}, "▁▁"},
		"negative":      {[]float64{-7, 0}, "▁█"},
		"one":           {[]float64{3}, "█"},
		"nothing":       {nil, ""},
		"nothing known": {[]float64{math.NaN(), math.Inf(1)}, ""},
		"a peak":        {peak, strings.Repeat("▁", 20) + "█" + strings.Repeat("▁", 19)},
	} {
		if got := Sparkline(row(tt.values...)); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestAmount(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		v    float64
		unit string
		want string
	}{
		{0, "USD", "$0"}, {58, "USD", "$58"}, {1520, "USD", "$1.52k"}, {0.3, "EUR", "€0.30"}, {-58.4, "USD", "−$58.4"}, {12.5, "GB", "12.5 GB"},
		{3, "", "3"}, {999.7, "USD", "$1k"}, {1200, "USD", "$1.2k"}, {2.5e9, "USD", "$2.5B"}, {2.5e9, "B", "2.5G B"}, {1e15, "USD", "$1000T"},
		{440, "CHF", "440 CHF"}, {0.001, "", "0.001"}, {0.00437, "USD", "$0.0044"}, {1e-12, "USD", "$0"}, {math.NaN(), "USD", "$?"}, {100, "USD", "$100"}, {5, "USD", "$5"},
	} {
		if got := Amount(tt.v, tt.unit); got != tt.want {
			t.Errorf("Amount(%v, %q): got %q, want %q", tt.v, tt.unit, got, tt.want)
		}
	}
}

func TestPlainTextOfChart(t *testing.T) {
	t.Parallel()
	c := Chart{
		Title: "Data Transfer\x1b[31m", Unit: "USD", Alt: "$440 on 3 Nov,\nabout $58 expected", Days: days(4),
		Series: []ChartSeries{{Name: "actual", Values: row(58, math.NaN(), 440, 41)}, {Name: "expected", Values: row(58, 58, 58, 58), Dashed: true}},
	}
	const want = "Data Transfer[31m ▂ █▂\n$41 (4 Nov) to $440 (3 Nov), last $41 (4 Nov)\n$440 on 3 Nov, about $58 expected\n"
	if got := PlainText(Reply{Blocks: Blocks{c}}, false); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := PlainText(Reply{Blocks: Blocks{Chart{Alt: "nothing is known"}}}, false); got != "nothing is known\n" {
		t.Errorf("an empty chart: got %q", got)
	}
}

func TestStackedChartsAreAboutTheSum(t *testing.T) {
	t.Parallel()
	c := Chart{Stacked: true, Days: days(2)}
	for _, v := range []float64{1, 5, 2, 9, 3} {
		c.Series = append(c.Series, ChartSeries{Name: Amount(v, ""), Values: row(v, math.NaN())})
	}
	got := c.Most(3)
	var names []string
	for _, s := range got.Series {
		names = append(names, s.Name)
	}
	if want := []string{"5", "9", "other (3)"}; !reflect.DeepEqual(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	if rest := got.Series[2].Values; *rest[0] != 6 || rest[1] != nil {
		t.Errorf("other: got %v and %v, want 6 and nothing", *rest[0], rest[1])
	}
	if sum := c.Main(); *sum[0] != 20 || sum[1] != nil {
		t.Errorf("sum: got %v and %v, want 20 and nothing", *sum[0], sum[1])
	}
}

func TestContradictionsAreLeftOut(t *testing.T) {
	t.Parallel()
	d := days(3)
	c := Chart{
		Title: strings.Repeat("é", 500), Alt: "x", Days: []time.Time{d[0], d[1], d[0], d[2]},
		Series: []ChartSeries{{Name: "a\nb", Values: []ChartValue{new(1.0), new(math.Inf(1)), new(7.0)}}},
		Low:    row(5, 1, 0, 1), High: row(1, 5, 0), Marks: []ChartMark{{Day: -1}, {Day: 3, Text: "last"}, {Day: 2}, {Day: 99}},
	}
	if err := c.Check(); err == nil || strings.Count(err.Error(), "\n") < 5 {
		t.Errorf("Check: got %v, want each contradiction", err)
	}
	got := c.Sound()
	if err := got.Check(); err != nil {
		t.Errorf("a sound chart: %v", err)
	}
	want := Chart{
		Title: strings.Repeat("é", 199) + "…", Alt: "x", Days: d, Series: []ChartSeries{{Name: "a b", Values: []ChartValue{new(1.0), nil, nil}}},
		Low: row(1, 1, math.NaN()), High: row(5, 5, math.NaN()), Marks: []ChartMark{{Day: 2, Text: "last"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if again := got.Sound(); !reflect.DeepEqual(again, got) {
		t.Errorf("a sound chart changed: %+v", again)
	}
}

func FuzzChart(f *testing.F) {
	f.Add("title", 3, 2, 1.5, true)
	f.Add("\xff\u202e", 400, 30, math.Inf(-1), false)
	f.Fuzz(func(t *testing.T, text string, n, series int, v float64, stacked bool) {
		n, series = min(max(n, 0), 1500), min(max(series, 0), 60)
		if len(text) > 5000 {
			return
		}
		c := Chart{Title: text, Unit: text, Alt: text, Stacked: stacked, Low: row(v, -v), High: row(v), Marks: []ChartMark{{Day: n - 1, Text: text}, {Day: series}}}
		for i := range n {
			c.Days = append(c.Days, time.Unix(int64(i*i%7*86400), 0).AddDate(0, 0, i))
		}
		for i := range series {
			c.Series = append(c.Series, ChartSeries{Name: text, Values: row(v, v*float64(i), -v)})
		}
		got := c.Sound().Most(8)
		if err := got.Check(); err != nil && !strings.Contains(err.Error(), "no description") {
			t.Errorf("not sound: %v", err)
		}
		if plain := PlainText(Reply{Blocks: Blocks{c}}, true); !utf8.ValidString(plain) || strings.ContainsAny(plain, "\x1b\u202e") {
			t.Errorf("unclean text %q", plain)
		}
	})
}
