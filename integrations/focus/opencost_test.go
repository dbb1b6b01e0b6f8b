package focus

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"shipmate/bot/day"
)

const allocations = `{"code":200,"data":[
 {"east/shop/deployment/web":{"name":"east/shop/deployment/web","properties":{"cluster":"east","namespace":"shop","controller":"web","controllerKind":"deployment","labels":{"team":"net","app":"web"}},
   "window":{"start":"2026-11-20T00:00:00Z","end":"2026-11-21T00:00:00Z"},"cpuCoreHours":48,"cpuCost":1.5,"cpuCostAdjustment":-0.25,"ramByteHours":2147483648,"ramCost":0.0000004,"gpuCost":0,
   "pvCost":0.1,"networkCost":0.02,"loadBalancerCost":0.6,"sharedCost":0.3,"externalCost":0,"totalCost":2.27},
  "east/__idle__":{"name":"east/__idle__","properties":{"cluster":"east"},"window":{"start":"2026-11-20T00:00:00Z","end":"2026-11-21T00:00:00Z"},"cpuCost":3}},
 {},
 {"east/shop":{"name":"east/shop","properties":{"cluster":"east","namespace":"shop"},"window":{"start":"2026-11-23T00:00:00Z","end":"2026-11-24T00:00:00Z"},"cpuCost":1},
  "odd":null}
]}`

func TestOpenCost(t *testing.T) {
	var asked *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r
		fmt.Fprint(w, allocations)
	}))
	defer server.Close()
	o := OpenCost{URL: server.URL + "/model", Currency: "eur"}
	var got []string
	s, err := o.Days(context.Background(), day.Date(2026, 11, 20), day.Date(2026, 11, 22), Options{Tags: []string{"team"}, Resources: true}, func(c *Charge) error {
		if c.Provider != "Kubernetes" || c.Category != Usage || c.Currency != "EUR" || c.Billed != c.Effective {
			t.Errorf("%+v", c)
		}
		got = append(got, fmt.Sprintf("%s %s/%s/%s %s %d %v %s %s", c.Day, c.Account, c.Service, c.Resource, c.Usage, c.Effective, c.Quantity, c.Unit, c.Tags[0].Value))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	want := []string{
		"2026-11-20 east/__idle__/ cpu 3000000 0 core-hours ",
		"2026-11-20 east/shop/deployment/web cpu 1250000 48 core-hours net",
		"2026-11-20 east/shop/deployment/web loadbalancer 600000 0  net",
		"2026-11-20 east/shop/deployment/web network 20000 0 GiB net",
		"2026-11-20 east/shop/deployment/web pv 100000 0 GiB-hours net",
		"2026-11-20 east/shop/deployment/web ram 0 2 GiB-hours net",
		"2026-11-20 east/shop/deployment/web shared 300000 0  net",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if s.Rows != 4 || s.Rejected["day is none that was asked for"].Rows != 1 || s.Rejected["allocation is null"].Rows != 1 || s.Charges != 7 {
		t.Errorf("%+v", s)
	}
	if q := asked.URL.Query(); asked.URL.Path != "/model/allocation" || q.Get("window") != "2026-11-20T00:00:00Z,2026-11-23T00:00:00Z" || q.Get("step") != "1d" ||
		q.Get("aggregate") != "cluster,namespace,controllerKind,controller" {
		t.Errorf("asked for %s", asked.URL)
	}
}

func TestOpenCostFails(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"error":         {500, `{"code":500,"message":"no\u001b[31m Prometheus"}`, "status 500: no [31m Prometheus"},
		"error in text": {502, "Bad Gateway", "status 502: Bad Gateway"},
		"code":          {200, `{"code":400,"message":"bad window"}`, "bad window"},
		"a page":        {200, "<html>", "its answer is no list of allocations"},
		"cut":           {200, allocations[:200], "its answer is no list of allocations"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			fmt.Fprint(w, tt.body)
		}))
		o := OpenCost{URL: server.URL}
		_, err := o.Days(context.Background(), 20000, 20001, Options{}, func(*Charge) error { return nil })
		server.Close()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	for _, address := range []string{"", "opencost:9003", "file:///etc/passwd", "http://"} {
		o := OpenCost{URL: address}
		if _, err := o.Days(context.Background(), 20000, 20001, Options{}, nil); err == nil || !strings.Contains(err.Error(), "its address has to be") {
			t.Errorf("%q: %v", address, err)
		}
	}
	o := OpenCost{URL: "http://127.0.0.1"}
	if _, err := o.Days(context.Background(), 20001, 20000, Options{}, nil); err == nil {
		t.Error("days in the wrong order are asked for")
	}
}

// Its address is configuration: an answer cannot send the question elsewhere, such as to the address that tells a machine's credentials, and what is told
// of an error is short and names no password.
func TestOpenCostStaysOnItsHost(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		elsewhere++
		http.Error(w, "AKIASECRET", http.StatusForbidden)
	}))
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away/allocation":
			http.Redirect(w, r, other.URL+"/latest/meta-data/", http.StatusFound)
		case "/here/allocation":
			http.Redirect(w, r, "/model/allocation?"+r.URL.RawQuery, http.StatusFound)
		case "/long/allocation":
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"code":400,"message":%q}`, strings.Repeat("no \u202e", 100_000))
		case "/round/allocation":
			http.Redirect(w, r, "/round/allocation", http.StatusFound)
		default:
			fmt.Fprint(w, `{"code":200,"data":[]}`)
		}
	}))
	defer server.Close()
	ask := func(address string) error {
		o := OpenCost{URL: address}
		_, err := o.Days(t.Context(), day.Date(2026, 11, 20), day.Date(2026, 11, 22), Options{}, func(*Charge) error { return nil })
		return err
	}
	if err := ask(server.URL + "/away"); err == nil || elsewhere > 0 || !strings.Contains(err.Error(), "another host") || strings.Contains(err.Error(), "AKIA") {
		t.Errorf("sent away: %v, asked elsewhere %d times", err, elsewhere)
	}
	if err := ask(server.URL + "/here"); err != nil {
		t.Errorf("sent to another path: %v", err)
	}
	if err := ask(server.URL + "/round"); err == nil || len(err.Error()) > 500 {
		t.Errorf("sent round in circles: %v", err)
	}
	if err := ask(server.URL + "/long"); err == nil || len(err.Error()) > 500 || strings.Contains(err.Error(), "\u202e") {
		t.Errorf("a long message: %d bytes", len(fmt.Sprint(err)))
	}
	server.Close()
	for _, address := range []string{strings.Replace(server.URL, "http://", "http://key:planted-secret@", 1), server.URL + "/?key=planted-secret", "http://planted-secret:x"} {
		if err := ask(address); err == nil || strings.Contains(err.Error(), "planted-secret") || strings.Contains(err.Error(), "key:") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
