package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"shipmate/bot"
	"shipmate/handlers/pulls"
	"shipmate/integrations/schedule"
	"shipmate/state/audit"
)

// Config is the shape of config.yaml, which explains each key.
type Config struct {
	Name      string         `yaml:"name"`
	Slack     SlackConfig    `yaml:"slack"`
	GitHub    GitHubConfig   `yaml:"github"`
	Access    AccessConfig   `yaml:"access"`
	Limits    LimitsConfig   `yaml:"limits"`
	Audit     AuditConfig    `yaml:"audit"`
	Pulls     PullsConfig    `yaml:"pulls"`
	Schedules []schedule.Job `yaml:"schedules"`
	Data      string         `yaml:"data"`   // folder; relative to the file
	Listen    string         `yaml:"listen"` // address of the health check; "" is off
	Log       LogConfig      `yaml:"log"`
}

// SlackConfig says which workspace the bot serves.
type SlackConfig struct {
	APIURL   string `yaml:"api_url"`
	AppToken Secret `yaml:"app_token"`
	BotToken Secret `yaml:"bot_token"`
	Pace     string `yaml:"pace"` // a duration such as 1s

	pace time.Duration // Pace, once checked; less than 0: without limit
}

// GitHubConfig says which repositories the bot reads and answers on.
type GitHubConfig struct {
	BaseURL string        `yaml:"base_url"`
	Token   Secret        `yaml:"token"`
	Login   string        `yaml:"login"`
	Repos   []string      `yaml:"repos"`
	Poll    string        `yaml:"poll"` // a duration such as 15s
	Webhook WebhookConfig `yaml:"webhook"`

	poll time.Duration // Poll, once checked
	pace time.Duration // between writes; 0 is what GitHub asks for; the sandbox asks for less
}

// WebhookConfig says where GitHub delivers comments, beside their being asked for.
type WebhookConfig struct {
	Listen  string           `yaml:"listen"` // address; "" is off
	Path    string           `yaml:"path"`
	Secrets []Secret         `yaml:"secrets"` // one, or two while the old one is being replaced
	URL     string           `yaml:"url"`     // the address that GitHub was given
	Hooks   map[string]int64 `yaml:"hooks"`   // the webhooks' numbers by repository, where they cannot be looked up
}

func (w WebhookConfig) secrets() (values []string) {
	for _, s := range w.Secrets {
		values = append(values, s.value)
	}
	return values
}

// AccessConfig gives roles to people in Slack. On GitHub, the repository's own permissions decide.
type AccessConfig struct {
	Viewer   []string `yaml:"viewer"`
	Operator []string `yaml:"operator"`
	Admin    []string `yaml:"admin"`
	Bots     []string `yaml:"bots"` // other bots that have the role viewer
	// Channels are where a command may be used, by its name; one that is not named may be used everywhere.
	Channels map[string][]string `yaml:"channels"`
}

// LimitsConfig bounds what the bot takes on.
type LimitsConfig struct {
	PerMinute int `yaml:"per_minute"` // questions of one person; 0: without limit
}

// AuditConfig says how the audit log is proved.
type AuditConfig struct {
	Key Secret `yaml:"key"` // 64 hexadecimal digits; none: one is made in the data folder
}

// PullsConfig tunes the pull request commands.
type PullsConfig struct {
	Risk pulls.Weights `yaml:"risk"`
}

// LogConfig says what is logged to standard error, and how.
type LogConfig struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// defaultConfig is what holds for keys that are not given.
func defaultConfig() Config {
	return Config{
		Name:   "shipmate",
		Slack:  SlackConfig{APIURL: "https://slack.com/api/", Pace: "1s"},
		GitHub: GitHubConfig{BaseURL: "https://api.github.com/", Poll: "15s", Webhook: WebhookConfig{Path: "/github/webhook"}},
		Access: AccessConfig{Viewer: []string{"members"}},
		Limits: LimitsConfig{PerMinute: 10},
		Pulls:  PullsConfig{Risk: pulls.DefaultWeights()},
		Data:   "data",
		Listen: "127.0.0.1:8138",
		Log:    LogConfig{Level: "info", Format: "text"},
	}
}

// A ConfigError is everything that is wrong with a configuration file: a line for each fault, which names the place and what to do.
type ConfigError struct{ Faults []string }

// Error joins the faults.
func (e *ConfigError) Error() string { return strings.Join(e.Faults, "\n") }

// loadConfig reads and checks the file at path. getenv is where env: secrets come from.
func loadConfig(path string, getenv func(string) string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w (start from the config.yaml of the repository, or name a file with --config)", err)
	}
	return parseConfig(path, data, getenv)
}

func parseConfig(path string, data []byte, getenv func(string) string) (Config, error) {
	c := defaultConfig()
	file, err := decodeYAML(data, &c)
	if err != nil && strings.TrimSpace(string(data)) != "" {
		return Config{}, &ConfigError{[]string{path + ":" + yamlFault(err)}}
	}
	check := &configCheck{path: path, file: file}
	check.config(&c, filepath.Dir(path), getenv)
	if len(check.faults) > 0 {
		return Config{}, &ConfigError{check.faults}
	}
	return c, nil
}

// decodeYAML reads data into c, strictly. The YAML package panics on some malformed files (a tag in place of a list, for one): that is an error too.
func decodeYAML(data []byte, c *Config) (file *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("1: this is YAML that cannot be read: leave out tags (!…) and empty list items")
		}
	}()
	if file, err = parser.ParseBytes(data, 0); err != nil {
		return nil, err
	}
	return file, yaml.UnmarshalWithOptions(data, c, yaml.Strict())
}

// yamlFault turns an error of the YAML package into "line:column: message". The message keeps no excerpt of the file and nothing that
// looks like a token.
func yamlFault(err error) string {
	text := yaml.FormatError(err, false, false)
	if m := yamlPlace.FindStringSubmatch(text); m != nil {
		text = m[1] + ":" + m[2] + ": " + m[3]
	}
	return tokenLike.ReplaceAllString(strings.TrimSpace(text), "[hidden]")
}

var (
	yamlPlace = regexp.MustCompile(`^\[(\d+):(\d+)\] (.*)`)
	tokenLike = regexp.MustCompile(`(xox[a-z]|xapp|xwfp|gh[pousr]|github_pat)[-_][A-Za-z0-9_-]{4,}`)
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
	c.address("$.github.base_url", cfg.GitHub.BaseURL)
	for key, secret := range map[string]*Secret{
		"$.slack.app_token": &cfg.Slack.AppToken, "$.slack.bot_token": &cfg.Slack.BotToken, "$.github.token": &cfg.GitHub.Token,
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
	if len(cfg.GitHub.Repos) == 0 {
		c.fault("$.github.repos", "is empty: list the repositories to read, as owner/name")
	}
	for i, r := range cfg.GitHub.Repos {
		if !repoName.MatchString(r) {
			c.fault(fmt.Sprintf("$.github.repos[%d]", i), "%q is no repository: write owner/name", r)
		}
	}
	var err error
	if cfg.GitHub.poll, err = time.ParseDuration(cfg.GitHub.Poll); err != nil || cfg.GitHub.poll < 100*time.Millisecond || cfg.GitHub.poll > time.Hour {
		c.fault("$.github.poll", "%q is no time between 100ms and 1h", cfg.GitHub.Poll)
	}
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
	c.webhook(&cfg.GitHub.Webhook, dir, getenv)
	c.access(cfg.Access)
	c.places(cfg.Access)
	if n := cfg.Limits.PerMinute; n < 0 || n > 10_000 {
		c.fault("$.limits.per_minute", "%d is no number of questions from 0 (no limit) to 10000", n)
	}
	if err := cfg.Pulls.Risk.Check(); err != nil {
		c.fault("$.pulls.risk", "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
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
