package attribute

import (
	"path"
	"slices"
	"strings"
)

// infra are kinds of files that say what runs, and how much of it, with the points that a change of one counts for.
var infra = [...]struct {
	kind    string
	points  float64
	names   string // base names, separated by commas; a * at the end or the beginning stands for anything
	folders string // one of the folders in the path
}{
	{"Terraform", 1.5, "*.tf,*.tfvars,*.hcl,*.tf.json", "terraform,terragrunt,opentofu"},
	{"Helm", 1.5, "chart.yaml,values*,helmfile*", "helm,charts"},
	{"Kubernetes", 1.5, "kustomization.yaml,kustomization.yml", "k8s,kubernetes,manifests,kustomize,argocd"},
	{"CloudFormation or CDK", 1.5, "template.yaml,template.yml,cdk.json,serverless.yml,sam*.yaml", "cloudformation,cdk,cfn"},
	{"Pulumi", 1.5, "pulumi.yaml,pulumi.*", "pulumi"},
	{"infrastructure", 1.5, "*.bicep", "infra,infrastructure,ansible,deploy,deployment,ops"},
	{"Docker", 1, "dockerfile*,*.dockerfile,docker-compose*,compose.yaml", "docker"},
	{"CI", .5, "jenkinsfile,.gitlab-ci.yml,buildspec.yml,azure-pipelines.yml", "workflows,.circleci,.buildkite"},
}

// infraOf is what kind of infrastructure a file is of, and its points; "" for any other file.
func infraOf(file string) (kind string, points float64) {
	parts := strings.Split(strings.ToLower(file), "/")
	base := parts[len(parts)-1]
	for _, k := range infra {
		for pattern := range strings.SplitSeq(k.names, ",") {
			if ok, err := path.Match(pattern, base); ok && err == nil {
				return k.kind, k.points
			}
		}
		for _, folder := range parts[:len(parts)-1] {
			if slices.Contains(strings.Split(k.folders, ","), folder) {
				return k.kind, k.points
			}
		}
	}
	return "", 0
}

// idle reports whether a file runs nowhere: documents and tests.
func idle(file string) bool {
	lower := strings.ToLower(file)
	base := path.Base(lower)
	switch path.Ext(base) {
	case ".md", ".rst", ".adoc", ".txt", ".png", ".svg":
		return true
	}
	return strings.HasSuffix(base, "_test.go") || strings.Contains(base, ".test.") || strings.Contains(base, ".spec.") ||
		strings.HasPrefix(lower, "docs/") || strings.HasPrefix(lower, "test/") || strings.HasPrefix(lower, "tests/") || strings.Contains(lower, "/testdata/") || strings.Contains(lower, "/tests/") || base == "license"
}
