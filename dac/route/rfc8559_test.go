// SPDX-License-Identifier: Apache-2.0

package route_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// The rows of RFC 8559, for the network that is visited, the proxies between and the home network.

func visited(t testing.TB) *route.Visited {
	tokens, err := route.NewTokens("a key of the visited network")
	require.NoError(t, err)
	return &route.Visited{Realm: "visited.example", Tokens: tokens}
}

func TestR8559_3_1_OneOperatorNameCounts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.asksFor(hub, user("bob"), operator("1visited.example"), operator("1elsewhere.example"), token(w.tokenOf(nasA))))
		require.NotContains(t, has(w.at(nasA)), 126, "the surplus one goes as well")
	})
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		err := w.asksFor(hub, user("bob"), operator("1elsewhere.example"), operator("1visited.example"), token(w.tokenOf(nasA)))
		require.ErrorIs(t, err, errcause.RequestNotRoutable, "the second one is not looked at")
		err = w.asksFor(hub, user("bob"), attrs.Raw(126, []byte("1")), operator("1visited.example"), token(w.tokenOf(nasA)))
		require.ErrorIs(t, err, errcause.RequestNotRoutable, "nor where the first says nothing")
	})
	set, err := visited(t).Stamp(setOf(t, user("bob"), operator("1visited.example")), nasA.Addr())
	require.NoError(t, err)
	require.Equal(t, 1, count(set, 126))
}

func count(set radius.Attributes, typ int) (n int) {
	for _, a := range has(set) {
		if a == typ {
			n++
		}
	}
	return n
}

func TestR8559_3_1_1_VisitedAddsOperatorName(t *testing.T) {
	set, err := visited(t).Stamp(setOf(t, user("bob@home.example"), nasIP("192.0.2.1")), nasA.Addr())
	require.NoError(t, err)
	name, err := attrs.OperatorName.Get(set)
	require.NoError(t, err)
	require.Equal(t, "1visited.example", name)
	require.EqualValues(t, 0x31, name[0])
}

func TestR8559_3_1_2_VisitedHasOneCanonicalName(t *testing.T) {
	v := visited(t)
	v.Realms = []string{"also.example"}
	set, err := v.Stamp(setOf(t, user("bob@also.example"), nasIP("192.0.2.1")), nasA.Addr())
	require.NoError(t, err)
	name, err := attrs.OperatorName.Get(set)
	require.NoError(t, err)
	require.Equal(t, "1visited.example", name)
	_, err = (&route.Visited{}).Stamp(nil, nasA.Addr())
	require.ErrorContains(t, err, "Realm")
}

func TestR8559_3_1_3_VisitedNamesASessionAlike(t *testing.T) {
	v := visited(t)
	var names, tokens []string
	for _, p := range []*radius.Packet{access(t, user("bob")), accounting(t, 1, user("bob")), accounting(t, 3, user("bob")), accounting(t, 2, user("bob"))} {
		set, err := v.Stamp(p.Attributes, nasA.Addr())
		require.NoError(t, err)
		name, err := attrs.OperatorName.Get(set)
		require.NoError(t, err)
		token, err := attrs.OperatorNASIdentifier.Get(set)
		require.NoError(t, err)
		names, tokens = append(names, name), append(tokens, string(token))
	}
	require.Len(t, slices.Compact(names), 1)
	require.Len(t, slices.Compact(tokens), 1)
}

// recorded is what a home network has of a session in the visited network.
func recorded(t testing.TB, tok []byte) route.Session {
	l := &route.Learned{}
	p := accounting(t, 1, user("bob@home.example"), session("4f2a"), attrs.NASIdentifier.Of("visited.example"), operator("1visited.example"), token(tok))
	require.NoError(t, l.Learn(t.Context(), p, hub))
	found, err := l.Find(t.Context(), attrs.NAS{}, attrs.Identity{UserName: "bob@home.example"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	return found[0]
}

func TestR8559_3_1_4_OperatorNameIsRecorded(t *testing.T) {
	require.Equal(t, "1visited.example", recorded(t, []byte("t")).OperatorName)
}

func TestR8559_3_1_5_HomeRecordsOperatorName(t *testing.T) {
	l := &route.Learned{}
	require.NoError(t, l.Learn(t.Context(), access(t, user("bob@home.example"), session("1"), operator("1visited.example")), hub))
	found, err := l.Find(t.Context(), attrs.NAS{}, attrs.Identity{AcctSessionID: "1"})
	require.NoError(t, err)
	require.Equal(t, "1visited.example", found[0].OperatorName)
}

func TestR8559_3_2_1_HomeSendsOperatorNameAsRecorded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		a, err := (&route.Home{Realms: []string{"home.example"}}).Attr(recorded(t, w.tokenOf(nasB)))
		require.NoError(t, err)
		name, err := attrs.OperatorName.Get(setOf(t, a))
		require.NoError(t, err)
		require.Equal(t, "1visited.example", name)
		require.NoError(t, w.asksFor(hub, a))
		require.Equal(t, "4f2a", first(w.at(nasB), 44))
	})
}

func TestR8559_3_2_2_NextHopIsThatOfTheRealm(t *testing.T) {
	var realms route.Realms
	realms.Set("Visited.Example", dac.Target{Addr: gate})
	realms.Set("other.example", dac.Target{Addr: hub})
	for name, want := range map[string]netip.AddrPort{"1visited.example": gate, "1VISITED.example": gate, "1other.example": hub} {
		to, err := realms.Route(t.Context(), coa(t, user("bob@other.example"), operator(name)))
		require.NoError(t, err)
		require.Equal(t, want, to.Addr, name)
		to, err = realms.Target(name)
		require.NoError(t, err)
		require.Equal(t, want, to.Addr, name)
	}
}

func TestR8559_3_2_3_UnknownRealmIs502(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		for _, name := range []string{"1nowhere.example", "2visited.example", "0visited.example", "1visited.exampl"} {
			require.ErrorIs(t, w.asksFor(hub, user("bob"), operator(name)), errcause.RequestNotRoutable, name)
		}
		w.realms.Delete("VISITED.example")
		require.ErrorIs(t, w.asksFor(hub, user("bob"), operator("1visited.example")), errcause.RequestNotRoutable)
		w.untouched()
	})
}

func TestR8559_3_2_4_UserNameIsNoWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		require.ErrorIs(t, w.asksFor(hub, user("bob@visited.example")), errcause.RequestNotRoutable)
		w.untouched()
	})
}

func TestR8559_3_3_1_VisitedAsksForItsRealm(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.visited.Realms = []string{"also.example"}
		require.ErrorIs(t, w.asksFor(gate, user("bob"), operator("1nowhere.example"), token(w.tokenOf(nasA))), errcause.RequestNotRoutable)
		w.untouched()
		require.NoError(t, w.asksFor(gate, user("bob"), operator("1ALSO.example"), token(w.tokenOf(nasA))))
	})
}

func TestR8559_3_3_2_VisitedAsksForTheHomeNetwork(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.visited.MayAsk = func(r *dac.Request, realm string) bool { return realm == "home.example" }
		for _, name := range []string{"bob@stranger.example", "bob", "bob@home.example@stranger.example"} {
			require.ErrorIs(t, w.asksFor(gate, user(name), operator("1visited.example"), token(w.tokenOf(nasA))), errcause.RequestNotRoutable, name)
		}
		w.untouched()
		require.NoError(t, w.asksFor(gate, user("bob@HOME.example"), operator("1visited.example"), token(w.tokenOf(nasA))))
	})
}

func TestR8559_3_3_3_UnknownTokenIs403(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		forged := w.tokenOf(nasA)
		forged[31] ^= 1
		for _, tok := range [][]byte{forged, []byte("x"), make([]byte, 32), make([]byte, 64), w.tokenOf(nasA)[:31]} {
			require.ErrorIs(t, w.asksFor(gate, user("bob"), operator("1visited.example"), token(tok)), errcause.NASIdentificationMismatch)
		}
		w.untouched()
	})
	v := visited(t)
	v.Target = func(ctx context.Context, nas attrs.NAS) (dac.Target, error) { return dac.Target{}, dac.ErrNoRoute }
	tok, err := v.Tokens.Seal(attrs.NAS{Identifier: "bng-1"})
	require.NoError(t, err)
	r := coa(t, operator("1visited.example"), token(tok))
	_, err = v.Route(t.Context(), r)
	require.ErrorIs(t, err, errcause.NASIdentificationMismatch)
	v.Target, v.Tokens = nil, nil
	_, err = v.Route(t.Context(), r)
	require.ErrorIs(t, err, errcause.NASIdentificationMismatch)
}

func TestR8559_3_4_1_TokenIsInRequestsAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		resp, err := w.client.Disconnect(t.Context(), hub, user("bob"), operator("1visited.example"), token(w.tokenOf(nasA)))
		require.NoError(t, err)
		require.NotContains(t, has(resp.Packet.Attributes), 241)
		require.NotContains(t, has(resp.Packet.Attributes), 126)
	})
}

func TestR8559_3_4_2_NoTokenWithoutOperatorName(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		require.ErrorIs(t, w.asksFor(gate, user("bob"), token(w.tokenOf(nasA))), errcause.RequestNotRoutable)
		w.untouched()
	})
	l := &route.Learned{}
	require.NoError(t, l.Learn(t.Context(), access(t, user("bob"), token([]byte("t"))), hub))
	found, err := l.Find(t.Context(), attrs.NAS{}, attrs.Identity{UserName: "bob"})
	require.NoError(t, err)
	require.Empty(t, found[0].OperatorNASIdentifier)
	set, err := visited(t).Stamp(setOf(t, user("bob")), nasA.Addr())
	require.NoError(t, err)
	require.Equal(t, []int{1, 126, 241, 32}, has(set))
}

func TestR8559_3_4_3_OneTokenCounts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.asksFor(gate, user("bob"), operator("1visited.example"), token(w.tokenOf(nasA)), token(w.tokenOf(nasB))))
		require.Zero(t, count(w.at(nasA), 241))
	})
	set, err := visited(t).Stamp(setOf(t, operator("1visited.example"), token([]byte("t"))), nasA.Addr())
	require.NoError(t, err)
	require.Equal(t, 1, count(set, 241))
}

func TestR8559_3_4_4_TokenStandsForTheNAS(t *testing.T) {
	set, err := visited(t).Stamp(setOf(t, user("bob"), nasIP("10.0.0.1"), attrs.NASIPv6Address.Of(netip.MustParseAddr("2001:db8::1")), attrs.NASIdentifier.Of("bng")), nasA.Addr())
	require.NoError(t, err)
	require.Zero(t, count(set, 4)+count(set, 95))
	require.Equal(t, 1, count(set, 241))
	v := visited(t)
	v.Tokens = nil
	set, err = v.Stamp(setOf(t, user("bob"), nasIP("10.0.0.1")), nasA.Addr())
	require.NoError(t, err)
	require.Equal(t, []int{1, 4, 126}, has(set), "without a token the NAS keeps its name")
}

func TestR8559_3_4_5_VisitedIsTheNASForOthers(t *testing.T) {
	set, err := visited(t).Stamp(setOf(t, user("bob"), attrs.NASIdentifier.Of("bng")), nasA.Addr())
	require.NoError(t, err)
	name, err := attrs.NASIdentifier.Get(set)
	require.NoError(t, err)
	require.Equal(t, "visited.example", name)
}

func TestR8559_3_4_6_WhatHasATokenIsLeft(t *testing.T) {
	set := setOf(t, user("bob"), operator("1visited.example"), token([]byte("t")), nasIP("10.0.0.1"))
	out, err := visited(t).Stamp(set, nasA.Addr())
	require.NoError(t, err)
	require.Equal(t, set, out)
}

func TestR8559_3_4_7_NobodyElseNamesTheNAS(t *testing.T) {
	set := setOf(t, user("bob"), operator("1elsewhere.example"), nasIP("10.0.0.1"))
	out, err := visited(t).Stamp(set, nasA.Addr())
	require.NoError(t, err)
	require.Equal(t, set, out)
}

func TestR8559_3_4_8_TokensAreOfAnyLength(t *testing.T) {
	for _, n := range []int{1, 32, 33, 64, 250} {
		tok := []byte(strings.Repeat("t", n))
		s := recorded(t, tok)
		require.Equal(t, string(tok), s.OperatorNASIdentifier)
		require.Contains(t, setOf(t, s.Attr()), &radius.AVP{Type: 241, Attribute: append([]byte{8}, tok...)})
	}
	tok, err := visited(t).Tokens.Seal(attrs.NAS{Identifier: strings.Repeat("n", 19)})
	require.NoError(t, err)
	require.Len(t, tok, 32)
}

func TestR8559_3_4_9_TokenFindsTheNAS(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.asksFor(hub, user("bob"), operator("1visited.example"), token(w.tokenOf(nasB))))
		w.at(nasB)
	})
}

func TestR8559_4_1_1_HomeSendsTheTokenVerbatim(t *testing.T) {
	tok := []byte{0, 1, 2, 255, 'x'}
	a, err := (&route.Home{Realms: []string{"home.example"}}).Attr(recorded(t, tok))
	require.NoError(t, err)
	got, err := attrs.OperatorNASIdentifier.Get(setOf(t, a))
	require.NoError(t, err)
	require.Equal(t, tok, got)
}

func TestR8559_4_1_2_HomeAsksAboutItsOwnUsersAlone(t *testing.T) {
	h := &route.Home{Realms: []string{"home.example"}}
	for name, own := range map[string]bool{"bob@home.example": true, "bob@HOME.EXAMPLE": true, "bob": true, "bob@other.example": false, "bob@": false, "": false, "a@home.example@b": false} {
		_, err := h.Attr(route.Session{Identity: attrs.Identity{UserName: name, AcctSessionID: "1"}})
		require.Equal(t, own, err == nil, name)
		if err != nil {
			require.ErrorIs(t, err, errcause.AdministrativelyProhibited)
		}
	}
}

func TestR8559_4_2_1_VisitedIsAProxy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.asksFor(gate, attrs.ProxyState.Of([]byte("upstream")), user("bob"), operator("1visited.example"), token(w.tokenOf(nasA))))
		set := w.at(nasA)
		require.Equal(t, 2, count(set, 33))
		require.Equal(t, "upstream", first(set, 33))
	})
}

func TestR8559_4_2_2_VisitedStripsBoth(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.asksFor(hub, user("bob"), operator("1visited.example"), token(w.tokenOf(nasA)), session("1")))
		require.NotContains(t, has(w.at(nasA)), 126)
		require.NotContains(t, has(w.at(nasA)), 241)
	})
}

func TestR8559_4_2_3_TheNASIsNamed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.asksFor(hub, user("bob"), attrs.NASIdentifier.Of("visited.example"), operator("1visited.example"), token(w.tokenOf(nasA))))
		nas, _, err := attrs.IdentityOf(w.at(nasA))
		require.NoError(t, err)
		require.Equal(t, attrs.NAS{Addrs: []netip.Addr{nasA.Addr()}}, nas, "as it names itself")
	})
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.visited.Other = dac.Target{Addr: nasB}
		require.NoError(t, w.asksFor(hub, user("bob"), attrs.NASIdentifier.Of("visited.example"), operator("1visited.example")))
		nas, _, err := attrs.IdentityOf(w.at(nasB))
		require.NoError(t, err)
		require.Equal(t, attrs.NAS{Addrs: []netip.Addr{nasB.Addr()}}, nas)
	})
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.visited.Other = dac.Target{Addr: nasB}
		require.NoError(t, w.asksFor(gate, user("bob"), attrs.NASIdentifier.Of("bng-b"), operator("1visited.example")))
		require.Equal(t, "bng-b", first(w.at(nasB), 32), "one that has a name keeps it")
		require.Zero(t, count(w.at(nasB), 4))
	})
}

func TestR8559_4_3_1_1_ProxyChecksTheReversePath(t *testing.T) {
	check := &route.ReversePath{Realms: map[string][]string{"home": {"home.example", "old.example"}, "ours": {route.AnyRealm}}}
	for name, c := range map[string]struct {
		peer, user string
		ok         bool
	}{
		"its realm":      {"home", "bob@home.example", true},
		"another":        {"home", "bob@OLD.example", true},
		"not its":        {"home", "bob@visited.example", false},
		"no realm":       {"home", "bob", false},
		"unknown peer":   {"stranger", "bob@home.example", false},
		"any realm":      {"ours", "bob@visited.example", true},
		"any and none":   {"ours", "bob", true},
		"two at signs":   {"home", "bob@visited.example@home.example", false},
		"empty realm":    {"home", "bob@", false},
		"unnamed sender": {"", "bob@home.example", false},
	} {
		r := coa(t, user(c.user))
		r.Peer = c.peer
		err := check.Allow(t.Context(), r, dac.Target{})
		require.Equal(t, c.ok, err == nil, "%s: %v", name, err)
	}
	r := coa(t, session("1"))
	r.Peer = "home"
	require.Error(t, check.Allow(t.Context(), r, dac.Target{}), "a session of whom?")
	check.Learned = &route.Learned{}
	require.Error(t, check.Allow(t.Context(), r, dac.Target{}))
	require.NoError(t, check.Learned.Learn(t.Context(), accounting(t, 1, session("1"), user("bob@home.example")), nasA))
	require.NoError(t, check.Allow(t.Context(), r, dac.Target{}))
}

func TestR8559_4_3_1_2_FailedCheckIs502(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.hub.Allow = (&route.ReversePath{}).Allow
		require.ErrorIs(t, w.asksFor(hub, user("bob@home.example"), operator("1visited.example"), token(w.tokenOf(nasA))), errcause.RequestNotRoutable)
		w.untouched()
	})
}

func TestR8559_4_3_1_3_MismatchWithTheRecordIs503(t *testing.T) {
	l := &route.Learned{}
	require.NoError(t, l.Learn(t.Context(), accounting(t, 1, session("1"), user("bob"), nasIP("192.0.2.1")), nasA))
	_, err := l.Route(t.Context(), coa(t, session("1"), user("eve"), nasIP("192.0.2.1")))
	require.ErrorIs(t, err, errcause.SessionContextNotFound)
	to, err := l.Route(t.Context(), coa(t, session("1"), user("bob"), nasIP("192.0.2.1")))
	require.NoError(t, err)
	require.Equal(t, nasA, to.Addr)
}

func TestR8559_4_3_2_1_ProxyTakesNothingForMandatory(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		odd := []attrs.Attr{attrs.Raw(250, []byte("?")), attrs.Raw(6, []byte("short")), attrs.Raw(8, []byte("x")), attrs.Vendor(99999, 1, []byte("?"))}
		require.NoError(t, w.asksFor(hub, append(odd, operator("1visited.example"), token(w.tokenOf(nasA)))...))
		require.Subset(t, has(w.at(nasA)), []int{250, 6, 8, 26})
	})
}

func TestR8559_4_3_2_2_ProxyForwardsAsIs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.visited.Target = func(ctx context.Context, nas attrs.NAS) (dac.Target, error) {
			return dac.Target{Addr: nasA, OmitProxyState: true}, nil
		}
		a := []attrs.Attr{attrs.EventTimestamp.Of(time.Now()), attrs.FilterID.Of("a"), session("1"), attrs.FilterID.Of("b"), user("bob")}
		require.NoError(t, w.asksFor(hub, append(a, operator("1visited.example"), token(w.tokenOf(nasA)))...))
		require.Equal(t, []int{80, 55, 11, 44, 11, 1, 33, 4}, has(w.at(nasA)))
	})
}

func TestR8559_4_3_2_5_ProxyPassesBothUnchanged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		var came radius.Attributes
		w.gate.Router = dac.RouterFunc(func(ctx context.Context, r *dac.Request) (dac.Target, error) {
			came = r.Packet.Attributes
			return w.visited.Route(ctx, r)
		})
		require.NoError(t, w.asksFor(hub, user("bob"), operator("1Visited.Example"), token(w.tokenOf(nasA))))
		require.Equal(t, "1Visited.Example", first(came, 126))
		require.Equal(t, string(append([]byte{8}, w.tokenOf(nasA)...)), first(came, 241))
	})
}

func TestR8559_4_3_2_6_EditsAreUndone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		// What the NAS sent to its RADIUS server, as the home network saw it, and what comes back.
		login := setOf(t, user("bob@home.example"), session("4f2a"), nasIP("192.0.2.1"))
		seen, err := w.visited.Stamp(login, nasA.Addr())
		require.NoError(t, err)
		l := &route.Learned{}
		require.NoError(t, l.Learn(t.Context(), &radius.Packet{Code: radius.CodeAccessRequest, Attributes: seen}, gate))
		found, err := l.Find(t.Context(), attrs.NAS{}, attrs.Identity{AcctSessionID: "4f2a"})
		require.NoError(t, err)
		require.NoError(t, w.asksFor(hub, found[0].Attr()))
		nas, id, err := attrs.IdentityOf(w.at(nasA))
		require.NoError(t, err)
		wantNAS, want, err := attrs.IdentityOf(login)
		require.NoError(t, err)
		require.Equal(t, wantNAS, nas)
		require.Equal(t, want, id)
	})
}

func TestR8559_5_2_1_NoWayIs502(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		require.ErrorIs(t, w.asksFor(hub, user("bob")), errcause.RequestNotRoutable)
		require.ErrorIs(t, w.asksFor(gate, user("bob")), errcause.RequestNotRoutable)
		w.untouched()
	})
}

func TestR8559_5_2_2_NoNASIs403(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		require.ErrorIs(t, w.asksFor(hub, user("bob"), operator("1visited.example")), errcause.NASIdentificationMismatch)
		learned := &route.Learned{}
		w.visited.Other = learned
		require.ErrorIs(t, w.asksFor(hub, user("bob"), session("1"), operator("1visited.example")), errcause.NASIdentificationMismatch)
		w.untouched()
		require.NoError(t, learned.Learn(t.Context(), accounting(t, 1, user("bob"), session("1")), nasB))
		require.NoError(t, w.asksFor(hub, user("bob"), session("1"), operator("1visited.example")))
		w.at(nasB)
	})
}

func TestR8559_5_2_3_AnswersGoBackHopByHop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.asksFor(hub, attrs.ProxyState.Of([]byte("home")), user("bob"), operator("1visited.example"), token(w.tokenOf(nasA))))
		require.Equal(t, 3, count(w.at(nasA), 33), "home, hub, gate")
		w.mu.Lock()
		defer w.mu.Unlock()
		require.Equal(t, gate.Addr(), w.came[nasA][0].Source.Addr())
	})
}
