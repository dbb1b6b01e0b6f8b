package billsim

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// DemoDays is how long the demo's bill is: thirteen months.
const DemoDays = 396

// Days of the demo, counted back from the last: 0 is the last day itself.
const (
	demoNAT      = 3   // retries go through the NAT gateways from here to the end
	demoPurchase = 20  // a savings plan is bought
	demoBedrock  = 25  // a new service begins
	demoLambda   = 44  // a loop of functions, for two days
	demoResize   = 101 // larger databases, for good
)

// A demoLine is some leaves of the demo's bill: the usage type, where it is used, and for how many dollars a day in each place.
type demoLine struct {
	account int // index in accounts
	usage   string
	service string
	team    string // "" is the account's
	places  []float64
}

// demoLines are dollars a day at the end of the bill in us-east-1, eu-west-1 and eu-central-1.
var demoLines = [...]demoLine{
	{0, "BoxUsage:m6i.xlarge", "Amazon Elastic Compute Cloud", "", []float64{142, 118, 31}},
	{0, "EBS:VolumeUsage.gp3", "Amazon Elastic Compute Cloud", "", []float64{23, 19, 6}},
	{0, "NatGateway-Bytes", "AWS Data Transfer", "net", []float64{27, 34, 4}},
	{0, "DataTransfer-Out-Bytes", "AWS Data Transfer", "net", []float64{21, 16, 5}},
	{0, "DataTransfer-Regional-Bytes", "AWS Data Transfer", "net", []float64{9, 8, 2}},
	{0, "InstanceUsage:db.r6g.xlarge", "Amazon Relational Database Service", "", []float64{74, 87, 22}},
	{0, "RDS:GP3-Storage", "Amazon Relational Database Service", "", []float64{13, 14, 4}},
	{0, "WriteRequestUnits", "Amazon DynamoDB", "", []float64{31, 26}},
	{0, "ReadRequestUnits", "Amazon DynamoDB", "", []float64{17, 14}},
	{0, "NodeUsage:cache.r6g.large", "Amazon ElastiCache", "", []float64{25, 20}},
	{0, "DataProcessing-Bytes", "AmazonCloudWatch", "", []float64{12, 11, 3}},
	{1, "BoxUsage:c7g.2xlarge", "Amazon Elastic Compute Cloud", "", []float64{163, 91}},
	{1, "EBS:VolumeUsage.gp3", "Amazon Elastic Compute Cloud", "", []float64{18, 9}},
	{1, "Lambda-GB-Second", "AWS Lambda", "", []float64{46, 22}},
	{1, "DataTransfer-Out-Bytes", "Amazon CloudFront", "", []float64{97, 58}},
	{1, "NatGateway-Bytes", "AWS Data Transfer", "net", []float64{15, 9}},
	{1, "DataTransfer-Out-Bytes", "AWS Data Transfer", "net", []float64{28, 13}},
	{1, "TimedStorage-ByteHrs", "Amazon Simple Storage Service", "", []float64{24, 11}},
	{1, "Requests-Tier1", "Amazon Simple Storage Service", "", []float64{8, 4}},
	{1, "NodeUsage:cache.r6g.large", "Amazon ElastiCache", "", []float64{20, 10}},
	{1, "MetricMonitorUsage", "AmazonCloudWatch", "", []float64{14, 6}},
	{2, "BoxUsage:m6i.xlarge", "Amazon Elastic Compute Cloud", "", []float64{128, 64, 42}},
	{2, "EBS:VolumeUsage.gp3", "Amazon Elastic Compute Cloud", "", []float64{41, 22, 12}},
	{2, "TimedStorage-ByteHrs", "Amazon Simple Storage Service", "", []float64{133, 71, 28}},
	{2, "Requests-Tier1", "Amazon Simple Storage Service", "", []float64{19, 12, 5}},
	{2, "ESInstance:r6g.large", "Amazon OpenSearch Service", "", []float64{56, 32}},
	{2, "NatGateway-Bytes", "AWS Data Transfer", "net", []float64{18, 12, 6}},
	{2, "DataTransfer-Regional-Bytes", "AWS Data Transfer", "net", []float64{16, 9, 5}},
	{2, "AmazonEKS-Hours:perCluster", "Amazon Elastic Kubernetes Service", "platform", []float64{7.2, 4.8, 4.8}},
	{2, "DataProcessing-Bytes", "AmazonCloudWatch", "", []float64{22, 13, 7}},
	{4, "BoxUsage:m6i.xlarge", "Amazon Elastic Compute Cloud", "", []float64{38, 21}},
	{4, "EBS:VolumeUsage.gp3", "Amazon Elastic Compute Cloud", "", []float64{9, 5}},
	{4, "InstanceUsage:db.r6g.xlarge", "Amazon Relational Database Service", "", []float64{22, 11}},
	{4, "AmazonEKS-Hours:perCluster", "Amazon Elastic Kubernetes Service", "", []float64{4.8, 2.4}},
	{4, "Lambda-GB-Second", "AWS Lambda", "", []float64{6, 3}},
	{4, "TimedStorage-ByteHrs", "Amazon Simple Storage Service", "", []float64{7, 4}},
	{4, "MetricMonitorUsage", "AmazonCloudWatch", "", []float64{5, 2}},
}

// Demo is a bill of DemoDays days up to last, in which something happens: an open incident of four days (NAT gateway bytes of payments-prod in eu-west-1), a spike
// of six weeks ago that is over, databases which cost more for good since a hundred days ago, a new service since four weeks, a support fee on the first of each
// month, taxes, credits and a purchase. The days' noise depends on their distance from last only. Its names are invented.
func Demo(last time.Time) *Bill {
	last = time.Date(last.Year(), last.Month(), last.Day(), 0, 0, 0, 0, time.UTC)
	b := &Bill{Days: DemoDays, First: last.AddDate(0, 0, 1-DemoDays)}
	for n, line := range demoLines {
		b.demoLeaves(n, line)
	}
	b.demoMore()
	b.demoIncidents()
	b.demoOneOffs()
	return b
}

// demoLeaves makes the leaves of one line. Costs grew by 18 to 34 % in the year; the staging account is at half on weekends, shops are up.
func (b *Bill) demoLeaves(n int, line demoLine) {
	u := usageTypes[slices.IndexFunc(usageTypes[:], func(u usageType) bool { return u.service == line.service && u.usage == line.usage })]
	weeks := [...][7]float64{{.93, 1, 1, 1, 1, 1.02, .97}, {1.12, 1, .98, .98, 1, 1.04, 1.1}, {.9, 1, 1, 1, 1, 1, .9}, {}, {.55, 1, 1, 1, 1, .98, .55}}
	for i, level := range line.places {
		p := Params{Growth: .18 + .04*float64(line.account), Week: weeks[line.account], Sigma: .025 + .005*float64(n%4), Phi: .3}
		p.Level = level / math.Pow(1+p.Growth, float64(b.Days)/365)
		l := u.leaf(accounts[line.account], regions[i])
		l.Team = cmp.Or(line.team, l.Team)
		b.fill(&l, u.price, p, p.noise(source(uint64(n), "demo", l.Account+l.Usage), b.Days))
		b.Leaves = append(b.Leaves, l)
	}
}

// demoMore adds the new service and the support fee.
func (b *Bill) demoMore() {
	bedrock := usageType{"Amazon Bedrock", "AI and Machine Learning", "InvokeModel-InputTokens", "1M tokens", 3}
	l := bedrock.leaf(accounts[2], regions[0])
	p := Params{Level: 86, Week: [7]float64{.7, 1, 1, 1, 1, 1, .7}, Sigma: .06, Starts: b.Days - 1 - demoBedrock}
	b.fill(&l, bedrock.price, p, p.noise(source(0, "demo", "bedrock"), b.Days))
	b.Leaves = append(b.Leaves, l)
	support := Leaf{Path: Path{payer.id, "AWS Support (Business)", "", "Support-Business"}, Category: "Other", Unit: "Months", Monthly: true}
	support.Quantity, support.Price = make([]float64, b.Days), make([]float64, b.Days)
	for i := range support.Price {
		if support.Price[i] = 640; b.Day(i).Day() == 1 {
			support.Quantity[i] = 1
		}
	}
	b.Leaves = append(b.Leaves, support)
}

// demoIncidents are what happened: from and to are counted back from the last day.
func (b *Bill) demoIncidents() {
	for _, e := range []struct {
		name     string
		account  int
		service  string
		usage    string
		from, to int
		factor   float64
	}{
		{"nat", 0, "AWS Data Transfer", "EU-NatGateway-Bytes", demoNAT, 0, 12.2},
		{"lambda", 1, "AWS Lambda", "Lambda-GB-Second", demoLambda, demoLambda - 1, 5.4},
		{"resize", 0, "Amazon Relational Database Service", "EU-InstanceUsage:db.r6g.xlarge", demoResize, 0, 1.9},
	} {
		for n := range b.Leaves {
			l := &b.Leaves[n]
			if l.Account != accounts[e.account].id || l.Service != e.service || l.Usage != e.usage {
				continue
			}
			in := Incident{Name: e.name, Node: Path{Account: l.Account, Service: l.Service}, From: b.Days - 1 - e.from, To: b.Days - 1 - e.to}
			c := Cause{Leaf: n, Leaves: []int{n}, Path: l.Path, Moved: Quantity}
			for i := in.From; i <= in.To; i++ {
				before := l.Cost(i)
				l.Quantity[i] *= e.factor
				c.Dollars += l.Cost(i) - before
			}
			in.Causes = []Cause{c}
			b.Incidents = append(b.Incidents, in)
		}
	}
}

// demoOneOffs are the charges besides usage.
func (b *Bill) demoOneOffs() {
	for i := range b.Days {
		switch b.Day(i).Day() {
		case 3:
			b.OneOffs = append(b.OneOffs, OneOff{Day: i, Category: "Tax", Dollars: 5310, Account: payer.id})
		case 15:
			b.OneOffs = append(b.OneOffs, OneOff{Day: i, Category: "Credit", Dollars: -750, Account: payer.id})
		}
		if i == b.Days-1-demoPurchase {
			b.OneOffs = append(b.OneOffs, OneOff{Day: i, Category: "Purchase", Dollars: 4820, Account: payer.id})
		}
	}
}
