package main

import "testing"

// Whose turn it is comes from reviews, requests for them and unresolved threads, through the whole program.
func TestWhoseTurn(t *testing.T) {
	t.Parallel()
	tr := try(t, "--repo", gitRepo(t))
	var made struct{ Pulls []struct{ Number int } }
	tr.call("github/pulls?state=open", nil, &made)
	if len(made.Pulls) != 1 {
		t.Fatalf("open pull requests %+v", made)
	}
	n := made.Pulls[0].Number
	type obj = map[string]any
	tr.call("github/ask-review", obj{"number": n, "user": "ben"}, nil)
	tr.expect("@shipmate reviews #3", "ben's turn: to review, for less than a working hour", "was asked for a review")
	tr.call("github/review", obj{"number": n, "user": "ben", "state": "COMMENTED"}, nil)
	tr.call("github/line-comment", obj{"number": n, "user": "ben", "path": "a.txt", "line": 1, "body": "why?"}, nil)
	tr.expect("@shipmate whose turn is it? #3", "1 unresolved thread", "a.txt:1")
	tr.call("github/review", obj{"number": n, "user": "ben", "state": "CHANGES_REQUESTED"}, nil)
	tr.expect("@shipmate summarize #3", "changes requested by ben")
}
