package slack

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

// opened notes when apps.connections.open was called.
type opened struct {
	next http.Handler

	mu sync.Mutex
	at []time.Time
}

func (o *opened) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/"+openMethod) {
		o.mu.Lock()
		o.at = append(o.at, time.Now())
		o.mu.Unlock()
	}
	o.next.ServeHTTP(w, r)
}

// most is the largest number of calls within any minute, and all of them.
func (o *opened) most() (inMinute, all int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, from := range o.at {
		n := 0
		for _, t := range o.at[i:] {
			if t.Sub(from) < time.Minute {
				n++
			}
		}
		inMinute = max(inMinute, n)
	}
	return inMinute, len(o.at)
}

// Whatever Slack does, there are at most ten calls of apps.connections.open in any minute, of both sockets together, and the Client goes on trying.
func TestNoStorm(t *testing.T) {
	t.Parallel()
	farewell := func(reason string) string { return fmt.Sprintf(`{"type":"disconnect","reason":%q}`, reason) }
	sockets := map[string]func(int, *websocket.Conn){
		"fault 06 too_many_websockets instead of a greeting": func(_ int, conn *websocket.Conn) { say(conn, farewell(tooMany)) },
		"fault 06 too_many_websockets after the greeting":    func(_ int, conn *websocket.Conn) { say(conn, hello, farewell(tooMany)) },
		"fault 04 one refresh after the other":               func(_ int, conn *websocket.Conn) { say(conn, hello, farewell("refresh_requested")) },
		"fault 04 one warning after the other, sockets stay": func(_ int, conn *websocket.Conn) { say(conn, hello, farewell("warning")); acks(conn, nil) },
		"fault 06 closed after the greeting":                 func(_ int, conn *websocket.Conn) { say(conn, hello) },
		"fault 06 closed at once":                            func(int, *websocket.Conn) {},
		"fault 09 garbage":                                   func(_ int, conn *websocket.Conn) { conn.NetConn().Write([]byte("\xff\xff\xff\xff")) },
		"fault 07 never greeted":                             func(_ int, conn *websocket.Conn) { acks(conn, nil) },
		"fault 11 a frame over the limit, always": func(_ int, conn *websocket.Conn) {
			say(conn, hello)
			conn.NetConn().Write([]byte{0x81, 127, 0, 0, 0, 0, 0x10, 0, 0, 0}) // announces 256 MiB
			acks(conn, nil)
		},
	}
	for name, serve := range sockets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h, wait := (&script{}).handler(serve)
				noStorm(t, h, wait)
			})
		})
	}
	for name, answer := range map[string]http.HandlerFunc{
		"fault 06 HTTP 409": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict) },
		"fault 17 HTTP 500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"fault 17 HTML":     func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>come back later</html>") },
		"fault 16 HTTP 429, a second each time": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h, wait := (&script{}).handler(nil)
				mux := http.NewServeMux()
				mux.Handle("/", h)
				mux.HandleFunc("/api/"+openMethod, answer)
				noStorm(t, mux, wait)
			})
		})
	}
}

func noStorm(t *testing.T, h http.Handler, wait func()) {
	t.Helper()
	t.Cleanup(wait)
	o := &opened{next: h}
	w := newWorld(t, o, Options{})
	stop, _ := w.run()
	time.Sleep(10 * time.Minute)
	if err := stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	inMinute, all := o.most()
	if inMinute > opensPerMinute {
		t.Errorf("%d calls within a minute, want at most %d", inMinute, opensPerMinute)
	}
	if all < 20 {
		t.Errorf("%d calls in ten minutes: it does not go on trying", all)
	}
	t.Logf("%d calls within a minute, %d in ten", inMinute, all)
}
