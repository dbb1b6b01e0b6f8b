package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// Each test that SECURITY.md names beside an incident shows that what happened to another program does not happen here. Those in this file need the
// whole program; the others are where what they test is.

// TestIncidentCommentIsNoSetting: an argument in a comment set the address that another bot cloned from, and the token went there, for the host was
// compared by a part of it (qodo-ai/pr-agent#2445). Here arguments name a pull request or a file and nothing else, hosts are compared as a whole, and
// whatever a comment names, no request goes there.
func TestIncidentCommentIsNoSetting(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	decoy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer decoy.Close()
	tr := try(t, "--repo", gitRepo(t), "--data", t.TempDir())
	host := strings.TrimPrefix(tr.url, "http://")
	for _, argument := range []string{
		decoy.URL + "/local/widgets/pull/1",
		"http://" + host + "@" + strings.TrimPrefix(decoy.URL, "http://") + "/local/widgets/pull/1",
		"http://" + host + ".attacker.tld/local/widgets/pull/1",
		"#1 --config.git_provider_url=" + decoy.URL + " --token=x",
		"#1 github.base_url=" + decoy.URL + "/api/v3/",
	} {
		before := len(tr.comments("1"))
		tr.call("github/comment", map[string]any{"number": 1, "body": "/shipmate summarize " + argument}, nil)
		wait(t, "an answer to "+argument, func() bool {
			c := tr.comments("1")[before]
			return c.Reactions["confused"]+c.Reactions["rocket"] > 0 || len(tr.comments("1").ofBot()) > 0 && c.Reactions["eyes"] > 0
		})
	}
	for _, body := range tr.comments("1").ofBot() {
		if strings.Contains(body, decoy.URL+"/") {
			t.Errorf("the address is repeated as a link: %s", body)
		}
	}
	tr.stop()
	if n := asked.Load(); n > 0 {
		t.Errorf("%d requests went to an address from a comment", n)
	}
}

// TestIncidentNothingIsExecuted: the name of a branch was put into a shell's command line (HackTricks-wiki/hacktricks#2074). No package that
// talks to people or to GitHub can run a program at all; only those can that read a local clone, and they pass names as arguments.
func TestIncidentNothingIsExecuted(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./bot", "./state", "./handlers/...", "./integrations/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		looked++
		for _, power := range []string{"os/exec", "plugin", "unsafe", "C"} {
			if slices.Contains(p.Imports, power) {
				t.Errorf("%s imports %s", p.ImportPath, power)
			}
		}
	}
	if looked < 6 {
		t.Errorf("only %d packages were looked at", looked)
	}
}

// TestIncidentNoShell: names that a shell would run are shown, by the program that reads a clone with git.
func TestIncidentNoShell(t *testing.T) {
	t.Parallel()
	repo := gitRepo(t)
	for i, name := range []string{"$(touch${IFS}pwned)", "`touch${IFS}pwned`", "x;touch${IFS}pwned", "--upload-pack=touch${IFS}pwned"} {
		if out, err := exec.Command("git", "-C", repo, "update-ref", "refs/heads/"+name, "refs/heads/hostile").CombinedOutput(); err != nil {
			t.Fatalf("branch %d: %v\n%s", i, err, out)
		}
	}
	var said, logged buffer
	questions := "pulls\nsummarize #3\nsummarize #4\nsummarize #5\nsummarize #6\nfiles #3\n"
	if err := run(t.Context(), []string{"ask", "--repo", repo}, func(string) string { return "" }, strings.NewReader(questions), &said, &logged); err != nil {
		t.Fatal(err, logged.String())
	}
	if got := said.String(); !strings.Contains(got, "open") {
		t.Errorf("answered %s", got)
	}
	for _, dir := range []string{repo, "."} {
		if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
			t.Errorf("something was run in %s", dir)
		}
	}
}
