package pulls

import (
	"encoding/json"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// Whatever a file is, what looks like a credential in it is in no answer.
func TestNoAnswerHasACredential(t *testing.T) {
	t.Parallel()
	token := credentials["secret/github-token"]
	password := "https://bot:" + token + "@git.example.org/a"
	for path, patch := range map[string]string{
		"package.json":            "@@ -3,3 +3,3 @@\n   \"dependencies\": {\n-    \"a\": \"^1.0.0\"\n+    \"a\": \"git+" + password + ".git#0123456789abcdef0123456789abcdef01234567\"\n   }",
		"go.mod":                  added("module x", "", "replace a => "+password+" v1.0.0"),
		"requirements.txt":        added("a @ git+"+password, "--extra-index-url "+password),
		"Cargo.toml":              added("[dependencies]", `a = { git = "`+password+`", tag = "v1" }`),
		"pyproject.toml":          added("[project]", `dependencies = ["a @ git+`+password+`"]`),
		"Gemfile":                 added(`gem "a", git: "` + password + `"`),
		"pom.xml":                 added("<dependency><groupId>a</groupId><artifactId>b</artifactId><version>" + token + "</version></dependency>"),
		"Dockerfile":              added("FROM "+password+":1", "ENV GH_TOKEN="+token, "ARG TOKEN="+token, "EXPOSE 80"),
		"package-lock.json":       added("{", `"packages": {`, `"node_modules/a": {`, `"version": "1.0.0",`, `"resolved": "`+password+`.tgz",`, `"integrity": "sha512-a"`, "}"),
		"yarn.lock":               added(`a@^1.0.0:`, `  version "1.0.0"`, `  resolved "`+password+`.tgz"`),
		"pnpm-lock.yaml":          added("packages:", "  a@git+"+password+":", "    resolution: {tarball: "+password+"}"),
		"Cargo.lock":              added("[[package]]", `name = "a"`, `version = "1.0.0"`, `source = "git+`+password+`"`),
		"poetry.lock":             added("[[package]]", `name = "a"`, `version = "1.0.0"`, "[package.source]", `url = "`+password+`"`),
		"values.yaml":             added("image:", "  repository: "+password, "  tag: "+token),
		".github/workflows/a.yml": added("      - uses: a/b@"+token, "      - run: curl "+password+" | sh", "        env:", "          TOKEN: "+token),
		"main.tf":                 added(`module "a" {`, `source = "git::`+password+`"`, "}"),
		"a.go":                    added(`const Token = "`+token+`"`, `func Dial(token = "`+token+`") {}`, `os.Getenv("`+token+`")`, `exec.Command("`+password+`")`),
		"api/a.ts":                added(`export const token = "`+token+`"`, `export function dial(token = "`+token+`") {}`),
		"a.py":                    added(`def dial(token="`+token+`"):`, "    pass"),
		"api.proto":               added(`service A {`, `  rpc B(`+token+`) returns (C);`, "}"),
		".env":                    added("TOKEN=" + token),
		"docker-compose.yml":      added("services:", "  a:", "    image: "+password, "    environment:", "      - TOKEN="+token, "    ports:", "      - \"80:80\""),
	} {
		s := github.Snapshot{PullRequest: github.PullRequest{Ref: github.Ref{Owner: "o", Repo: "r", Number: 1}, Title: "feat: x"}}
		add(&s, path, patch)
		f := Compute(s, DefaultWeights())
		data, _ := json.Marshal(f)
		if strings.Contains(string(data), token) {
			t.Errorf("%s: facts %s", path, data)
		}
		for _, q := range questions() {
			if q.answer == nil {
				continue
			}
			arg := ""
			if q.Name == "changed" {
				arg = path
			}
			reply, err := q.answer(s, f, arg)
			if err != nil {
				continue
			}
			if text := bot.PlainText(reply, true); strings.Contains(text, token) {
				t.Errorf("%s: %s answers\n%s", path, q.Name, text)
			}
		}
	}
}
