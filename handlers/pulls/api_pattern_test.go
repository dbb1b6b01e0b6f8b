package pulls

import (
	"testing"

	"shipmate/integrations/github"
)

func TestPatternAPI(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, path, patch, want string }{
		{"go signature", "p/a.go", "-func F(a int) {\n+func F(a string) {", "!changed F: func F(a int) → func F(a string)"},
		{"go names of parameters", "p/a.go", "-func (t *T) F(a int) (b error) {\n+func (x *T) F(c int) error {", ""},
		{"go result", "p/a.go", "-func (t *T) F() {\n+func (t *T) F() error {", "!changed T.F: func (t *T) F() → func (t *T) F() error"},
		{"go over several lines", "p/a.go", "-func F(a int,\n+func F(a string,", ""},
		{"go removed and added", "p/a.go", "-func F() {\n+func G() {", "!removed F: func F() → \nadded G:  → func G()"},
		{"go type with methods", "p/a.go", "-type T struct {\n-func (t *T) M() {", "!removed T: type T struct → "},
		{"go one-liners", "p/a.go", "-func F(a int) int { return a }\n+func F(b int) int { return b + 1 }", ""},
		{"go test", "p/a_test.go", "-func F() {", ""},
		{"go internal", "internal/a.go", "-func F() {", ""},
		{"typescript", "a.ts", "-export function f(a: string): void {\n+export function f(a: string, b: number): void {", "changed f: export function f(a: string): void → export function f(a: string, b: number): void"},
		{"typescript value", "a.ts", "-export const limit = 3;\n+export const limit = 4;", ""},
		{"typescript type on the next line", "a.ts", "-export type R = { a: string }\n+export type R =\n+  | { a: string }", ""},
		{"typescript function as a value", "a.ts", "-export const f = (a: string) => {\n+export const f =\n+  (a: string) => {", ""},
		{"python", "a.py", "-def f(a):\n-def _g():\n-    def h(self):", "!removed f: def f(a) → "},
		{"rust", "a.rs", "-pub fn f(a: u8) -> u8 {\n+pub fn f(a: u16) -> u8 {\n-pub(crate) fn g() {", "!changed f: pub fn f(a: u8) -> u8 → pub fn f(a: u16) -> u8"},
		{"java", "a.java", "-    public List<String> names(int a) {\n+    public class New {", "!removed names: public List<String> names(int a) → \nadded New:  → public class New"},
		{"moved", "a.py", "-def f(a):\n+x = 1\n+def f(a):", ""},
	} {
		var s github.Snapshot
		add(&s, tt.path, "@@ -1,9 +1,9 @@\n"+tt.patch)
		a := Compute(s, DefaultWeights()).API
		if got := apiText(a); got != tt.want || a.Files != 0 {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
		for _, c := range a.Changes {
			if c.Exact || c.Evidence.File != tt.path || c.Evidence.Line == 0 {
				t.Errorf("%s: %+v claims to be exact, or has no place", tt.name, c)
			}
		}
	}
}
