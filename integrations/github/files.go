package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"shipmate/bot"

	"github.com/google/go-github/v60/github"
)

const (
	pageSize     = 100   // the most rows that GitHub gives in one answer
	maxFiles     = 3_000 // GitHub lists no more files of a pull request
	smallPage    = 20    // for asking again where counts are missing
	maxAskAgain  = 20    // requests spent on that
	pagesAtATime = 4
)

// files lists the changed files. What is not known afterwards is told by the gaps: files beyond GitHub's 3,000, and rows without counts.
func (c *Client) files(ctx context.Context, pr PullRequest) ([]File, []Gap, error) {
	n := max(1, (min(pr.ChangedFiles, maxFiles)+pageSize-1)/pageSize)
	pages, err := c.filePages(ctx, pr.Ref, pageSize, sequence(1, n))
	if err != nil {
		return nil, nil, err
	}
	files := slices.Concat(pages...)
	var gaps []Gap
	if uncounted(pr, files) {
		if gap := c.askAgain(ctx, pr, files); gap != nil {
			gaps = append(gaps, *gap)
		}
	}
	if len(files) < pr.ChangedFiles {
		gaps = append(gaps, Gap{"files", fmt.Sprintf("GitHub lists %d of the %d changed files", len(files), pr.ChangedFiles)})
	}
	return files, gaps, nil
}

// filePages reads some pages of the file list, a few at a time; the result is in the order of the numbers.
func (c *Client) filePages(ctx context.Context, ref Ref, size int, numbers []int) ([][]File, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := make([][]File, len(numbers))
	var wg sync.WaitGroup
	slots := make(chan struct{}, pagesAtATime)
	for i, n := range numbers {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			list, _, err := c.api.PullRequests.ListFiles(ctx, ref.Owner, ref.Repo, ref.Number, &github.ListOptions{Page: n, PerPage: size})
			if err != nil {
				cancel(c.fail("files of "+ref.String(), err))
				return
			}
			for _, f := range list {
				out[i] = append(out[i], file(f))
			}
		})
	}
	wg.Wait()
	return out, context.Cause(ctx)
}

func file(f *github.CommitFile) File {
	return File{
		Path: f.GetFilename(), PreviousPath: f.GetPreviousFilename(), Status: f.GetStatus(),
		Additions: f.GetAdditions(), Deletions: f.GetDeletions(), Patch: f.GetPatch(), URL: f.GetBlobURL(), Blob: f.GetSHA(),
	}
}

// blank reports whether a row has neither counts nor a patch: a binary or empty file, a changed mode, a pure rename, or a row that GitHub
// left unfilled because the answer had too many lines before it.
func blank(f File) bool { return f.Additions == 0 && f.Deletions == 0 && f.Patch == "" }

// uncounted reports whether rows must be missing counts: some are blank, and the pull request's own totals are larger than the rows' sums.
// A list that ends before the last file proves nothing about its blank rows; they count as missing then.
func uncounted(pr PullRequest, files []File) bool {
	additions, deletions, blanks := 0, 0, false
	for _, f := range files {
		additions, deletions = additions+f.Additions, deletions+f.Deletions
		blanks = blanks || blank(f)
	}
	return blanks && (additions < pr.Additions || deletions < pr.Deletions)
}

// askAgain asks for the blank rows in smaller pages, where GitHub fills more of them, and completes files in place. Rows that are blank
// after that, while the totals still do not add up, are marked NoCounts. A rename that shows no change stays a rename, unless nothing else
// can be what is missing.
func (c *Client) askAgain(ctx context.Context, pr PullRequest, files []File) *Gap {
	var numbers []int
	at := map[string]int{}
	for i, f := range files {
		if !blank(f) {
			continue
		}
		at[f.Path] = i
		if n := i/smallPage + 1; len(numbers) < maxAskAgain && (len(numbers) == 0 || numbers[len(numbers)-1] != n) {
			numbers = append(numbers, n)
		}
	}
	// An error here leaves rows unknown, which the gap says; the rows read before it count.
	pages, _ := c.filePages(ctx, pr.Ref, smallPage, numbers)
	for _, f := range slices.Concat(pages...) {
		if i, ok := at[f.Path]; ok && !blank(f) {
			files[i] = f
		}
	}
	if !uncounted(pr, files) {
		return nil
	}
	unknown := mark(files, func(f File) bool { return blank(f) && f.PreviousPath == "" })
	if unknown == 0 {
		unknown = mark(files, blank)
	}
	return &Gap{"line counts", fmt.Sprintf("GitHub gave none for %d files", unknown)}
}

// mark sets NoCounts in the files that are unknown and returns how many those are.
func mark(files []File, unknown func(File) bool) (n int) {
	for i, f := range files {
		if unknown(f) {
			files[i].NoCounts = true
			n++
		}
	}
	return n
}

// sequence is from, from+1 … to.
func sequence(from, to int) []int {
	out := make([]int, 0, to-from+1)
	for n := from; n <= to; n++ {
		out = append(out, n)
	}
	return out
}

// FilesAt lists the files that a pull request would change if its head were another commit: what that commit has and the base has not. GitHub
// lists 300 of them at most; all says that there are no more. sha is the commit, or the beginning of its name; head is its whole name. A
// commit that GitHub does not have (any more) is a *bot.UserError.
func (c *Client) FilesAt(ctx context.Context, pr PullRequest, sha string) (files []File, head string, all bool, err error) {
	const most = 300
	got, _, err := c.api.Repositories.CompareCommits(ctx, pr.Owner, pr.Repo, pr.Base.SHA, sha, &github.ListOptions{Page: 1, PerPage: pageSize})
	if err != nil {
		if err = c.fail("files at "+short(sha), err); status(err) == http.StatusNotFound || status(err) == http.StatusUnprocessableEntity {
			return nil, "", false, &bot.UserError{Text: fmt.Sprintf("GitHub has no commit %s here, or not any more.", short(sha))}
		}
		return nil, "", false, c.explain(err)
	}
	for _, f := range got.Files {
		files = append(files, file(f))
	}
	head = sha
	if n := len(got.Commits); n > 0 && strings.HasPrefix(got.Commits[n-1].GetSHA(), sha) {
		head = got.Commits[n-1].GetSHA()
	}
	return files, head, len(files) < most, nil
}
