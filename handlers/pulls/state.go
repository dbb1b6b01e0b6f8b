package pulls

import (
	"slices"
	"strings"

	"shipmate/integrations/github"
)

// Checks is how the checks on the head stand.
type Checks struct {
	Total   int           `json:"total"` // of those that say something: without skipped ones
	Passed  int           `json:"passed"`
	Failed  int           `json:"failed"`
	Running int           `json:"running"`
	Failing []FailedCheck `json:"failing"` // by name
}

// FailedCheck is a check that did not pass.
type FailedCheck struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

// checks counts check runs and commit statuses. GitHub lists the newest first; an older one of the same name does not count.
func checks(list []github.Check) Checks {
	out := Checks{Failing: []FailedCheck{}}
	seen := map[string]bool{}
	for _, c := range list {
		if seen[c.Name] {
			continue
		}
		seen[c.Name] = true
		switch {
		case c.Status != "completed":
			out.Running++
		case c.Conclusion == "skipped" || c.Conclusion == "neutral" || c.Conclusion == "stale":
			continue
		case c.Conclusion == "success":
			out.Passed++
		default: // failure, cancelled, timed_out, action_required, startup_failure
			out.Failed++
			out.Failing = append(out.Failing, FailedCheck{c.Name, c.URL})
		}
		out.Total++
	}
	slices.SortFunc(out.Failing, func(a, b FailedCheck) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Reviews is who has said what. Each person is in one of the lists at most.
type Reviews struct {
	Approved         []string `json:"approved"`
	ChangesRequested []string `json:"changes_requested"`
	Commented        []string `json:"commented"`
	Waiting          []string `json:"waiting"` // asked and not answered: logins, and "org/team" for teams
	// Stale are those of Approved whose approval is for an earlier head.
	Stale []string `json:"stale"`
	// Owners are the parts of the change whose owners, by CODEOWNERS, have not approved it. Whether the repository insists on that is not known.
	Owners []UnownedPart `json:"owners"`
}

// reviews takes each person's latest verdict. A comment does not replace an earlier verdict, as on GitHub; a dismissed review counts as none.
// What the author writes on the own pull request is no review.
func reviews(s github.Snapshot) Reviews {
	latest := map[string]github.Review{}
	var people []string
	for _, r := range s.Reviews { // oldest first
		before, seen := latest[r.Author]
		if r.Author == s.Author || r.Author == "" {
			continue
		}
		if !seen {
			people = append(people, r.Author)
		}
		if r.State == "COMMENTED" && (before.State == "APPROVED" || before.State == "CHANGES_REQUESTED") {
			continue
		}
		latest[r.Author] = r
	}
	out := Reviews{Approved: []string{}, ChangesRequested: []string{}, Commented: []string{}, Waiting: []string{}, Stale: []string{}, Owners: []UnownedPart{}}
	waiting := func(who string) bool { return slices.Contains(s.RequestedReviewers, who) }
	for _, who := range people {
		switch r := latest[who]; {
		case waiting(who): // asked again
		case r.State == "APPROVED":
			out.Approved = append(out.Approved, who)
			if r.SHA != "" && r.SHA != s.Head.SHA {
				out.Stale = append(out.Stale, who)
			}
		case r.State == "CHANGES_REQUESTED":
			out.ChangesRequested = append(out.ChangesRequested, who)
		case r.State == "COMMENTED":
			out.Commented = append(out.Commented, who)
		}
	}
	out.Waiting = append(out.Waiting, s.RequestedReviewers...)
	return out
}
