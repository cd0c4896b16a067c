// SPDX-License-Identifier: Apache-2.0

package route_test

import (
	"bytes"
	"context"
	"fmt"
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

// asks is a request as it was received: with whatever attributes, in their order.
func asks(peer string, set ...*radius.AVP) *dac.Request {
	return &dac.Request{Packet: &radius.Packet{Code: radius.CodeDisconnectRequest, Attributes: set}, Peer: peer}
}

func avp(typ radius.Type, value string) *radius.AVP {
	return &radius.AVP{Type: typ, Attribute: []byte(value)}
}

// Who may ask about one of two users may not ask about both: no check picks the first.
func TestReversePathTakesNoFirstUserName(t *testing.T) {
	check := &route.ReversePath{Realms: map[string][]string{"a": {"a.example"}}}
	for name, c := range map[string]struct {
		set     []*radius.AVP
		allowed bool
	}{
		"one's own":                   {[]*radius.AVP{avp(1, "x@a.example")}, true},
		"one's own, twice the same":   {[]*radius.AVP{avp(1, "x@a.example"), avp(1, "x@a.example")}, true},
		"another's behind":            {[]*radius.AVP{avp(1, "x@a.example"), avp(1, "victim@b.example")}, false},
		"another's before":            {[]*radius.AVP{avp(1, "victim@b.example"), avp(1, "x@a.example")}, false},
		"two of the realm":            {[]*radius.AVP{avp(1, "x@a.example"), avp(1, "y@a.example")}, false},
		"an empty one before":         {[]*radius.AVP{avp(1, ""), avp(1, "x@a.example")}, false},
		"an empty one behind":         {[]*radius.AVP{avp(1, "x@a.example"), avp(1, "")}, false},
		"an empty one before both":    {[]*radius.AVP{avp(1, ""), avp(1, "x@a.example"), avp(1, "victim@b.example")}, false},
		"two Acct-Session-Ids":        {[]*radius.AVP{avp(1, "x@a.example"), avp(44, "1"), avp(44, "2")}, false},
		"a malformed one, passed on":  {[]*radius.AVP{avp(1, "x@a.example"), avp(5, "x")}, true},
		"malformed ones between both": {[]*radius.AVP{avp(1, "x@a.example"), avp(5, "x"), avp(8, "y"), avp(1, "victim@b.example")}, false},
	} {
		err := check.Allow(t.Context(), asks("a", c.set...), dac.Target{})
		if c.allowed {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, errcause.RequestNotRoutable, name)
		cause, _ := errcause.Of(err)
		require.Equal(t, errcause.RequestNotRoutable, cause, name)
	}
}

// A realm of "" is users without one, and no user whose name is unknown or has no one realm.
func TestReversePathOfUsersWithoutARealm(t *testing.T) {
	check := &route.ReversePath{Realms: map[string][]string{"a": {""}, "b": {"b.example"}}}
	for _, c := range []struct {
		peer, name string
		allowed    bool
	}{{"a", "bob", true}, {"b", "bob", false}, {"a", "bob@b.example", false}, {"a", "bob@", false}, {"a", "x@y@z", false}} {
		err := check.Allow(t.Context(), asks(c.peer, avp(1, c.name)), dac.Target{})
		if c.allowed {
			require.NoError(t, err, c.name)
			continue
		}
		require.ErrorIs(t, err, errcause.RequestNotRoutable, c.name)
	}
	require.ErrorIs(t, check.Allow(t.Context(), asks("a", avp(44, "1")), dac.Target{}), errcause.RequestNotRoutable)
}

// A home network that may ask is the one of every User-Name.
func TestVisitedTakesNoFirstUserName(t *testing.T) {
	v := visited(t)
	v.MayAsk = func(r *dac.Request, realm string) bool { return realm == "home.example" }
	tok, err := v.Tokens.Seal(attrs.NAS{Addrs: []netip.Addr{nasB.Addr()}})
	require.NoError(t, err)
	here := []*radius.AVP{avp(126, "1visited.example"), avp(241, "\x08"+string(tok))}
	_, err = v.Route(t.Context(), asks("home", append(here, avp(1, "bob@home.example"))...))
	require.NoError(t, err)
	for _, names := range [][]string{{"bob@home.example", "eve@other.example"}, {"eve@other.example", "bob@home.example"}, {"", "bob@home.example"}, {"bob@home.example", ""}} {
		_, err := v.Route(t.Context(), asks("home", append(here[:2:2], avp(1, names[0]), avp(1, names[1]))...))
		require.ErrorIs(t, err, errcause.RequestNotRoutable, names)
	}
}

// A request that names two NASes, or two sessions, by one attribute means neither.
func TestRoutesRefuseWhatContradictsItself(t *testing.T) {
	all := &route.Routes{}
	all.NASes.Set(attrs.NAS{Identifier: "a", Addrs: []netip.Addr{nasA.Addr()}}, dac.Target{Addr: nasA})
	require.NoError(t, all.Learn(t.Context(), accounting(t, 1, user("bob"), session("1"), nasIP("10.0.0.1")), nasA))
	require.NoError(t, all.Learn(t.Context(), accounting(t, 1, user("eve"), session("2"), nasIP("10.0.0.2")), nasB))
	four := func(s string) string { a := netip.MustParseAddr(s).As4(); return string(a[:]) }
	for name, c := range map[string]struct {
		set []*radius.AVP
		err error
	}{
		"two NAS-IP-Addresses, one known": {[]*radius.AVP{avp(4, four("192.0.2.1")), avp(4, four("192.0.2.9"))}, errcause.NASIdentificationMismatch},
		"two NAS-Identifiers, one known":  {[]*radius.AVP{avp(32, "a"), avp(32, "b")}, errcause.NASIdentificationMismatch},
		"two learned NAS-IP-Addresses":    {[]*radius.AVP{avp(4, four("10.0.0.1")), avp(4, four("10.0.0.2"))}, errcause.NASIdentificationMismatch},
		"two Acct-Session-Ids":            {[]*radius.AVP{avp(44, "1"), avp(44, "2")}, errcause.InvalidRequest},
		"two User-Names":                  {[]*radius.AVP{avp(1, "bob"), avp(1, "eve")}, errcause.InvalidRequest},
	} {
		_, err := all.Route(t.Context(), asks("", c.set...))
		require.ErrorIs(t, err, c.err, name)
		require.NotErrorIs(t, err, dac.ErrNoRoute, name)
	}
	to, err := all.Route(t.Context(), asks("", avp(44, "1"), avp(44, "1"), avp(1, "bob")))
	require.NoError(t, err)
	require.Equal(t, nasA, to.Addr, "twice the same is once")
	require.ErrorIs(t, all.Learn(t.Context(), &radius.Packet{Code: 4, Attributes: radius.Attributes{avp(40, "\x00\x00\x00\x01"), avp(44, "3"), avp(44, "4")}}, nasA),
		errcause.InvalidRequest, "and nothing is learned of one")
}

// The worst packets of 4,096 octets: what is malformed among much that is sound.
func worst() map[string]radius.Attributes {
	all := map[string]radius.Attributes{}
	for name, c := range map[string]struct {
		typ   radius.Type
		value string
		n     int
	}{
		"User-Names":           {1, "x", 1358},
		"empty ones":           {1, "", 2037},
		"Framed-IPv6-Prefixes": {97, "\x00\x40", 1018},
		"NAS-Ports":            {5, "\x00\x00\x00\x01", 679},
		"NAS-IP-Addresses":     {4, "\xc0\x00\x02\x01", 679},
		"Operator-Names":       {126, "1", 1358},
	} {
		set := make(radius.Attributes, 0, c.n+1)
		for range c.n {
			set = append(set, avp(c.typ, c.value))
		}
		all[name] = append(set, avp(8, "y"))
	}
	var different radius.Attributes
	for i := range 680 {
		different = append(different, avp(97, string([]byte{0, 32, 0x20, 1, byte(i >> 8), byte(i)})[:6]))
	}
	all["different prefixes"] = append(different[:500], avp(8, "y"))
	var names radius.Attributes
	for i := range 900 {
		names = append(names, avp(1, fmt.Sprintf("%03x", i)[:2]))
	}
	all["different names"] = append(names, avp(8, "y"))
	return all
}

// entries are the ways in which a packet of another sender comes to be looked at.
func entries(t testing.TB) map[string]func(radius.Attributes) {
	ctx := t.Context()
	all := &route.Routes{Visited: visited(t)}
	all.NASes.Set(attrs.NAS{Identifier: "a"}, dac.Target{Addr: nasA})
	check := &route.ReversePath{Realms: map[string][]string{"": {"a.example"}}, Learned: &all.Learned}
	return map[string]func(radius.Attributes){
		"Learn":       func(set radius.Attributes) { all.Learn(ctx, &radius.Packet{Code: 1, Attributes: set}, nasA) },
		"Learned":     func(set radius.Attributes) { all.Learned.Route(ctx, asks("", set...)) },
		"RouteNAS":    func(set radius.Attributes) { all.Learned.RouteNAS(ctx, asks("", set...)) },
		"Routes":      func(set radius.Attributes) { all.Route(ctx, asks("", set...)) },
		"ReversePath": func(set radius.Attributes) { check.Allow(ctx, asks("", set...), dac.Target{}) },
		"Stamp":       func(set radius.Attributes) { all.Visited.Stamp(set, nasA.Addr()) },
	}
}

// No packet of 4,096 octets costs more than its octets: the worst took 152 ms when each attribute
// was looked at with all before it.
func TestPacketsAreReadInTheTimeOfTheirOctets(t *testing.T) {
	for way, read := range entries(t) {
		for name, set := range worst() {
			took := time.Hour // that of the quickest of some: others may have the processor
			for n := 0; n < 50 && took > 50*time.Millisecond; n++ {
				began := time.Now()
				read(set)
				took = min(took, time.Since(began))
			}
			require.LessOrEqual(t, took, 50*time.Millisecond, "%s of %s", way, name)
		}
	}
}

// BenchmarkWorstPacket is the worst 4,096 octets for each way in.
func BenchmarkWorstPacket(b *testing.B) {
	for way, read := range entries(b) {
		for name, set := range worst() {
			b.Run(way+"/"+strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
				for b.Loop() {
					read(set)
				}
			})
		}
	}
}

// An interim update says what is new and what is different; what it leaves out stays.
func TestLearnedInterimUpdatesAddAndChange(t *testing.T) {
	cui, station := attrs.ChargeableUserIdentity.Of([]byte("cui")), attrs.CallingStationID.Of("00-10-A4-23-19-C0")
	one, two := netip.MustParsePrefix("2001:db8:1::/64"), netip.MustParsePrefix("2001:db8:2::/56")
	l := learned(t, []*radius.Packet{
		accounting(t, 1, session("1"), user("bob"), nasIP("10.0.0.1"), station, framedIP("198.51.100.7"), attrs.FramedIPv6Prefix.Of(one), attrs.NASPort.Of(7)),
		accounting(t, 3, session("1"), nasIP("10.0.0.1")),
		accounting(t, 3, session("1"), nasIP("10.0.0.1"), cui, attrs.FramedIPv6Prefix.Of(two), framedIP("198.51.100.8")),
	}, nil)
	for _, a := range []attrs.Attr{user("bob"), station, cui, framedIP("198.51.100.8"), attrs.FramedIPv6Prefix.Of(one), attrs.FramedIPv6Prefix.Of(two), attrs.NASPort.Of(7)} {
		leads(t, l, nasA, a)
		leads(t, l, nasA, a, session("1"))
	}
	leads(t, l, nasA, attrs.FramedIPv6Prefix.Of(two), attrs.FramedIPv6Prefix.Of(one))
	leads(t, l, dac.ErrNoRoute, framedIP("198.51.100.7"))

	// A Start that comes late takes nothing; one of another user is another session, after a
	// restart of the NAS.
	require.NoError(t, l.Learn(t.Context(), accounting(t, 1, session("1"), user("bob"), nasIP("10.0.0.1")), nasA))
	leads(t, l, nasA, cui)
	require.NoError(t, l.Learn(t.Context(), accounting(t, 1, session("1"), user("eve"), nasIP("10.0.0.1")), nasA))
	leads(t, l, nasA, user("eve"))
	leads(t, l, dac.ErrNoRoute, cui)
	leads(t, l, dac.ErrNoRoute, user("bob"))

	// However often its prefix changes, a session stays small.
	for i := range 100 {
		prefix := netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(i)}), 64)
		require.NoError(t, l.Learn(t.Context(), accounting(t, 3, session("1"), nasIP("10.0.0.1"), attrs.FramedIPv6Prefix.Of(prefix)), nasA))
	}
	found, err := l.Find(t.Context(), attrs.NAS{}, attrs.Identity{UserName: "eve"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Len(t, found[0].Identity.FramedIPv6Prefix, 16)
}

// A session that is not known goes where the NAS is that it is on, by the peer that reports of it,
// and no peer takes another's NAS.
func TestLearnedNASIsAWay(t *testing.T) {
	f1, f2 := netip.MustParseAddrPort("203.0.113.1:1813"), netip.MustParseAddrPort("203.0.113.2:1813")
	at := func(from netip.AddrPort) dac.Target {
		return dac.Target{Addr: netip.AddrPortFrom(from.Addr(), dac.Port)}
	}
	six, bng := netip.MustParseAddr("2001:db8::1"), attrs.NASIdentifier.Of("bng")
	for name, c := range map[string]struct {
		tell map[netip.AddrPort][]*radius.Packet
		ask  []attrs.Attr
		want netip.AddrPort
		err  error
	}{
		"start":            {tell: map[netip.AddrPort][]*radius.Packet{f1: {accounting(t, 1, session("1"), nasIP("10.0.0.1"))}}, want: f1},
		"it has ended":     {tell: map[netip.AddrPort][]*radius.Packet{f1: {accounting(t, 1, session("1"), nasIP("10.0.0.1")), accounting(t, 2, session("1"), nasIP("10.0.0.1"))}}, want: f1},
		"Access-Request":   {tell: map[netip.AddrPort][]*radius.Packet{f1: {access(t, user("bob"), nasIP("10.0.0.1"))}}, want: f1},
		"Accounting-On":    {tell: map[netip.AddrPort][]*radius.Packet{f1: {accounting(t, 7, nasIP("10.0.0.1"))}}, want: f1},
		"Accounting-Off":   {tell: map[netip.AddrPort][]*radius.Packet{f1: {accounting(t, 7, nasIP("10.0.0.1")), accounting(t, 8, nasIP("10.0.0.1"))}}, err: dac.ErrNoRoute},
		"by its name":      {tell: map[netip.AddrPort][]*radius.Packet{f1: {accounting(t, 1, session("1"), nasIP("10.0.0.1"), bng)}}, ask: []attrs.Attr{bng}, want: f1},
		"by its IPv6":      {tell: map[netip.AddrPort][]*radius.Packet{f1: {accounting(t, 1, session("1"), nasIP("10.0.0.1"), attrs.NASIPv6Address.Of(six))}}, ask: []attrs.Attr{attrs.NASIPv6Address.Of(six)}, want: f1},
		"of another":       {tell: map[netip.AddrPort][]*radius.Packet{f1: {accounting(t, 1, session("1"), nasIP("10.0.0.2"))}}, err: dac.ErrNoRoute},
		"of two peers":     {tell: map[netip.AddrPort][]*radius.Packet{f1: {accounting(t, 1, session("1"), nasIP("10.0.0.1"))}, f2: {accounting(t, 1, session("2"), nasIP("10.0.0.1"))}}, err: dac.ErrNoRoute},
		"refused to learn": {tell: map[netip.AddrPort][]*radius.Packet{f1: {accounting(t, 1, nasIP("10.0.0.1"))}}, err: dac.ErrNoRoute},
		"two NASes": {tell: map[netip.AddrPort][]*radius.Packet{f1: {accounting(t, 1, session("1"), nasIP("10.0.0.1"))}, f2: {accounting(t, 1, session("1"), bng)}},
			ask: []attrs.Attr{nasIP("10.0.0.1"), bng}, err: errcause.NASIdentificationMismatch},
		"a name that nobody knows": {tell: map[netip.AddrPort][]*radius.Packet{f1: {accounting(t, 1, session("1"), nasIP("10.0.0.1"))}}, ask: []attrs.Attr{nasIP("10.0.0.1"), bng}, want: f1},
	} {
		all := &route.Routes{Forward: []dac.Target{at(f1), at(f2)}}
		for from, packets := range c.tell {
			for _, p := range packets {
				if err := all.Learn(t.Context(), p, from); name != "refused to learn" {
					require.NoError(t, err, name)
				}
			}
		}
		if c.ask == nil {
			c.ask = []attrs.Attr{nasIP("10.0.0.1")}
		}
		to, err := all.Route(t.Context(), coa(t, append(c.ask, session("of which nobody has told"))...))
		if c.err != nil {
			require.ErrorIs(t, err, c.err, name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, at(c.want).Addr, to.Addr, name)
	}
}

// What is learned of a NAS stays as long as it is heard of, and another peer cannot move it by a
// session that is not its own.
func TestLearnedNASStaysWithItsPeer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		all := &route.Routes{Learned: route.Learned{TTL: time.Hour}}
		start := accounting(t, 1, session("1"), nasIP("10.0.0.1"))
		require.NoError(t, all.Learn(t.Context(), start, nasA))
		require.ErrorIs(t, all.Learn(t.Context(), start, nasB), route.ErrOtherPeer)
		asks := func() (dac.Target, error) { return all.Route(t.Context(), coa(t, session("2"), nasIP("10.0.0.1"))) }
		for range 10 {
			to, err := asks()
			require.NoError(t, err)
			require.Equal(t, nasA, to.Addr)
			time.Sleep(50 * time.Minute)
			require.NoError(t, all.Learn(t.Context(), accounting(t, 3, session("1"), nasIP("10.0.0.1")), nasA))
		}
		time.Sleep(61 * time.Minute)
		_, err := asks()
		require.ErrorIs(t, err, dac.ErrNoRoute)
	})
}

// Accounting of a NAS that is no target is one line and a counter, and the refusal of a request for
// it says so.
func TestLearnedTellsOfANASThatIsNoTarget(t *testing.T) {
	var log bytes.Buffer
	var known bool
	all := &route.Routes{Learned: route.Learned{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Target: func(_ context.Context, s route.Session) (dac.Target, error) {
			if known || s.From.Addr() == nasB.Addr() {
				return dac.Target{Addr: nasB}, nil
			}
			return dac.Target{}, dac.ErrNoRoute
		},
	}}
	for i := range 5 {
		require.NoError(t, all.Learn(t.Context(), accounting(t, 1, session(fmt.Sprint(i)), nasIP("10.0.0.1")), nasA))
		require.NoError(t, all.Learn(t.Context(), accounting(t, 1, session(fmt.Sprint("b", i)), nasIP("10.0.0.2")), nasB))
	}
	require.Equal(t, 1, strings.Count(log.String(), "that is no target"), log.String())
	require.Contains(t, log.String(), "10.0.0.1")
	require.Contains(t, log.String(), nasA.Addr().String())
	s := all.Learned.Stats()
	require.Equal(t, route.LearnedStats{Learned: 10, NoTarget: 5}, s)

	_, err := all.Route(t.Context(), coa(t, session("1")))
	require.ErrorIs(t, err, errcause.RequestNotRoutable)
	require.ErrorContains(t, err, "at no target")
	require.ErrorContains(t, err, "10.0.0.1")
	_, err = all.Route(t.Context(), coa(t, session("unheard of"), nasIP("10.0.0.1")))
	require.ErrorIs(t, err, errcause.RequestNotRoutable)
	require.ErrorContains(t, err, "at no target")
	_, err = all.Route(t.Context(), coa(t, session("unheard of"), nasIP("10.0.0.9")))
	require.ErrorIs(t, err, errcause.RequestNotRoutable)
	require.ErrorContains(t, err, "no such session was reported")
	require.NotContains(t, err.Error(), "no target")

	known = true
	require.NoError(t, all.Learn(t.Context(), accounting(t, 3, session("1"), nasIP("10.0.0.1")), nasA))
	known = false
	require.NoError(t, all.Learn(t.Context(), accounting(t, 3, session("1"), nasIP("10.0.0.1")), nasA))
	require.Equal(t, 2, strings.Count(log.String(), "that is no target"), "lost again")
}

func TestLearnedCounts(t *testing.T) {
	l := learned(t, []*radius.Packet{accounting(t, 1, session("1")), accounting(t, 3, session("1")), accounting(t, 2, session("1")), accounting(t, 2, session("1")),
		access(t, user("bob")), accounting(t, 7), accounting(t, 1, session("2"))}, nil)
	require.Error(t, l.Learn(t.Context(), accounting(t, 1), nasA))
	require.Error(t, l.Learn(t.Context(), accounting(t, 1, session("2"), nasIP("192.0.2.1")), nasB))
	require.Equal(t, route.LearnedStats{Learned: 4, Ended: 1, Restarts: 1, OtherPeer: 1, Failed: 1}, l.Stats())
}

// Names of NASes and sessions that are cut elsewhere are not the same: none can take another's
// session by an octet of 0 in a name.
func TestKeysCannotBeForged(t *testing.T) {
	named := func(nas, id string) route.Session {
		return route.Session{From: nasA, NAS: attrs.NAS{Identifier: nas}, Identity: attrs.Identity{AcctSessionID: id}}
	}
	asked := func(user, station, port string) route.Session {
		return route.Session{From: nasA, NAS: attrs.NAS{Identifier: "n"}, Identity: attrs.Identity{UserName: user, CallingStationID: station, NASPortID: port}}
	}
	one := uint32(1)
	numbered := asked("u", "c", "")
	numbered.Identity.NASPort = &one
	all := []route.Session{
		named("a", "b\x00c"), named("a\x00b", "c"), named("a\x00", "\x00c"), named("\x00\x01", "x"), named("a", "\x00bc"), named("\x01=a", "b"),
		{From: nasA, NAS: attrs.NAS{Addrs: []netip.Addr{nasA.Addr()}}, Identity: attrs.Identity{AcctSessionID: "1"}}, named("192.0.2.1", "1"),
		asked("u\x00c", "p", ""), asked("u", "c\x00p", ""), asked("u", "c", "p"), asked("u", "cp", ""), asked("uc", "p", ""), numbered, asked("u", "c", "1"),
		{From: nasA, NAS: attrs.NAS{Identifier: "n"}}, {From: nasB, NAS: attrs.NAS{Identifier: "n"}},
	}
	seen := map[string]int{}
	for i, s := range all {
		k := s.Keys()[0]
		require.Equal(t, route.BySession, k.Kind)
		if other, twice := seen[k.Value]; twice {
			t.Errorf("%d and %d have one key %q", other, i, k.Value)
		}
		seen[k.Value] = i
	}
	l := &route.Learned{}
	require.NoError(t, l.Learn(t.Context(), accounting(t, 1, attrs.NASIdentifier.Of("a"), session("b\x00c")), nasA))
	require.NoError(t, l.Learn(t.Context(), accounting(t, 1, attrs.NASIdentifier.Of("a\x00b"), session("c")), nasB))
	leads(t, l, nasA, session("b\x00c"))
	leads(t, l, nasB, session("c"))
}

// What may be sent is said, asked and taken back by address, by address and port, and by NAS.
func TestPermissionsByPortAndNAS(t *testing.T) {
	both, none := route.Permission{Disconnect: true, CoA: true}, route.Permission{}
	var may route.Permissions
	allowed := func(to netip.AddrPort, a ...attrs.Attr) bool {
		err := may.Allow(t.Context(), disconnect(t, append(a, user("bob"))...), dac.Target{Addr: to})
		if err != nil {
			require.ErrorIs(t, err, errcause.AdministrativelyProhibited)
		}
		return err == nil
	}
	other := netip.AddrPortFrom(nasA.Addr(), 1700)
	require.Equal(t, none, may.Get(nasA.Addr()))
	may.Set(nasA.Addr(), both)
	may.SetPort(netip.AddrPortFrom(netip.AddrFrom16(nasA.Addr().As16()), 1700), none)
	require.Equal(t, both, may.Get(nasA.Addr()))
	require.Equal(t, both, may.GetPort(nasA))
	require.Equal(t, none, may.GetPort(other))
	require.True(t, allowed(nasA))
	require.True(t, allowed(netip.AddrPortFrom(nasA.Addr(), 0)))
	require.False(t, allowed(other))
	may.ResetPort(other)
	require.Equal(t, both, may.GetPort(other))
	require.True(t, allowed(other))

	bng := attrs.NAS{Identifier: "bng", Addrs: []netip.Addr{netip.MustParseAddr("::ffff:10.0.0.1")}}
	_, ok := may.GetNAS(bng)
	require.False(t, ok)
	may.SetNAS(bng, route.Permission{CoA: true})
	got, ok := may.GetNAS(attrs.NAS{Addrs: []netip.Addr{netip.MustParseAddr("10.0.0.1")}})
	require.True(t, ok)
	require.Equal(t, route.Permission{CoA: true}, got)
	require.False(t, allowed(nasA, nasIP("10.0.0.1")))
	require.False(t, allowed(nasA, attrs.NASIdentifier.Of("bng")))
	require.True(t, allowed(nasA, nasIP("10.0.0.2")))
	require.NoError(t, may.Allow(t.Context(), coa(t, nasIP("10.0.0.1")), dac.Target{Addr: nasA}))
	require.Error(t, may.Allow(t.Context(), coa(t, nasIP("10.0.0.1")), dac.Target{Addr: nasB}), "and that of the target is needed too")
	require.ErrorIs(t, may.Allow(t.Context(), asks("", avp(32, "x"), avp(32, "bng")), dac.Target{Addr: nasA}), errcause.AdministrativelyProhibited)
	may.ResetNAS(bng)
	require.True(t, allowed(nasA, nasIP("10.0.0.1"), attrs.NASIdentifier.Of("bng")))
	may.Reset(nasA.Addr())
	require.False(t, allowed(nasA))
}

// A session is found by what its NAS reported beside RFC 5176, section 3, and by what a host adds
// to that, in whatever encoding it is asked for.
func TestLearnedFindsByFurtherAttributes(t *testing.T) {
	circuit := attrs.VendorID(3561, 1) // ADSL-Agent-Circuit-Id
	prefix := netip.MustParsePrefix("2001:db8:ff00::/56")
	six := []attrs.Attr{attrs.FramedIPv6Address.Of(netip.MustParseAddr("2001:db8::1")), attrs.FramedIPv6Address.Of(netip.MustParseAddr("2001:db8::2"))}
	vendors := attrs.Raw(26, []byte{0, 0, 0x0d, 0xe9, 1, 6, 'l', 'i', 'n', 'e'})
	for _, also := range [][]attrs.AnyKey{{attrs.KeyOf(circuit)}, nil} {
		for _, store := range []route.Store{nil, &plain{}} {
			l := &route.Learned{Also: also, Store: store}
			require.NoError(t, l.Learn(t.Context(), accounting(t, 1, append(six, session("1"), attrs.DelegatedIPv6Prefix.Of(prefix), attrs.NASPortType.Of(5), vendors)...), nasA))
			require.NoError(t, l.Learn(t.Context(), accounting(t, 3, session("1")), nasA))
			require.NoError(t, l.Learn(t.Context(), accounting(t, 1, session("2"), attrs.NASPortType.Of(15)), nasB))
			for _, a := range append(six, attrs.NASPortType.Of(5), attrs.DelegatedIPv6Prefix.Of(prefix),
				attrs.Raw(123, append([]byte{0, 56, 0x20, 1, 0xd, 0xb8, 0xff}, make([]byte, 11)...))) {
				leads(t, l, nasA, a)
			}
			leads(t, l, dac.ErrNoRoute, attrs.NASPortType.Of(5), session("2"))
			leads(t, l, nasA, six...)
			leads(t, l, dac.ErrNoRoute, six[0], attrs.FramedIPv6Address.Of(netip.MustParseAddr("2001:db8::3")))
			if also != nil {
				leads(t, l, nasA, vendors)
			} else {
				leads(t, l, dac.ErrNoRoute, vendors)
			}
		}
	}
	require.ErrorIs(t, (&route.Learned{}).Learn(t.Context(), accounting(t, 1, attrs.NASPortType.Of(5)), nasA), route.ErrNoSession, "a type of port is no session")
}

// A name with two realms, or with none behind its @, is of no home network: MayAsk is not asked to
// guess.
func TestVisitedAsksAboutOneRealm(t *testing.T) {
	v := &route.Visited{Realm: "v.example", Other: dac.Target{Addr: netip.MustParseAddrPort("192.0.2.1:3799")}, MayAsk: func(_ *dac.Request, realm string) bool {
		return realm == "" || strings.HasSuffix(realm, "h.example")
	}}
	for name, allowed := range map[string]bool{"bob@h.example": true, "bob": true, "bob@other.example@h.example": false, "bob@": false, "@": false} {
		_, err := v.Route(t.Context(), asks("h", avp(126, "1v.example"), avp(1, name)))
		if allowed {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, errcause.RequestNotRoutable, name)
	}
}

// A packet that says Start and Stop says neither: the first of them would make or forget a session.
func TestLearnTakesNoFirstStatus(t *testing.T) {
	var l route.Learned
	from := netip.MustParseAddrPort("192.0.2.9:1813")
	says := func(status ...string) error {
		p := &radius.Packet{Code: radius.CodeAccountingRequest, Attributes: radius.Attributes{avp(1, "bob"), avp(44, "1")}}
		for _, s := range status {
			p.Attributes = append(p.Attributes, avp(40, "\x00\x00\x00"+s))
		}
		return l.Learn(t.Context(), p, from)
	}
	known := func() int {
		found, err := l.Find(t.Context(), attrs.NAS{}, attrs.Identity{UserName: "bob"})
		require.NoError(t, err)
		return len(found)
	}
	require.ErrorIs(t, says("\x01", "\x02"), errcause.InvalidRequest)
	require.Zero(t, known())
	require.NoError(t, says("\x01", "\x01"))
	require.Equal(t, 1, known())
	require.ErrorIs(t, says("\x02", "\x01"), errcause.InvalidRequest)
	require.ErrorIs(t, says("\x08", "\x03"), errcause.InvalidRequest)
	require.Equal(t, 1, known())
	require.NoError(t, says("\x02"))
	require.Zero(t, known())
}
