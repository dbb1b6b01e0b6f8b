package pulls

import (
	"slices"

	"shipmate/integrations/github"
)

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
