// SPDX-License-Identifier: Apache-2.0

//go:build unix

package deploy

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
	"github.com/radius-dynauth/dynauth/examples/internal/fips"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A daemon is a program that runs as a process of its own, with its configuration and certificates.
type daemon struct {
	t       *testing.T
	folder  string
	name    string // in its certificate
	process *os.Process
	addrs   []string // of its first line, and of its metrics
	reloads int
}

// build builds programs of examples into a folder.
func build(t *testing.T, names ...string) (folder string) {
	folder = t.TempDir()
	args := []string{"build", "-o", folder + string(filepath.Separator)}
	for _, name := range names {
		args = append(args, "./examples/"+name)
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = "../.." // the root of the repository
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return folder
}

func newDaemon(t *testing.T, name string) *daemon {
	return &daemon{t: t, folder: t.TempDir(), name: name}
}

// put writes a file as a whole.
func (d *daemon) put(name string, b []byte) string {
	path := filepath.Join(d.folder, name)
	require.NoError(d.t, os.WriteFile(path+".new", b, 0o600))
	require.NoError(d.t, os.Rename(path+".new", path))
	return path
}

// configure writes the configuration, and a new certificate of ca beside it.
func (d *daemon) configure(ca *radsectest.CA, more map[string]any, c map[string]any) {
	cert, key := radsectest.PEM(ca.Issue([]string{d.name}))
	section := map[string]any{"cert": d.put("cert.pem", cert), "key": d.put("key.pem", key), "ca": d.put("ca.pem", ca.PEM())}
	maps.Copy(section, more)
	c["tls"] = section
	text, err := json.Marshal(c)
	require.NoError(d.t, err)
	d.put("config.json", text)
}

// run starts the program, and ends it with the test, after which it must have finished in order.
func (d *daemon) run(program string, args ...string) {
	cmd := exec.Command(program, append([]string{"-config", filepath.Join(d.folder, "config.json"), "-metrics", "127.0.0.1:0"}, args...)...)
	out, err := cmd.StdoutPipe()
	require.NoError(d.t, err)
	cmd.Stderr = d.t.Output()
	require.NoError(d.t, cmd.Start())
	d.process = cmd.Process
	lines := bufio.NewReader(out)
	var rest sync.WaitGroup
	d.t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		rest.Wait()
		assert.NoError(d.t, cmd.Wait())
	})
	for range 2 {
		line, err := lines.ReadString('\n')
		require.NoError(d.t, err)
		d.addrs = append(d.addrs, regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(line, -1)...)
	}
	rest.Go(func() { io.Copy(io.Discard, lines) })
}

// metric is what one series says.
func (d *daemon) metric(series string) string {
	resp, err := http.Get("http://" + d.addrs[len(d.addrs)-1] + "/metrics")
	require.NoError(d.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(d.t, err)
	_, after, _ := strings.Cut("\n"+string(text), "\n"+series+" ")
	value, _, _ := strings.Cut(after, "\n")
	return value
}

// hangUp sends SIGHUP and waits until the program has read its configuration.
func (d *daemon) hangUp() {
	d.reloads++
	require.NoError(d.t, d.process.Signal(syscall.SIGHUP))
	require.Eventually(d.t, func() bool { return d.metric(`dynauth_reloads_total{result="ok"}`) == strconv.Itoa(d.reloads) }, 60*time.Second, time.Millisecond)
}

// A ledger knows how often each order was executed, by its Acct-Session-Id.
type ledger struct {
	mu       sync.Mutex
	executed map[string]int
}

func (l *ledger) handle(_ context.Context, r *dac.Request) (*dac.Response, error) {
	id, err := attrs.AcctSessionID.Get(r.Packet.Attributes)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.executed[id]++
	return r.ACK()
}

func (l *ledger) times(id string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.executed[id]
}

// end is a Config of another end of both programs.
func end(ca *radsectest.CA, version dac.Version, name, other string) *radsec.Config {
	cfg := radsec.TLS(ca.Config(name))
	cfg.TLS.ServerName = other
	cfg.Versions = []dac.Version{version}
	return cfg
}

const (
	proxyName = "proxy.example.net"
	aaaName   = "aaa.example.net"
)

// hangUps is how many SIGHUPs each program gets: those of DYNAUTH_HANGUPS, 200 without.
func hangUps(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("DYNAUTH_HANGUPS"))
	switch {
	case err == nil && n > 0:
		return n
	case testing.Short():
		return 20
	}
	return 200
}

// Both programs get SIGHUP again and again under load, with other secrets, certificates and targets
// each time: HTTP to aaa, from there over TLS to proxy, and from that, as from its other senders,
// to NASes over UDP, to one that it dials and to one that has connected; and from aaa to one that
// has connected there. No order is lost and none is doubled, and no connection is opened a second
// time.
func TestHangUpsLoseAndDoubleNothing(t *testing.T) {
	programs := build(t, "aaa", "proxy")
	old, young := radsectest.NewCA(), radsectest.NewCA()
	orders := &ledger{executed: map[string]int{}}
	first, second := dactest.NewNAS(t, dac.HandlerFunc(orders.handle)), dactest.NewNAS(t, dac.HandlerFunc(orders.handle))
	dialled := listens(t, old, orders)

	proxy := newDaemon(t, proxyName)
	configure := func(ca *radsectest.CA, i int, udp *dactest.NAS) {
		targets := []map[string]any{
			{"name": "udp", "address": udp.Addr.String(), "secret": dactest.Secret, "nas_identifiers": []string{"udp"}},
			{"name": "dialled", "address": dialled, "tls": true, "server_name": "dialled.example.net", "nas_identifiers": []string{"dialled"}},
			{"certificate": "reverse.nas.example.net", "nas_identifiers": []string{"reverse"}},
		}
		if i%2 == 1 {
			targets = append(targets, map[string]any{"certificate": "*.other.example.net"})
		}
		secret, previous := proxy.put("secret", fmt.Appendf(nil, "rolled out %d\n", i)), proxy.put("previous", []byte("of the sender\n"))
		proxy.configure(ca, map[string]any{"listen": []string{"127.0.0.1:0"}, "listen_nas": []string{"127.0.0.1:0"}}, map[string]any{
			"listen":  []string{"127.0.0.1:0"},
			"clients": []map[string]any{{"prefix": "127.0.0.1", "secret_file": secret, "previous_file": previous}, {"certificate": aaaName}, {"certificate": "sender.example.net"}},
			"targets": targets,
		})
	}
	configure(old, 0, first)
	proxy.run(filepath.Join(programs, "proxy"))
	connects(t, end(old, dac.RADIUS11, "reverse.nas.example.net", proxyName), proxy.addrs[2], orders)

	aaa := newDaemon(t, aaaName)
	port := netip.MustParseAddrPort(proxy.addrs[1]).Port()
	configureAAA := func(ca *radsectest.CA, i int) {
		nases := []map[string]any{{"prefix": "127.0.0.1", "tls": true, "server_name": proxyName, "port": port}, {"certificate": "*.nas.example.net"}}
		if i%2 == 1 {
			nases = append(nases, map[string]any{"prefix": "192.0.2.1", "secret": fmt.Sprint("rolled out ", i)})
		}
		aaa.configure(ca, map[string]any{"listen_nas": []string{"127.0.0.1:0"}}, map[string]any{"nases": nases, "relays": []map[string]any{{"prefix": "127.0.0.1", "secret": "of the relay"}}})
	}
	configureAAA(old, 0)
	aaa.run(filepath.Join(programs, "aaa"), "-accounting", "127.0.0.1:0", "-http", "127.0.0.1:0")
	hub, err := radsec.Dial(t.Context(), aaa.addrs[2], end(old, dac.RADIUS10, "hub.nas.example.net", aaaName))
	require.NoError(t, err)
	var served sync.WaitGroup
	served.Go(func() {
		assert.NoError(t, hub.Serve(context.Background(), &dac.Server{Peers: dac.CertPeers{aaaName: {}}, Handler: dac.HandlerFunc(orders.handle)}))
	})
	t.Cleanup(func() { hub.Close(); served.Wait() })

	overUDP := &dac.Client{Peers: dac.SharedSecret("of the sender"), Retry: dac.Retry{Initial: 5 * time.Second}}
	defer overUDP.Close()
	overTLS := &dac.Client{Peers: dac.AnyPeer(dac.Peer{Via: end(old, dac.RADIUS11, "sender.example.net", proxyName), ServerName: proxyName})}
	defer overTLS.Close()
	ask := func(c *dac.Client, at, nas, id string) error {
		_, err := c.Disconnect(t.Context(), netip.MustParseAddrPort(at), attrs.NASIdentifier.Of(nas), attrs.AcctSessionID.Of(id))
		return err
	}
	nases := []string{"udp", "dialled", "reverse"}
	senders := map[string]func(nas, id string) error{
		"UDP": func(nas, id string) error { return ask(overUDP, proxy.addrs[0], nas, id) },
		"TLS": func(nas, id string) error { return ask(overTLS, proxy.addrs[1], nas, id) },
		"HTTP": func(nas, id string) error {
			return errors.Join(relays(t, aaa.addrs[1], attrs.NASIPAddress.Of(netip.MustParseAddr("127.0.0.1")), attrs.NASIdentifier.Of(nas), attrs.AcctSessionID.Of(id)), orderOver(aaa.addrs[0], id))
		},
		"hub": func(_, id string) error {
			return errors.Join(reports(t.Context(), hub, attrs.AcctSessionID.Of(id)), orderOver(aaa.addrs[0], id))
		},
	}
	for name, send := range senders { // the connections of the NASes are known a moment after they are open
		n := 0
		for _, nas := range nases {
			require.Eventually(t, func() bool { n++; return send(nas, fmt.Sprint(name, " begins ", n)) == nil }, 60*time.Second, 10*time.Millisecond, "%s to %s", name, nas)
		}
	}

	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	var done atomic.Int64
	for name, send := range senders {
		load.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				id := fmt.Sprint(name, "-", n)
				if err := send(nases[n%len(nases)], id); err != nil || orders.times(id) != 1 {
					t.Errorf("order %s to %s: %v, executed %d times", id, nases[n%len(nases)], err, orders.times(id))
					return
				}
				done.Add(1)
			}
		})
	}
	for i := range hangUps(t) {
		configure(old, i+1, first)
		configureAAA(old, i+1)
		proxy.hangUp()
		aaa.hangUp()
	}
	stop()
	load.Wait()
	t.Logf("%d orders in %d reloads", done.Load(), proxy.reloads)
	require.GreaterOrEqual(t, done.Load(), int64(hangUps(t)))
	require.Equal(t, "4", proxy.metric("dynauth_tls_opened_total"))
	require.Equal(t, "2", aaa.metric("dynauth_tls_opened_total"))

	// What is changed takes effect: another target, another secret, another authority.
	before := len(second.Received())
	configure(young, 7, second)
	proxy.put("previous", []byte("another one\n"))
	proxy.hangUp()
	changed := &dac.Client{Peers: dac.SharedSecret("rolled out 7")}
	defer changed.Close()
	require.NoError(t, ask(changed, proxy.addrs[0], "udp", "changed"))
	require.Len(t, second.Received(), before+1)
	authorized := &dac.Client{Peers: dac.AnyPeer(dac.Peer{Via: end(young, dac.RADIUS11, "sender.example.net", proxyName), ServerName: proxyName})}
	defer authorized.Close()
	require.NoError(t, ask(authorized, proxy.addrs[1], "udp", "young"))
	require.Eventually(t, func() bool { return proxy.metric(`dynauth_tls_closed_total{reason="unknown authority"}`) == "4" }, 60*time.Second, 10*time.Millisecond)
	configureAAA(young, 0)
	aaa.hangUp()
	require.Eventually(t, func() bool { return hub.Err() != nil }, 60*time.Second, 10*time.Millisecond)
}

// connects has a NAS connect to addr until the test ends.
func connects(t *testing.T, cfg *radsec.Config, addr string, orders *ledger) {
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() {
		srv := &dac.Server{Peers: dac.CertPeers{cfg.TLS.ServerName: {}}, Handler: dac.HandlerFunc(orders.handle)}
		assert.NoError(t, radsec.DialAndServe(ctx, srv, addr, cfg))
	})
	t.Cleanup(func() { cancel(); served.Wait() })
}

// listens is a NAS over TLS that is dialled, and where.
func listens(t *testing.T, ca *radsectest.CA, orders *ledger) (addr string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() {
		srv := &dac.Server{Peers: dac.CertPeers{proxyName: {}}, Handler: dac.HandlerFunc(orders.handle)}
		assert.NoError(t, radsec.Serve(ctx, srv, ln, end(ca, dac.RADIUS10, "dialled.example.net", proxyName)))
	})
	t.Cleanup(func() { cancel(); served.Wait() })
	return ln.Addr().String()
}

// accountingRequest is the start of a session.
func accountingRequest(secret string, a []attrs.Attr) (*radius.Packet, error) {
	set, err := attrs.Join(append(a, attrs.AcctStatusType.Of(1))...).AppendTo(nil)
	p := radius.New(radius.CodeAccountingRequest, []byte(secret))
	p.Attributes = set
	return p, err
}

// relays reports the start of a session to aaa over UDP, and waits for the answer.
func relays(t *testing.T, addr string, a ...attrs.Attr) error {
	p, err := accountingRequest("of the relay", a)
	if err != nil {
		return err
	}
	var b []byte
	fips.Outside(func() { b, err = p.Encode() })
	if err != nil {
		return err
	}
	c, err := net.Dial("udp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	for range 10 { // a datagram may be lost, and its answer
		if _, err = c.Write(b); err != nil {
			return err
		}
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err = c.Read(make([]byte, 4096)); err == nil {
			return nil
		}
	}
	return err
}

// reports reports it down a connection.
func reports(ctx context.Context, conn *radsec.Conn, a ...attrs.Attr) error {
	p, err := accountingRequest("radsec", a)
	if err != nil {
		return err
	}
	_, err = conn.Exchange(ctx, p)
	return err
}

// orderOver has aaa end a session.
func orderOver(addr, id string) error {
	resp, err := http.Post("http://"+addr+"/disconnect", "application/json", strings.NewReader(fmt.Sprintf(`{"who": {"Acct-Session-Id": %q}}`, id)))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d: %s", resp.StatusCode, text)
	}
	return err
}
