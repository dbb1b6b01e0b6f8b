package attribute

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/bot/day"
)

var onset = day.Date(2026, time.November, 18)

// at is so many hours after the onset day begins.
func at(hours float64) time.Time { return onset.Time().Add(time.Duration(hours * float64(time.Hour))) }

// natEvent is NAT traffic in production.
func natEvent() Context {
	return Context{
		Onset: onset, Service: "AWS Data Transfer", Usage: "NatGateway-Bytes", Region: "eu-west-1", Account: "111122223333", AccountName: "payments-prod",
		Tags: "team=net,env=prod", Owners: []string{"@octo/team-net"},
	}
}

func pull(number int, title string, hours float64, paths ...string) Change {
	return Change{Repo: "octo/infra", Number: number, Title: title, Merged: at(hours), Paths: paths}
}

func TestRank(t *testing.T) {
	t.Parallel()
	other := func(service, usage string) Context {
		c := natEvent()
		c.Service, c.Usage, c.Tags, c.Owners = service, usage, "", nil
		return c
	}
	deployed := pull(1, "route everything through the NAT gateway", -300, "vpc/nat.tf")
	deployed.Deployed = at(-6)
	early := pull(1, "route everything through the NAT gateway", -300, "vpc/nat.tf")
	labelled := pull(1, "tidy up", -3, "live/x.tf")
	labelled.Labels = []string{"team:net", "payments"}
	tests := map[string]struct {
		c       Context
		changes []Change
		want    string // numbers, the likeliest first
	}{
		"the network over the rest": {natEvent(), []Change{
			pull(1, "bump a library", -3, "go.mod"), pull(2, "enable cross-zone NAT", -3, "terraform/vpc/nat_gateway.tf"), pull(3, "retry uploads", -3, "internal/upload/retry.go"),
			pull(4, "payments-prod: more subnets", -20, "live/payments-prod/eu-west-1/subnets.tf"),
		}, "4 2 3"},
		"a weak word in one place":  {natEvent(), []Change{pull(3, "retry more", -1, "internal/again.go")}, ""},
		"a weak word in two":        {natEvent(), []Change{pull(3, "retry uploads", -1, "internal/upload/retry.go")}, "3"},
		"infrastructure alone":      {natEvent(), []Change{pull(3, "bigger boxes", -1, "terraform/boxes.tf")}, ""},
		"documents only":            {natEvent(), []Change{pull(3, "explain the NAT gateway", -1, "docs/nat.md", "vpc/README.md")}, ""},
		"deployed in the window":    {natEvent(), []Change{deployed}, "1"},
		"merged long before":        {natEvent(), []Change{early}, ""},
		"too late":                  {natEvent(), []Change{pull(1, "NAT", 30.5, "vpc/nat.tf")}, ""},
		"on the onset day":          {natEvent(), []Change{pull(1, "NAT", 15, "vpc/nat.tf")}, "1"},
		"nearer in time":            {natEvent(), []Change{pull(1, "NAT", -40, "vpc/nat.tf"), pull(2, "NAT", -2, "vpc/nat.tf")}, "2 1"},
		"owner and account":         {natEvent(), []Change{labelled}, "1"},
		"never merged":              {natEvent(), []Change{{Repo: "octo/infra", Number: 1, Title: "NAT gateway", Paths: []string{"vpc/nat.tf"}}}, ""},
		"paths that nobody read":    {natEvent(), []Change{{Repo: "octo/infra", Number: 1, Title: "NAT gateway for all", Merged: at(-1)}}, "1"},
		"a bucket":                  {other("Amazon Simple Storage Service", "TimedStorage-ByteHrs"), []Change{pull(1, "keep uploads for ever", -1, "storage/bucket_policy.json"), pull(2, "x", -1, "nat.tf")}, "1"},
		"a database by its name":    {other("Amazon DynamoDB", "ReadCapacityUnit-Hrs"), []Change{pull(1, "Scan DynamoDB each minute", -1, "poll.go"), pull(2, "x", -1, "db.go")}, "1"},
		"another cloud":             {other("Azure Kubernetes Service", ""), []Change{pull(1, "more replicas", -1, "charts/web/values.yaml"), pull(2, "bigger node pool", -1, "aks/pool.tf")}, "2 1"},
		"boxes are not NAT traffic": {other("AmazonEC2", "NatGateway-Bytes"), []Change{pull(1, "other instances", -1, "app/instances.go")}, ""},
		"nothing is known":          {Context{Onset: onset}, []Change{pull(1, "NAT", -1, "vpc/nat.tf")}, ""},
	}
	for name, tt := range tests {
		var got []string
		for _, c := range Rank(tt.c, tt.changes) {
			got = append(got, fmt.Sprint(c.Number))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, want %q: %+v", name, got, tt.want, Rank(tt.c, tt.changes))
		}
	}
}

func TestReasonsAreTold(t *testing.T) {
	t.Parallel()
	got := Rank(natEvent(), []Change{pull(812, "enable cross-zone NAT for payments", -3, "README.md", "live/prod/vpc/nat.tf")})
	if len(got) != 1 {
		t.Fatalf("candidates are %+v", got)
	}
	var said []string
	for _, r := range got[0].Reasons {
		said = append(said, fmt.Sprintf("%s %v %s %.2f", r.Kind, r.Words, r.Path, r.Points))
	}
	want := []string{
		"service [nat vpc] live/prod/vpc/nat.tf 4.50", "account [payments]  2.00", "infrastructure [Terraform] live/prod/vpc/nat.tf 1.50",
		"environment [prod live] live/prod/vpc/nat.tf 1.00", "time []  0.94",
	}
	if !slices.Equal(said, want) || got[0].Ahead != 3*time.Hour {
		t.Errorf("reasons are %q, %s ahead, want %q", said, got[0].Ahead, want)
	}
}

// Whatever strangers write, all that is given was asked about, is in the window, reaches the floor, and comes in order.
func TestRankIsTotal(t *testing.T) {
	t.Parallel()
	pieces := []string{"NAT", "gateway", "vpc/nat.tf", "\x00", "docs/x.md", "…", "\xff\xfe", "prod", "payments", strings.Repeat("A", 300), "K8s", "/", "..", "a_test.go", "111122223333"}
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 6))
		word := func() string { return pieces[r.IntN(len(pieces))] + " " + pieces[r.IntN(len(pieces))] }
		changes := make([]Change, r.IntN(8))
		for i := range changes {
			changes[i] = pull(r.IntN(5), word(), r.Float64()*120-60, word(), strings.ReplaceAll(word(), " ", "/"))
			changes[i].Labels = []string{word()}
		}
		c := natEvent()
		if seed%3 == 0 {
			c = Context{Onset: onset, Service: word(), Usage: word(), Account: word(), AccountName: word(), Tags: word(), Owners: []string{word()}}
		}
		got := Rank(c, changes)
		from, to := Window(c.Onset)
		for i, one := range got {
			sum := 0.
			for _, reason := range one.Reasons {
				sum += reason.Points
			}
			if one.Score < 3 || !near(sum, one.Score, 10) || one.Merged.Before(from) || one.Merged.After(to) || i > 0 && got[i-1].Score < one.Score {
				t.Errorf("seed %d: %+v", seed, one)
			}
		}
	}
}

func TestOwner(t *testing.T) {
	t.Parallel()
	mixed := []Leaf{leaf("1/S/r/u team=net", 200, 50), leaf("1/S/r/v owner=ada", 50, 10), leaf("2/S/r/u", 50, 50)}
	accounts := map[string]string{"1": "@octo/payments"}
	for name, tt := range map[string]struct {
		keys     []string
		accounts map[string]string
		code     []string
		want     Ownership
	}{
		"the tag of most":      {[]string{"owner", "team"}, accounts, []string{"@octo/ops"}, Ownership{Owner: "net", From: FromTag}},
		"the account":          {[]string{"owner"}, accounts, []string{"@octo/ops"}, Ownership{Owner: "@octo/payments", From: FromAccount}},
		"who owns the folder":  {nil, nil, []string{"@octo/ops", "@octo/all"}, Ownership{Owner: "@octo/ops", From: FromCodeOwners}},
		"nobody":               {[]string{"owner"}, nil, nil, Ownership{Owner: "no owner set", How: "set the tag owner, name one for the account in the configuration, or for the infrastructure's folder in CODEOWNERS"}},
		"nobody, without tags": {nil, nil, nil, Ownership{Owner: "no owner set", How: "name one for the account in the configuration, or for the infrastructure's folder in CODEOWNERS"}},
	} {
		if got := Owner(mixed, tt.keys, tt.accounts, tt.code); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

func TestHumps(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"NatGateway-Bytes": "nat gateway bytes", "AWSDataTransfer": "aws data transfer", "AmazonEC2": "amazon ec2", "BoxUsage:c7g.2xlarge": "box usage c7g 2xlarge",
		"nat_gateway.tf": "nat gateway tf", "": "", "ÄrgerÖl": "ärger öl",
	} {
		if got := strings.TrimSpace(textOf(in).line); got != want {
			t.Errorf("%q has the words %q, want %q", in, got, want)
		}
	}
}

// Words are taken apart whatever strangers write.
func FuzzWords(f *testing.F) {
	f.Add("NatGateway-Bytes", "team=net,env=prod")
	f.Add("ÄÖ\xffÜ", ",=,")
	f.Fuzz(func(t *testing.T, service, tags string) {
		service, tags = service[:min(len(service), 2000)], tags[:min(len(tags), 2000)]
		line := textOf(service).line
		for w := range strings.FieldsSeq(line) {
			if !textOf(service).has(w) {
				t.Errorf("%q does not have its own word %q", service, w)
			}
		}
		c := Context{Onset: onset, Service: service, Usage: tags, Tags: tags}
		for _, one := range Rank(c, []Change{pull(1, service, -1, tags)}) {
			if one.Score < floorScore {
				t.Errorf("a candidate has %g points", one.Score)
			}
		}
	})
}
