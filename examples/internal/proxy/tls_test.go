// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
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
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/internal/certs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

const proxyName = "proxy.example.net"

// An overTLS has what a configuration over TLS needs: an authority, and the files of the proxy.
type overTLS struct {
	t      *testing.T
	ca     *radsectest.CA
	folder string
}

func newOverTLS(t *testing.T) *overTLS {
	o := &overTLS{t: t, ca: radsectest.NewCA(), folder: t.TempDir()}
	o.write(o.ca, o.ca)
	return o
}

// write has the proxy show a certificate of ca, and believe the authorities in trusted.
func (o *overTLS) write(ca *radsectest.CA, trusted ...*radsectest.CA) {
	cert, key := radsectest.PEM(ca.Issue([]string{proxyName}))
	var roots []byte
	for _, one := range trusted {
		roots = append(roots, one.PEM()...)
	}
	for name, b := range map[string][]byte{"cert.pem": cert, "key.pem": key, "ca.pem": roots} {
		require.NoError(o.t, os.WriteFile(filepath.Join(o.folder, name), b, 0o600))
	}
}

// section is the object tls, with what is added.
func (o *overTLS) section(more map[string]any) map[string]any {
	s := map[string]any{"cert": filepath.Join(o.folder, "cert.pem"), "key": filepath.Join(o.folder, "key.pem"), "ca": filepath.Join(o.folder, "ca.pem")}
	maps.Copy(s, more)
	return s
}

var bothListen = map[string]any{"listen": []string{"127.0.0.1:0"}, "listen_nas": []string{"127.0.0.1:0"}}

// end is a Config of another end, in one version of RADIUS.
func (o *overTLS) end(version dac.Version, name string) *radsec.Config {
	cfg := radsec.TLS(o.ca.Config(name))
	cfg.TLS.ServerName = proxyName
	cfg.Versions = []dac.Version{version}
	return cfg
}

// asks is a sender over TLS.
func (o *overTLS) asks(version dac.Version, name string) *dac.Client {
	c := &dac.Client{Peers: dac.AnyPeer(dac.Peer{Via: o.end(version, name), ServerName: proxyName})}
	o.t.Cleanup(func() { c.Close() })
	return c
}

// connects is a NAS that connects to the proxy.
func (o *overTLS) connects(version dac.Version, addr netip.AddrPort, name string, h dac.HandlerFunc) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		srv := &dac.Server{Peers: dac.CertPeers{proxyName: {}}, Handler: h}
		assert.NoError(o.t, radsec.DialAndServe(ctx, srv, addr.String(), o.end(version, name)))
	})
	stop = sync.OnceFunc(func() { cancel(); done.Wait() })
	o.t.Cleanup(stop)
	return stop
}

// listens is a NAS that the proxy dials.
func (o *overTLS) listens(version dac.Version, name string, h dac.HandlerFunc) (addr string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(o.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		srv := &dac.Server{Peers: dac.CertPeers{proxyName: {}}, Handler: h}
		assert.NoError(o.t, radsec.Serve(ctx, srv, ln, o.end(version, name)))
	})
	o.t.Cleanup(func() { cancel(); done.Wait() })
	return ln.Addr().String()
}

func says(name string) dac.HandlerFunc {
	return func(_ context.Context, r *dac.Request) (*dac.Response, error) {
		return r.ACK(attrs.ReplyMessage.Of(name))
	}
}

// connected waits until n connections are open at the proxy.
func (r *reloading) connected(n int) {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return r.metric("dynauth_tls_connections") == fmt.Sprint(n) }, 20*time.Second, time.Millisecond)
}

// reaches waits until the proxy reaches the NAS of that name by c: it takes a connection for its
// own a moment after the handshake.
func reaches(t *testing.T, c *dac.Client, at netip.AddrPort, name string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := c.Disconnect(t.Context(), at, attrs.NASIdentifier.Of(name), attrs.AcctSessionID.Of("probe"))
		return err == nil
	}, 20*time.Second, time.Millisecond)
}

// Each kind of sender reaches each kind of target, and metrics have both by their names.
func TestEveryCombinationOfTransports(t *testing.T) {
	o := newOverTLS(t)
	udp := nas(t, "udp")
	targets := []any{targetOf("udp", udp)}
	for version, name := range map[dac.Version]string{dac.RADIUS10: "dialled-10", dac.RADIUS11: "dialled-11"} {
		targets = append(targets, map[string]any{"name": name, "address": o.listens(version, name+".example.net", says(name)), "tls": true, "server_name": name + ".example.net", "nas_identifiers": []string{name}})
	}
	for _, name := range []string{"reverse-10", "reverse-11"} {
		targets = append(targets, map[string]any{"name": name, "certificate": name + ".nas.example.net", "nas_identifiers": []string{name}})
	}
	r := startReloading(t, map[string]any{
		"listen":  []string{"127.0.0.1:0"},
		"clients": []any{map[string]any{"prefix": "127.0.0.1", "name": "aaa", "secret": "of the sender"}, map[string]any{"certificate": "*.aaa.example.net"}},
		"targets": targets, "tls": o.section(bothListen),
	}, "-metrics", "127.0.0.1:0")
	o.connects(dac.RADIUS10, r.addrs[2], "reverse-10.nas.example.net", says("reverse-10"))
	o.connects(dac.RADIUS11, r.addrs[2], "reverse-11.nas.example.net", says("reverse-11"))
	reaches(t, asks(t), r.addrs[0], "reverse-10")
	reaches(t, asks(t), r.addrs[0], "reverse-11")
	for sender, c := range map[string]struct {
		client *dac.Client
		at     netip.AddrPort
	}{
		"udp": {asks(t), r.addrs[0]},
		"1.0": {o.asks(dac.RADIUS10, "ten.aaa.example.net"), r.addrs[1]},
		"1.1": {o.asks(dac.RADIUS11, "eleven.aaa.example.net"), r.addrs[1]},
	} {
		for _, target := range []string{"udp", "dialled-10", "dialled-11", "reverse-10", "reverse-11"} {
			resp, err := c.client.Disconnect(t.Context(), c.at, attrs.NASIdentifier.Of(target), attrs.UserName.Of("bob"))
			require.NoError(t, err, "%s to %s", sender, target)
			require.Equal(t, target, who(t, resp))
			resp, err = c.client.CoA(t.Context(), c.at, attrs.NASIdentifier.Of(target), attrs.UserName.Of("bob"), attrs.FilterID.Of("gold"))
			require.NoError(t, err, "%s to %s", sender, target)
			require.Equal(t, target, who(t, resp))
		}
	}
	for _, peer := range []string{"aaa", "ten.aaa.example.net", "eleven.aaa.example.net"} {
		require.Equal(t, "5", r.metric(fmt.Sprintf(`dynauth_server_requests_total{peer=%q,kind="coa"}`, peer)))
	}
	for _, name := range []string{udp.Addr.String(), "reverse-10.nas.example.net", "reverse-11.nas.example.net"} {
		require.Equal(t, "3", r.metric(fmt.Sprintf(`dynauth_client_acks_total{nas=%q,kind="coa"}`, name)))
	}
}

// NASes below a star are found by what they say of themselves, and by the sessions that they
// report; one that is not connected is 502.
func TestNASesThatConnectAreTargets(t *testing.T) {
	o := newOverTLS(t)
	udp := nas(t, "udp")
	star := map[string]any{"certificate": "*.nas.example.net", "deny": []string{"coa"}}
	r := startReloading(t, map[string]any{
		"listen":  []string{"127.0.0.1:0"},
		"clients": []any{map[string]any{"prefix": "127.0.0.1", "secret": "of the sender"}},
		"targets": []any{targetOf("udp", udp), star}, "tls": o.section(map[string]any{"listen_nas": []string{"127.0.0.1:0"}}),
	}, "-metrics", "127.0.0.1:0")
	_, err := asks(t).Disconnect(t.Context(), r.addrs[0], attrs.NASIdentifier.Of("ap-1.nas.example.net"), attrs.UserName.Of("bob"))
	require.ErrorIs(t, err, errcause.RequestNotRoutable, "it has never connected")

	conn, err := radsec.Dial(t.Context(), r.addrs[1].String(), o.end(dac.RADIUS11, "ap-1.nas.example.net"))
	require.NoError(t, err)
	defer conn.Close()
	served := make(chan error, 1)
	go func() {
		served <- conn.Serve(t.Context(), &dac.Server{Peers: dac.CertPeers{proxyName: {}}, Handler: says("ap-1")})
	}()
	set, err := attrs.Join(attrs.AcctStatusType.Of(1), attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("4f2a"), attrs.NASIdentifier.Of("lobby")).AppendTo(nil)
	require.NoError(t, err)
	reply, err := conn.Exchange(t.Context(), &radius.Packet{Code: radius.CodeAccountingRequest, Secret: []byte("radsec"), Attributes: set})
	require.NoError(t, err)
	require.Equal(t, radius.CodeAccountingResponse, reply.Code)
	reply, err = conn.Exchange(t.Context(), &radius.Packet{Code: radius.CodeAccessRequest, Secret: []byte("radsec"), Attributes: set})
	require.NoError(t, err)
	require.EqualValues(t, 52, reply.Code, "this is no authentication server, and says so")

	reaches(t, asks(t), r.addrs[0], "ap-1.nas.example.net")
	for _, by := range []attrs.Attr{attrs.AcctSessionID.Of("4f2a"), attrs.NASIdentifier.Of("lobby"), attrs.NASIdentifier.Of("ap-1.nas.example.net")} {
		resp, err := asks(t).Disconnect(t.Context(), r.addrs[0], by)
		require.NoError(t, err, by.String())
		require.Equal(t, "ap-1", who(t, resp))
	}
	_, err = asks(t).CoA(t.Context(), r.addrs[0], attrs.AcctSessionID.Of("4f2a"), attrs.FilterID.Of("gold"))
	require.ErrorIs(t, err, errcause.AdministrativelyProhibited)

	require.NoError(t, conn.Close())
	require.NoError(t, <-served)
	r.connected(0)
	// With another attribute: with the identifier and in the second of the one before, which is chance,
	// it would be the same octets, and a retransmission gets the answer that there was.
	_, err = asks(t).Disconnect(t.Context(), r.addrs[0], attrs.AcctSessionID.Of("4f2a"), attrs.UserName.Of("bob"))
	require.ErrorIs(t, err, errcause.RequestNotRoutable, "it is not connected")
}

// A client below a star is held to the realms of its entry, and one that has another name to its
// own.
func TestClientsOverTLSAskAboutTheirOwn(t *testing.T) {
	o := newOverTLS(t)
	a := nas(t, "a")
	r := startReloading(t, map[string]any{
		"clients": []any{
			map[string]any{"certificate": "*.partner.example.net", "realms": []string{"partner.example"}},
			map[string]any{"certificate": "aaa.example.net", "name": "home", "realms": []string{"home.example"}},
			map[string]any{"prefix": "192.0.2.1", "secret": "s", "name": "one.partner.example.net", "realms": []string{"*"}},
		},
		"targets": []any{targetOf("a", a)}, "tls": o.section(map[string]any{"listen": []string{"127.0.0.1:0"}}),
	})
	for _, c := range []struct {
		certificate, user string
		may               bool
	}{
		{"one.partner.example.net", "bob@partner.example", true}, {"one.partner.example.net", "bob@home.example", false},
		{"aaa.example.net", "bob@home.example", true}, {"aaa.example.net", "bob@partner.example", false},
	} {
		_, err := o.asks(dac.RADIUS11, c.certificate).Disconnect(t.Context(), r.addrs[0], attrs.NASIdentifier.Of("a"), attrs.UserName.Of(c.user))
		if c.may {
			require.NoError(t, err, c)
		} else {
			require.ErrorIs(t, err, errcause.RequestNotRoutable, c)
		}
	}
	stranger := o.asks(dac.RADIUS11, "stranger.example.net")
	stranger.Retry.Duration = 3 * time.Second
	_, err := stranger.Disconnect(t.Context(), r.addrs[0], attrs.NASIdentifier.Of("a"), attrs.UserName.Of("bob@home.example"))
	require.Error(t, err)
}

// What stays permitted stays connected over reloads, and what is not is cut at once; certificates
// and versions as they stand in the files.
func TestReloadOverTLS(t *testing.T) {
	o := newOverTLS(t)
	conf := func(change map[string]any) map[string]any {
		c := map[string]any{
			"listen": []string{"127.0.0.1:0"},
			"clients": []any{
				map[string]any{"prefix": "127.0.0.1", "secret": "of the sender"}, map[string]any{"certificate": "a.aaa.example.net"}, map[string]any{"certificate": "b.aaa.example.net"},
			},
			"targets": []any{map[string]any{"certificate": "*.nas.example.net"}}, "tls": o.section(bothListen),
		}
		maps.Copy(c, change)
		return c
	}
	r := startReloading(t, conf(nil), "-metrics", "127.0.0.1:0")
	o.connects(dac.RADIUS11, r.addrs[2], "bng.nas.example.net", says("bng"))
	a, b := o.asks(dac.RADIUS10, "a.aaa.example.net"), o.asks(dac.RADIUS11, "b.aaa.example.net")
	ask := func(c *dac.Client) error {
		_, err := c.Disconnect(t.Context(), r.addrs[1], attrs.NASIdentifier.Of("bng.nas.example.net"), attrs.UserName.Of("bob"))
		return err
	}
	reaches(t, asks(t), r.addrs[0], "bng.nas.example.net")
	require.NoError(t, ask(a))
	require.NoError(t, ask(b))

	one := map[string]any{"clients": []any{map[string]any{"certificate": "a.aaa.example.net"}}, "targets": []any{map[string]any{"certificate": "*.nas.example.net", "name": "nases", "deny": []string{"coa"}}}}
	r.write(conf(one))
	r.reload()
	r.settled(1, 0)
	r.connected(2) // b has gone
	require.NoError(t, ask(a))
	require.Equal(t, "3", r.metric("dynauth_tls_opened_total"), "the NAS and a have stayed")
	require.Equal(t, "1", r.metric(`dynauth_tls_closed_total{reason="Peers knows it no longer"}`))

	for i, change := range []map[string]any{
		{"answer_silence": true}, {"tls": o.section(map[string]any{"listen": []string{"127.0.0.1:0"}, "listen_nas": []string{"127.0.0.1:0"}, "radius": "1.1"})},
	} {
		r.write(conf(change))
		r.reload()
		r.settled(2+i, 1+i)
	}
	r.write(conf(one))

	young := &overTLS{t: t, ca: radsectest.NewCA(), folder: o.folder}
	young.write(young.ca, o.ca, young.ca)
	r.reload()
	r.settled(4, 2)
	require.Equal(t, "2", r.metric("dynauth_tls_connections"), "their authority is known still")
	young.write(young.ca, young.ca)
	r.reload()
	r.settled(5, 2)
	r.connected(0)
	young.connects(dac.RADIUS11, r.addrs[2], "bng.nas.example.net", says("bng"))
	reaches(t, young.asks(dac.RADIUS11, "a.aaa.example.net"), r.addrs[1], "bng.nas.example.net")
	require.Error(t, ask(a))
	r.stop()
	require.Contains(t, r.text.String(), "answer_silence was false at the start")
	require.Contains(t, r.text.String(), "version and radius are those of the start")
}

// Reloads under load over TLS lose no order and double none, and no connection that may stay is
// opened a second time.
func TestReloadsOverTLSLoseAndDoubleNothing(t *testing.T) {
	const reloads = 200
	o := newOverTLS(t)
	var done executions
	udp := dactest.NewNAS(t, dac.HandlerFunc(done.count))
	dialled := map[string]any{"name": "dialled", "address": o.listens(dac.RADIUS10, "dialled.example.net", done.count), "tls": true, "server_name": "dialled.example.net", "nas_identifiers": []string{"dialled"}}
	conf := func(i int) map[string]any {
		clients := []any{map[string]any{"prefix": "127.0.0.1", "name": "aaa", "secret": "of the sender"}, map[string]any{"certificate": "*.aaa.example.net"}}
		targets := []any{map[string]any{"certificate": "bng.nas.example.net", "nas_identifiers": []string{"reverse"}}, dialled}
		if i%2 == 0 {
			targets = append(targets, targetOf("udp", udp))
			clients = append(clients, map[string]any{"certificate": "other.example.net"})
		}
		section := o.section(bothListen)
		if i%5 == 4 {
			section["listen_nas"] = []string{"127.0.0.1:0", "127.0.0.1:0"}
		}
		if i%10 == 9 {
			section["ca"] = filepath.Join(o.folder, "nowhere.pem")
		}
		return map[string]any{"listen": []string{"127.0.0.1:0"}, "clients": clients, "targets": targets, "tls": section}
	}
	r := startReloading(t, conf(0), "-metrics", "127.0.0.1:0")
	o.connects(dac.RADIUS11, r.addrs[2], "bng.nas.example.net", done.count)
	reaches(t, asks(t), r.addrs[0], "reverse")
	ctx, stop := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	for name, c := range map[string]struct {
		client *dac.Client
		at     netip.AddrPort
	}{
		"udp": {&dac.Client{Peers: dac.SharedSecret("of the sender"), Retry: dac.Retry{Initial: 5 * time.Second}}, r.addrs[0]},
		"1.0": {o.asks(dac.RADIUS10, "ten.aaa.example.net"), r.addrs[1]}, "1.1": {o.asks(dac.RADIUS11, "eleven.aaa.example.net"), r.addrs[1]},
	} {
		senders.Go(func() {
			done.send(ctx, t, name, c.client, c.at, []string{"udp", "dialled", "reverse"}, "udp")
		})
	}
	for i := range reloads {
		r.write(conf(i + 1))
		o.write(o.ca, o.ca) // a certificate of its own each time
		r.reload()
	}
	r.reload() // the last one is done when this is taken
	opened := r.metric("dynauth_tls_opened_total")
	stop()
	senders.Wait()
	require.Equal(t, "4", opened, "the NAS that connects, the one that is dialled, and two clients")
	require.Greater(t, done.acked.Load(), int64(100))
	require.Greater(t, done.unrouted.Load(), int64(10))
	require.NotEqual(t, "0", r.metric(`dynauth_reloads_total{result="failed"}`))
	t.Logf("%d done, %d without a way", done.acked.Load(), done.unrouted.Load())
}

// An order whose connection ends while the NAS works on it is executed once, and answered by the
// next connection where there is one.
func TestANASThatGoesInTheMiddle(t *testing.T) {
	o := newOverTLS(t)
	r := startReloading(t, map[string]any{
		"clients": []any{map[string]any{"certificate": "aaa.example.net"}},
		"targets": []any{map[string]any{"certificate": "bng.nas.example.net", "nas_identifiers": []string{"bng"}}}, "tls": o.section(bothListen),
	}, "-metrics", "127.0.0.1:0")
	came, goOn := make(chan bool, 10), make(chan bool)
	var executed atomic.Int64
	srv := &dac.Server{Peers: dac.CertPeers{proxyName: {}}, Handler: dac.HandlerFunc(func(_ context.Context, q *dac.Request) (*dac.Response, error) {
		if id, _ := attrs.AcctSessionID.Get(q.Packet.Attributes); id != "probe" {
			executed.Add(1)
			came <- true
			<-goOn
		}
		return q.ACK()
	})}
	connect := func() *radsec.Conn {
		conn, err := radsec.Dial(t.Context(), r.addrs[1].String(), o.end(dac.RADIUS10, "bng.nas.example.net"))
		require.NoError(t, err)
		go conn.Serve(t.Context(), srv)
		return conn
	}
	first, other := connect(), connect()
	client, answered := o.asks(dac.RADIUS11, "aaa.example.net"), make(chan error, 1)
	reaches(t, client, r.addrs[0], "bng")
	order := func() {
		_, err := client.Disconnect(t.Context(), r.addrs[0], attrs.NASIdentifier.Of("bng"), attrs.AcctSessionID.Of("1"))
		answered <- err
	}
	go order()
	<-came
	first.Close() // one of the two has the order; the NAS knows it again on the other
	close(goOn)
	require.NoError(t, <-answered)
	require.EqualValues(t, 1, executed.Load())
	other.Close()
	r.connected(1) // that of the client

	goOn = make(chan bool)
	second := connect()
	reaches(t, client, r.addrs[0], "bng")
	go order()
	<-came
	second.Close() // none is left until the NAS connects again
	r.connected(1)
	close(goOn)
	third := connect()
	require.NoError(t, <-answered)
	require.EqualValues(t, 2, executed.Load())

	third.Close()
	r.connected(1)
	order()
	require.ErrorIs(t, <-answered, errcause.RequestNotRoutable, "nothing was sent")
	require.EqualValues(t, 2, executed.Load())
}

// What contradicts itself, or would be open to none or to all, is refused at the start with what to
// do.
func TestTLSConfigurationIsExplained(t *testing.T) {
	o := newOverTLS(t)
	good := map[string]any{
		"listen":  []string{"127.0.0.1:0"},
		"clients": []any{map[string]any{"certificate": "aaa.example.net"}},
		"targets": []any{map[string]any{"certificate": "bng.nas.example.net"}}, "tls": o.section(bothListen),
	}
	with := func(field string, v any) map[string]any {
		c := maps.Clone(good)
		c[field] = v
		return c
	}
	clients := func(all ...any) map[string]any { return with("clients", all) }
	targets := func(all ...any) map[string]any { return with("targets", all) }
	type m = map[string]any
	for want, c := range map[string]m{
		"no such file":                                   with("tls", o.section(m{"ca": "/nowhere/ca.pem", "listen": []string{":1"}, "listen_nas": []string{":1"}})),
		"needs three files":                              with("tls", m{"cert": "a", "key": "b", "listen": []string{":1"}, "listen_nas": []string{":1"}}),
		`tls: version "1.1"`:                             with("tls", o.section(m{"version": "1.1", "listen": []string{":1"}, "listen_nas": []string{":1"}})),
		`tls: radius "2"`:                                with("tls", o.section(m{"radius": "2", "listen": []string{":1"}, "listen_nas": []string{":1"}})),
		"takes TLS 1.3":                                  with("tls", o.section(m{"version": "1.2", "radius": "1.1", "listen": []string{":1"}, "listen_nas": []string{":1"}})),
		`tls: listen "2083": give ADDRESS:PORT`:          with("tls", o.section(m{"listen": []string{"2083"}, "listen_nas": []string{":1"}})),
		"tls has a listen for it":                        with("tls", o.section(m{"listen_nas": []string{":1"}})),
		"tls has a listen_nas for it":                    with("tls", o.section(m{"listen": []string{":1"}})),
		"listen is for clients with a certificate":       clients(m{"prefix": "::1", "secret": "s3cret"}),
		"listen_nas is for targets with a certificate":   targets(m{"address": "192.0.2.1:1", "secret": "s3cret"}),
		"client 1: over TLS the secret is \"radsec\"":    clients(m{"certificate": "a.example.net", "secret": "s3cret"}),
		"client 1: prefix is for UDP":                    clients(m{"certificate": "a.example.net", "prefix": "::1"}),
		`client 2: certificate "a.example.net" is there`: clients(m{"certificate": "a.example.net"}, m{"certificate": "a.example.net"}),
		"a key is a dNSName":                             clients(m{"certificate": "a b"}),
		"all below the star would be one peer":           clients(m{"certificate": "*.example.net", "name": "all"}),
		"a target over TLS has no secret":                targets(m{"certificate": "a.example.net", "secret": "s3cret"}),
		"a target is one of them":                        targets(m{"certificate": "a.example.net", "tls": true}),
		"is many NASes":                                  targets(m{"certificate": "*.example.net", "nas_identifiers": []string{"a"}}),
		"another tls or server_name":                     targets(m{"certificate": "a.example.net"}, m{"address": "192.0.2.1:1", "tls": true}, m{"address": "192.0.2.1:1", "tls": true, "server_name": "b"}),
		"accounting over TLS comes from targets":         with("accounting", m{"listen": "127.0.0.1:0", "clients": []any{m{"certificate": "a.example.net"}}}),
	} {
		text, err := json.Marshal(c)
		require.NoError(t, err)
		name := filepath.Join(t.TempDir(), "proxy.json")
		require.NoError(t, os.WriteFile(name, bytes.ReplaceAll(text, []byte(`{"`), []byte("{\n\"")), 0o600))
		var stderr bytes.Buffer
		require.Equal(t, 2, Run(t.Context(), []string{"-config", name}, io.Discard, &stderr, nil), want)
		require.Contains(t, stderr.String(), want)
		require.Regexp(t, `proxy\.json:\d+:\d+: `, stderr.String())
		require.NotContains(t, stderr.String(), "s3cret")
		require.False(t, strings.Contains(stderr.String(), "\n\n"))
	}
	name := filepath.Join(t.TempDir(), "proxy.json")
	text, err := json.Marshal(good)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name, text, 0o600))
	_, err = readConfig(name)
	require.NoError(t, err)
}

// The configuration of examples/deploy is a whole one.
func TestSampleConfiguration(t *testing.T) {
	o := newOverTLS(t)
	for _, name := range []string{"billing", "bng-1", "accounting"} {
		require.NoError(t, os.WriteFile(filepath.Join(o.folder, name), []byte("of "+name+"\n"), 0o600))
	}
	text, err := os.ReadFile("../../deploy/proxy.json")
	require.NoError(t, err)
	text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("/etc/dynauth/tls"), []byte(o.folder)), []byte("/etc/dynauth/secrets"), []byte(o.folder))
	name := filepath.Join(o.folder, "proxy.json")
	require.NoError(t, os.WriteFile(name, text, 0o600))
	opts, err := parseOptions([]string{"-config", name}, io.Discard, nil)
	require.NoError(t, err)
	d, err := newDaemon(opts, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Len(t, d.wanted(&d.config), 4)
	require.Len(t, d.now.Load().nases, 2)
}

// What was routed before a reload is sent after it, to a NAS that connects too, for a minute; new
// requests find no way there.
func TestTargetsThatWentAreKnownForAWhile(t *testing.T) {
	live, err := certs.NewLive(nil, dac.CertPeers{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	build := func(targets ...target) *generation {
		g, err := newGeneration(&config{Targets: targets}, &route.Learned{}, live)
		require.NoError(t, err)
		return g
	}
	before := build(target{Certificate: "*.ap.example.net"}, target{Certificate: "bng.example.net", Name: "bng"})
	after, now := build(), time.Now()
	after.follow(before, now)
	for name, want := range map[string]string{"one.ap.example.net": "one.ap.example.net", "bng.example.net": "bng"} {
		p, err := after.peer(t.Context(), live.Hub.NAS(name))
		require.NoError(t, err)
		require.Equal(t, want, p.Name)
		require.Same(t, live.Hub, p.Via)
		_, err = after.targets.way(live.Hub.NAS(name))
		require.ErrorIs(t, err, dac.ErrNoRoute)
	}
	later := build()
	later.follow(after, now.Add(drains))
	for _, name := range []string{"one.ap.example.net", "bng.example.net"} {
		_, err := later.peer(t.Context(), live.Hub.NAS(name))
		require.ErrorIs(t, err, dac.ErrUnknownPeer)
	}
}
