package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"shipmate/handlers/pulls"
	"shipmate/integrations/github"
	"shipmate/integrations/schedule"
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
	Costs     CostsConfig    `yaml:"costs"`
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
	Previews bool   `yaml:"previews"`

	pace time.Duration // Pace, once checked; less than 0: without limit
}

// GitHubConfig says which repositories the bot reads and answers on.
type GitHubConfig struct {
	BaseURL string        `yaml:"base_url"`
	Token   Secret        `yaml:"token"`
	App     AppConfig     `yaml:"app"` // in place of Token
	Login   string        `yaml:"login"`
	Repos   []string      `yaml:"repos"`
	Poll    string        `yaml:"poll"`       // a duration such as 15s
	Share   int           `yaml:"poll_share"` // percent of GitHub's limit; 100: without bound
	Webhook WebhookConfig `yaml:"webhook"`

	poll time.Duration // Poll, once checked
	pace time.Duration // between writes; 0 is what GitHub asks for; the sandbox asks for less
}

// AppConfig says which GitHub App the bot is; the zero AppConfig is none.
type AppConfig struct {
	ID           int64  `yaml:"id"`
	Installation int64  `yaml:"installation"` // 0: looked up for each owner of a repository
	PrivateKey   Secret `yaml:"private_key"`  // in PEM
}

// options are those of the client; nil when there is a token.
func (a AppConfig) options() *github.AppOptions {
	if a.ID == 0 {
		return nil
	}
	return &github.AppOptions{ID: a.ID, Installation: a.Installation, Key: a.PrivateKey.value}
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
	Risk   pulls.Weights           `yaml:"risk"`
	Hours  pulls.Hours             `yaml:"hours"`
	People map[string]pulls.Person `yaml:"people"` // by GitHub login
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
		GitHub: GitHubConfig{BaseURL: "https://api.github.com/", Poll: "15s", Share: 40, Webhook: WebhookConfig{Path: "/github/webhook"}},
		Access: AccessConfig{Viewer: []string{"members"}},
		Limits: LimitsConfig{PerMinute: 10},
		Pulls:  PullsConfig{Risk: pulls.DefaultWeights(), Hours: pulls.DefaultHours()},
		Costs:  defaultCosts(),
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
