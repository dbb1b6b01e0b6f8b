package main

import (
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"shipmate/bot/day"
	"shipmate/handlers/costs"
)

// CostsConfig says which bills are read, and how what is unusual in them is told.
type CostsConfig struct {
	Channel    string            `yaml:"channel"` // Slack channel ID; "": anomalies are told who asks
	Tags       []string          `yaml:"tags"`
	Owners     map[string]string `yaml:"owners"` // by account ID or name
	Names      map[string]string `yaml:"names"`  // of accounts, by ID
	MinDollars float64           `yaml:"min_dollars"`
	MinPercent float64           `yaml:"min_percent"`
	Tell       float64           `yaml:"tell_percent"`
	Holidays   []string          `yaml:"holidays"` // as 2026-12-25
	Budgets    []costs.Budget    `yaml:"budgets"`
	Sources    []BillConfig      `yaml:"sources"`

	holidays []day.Day // Holidays, once checked
}

// BillConfig says where one bill comes from: exactly one of Files, CostExplorer and OpenCost.
type BillConfig struct {
	Name         string              `yaml:"name"`
	Files        string              `yaml:"files"` // a file or a folder; relative to the configuration file
	CostExplorer *CostExplorerConfig `yaml:"cost_explorer"`
	OpenCost     string              `yaml:"opencost"` // address
	Every        string              `yaml:"every"`    // a duration; "" is the kind's own

	every time.Duration // Every, once checked
}

// CostExplorerConfig says how AWS Cost Explorer is asked.
type CostExplorerConfig struct {
	Profile  string `yaml:"profile"`
	Role     string `yaml:"role"`
	External string `yaml:"external_id"`
	Region   string `yaml:"region"`
	Regions  bool   `yaml:"by_region"`
	Net      bool   `yaml:"net"`
	Requests int    `yaml:"requests"` // a day
	Endpoint string `yaml:"endpoint"` // of a stand-in
	History  int    `yaml:"history"`  // days
}

// defaultCosts is what holds for keys that are not given.
func defaultCosts() CostsConfig {
	return CostsConfig{Tags: []string{"team"}, MinDollars: 10, MinPercent: 20, Tell: 100 * costs.DefaultTellShare}
}

// options are those of the handler.
func (c CostsConfig) options(repos []string) costs.Options {
	return costs.Options{
		Channel: c.Channel, Tags: c.Tags, Owners: c.Owners, Names: c.Names, MinDollars: c.MinDollars, MinShare: c.MinPercent / 100, TellShare: c.Tell / 100,
		Holidays: c.holidays, Budgets: c.Budgets, Repos: repos,
	}
}

// follow has what is decided about anomalies be said only where costs may be, unless it is limited by itself: the answers name amounts.
func (a *AccessConfig) follow() {
	if list, limited := a.Channels["costs"]; limited {
		if _, own := a.Channels["anomaly"]; !own {
			a.Channels["anomaly"] = list
		}
	}
}

var (
	sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,30}$`)
	tagKey     = regexp.MustCompile(`^[^,=\s][^,=]{0,127}$`)
)

// costs checks what concerns costs.
func (c *configCheck) costs(cfg *CostsConfig, dir string) {
	if cfg.Channel != "" && !channelID.MatchString(cfg.Channel) {
		c.fault("$.costs.channel", "%q is no Slack channel ID (C…): it is at the end of \"Copy link\"", cfg.Channel)
	}
	if len(cfg.Tags) > 8 {
		c.fault("$.costs.tags", "has %d keys: at most 8", len(cfg.Tags))
	}
	for i, t := range cfg.Tags {
		if !tagKey.MatchString(t) {
			c.fault(fmt.Sprintf("$.costs.tags[%d]", i), "%q is no tag's key", t)
		}
	}
	if !(cfg.MinDollars > 0) || cfg.MinDollars > 1e9 {
		c.fault("$.costs.min_dollars", "%v is no amount above 0", cfg.MinDollars)
	}
	if !(cfg.MinPercent > 0) || cfg.MinPercent > 1000 {
		c.fault("$.costs.min_percent", "%v is no percentage above 0", cfg.MinPercent)
	}
	if !(cfg.Tell >= 0) || cfg.Tell > 1000 {
		c.fault("$.costs.tell_percent", "%v is no percentage of 0 or more", cfg.Tell)
	}
	for i, h := range cfg.Holidays {
		d, err := day.Parse(h)
		if err != nil {
			c.fault(fmt.Sprintf("$.costs.holidays[%d]", i), "%v", err)
		}
		cfg.holidays = append(cfg.holidays, d)
	}
	c.budgets(cfg)
	names := map[string]bool{}
	for i := range cfg.Sources {
		s, key := &cfg.Sources[i], fmt.Sprintf("$.costs.sources[%d]", i)
		if !sourceName.MatchString(s.Name) || names[s.Name] {
			c.fault(key+".name", "%q is no name of its own: use lower-case letters, digits, - and _", s.Name)
		}
		names[s.Name] = true
		c.bill(key, s, dir)
	}
}

// budgets checks the budgets.
func (c *configCheck) budgets(cfg *CostsConfig) {
	for i, b := range cfg.Budgets {
		key := fmt.Sprintf("$.costs.budgets[%d]", i)
		if strings.TrimSpace(b.Name) == "" {
			c.fault(key+".name", "is missing: say what people call this budget")
		}
		if !(b.Month > 0) {
			c.fault(key+".month", "%v is no amount above 0: it is for a calendar month", b.Month)
		}
		if tag, _, ok := strings.Cut(b.Tag, "="); b.Tag != "" && (!ok || !slices.Contains(cfg.Tags, tag)) {
			c.fault(key+".tag", "%q: write key=value, with a key from costs.tags", b.Tag)
		}
	}
}

// bill checks one source.
func (c *configCheck) bill(key string, s *BillConfig, dir string) {
	kinds := 0
	every, least := time.Minute, time.Second
	if s.Files != "" {
		kinds++
		if !filepath.IsAbs(s.Files) {
			s.Files = filepath.Join(dir, s.Files)
		}
	}
	if s.CostExplorer != nil {
		kinds++
		every, least = 6*time.Hour, 10*time.Minute
		c.costExplorer(key+".cost_explorer", s.CostExplorer)
	}
	if s.OpenCost != "" {
		kinds++
		every, least = time.Hour, time.Minute
		if u, err := url.Parse(s.OpenCost); err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
			c.fault(key+".opencost", "is no address: write one such as http://opencost.opencost:9003, without a password; OpenCost asks for none")
		}
	}
	if kinds != 1 {
		c.fault(key, "name one of files, cost_explorer and opencost, and only one")
	}
	s.every = every
	if s.Every != "" {
		var err error
		if s.every, err = time.ParseDuration(s.Every); err != nil || s.every < least || s.every > 24*time.Hour {
			c.fault(key+".every", "%q is no time between %s and 24h", s.Every, least)
		}
	}
}

func (c *configCheck) costExplorer(key string, e *CostExplorerConfig) {
	if e.Endpoint != "" {
		c.address(key+".endpoint", e.Endpoint)
	}
	if e.Requests < 0 || e.Requests > 10_000 {
		c.fault(key+".requests", "%d is no number of requests a day from 1 to 10000; each costs $0.01", e.Requests)
	}
	if e.History < 0 || e.History > 395 {
		c.fault(key+".history", "%d is no number of days from 1 to 395", e.History)
	}
	if e.Role != "" && !strings.HasPrefix(e.Role, "arn:") {
		c.fault(key+".role", "%q is no role: write its ARN, arn:aws:iam::123456789012:role/name", e.Role)
	}
}
