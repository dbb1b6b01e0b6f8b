package github

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A deployment is a commit's way to an environment.
type deployment struct {
	ID          int64         `json:"id"`
	Commit      string        `json:"commit"`
	Ref         string        `json:"ref"`
	Environment string        `json:"environment"`
	Description string        `json:"description"`
	User        string        `json:"user"`
	Created     time.Time     `json:"created"`
	Statuses    []deployState `json:"statuses"` // oldest first; never empty
}

// A deployState is how far a deployment was at a time.
type deployState struct {
	ID    int64     `json:"id"`
	State string    `json:"state"`
	At    time.Time `json:"at"`
}

var deployStates = []string{"pending", "queued", "in_progress", "success", "failure", "error", "inactive"}

// A deployWord is what a control request says of a deployment.
type deployWord struct {
	User        string    `json:"user"`
	Number      int       `json:"number"`      // of the merged pull request whose merge is deployed
	Ref         string    `json:"ref"`         // or a branch or tag; "" is the default branch
	Environment string    `json:"environment"` // "" is production
	Description string    `json:"description"`
	At          time.Time `json:"at"` // when it began; zero is now
	Statuses    []struct {
		State string    `json:"state"`
		At    time.Time `json:"at"` // zero is that of the deployment
	} `json:"statuses"` // none: success, at once
}

func (s *Server) controlDeployment(r *http.Request, x *index) (any, error) {
	var in deployWord
	if err := read(r, &in); err != nil {
		return nil, err
	}
	who, err := s.someone(in.User)
	if err != nil {
		return nil, err
	}
	d := deployment{Ref: cmp.Or(in.Ref, x.defaultBranch), Environment: cmp.Or(in.Environment, "production"), Description: in.Description, User: who.login, Created: in.At}
	if d.Commit, err = x.deployed(in); err != nil {
		return nil, err
	}
	if d.Created.IsZero() {
		d.Created = s.store.time()
	}
	for _, one := range in.Statuses {
		if !slices.Contains(deployStates, one.State) {
			return nil, refuse(http.StatusBadRequest, "The state must be one of %s.", strings.Join(deployStates, ", "))
		}
		if one.At.IsZero() {
			one.At = d.Created
		}
		d.Statuses = append(d.Statuses, deployState{State: one.State, At: one.At})
	}
	if len(d.Statuses) == 0 {
		d.Statuses = []deployState{{State: "success", At: d.Created}}
	}
	return doc{"id": s.store.addDeployment(d).ID}, nil
}

// deployed is the commit that is deployed.
func (x *index) deployed(in deployWord) (string, error) {
	if in.Number == 0 {
		if id := x.refs.resolve(in.Ref); id != "" {
			return id, nil
		}
		return "", refuse(http.StatusNotFound, "There is no branch or tag %q.", in.Ref)
	}
	p, err := x.known(in.Number)
	if err != nil {
		return "", err
	}
	if !p.merged() {
		return "", refuse(http.StatusUnprocessableEntity, "Pull request %d is not merged.", in.Number)
	}
	return p.merge, nil
}

// addDeployment stores a deployment and returns it with its ids.
func (s *store) addDeployment(d deployment) deployment {
	s.keep(func(c *content) {
		d.ID = c.nextID()
		for i := range d.Statuses {
			d.Statuses[i].ID = c.nextID()
		}
		c.Deployments = append(c.Deployments, d)
	})
	return d
}

// deployments returns all deployments, newest first.
func (s *store) deployments() (list []deployment) {
	s.view(func(c *content) { list = slices.Clone(c.Deployments) })
	slices.SortStableFunc(list, func(a, b deployment) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID))
	})
	return list
}

func listDeployments(_ context.Context, c *call) (answer, error) {
	q := c.URL.Query()
	list := slices.DeleteFunc(c.server.store.deployments(), func(d deployment) bool {
		for name, value := range map[string]string{"sha": d.Commit, "ref": d.Ref, "environment": d.Environment, "task": "deploy"} {
			if want := q.Get(name); want != "" && want != "none" && want != value {
				return true
			}
		}
		return false
	})
	page, links := paged(c, list)
	rows := make([]doc, len(page))
	for i, d := range page {
		self := c.repo("/deployments/" + itoa(d.ID))
		rows[i] = doc{
			"id": d.ID, "node_id": nodeID("Deployment", itoa(d.ID)), "sha": d.Commit, "ref": d.Ref, "task": "deploy", "environment": d.Environment,
			"original_environment": d.Environment, "production_environment": d.Environment == "production", "transient_environment": false,
			"creator": c.user(d.User), "payload": doc{}, "description": nullable(d.Description), "url": self, "statuses_url": self + "/statuses",
			"repository_url": c.repo(""), "created_at": stamp(d.Created), "updated_at": stamp(d.Statuses[len(d.Statuses)-1].At),
		}
	}
	return answer{body: rows, links: links}, nil
}

// listDeploymentStatuses lists them newest first, as GitHub does.
func listDeploymentStatuses(_ context.Context, c *call) (answer, error) {
	id, err := c.number("id")
	if err != nil {
		return answer{}, err
	}
	list := c.server.store.deployments()
	at := slices.IndexFunc(list, func(d deployment) bool { return d.ID == id })
	if at < 0 {
		return answer{}, notFound()
	}
	d := list[at]
	statuses := slices.Clone(d.Statuses)
	slices.Reverse(statuses)
	page, links := paged(c, statuses)
	rows := make([]doc, len(page))
	self := c.repo("/deployments/" + itoa(d.ID))
	for i, one := range page {
		rows[i] = doc{
			"id": one.ID, "node_id": nodeID("DeploymentStatus", itoa(one.ID)), "state": one.State, "creator": c.user(d.User), "description": "",
			"environment": d.Environment, "environment_url": "", "log_url": "", "target_url": "", "deployment_url": self, "repository_url": c.repo(""),
			"url": self + "/statuses/" + itoa(one.ID), "created_at": stamp(one.At), "updated_at": stamp(one.At),
		}
	}
	return answer{body: rows, links: links}, nil
}
