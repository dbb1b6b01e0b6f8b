package attribute

import (
	"slices"
	"strings"
	"unicode"
)

// A vocabulary says with which words people write of a cloud service in titles and paths. It applies where one of the names is in the bill's
// service or usage type. A strong word hardly means anything else; a weak one may.
type vocabulary struct{ names, strong, weak string } // separated by commas; a name or word of several parts has to be there as a whole

// vocabularies is the table. The services' own names need not be in it: they are strong words anyway.
func vocabularies() []vocabulary {
	return []vocabulary{
		{"nat gateway,natgateway,cloud nat", "nat,natgw,nat gateway,egress,vpc", "subnet,subnets,route,routes,routing,network,networking,cross zone,az,endpoint,retry,retries"},
		{"data transfer,bandwidth,egress,datatransfer,interzone,inter zone", "egress,data transfer,bandwidth,cross zone,cross region,replication,nat,vpc,cdn", "network,networking,subnet,route,download,upload,sync,mirror,compression,gzip,retry,retries"},
		{"vpc,virtual private cloud,virtual network", "vpc,subnet,peering,privatelink,nat", "network,networking,endpoint,route"},
		{"transit gateway", "tgw,transit gateway,peering", "network,networking,vpc,route"},
		{"ec2,elastic compute,compute engine,virtual machines,box usage,virtual machine", "ec2,instance,instances,asg,autoscaling,auto scaling,launch template,ami,vm,vms,node group,karpenter", "scaling,replicas,capacity,nodes,compute,worker,workers"},
		{"ebs,volume usage,persistent disk,managed disks,disk", "ebs,volume,volumes,pvc,disk,disks,gp3,snapshot,snapshots,storageclass", "storage,backup"},
		{"s3,simple storage,cloud storage,blob,timed storage", "s3,bucket,buckets,blob,gcs,object storage,lifecycle", "storage,retention,upload,uploads,archive,backup,versioning"},
		{"rds,relational database,aurora,cloud sql,sql database,postgresql,mysql", "rds,aurora,database,postgres,postgresql,mysql,db,cloudsql", "sql,replica,migration,index,query,queries"},
		{"dynamodb,cosmos,firestore,bigtable", "dynamodb,dynamo,cosmos,cosmosdb,firestore,bigtable", "table,tables,capacity,index,ttl,throughput"},
		{"lambda,functions,cloud run", "lambda,lambdas,serverless,function app,cloud run,cloudrun,functions", "function,handler,concurrency,memory,timeout,schedule,cron"},
		{"elb,alb,load balancing,load balancer", "elb,alb,nlb,load balancer,loadbalancer,ingress", "listener,target group,gateway"},
		{"cloudfront,cdn,front door", "cloudfront,cdn,cache control,edge", "cache,caching,assets,static"},
		{"eks,kubernetes,gke,aks,container service for kubernetes", "eks,gke,aks,kubernetes,k8s,cluster,node pool,nodepool,karpenter,helm", "replicas,hpa,deployment,nodes"},
		{"ecs,fargate,container instances,elastic container service", "ecs,fargate,task definition,taskdef", "container,containers,replicas,desired count"},
		{"ecr,container registry,artifact registry", "ecr,registry,docker", "image,images"},
		{"cloudwatch,metric monitor,log analytics,monitor,cloud logging", "cloudwatch,logging,metrics,log group,telemetry,opentelemetry,otel", "log,logs,debug,alarm,alarms,monitoring,observability,dashboard,trace,tracing"},
		{"sqs,simple queue,service bus,queue", "sqs,queue,queues,service bus,pubsub", "retry,retries,polling,consumer,worker,message,messages"},
		{"sns,simple notification,pub sub,pubsub,event grid,event hubs,eventbridge", "sns,topic,topics,pubsub,eventbridge,event hub", "notification,notifications,event,events,subscription"},
		{"kinesis,msk,kafka,firehose", "kinesis,kafka,msk,firehose,stream,streams", "shard,shards,consumer,producer"},
		{"redshift,bigquery,synapse,athena,glue", "redshift,bigquery,synapse,athena,glue,warehouse,etl,dbt", "query,queries,partition,analytics,pipeline,crawler"},
		{"elasticache,memorystore,redis,cache for redis", "redis,elasticache,memcached,memorystore,valkey", "cache,caching,session,sessions"},
		{"opensearch,elasticsearch,cognitive search", "opensearch,elasticsearch,elastic,search", "index,indices,shard"},
		{"sagemaker,bedrock,vertex,openai,machine learning,cognitive services", "sagemaker,bedrock,vertex,openai,llm,model,inference,gpu,training,embedding,embeddings", "prompt,prompts,tokens,notebook"},
		{"kms,key management,key vault,secrets manager", "kms,key vault,secrets manager,encryption,secretsmanager", "key,keys,secret,secrets"},
		{"route 53,route53,dns", "route53,dns,hosted zone", "domain,record,zone"},
		{"api gateway,apim,api management", "api gateway,apigateway,apigw", "api,endpoint,routes"},
		{"step functions,state machine,logic apps,workflows", "step functions,stepfunctions,state machine,statemachine", "workflow,transition"},
		{"backup,recovery", "backup,backups,snapshot,snapshots,vault", "retention,recovery"},
		{"guardduty,config,cloudtrail,security hub,defender,inspector,waf", "guardduty,cloudtrail,security hub,waf,aws config,defender", "audit,security,scan,trail"},
	}
}

// empty are words of services' names and usage types that say nothing.
const empty = " amazon aws azure google microsoft cloud service services gcp usage bytes byte hours hrs gb request requests type tier 1 in out for of the and other general purpose standard compute storage data elastic simple managed premium web app container bill none us eu ap transfer virtual private machines machine key management load notification queue message step state container "

// text is words in which others are looked for.
type text struct {
	words map[string]bool
	line  string // " all words in order "
}

// textOf takes words apart: at what is neither letter nor digit, and where small letters are followed by a capital one. What is written in one is
// also a word as a whole.
func textOf(s string) text {
	t := text{words: map[string]bool{}}
	var line strings.Builder
	line.WriteByte(' ')
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		t.words[strings.ToLower(word)] = true
		for _, part := range humps(word) {
			part = strings.ToLower(part)
			t.words[part] = true
			line.WriteString(part + " ")
		}
	}
	t.line = line.String()
	return t
}

// humps takes a word apart before capital letters: NatGateway, AWSDataTransfer. EC2 stays whole.
func humps(word string) (parts []string) {
	r := []rune(word)
	start := 0
	for i := 1; i < len(r); i++ {
		up := unicode.IsUpper(r[i])
		if up && unicode.IsLower(r[i-1]) || up && i+1 < len(r) && unicode.IsLower(r[i+1]) && unicode.IsUpper(r[i-1]) {
			parts = append(parts, string(r[start:i]))
			start = i
		}
	}
	return append(parts, string(r[start:]))
}

// has reports whether a word, or several in a row, are in the text.
func (t text) has(word string) bool {
	if strings.Contains(word, " ") {
		return strings.Contains(t.line, " "+word+" ")
	}
	return t.words[word]
}

// any are the words of the list, separated by commas, that are in the text.
func (t text) any(list []string) (found []string) {
	for _, w := range list {
		if t.has(w) {
			found = append(found, w)
		}
	}
	return found
}

// wordsFor are the strong and weak words for a service and a usage type. Where the usage type has an entry of its own, the service's does not
// count, and its name is weak: EC2 is billed for NAT gateways, too.
func wordsFor(service, usage string) (strong, weak []string) {
	inService, inUsage := textOf(service), textOf(usage)
	own := ownWords(service)
	var general, wide []string // of the service alone
	for _, v := range vocabularies() {
		names := strings.Split(v.names, ",")
		switch {
		case len(inUsage.any(names)) > 0:
			strong, weak = append(strong, strings.Split(v.strong, ",")...), append(weak, strings.Split(v.weak, ",")...)
		case len(inService.any(names)) > 0:
			general, wide = append(general, strings.Split(v.strong, ",")...), append(wide, strings.Split(v.weak, ",")...)
		}
	}
	if len(strong) > 0 {
		return strong, append(weak, own...)
	}
	return append(own, general...), wide
}

// ownWords are those of a service's name that say something.
func ownWords(service string) (out []string) {
	whole := strings.FieldsFunc(strings.ToLower(service), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, w := range append(strings.Fields(textOf(service).line), whole...) {
		if len(w) > 2 && !strings.Contains(empty, " "+w+" ") && strings.IndexFunc(w, unicode.IsLetter) >= 0 && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}
