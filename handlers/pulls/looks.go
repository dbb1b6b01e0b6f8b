package pulls

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// A look is what a pull request was at one head when it was last asked about: what is needed to say what has changed since.
type look struct {
	Head     string            `json:"head"`
	Base     string            `json:"base"`
	At       time.Time         `json:"at"`
	Files    map[string]string `json:"files"`             // patch ids by path
	Partial  bool              `json:"partial,omitempty"` // not all files are known
	Last     string            `json:"last,omitempty"`    // the last path that had room, in their order; "": all had
	Level    string            `json:"level"`
	Points   int               `json:"points"`
	Reasons  []string          `json:"reasons,omitempty"` // texts of what raises the risk
	Failed   []string          `json:"failed,omitempty"`  // names of failed checks
	Running  int               `json:"running,omitempty"` // checks
	Approved []string          `json:"approved,omitempty"`
	Refused  []string          `json:"refused,omitempty"` // who asked for changes

	bare bool // of a commit that nobody asked about: neither checks nor reviews are known
}

const (
	keepLooks  = 90 * 24 * time.Hour
	maxLooks   = 8         // of one pull request
	looksBytes = 150 << 10 // of the files of all of them together, as they are stored: a large pull request has fewer looks
)

// patchID identifies what changes in a file: a hash of its path and its added and removed lines, without their numbers and without the white
// space that means nothing there. It is the same after a rebase that leaves the change alone. A file whose patch GitHub does not show has the
// id of its content.
func patchID(f github.File) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\x00%s\x00", f.Path, f.PreviousPath)
	if f.Patch == "" {
		fmt.Fprintf(sum, "%s\x00%s\x00%d\x00%d", f.Status, f.Blob, f.Additions, f.Deletions)
		return hex.EncodeToString(sum.Sum(nil)[:8])
	}
	strip := stripAll
	if indentationMatters(f.Path) {
		strip = stripEnd
	}
	for l := range strings.SplitSeq(f.Patch, "\n") {
		if l != "" && (l[0] == '+' || l[0] == '-') {
			sum.Write([]byte{l[0]})
			sum.Write([]byte(strip(strings.TrimSuffix(l[1:], "\r"))))
			sum.Write([]byte{'\n'})
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// lookAt is the look at a pull request with these facts.
func lookAt(s github.Snapshot, f *Facts) look {
	l := look{
		Head: f.Head, Base: f.Base, At: s.Read, Files: make(map[string]string, len(s.Files)), Partial: len(s.Files) < f.Files, Level: f.Risk.Level, Points: f.Risk.Points,
		Running: f.Checks.Running, Approved: f.Reviews.Approved, Refused: f.Reviews.ChangesRequested,
	}
	for _, file := range s.Files {
		l.Files[file.Path] = patchID(file)
	}
	for _, r := range f.Risk.Reasons {
		if r.Points > 0 {
			l.Reasons = append(l.Reasons, r.Text)
		}
	}
	for _, c := range f.Checks.Failing {
		l.Failed = append(l.Failed, c.Name)
	}
	return l
}

// Looks are what is remembered of pull requests, by "owner/name#number": the newest look last.
func looks(m *bot.Memory) bot.Records[[]look] {
	return bot.Records[[]look]{Memory: m, Name: "pull-looks"}
}

// shown is the head that a conversation was told of last, by conversation and pull request.
func shownHeads(m *bot.Memory) bot.Records[string] {
	return bot.Records[string]{Memory: m, Name: "pull-shown"}
}

func shownKey(t *bot.Turn, f *Facts) string { return f.ref() + " " + t.ReplyTo.Conversation() }

// remember keeps the look at a pull request, in the place of an earlier one at the same head, and that this conversation has seen it.
func (h *handler) remember(ctx context.Context, t *bot.Turn, s github.Snapshot, f *Facts) error {
	if err := shownHeads(t.Memory).Put(shownKey(t, f), f.Head, keepLooks); err != nil {
		return err
	}
	known, _, err := looks(t.Memory).Get(ctx, f.ref())
	if err != nil {
		return err
	}
	known = slices.DeleteFunc(known, func(l look) bool { return l.Head == f.Head })
	known = append(known, lookAt(s, f).fitting())
	size := 0
	for i, l := range slices.Backward(known) {
		if size += l.size(); i < len(known)-1 && (size > looksBytes || len(known)-i > maxLooks) {
			known = known[i+1:]
			break
		}
	}
	return looks(t.Memory).Put(f.ref(), known, keepLooks)
}

// size is how many bytes a look's files take as they are stored.
func (l look) size() (n int) {
	for path := range l.Files {
		n += entrySize(path)
	}
	return n
}

func entrySize(path string) int {
	name, _ := json.Marshal(path) // a string: cannot fail
	return len(name) + len(`:"0123456789abcdef",`)
}

// fitting is the look with as many of its files as there is room for, the first by their paths.
func (l look) fitting() look {
	if l.size() <= looksBytes {
		return l
	}
	kept, size := map[string]string{}, 0
	for _, path := range slices.Sorted(maps.Keys(l.Files)) {
		if size += entrySize(path); size > looksBytes {
			break
		}
		kept[path], l.Last = l.Files[path], path
	}
	l.Files, l.Partial = kept, true
	return l
}

// before returns the look that a question about what changed means: "last" is what this conversation was shown last, or else what anybody was; "review"
// the commit that the asker reviewed last; anything else is the beginning of a commit's name.
func (h *handler) before(ctx context.Context, t *bot.Turn, s github.Snapshot, f *Facts, what string) (look, error) {
	known, _, err := looks(t.Memory).Get(ctx, f.ref())
	if err != nil {
		return look{}, err
	}
	switch {
	case what == "last":
		head, _, err := shownHeads(t.Memory).Get(ctx, shownKey(t, f))
		if err != nil {
			return look{}, err
		}
		if i := slices.IndexFunc(known, func(l look) bool { return l.Head == head }); i >= 0 {
			return known[i], nil
		}
		if n := len(known); n > 0 {
			return known[n-1], nil
		}
		return look{}, &bot.UserError{Text: fmt.Sprintf("I have not looked at %s before, so I cannot say what changed since. I remember it from now on; or name a commit: since %s %s.", f.ref(), f.ref(), "abc1234")}
	case what == "review":
		if what, err = h.reviewedCommit(ctx, t, s); err != nil {
			return look{}, err
		}
	}
	if i := slices.IndexFunc(known, func(l look) bool { return strings.HasPrefix(l.Head, what) }); i >= 0 {
		return known[i], nil
	}
	if strings.HasPrefix(s.Head.SHA, what) {
		return lookAt(s, f), nil
	}
	return h.fetch(ctx, s, what)
}

// reviewedCommit is the commit of the asker's newest review.
func (h *handler) reviewedCommit(ctx context.Context, t *bot.Turn, s github.Snapshot) (string, error) {
	login, err := h.whoIs(ctx, t)
	if err != nil {
		return "", err
	}
	for _, r := range slices.Backward(s.Reviews) {
		if strings.EqualFold(r.Author, login) && r.SHA != "" {
			return r.SHA, nil
		}
	}
	return "", &bot.UserError{Text: fmt.Sprintf("%s has not reviewed %s yet.", login, s.Ref)}
}

// fetch reads what the pull request was at a commit that nobody asked about before.
func (h *handler) fetch(ctx context.Context, s github.Snapshot, sha string) (look, error) {
	then := github.Snapshot{PullRequest: s.PullRequest, Owners: s.Owners, Attributes: s.Attributes, Settings: s.Settings}
	files, head, all, err := h.source.FilesAt(ctx, s.PullRequest, sha)
	if err != nil {
		return look{}, err
	}
	then.Files, then.Head.SHA, then.ChangedFiles = files, head, len(files)
	then.Additions, then.Deletions = 0, 0
	for _, f := range files {
		then.Additions, then.Deletions = then.Additions+f.Additions, then.Deletions+f.Deletions
	}
	then.List = nil
	if i := slices.IndexFunc(s.List, func(c github.Commit) bool { return c.SHA == head }); i >= 0 {
		then.List, then.Read = s.List[:i+1], s.List[i].Time
	}
	f := Compute(then, h.weights)
	l := lookAt(then, &f)
	l.Partial, l.bare = !all, true
	return l, nil
}
