package plot

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/go-analyze/charts"

	"shipmate/bot"
)

// Colours. The ground is light whatever the page is; text on it has a contrast of at least 4.5, as WCAG 2.2 asks.
var (
	ground   = rgb(0xfb, 0xfb, 0xfc)
	edge     = rgb(0xd0, 0xd5, 0xdb)
	rule     = rgb(0xe4, 0xe7, 0xeb)
	axis     = rgb(0xa3, 0xab, 0xb5)
	ink      = rgb(0x1d, 0x21, 0x26)
	muted    = rgb(0x57, 0x60, 0x6a)
	alarm    = rgb(0xb8, 0x4a, 0x00) // Okabe and Ito's vermilion, dark enough for text
	bandFill = charts.Color{R: 0x00, G: 0x72, B: 0xb2, A: 46}
)

// colour is that of the i-th series. Lines and texts need the darker ones first.
func colour(i int) charts.Color {
	palette := [...]charts.Color{
		rgb(0x00, 0x64, 0x9e), rgb(0xe6, 0x9f, 0x00), rgb(0x00, 0x9e, 0x73), rgb(0xcc, 0x79, 0xa7),
		rgb(0x56, 0xb4, 0xe9), rgb(0xd5, 0x5e, 0x00), rgb(0x4b, 0x3f, 0x8f),
	}
	if i < len(palette) {
		return palette[i]
	}
	return rgb(0x9a, 0xa2, 0xac) // the rest
}

func rgb(r, g, b uint8) charts.Color { return charts.Color{R: r, G: g, B: b, A: 0xff} }

// A style is how a text is written.
type style struct {
	family string
	size   float64
	colour charts.Color
}

var (
	title = style{charts.FontFamilyNotoSansBold, 23, ink}
	small = style{charts.FontFamilyNotoSans, 18, muted}
	label = style{charts.FontFamilyNotoSans, 19, ink}
)

func (s style) font() charts.FontStyle {
	return charts.FontStyle{FontSize: s.size, FontColor: s.colour, Font: charts.GetFont(s.family)}
}

// write writes a text with its base line at y.
func (p *picture) write(text string, x, y int, s style) {
	if text != "" {
		p.Text(text, x, y, 0, s.font())
	}
}

// long is the length of a text in pixels.
func (p *picture) long(text string, s style) int { return p.MeasureText(text, 0, s.font()).Width() }

func (p *picture) widest(texts []string, s style) int {
	most := 0
	for _, t := range texts {
		most = max(most, p.long(t, s))
	}
	return most
}

// cut shortens a text to a length in pixels, with an ellipsis.
func (p *picture) cut(text string, s style, room int) string {
	if p.long(text, s) <= room {
		return text
	}
	ends := make([]int, 0, utf8.RuneCountInString(text))
	for i := range text {
		ends = append(ends, i)
	}
	fits := sort.Search(len(ends), func(i int) bool { return p.long(text[:ends[i]]+"…", s) > room })
	if fits == 0 {
		return ""
	}
	return text[:ends[fits-1]] + "…"
}

// legible returns a chart whose texts can be written with the fonts there are: a question mark stands for each row of other characters, such as
// Chinese, and a number for a name of nothing else. The words of the message have them all.
func legible(c bot.Chart) bot.Chart {
	c.Title, c.Unit = written(c.Title), written(c.Unit)
	for i := range c.Series {
		if c.Series[i].Name = written(c.Series[i].Name); strings.Trim(c.Series[i].Name, "? ") == "" {
			c.Series[i].Name = fmt.Sprint("no. ", i+1)
		}
	}
	for i := range c.Marks {
		if c.Marks[i].Text = written(c.Marks[i].Text); strings.Trim(c.Marks[i].Text, "? ") == "" {
			c.Marks[i].Text = ""
		}
	}
	return c
}

func written(text string) string {
	var b strings.Builder
	before := false // there is a question mark for what cannot be written
	for _, r := range text {
		can := slices.ContainsFunc([]string{charts.FontFamilyNotoSans, charts.FontFamilyRoboto}, func(family string) bool {
			return charts.GetFont(family).Index(r) != 0
		})
		switch {
		case can:
			b.WriteRune(r)
		case !before:
			b.WriteByte('?')
		}
		before = !can
	}
	return b.String()
}
