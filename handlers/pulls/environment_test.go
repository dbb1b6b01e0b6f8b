package pulls

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

func TestEnvironment(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, path, patch, want string }{
		{"Go", "a.go", added(`u := os.Getenv("FOO_URL")`, `v, ok := os.LookupEnv("FOO_KEY")`), "env FOO_URL:1, env FOO_KEY:2"},
		{"Go's tags", "a.go", added("\tURL string `yaml:\"url\" env:\"FOO_URL,required\"`"), "env FOO_URL:1"},
		{"JavaScript", "a.ts", added("const u = process.env.FOO_URL ?? ''", "const k = process.env['FOO_KEY']"), "env FOO_URL:1, env FOO_KEY:2"},
		{"Vite", "a.vue", added("const u = import.meta.env.VITE_URL"), "env VITE_URL:1"},
		{"Python", "a.py", added(`u = os.environ["FOO_URL"]`, `k = os.environ.get('FOO_KEY')`, `t = os.getenv("FOO_TOKEN", "")`), "env FOO_URL:1, env FOO_KEY:2, env FOO_TOKEN:3"},
		{"Ruby", "a.rb", added(`u = ENV.fetch("FOO_URL")`), "env FOO_URL:1"},
		{"Rust", "a.rs", added(`let u = std::env::var("FOO_URL")?;`), "env FOO_URL:1"},
		{"Java", "A.java", added(`String u = System.getenv("FOO_URL");`), "env FOO_URL:1"},
		{"Dockerfile", "Dockerfile", added("ENV FOO_URL=https://a", "EXPOSE 8080"), "env FOO_URL:1, port 8080:2"},
		{"Compose", "docker-compose.yml", added("    environment:", "      - FOO_URL=http://a", "      FOO_KEY: x", "    ports:", `      - "8080:80"`), "env FOO_URL:2, env FOO_KEY:3, port 8080:5"},
		{"Kubernetes", "deploy/app.yaml", added("env:", "- name: FOO_URL", "  value: x", "ports:", "- containerPort: 8443"), "env FOO_URL:2, port 8443:5"},
		{"Terraform", "infra/main.tf", added(`variable "region" {`), "variable region:1"},
		{"sample of an environment", ".env.example", added("FOO_URL=", "# BAR=1"), "env FOO_URL:1"},
		{"LaunchDarkly", "a.go", added(`on, _ := client.BoolVariation("new-parser", user, false)`), "flag new-parser:1"},
		{"LaunchDarkly for JavaScript", "a.ts", added(`if (await ld.variation('new-parser', user, false)) {`), "flag new-parser:1"},
		{"OpenFeature", "a.ts", added(`const on = await client.getBooleanValue('new-parser', false)`), "flag new-parser:1"},
		{"Unleash", "a.go", added(`if unleash.IsEnabled("new.parser") {`), "flag new.parser:1"},
		{"Flipper", "a.rb", added(`if Flipper.enabled?(:new_parser, user)`), "flag new_parser:1"},
		{"a flag goes", "a.ts", "@@ -7,2 +7 @@\n-if (useFlag('old-parser')) old()\n x", "-flag old-parser:7"},

		{"not new", "a.go", "@@ -1 +1 @@\n-u := os.Getenv(\"FOO_URL\")\n+u := trim(os.Getenv(\"FOO_URL\"))", ""},
		{"used elsewhere in the patch", "a.go", "@@ -1 +1,2 @@\n u := os.Getenv(\"FOO_URL\")\n+v := os.Getenv(\"FOO_URL\")", ""},
		{"named by a constant before", "a.go", "@@ -1,2 +1 @@\n-const FOO_URL = \"FOO_URL\"\n-u := os.Getenv(FOO_URL)\n+u := os.Getenv(\"FOO_URL\")", ""},
		{"part of another name before", "a.go", "@@ -1 +1 @@\n-const FOO_URL_OLD = 1\n+u := os.Getenv(\"FOO_URL\")", "env FOO_URL:1"},
		{"a variable that goes", "a.go", removed(`u := os.Getenv("FOO_URL")`), ""},
		{"of the system", "a.go", added(`h := os.Getenv("HOME")`), ""},
		{"in a comment", "a.go", added(`// os.Getenv("FOO_URL") is read elsewhere`), ""},
		{"in a test", "a_test.go", added(`os.Getenv("FOO_URL")`), ""},
		{"in documentation", "docs/a.md", added(`os.Getenv("FOO_URL")`), ""},
		{"in an example", "examples/a.go", added(`os.Getenv("FOO_URL")`), ""},
		{"no literal", "a.go", added(`u := os.Getenv(name)`), ""},
		{"another language", "a.txt", added(`process.env.FOO_URL`), ""},
		{"capabilities", "deploy/app.yaml", added("add:", "- NET_ADMIN"), ""},
		{"a probe", "deploy/app.yaml", added("httpGet:", "  port: 8080"), ""},
		{"a time", "docker-compose.yml", added(`      - "a:b"`), ""},
		{"CI", ".github/workflows/a.yml", added("env:", "  FOO_URL: x"), ""},
		{"a credential for a name", "a.py", added(`x = os.environ["` + "ghp_" + `q7Rz0LmXw2Vb9KcT4nHs8JdYf1GpA6uE3iQo"]`), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s github.Snapshot
			add(&s, tt.path, tt.patch)
			var got []string
			for _, e := range Compute(s, DefaultWeights()).Environment {
				mark := ""
				if e.Removed {
					mark = "-"
				}
				got = append(got, fmt.Sprintf("%s%s %s:%d", mark, e.Kind, e.Name, e.Line))
			}
			if text := strings.Join(got, ", "); text != tt.want {
				t.Errorf("settings %q, want %q", text, tt.want)
			}
		})
	}
}

func TestSettingsThatMoveAreNotNew(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	add(&s, "a.go", added(`u := os.Getenv("FOO_URL")`))
	add(&s, "b.go", removed(`x := os.Getenv("FOO_URL")`))
	if f := Compute(s, DefaultWeights()); len(f.Environment) != 0 {
		t.Errorf("settings %+v", f.Environment)
	}
}

func TestNewSettingsAreTold(t *testing.T) {
	t.Parallel()
	s := small(t)
	add(&s, "app/config.go", added(`u := os.Getenv("FOO_URL")`, `k := os.Getenv("FOO_KEY")`, `t := os.Getenv("FOO_TIME")`))
	add(&s, "Dockerfile", added("FROM scratch", "EXPOSE 8080"))
	f := Compute(s, DefaultWeights())
	i := slices.IndexFunc(f.Risk.Reasons, func(r Reason) bool { return r.Rule == "new-env" })
	if want := "new settings FOO_URL, FOO_KEY and 1 more, opens port 8080"; i < 0 || f.Risk.Reasons[i].Text != want || f.Risk.Reasons[i].Points != 1 {
		t.Errorf("reasons = %+v, want %q for 1 point", f.Risk.Reasons, want)
	}
	if text := bot.PlainText(Details(f), false); !strings.Contains(text, "FOO_TIME  env   app/config.go:3") {
		t.Errorf("details lack FOO_TIME:\n%s", text)
	}
}
