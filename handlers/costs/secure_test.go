package costs

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/handlers/costs/ledger"
)

// A thousand causes at once are a few cards and one short list.
func TestManyCausesAreOneShortList(t *testing.T) {
	t.Parallel()
	var causes []Cause
	for i := range 1000 {
		causes = append(causes, Cause{ID: fmt.Sprintf("c%05d", i), Node: ledger.Node{Source: "aws", Currency: "USD", Account: "1", Service: strings.Repeat("x", 1000)}})
	}
	h := &handler{names: names{func(string) string { return strings.Repeat("y", 1000) }}}
	data, err := json.Marshal(h.listed(causes))
	if err != nil || len(data) > 60_000 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if text := bot.PlainText(h.listed(causes), true); !strings.Contains(text, "1,000 smaller anomalies") || !strings.Contains(text, "and 980 more") {
		t.Errorf("it says %.200q", text)
	}
}

// What somebody decides is audited with the anomaly's name, and without anything from the bill or from people.
func TestDecisionsAreAudited(t *testing.T) {
	t.Parallel()
	o := oddOffice(t)
	id := o.id()
	h := &handler{book: o.book, now: o.clock, names: names{o.book.accountName}}
	memory := bot.NewMemory(o.bot.Store, nil)
	ask := func(args string) string {
		turn := &bot.Turn{Request: bot.Request{Kind: bot.Ask, From: bot.Actor{Surface: bot.Slack, ID: "U1", Name: "<!channel>"}, Time: o.clock()}, Args: args, Memory: memory}
		_, _ = h.anomaly(t.Context(), turn) // some are mistakes
		return turn.Decided
	}
	for _, test := range []struct{ args, want string }{
		{id + " expected", ""}, {id + " assign <!channel> $5", "assign " + id}, {id + " noise", "noise " + id}, {"nonsense noise", ""},
		{fmt.Sprintf("%s expected until %s", id, o.today+7), "expected " + id}, {"undo nonsense", ""},
	} {
		if got := ask(test.args); got != test.want {
			t.Errorf("%s: audited is %q, want %q", test.args, got, test.want)
		}
	}
	rules, err := readRules(t.Context(), memory)
	if err != nil || len(rules) != 2 {
		t.Fatal(rules, err)
	}
	if got := ask("undo " + rules[0].ID); got != "undo "+rules[0].ID {
		t.Errorf("undone, audited is %q", got)
	}
}

// Whoever writes the words that the bot asks itself gets an answer, and changes nothing.
func TestInnerWordsAreHarmless(t *testing.T) {
	t.Parallel()
	o := oddOffice(t)
	id := o.id()
	before, _, err := tolds(bot.NewMemory(o.bot.Store, nil)).Get(t.Context(), id)
	if err != nil || before.Thread == "" {
		t.Fatal(before, err)
	}
	o.wants("the answer", o.says("elsewhere", "costs thread "+id), "is made of")
	o.wants("the answer", o.says("elsewhere", "costs thread nonsense"), "no anomaly, service")
	if answer := o.says("elsewhere", "costs check"); o.posted != 1 || !strings.Contains(answer, "1 anomaly goes on") {
		t.Errorf("%d cards, and it says %s", o.posted, answer)
	}
	if after, _, err := tolds(bot.NewMemory(o.bot.Store, nil)).Get(t.Context(), id); err != nil || after.Thread != before.Thread {
		t.Errorf("the thread is now %q, %v", after.Thread, err)
	}
}
