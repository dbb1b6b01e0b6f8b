package pulls

import (
	"strings"
)

// lockGoSum reads go.sum: "module version hash". Lines of go.mod files are left out: they are there for modules that are not built too.
func lockGoSum(h hunk, s *lockSide) {
	for l := range s.lines(h) {
		name, rest, _ := strings.Cut(l.text, " ")
		version, sum, ok := strings.Cut(rest, " ")
		if !ok || strings.HasSuffix(version, "/go.mod") || !strings.HasPrefix(version, "v") {
			continue
		}
		i := s.add(lockEntry{name: name})
		s.version(i, version, l)
		s.hash(i, "h1", sum)
	}
}

// lockYarn reads yarn.lock, Yarn 1's form and the YAML of later ones.
func lockYarn(h hunk, s *lockSide) {
	entry := -1
	for l := range s.lines(h) {
		t := l.text
		switch {
		case t == "":
			entry = -1
		case t[0] == '#':
		case t[0] != ' ':
			entry = -1
			if name := yarnName(t); name != "" {
				entry = s.add(lockEntry{name: name})
			}
		case len(t) > 2 && t[1] == ' ' && t[2] != ' ':
			key, value, _ := strings.Cut(t[2:], " ")
			yarnField(s, entry, strings.TrimSuffix(key, ":"), strings.Trim(value, `"`), l)
		}
	}
}

// yarnName is the package of a head: `"@octo/ui@^1.0.0", "@octo/ui@^1.1.0":`; "" for what is no package.
func yarnName(head string) string {
	head, ok := strings.CutSuffix(head, ":")
	if !ok {
		return ""
	}
	head = strings.TrimPrefix(head, `"`)
	i := strings.IndexByte(head[min(1, len(head)):], '@') // not that of a scope
	if i < 0 {
		return ""
	}
	return head[:i+1]
}

func yarnField(s *lockSide, entry int, key, value string, l *line) {
	switch key {
	case "version":
		s.version(entry, value, l)
		if value == "0.0.0-use.local" {
			s.own(entry)
		}
	case "resolved":
		s.source(entry, value, l)
		if e := s.at(entry); e != nil && e.pin == "" {
			_, sum, _ := strings.Cut(value, "#")
			s.hash(entry, "sha1", sum)
		}
	case "integrity":
		s.integrity(entry, value)
	case "resolution":
		if e := s.at(entry); e != nil {
			s.source(entry, strings.TrimPrefix(value, e.name+"@"), l)
		}
	case "cacheKey":
		s.cache = value
	case "checksum": // of the archive in Yarn's cache, which another kind of cache packs otherwise
		label, sum, ok := strings.Cut(value, "/")
		if !ok {
			label, sum = s.cache, value
		}
		s.hash(entry, label, sum)
	case "linkType":
		if value == "soft" {
			s.own(entry)
		}
	}
}

// lockPNPM reads pnpm-lock.yaml. A package's key has its version: "/react@18.2.0(peer@1.0.0):", "/react/18.2.0_peer:" before version 6, and
// "react@18.2.0:" since 9.
func lockPNPM(h hunk, s *lockSide) {
	section, entry := h.section, -1
	for l := range s.lines(h) {
		t := l.text
		indent := indentation(t)
		switch {
		case t == "":
			entry = -1
		case indent == 0:
			section, entry = t, -1
		case indent == 2:
			entry = -1
			if section == "" || section == "packages:" || section == "snapshots:" {
				if name, version := pnpmKey(t[2:]); name != "" {
					entry = s.add(lockEntry{name: name})
					s.version(entry, version, l)
					if strings.Contains(version, "://") {
						s.source(entry, version, l)
					}
				}
			}
		case indent == 4 && strings.HasPrefix(t[4:], "resolution:"):
			pnpmResolution(s, entry, t[4:], l)
		}
	}
}

// pnpmKey is the package and version of a key; "" for what is none.
func pnpmKey(key string) (name, version string) {
	key, ok := strings.CutSuffix(strings.TrimSuffix(key, " {}"), ":")
	if !ok {
		return "", ""
	}
	key, old := strings.CutPrefix(strings.Trim(key, "'\""), "/")
	key, _, _ = strings.Cut(key, "(")
	end := 0 // of the name
	if strings.HasPrefix(key, "@") {
		end = strings.IndexByte(key, '/') + 1
	}
	i := strings.IndexAny(key[end:], "@/")
	if i < 0 {
		return "", ""
	}
	name, version = key[:end+i], strings.TrimPrefix(key[end+i+1:], "npm:")
	if key[end+i] == '/' {
		if !old {
			return "", ""
		}
		version, _, _ = strings.Cut(version, "_")
	}
	if !strings.Contains(version, "://") && loose(version) == "" { // a project of the workspace
		return "", ""
	}
	return name, version
}

// pnpmResolution reads "resolution: {integrity: sha512-…, tarball: https://…}".
func pnpmResolution(s *lockSide, entry int, text string, l *line) {
	_, fields, _ := strings.Cut(text, "{")
	source := "npm:"
	for field := range strings.SplitSeq(strings.TrimSuffix(fields, "}"), ", ") {
		key, value, _ := strings.Cut(field, ": ")
		value = strings.Trim(value, "'\"")
		switch strings.TrimSpace(key) {
		case "integrity":
			s.integrity(entry, value)
		case "tarball":
			source = value
		case "repo":
			source = "git+" + value
		}
	}
	s.source(entry, source, l)
}

// lockGemfile reads Gemfile.lock: under specs "    rails (7.0.4)", and since Bundler 2.5 "  rails (7.0.4) sha256=…" under CHECKSUMS.
func lockGemfile(h hunk, s *lockSide) {
	section, remote := h.section, ""
	for l := range s.lines(h) {
		t := l.text
		indent := indentation(t)
		if indent == 0 && t != "" {
			section, remote = t, ""
			continue
		}
		if rest, ok := strings.CutPrefix(t, "  remote: "); ok {
			remote = rest
			continue
		}
		name, rest, ok := strings.Cut(strings.TrimSpace(t), " (")
		version, after, closed := strings.Cut(rest, ")")
		if !ok || !closed || version == "" || version[0] < '0' || version[0] > '9' {
			continue // a requirement has an operator
		}
		checksum := indent == 2 && strings.HasPrefix(after, " sha")
		if indent != 4 && !checksum {
			continue
		}
		version, platform, _ := strings.Cut(version, "-")
		i := s.add(lockEntry{name: name, own: section == "PATH"})
		s.version(i, version, l)
		switch algorithm, sum, _ := strings.Cut(strings.TrimSpace(after), "="); {
		case checksum:
			s.hash(i, algorithm+platform, sum)
		case section == "GIT" && remote != "":
			s.source(i, "git+"+remote, l)
		case section == "GEM" && remote != "":
			s.source(i, remote, l)
		}
	}
}
