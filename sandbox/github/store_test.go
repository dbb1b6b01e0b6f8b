package github

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"
)

// A process can be killed at any time: what somebody was told of is in the file.
func TestCommentIsSavedBeforeItIsShown(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "github.json")
	s, err := openStore(file, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() })
	said := s.addComment(7, "ada", "still here")
	if _, _, _, ok := s.react(said.ID, BotLogin, "eyes"); !ok {
		t.Fatal("the comment is not there")
	}
	again, err := openStore(file, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	got, ok := again.comment(said.ID)
	if !ok || got.Body != "still here" || len(got.Reactions) != 1 {
		t.Errorf("after a crash: got %+v, %v, want the comment with its reaction", got, ok)
	}
}
