package github

import (
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The functions in the wire files build GitHub's JSON. The description at
// testdata says which members there are; the tests hold every answer to it.

// doc is a JSON object.
type doc = map[string]any

// stamp is t as GitHub writes times, or null for the zero time.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// nodeID makes an opaque id of a kind and a number or name.
func nodeID(kind, id string) string {
	return base64.StdEncoding.EncodeToString([]byte("0" + strconv.Itoa(len(kind)) + ":" + kind + id))
}

// escapePath escapes what may not stand in a URL's path, but no slashes.
func escapePath(path string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

func (c *call) api(path string) string  { return c.base + apiPrefix + path }
func (c *call) repo(path string) string { return c.api("/repos/" + c.server.Repository() + path) }
func (c *call) html(path string) string { return c.base + "/" + c.server.Repository() + path }

func (s *Server) repositoryID() int64 { return hashID("repository " + s.Repository()) }

// user is GitHub's simple user.
func (c *call) user(login string) doc {
	p := c.server.people.get(login)
	self := c.api("/users/" + url.PathEscape(p.login))
	return doc{
		"login": p.login, "id": p.id(), "node_id": nodeID("User", itoa(p.id())), "type": p.kind(), "site_admin": false,
		"user_view_type": "public",
		"avatar_url":     c.base + "/avatars/" + url.PathEscape(p.login), "gravatar_id": "",
		"url": self, "html_url": c.base + "/" + url.PathEscape(p.login),
		"followers_url": self + "/followers", "following_url": self + "/following{/other_user}",
		"gists_url": self + "/gists{/gist_id}", "starred_url": self + "/starred{/owner}{/repo}",
		"subscriptions_url": self + "/subscriptions", "organizations_url": self + "/orgs",
		"repos_url": self + "/repos", "events_url": self + "/events{/privacy}",
		"received_events_url": self + "/received_events",
	}
}

// owner is the account that owns the repository.
func (c *call) owner() doc { return c.user(c.server.people.add(c.server.owner, "")) }

// account is a user with the public profile.
func (c *call) account(login string) doc {
	p := c.server.people.get(login)
	u := c.user(p.login)
	created := stamp(c.index.since()) // an account is as old as the repository
	maps.Copy(u, doc{
		"name": p.name, "company": nil, "blog": "", "location": nil, "email": nil, "hireable": nil, "bio": nil,
		"public_repos": 0, "public_gists": 0, "followers": 0, "following": 0, "created_at": created, "updated_at": created,
	})
	return u
}

// repositoryLinks are the members of a repository that end in _url.
func (c *call) repositoryLinks() doc {
	links := doc{}
	for name, path := range map[string]string{
		"archive": "/{archive_format}{/ref}", "assignees": "/assignees{/user}", "blobs": "/git/blobs{/sha}",
		"branches": "/branches{/branch}", "collaborators": "/collaborators{/collaborator}", "comments": "/comments{/number}",
		"commits": "/commits{/sha}", "compare": "/compare/{base}...{head}", "contents": "/contents/{+path}",
		"contributors": "/contributors", "deployments": "/deployments", "downloads": "/downloads", "events": "/events",
		"forks": "/forks", "git_commits": "/git/commits{/sha}", "git_refs": "/git/refs{/sha}", "git_tags": "/git/tags{/sha}",
		"hooks": "/hooks", "issue_comment": "/issues/comments{/number}", "issue_events": "/issues/events{/number}",
		"issues": "/issues{/number}", "keys": "/keys{/key_id}", "labels": "/labels{/name}", "languages": "/languages",
		"merges": "/merges", "milestones": "/milestones{/number}", "notifications": "/notifications{?since,all,participating}",
		"pulls": "/pulls{/number}", "releases": "/releases{/id}", "stargazers": "/stargazers", "statuses": "/statuses/{sha}",
		"subscribers": "/subscribers", "subscription": "/subscription", "tags": "/tags", "teams": "/teams", "trees": "/git/trees{/sha}",
	} {
		links[name+"_url"] = c.repo(path)
	}
	return links
}

// repository is GitHub's repository.
func (c *call) repository() doc {
	full := c.server.Repository()
	r := c.repositoryLinks()
	open := 0
	for _, p := range c.index.pulls {
		if p.state == "open" {
			open++
		}
	}
	maps.Copy(r, doc{
		"id": c.server.repositoryID(), "node_id": nodeID("Repository", itoa(c.server.repositoryID())),
		"name": c.server.name, "full_name": full, "owner": c.owner(), "private": false, "visibility": "public",
		"html_url": c.html(""), "url": c.repo(""), "description": nil, "fork": false, "homepage": nil, "language": nil,
		"git_url": "git://localhost/" + full + ".git", "ssh_url": "git@localhost:" + full + ".git",
		"clone_url": c.html(".git"), "svn_url": c.html(""), "mirror_url": nil,
		"forks": 0, "forks_count": 0, "stargazers_count": 0, "watchers": 0, "watchers_count": 0, "size": 0,
		"default_branch": c.index.defaultBranch, "open_issues": open, "open_issues_count": open,
		"has_issues": true, "has_projects": false, "has_wiki": false, "has_pages": false, "has_downloads": false, "has_discussions": false,
		"archived": false, "disabled": false, "license": nil, "topics": []string{},
		"pushed_at": stamp(later(c.index.since(), c.index.pushed)), "created_at": stamp(c.index.since()), "updated_at": stamp(c.index.since()),
	})
	return r
}

// fullRepository is what is told about a repository that is asked for by itself.
func (c *call) fullRepository() doc {
	r := c.repository()
	p := c.who.permission
	maps.Copy(r, doc{
		"network_count": 0, "subscribers_count": 0,
		"permissions": doc{
			"admin": p == permissionAdmin, "maintain": p == permissionAdmin, "push": c.who.mayEdit(),
			"triage": c.who.mayEdit(), "pull": p != permissionNone,
		},
	})
	return r
}

// commentDoc is a comment on a pull request.
func (c *call) commentDoc(m comment) doc {
	id := itoa(m.ID)
	self := c.repo("/issues/comments/" + id)
	n := strconv.Itoa(m.Number)
	return doc{
		"id": m.ID, "node_id": nodeID("IssueComment", id), "url": self, "html_url": c.html("/pull/" + n + "#issuecomment-" + id),
		"issue_url": c.repo("/issues/" + n), "user": c.user(m.User), "body": m.Body,
		"created_at": stamp(m.Created), "updated_at": stamp(m.Updated),
		"author_association": c.server.people.get(m.User).association, "performed_via_github_app": nil,
		"reactions": c.rollup(m, self),
	}
}

// rollup counts the reactions to a comment.
func (c *call) rollup(m comment, self string) doc {
	got := doc{"url": self + "/reactions", "total_count": len(m.Reactions)}
	for _, emoji := range reactionContents {
		got[emoji] = 0
	}
	for _, r := range m.Reactions {
		if slices.Contains(reactionContents[:], r.Content) {
			got[r.Content] = got[r.Content].(int) + 1
		}
	}
	return got
}

// reactionDoc is one reaction.
func (c *call) reactionDoc(r reaction) doc {
	return doc{"id": r.ID, "node_id": nodeID("Reaction", itoa(r.ID)), "user": c.user(r.User), "content": r.Content, "created_at": stamp(r.Created)}
}

// file is one row of a pull request's files. patch is left out when it is empty.
func (c *call) file(f fileChange, ref string) doc {
	name := validPath(f.path)
	url := escapePath(f.path)
	d := doc{
		"sha": f.id, "filename": name, "status": f.status,
		"additions": f.additions, "deletions": f.deletions, "changes": f.additions + f.deletions,
		"blob_url": c.html("/blob/" + ref + "/" + url), "raw_url": c.html("/raw/" + ref + "/" + url),
		"contents_url": c.repo("/contents/" + url + "?ref=" + ref),
	}
	if f.previous != "" {
		d["previous_filename"] = validPath(f.previous)
	}
	if f.patch != "" {
		d["patch"] = f.patch
	}
	return d
}

func validPath(path string) string { return strings.ToValidUTF8(path, "\uFFFD") }

// commitDoc is a commit without its files.
func (c *call) commitDoc(m *commit) doc {
	sig := func(s signature) (login string, d doc) {
		login = c.server.people.author(s)
		name := s.name
		if name == "" || strings.Contains(name, "@") {
			name = login
		}
		return login, doc{"name": name, "email": login + "@users.noreply.localhost", "date": stamp(s.when)}
	}
	author, authorSig := sig(m.author)
	committer, committerSig := sig(m.committer)
	parents := []doc{}
	for _, p := range m.parents {
		parents = append(parents, doc{"sha": p, "url": c.repo("/commits/" + p), "html_url": c.html("/commit/" + p)})
	}
	self := c.repo("/commits/" + m.id)
	return doc{
		"sha": m.id, "node_id": nodeID("Commit", m.id), "url": self, "html_url": c.html("/commit/" + m.id), "comments_url": self + "/comments",
		"author": c.user(author), "committer": c.user(committer), "parents": parents,
		"commit": doc{
			"message": strings.TrimRight(m.message, "\n"), "author": authorSig, "committer": committerSig, "comment_count": 0,
			"url":          c.repo("/git/commits/" + m.id),
			"tree":         doc{"sha": m.tree, "url": c.repo("/git/trees/" + m.tree)},
			"verification": doc{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil},
		},
	}
}
