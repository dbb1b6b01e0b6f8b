package attribute

import (
	"strings"

	"shipmate/handlers/costs/ledger"
)

// OwnerFrom says where an owner was found.
type OwnerFrom string

// The places, in the order in which they count.
const (
	FromTag        OwnerFrom = "tag"
	FromAccount    OwnerFrom = "account"
	FromCodeOwners OwnerFrom = "CODEOWNERS"
	NoOwner        OwnerFrom = ""
)

// An Ownership is whose costs something are.
type Ownership struct {
	Owner string // as it was written; "no owner set" where none is
	From  OwnerFrom
	// How says what to do to have one; "" where there is one.
	How string
}

// Owner chooses whose the excess of some leaves is. It is what the first of the tag keys says that more than half of the excess has; then what
// accounts, a map of account IDs, says of the account that more than half of it is in; then the first of those whom CODEOWNERS names for the folder of the
// infrastructure.
func Owner(leaves []Leaf, keys []string, accounts map[string]string, codeOwners []string) Ownership {
	for _, key := range keys {
		if owner := mostly(leaves, func(l Leaf) string { return l.Key.Tag(key) }); owner != "" {
			return Ownership{Owner: owner, From: FromTag}
		}
	}
	if owner := mostly(leaves, func(l Leaf) string { return accounts[l.Key.Account] }); owner != "" {
		return Ownership{Owner: owner, From: FromAccount}
	}
	if len(codeOwners) > 0 {
		return Ownership{Owner: codeOwners[0], From: FromCodeOwners}
	}
	how := "name one for the account in the configuration, or for the infrastructure's folder in CODEOWNERS"
	if len(keys) > 0 {
		how = "set the tag " + strings.Join(keys, " or ") + ", " + how
	}
	return Ownership{Owner: "no owner set", From: NoOwner, How: how}
}

// mostly is the name that more than half of what moved has; "" if there is none.
func mostly(leaves []Leaf, name func(Leaf) string) (best string) {
	all, sums := 0., map[string]float64{}
	for _, l := range leaves {
		x := clean(l.Actual) - clean(l.Before)
		if x < 0 {
			x = -x
		}
		all += x
		sums[name(l)] += x
	}
	for n, sum := range sums {
		if n != "" && n != ledger.None && sum > all/2 {
			return n
		}
	}
	return ""
}
