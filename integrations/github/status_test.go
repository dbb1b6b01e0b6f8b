package github

import (
	"slices"
	"testing"
)

// What somebody reviewed is found in each of the repositories, and by an App, too. To GitHub's search two repositories mean both at once, which
// nothing is in.
func TestReviewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.control("review", obj{"number": open, "user": "ben", "state": "COMMENTED", "body": "Well."}, nil)
	want := []Ref{{"octo", "widgets", open}}
	for name, c := range map[string]*Client{
		"token":                w.client(nil),
		"two repositories":     w.client(func(o *Options) { o.Repos = []string{"octo/gears", "octo/widgets"} }),
		"another owner, too":   w.client(func(o *Options) { o.Repos = []string{"acme/gears", "octo/widgets"} }),
		"app":                  w.app(nil),
		"app, two of an owner": w.app(func(o *Options) { o.Repos = []string{"octo/gears", "octo/widgets"} }),
	} {
		if got, err := c.Reviewed(t.Context(), "ben"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	halfway := w.app(func(o *Options) { o.Repos = []string{"acme/gears", "octo/widgets"} })
	if got, err := halfway.Reviewed(t.Context(), "ben"); err == nil || !slices.Equal(got, want) {
		t.Errorf("an App that is not installed at one owner: %v, %v; want what the other has, and an error", got, err)
	}
}
