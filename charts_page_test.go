package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"shipmate/bot"
	"shipmate/integrations/plot"
	"shipmate/integrations/slack"
	"shipmate/sandbox"
	"shipmate/sandbox/browsertest"
)

// costCharts are charts as a bill makes them: one with a range, stacked bars, and one that Slack draws itself.
func costCharts() []bot.Chart {
	row := func(n int, value func(i int) float64) (out []bot.ChartValue) {
		for i := range n {
			out = append(out, new(value(i)))
		}
		return out
	}
	expected := func(i int) float64 { return 58 + 9*math.Sin(float64(i)*2*math.Pi/7) }
	actual := func(i int) float64 {
		if i >= 26 {
			return 420 + float64(i)
		}
		return expected(i) + 3*math.Sin(float64(i*i))
	}
	band := bot.Chart{
		Title: "Data Transfer, prod-eu", Unit: "USD", Alt: "$440 a day since 18 Nov, $58 expected ($44–73)",
		Series: []bot.ChartSeries{{Name: "actual", Values: row(30, actual)}, {Name: "expected", Values: row(30, expected), Dashed: true}},
		Low:    row(30, func(i int) float64 { return expected(i) * 0.75 }), High: row(30, func(i int) float64 { return expected(i) * 1.25 }),
		Marks: []bot.ChartMark{{Day: 26, Text: "opened"}},
	}
	bars := bot.Chart{Title: "Cost by service", Unit: "USD", Alt: "$1.9k a day, nearly half of it EC2", Stacked: true}
	for i, name := range []string{"Amazon EC2", "Amazon S3", "Amazon RDS", "Data Transfer"} {
		bars.Series = append(bars.Series, bot.ChartSeries{Name: name, Values: row(30, func(d int) float64 { return 900/float64(i+1) + 60*math.Sin(float64(d*(i+1))) })})
	}
	two := bot.Chart{Title: "Two weeks of Lambda", Unit: "USD", Alt: "$49 to $67 a day, last $61", Series: []bot.ChartSeries{
		{Name: "this year", Values: row(14, expected)}, {Name: "last year", Values: row(14, func(i int) float64 { return 40 + float64(i) })},
	}}
	for _, c := range []*bot.Chart{&band, &bars, &two} {
		for i := range c.Series[0].Values {
			c.Days = append(c.Days, time.Date(2026, 11, 21-len(c.Series[0].Values)+1+i, 0, 0, 0, 0, time.UTC))
		}
	}
	return []bot.Chart{band, bars, two}
}

// Charts of a reply are seen in Slack's page: pictures and Slack's own, in light and dark, with words for who does not see them. With -artifacts
// the test keeps what the page looks like.
func TestBrowserCharts(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	s, err := sandbox.Start(t.Context(), sandbox.Options{NoLimits: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	access := s.Access()
	client, err := slack.New(slack.Options{APIURL: access.SlackAPIURL, AppToken: access.SlackAppToken, BotToken: access.SlackBotToken, Pace: -1, Draw: plot.PNG})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	reply := bot.Reply{Title: "Costs to 21 Nov"}
	for _, c := range costCharts() {
		reply.Blocks = append(reply.Blocks, c)
	}
	if _, err := client.Post(t.Context(), bot.Place{Surface: bot.Slack, Channel: "C0ENG"}, "", "k", reply); err != nil {
		t.Fatal(err)
	}
	colours := map[string]string{}
	for _, scheme := range []string{"light", "dark"} {
		b.Open(s.URL()+"/#/c/C0ENG", 1100, 1500, scheme)
		b.Until(`[...document.querySelectorAll('.block-image')].filter((img) => img.complete && img.naturalWidth > 500 && img.checkVisibility()).length === 2`)
		b.Until(`document.querySelector('.block-image[alt="$440 a day since 18 Nov, $58 expected ($44–73)"]')`)
		b.Shows(".chart figcaption", "Two weeks of Lambda")
		b.Shows(".chart-legend li", "last year")
		b.Until(`document.querySelectorAll('.chart svg[role=img] polyline').length === 2`)
		name := browsertest.Eval[string](b, "document.querySelector('.chart svg').getAttribute('aria-label')")
		if want := "Two weeks of Lambda, line chart, 8 Nov to 21 Nov in USD: this year from 49.23 to 66.77, last 50.96; last year from 40 to 53, last 53"; name != want {
			t.Errorf("the chart is read as %q, want %q", name, want)
		}
		if cells := browsertest.Eval[int](b, "document.querySelectorAll('.chart table td').length"); cells != 28 {
			t.Errorf("the table of the chart has %d numbers, want 28", cells)
		}
		colours[scheme] = browsertest.Eval[string](b, "getComputedStyle(document.querySelector('.chart polyline')).stroke")
		shot, err := chromedp.Run(b.Context(), chromedp.CaptureScreenshot())
		if err == nil {
			err = os.WriteFile(filepath.Join(t.ArtifactDir(), fmt.Sprintf("charts-%s.png", scheme)), shot, 0o600)
		}
		if err != nil {
			t.Error(err)
		}
	}
	if colours["light"] == colours["dark"] {
		t.Errorf("the line is %s on a light and on a dark page", colours["light"])
	}
}
