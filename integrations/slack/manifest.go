package slack

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

//go:embed manifest.json
var manifest string

// botName is what can be both an app's name and, behind a slash, a command.
var botName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,30}$`)

// Manifest returns the JSON from which Slack makes the app (https://api.slack.com/apps, "From a manifest"): Socket Mode, the events and the
// bot scopes that this package uses, and the slash command that is the name behind a slash. The app-level token with the scope
// connections:write cannot be part of it and is made by hand. With hosts, the app is also told of links to them and may show previews below
// those.
func Manifest(name string, hosts ...string) ([]byte, error) {
	if !botName.MatchString(name) {
		return nil, fmt.Errorf("%q cannot be a slash command: the bot's name must be 1 to 31 lower-case letters, digits, - or _", clip(name, 60))
	}
	plain := []byte(strings.ReplaceAll(manifest, "{{name}}", name))
	if len(hosts) == 0 {
		return plain, nil
	}
	return withPreviews(plain, hosts)
}

// linkScopes are the bot scopes that previews of links need.
func linkScopes() []string { return []string{"links:read", "links:write"} }

// withPreviews adds to a manifest what previews of links need.
func withPreviews(manifest []byte, hosts []string) ([]byte, error) {
	var m map[string]any
	if err := json.Unmarshal(manifest, &m); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	at := func(path ...string) map[string]any {
		part := m
		for _, name := range path {
			part, _ = part[name].(map[string]any) // the embedded file has these parts: a test reads it
		}
		return part
	}
	extend := func(part map[string]any, key string, more ...string) {
		list, _ := part[key].([]any)
		for _, s := range more {
			list = append(list, s)
		}
		part[key] = list
	}
	extend(at("features"), "unfurl_domains", hosts...)
	extend(at("oauth_config", "scopes"), "bot", linkScopes()...)
	extend(at("settings", "event_subscriptions"), "bot_events", "link_shared")
	out, err := json.MarshalIndent(m, "", "  ")
	return append(out, '\n'), err
}

// manifestScopes returns the bot scopes that the manifest asks for.
func manifestScopes() []string {
	var m struct {
		OAuth struct {
			Scopes struct {
				Bot []string `json:"bot"`
			} `json:"scopes"`
		} `json:"oauth_config"`
	}
	if err := json.Unmarshal([]byte(manifest), &m); err != nil {
		return nil // the embedded file is valid: a test reads it
	}
	return m.OAuth.Scopes.Bot
}
