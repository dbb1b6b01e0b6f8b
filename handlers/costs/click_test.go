package costs

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"shipmate/bot"
	"shipmate/bot/bottest"
	"shipmate/handlers/costs/ledger"
)

// What people ask and press while the bill is read is answered from a whole view, without races.
func TestClicksWhileTheBillIsRead(t *testing.T) {
	t.Parallel()
	o := oddOffice(t)
	id := o.id()
	var all [][]byte
	for range 12 {
		o.today++
		all = append(all, o.segment(o.today-2, usual(o.today-2, 200)))
	}
	at := o.clock()
	var people sync.WaitGroup
	for person, texts := range [][]string{
		{"costs", "costs why " + id, "costs anomalies", "costs digest", "costs owner " + id},
		{"anomaly " + id + " noise", "anomaly " + id + " normal", "anomaly " + id + " expected until " + (o.today + 3).String(), "costs rules"},
		{"costs forecast", "costs by account " + id, "costs now " + id, "costs why data transfer"},
	} {
		people.Go(func() {
			for i := range 4 {
				for k, text := range texts {
					r := bot.Request{ID: fmt.Sprint(person, i, k), Kind: bot.Ask, From: bot.Actor{Surface: bot.Slack, ID: "UOPS"}, ReplyTo: bot.Place{Surface: bot.Slack, Channel: "C1"}, Text: text, Time: at}
					h := &handler{book: o.book, options: o.book.options, names: names{o.book.accountName}, now: o.clock}
					turn := &bot.Turn{Request: r}
					turn.Args = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text, "costs"), "anomaly"))
					turn.Memory = bot.NewMemory(bottest.NewStore(), o.clock)
					var err error
					var reply bot.Reply
					if strings.HasPrefix(text, "costs") {
						reply, err = h.costs(t.Context(), turn)
					} else {
						reply, err = h.anomaly(t.Context(), turn)
					}
					if err == nil {
						sound(t, text, reply)
					}
				}
			}
		})
	}
	for _, data := range all {
		if err := o.book.Apply(t.Context(), data); err != nil {
			t.Error(err)
		}
	}
	people.Wait()
}

// Decisions are kept as far as they fit, the newest ones above all, however much they concern.
func TestManyLargeRules(t *testing.T) {
	t.Parallel()
	m := bot.NewMemory(bottest.NewStore(), nil)
	var list []Rule
	for i := range mostRules + 5 {
		r := Rule{ID: fmt.Sprint("r", i), Verb: NewNormal, Cause: "c", Title: strings.Repeat("t", 100)}
		for k := range 3000 / (1 + i%7*50) {
			r.Nodes = append(r.Nodes, ledger.Node{Source: "aws", Currency: "USD", Account: "111122223333", Service: strings.Repeat("s", 40), Region: "eu-west-1", Usage: fmt.Sprint("usage ", k)})
		}
		list = append(list, r)
		if err := writeRules(m, list, firstDay); err != nil {
			t.Fatalf("rule %d: %v", i, err)
		}
		var err error
		if list, err = readRules(t.Context(), m); err != nil || len(list) == 0 || list[len(list)-1].ID != r.ID {
			t.Fatalf("rule %d is not kept: %v", i, err)
		}
		if i > 100 {
			break
		}
	}
}
