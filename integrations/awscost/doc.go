// Package awscost reads what AWS charges from Cost Explorer, and what AWS's own Cost Anomaly Detection thinks of it. Every page that it asks
// for costs a cent, so that it asks for little and keeps to a budget of requests a day.
//
// # Which cost
//
// An amount is AmortizedCost: what was paid for reservations and Savings Plans is spread over the usage that they cover. It is what FOCUS calls
// the effective cost, and it does not jump on the day on which a commitment is bought or renewed. UnblendedCost, as it is invoiced, comes
// along in the same answer. With Options.Net both are after the discounts of a private agreement, which otherwise are charges of their own.
//
// # Which charges
//
// Cost Explorer groups by two dimensions at most, and what is usage is a dimension of its own, RECORD_TYPE. A reading therefore begins with
// record type × account, over everything. That tells usage from taxes, credits, fees and the like by the very names that the bill has, and
// the queries that follow are filtered to the names that are usage. What has a name that is not known here is kept apart, and named.
//
// # What adds up
//
// Two marginals, service × account and service × region, do not say what an account pays in a region. The leaves of a reading are therefore
// service × account, and sum to the total; service × region and service × tag stand beside them, and sum to the same total, but are never added
// to the leaves. UsageTypes splits one service of one account by usage type and region, exactly, when somebody asks why. With Options.Regions the leaves
// are service × region of each account: exact, at one query an account. It is a setting and not a matter of how many accounts there are, because
// leaves that come and go look like new costs. Sums are compared with those by record type; a bill that changes between two queries is told.
//
// Sources: the API reference, docs.aws.amazon.com/aws-cost-management/latest/APIReference, and what a request costs, aws.amazon.com/aws-cost-management/pricing.
package awscost
