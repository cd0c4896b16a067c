// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

const aaaName = "aaa.example.net"

// A secure is the program over TLS with a configuration that changes.
type secure struct {
	running
	ca      *radsectest.CA
	folder  string
	reloads chan struct{}
	hub     string // where NASes connect
	metrics string
	stop    func() (said string)
}

type fields = map[string]any

// certificates has the program show a certificate of ca, and believe the authorities in trusted.
func (s *secure) certificates(ca *radsectest.CA, trusted ...*radsectest.CA) {
	cert, key := radsectest.PEM(ca.Issue([]string{aaaName}))
	var roots []byte
	for _, one := range trusted {
		roots = append(roots, one.PEM()...)
	}
	for name, b := range map[string][]byte{"cert.pem": cert, "key.pem": key, "ca.pem": roots} {
		require.NoError(s.t, os.WriteFile(filepath.Join(s.folder, name), b, 0o600))
	}
}

// section is the object tls, with what is added.
func (s *secure) section(more fields) fields {
	all := fields{"cert": filepath.Join(s.folder, "cert.pem"), "key": filepath.Join(s.folder, "key.pem"), "ca": filepath.Join(s.folder, "ca.pem"), "listen_nas": []string{"127.0.0.1:0"}}
	maps.Copy(all, more)
	return all
}

// write writes the configuration.
func (s *secure) write(c fields) string {
	text, err := json.MarshalIndent(c, "", " ")
	require.NoError(s.t, err)
	name := filepath.Join(s.folder, "aaa.json")
	require.NoError(s.t, os.WriteFile(name+".new", text, 0o600))
	require.NoError(s.t, os.Rename(name+".new", name))
	return name
}

func newSecure(t *testing.T) *secure {
	s := &secure{running: running{t: t}, ca: radsectest.NewCA(), folder: t.TempDir(), reloads: make(chan struct{})}
	s.certificates(s.ca, s.ca)
	return s
}

// start runs the program.
func (s *secure) start(c fields) {
	t := s.t
	ctx, cancel := context.WithCancel(command.WithReloads(context.Background(), s.reloads))
	out, in := io.Pipe()
	var stderr, rest bytes.Buffer
	status := make(chan int, 1)
	args := []string{"-config", s.write(c), "-accounting", "127.0.0.1:0", "-http", "127.0.0.1:0", "-metrics", "127.0.0.1:0", "-t", "1s", "-r", "2"}
	go func() {
		status <- run(ctx, args, in, &stderr)
		in.Close()
	}()
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	require.NoError(t, err, stderr.String())
	second, err := lines.ReadString('\n')
	require.NoError(t, err)
	copied := make(chan bool)
	go func() {
		io.Copy(&rest, lines)
		close(copied)
	}()
	s.stop = sync.OnceValue(func() string {
		cancel()
		assert.Zero(t, <-status, stderr.String())
		<-copied
		return rest.String()
	})
	t.Cleanup(func() { s.stop() })
	addrs := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(first+second, -1)
	s.http, s.accounting, s.hub, s.metrics = "http://"+addrs[0], addrs[1], addrs[2], addrs[len(addrs)-1]
}

// metric is what one series says; "": there is none.
func (s *secure) metric(series string) string {
	resp, err := http.Get("http://" + s.metrics + "/metrics")
	require.NoError(s.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	found := regexp.MustCompile("(?m)^" + regexp.QuoteMeta(series) + " (.*)$").FindSubmatch(text)
	if found == nil {
		return ""
	}
	return string(found[1])
}

// becomes waits until a series has a value.
func (s *secure) becomes(series, value string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.metric(series) == value }, 20*time.Second, time.Millisecond)
}

func config(ca *radsectest.CA, version dac.Version, name string) *radsec.Config {
	cfg := radsec.TLS(ca.Config(name))
	cfg.TLS.ServerName = aaaName
	cfg.Versions = []dac.Version{version}
	return cfg
}

// A bng is a NAS that connects to the program.
type bng struct {
	t    *testing.T
	conn *radsec.Conn
}

func connect(t *testing.T, s *secure, version dac.Version, name string, h dac.HandlerFunc) *bng {
	return connectServer(t, s, version, name, &dac.Server{Peers: dac.CertPeers{aaaName: {}}, Handler: h})
}

func connectServer(t *testing.T, s *secure, version dac.Version, name string, srv *dac.Server) *bng {
	conn, err := radsec.Dial(t.Context(), s.hub, config(s.ca, version, name))
	require.NoError(t, err)
	var served sync.WaitGroup
	served.Go(func() {
		assert.NoError(t, conn.Serve(context.Background(), srv))
	})
	t.Cleanup(func() { conn.Close(); served.Wait() })
	return &bng{t, conn}
}

// starts reports the start of a session.
func (b *bng) starts(a ...attrs.Attr) {
	set, err := attrs.Join(append(a, attrs.AcctStatusType.Of(1))...).AppendTo(nil)
	require.NoError(b.t, err)
	reply, err := b.conn.Exchange(b.t.Context(), &radius.Packet{Code: radius.CodeAccountingRequest, Secret: []byte("radsec"), Attributes: set})
	require.NoError(b.t, err)
	require.Equal(b.t, radius.CodeAccountingResponse, reply.Code)
}

func acks(_ context.Context, r *dac.Request) (*dac.Response, error) { return r.ACK() }

// reaches waits until an order about a session gets to its NAS, whose connection is known a moment
// after the handshake.
func (s *secure) reaches(session string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		status, _ := s.post("/disconnect", `{"who": {"Acct-Session-Id": "`+session+`"}}`)
		return status == 200
	}, 20*time.Second, time.Millisecond)
}

func TestNASesThatConnectReportAndAreAsked(t *testing.T) {
	s := newSecure(t)
	s.start(fields{"tls": s.section(nil), "nases": []any{fields{"certificate": "*.nas.example.net"}, fields{"certificate": "mute.nas.example.net", "deny": []string{"coa"}}}})
	for version, name := range map[dac.Version]string{dac.RADIUS10: "ten.nas.example.net", dac.RADIUS11: "mute.nas.example.net"} {
		var asked []string
		var mu sync.Mutex
		b := connect(t, s, version, name, func(_ context.Context, r *dac.Request) (*dac.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			asked = nil
			for id := range attrs.IDs(r.Attributes()) {
				asked = append(asked, id.String())
			}
			return r.ACK()
		})
		b.starts(attrs.UserName.Of("bob"), attrs.AcctSessionID.Of(name))
		reply, err := b.conn.Exchange(t.Context(), &radius.Packet{Code: radius.CodeAccessRequest, Secret: []byte("radsec")})
		require.NoError(t, err)
		require.EqualValues(t, 52, reply.Code, "who may log on is for others to say")
		s.reaches(name)
		status, a := s.post("/disconnect", `{"who": {"Acct-Session-Id": "`+name+`"}}`)
		require.Equal(t, 200, status, a)
		require.Equal(t, name, a.Outcomes[0].NAS)
		mu.Lock()
		require.NotContains(t, asked, "NAS-IPv6-Address", "no NAS knows its handle")
		mu.Unlock()
		status, _ = s.post("/coa", `{"who": {"Acct-Session-Id": "`+name+`"}, "change": {"Filter-Id": "gold"}}`)
		require.Equal(t, map[bool]int{true: 403, false: 200}[strings.HasPrefix(name, "mute")], status)

		var l listing
		require.Equal(t, 200, s.get("/sessions?Acct-Session-Id="+name, &l))
		require.Equal(t, name, l.Sessions[0].From)
		require.Equal(t, name, l.Sessions[0].NAS)
		require.NotContains(t, fmt.Sprint(l.Sessions[0].Attributes), "100::")

		open := s.metric("dynauth_tls_connections")
		require.NoError(t, b.conn.Close())
		require.Eventually(t, func() bool { return s.metric("dynauth_tls_connections") < open }, 20*time.Second, time.Millisecond)
		status, a = s.post("/disconnect", `{"who": {"Acct-Session-Id": "`+name+`"}}`)
		require.Equal(t, 502, status, a)
		require.Contains(t, a.Outcomes[0].Error, fmt.Sprintf("the NAS %q has no connection open", name))
	}
	require.Equal(t, "2", s.metric(`dynauth_accounting_responses_total`))
	require.NotEmpty(t, s.metric(`dynauth_client_acks_total{nas="ten.nas.example.net",kind="disconnect"}`))
}

// A NAS at an address is dialled, whichever peer reports of it.
func TestNASesOverTLSAreDialled(t *testing.T) {
	for _, version := range []dac.Version{dac.RADIUS10, dac.RADIUS11} {
		s := newSecure(t)
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(context.Background())
		var served sync.WaitGroup
		served.Go(func() {
			srv := &dac.Server{Peers: dac.CertPeers{aaaName: {}}, Handler: dac.HandlerFunc(acks)}
			assert.NoError(t, radsec.Serve(ctx, srv, ln, config(s.ca, version, "bng.example.net")))
		})
		t.Cleanup(func() { cancel(); served.Wait() })
		at := netip.MustParseAddrPort(ln.Addr().String())
		section := s.section(nil)
		delete(section, "listen_nas")
		s.start(fields{
			"tls":    section,
			"nases":  []any{fields{"prefix": "127.0.0.1", "tls": true, "server_name": "bng.example.net", "port": at.Port()}},
			"relays": []any{fields{"prefix": "127.0.0.1", "secret": dactest.Secret}},
		})
		s.starts(attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("1"), attrs.NASIPAddress.Of(at.Addr()))
		status, a := s.post("/disconnect", `{"who": {"User-Name": "bob"}}`)
		require.Equal(t, 200, status, a)
		require.Equal(t, at.String(), a.Outcomes[0].NAS)
	}
}

// An order that is in work when its NAS goes is executed once, and answered by the connection that
// comes next.
func TestANASThatGoesInTheMiddle(t *testing.T) {
	s := newSecure(t)
	s.start(fields{"tls": s.section(nil), "nases": []any{fields{"certificate": "bng.nas.example.net"}}})
	came, goOn := make(chan bool, 10), make(chan bool)
	var executed atomic.Int64
	srv := &dac.Server{Peers: dac.CertPeers{aaaName: {}}, Handler: dac.HandlerFunc(func(_ context.Context, q *dac.Request) (*dac.Response, error) {
		if name, _ := attrs.UserName.Get(q.Packet.Attributes); name == "bob" {
			executed.Add(1)
			came <- true
			<-goOn
		}
		return q.ACK()
	})}
	b := connectServer(t, s, dac.RADIUS10, "bng.nas.example.net", srv)
	b.starts(attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("1"))
	b.starts(attrs.UserName.Of("eve"), attrs.AcctSessionID.Of("probe"))
	s.reaches("probe")
	answered := make(chan int, 1)
	go func() {
		status, _ := s.post("/disconnect", `{"who": {"User-Name": "bob"}}`)
		answered <- status
	}()
	<-came
	require.NoError(t, b.conn.Close())
	s.becomes("dynauth_tls_connections", "0")
	close(goOn)
	next := connectServer(t, s, dac.RADIUS10, "bng.nas.example.net", srv)
	require.Equal(t, 200, <-answered)
	require.EqualValues(t, 1, executed.Load())
	require.NoError(t, next.conn.Close())
	s.becomes("dynauth_tls_connections", "0")
	status, _ := s.post("/disconnect", `{"who": {"User-Name": "bob"}}`)
	require.Equal(t, 502, status)
	require.EqualValues(t, 1, executed.Load())
}

// What stays permitted stays connected over reloads; what is not is cut. What takes a restart is
// refused.
func TestReloadOverTLS(t *testing.T) {
	s := newSecure(t)
	conf := func(section fields, names ...string) fields {
		var nases []any
		for _, name := range names {
			nases = append(nases, fields{"certificate": name})
		}
		return fields{"tls": section, "nases": nases}
	}
	both := []string{"a.nas.example.net", "b.nas.example.net"}
	s.start(conf(s.section(nil), both...))
	for _, name := range both {
		connect(t, s, dac.RADIUS11, name, acks).starts(attrs.AcctSessionID.Of(name))
		s.reaches(name)
	}
	ok, failed := 0, 0
	reload := func(c fields, good bool) {
		s.write(c)
		if s.reloads <- struct{}{}; good {
			ok++
		} else {
			failed++
		}
		s.becomes(`dynauth_reloads_total{result="ok"}`, fmt.Sprint(ok))
		s.becomes(`dynauth_reloads_total{result="failed"}`, fmt.Sprint(failed))
	}
	denied := conf(s.section(nil), both...)
	denied["nases"].([]any)[0].(fields)["deny"] = []string{"coa"}
	reload(denied, true)
	status, _ := s.post("/coa", `{"who": {"Acct-Session-Id": "a.nas.example.net"}, "change": {"Filter-Id": "x"}}`)
	require.Equal(t, 403, status)
	require.Equal(t, "2", s.metric("dynauth_tls_opened_total"), "a permission that changes closes nothing")

	reload(conf(s.section(fields{"radius": "1.1"}), both...), false)
	reload(conf(s.section(fields{"ca": "/nowhere"}), both...), false)
	reload(conf(s.section(nil), "a.nas.example.net"), true)
	s.becomes("dynauth_tls_connections", "1")
	status, a := s.post("/disconnect", `{"who": {"Acct-Session-Id": "b.nas.example.net"}}`)
	require.Equal(t, 404, status, a)
	require.Contains(t, a.Outcomes[0].Error, "among no nases")

	young := radsectest.NewCA()
	s.certificates(young, s.ca, young)
	reload(conf(s.section(nil), "a.nas.example.net"), true)
	s.reaches("a.nas.example.net")
	require.Equal(t, "2", s.metric("dynauth_tls_opened_total"))
	s.certificates(young, young)
	reload(conf(s.section(nil), "a.nas.example.net"), true)
	s.becomes("dynauth_tls_connections", "0")
	s.ca = young
	connect(t, s, dac.RADIUS10, "a.nas.example.net", acks)
	s.reaches("a.nas.example.net")
	require.Regexp(t, `aaa\.json:\d+:\d+: tls: version and radius are those of the start`, s.stop())
}

// Reloads under load lose no order and double none.
func TestReloadsOverTLSLoseAndDoubleNothing(t *testing.T) {
	const reloads = 200
	s := newSecure(t)
	conf := func(i int) fields {
		nases := []any{fields{"certificate": "*.nas.example.net"}}
		if i%2 == 0 {
			nases = append(nases, fields{"prefix": "192.0.2.0/24", "secret": fmt.Sprint("rolled out ", i)}, fields{"certificate": "other.example.net"})
		}
		section := s.section(nil)
		if i%5 == 4 {
			section["listen_nas"] = []string{"127.0.0.1:0", "127.0.0.1:0"}
		}
		if i%10 == 9 {
			section["key"] = "/nowhere"
		}
		return fields{"tls": section, "nases": nases}
	}
	s.start(conf(0))
	var mu sync.Mutex
	executed := map[string]int{}
	ctx, stop := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	var done atomic.Int64
	for version, name := range map[dac.Version]string{dac.RADIUS10: "ten", dac.RADIUS11: "eleven"} {
		b := connect(t, s, version, name+".nas.example.net", func(_ context.Context, q *dac.Request) (*dac.Response, error) {
			id, err := attrs.AcctSessionID.Get(q.Packet.Attributes)
			mu.Lock()
			defer mu.Unlock()
			executed[id]++
			return must(q.ACK()), err
		})
		b.starts(attrs.AcctSessionID.Of(name))
		s.reaches(name)
		senders.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				id := fmt.Sprint(name, "-", n)
				b.starts(attrs.AcctSessionID.Of(id))
				status, a := s.post("/disconnect", `{"who": {"Acct-Session-Id": "`+id+`"}}`)
				mu.Lock()
				times := executed[id]
				mu.Unlock()
				if status != 200 || times != 1 {
					t.Errorf("order %s: %d %v, executed %d times", id, status, a, times)
					return
				}
				done.Add(1)
			}
		})
	}
	for i := range reloads {
		s.write(conf(i + 1))
		s.certificates(s.ca, s.ca)
		s.reloads <- struct{}{}
	}
	s.reloads <- struct{}{} // the one before is done when this is taken
	stop()
	senders.Wait()
	require.Equal(t, "2", s.metric("dynauth_tls_opened_total"))
	require.NotEqual(t, "0", s.metric(`dynauth_reloads_total{result="failed"}`))
	require.Greater(t, done.Load(), int64(50))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestTLSConfigurationIsExplained(t *testing.T) {
	s := newSecure(t)
	with := func(section fields, nases ...any) fields { return fields{"tls": section, "nases": nases} }
	one := fields{"certificate": "a.example.net"}
	dialled := fields{"prefix": "192.0.2.1", "tls": true}
	plain := fields{"prefix": "192.0.2.1", "secret": "s3cret"}
	for want, c := range map[string]fields{
		"no such file":                               with(s.section(fields{"ca": "/nowhere"}), one),
		"needs three files":                          with(fields{"listen_nas": []string{":1"}}, one),
		"listen is for clients":                      with(s.section(fields{"listen": []string{":1"}}), one),
		"listen_nas is for nases with a certificate": with(s.section(nil), plain),
		"tls has a listen_nas for it":                with(s.section(fields{"listen_nas": nil}), one),
		`is "radsec" for every peer`:                 with(s.section(nil), fields{"certificate": "a.example.net", "secret": "s3cret"}),
		`the certificate authenticates`:              with(s.section(nil), one, fields{"prefix": "192.0.2.1", "tls": true, "secret": "s3cret"}),
		"an entry is one of them":                    with(s.section(nil), fields{"certificate": "a.example.net", "tls": true}),
		"is called as its certificate says":          with(s.section(nil), fields{"certificate": "a.example.net", "name": "a"}),
		"is there twice":                             with(s.section(nil), one, one),
		"a key is a dNSName":                         with(s.section(nil), fields{"certificate": "a b"}),
		"needs tls with cert, key and ca":            {"nases": []any{dialled}},
		"server_name goes with":                      with(s.section(nil), one, fields{"prefix": "192.0.2.1", "secret": "s3cret", "server_name": "a"}),
		"a relay reports over UDP":                   {"nases": []any{plain}, "relays": []any{one}},
		`deny "all"`:                                 with(s.section(nil), fields{"certificate": "a.example.net", "deny": []string{"all"}}),
	} {
		_, err := parseOptions([]string{"-config", s.write(c)}, io.Discard)
		require.ErrorContains(t, err, want)
		require.Regexp(t, `aaa\.json:\d+:\d+: `, err.Error())
		require.NotContains(t, err.Error(), "s3cret")
	}
	_, err := parseOptions([]string{"-config", s.write(with(s.section(nil), one, dialled))}, io.Discard)
	require.NoError(t, err)
}

// The configuration of examples/deploy is a whole one.
func TestSampleConfiguration(t *testing.T) {
	s := newSecure(t)
	for _, name := range []string{"bngs", "radius"} {
		require.NoError(t, os.WriteFile(filepath.Join(s.folder, name), []byte("of "+name+"\n"), 0o600))
	}
	text, err := os.ReadFile("../deploy/aaa.json")
	require.NoError(t, err)
	text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("/etc/dynauth/tls"), []byte(s.folder)), []byte("/etc/dynauth/secrets"), []byte(s.folder))
	name := filepath.Join(s.folder, "aaa.json")
	require.NoError(t, os.WriteFile(name, text, 0o600))
	o, err := parseOptions([]string{"-config", name}, io.Discard)
	require.NoError(t, err)
	require.Len(t, o.network.nases, 2)
	require.Len(t, o.network.connect, 2)
	require.Len(t, o.network.relays, 1)
}
