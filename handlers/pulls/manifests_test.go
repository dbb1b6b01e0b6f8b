package pulls

import (
	"slices"
	"strings"
	"testing"

	"shipmate/integrations/github"
)

func TestManifests(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, path, ecosystem, patch string
		want                         []string
	}{
		{"pip", "requirements.txt", "python", `@@ -1,9 +1,9 @@
 # comment
-requests[socks]==2.30.0
+requests[socks]==2.31.0 ; python_version >= "3.8" \
+    --hash=sha256:aaaa
-Django>=4.1,<5
+Django>=4.2,<5  # the long-term one
-r-pkg
+https://example.com/a.tgz
+-r other.txt
+tool @ git+https://bot:hunter2hunter2@git.example.com/tool.git`, []string{
			"tool >git+https://git.example.com/tool.git new @7", "Django >=4.1,<5>>=4.2,<5 minor @4", "requests ==2.30.0>==2.31.0 minor @2", "r-pkg > removed @5",
		}},
		{"pip for development", "requirements/dev.txt", "python", "@@ -1 +1 @@\n-pytest~=7.0\n+pytest~=8.0", []string{"pytest ~=7.0>~=8.0 major @1 dev"}},
		{"PEP 621", "pyproject.toml", "python", `@@ -1,20 +1,20 @@
 [build-system]
-requires = ["hatchling>=1.0"]
+requires = ["hatchling>=1.1"]
 
 [project]
 name = "widgets"
-version = "1.0.0"
+version = "2.0.0"
-classifiers = ["Programming Language :: Python :: 3.8"]
+classifiers = ["Programming Language :: Python :: 3.9"]
 dependencies = [
-    "httpx[http2]>=0.24,<1",
+    "httpx[http2]>=0.25,<1",
+    "anyio",
-    "build (>=1.2.1,<2.0.0)",
+    "build (>=1.3.0,<2.0.0)",
 ]
 [project.optional-dependencies]
-docs = ["mkdocs==1.4.0"]
+docs = ["mkdocs==1.5.0"]
 [tool.ruff]
-target-version = "py38"
+target-version = "py39"
+select = ["E", "F>=1"]`, []string{
			"anyio > new @10", "build >=1.2.1,<2.0.0>>=1.3.0,<2.0.0 minor @11", "hatchling >=1.0>>=1.1 minor @2 build", "httpx >=0.24,<1>>=0.25,<1 minor @9", "mkdocs ==1.4.0>==1.5.0 minor @14 optional",
		}},
		{"PEP 621 where the list is not shown", "pyproject.toml", "python", "@@ -20,3 +20,3 @@\n-    \"httpx>=0.24\",\n+    \"httpx>=0.25\",\n     \"anyio\",\n-    \"E\",\n+    \"F\",", []string{"httpx >=0.24>>=0.25 minor @20"}},
		{"Poetry", "pyproject.toml", "python", `@@ -1,20 +1,20 @@
 [tool.poetry]
-version = "1.0.0"
+version = "2.0.0"
 [tool.poetry.dependencies]
-python = "^3.8"
+python = "^3.9"
-requests = {version = "^2.30", extras = ["socks"]}
+requests = {version = "^2.31", extras = ["socks"]}
 [tool.poetry.group.dev.dependencies]
-pytest = "^7.0"
+pytest = "^8.0"`, []string{
			"pytest ^7.0>^8.0 major @7 dev", "python ^3.8>^3.9 minor @4", "requests ^2.30>^2.31 minor @5",
		}},
		{"Pipfile", "Pipfile", "python", "@@ -1,5 +1,5 @@\n [packages]\n-requests = \"*\"\n+requests = \"==2.31.0\"\n [requires]\n-python_version = \"3.8\"\n+python_version = \"3.9\"", []string{"requests *>==2.31.0 other @2"}},
		{"Cargo", "crates/a/Cargo.toml", "rust", `@@ -1,20 +1,20 @@
 [package]
-version = "1.0.0"
+version = "2.0.0"
-rust-version = "1.70"
+rust-version = "1.75"
 [dependencies]
-serde = { version = "1.0.190", features = ["derive"] }
+serde = { version = "1.0.193", features = ["derive"] }
-own = { path = "../own" }
+own = { path = "../owner" }
 [dependencies.tokio]
-version = "1.33"
+version = "1.34"
-features = ["full"]
+features = ["rt"]
 [target.'cfg(unix)'.dependencies]
-nix = "0.27"
+nix = "0.28"
 [dev-dependencies]
-rand = "0.8"
+rand = { git = "https://github.com/rust-random/rand" }`, []string{
			"nix 0.27>0.28 minor @11", "tokio 1.33>1.34 minor @8", "rand 0.8>https://github.com/rust-random/rand other @13 dev", "serde 1.0.190>1.0.193 patch @5",
		}},
		{"Cargo where the table is not shown", "Cargo.toml", "rust", "@@ -20,4 +20,4 @@\n-serde = { version = \"1.0.190\" }\n+serde = { version = \"1.0.193\" }\n-version = \"1.0.0\"\n+version = \"2.0.0\"\n-what = \"1.0\"\n+what = \"2.0\"", []string{"serde 1.0.190>1.0.193 patch @20"}},
		{"Gemfile", "Gemfile", "ruby", "@@ -1,3 +1,3 @@\n-gem \"rails\", \"~> 7.0.4\"\n+gem \"rails\", \"~> 7.1.0\", \">= 7.1.2\"\n+gem 'puma'\n-ruby \"3.1.0\"\n+ruby \"3.2.0\"", []string{"puma > new @2", "rails ~> 7.0.4>~> 7.1.0, >= 7.1.2 minor @1"}},
		{"gem specification", "widgets.gemspec", "ruby", "@@ -9,2 +9,2 @@ Gem::Specification.new do |spec|\n-  spec.add_development_dependency \"rake\", \"~> 12.0\"\n+  spec.add_development_dependency \"rake\", \"~> 13.0\"", []string{"rake ~> 12.0>~> 13.0 major @9 dev"}},
		{"Maven", "pom.xml", "java", `@@ -1,30 +1,30 @@
 <project>
   <groupId>com.example</groupId>
   <artifactId>widgets</artifactId>
-  <version>1.0.0</version>
+  <version>2.0.0</version>
   <properties>
-    <jackson.version>2.15.0</jackson.version>
+    <jackson.version>2.16.0</jackson.version>
-    <java.encoding>UTF-8</java.encoding>
+    <java.encoding>UTF-16</java.encoding>
   </properties>
     <dependency>
       <groupId>org.slf4j</groupId>
       <artifactId>slf4j-api</artifactId>
-      <version>1.7.36</version>
+      <version>2.0.9</version>
     </dependency>
@@ -90,3 +90,3 @@
       <artifactId>unknown</artifactId>
-      <version>1.0</version>
+      <version>2.0</version>`, []string{"org.slf4j:slf4j-api 1.7.36>2.0.9 major @12", "jackson.version 2.15.0>2.16.0 minor @6"}},
		{"Gradle", "app/build.gradle.kts", "java", "@@ -1,9 +1,9 @@\n plugins {\n-    id(\"org.springframework.boot\") version \"3.1.0\"\n+    id(\"org.springframework.boot\") version \"3.2.0\"\n }\n dependencies {\n-    implementation(\"com.google.guava:guava:31.1-jre\")\n+    implementation(\"com.google.guava:guava:32.0-jre\")\n-    testImplementation(platform(\"org.junit:junit-bom:5.9.0\"))\n+    testImplementation(platform(\"org.junit:junit-bom:5.10.0\"))\n }", []string{
			"com.google.guava:guava 31.1-jre>32.0-jre major @5", "org.junit:junit-bom 5.9.0>5.10.0 minor @6 dev", "org.springframework.boot 3.1.0>3.2.0 minor @2 build",
		}},
		{"Gradle in Groovy", "build.gradle", "java", "@@ -1,2 +1,2 @@\n-    implementation 'com.google.guava:guava:31.1-jre'\n+    implementation 'com.google.guava:guava:31.2-jre'\n-    url 'https://example.com:8080:1'\n+    url 'https://example.com:8081:1'", []string{"com.google.guava:guava 31.1-jre>31.2-jre minor @1"}},
		{"Gradle's catalog", "gradle/libs.versions.toml", "java", "@@ -1,5 +1,5 @@\n [versions]\n-kotlin = \"1.9.0\"\n+kotlin = \"1.9.20\"\n [libraries]\n-okio = { module = \"com.squareup.okio:okio\", version = \"3.5.0\" }\n+okio = { module = \"com.squareup.okio:okio\", version = \"3.6.0\" }\n-guava = \"com.google.guava:guava:31.1-jre\"\n+guava = \"com.google.guava:guava:32.1-jre\"", []string{
			"com.google.guava:guava 31.1-jre>32.1-jre major @5", "okio 3.5.0>3.6.0 minor @4", "kotlin 1.9.0>1.9.20 patch @2",
		}},
		{"Composer", "composer.json", "php", "@@ -1,9 +1,9 @@\n     \"require\": {\n-        \"php\": \"^8.0\",\n+        \"php\": \"^8.1\",\n-        \"symfony/console\": \"^5.4\",\n+        \"symfony/console\": \"^6.0\",\n     },\n     \"require-dev\": {\n+        \"phpunit/phpunit\": \"^10.0\"\n     },\n     \"scripts\": {\n+        \"a/b\": \"1.0\"\n     }", []string{
			"symfony/console ^5.4>^6.0 major @3", "phpunit/phpunit >^10.0 new @6 dev",
		}},
		{"Dart", "pubspec.yaml", "dart", "@@ -10,6 +10,6 @@ dependencies:\n   flutter:\n     sdk: flutter\n-  http: ^0.13.0\n+  http: ^1.1.0\n dev_dependencies:\n-  lints: ^2.0.0\n+  lints: ^2.1.0\n flutter:\n+  generate: 1.0", []string{"http ^0.13.0>^1.1.0 major @12", "lints ^2.0.0>^2.1.0 minor @14 dev"}},
		{"Helm", "charts/app/Chart.yaml", "helm", "@@ -1,12 +1,12 @@\n name: app\n-version: 1.0.0\n+version: 2.0.0\n dependencies:\n   - name: redis\n-    version: 17.0.0\n+    version: 18.1.0\n     repository: https://charts.example.com\n-  - alias: other\n-    version: 1.0.0", []string{"redis 17.0.0>18.1.0 major @5"}},
		{"Compose", "docker-compose.yml", "docker", "@@ -3,3 +3,3 @@ services:\n   db:\n-    image: postgres:15.4-alpine\n+    image: postgres:16.0-alpine\n-    image: \"ghcr.io/octo/app:${TAG}\"\n+    image: \"ghcr.io/octo/app:${VERSION}\"", []string{"postgres 15.4-alpine>16.0-alpine major @4"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s github.Snapshot
			add(&s, tt.path, tt.patch)
			f := Compute(s, DefaultWeights())
			if got := brief(f.Dependencies); strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("dependencies:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			for _, d := range f.Dependencies {
				if d.Ecosystem != tt.ecosystem {
					t.Errorf("%s is of %s, want %s", d.Name, d.Ecosystem, tt.ecosystem)
				}
			}
			checkAbsent(t, s, "hunter2")
		})
	}
}

func TestPairingIsExactInLargeManifests(t *testing.T) {
	t.Parallel()
	const n = 5000
	var before, after []requirement
	for i := range n {
		name := "p" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + thousands(i)
		before = append(before, requirement{name: name, version: "1.0.0"})
		after = append(after, requirement{name: name, version: "1.1.0"})
	}
	slices.Reverse(after)
	partner, used := partners(before, after)
	for i := range before {
		if partner[i] != n-1-i || !used[n-1-i] {
			t.Fatalf("partner of %d is %d, want %d", i, partner[i], n-1-i)
		}
	}
}
