package pulls

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
)

// A pattern is something to look for on single lines of some kinds of files.
type pattern struct {
	rule    string
	words   []string // one of them is on every line that matches: a quick test
	match   *regexp.Regexp
	exts    []string // nil: any
	meaning string
}

// hits returns the added lines of f that match a pattern, and how many removed lines do.
func (p pattern) hits(f *file) (added []Evidence, removed int) {
	if p.exts != nil && !slices.Contains(p.exts, extension(f.Path)) || !f.holds(p.words) {
		return nil, 0
	}
	f.removed(func(l line) {
		if p.on(l.text) {
			removed++
		}
	})
	f.added(func(l line) {
		if p.on(l.text) {
			added = append(added, Evidence{Rule: p.rule, File: f.Path, Line: l.new})
		}
	})
	return added, removed
}

// holds reports whether one of the words is anywhere in the file's patch. Asking that once saves asking it of each line.
func (f *file) holds(words []string) bool { return containsAny(f.Patch, words) }

// maxCodeLine is how long a line of code may be that is looked at: people write none of a thousand characters.
const maxCodeLine = 1000

// on reports whether a line matches. Comments do nothing, and longer lines than maxCodeLine are data.
func (p pattern) on(text string) bool {
	return len(text) < maxCodeLine && containsAny(text, p.words) &&
		p.match.MatchString(text) && !comment(text)
}

// search looks for patterns in files, and says what the first hit means. As many hits as were removed anywhere do not count: code that moves
// adds nothing.
func search(files []*file, patterns []pattern, include func(*file) bool) (places []Evidence, meaning string) {
	for _, p := range patterns {
		var found []Evidence
		gone := 0
		for _, f := range files {
			if include(f) {
				added, removed := p.hits(f)
				found, gone = append(found, added...), gone+removed
			}
		}
		if found = found[:max(len(found)-gone, 0)]; len(found) > 0 {
			meaning = cmp.Or(meaning, p.meaning)
			places = append(places, found...)
		}
	}
	return places, meaning
}

var securityPatterns = []pattern{
	{"security/tls-unverified", []string{"InsecureSkipVerify", "verify", "rejectUnauthorized", "VERIFY_NONE", "CERT_NONE", "_unverified_", "TLS_REJECT", "danger_accept", "curl", "sslmode"},
		regexp.MustCompile(`InsecureSkipVerify:?\s*=?\s*true|\bverify\s*=\s*False|rejectUnauthorized:\s*false|ssl\.CERT_NONE|VERIFY_NONE|_create_unverified_context|NODE_TLS_REJECT_UNAUTHORIZED["']?\]?\s*[:=]\s*["']?0|danger_accept_invalid_certs\(true|\bcurl\b.*\s(?:-k|--insecure)\s|\bsslmode=disable\b`), nil, "switches off certificate verification"},
	{"security/pipe-to-shell", []string{"curl", "wget"}, regexp.MustCompile(`\b(?:curl|wget)\b[^|;]*\|\s*(?:sudo\s+(?:-\w+\s+)*)?(?:(?:ba|z)?sh|python3?|node|perl|ruby)\b(?:\s+-|\s*$|\s+[^-\w]|\s+\w)|\b(?:ba|z)?sh\s+(?:<\(|-c\s+["']?\$\()\s*(?:curl|wget)\b`), nil, "runs a downloaded script"},
	{"security/shell", []string{"shell=True", "os.system", "os.popen"}, regexp.MustCompile(`\bshell\s*=\s*True|\bos\.(?:system|popen)\(`), []string{"py"}, "runs a shell"},
	{"security/eval", []string{"eval(", "new Function("}, regexp.MustCompile(`(?:^|[^\w.])eval\(|\bnew Function\(\s*[^)\s]`), []string{"js", "jsx", "ts", "tsx", "mjs", "cjs", "py", "rb", "php"}, "evaluates text as code"},
	{"security/unsafe-load", []string{"pickle.", "yaml.", "arshal.load", "Loader"}, regexp.MustCompile(`\bpickle\.loads?\(|\byaml\.load\([^,]*(?:\)|$)|\byaml\.(?:unsafe_load|full_load)\(|\bLoader\s*=\s*(?:yaml\.)?(?:Unsafe|Full)?Loader\b|\bMarshal\.load\(|\bmarshal\.loads\(|\bjsonpickle\.decode\(`), []string{"py", "rb"}, "loads data that can run code"},
	{"security/html", []string{"dangerouslySetInnerHTML", "template.HTML(", "innerHTML", "v-html", "mark_safe", "html_safe", "document.write("},
		regexp.MustCompile(`dangerouslySetInnerHTML|\btemplate\.HTML\([^"` + "`" + `]|\.innerHTML\s*\+?=\s*[^"'=\s;]|\bv-html=|\bmark_safe\([^"']|\.html_safe\b|\bdocument\.write\(`), []string{"go", "jsx", "tsx", "js", "ts", "mjs", "vue", "svelte", "html", "py", "rb", "erb"}, "puts unescaped HTML on a page"},
	{"security/exec", []string{"exec.Command", "child_process", "Runtime.getRuntime", "subprocess."},
		regexp.MustCompile(`\bexec\.Command(?:Context)?\(|require\(['"](?:node:)?child_process['"]\)|from ['"](?:node:)?child_process['"]|\bgetRuntime\(\)\.exec\(|\bsubprocess\.(?:run|Popen|call|check_\w+)\(`),
		[]string{"go", "js", "ts", "mjs", "cjs", "java", "kt", "py"}, "runs another program"},
	{"security/sql", []string{"elect ", "SELECT ", "nsert ", "INSERT ", "pdate ", "UPDATE ", "elete ", "DELETE "}, sqlBuilt, sqlLanguages, "builds SQL out of text"},
	{"security/password-hash", []string{"md5", "MD5", "sha1", "SHA1", "Md5", "Sha1"}, regexp.MustCompile(`(?i)(?:md5|sha1)\w*\W.*passw(?:or)?d|passw(?:or)?d.*\W(?:hashlib\.)?(?:md5|sha1)\b|passw(?:or)?d\w*\s*[:=].*\b(?:md5|sha1)\.`), codeLanguages, "hashes passwords with a function that is too fast"},
	{"security/random", []string{"Math.random", "random.", "rand."}, regexp.MustCompile(`(?i)\b\w*(?:token|secret|password|nonce|salt|otp|session_?id|api_?key)\w*\s*:?=[^=].*\b(?:math\.random\(|random\.(?:choices?|randint|random)\(|rand\.(?:int|read)\w*\()`), []string{"js", "jsx", "ts", "tsx", "mjs", "py"}, "makes secrets with a generator that can be guessed"},
	{"security/cipher", []string{"ECB", "createCipher(", "DES", "RC4"}, regexp.MustCompile(`\bAES/ECB\b|\bmodes\.ECB\(|\bAES\.MODE_ECB\b|\bcrypto\.createCipher\(|\bdes\.New\w*Cipher\(|\brc4\.NewCipher\(`), codeLanguages, "encrypts with a weak cipher"},
	{"security/cors", []string{"Allow-Origin", "AllowOrigin", "AllowAllOrigins", "CORS_"}, regexp.MustCompile(`Access-Control-Allow-Origin["']?\s*[,:=]\s*["']?\*|\bAllowAllOrigins:\s*true|\bAllow(?:ed)?Origins:\s*\[\]string\{"\*"|\bCORS_(?:ORIGIN_)?ALLOW_ALL(?:_ORIGINS)?\s*=\s*True`), nil, "lets every website call it"},
	{"security/plain-http", []string{"http://"}, plainEndpoint, []string{"yaml", "yml", "json", "toml", "ini", "env", "properties", "conf", "cfg", "tf", "tfvars"}, "talks to a server without encryption"},
	{"security/unsafe", []string{"unsafe.Pointer"}, regexp.MustCompile(`\bunsafe\.Pointer\(`), []string{"go"}, "uses unsafe.Pointer"},
	{"security/host-keys", []string{"StrictHostKeyChecking", "InsecureIgnoreHostKey"}, regexp.MustCompile(`StrictHostKeyChecking[= ]no|InsecureIgnoreHostKey\(`), nil, "skips host key checking"},
	{"security/permissions", []string{"chmod"}, regexp.MustCompile(`\bchmod\s+(?:-R\s+)?0?777\b`), nil, "opens files to everybody"},
}

var (
	codeLanguages = []string{"go", "js", "jsx", "ts", "tsx", "mjs", "cjs", "py", "rb", "php", "java", "kt", "cs", "scala"}
	sqlLanguages  = append([]string{"rs"}, codeLanguages...)

	// A statement in quotes that text is put behind or into: "… WHERE id = " + id, Sprintf("… = '%s'", id), f"… = {id}", `… = ${id}`. What is put
	// in where a table or columns belong is mostly the program's own, so that only what follows a comparison or VALUES counts.
	sqlBuilt = regexp.MustCompile(`(?i)(?:^|\W)["'` + "`" + `]` + sqlStatement + `["'` + "`" + `]\s*(?:\+|\.\s*\$)\s*\w|printf\(.*["` + "`" + `]` + sqlStatement + `%[svq]|` +
		`(?:^|\W)["']` + sqlStatement + `%s'?["']\s*%\s*\(?\w|\bf["']` + sqlStatement + `\{[a-z_][\w.()]*\}|(?:^|[^\w$])` + "`" + sqlStatement + `\$\{|(?:^|\W)"` + sqlStatement + `#\{`)

	// An address in a setting that is no machine of one's own: with a dot in its name, and not one of the names for private networks.
	plainEndpoint = regexp.MustCompile(`(?i)(?:url|uri|endpoint|host|server|proxy|webhook|registry|issuer|address|upstream)\w*["']?\s*[:=]\s*["']?http://[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|dev|app|co|cloud|de|eu|uk|fr|us|info|biz|ai|me|tech)(?:[:/"'\s,]|$)`)
)

// sqlStatement is the part of sqlBuilt up to where a value belongs.
const sqlStatement = `[^"` + "`" + `]*?\b(?:select\s[^"]+?\sfrom\s[^"]*?\bwhere\b|insert\s+into\s[^"]*?\bvalues\b|update\s+\S+\s+set\b|delete\s+from\s[^"]*?\bwhere\b)[^"]*?(?:=|<|>|\blike|\bvalues\s*\()\s*'?`

func securityCalls(in *inspection) Reason {
	places, meaning := search(in.files, securityPatterns, func(f *file) bool {
		return f.class != ClassTest && f.class != ClassDocs && f.class != ClassSnapshot && !sample(f.Path)
	})
	if len(places) == 0 {
		return Reason{}
	}
	return Reason{Points: in.w.SecurityCall, Text: meaning, Evidence: places}
}

var privilegePatterns = []pattern{
	{"ci/pull-request-target", []string{"pull_request_target"}, regexp.MustCompile(`\bpull_request_target\b`), nil, "runs CI with secrets on strangers' pull requests"},
	{"ci/write-all", []string{"write-all"}, regexp.MustCompile(`permissions:\s*write-all`), nil, "gives CI all write permissions"},
	{"ci/write", []string{"write"}, regexp.MustCompile(`^\s*["']?(?:actions|attestations|checks|contents|deployments|discussions|id-token|issues|packages|pages|pull-requests|repository-projects|security-events|statuses)["']?:\s*["']?write\b`), nil, "gives CI a write permission"},
	{"ci/injection", []string{"github."}, regexp.MustCompile(`(?:\brun:.*|^\s*(?:[^\s:"'#]+\s.*|[^\w\s-].*)?)\$\{\{\s*(?:github\.head_ref|github\.event\.(?:issue|pull_request|comment|review|review_comment|discussion|head_commit|workflow_run)\.(?:\w+\.)*(?:title|body|ref|head_branch|label|message|name|email|default_branch))\s*\}\}`), nil, "puts strangers' text into a script of CI"},
	{"ci/secrets-inherit", []string{"secrets:"}, regexp.MustCompile(`^\s*secrets:\s*inherit\b`), nil, "hands all secrets to another workflow"},
	{"ci/workflow-run", []string{"workflow_run"}, regexp.MustCompile(`^\s*workflow_run:`), nil, "runs CI with secrets after other workflows"},
}

func ciPrivilege(in *inspection) Reason {
	places, meaning := search(in.files, privilegePatterns, func(f *file) bool { return f.class == ClassCI })
	if gone := in.unlimited(); len(gone) > 0 {
		places, meaning = append(places, gone...), cmp.Or(meaning, "removes the limits of what CI may do")
	}
	if len(places) == 0 {
		return Reason{}
	}
	return Reason{Points: in.w.CIPrivilege, Text: meaning, Evidence: places}
}

var destructivePatterns = []pattern{
	{"sql/drop", []string{"drop", "DROP", "Drop", "remove_column"}, regexp.MustCompile(`(?i)\bdrop\s+(?:table|column|database|schema|view|type)\b|\bop\.drop_(?:table|column)\(|\b(?:drop_table|remove_column|dropTable|dropColumn|DropTable|DropColumn)\b`), nil, "drops data"},
	{"sql/truncate", []string{"truncate", "TRUNCATE"}, regexp.MustCompile(`(?i)^\s*truncate\b`), nil, "empties a table"},
	{"sql/delete-all", []string{"delete", "DELETE"}, regexp.MustCompile(`(?i)^\s*delete\s+from\s+[\w."]+\s*;`), nil, "deletes every row of a table"},
	{"sql/not-null", []string{"NOT NULL", "not null"}, regexp.MustCompile(`(?i)\badd\s+(?:column\s+)?[^,;]*\bnot\s+null\b`), nil, "adds a required column"},
}

// destructiveSQL looks for statements that lose data in migrations and SQL files. What undoes a migration is meant to, and a schema begins
// with a database that holds nothing.
func destructiveSQL(in *inspection) Reason {
	var places []Evidence
	meaning := ""
	for _, f := range in.files {
		if f.class != ClassMigration && (f.class != ClassCode || extension(f.Path) != "sql") || strings.Contains(f.Path, ".down.") || sample(f.Path) || base(f.Path) == "schema.sql" {
			continue
		}
		for _, p := range destructivePatterns {
			found, gone := p.hits(f)
			found = found[:max(len(found)-gone, 0)]
			if len(found) == 0 {
				continue
			}
			down, defaults := f.downFrom(), f.defaults()
			for _, e := range found {
				if e.Line > down || p.rule == "sql/not-null" && defaults[e.Line] {
					continue
				}
				meaning = cmp.Or(meaning, p.meaning)
				places = append(places, e)
			}
		}
	}
	if len(places) == 0 {
		return Reason{}
	}
	return Reason{Points: in.w.DestructiveSQL, Text: meaning, Evidence: places}
}

var downMark = regexp.MustCompile(`(?i)^\s*--\s*(?:\+goose|\+migrate|migrate:|@)?\s*down\b|^\s*def (?:downgrade|down)\b|\bfunc (?:\w*)[Dd]own\b|\b(?:exports\.)?down\s*[=(]`)

// downFrom is the line of the new file where the part of a migration begins that takes it back; beyond the last one when it has none.
func (f *file) downFrom() int {
	from := math.MaxInt
	f.newSide(func(l line) {
		if l.new < from && downMark.MatchString(l.text) {
			from = l.new
		}
	})
	return from
}

// defaults are the lines of the new file that give a default.
func (f *file) defaults() map[int]bool {
	found := map[int]bool{}
	f.newSide(func(l line) {
		if strings.Contains(strings.ToLower(l.text), "default") {
			found[l.new] = true
		}
	})
	return found
}

// newSide calls visit for each line of the new file that the patch shows.
func (f *file) newSide(visit func(l line)) {
	for _, h := range f.hunks {
		for _, l := range h.lines {
			if l.op != '-' {
				visit(l)
			}
		}
	}
}
