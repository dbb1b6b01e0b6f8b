package pulls

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/goccy/go-yaml"
)

// Settings are what a repository says in .github/shipmate.yml on its default branch. Keys that it does not give are as the bot's configuration
// has them.
//
//	risk:                      # points, as in config.yaml
//	  migration: 3
//	generated: [api/gen/**]    # counted apart, as linguist-generated in .gitattributes
//	vendored: [libs/**]
type Settings struct {
	Risk      Weights  `yaml:"risk"`
	Generated []string `yaml:"generated"` // patterns of paths, "**" for any number of folders
	Vendored  []string `yaml:"vendored"`
}

// Bounds of a repository's settings.
const (
	maxSettings = 64 << 10 // bytes
	maxPatterns = 200
)

// parseSettings reads a repository's settings over the weights that hold without them. An error is a phrase for people with the line, and means
// that nothing of the file counts.
func parseSettings(text string, w Weights) (s Settings, err error) {
	none := Settings{Risk: w}
	if strings.TrimSpace(text) == "" {
		return none, nil
	}
	if len(text) > maxSettings {
		return none, fmt.Errorf("it is longer than %d bytes", maxSettings)
	}
	defer func() { // the YAML package panics on some malformed files
		if p := recover(); p != nil {
			s, err = none, errors.New("it is YAML that cannot be read")
		}
	}()
	s = none
	if err := yaml.UnmarshalWithOptions([]byte(text), &s, yaml.Strict()); err != nil {
		return none, errors.New(yamlProblem(err))
	}
	if err := s.Risk.Check(); err != nil {
		return none, errors.New("risk: " + strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	if len(s.Generated)+len(s.Vendored) > maxPatterns {
		return none, fmt.Errorf("it has more than %d patterns", maxPatterns)
	}
	for _, list := range [][]string{s.Generated, s.Vendored} {
		for _, p := range list {
			if p == "" || !doublestar.ValidatePattern(p) {
				return none, fmt.Errorf("%q is no pattern of paths", shorten(p, 40))
			}
		}
	}
	return s, nil
}

var yamlLine = regexp.MustCompile(`^\[(\d+):\d+\] (.*)`)

// yamlProblem is the first line of what the YAML package says, without an excerpt of the file.
func yamlProblem(err error) string {
	text, _, _ := strings.Cut(yaml.FormatError(err, false, false), "\n")
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		text = "line " + m[1] + ": " + m[2]
	}
	return shorten(strings.TrimSpace(text), 160)
}

// attributes are the declarations of generated and vendored files; they count after those of .gitattributes.
func (s Settings) attributes() (out attributes) {
	for _, p := range s.Generated {
		out = append(out, attribute{pattern: attributePattern(p), generated: yes})
	}
	for _, p := range s.Vendored {
		out = append(out, attribute{pattern: attributePattern(p), vendored: yes})
	}
	return out
}
