package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

const openMethod = "apps.connections.open"

// open asks for a socket's URL, connects and waits for the greeting.
func (c *Client) open(ctx context.Context) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, c.times.reconnect)
	defer cancel()
	_, link, err := c.api.StartSocketModeContext(ctx)
	if err != nil {
		return nil, c.fault(openMethod, err)
	}
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.Scheme != "wss" && (c.secure || u.Scheme != "ws") {
		return nil, &Error{Method: openMethod, Class: Temporary, detail: "the answer has no usable socket URL"}
	}
	c.counters.connections.Add(1) // before Slack counts it
	conn, resp, err := c.dialer.DialContext(ctx, link, nil)
	if resp != nil {
		defer resp.Body.Close()
	}
	if err != nil {
		c.counters.connections.Add(-1)
		if resp != nil {
			err = fmt.Errorf("%w (HTTP status %d)", err, resp.StatusCode)
		}
		return nil, c.fault("socket", err)
	}
	s := &socket{c: c, conn: conn, leaving: make(chan struct{})}
	if err := s.greeting(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// greeting reads up to Slack's hello.
func (s *socket) greeting(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { s.conn.NetConn().SetReadDeadline(time.Now()) })
	defer stop()
	s.conn.SetReadLimit(maxFrame)
	for {
		_, data, err := s.conn.ReadMessage()
		if err != nil {
			if ctx.Err() != nil {
				err = fmt.Errorf("no greeting: %w", ctx.Err())
			}
			return s.c.fault("socket", err)
		}
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			s.early = append(s.early, data)
			continue
		}
		switch f.Type {
		case "hello":
			s.since = time.Now()
			s.lastSign.Store(s.since.UnixNano())
			s.c.greeted(f)
			return nil
		case "disconnect":
			s.reason = f.Reason
			_, err := s.verdict()
			return err
		default:
			s.early = append(s.early, data)
		}
	}
}

func (c *Client) greeted(f frame) {
	if f.ConnectionInfo.AppID != "" {
		c.who.setApp(f.ConnectionInfo.AppID)
	}
	ours := int(c.counters.connections.Load())
	if f.NumConnections > ours {
		c.log.Warn("other processes are connected as this Slack app and receive part of its events", "connections", f.NumConnections, "ours", ours)
	}
	c.log.Info("connected to slack", "connections", f.NumConnections)
}
