package pulls

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A guard is a kind of line that keeps something from going wrong: what a reviewer wants to know of when it goes.
type guard struct {
	rule    string
	one     string // "a permission check"
	several string // "permission checks"
	words   []string
	match   *regexp.Regexp // what is one
	instead *regexp.Regexp // what on an added line of the same file may be another form of it. It is wide: a missed guard is cheaper than a false alarm
	classes []Class        // classes of files that have it; nil: code
}

var guards = []guard{
	{"guard/permission", "a permission check", "permission checks",
		[]string{"uth", "ermission", "dmin", "ogin", "ogged", "ole", "ccess", "llowed", "orbidden", "ermitted", "403", "401", "Secured", "UseGuards", "Depends("},
		regexp.MustCompile(`@(?:login_required|permission_required|user_passes_test|PreAuthorize|Secured|RolesAllowed|requires_auth|auth_required|jwt_required|admin_required|UseGuards)\b|^\s*\[Authorize\b|` +
			`\b(?:[rR]equire|[eE]nsure|[cC]heck|[vV]erify|[eE]nforce|[aA]ssert|[mM]ust)_?(?:[bB]e_?|[hH]ave_?|[iI]s_?)?(?:[aA]uth(?:n|z|entication|orization|enticated|orized)?|[pP]ermissions?|[aA]dmin|[lL]ogin|[lL]ogged_?[iI]n|[rR]oles?|[aA]ccess)(?:[A-Z_]\w*)?\b|` +
			`\b(?:[hH]as|[cC]heck|[hH]ave)_?[pP]ermissions?\(|\b(?:if|unless|elif)\b.*\b(?:is_?[aA]dmin|IsAdmin|has_?[rR]ole|HasRole|is_?[aA]uthenticated|IsAuthenticated|is_?[aA]uthorized|IsAuthorized|is_?[aA]llowed|IsAllowed|is_?[sS]uper_?[uU]ser|is_staff)\b|` +
			`\bif\b.*(?:!\s*|\bnot\s+)(?:\w+\.)?(?:allowed|authorized|authenticated|permitted)\b|` +
			`\b(?:StatusForbidden|StatusUnauthorized|HttpResponseForbidden|PermissionDenied|ForbiddenException|UnauthorizedException)\b|\b(?:status|sendStatus|abort|HTTPException)\((?:status_code=)?40[13]\b|\bhead :(?:forbidden|unauthorized)\b|` +
			`^\s*before_action :(?:authenticate|authorize|require)_\w+|^\s*authorize!?[\s(]|\bpermission_classes\s*=\s*[\[(]\s*\w|\bDepends\(\s*get_current_\w+|\.use\(\s*(?:\w+\.)?(?:auth|authenticate|authorize|requireAuth)\b`),
		regexp.MustCompile(`(?i)auth|permission|forbidden|unauthori|permitted|admin|role|access|allow|login|logged|guard|polic|\b40[13]\b|current_?user|\bcan_?[a-z]|den(?:y|ied)|session|token`), nil},
	{"guard/csrf", "a protection against forged requests", "protections against forged requests", []string{"csrf", "Csrf", "forgery"},
		regexp.MustCompile(`@csrf_protect|\bprotect_from_forgery\b|\bcsrf(?:Protection)?\(|\bcsurf\(|CsrfViewMiddleware`), regexp.MustCompile(`(?i)csrf|xsrf|forgery|origin|samesite`), nil},
	{"guard/rate-limit", "a rate limit", "rate limits", []string{"imit", "hrottle"},
		regexp.MustCompile(`\b(?:rate_?limit|rateLimit|RateLimit)\w*\s*\(|\b\w*[lL]imiter\.(?:Wait|WaitN|Allow|AllowN|limit|consume|acquire)\(|\brate\.NewLimiter\(|@(?:ratelimit|rate_limit|throttle|limiter\.limit|Throttle|RateLimiter)\b|\blimit_req\b|\bthrottle_classes\b`),
		regexp.MustCompile(`(?i)rate|limit|throttl|quota|bucket`), []Class{ClassCode, ClassInfra, ClassConfig}},
	{"guard/tls", "a check of certificates", "checks of certificates", []string{"RequireAndVerify", "sslmode", "ssl_verify", "VERIFY_PEER", "SSL_REDIRECT", "force_ssl", "Strict-Transport", "VerifyPeer", "CERT_REQUIRED"},
		regexp.MustCompile(`\btls\.RequireAndVerifyClientCert\b|\bsslmode=(?:verify-full|verify-ca|require)\b|\bssl_verify_client\s+on\b|\bVERIFY_PEER\b|\bCERT_REQUIRED\b|\bSECURE_SSL_REDIRECT\s*=\s*True|\bforce_ssl\s*=\s*true|Strict-Transport-Security|\bVerifyPeerCertificate\s*[:=]`),
		regexp.MustCompile(`tls\.\w*Cert\b|sslmode=(?:verify-full|verify-ca|require)|ssl_verify_client|VERIFY_PEER|CERT_REQUIRED|SSL_REDIRECT|force_ssl|(?i:strict-?transport|hsts|verif\w*:?\s*(?:=\s*)?(?:true|func|"))`), []Class{ClassCode, ClassInfra, ClassConfig}},
	{"guard/escaping", "an escaping of input", "escapings of input", []string{"scape", "quote(", "anitize", "clean(", "specialchars", "IsLocal", "secure_filename"},
		regexp.MustCompile(`\bhtml\.EscapeString\(|\btemplate\.(?:HTML|JS|URLQuery)Escape\w*\(|\burl\.(?:Query|Path)Escape\(|\bhtml\.escape\(|\bescape_?[hH]tml\(|\bhtmlspecialchars\(|\bDOMPurify\.sanitize\(|\b[sS]anitize(?:Html|HTML|_html|Input|Path|Url|URL)?\(|\bbleach\.clean\(|\bshlex\.quote\(|\bfilepath\.IsLocal\(|\bsecure_filename\(|\b(?:mysqli?_)?real_escape_string\(`),
		regexp.MustCompile(`(?i)escap|sanit|quot|encod|purif|clean|URLSearchParams|template|render|url\.values|validat|safe|%q|strip|JoinPath|os\.Root|OpenInRoot|textContent`), nil},
	{"guard/validation", "an input validation", "input validations", []string{"alid", "chema", "full_clean"},
		regexp.MustCompile(`\.Validate\(\)|\bvalidator\.(?:Struct|Var)\(|\.is_valid\(\)|\.full_clean\(\)|\b(?:\w+[sS]chema|schema)\.(?:parse|safeParse|validate|parseAsync|validateAsync|validateSync)\(|\bvalidationResult\(|^\s*if\s+(?:err\s*:?=\s*|not\s+|!)?(?:\w+\.)?(?:validate|Validate|is_?[vV]alid|IsValid)\w*\(`),
		regexp.MustCompile(`(?i)valid|check|verif|pars|schema|ensure|assert|constrain`), nil},
	{"guard/timeout", "a timeout", "timeouts", []string{"imeout", "eadline", "IMEOUT", "wait_for(", "max-time"},
		regexp.MustCompile(`\bcontext\.With(?:Timeout|Deadline)\(|\.Set(?:Read|Write)?Deadline\(|\bAbortSignal\.timeout\(|\.setTimeout\(\s*[\d(A-Z]|\.timeout\(\s*(?:Duration|[\d(A-Z])|\basyncio\.(?:wait_for|timeout)\(|\s--max-time\b|` +
			`\b(?:\w+[tT]imeout|[tT]imeout|\w+_timeout|timeoutMs|timeout_ms|timeoutSeconds|timeout-minutes)["']?\s*[:=]\s*["']?(?:\d|[a-z]+\.Duration\(|\(?\s*\d+\s*\*|time\.(?:Second|Minute|Millisecond)|Duration)`),
		regexp.MustCompile(`(?i)time_?-?out|deadline|time_?limit|max-?_?time|AbortSignal|wait_for|time\.After|NewTimer`), []Class{ClassCode, ClassInfra, ClassConfig, ClassCI}},
	{"guard/retry", "a retry", "retries", []string{"etry", "etries", "ackoff", "tenacity"},
		regexp.MustCompile(`@(?:retry|Retryable|backoff\.\w+)\b|\bretry\.(?:Do|OnConflict|DoWithData)\w*\(|\bRetryOnConflict\(|\bbackoff\.(?:Retry|RetryNotify|New\w+)\(|\bwait\.ExponentialBackoff\w*\(|\b(?:pRetry|asyncRetry|axiosRetry|withRetry|withRetries)\(|\bretryablehttp\.|\b(?:max_?[rR]etries|[mM]axRetries|retries)["']?\s*[:=]\s*[1-9]`),
		regexp.MustCompile(`(?i)retr(?:y|ies)|backoff|attempt|tries|resilien`), []Class{ClassCode, ClassInfra, ClassConfig}},
	{"guard/lock", "a lock", "locks", []string{"ock(", "with ", "synchronized", "acquire(", "_lock<", "lock_guard"},
		regexp.MustCompile(`\b\w*(?:[mM]u|[mM]utex|[lL]ock|[lL]ck)\w*\.(?:R?Lock|lock|acquire)\(\)|^\s*(?:async\s+)?with\s+(?:self\.)?_?\w*_?lock\s*:|^\s*synchronized\s*\(|\b(?:lock_guard|unique_lock|scoped_lock|shared_lock)\s*<`),
		regexp.MustCompile(`(?i)lock|mutex|\bmu\b|atomic|synchroni|\bsync\.|\bchan\b|channel|<-|singleflight|concurrent|\bactor\b|queue|semaphore`), []Class{ClassCode}},
}

// A loss is one guard that is gone.
type loss struct {
	guard *guard
	text  string // the whole line, without white space
	found string // the part that is the guard
	rest  string // the line without it
	at    Evidence
}

// removedGuards finds guards on removed lines that no added line of the file brings back in any form, and no other file word for word. What
// goes together with the code that it guards is no loss: a deleted file, a deleted function, a large deletion.
func removedGuards(in *inspection) Reason {
	var lost []loss
	for _, f := range in.files {
		lost = append(lost, f.losses()...)
	}
	if len(lost) == 0 {
		return Reason{}
	}
	in.dropMoved(&lost)
	r := Reason{Points: in.w.RemovedGuard}
	var what []string
	for i := range guards {
		n := 0
		for _, l := range lost {
			if l.guard == &guards[i] {
				n++
				r.Evidence = append(r.Evidence, l.at)
			}
		}
		switch {
		case n == 1:
			what = append(what, guards[i].one)
		case n > 1:
			what = append(what, fmt.Sprintf("%d %s", n, guards[i].several))
		}
	}
	if len(what) == 0 {
		return Reason{}
	}
	r.Text = "removes " + strings.Join(what[:min(len(what), 2)], " and ")
	return r
}

// guarded reports whether files like this one hold the guard.
func (g *guard) guarded(f *file) bool {
	if g.classes == nil {
		return f.class == ClassCode
	}
	return slices.Contains(g.classes, f.class)
}

// on returns the part of a line that is the guard; "" when it has none.
func (g *guard) on(text string) string {
	if len(text) > 500 || !containsAny(text, g.words) || comment(text) {
		return ""
	}
	return g.match.FindString(text)
}

// losses lists the guards that are gone from a file, one at most for each edit and kind.
func (f *file) losses() []loss {
	if f.Status == "removed" || f.Deletions == 0 || sample(f.Path) || f.class != ClassCode && f.class != ClassInfra && f.class != ClassConfig && f.class != ClassCI {
		return nil
	}
	var out []loss
	for i := range guards {
		g := &guards[i]
		if !g.guarded(f) || !f.holds(g.words) {
			continue
		}
		var found []loss
		for _, h := range f.hunks {
			h.blocks(func(removed, added []line) {
				if l, ok := g.lossIn(f, removed, added); ok {
					found = append(found, l)
				}
			})
		}
		if len(found) > 0 && !f.bringsBack(g, found) {
			out = append(out, found...)
		}
	}
	return out
}

// mostGone is how many more lines than it adds an edit may remove for a guard in it to be a loss: in a larger deletion goes what it guarded.
const mostGone = 12

// lossIn finds the first guard among removed lines.
func (g *guard) lossIn(f *file, removed, added []line) (loss, bool) {
	if len(removed)-len(added) > mostGone {
		return loss{}, false
	}
	for i, l := range removed {
		found := g.on(l.text)
		if found == "" || importLine.MatchString(l.text) {
			continue
		}
		if slices.ContainsFunc(removed[:i+1], func(l line) bool { return defines(l.text) }) {
			break // it belongs to a function that goes, or that gets another head
		}
		return loss{g, stripAll(l.text), found, strings.Replace(l.text, found, "", 1), Evidence{Rule: g.rule, File: f.Path, Line: l.old, Removed: true}}, true
	}
	return loss{}, false
}

var (
	methodHead = regexp.MustCompile(`^\s*(?:(?:public|private|protected|static|async|override|final)\s+)*(?:[\w<>\[\],.?]+\s+)?\w+\([^()]*\)\s*(?:throws\s+[\w,\s.]+)?\{\s*$`)
	notAMethod = regexp.MustCompile(`^\s*(?:\}\s*)?(?:if|for|while|switch|catch|with|else|return|using|lock|synchronized|elif|unless|until)\b`)
	routeHead  = regexp.MustCompile(`\b(?:router|app|r|mux|e|g|api|server)\.(?i:get|post|put|patch|delete|handle|handlefunc)\(.*(?:\{|=>\s*)\s*$`)
)

// defines reports whether a line begins a function, a method or a handler.
func defines(text string) bool {
	if strings.HasSuffix(text, "else {") || notAMethod.MatchString(text) {
		return false
	}
	return symbol(text) != "" || methodHead.MatchString(text) || routeHead.MatchString(text)
}

// bringsBack reports whether an added line of the file may be one of the guards in another form. What stood beside a guard is none: "/admin" in
// a route without its check.
func (f *file) bringsBack(g *guard, lost []loss) bool {
	beside := map[string]bool{}
	for _, l := range lost {
		for _, w := range identifier.FindAllString(l.rest, -1) {
			beside[w] = true
		}
	}
	found := false
	f.added(func(l line) {
		if found || len(l.text) >= 4000 || comment(l.text) || !g.instead.MatchString(l.text) {
			return
		}
		left := identifier.ReplaceAllStringFunc(l.text, func(w string) string {
			if beside[w] {
				return ""
			}
			return w
		})
		found = g.instead.MatchString(left)
	})
	return found
}

var identifier = regexp.MustCompile(`\w+`)

// dropMoved drops the losses whose line, or whose guard word for word, is on an added line of another file.
func (v *view) dropMoved(lost *[]loss) {
	const most = 100 // different guards that are looked for inside of lines; of more, whole lines only
	words := map[string]bool{}
	for _, l := range *lost {
		if len(words) < most {
			words[l.found] = true
		}
	}
	lines := map[string]bool{}
	for _, f := range v.files {
		f.added(func(l line) {
			if len(l.text) > 500 {
				return
			}
			lines[stripAll(l.text)] = true
			for w := range words {
				if strings.Contains(l.text, w) {
					lines[w] = true
				}
			}
		})
	}
	*lost = slices.DeleteFunc(*lost, func(l loss) bool { return lines[l.text] || lines[l.found] })
}
