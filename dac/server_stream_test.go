// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

const aaaName, otherName = "aaa.example.net", "other.example.net"

// A connRig is a Server that serves connections alone.
type connRig struct {
	t    *testing.T
	srv  *dac.Server
	here netip.AddrPort // where connections come to
	ctx  context.Context
	stop context.CancelFunc
	runs atomic.Int64
}

// A servedConn is the peer's end of a connection, and what ServePackets has returned.
type servedConn struct {
	*dactest.PipeConn
	t    *testing.T
	near *dactest.PipeConn
	done chan error // what ServePackets has returned
	in   chan []byte
}

func serveConns(t *testing.T, srv *dac.Server) *connRig {
	r := &connRig{t: t, srv: srv, here: nasAddr}
	if srv.Peers == nil {
		srv.Peers = dac.CertPeers{aaaName: {}, otherName: {}}
	}
	if srv.Handler == nil {
		srv.Handler = dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			r.runs.Add(1)
			return q.ACK()
		})
	}
	r.ctx, r.stop = context.WithCancel(context.Background())
	t.Cleanup(r.stop)
	return r
}

// conn opens a connection of the peer that has the certificate of name.
func (r *connRig) conn(name string, v dac.Version) *servedConn {
	c := r.deaf(name, v)
	c.in = make(chan []byte, 4096)
	go func() {
		for {
			packets, err := c.ReadPackets(nil)
			for _, b := range packets {
				c.in <- slices.Clone(b)
			}
			if err != nil {
				return
			}
		}
	}()
	return c
}

// deaf is conn for a peer that never reads.
func (r *connRig) deaf(name string, v dac.Version) *servedConn {
	near, far := dactest.Pipe(dac.ConnInfo{
		Version: v, Local: r.here, Remote: aaaAddr, Identity: &dac.PeerIdentity{DNS: []string{name}, Remote: aaaAddr},
	}, dac.ConnInfo{Version: v})
	c := &servedConn{PipeConn: far, t: r.t, near: near, done: make(chan error, 1)}
	go func() {
		c.done <- r.srv.ServePackets(r.ctx, near)
		close(c.done)
	}()
	r.t.Cleanup(func() {
		far.Close()
		for range c.done {
		}
	})
	return c
}

// sends writes packets and returns what came back.
func (c *servedConn) sends(packets ...[]byte) [][]byte {
	c.t.Helper()
	_, err := c.WritePackets(packets)
	require.NoError(c.t, err)
	return c.hears()
}

// hears returns what has come within five milliseconds, in which a handler loses the read loop.
func (c *servedConn) hears() (all [][]byte) {
	time.Sleep(5 * time.Millisecond)
	synctest.Wait()
	for {
		select {
		case b := <-c.in:
			all = append(all, b)
		default:
			return all
		}
	}
}

// ended is what ServePackets has returned; it fails where it has not.
func (c *servedConn) ended() error {
	c.t.Helper()
	synctest.Wait()
	select {
	case err := <-c.done:
		return err
	default:
		c.t.Fatal("ServePackets serves on")
		return nil
	}
}

// serving fails where ServePackets has returned, or answers no more.
func (c *servedConn) serving() {
	c.t.Helper()
	q := overTLS(c.t, 250, attrs.AcctSessionID.Of("serving"), stamped(0))
	require.Len(c.t, c.sends(q), 1)
}

// overTLS is a CoA-Request as it is signed on a connection.
func overTLS(t testing.TB, id byte, a ...attrs.Attr) []byte {
	q, err := dac.NewCoA(a...)
	require.NoError(t, err)
	b, err := q.AppendSigned(nil, id, "radsec")
	require.NoError(t, err)
	return b
}

// by11 is the octets of a request of RADIUS/1.1.
func by11(t testing.TB, c radius.Code, token uint32, a ...attrs.Attr) []byte {
	var set radius.Attributes
	var err error
	for _, one := range a {
		set, err = one.AppendTo(set)
		require.NoError(t, err)
	}
	b, err := packet.AppendAttributes(packet.AppendTokenHeader(nil, c, token), set, func(byte) bool { return false })
	require.NoError(t, err)
	require.NoError(t, packet.SetLength(b, 0))
	return b
}

// verdict is the answer b to the request q of a connection, verified.
func (c *servedConn) verdict(b [][]byte, q []byte) *dac.Response {
	c.t.Helper()
	require.Len(c.t, b, 1)
	resp, err := dac.ParseResponse(b[0], q, "radsec")
	require.NoError(c.t, err)
	return resp
}

func TestRequestsOfAConnectionAreHandledAndAnswered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var events []dac.Event
		var got *dac.Request
		srv := &dac.Server{
			Trace: func(e dac.Event) { events = append(events, e) },
			Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
				got = q
				return q.ACK()
			}),
		}
		r := serveConns(t, srv)
		c := r.conn(aaaName, dac.RADIUS10)
		q := overTLS(t, 7, bob)
		require.True(t, c.verdict(c.sends(q), q).ACK())
		assert.Equal(t, aaaName, got.Peer)
		assert.Equal(t, aaaAddr, got.Source)
		assert.Equal(t, aaaName, got.PeerIdentity.Name)
		require.Len(t, events, 2)
		for i, op := range []dac.EventOp{dac.Received, dac.Sent} {
			assert.Equal(t, op, events[i].Op)
			assert.Equal(t, "tls", events[i].Transport)
			assert.Equal(t, aaaName, events[i].PeerIdentity.Name)
			assert.Equal(t, uint32(7), events[i].ID)
		}
		stats := srv.Stats()
		assert.Empty(t, stats.Peers)
		assert.EqualValues(t, 1, stats.Identities[aaaName].CoA.ACKs)
		assert.EqualValues(t, 1, stats.ByName()[aaaName].CoA.ACKs)
		assert.EqualValues(t, 1, stats.Total.CoA.ACKs)
		r.stop()
		require.NoError(t, c.ended())
	})
}

func TestServePacketsSaysAtOnceWhatIsWrong(t *testing.T) {
	handler := dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) { return q.ACK() })
	id := &dac.PeerIdentity{DNS: []string{aaaName}}
	for name, tc := range map[string]struct {
		peers dac.Peers
		info  dac.ConnInfo
		says  string
	}{
		"peers by address alone": {dac.SharedSecret(secret), dac.ConnInfo{Identity: id}, "IdentityPeers"},
		"nothing was proved":     {dac.CertPeers{aaaName: {}}, dac.ConnInfo{}, "ConnInfo.Identity"},
		"an unknown certificate": {dac.CertPeers{otherName: {}}, dac.ConnInfo{Identity: id}, dac.ErrUnknownPeer.Error()},
		"a peer with a secret":   {knowsAll{dac.Peer{Name: "a", Secret: secret}}, dac.ConnInfo{Identity: id}, "Secret"},
		"a peer without a name":  {knowsAll{}, dac.ConnInfo{Identity: id}, "Peer.Name"},
		"a limit below zero":     {knowsAll{dac.Peer{Name: "a", Limit: dac.Limit{Rate: -1}}}, dac.ConnInfo{Identity: id}, "Limit"},
		"Identify panics":        {knowsAll{dac.Peer{Name: "panic"}}, dac.ConnInfo{Identity: id}, "panicked"},
	} {
		t.Run(name, func(t *testing.T) {
			near, far := dactest.Pipe(tc.info, dac.ConnInfo{})
			err := (&dac.Server{Handler: handler, Peers: tc.peers}).ServePackets(t.Context(), near)
			require.ErrorContains(t, err, tc.says)
			assert.NotContains(t, err.Error(), secret)
			_, err = far.ReadPackets(nil)
			require.Error(t, err, "the connection is closed")
		})
	}
	require.Error(t, (&dac.Server{Handler: handler, Peers: dac.CertPeers{aaaName: {}}}).ServePackets(t.Context(), nil))
}

// knowsAll is IdentityPeers that take everybody for one peer.
type knowsAll struct{ peer dac.Peer }

func (p knowsAll) Peer(context.Context, netip.AddrPort) (dac.Peer, error) { return p.peer, nil }
func (p knowsAll) Identify(context.Context, *dac.PeerIdentity) (dac.Peer, error) {
	if p.peer.Name == "panic" {
		panic("of the host")
	}
	return p.peer, nil
}

func TestR6613_2_6_4_WhatIsMalformedOrDoesNotVerifyEndsTheConnection(t *testing.T) {
	good := overTLS(t, 1, bob)
	badMA := slices.Clone(good)
	badMA[30] ^= 1 // within Message-Authenticator, signed again
	signAgain(badMA)
	short := slices.Clone(good)
	short[3] = 19
	attr := slices.Clone(good)
	attr[len(attr)-4] = 200 // the length of the last attribute
	for name, tc := range map[string]struct {
		b    []byte
		want error
	}{
		"authenticator":         {coa(t, 1, bob), dac.ErrAuthenticator},
		"Message-Authenticator": {badMA, dac.ErrMessageAuthenticator},
		"Length below 20":       {short, dac.ErrMalformed},
		"attributes":            {attr, dac.ErrMalformed},
		"a shred":               {good[:5], dac.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := serveConns(t, &dac.Server{})
				c := r.conn(aaaName, dac.RADIUS10)
				// Whether the end comes before the answer to the first, or before the last is
				// written, is chance.
				c.WritePackets([][]byte{good, tc.b, overTLS(t, 2, bob, stamped(0))})
				require.LessOrEqual(t, len(c.hears()), 1, "closed at once")
				err := c.ended()
				require.ErrorIs(t, err, tc.want)
				require.Equal(t, err, c.near.Err(), "the transport is told at once")
				require.EqualValues(t, 1, r.runs.Load(), "what came before it, and nothing behind it")

				// What the connection could not answer is answered by the next.
				again := r.conn(aaaName, dac.RADIUS10)
				require.True(t, again.verdict(again.sends(good), good).ACK())
				require.EqualValues(t, 1, r.runs.Load())
			})
		})
	}
}

// signAgain makes the Request Authenticator of b right.
func signAgain(b []byte) {
	copy(b[4:20], make([]byte, 16))
	authn.OutsideFIPS(func() {
		h := md5.Sum(append(slices.Clone(b), "radsec"...))
		copy(b[4:20], h[:])
	})
}

func TestR6613_2_6_4_OtherCodesAndStaleRequestsLeaveTheConnectionOpen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serveConns(t, &dac.Server{Peers: dac.CertPeers{aaaName: {RequireMessageAuthenticator: true}}})
		c := r.conn(aaaName, dac.RADIUS10)
		access := append([]byte{1, 1, 0, 20}, make([]byte, 16)...)
		bare := append([]byte{43, 2, 0, 20}, make([]byte, 16)...)
		signAgain(bare)
		require.Empty(t, c.sends(access, bare, overTLS(t, 3, stamped(-time.Hour))))
		c.serving()
		require.EqualValues(t, 1, r.runs.Load())
	})
}

func TestOneRequestOverTwoConnectionsOfAPeerIsHandledOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan bool)
		runs := 0
		r := serveConns(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			runs++
			<-release
			return q.ACK()
		})})
		first, second := r.conn(aaaName, dac.RADIUS10), r.conn(aaaName, dac.RADIUS10)
		q := overTLS(t, 1, bob) // a CoA-Request without Event-Timestamp
		require.Empty(t, first.sends(q))
		first.Close() // while it is in work
		require.Empty(t, second.sends(q), "not while the first is in work")
		close(release)
		require.True(t, second.verdict(second.hears(), q).ACK())
		require.NoError(t, first.ended())
		third := r.conn(aaaName, dac.RADIUS10)
		require.True(t, third.verdict(third.sends(q), q).ACK())
		require.Equal(t, 1, runs)
		require.EqualValues(t, 2, r.srv.Stats().Total.CoA.Duplicates)
	})
}

func TestEqualOctetsOfTwoPeersAreTwoRequests(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serveConns(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			return q.NAK(map[string]errcause.Cause{aaaName: 503, otherName: 501}[q.Peer])
		})})
		one, other := r.conn(aaaName, dac.RADIUS10), r.conn(otherName, dac.RADIUS10)
		for _, q := range [][]byte{overTLS(t, 1, bob), overTLS(t, 2, bob, stamped(0))} {
			for range 2 {
				require.EqualValues(t, 503, one.verdict(one.sends(q), q).Cause())
				require.EqualValues(t, 501, other.verdict(other.sends(q), q).Cause())
			}
		}
		require.EqualValues(t, 2, r.srv.Stats().Identities[otherName].CoA.Duplicates)
	})
}

func TestOverAReliableConnectionWhatThereIsNoRoomForIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan bool)
		r := serveConns(t, &dac.Server{
			MaxHandlers: 1,
			Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
				<-release
				return q.ACK()
			}),
			Peers: dac.CertPeers{aaaName: {}, otherName: {Limit: dac.Limit{Rate: 1, Burst: 1}}},
		})
		c := r.conn(aaaName, dac.RADIUS10)
		var qs [][]byte
		for id := range byte(8) {
			qs = append(qs, overTLS(t, id, attrs.AcctSessionID.Of(string('a'+id))))
		}
		refused := c.sends(qs...)
		require.NotEmpty(t, refused)
		for _, b := range refused {
			require.EqualValues(t, 506, c.verdict([][]byte{b}, qs[b[1]]).Cause())
		}
		close(release)
		require.Len(t, append(refused, c.hears()...), 8, "each is answered")

		limited := r.conn(otherName, dac.RADIUS10)
		require.True(t, limited.verdict(limited.sends(qs[0]), qs[0]).ACK())
		require.EqualValues(t, 506, limited.verdict(limited.sends(qs[1]), qs[1]).Cause())
	})
}

func TestOverAReliableConnectionAFullCacheIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serveConns(t, &dac.Server{Memory: 8})
		c := r.conn(aaaName, dac.RADIUS10)
		var last []byte
		for id := range byte(9) {
			last = overTLS(t, id, attrs.AcctSessionID.Of(string('a'+id)))
			if resp := c.verdict(c.sends(last), last); !resp.ACK() {
				require.EqualValues(t, 506, resp.Cause())
				require.EqualValues(t, 1, r.srv.Stats().Total.CoA.Overflow)
				return
			}
		}
		t.Fatal("the cache is never full")
	})
}

func TestOverAReliableConnectionSilenceIs505(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, tc := range []struct {
			err   error
			cause errcause.Cause
		}{{dac.ErrSilent, 505}, {errors.Join(dac.ErrSilent, errcause.MissingAttribute), 505}, {dac.ErrDiscard, 0}} {
			r := serveConns(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) { return nil, tc.err })})
			c, q := r.conn(aaaName, dac.RADIUS10), overTLS(t, 1, bob)
			got := c.sends(q)
			if tc.cause == 0 {
				require.Empty(t, got)
				continue
			}
			require.Equal(t, tc.cause, c.verdict(got, q).Cause())
		}
	})
}

// A peer that never reads is bounded by its transport, and meanwhile every other one is answered.
func TestAPeerThatDoesNotReadHoldsUpNoOther(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serveConns(t, &dac.Server{Trace: func(dac.Event) {}})
		slow, other := r.deaf(aaaName, dac.RADIUS10), r.conn(otherName, dac.RADIUS10)
		for i := range 200 {
			q := overTLS(t, byte(i), attrs.NASPort.Of(uint32(i)))
			_, err := slow.WritePackets([][]byte{q})
			require.NoError(t, err)
		}
		began := time.Now()
		for i := range 50 {
			q := overTLS(t, byte(i), attrs.NASPort.Of(uint32(i)))
			require.True(t, other.verdict(other.sends(q), q).ACK())
		}
		require.Less(t, time.Since(began), time.Second)
		time.Sleep(6 * time.Second)
		require.NoError(t, slow.ended())
		other.serving()
	})
}

func TestWhenAConnectionEndsItsHandlersRunOnAndTheDrainEndsThem(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ended := make(chan time.Duration, 2)
		r := serveConns(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			began := time.Now()
			<-ctx.Done()
			ended <- time.Since(began)
			return q.ACK()
		})})
		c := r.conn(aaaName, dac.RADIUS10)
		c.sends(overTLS(t, 1, bob))
		c.Close()
		require.NoError(t, <-c.done)
		require.Equal(t, 25*time.Second, <-ended, "HandlerTimeout")

		c = r.conn(aaaName, dac.RADIUS10)
		c.sends(overTLS(t, 2, bob))
		r.stop()
		require.NoError(t, <-c.done)
		require.InDelta(t, 5*time.Second, <-ended, float64(10*time.Millisecond), "Drain")
		require.Len(t, c.hears(), 1, "what was done is answered before the connection is closed")
	})
}

func TestR9765_4_1_RequestsOfRADIUS11AreAnsweredWithTheirToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var got string
		r := serveConns(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			clear, err := q.Reveal([]byte("in clear"))
			require.NoError(t, err)
			got = string(clear)
			return q.NAK(503)
		})})
		c := r.conn(aaaName, dac.RADIUS11)
		q := by11(t, radius.CodeDisconnectRequest, 0xfffffffe, bob, proxyState("hop"))
		answer := packet.AppendTokenHeader(nil, radius.CodeDisconnectNAK, 0xfffffffe)
		answer = append(answer, 101, 6, 0, 0, 1, 0xf7, 33, 5, 'h', 'o', 'p')
		answer[3] = byte(len(answer))
		require.Equal(t, [][]byte{answer}, c.sends(q))
		require.Equal(t, "in clear", got)

		// R9765-5.2-1: a Message-Authenticator that comes is ignored, whatever is in it.
		q = by11(t, radius.CodeDisconnectRequest, 5, bob)
		q = append(q, append([]byte{80, 18}, make([]byte, 16)...)...)
		require.NoError(t, packet.SetLength(q, 0))
		b := c.sends(q)
		require.Len(t, b, 1)
		require.NoError(t, packet.FitsToken(b[0], q))
		require.Nil(t, packet.Find(b[0], packet.TypeMessageAuthenticator))
	})
}

func TestR9765_4_2_1_MoreThan256RequestsAreInWorkAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan bool)
		r := serveConns(t, &dac.Server{MaxHandlers: 2048, Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			<-release
			return q.ACK()
		})})
		c := r.conn(aaaName, dac.RADIUS11)
		const n = 1000
		tokens := make(map[uint32]bool)
		for i := range uint32(n) {
			require.Empty(t, c.sends(by11(t, radius.CodeCoARequest, i*1_000_003, bob)))
		}
		close(release)
		for _, b := range c.hears() {
			tokens[packet.Token(b)] = true
		}
		require.Len(t, tokens, n)
	})
}

func TestR9765_4_2_2_ATokenUsedAgainWhileInWorkIsLoggedAndEndsTheConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log bytes.Buffer
		release := make(chan bool)
		r := serveConns(t, &dac.Server{
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
				<-release
				return q.ACK()
			}),
		})
		c := r.conn(aaaName, dac.RADIUS11)
		require.Empty(t, c.sends(by11(t, radius.CodeCoARequest, 9, bob)))
		require.Empty(t, c.sends(by11(t, radius.CodeCoARequest, 9, attrs.UserName.Of("eve"))))
		require.Error(t, c.near.Err())
		close(release)
		require.ErrorContains(t, c.ended(), "Token")
		require.Contains(t, log.String(), "token=9")

		// Answered, it is free again.
		c = r.conn(aaaName, dac.RADIUS11)
		for range 3 {
			require.Len(t, c.sends(by11(t, radius.CodeCoARequest, 9, bob)), 1)
		}
	})
}

// A peer with Via is authenticated by its transport, and no datagram is its own.
func TestADatagramOfAPeerWithViaIsOfAnUnknownPeer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeersFunc(func(context.Context, netip.AddrPort) (dac.Peer, error) {
			return dac.Peer{Secret: secret, Via: noTransport{}}, nil
		})})
		require.Nil(t, r.sends(r.from(aaaAddr), coa(t, 1, bob)))
		require.EqualValues(t, 1, r.srv.Stats().UnknownCoA)
	})
}

type noTransport struct{ dac.Transport }

// One Server serves both, and they share what it has.
func TestServeAndServePacketsShareTheServer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		peers := dac.JoinPeers(dac.SharedSecret(secret), dac.CertPeers{aaaName: {}})
		udp := serve(t, &dac.Server{Peers: peers})
		r := &connRig{t: t, srv: udp.srv}
		r.ctx, r.stop = context.WithCancel(context.Background())
		c := r.conn(aaaName, dac.RADIUS10)
		q := overTLS(t, 1, bob)
		require.True(t, c.verdict(c.sends(q), q).ACK())
		p, socket := coa(t, 1, bob), udp.from(aaaAddr)
		require.True(t, udp.verdict(udp.sends(socket, p), p).ACK())
		require.EqualValues(t, 2, udp.srv.Stats().Total.CoA.ACKs)
		r.stop()
		require.NoError(t, c.ended())
		require.True(t, udp.verdict(udp.sends(socket, p), p).ACK(), "the socket is served on")
		udp.stop()
		require.NoError(t, <-udp.done)
		udp.done <- nil // a goroutine that is left fails the bubble
	})
}

// R9765-4.1: no MD5 anywhere, whatever is in a request and however many come at once.
func TestR9765_4_1_RADIUS11RunsNoMD5(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var sums atomic.Int64
		authn.OnMD5 = func() { sums.Add(1) }
		defer func() { authn.OnMD5 = nil }()
		r := serveConns(t, &dac.Server{})
		for _, v := range []dac.Version{dac.RADIUS11, dac.RADIUS10} {
			c := r.conn(aaaName, v)
			var qs [][]byte
			for i := range byte(40) {
				q := overTLS(t, i, bob, stamped(0), attrs.NASPort.Of(uint32(i)))
				if v == dac.RADIUS11 {
					q = by11(t, radius.CodeCoARequest, uint32(i), bob, stamped(0))
				}
				qs = append(qs, q)
			}
			sums.Store(0)
			require.Len(t, c.sends(qs...), len(qs))
			require.Equal(t, v == dac.RADIUS10, sums.Load() > 0, v.String())
		}
	})
}
