package focus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"shipmate/bot/day"
)

// OpenCost reads what Kubernetes clusters cost from OpenCost's API (https://www.opencost.io/docs/integrations/api), which Kubecost has, too.
type OpenCost struct {
	URL      string       // such as http://opencost.opencost:9003; a path is kept, /allocation is added
	Currency string       // of its amounts, which do not say it; "" is USD
	Client   *http.Client // nil is one that gives up after two minutes; its answers cannot send it to another host
}

const (
	largestAnswer = 256 << 20 // bytes of OpenCost that are read
	openCostParts = "cluster,namespace,controllerKind,controller"
)

// An allocation is what OpenCost says of one controller and day.
type allocation struct {
	Name       string `json:"name"`
	Properties struct {
		Cluster        string            `json:"cluster"`
		Namespace      string            `json:"namespace"`
		Controller     string            `json:"controller"`
		ControllerKind string            `json:"controllerKind"`
		Labels         map[string]string `json:"labels"`
	} `json:"properties"`
	Window struct {
		Start time.Time `json:"start"`
		End   time.Time `json:"end"`
	} `json:"window"`
	CPUCost                    float64 `json:"cpuCost"`
	CPUCostAdjustment          float64 `json:"cpuCostAdjustment"`
	CPUCoreHours               float64 `json:"cpuCoreHours"`
	RAMCost                    float64 `json:"ramCost"`
	RAMCostAdjustment          float64 `json:"ramCostAdjustment"`
	RAMByteHours               float64 `json:"ramByteHours"`
	GPUCost                    float64 `json:"gpuCost"`
	GPUCostAdjustment          float64 `json:"gpuCostAdjustment"`
	GPUHours                   float64 `json:"gpuHours"`
	PVCost                     float64 `json:"pvCost"`
	PVCostAdjustment           float64 `json:"pvCostAdjustment"`
	PVByteHours                float64 `json:"pvByteHours"`
	NetworkCost                float64 `json:"networkCost"`
	NetworkCostAdjustment      float64 `json:"networkCostAdjustment"`
	NetworkTransferBytes       float64 `json:"networkTransferBytes"`
	LoadBalancerCost           float64 `json:"loadBalancerCost"`
	LoadBalancerCostAdjustment float64 `json:"loadBalancerCostAdjustment"`
	SharedCost                 float64 `json:"sharedCost"`
	ExternalCost               float64 `json:"externalCost"`
}

// Days hands out what the days from first to last, both included, cost: one charge for each controller, day and kind of resource that costs something.
// The account is the cluster, the service the namespace, the resource the controller as Deployment/web, the usage cpu, ram, gpu, pv, network,
// loadbalancer, shared or external. Capacity that nothing uses is the namespace __idle__, as OpenCost calls it. Labels serve as tags.
//
// Amounts are rounded to millionths. Rejected counts allocations. The charge is used again, as [Read] does.
func (o *OpenCost) Days(ctx context.Context, first, last day.Day, options Options, do func(*Charge) error) (Stats, error) {
	var s Stats
	if last < first || last-first > longestUsage {
		return s, fmt.Errorf("opencost: %s to %s is no range of 1 to %d days", first, last, longestUsage+1)
	}
	if len(options.Tags) > mostTags {
		return s, fmt.Errorf("%d tags are more than %d", len(options.Tags), mostTags)
	}
	sets, err := o.get(ctx, first, last)
	if err != nil {
		return s, fmt.Errorf("opencost: %w", err)
	}
	s.Files = 1
	out := openCostCharges{stats: &s, first: first, last: last, options: options, do: do, picker: tagPicker{options.Tags}}
	out.charge = Charge{Provider: "Kubernetes", Category: Usage, Frequency: "Usage-Based", Currency: strings.ToUpper(o.Currency)}
	if o.Currency == "" {
		out.charge.Currency = "USD"
	}
	for _, set := range sets {
		for _, a := range set {
			if err := out.allocation(a); err != nil {
				return s, err
			}
		}
	}
	return s, nil
}

// get asks for allocations by the day.
func (o *OpenCost) get(ctx context.Context, first, last day.Day) ([]map[string]*allocation, error) {
	at, err := url.Parse(o.URL)
	if err != nil || at.Host == "" || at.User != nil || at.Scheme != "http" && at.Scheme != "https" {
		return nil, errors.New("its address has to be like http://opencost.opencost:9003, without a password")
	}
	at = at.JoinPath("allocation")
	at.RawQuery = url.Values{
		"window":    {first.Time().Format(time.RFC3339) + "," + (last + 1).Time().Format(time.RFC3339)},
		"step":      {"1d"},
		"aggregate": {openCostParts},
		"idle":      {"true"}, "includeIdle": {"true"}, // OpenCost's and Kubecost's word for it
	}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	client := http.Client{Timeout: 2 * time.Minute}
	if o.Client != nil {
		client = *o.Client
	}
	client.CheckRedirect = sameHost
	response, err := client.Do(request)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = fmt.Errorf("%s cannot be asked: %w", at.Host, failed.Err) // its address may hold a password
	}
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("reading its answer: %w", err)
	}
	if len(body) > largestAnswer {
		return nil, fmt.Errorf("its answer is larger than %d MB: ask for fewer days", largestAnswer>>20)
	}
	return openCostAnswer(response.StatusCode, body)
}

// sameHost lets an answer send a question to another path only: where it is asked is configuration, and what another host says may be a secret.
func sameHost(r *http.Request, via []*http.Request) error {
	switch first := via[0].URL; {
	case r.URL.Host != first.Host || r.URL.Scheme != first.Scheme:
		return errors.New("its answer points to another host, which is not asked")
	case len(via) >= 5:
		return errors.New("its answers point in circles")
	}
	return nil
}

// openCostAnswer takes an answer apart: {"code":200,"data":[{name: allocation}, …]}, a set for each day.
func openCostAnswer(status int, body []byte) ([]map[string]*allocation, error) {
	var answer struct {
		Code    int                      `json:"code"`
		Message string                   `json:"message"`
		Data    []map[string]*allocation `json:"data"`
	}
	err := json.Unmarshal(body, &answer)
	if status != http.StatusOK || err == nil && answer.Code != 0 && answer.Code != http.StatusOK {
		message := answer.Message
		if message == "" {
			message = string(body[:min(len(body), 200)])
		}
		return nil, fmt.Errorf("status %d: %s", status, clean(message[:min(len(message), 200)]))
	}
	if err != nil {
		return nil, fmt.Errorf("its answer is no list of allocations: %w", err)
	}
	return answer.Data, nil
}

// openCostCharges makes charges of allocations.
type openCostCharges struct {
	stats       *Stats
	first, last day.Day
	options     Options
	do          func(*Charge) error
	picker      tagPicker
	charge      Charge
}

func (o *openCostCharges) allocation(a *allocation) error {
	o.stats.Rows++
	reject := func(why string) {
		name := "(none)"
		if a != nil {
			name = clean(a.Name)
		}
		o.stats.Rejected = count(o.stats.Rejected, why, 1, func() string { return "allocation " + name })
	}
	if a == nil {
		reject("allocation is null")
		return nil
	}
	c := &o.charge
	c.Day = day.Of(a.Window.Start.UTC())
	if a.Window.Start.IsZero() || c.Day < o.first || c.Day > o.last {
		reject("day is none that was asked for")
		return nil
	}
	p := a.Properties
	c.Account, c.Service = clean(p.Cluster), clean(p.Namespace)
	if c.Service == "" {
		name := strings.TrimPrefix(a.Name, p.Cluster+"/")
		c.Service, _, _ = strings.Cut(clean(name), "/")
	}
	c.Resource = ""
	if o.options.Resources && p.Controller != "" {
		c.Resource = strings.TrimPrefix(clean(p.ControllerKind)+"/"+clean(p.Controller), "/")
	}
	o.tags(p.Labels)
	for _, part := range a.parts() {
		if part.cost == 0 {
			continue
		}
		if math.IsNaN(part.cost) || math.Abs(part.cost) >= absurd {
			reject(absurdAmount.String())
			continue
		}
		c.Usage, c.Unit, c.Quantity = part.usage, part.unit, part.quantity
		c.Effective = int64(math.Round(part.cost * million))
		c.Billed = c.Effective
		o.stats.Charges++
		if err := o.do(c); err != nil {
			return err
		}
	}
	return nil
}

// tags takes labels for tags.
func (o *openCostCharges) tags(labels map[string]string) {
	o.charge.Tags = o.charge.Tags[:0]
	for _, key := range o.options.Tags {
		o.charge.Tags = append(o.charge.Tags, Tag{Key: key})
	}
	fits := make([]int, len(o.options.Tags))
	for key, value := range labels {
		if i, fit := o.picker.pick([]byte(key)); fit > 0 && (fit > fits[i] || fit == fits[i] && value < o.charge.Tags[i].Value) {
			fits[i] = fit
			o.charge.Tags[i].Value = clean(value)
		}
	}
}

// An allocationPart is one kind of resource.
type allocationPart struct {
	usage          string
	cost, quantity float64
	unit           string
}

func (a *allocation) parts() [8]allocationPart {
	const gib = 1 << 30
	return [...]allocationPart{
		{"cpu", a.CPUCost + a.CPUCostAdjustment, a.CPUCoreHours, "core-hours"},
		{"ram", a.RAMCost + a.RAMCostAdjustment, a.RAMByteHours / gib, "GiB-hours"},
		{"gpu", a.GPUCost + a.GPUCostAdjustment, a.GPUHours, "GPU-hours"},
		{"pv", a.PVCost + a.PVCostAdjustment, a.PVByteHours / gib, "GiB-hours"},
		{"network", a.NetworkCost + a.NetworkCostAdjustment, a.NetworkTransferBytes / gib, "GiB"},
		{"loadbalancer", a.LoadBalancerCost + a.LoadBalancerCostAdjustment, 0, ""},
		{"shared", a.SharedCost, 0, ""},
		{"external", a.ExternalCost, 0, ""},
	}
}
