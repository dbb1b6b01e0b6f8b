package pulls

import (
	"slices"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

func TestCommentsOnly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, path, patch string
		want              bool
	}{
		{"Go", "a.go", "@@ -3 +3,2 @@\n-// a\n+// b\n+", true},
		{"Go with a directive", "a.go", "@@ -3 +3 @@\n-// a\n+//go:build linux", false},
		{"cgo", "a.go", "@@ -3 +3 @@\n-// a\n+// #include <x.h>", false},
		{"Go behind code", "a.go", "@@ -3 +3 @@\n-x() // a\n+x() // b", false},
		{"star that is no comment", "a.go", "@@ -3 +3 @@\n-\t*p = 1\n+\t*p = 2", false},
		{"star with a space outside of a comment", "a.c", "@@ -3 +3 @@\n-\t* p = 1\n+\t* p = 2", false},
		{"Python's comment", "a.py", "@@ -3 +3 @@\n-# a\n+# b", true},
		{"Python's type comment", "a.py", "@@ -3 +3 @@\n-x = 1\n+x = 1  # type: int", false},
		{"docstring", "a.py", "@@ -3,4 +3,5 @@\n def f():\n     \"\"\"Says\n-    what.\n+    what it\n+    does.\n     \"\"\"\n     return 1", true},
		{"docstring on one line", "a.py", "@@ -3,3 +3,3 @@\n def f():\n-    \"\"\"Says.\"\"\"\n+    \"\"\"Says it.\"\"\"\n     return 1", true},
		{"new docstring", "a.py", "@@ -3,2 +3,5 @@\n def f():\n+    \"\"\"\n+    Says.\n+    \"\"\"\n     return 1", true},
		{"the hunk begins in a docstring", "a.py", "@@ -3,3 +3,3 @@ def f():\n     of\n-    what.\n+    what it is.\n     It ends.\"\"\"\n     return 1", true},
		{"a docstring that nobody sees", "a.py", "@@ -3,3 +3,3 @@ def f():\n     of\n-    what.\n+    what it is.\n     It goes on.", false},
		{"a string that is a value", "a.py", "@@ -3,3 +3,3 @@\n x = \"\"\"\n-a\n+b\n \"\"\"", false},
		{"a string that is an argument", "a.py", "@@ -3,4 +3,4 @@\n f(\n     \"\"\"\n-    a\n+    b\n     \"\"\")", false},
		{"docstring and code", "a.py", "@@ -3,3 +3,3 @@\n def f():\n-    \"\"\"Says.\"\"\"\n-    return 1\n+    \"\"\"Says it.\"\"\"\n+    return 2", false},
		{"division", "a.py", "@@ -3 +3 @@\n-x = (a\n-// b)\n+x = (a\n+// c)", false},
		{"JSDoc", "a.ts", "@@ -3,4 +3,4 @@\n /**\n- * Says.\n+ * Says it.\n  */\n function f() {", true},
		{"JSDoc without stars", "a.js", "@@ -3,4 +3,4 @@\n /*\n-  Says.\n+  Says it.\n */\n f()", true},
		{"in the middle of a JSDoc", "a.ts", "@@ -3,3 +3,3 @@\n  * of\n- * what\n+ * what it is\n  */", true},
		{"in a block that nobody sees", "a.ts", "@@ -3,3 +3,3 @@\n  * of\n- * what\n+ * what it is\n  * more", true},
		{"TypeScript's directive", "a.ts", "@@ -3 +3,2 @@\n+// @ts-ignore\n x()", false},
		{"code behind a block", "a.ts", "@@ -3,3 +3,3 @@\n /* a\n-b */ x()\n+b */ y()", false},
		{"Java", "A.java", "@@ -3,4 +3,4 @@\n     /**\n-     * Says.\n+     * Says it.\n      */\n     void f() {", true},
		{"Ruby's block", "a.rb", "@@ -3,4 +3,4 @@\n =begin\n-Says.\n+Says it.\n =end\n x", true},
		{"Ruby's magic", "a.rb", "@@ -1 +1,2 @@\n+# frozen_string_literal: true\n x", false},
		{"Rust", "a.rs", "@@ -3,2 +3,2 @@\n-/// Says.\n+/// Says it.\n fn f() {}", true},
		{"Rust's attribute", "a.rs", "@@ -3,2 +3,2 @@\n-#[inline]\n+#[inline(always)]\n fn f() {}", false},
		{"SQL", "a.sql", "@@ -3 +3 @@\n--- a\n+-- b", true},
		{"a decrement", "a.js", "@@ -3 +3 @@\n-x\n+-- x", false},
		{"a private field", "a.js", "@@ -3 +3 @@\n-# x\n+# y", false},
		{"a shebang", "a.sh", "@@ -1 +1 @@\n-#!/bin/sh\n+#!/bin/bash", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := github.Snapshot{PullRequest: github.PullRequest{Title: "Words"}}
			add(&s, tt.path, tt.patch)
			f := Compute(s, DefaultWeights())
			lowered := slices.ContainsFunc(f.Risk.Reasons, func(r Reason) bool { return r.Rule == "comments-only" && r.Points == -2 })
			if got := f.Type == "docs" && f.TypeFrom == FromFiles; got != tt.want || lowered != tt.want {
				t.Errorf("type %s from %s, lowered %t; want comments only: %t", f.Type, f.TypeFrom, lowered, tt.want)
			}
		})
	}
}

func TestTypeSaysWhereItComesFrom(t *testing.T) {
	t.Parallel()
	code := map[string]string{"a.go": "@@ -1 +1 @@\n-a()\n+b()"}
	for _, tt := range []struct {
		title   string
		commits []github.Commit
		files   map[string]string
		want    string // type, source, as shown
	}{
		{"fix: x", nil, code, "fix title fix"},
		{"🐛 x", nil, code, "fix title fix"},
		{`Revert "x"`, nil, code, "revert title revert"},
		{"Widgets", commits("fix: x"), code, "fix commits fix"},
		{"Widgets", commits("This\n\nThis reverts commit 0123456789abcdef."), code, "revert commits revert"},
		{"Widgets", nil, map[string]string{"README.md": added("x")}, "docs files docs"},
		{"Add widgets", nil, code, "feat words feat"},
		{"Widgets", nil, code, "fix content likely fix"},
		{"Widgets", nil, nil, "other  other"},
	} {
		s := github.Snapshot{PullRequest: github.PullRequest{Title: tt.title}, List: tt.commits}
		for path, patch := range tt.files {
			add(&s, path, patch)
		}
		f := Compute(s, DefaultWeights())
		if got := f.Type + " " + f.TypeFrom + " " + f.typeText(); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.title, got, tt.want)
		}
	}
}

func TestFirstContribution(t *testing.T) {
	t.Parallel()
	for association, want := range map[string]bool{"FIRST_TIME_CONTRIBUTOR": true, "FIRST_TIMER": true, "NONE": true, "CONTRIBUTOR": false, "MEMBER": false, "": false} {
		s := small(t)
		s.AuthorAssociation = association
		f := Compute(s, DefaultWeights())
		if told := strings.Contains(bot.PlainText(Summary(f), false), "by ann (first contribution), open"); f.FirstContribution != want || told != want {
			t.Errorf("%s: first contribution %t, told %t; want %t", association, f.FirstContribution, told, want)
		}
		if s.AuthorBot = true; Compute(s, DefaultWeights()).FirstContribution {
			t.Errorf("%s: a bot's first contribution is told", association)
		}
	}
}
