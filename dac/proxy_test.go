// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// The answer of a NAS passes as it is, with any content.
func TestProxyPassesAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		coa    bool
		answer func(q *dac.Request) (*dac.Response, error)
		code   radius.Code
		cause  errcause.Cause
	}{
		"ACK":            {answer: func(q *dac.Request) (*dac.Response, error) { return q.ACK(attrs.AcctTerminateCause.Of(6)) }, code: 41},
		"ACK with 201":   {answer: func(q *dac.Request) (*dac.Response, error) { return q.ACK(attrs.ErrorCause.Of(201)) }, code: 41, cause: 201},
		"NAK":            {answer: func(q *dac.Request) (*dac.Response, error) { return q.NAK(503) }, code: 42, cause: 503},
		"NAK without":    {coa: true, answer: func(q *dac.Request) (*dac.Response, error) { return q.NAK(0) }, code: 45},
		"CoA-ACK":        {coa: true, answer: func(q *dac.Request) (*dac.Response, error) { return q.ACK() }, code: 44},
		"507":            {coa: true, answer: func(q *dac.Request) (*dac.Response, error) { return q.NAK(507) }, code: 45, cause: 507},
		"unknown":        {coa: true, answer: raw(45, 599), code: 45, cause: 599},
		"NAK with 201":   {answer: raw(42, 201), code: 42, cause: 201},
		"504 in CoA-NAK": {coa: true, answer: raw(45, 504), code: 45, cause: 504},
		// RFC 7930, section 4: for one hop.
		"Protocol-Error": {coa: true, answer: raw(52, 406), code: 45, cause: 406},
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T) {
				r := proxied(t, &dac.Proxy{}, func(ctx context.Context, q *dac.Request) (*dac.Response, error) { return c.answer(q) })
				q := disconnect(t, 7, attrs.UserName.Of("bob"))
				if c.coa {
					q = coa(t, 7, attrs.UserName.Of("bob"))
				}
				answer := r.verdict(q)
				require.Equal(t, c.code, answer.Packet.Code)
				require.Equal(t, c.cause, answer.Cause())
				if name == "ACK" {
					cause, err := attrs.AcctTerminateCause.Get(answer.Packet.Attributes)
					require.NoError(t, err)
					require.EqualValues(t, 6, cause)
				}
			})
		})
	}
}

// raw is an answer that no handler could make. A Response that was received passes a Server as it
// is, so one is made of octets first.
func raw(code byte, cause uint32) func(*dac.Request) (*dac.Response, error) {
	return func(*dac.Request) (*dac.Response, error) {
		ask := byte(43)
		if code == 41 || code == 42 {
			ask = 40
		}
		q := dac.Resign([]byte{ask, 1, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "x")
		request, err := dac.ParseRequest(q, "x")
		if err != nil {
			return nil, err
		}
		made := &dac.Response{Packet: &radius.Packet{Code: radius.Code(code), Attributes: radius.Attributes{{Type: 101, Attribute: radius.NewInteger(cause)}}}}
		b, err := made.AppendSigned(nil, request, "x")
		if err != nil {
			return nil, err
		}
		return dac.ParseResponse(b, q, "x")
	}
}

// What the sender gets where no NAS answers.
func TestProxyMapsFailures(t *testing.T) {
	// Nobody listens there: ICMP.
	elsewhere := dac.Target{Addr: netip.MustParseAddrPort("192.0.2.77:3799")}
	for name, c := range map[string]struct {
		proxy *dac.Proxy
		nas   dac.HandlerFunc
		cause errcause.Cause
		sent  int // datagrams that reached the NAS
	}{
		"no route": {proxy: &dac.Proxy{Router: dac.RouterFunc(func(context.Context, *dac.Request) (dac.Target, error) { return dac.Target{}, dac.ErrNoRoute })}, cause: 502},
		"router's own cause": {proxy: &dac.Proxy{Router: dac.RouterFunc(func(context.Context, *dac.Request) (dac.Target, error) {
			return dac.Target{}, errcause.NASIdentificationMismatch
		})}, cause: 403},
		"router fails": {proxy: &dac.Proxy{Router: dac.RouterFunc(func(context.Context, *dac.Request) (dac.Target, error) {
			return dac.Target{}, errors.New("database is down")
		})}, cause: 505},
		"zero target":   {proxy: &dac.Proxy{Router: dac.Target{}}, cause: 505},
		"ICMP":          {proxy: &dac.Proxy{Router: elsewhere}, cause: 406},
		"ICMP at once":  {proxy: &dac.Proxy{Router: elsewhere, Client: &dac.Client{Peers: dac.SharedSecret(nextSecret), FailFast: true}}, cause: 406},
		"no secret":     {proxy: &dac.Proxy{Client: &dac.Client{Peers: dac.PeerMap{netip.MustParsePrefix("203.0.113.1/32"): {Secret: nextSecret}}}}, cause: 505},
		"silence, 505":  {proxy: &dac.Proxy{AnswerSilence: true}, nas: silently, cause: 505, sent: 4},
		"edit fails":    {proxy: &dac.Proxy{Router: edited(nil, errors.New("no"))}, cause: 505},
		"edit's cause":  {proxy: &dac.Proxy{Router: edited(nil, errcause.NASIdentificationMismatch)}, cause: 403},
		"not encodable": {proxy: &dac.Proxy{Router: edited(radius.Attributes{nil}, nil)}, cause: 505},
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T) {
				r := proxied(t, fresh(c.proxy), c.nas)
				answer := r.verdict(disconnect(t, 1, attrs.UserName.Of("bob")))
				require.Equal(t, c.cause, answer.Cause())
				require.EqualValues(t, 42, answer.Packet.Code)
				require.Len(t, r.datagrams(), c.sent)
				if h, ok := r.hop(); ok {
					require.Equal(t, c.cause, h.Cause())
				}
			})
		})
	}
}

// fresh is p as it was before it was used.
func fresh(p *dac.Proxy) *dac.Proxy {
	made := &dac.Proxy{Router: p.Router, AnswerSilence: p.AnswerSilence}
	if c := p.Client; c != nil {
		made.Client = &dac.Client{Peers: c.Peers, FailFast: c.FailFast}
	}
	return made
}

func silently(context.Context, *dac.Request) (*dac.Response, error) { return nil, dac.ErrSilent }

func edited(set radius.Attributes, err error) dac.Target {
	return dac.Target{Addr: nasAddr, Edit: func(radius.Attributes) (radius.Attributes, error) { return set, err }}
}

// What waits for a turn until its time is over was not sent: resources are what lacks (506).
func TestProxyRefusesWhatFindsNoTurn(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		p := &dac.Proxy{Client: &dac.Client{Peers: dac.SharedSecret(nextSecret), PerNAS: dac.Limit{Rate: 0.01}}}
		r := proxied(t, p, nil)
		require.True(t, r.verdict(disconnect(t, 1, attrs.UserName.Of("bob"))).ACK())
		answer := r.verdict(disconnect(t, 2, attrs.UserName.Of("eve")))
		require.Equal(t, errcause.ResourcesUnavailable, answer.Cause())
		require.Len(t, r.datagrams(), 1)
	})
}

// A refused target is 501, and nothing is sent; the next request may find it otherwise.
func TestProxyAsksBeforeItSends(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		var allow error = errcause.AdministrativelyProhibited
		var asked dac.Target
		p := &dac.Proxy{Router: dac.Target{Name: "bng", Addr: netip.AddrPortFrom(nasAddr.Addr(), 0)}}
		p.Allow = func(_ context.Context, q *dac.Request, to dac.Target) error {
			asked = to
			return allow
		}
		r := proxied(t, p, nil)
		require.Equal(t, errcause.AdministrativelyProhibited, r.verdict(disconnect(t, 1, attrs.UserName.Of("bob"))).Cause())
		require.Equal(t, nasAddr, asked.Addr, "with the port that it will be sent to")
		allow = errors.New("not on Sundays")
		require.Equal(t, errcause.AdministrativelyProhibited, r.verdict(disconnect(t, 2, attrs.UserName.Of("bob"))).Cause())
		allow = errcause.RequestNotRoutable
		require.Equal(t, errcause.RequestNotRoutable, r.verdict(disconnect(t, 3, attrs.UserName.Of("bob"))).Cause())
		require.Empty(t, r.datagrams())
		allow = nil
		require.True(t, r.verdict(disconnect(t, 4, attrs.UserName.Of("bob"))).ACK())
		require.Len(t, r.datagrams(), 1)
	})
}

// Silence of the next hop is silence, remembered: a retransmission of the sender does not go on
// again, though the proxy has long ended its own.
func TestProxyRemembersSilence(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		r := proxied(t, &dac.Proxy{}, silently)
		q := disconnect(t, 1, attrs.UserName.Of("bob"), stamped(0))
		for range 5 {
			require.Nil(t, r.asks(q, 10*time.Second))
		}
		require.Len(t, r.datagrams(), 4, "at 0, 2, 6 and 14 s")
		if h, ok := r.hop(); ok {
			require.ErrorIs(t, h.Err, dac.ErrSilent)
			require.ErrorIs(t, h.Err, dac.ErrNoAnswer)
			require.Equal(t, 24*time.Second, h.Duration.Round(time.Millisecond))
		}
		require.EqualValues(t, 4, r.upstream.Stats().Total.Disconnect.Duplicates)
	})
}

// A 505 comes while the sender still listens, the last of its 30 s.
func TestProxyAnswersSilenceInTime(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		r := proxied(t, &dac.Proxy{AnswerSilence: true}, silently)
		sender := &dac.Client{Peers: dac.SharedSecret(secret), Dial: r.net.Dial}
		defer sender.Close()
		began := time.Now()
		_, err := sender.Disconnect(t.Context(), proxyAddr, attrs.UserName.Of("bob"))
		require.ErrorIs(t, err, errcause.OtherProxyProcessingError)
		require.Equal(t, 24*time.Second, time.Since(began).Round(time.Second))
		require.Len(t, r.arrived(), 1)
	})
}

// A retransmission that comes while the NAS works is absorbed, and one that comes later is answered
// with the same octets.
func TestProxyForwardsOnce(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		r := proxied(t, &dac.Proxy{}, func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			time.Sleep(1500 * time.Millisecond)
			return q.ACK()
		})
		q := coa(t, 1, attrs.UserName.Of("bob"))
		require.Nil(t, r.asks(q, time.Second))
		first := r.asks(q, 5*time.Second)
		require.NotNil(t, first)
		require.Equal(t, first, r.asks(q, time.Second))
		require.Len(t, r.datagrams(), 1)
	})
}

// A circle ends where it closes: by the Proxy-State, by their number, by the address.
func TestProxyEndsCircles(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		// The NAS of the first proxy is a second one, whose way leads back to the first.
		back := &dac.Proxy{Router: dac.Target{Addr: proxyAddr}, Client: &dac.Client{Peers: dac.SharedSecret(secret)}}
		var r *proxyRig
		r = proxied(t, &dac.Proxy{}, func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			back.Client.Dial = r.net.Dial
			return back.Handle(ctx, q)
		})
		answer := r.verdict(disconnect(t, 1, attrs.UserName.Of("bob")))
		require.Equal(t, errcause.RequestNotRoutable, answer.Cause())
		require.Len(t, r.arrived(), 1)
		require.NoError(t, back.Client.Close())
	})
	bothWays(t, func(t *testing.T) {
		r := proxied(t, &dac.Proxy{MaxProxyStates: 2}, nil)
		require.True(t, r.verdict(coa(t, 1, proxyState("a"), proxyState("b"))).ACK())
		require.Equal(t, errcause.RequestNotRoutable, r.verdict(coa(t, 2, proxyState("a"), proxyState("b"), proxyState("c"))).Cause())
		require.Len(t, r.arrived(), 1)
	})
	other := netip.MustParseAddrPort("203.0.113.1:1700")
	for _, self := range []netip.AddrPort{proxyAddr, netip.AddrPortFrom(netip.AddrFrom16(proxyAddr.Addr().As16()), 3799), other} {
		bothWays(t, func(t *testing.T) {
			r := proxied(t, &dac.Proxy{Router: dac.Target{Addr: self}, Self: []netip.AddrPort{other}}, nil)
			require.Equal(t, errcause.RequestNotRoutable, r.verdict(coa(t, 1, attrs.UserName.Of("bob"))).Cause())
			require.Zero(t, r.proxy.Client.Stats().Total.CoA.Requests)
		})
	}
}

// Proxies that share the work know each other's Proxy-State.
func TestProxiesThatShareAnIDAreOne(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		r := proxied(t, &dac.Proxy{ID: "twins"}, nil)
		require.True(t, r.verdict(coa(t, 1, proxyState("twins"))).ACK(), "not one of ours: they are longer")
		own := states(r.arrived()[0].Packet.Attributes)[1]
		require.Len(t, own, len("twins")+8)
		twin := &dac.Proxy{ID: "twins", Client: r.proxy.Client, Router: r.proxy.Router}
		q, err := dac.NewCoA(proxyState(own))
		require.NoError(t, err)
		_, err = twin.Handle(t.Context(), q)
		require.ErrorIs(t, err, errcause.RequestNotRoutable)
	})
}

// The NAS's own secret, identifier and port, and what is salted hidden with that secret.
func TestProxyHidesAnewForTheNextHop(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		password := attrs.Tag[[]byte](3, []byte("let me in"))
		r := proxied(t, &dac.Proxy{}, func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			v, err := attrs.TunnelPassword.Get(q)
			if err != nil || v.Tag != 3 || string(v.Value) != "let me in" {
				return nil, errcause.InvalidAttributeValue
			}
			return q.ACK()
		})
		q := coa(t, 1, attrs.UserName.Of("bob"), attrs.TunnelPassword.Of(password))
		require.True(t, r.verdict(q).ACK())
		came := r.arrived()[0]
		require.Equal(t, proxyAddr.Addr(), came.Source.Addr())
		before, err := dac.ParseRequest(q, secret)
		require.NoError(t, err)
		require.NotEqual(t, before.Packet.Get(69), came.Packet.Get(69))
		_, err = dac.ParseRequest(r.datagrams()[0], secret)
		require.ErrorIs(t, err, dac.ErrAuthenticator, "it is signed for the NAS alone")
	})
}

// A NAS that will have no Proxy-State gets none, and the sender gets back its own.
func TestProxyKeepsProxyStatesFromTheNAS(t *testing.T) {
	for name, c := range map[string]struct {
		to   dac.Target
		gets int
	}{
		"all":          {dac.Target{Addr: nasAddr}, 3},
		"not its own":  {dac.Target{Addr: nasAddr, OmitProxyState: true}, 2},
		"not the rest": {dac.Target{Addr: nasAddr, HoldProxyStates: true}, 1},
		"none":         {dac.Target{Addr: nasAddr, OmitProxyState: true, HoldProxyStates: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T) {
				r := proxied(t, &dac.Proxy{Router: c.to}, nil)
				answer := r.verdict(coa(t, 1, proxyState("one"), attrs.UserName.Of("bob"), proxyState("two")))
				require.Equal(t, []string{"one", "two"}, states(answer.Packet.Attributes))
				require.Len(t, states(r.arrived()[0].Packet.Attributes), c.gets)
			})
		})
	}
}

// A Hop has both sides of a request, and prints what is needed to find them in two captures.
func TestHopTiesBothHalves(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log bytes.Buffer
		p := &dac.Proxy{Router: dac.Target{Name: "bng-1", Addr: nasAddr}, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
		r := proxied(t, p, func(ctx context.Context, q *dac.Request) (*dac.Response, error) { return q.NAK(503) })
		r.verdict(disconnect(t, 77, attrs.UserName.Of("bob")))
		h, ok := r.hop()
		require.True(t, ok)
		came := r.arrived()[0]
		require.Equal(t, aaaAddr, h.Request.Source)
		require.EqualValues(t, 77, h.Request.Packet.Identifier)
		require.Equal(t, came.Source, h.Response.Local)
		require.EqualValues(t, came.Packet.Identifier, h.Response.ID)
		require.Equal(t, string(h.ProxyState), states(came.Packet.Attributes)[0])
		require.Equal(t, errcause.SessionContextNotFound, h.Cause())
		for _, says := range []string{"addr=" + aaaAddr.String(), "id=77", "target=bng-1", "from=" + came.Source.String(), "cause=Session-Context-Not-Found"} {
			require.Contains(t, log.String(), says)
			require.Contains(t, slogged(h), says[len("addr"):], "LogValue")
		}
	})
}

func slogged(v any) string {
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("", "", v)
	return b.String()
}

// What the NAS has done is told, even where a Trace panics.
func TestProxySurvivesItsTrace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log bytes.Buffer
		p := &dac.Proxy{Trace: func(dac.Hop) { panic("trace") }, Logger: slog.New(slog.NewTextHandler(&log, nil))}
		r := proxied(t, p, nil)
		require.True(t, r.verdict(coa(t, 1, attrs.UserName.Of("bob"))).ACK())
		require.Contains(t, log.String(), "Proxy.Trace panicked")
	})
}

func TestProxySaysWhatIsWrongWithIt(t *testing.T) {
	long := string(make([]byte, 65))
	client, to := &dac.Client{Peers: dac.SharedSecret("x")}, dac.Target{Addr: nasAddr}
	for says, p := range map[string]*dac.Proxy{
		"Proxy.Client is required": {Router: to},
		"Proxy.Router is required": {Client: client},
		"negative":                 {Client: client, Router: to, Span: -1},
		"65 octets":                {Client: client, Router: to, ID: long},
		"Peers is nil":             {Client: &dac.Client{}, Router: to},
		"below zero":               {Client: &dac.Client{Peers: dac.SharedSecret("x"), PerNAS: dac.Limit{Rate: -1}}, Router: to},
	} {
		srv := &dac.Server{Addr: "127.0.0.1:0", Handler: p, Peers: dac.SharedSecret("x")}
		require.ErrorContains(t, srv.ListenAndServe(t.Context()), says, "before anything is answered")
		q, err := dac.NewCoA(attrs.UserName.Of("bob"))
		require.NoError(t, err)
		_, err = p.Handle(t.Context(), q)
		require.ErrorContains(t, err, says)
		require.ErrorIs(t, err, errcause.OtherProxyProcessingError)
	}
	require.NoError(t, (&dac.Proxy{Client: client.With(dac.Peer{Secret: "x"}), Router: to}).Check())
	_, err := (&dac.Proxy{Client: client, Router: to}).Handle(t.Context(), &dac.Request{})
	require.ErrorIs(t, err, errcause.OtherProxyProcessingError)
}
