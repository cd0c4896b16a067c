// SPDX-License-Identifier: Apache-2.0

package route_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// oddValues are values of identification, sound ones, those of the same meaning, and broken ones.
var oddValues = map[radius.Type][]string{
	1:   {"x@a.example", "victim@b.example", "", "bob", "X@A.example", "x@a.example\x00", "x@b.example@a.example", "\xff@a.example"},
	4:   {"\xc0\x00\x02\x01", "\xc0\x00\x02\x02", "", "\x00\x00\x00\x00", "\xc0\x00\x02"},
	5:   {"\x00\x00\x00\x01", "\x00\x00\x00\x02", "", "\x01"},
	8:   {"\x0a\x00\x00\x01", "\x0a\x00\x00\x02", "\xff\xff\xff\xfe", "\x00\x00\x00\x00", ""},
	30:  {"ap", "00-10-A4-23-19-C0:s", "0010.a423.19c0:s", ""},
	31:  {"00-10-A4-23-19-C0", "0010a423-19c0", "00-10-A4-23-19-C1", "user", ""},
	32:  {"bng", "other", "", "visited.example"},
	44:  {"1", "2", "", "1\x00"},
	50:  {"m", "n", ""},
	87:  {"p", "q", ""},
	89:  {"cui", "\x00", ""},
	95:  {"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xc0\x00\x02\x01", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xc0\x00\x02\x02", ""},
	96:  {"\x00\x00\x00\x00\x00\x00\x00\x01", "\x00\x00\x00\x00\x00\x00\x00\x02", ""},
	97:  {"\x00\x40\x20\x01\x0d\xb8", "\x00\x40\x20\x01\x0d\xb8\x00\x00", "\x00\x40\x20\x01\x0d\xb9", "\x00\x00", ""},
	61:  {"\x00\x00\x00\x05", "\x00\x00\x00\x0f", "\x05"},
	123: {"\x00\x38\x20\x01\x0d\xb8\xff", "\x00\x38\x20\x01\x0d\xb8\xff\x00\x00\x00", "\x00\x38\x20\x01\x0d\xb8\xfe", "\x00"},
	168: {"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03"},
}

func oddSet(random *rand.Rand, types []radius.Type, most int) (set radius.Attributes) {
	for range 1 + random.IntN(most) {
		t := types[random.IntN(len(types))]
		v := oddValues[t]
		set = append(set, &radius.AVP{Type: t, Attribute: radius.Attribute(v[random.IntN(len(v))])})
	}
	return set
}

// What decides about a request does not depend on the order of its attributes, nor on whether one is
// said twice.
func TestDecisionsDependOnNoOrder(t *testing.T) {
	types := make([]radius.Type, 0, len(oddValues))
	for k := range oddValues {
		types = append(types, k)
	}
	slices.Sort(types)
	random := rand.New(rand.NewPCG(5176, 15))
	var learned route.Learned
	for i := range 40 {
		p := &radius.Packet{Code: radius.CodeAccountingRequest, Attributes: oddSet(random, types, 8)}
		set, err := attrs.AcctStatusType.Of(1).AppendTo(p.Attributes)
		require.NoError(t, err)
		p.Attributes = set
		learned.Learn(t.Context(), p, netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + i%3)}), 1813))
	}
	reverse := &route.ReversePath{Realms: map[string][]string{"p": {"a.example"}}, Learned: &learned}
	bare := &route.ReversePath{Realms: map[string][]string{"p": {"a.example", ""}}}
	permissions := new(route.Permissions)
	permissions.Default = route.Permission{Disconnect: true}
	permissions.SetNAS(attrs.NAS{Identifier: "other"}, route.Permission{})
	permissions.SetNAS(attrs.NAS{Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("2001:db8::2")}}, route.Permission{CoA: true})
	nases := new(route.NASes)
	nases.Set(attrs.NAS{Identifier: "bng", Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}, dac.Target{Addr: netip.MustParseAddrPort("192.0.2.1:3799")})
	nases.Set(attrs.NAS{Identifier: "other", Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("2001:db8::2")}}, dac.Target{Addr: netip.MustParseAddrPort("192.0.2.2:3799")})
	visited := &route.Visited{Realm: "visited.example", Other: nases, MayAsk: func(_ *dac.Request, realm string) bool { return realm == "a.example" }}
	to := dac.Target{Addr: netip.MustParseAddrPort("192.0.2.1:3799")}
	routed := func(r dac.Router) func(*dac.Request) string {
		return func(q *dac.Request) string {
			to, err := r.Route(context.Background(), q)
			cause, _ := errcause.Of(err)
			edited := ""
			if err == nil && to.Edit != nil {
				set, err := to.Edit(slices.Clone(q.Attributes()))
				n := []string{}
				for _, a := range set {
					n = append(n, fmt.Sprintf("%d=%x", a.Type, a.Attribute))
				}
				slices.Sort(n)
				edited = fmt.Sprint(slices.Compact(n), err)
			}
			return fmt.Sprint(to.Addr, err == nil, cause, edited)
		}
	}
	allowed := func(f func(context.Context, *dac.Request, dac.Target) error) func(*dac.Request) string {
		return func(q *dac.Request) string {
			err := f(context.Background(), q, to)
			cause, _ := errcause.Of(err)
			return fmt.Sprint(err == nil, cause)
		}
	}
	for name, decide := range map[string]func(*dac.Request) string{
		"reverse": allowed(reverse.Allow), "bare": allowed(bare.Allow), "permissions": allowed(permissions.Allow),
		"nases": routed(nases), "visited": routed(visited), "learned": routed(&learned), "learned NAS": routed(dac.RouterFunc(learned.RouteNAS)),
	} {
		for range 3000 {
			set := oddSet(random, types, 7)
			if name == "visited" {
				set = append(set, &radius.AVP{Type: 126, Attribute: radius.Attribute("1visited.example")})
			}
			ask := func(set radius.Attributes) string {
				return decide(&dac.Request{Peer: "p", Packet: &radius.Packet{Code: radius.CodeDisconnectRequest, Attributes: set}})
			}
			said := ask(slices.Clone(set))
			for range 3 {
				other := slices.Clone(set)
				if random.IntN(2) == 0 {
					other = append(other, set[random.IntN(len(set))])
				}
				random.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
				if again := ask(slices.Clone(other)); again != said {
					t.Fatalf("%s: %s of %s, and %s of %s", name, said, octetsOf(set), again, octetsOf(other))
				}
			}
		}
	}
}

// octetsOf are the attributes of set as 1="bob".
func octetsOf(set radius.Attributes) (s string) {
	for _, a := range set {
		s += fmt.Sprintf(" %d=%q", a.Type, a.Attribute)
	}
	return s
}
