// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	_ "github.com/radius-dynauth/dynauth/internal/entropy" // FIPS
	"github.com/stretchr/testify/require"
)

// A pageLab is a NAS with its page.
type pageLab struct {
	t    *testing.T
	nas  netip.AddrPort
	addr string // of the page
	bng  *bng
	web  *web
}

// startPage serves a NAS as serve does, and keeps what a test looks into.
func startPage(t *testing.T, args ...string) *pageLab {
	t.Helper()
	o := parsed(t, append([]string{"-secret", testSecret, "-listen", "127.0.0.1:0", "-web", "127.0.0.1:0"}, args...)...)
	b, err := newBNG(o, io.Discard)
	require.NoError(t, err)
	seen, server := newFeed(), &o.server
	server.Handler, server.Peers, server.Trace = newDispatcher(o, b, io.Discard), o.peers, seen.trace
	sockets, err := listen(o)
	require.NoError(t, err)
	page, err := openWeb(o, b, seen, sockets, nil)
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- server.Serve(ctx, sockets[0]) }()
	go func() { ended <- page.serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
		require.NoError(t, <-ended)
	})
	return &pageLab{t, sockets[0].LocalAddr().(*net.UDPAddr).AddrPort(), page.listener.Addr().String(), b, page}
}

// do sends a request with headers like "Host: evil.example".
func (l *pageLab) do(method, path, body string, headers ...string) *http.Response {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), method, "http://"+l.addr+path, strings.NewReader(body))
	require.NoError(l.t, err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if r.Header.Set(name, value); name == "Host" {
			r.Host = value
		}
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(l.t, err)
	l.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// events are the messages of the page's stream.
func (l *pageLab) events(path string) func() news {
	l.t.Helper()
	resp := l.do("GET", path, "")
	require.Equal(l.t, http.StatusOK, resp.StatusCode)
	require.Equal(l.t, "text/event-stream", resp.Header.Get("Content-Type"))
	in := bufio.NewReader(resp.Body)
	return func() (n news) {
		l.t.Helper()
		for {
			text, err := in.ReadBytes('\n')
			require.NoError(l.t, err)
			if data, ok := bytes.CutPrefix(text, []byte("data: ")); ok {
				require.NotContains(l.t, string(data), testSecret)
				require.NoError(l.t, json.Unmarshal(data, &n))
				return n
			}
		}
	}
}

const askJSON = "Content-Type: application/json"

func (l *pageLab) ask(kind, attributes string) (answer told) {
	l.t.Helper()
	body, err := json.Marshal(asked{kind, attributes})
	require.NoError(l.t, err)
	resp := l.do("POST", "/requests", string(body), askJSON)
	require.Equal(l.t, http.StatusOK, resp.StatusCode)
	require.NoError(l.t, json.NewDecoder(resp.Body).Decode(&answer))
	return answer
}

func TestPageShowsWhatGoesOn(t *testing.T) {
	l := startPage(t, "-n", "3", "-web-control")
	next := l.events("/events")
	first := next()
	require.True(t, first.NAS.Control)
	require.Equal(t, []string{"UDP " + l.nas.String()}, first.NAS.Listening)
	require.Equal(t, 3, first.Sessions.Total)
	require.Equal(t, "User-Name = \"user0000001@example.net\"\nAcct-Session-Id = \"00000001\"", first.Sessions.Rows[1].Ask)
	require.Equal(t, "UnknownPeer", first.Counters[len(first.Counters)-1].Name)

	answer := l.ask("coa", first.Sessions.Rows[1].Ask+"\nFilter-Id = gold, Tunnel-Password:1 = s3cret")
	require.Equal(t, told{Answer: "CoA-NAK", Cause: 401, CauseName: "Unsupported-Attribute", Took: answer.Took, Sent: 1, Attributes: answer.Attributes}, answer)
	require.Equal(t, "CoA-ACK", l.ask("coa", first.Sessions.Rows[1].Ask+"\nFilter-Id = gold").Answer)
	require.Equal(t, "Disconnect-ACK", l.ask("disconnect", first.Sessions.Rows[2].Ask).Answer)

	lines, last := map[string]line{}, first
	for last.Sessions.Total != 2 || lines["Disconnect-Request"].Answer == "" || last.Counters[0] != (counters{"Requests", 1, 2}) {
		n := next()
		if n.Sessions != nil {
			last.Sessions = n.Sessions
		}
		if n.Counters != nil {
			last.Counters = n.Counters
		}
		for _, line := range n.Lines {
			lines[line.Code+" "+line.Answer], lines[line.Code] = line, line
		}
	}
	require.Equal(t, []string{`Filter-Id = "gold"`}, last.Sessions.Rows[1].Service)
	require.Equal(t, "Disconnect-ACK", lines["Disconnect-Request"].Answer)
	require.Equal(t, []string{`Filter-Id = "gold"`, "Tunnel-Password:1 = [hidden]"}, lines["CoA-Request CoA-NAK"].Changes)
}

func TestPageFindsAmongMany(t *testing.T) {
	l := startPage(t, "-n", "100000")
	all := l.web.roster.list("")
	require.Len(t, all.Rows, rosterRows)
	require.True(t, all.More)
	require.Equal(t, 100000, all.Total)
	for _, query := range []string{"0001869f", "USER0099999", "0099999@example"} {
		found := l.events("/events?q=" + query)().Sessions
		require.Len(t, found.Rows, 1, query)
		require.Equal(t, "user0099999@example.net", found.Rows[0].User)
		require.False(t, found.More)
	}
	for i := range 30000 {
		s, found := l.bng.Get("", fmt.Sprintf("%08x", i))
		require.True(t, found)
		l.bng.drop(s)
	}
	require.Equal(t, "00007530", l.web.roster.list("").Rows[0].ID)
	require.Len(t, l.web.roster.all, 70000, "who has gone is forgotten")
}

func TestPageIsReadOnlyUnlessToldOtherwise(t *testing.T) {
	l := startPage(t, "-n", "1")
	require.False(t, l.events("/events")().NAS.Control)
	resp := l.do("POST", "/requests", `{"kind":"disconnect","attributes":"Acct-Session-Id=00000000"}`, askJSON)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Contains(t, string(text), "-web-control")
	require.Equal(t, 1, l.bng.Len())
}

// Another page in the same browser can neither look nor ask, whatever name it has been given for
// this address.
func TestPageIsForItselfAlone(t *testing.T) {
	l := startPage(t, "-n", "1", "-web-control")
	const body = `{"kind":"disconnect","attributes":"Acct-Session-Id=00000000"}`
	for name, c := range map[string]struct {
		method, path string
		headers      []string
		status       int
	}{
		"rebound name":         {"GET", "/", []string{"Host: evil.example"}, http.StatusMisdirectedRequest},
		"rebound name, port":   {"GET", "/events", []string{"Host: evil.example:8080"}, http.StatusMisdirectedRequest},
		"rebound name asks":    {"POST", "/requests", []string{"Host: evil.example", "Origin: http://evil.example", "Sec-Fetch-Site: same-origin", askJSON}, http.StatusMisdirectedRequest},
		"name like localhost":  {"GET", "/", []string{"Host: localhost.evil.example"}, http.StatusMisdirectedRequest},
		"no name":              {"GET", "/", []string{"Host: :80"}, http.StatusMisdirectedRequest},
		"cross-site post":      {"POST", "/requests", []string{"Sec-Fetch-Site: cross-site", askJSON}, http.StatusForbidden},
		"same-site post":       {"POST", "/requests", []string{"Sec-Fetch-Site: same-site", askJSON}, http.StatusForbidden},
		"origin of another":    {"POST", "/requests", []string{"Origin: http://127.0.0.1:1", askJSON}, http.StatusForbidden},
		"origin of a file":     {"POST", "/requests", []string{"Origin: null", askJSON}, http.StatusForbidden},
		"plain form":           {"POST", "/requests", []string{"Content-Type: text/plain"}, http.StatusUnsupportedMediaType},
		"no type":              {"POST", "/requests", nil, http.StatusUnsupportedMediaType},
		"get instead of post":  {"GET", "/requests", nil, http.StatusNotFound},
		"stream of another":    {"GET", "/events", []string{"Sec-Fetch-Site: cross-site"}, http.StatusForbidden},
		"script of another":    {"GET", "/page.js", []string{"Sec-Fetch-Site: cross-site"}, http.StatusForbidden},
		"link from elsewhere":  {"GET", "/", []string{"Sec-Fetch-Site: cross-site"}, http.StatusOK},
		"localhost":            {"GET", "/", []string{"Host: localhost:8080"}, http.StatusOK},
		"address without port": {"GET", "/", []string{"Host: [::1]"}, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.status, l.do(c.method, c.path, body, c.headers...).StatusCode)
			require.Equal(t, 1, l.bng.Len(), "nothing was asked")
		})
	}
	h := l.do("GET", "/", "").Header
	require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'")
	require.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
	require.Empty(t, h.Get("Access-Control-Allow-Origin"))
}

func TestPageSaysWhatIsWrongWithARequest(t *testing.T) {
	l := startPage(t, "-n", "1", "-web-control")
	for body, status := range map[string]int{
		"not json": http.StatusBadRequest,
		`{"kind":"disconnect","attributes":"` + strings.Repeat("x", maxRequest) + `"}`: http.StatusBadRequest,
	} {
		require.Equal(t, status, l.do("POST", "/requests", body, askJSON).StatusCode)
	}
	require.Equal(t, http.StatusBadRequest, l.do("GET", "/events?q="+strings.Repeat("x", maxQuery+1), "").StatusCode)
	require.Equal(t, "kind is disconnect or coa", l.ask("reboot", "").Error)
	require.Contains(t, l.ask("coa", "Rainbow = 1").Error, "Rainbow")
	require.Equal(t, "Missing-Attribute", l.ask("disconnect", "").CauseName, "all sessions are never meant")
}

// A page that reads nothing, and one too many, are no matter to anybody else.
func TestSlowPagesHoldUpNobody(t *testing.T) {
	l := startPage(t, "-n", "1000", "-web-control")
	for range maxStreams {
		conn, err := net.Dial("tcp", l.addr)
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		_, err = fmt.Fprintf(conn, "GET /events HTTP/1.1\r\nHost: %s\r\n\r\n", l.addr)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return l.web.streams.Load() == maxStreams }, 10*time.Second, time.Millisecond)
	require.Equal(t, http.StatusServiceUnavailable, l.do("GET", "/events", "").StatusCode)

	client := &dac.Client{Peers: dac.SharedSecret(testSecret)}
	defer client.Close()
	for i := range 1000 {
		_, err := client.Disconnect(t.Context(), l.nas, attrs.AcctSessionID.Of(fmt.Sprintf("%08x", i)))
		require.NoError(t, err)
	}
	require.Zero(t, l.bng.Len())
}

// A pipes is a listener for one connection.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if conn, open := <-p; open {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// A browser that takes nothing any more loses its stream, and its place is another one's.
func TestStuckPageIsLetGo(t *testing.T) {
	o := parsed(t, "-secret", testSecret, "-n", "1000")
	b, err := newBNG(o, io.Discard)
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		browser, conn := net.Pipe()
		l := make(pipes, 1)
		l <- conn
		w := &web{listener: l, feed: newFeed(), roster: newRoster(b), stats: o.server.Stats, identifies: identifies(nil)}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.serve(ctx) }()

		_, err := io.WriteString(browser, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		began := time.Now()
		synctest.Wait()
		require.EqualValues(t, 1, w.streams.Load())
		time.Sleep(streamStuck)
		synctest.Wait()
		require.EqualValues(t, 0, w.streams.Load(), "after %v", time.Since(began))
		cancel()
		require.NoError(t, <-ended)
	})
}

func TestPageIsAskedForOnTheCommandLine(t *testing.T) {
	l := startLab(t, "-web", "127.0.0.1:0", "-web-control")
	require.Regexp(t, `page at http://127\.0\.0\.1:\d+/, which may send requests\n`, l.stop())
	l = startLab(t, "-web", "localhost:0")
	require.Regexp(t, `page at http://127\.0\.0\.1:\d+/, read-only\n`, l.stop())

	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close()
	var stderr bytes.Buffer
	require.Equal(t, 1, run(t.Context(), []string{"-secret", "s", "-listen", "127.0.0.1:0", "-web", busy.Addr().String()}, io.Discard, &stderr))
	require.Contains(t, stderr.String(), "give another port")
}

func TestPortInUseIsExplained(t *testing.T) {
	busy, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close()
	var stderr bytes.Buffer
	require.Equal(t, 1, run(t.Context(), []string{"-secret", "s", "-listen", busy.LocalAddr().String()}, io.Discard, &stderr))
	require.Contains(t, stderr.String(), "a port that nothing else serves")
}

// The page of a NAS that listens on every address asks it over loopback.
func TestPageAsksTheNASWhereverItListens(t *testing.T) {
	for listen, want := range map[string]string{":3799": "[::1]:3799", "0.0.0.0:1700": "127.0.0.1:1700", "192.0.2.1:3799": "192.0.2.1:3799"} {
		addr, err := listenAddress(listen)
		require.NoError(t, err)
		require.Equal(t, want, newControl(addr, dac.SharedSecret("s")).nas.String())
	}
}
