// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

var acks = dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) { return q.ACK() })

func TestAServerThatWasStartedAnswersUntilItIsStopped(t *testing.T) {
	srv := &dac.Server{Addr: "127.0.0.1:0", Peers: dac.SharedSecret(secret), Handler: acks}
	ctx, cancel := context.WithCancel(context.Background())
	running, err := srv.Start(ctx)
	require.NoError(t, err)
	cancel() // of the start, which is over
	require.NotZero(t, running.Addr().Port())

	client := &dac.Client{Peers: dac.SharedSecret(secret)}
	defer client.Close()
	_, err = client.Disconnect(t.Context(), running.Addr(), attrs.UserName.Of("bob"))
	require.NoError(t, err, "it listens when Start returns")
	select {
	case <-running.Done():
		t.Fatal("it has ended by itself")
	default:
	}
	require.NoError(t, running.Stop(t.Context()))
	require.NoError(t, running.Stop(t.Context()), "again")
	require.NoError(t, running.Wait())
	_, open := <-running.Done()
	require.False(t, open)
	pc, err := net.ListenPacket("udp", running.Addr().String())
	require.NoError(t, err, "the socket is closed")
	pc.Close()
}

func TestStopEndsContextsAtItsDeadlineAndAnswersAllTheSame(t *testing.T) {
	began, ended := make(chan bool), make(chan bool)
	srv := &dac.Server{Addr: "127.0.0.1:0", Drain: time.Hour, HandlerTimeout: time.Hour, Peers: dac.SharedSecret(secret), Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
		close(began)
		<-ctx.Done()
		<-ended
		return q.ACK()
	})}
	running, err := srv.Start(t.Context())
	require.NoError(t, err)
	client := &dac.Client{Peers: dac.SharedSecret(secret)}
	defer client.Close()
	done := make(chan error, 1)
	go func() {
		_, err := client.Disconnect(context.Background(), running.Addr(), attrs.UserName.Of("bob"))
		done <- err
	}()
	<-began
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("too long"))
	require.ErrorContains(t, running.Stop(ctx), "too long")
	close(ended)
	require.NoError(t, <-done, "what was executed is answered")
	require.NoError(t, running.Wait())
}

func TestStartReturnsWhatIsWrong(t *testing.T) {
	_, err := (&dac.Server{Peers: dac.SharedSecret(secret)}).Start(t.Context())
	require.ErrorContains(t, err, "Server.Handler is nil")
	pc, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer pc.Close()
	_, err = (&dac.Server{Addr: pc.LocalAddr().String(), Peers: dac.SharedSecret(secret), Handler: acks}).Start(t.Context())
	require.ErrorContains(t, err, "another process serves there")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = (&dac.Server{Addr: "127.0.0.1:0", Peers: dac.SharedSecret(secret), Handler: acks}).Start(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func TestEachFaultOfAConfigurationIsToldOnce(t *testing.T) {
	peers := make(dac.PeerMap)
	for i := range 5000 {
		peers[netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1}), 24)] = dac.Peer{Secret: secret}
		peers[netip.PrefixFrom(netip.AddrFrom4([4]byte{11, byte(i >> 8), byte(i), 0}), 32)] = dac.Peer{}
	}
	err := (&dac.Server{Handler: acks, Peers: peers, MaxHandlers: -1}).Check()
	require.ErrorContains(t, err, "10.0.0.1/24 has host bits")
	require.ErrorContains(t, err, "11.0.0.0/32 has no Secret")
	require.ErrorContains(t, err, "MaxHandlers")
	require.Equal(t, 2, strings.Count(err.Error(), "and 4999 more like it"))
	require.Less(t, len(err.Error()), 600)
	require.Equal(t, err.Error(), (&dac.Server{Handler: acks, Peers: peers, MaxHandlers: -1}).Check().Error(), "the same each time")
	require.NoError(t, (&dac.Server{Handler: acks, Peers: dac.SharedSecret(secret)}).Check())
}

func TestPeersByName(t *testing.T) {
	m, err := dac.PeersByName(map[string]dac.NamedPeer{
		"bras1": {Addrs: []string{"192.0.2.1", "2001:db8:1::/48", "::ffff:192.0.2.5"}, Peer: dac.Peer{Secret: "one"}},
		"aaa":   {Addrs: []string{"198.51.100.0/24"}, Peer: dac.Peer{Secret: "two", IgnoreEventTimestamp: true}},
	})
	require.NoError(t, err)
	for from, name := range map[string]string{"192.0.2.1": "bras1", "192.0.2.5": "bras1", "2001:db8:1::9": "bras1", "198.51.100.7": "aaa"} {
		p, err := m.Peer(t.Context(), netip.AddrPortFrom(netip.MustParseAddr(from), 0))
		require.NoError(t, err)
		require.Equal(t, name, p.Name)
	}
	for says, list := range map[string]map[string]dac.NamedPeer{
		"PeerMap is empty": {},
		"no Secret":        {"a": {Addrs: []string{"192.0.2.1"}}},
		"has no address":   {"a": {Peer: dac.Peer{Secret: "s"}}},
		"no address or":    {"a": {Addrs: []string{"bras1"}, Peer: dac.Peer{Secret: "s"}}},
		"host bits":        {"a": {Addrs: []string{"192.0.2.1/24"}, Peer: dac.Peer{Secret: "s"}}},
		"both have":        {"a": {Addrs: []string{"192.0.2.1"}, Peer: dac.Peer{Secret: "s"}}, "b": {Addrs: []string{"::ffff:192.0.2.1"}, Peer: dac.Peer{Secret: "t"}}},
		"another name":     nil,
	} {
		if list == nil {
			says, list = "with the name", map[string]dac.NamedPeer{"a": {Addrs: []string{"192.0.2.1"}, Peer: dac.Peer{Name: "b", Secret: "s"}}}
		}
		_, err := dac.PeersByName(list)
		require.ErrorContains(t, err, says)
	}
}

func TestAMappedPrefixIsThatOfIPv4(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeerMap{netip.MustParsePrefix("::ffff:192.0.2.0/120"): {Secret: secret}}})
		require.NotNil(t, r.sends(r.from(aaaAddr), disconnect(t, 1, bob)))
		require.Nil(t, r.sends(r.from(netip.MustParseAddrPort("198.51.100.1:1")), disconnect(t, 1, bob)))
	})
}

func TestOneRecordForAnyAddress(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.AnyPeer(dac.Peer{Name: "all", Secret: secret, IgnoreEventTimestamp: true})})
		require.NotNil(t, r.sends(r.from(netip.MustParseAddrPort("198.51.100.1:1")), disconnect(t, 1, bob, stamped(-time.Hour))))
		require.Equal(t, "all", r.srv.Stats().Peers[netip.MustParseAddr("198.51.100.1")].Name)
	})
	require.ErrorContains(t, (&dac.Server{Handler: acks, Peers: dac.AnyPeer(dac.Peer{})}).Check(), "no Secret")
}

func TestALimitOfAPeerIsItsOwn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{
			PeerRate: dac.Limit{Rate: 1},
			Peers: dac.PeerMap{
				netip.MustParsePrefix("192.0.2.1/32"): {Secret: secret, Limit: dac.Limit{Rate: 1, Burst: 5}},
				netip.MustParsePrefix("192.0.2.2/32"): {Secret: secret},
			},
		})
		for from, want := range map[string]int{"192.0.2.1:1": 5, "192.0.2.2:1": 1} {
			c, got := r.from(netip.MustParseAddrPort(from)), 0
			for i := range 10 {
				c.Write(disconnect(t, byte(i), attrs.UserName.Of(from)))
			}
			for r.hears(c) != nil {
				got++
			}
			require.Equal(t, want, got, from)
		}
	})
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeersFunc(func(context.Context, netip.AddrPort) (dac.Peer, error) {
			return dac.Peer{Secret: secret, Limit: dac.Limit{Rate: -1}}, nil
		})})
		require.Nil(t, r.sends(r.from(aaaAddr), disconnect(t, 1, bob)), "closed where nothing says what was meant")
		require.EqualValues(t, 1, r.srv.Stats().PeersFailed)
	})
}

func TestResolve(t *testing.T) {
	for host, want := range map[string]string{
		"192.0.2.1": "192.0.2.1:3799", "192.0.2.1:1700": "192.0.2.1:1700", "2001:db8::1": "[2001:db8::1]:3799", "[2001:db8::1]:1700": "[2001:db8::1]:1700",
		"::ffff:192.0.2.1": "192.0.2.1:3799", "[::ffff:192.0.2.1]:1": "192.0.2.1:1", "localhost:1700": "",
	} {
		got, err := dac.Resolve(t.Context(), host)
		require.NoError(t, err, host)
		if want == "" {
			require.True(t, got.Addr().IsLoopback() && !got.Addr().Is4In6() && got.Port() == 1700, got)
			continue
		}
		require.Equal(t, want, got.String(), host)
	}
	for host, says := range map[string]string{
		"": "is no host", "192.0.2.1:": "", "192.0.2.1:0": "no port", "192.0.2.1:radius": "no port", "192.0.2.1:70000": "no port", "[2001:db8::1": "is no host", ":3799": "is no host",
		"a b.invalid": "is not known", "none.invalid": "is not known",
	} {
		got, err := dac.Resolve(t.Context(), host)
		if says == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, says, host)
		require.Zero(t, got)
	}
}
