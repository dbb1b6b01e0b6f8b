package costs

import (
	"context"
	"slices"
	"strings"

	"github.com/hmarr/codeowners"

	"shipmate/handlers/costs/attribute"
)

// infraPlaces are where a repository's infrastructure usually is. Whoever owns one of them by a rule of its own, and not only everything, is asked about
// costs that have no other owner.
var infraPlaces = []string{
	"terraform/main.tf", "infra/main.tf", "infrastructure/main.tf", "deploy/main.tf", "deployment/main.tf", "ops/main.tf", "k8s/main.yaml", "kubernetes/main.yaml",
	"helm/values.yaml", "charts/values.yaml", "main.tf",
}

// codeOwner is who owns what may have been changed for a cause: the first candidate's files, else the infrastructure of the first repository that names
// somebody for it; "" when CODEOWNERS says nothing of either.
func (h *handler) codeOwner(ctx context.Context, candidates []attribute.Candidate) string {
	for _, c := range candidates[:min(len(candidates), 1)] {
		if owner := h.ownerOf(ctx, c.Repo, c.Paths); owner != "" {
			return owner
		}
	}
	for _, repo := range h.options.Repos {
		if owner := h.ownerOf(ctx, repo, infraPlaces); owner != "" {
			return owner
		}
	}
	return ""
}

// ownerOf is the first owner of the first of the paths that somebody owns by a rule of its own.
func (h *handler) ownerOf(ctx context.Context, name string, paths []string) string {
	owner, repo, _ := strings.Cut(name, "/")
	text, err := h.changes.CodeOwners(ctx, owner, repo)
	if err != nil || text == "" {
		return ""
	}
	return firstOwner(text, paths)
}

// firstOwner reads a CODEOWNERS file; lines that cannot be read are left out. What owns everything owns nothing in particular.
func firstOwner(text string, paths []string) string {
	var rules codeowners.Ruleset
	for line := range strings.Lines(text) {
		if one, err := codeowners.ParseFile(strings.NewReader(line)); err == nil {
			rules = append(rules, one...)
		}
	}
	for _, path := range paths {
		rule, err := rules.Match(path)
		if err != nil || rule == nil || slices.Contains([]string{"*", "/*", "**", "/**"}, rule.RawPattern()) || len(rule.Owners) == 0 {
			continue
		}
		return rule.Owners[0].String()
	}
	return ""
}
