package slack

import (
	"fmt"
	"strings"
	"testing"
	"time"

	api "github.com/slack-go/slack"
)

func TestThreadsAndHistory(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{NoLimits: true})
	ctx := t.Context()
	var tops []string
	for i := range 5 {
		tops = append(tops, b.say("C0ENG", fmt.Sprint("top ", i), ""))
	}
	var replies []string
	for i := range 5 {
		_, ts, err := b.client.PostMessage("C0ENG", api.MsgOptionText(fmt.Sprint("reply ", i), false), api.MsgOptionTS(tops[1]))
		if err != nil {
			t.Fatal(err)
		}
		replies = append(replies, ts)
	}
	nested := b.say("C0ENG", "to a reply", replies[0])
	_, broadcast, err := b.client.PostMessage("C0ENG", api.MsgOptionText("for all", false), api.MsgOptionTS(tops[1]), api.MsgOptionBroadcast())
	if err != nil {
		t.Fatal(err)
	}

	var got []string
	cursor := ""
	for pages := 1; ; pages++ {
		h, err := b.client.GetConversationHistoryContext(ctx, &api.GetConversationHistoryParameters{ChannelID: "C0ENG", Limit: 4, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range h.Messages {
			got = append(got, m.Timestamp)
		}
		if cursor = h.ResponseMetaData.NextCursor; cursor == "" {
			if pages != 2 || h.HasMore {
				t.Errorf("pages: got %d, has_more %v, want 2 and no more", pages, h.HasMore)
			}
			break
		}
	}
	if want := []string{broadcast, tops[4], tops[3], tops[2], tops[1], tops[0]}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("history: got %v, want %v", got, want)
	}

	h, err := b.client.GetConversationHistoryContext(ctx, &api.GetConversationHistoryParameters{ChannelID: "C0ENG", Oldest: tops[1], Latest: tops[3]})
	if err != nil || len(h.Messages) != 1 || h.Messages[0].Timestamp != tops[2] {
		t.Errorf("between: got %v, %v, want only %s", h, err, tops[2])
	}
	h, err = b.client.GetConversationHistoryContext(ctx, &api.GetConversationHistoryParameters{ChannelID: "C0ENG", Oldest: tops[1], Latest: tops[3], Inclusive: true})
	if err != nil || len(h.Messages) != 3 || h.Messages[2].ReplyCount != 7 {
		t.Errorf("between, inclusive: got %v, %v, want three, the last with seven replies", h, err)
	}

	got = nil
	for more := true; more; {
		var page []api.Message
		page, more, cursor, err = b.client.GetConversationRepliesContext(ctx, &api.GetConversationRepliesParameters{ChannelID: "C0ENG", Timestamp: tops[1], Limit: 3, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page {
			got = append(got, m.Timestamp)
			if m.ThreadTimestamp != tops[1] {
				t.Errorf("%s: got thread_ts %s, want %s", m.Timestamp, m.ThreadTimestamp, tops[1])
			}
		}
	}
	if want := append(append([]string{tops[1]}, replies...), nested, broadcast); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("replies: got %v, want %v", got, want)
	}

	link, err := b.client.GetPermalink(&api.PermalinkParameters{Channel: "C0ENG", Ts: replies[0]})
	if want := "/archives/C0ENG/p" + strings.ReplaceAll(replies[0], ".", "") + "?thread_ts=" + tops[1] + "&cid=C0ENG"; err != nil || link != b.server.URL+want {
		t.Errorf("permalink: got %s, %v, want %s", link, err, want)
	}
}

func TestDeletedParentLeavesTombstone(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	parent := b.say("C0ENG", "parent", "")
	one, two := b.say("C0ENG", "one", parent), b.say("C0ENG", "two", parent)
	b.control("delete", deed{Channel: "C0ENG", TS: two}, nil)
	if m := b.messages("C0ENG", parent)[0]; m.ReplyCount != 1 || m.LatestReply != one {
		t.Errorf("after deleting a reply: got %+v, want one reply", m)
	}
	b.control("delete", deed{Channel: "C0ENG", TS: parent}, nil)
	if m := b.messages("C0ENG", parent)[0]; m.Subtype != "tombstone" || m.ReplyCount != 1 {
		t.Errorf("after deleting the parent: got %+v, want a tombstone over one reply", m)
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	meta := api.SlackMetadata{EventType: "shipmate", EventPayload: map[string]any{"id": "k1"}}
	_, ts, err := b.client.PostMessage("C0ENG", api.MsgOptionText("x", false), api.MsgOptionMetadata(meta))
	if err != nil {
		t.Fatal(err)
	}
	for _, all := range []bool{false, true} {
		h, err := b.client.GetConversationHistory(&api.GetConversationHistoryParameters{ChannelID: "C0ENG", IncludeAllMetadata: all})
		if err != nil {
			t.Fatal(err)
		}
		got := h.Messages[0].Metadata
		if (got.EventType == "shipmate" && got.EventPayload["id"] == "k1") != all {
			t.Errorf("include_all_metadata %v: got %+v", all, got)
		}
	}
	if _, _, _, err := b.client.UpdateMessage("C0ENG", ts, api.MsgOptionText("y", false)); err != nil {
		t.Fatal(err)
	}
	m := b.messages("C0ENG", "")[0]
	if !strings.Contains(string(m.Metadata), "k1") || m.Text != "y" || m.Edited == nil || m.Edited.User != BotUserID {
		t.Errorf("after an update: got %+v, want the metadata kept and the edit marked", m)
	}
}

func TestTextIsCut(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	if _, _, err := b.client.PostMessage("C0ENG", api.MsgOptionText(chars(maxText+5), false)); err != nil {
		t.Fatal(err)
	}
	if got := len([]rune(b.messages("C0ENG", "")[0].Text)); got != maxText {
		t.Errorf("characters: got %d, want %d", got, maxText)
	}
}

func TestTimestampsAreUniqueAndIncrease(t *testing.T) {
	t.Parallel()
	c, now := &channel{}, time.Unix(1700000000, 5000)
	last := ""
	for range 100 {
		ts := c.nextTS(now) // the clock stands still
		if compareTS(ts, last) <= 0 {
			t.Fatalf("got %s after %s", ts, last)
		}
		last = ts
	}
	if want := "1700000000.000104"; last != want {
		t.Errorf("got %s, want %s", last, want)
	}
}

func TestReactions(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	item := api.NewRefToMessage("C0ENG", b.say("C0ENG", "x", ""))
	if err := b.client.AddReaction("eyes", item); err != nil {
		t.Fatal(err)
	}
	b.control("react", deed{Channel: "C0ENG", TS: item.Timestamp, Name: "eyes"}, nil)
	if err := b.client.AddReaction("eyes", item); err == nil || err.Error() != "already_reacted" {
		t.Errorf("again: got %v, want already_reacted", err)
	}
	got, err := b.client.GetReactions(item, api.NewGetReactionsParameters())
	if err != nil || len(got.Reactions) != 1 || got.Reactions[0].Count != 2 {
		t.Errorf("got %+v, %v, want two people's eyes", got, err)
	}
	if err := b.client.RemoveReaction("eyes", item); err != nil {
		t.Error(err)
	}
	if m := b.messages("C0ENG", "")[0]; len(m.Reactions) != 1 || m.Reactions[0].Users[0] != AdaID {
		t.Errorf("got %+v, want ada's left", m.Reactions)
	}
}
