package pulls

import (
	"testing"
)

func TestLockFormatsOfJavaScriptAndGo(t *testing.T) {
	t.Parallel()
	for _, tt := range []lockCase{
		{"go.sum: a module's own lines, not those of go.mod files", "go.sum", `@@ -7,6 +7,6 @@ github.com/a/a v1.0.0 h1:aaaa=
 github.com/a/a v1.0.0/go.mod h1:aaaa=
-github.com/b/b v1.2.0 h1:bbbb=
-github.com/b/b v1.2.0/go.mod h1:bbbb=
+github.com/b/b v1.3.0 h1:cccc=
+github.com/b/b v1.3.0/go.mod h1:cccc=
+github.com/c/c v0.1.0/go.mod h1:dddd=
 github.com/d/d v1.0.0 h1:eeee=`, []string{"github.com/b/b v1.2.0>v1.3.0 minor @8"}, 0},
		{"npm 7 and later", "package-lock.json", `@@ -2104,9 +2104,9 @@
       }
     },
     "node_modules/@babel/core": {
-      "version": "7.22.9",
-      "resolved": "https://registry.example.com/@babel/core/-/core-7.22.9.tgz",
-      "integrity": "sha512-AAAA==",
+      "version": "7.23.2",
+      "resolved": "https://registry.example.com/@babel/core/-/core-7.23.2.tgz",
+      "integrity": "sha512-BBBB==",
       "dev": true,
       "dependencies": {
-        "debug": "^4.1.0",
+        "debug": "^4.2.0",
@@ -3000,6 +3000,14 @@
       "engines": {
         "node": ">=4"
       }
     },
+    "node_modules/a/node_modules/ms": {
+      "version": "2.1.2",
+      "resolved": "https://registry.example.com/ms/-/ms-2.1.2.tgz",
+      "integrity": "sha512-CCCC=="
+    },
     "node_modules/next": {
       "version": "1.0.0",`, []string{"@babel/core 7.22.9>7.23.2 minor @2107", "ms >2.1.2 other @3005"}, 0},
		{"npm: a hunk that begins inside of a package", "package-lock.json", `@@ -2107,5 +2107,5 @@
-      "version": "7.22.9",
+      "version": "7.23.2",
       "dev": true,
       "engines": {
         "node": ">=4"
       }
@@ -4000,3 +4000,3 @@
     "packages/own": {
-      "version": "1.0.0",
+      "version": "2.0.0",
       "dependencies": {
         "x": "^1.0.0"`, nil, 1},
		{"npm: the version of the project itself", "package-lock.json", `@@ -1,12 +1,12 @@
 {
   "name": "widgets",
-  "version": "1.0.0",
+  "version": "2.0.0",
   "lockfileVersion": 3,
   "packages": {
     "": {
       "name": "widgets",
-      "version": "1.0.0",
+      "version": "2.0.0",
       "dependencies": {
         "x": "^1.0.0"`, nil, 0},
		{"npm 6, nested", "npm-shrinkwrap.json", `@@ -20,14 +20,14 @@
     "send": {
-      "version": "0.17.1",
-      "resolved": "https://registry.example.com/send/-/send-0.17.1.tgz",
-      "integrity": "sha512-AAAA==",
+      "version": "0.18.0",
+      "resolved": "https://registry.example.com/send/-/send-0.18.0.tgz",
+      "integrity": "sha512-BBBB==",
       "requires": {
         "debug": "2.6.9"
       },
       "dependencies": {
         "ms": {
-          "version": "2.1.1",
-          "resolved": "https://registry.example.com/ms/-/ms-2.1.1.tgz",
+          "version": "3.0.0",
+          "resolved": "https://registry.example.com/ms/-/ms-3.0.0.tgz",
           "integrity": "sha512-CCCC=="
         }
       }
     },`, []string{"ms 2.1.1>3.0.0 major @29", "send 0.17.1>0.18.0 minor @21"}, 0},
		{"Yarn 1", "yarn.lock", `@@ -10,11 +10,11 @@ ansi-regex@^5.0.0:
   resolved "https://registry.yarnpkg.com/ansi-styles/-/ansi-styles-4.0.0.tgz#aaaa"
   integrity sha512-AAAA==
 
-"@octo/ui@^1.0.0", "@octo/ui@^1.2.0":
-  version "1.2.0"
-  resolved "https://registry.yarnpkg.com/@octo/ui/-/ui-1.2.0.tgz#bbbb"
-  integrity sha512-BBBB==
+"@octo/ui@^2.0.0":
+  version "2.0.1"
+  resolved "https://registry.yarnpkg.com/@octo/ui/-/ui-2.0.1.tgz#cccc"
+  integrity sha512-CCCC==
   dependencies:
     version "^9.0.0"
     loose-envify "^1.1.0"`, []string{"@octo/ui 1.2.0>2.0.1 major @14"}, 0},
		{"Yarn 1: another commit of a repository", "yarn.lock", `@@ -10,3 +10,3 @@
 "ui@git+https://github.com/octo/ui.git":
   version "1.0.0"
-  resolved "git+https://github.com/octo/ui.git#1111111111111111111111111111111111111111"
+  resolved "git+https://github.com/octo/ui.git#2222222222222222222222222222222222222222"`, []string{"ui 1111111>2222222 other @11"}, 0},
		{"Yarn 1: the section above a hunk is no name", "yarn.lock", `@@ -11,3 +11,3 @@ ansi-regex@^5.0.0:
-  version "5.0.0"
-  resolved "https://registry.yarnpkg.com/x/-/x-5.0.0.tgz#aaaa"
+  version "5.0.1"
+  resolved "https://registry.yarnpkg.com/x/-/x-5.0.1.tgz#bbbb"
   integrity sha512-AAAA==`, nil, 1},
		{"later Yarn", "yarn.lock", `@@ -100,12 +100,22 @@ __metadata:
 
-"react@npm:^17.0.0, react@npm:^17.0.2":
-  version: 17.0.2
-  resolution: "react@npm:17.0.2"
+"react@npm:^18.0.0":
+  version: 18.2.0
+  resolution: "react@npm:18.2.0"
   dependencies:
     loose-envify: ^1.1.0
-  checksum: aaaa
+  checksum: bbbb
   languageName: node
   linkType: hard
 
 "widgets@workspace:.":
-  version: 0.0.0-use.local
+  version: 0.0.0-use.locale
   resolution: "widgets@workspace:."
   linkType: soft`, []string{"react 17.0.2>18.2.0 major @102"}, 0},
		{"pnpm 9", "pnpm-lock.yaml", `@@ -10,8 +10,8 @@ importers:
   .:
     dependencies:
       react:
-        specifier: ^18.2.0
-        version: 18.2.0
+        specifier: ^18.3.1
+        version: 18.3.1
@@ -50,7 +50,7 @@ packages:
     engines: {node: '>=0.10.0'}
 
-  react@18.2.0:
-    resolution: {integrity: sha512-AAAA==}
+  react@18.3.1:
+    resolution: {integrity: sha512-BBBB==}
     engines: {node: '>=0.10.0'}
 
   '@octo/ui@1.0.0':
@@ -90,7 +90,7 @@ snapshots:
 
-  '@octo/ui@1.0.0(react@18.2.0)':
+  '@octo/ui@1.0.0(react@18.3.1)':
     dependencies:
-      react: 18.2.0
+      react: 18.3.1
-  react@18.2.0: {}
+  react@18.3.1: {}`, []string{"react 18.2.0>18.3.1 minor @52"}, 0},
		{"pnpm 6", "pnpm-lock.yaml", `@@ -50,10 +50,10 @@ packages:
   /@octo/ui@1.0.0(react@18.2.0):
     resolution: {integrity: sha512-AAAA==}
-  /ms@2.1.2:
-    resolution: {integrity: sha512-BBBB==}
+  /ms@2.1.3:
+    resolution: {integrity: sha512-CCCC==}
     dev: true
-  /debug/4.3.4_supports-color@9.0.0:
+  /debug/4.3.1_supports-color@9.0.0:`, []string{"debug 4.3.4>4.3.1 downgrade @55", "ms 2.1.2>2.1.3 patch @52"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.check(t)
		})
	}
}
