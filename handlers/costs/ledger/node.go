// Package ledger keeps what bills say, and what they said when: who was charged what for each day, as known at any time.
package ledger

import "strings"

// A Key says where a charge belongs, as precisely as the ledger tells them apart. None of its parts but Tags is empty: what a bill leaves open
// is None.
type Key struct {
	Source   string // the configured bill, such as "aws"
	Currency string
	Provider string
	Account  string // ID
	Service  string
	Region   string
	Usage    string
	Tags     string // the chosen tags as "team=net,env=prod", in the order of the configuration; those without a value are left out
}

// None stands for a part of a Key that the bill leaves open.
const None = "(none)"

// A Node is a part of a bill: everything of a source and a currency, or what is of one account, of one service in that account, and so on. Parts are
// narrowed from left to right; "" is all. It names a series of costs.
type Node struct {
	Source, Currency                string
	Account, Service, Region, Usage string
}

// Has reports whether a charge belongs to the node.
func (n Node) Has(k Key) bool {
	return k.Source == n.Source && k.Currency == n.Currency && (n.Account == "" || n.Account == k.Account) && (n.Service == "" || n.Service == k.Service) &&
		(n.Region == "" || n.Region == k.Region) && (n.Usage == "" || n.Usage == k.Usage)
}

// Depth is how many parts are narrowed: 0 for the total, 4 for a usage type.
func (n Node) Depth() int {
	depth := 0
	for _, part := range []string{n.Account, n.Service, n.Region, n.Usage} {
		if part != "" {
			depth++
		}
	}
	return depth
}

// At is the node of the given depth, 0 to 4, to which the key belongs.
func (k Key) At(depth int) Node {
	n := Node{Source: k.Source, Currency: k.Currency}
	for i, part := range []*string{&n.Account, &n.Service, &n.Region, &n.Usage} {
		if i < depth {
			*part = [...]string{k.Account, k.Service, k.Region, k.Usage}[i]
		}
	}
	return n
}

// Parent is the node that is one part wider; ok is false for the total.
func (n Node) Parent() (parent Node, ok bool) {
	for _, part := range []*string{&n.Usage, &n.Region, &n.Service, &n.Account} {
		if *part != "" {
			*part = ""
			return n, true
		}
	}
	return n, false
}

// String names the node in one line that nothing else has: "aws USD 111122223333/AmazonEC2".
func (n Node) String() string {
	var b strings.Builder
	b.WriteString(n.Source + " " + n.Currency + " ")
	for i, part := range []string{n.Account, n.Service, n.Region, n.Usage} {
		if part == "" {
			break
		}
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(part, "%", "%25"), "/", "%2F"))
	}
	return b.String()
}
