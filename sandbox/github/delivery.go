package github

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"time"
)

// attempt makes a delivery and records what came of it.
func (s *Server) attempt(d *delivery) {
	ctx, cancel := context.WithTimeout(s.running, hookPatience)
	defer cancel()
	began := time.Now()
	d.code, d.status = 0, "failed to connect to host"
	resp, err := send(ctx, d)
	switch {
	case err == nil:
		defer resp.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(resp.Body, bodyLimit)) // what came of it is the answer
		d.code, d.gotHeader, d.gotPayload = resp.StatusCode, resp.Header, string(body)
		d.status = http.StatusText(resp.StatusCode)
		if resp.StatusCode < 300 {
			d.status = "OK"
		}
	case ctx.Err() != nil:
		d.status = "timed out"
	}
	d.took = time.Since(began)
	s.hooks.add(d)
}

// send makes the request. Redirects are answers: GitHub does not follow them.
func send(ctx context.Context, d *delivery) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(d.payload))
	if err != nil {
		return nil, err
	}
	req.Header = d.header
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return client.Do(req)
}

// hookDoc is a webhook. Its secret is never shown.
func (c *call) hookDoc(h *hook) doc {
	self := c.repo("/hooks/" + itoa(h.id))
	last := doc{"code": nil, "status": "unused", "message": nil}
	if sent := c.server.hooks.of(h.id); len(sent) > 0 {
		last = doc{"code": sent[0].code, "status": "active", "message": sent[0].status}
	}
	config := doc{"url": h.url, "content_type": "json", "insecure_ssl": "0"}
	if h.secret != "" {
		config["secret"] = "********"
	}
	return doc{
		"type": "Repository", "id": h.id, "name": "web", "active": true, "events": hookEvents, "config": config,
		"created_at": stamp(h.created), "updated_at": stamp(h.created), "url": self, "test_url": self + "/test",
		"ping_url": self + "/pings", "deliveries_url": self + "/deliveries", "last_response": last,
	}
}

// hook returns the webhook that the route names. Only those who administer the
// repository and the bot may see it.
func (c *call) hook() (*hook, error) {
	id, err := c.number("hook")
	h := c.server.hooks.get()
	if err != nil || h == nil || h.id != id || !c.who.mayEdit() {
		return nil, notFound()
	}
	return h, nil
}

func listHooks(_ context.Context, c *call) (answer, error) {
	rows := []doc{}
	if h := c.server.hooks.get(); h != nil && c.who.mayEdit() {
		rows = append(rows, c.hookDoc(h))
	}
	page, links := paged(c, rows)
	return answer{body: page, links: links}, nil
}

func oneHook(_ context.Context, c *call) (answer, error) {
	h, err := c.hook()
	if err != nil {
		return answer{}, err
	}
	return answer{body: c.hookDoc(h)}, nil
}

// deliveryDoc is a delivery as lists have it.
func (c *call) deliveryDoc(d *delivery) doc {
	return doc{
		"id": d.id, "guid": d.guid, "delivered_at": d.at.Format(time.RFC3339Nano), "redelivery": d.again,
		"duration": d.took.Round(10 * time.Millisecond).Seconds(), "status": d.status, "status_code": d.code, "event": d.event,
		"action": nullable(d.action), "installation_id": nil, "repository_id": c.server.repositoryID(), "throttled_at": nil,
	}
}

// listDeliveries lists them newest first. A page is continued at a cursor: the id
// of the delivery before it.
func listDeliveries(_ context.Context, c *call) (answer, error) {
	h, err := c.hook()
	if err != nil {
		return answer{}, err
	}
	q := c.URL.Query()
	var before int64
	if text := q.Get("cursor"); text != "" {
		if before, err = strconv.ParseInt(text, 10, 64); err != nil {
			return answer{}, &apiError{status: http.StatusUnprocessableEntity, message: "Invalid cursor"}
		}
	}
	size := c.window().size
	rows := []doc{}
	var last int64
	for _, d := range c.server.hooks.of(h.id) {
		good := d.code >= 200 && d.code < 400
		if before != 0 && d.id >= before || q.Get("status") == "success" && !good || q.Get("status") == "failure" && good {
			continue
		}
		if len(rows) == size {
			q.Set("cursor", itoa(last))
			next := c.base + apiPrefix + c.server.byID(c.URL) + "?" + q.Encode()
			return answer{body: rows, links: []link{{next, "next"}}}, nil
		}
		rows, last = append(rows, c.deliveryDoc(d)), d.id
	}
	return answer{body: rows}, nil
}

// delivery returns the delivery that the route names.
func (c *call) delivery() (*hook, *delivery, error) {
	h, err := c.hook()
	if err != nil {
		return nil, nil, err
	}
	id, err := c.number("delivery")
	if err != nil {
		return nil, nil, err
	}
	for _, d := range c.server.hooks.of(h.id) {
		if d.id == id {
			return h, d, nil
		}
	}
	return nil, nil, notFound()
}

func oneDelivery(_ context.Context, c *call) (answer, error) {
	_, d, err := c.delivery()
	if err != nil {
		return answer{}, err
	}
	out := c.deliveryDoc(d)
	out["url"] = d.url
	out["request"] = doc{"headers": flat(d.header), "payload": d.payload}
	out["response"] = doc{"headers": flat(d.gotHeader), "payload": nullable(d.gotPayload)}
	return answer{body: out}, nil
}

// flat gives each header one value.
func flat(h http.Header) doc {
	out := doc{}
	for name := range h {
		out[name] = h.Get(name)
	}
	return out
}

// redeliver sends a delivery again, with the GUID it had and to where the hook is
// now.
func redeliver(_ context.Context, c *call) (answer, error) {
	h, d, err := c.delivery()
	if err != nil {
		return answer{}, err
	}
	c.server.deliver(h, d.event, d.action, d.guid, d.payload, true)
	return answer{status: http.StatusAccepted, body: doc{}}, nil
}
