package slack

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"shipmate/bot"
)

// The limits of Slack's own charts (https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block) and of pictures.
const (
	maxNative       = 2 // in a message
	maxNativeTitle  = 50
	maxNativeName   = 20 // of a series and of a day
	maxNativeSeries = 6
	maxNativeDays   = 20
	maxAltText      = 2000
	maxAltBytes     = 4000
	maxPictures     = 5 // for one reply; further charts are text
)

// A chart is shown in one of three ways: as Slack's own, which follows the reader's theme and shows numbers, where that loses nothing; as a
// picture, where the surface was given one; as text with a sparkline otherwise.
func (d *document) chart(c bot.Chart) {
	c = c.Sound()
	text := chartSpans(c)
	if d.spark == "" {
		d.spark = bot.Sparkline(c.Main())
	}
	if native := nativeChart(c); native != nil && d.natives < maxNative {
		d.natives++
		d.stead(native, text[:len(text)-1])
		d.small([]bot.Span{bot.Text(c.Alt)})
		return
	}
	if file := d.files[chartHash(c)]; file != "" {
		d.stead(slack.NewImageBlockSlackFile(&slack.SlackFileObject{ID: file}, altText(c), "", nil), text)
		return
	}
	d.para(text)
}

// stead adds a block with the text that stands in its stead where Slack refuses it.
func (d *document) stead(b slack.Block, text []bot.Span) {
	parts := split(cleaned(text, true), maxBlockChars, maxBlockBytes)
	if len(parts) == 0 { // a chart without words; Slack wants some
		parts = [][]bot.Span{{bot.Text("chart")}}
	}
	p := newPiece(b, plainOf(parts[0])+"\n")
	p.spare = slack.NewRichTextBlock("", section(parts[0]))
	p.bytes = max(p.bytes, jsonSize(p.spare))
	d.pieces = append(d.pieces, p)
}

// chartSpans is a sound chart as text: title and sparkline, and last what it shows in words.
func chartSpans(c bot.Chart) []bot.Span {
	head := []bot.Span{bot.Bold(c.Title)}
	if spark := bot.Sparkline(c.Main()); spark != "" {
		head = append(head, bot.Text(" "+spark))
	}
	return append(head, bot.Text("\n"+wordsOf(c)))
}

// wordsOf are the words that stand for a chart, its numbers where it has no words.
func wordsOf(c bot.Chart) string {
	for _, s := range []string{c.Alt, c.Numbers(), c.Title} {
		if s != "" {
			return s
		}
	}
	return "chart"
}

func altText(c bot.Chart) string {
	s := wordsOf(c)
	return shorten(s, min(maxAltText, chars(s[:fit(s, maxAltText, maxAltBytes)])))
}

// nativeChart makes Slack's own block of a sound chart; nil where that would lose what matters: a range, marks, gaps, the sum of stacked
// bars (Slack puts them side by side), or days and series beyond its limits.
func nativeChart(c bot.Chart) slack.Block {
	n := len(c.Days)
	if c.Low != nil || len(c.Marks) > 0 || n > maxNativeDays || n < 2 || len(c.Series) > maxNativeSeries || c.Stacked && len(c.Series) > 1 {
		return nil
	}
	labels := dayLabels(c.Days)
	series := make([]slack.DataVisualizationDataSeries, 0, len(c.Series))
	for _, s := range c.Series {
		points := make([]slack.DataVisualizationDataPoint, n)
		for i, v := range s.Values {
			if v == nil {
				return nil
			}
			points[i] = slack.NewDataVisualizationDataPoint(labels[i], *v)
		}
		series = append(series, slack.NewDataVisualizationDataSeries(shorten(s.Name, maxNativeName), points...))
	}
	axis := slack.NewDataVisualizationAxisConfig(labels...).WithYLabel(c.Unit)
	var chart slack.DataVisualizationChart = slack.NewDataVisualizationLineChart(axis, series...)
	if c.Stacked {
		chart = slack.NewDataVisualizationBarChart(axis, series...)
	}
	block := slack.NewDataVisualizationBlock(shorten(c.Title, maxNativeTitle), chart)
	if block.Validate() != nil || jsonSize(block) > maxTableBytes { // such as two names that are alike once cut
		return nil
	}
	return block
}

// dayLabels names the days, with the year where they are in several.
func dayLabels(days []time.Time) []string {
	layout := "2 Jan"
	if days[0].Year() != days[len(days)-1].Year() {
		layout = "2 Jan 2006"
	}
	out := make([]string, len(days))
	for i, d := range days {
		out[i] = d.Format(layout)
	}
	return out
}

// shownCharts are the charts that a reply shows at once: those in folds that are opened on demand are not drawn for nobody.
func shownCharts(blocks bot.Blocks) []bot.Chart {
	var out []bot.Chart
	for _, b := range blocks {
		switch b := b.(type) {
		case bot.Chart:
			out = append(out, b)
		case bot.Fold:
			if b.Ask == "" {
				out = append(out, shownCharts(b.Blocks)...)
			}
		}
	}
	return out
}

// withSpark puts a sparkline behind the line of a notification.
func withSpark(line, spark string) string {
	return strings.TrimSpace(fmt.Sprint(line, " ", spark))
}
