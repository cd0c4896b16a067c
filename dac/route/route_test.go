// SPDX-License-Identifier: Apache-2.0

package route_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// way is a Router that finds addr, or fails.
func way(addr netip.AddrPort, err error) dac.Router {
	return dac.RouterFunc(func(context.Context, *dac.Request) (dac.Target, error) { return dac.Target{Addr: addr}, err })
}

func TestFirstThatKnows(t *testing.T) {
	busy := errors.Join(errcause.ResourcesUnavailable, dac.ErrNoRoute)
	for name, c := range map[string]struct {
		ways []dac.Router
		want netip.AddrPort
		err  error
	}{
		"none":                         {nil, netip.AddrPort{}, dac.ErrNoRoute},
		"nil":                          {[]dac.Router{nil, way(nasA, nil)}, nasA, nil},
		"the first":                    {[]dac.Router{way(nasA, nil), way(nasB, nil)}, nasA, nil},
		"the second":                   {[]dac.Router{way(nasA, dac.ErrNoRoute), way(nasB, nil)}, nasB, nil},
		"a refusal ends it":            {[]dac.Router{way(nasA, errcause.NASIdentificationMismatch), way(nasB, nil)}, nasA, errcause.NASIdentificationMismatch},
		"a failure does not":           {[]dac.Router{way(nasA, busy), way(nasB, nil)}, nasB, nil},
		"a failure and nobody else":    {[]dac.Router{way(nasA, dac.ErrNoRoute), way(nasA, busy), way(nasB, dac.ErrNoRoute)}, netip.AddrPort{}, errcause.ResourcesUnavailable},
		"sole":                         {[]dac.Router{route.Sole(dac.Target{Addr: nasB})}, nasB, nil},
		"sole of two is none":          {[]dac.Router{route.Sole(dac.Target{Addr: nasB}, dac.Target{Addr: nasA})}, netip.AddrPort{}, dac.ErrNoRoute},
		"sole of none is none":         {[]dac.Router{route.Sole()}, netip.AddrPort{}, dac.ErrNoRoute},
		"an empty table knows nothing": {[]dac.Router{new(route.NASes), new(route.Realms), new(route.Learned)}, netip.AddrPort{}, dac.ErrNoRoute},
	} {
		to, err := route.First(c.ways...).Route(t.Context(), coa(t, user("bob"), nasIP("192.0.2.1")))
		require.ErrorIs(t, err, c.err, name)
		require.Equal(t, c.want, to.Addr, name)
	}
}

// NASes read a request by themselves, and see the NAS in it that everybody else does, whatever else
// it has.
func TestNASesSeeWhatEverybodySees(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	some := func() *radius.AVP {
		b := make([]byte, []int{0, 1, 3, 4, 4, 4, 5, 15, 16, 16, 17}[random.IntN(11)])
		for i := range b {
			b[i] = byte(random.IntN(2))
		}
		if random.IntN(4) == 0 {
			clear(b)
		}
		if random.IntN(8) == 0 && len(b) == 16 {
			b[10], b[11] = 255, 255 // ::ffff:x.x.x.x
			clear(b[:10])
		}
		return &radius.AVP{Type: []radius.Type{4, 32, 95, 1, 8, 44}[random.IntN(6)], Attribute: b}
	}
	for range 20_000 {
		set := make(radius.Attributes, random.IntN(6))
		for i := range set {
			if random.IntN(20) > 0 {
				set[i] = some()
			}
		}
		quick, whole := route.NASOf(set)
		require.Equal(t, whole.Identifier, quick.Identifier, set)
		require.ElementsMatch(t, whole.Addrs, quick.Addrs, set)
	}
}

func TestNASesByNameAndAddress(t *testing.T) {
	var nases route.NASes
	six := netip.MustParseAddr("2001:db8::a")
	nases.Set(attrs.NAS{Identifier: "bng-a", Addrs: []netip.Addr{nasA.Addr(), six}}, dac.Target{Addr: nasA})
	nases.Set(attrs.NAS{Identifier: "bng-b", Addrs: []netip.Addr{netip.AddrFrom16(nasB.Addr().As16())}}, dac.Target{Addr: nasB})
	six16 := attrs.NASIPv6Address.Of(six)
	for name, c := range map[string]struct {
		by   []attrs.Attr
		want netip.AddrPort
		err  error
	}{
		"address":            {[]attrs.Attr{nasIP("192.0.2.1")}, nasA, nil},
		"mapped when set":    {[]attrs.Attr{nasIP("192.0.2.2")}, nasB, nil},
		"IPv6 address":       {[]attrs.Attr{six16}, nasA, nil},
		"name":               {[]attrs.Attr{attrs.NASIdentifier.Of("bng-b")}, nasB, nil},
		"all":                {[]attrs.Attr{attrs.NASIdentifier.Of("bng-a"), nasIP("192.0.2.1"), six16}, nasA, nil},
		"a name rewritten":   {[]attrs.Attr{attrs.NASIdentifier.Of("site"), nasIP("192.0.2.1")}, nasA, nil},
		"an address of old":  {[]attrs.Attr{attrs.NASIdentifier.Of("bng-b"), nasIP("10.1.1.1")}, nasB, nil},
		"two of them":        {[]attrs.Attr{attrs.NASIdentifier.Of("bng-b"), nasIP("192.0.2.1")}, netip.AddrPort{}, errcause.NASIdentificationMismatch},
		"two, IPv6":          {[]attrs.Attr{six16, nasIP("192.0.2.2")}, netip.AddrPort{}, errcause.NASIdentificationMismatch},
		"unknown":            {[]attrs.Attr{attrs.NASIdentifier.Of("site")}, netip.AddrPort{}, dac.ErrNoRoute},
		"not named":          {[]attrs.Attr{user("bob")}, netip.AddrPort{}, dac.ErrNoRoute},
		"names are no case":  {[]attrs.Attr{attrs.NASIdentifier.Of("BNG-A")}, netip.AddrPort{}, dac.ErrNoRoute},
		"malformed, and one": {[]attrs.Attr{attrs.Raw(4, []byte("x")), attrs.NASIdentifier.Of("bng-a")}, nasA, nil},
	} {
		to, err := nases.Route(t.Context(), coa(t, c.by...))
		require.ErrorIs(t, err, c.err, name)
		require.Equal(t, c.want, to.Addr, name)
	}
	nases.Delete(attrs.NAS{Identifier: "bng-a", Addrs: []netip.Addr{nasA.Addr()}})
	_, err := nases.Route(t.Context(), coa(t, nasIP("192.0.2.1"), attrs.NASIdentifier.Of("bng-a")))
	require.ErrorIs(t, err, dac.ErrNoRoute)
	_, err = nases.Route(t.Context(), coa(t, six16))
	require.NoError(t, err)
}

// The order of Routes: each way is taken where the ones before know nothing.
func TestRoutesInTheirOrder(t *testing.T) {
	at := func(s string) dac.Target { return dac.Target{Addr: netip.MustParseAddrPort(s)} }
	static, forward, hosts, realm := at("192.0.2.50:1"), at("192.0.2.51:1"), at("192.0.2.52:1"), at("192.0.2.53:1")
	all := &route.Routes{Func: func(context.Context, *dac.Request) (dac.Target, error) { return hosts, nil }}
	r := coa(t, user("bob"), nasIP("192.0.2.1"))
	goes := func(r *dac.Request, want dac.Target) {
		t.Helper()
		to, err := all.Route(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, want.Addr, to.Addr)
	}
	goes(r, hosts)
	require.NoError(t, all.Learn(t.Context(), accounting(t, 1, user("bob"), session("1"), nasIP("192.0.2.1")), nasA))
	goes(r, dac.Target{Addr: nasA})
	all.Forward = []dac.Target{forward, hosts}
	goes(r, dac.Target{Addr: nasA}) // two: neither is the sole one
	all.Forward = all.Forward[:1]
	goes(r, forward)
	all.NASes.Set(attrs.NAS{Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}, static)
	goes(r, static)
	roaming := coa(t, user("bob"), nasIP("192.0.2.1"), operator("1visited.example"))
	goes(roaming, static) // no realm is known: Operator-Name is an attribute like others
	all.Realms.Set("visited.example", realm)
	goes(roaming, realm)
	goes(r, static)
	goes(coa(t, user("bob"), nasIP("192.0.2.1"), operator("1nowhere.example")), hosts)
	all.Func = nil
	_, err := all.Route(t.Context(), coa(t, user("bob"), nasIP("192.0.2.1"), operator("1nowhere.example")))
	require.ErrorIs(t, err, dac.ErrNoRoute, "an address of another network is not one of ours")
	all.Visited = visited(t)
	tok, err := all.Visited.Tokens.Seal(attrs.NAS{Addrs: []netip.Addr{nasB.Addr()}})
	require.NoError(t, err)
	goes(coa(t, user("bob"), operator("1visited.example"), token(tok)), dac.Target{Addr: nasB})
}

func TestPermissionsChangeWhileRunning(t *testing.T) {
	var may route.Permissions
	to := dac.Target{Addr: netip.AddrPortFrom(netip.AddrFrom16(nasA.Addr().As16()), 3799)}
	allowed := func() (d, c bool) {
		for _, r := range []*dac.Request{disconnect(t, user("bob")), coa(t, user("bob"))} {
			err := may.Allow(t.Context(), r, to)
			if err != nil {
				require.ErrorIs(t, err, errcause.AdministrativelyProhibited)
			} else if r.Disconnect() {
				d = true
			} else {
				c = true
			}
		}
		return d, c
	}
	for _, want := range []route.Permission{{}, {Disconnect: true}, {CoA: true}, {Disconnect: true, CoA: true}, {}} {
		may.Set(nasA.Addr(), want)
		d, c := allowed()
		require.Equal(t, want, route.Permission{Disconnect: d, CoA: c})
	}
	may.Reset(nasA.Addr())
	d, c := allowed()
	require.False(t, d || c, "the zero Default is no")
	may.Default = route.Permission{CoA: true}
	d, c = allowed()
	require.True(t, c && !d)
}

func TestEveryAsksUntilOneRefuses(t *testing.T) {
	asked := 0
	yes := func(context.Context, *dac.Request, dac.Target) error { asked++; return nil }
	no := func(context.Context, *dac.Request, dac.Target) error {
		asked++
		return errcause.AdministrativelyProhibited
	}
	require.NoError(t, route.Every()(t.Context(), nil, dac.Target{}))
	require.NoError(t, route.Every(yes, nil, yes)(t.Context(), nil, dac.Target{}))
	require.Equal(t, 2, asked)
	require.ErrorIs(t, route.Every(yes, no, yes)(t.Context(), nil, dac.Target{}), errcause.AdministrativelyProhibited)
	require.Equal(t, 4, asked)
}
