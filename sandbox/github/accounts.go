package github

import (
	"context"
	"maps"
	"net/http"
)

func oneRepository(_ context.Context, c *call) (answer, error) {
	return answer{body: c.fullRepository(), modified: c.index.pushed}, nil
}

func currentUser(_ context.Context, c *call) (answer, error) {
	if c.with != userToken {
		return answer{}, notForApps()
	}
	return answer{body: c.account(c.who.login)}, nil
}

func oneUser(_ context.Context, c *call) (answer, error) {
	p, ok := c.server.people.find(c.vars["login"])
	if !ok {
		return answer{}, notFound()
	}
	return answer{body: c.account(p.login)}, nil
}

// isCollaborator answers 204 for people who can read the repository because they
// were invited, which is everybody with more than no permission.
func isCollaborator(_ context.Context, c *call) (answer, error) {
	p, ok := c.server.people.find(c.vars["login"])
	if !ok || p.permission == permissionNone {
		return answer{}, notFound()
	}
	return answer{status: http.StatusNoContent}, nil
}

func permission(_ context.Context, c *call) (answer, error) {
	p, ok := c.server.people.find(c.vars["login"])
	if !ok {
		return answer{}, notFound()
	}
	u := c.user(p.login)
	maps.Copy(u, doc{"role_name": p.permission, "permissions": doc{
		"admin": p.permission == permissionAdmin, "maintain": p.permission == permissionAdmin,
		"push": p.mayEdit(), "triage": p.mayEdit(), "pull": p.permission != permissionNone,
	}})
	return answer{body: doc{"permission": p.permission, "role_name": p.permission, "user": u}}, nil
}

func rateLimit(_ context.Context, c *call) (answer, error) {
	show := func(resource string) doc {
		b := c.server.rates.get(c.who.login, resource)
		return doc{"limit": b.limit, "used": b.used, "remaining": max(0, b.limit-b.used), "reset": b.reset.Unix()}
	}
	core := show("core")
	return answer{body: doc{"resources": doc{"core": core, "search": show("search")}, "rate": core}}, nil
}
