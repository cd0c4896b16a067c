// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

// everyWay runs f where the requests of a Proxy are answered later, where each has a handler that
// waits, and where middleware is between.
func everyWay(t *testing.T, f func(t *testing.T)) {
	bothWays(t, f)
	t.Run(middleware[1:], func(t *testing.T) { bubble(t, f) })
}

const middleware = "/middleware"

// A connProxy is a proxy between connections and a NAS by UDP.
type connProxy struct {
	*proxyRig
	*connRig
	lossy atomic.Bool // nothing reaches the NAS
}

func proxiedConns(t *testing.T, p *dac.Proxy, h dac.HandlerFunc) *connProxy {
	r := &connProxy{proxyRig: proxied(t, p, h)}
	r.net.Drop = func(_, to netip.AddrPort, _ []byte) bool { return to == nasAddr && r.lossy.Load() }
	srv := &dac.Server{Handler: p}
	if strings.HasSuffix(t.Name(), middleware) {
		srv.Handler = dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			return p.Handle(ctx, q)
		})
	}
	r.connRig = serveConns(t, srv)
	r.here = proxyAddr
	return r
}

// abandoned is how often the sender of a CoA waited no longer.
func (r *connProxy) abandoned() int { return int(r.srv.Stats().Total.CoA.Abandoned) }

// The connection that a request came by ends: no retransmission follows, and the answer to come
// goes nowhere.
func TestR_BIS_3_11_1_ARequestIsNotRetransmittedWhenItsConnectionHasEnded(t *testing.T) {
	for _, v := range []dac.Version{dac.RADIUS10, dac.RADIUS11} {
		everyWay(t, func(t *testing.T) {
			r := proxiedConns(t, &dac.Proxy{}, func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
				if name, _ := attrs.UserName.Get(q.Packet.Attributes); name == "eve" {
					return q.ACK()
				}
				return silently(ctx, q)
			})
			opens, q := overTLS(t, 1, attrs.UserName.Of("eve")), overTLS(t, 2, bob)
			if v == dac.RADIUS11 {
				opens, q = by11(t, 43, 76, attrs.UserName.Of("eve")), by11(t, 43, 77, bob)
			}
			c := r.conn(aaaName, v)
			require.Len(t, c.sends(opens), 1)
			// The first finds no socket to the NAS and waits for its turn, the second has it at once.
			require.Empty(t, c.sends(q))
			time.Sleep(3 * time.Second)
			require.Len(t, r.datagrams(), 1+2, "one retransmission")
			require.Zero(t, r.abandoned())
			c.Close()
			time.Sleep(time.Minute)
			require.Len(t, r.datagrams(), 1+2)
			require.Equal(t, 1, r.abandoned())
			require.NoError(t, c.ended())
		})
	}
}

// The same by a connection that stays: the Proxy retransmits by itself (radiusdtls-bis, section
// 6.2.2), and so it does for one that sends by UDP, of which no end is known.
func TestR_BIS_6_2_2_2_AProxyRetransmitsForAConnectionThatStays(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		r := proxiedConns(t, &dac.Proxy{}, silently)
		c := r.conn(aaaName, dac.RADIUS10)
		require.Empty(t, c.sends(overTLS(t, 1, bob)))
		_, err := r.sender.Write(coa(t, 2, bob))
		require.NoError(t, err)
		require.NoError(t, r.sender.Close())
		time.Sleep(time.Minute)
		require.Len(t, r.datagrams(), 2*4)
		require.Zero(t, r.abandoned())
	})
}

// The sender uses the Identifier again, so it has given the first request up. Its answer would be a
// forged one to the second.
func TestR_BIS_6_2_2_2_AnIdentifierThatIsUsedAgainEndsRetransmissions(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		r := proxiedConns(t, &dac.Proxy{}, func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			if name, _ := attrs.UserName.Get(q.Packet.Attributes); name == "first" {
				time.Sleep(10 * time.Second)
			}
			return q.ACK()
		})
		c := r.conn(aaaName, dac.RADIUS10)
		require.Empty(t, c.sends(overTLS(t, 1, attrs.UserName.Of("first"))))
		time.Sleep(3 * time.Second)
		require.Len(t, r.datagrams(), 2)
		second := overTLS(t, 1, attrs.UserName.Of("second"))
		require.True(t, c.verdict(c.sends(second), second).ACK())
		require.Equal(t, 1, r.abandoned())
		time.Sleep(time.Minute)
		require.Len(t, r.datagrams(), 3)
		require.Empty(t, c.hears(), "the answer to the first")
		c.serving()
	})
}

// The peer brings the same octets by its next connection: they are answered there, and the NAS
// executes them once, whether its answer came before or what was sent to it was lost.
func TestR_BIS_3_11_1_ARequestThatComesByTheNextConnectionGoesOn(t *testing.T) {
	for name, lost := range map[string]bool{"the answer came meanwhile": false, "it was lost": true} {
		everyWay(t, func(t *testing.T) {
			r := proxiedConns(t, &dac.Proxy{}, func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
				time.Sleep(time.Second)
				return q.ACK()
			})
			r.lossy.Store(lost)
			q := overTLS(t, 1, bob)
			first := r.conn(aaaName, dac.RADIUS10)
			require.Empty(t, first.sends(q))
			first.Close()
			time.Sleep(10 * time.Second)
			r.lossy.Store(false)
			require.Equal(t, 1, r.abandoned())
			second := r.conn(aaaName, dac.RADIUS10)
			answer := second.sends(q)
			if lost {
				require.Empty(t, answer, name)
				time.Sleep(time.Second)
				answer = second.hears()
			}
			require.True(t, second.verdict(answer, q).ACK(), name)
			require.Len(t, r.arrived(), 1)
			require.EqualValues(t, 1, r.srv.Stats().Total.CoA.Requests)
		})
	}
}

// What the NAS was sent, and answered in vain, comes to it again: the same octets, which it knows.
func TestR_BIS_3_11_1_WhatGoesOnIsTheSameOctets(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		r := proxiedConns(t, &dac.Proxy{}, nil)
		var deaf atomic.Bool // the proxy hears nothing of the NAS
		deaf.Store(true)
		r.net.Drop = func(from, _ netip.AddrPort, _ []byte) bool { return from == nasAddr && deaf.Load() }
		q := overTLS(t, 1, bob)
		first := r.conn(aaaName, dac.RADIUS10)
		require.Empty(t, first.sends(q))
		first.Close()
		time.Sleep(5 * time.Second)
		deaf.Store(false)
		second := r.conn(aaaName, dac.RADIUS10)
		require.True(t, second.verdict(second.sends(q), q).ACK(), "at once: its retransmission was due")
		raw := r.datagrams()
		require.Len(t, raw, 2)
		require.Equal(t, raw[0], raw[1])
		require.Len(t, r.arrived(), 1)
	})
}

// The next connection brings it before the first is known to have ended.
func TestR_BIS_3_11_1_OneOfTwoConnectionsEnds(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		r := proxiedConns(t, &dac.Proxy{}, silently)
		q := overTLS(t, 1, bob)
		first, second := r.conn(aaaName, dac.RADIUS10), r.conn(aaaName, dac.RADIUS10)
		require.Empty(t, first.sends(q))
		require.Empty(t, second.sends(q))
		first.Close()
		time.Sleep(3 * time.Second)
		require.Len(t, r.datagrams(), 2)
		require.Zero(t, r.abandoned())
		second.Close()
		time.Sleep(time.Minute)
		require.Len(t, r.datagrams(), 2)
		require.Equal(t, 1, r.abandoned())
	})
}

// What waits for its turn when its connection ends is not sent. Nothing was done, so the same
// octets by the next connection are a first arrival.
func TestR_BIS_3_11_1_WhatWaitsForItsTurnIsNotSent(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		p := &dac.Proxy{Client: &dac.Client{Peers: dac.SharedSecret(nextSecret), PerNAS: dac.Limit{InFlight: 1}}}
		r := proxiedConns(t, p, func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			time.Sleep(time.Second)
			return q.ACK()
		})
		c := r.conn(aaaName, dac.RADIUS10)
		waits := overTLS(t, 2, bob)
		require.Empty(t, c.sends(overTLS(t, 1, attrs.UserName.Of("eve")))) // handlers run in no order
		require.Empty(t, c.sends(waits))
		c.Close()
		time.Sleep(10 * time.Second)
		require.Len(t, r.arrived(), 1)
		next := r.conn(aaaName, dac.RADIUS10)
		require.Empty(t, next.sends(waits))
		time.Sleep(time.Second)
		require.True(t, next.verdict(next.hears(), waits).ACK())
		require.Len(t, r.arrived(), 2)
	})
}

// A handler that is no Proxy: the answer whose Identifier is in use again is not sent either.
func TestTheAnswerToARequestThatWasGivenUpIsNotSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serveConns(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			if name, _ := attrs.UserName.Get(q.Packet.Attributes); name == "slow" {
				time.Sleep(time.Second)
			}
			return q.ACK()
		})})
		c := r.conn(aaaName, dac.RADIUS10)
		slow := overTLS(t, 1, attrs.UserName.Of("slow"))
		require.Empty(t, c.sends(slow))
		quick := overTLS(t, 1, bob)
		require.True(t, c.verdict(c.sends(quick), quick).ACK())
		other := r.conn(aaaName, dac.RADIUS10)
		require.Empty(t, other.sends(slow))
		time.Sleep(2 * time.Second)
		require.Empty(t, c.hears())
		require.True(t, other.verdict(other.hears(), slow).ACK(), "this connection waits for it")
	})
}

// A next hop whose connection ends meanwhile is sent nothing either, before a sender waits again.
func TestR_BIS_3_11_1_NothingLeavesAgainByTheNextConnectionToTheNAS(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		w := &wire{nas: still}
		client := w.client()
		r := proxiedConns(t, &dac.Proxy{Client: client}, nil)
		q := overTLS(t, 1, bob)
		first := r.conn(aaaName, dac.RADIUS10)
		require.Empty(t, first.sends(q))
		first.Close()
		time.Sleep(time.Second)
		w.all()[0].end()
		time.Sleep(5 * time.Second)
		for _, c := range w.all()[1:] {
			require.Empty(t, c.packets())
		}
		second := r.conn(aaaName, dac.RADIUS10)
		require.Empty(t, second.sends(q))
		all := w.all()
		require.Equal(t, all[0].packets(), all[len(all)-1].packets())
	})
}

// A handler that has asked one next hop, and then waits for its turn with another one when the
// connection ends: the first may have executed the request, which is therefore no first arrival by
// the next connection.
func TestWhatWasSentToAnotherNextHopIsNotForgotten(t *testing.T) {
	for _, all := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			r := proxied(t, &dac.Proxy{Span: 3 * time.Second}, func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
				if name, _ := attrs.UserName.Get(q.Attributes()); name == "eve" {
					time.Sleep(10 * time.Second)
					return q.ACK()
				}
				return silently(ctx, q)
			})
			client := &dac.Client{Peers: dac.SharedSecret(nextSecret), PerNAS: dac.Limit{InFlight: 1}, Dial: r.proxy.Client.Dial}
			defer client.Close()
			second := &dac.Proxy{Client: client, Router: dac.Target{Addr: nasAddr}}
			conns := serveConns(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
				var first error
				if name, _ := attrs.UserName.Get(q.Attributes()); name != "eve" {
					resp, err := r.proxy.Handle(ctx, q)
					if err == nil {
						return resp, nil
					}
					first = err
				}
				resp, err := second.Handle(ctx, q)
				if err != nil && all {
					err = errors.Join(err, first)
				}
				return resp, err
			})})
			conns.here = proxyAddr
			c, q := conns.conn(aaaName, dac.RADIUS10), overTLS(t, 2, bob)
			require.Empty(t, c.sends(overTLS(t, 1, attrs.UserName.Of("eve"))))
			require.Empty(t, c.sends(q))
			time.Sleep(5 * time.Second)
			c.Close()
			time.Sleep(10 * time.Second)
			sent := len(r.arrived())
			require.Equal(t, 2, sent)
			next := conns.conn(aaaName, dac.RADIUS10)
			require.False(t, next.verdict(next.sends(q), q).ACK())
			time.Sleep(time.Minute)
			require.Len(t, r.arrived(), sent)
		})
	}
}
