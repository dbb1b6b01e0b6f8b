package github

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"shipmate/bot"
)

// After a failure that may have written something, Find tells; keys of any form are told apart.
func TestFindByKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := NewPoster(w.client(nil))
	const key = "turn/1 --> <!-- \n\"x\""
	if _, found, err := p.Find(t.Context(), place(merged, ""), key); found || err != nil {
		t.Errorf("Find before: %v, %v", found, err)
	}
	ref := mustPost(t, p, place(merged, ""), "", key, bot.Reply{Title: "One"})
	if got, found, err := p.Find(t.Context(), place(merged, ""), key); got != ref || !found || err != nil {
		t.Errorf("Find = %q, %v, %v; want %q", got, found, err, ref)
	}
	if _, found, _ := p.Find(t.Context(), place(merged, ""), key+" "); found {
		t.Error("another key is found")
	}
	// What was written since does not make it unfound, until there was more of it than the marker holds.
	for i := range maxKeys {
		if _, found, err := p.Find(t.Context(), place(merged, ""), key); !found || err != nil {
			t.Errorf("Find after %d others: %v, %v", i, found, err)
		}
		mustPost(t, p, place(merged, ""), ref, fmt.Sprint("later", i), bot.Reply{Title: fmt.Sprint("Answer ", i)})
	}
	for name, want := range map[string]bool{key: false, "later0": true, fmt.Sprint("later", maxKeys-1): true} {
		if _, found, err := p.Find(t.Context(), place(merged, ""), name); found != want || err != nil {
			t.Errorf("Find(%q) at the end: %v, %v", name, found, err)
		}
	}
	if body := w.comments(merged)[0].Body; strings.Count(body, "-->") != 1 || strings.Contains(body, "turn/1") {
		t.Errorf("the key is in the comment as it is: %q", body)
	}
}

// A marker of the form without several keys, as earlier versions wrote it, is still known.
func TestMarkerOfOneKey(t *testing.T) {
	t.Parallel()
	const line = "<!-- shipmate:pull.501 v1 key=8254c329a92850f6d539dd376f4816ee hash=5d41402abc4b2a76b9719d911017c592 sig="
	mac := hmac.New(sha256.New, []byte(testKey))
	mac.Write([]byte("shipmate comment v1\ngithub.com\n77\n12\npull.501\n5d41402abc4b2a76b9719d911017c592\n8254c329a92850f6d539dd376f4816ee"))
	m, _, ok := newSigner([]byte(testKey), "github.com", 77, 12).read("text\n\n" + line + hex.EncodeToString(mac.Sum(nil)) + " -->")
	if !ok || m.card != "pull.501" || m.latest() != "8254c329a92850f6d539dd376f4816ee" {
		t.Errorf("read %+v, %v", m, ok)
	}
}
