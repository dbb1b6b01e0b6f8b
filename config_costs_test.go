package main

import (
	"strings"
	"testing"
	"time"

	"shipmate/bot/day"
)

func TestCostsConfig(t *testing.T) {
	const good = "slack:\n  app_token: env:SHIPMATE_APP\n  bot_token: env:SHIPMATE_BOT\ngithub:\n  token: env:SHIPMATE_GITHUB\n  repos: [octo/widgets]\ncosts:\n"
	tokens := func(name string) string {
		return map[string]string{"SHIPMATE_APP": "xapp-1-x", "SHIPMATE_BOT": "xoxb-x", "SHIPMATE_GITHUB": "github_pat_x"}[name]
	}
	cfg, err := parseConfig("dir/c.yaml", []byte(good+`  channel: C0123456789
  tags: [team, env]
  holidays: ["2026-12-25"]
  budgets: [{name: all, month: 50000}, {name: net, month: 10, tag: team=net}]
  sources:
    - {name: aws, files: exports}
    - {name: api, cost_explorer: {requests: 5}, every: 12h}
    - {name: k8s, opencost: "http://opencost:9003"}
`), tokens)
	if err != nil {
		t.Fatal(err)
	}
	c := cfg.Costs
	if c.Sources[0].Files != "dir/exports" || c.Sources[0].every != time.Minute || c.Sources[1].every != 12*time.Hour || c.Sources[2].every != time.Hour {
		t.Errorf("sources %+v", c.Sources)
	}
	if o := c.options([]string{"octo/widgets"}); o.MinShare != .2 || o.MinDollars != 10 || o.Holidays[0] != day.Date(2026, 12, 25) || o.Channel != "C0123456789" {
		t.Errorf("options %+v", o)
	}
	for name, test := range map[string]struct{ text, want string }{
		"channel":         {"  channel: finops\n", `c.yaml:8: costs.channel: "finops" is no Slack channel ID`},
		"tag":             {"  tags: ['a=b']\n", `c.yaml:8: costs.tags[0]: "a=b" is no tag's key`},
		"dollars":         {"  min_dollars: -1\n", "c.yaml:8: costs.min_dollars: -1 is no amount above 0"},
		"percent":         {"  min_percent: .nan\n", "c.yaml:8: costs.min_percent: "},
		"holiday":         {"  holidays: [Christmas]\n", `c.yaml:8: costs.holidays[0]: "Christmas" is no day`},
		"budget":          {"  budgets: [{name: all}]\n", "c.yaml:8: costs.budgets[0].month: 0 is no amount above 0"},
		"budget's tag":    {"  budgets: [{name: x, month: 1, tag: env=prod}]\n", `c.yaml:8: costs.budgets[0].tag: "env=prod": write key=value, with a key from costs.tags`},
		"unnamed":         {"  sources: [{files: x}]\n", `c.yaml:8: costs.sources[0].name: "" is no name of its own`},
		"twice":           {"  sources: [{name: a, files: x}, {name: a, files: y}]\n", `costs.sources[1].name: "a" is no name of its own`},
		"nothing to read": {"  sources: [{name: a}]\n", "costs.sources[0]: name one of files, cost_explorer and opencost"},
		"two to read":     {"  sources: [{name: a, files: x, opencost: 'http://x'}]\n", "costs.sources[0]: name one of files, cost_explorer and opencost"},
		"too often":       {"  sources: [{name: a, cost_explorer: {}, every: 1m}]\n", `costs.sources[0].every: "1m" is no time between 10m0s and 24h`},
		"no address":      {"  sources: [{name: a, opencost: opencost}]\n", `costs.sources[0].opencost: is no address`},
		"no role":         {"  sources: [{name: a, cost_explorer: {role: admin}}]\n", `costs.sources[0].cost_explorer.role: "admin" is no role`},
		"unknown":         {"  sources: [{name: a, filez: x}]\n", "c.yaml:8:"},
	} {
		if _, err := parseConfig("c.yaml", []byte(good+test.text), tokens); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got\n%v\nwant %q", name, err, test.want)
		}
	}
}
