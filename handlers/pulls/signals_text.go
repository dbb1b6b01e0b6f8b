package pulls

import (
	"cmp"
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
	if p.exts != nil && !slices.Contains(p.exts, extension(f.Path)) {
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

// on reports whether a line matches. Comments do nothing, and lines of more than a few thousand characters are data.
func (p pattern) on(text string) bool {
	return len(text) < 4000 && containsAny(text, p.words) &&
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
	{"security/tls-unverified", []string{"InsecureSkipVerify", "verify", "rejectUnauthorized", "SSL_VERIFY", "CERT_NONE"},
		regexp.MustCompile(`InsecureSkipVerify:?\s*=?\s*true|\bverify\s*=\s*False|rejectUnauthorized:\s*false|ssl\.CERT_NONE|VERIFY_NONE`), nil, "switches off certificate verification"},
	{"security/pipe-to-shell", []string{"curl", "wget"}, regexp.MustCompile(`\b(?:curl|wget)\b[^|;]*\|\s*(?:sudo\s+)?(?:ba|z)?sh\b`), nil, "runs a downloaded script"},
	{"security/shell", []string{"shell=True", "os.system", "os.popen"}, regexp.MustCompile(`\bshell\s*=\s*True|\bos\.(?:system|popen)\(`), []string{"py"}, "runs a shell"},
	{"security/eval", []string{"eval("}, regexp.MustCompile(`(?:^|[^\w.])eval\(`), []string{"js", "jsx", "ts", "tsx", "mjs", "cjs", "py", "rb", "php"}, "evaluates text as code"},
	{"security/unsafe-load", []string{"pickle.load", "yaml.load(", "Marshal.load"}, regexp.MustCompile(`\bpickle\.loads?\(|\byaml\.load\([^)]*\)?$|\bMarshal\.load\(`), []string{"py", "rb"}, "loads data that can run code"},
	{"security/html", []string{"dangerouslySetInnerHTML", "template.HTML("}, regexp.MustCompile(`dangerouslySetInnerHTML|\btemplate\.HTML\(`), []string{"go", "jsx", "tsx", "js", "ts"}, "puts unescaped HTML on a page"},
	{"security/exec", []string{"exec.Command", "child_process", "Runtime.getRuntime", "subprocess."},
		regexp.MustCompile(`\bexec\.Command(?:Context)?\(|require\(['"](?:node:)?child_process['"]\)|from ['"](?:node:)?child_process['"]|\bgetRuntime\(\)\.exec\(|\bsubprocess\.(?:run|Popen|call|check_\w+)\(`),
		[]string{"go", "js", "ts", "mjs", "cjs", "java", "kt", "py"}, "runs another program"},
	{"security/unsafe", []string{"unsafe.Pointer"}, regexp.MustCompile(`\bunsafe\.Pointer\(`), []string{"go"}, "uses unsafe.Pointer"},
	{"security/host-keys", []string{"StrictHostKeyChecking", "InsecureIgnoreHostKey"}, regexp.MustCompile(`StrictHostKeyChecking[= ]no|InsecureIgnoreHostKey\(`), nil, "skips host key checking"},
	{"security/permissions", []string{"chmod"}, regexp.MustCompile(`\bchmod\s+(?:-R\s+)?0?777\b`), nil, "opens files to everybody"},
}

func securityCalls(in *inspection) Reason {
	places, meaning := search(in.files, securityPatterns, func(f *file) bool { return f.class != ClassTest && f.class != ClassDocs && f.class != ClassSnapshot })
	if len(places) == 0 {
		return Reason{}
	}
	return Reason{Points: in.w.SecurityCall, Text: meaning, Evidence: places}
}

var privilegePatterns = []pattern{
	{"ci/pull-request-target", []string{"pull_request_target"}, regexp.MustCompile(`\bpull_request_target\b`), nil, "runs CI with secrets on strangers' pull requests"},
	{"ci/write-all", []string{"write-all"}, regexp.MustCompile(`permissions:\s*write-all`), nil, "gives CI all write permissions"},
	{"ci/write", []string{"write"}, regexp.MustCompile(`^\s*["']?(?:actions|attestations|checks|contents|deployments|discussions|id-token|issues|packages|pages|pull-requests|repository-projects|security-events|statuses)["']?:\s*["']?write\b`), nil, "gives CI a write permission"},
	{"ci/workflow-run", []string{"workflow_run"}, regexp.MustCompile(`^\s*workflow_run:`), nil, "runs CI with secrets after other workflows"},
}

func ciPrivilege(in *inspection) Reason {
	places, meaning := search(in.files, privilegePatterns, func(f *file) bool { return f.class == ClassCI })
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
			for _, e := range found[:max(len(found)-gone, 0)] {
				if f.undoing(e.Line) || p.rule == "sql/not-null" && f.hasDefault(e.Line) {
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

// undoing reports whether a line of the new file is in the part of a migration that takes it back.
func (f *file) undoing(number int) bool {
	down := false
	f.newSide(func(l line) {
		if l.new < number && downMark.MatchString(l.text) {
			down = true
		}
	})
	return down
}

// hasDefault reports whether a line of the new file gives a default.
func (f *file) hasDefault(number int) bool {
	found := false
	f.newSide(func(l line) {
		found = found || l.new == number && strings.Contains(strings.ToLower(l.text), "default")
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
