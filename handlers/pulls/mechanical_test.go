package pulls

import (
	"fmt"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

func TestMechanical(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, ext, patch, want string }{
		{"indented", "go", "@@ -1 +1 @@\n-  a()\n+\ta()", "formatting"},
		{"wrapped", "ts", "@@ -1 +1,4 @@\n-f(a, b)\n+f(\n+  a,\n+  b,\n+)", "formatting"},
		{"empty lines", "py", "@@ -1,2 +1,3 @@\n a\n+\n b", "formatting"},
		{"indented where it means something", "py", "@@ -1 +1 @@\n-  a()\n+    a()", ""},
		{"another argument", "ts", "@@ -1 +1,4 @@\n-f(a, b)\n+f(\n+  a,\n+  c,\n+)", ""},
		{"year", "go", "@@ -1,2 +1,2 @@\n-// Copyright 2023 Acme\n+// Copyright 2024 Acme\n package x", "licence"},
		{"new header", "py", "@@ -1 +1,3 @@\n+# SPDX-License-Identifier: MIT\n+\n import x", "licence"},
		{"a comment about something else", "go", "@@ -1,2 +1,2 @@\n-// a\n+// b\n package x", ""},
		{"licence deep in the file", "go", "@@ -90,2 +90,2 @@\n-// a licence\n+// the licence\n x", ""},
		{"licence and code", "go", "@@ -1,2 +1,2 @@\n-// Copyright 2023\n-var y = 1\n+// Copyright 2024\n+var y = 2", ""},
		{"imports", "go", "@@ -3,2 +3,2 @@ import (\n-\t\"NAME/b\"\n+\t\"NAME/v2/b\"\n \t\"c\"", "imports"},
		{"imports of TypeScript", "ts", "@@ -1,2 +1,2 @@\n-import { a } from './NAME'\n+import { a } from '~/NAME'\n x", "imports"},
		{"imports and use", "go", "@@ -3,3 +3,3 @@\n-\t\"a/b\"\n+\t\"a/v2/b\"\n+x()", ""},
	} {
		for n, want := range map[int]string{2: "", 3: tt.want} {
			var s github.Snapshot
			for i := range n {
				// What is imported is another thing in each file, so that it is not one replacement.
				add(&s, fmt.Sprintf("p%d/x.%s", i, tt.ext), strings.ReplaceAll(tt.patch, "NAME", fmt.Sprintf("%c%d", 'a'+i, i)))
			}
			f := Compute(s, DefaultWeights())
			var got strings.Builder
			for _, m := range f.Mechanical {
				got.WriteString(m.Kind)
				if m.Files != n || f.Changes[0].Mechanical != m.Kind {
					t.Errorf("%s: %+v, %+v", tt.name, m, f.Changes[0])
				}
			}
			if got.String() != want {
				t.Errorf("%s in %d files: %q, want %q", tt.name, n, got.String(), want)
			}
		}
	}
}

func TestMechanicalChangesAreOneLine(t *testing.T) {
	t.Parallel()
	s := small(t)
	for i := range 4 {
		add(&s, fmt.Sprintf("p%d/x.go", i), fmt.Sprintf("@@ -1 +1 @@\n-  a%d()\n+\ta%d()", i, i))
	}
	text := bot.PlainText(Summary(Compute(s, DefaultWeights())), false)
	if !strings.Contains(text, "- 4 files only formatted\n- parse/parser.go +2 −1, parse/parser_test.go +1 −0\n") {
		t.Errorf("the summary is\n%s", text)
	}
}
