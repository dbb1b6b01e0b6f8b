package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v60/github"
)

// check asks GitHub whether the App is there, and whether its installations reach each repository. Reading a public repository proves nothing:
// everybody may.
func (a *app) check(ctx context.Context) error {
	app, _, err := a.api.Apps.Get(ctx, "")
	if err != nil {
		return a.advise(a.c.fail("who the App is", err))
	}
	var errs []error
	for _, name := range a.c.repos {
		if err := a.checkRepository(ctx, name, app.GetHTMLURL()); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// advise adds what somebody can do about an App that cannot sign in.
func (a *app) advise(err error) error {
	advice := ""
	switch s := status(err); {
	case s == http.StatusUnauthorized:
		advice = "check github.app.id, make a new private key at the App's settings, and check this machine's clock"
	case s == http.StatusNotFound:
		advice = "check github.app.id, and that github.base_url (" + a.c.base.String() + ") is where the App was made"
	case s == 0:
		advice = "check github.base_url (" + a.c.base.String() + ") and the network"
	default:
		return err
	}
	return fmt.Errorf("%w; %s", err, advice)
}

// checkRepository looks at the installation that reaches one repository, and through it at the repository.
func (a *app) checkRepository(ctx context.Context, name, page string) error {
	owner, repo, _ := strings.Cut(name, "/")
	found, _, err := a.api.Apps.FindRepositoryInstallation(ctx, owner, repo)
	configured := a.c.o.App.Installation
	switch err = a.c.fail("repository "+name, err); {
	case status(err) == http.StatusNotFound:
		return fmt.Errorf("%w; no installation of the App reaches it: install the App for %s at %s/installations/new and select it there, or check the name",
			err, owner, page)
	case err != nil:
		return a.advise(err)
	case !found.GetSuspendedAt().IsZero():
		return fmt.Errorf("repository %s: the App's installation is suspended: an owner of %s can lift that at %s", name, owner, found.GetHTMLURL())
	case configured != 0 && configured != found.GetID():
		return fmt.Errorf("repository %s: installation %d of the App reaches it, and github.app.installation is %d: correct that, or leave it out",
			name, found.GetID(), configured)
	}
	if missing := missingPermissions(found.GetPermissions()); len(missing) > 0 {
		a.c.log.Warn("the App's installation may not do all that is needed: add the permissions at the App's settings, and accept them at the installation",
			"repo", name, "missing", strings.Join(missing, ", "))
	}
	r, _, err := a.c.api.Repositories.Get(ctx, owner, repo)
	if err == nil && r.GetArchived() {
		a.c.log.Warn("the repository is archived: the bot can read it and cannot comment there", "repo", name)
	}
	return a.c.fail("repository "+name, err)
}

// missingPermissions are those that the bot needs and an installation has not, in the words of the App's settings.
func missingPermissions(p *github.InstallationPermissions) (missing []string) {
	for _, one := range []struct{ name, have, need string }{
		{"Metadata", p.GetMetadata(), "read"}, {"Contents", p.GetContents(), "read"}, {"Checks", p.GetChecks(), "read"},
		{"Actions", p.GetActions(), "read"},
		{"Commit statuses", p.GetStatuses(), "read"}, {"Pull requests", p.GetPullRequests(), "write"}, {"Issues", p.GetIssues(), "write"},
	} {
		if one.have != one.need && one.have != "write" && one.have != "admin" {
			missing = append(missing, one.name+": "+one.need)
		}
	}
	return missing
}
