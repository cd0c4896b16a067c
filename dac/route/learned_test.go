// SPDX-License-Identifier: Apache-2.0

package route_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
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

// learned is a Learned that has been told packets of nasA and nasB in turn.
func learned(t testing.TB, fromA, fromB []*radius.Packet) *route.Learned {
	l := &route.Learned{}
	for _, p := range fromA {
		require.NoError(t, l.Learn(t.Context(), p, netip.AddrPortFrom(nasA.Addr(), 1813)))
	}
	for _, p := range fromB {
		require.NoError(t, l.Learn(t.Context(), p, netip.AddrPortFrom(nasB.Addr(), 1813)))
	}
	return l
}

// leads asks for the way of a request with a and wants an address, or an error.
func leads(t testing.TB, l *route.Learned, want any, a ...attrs.Attr) {
	t.Helper()
	to, err := l.Route(t.Context(), coa(t, a...))
	if addr, ok := want.(netip.AddrPort); ok {
		require.NoError(t, err)
		require.Equal(t, addr, to.Addr)
		return
	}
	require.ErrorIs(t, err, want.(error))
}

func TestLearnedFindsASessionByAnyIdentification(t *testing.T) {
	all := []attrs.Attr{user("bob"), session("1"), attrs.AcctMultiSessionID.Of("m"), framedIP("198.51.100.7"), attrs.CallingStationID.Of("00-10-A4-23-19-C0"),
		attrs.ChargeableUserIdentity.Of([]byte("cui")), attrs.FramedIPv6Prefix.Of(netip.MustParsePrefix("2001:db8:1::/64"))}
	l := learned(t, []*radius.Packet{accounting(t, 1, append(all, nasIP("192.0.2.1"), attrs.NASPort.Of(7))...)},
		[]*radius.Packet{accounting(t, 1, user("eve"), session("2"), nasIP("192.0.2.2"), framedIP("198.51.100.8"))})
	for _, a := range all {
		leads(t, l, nasA, a)
		leads(t, l, nasA, a, nasIP("192.0.2.1"))
		leads(t, l, dac.ErrNoRoute, a, attrs.NASPort.Of(8))
		leads(t, l, nasA, a, attrs.CalledStationID.Of("an attribute that accounting did not have"))
	}
	leads(t, l, nasA, all...)
	leads(t, l, nasA, attrs.CallingStationID.Of("0010.a423.19c0"))
	leads(t, l, nasB, session("2"))
	leads(t, l, dac.ErrNoRoute, session("2"), user("bob"))
	leads(t, l, dac.ErrNoRoute, session("3"))
	leads(t, l, dac.ErrNoRoute, user("bob"), nasIP("192.0.2.2"))
	leads(t, l, dac.ErrNoRoute, attrs.FilterID.Of("nobody"))
	leads(t, l, dac.ErrNoRoute)
	leads(t, l, nasA, attrs.Raw(5, []byte("no port")), session("1"))
}

// The same Acct-Session-Id at two NASes is two sessions; the same user at two is nowhere.
func TestLearnedTellsNASesApart(t *testing.T) {
	l := learned(t, []*radius.Packet{accounting(t, 1, user("bob"), session("1"), nasIP("192.0.2.1"))}, []*radius.Packet{accounting(t, 1, user("bob"), session("1"), nasIP("192.0.2.2"))})
	leads(t, l, nasA, session("1"), nasIP("192.0.2.1"))
	leads(t, l, nasB, session("1"), nasIP("192.0.2.2"))
	leads(t, l, errcause.MultipleSessionSelectionUnsupported, session("1"))
	leads(t, l, errcause.MultipleSessionSelectionUnsupported, user("bob"))

	both := learned(t, []*radius.Packet{accounting(t, 1, user("bob"), session("1")), accounting(t, 1, user("bob"), session("2"))}, nil)
	leads(t, both, nasA, user("bob")) // two in one place
}

// A session stays with the peer that reported it: another can neither move nor end it, whatever it
// says about the NAS.
func TestLearnedBindsASessionToItsPeer(t *testing.T) {
	start := accounting(t, 1, user("bob"), session("1"), nasIP("192.0.2.1"))
	l := learned(t, []*radius.Packet{start}, nil)
	for _, p := range []*radius.Packet{start, accounting(t, 3, session("1"), nasIP("192.0.2.1")), accounting(t, 2, session("1"), nasIP("192.0.2.1")),
		access(t, session("1"), nasIP("192.0.2.1"))} {
		require.ErrorIs(t, l.Learn(t.Context(), p, nasB), route.ErrOtherPeer)
	}
	require.NoError(t, l.Learn(t.Context(), accounting(t, 8, nasIP("192.0.2.1")), nasB), "of its own sessions of that NAS there are none")
	leads(t, l, nasA, session("1"))
	require.NoError(t, l.Learn(t.Context(), accounting(t, 2, session("1"), nasIP("192.0.2.1")), netip.AddrPortFrom(nasA.Addr(), 9)), "from another port")
	leads(t, l, dac.ErrNoRoute, session("1"))
	require.NoError(t, l.Learn(t.Context(), start, nasB))
	leads(t, l, nasB, session("1"))
}

func TestLearnedForgets(t *testing.T) {
	start := func(id string, a ...attrs.Attr) *radius.Packet {
		return accounting(t, 1, append(a, session(id), user("u"+id))...)
	}
	l := learned(t, []*radius.Packet{start("1", nasIP("192.0.2.1")), start("2", nasIP("192.0.2.1")), start("3", nasIP("10.0.0.3")),
		start("4", attrs.NASIdentifier.Of("bng")), start("5", attrs.NASIdentifier.Of("bng"), nasIP("10.0.0.5"))}, nil)
	tell := func(p *radius.Packet) { require.NoError(t, l.Learn(t.Context(), p, nasA)) }
	tell(accounting(t, 2, session("1"), nasIP("192.0.2.1")))
	leads(t, l, dac.ErrNoRoute, session("1"))
	tell(accounting(t, 2, session("1"), nasIP("192.0.2.1"))) // again: a retransmission of it
	leads(t, l, nasA, session("2"))
	tell(accounting(t, 8, nasIP("192.0.2.1")))
	leads(t, l, dac.ErrNoRoute, session("2"))
	leads(t, l, nasA, session("3"))
	tell(accounting(t, 7, attrs.NASIdentifier.Of("bng")))
	leads(t, l, dac.ErrNoRoute, session("4"))
	leads(t, l, nasA, session("5"))
	tell(accounting(t, 7, attrs.NASIdentifier.Of("bng"), nasIP("10.0.0.5")))
	leads(t, l, dac.ErrNoRoute, session("5"))
	tell(accounting(t, 9, session("6"))) // tunnels say nothing about sessions
	leads(t, l, dac.ErrNoRoute, session("6"))
}

func TestLearnedForgetsByAge(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := learned(t, []*radius.Packet{accounting(t, 1, session("1"))}, nil)
		time.Sleep(20 * time.Hour)
		leads(t, l, nasA, session("1"))
		require.NoError(t, l.Learn(t.Context(), accounting(t, 3, session("1")), nasA))
		time.Sleep(20 * time.Hour)
		leads(t, l, nasA, session("1"))
		time.Sleep(5 * time.Hour)
		leads(t, l, dac.ErrNoRoute, session("1"))
		require.NoError(t, l.Learn(t.Context(), accounting(t, 1, session("1")), nasB), "it is nobody's any more")
	})
}

// An Access-Request says where a user is about to be; accounting says where one is.
func TestLearnedBelievesAccountingMore(t *testing.T) {
	asked := access(t, user("bob"), attrs.CallingStationID.Of("c"), nasIP("192.0.2.1"))
	l := learned(t, []*radius.Packet{asked}, nil)
	leads(t, l, nasA, user("bob"))
	start := accounting(t, 1, user("bob"), attrs.CallingStationID.Of("c"), session("1"), nasIP("192.0.2.2"), framedIP("198.51.100.7"))
	require.NoError(t, l.Learn(t.Context(), start, nasB))
	leads(t, l, nasB, user("bob")) // nasA has rejected it, one sees
	require.NoError(t, l.Learn(t.Context(), access(t, user("bob"), session("1"), nasIP("192.0.2.2")), nasB))
	leads(t, l, nasB, framedIP("198.51.100.7")) // asked again while it lives

	l = learned(t, []*radius.Packet{asked, accounting(t, 1, user("bob"), attrs.CallingStationID.Of("c"), session("1"), nasIP("192.0.2.1"))}, nil)
	require.NoError(t, l.Learn(t.Context(), accounting(t, 2, user("bob"), attrs.CallingStationID.Of("c"), session("1"), nasIP("192.0.2.1")), nasA))
	leads(t, l, dac.ErrNoRoute, user("bob")) // what was asked is gone with what followed
}

func TestLearnRefuses(t *testing.T) {
	l := &route.Learned{}
	require.ErrorIs(t, l.Learn(t.Context(), accounting(t, 1, nasIP("192.0.2.1")), nasA), route.ErrNoSession)
	require.ErrorIs(t, l.Learn(t.Context(), accounting(t, 2, user("bob")), nasA), route.ErrNoSession)
	require.ErrorIs(t, l.Learn(t.Context(), access(t, nasIP("192.0.2.1")), nasA), route.ErrNoSession)
	require.ErrorIs(t, l.Learn(t.Context(), &radius.Packet{Code: 4}, nasA), errcause.MissingAttribute)
	require.ErrorContains(t, l.Learn(t.Context(), &radius.Packet{Code: 2}, nasA), "Access-Accept")
	require.Error(t, l.Learn(t.Context(), nil, nasA))
	require.Error(t, l.Learn(t.Context(), access(t, user("bob")), netip.AddrPort{}))
}

func TestLearnedMapsWhereAccountingComesFrom(t *testing.T) {
	l := learned(t, []*radius.Packet{accounting(t, 1, session("1"), attrs.NASIdentifier.Of("slot-1")), accounting(t, 1, session("2"))}, nil)
	l.Target = func(ctx context.Context, s route.Session) (dac.Target, error) {
		if s.NAS.Identifier == "slot-1" {
			return dac.Target{Addr: netip.AddrPortFrom(s.From.Addr(), 1700)}, nil
		}
		return dac.Target{}, errcause.NASIdentificationMismatch
	}
	leads(t, l, netip.AddrPortFrom(nasA.Addr(), 1700), session("1"))
	leads(t, l, errcause.NASIdentificationMismatch, session("2"))
}

// A flaky is a Store that fails when it is told to.
type flaky struct {
	route.Memory
	err error
}

func (f *flaky) Find(ctx context.Context, k route.Key, most int) ([]route.Session, error) {
	if f.err != nil {
		return nil, f.err
	}
	return f.Memory.Find(ctx, k, most)
}

// A Store that fails leaves the static routes, says so once, and again when it is back.
func TestLearnedSurvivesItsStore(t *testing.T) {
	var log bytes.Buffer
	store := &flaky{}
	all := &route.Routes{Learned: route.Learned{Store: store, Logger: slog.New(slog.NewTextHandler(&log, nil))}}
	require.NoError(t, all.Learn(t.Context(), accounting(t, 1, session("1")), nasA))
	store.err = errors.New("connection refused")
	for range 3 {
		_, err := all.Route(t.Context(), coa(t, session("1")))
		require.ErrorIs(t, err, errcause.ResourcesUnavailable)
		require.ErrorIs(t, err, dac.ErrNoRoute)
		require.Error(t, all.Learn(t.Context(), accounting(t, 1, session("2")), nasA))
	}
	all.NASes.Set(attrs.NAS{Identifier: "static"}, dac.Target{Addr: nasB})
	to, err := all.Route(t.Context(), coa(t, session("1"), attrs.NASIdentifier.Of("static")))
	require.NoError(t, err)
	require.Equal(t, nasB, to.Addr)
	all.Func = func(context.Context, *dac.Request) (dac.Target, error) { return dac.Target{Addr: nasB}, nil }
	to, err = all.Route(t.Context(), coa(t, session("1")))
	require.NoError(t, err)
	require.Equal(t, nasB, to.Addr)
	store.err = nil
	to, err = all.Route(t.Context(), coa(t, session("1")))
	require.NoError(t, err)
	require.Equal(t, nasA, to.Addr)
	require.Equal(t, 1, strings.Count(log.String(), "only static routes are left"), log.String())
	require.Contains(t, log.String(), "connection refused")
	require.Equal(t, 1, strings.Count(log.String(), "learned routes is back"))
}

// A million users of one name are not looked at one by one.
func TestLearnedStopsAtTooMany(t *testing.T) {
	var packets []*radius.Packet
	for i := range 1025 {
		packets = append(packets, accounting(t, 1, user("anonymous"), session(time.Duration(i).String())))
	}
	l := learned(t, packets, nil)
	leads(t, l, errcause.MultipleSessionSelectionUnsupported, user("anonymous"))
	leads(t, l, nasA, user("anonymous"), session("7ns"))
}
