package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"shipmate/bot"
	"shipmate/handlers/pulls"
	"shipmate/state/audit"
)

// configCheck collects faults with their lines.
type configCheck struct {
	path   string
	file   *ast.File
	faults []string
}

// fault notes what is wrong with the value of a key such as "$.slack.api_url".
func (c *configCheck) fault(key, format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf("%s:%d: %s: %s", c.path, c.line(key), strings.TrimPrefix(key, "$."), fmt.Sprintf(format, args...)))
}

// line returns the line of key, else of the nearest key around it that the file has, else 1.
func (c *configCheck) line(key string) int {
	for c.file != nil && key != "$" && key != "" {
		if path, err := yaml.PathString(key); err == nil {
			if node, err := path.FilterFile(c.file); err == nil && node != nil && node.GetToken() != nil {
				return node.GetToken().Position.Line
			}
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
	return 1
}

var (
	botName  = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,20}$`)
	repoName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$`)
	slackID  = regexp.MustCompile(`^[UWS][A-Z0-9]{2,}$`)

	channelID = regexp.MustCompile(`^[CG][A-Z0-9]{2,}$`)
	botID     = regexp.MustCompile(`^[BUW][A-Z0-9]{2,}$`)
)

// config checks what the types do not say, and reads the secrets.
func (c *configCheck) config(cfg *Config, dir string, getenv func(string) string) {
	if !botName.MatchString(cfg.Name) {
		c.fault("$.name", "%q is no name: use lower-case letters, digits, - and _", cfg.Name)
	}
	c.address("$.slack.api_url", cfg.Slack.APIURL)
	for key, secret := range map[string]*Secret{
		"$.slack.app_token": &cfg.Slack.AppToken, "$.slack.bot_token": &cfg.Slack.BotToken,
	} {
		if err := secret.resolve(dir, getenv); err != nil {
			c.fault(key, "%v", err)
		}
	}
	if cfg.Audit.Key.name != "" {
		err := cfg.Audit.Key.resolve(dir, getenv)
		if err == nil {
			_, err = audit.ParseKey(cfg.Audit.Key.value)
		}
		if err != nil {
			c.fault("$.audit.key", "%v", err)
		}
	}
	c.github(&cfg.GitHub, dir, getenv)
	c.costs(&cfg.Costs, dir)
	var err error
	if cfg.Slack.pace, err = time.ParseDuration(cfg.Slack.Pace); err != nil || cfg.Slack.pace < 0 || cfg.Slack.pace > time.Minute {
		c.fault("$.slack.pace", "%q is no time between 0s and 1m", cfg.Slack.Pace)
	}
	if cfg.Slack.pace == 0 {
		cfg.Slack.pace = -1
	}
	if _, err := logLevel(cfg.Log.Level); err != nil {
		c.fault("$.log.level", "%q is no level: debug, info, warn or error", cfg.Log.Level)
	}
	if cfg.Data == "" {
		c.fault("$.data", "is empty: name a folder")
	} else if !filepath.IsAbs(cfg.Data) {
		cfg.Data = filepath.Join(dir, cfg.Data)
	}
	if host, _, err := net.SplitHostPort(cfg.Listen); cfg.Listen != "" && (err != nil || !loopback(host)) {
		c.fault("$.listen", "%q is no address on this machine: write 127.0.0.1:PORT", cfg.Listen)
	}
	c.access(cfg.Access)
	c.places(cfg.Access)
	cfg.Access.follow()
	if list, limited := cfg.Access.Channels["costs"]; limited && cfg.Costs.Channel != "" && !slices.Contains(list, cfg.Costs.Channel) {
		c.fault("$.costs.channel", "%s is not among the channels in which costs may be answered: add it to access.channels.costs, or tell anomalies elsewhere", cfg.Costs.Channel)
	}
	if n := cfg.Limits.PerMinute; n < 0 || n > 10_000 {
		c.fault("$.limits.per_minute", "%d is no number of questions from 0 (no limit) to 10000", n)
	}
	c.pulls(cfg.Pulls)
	if !slices.Contains([]string{"text", "json"}, cfg.Log.Format) {
		c.fault("$.log.format", "%q is no format: text or json", cfg.Log.Format)
	}
	for i, job := range cfg.Schedules {
		if err := job.Check(); err != nil {
			c.fault(fmt.Sprintf("$.schedules[%d]", i), "%v", err)
		}
	}
	slices.Sort(c.faults)
}

func (c *configCheck) access(a AccessConfig) {
	for key, list := range map[string][]string{"viewer": a.Viewer, "operator": a.Operator, "admin": a.Admin} {
		for i, id := range list {
			if id != "members" && !slackID.MatchString(id) {
				c.fault(fmt.Sprintf("$.access.%s[%d]", key, i), "%q is no Slack user ID (U…), user-group ID (S…) or the word members; names are not accepted, because people can change theirs", id)
			}
		}
	}
}

// webhook checks where GitHub delivers to. It speaks no TLS, so it listens on this machine only, behind something that does.
func (c *configCheck) webhook(w *WebhookConfig, dir string, getenv func(string) string) {
	if w.Listen == "" {
		return
	}
	if host, _, err := net.SplitHostPort(w.Listen); err != nil || !loopback(host) {
		c.fault("$.github.webhook.listen", "%q is no address on this machine: write 127.0.0.1:PORT and have your proxy, which speaks TLS, pass deliveries on", w.Listen)
	}
	if len(w.Secrets) == 0 || len(w.Secrets) > 2 {
		c.fault("$.github.webhook.secrets", "must name one secret, or two while the old one is being replaced")
	}
	for i := range w.Secrets {
		key := fmt.Sprintf("$.github.webhook.secrets[%d]", i)
		if err := w.Secrets[i].resolve(dir, getenv); err != nil {
			c.fault(key, "%v", err)
		} else if len(w.Secrets[i].value) < 16 {
			c.fault(key, "is shorter than 16 bytes: anybody could guess it")
		}
	}
}

// places checks where commands may be used.
func (c *configCheck) places(a AccessConfig) {
	known := commandNames()
	for name, list := range a.Channels {
		key := "$.access.channels." + name
		if !slices.Contains(known, name) {
			c.fault(key, "is no command: write one of %s", strings.Join(known, ", "))
		}
		for i, place := range list {
			if place != bot.Direct && !channelID.MatchString(place) && !repoName.MatchString(place) {
				c.fault(fmt.Sprintf("%s[%d]", key, i), "%q is no Slack channel ID (C…), no owner/repository and not the word %s", place, bot.Direct)
			}
		}
	}
	for i, id := range a.Bots {
		if !botID.MatchString(id) {
			c.fault(fmt.Sprintf("$.access.bots[%d]", i), "%q is no bot's ID (B…) or user ID (U…)", id)
		}
	}
}

// address refuses what is not https, except on this machine.
func (c *configCheck) address(key, address string) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		c.fault(key, "is no address: write https://host/")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		c.fault(key, "must begin with https:// (http:// only for this machine): tokens are sent there")
	}
}

// loopback reports whether host names this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// logLevel reads the name of a level.
func logLevel(name string) (level slog.Level, err error) {
	return level, level.UnmarshalText([]byte(name))
}

// pulls checks what tunes the pull request commands.
func (c *configCheck) pulls(cfg PullsConfig) {
	if err := cfg.Risk.Check(); err != nil {
		c.fault("$.pulls.risk", "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	if err := cfg.Hours.Check(); err != nil {
		c.fault("$.pulls.hours", "%v", err)
	}
	if err := pulls.CheckPeople(cfg.People); err != nil {
		c.fault("$.pulls.people", "%v", err)
	}
}
