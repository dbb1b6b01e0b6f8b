// Package aws stands in for AWS Cost Explorer on this machine: the part of its API that a cost bot reads, over bills that are made up. It is
// strict where the service is, so that what passes here is worth something there.
//
// # What it answers
//
// POST / with content type application/x-amz-json-1.1 and X-Amz-Target AWSInsightsIndexService.GetCostAndUsage or .GetAnomalies. The shapes are
// those of the API reference (docs.aws.amazon.com/aws-cost-management/latest/APIReference).
//
// # What it enforces
//
//   - a signature of version 4 over the request, by a key that it knows, for the service ce and the configured region, not older or newer
//     than five minutes;
//   - members that the API knows, and no others; the service itself ignores some of those;
//   - at most two GroupBy, each a known dimension, tag or cost category; known Metrics, at least one; DAILY or MONTHLY;
//   - Start before End, Start not after today, End not after the first of the next month, and nothing older than 14 months;
//   - filter expressions with exactly one root, And and Or of at least two, and the MatchOptions that GetCostAndUsage takes;
//   - NextPageToken as it was given, together with the parameters that it was given for;
//   - a rate of requests.
//
// # What it leaves out
//
// Hourly data, resources, billing views, cost categories with values, blended rates and discounts: BlendedCost is UnblendedCost, and the Net metrics
// are the ones without it. Groups exist where a row does, so that what cost nothing is absent. A day is estimated until the seventh of the
// month after its own. The sizes of pages and the rate are not published by AWS: they are set here.
package aws
