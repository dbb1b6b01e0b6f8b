package bot

import (
	"math"
	"strconv"
	"strings"
)

// sparkWidth is how many characters a sparkline has at the most: about what fits beside a title in a notification.
const sparkWidth = 40

// sparks are the eight heights of a sparkline.
var sparks = [...]rune{'▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'}

// Sparkline draws a row of values as one line of text, oldest first: ▁▂▇. The lowest character is zero, or the least value where one is
// negative, and the highest is the greatest; a row of zeros is all low. A value that is not known is a space. Of a row that is too long each
// character stands for several values and shows the one that is furthest from zero, so that a peak is never lost. A row without values is "".
func Sparkline(values []ChartValue) string {
	values = coarser(values, sparkWidth)
	low, high, any := 0.0, 0.0, false
	for _, v := range values {
		if v != nil {
			low, high, any = min(low, *v), max(high, *v), true
		}
	}
	if !any {
		return ""
	}
	var b strings.Builder
	for _, v := range values {
		switch {
		case v == nil:
			b.WriteByte(' ')
		case high == low:
			b.WriteRune(sparks[0])
		default:
			top := float64(len(sparks) - 1)
			b.WriteRune(sparks[int(math.Round((*v-low)/(high-low)*top))])
		}
	}
	return b.String()
}

// coarser shortens a row to at most n finite values or nil.
func coarser(values []ChartValue, n int) []ChartValue {
	groups := min(n, len(values))
	out := make([]ChartValue, groups)
	for i := range groups {
		for _, v := range values[i*len(values)/groups : (i+1)*len(values)/groups] {
			if v = finite(v); v != nil && (out[i] == nil || math.Abs(*v) > math.Abs(*out[i])) {
				out[i] = v
			}
		}
	}
	return out
}

// currencies are the signs of the currencies that people write before an amount.
var currencies = map[string]string{"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}

// Amount writes a value with its unit as a chart's axis and legend do, in about three figures: $1.52k, −$58, €0.30, 12.5 GB; without a unit the
// number alone. Thousands are k, then M, G and T as SI has them, but B instead of G for money.
func Amount(v float64, unit string) string {
	sign := ""
	if v < 0 {
		sign, v = "−", -v
	}
	before, money := currencies[unit]
	behind := ""
	if !money && unit != "" {
		behind = " " + unit
	}
	return sign + before + figures(v, money) + behind
}

// figures writes a number that is not negative.
func figures(v float64, money bool) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "?"
	}
	scale := ""
	for _, s := range []string{"k", "M", "G", "T"} {
		if v < 999.5 {
			break
		}
		v, scale = v/1000, s
	}
	if money && scale == "G" {
		scale = "B"
	}
	digits := 0
	switch {
	case v == 0:
	case v < 0.1:
		digits = min(1-int(math.Floor(math.Log10(v))), 7)
	case v < 10 && (money || scale != "" || v < 1):
		digits = 2
	case v < 100 && (scale != "" || v != math.Trunc(v)):
		digits = 1
	}
	text := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(text, ".") && (digits != 2 || scale != "" || !money || strings.HasSuffix(text, ".00")) { // cents have two digits
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + scale
}

// Numbers says the least, the greatest and the last of the chart's main values with their days, from a sound chart: "$41 (3 Nov) to $440
// (21 Nov), last $430 (22 Nov)"; "" when it has none.
func (c Chart) Numbers() string {
	values := c.Main()
	least, most, last := -1, -1, -1
	for i, v := range values {
		if v == nil {
			continue
		}
		if least < 0 || *v < *values[least] {
			least = i
		}
		if most < 0 || *v > *values[most] {
			most = i
		}
		last = i
	}
	if last < 0 {
		return ""
	}
	at := func(i int) string { return Amount(*values[i], c.Unit) + " (" + c.Days[i].Format("2 Jan") + ")" }
	if least == most {
		return at(last)
	}
	return at(least) + " to " + at(most) + ", last " + at(last)
}

// writeChart writes a chart as text: title and sparkline, the numbers, and what it shows in words.
func writeChart(b *strings.Builder, c Chart) {
	c = c.Sound()
	for _, line := range []string{strings.TrimSpace(c.Title + " " + Sparkline(c.Main())), c.Numbers(), c.Alt} {
		if line != "" {
			b.WriteString(line + "\n")
		}
	}
}
