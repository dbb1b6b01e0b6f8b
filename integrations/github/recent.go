package github

import (
	"reflect"
	"slices"
	"sync"
	"time"
)

// A look is what was read of a pull request, and may be used again as long as it cannot have changed:
//
//   - the files and the commits while the head, the base and GitHub's counts are the same: they follow from those;
//   - the reviews and the titles of linked issues while the whole pull request is the same, for a review changes when it was updated. When a review is
//     submitted in the second in which the pull request was read, that is not to be seen; so one that was updated within settleTime before it was
//     read is read again;
//   - never the checks, except that commit statuses are not asked for, while the pull request is the same, in a repository where none were seen.
//
// So these may be old: the title of a linked issue that was renamed since, until something happens to the pull request; and the first commit status
// that a repository ever has, until a pull request there is read that has changed.
type look struct {
	snapshot Snapshot  // without Checks and Gaps
	read     time.Time // when reading began, by GitHub's clock
	files    bool      // Files and List are whole
	rest     bool      // Reviews and Issues are whole
	bytes    int
}

const (
	settleTime  = 10 * time.Second
	recentBytes = 32 << 20 // of patches and other text, roughly, that are kept
)

// recent keeps the latest looks.
type recent struct {
	mu       sync.Mutex
	looks    map[Ref]look
	bytes    int
	statuses map[string]bool // repositories, by "owner/name", where commit statuses were seen
}

func newRecent() *recent { return &recent{looks: map[Ref]look{}, statuses: map[string]bool{}} }

// reusable returns the latest look at pr, without what may have changed.
func (r *recent) reusable(pr PullRequest) look {
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok := r.looks[pr.Ref]
	old := l.snapshot.PullRequest
	if !ok || pr.Head.SHA == "" || old.Head != pr.Head || old.Base != pr.Base || old.Commits != pr.Commits || old.ChangedFiles != pr.ChangedFiles ||
		old.Additions != pr.Additions || old.Deletions != pr.Deletions {
		return look{}
	}
	old.Mergeable = pr.Mergeable // GitHub works it out when it is asked
	l.rest = l.rest && reflect.DeepEqual(old, pr) && !pr.UpdatedAt.IsZero() && l.read.Sub(pr.UpdatedAt) > settleTime
	l.snapshot.Files, l.snapshot.List = slices.Clone(l.snapshot.Files), slices.Clone(l.snapshot.List)
	l.snapshot.Reviews, l.snapshot.Issues = slices.Clone(l.snapshot.Reviews), slices.Clone(l.snapshot.Issues)
	return l
}

// keep remembers a look. When there is no room, all others are forgotten; one that would need a quarter of it is not kept.
func (r *recent) keep(l look) {
	l.snapshot.Checks, l.snapshot.Gaps = nil, nil
	l.bytes = size(l.snapshot)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bytes -= r.looks[l.snapshot.Ref].bytes
	delete(r.looks, l.snapshot.Ref)
	if l.bytes > recentBytes/4 {
		return
	}
	if r.bytes+l.bytes > recentBytes {
		clear(r.looks)
		r.bytes = 0
	}
	l.snapshot.Files, l.snapshot.List = slices.Clone(l.snapshot.Files), slices.Clone(l.snapshot.List)
	l.snapshot.Reviews, l.snapshot.Issues = slices.Clone(l.snapshot.Reviews), slices.Clone(l.snapshot.Issues)
	r.looks[l.snapshot.Ref], r.bytes = l, r.bytes+l.bytes
}

// size is roughly how many bytes a snapshot takes.
func size(s Snapshot) int {
	const row = 300 // of a file, commit, review or issue without its long texts
	n := 1024 + len(s.Body) + len(s.Owners) + len(s.Attributes) + row*(len(s.Files)+len(s.List)+len(s.Reviews)+len(s.Issues))
	for _, f := range s.Files {
		n += len(f.Patch)
	}
	for _, c := range s.List {
		n += len(c.Message)
	}
	return n
}

// hasStatuses reports whether commit statuses were seen in the repository; saw says that they were now.
func (r *recent) hasStatuses(ref Ref, saw bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := ref.Owner + "/" + ref.Repo
	if saw {
		r.statuses[name] = true
	}
	return r.statuses[name]
}
