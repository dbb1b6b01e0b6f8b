// Package slack brings Slack to the bot: it receives mentions, messages, button presses and slash commands over Socket Mode, shows
// replies as Block Kit messages, and tells the roles of people.
//
// The Web API and the wire types come from slack-go. The socket itself is ours, because acknowledging only what was accepted, on the
// socket that delivered it, and backing off by the reason of a disconnect need the frames themselves.
package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"shipmate/bot"
)

// Options configure a Client.
type Options struct {
	// APIURL is the base of the Web API; "" means https://slack.com/api/. Anything but https is refused, except on a loopback host.
	APIURL string
	// AppToken is the app-level token (xapp-…, scope connections:write) that opens sockets.
	AppToken string
	// BotToken is the bot's token (xoxb-…) for everything else.
	BotToken string
	// Roles say who may do what; the zero value lets nobody do anything.
	Roles Roles
	// Sockets is how many sockets are kept open side by side, so that nothing is missed while one is replaced: 1 to 4, 0 means two. Slack lets an
	// app have ten, and each needs a second place while it is replaced.
	Sockets int
	// Positions keeps how far the channels have been looked through for what no socket delivered. Nil: nothing is looked for.
	Positions positionStore
	// Pace is the time between two messages in one channel, after a few that may follow each other at once; 0 is Slack's rule of one a second,
	// less than 0 is no limit.
	Pace time.Duration
	// Previews has previews shown below links: the bot hears of links to the hosts that the app has registered.
	Previews bool
	// Draw draws a chart as a PNG picture, for charts that Slack cannot draw itself; it needs the scope files:write. Nil: these are text.
	Draw func(bot.Chart) ([]byte, error)
	// Meter is told what happens; nil: nobody is.
	Meter bot.Meter
	// Log receives what people who run the bot should know, never what people wrote; nil discards it.
	Log *slog.Logger
}

// A Client is the bot's connection to one workspace. It is a bot.Source and a bot.Poster, and its Role is a bot.Access. All its methods
// may be called from several goroutines; Run only once at a time.
type Client struct {
	api      *slack.Client
	dialer   *websocket.Dialer
	secure   bool // the API is reached by https, so sockets must be encrypted too
	log      *slog.Logger
	redact   redactor
	roles    Roles
	previews bool
	drawing  func(bot.Chart) ([]byte, error)
	times    times
	http     *http.Transport
	meter    bot.Meter

	sockets   int // to be kept open
	positions positionStore
	live      live
	opens     budget // of apps.connections.open
	pace      pace
	limited   limitedMethods

	who      identityCache
	people   *cache[slack.User]
	groups   *cache[[]string]
	directs  *cache[string] // direct messages, by person
	channels keyedLocks
	pictures pictures
	status   statusBoard
	counters counters
	pending  sync.WaitGroup // short-lived work in the background: statuses
}

// times are the Client's intervals, apart so that tests need not wait.
type times struct {
	accept   time.Duration // for accepting an envelope; Slack sends it again after 3 s
	ping     time.Duration // between our pings
	silence  time.Duration // without a ping, a pong or a frame, after which a socket counts as dead
	stable   time.Duration // after hello, until which an ending connection counts as a failure
	backoff  time.Duration // after the first failure; doubles
	maxWait  time.Duration // longest back-off
	handover time.Duration // for which a socket that was told to go may still deliver
	goodbye  time.Duration // for the answer to our CLOSE frame
	status   time.Duration // before a status is shown: what is answered sooner needs none
	post     time.Duration // for showing one reply, waits for rate limits included, where the caller sets no deadline
	picture  time.Duration // for uploading one
	ready    time.Duration // before a message with a picture that Slack does not know yet is sent again; doubles
	// pictureRest is the time before a chart that could not be uploaded is tried again.
	pictureRest time.Duration
	remember    time.Duration // for which people, groups and direct messages are believed
	reconnect   time.Duration // for opening a socket, from the API call to hello
	stagger     time.Duration // before the second socket is opened
	yield       time.Duration // before a further socket is tried again where Slack has too many and one works
	scan        time.Duration // between two looks for what was missed
	soonest     time.Duration // between two looks, whatever happens
	margin      time.Duration // before a look that the next one looks at again: clocks differ, and Slack repeats what was not acknowledged; what was taken is known
	settle      time.Duration // for which a message may be on its way
	tier        time.Duration // between two calls of a method in a scan, after the first few
}

func defaultTimes() times {
	return times{
		accept: 2500 * time.Millisecond, ping: 10 * time.Second, silence: 35 * time.Second, stable: 30 * time.Second,
		backoff: 500 * time.Millisecond, maxWait: 30 * time.Second, handover: 15 * time.Second, goodbye: time.Second,
		status: 150 * time.Millisecond, post: 3 * time.Minute, picture: 20 * time.Second, ready: 300 * time.Millisecond, pictureRest: 10 * time.Minute, remember: 5 * time.Minute, reconnect: 20 * time.Second,
		stagger: time.Second, yield: 5 * time.Minute, scan: 10 * time.Minute, soonest: time.Minute, settle: 10 * time.Second,
		margin: 5 * time.Minute, tier: 1200 * time.Millisecond,
	}
}

const (
	opensPerMinute = 10 // sockets that are opened within a minute at the most, whatever Slack does
	mostSockets    = 4
)

// New checks the options and returns a Client. It does not connect: Check and Run do.
func New(o Options) (*Client, error) {
	base, err := apiURL(o.APIURL)
	if err != nil {
		return nil, err
	}
	if err := checkTokens(o.AppToken, o.BotToken); err != nil {
		return nil, err
	}
	if err := o.Roles.check(); err != nil {
		return nil, err
	}
	if o.Sockets < 0 || o.Sockets > mostSockets {
		return nil, fmt.Errorf("slack sockets: %d is not a number from 1 to %d", o.Sockets, mostSockets)
	}
	c := &Client{
		secure: base.Scheme == "https",
		log:    cmp.Or(o.Log, slog.New(slog.DiscardHandler)),
		redact: newRedactor(o.AppToken, o.BotToken),
		roles:  o.Roles, previews: o.Previews, drawing: o.Draw,
		times:  defaultTimes(),
		http:   newHTTPTransport(),
		dialer: &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: 10 * time.Second},
		meter:  cmp.Or[bot.Meter](o.Meter, bot.NoMeter{}),

		sockets: cmp.Or(o.Sockets, 2), positions: o.Positions,
		live:  live{back: make(chan struct{}, 1)},
		opens: budget{most: opensPerMinute},
		pace:  pace{every: cmp.Or(o.Pace, time.Second), burst: postBurst},
	}
	c.people = newCache[slack.User](c.times.remember)
	c.groups = newCache[[]string](c.times.remember)
	c.directs = newCache[string](c.times.remember)
	c.api = slack.New(o.BotToken,
		slack.OptionAppLevelToken(o.AppToken),
		slack.OptionAPIURL(base.String()),
		slack.OptionHTTPClient(newHTTPClient(&limitedTransport{c.http, &c.limited, c.meter})),
		slack.OptionRetryConfig(slack.RetryConfig{MaxRetries: maxRetries, Handlers: []slack.RetryHandler{rateLimitHandler{}}}),
	)
	return c, nil
}

var (
	_ bot.Source = (*Client)(nil)
	_ bot.Poster = (*Client)(nil)
	_ bot.Access = (*Client)(nil).Role
)

// apiURL checks the base of the Web API and gives it the slash at the end that slack-go expects.
func apiURL(s string) (*url.URL, error) {
	u, err := url.Parse(cmp.Or(s, slack.APIURL))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the Slack API URL must look like https://slack.com/api/")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, fmt.Errorf("the Slack API URL must begin with https://: tokens are sent to %s (http is for this machine only)", u.Host)
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkTokens finds tokens that are missing, mixed up or of another kind. Its errors never repeat a token.
func checkTokens(app, bot string) error {
	isApp := func(s string) bool { return strings.HasPrefix(s, "xapp-") }
	isBot := func(s string) bool { return strings.HasPrefix(s, "xoxb-") }
	switch {
	case isBot(app) && isApp(bot):
		return errors.New("the two Slack tokens are mixed up: the app-level token begins with xapp-, the bot token with xoxb-")
	case app == "":
		return errors.New("the Slack app-level token is missing: it begins with xapp- (Basic Information, App-Level Tokens, scope connections:write)")
	case bot == "":
		return errors.New("the Slack bot token is missing: it begins with xoxb- (OAuth & Permissions, Bot User OAuth Token)")
	case !isApp(app):
		return errors.New("the Slack app-level token is of another kind: it must begin with xapp- (Basic Information, App-Level Tokens, scope connections:write)")
	case !isBot(bot):
		return errors.New("the Slack bot token is of another kind: it must begin with xoxb- (OAuth & Permissions, Bot User OAuth Token)")
	}
	return nil
}

// Close waits for what is still done in the background, at most a few seconds, and closes idle connections. The Client must not be used
// afterwards.
func (c *Client) Close() error {
	c.pending.Wait()
	c.http.CloseIdleConnections()
	return nil
}

// deadline bounds ctx by d unless it has a deadline already.
func deadline(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}
