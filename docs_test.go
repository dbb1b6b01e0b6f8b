package main

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// TestDocsNameFilesThatExist holds every path in backticks, and every link to a file, in the documents against the tree.
func TestDocsNameFilesThatExist(t *testing.T) {
	documents, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-zA-Z_./]+\\.(?:go|md|yaml|png))`|\\]\\(([^):#]+)\\)")
	found := 0
	for _, document := range append(documents, more...) {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			path := m[1]
			if path == "" {
				path = filepath.Join(filepath.Dir(document), m[2])
			}
			if strings.Contains(path, "yours") || path == "sandbox.yaml" || path == "want.md" {
				continue // examples
			}
			found++
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s names %s: %v", document, path, err)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d names of files were found", found)
	}
}

// TestReadmeNamesEveryCommand holds the README against the declarations.
func TestReadmeNamesEveryCommand(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := commands(nil, github.Refs{}, nil, nil, defaultConfig(), nil)
	if _, err := bot.NewRouter("shipmate", nil, slog.New(slog.DiscardHandler), commands...); err != nil {
		t.Fatal(err)
	}
	for _, c := range commands {
		if !strings.Contains(string(readme), "`"+c.Name) {
			t.Errorf("README.md does not name the command %s", c.Name)
		}
	}
}

// TestDocsNameTestsThatExist holds every test that docs/faults.md and SECURITY.md name against the tree.
func TestDocsNameTestsThatExist(t *testing.T) {
	defined := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)`).FindAllStringSubmatch(string(text), -1) {
			defined[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for document, least := range map[string]int{"docs/faults.md": 50, "SECURITY.md": 20} {
		list, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(string(list), -1)
		for _, m := range named {
			if !defined[m[1]] {
				t.Errorf("%s names %s, which is nowhere", document, m[1])
			}
		}
		if len(named) < least {
			t.Errorf("only %d names of tests were found in %s", len(named), document)
		}
	}
}
