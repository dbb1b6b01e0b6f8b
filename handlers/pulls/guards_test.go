package pulls

import (
	"slices"
	"strings"
	"testing"

	"shipmate/integrations/github"
)

// edit makes a patch of one edit between two lines of context.
func edit(from, to string) string {
	mark := func(op, text string) string {
		if text == "" {
			return ""
		}
		return op + strings.ReplaceAll(text, "\n", "\n"+op) + "\n"
	}
	return "@@ -10,9 +10,9 @@ func handle() {\n before()\n" + mark("-", from) + mark("+", to) + " after()"
}

func TestRemovedGuards(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, path, from, to, want string }{
		{"middleware of a route", "a.ts", "router.get('/admin', requireAuth, list)", "router.get('/admin', list)", "removes a permission check"},
		{"condition", "a.go", "\tif !allowed {\n\t\treturn http.StatusForbidden\n\t}", "", "removes a permission check"},
		{"role", "a.ts", "  if (!user.isAdmin) throw new Error('no')", "", "removes a permission check"},
		{"decorator", "views.py", "@login_required", "", "removes a permission check"},
		{"permission of Spring", "A.java", `    @PreAuthorize("hasRole('ADMIN')")`, "", "removes a permission check"},
		{"before action", "a_controller.rb", "  before_action :authenticate_user!", "", "removes a permission check"},
		{"method", "a.go", "\tif err := s.checkPermission(ctx, id); err != nil {\n\t\treturn err\n\t}", "", "removes a permission check"},
		{"status", "a.ts", "  return res.status(403).end()", "", "removes a permission check"},
		{"forged requests", "a.rb", "  protect_from_forgery with: :exception", "", "removes a protection against forged requests"},
		{"timeout", "a.go", "\tctx, cancel := context.WithTimeout(ctx, time.Second)\n\tdefer cancel()", "", "removes a timeout"},
		{"timeout of an argument", "a.py", "    r = requests.get(url, timeout=10)", "    r = requests.get(url)", "removes a timeout"},
		{"timeout of a server", "a.go", "\t\tReadHeaderTimeout: 5 * time.Second,", "", "removes a timeout"},
		{"timeout of a job", ".github/workflows/a.yml", "    timeout-minutes: 10", "", "removes a timeout"},
		{"retry", "a.py", "@retry(stop=stop_after_delay(3))", "", "removes a retry"},
		{"backoff", "a.go", "\terr = backoff.Retry(send, b)", "\terr = send()", "removes a retry"},
		{"validation", "a.go", "\tif err := req.Validate(); err != nil {\n\t\treturn err\n\t}", "", "removes an input validation"},
		{"schema", "a.ts", "  const body = userSchema.parse(req.body)", "  const body = req.body", "removes an input validation"},
		{"escaping", "a.go", `	fmt.Fprint(w, html.EscapeString(name))`, `	fmt.Fprint(w, name)`, "removes an escaping of input"},
		{"rate limit", "a.ts", "app.use(rateLimit({ max: 10 }))", "", "removes a rate limit"},
		{"limiter", "a.go", "\tif !limiter.Allow() {\n\t\treturn errBusy\n\t}", "", "removes a rate limit"},
		{"certificates", "a.go", "\t\tClientAuth: tls.RequireAndVerifyClientCert,", "", "removes a check of certificates"},
		{"lock", "a.go", "\ts.mu.Lock()\n\tdefer s.mu.Unlock()", "", "removes a lock"},
		{"lock of Python", "a.py", "        with self._lock:", "        if True:", "removes a lock"},

		{"another form", "a.ts", "router.get('/admin', requireAuth, list)", "router.get('/admin', authenticated, list)", ""},
		{"another check", "a.go", "\tif !user.IsAdmin() {", "\tif !policy.May(user, Edit) {", ""},
		{"renamed", "a.go", "\tif err := checkPermission(u); err != nil {", "\tif err := requirePermission(u, Read); err != nil {", ""},
		{"author is not auth", "a.go", "\trequireAuthor(post)", "", ""},
		{"accessible is not access", "a.ts", "  checkAccessibility(page)", "", ""},
		{"word in a sentence", "a.go", `	log.Print("the admin has to have permission")`, "", ""},
		{"comment", "a.go", "\t// requireAuth is called by the router", "", ""},
		{"import", "a.ts", "import { requireAuth } from './auth'", "", ""},
		{"the function itself", "a.go", "func requireAuth(h http.Handler) http.Handler {\n\tif !allowed {\n\t\treturn nil\n\t}\n}", "", ""},
		{"the guarded function too", "a.py", "@app.get('/x')\ndef show():\n    if not user.is_admin:\n        abort(403)", "", ""},
		{"the guarded method too", "a.ts", "  async remove(id: string) {\n    requireAuth(this.user)\n    return this.db.remove(id)\n  }", "", ""},
		{"longer timeout", "a.go", "\tctx, cancel := context.WithTimeout(ctx, time.Second)", "\tctx, cancel := context.WithTimeout(ctx, time.Minute)", ""},
		{"deadline instead", "a.go", "\tctx, cancel := context.WithTimeout(ctx, time.Second)", "\tctx, cancel := context.WithDeadline(ctx, until)", ""},
		{"scheduling is no timeout", "a.ts", "  setTimeout(() => poll(), 100)", "  poll()", ""},
		{"type of a timeout", "a.ts", "  timeout: number", "", ""},
		{"timeout that was none", "a.py", "    r = get(url, timeout=None)", "    r = get(url)", ""},
		{"handed on", "a.ts", "  fetchAll(url, { timeout: options.timeout })", "  fetchAll(url, options)", ""},
		{"another retry", "a.go", "\terr = backoff.Retry(send, b)", "\terr = retry.Do(send)", ""},
		{"no retries before", "a.py", "    call(x, retries=0)", "    call(x)", ""},
		{"atomic instead", "a.go", "\ts.mu.Lock()\n\ts.n++\n\ts.mu.Unlock()", "\ts.n.Add(1) // atomic\n\tvar n atomic.Int64", ""},
		{"read lock", "a.go", "\ts.mu.Lock()", "\ts.mu.RLock()", ""},
		{"a block of something", "a.go", "\tb := newBlock()\n\tclock.Lockstep()", "", ""},
		{"documentation of locks", "docs/a.md", "s.mu.Lock()", "", ""},
		{"test", "a_test.go", "\ts.mu.Lock()", "", ""},
		{"example", "examples/a.go", "\ts.mu.Lock()", "", ""},
		{"throttle of a page", "a.ts", "  onScroll = throttle(update, 100)", "  onScroll = update", ""},
		{"escaped otherwise", "a.ts", "  u = '?q=' + encodeURIComponent(escapeHtml(q))", "  u = '?' + new URLSearchParams({ q })", ""},
		{"default that is said no more", "a.py", "    r = get(url, verify=True)", "    r = get(url)", ""},
		{"large deletion", "a.go", strings.Repeat("\twork()\n", 12) + "\ts.mu.Lock()\n\ts.mu.Unlock()", "", ""},
		{"a class of a name", "a.go", "\tvalidator := newValidator()", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s github.Snapshot
			add(&s, tt.path, edit(tt.from, tt.to))
			got := ""
			for _, r := range Compute(s, DefaultWeights()).Risk.Reasons {
				if r.Rule == "removed-guard" {
					got = r.Text
					if len(r.Evidence) == 0 || r.Evidence[0].Line < 11 || !r.Evidence[0].Removed {
						t.Errorf("evidence %+v, want a removed line", r.Evidence)
					}
				}
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestGuardsInSeveralFiles(t *testing.T) {
	t.Parallel()
	lock, timeout := "\ts.mu.Lock()", "\tctx, cancel := context.WithTimeout(ctx, limit)"
	for _, tt := range []struct {
		name, want string
		files      map[string]string
	}{
		{"moved to another file", "", map[string]string{"a.go": edit(lock, ""), "b.go": edit("", lock)}},
		{"moved and indented", "", map[string]string{"a.go": edit(lock, ""), "b.go": edit("", "\t\t"+lock)}},
		{"two kinds", "removes a timeout and a lock", map[string]string{"a.go": edit(lock, ""), "b.go": edit(timeout, "")}},
		{"several", "removes 2 locks", map[string]string{"a.go": edit(lock, ""), "b.go": edit("\tt.mu.Lock()", "")}},
	} {
		var s github.Snapshot
		for _, path := range []string{"a.go", "b.go"} {
			add(&s, path, tt.files[path])
		}
		got := ""
		if i := slices.IndexFunc(Compute(s, DefaultWeights()).Risk.Reasons, func(r Reason) bool { return r.Rule == "removed-guard" }); i >= 0 {
			got = Compute(s, DefaultWeights()).Risk.Reasons[i].Text
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	var s github.Snapshot
	add(&s, "a.go", removed(lock)).Status = "removed"
	if f := Compute(s, DefaultWeights()); slices.ContainsFunc(f.Risk.Reasons, func(r Reason) bool { return r.Rule == "removed-guard" }) {
		t.Errorf("a deleted file: %+v", f.Risk.Reasons)
	}
}
