package pulls

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"shipmate/integrations/github"
)

// found is the rule and line of the first evidence for a signal; "" when it is not found.
func found(f Facts, signal string) string {
	i := slices.IndexFunc(f.Risk.Reasons, func(r Reason) bool { return r.Rule == signal })
	if i < 0 {
		return ""
	}
	e := f.Risk.Reasons[i].Evidence[0]
	return fmt.Sprintf("%s:%d", e.Rule, e.Line)
}

func TestPipelinesAndInfrastructure(t *testing.T) {
	t.Parallel()
	const workflow = ".github/workflows/a.yml"
	for _, tt := range []struct{ name, signal, path, patch, want string }{
		{"an action by a tag", "unpinned-action", workflow, added("steps:", "- uses: acme/deploy@v2"), "ci/unpinned-action:2"},
		{"an action by a branch", "unpinned-action", workflow, added("- uses: acme/deploy/sub@main"), "ci/unpinned-action:1"},
		{"no longer pinned", "unpinned-action", workflow, "@@ -1 +1 @@\n-- uses: acme/deploy@0123456789012345678901234567890123456789\n+- uses: acme/deploy@v2", "ci/unpinned-action:1"},
		{"a workflow of others", "unpinned-action", workflow, added("    uses: acme/flows/.github/workflows/a.yml@main"), "ci/unpinned-action:1"},
		{"pinned", "unpinned-action", workflow, added("- uses: acme/deploy@0123456789012345678901234567890123456789 # v2"), ""},
		{"the next tag", "unpinned-action", workflow, "@@ -1 +1 @@\n-- uses: acme/deploy@v2\n+- uses: acme/deploy@v3", ""},
		{"used beside it", "unpinned-action", workflow, "@@ -1 +1,2 @@\n - uses: acme/deploy@v2\n+- uses: acme/deploy@v2", ""},
		{"GitHub's own", "unpinned-action", workflow, added("- uses: actions/checkout@v4"), ""},
		{"the owner's", "unpinned-action", workflow, added("- uses: Octo/tools@main"), ""},
		{"local", "unpinned-action", workflow, added("- uses: ./.github/actions/x"), ""},
		{"a container", "unpinned-action", workflow, added("- uses: docker://alpine:3"), ""},
		{"not in a pipeline", "unpinned-action", "docs/a.md", added("- uses: acme/deploy@v2"), ""},

		{"a title in a script", "ci-privilege", workflow, added("- run: echo ${{ github.event.pull_request.title }}"), "ci/injection:1"},
		{"a branch in a script", "ci-privilege", workflow, added("- run: |", "    git checkout ${{ github.head_ref }}"), "ci/injection:2"},
		{"a title in the environment", "ci-privilege", workflow, added("env:", "  TITLE: ${{ github.event.pull_request.title }}"), ""},
		{"a number in a script", "ci-privilege", workflow, added("- run: echo ${{ github.event.pull_request.number }}"), ""},
		{"all secrets", "ci-privilege", workflow, added("secrets: inherit"), "ci/secrets-inherit:1"},
		{"the limits go", "ci-privilege", workflow, "@@ -1,4 +1,2 @@\n on: push\n-permissions:\n-  contents: read\n jobs:", "ci/no-permissions:2"},
		{"the limits change", "ci-privilege", workflow, "@@ -1,3 +1,3 @@\n on: push\n-permissions: {}\n+permissions:\n+  contents: read", ""},
		{"widened", "ci-privilege", workflow, "@@ -1,2 +1,2 @@\n permissions:\n-  contents: read\n+  contents: write", "ci/write:2"},

		{"privileged", "infra-exposure", "docker-compose.yml", added("services:", "    privileged: true"), "infra/privileged:2"},
		{"not privileged", "infra-exposure", "docker-compose.yml", added("    privileged: false"), ""},
		{"the machine's network", "infra-exposure", "deploy/app.yaml", added("spec:", "  hostNetwork: true"), "infra/host:2"},
		{"escalation", "infra-exposure", "deploy/app.yaml", added("allowPrivilegeEscalation: true"), "infra/escalation:1"},
		{"root", "infra-exposure", "deploy/app.yaml", added("runAsUser: 0"), "infra/root:1"},
		{"a user", "infra-exposure", "deploy/app.yaml", added("runAsUser: 1000"), ""},
		{"Docker's socket", "infra-exposure", "docker-compose.yml", added("- /var/run/docker.sock:/var/run/docker.sock"), "infra/docker-socket:1"},
		{"open to everybody", "infra-exposure", "infra/main.tf", added("ingress {", `  cidr_blocks = ["0.0.0.0/0"]`), "infra/open-network:2"},
		{"open for what goes out", "infra-exposure", "infra/main.tf", added("ingress {", "}", "egress {", `  cidr_blocks = ["0.0.0.0/0"]`), ""},
		{"for what goes out, behind the head", "infra-exposure", "infra/main.tf", "@@ -9,2 +9,3 @@ resource \"aws_vpc_security_group_egress_rule\" \"a\" {\n   x\n+  cidr_ipv4 = \"0.0.0.0/0\"\n }", ""},
		{"a default route", "infra-exposure", "infra/main.tf", added(`  cidr_block = "0.0.0.0/0"`), ""},
		{"an own network", "infra-exposure", "infra/main.tf", added("ingress {", `  cidr_blocks = ["10.0.0.0/8"]`), ""},
		{"a public bucket", "infra-exposure", "infra/main.tf", added(`  acl = "public-read"`), "infra/public-storage:1"},
		{"a private bucket", "infra-exposure", "infra/main.tf", added(`  acl = "private"`, "block_public_acls = true"), ""},
		{"unblocked", "infra-exposure", "infra/main.tf", added("  block_public_acls = false"), "infra/public-storage:1"},
		{"a public database", "infra-exposure", "infra/main.tf", added("publicly_accessible = true"), "infra/public-database:1"},
		{"everybody", "infra-exposure", "infra/main.tf", added(`  "Principal": "*",`), "infra/wildcard:1"},
		{"every object", "infra-exposure", "infra/main.tf", added(`  "Resource": "*",`), ""},
		{"moved", "infra-exposure", "infra/main.tf", "@@ -1,2 +1,2 @@\n-publicly_accessible = true\n x\n+publicly_accessible = true", ""},
		{"an example", "infra-exposure", "examples/main.tf", added("publicly_accessible = true"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := github.Snapshot{PullRequest: github.PullRequest{Ref: github.Ref{Owner: "octo", Repo: "widgets"}}}
			add(&s, tt.path, tt.patch)
			if got := found(Compute(s, DefaultWeights()), tt.signal); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.signal, got, tt.want)
			}
		})
	}
}

func TestSecurityCalls(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ path, text, want string }{
		{"a.go", `c.InsecureSkipVerify = true`, "security/tls-unverified"},
		{"a.go", `c.InsecureSkipVerify = false`, ""},
		{"a.py", `requests.get(u, verify=False)`, "security/tls-unverified"},
		{"a.py", `requests.get(u, verify=True)`, ""},
		{"a.js", `https.request({ rejectUnauthorized: false })`, "security/tls-unverified"},
		{"a.sh", `curl -k https://x.example`, "security/tls-unverified"},
		{"a.sh", `curl -fsSL https://x.example -o k`, ""},
		{"a.sh", `curl -fsSL https://x.example | sudo -E bash -`, "security/pipe-to-shell"},
		{"a.sh", `bash <(curl -s https://x.example)`, "security/pipe-to-shell"},
		{"a.sh", `sh -c "$(curl -fsSL https://x.example/install.sh)"`, "security/pipe-to-shell"},
		{"a.sh", `curl -s https://x.example | sha256sum -c`, ""},
		{"a.sh", `curl -s https://x.example | jq .`, ""},
		{"a.py", `exec(code)`, ""},
		{"a.py", `x = eval(text)`, "security/eval"},
		{"a.py", `x = ast.literal_eval(text)`, ""},
		{"a.py", `model.eval()`, ""},
		{"a.js", `const f = new Function(body)`, "security/eval"},
		{"a.js", `const f = new FunctionNode(body)`, ""},
		{"a.py", `x = pickle.loads(data)`, "security/unsafe-load"},
		{"a.py", `x = yaml.load(f)`, "security/unsafe-load"},
		{"a.py", `x = yaml.load(f, Loader=yaml.Loader)`, "security/unsafe-load"},
		{"a.py", `x = yaml.load(f, Loader=yaml.SafeLoader)`, ""},
		{"a.py", `x = yaml.safe_load(f)`, ""},
		{"a.tsx", `<p dangerouslySetInnerHTML={{ __html: x }} />`, "security/html"},
		{"a.js", `el.innerHTML = text`, "security/html"},
		{"a.js", `el.innerHTML = ''`, ""},
		{"a.js", `if (el.innerHTML === text)`, ""},
		{"a.py", `mark_safe(text)`, "security/html"},
		{"a.py", `mark_safe("<br>")`, ""},
		{"a.go", `rows, err := db.Query("SELECT name FROM users WHERE id = " + id)`, "security/sql"},
		{"a.go", `q := fmt.Sprintf("SELECT name FROM users WHERE id = '%s'", id)`, "security/sql"},
		{"a.py", `cur.execute(f"SELECT name FROM users WHERE id = {user_id}")`, "security/sql"},
		{"a.py", `cur.execute("DELETE FROM users WHERE id = '%s'" % user_id)`, "security/sql"},
		{"a.js", "db.query(`UPDATE users SET name = '${name}'`)", "security/sql"},
		{"a.go", `rows, err := db.Query("SELECT name FROM users WHERE id = $1", id)`, ""},
		{"a.go", `rows, err := db.Query("SELECT name FROM " + table + " WHERE id = ?", id)`, ""},
		{"a.go", `q := fmt.Sprintf("SELECT name FROM users WHERE id IN (%s)", marks)`, ""},
		{"a.py", `cur.execute("SELECT name FROM users WHERE id = %s", (user_id,))`, ""},
		{"a.js", "sql`SELECT name FROM users WHERE id = ${id}`", ""},
		{"a.js", `const label = "Select one from the list = " + name`, ""},
		{"a.py", `h = hashlib.md5(password.encode()).hexdigest()`, "security/password-hash"},
		{"a.go", `sum := sha1.Sum([]byte(password))`, "security/password-hash"},
		{"a.py", `h = hashlib.md5(content).hexdigest()`, ""},
		{"a.py", `h = bcrypt.hashpw(password, salt)`, ""},
		{"a.js", `const token = Math.random().toString(36)`, "security/random"},
		{"a.js", `const delay = Math.random() * 100`, ""},
		{"a.py", `cipher = AES.new(key, AES.MODE_ECB)`, "security/cipher"},
		{"a.go", `w.Header().Set("Access-Control-Allow-Origin", "*")`, "security/cors"},
		{"a.go", `w.Header().Set("Access-Control-Allow-Origin", origin)`, ""},
		{"config/app.yaml", `api_url: http://api.example.com/v1`, "security/plain-http"},
		{"config/app.yaml", `api_url: https://api.example.com/v1`, ""},
		{"config/app.yaml", `api_url: http://localhost:8080`, ""},
		{"config/app.yaml", `api_url: http://redis:6379`, ""},
		{"config/app.yaml", `api_url: http://10.0.0.7:80/x`, ""},
		{"config/app.yaml", `api_url: http://api.internal/x`, ""},
		{"config/app.json", `"$schema": "http://json-schema.org/draft-07/schema#"`, ""},
		{"docs/a.md", `api_url: http://api.example.com/v1`, ""},
		{"a_test.go", `c.InsecureSkipVerify = true`, ""},
		{"examples/a.go", `c.InsecureSkipVerify = true`, ""},
		{"a.go", `// InsecureSkipVerify = true would be bad`, ""},
	} {
		var s github.Snapshot
		add(&s, tt.path, added(tt.text))
		got, _, _ := strings.Cut(found(Compute(s, DefaultWeights()), "security-call"), ":")
		if got != tt.want {
			t.Errorf("%s: %s: %q, want %q", tt.path, tt.text, got, tt.want)
		}
	}
}
