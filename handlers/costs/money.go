package costs

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"shipmate/bot/day"
)

// symbols are those of currencies that everybody knows by one; others are written by their code.
var symbols = map[string]string{"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}

// money is an amount as people read it: cents below 10, whole units below 100, three significant figures above. A sign stands before the symbol.
func money(currency string, v float64) string {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	return sign + unit(currency) + figure(v)
}

// unit is what stands before an amount.
func unit(currency string) string {
	if s, ok := symbols[currency]; ok {
		return s
	}
	return currency + " "
}

// figure is an amount of 0 or more without its unit.
func figure(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "?"
	case v == 0 || v < .005:
		return "0"
	case v < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 999.5:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	step := math.Pow(10, math.Floor(math.Log10(v))-2)
	return thousands(math.Round(v/step) * step)
}

// thousands is a whole number with a comma between groups of three digits.
func thousands(v float64) string {
	digits := strconv.FormatFloat(v, 'f', 0, 64)
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// between is a range of amounts, with the unit once.
func between(currency string, low, high float64) string {
	return fmt.Sprintf("%s–%s", money(currency, max(low, 0)), figure(max(high, 0)))
}

// signed is a difference, with its sign.
func signed(currency string, v float64) string {
	if v >= 0 {
		return "+" + money(currency, v)
	}
	return money(currency, v)
}

// percent is a change from one amount to another; "" where the base is so small that it says nothing.
func percent(from, to float64) string {
	if from < 1 || math.IsNaN(from) || math.IsNaN(to) {
		return ""
	}
	if to/from > 10 {
		return fmt.Sprintf("%s ×", figure(to/from))
	}
	return signedPercent(100 * (to - from) / from)
}

// signedPercent is a percentage with its sign; what rounds to nothing has none.
func signedPercent(v float64) string {
	if math.Abs(v) < .5 {
		return "0 %"
	}
	return fmt.Sprintf("%+.0f %%", v)
}

// count is a number with its noun.
func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(float64(n)) + " " + more
}

// dated is a day with its year, where that is not the year of another.
func dated(d, other day.Day) string {
	if d.Time().Year() == other.Time().Year() {
		return d.Short()
	}
	return d.Time().Format("2 Jan 2006")
}

// span is some days as people write them: 18–21 Nov.
func span(from, to day.Day) string {
	switch {
	case from >= to:
		return to.Short()
	case from.Month() == to.Month():
		return fmt.Sprintf("%d–%s", from.OfMonth(), to.Short())
	}
	return from.Short() + " – " + to.Short()
}

// since is a span of days as it is said on another: with its year where that is not clear.
func since(from, to, today day.Day) string {
	if today-from < 300 {
		return span(from, to)
	}
	return span(from, to) + " " + to.Time().Format("2006")
}
