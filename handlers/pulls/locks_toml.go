package pulls

import (
	"strings"
)

// lockCargo reads Cargo.lock. Packages without a source are those of the repository.
func lockCargo(h hunk, s *lockSide) {
	first := len(s.entries)
	lockTOML(h, s, func(entry int, table, key, value string, l *line) {
		switch key {
		case "source":
			s.source(entry, unquote(value), l)
		case "checksum":
			s.hash(entry, "sha256", unquote(value))
		}
	})
	for i := first; i < len(s.entries); i++ {
		s.entries[i].own = s.entries[i].source == ""
	}
}

// lockPoetry reads poetry.lock. What has no source of its own is from the configured index.
func lockPoetry(h hunk, s *lockSide) {
	git := false
	lockTOML(h, s, func(entry int, table, key, value string, l *line) {
		switch {
		case table == "[package.source]" && key == "type":
			git = unquote(value) == "git"
			if t := unquote(value); t == "directory" || t == "file" {
				s.own(entry)
			}
		case table == "[package.source]" && key == "url":
			address := unquote(value)
			if git {
				address = "git+" + address
			}
			s.source(entry, address, l)
		case key == "" && strings.Contains(value, "hash = "):
			s.hash(entry, inline(value, "file"), inline(value, "hash"))
		}
	})
}

// lockUV reads uv.lock.
func lockUV(h hunk, s *lockSide) {
	lockTOML(h, s, func(entry int, table, key, value string, l *line) {
		switch {
		case key == "source":
			uvSource(s, entry, value, l)
		case key == "sdist", key == "" && strings.Contains(value, "hash = "):
			address := inline(value, "url")
			s.hash(entry, address[strings.LastIndexByte(address, '/')+1:], inline(value, "hash"))
		}
	})
}

func uvSource(s *lockSide, entry int, value string, l *line) {
	for _, kind := range []string{"registry", "url", "git"} {
		if address := inline(value, kind); address != "" {
			if kind == "git" {
				address = "git+" + address
			}
			s.source(entry, address, l)
			return
		}
	}
	s.own(entry) // editable, virtual, a path
}

// lockTOML reads "[[package]]" tables. A package's name stands before its version, in all formats that are written so. field is called with
// every other line of a package: with its key and value, or with an empty key and the whole line for what is inside of a list.
func lockTOML(h hunk, s *lockSide, field func(entry int, table, key, value string, l *line)) {
	entry, table, named := -1, "", false
	for l := range s.lines(h) {
		t := l.text
		if t == "" {
			continue
		}
		if t[0] == '[' {
			table = t
			if !strings.HasPrefix(t, "[package.") {
				entry, named = -1, false
			}
			continue
		}
		if t[0] == ' ' || t[0] == '\t' || t[0] == ']' || t[0] == '}' {
			if entry >= 0 {
				field(entry, table, "", t, l)
			}
			continue
		}
		key, value, ok := strings.Cut(t, " = ")
		if !ok {
			continue
		}
		switch sub := table != "" && table != "[[package]]"; {
		case key == "name" && !sub:
			entry, named = s.add(lockEntry{name: unquote(value)}), true
		case key == "version" && !sub && (named || table == "" && entry < 0):
			s.version(entry, unquote(value), l)
			named = false
		case entry >= 0:
			field(entry, table, key, value, l)
		}
	}
}

func unquote(s string) string { return strings.Trim(strings.TrimSpace(s), `"'`) }

// inline is the text of a key of an inline table: of file in `{file = "a.whl", hash = "sha256:…"}`; "" when there is none.
func inline(table, key string) string {
	for _, before := range []string{"{", "{ ", ", "} {
		if _, rest, ok := strings.Cut(table, before+key+` = "`); ok {
			value, _, _ := strings.Cut(rest, `"`)
			return value
		}
	}
	return ""
}
