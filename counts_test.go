package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"shipmate/sandbox"
)

// TestCounts asks for pull requests of git clones and compares every count with `git diff --numstat`: on a repository of its own, on the one this
// file is in, if it is in one, and on those named in SHIPMATE_REPOS, separated by colons. SHIPMATE_PULLS is how many of the newest pull requests
// of each are asked for (10 unless set).
func TestCounts(t *testing.T) {
	t.Parallel()
	repos := append([]string{gitRepo(t)}, clones()...)
	if exec.Command("git", "rev-parse", "--verify", "-q", "HEAD").Run() == nil {
		repos = append(repos, ".")
	}
	limit := fromEnv("SHIPMATE_PULLS", 10)
	total := 0
	for _, repo := range repos {
		numbers := newestPulls(t, repo, limit)
		var questions strings.Builder
		for _, n := range numbers {
			fmt.Fprintf(&questions, "summarize #%d\n", n)
		}
		var out, logged bytes.Buffer
		if err := run(t.Context(), []string{"ask", "--json", "--repo", repo}, os.Getenv, strings.NewReader(questions.String()), &out, &logged); err != nil {
			t.Errorf("%s: %v\n%s", repo, err, logged.String())
		}
		compared := 0
		lines := bufio.NewScanner(&out)
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			compared += compareCounts(t, repo, lines.Bytes())
		}
		t.Logf("%s: %d of %d pull requests compared", repo, compared, len(numbers))
		total += compared
	}
	if t.Logf("%d pull requests compared in all", total); total < 3 {
		t.Errorf("only %d pull requests were compared", total)
	}
}

// newestPulls lists the numbers of a repository's newest pull requests, as the sandbox has them.
func newestPulls(t *testing.T, repo string, limit int) (numbers []int) {
	t.Helper()
	stand, err := sandbox.Start(t.Context(), sandbox.Options{Repo: repo})
	if err != nil {
		t.Fatal(err)
	}
	defer stand.Close()
	for page := 1; len(numbers) < limit; page++ {
		resp, err := http.Get(fmt.Sprintf("%s/control/github/pulls?state=all&page=%d", stand.URL(), page))
		if err != nil {
			t.Fatal(err)
		}
		var list struct{ Pulls []struct{ Number int } }
		err = json.NewDecoder(resp.Body).Decode(&list)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Pulls) == 0 {
			break
		}
		for _, p := range list.Pulls {
			numbers = append(numbers, p.Number)
		}
	}
	return numbers[:min(limit, len(numbers))]
}

// compareCounts checks one answer of `ask --json` against git and returns 1; 0 when the answer had no facts.
func compareCounts(t *testing.T, repo string, line []byte) int {
	t.Helper()
	var answer struct {
		Text  string
		Facts *struct {
			Number, Files, Additions, Deletions int
			Base, Head                          string
		}
	}
	if err := json.Unmarshal(line, &answer); err != nil || answer.Facts == nil {
		t.Errorf("%s: no facts in %.200s", repo, line)
		return 0
	}
	f := answer.Facts
	files, additions, deletions := numstat(t, repo, f.Base, f.Head)
	if f.Files != files || f.Additions != additions || f.Deletions != deletions {
		t.Errorf("%s #%d: %d files +%d -%d, git says %d files +%d -%d (%s..%s)",
			repo, f.Number, f.Files, f.Additions, f.Deletions, files, additions, deletions, f.Base, f.Head)
	}
	return 1
}

// numstat returns what `git diff --numstat` counts from the merge base of two commits to the second; a first commit is based on the empty tree.
func numstat(t *testing.T, repo, base, head string) (files, additions, deletions int) {
	t.Helper()
	git := func(args ...string) ([]byte, error) {
		return exec.Command("git", append([]string{"-C", repo, "-c", "safe.directory=*"}, args...)...).Output()
	}
	if mergeBase, err := git("merge-base", base, head); err == nil {
		base = strings.TrimSpace(string(mergeBase))
	}
	out, err := git("diff", "--numstat", base, head)
	if err != nil {
		t.Fatalf("git diff in %s: %v", repo, err)
	}
	for row := range strings.Lines(string(out)) {
		columns := strings.SplitN(row, "\t", 3)
		added, _ := strconv.Atoi(columns[0]) // "-" for binary files
		removed, _ := strconv.Atoi(columns[1])
		files, additions, deletions = files+1, additions+added, deletions+removed
	}
	return files, additions, deletions
}
