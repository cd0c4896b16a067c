// SPDX-License-Identifier: Apache-2.0

package route_test

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/dac/route"
	_ "github.com/radius-dynauth/dynauth/internal/entropy" // FIPS
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

var (
	nasA = netip.MustParseAddrPort("192.0.2.1:3799")
	nasB = netip.MustParseAddrPort("192.0.2.2:3799")
	hub  = netip.MustParseAddrPort("198.51.100.1:3799") // the proxy between the networks
	gate = netip.MustParseAddrPort("198.51.100.2:3799") // the visited network's
	home = netip.MustParseAddrPort("203.0.113.1:0")
)

// setOf is what attributes make.
func setOf(t testing.TB, a ...attrs.Attr) radius.Attributes {
	set, err := attrs.Join(a...).AppendTo(nil)
	require.NoError(t, err)
	return set
}

func coa(t testing.TB, a ...attrs.Attr) *dac.Request {
	r, err := dac.NewCoA(a...)
	require.NoError(t, err)
	return r
}

func disconnect(t testing.TB, a ...attrs.Attr) *dac.Request {
	r, err := dac.NewDisconnect(a...)
	require.NoError(t, err)
	return r
}

func access(t testing.TB, a ...attrs.Attr) *radius.Packet {
	return &radius.Packet{Code: radius.CodeAccessRequest, Attributes: setOf(t, a...)}
}

// accounting is an Accounting-Request: 1 start, 2 stop, 3 interim, 7 on, 8 off.
func accounting(t testing.TB, status uint32, a ...attrs.Attr) *radius.Packet {
	return &radius.Packet{Code: radius.CodeAccountingRequest, Attributes: setOf(t, append(a, attrs.AcctStatusType.Of(status))...)}
}

func nasIP(s string) attrs.Attr    { return attrs.NASIPAddress.Of(netip.MustParseAddr(s)) }
func framedIP(s string) attrs.Attr { return attrs.FramedIPAddress.Of(netip.MustParseAddr(s)) }
func user(s string) attrs.Attr     { return attrs.UserName.Of(s) }
func session(s string) attrs.Attr  { return attrs.AcctSessionID.Of(s) }
func operator(s string) attrs.Attr { return attrs.OperatorName.Of(s) }
func token(b []byte) attrs.Attr    { return attrs.Raw(241, append([]byte{8}, b...)) }

// has are the attribute types of set, in order; that of 241.8 is 241.
func has(set radius.Attributes) (types []int) {
	for _, a := range set {
		types = append(types, int(a.Type))
	}
	return types
}

// first is the value of the first attribute of a type.
func first(set radius.Attributes, typ radius.Type) string { return string(set.Get(typ)) }

// A world is a home network, a proxy between, a visited network and its two NASes, in a bubble.
// What reaches a NAS is kept.
type world struct {
	t       *testing.T
	net     *dactest.Network
	client  *dac.Client // of the home network
	hub     *dac.Proxy
	gate    *dac.Proxy
	realms  *route.Realms
	visited *route.Visited

	mu   sync.Mutex // guards came
	came map[netip.AddrPort][]*dac.Request
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, net: &dactest.Network{}, realms: &route.Realms{}, came: map[netip.AddrPort][]*dac.Request{}}
	tokens, err := route.NewTokens("a key of the visited network")
	require.NoError(t, err)
	w.visited = &route.Visited{Realm: "visited.example", Tokens: tokens}
	w.realms.Set("visited.example", dac.Target{Name: "gate", Addr: gate})
	w.client = w.asks(home.Addr())
	w.hub = &dac.Proxy{Client: w.asks(hub.Addr()), Router: w.realms}
	w.gate = &dac.Proxy{Client: w.asks(gate.Addr()), Router: w.visited}
	var stops []func()
	for addr, h := range map[netip.AddrPort]dac.Handler{hub: w.hub, gate: w.gate, nasA: w.nas(nasA), nasB: w.nas(nasB)} {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		pc := w.net.Listen(addr)
		srv := &dac.Server{Handler: h, Peers: dac.SharedSecret("s")}
		require.NoError(t, srv.Check()) // a Proxy draws its random number here, one after another: see package entropy
		go func() { done <- srv.Serve(ctx, pc) }()
		stops = append(stops, func() { cancel(); <-done })
	}
	synctest.Wait()
	t.Cleanup(func() {
		for _, c := range []*dac.Client{w.client, w.hub.Client, w.gate.Client} {
			require.NoError(t, c.Close())
		}
		for _, stop := range stops {
			stop()
		}
	})
	return w
}

// asks is a client that sends from addr.
func (w *world) asks(addr netip.Addr) *dac.Client {
	return &dac.Client{Peers: dac.SharedSecret("s"), Dial: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		return w.net.DialFrom(ctx, netip.AddrPortFrom(addr, 0), to)
	}}
}

func (w *world) nas(addr netip.AddrPort) dac.Handler {
	return dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.came[addr] = append(w.came[addr], r)
		return r.ACK()
	})
}

// at are the attributes of the one request that reached a NAS.
func (w *world) at(addr netip.AddrPort) radius.Attributes {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Len(w.t, w.came[addr], 1)
	return slices.Clone(w.came[addr][0].Packet.Attributes)
}

func (w *world) untouched() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Empty(w.t, w.came)
}

// tokenOf is the token that the visited network has for a NAS.
func (w *world) tokenOf(addr netip.AddrPort) []byte {
	b, err := w.visited.Tokens.Seal(attrs.NAS{Addrs: []netip.Addr{addr.Addr()}})
	require.NoError(w.t, err)
	return b
}

// asksFor sends a Disconnect-Request from the home network to to.
func (w *world) asksFor(to netip.AddrPort, a ...attrs.Attr) error {
	_, err := w.client.Disconnect(w.t.Context(), to, a...)
	return err
}

func bubble(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }
