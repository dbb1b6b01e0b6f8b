package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"shipmate/bot"
	sandbox "shipmate/sandbox/slack"
)

// chartOf is a chart of so many days that Slack can draw itself.
func chartOf(n int) bot.Chart {
	c := bot.Chart{Title: "Data Transfer", Unit: "USD", Alt: "$440 on the last day, about $58 expected", Series: []bot.ChartSeries{{Name: "actual"}, {Name: "expected", Dashed: true}}}
	for i := range n {
		c.Days = append(c.Days, time.Date(2026, 11, 1+i, 0, 0, 0, 0, time.UTC))
		c.Series[0].Values = append(c.Series[0].Values, new(58+float64(i)))
		c.Series[1].Values = append(c.Series[1].Values, new(58.0))
	}
	return c
}

// banded is a chart that Slack cannot draw.
func banded(n int) bot.Chart {
	c := chartOf(n)
	c.Low, c.High = c.Series[1].Values, c.Series[0].Values
	return c
}

// dot draws every chart as one small picture.
func dot(bot.Chart) ([]byte, error) {
	var b bytes.Buffer
	img := image.NewRGBA(image.Rect(0, 0, 2, 2))
	img.Set(1, 1, color.White)
	err := png.Encode(&b, img)
	return b.Bytes(), err
}

func TestWhatShowsAChart(t *testing.T) {
	t.Parallel()
	change := func(f func(*bot.Chart)) bot.Chart { c := chartOf(5); f(&c); return c }
	for name, tt := range map[string]struct {
		chart bot.Chart
		want  string
	}{
		"lines":         {chartOf(20), "line"},
		"one bar a day": {change(func(c *bot.Chart) { c.Stacked, c.Series = true, c.Series[:1] }), "bar"},
		"stacked":       {change(func(c *bot.Chart) { c.Stacked = true }), "image"},
		"a range":       {banded(5), "image"},
		"many days":     {chartOf(21), "image"},
		"one day":       {chartOf(1), "image"},
		"a mark":        {change(func(c *bot.Chart) { c.Marks = []bot.ChartMark{{Day: 4}} }), "image"},
		"a gap":         {change(func(c *bot.Chart) { c.Series[0].Values[2] = nil }), "image"},
		"too long names": {change(func(c *bot.Chart) {
			c.Series[0].Name, c.Series[1].Name = strings.Repeat("n", 30)+"1", strings.Repeat("n", 30)+"2"
		}), "image"},
		"no title": {change(func(c *bot.Chart) { c.Title = "" }), "image"},
		"empty":    {bot.Chart{Alt: "nothing"}, "image"},
	} {
		files := map[string]string{chartHash(tt.chart.Sound()): "F0123456789"}
		r := bot.Reply{Title: "t", Blocks: bot.Blocks{tt.chart}}
		got := render(r, files)
		checkMessages(t, r, got)
		all := blocksJSON(t, got[0])
		if native := nativeChart(tt.chart.Sound()); !strings.Contains(all, `"type":"`+tt.want+`"`) || (native == nil) != (tt.want == "image") {
			t.Errorf("%s: got %s, want %s", name, all, tt.want)
		}
		if spark := bot.Sparkline(tt.chart.Main()); !strings.HasSuffix(got[0].text, spark) || tt.chart.Days != nil && spark == "" {
			t.Errorf("%s: the notification is %q without the sparkline", name, got[0].text)
		}
		if text := blocksJSON(t, message{blocks: got[0].spare}); !strings.Contains(text, tt.chart.Alt) || strings.Contains(text, "image") {
			t.Errorf("%s: the text in its stead is %s", name, text)
		}
	}
	three := render(bot.Reply{Blocks: bot.Blocks{chartOf(3), chartOf(4), chartOf(5)}}, nil)
	if n := strings.Count(blocksJSON(t, three[0]), "data_visualization"); n != 2 {
		t.Errorf("got %d charts drawn by Slack in a message, which takes 2", n)
	}
}

// A picturing is a workspace with a client that draws, and how often it drew.
type picturing struct {
	t      *testing.T
	server *httptest.Server
	client *Client
	log    *logBuffer
	drawn  atomic.Int32
	to     bot.Place
}

func newPicturing(t *testing.T, o sandbox.Options) *picturing {
	t.Helper()
	o.NoLimits = true
	p := &picturing{t: t, server: newWorkspace(t, o), to: bot.Place{Surface: bot.Slack, Channel: eng}}
	p.client, p.log = newClient(t, p.server.URL, Options{Pace: -1, Draw: func(c bot.Chart) ([]byte, error) {
		p.drawn.Add(1)
		return dot(c)
	}})
	p.client.times.ready = time.Millisecond
	return p
}

func (p *picturing) post(ref string, c bot.Chart) string {
	p.t.Helper()
	ref, err := p.client.Post(p.t.Context(), p.to, ref, "key", bot.Reply{Title: "Costs", Card: "x", Blocks: bot.Blocks{c}})
	if err != nil {
		p.t.Fatalf("the message is lost: %v", err)
	}
	return ref
}

// last is the last message of the channel as it is stored.
func (p *picturing) last() string {
	all := messages(p.t, p.server, eng, "")
	return string(all[len(all)-1].Blocks)
}

func (p *picturing) uploads() int { return len(calls(p.t, p.server, "files.getUploadURLExternal")) }

// A picture is uploaded once and shown in the message; an edit uploads a new one only when the chart changed.
func TestPictureIsUploadedOncePerChart(t *testing.T) {
	t.Parallel()
	p := newPicturing(t, sandbox.Options{})
	before := len(messages(t, p.server, eng, ""))
	ref := p.post("", banded(30))
	first := p.last()
	if !strings.Contains(first, `"slack_file"`) || !strings.Contains(first, "$440 on the last day") {
		t.Fatalf("got %s, want the picture with its description", first)
	}
	if n := len(messages(t, p.server, eng, "")) - before; n != 1 {
		t.Errorf("got %d messages, want 1: the upload shows nowhere else", n)
	}
	other := banded(30)
	other.Alt = "the words changed, the picture did not"
	p.post(ref, other)
	if got := p.last(); p.uploads() != 1 || !strings.Contains(got, "the words changed") {
		t.Errorf("got %d uploads and %s, want 1 and the new words", p.uploads(), got)
	}
	p.post(ref, banded(31))
	if p.uploads() != 2 || p.last() == first {
		t.Errorf("got %d uploads after the chart changed, want 2", p.uploads())
	}
	if p.drawn.Load() != 2 {
		t.Errorf("drawn %d times, want 2", p.drawn.Load())
	}
}

// A bot that was started anew knows from the message which picture it shows.
func TestPictureIsKnownAfterARestart(t *testing.T) {
	t.Parallel()
	p := newPicturing(t, sandbox.Options{})
	for _, thread := range []string{"", "parent"} {
		if thread != "" {
			p.to.Thread = control(t, p.server, "say", map[string]any{"channel": eng, "text": "costs"})["ts"].(string)
		}
		before := p.uploads()
		c := banded(30 + len(thread))
		ref := p.post("", c)
		p.client.pictures = pictures{} // as after a restart
		p.post(ref, c)
		if n := p.uploads() - before; n != 1 {
			t.Errorf("thread %q: got %d uploads, want 1", p.to.Thread, n)
		}
		p.post(ref, banded(40+len(thread)))
		if n := p.uploads() - before; n != 2 {
			t.Errorf("thread %q: got %d uploads after the chart changed, want 2", p.to.Thread, n)
		}
	}
}

// Whatever goes wrong with an upload, the message is there at once, with the picture where it arrived after all and with words and a sparkline
// where not; and it is not uploaded again and again.
func TestFaultsOfUploads(t *testing.T) {
	t.Parallel()
	const get, complete, post = "files.getUploadURLExternal", "files.completeUploadExternal", "chat.postMessage"
	unknown := `{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] invalid slack file [json-pointer:/blocks/1/slack_file]"]}}`
	for name, tt := range map[string]struct {
		faults  []sandbox.Fault
		picture bool
		uploads int // after two posts
	}{
		"no scope":                        {[]sandbox.Fault{{Method: get, Error: "missing_scope"}}, false, 1},
		"refused":                         {[]sandbox.Fault{{Method: get, Error: "file_upload_size_restricted"}}, false, 1},
		"connection broken":               {[]sandbox.Fault{{Method: get}}, false, 1},
		"html instead of an answer":       {[]sandbox.Fault{{Method: get, Status: 200, Body: "<html>"}}, false, 1},
		"rate limit that is too long":     {[]sandbox.Fault{{Method: get, Status: 429, Headers: map[string]string{"Retry-After": "280"}}}, false, 1},
		"rate limit that passes":          {[]sandbox.Fault{{Method: get, Status: 429, Headers: map[string]string{"Retry-After": "1"}}}, true, 2},
		"bytes refused":                   {[]sandbox.Fault{{Method: "upload", Status: 413}}, false, 1},
		"bytes limited":                   {[]sandbox.Fault{{Method: "upload", Status: 429, Headers: map[string]string{"Retry-After": "1"}}}, false, 1},
		"bytes lost":                      {[]sandbox.Fault{{Method: "upload"}}, false, 1},
		"answer to the bytes lost":        {[]sandbox.Fault{{Method: "upload", After: true}}, true, 1},
		"not completed":                   {[]sandbox.Fault{{Method: complete, Error: "file_not_found"}}, false, 1},
		"completed, answer lost":          {[]sandbox.Fault{{Method: complete, After: true}}, true, 1},
		"not completed, connection gone":  {[]sandbox.Fault{{Method: complete}}, true, 1},
		"never completed":                 {[]sandbox.Fault{{Method: complete, Times: 2}}, false, 1},
		"picture not known yet":           {[]sandbox.Fault{{Method: post, Status: 200, Body: unknown, Times: 3}}, true, 1},
		"picture never known":             {[]sandbox.Fault{{Method: post, Status: 200, Body: unknown, Times: 5}}, false, 1},
		"blocks refused for other reason": {[]sandbox.Fault{{Method: post, Error: "invalid_blocks"}}, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPicturing(t, sandbox.Options{})
			for _, f := range tt.faults {
				control(t, p.server, "fault", map[string]any{
					"method": f.Method, "after": f.After, "error": f.Error, "status": f.Status, "headers": f.Headers, "body": f.Body, "times": f.Times,
				})
			}
			before := len(messages(t, p.server, eng, ""))
			c := banded(30)
			ref := p.post("", c)
			got := p.last()
			if has := strings.Contains(got, `"slack_file"`); has != tt.picture {
				t.Errorf("got %s, want a picture: %v\n%s", got, tt.picture, p.log)
			}
			if !strings.Contains(got, c.Alt) || !tt.picture && !strings.Contains(got, bot.Sparkline(c.Main())) {
				t.Errorf("got %s, want its words and, without the picture, the sparkline", got)
			}
			for _, technical := range []string{"scope", "upload", "error", "429"} {
				if strings.Contains(got, technical) {
					t.Errorf("the reader is told of %q: %s", technical, got)
				}
			}
			if n := len(messages(t, p.server, eng, "")) - before; n != 1 {
				t.Errorf("got %d messages, want 1", n)
			}
			p.post(ref, c)
			if n := p.uploads(); n != tt.uploads {
				t.Errorf("got %d uploads, want %d\n%s", n, tt.uploads, p.log)
			}
			if strings.Contains(p.log.String(), "/upload/v1/") {
				t.Errorf("an upload's address is in the log: %s", p.log)
			}
		})
	}
}

// Without the scope the bot starts and says what is missing; without a drawing function, and when it fails, charts are words.
func TestChartsWithoutPictures(t *testing.T) {
	t.Parallel()
	server := newWorkspace(t, sandbox.Options{NoLimits: true, Scopes: without(manifestScopes(), filesScope)})
	c, log := newClient(t, server.URL, Options{Pace: -1, Draw: dot})
	if _, err := c.Check(t.Context()); err != nil || !strings.Contains(log.String(), "scope=files:write") {
		t.Errorf("Check: got %v and the log %s, want a warning", err, log)
	}
	broken, _ := newClient(t, server.URL, Options{Pace: -1, Draw: func(bot.Chart) ([]byte, error) { return nil, errors.New("no ink") }})
	none, _ := newClient(t, server.URL, Options{Pace: -1})
	for name, client := range map[string]*Client{"no scope": c, "no ink": broken, "no drawing": none} {
		ref, err := client.Post(t.Context(), bot.Place{Surface: bot.Slack, Channel: eng}, "", name, bot.Reply{Title: name, Blocks: bot.Blocks{banded(30)}})
		all := messages(t, server, eng, "")
		if got := string(all[len(all)-1].Blocks); err != nil || ref == "" || !strings.Contains(got, "$440 on the last day") {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
}

func without(list []string, s string) []string {
	var out []string
	for _, x := range list {
		if x != s {
			out = append(out, x)
		}
	}
	return out
}

// The workspace takes charts of the bot, as they are and through the real client.
func TestNativeChartIsTaken(t *testing.T) {
	t.Parallel()
	p := newPicturing(t, sandbox.Options{})
	p.post("", chartOf(20))
	if got := p.last(); !strings.Contains(got, `"data_visualization"`) || p.uploads() != 0 || strings.Contains(p.log.String(), "refused") {
		t.Errorf("got %s with %d uploads, want Slack's own chart\n%s", got, p.uploads(), p.log)
	}
	control(t, p.server, "fault", map[string]any{"method": "chat.postMessage", "error": "invalid_blocks"})
	p.post("", chartOf(20))
	if got := p.last(); strings.Contains(got, "data_visualization") || !strings.Contains(got, bot.Sparkline(chartOf(20).Main())) {
		t.Errorf("got %s, want words where Slack does not know its charts", got)
	}
}

func FuzzRenderChart(f *testing.F) {
	f.Add("title", "<!channel> & name", 3, 2, 1.5, true, false)
	f.Add("\xff\u202e", strings.Repeat("<&>", 400), 25, 12, -1e14, false, true)
	f.Fuzz(func(t *testing.T, title, name string, n, series int, v float64, stacked, pictured bool) {
		n, series = min(max(n, 0), 25), min(max(series, 0), 13)
		if len(title)+len(name) > 1500 {
			return
		}
		c := bot.Chart{Title: title, Unit: name, Alt: name, Stacked: stacked}
		for i := range n {
			c.Days = append(c.Days, time.Date(2026, 12, 20+i, 0, 0, 0, 0, time.UTC))
		}
		for i := range series {
			s := bot.ChartSeries{Name: fmt.Sprint(name, i)}
			for d := range n {
				s.Values = append(s.Values, new(v*float64(d-i)))
			}
			c.Series = append(c.Series, s)
		}
		files := map[string]string{}
		if pictured {
			files[chartHash(c.Sound())] = "F0123456789"
		}
		r := bot.Reply{Title: title, Blocks: bot.Blocks{c, bot.Fold{Title: name, Blocks: bot.Blocks{c}}, c}}
		got := render(r, files)
		checkMessages(t, r, got)
		for _, m := range got {
			if m.spare == nil {
				continue
			}
			if data, err := json.Marshal(m.spare); err != nil || len(data) >= 12_000 {
				t.Errorf("the text in stead of charts has %d bytes (%v)", len(data), err)
			}
		}
	})
}
