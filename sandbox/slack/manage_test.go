package slack

import (
	"strings"
	"testing"

	api "github.com/slack-go/slack"
)

func TestJoin(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	var made struct{ Channel string }
	b.control("channel", map[string]any{"name": "apart"}, &made)
	if _, _, _, err := b.client.JoinConversation(made.Channel); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.client.PostMessage("#apart", api.MsgOptionText("hello", false)); err != nil {
		t.Errorf("after joining: %v", err)
	}
}

func TestChannelsAreManaged(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	fails := func(err error, want string) {
		t.Helper()
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for name, want := range map[string]string{
		"": "invalid_name_required", "eng": "name_taken", "Two Words": "invalid_name_specials", "--": "invalid_name_punctuation", strings.Repeat("x", 81): "invalid_name_maxlength",
	} {
		_, err := b.client.CreateConversation(api.CreateConversationParams{ChannelName: name})
		fails(err, want)
	}
	made, err := b.client.CreateConversation(api.CreateConversationParams{ChannelName: "inc-7", IsPrivate: true})
	if err != nil || !made.IsPrivate || made.Creator != BotUserID {
		t.Fatalf("got %+v, %v", made, err)
	}
	if _, err := b.client.InviteUsersToConversation(made.ID, AdaID, benID); err != nil {
		t.Error(err)
	}
	_, err = b.client.InviteUsersToConversation(made.ID, chloeID, AdaID)
	fails(err, "already_in_channel")
	if _, err := b.client.SetTopicOfConversation(made.ID, "what broke"); err != nil {
		t.Error(err)
	}
	_, err = b.client.SetPurposeOfConversation(made.ID, strings.Repeat("x", 251))
	fails(err, "too_long")
	if err := b.client.KickUserFromConversation(made.ID, benID); err != nil {
		t.Error(err)
	}
	fails(b.client.KickUserFromConversation(made.ID, benID), "not_in_channel")
	if _, err := b.client.RenameConversation(made.ID, "inc-8"); err != nil {
		t.Error(err)
	}
	got, err := b.client.GetConversationInfo(&api.GetConversationInfoInput{ChannelID: made.ID, IncludeNumMembers: true})
	if err != nil || got.Name != "inc-8" || got.Topic.Value != "what broke" || got.NumMembers != 2 {
		t.Errorf("got %+v, %v, want it renamed, with a topic and two members", got, err)
	}
	if err := b.client.ArchiveConversation(made.ID); err != nil {
		t.Error(err)
	}
	fails(b.client.ArchiveConversation(made.ID), "already_archived")
	if err := b.client.UnArchiveConversation(made.ID); err != nil {
		t.Error(err)
	}
	if _, err := b.client.LeaveConversation(made.ID); err != nil {
		t.Error(err)
	}
	_, err = b.client.SetTopicOfConversation(made.ID, "gone")
	fails(err, "channel_not_found") // a private channel that the app is not in
	_, err = b.client.SetTopicOfConversation("D0ADA", "x")
	fails(err, "method_not_supported_for_channel_type")
}
