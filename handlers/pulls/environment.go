package pulls

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"shipmate/bot"
)

// Setting is something from outside that the program reads, or a port that it opens, and did not before; or a feature flag that comes or goes.
// A value is never part of it.
type Setting struct {
	Name string `json:"name"` // of a port, its number
	File string `json:"file"`
	Line int    `json:"line"` // in the new file, or in the old one if Removed
	// Kind is env (an environment variable), port, variable (of Terraform) or flag (of features).
	Kind string `json:"kind"`
	// Removed says that the pull request takes it away. That is told of feature flags only: whoever runs the program has to do nothing about the others.
	Removed bool `json:"removed,omitempty"`
}

// The kinds of settings.
const (
	kindEnv      = "env"
	kindPort     = "port"
	kindVariable = "variable"
	kindFlag     = "flag"
)

const maxEnvironment = 50

// A settingForm finds names on one line. The first group that is not empty is the name.
type settingForm struct {
	kind  string
	words []string // one of them is on every line that matches: a quick test
	match *regexp.Regexp
	in    func(f *file) bool
}

func ofExtensions(list string) func(*file) bool {
	exts := set(list)
	return func(f *file) bool { return exts[extension(f.Path)] }
}

func atPath(pattern string) func(*file) bool {
	match := regexp.MustCompile(pattern)
	return func(f *file) bool { return match.MatchString(strings.ToLower(f.Path)) }
}

func infraYAML(f *file) bool {
	ext := extension(f.Path)
	return f.class == ClassInfra && (ext == "yaml" || ext == "yml" || ext == "tpl")
}

// The forms are how the languages' own libraries, and the most used ones besides, read settings.
var settingForms = []settingForm{
	{kindEnv, []string{"Getenv(", "LookupEnv("}, regexp.MustCompile(`\bos\.(?:Getenv|LookupEnv)\("(\w+)"\)`), ofExtensions("go")},
	{kindEnv, []string{"env:\"", "envconfig:\""}, regexp.MustCompile("`[^`]*\\benv(?:config)?:\"([A-Z][A-Z0-9_]+)"), ofExtensions("go")},
	{kindEnv, []string{"process.env", "import.meta.env", "Deno.env"},
		regexp.MustCompile(`\b(?:process|import\.meta)\.env(?:\.([A-Za-z_]\w*)|\[["'](\w+)["']\])|\bDeno\.env\.get\(["'](\w+)["']`), ofExtensions("js jsx ts tsx mjs cjs mts cts vue svelte")},
	{kindEnv, []string{"environ", "getenv("}, regexp.MustCompile(`\benviron(?:\.get\(|\[)\s*["'](\w+)["']|\bgetenv\(\s*["'](\w+)["']`), ofExtensions("py c h cc cpp php")},
	{kindEnv, []string{"ENV[", "ENV.fetch"}, regexp.MustCompile(`\bENV(?:\[|\.fetch\()\s*["'](\w+)["']`), ofExtensions("rb rake erb")},
	{kindEnv, []string{"env::var", "env!("}, regexp.MustCompile(`\benv::var(?:_os)?\("(\w+)"|\benv!\("(\w+)"`), ofExtensions("rs")},
	{kindEnv, []string{"System.getenv", "GetEnvironmentVariable"}, regexp.MustCompile(`\bSystem\.getenv\("(\w+)"\)|\bGetEnvironmentVariable\("(\w+)"`), ofExtensions("java kt scala groovy cs fs vb")},
	{kindEnv, []string{"="}, regexp.MustCompile(`^(?:export\s+)?([A-Z][A-Z0-9_]+)=`), atPath(`(^|/)\.env(\.[a-z]+)?$|(^|/)[a-z]*\.env\.(example|sample|template|dist)$`)},
	{kindEnv, []string{"ENV ", "env "}, regexp.MustCompile(`^\s*(?i:ENV)\s+([A-Za-z_]\w*)(?:=|\s)`), atPath(`(^|/)(dockerfile|containerfile)|\.dockerfile$`)},
	{kindPort, []string{"EXPOSE ", "expose "}, regexp.MustCompile(`^\s*(?i:EXPOSE)\s+(\d+)`), atPath(`(^|/)(dockerfile|containerfile)|\.dockerfile$`)},
	{kindEnv, []string{"name:"}, regexp.MustCompile(`^\s*-\s*name:\s*["']?([A-Z][A-Z0-9_]{2,})["']?\s*$`), infraYAML},
	{kindEnv, []string{"="}, regexp.MustCompile(`^\s*-\s*["']?([A-Z][A-Z0-9_]{2,})=`), infraYAML},
	{kindEnv, []string{"_"}, regexp.MustCompile(`^\s+["']?([A-Z][A-Z0-9]*_[A-Z0-9_]+)["']?:(?:\s|$)`), infraYAML},
	{kindPort, []string{"ort:"}, regexp.MustCompile(`\b(?:containerPort|hostPort|nodePort):\s*["']?(\d+)\b`), infraYAML},
	{kindPort, []string{":"}, regexp.MustCompile(`^\s*-\s*["']?(?:[\d.]+:)?(\d+):\d+(?:/(?:tcp|udp))?["']?\s*$`), atPath(`(^|/)(docker-)?compose[^/]*\.ya?ml$`)},
	{kindVariable, []string{"variable"}, regexp.MustCompile(`^variable\s+"([\w-]+)"`), ofExtensions("tf")},
	{kindFlag, []string{"ariation(", "Variation", "VALUE", "Value(", "nabled", "Flag(", "isOn("},
		regexp.MustCompile(`\.(?:(?:bool|string|int|json|number|float64)?[vV]ariation(?:Detail)?|(?:Bool|String|Int|JSON|Float64)Variation(?:Ctx)?|get(?:Boolean|String|Number|Object)Value)\(\s*(?:ctx,\s*|context\.\w+\(\),\s*)?["']([\w.-]+)["']|` +
			`\b[cC]lient\.(?:Boolean|String|Int|Float|Object)Value\(\s*ctx,\s*"([\w.-]+)"|` +
			`\b(?:unleash(?:\.\w+)?\.is_?[eE]nabled|unleash\.IsEnabled|unleash_client\.is_enabled|growthbook\.isOn|gb\.isOn|posthog\.(?:isFeatureEnabled|feature_enabled))\(\s*["']([\w.-]+)["']|` +
			`\b(?:useFlag|useFeatureFlag|useBooleanFlagValue|useFeatureIsOn|useFeatureFlagEnabled)\(\s*["']([\w.-]+)["']|\bFlipper\.enabled\?\(?\s*[:"']([\w.-]+)|\bFeature\.enabled\?\(\s*:(\w+)`),
		func(f *file) bool { return f.class == ClassCode }},
}

// ordinaryEnv are variables that systems and build tools set themselves, or that say nothing about the program.
var ordinaryEnv = set(`PATH HOME USER SHELL LANG LC_ALL TERM TMPDIR TEMP TMP PWD HOSTNAME TZ CI NODE_ENV GOPATH GOROOT GOFLAGS GOOS GOARCH CGO_ENABLED GO111MODULE GOCACHE
	GOMODCACHE DEBIAN_FRONTEND PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE PIP_NO_CACHE_DIR PYTHONPATH JAVA_HOME LD_LIBRARY_PATH EDITOR PAGER NO_COLOR USERPROFILE APPDATA
	XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME MODE DEV PROD SSR BASE_URL GITHUB_ACTIONS GITHUB_TOKEN RAILS_ENV RACK_ENV PORT HOST`)

// name returns the setting that a line names; "" for none. What looks like a credential is no name.
func (s settingForm) name(text string) string {
	const longest = 80
	if len(text) > 500 || !containsAny(text, s.words) || comment(text) {
		return ""
	}
	m := s.match.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	for _, name := range m[1:] {
		if name != "" && len(name) <= longest && !ordinaryEnv[name] && secretOn(name, ClassCode) == "" {
			return name
		}
	}
	return ""
}

// environment lists the settings that the patches bring: named on added lines, and neither on removed ones nor on those around them, be it as
// the value of a constant. A flag that only removed lines name is one that goes.
func (v *view) environment() []Setting {
	type key struct{ kind, name string }
	had, gone := map[key]bool{}, []Setting{}
	var found []Setting
	now := map[key]bool{}
	for _, f := range v.files {
		if !f.runs() {
			continue
		}
		for _, form := range settingForms {
			if !form.in(f) {
				continue
			}
			for _, h := range f.hunks {
				for _, l := range h.lines {
					name := form.name(l.text)
					k := key{form.kind, name}
					switch {
					case name == "":
					case l.op == '+' && !now[k]:
						now[k] = true
						found = append(found, Setting{Name: name, File: f.Path, Line: l.new, Kind: form.kind})
					case l.op == ' ':
						now[k], had[k] = true, true
					case l.op == '-' && !had[k]:
						had[k] = true
						gone = append(gone, Setting{Name: name, File: f.Path, Line: l.old, Kind: form.kind, Removed: true})
					}
				}
			}
		}
	}
	found = slices.DeleteFunc(found, func(s Setting) bool { return had[key{s.Kind, s.Name}] || s.Kind == kindEnv && v.mentioned(s.Name) })
	gone = slices.DeleteFunc(gone, func(s Setting) bool { return s.Kind != kindFlag || now[key{s.Kind, s.Name}] })
	found = append(found, gone...)
	return append([]Setting{}, found[:min(len(found), maxEnvironment)]...)
}

// mentioned reports whether a line that was there before has a name as a whole word between quotation marks.
func (v *view) mentioned(name string) bool {
	for _, f := range v.files {
		if !f.runs() {
			continue
		}
		for _, h := range f.hunks {
			for _, l := range h.lines {
				if l.op != '+' && strings.Contains(l.text, name) && (strings.Contains(l.text, `"`+name+`"`) || strings.Contains(l.text, "'"+name+"'")) {
					return true
				}
			}
		}
	}
	return false
}

// runs reports whether a file is part of what runs somewhere, as opposed to tests, documentation, examples and what builds it.
func (f *file) runs() bool {
	switch f.class {
	case ClassCode, ClassInfra, ClassConfig:
		return !sample(f.Path)
	}
	return false
}

// newSettings finds settings that whoever runs the program has to know of.
func newSettings(in *inspection) Reason {
	var places []Evidence
	for _, s := range in.facts.Environment {
		if !s.Removed {
			places = append(places, Evidence{Rule: "environment/" + s.Kind, File: s.File, Line: s.Line})
		}
	}
	if len(places) == 0 {
		return Reason{}
	}
	return Reason{Points: in.w.NewEnv, Text: settingsText(in.facts.Environment, 2), Evidence: places}
}

// settingsText names the first n of the new settings: "new setting FOO_URL", "new settings A, B and 3 more, opens port 8080".
func settingsText(list []Setting, n int) string {
	names := map[string][]string{}
	for _, s := range list {
		group := s.Kind
		if group == kindVariable {
			group = kindEnv
		}
		if !s.Removed {
			names[group] = append(names[group], s.Name)
		}
	}
	var parts []string
	for _, g := range []struct{ kind, one, several string }{
		{kindEnv, "new setting ", "new settings "}, {kindPort, "opens port ", "opens ports "}, {kindFlag, "new feature flag ", "new feature flags "},
	} {
		switch list := names[g.kind]; len(list) {
		case 0:
		case 1:
			parts = append(parts, g.one+list[0])
		default:
			parts = append(parts, g.several+few(list, n))
		}
	}
	return strings.Join(parts, ", ")
}

// settingsItem names the new settings, and flags that go, each with a link; nil when there are none.
func (f *Facts) settingsItem() []bot.Span {
	const most = 3
	var item []bot.Span
	for i, s := range f.Environment {
		if i == most {
			return append(item, bot.Text(more(len(f.Environment)-most)))
		}
		if i > 0 {
			item = append(item, bot.Text(", "))
		}
		what := map[string]string{kindEnv: "new setting ", kindVariable: "new variable ", kindPort: "opens port ", kindFlag: "new feature flag "}[s.Kind]
		if s.Removed {
			what = "removes feature flag "
		}
		item = append(item, bot.Text(what), bot.Link(s.Name, f.link(Evidence{File: s.File, Line: s.Line, Removed: s.Removed})))
	}
	return item
}

// settingsTable lists the settings with their places.
func (f *Facts) settingsTable() bot.Table {
	t := bot.Table{Head: []string{"Setting", "Kind", "In"}}
	for i, s := range f.Environment {
		if i == maxRows {
			t.Rows = append(t.Rows, [][]bot.Span{{bot.Text(fmt.Sprintf("and %d more", len(f.Environment)-i))}})
			break
		}
		kind := s.Kind
		if s.Removed {
			kind += ", removed"
		}
		t.Rows = append(t.Rows, [][]bot.Span{{bot.Text(s.Name)}, {bot.Text(kind)}, {f.placeSpan(Evidence{File: s.File, Line: s.Line, Removed: s.Removed})}})
	}
	return t
}
