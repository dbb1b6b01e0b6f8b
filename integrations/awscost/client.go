package awscost

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"shipmate/bot"
)

// Limits of one request and of what is tried again.
const (
	attempts       = 4 // of each page
	firstWait      = 2 * time.Second
	longestWait    = 20 * time.Second
	requestTimeout = time.Minute
	answerLimit    = 64 << 20 // bytes
)

// DefaultBudget is how many requests a day are made unless Options say otherwise: 20 cents.
const DefaultBudget = 20

// Options are where and what a Client reads. The zero Options find credentials as the AWS command line does.
type Options struct {
	Endpoint string   // of a stand-in; "" is AWS
	Region   string   // of the endpoint; "" is us-east-1, where Cost Explorer is for all commercial regions
	Profile  string   // of ~/.aws/config; "" is AWS_PROFILE or default
	Role     string   // ARN of a role to take on, such as one in the organization's management account; "" is none
	External string   // the external ID that the role demands; "" is none
	Key      string   // with Secret: fixed credentials, for stand-ins; "" is the SDK's chain: environment, profile, SSO, web identity, instance
	Secret   string   // of Key
	Tags     []string // keys of cost allocation tags that a reading also splits services by; one query each
	Regions  bool     // leaves are service × region of each account: one query an account
	Net      bool     // amounts are after discounts of private agreements
	Budget   int      // requests a day, UTC; 0 is DefaultBudget
	// Requests remembers how many requests were made. Nil forgets it when the program ends.
	Requests requestCounter
	// Questions remembers how many of them were for UsageTypes and Anomalies, which have a third of the budget, at least one. Nil forgets it when the
	// program ends.
	Questions requestCounter
	Meter     bot.Meter    // nil forgets it
	Log       *slog.Logger // nil is silent
}

// A Client reads one bill. It is safe for concurrent use.
type Client struct {
	api         *costexplorer.Client
	credentials aws.CredentialsProvider
	o           Options
	budget      budget
	questions   budget
	now         func() time.Time
	wait        func(context.Context, time.Duration) error
	timeout     time.Duration

	mu    sync.Mutex
	usage []string // the bill's own names of the record types that are usage; nil before the first reading
}

// New returns a Client. It reads the configuration of the AWS SDK but does not ask AWS anything.
func New(ctx context.Context, o Options) (*Client, error) {
	o.Region = cmp.Or(o.Region, "us-east-1")
	o.Budget = cmp.Or(o.Budget, DefaultBudget)
	o.Meter = cmp.Or(o.Meter, bot.Meter(bot.NoMeter{}))
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Requests == nil {
		o.Requests = &forgetful{}
	}
	if o.Questions == nil {
		o.Questions = &forgetful{}
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	settings, err := o.settings(ctx)
	if err != nil {
		return nil, err
	}
	c := &Client{credentials: settings.Credentials, o: o, now: time.Now, wait: wait, timeout: requestTimeout}
	if settings.HTTPClient == nil { // otherwise it is one that trusts AWS_CA_BUNDLE
		settings.HTTPClient = awshttp.NewBuildableClient()
	}
	settings.HTTPClient = limited{settings.HTTPClient}
	c.budget = budget{limit: o.Budget, kept: o.Requests}
	c.questions = budget{limit: max(o.Budget/questionShare, 1), of: o.Budget, kept: o.Questions}
	c.api = costexplorer.NewFromConfig(settings, func(api *costexplorer.Options) {
		api.Retryer = aws.NopRetryer{} // call tries again itself, because each attempt counts
		if o.Endpoint != "" {
			api.BaseEndpoint = aws.String(o.Endpoint)
		}
	})
	return c, nil
}

// Ready returns what is wrong with the credentials, nil when there are some. Cost Explorer is asked nothing, so that it is free; whether it takes
// them only a reading tells.
func (c *Client) Ready(ctx context.Context) error {
	if _, err := c.credentials.Retrieve(ctx); err != nil {
		return explain("credentials", &credentialsError{err})
	}
	return nil
}

func (o Options) check() error {
	switch {
	case o.Budget < 0:
		return fmt.Errorf("a budget of %d requests a day is none: write 0 for %d", o.Budget, DefaultBudget)
	case (o.Key == "") != (o.Secret == ""):
		return errors.New("fixed credentials of aws need a key and a secret")
	case o.External != "" && o.Role == "":
		return errors.New("an external id is for a role, and no role is set")
	}
	for i, tag := range o.Tags {
		if tag == "" || slices.Contains(o.Tags[:i], tag) {
			return fmt.Errorf("tag %q is empty or there twice", tag)
		}
	}
	return nil
}

// settings are those of the SDK. With fixed credentials nothing is read from the machine.
func (o Options) settings(ctx context.Context) (settings aws.Config, err error) {
	if o.Key != "" {
		fixed := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: o.Key, SecretAccessKey: o.Secret}, nil
		})
		return aws.Config{Region: o.Region, Credentials: fixed}, nil
	}
	load := []func(*config.LoadOptions) error{config.WithRegion(o.Region)}
	if o.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(o.Profile))
	}
	settings, err = config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return settings, explain("configuration", err)
	}
	if o.Role != "" {
		role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(settings), o.Role, func(role *stscreds.AssumeRoleOptions) {
			role.RoleSessionName = "shipmate"
			if o.External != "" {
				role.ExternalID = aws.String(o.External)
			}
		})
		settings.Credentials = aws.NewCredentialsCache(role)
	}
	return settings, nil
}

// limited cuts off answers that no bill needs, before they fill the memory. It also hides that the bodies of smithy-go 1.28.9 are io.WriterTo:
// their WriteTo returns io.EOF once closed, and they are closed as soon as an answer begins, so that a fast one would be lost to net/http,
// which takes that for a failed write.
type limited struct{ client aws.HTTPClient }

func (l limited) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r = r.WithContext(r.Context()) // a copy
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	answer, err := l.client.Do(r)
	if answer != nil && answer.Body != nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, answerLimit), answer.Body}
	}
	return answer, err
}

// call makes one request, again if that may help. Every attempt is counted before it is made.
func (c *Client) call(ctx context.Context, op string, request func(context.Context) error) error {
	for attempt := 1; ; attempt++ {
		err := c.attempt(ctx, op, request)
		told := (*Error)(nil)
		if !errors.As(err, &told) || !told.Again || attempt == attempts {
			return err
		}
		pause := min(firstWait<<(attempt-1), longestWait)
		pause = pause/2 + rand.N(pause/2) // so that several programs do not come back together
		c.o.Log.Info("cost explorer is asked again", "operation", op, "code", told.Code, "wait", pause)
		if err := c.wait(ctx, pause); err != nil {
			return err
		}
	}
}

func (c *Client) attempt(ctx context.Context, op string, request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if _, err := c.credentials.Retrieve(ctx); err != nil { // before a request is counted that would not be made
		return c.failed(ctx, op, &credentialsError{err})
	}
	if ctx.Value(question{}) != nil {
		if err := c.questions.take(ctx, c.now()); err != nil {
			return err
		}
	}
	if err := c.budget.take(ctx, c.now()); err != nil {
		return err
	}
	if err := request(ctx); err != nil {
		return c.failed(ctx, op, err)
	}
	c.o.Meter.Add("cost_explorer_requests_total", 1, "operation", op, "outcome", "ok")
	return nil
}

// failed is an error as it is told. The end of ctx by the caller stays what it is.
func (c *Client) failed(ctx context.Context, op string, err error) error {
	if errors.Is(context.Cause(ctx), context.Canceled) {
		return context.Canceled
	}
	told := explain(op, err)
	c.o.Meter.Add("cost_explorer_requests_total", 1, "operation", op, "outcome", told.Outcome())
	return told
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
