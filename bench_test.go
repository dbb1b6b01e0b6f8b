package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// repoOf30Files makes a repository with one merged pull request, #1, of 30 Go files with 40 changed lines each.
func repoOf30Files(b *testing.B) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "widgets")
	var in bytes.Buffer
	commit := func(mark int, message, more string) {
		fmt.Fprintf(&in, "commit refs/heads/main\nmark :%d\ncommitter Ada <ada@example.com> %d +0000\ndata %d\n%s\n%s", mark, 1_770_000_000+mark*3600, len(message), message, more)
	}
	file := func(i, version int) string {
		var text strings.Builder
		fmt.Fprintf(&text, "package p%d\n\n", i%5)
		for line := range 200 {
			if line%5 == 0 {
				fmt.Fprintf(&text, "// F%d is version %d.\nfunc F%d() int { return %d }\n\n", line, version, line, version)
			} else {
				fmt.Fprintf(&text, "var v%d = %d\n", line, line)
			}
		}
		return text.String()
	}
	files := func(version int) string {
		var text strings.Builder
		for i := range 30 {
			content := file(i, version)
			fmt.Fprintf(&text, "M 100644 inline pkg%d/file%d.go\ndata %d\n%s\n", i%5, i, len(content), content)
		}
		return text.String()
	}
	commit(1, "first", files(1))
	commit(2, "feat: change thirty files (#1)", "from :1\n"+files(2))
	if out, err := exec.Command("git", "init", "-q", "-b", "main", dir).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command("git", "-C", dir, "fast-import", "--quiet")
	cmd.Stdin = &in
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return dir
}

// BenchmarkMention is the time from a mention of a pull request of 30 files until the answer stands in the workspace, one after the other, through
// the sandbox, both real SDKs and the data file. Run it with -benchtime 1000x.
func BenchmarkMention(b *testing.B) {
	stand := newStand(b, repoOf30Files(b))
	a := assembled(b, sandboxConfig(stand.Access(), b.TempDir()))
	stop, _ := a.start(b)
	if !a.connected(b.Context()) {
		b.Fatal("not connected")
	}
	answers := listen(b, stand.URL())
	mention := func() time.Duration {
		start := time.Now()
		post(b, stand.URL()+"/control/slack/say", map[string]string{"channel": "C0ENG", "text": "@shipmate summarize #1"})
		<-answers
		return time.Since(start)
	}
	first := mention() // reads everything; the others revalidate
	var took []time.Duration
	for b.Loop() {
		took = append(took, mention())
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(first), "first-ms")
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
	if err := stop(); err != nil {
		b.Error(err)
	}
}

// listen returns a channel that receives once for each final answer of the bot: a message with buttons.
func listen(b *testing.B, url string) <-chan struct{} {
	b.Helper()
	resp, err := http.Get(url + "/control/slack/events")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { resp.Body.Close() })
	answers := make(chan struct{}, 10)
	go func() { // ends with the body
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if strings.Contains(lines.Text(), `"actions"`) && strings.Contains(lines.Text(), `"bot_id"`) {
				answers <- struct{}{}
			}
		}
	}()
	return answers
}

func post(b *testing.B, url string, body any) {
	b.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		b.Fatal(err)
	}
	resp, err := http.Post(url, "application/json", bytes.NewReader(data))
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// BenchmarkProgram starts the program as a person does (`try` on a repository of this size) and reports the time until it prints its address, the
// memory it holds after one answer and ten idle seconds (in the last run), and the size of the binary.
func BenchmarkProgram(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "shipmate")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		b.Fatal(err)
	}
	repo := repoOf30Files(b)
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		_, _, end := startProgram(b, binary, repo)
		took = append(took, time.Since(start))
		end()
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(took[len(took)/2]), "ready-p50-ms")
	b.ReportMetric(ms(took[len(took)-1]), "ready-max-ms")
	b.ReportMetric(float64(info.Size())/1e6, "binary-MB")
	b.ReportMetric(restingMemory(b, binary, repo), "rest-MB")
}

// startProgram runs `try` and returns its address, and what ends it.
func startProgram(b *testing.B, binary, repo string) (url string, pid int, end func()) {
	b.Helper()
	cmd := exec.Command(binary, "try", "--repo", repo, "--data", b.TempDir(), "--addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return regexp.MustCompile(`http://[0-9.:]+`).FindString(line), cmd.Process.Pid, func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	}
}

// restingMemory returns the resident memory of `try` in MB, after one answer and ten seconds without work; 0 where /proc does not tell.
func restingMemory(b *testing.B, binary, repo string) float64 {
	b.Helper()
	url, pid, end := startProgram(b, binary, repo)
	defer end()
	answers := listen(b, url)
	post(b, url+"/control/slack/say", map[string]string{"channel": "C0ENG", "text": "@shipmate summarize #1"})
	<-answers
	time.Sleep(10 * time.Second)
	return memoryOf(pid)
}

// memoryOf is the resident memory of a process in MB; 0 where /proc does not tell.
func memoryOf(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	var kb float64
	for line := range strings.Lines(string(status)) {
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kb); err == nil {
			break
		}
	}
	return kb / 1000
}
