package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// branchProtection is the part of a branch's answer that is read. go-github v60 has no field for it.
type branchProtection struct {
	Protection struct {
		Checks struct {
			Contexts []string `json:"contexts"`
		} `json:"required_status_checks"`
	} `json:"protection"`
}

// branchRule is the part of a rule that is read. go-github v60 fails on every list that has a rule of a kind that came later.
type branchRule struct {
	Type       string `json:"type"`
	Parameters struct {
		Checks []struct {
			Context string `json:"context"`
		} `json:"required_status_checks"`
	} `json:"parameters"`
}

// required reads which checks the base branch demands, by its protection and by rulesets. Nobody asks that of a pull request that is closed.
func (c *Client) required(ctx context.Context, pr PullRequest) ([]string, []Gap) {
	if pr.State != "open" || pr.Base.Name == "" {
		return nil, nil
	}
	var (
		wg       sync.WaitGroup
		branch   branchProtection
		rules    []branchRule
		rulesErr error
	)
	wg.Go(func() { rulesErr = c.read(ctx, pr.Ref, "rules/branches/", pr.Base.Name, &rules) })
	err := c.read(ctx, pr.Ref, "branches/", pr.Base.Name, &branch)
	wg.Wait()
	if noRules(rulesErr) {
		rulesErr = nil
	}
	names := branch.Protection.Checks.Contexts
	for _, rule := range rules {
		if rule.Type != "required_status_checks" {
			continue
		}
		for _, check := range rule.Parameters.Checks {
			names = append(names, check.Context)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), c.gap("required checks", cmp.Or(err, rulesErr))
}

// noRules reports whether there can be no rules: on a server that has no rulesets yet, and in a private repository whose owner pays nothing.
func noRules(err error) bool {
	e, ok := errors.AsType[*APIError](err)
	return ok && (e.Status == http.StatusNotFound || e.Status == http.StatusForbidden && strings.HasPrefix(e.Message, "Upgrade to GitHub"))
}

// read gets what the repository has under a path for a branch; of a list, the first hundred.
func (c *Client) read(ctx context.Context, ref Ref, path, branch string, into any) error {
	parts := strings.Split(branch, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	req, err := c.api.NewRequest(http.MethodGet, "repos/"+ref.Owner+"/"+ref.Repo+"/"+path+strings.Join(parts, "/")+fmt.Sprintf("?per_page=%d", pageSize), nil)
	if err != nil {
		return c.fail(path+branch, err)
	}
	_, err = c.api.Do(ctx, req, into)
	return c.fail(path+branch, err)
}
