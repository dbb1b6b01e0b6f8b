package pulls

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// LockFinding is something odd in a lock file: a package that is taken from another place, or that has another content behind the same version.
type LockFinding struct {
	Rule    string `json:"rule"` // dependency/source or dependency/integrity
	Name    string `json:"name"`
	Version string `json:"version"`
	From    string `json:"from,omitempty"` // host, and owner on hosts of everybody; "" where it is not known
	To      string `json:"to,omitempty"`
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
}

// The rules of findings.
const (
	ruleSource    = "dependency/source"
	ruleIntegrity = "dependency/integrity"
)

// findings looks at where a package is taken from and what it is. known are the places that the file has had.
func (c lockChange) findings(path string, known map[string]bool) []LockFinding {
	if c.after == nil {
		return nil
	}
	from, to := "", ""
	if c.before == nil || !samePlace(c.before.source, c.after.source) {
		to = giverOf(c.after.source)
	}
	if c.before != nil && to != "" {
		from = giverOf(c.before.source)
	}
	moved := from != "" && to != "" && from != to && to != strings.TrimSuffix(from, unencrypted)
	var out []LockFinding
	found := func(rule, from, to string) {
		out = append(out, LockFinding{rule, shownName(c.after.name), shownVersion(c.after.version), from, to, path, c.after.line})
	}
	if moved || from == "" && c.strange(to, known) {
		found(ruleSource, from, to)
	}
	if c.before != nil && c.before.version == c.after.version && !branch(c.after.version) && contradict(c.before.hashes, c.after.hashes) {
		found(ruleIntegrity, "", "")
	}
	return out
}

// strange reports whether a package that had no place before is taken from where the others are not: a repository or an address of its own,
// without encryption, or a host that the file has not had.
func (c lockChange) strange(to string, known map[string]bool) bool {
	switch {
	case to == "" || known[to] || c.before != nil && !c.after.sourceChanged:
		return false
	case strings.HasSuffix(to, repository) || strings.HasSuffix(to, unencrypted):
		return true
	}
	host, _, _ := strings.Cut(to, "/")
	for place := range known { // another owner on the same host
		if strings.HasPrefix(place, host+"/") {
			return false
		}
	}
	return len(known) > 0 && !slices.Contains(publicPlaces, to)
}

// contradict reports whether a hash has another value and none of that label stays.
func contradict(before, after []lockHash) bool {
	if len(before) == 0 || len(after) == 0 || slices.Equal(before, after) {
		return false
	}
	had := make(map[lockHash]bool, len(before))
	labels := make(map[string]bool, len(before))
	for _, h := range before {
		had[h], labels[h.label] = true, true
	}
	kept := map[string]bool{}
	for _, h := range after {
		kept[h.label] = kept[h.label] || had[h]
	}
	return slices.ContainsFunc(after, func(h lockHash) bool { return labels[h.label] && !kept[h.label] })
}

// branch reports whether a version of Composer names a branch, whose content changes.
func branch(version string) bool {
	return strings.HasPrefix(version, "dev-") || strings.HasSuffix(version, "-dev")
}

// sources are the places that entries are taken from.
func sources(entries []lockEntry) map[string]bool {
	known := map[string]bool{}
	last := ""
	for i := range entries {
		source := entries[i].source
		if last != "" && strings.HasPrefix(source, last) {
			continue
		}
		place := giverOf(source)
		known[place] = true
		if last = ""; !strings.Contains(place, "/") {
			last = firstParts(source, 3) + "/" // scheme and host
		}
	}
	delete(known, "")
	return known
}

// samePlace reports quickly whether two sources are certainly of one place: equal down to the first part of the path.
func samePlace(a, b string) bool {
	if a == b {
		return true
	}
	slashes := 0
	for i := 0; i < len(a) && i < len(b) && a[i] == b[i]; i++ {
		if a[i] == '/' {
			slashes++
		}
	}
	return slashes >= 4
}

// What giverOf adds to a host.
const (
	repository  = " (git)"
	unencrypted = " (http)"
)

// The public registries, and their other names. Who moves between the names of one has moved nowhere.
var (
	publicPlaces = []string{"registry.npmjs.org", "crates.io", "pypi.org", "rubygems.org"}
	otherNames   = map[string]string{
		"registry.yarnpkg.com": "registry.npmjs.org", "registry.npmjs.com": "registry.npmjs.org", "npm:": "registry.npmjs.org",
		"index.crates.io": "crates.io", "static.crates.io": "crates.io", "files.pythonhosted.org": "pypi.org", "index.rubygems.org": "rubygems.org",
		"codeload.github.com": "github.com", "api.github.com": "github.com", "raw.githubusercontent.com": "github.com",
	}
)

// giverOf reduces a source to what tells who gives the package: the host, on hosts where everybody may put things the owner too, and whether it
// is a repository or not encrypted. Users, passwords, paths and queries are left out. "" for what is no address.
func giverOf(source string) string {
	s, kind := source, ""
	if rest, ok := strings.CutPrefix(s, "git+"); ok {
		s, kind = rest, repository
	}
	s = strings.TrimPrefix(strings.TrimPrefix(s, "registry+"), "sparse+")
	if strings.HasPrefix(s, "git@") || strings.HasPrefix(s, "ssh://") || strings.HasPrefix(s, "git://") {
		kind = repository
	}
	if rest, ok := strings.CutPrefix(s, "git@"); ok && !strings.Contains(rest, "://") { // scp's form: git@host:owner/name
		s = "ssh://" + strings.Replace(rest, ":", "/", 1)
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return archivePlace(s)
	}
	authority, path, _ := strings.Cut(rest, "/")
	authority, _, _ = strings.Cut(authority, "?")
	host := strings.ToLower(authority[strings.LastIndexByte(authority, '@')+1:])
	if path == "rust-lang/crates.io-index" && host == "github.com" {
		return "crates.io"
	}
	host = cmp.Or(otherNames[host], host)
	if scheme == "http" {
		kind = unencrypted
	}
	if host == "github.com" || host == "gitlab.com" || host == "bitbucket.org" || host == "codeberg.org" {
		path = strings.TrimPrefix(path, "repos/")
		owner, _, _ := strings.Cut(path, "/")
		host += "/" + owner
	}
	return shorten(host, 80) + kind
}

// archivePlace reads Yarn's form of a package from a registry: "npm:1.0.0", with the address of its archive if that is another.
func archivePlace(s string) string {
	if !strings.HasPrefix(s, "npm:") {
		return ""
	}
	if _, address, ok := strings.Cut(s, "__archiveUrl="); ok {
		if plain, err := url.QueryUnescape(address); err == nil && strings.Contains(plain, "://") && !strings.Contains(plain, "__archiveUrl=") {
			return giverOf(plain)
		}
	}
	return otherNames["npm:"]
}

// lockedSecrets finds credentials in the addresses on the added lines of a lock file. Its other lines are hashes, which look like credentials.
func (f *file) lockedSecrets() []Evidence {
	var places []Evidence
	for _, h := range f.locked {
		for i := range h.lines {
			l := &h.lines[i]
			if l.op != '+' {
				continue
			}
			_, rest, ok := strings.Cut(l.text, "://")
			if at := strings.IndexAny(rest, "@/"); !ok || at < 0 || rest[at] != '@' {
				continue
			}
			if rule := secretOn(l.text, f.class); rule != "" {
				places = append(places, Evidence{Rule: rule, File: f.Path, Line: l.new})
			}
		}
	}
	return places
}
