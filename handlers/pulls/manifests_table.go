package pulls

import "strings"

// A manifest is one kind of file that names dependencies.
type manifest struct {
	ecosystem string
	read      manifestReader
}

// manifestOf returns how a file's dependencies are read; nil for files that name none, or in a form that is not read.
func manifestOf(f *file) *manifest {
	name := strings.ToLower(base(f.Path))
	if m, ok := manifests[name]; ok {
		return &m
	}
	yaml := strings.HasSuffix(name, ".yml") || strings.HasSuffix(name, ".yaml")
	switch {
	case f.class == ClassDependencies && strings.HasSuffix(name, ".txt"):
		return &manifest{"python", requirementsReader(name)}
	case strings.HasSuffix(name, ".gemspec") || strings.HasSuffix(name, ".gemfile"):
		return &manifest{"ruby", readGemfile}
	case f.class == ClassCI && yaml:
		return &manifest{"actions", readUses}
	case f.class == ClassInfra && strings.Contains(name, "dockerfile"):
		return &manifest{"docker", readFrom}
	case f.class == ClassInfra && yaml:
		return &manifest{"docker", readImages}
	}
	return nil
}

// manifests are those with one name, in lower case.
var manifests = map[string]manifest{
	"go.mod":             {"go", readGoMod},
	"package.json":       {"npm", readPackageJSON},
	"composer.json":      {"php", readComposer},
	"pyproject.toml":     {"python", readPyproject},
	"pipfile":            {"python", readPipfile},
	"cargo.toml":         {"rust", readCargo},
	"gemfile":            {"ruby", readGemfile},
	"pom.xml":            {"java", readPOM},
	"build.gradle":       {"java", readGradle},
	"build.gradle.kts":   {"java", readGradle},
	"libs.versions.toml": {"java", readCatalog},
	"pubspec.yaml":       {"dart", readPubspec},
	"chart.yaml":         {"helm", readChart},
}
