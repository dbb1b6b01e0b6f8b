package billsim

// The names of services, usage types, units and regions are those of AWS; prices are near its public ones. Accounts and teams are invented.

type usageType struct {
	service, category, usage, unit string
	price                          float64
}

var usageTypes = [...]usageType{
	{"Amazon Elastic Compute Cloud", "Compute", "BoxUsage:m6i.xlarge", "Hrs", .192},
	{"Amazon Elastic Compute Cloud", "Compute", "BoxUsage:c7g.2xlarge", "Hrs", .29},
	{"Amazon Elastic Compute Cloud", "Compute", "EBS:VolumeUsage.gp3", "GB-Mo", .08},
	{"AWS Data Transfer", "Networking", "NatGateway-Bytes", "GB", .045},
	{"AWS Data Transfer", "Networking", "DataTransfer-Out-Bytes", "GB", .09},
	{"AWS Data Transfer", "Networking", "DataTransfer-Regional-Bytes", "GB", .01},
	{"Amazon Relational Database Service", "Databases", "InstanceUsage:db.r6g.xlarge", "Hrs", .45},
	{"Amazon Relational Database Service", "Databases", "RDS:GP3-Storage", "GB-Mo", .115},
	{"Amazon Simple Storage Service", "Storage", "TimedStorage-ByteHrs", "GB-Mo", .023},
	{"Amazon Simple Storage Service", "Storage", "Requests-Tier1", "1K Requests", .005},
	{"AWS Lambda", "Compute", "Lambda-GB-Second", "GB-s", .0000166667},
	{"Amazon DynamoDB", "Databases", "WriteRequestUnits", "1M Requests", 1.25},
	{"Amazon DynamoDB", "Databases", "ReadRequestUnits", "1M Requests", .25},
	{"Amazon CloudFront", "Networking", "DataTransfer-Out-Bytes", "GB", .085},
	{"AmazonCloudWatch", "Management and Governance", "DataProcessing-Bytes", "GB", .5},
	{"AmazonCloudWatch", "Management and Governance", "MetricMonitorUsage", "Metrics", .3},
	{"Amazon ElastiCache", "Databases", "NodeUsage:cache.r6g.large", "Hrs", .206},
	{"Amazon Elastic Kubernetes Service", "Compute", "AmazonEKS-Hours:perCluster", "Hrs", .1},
	{"Amazon OpenSearch Service", "Analytics", "ESInstance:r6g.large", "Hrs", .167},
}

type account struct{ id, name, team string }

var accounts = [...]account{
	{"412093847561", "payments-prod", "payments"},
	{"583920174653", "web-prod", "web"},
	{"690184735205", "data-platform", "data"},
	{"748201936574", "mobile-prod", "mobile"},
	{"856310294718", "staging", "platform"},
}

// payer is the account that is billed.
var payer = account{"301847562093", "northwind-payer", ""}

func accountName(id string) string {
	for _, a := range accounts {
		if a.id == id {
			return a.name
		}
	}
	return payer.name
}

// A region has a name and the prefix that usage types have in it.
type region struct{ id, name, prefix string }

var regions = [...]region{{"us-east-1", "US East (N. Virginia)", ""}, {"eu-west-1", "EU (Ireland)", "EU-"}, {"eu-central-1", "EU (Frankfurt)", "EUC1-"}}

func regionName(id string) string {
	for _, r := range regions {
		if r.id == id {
			return r.name
		}
	}
	return ""
}

// leaf is a usage type in an account and region, without amounts.
func (u usageType) leaf(a account, r region) Leaf {
	return Leaf{Path: Path{a.id, u.service, r.id, r.prefix + u.usage}, Team: a.team, Category: u.category, Unit: u.unit}
}
