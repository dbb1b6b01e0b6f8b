package github

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
)

// operations are what the client asks of GitHub, by go-github's method, as the paths that a world sees.
func operations() map[string]string {
	return map[string]string{
		"Apps.Get":                                   `GET /app 2`,
		"Apps.FindRepositoryInstallation":            `GET /repos/octo/widgets/installation 2`,
		"Apps.CreateInstallationToken":               `POST /app/installations/90210/access_tokens 2`,
		"Users.Get":                                  `GET /user 2`,
		"Repositories.Get":                           `GET /repos/octo/widgets 2`,
		"Repositories.CompareCommits":                `GET /repos/octo/widgets/compare/[0-9a-f]{40}\.\.\.[0-9a-f]{40} 2`,
		"Repositories.ListCommits":                   `GET /repos/octo/widgets/commits 2`,
		"Repositories.GetContents":                   `GET /repos/octo/widgets/contents/.* 2`,
		"Repositories.GetCombinedStatus":             `GET /repos/octo/widgets/commits/[0-9a-f]{40}/status 2`,
		"Repositories.GetPermissionLevel":            `GET /repos/octo/widgets/collaborators/ada/permission 2`,
		"PullRequests.Get":                           `GET /repos/octo/widgets/pulls/8 2`,
		"PullRequests.List":                          `GET /repos/octo/widgets/pulls 2`,
		"PullRequests.ListComments":                  `GET /repos/octo/widgets/pulls/comments 2`,
		"PullRequests.ListFiles":                     `GET /repos/octo/widgets/pulls/8/files 2`,
		"PullRequests.ListCommits":                   `GET /repos/octo/widgets/pulls/8/commits 2`,
		"PullRequests.ListReviews":                   `GET /repos/octo/widgets/pulls/8/reviews 2`,
		"Checks.ListCheckRunsForRef":                 `GET /repos/octo/widgets/commits/[0-9a-f]{40}/check-runs 2`,
		"Search.Issues":                              `GET /search/issues 2`,
		"Issues.ListIssueTimeline":                   `GET /repos/octo/widgets/issues/8/timeline 2`,
		"Checks.ListCheckRunAnnotations":             `GET /repos/octo/widgets/check-runs/\d+/annotations 2`,
		"Actions.GetWorkflowJobLogs":                 `GET /repos/octo/widgets/actions/jobs/\d+/logs 302`,
		"Issues.Get":                                 `GET /repos/octo/widgets/issues/7 2`,
		"Issues.ListComments":                        `GET /repos/octo/widgets/issues/comments 2`,
		"Issues.GetComment":                          `GET /repos/octo/widgets/issues/comments/\d+ 2`,
		"Issues.CreateComment":                       `POST /repos/octo/widgets/issues/8/comments 2`,
		"Issues.EditComment":                         `PATCH /repos/octo/widgets/issues/comments/\d+ 2`,
		"Reactions.CreateIssueCommentReaction":       `POST /repos/octo/widgets/issues/comments/\d+/reactions 2`,
		"Reactions.CreatePullRequestCommentReaction": `POST /repos/octo/widgets/pulls/comments/\d+/reactions 2`,
		"Repositories.ListHooks":                     `GET /repos/octo/widgets/hooks 2`,
		"Repositories.ListHookDeliveries":            `GET /repos/octo/widgets/hooks/\d+/deliveries 2`,
		"Repositories.ListDeployments":               `GET /repos/octo/widgets/deployments 2`,
		"Repositories.ListDeploymentStatuses":        `GET /repos/octo/widgets/deployments/\d+/statuses 2`,
		"Repositories.RedeliverHookDelivery":         `POST /repos/octo/widgets/hooks/\d+/deliveries/\d+/attempts 2`,
	}
}

// Everything that the client can ask is asked here, of the stand-in, and so held to GitHub's description: the requests and the answers.
func TestEveryRequestIsDescribed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\.api\.([A-Z]\w+\.[A-Z]\w+)`).FindAllStringSubmatch(string(source), -1) {
			used[m[1]] = true
		}
	}
	if got, want := slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(operations())); !slices.Equal(got, want) {
		t.Errorf("the client uses %q, tried are %q", got, want)
	}
	w := newWorld(t)
	ctx, c := t.Context(), w.client(func(o *Options) { o.Login = "" })
	w.check(obj{"number": open, "name": "test", "log": "boom", "annotations": []obj{{"path": ".github", "start_line": 1, "message": "The operation was canceled."}}})
	p := NewPoster(c)
	to := place(open, fmt.Sprint(w.say("ada", open, "/shipmate risk")))
	calls := map[string]func() error{
		"app":      func() error { return w.app(nil).Check(ctx) },
		"check":    func() error { return c.Check(ctx) },
		"list":     func() error { _, err := c.Pulls(ctx, "octo", "widgets", "all", 0); return err },
		"snapshot": func() error { _, err := c.Snapshot(ctx, Ref{"octo", "widgets", open}); return err },
		"texts": func() error {
			pr, err := c.Pull(ctx, Ref{"octo", "widgets", open})
			if err == nil {
				_, err = c.Texts(ctx, pr, []File{{Path: "main.go", Status: "modified"}})
			}
			return err
		},
		"conversation": func() error {
			s := Snapshot{PullRequest: PullRequest{Ref: Ref{"octo", "widgets", open}, State: "open", Mergeable: "yes"}}
			return cmp.Or(c.Conversation(ctx, &s), gapError(s.Gaps))
		},
		"files at": func() error {
			s, err := c.Snapshot(ctx, Ref{"octo", "widgets", open})
			if err == nil {
				_, _, _, err = c.FilesAt(ctx, s.PullRequest, s.Head.SHA[:8])
			}
			return err
		},
		"open": func() error { _, _, err := c.Open(ctx, "octo", "widgets"); return err },
		"status": func() error {
			_, err := c.Status(ctx, PullRequest{Ref: Ref{"octo", "widgets", open}})
			return err
		},
		"reviewed": func() error { _, err := c.Reviewed(ctx, "ben"); return err },
		"base":     func() error { _, err := c.baseTexts(ctx, Ref{"octo", "widgets", open}, "main"); return err },
		"check details": func() error {
			if s, d := w.details(c, open); len(s.Checks) != 1 || len(d.Gaps) > 0 {
				return fmt.Errorf("checks %+v, details %+v", s.Checks, d)
			}
			return nil
		},
		"neighbours": func() error { _, err := c.Neighbours(ctx, Ref{"octo", "widgets", merged}); return err },
		"merged": func() error {
			_, _, err := c.Merged(ctx, "octo", "widgets", time.Time{}, time.Now())
			return err
		},
		"deployments": func() error {
			w.control("deployment", obj{}, nil)
			_, _, err := c.Deployments(ctx, "octo", "widgets", time.Now().Add(-time.Hour), time.Now())
			return err
		},
		"code owners": func() error { _, err := c.CodeOwners(ctx, "octo", "widgets"); return err },
		"churn": func() error {
			_, err := c.Churn(ctx, Ref{"octo", "widgets", open}, "main", []string{"main.go"}, 90)
			return err
		},
		"issues": func() error {
			_, gaps := c.readIssues(ctx, PullRequest{Ref: Ref{"octo", "widgets", open}, Body: "See #7"})
			return gapError(gaps)
		},
		"permission": func() error {
			_, err := c.Role(ctx, bot.Request{From: bot.Actor{Surface: bot.GitHub, ID: "ada"}, ReplyTo: to})
			return err
		},
		"poll": func() error {
			return NewSource(c, &memoryCursors{}).poll("octo/widgets", plain(), (&ear{}).accept).step(ctx)
		},
		"poll reviews": func() error {
			return NewSource(c, &memoryCursors{}).poll("octo/widgets", review(), (&ear{}).accept).step(ctx)
		},
		"post": func() error {
			ref, err := p.Post(ctx, to, "", "k", bot.Reply{Title: "One"})
			if err == nil {
				_, err = p.Post(ctx, to, ref, "k", bot.Reply{Title: "Two"})
			}
			return err
		},
		"react to a line": func() error {
			var line struct{ ID int64 }
			w.control("line-comment", obj{"number": open, "user": "ada", "body": "why?", "path": "pkg00/file.go", "line": 1}, &line)
			_, err := p.Post(ctx, place(open, fmt.Sprint(reviewSign, line.ID)), "", "k", bot.Reply{Unknown: true})
			return err
		},
		"deliver again": func() error { return w.deliverAgain(t, c) },
		"react":         func() error { _, err := p.Post(ctx, to, "", "k", bot.Reply{Unknown: true}); return err },
	}
	for name, call := range calls {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	seen := strings.Join(w.requests(), "\n")
	for method, pattern := range operations() {
		if !regexp.MustCompile(`(?m)^` + pattern).MatchString(seen) {
			t.Errorf("%s was not answered with success:\n%s", method, seen)
		}
	}
}

// deliverAgain makes a delivery that nobody takes, and asks for it again.
func (w *world) deliverAgain(t *testing.T, c *Client) error {
	const nobody = "http://127.0.0.1:9/"
	w.control("webhook", obj{"url": nobody}, nil)
	w.say("ada", open, "Hello")
	r := (&Webhook{c: c, o: WebhookOptions{URL: nobody}}).reconciler("octo/widgets")
	r.since = time.Now().Add(-time.Hour)
	var err error
	eventually(t, "it is asked for again", func() bool {
		err = r.step(t.Context())
		return err != nil || len(r.tries) > 0
	})
	return err
}

func gapError(gaps []Gap) error {
	if len(gaps) > 0 {
		return fmt.Errorf("gaps %v", gaps)
	}
	return nil
}
