package github

import (
	"fmt"
	"strings"
	"testing"
)

// The base's files are kept up to some bytes, however large a CODEOWNERS is and however often the base branch moves on.
func TestBaseFilesAreBounded(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	large := strings.Repeat("/some/path @somebody\n", 24_000)
	f.json("POST /api/graphql", obj{"data": obj{"repository": obj{"file1": obj{"text": large}}}})
	c := f.client(t, nil)
	for i := range 100 {
		pr := PullRequest{Ref: widget, Base: Branch{SHA: fmt.Sprint(i)}}
		if r := c.readRelated(t.Context(), pr); r.base.owners != large || len(r.gaps) > 0 {
			t.Fatalf("%d bytes, gaps %v", len(r.base.owners), r.gaps)
		}
	}
	kept := 0
	for _, text := range c.facts.commits {
		kept += len(text.owners) + len(text.attributes)
	}
	if kept > 32<<20 {
		t.Errorf("%d MiB are kept", kept>>20)
	}
	f.log()
	if r := c.readRelated(t.Context(), PullRequest{Ref: widget, Base: Branch{SHA: "99"}}); r.base.owners != large || len(f.log()) > 0 {
		t.Error("the latest one was not kept")
	}
}
