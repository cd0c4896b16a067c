// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// startHub serves a hub on loopback until the test ends.
func startHub(t *testing.T, hub *Server) (addr string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- hub.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
		require.Zero(t, hub.Config.Stats().Open)
	})
	return ln.Addr().String()
}

// startNAS lets a NAS connect to the hub at addr; what it gets goes to handle.
func startNAS(t *testing.T, addr, name string, handle dac.HandlerFunc) (stop func()) {
	cfg := TLS(client(name))
	cfg.TLS.ServerName = "hub.example.net"
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- DialAndServe(ctx, &dac.Server{Peers: dac.CertPeers{"hub.example.net": {}}, Handler: handle}, addr, cfg)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(stop)
	return stop
}

func acks(_ context.Context, r *dac.Request) (*dac.Response, error) { return r.ACK() }

func newHub() *Server {
	return &Server{Config: TLS(client("hub.example.net")), Peers: dac.CertPeers{"*.nas.example.net": {ReverseCoA: true}, "plain.example.net": {}}}
}

func connected(t *testing.T, hub *Server, name string, conns int) {
	eventually(t, name+" is connected", func() bool {
		for _, n := range hub.NASes() {
			if n.Name == name {
				return len(n.Conns) == conns
			}
		}
		return conns == 0
	})
}

func TestR_RC_1_1_RequestsGoDownTheConnectionOfTheNAS(t *testing.T) {
	hub := newHub()
	addr := startHub(t, hub)
	for _, name := range []string{"bng-1.nas.example.net", "bng-2.nas.example.net"} {
		startNAS(t, addr, name, func(_ context.Context, r *dac.Request) (*dac.Response, error) {
			if user, _ := attrs.UserName.Get(r.Packet.Attributes); user != name {
				return nil, errcause.SessionContextNotFound
			}
			return r.ACK()
		})
		connected(t, hub, name, 1)
	}
	c := &dac.Client{Peers: hub}
	defer c.Close()
	for _, name := range []string{"bng-1.nas.example.net", "bng-2.nas.example.net"} {
		_, err := c.Disconnect(t.Context(), hub.NAS(name), attrs.UserName.Of(name))
		require.NoError(t, err)
		_, err = c.CoA(t.Context(), hub.NAS(name), attrs.UserName.Of("eve"))
		require.ErrorIs(t, err, errcause.SessionContextNotFound)
	}
	assert.True(t, handles.Contains(hub.NAS("bng-1.nas.example.net").Addr()))
	assert.Equal(t, hub.NAS("BNG-1.nas.example.net"), newHub().NAS("bng-1.nas.example.net"), "the same in every run")
}

func TestR_RC_6_1_2_NoConnectionIsUnreachable(t *testing.T) {
	hub := newHub()
	addr := startHub(t, hub)
	c := &dac.Client{Peers: hub}
	defer c.Close()
	_, err := c.Disconnect(t.Context(), hub.NAS("bng-1.nas.example.net"), attrs.UserName.Of("bob"))
	require.ErrorIs(t, err, dac.ErrUnreachable)
	require.Contains(t, dac.Hint(err), "the NAS has to connect")
	stop := startNAS(t, addr, "bng-1.nas.example.net", acks)
	connected(t, hub, "bng-1.nas.example.net", 1)
	_, err = c.Disconnect(t.Context(), hub.NAS("bng-1.nas.example.net"), attrs.UserName.Of("bob"))
	require.NoError(t, err)
	stop()
	connected(t, hub, "bng-1.nas.example.net", 0)
	_, err = c.Disconnect(t.Context(), hub.NAS("bng-1.nas.example.net"), attrs.UserName.Of("bob"))
	require.ErrorIs(t, err, dac.ErrUnreachable)
	_, err = c.Disconnect(t.Context(), netipAddrPort("[100::1]:2083"), attrs.UserName.Of("bob"))
	require.ErrorIs(t, err, dac.ErrUnknownPeer)
}

func TestR_RC_4_1_ReverseCoAIsConfiguredNotAssumed(t *testing.T) {
	hub := newHub()
	startNAS(t, startHub(t, hub), "plain.example.net", acks)
	connected(t, hub, "plain.example.net", 1)
	c := &dac.Client{Peers: hub}
	defer c.Close()
	_, err := c.Disconnect(t.Context(), hub.NAS("plain.example.net"), attrs.UserName.Of("bob"))
	require.ErrorContains(t, err, "set Peer.ReverseCoA")
	_, err = hub.Open(t.Context(), hub.NAS("plain.example.net"), dac.Peer{})
	require.ErrorContains(t, err, "set Peer.ReverseCoA")
}

func TestConnectionsOfOneNASStandInForEachOther(t *testing.T) {
	hub := newHub()
	addr := startHub(t, hub)
	stop := startNAS(t, addr, "bng-1.nas.example.net", acks)
	startNAS(t, addr, "bng-1.nas.example.net", acks)
	connected(t, hub, "bng-1.nas.example.net", 2)
	handle := hub.NAS("bng-1.nas.example.net")
	one, err := hub.Open(t.Context(), handle, dac.Peer{})
	require.NoError(t, err)
	two, err := hub.Open(t.Context(), handle, dac.Peer{})
	require.NoError(t, err)
	assert.NotEqual(t, one.Info().Remote, two.Info().Remote, "they share the load")
	one.Close()
	two.Close()
	c := &dac.Client{Peers: hub}
	defer c.Close()
	for range 3 {
		_, err := c.Disconnect(t.Context(), handle, attrs.UserName.Of("bob"))
		require.NoError(t, err)
	}
	stop()
	connected(t, hub, "bng-1.nas.example.net", 1)
	_, err = c.Disconnect(t.Context(), handle, attrs.UserName.Of("bob"))
	require.NoError(t, err)
}

func said(t *testing.T, a ...attrs.Attr) radius.Attributes {
	q, err := dac.NewDisconnect(append(a, attrs.UserName.Of("bob"))...)
	require.NoError(t, err)
	return q.Packet.Attributes
}

func TestR_RC_6_3_RouteByWhatTheNASSays(t *testing.T) {
	hub := newHub()
	addr := startHub(t, hub)
	for _, name := range []string{"bng-1.nas.example.net", "bng-2.nas.example.net"} {
		startNAS(t, addr, name, acks)
		connected(t, hub, name, 1)
	}
	inside := attrs.NASIPAddress.Of(netipAddrPort("10.0.0.1:0").Addr())
	require.NoError(t, hub.learn("bng-1.nas.example.net", said(t, attrs.NASIdentifier.Of("bng-1"), inside)))
	require.NoError(t, hub.learn("bng-2.nas.example.net", said(t, attrs.NASIdentifier.Of("bng-2"), inside, attrs.OperatorNASIdentifier.Of([]byte("token")))))
	for _, c := range []struct {
		of   radius.Attributes
		want string
	}{
		{said(t, attrs.NASIdentifier.Of("bng-1")), "bng-1.nas.example.net"},
		{said(t, attrs.NASIdentifier.Of("BNG-2"), inside), "bng-2.nas.example.net"},
		{said(t, attrs.NASIdentifier.Of("bng-2.nas.example.net")), "bng-2.nas.example.net"},
		{said(t, attrs.OperatorNASIdentifier.Of([]byte("token"))), "bng-2.nas.example.net"},
		{said(t, inside), ""}, // of both, behind NAT
		{said(t, attrs.NASIdentifier.Of("bng-1"), attrs.OperatorNASIdentifier.Of([]byte("token"))), ""},
		{said(t, attrs.NASIdentifier.Of("bng-3")), ""},
		{said(t), ""},
	} {
		to, err := hub.Route(t.Context(), &dac.Request{Packet: &radius.Packet{Attributes: c.of}})
		if c.want == "" {
			assert.ErrorIs(t, err, dac.ErrNoRoute)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, hub.NAS(c.want), to.Addr)
	}
}

func TestWhatANASSaysOfItselfBindsToItsOwnPeer(t *testing.T) {
	hub := newHub()
	stop := startNAS(t, startHub(t, hub), "bng-1.nas.example.net", acks)
	connected(t, hub, "bng-1.nas.example.net", 1)
	require.NoError(t, hub.learn("bng-1.nas.example.net", said(t, attrs.NASIdentifier.Of("bng-1"))))
	for _, id := range []string{"bng-1", "bng-1.nas.example.net"} {
		require.ErrorContains(t, hub.learn("evil.nas.example.net", said(t, attrs.NASIdentifier.Of(id))), "belongs to")
	}
	to, err := hub.Route(t.Context(), &dac.Request{Packet: &radius.Packet{Attributes: said(t, attrs.NASIdentifier.Of("bng-1"))}})
	require.NoError(t, err)
	assert.Equal(t, "bng-1.nas.example.net", to.Name)

	stop()
	connected(t, hub, "bng-1.nas.example.net", 0)
	require.Error(t, hub.learn("bng-9.nas.example.net", said(t, attrs.NASIdentifier.Of("bng-1"))))
	hub.mu.Lock()
	hub.nases["bng-1.nas.example.net"].seen = time.Now().Add(-2 * time.Hour)
	hub.mu.Unlock()
	require.NoError(t, hub.learn("bng-9.nas.example.net", said(t, attrs.NASIdentifier.Of("bng-1"))), "another NAS has taken its place")
}

func TestRouteKnowsAHandleAsATarget(t *testing.T) {
	hub := newHub()
	startNAS(t, startHub(t, hub), "bng-1.nas.example.net", acks)
	connected(t, hub, "bng-1.nas.example.net", 1)
	handle := hub.NAS("bng-1.nas.example.net")
	routes := &route.Routes{}
	routes.NASes.Set(attrs.NAS{Identifier: "bng-1"}, dac.Target{Addr: handle})
	c := &dac.Client{Peers: hub}
	defer c.Close()
	proxy := &dac.Proxy{Client: c, Router: routes}
	require.NoError(t, (&dac.Server{Peers: dac.SharedSecret("s3cret of 24 octets or so"), Handler: proxy}).Check())
	to, err := routes.Route(t.Context(), &dac.Request{Packet: &radius.Packet{Code: 40, Attributes: said(t, attrs.NASIdentifier.Of("bng-1"))}})
	require.NoError(t, err)
	require.Equal(t, handle, to.Addr)
	_, err = c.Disconnect(t.Context(), to.Addr, attrs.UserName.Of("bob"))
	require.NoError(t, err)
}

func TestHubFaultsAreSaidAtTheStart(t *testing.T) {
	for want, hub := range map[string]*Server{
		"Config.TLS is nil":   {Peers: nasPeers},
		"Server.Peers is nil": {Config: TLS(client("hub.example.net"))},
		"CertPeers is empty":  {Config: TLS(client("hub.example.net")), Peers: dac.CertPeers{}},
		"leave Secret":        {Config: TLS(client("hub.example.net")), Peers: dac.CertPeers{"a.example.net": {Secret: "s"}}},
	} {
		require.ErrorContains(t, hub.ListenAndServe(t.Context()), want)
		c := &dac.Client{Peers: hub}
		_, err := c.Disconnect(t.Context(), hub.NAS("a.example.net"), attrs.UserName.Of("bob"))
		require.ErrorContains(t, err, want)
	}
}
