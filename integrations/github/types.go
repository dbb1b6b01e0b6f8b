package github

import (
	"fmt"
	"time"
)

// The types of this file are what handlers see of GitHub: plain values, without pointers into the SDK. Every text in them was written by
// strangers.

// Ref names a pull request.
type Ref struct {
	Owner  string
	Repo   string
	Number int
}

// String returns the form "owner/repo#number".
func (r Ref) String() string { return fmt.Sprintf("%s/%s#%d", r.Owner, r.Repo, r.Number) }

// Ghost is whom GitHub names in place of an account that is gone. Nobody waits for it.
const Ghost = "ghost"

// PullRequest is what GitHub says of a pull request itself.
type PullRequest struct {
	Ref
	Title     string
	Body      string // Markdown as it was written; "" when there is none
	Author    string // login
	AuthorBot bool
	// AuthorAssociation is what GitHub says of the author and the repository: OWNER, MEMBER, COLLABORATOR, CONTRIBUTOR, FIRST_TIME_CONTRIBUTOR,
	// FIRST_TIMER or NONE; "" when it says nothing. It is a hint for people and gives no permission.
	AuthorAssociation string
	State             string // open, closed or merged
	Draft             bool
	URL               string // of the page people read
	Head              Branch
	Base              Branch
	Labels            []string
	// Additions, Deletions and ChangedFiles are GitHub's own totals for the whole pull request.
	Additions, Deletions, ChangedFiles int
	Commits                            int // how many commits GitHub counts; listings end at 250
	CreatedAt, UpdatedAt               time.Time
	MergedAt                           time.Time // zero: not merged
	Mergeable                          string    // yes, no, or unknown (GitHub has not worked it out)
	RequestedReviewers                 []string  // logins, and "org/team" for teams
}

// Branch is one end of a pull request.
type Branch struct {
	Repo string // owner/name; "" when the repository is gone (a deleted fork)
	Name string
	SHA  string
}

// File is one changed file of a pull request.
type File struct {
	Path         string
	PreviousPath string // "" unless it was renamed or copied
	Status       string // added, removed, modified, renamed, copied, changed, unchanged
	Additions    int
	Deletions    int
	// Patch holds the hunks, from the first "@@" on, without a file header. "" when GitHub gave none.
	Patch string
	// NoCounts says that GitHub listed the file without counts: its real additions and deletions are unknown (GitHub does so, unmarked, past
	// about 20,000 lines of patches in one answer).
	NoCounts bool
	URL      string // of the file at the head, for people to read; may be ""
	Blob     string // what git calls the file's content at the head; "" when that is not known
	// Contents is the whole file on both sides. Snapshot leaves it zero, since it costs two requests a file: Client.Texts reads it.
	Contents Contents
}

// Contents is the whole text of a changed file before and after a pull request. Before is the text at the merge base of the base branch and
// the head: the tip of the base branch may have changes of its own, which the pull request does not make.
type Contents struct {
	Before string // "": the file was not there, or was empty
	After  string // "": it is gone, or is empty
	Read   bool   // both sides are known
	Why    string // why they are not, in words for people: "larger than 512 KiB". "" when they are, and when nobody has asked for them
}

// Commit is one commit of a pull request.
type Commit struct {
	SHA     string
	Message string
	Author  string    // login when GitHub knows it, else the name in the commit
	Time    time.Time // when it was written, or made anew by a rebase
	Parents int
}

// Review is one submitted review.
type Review struct {
	Author string // login, or Ghost
	State  string // APPROVED, CHANGES_REQUESTED, COMMENTED or DISMISSED
	Time   time.Time
	SHA    string // the commit it was given for
}

// Check is one check run or commit status on the head.
type Check struct {
	ID          int64 // of the check run; 0: a commit status
	Name        string
	App         string // which app runs it, such as "github-actions"; "" when it is not known
	Status      string // queued, in_progress or completed
	Conclusion  string // success, failure, neutral, cancelled, skipped, timed_out, action_required; "" while it is not completed
	URL         string // of the page people read
	DetailsURL  string // where the app says that the details are: it may write anything here
	Title       string // what the app says of the result, in a line; may be ""
	Annotations int    // how many it has
	Started     time.Time
	Completed   time.Time // zero: not completed, or not known
}

// Failed reports whether the check is completed, says something, and does not say that all is well.
func (c Check) Failed() bool {
	switch c.Conclusion {
	case "success", "skipped", "neutral", "stale":
		return false
	}
	return c.Status == "completed" // failure, cancelled, timed_out, action_required, startup_failure
}

// CheckDetails is what is behind the checks of a head.
type CheckDetails struct {
	Failures []Failure // of the failed checks, by name
	Required []string  // names of the checks without which the base branch takes no pull request; sorted, nil when none is demanded or known
	Gaps     []Gap
	At       time.Time // when it was read
}

// Failure is what GitHub shows of one failed check. Its texts may contain secrets: nobody has looked for them.
type Failure struct {
	Check       string       // name
	Annotations []Annotation // of level failure, without those that only say that something failed; at most 10
	// Log is the end of its job's log: at most 200 lines, the last of which is the last error. Timestamps, colours and marks are taken out.
	// Nil when there are annotations, and when no log could be read.
	Log []string
	// OnBase says that the newest run of this check on the base branch failed, too.
	OnBase bool
}

// Annotation is what a check says about a place.
type Annotation struct {
	Path    string // "": about no file
	Line    int    // 0: about the file as a whole
	Title   string // may be ""
	Message string // may have several lines
}

// Issue is an issue that the description says the pull request closes or refers to.
type Issue struct {
	Ref    string // "owner/repo#12"
	Title  string // "" when it was not looked up
	Closes bool   // a closing keyword stands before it
	URL    string
}

// EventKind says what happened to a pull request.
type EventKind string

// The kinds of event that are told; GitHub has more.
const (
	EventComment       EventKind = "comment"        // somebody wrote below it
	EventReviewRequest EventKind = "review-request" // somebody was asked for a review
	EventReady         EventKind = "ready"          // a draft was made ready for review
	EventDrafted       EventKind = "drafted"        // it was made a draft again
	EventReopened      EventKind = "reopened"
	EventForcePush     EventKind = "force-push" // its branch was moved to another history
)

// Event is something that happened to a pull request.
type Event struct {
	Kind  EventKind
	Actor string // login; "" when the account is gone
	Whom  string // of a review request: a login, or "org/team"
	Time  time.Time
}

// Thread is an unresolved thread at a line of a pull request's changes.
type Thread struct {
	Path     string
	Line     int    // 0: of lines that are gone
	By       string // login of who began it, or Ghost
	LastBy   string // login of who wrote last, or Ghost
	Last     time.Time
	URL      string // of its first comment
	Outdated bool   // the lines have changed since
}

// Gap is something that could not be read, and why, in words for people: {"check runs", "no permission"}.
type Gap struct {
	What string
	Why  string
}

// Snapshot is a pull request as it was at one head commit, with everything the bot read of it.
type Snapshot struct {
	PullRequest
	Files   []File // as listed; at most 3,000
	List    []Commit
	Reviews []Review
	Events  []Event  // oldest first; only what Client.Conversation read
	Threads []Thread // unresolved ones; only what Client.Conversation read
	Checks  []Check
	Issues  []Issue
	// Owners is the text of CODEOWNERS on the base branch; "" when there is none.
	Owners string
	// Attributes is the text of .gitattributes at the root of the base branch; "" when there is none.
	Attributes string
	// Settings is the text of .github/shipmate.yml on the default branch; "" when there is none.
	Settings string
	Gaps     []Gap
	// Read is when the reading began, by the client's clock. Zero: not known.
	Read time.Time
	// Details is what is behind the checks; nil until it is asked for.
	Details *CheckDetails
	// Neighbours and Churn are read only for the questions that are about them; nil otherwise.
	Neighbours *Neighbours
	Churn      []PathCommits
}
