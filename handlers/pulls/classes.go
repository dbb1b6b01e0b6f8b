package pulls

import (
	"regexp"
	"strings"
)

// Class is what kind of file a changed file is. Each file is in exactly one class.
type Class string

// The classes. The last four are folded: counted apart and not part of the real size, because nobody reads them line by line.
const (
	ClassCode         Class = "code"
	ClassTest         Class = "test"
	ClassDocs         Class = "docs"
	ClassConfig       Class = "config"
	ClassCI           Class = "ci"           // build pipelines and what reviews or releases automatically
	ClassInfra        Class = "infra"        // containers, deployment, infrastructure as code
	ClassMigration    Class = "migration"    // changes of a database schema
	ClassDependencies Class = "dependencies" // manifests that name dependencies
	ClassBinary       Class = "binary"
	ClassSnapshot     Class = "snapshot" // recorded test output
	ClassLock         Class = "lock"
	ClassVendored     Class = "vendored"
	ClassGenerated    Class = "generated"
)

// allClasses is every class, in the order of the constants.
var allClasses = []Class{
	ClassCode, ClassTest, ClassDocs, ClassConfig, ClassCI, ClassInfra, ClassMigration, ClassDependencies, ClassBinary,
	ClassSnapshot, ClassLock, ClassVendored, ClassGenerated,
}

// folded reports whether files of the class are left out of the real size.
func (c Class) folded() bool {
	return c == ClassSnapshot || c == ClassLock || c == ClassVendored || c == ClassGenerated
}

// classOf returns the class of a file: what the repository's attributes declare, else what its path says, else what its patch shows.
func classOf(name, patch string, declared attributes) Class {
	switch generated, vendored := declared.of(name); {
	case generated == yes:
		return ClassGenerated
	case vendored == yes:
		return ClassVendored
	case generated == no || vendored == no:
		return plainClass(name)
	}
	lower := strings.ToLower(name)
	switch file := base(lower); {
	case lockNames[file] || strings.HasSuffix(file, ".lock") || strings.HasSuffix(file, ".lockb"):
		return ClassLock
	case inFolder(lower, "vendor", "vendors", "node_modules", "third_party", "third-party", "thirdparty", "bower_components", "godeps", ".yarn") || wrapperNames[file]:
		return ClassVendored
	case snapshotName.MatchString(lower):
		return ClassSnapshot
	case generatedName.MatchString(file) || generatedPath.MatchString(lower) || minified(file, patch) || generatedHeader(patch) || generatedResource(file, patch):
		return ClassGenerated
	}
	return plainClass(name)
}

// plainClass returns the class of a file that people edit, by its path.
func plainClass(name string) Class {
	lower := strings.ToLower(name)
	file := base(lower)
	ext := extension(lower)
	switch {
	case dictionaryName.MatchString(file):
		return ClassConfig // wherever it lies
	case ciName.MatchString(lower):
		return ClassCI
	case binaryExtensions[ext]:
		return ClassBinary
	case migrationName.MatchString(lower) && !testName.MatchString(lower):
		return ClassMigration
	case manifestNames[file] || strings.HasSuffix(file, ".gemspec") || strings.HasSuffix(file, ".gemfile") || requirementsName.MatchString(lower):
		return ClassDependencies
	case strings.HasPrefix(file, "readme") && !inFolder(lower, "testdata", "fixtures", "test-fixtures"):
		return ClassDocs // also of tests
	case testName.MatchString(lower) || testSuffix.MatchString(name):
		return ClassTest
	case infraName.MatchString(lower):
		return ClassInfra
	case configNames[file] || configName.MatchString(file):
		return ClassConfig
	case codeExtensions[ext]:
		return ClassCode
	case docsName.MatchString(lower) || changelogNote.MatchString(lower):
		return ClassDocs
	case configExtensions[ext] || strings.HasPrefix(file, "."):
		return ClassConfig
	}
	return ClassCode
}

// set makes a set of words.
func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// The names below are conventions of the tools that write or read the files.
var (
	lockNames = set(`go.sum go.work.sum package-lock.json npm-shrinkwrap.json pnpm-lock.yaml packages.lock.json gradle.lockfile
		.terraform.lock.hcl cartfile.resolved package.resolved conda-lock.yml`)  // besides *.lock

	wrapperNames = set("gradlew gradlew.bat mvnw mvnw.cmd") // scripts of other projects that are copied into every repository

	manifestNames = set(`go.mod go.work package.json cargo.toml pyproject.toml pipfile setup.py setup.cfg gemfile composer.json mix.exs
		pubspec.yaml podfile pom.xml build.gradle build.gradle.kts libs.versions.toml packages.config directory.packages.props
		environment.yml package.swift gopkg.toml glide.yaml appraisals`)

	requirementsName = regexp.MustCompile(`(^|/)(requirements[^/]*|constraints|requirements/[^/]*)\.txt$`)

	configNames = set(`makefile justfile taskfile procfile rakefile brewfile codeowners owners owners_aliases cmakelists.txt build.bazel workspace.bazel
		module.bazel build.sbt settings.gradle settings.gradle.kts gulpfile.js gruntfile.js`)

	// What JavaScript's tools are configured with: "jest.config.ts", ".eslintrc.cjs".
	configName = regexp.MustCompile(`\.config\.[cm]?[jt]s$|^\.[a-z]+rc\.[cm]?js$`)

	codeExtensions = set(`go js jsx mjs cjs ts tsx py pyi rb rs java kt kts scala c h cc cpp cxx hpp hh m mm cs fs vb swift php pl pm lua
		ex exs erl hrl clj cljs hs ml mli elm dart r jl sh bash zsh fish ps1 psm1 bat cmd sql proto graphql gql thrift vue svelte css scss
		sass less html htm tmpl gotmpl gohtml tpl erb haml pug jinja jinja2 j2 sol zig nim v groovy awk asm s el lisp vim ipynb`)

	configExtensions = set(`json json5 jsonc yaml yml toml ini cfg conf properties env xml plist editorconfig rules cue pkl csv tsv
		mk cmake csproj vbproj fsproj sln props targets`)

	binaryExtensions = set(`png jpg jpeg gif webp ico bmp tiff avif psd ai sketch mp3 mp4 wav ogg webm mov avi pdf doc docx xls xlsx ppt
		pptx zip gz tgz bz2 xz zst 7z tar jar war class o a so dylib dll exe bin dat wasm pyc ttf otf woff woff2 eot sqlite db keystore jks p12
		pfx der gpg parquet onnx pb npy`)

	generatedName = regexp.MustCompile(`(\.pb(\.gw|\.validate)?\.go|_grpc\.pb\.go|_generated\.[a-z]+|\.generated\.[a-z]+|\.gen\.[a-z]+|_gen\.go|^zz_generated.*|` +
		`_pb2(_grpc)?\.pyi?|\.pb\.(cc|h|swift|dart)|\.pb(enum|json|grpc|server)\.dart|_(grpc_)?(web_)?pb\.(js|d\.ts|ts|rb)|_(pb|connect|connectweb)\.[jt]s|_services_pb\.rb|\.g\.dart|\.freezed\.dart|` +
		`\.designer\.(cs|vb)|\.g(\.i)?\.cs|^mock_.*\.go|_mock\.go|_(easyjson|ffjson|msgp|enumer)\.go|\.sql\.go|\.connect\.go|\.twirp\.go|_vtproto\.pb\.go|\.swagger\.json|^openapi_generated\.go|` +
		`^bindata\.go|^generated_[a-z0-9_]+\.go|\.js\.map|\.css\.map|\.d\.ts\.map|^wire_gen\.go|^schema\.graphql\.json|^introspection\.json|\.graphql\.[jt]s|^packages\.gen\.json|^r\.java|^buildconfig\.java)$`)

	// What the code generators of Kubernetes write: clients, informers, listers, and custom resource definitions.
	generatedPath = regexp.MustCompile(`(^|/)(clientset/versioned|informers/externalversions|applyconfigurations?)/|(^|/)listers/.+/v\d[a-z0-9]*/[^/]+\.go$|` +
		`(^|/)config/crd/bases/[^/]+\.yaml$|` +
		// Prisma's client, what GraphQL's generators write by custom, code behind OpenAPI descriptions, Android's and Xcode's own.
		`(^|/)(\.prisma|@prisma)/client/|(^|/)generated/prisma/|(^|/)__generated__/|(^|/)(\.openapi-generator|\.swagger-codegen)/|(^|/)(gen|generated)/(graphql|proto|openapi|pb|grpc|prisma)/|` +
		`(^|/)ent/(?:[a-z_]+/where\.go|(?:client|ent|mutation|runtime|tx)\.go|[a-z_]+_(?:create|update|delete|query)\.go)$|(^|/)ent/(migrate|enttest|hook|predicate|runtime)/[^/]+\.go$|(^|/)(xcuserdata|\.dart_tool)/`)

	snapshotName = regexp.MustCompile(`(^|/)(__snapshots__|__image_snapshots__|snapshots|cassettes|golden|goldens|__recordings__)/|` +
		`\.(snap|golden|ambr|approved\.[a-z]+|verified\.[a-z]+)$`)

	ciName = regexp.MustCompile(`^\.github/(workflows|actions)/|^\.circleci/|^\.buildkite/|^\.gitlab-ci|^\.gitlab/ci/|^\.travis\.ya?ml$|` +
		`^\.drone\.ya?ml$|^\.?azure-pipelines|(^|/)jenkinsfile|^\.woodpecker|^bitbucket-pipelines\.yml$|^appveyor\.yml$|` +
		`^\.github/dependabot\.ya?ml$|^\.?renovate(rc)?(\.json5?)?$|^\.github/renovate|(^|/)\.?goreleaser\.ya?ml$|(^|/)cloudbuild\.ya?ml$|` +
		`^\.prow/|^\.tekton/|(^|/)action\.ya?ml$`)

	// A folder named migrations is not enough for code: what migrates configuration is no change of a schema. Numbered files are.
	migrationName = regexp.MustCompile(`(^|/)(migrations?|migrate|flyway)/(.*/)?([^/]*\.sql|v?\d{3,}[^/]*\.[a-z]+)$|(^|/)alembic/versions/[^/]*\.py$|` +
		`(^|/)(db/changelog|liquibase)/|(^|/)(v\d+(_\d+)*__[^/]*|\d{8,14}_[^/]*)\.sql$|\.(up|down)\.sql$|(^|/)schema\.(sql|rb|prisma)$`)

	testName = regexp.MustCompile(`(^|/)(tests?|[^/]+\.tests?|__tests__|e2e|cypress|testdata|test-fixtures|fixtures|__mocks__|testing|testutils?|acceptance|integration-tests?)/|` +
		`(^|/)specs?/.*\.(rb|py|php|lua|cr|exs?|coffee|[cm]?[jt]sx?)$|_(unit)?test\.[a-z]+$|(^|/)tests?\.(py|rs)$|\.tftest\.hcl$|(^|/)test_[^/]*\.py$|\.(test|spec|cy|e2e)\.[cm]?[jt]sx?$|(^|/)conftest\.py$|_spec\.rb$`)

	testSuffix = regexp.MustCompile(`[A-Za-z0-9](Tests?|Spec|IT)\.(java|kt|cs|scala|swift|php|groovy)$`) // by case: Latest.java is no test

	infraName = regexp.MustCompile(`(^|/)(dockerfile|containerfile)([.-][^/]*)?$|\.dockerfile$|(^|/)(docker-)?compose([.-][^/]*)?\.ya?ml$|` +
		`\.(tf|tfvars|hcl|nomad|bicep)$|(^|/)(terraform|helm|charts?|k8s|kubernetes|kustomize|manifests|deploy|deployment|deployments|ansible|pulumi|infra|infrastructure)/[^ ]*\.(ya?ml|json|tpl|toml|j2|sh|cfg|conf)$|` +
		`(^|/)kustomization\.ya?ml$|(^|/)(nginx|haproxy|envoy)[^/]*\.(conf|cfg|ya?ml)$|(^|/)(serverless|fly|vercel|netlify|skaffold)\.(ya?ml|toml)$|\.service$`)

	// changelogNote is one entry of a changelog in a file of its own, as chloggen, changesets, towncrier, reno and GitLab have them.
	changelogNote = regexp.MustCompile(`(^|/)(\.chloggen|\.changesets?|\.changes|changelog\.d|changelogs?/(unreleased|fragments)|changes/unreleased|newsfragments|releasenotes/notes)/[^/]+\.(ya?ml|md|rst|txt)$`)

	// dictionaryName is a list of words for a spelling checker.
	dictionaryName = regexp.MustCompile(`^\.?cspell(\.config)?\.(json|ya?ml|txt)$|^\.codespell(ignore|rc)$`)

	docsName = regexp.MustCompile(`(^|/)(docs?|documentation|website|site|man|guides?|rfcs?|adr|proposals)/|\.(md|mdx|markdown|rst|adoc|asciidoc|txt|org|rdoc|tex)$|` +
		`(^|/)(license|licence|copying|notice|readme)[^/]*$|(^|/)(authors|contributors|maintainers|changelog|changes|security|contributing|code_of_conduct)$`)
)

// inFolder reports whether one of the folders is on the path.
func inFolder(name string, folders ...string) bool {
	for _, f := range folders {
		if strings.HasPrefix(name, f+"/") || strings.Contains(name, "/"+f+"/") {
			return true
		}
	}
	return false
}

// extension returns what is behind the last dot of a file's name, in lower case; "" for none, and for names that begin with their only dot.
func extension(name string) string {
	name = base(name)
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return strings.ToLower(name[i+1:])
	}
	return ""
}

// base is the last part of a path; unlike path.Base, "" for "".
func base(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// generatedHeader finds the marks of generators in the first lines that a patch shows: Go's "Code generated … DO NOT EDIT.", the
// "@generated" of several companies, and the usual sentence.
func generatedHeader(patch string) bool {
	const top = 2000
	if !strings.HasPrefix(patch, "@@ -0,0 +1") && !strings.HasPrefix(patch, "@@ -1,") && !strings.HasPrefix(patch, "@@ -1 ") {
		return false // the patch does not show the head of the file
	}
	head := patch[:min(len(patch), top)]
	for n, l := range enumerate(strings.SplitSeq(head, "\n")) {
		if n > 20 {
			return false
		}
		if generatedMark.MatchString(l) {
			return true
		}
	}
	return false
}

// generatedMark matches a line of a patch. A removed line says what the file was. The sentences are those of the generators themselves: Go's
// convention (sqlc, ent, mockgen, wire and others), protoc, Prisma, GraphQL's and OpenAPI's generators, Thrift, ANTLR, SWIG, bindgen.
var generatedMark = regexp.MustCompile(`^[ +]\s*(//+!?|#+|/?\*+!?|--|;+|%|<!--|\{?/\*+!?|""")\s*(\S+\s+)?(Code generated .*DO NOT EDIT|@generated\b|(This file (is|was|has been) )?[Aa]uto(matically)?[- ]?generated\b.*([Dd]o not (edit|modify)|DO NOT (EDIT|MODIFY)|by\b)|` +
	`(THIS|This) ([Ff]ile|FILE|[Cc]ode|CODE|class|module) (IS|is|WAS|was|has been) (AUTO|auto|AUTOMATICALLY|automatically)[- ]?(GENERATED|generated)\b|Generated by the (protocol buffer|gRPC) compiler|` +
	`Generated (by|from|with) .*([Dd]o not (edit|modify|make changes)|DO NOT (EDIT|MODIFY))|(DO NOT EDIT|Do not edit).{0,40}\b([Gg]enerated|GENERATED)\b|Autogenerated by (Thrift|Avro|Frugal)|` +
	`NOTE: This class is auto generated by OpenAPI Generator|This file was automatically generated (by|from)\b|automatically generated by rust-bindgen|Generated from \S+ by ANTLR)`)

// generatedResource finds the annotation that controller-gen writes into the resource definitions of Kubernetes.
func generatedResource(file, patch string) bool {
	return (strings.HasSuffix(file, ".yaml") || strings.HasSuffix(file, ".yml")) && strings.Contains(patch, " controller-gen.kubebuilder.io/version: ")
}

// minified reports whether a script or style sheet is written for machines: by its name, or by lines that nobody writes.
func minified(file, patch string) bool {
	ext := extension(file)
	if ext != "js" && ext != "css" && ext != "mjs" && ext != "html" {
		return false
	}
	if strings.Contains(file, ".min.") || strings.Contains(file, ".bundle.") {
		return true
	}
	const longest = 5000
	for l := range strings.SplitSeq(patch, "\n") {
		if len(l) > longest {
			return true
		}
	}
	return false
}
