package github

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMerged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(nil)
	s, err := c.Pull(t.Context(), Ref{"octo", "widgets", merged})
	if err != nil {
		t.Fatal(err)
	}
	w.requests()
	at := s.MergedAt
	for _, tt := range []struct {
		name     string
		from, to time.Time
		want     []int
		requests int
	}{
		{"around it", at.Add(-48 * time.Hour), at.Add(30 * time.Hour), []int{merged}, 2},
		{"again: its files are known", at, at, []int{merged}, 1},
		{"before it", at.Add(-48 * time.Hour), at.Add(-time.Second), nil, 1},
		{"after it", at.Add(time.Second), at.Add(48 * time.Hour), nil, 1},
	} {
		list, more, err := c.Merged(t.Context(), "Octo", "Widgets", tt.from, tt.to)
		if err != nil || more {
			t.Fatalf("%s: more %v, %v", tt.name, more, err)
		}
		var got []int
		for _, p := range list {
			got = append(got, p.Number)
			if want := []string{".github/CODEOWNERS", "main.go", "parser.go"}; !slices.Equal(p.Paths, want) || p.Title == "" || p.State != "merged" || len(p.Merge) != 40 || p.Merge == p.Head.SHA || p.Unread != "" {
				t.Errorf("%s: %+v, want the paths %q", tt.name, p, want)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: found %v, want %v", tt.name, got, tt.want)
		}
		if asked := w.requests(); len(asked) != tt.requests {
			t.Errorf("%s: %d requests, want %d:\n%s", tt.name, len(asked), tt.requests, strings.Join(asked, "\n"))
		}
	}
	if _, _, err := c.Merged(t.Context(), "octo", "gears", at, at); err == nil {
		t.Error("a repository that is not configured was read")
	}
}

// Looking ends where the list goes back beyond the window, and at sixty; what cannot be read of one is said there.
func TestMergedIsBounded(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 18, 0, 0, 0, 0, time.UTC)
	at := func(hours int) string { return from.Add(time.Duration(hours) * time.Hour).Format(time.RFC3339) }
	for _, tt := range []struct {
		closed, want int
		more         bool
	}{{60, 52, false}, {80, 60, true}} {
		f := newFake(t)
		var rows []obj
		for n := 1; n <= tt.closed; n++ {
			row := obj{"number": n, "state": "closed", "title": "t", "updated_at": at(200 - n), "head": obj{"sha": fmt.Sprintf("s%d", n)}}
			if n%7 != 0 { // the others were closed without being merged
				row["merged_at"] = at(1)
			}
			rows = append(rows, row)
			f.json(fmt.Sprintf("GET /repos/octo/widgets/pulls/%d/files", n), []obj{{"filename": "b.go", "previous_filename": "a.go", "status": "renamed"}})
		}
		rows = append(rows, obj{"number": 98, "state": "closed", "updated_at": at(-1), "merged_at": at(-1)}, obj{"number": 99, "state": "closed", "updated_at": at(-2), "merged_at": at(1)})
		f.json("GET /repos/octo/widgets/pulls", rows)
		f.status("GET /repos/octo/widgets/pulls/3/files", 500, nil, "{}")
		list, more, err := f.client(t, nil).Merged(t.Context(), "octo", "widgets", from, from.Add(54*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != tt.want || more != tt.more {
			t.Errorf("of %d closed ones %d are given, more %v; want %d, %v", tt.closed, len(list), more, tt.want, tt.more)
		}
		for _, p := range list {
			if want := []string{"b.go", "a.go"}; p.Number != 3 && !slices.Equal(p.Paths, want) || p.Number == 3 && p.Unread != "GitHub failed (500)" {
				t.Errorf("#%d: paths %q, unread %q", p.Number, p.Paths, p.Unread)
			}
		}
	}
}

func TestCodeOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(nil)
	for i, most := range []int{4, 1} {
		if got, err := c.CodeOwners(t.Context(), "octo", "widgets"); err != nil || got != "* @attacker\n" { // what was merged counts
			t.Errorf("owners are %q, %v", got, err)
		}
		if asked := w.requests(); len(asked) > most {
			t.Errorf("time %d: %d requests, want at most %d: %q", i+1, len(asked), most, asked)
		}
	}
}

func TestDeployments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	from := time.Date(2026, 11, 18, 0, 0, 0, 0, time.UTC)
	deploy := func(environment string, hour int, states ...string) {
		statuses := []obj{}
		for i, s := range states {
			statuses = append(statuses, obj{"state": s, "at": from.Add(time.Duration(hour+i) * time.Hour)})
		}
		w.control("deployment", obj{"number": merged, "environment": environment, "at": from.Add(time.Duration(hour) * time.Hour), "statuses": statuses}, nil)
	}
	deploy("too early", -40, "success")
	deploy("late success", -3, "queued", "in_progress", "in_progress", "in_progress", "success")
	deploy("production", 10, "in_progress", "success", "inactive")
	deploy("failed", 12, "in_progress", "failure")
	deploy("too late", 60, "success")
	c := w.client(nil)
	w.requests()
	for i, want := range []int{4, 2} { // the second time, one for the list and one for that which has not succeeded yet
		list, more, err := c.Deployments(t.Context(), "octo", "widgets", from, from.Add(54*time.Hour))
		if err != nil || more {
			t.Fatalf("more %v, %v", more, err)
		}
		var got []string
		for _, d := range list {
			got = append(got, fmt.Sprintf("%s %s by %s", d.Environment, d.Succeeded.Sub(from), d.Creator))
			if len(d.SHA) != 40 || d.Ref != "main" {
				t.Errorf("deployed is %+v", d)
			}
		}
		if want := []string{"production 11h0m0s by ada", "late success 1h0m0s by ada"}; !slices.Equal(got, want) {
			t.Errorf("deployments are %q, want %q", got, want)
		}
		if asked := w.requests(); len(asked) != want {
			t.Errorf("time %d: %d requests, want %d:\n%s", i+1, len(asked), want, strings.Join(asked, "\n"))
		}
	}
	if _, _, err := c.Deployments(t.Context(), "octo", "gears", from, from); err == nil {
		t.Error("a repository that is not configured was read")
	}
}
