package plot

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-analyze/charts"

	"shipmate/bot"
)

// daily are n days, up to 21 November 2026.
func daily(n int) []time.Time {
	out := make([]time.Time, n)
	for i := range out {
		out[i] = time.Date(2026, 11, 21-n+1+i, 0, 0, 0, 0, time.UTC)
	}
	return out
}

// row makes a value for each day; NaN is one that is not known.
func row(n int, value func(i int) float64) []bot.ChartValue {
	out := make([]bot.ChartValue, n)
	for i := range out {
		if v := value(i); !math.IsNaN(v) {
			out[i] = &v
		}
	}
	return out
}

// anomaly is a chart of a weekly pattern with a rise in the last days.
func anomaly(n int, scale float64) bot.Chart {
	expected := func(i int) float64 { return scale * (58 + 9*math.Sin(float64(i)*2*math.Pi/7) + float64(i)*0.01) }
	actual := func(i int) float64 {
		v := expected(i) + scale*4*math.Sin(float64(i*i))
		if i >= n-4 {
			v += scale * (300 + 25*float64(i-n+4))
		}
		return v
	}
	return bot.Chart{
		Title: "Data Transfer, prod-eu", Unit: "USD", Alt: "x", Days: daily(n),
		Series: []bot.ChartSeries{{Name: "actual", Values: row(n, actual)}, {Name: "expected", Values: row(n, expected), Dashed: true}},
		Low:    row(n, func(i int) float64 { return expected(i) * 0.75 }), High: row(n, func(i int) float64 { return expected(i) * 1.25 }),
		Marks: []bot.ChartMark{{Day: max(n-4, 0), Text: "opened 18 Nov"}},
	}
}

func stacked(days, series int) bot.Chart {
	c := bot.Chart{Title: "Cost by service", Unit: "USD", Alt: "x", Days: daily(days), Stacked: true}
	names := []string{"Amazon Elastic Compute Cloud - Compute", "Amazon S3", "Amazon RDS", "AWS Data Transfer", "CloudFront", "Lambda", "Преобразование данных", "Réseau privé"}
	for i := range series {
		name := fmt.Sprint("service ", i)
		if i < len(names) {
			name = names[i]
		}
		c.Series = append(c.Series, bot.ChartSeries{Name: name, Values: row(days, func(d int) float64 { return 900/float64(i+1) + 60*math.Sin(float64(d*(i+1))) })})
	}
	return c
}

// cases are the charts that are looked at.
func cases() map[string]bot.Chart {
	gaps := anomaly(30, 1)
	for i := 8; i < 14; i++ {
		gaps.Series[0].Values[i] = nil
	}
	gaps.Series[0].Values[11] = new(61.0)
	gaps.Low[20], gaps.High[3] = nil, nil
	gaps.Marks = append(gaps.Marks, bot.ChartMark{Day: 9, Text: "no data"}, bot.ChartMark{Day: 27, Text: "touches the other"})
	one := anomaly(30, 1)
	one.Days = one.Days[29:]
	one.Marks = []bot.ChartMark{{Day: 0, Text: "new"}}
	zero := anomaly(30, 0)
	zero.Title, zero.Marks = "Nothing spent", nil
	names := stacked(30, 3)
	names.Title = strings.Repeat("Очень длинное название ", 12)
	names.Series[0].Name = strings.Repeat("クラウド", 40)
	credits := stacked(14, 3)
	credits.Series = append(credits.Series, bot.ChartSeries{Name: "credits", Values: row(14, func(i int) float64 { return -400 })})
	plain := anomaly(30, 1)
	plain.Low, plain.High, plain.Marks = nil, nil, nil
	plain.Series = append(plain.Series, bot.ChartSeries{Name: "last month", Values: row(30, func(i int) float64 { return 140 + 30*math.Cos(float64(i)) })})
	return map[string]bot.Chart{
		"30 days": anomaly(30, 1), "400 days": anomaly(400, 1), "one point": one, "all zero": zero, "huge": anomaly(30, 3e9), "tiny": anomaly(30, 1e-4), "gaps": gaps,
		"15 series": stacked(30, 15), "400 bars": stacked(400, 5), "one bar": stacked(1, 4), "long names": names, "negative": credits, "lines": plain,
		"month ends": stacked(90, 2),
	}
}

// Each chart becomes a picture of the one size. With -artifacts the pictures are kept to be looked at.
func TestPictures(t *testing.T) {
	t.Parallel()
	for name, c := range cases() {
		data, err := PNG(c)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := os.WriteFile(filepath.Join(t.ArtifactDir(), strings.ReplaceAll(name, " ", "-")+".png"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		config, err := png.DecodeConfig(bytes.NewReader(data))
		if err != nil || config.Width != width || config.Height != height {
			t.Errorf("%s: got %d×%d, %v, want %d×%d", name, config.Width, config.Height, err, width, height)
		}
	}
}

// The same chart gives the same bytes.
func TestPicturesAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	for _, c := range []bot.Chart{anomaly(9, 1), stacked(9, 12)} {
		one, err := PNG(c)
		other, again := PNG(c)
		if err != nil || again != nil || !bytes.Equal(one, other) {
			t.Errorf("%s: another picture the second time (%v, %v)", c.Title, err, again)
		}
	}
}

// seen reports whether a pixel within the box has nearly the colour.
func seen(img image.Image, box image.Rectangle, r, g, b uint8) bool {
	near := func(have uint32, want uint8) bool { return math.Abs(float64(have>>8)-float64(want)) < 12 }
	for y := box.Min.Y; y < box.Max.Y; y += 2 { // lines are wider
		for x := box.Min.X; x < box.Max.X; x += 2 {
			if pr, pg, pb, _ := img.At(x, y).RGBA(); near(pr, r) && near(pg, g) && near(pb, b) {
				return true
			}
		}
	}
	return false
}

// The line, the range and the mark are where they belong: the mark only with the anomaly at the right, and nothing is drawn of a chart without values.
func TestWhatIsDrawn(t *testing.T) {
	t.Parallel()
	draw := func(c bot.Chart) image.Image {
		data, err := PNG(c)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	img := draw(anomaly(30, 1))
	all, leftHalf := img.Bounds(), image.Rect(100, 90, 400, 460)
	if !seen(img, all, alarm.R, alarm.G, alarm.B) || seen(img, leftHalf, alarm.R, alarm.G, alarm.B) {
		t.Error("the mark is not at the right alone")
	}
	line := colour(0)
	if !seen(img, leftHalf, line.R, line.G, line.B) || !seen(img, leftHalf, muted.R, muted.G, muted.B) {
		t.Error("the line or what was expected is missing at the left")
	}
	if !seen(img, leftHalf, 0xce, 0xe2, 0xee) {
		t.Error("the range is missing at the left")
	}
	_, _, _, alpha := img.At(0, 0).RGBA()
	if alpha != 0xffff {
		t.Error("the ground is not opaque")
	}
	img = draw(stacked(14, 15))
	for i := range maxBars {
		if c := (&picture{}).barColour(i); !seen(img, all, c.R, c.G, c.B) {
			t.Errorf("colour %d is missing in the bars", i)
		}
	}
	for name, c := range map[string]bot.Chart{
		"nothing": {}, "no days": {Series: []bot.ChartSeries{{Name: "a", Values: row(3, func(int) float64 { return 1 })}}},
		"nothing known": {Days: daily(3), Series: []bot.ChartSeries{{Values: row(3, func(int) float64 { return math.Inf(1) })}}},
	} {
		if _, err := PNG(c); !errors.Is(err, ErrEmpty) {
			t.Errorf("%s: got %v, want ErrEmpty", name, err)
		}
	}
}

// The fuzzer has drawings written down instead of painted, which takes a tenth of the time and passes through all of the code here.
func FuzzDraw(f *testing.F) {
	f.Add("name", 30, 3, 1.5, 2.0, true)
	f.Add("\xff\u202e名", 1, 1, 1e14, -1e14, false)
	f.Add("", 400, 12, 5e-324, 0.0, false)
	f.Fuzz(func(t *testing.T, text string, n, series int, v, w float64, bars bool) {
		n, series = min(max(n, 0), 400), min(max(series, 0), 20)
		if len(text) > 300 {
			return
		}
		c := bot.Chart{Title: text, Unit: text, Alt: text, Days: daily(n), Stacked: bars, Marks: []bot.ChartMark{{Day: n / 2, Text: text}, {Day: -1}}}
		for i := range series {
			c.Series = append(c.Series, bot.ChartSeries{Name: text, Dashed: i%2 == 1, Values: row(n, func(d int) float64 { return v + w*float64(d*i) })})
		}
		c.Low, c.High = row(n, func(int) float64 { return w }), row(n/2, func(int) float64 { return v })
		p, err := drawn(c, charts.ChartOutputSVG)
		if errors.Is(err, ErrEmpty) {
			return
		}
		data, err := p.Bytes()
		if err != nil || bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte("-9223372036854775808")) {
			t.Errorf("got %s, %v", data, err)
		}
	})
}

func BenchmarkPNG(b *testing.B) {
	for name, c := range map[string]bot.Chart{"lines of 90 days": anomaly(90, 1), "bars of 30 days": stacked(30, 12)} {
		b.Run(name, func(b *testing.B) {
			size := 0
			for b.Loop() {
				data, err := PNG(c)
				if err != nil {
					b.Fatal(err)
				}
				size = len(data)
			}
			b.ReportMetric(float64(size), "bytes/picture")
		})
	}
}
