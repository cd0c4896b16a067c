// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// The proxy of the tests stands between aaaAddr, with which it shares secret, and nasAddr, with
// which it shares another one.
var proxyAddr = netip.MustParseAddrPort("198.51.100.1:3799")

const nextSecret = "another-s3cret-of-24-octets"

// bothWays runs f in bubbles of its own: where the requests of a Proxy are answered later, and
// where each has a handler that waits, since a Trace is told of them.
func bothWays(t *testing.T, f func(t *testing.T)) {
	for _, way := range []string{later, "/a handler waits"} {
		t.Run(way[1:], func(t *testing.T) { bubble(t, f) })
	}
}

// later ends the name of a test whose Proxy has no Trace.
const later = "/answered_later"

// A proxyRig is a proxy in a bubble, with a NAS behind it and a socket before it.
type proxyRig struct {
	t        *testing.T
	net      *dactest.Network
	proxy    *dac.Proxy
	upstream *dac.Server // the proxy's half towards the sender
	sender   net.Conn
	stops    []func()

	mu   sync.Mutex // guards what follows
	came []*dac.Request
	raw  [][]byte
	hops []dac.Hop
}

// proxied starts p, which gets a Client and a way to the NAS where it has none, and a NAS that
// answers by h, ACK where it is nil.
func proxied(t *testing.T, p *dac.Proxy, h dac.HandlerFunc) *proxyRig {
	r := &proxyRig{t: t, net: &dactest.Network{Refuse: true}, proxy: p}
	if h == nil {
		h = func(ctx context.Context, q *dac.Request) (*dac.Response, error) { return q.ACK() }
	}
	nas := &dac.Server{Peers: dac.SharedSecret(nextSecret), Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
		r.mu.Lock()
		r.came = append(r.came, q)
		r.mu.Unlock()
		return h(ctx, q)
	})}
	nas.Trace = func(e dac.Event) {
		if e.Op.Incoming() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.raw = append(r.raw, slices.Clone(e.Wire))
		}
	}
	if p.Client == nil {
		p.Client = &dac.Client{Peers: dac.SharedSecret(nextSecret)}
	}
	if p.Client.Dial == nil {
		p.Client.Dial = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			return r.net.DialFrom(ctx, netip.AddrPortFrom(proxyAddr.Addr(), 0), to)
		}
	}
	dac.SetRandom(p.Client, func() float64 { return 0.5 })
	if p.Router == nil {
		p.Router = dac.Target{Addr: nasAddr}
	}
	if p.Trace == nil && !strings.HasSuffix(t.Name(), later) {
		p.Trace = func(h dac.Hop) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.hops = append(r.hops, h)
		}
	}
	r.upstream = &dac.Server{Peers: dac.SharedSecret(secret), Handler: p}
	r.serve(nas, nasAddr)
	r.serve(r.upstream, proxyAddr)
	var err error
	r.sender, err = r.net.DialFrom(t.Context(), aaaAddr, proxyAddr)
	require.NoError(t, err)
	t.Cleanup(func() {
		for _, stop := range r.stops {
			stop()
		}
		require.NoError(t, p.Client.Close())
		r.sender.Close()
	})
	return r
}

func (r *proxyRig) serve(s *dac.Server, addr netip.AddrPort) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	pc := r.net.Listen(addr)
	go func() { done <- s.Serve(ctx, pc) }()
	synctest.Wait()
	r.stops = append(r.stops, func() { cancel(); <-done })
}

// asks sends b and returns the octets that come back within d.
func (r *proxyRig) asks(b []byte, d time.Duration) []byte {
	r.t.Helper()
	_, err := r.sender.Write(b)
	require.NoError(r.t, err)
	buf := make([]byte, 4096)
	r.sender.SetReadDeadline(time.Now().Add(d))
	n, err := r.sender.Read(buf)
	if err != nil {
		return nil
	}
	return buf[:n]
}

// verdict sends q and returns the answer, verified.
func (r *proxyRig) verdict(q []byte) *dac.Response {
	r.t.Helper()
	b := r.asks(q, 29*time.Second)
	require.NotNil(r.t, b, "no answer")
	resp, err := dac.ParseResponse(b, q, secret)
	require.NoError(r.t, err)
	return resp
}

// arrived are the requests that reached the NAS and were executed.
func (r *proxyRig) arrived() []*dac.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.came)
}

func (r *proxyRig) datagrams() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.raw)
}

// hop returns the one Hop there was, and false where no Trace could be told of it.
func (r *proxyRig) hop() (dac.Hop, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.proxy.Trace == nil {
		return dac.Hop{}, false
	}
	require.Len(r.t, r.hops, 1)
	return r.hops[0], true
}

// states are the values of every Proxy-State, in order.
func states(set radius.Attributes) (all []string) {
	for _, a := range set {
		if a.Type == 33 {
			all = append(all, string(a.Attribute))
		}
	}
	return all
}

// types are the attribute types of a packet in order, those of a proxy's own making left out.
func types(b []byte) (all []byte) {
	for rest := b[20:]; len(rest) > 0; rest = rest[rest[1]:] {
		if rest[0] != 80 && rest[0] != 33 {
			all = append(all, rest[0])
		}
	}
	return all
}

func proxyState(s string) attrs.Attr { return attrs.ProxyState.Of([]byte(s)) }
