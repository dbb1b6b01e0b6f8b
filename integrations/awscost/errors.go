package awscost

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"unicode"

	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// An Error is why Cost Explorer did not answer, in words of its own: what AWS or the SDK says about it may name accounts, keys and tokens, and
// is not kept.
type Error struct {
	Op    string // GetCostAndUsage, GetAnomalies or configuration
	Code  string // AWS's, such as LimitExceededException; or one of credentials, role, server, network, timeout, answer, paging
	Text  string // what happened and what to do, lower case
	Again bool   // whether it may pass by itself
}

// Error is the text.
func (e *Error) Error() string { return e.Text }

// Outcome is the code as metrics have it: one of the known ones, or "other".
func (e *Error) Outcome() string {
	for _, r := range reasons() {
		if slices.Contains(r.codes, e.Code) {
			return r.codes[0]
		}
	}
	return "other"
}

// A reason is what one or more codes mean.
type reason struct {
	codes []string
	text  string
	again bool
}

const newCredentials = "sign in again (aws sso login), or renew the credentials that shipmate runs with"

// reasons are the errors of Cost Explorer, of AWS's gateways and of this package that are known.
func reasons() []reason {
	return []reason{
		{[]string{"LimitExceededException", "ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"},
			"cost explorer says that too much is asked of it: the limit is one for the whole account, so look for other programs that ask; it is tried again with the next reading", true},
		{[]string{"BillExpirationException"}, "aws no longer has the bill of these days: ask for later ones", false},
		{[]string{"DataUnavailableException"},
			"cost explorer has no data for this account: switch it on in the billing console of the management account, and wait a day after that", false},
		{[]string{"BillingViewHealthStatusException"}, "the billing view is not healthy: try again when the console shows it as such", false},
		{[]string{"RequestChangedException", "InvalidNextTokenException", "paging"}, "cost explorer lost its place between two pages twice: it is read anew with the next reading", false},
		{[]string{"ExpiredTokenException", "ExpiredToken", "RequestExpired"}, "the credentials of aws have expired: " + newCredentials, false},
		{[]string{"credentials"}, "no credentials of aws were found, or they cannot be renewed: " + newCredentials + "; aws sts get-caller-identity tells whether they work", false},
		{[]string{"role"}, "aws's credentials may not take on the role that is configured: check its trust policy and the external id", false},
		{[]string{"UnrecognizedClientException", "InvalidClientTokenId", "MissingAuthenticationTokenException", "IncompleteSignatureException"},
			"aws does not know the access key: it was deleted, switched off, or belongs to another partition; " + newCredentials, false},
		{[]string{"InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed"},
			"aws does not accept the signature: the secret is not the access key's, or this machine's clock is off by more than five minutes", false},
		{[]string{"AccessDeniedException", "AccessDenied", "OptInRequired", "UnauthorizedOperation"},
			"the credentials may not read costs: allow ce:GetCostAndUsage and ce:GetAnomalies, and let IAM into billing in the account settings", false},
		{[]string{"ValidationException", "SerializationException", "UnknownOperationException", "ResourceNotFoundException", "UnknownMonitorException"},
			"cost explorer refuses the request as wrong", false},
		{[]string{"timeout"}, "cost explorer did not answer within a minute", true},
		{[]string{"network"}, "cost explorer cannot be reached: check the network, the proxy and the endpoint", true},
		{[]string{"answer"}, "cost explorer's answer was cut off or makes no sense", true},
		{[]string{"server"}, "cost explorer has a fault of its own", true},
	}
}

// credentialsError marks that there were no credentials to make a request with.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return "credentials" }
func (e *credentialsError) Unwrap() error { return e.err }

// explain puts what the SDK says into words that are safe to show.
func explain(op string, err error) *Error {
	e := &Error{Op: op, Code: code(op, err)}
	for _, r := range reasons() {
		if slices.Contains(r.codes, e.Code) {
			e.Text, e.Again = r.text, r.again
		}
	}
	var api smithy.APIError
	switch {
	case e.Text == "":
		e.Text = "cost explorer refuses the request: " + e.Code
	case e.Code == "ValidationException" && errors.As(err, &api):
		e.Text += ": " + plain(api.ErrorMessage(), 200) // speaks of what was asked, and there is no other way to find out
	}
	return e
}

// code names an error: by AWS's code, or by what kept the request or the answer from coming through.
func code(op string, err error) string {
	var api smithy.APIError
	var decoding *smithy.DeserializationError
	var answer *smithyhttp.ResponseError
	var away net.Error
	known := func(code string) bool {
		return slices.ContainsFunc(reasons(), func(r reason) bool { return slices.Contains(r.codes, code) })
	}
	isAPI, noCredentials := errors.As(err, &api), errors.As(err, new(*credentialsError))
	switch {
	case noCredentials && isAPI && strings.HasPrefix(api.ErrorCode(), "AccessDenied"):
		return "role"
	case op == "configuration":
		return "credentials"
	case isAPI && known(api.ErrorCode()):
		return api.ErrorCode()
	case noCredentials:
		return "credentials"
	case errors.As(err, &answer) && answer.HTTPStatusCode() >= 500:
		return "server"
	case isAPI && api.ErrorCode() != "UnknownError":
		return plain(api.ErrorCode(), 60)
	case errors.As(err, &decoding), isAPI:
		return "answer"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &away) && away.Timeout():
		return "timeout"
	default:
		return "network"
	}
}

// pagingError says that pages did not follow each other as they should.
func pagingError(op string) *Error { return explain(op, &smithy.GenericAPIError{Code: "paging"}) }

// plain is a text of AWS in one line without control characters, and at most limit runes long.
func plain(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}

// A Rejected says why groups of an answer could not be used.
type Rejected struct {
	Reason string
	Groups int
}

// String is the reason with the number.
func (r Rejected) String() string { return fmt.Sprintf("%d: %s", r.Groups, r.Reason) }
