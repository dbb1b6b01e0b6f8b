package github

import (
	"context"
	"net/http"
	"slices"
)

// A demand is what has to pass before a pull request may be merged, by the names
// of checks: in the default branch's protection, and in a ruleset about it.
type demand struct {
	Protection []string `json:"protection"`
	Rules      []string `json:"rules"`
}

func (s *Server) controlRequired(r *http.Request, _ *index) (any, error) {
	var in demand
	if err := read(r, &in); err != nil {
		return nil, err
	}
	s.store.keep(func(c *content) { c.Required = in })
	return doc{"ok": true}, nil
}

// required returns what is demanded of a branch.
func (c *call) required(branch string) demand {
	var d demand
	if branch == c.index.defaultBranch {
		c.server.store.view(func(kept *content) {
			d = demand{slices.Clone(kept.Required.Protection), slices.Clone(kept.Required.Rules)}
		})
	}
	return d
}

func oneBranch(ctx context.Context, c *call) (answer, error) {
	name := c.vars["branch"]
	id := c.index.refs.branches[name]
	if id == "" {
		return answer{}, &apiError{status: http.StatusNotFound, message: "Branch not found"}
	}
	m, err := c.commitOf(ctx, id)
	if err != nil {
		return answer{}, err
	}
	contexts := append([]string{}, c.required(name).Protection...)
	level, checks := "off", []doc{}
	for _, context := range contexts {
		level, checks = "non_admins", append(checks, doc{"context": context, "app_id": nil})
	}
	self := c.repo("/branches/" + escapePath(name))
	return answer{body: doc{
		"name": name, "commit": c.commitDoc(m), "_links": doc{"html": c.html("/tree/" + escapePath(name)), "self": self},
		"protected": len(contexts) > 0, "protection_url": self + "/protection",
		"protection": doc{
			"enabled":                len(contexts) > 0,
			"required_status_checks": doc{"enforcement_level": level, "contexts": contexts, "checks": checks},
		},
	}}, nil
}

// branchRules lists one rule, or none.
func branchRules(_ context.Context, c *call) (answer, error) {
	checks := []doc{}
	for _, context := range c.required(c.vars["branch"]).Rules {
		checks = append(checks, doc{"context": context})
	}
	rules := []doc{}
	if len(checks) > 0 {
		rules = append(rules, doc{
			"type": "required_status_checks", "ruleset_source_type": "Repository", "ruleset_source": c.server.Repository(), "ruleset_id": 1,
			"parameters": doc{"required_status_checks": checks, "strict_required_status_checks_policy": false},
		})
	}
	return answer{body: rules}, nil
}
