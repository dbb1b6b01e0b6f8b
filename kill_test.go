package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"shipmate/sandbox"
)

// killedIn names, in the environment of a child, the configuration that it runs with until it is killed.
const killedIn = "SHIPMATE_TEST_KILLED_IN"

// points are where a crash matters, in the order in which a request meets them.
var points = []string{
	"before accept", "after accept", "before an attempt is counted", "before turn", "after turn", "before commit", "after commit",
	"before post", "after post", "before shown is noted", "before find", "after find", "before posting again is noted",
}

// unanswered is how many questions wait at most: a slow machine is asked less.
const unanswered = 200

// runToBeKilled is `shipmate run`, except that it looks for lost messages sooner, and that it ends itself with SIGKILL at the point that its
// input names, the n-th time it comes there: "7 after post".
func runToBeKilled() {
	cfg, err := loadConfig(os.Getenv(killedIn), os.Getenv)
	_ = os.Unsetenv(killedIn) // its own children are the program
	if err != nil {
		panic(err)
	}
	a, err := newApp(context.Background(), cfg, newLogger(os.Stderr, cfg.Log))
	if err != nil {
		panic(err)
	}
	times, point, _ := strings.Cut(os.Getenv("SHIPMATE_TEST_KILLED_AT"), " ")
	left, _ := strconv.Atoi(times)
	var mu sync.Mutex
	a.bot.Looks = [2]time.Duration{100 * time.Millisecond, 4 * time.Second}
	a.bot.Point = func(name string) {
		mu.Lock()
		defer mu.Unlock()
		if name != point {
			return
		}
		if left--; left == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until it arrives
		}
	}
	if err := a.run(context.Background()); err != nil {
		panic(err)
	}
}

// TestKilled asks questions without a pause while the bot is killed again and again, at a named point or at any moment, and started anew. In the
// end each question must have been answered, and once: the workspace's own record is the judge. SHIPMATE_KILLS is how many times it is killed.
func TestKilled(t *testing.T) {
	t.Parallel()
	kills := 15
	if n, err := strconv.Atoi(os.Getenv("SHIPMATE_KILLS")); err == nil {
		kills = n
	}
	stand, err := sandbox.Start(t.Context(), sandbox.Options{
		Repo: gitRepo(t), NoLimits: true, AckTimeout: time.Second,
		RetryAfter: slices.Repeat([]time.Duration{100 * time.Millisecond}, 1000),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stand.Close()
	access := stand.Access()
	config := configOf(t, stand.URL(), access.SlackAppToken, access.SlackBotToken, access.GitHubToken)
	tr := &trial{t: t, url: stand.URL()}
	eng := tr.channel("eng")

	answered := func(thread string) (n int) {
		for _, m := range tr.messages(eng, thread) {
			if m.BotID != "" {
				n++
			}
		}
		return n
	}
	ctx, stop := context.WithCancel(t.Context())
	asked := make(chan []string)
	go func() { // ends with ctx
		var threads []string
		for ; ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
			if n := len(threads); n >= unanswered && answered(threads[n-unanswered]) == 0 {
				continue
			}
			threads = append(threads, tr.say(eng, "", fmt.Sprintf("@shipmate risk #%d", 1+len(threads)%2)))
		}
		asked <- threads
	}()
	died := map[string]int{}
	for i := range kills {
		at := ""
		if i%4 != 0 {
			at = fmt.Sprintf("%d %s", 1+rand.N(30), points[i%len(points)])
		}
		died[killOne(t, config, at)]++
	}
	stop()
	threads := <-asked
	child := startToBeKilled(t, config, "")
	for _, thread := range threads {
		wait(t, "the answer in "+thread, func() bool { return answered(thread) > 0 })
	}
	time.Sleep(time.Second) // what would be said twice would be said by now
	_ = child.Process.Kill()
	_ = child.Wait()
	twice := 0
	for _, thread := range threads {
		if answered(thread) != 1 {
			twice++
		}
	}
	t.Logf("%d questions, %d kills (%v): 0 lost, %d answered more than once", len(threads), kills, died, twice)
	if twice > 0 {
		t.Errorf("%d of %d questions were answered more than once", twice, len(threads))
	}
}

// startToBeKilled starts the bot.
func startToBeKilled(t *testing.T, config, at string) *exec.Cmd {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killedIn+"="+config, "SHIPMATE_TEST_KILLED_AT="+at)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = child.Process.Kill() }) // should the test end before it
	return child
}

// killOne runs the bot until it is dead: of its own hand at the point, else by ours at any moment. It returns where it died.
func killOne(t *testing.T, config, at string) string {
	t.Helper()
	child := startToBeKilled(t, config, at)
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	patience := 200*time.Millisecond + rand.N(time.Second)
	if at != "" {
		patience = 2 * time.Second // some points are only met where an earlier run left something
	}
	_, where, _ := strings.Cut(at, " ")
	select {
	case <-ended:
	case <-time.After(patience):
		where = "any moment"
		_ = child.Process.Kill()
		<-ended
	}
	if status, ok := child.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Errorf("the bot ended by itself: %v", child.ProcessState)
	}
	return where
}
