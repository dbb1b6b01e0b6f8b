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
// connections:write cannot be part of it and is made by hand.
func Manifest(name string) ([]byte, error) {
	if !botName.MatchString(name) {
		return nil, fmt.Errorf("%q cannot be a slash command: the bot's name must be 1 to 31 lower-case letters, digits, - or _", clip(name, 60))
	}
	return []byte(strings.ReplaceAll(manifest, "{{name}}", name)), nil
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
