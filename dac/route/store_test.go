// SPDX-License-Identifier: Apache-2.0

package route_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// made is session i of a NAS of its own hundred.
func made(i int) route.Session {
	port := uint32(i)
	return route.Session{
		From: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i % 100)}), 1813), NAS: attrs.NAS{Addrs: []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, byte(i % 100)})}},
		Identity: attrs.Identity{
			UserName: fmt.Sprintf("user%07d@example.net", i), AcctSessionID: fmt.Sprintf("%08x", i), CallingStationID: fmt.Sprintf("00-10-A4-%02X-%02X-%02X", i>>16&255, i>>8&255, i&255),
			NASPort: &port, FramedIPAddress: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}),
		},
		Expires: time.Unix(time.Now().Unix()+86400, 0),
	}
}

// What was put is found by each of its keys, and nothing else is: against a list.
func TestMemoryIsAList(t *testing.T) {
	var m route.Memory
	random := rand.New(rand.NewPCG(1, 2))
	list := map[string]route.Session{}
	some := func() route.Session {
		s := made(random.IntN(40))
		s.Identity.UserName = fmt.Sprint("u", random.IntN(3))
		if random.IntN(4) == 0 {
			s.Expires = time.Unix(time.Now().Unix()-1, 0)
		}
		return s
	}
	for range 5000 {
		s := some()
		if random.IntN(3) > 0 {
			require.NoError(t, m.Put(t.Context(), s))
			list[s.Keys()[0].Value] = s
		} else {
			k := s.Keys()[random.IntN(len(s.Keys()))]
			require.NoError(t, m.Delete(t.Context(), k))
			for name, have := range list {
				if slices.Contains(have.Keys(), k) {
					delete(list, name)
				}
			}
		}
		for _, k := range some().Keys() {
			found, err := m.Find(t.Context(), k, 1000)
			require.NoError(t, err)
			var want []route.Session
			for _, have := range list {
				if slices.Contains(have.Keys(), k) && have.Expires.After(time.Now()) {
					want = append(want, have)
				}
			}
			require.ElementsMatch(t, want, found, k.String())
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := route.Memory{Max: 3}
		for i := range 3 {
			require.NoError(t, m.Put(t.Context(), made(i)))
		}
		require.ErrorIs(t, m.Put(t.Context(), made(3)), route.ErrFull)
		require.NoError(t, m.Put(t.Context(), made(2)), "in its own place")
		require.Equal(t, 3, m.Len())
		time.Sleep(25 * time.Hour)
		require.NoError(t, m.Put(t.Context(), made(4)), "what has expired makes room")
		require.Equal(t, 1, m.Len())
	})
	var none route.Memory
	found, err := none.Find(t.Context(), route.Key{Kind: 99, Value: "x"}, 1)
	require.NoError(t, err)
	require.Empty(t, found)
	require.NoError(t, none.Delete(t.Context(), route.Key{Kind: 99, Value: "x"}))
	require.NoError(t, none.Delete(t.Context(), route.Key{Kind: route.ByUserName, Value: "x"}))
	require.Equal(t, "Kind(99):x", route.Key{Kind: 99, Value: "x"}.String())
	require.Equal(t, "user-name:x", route.Key{Kind: route.ByUserName, Value: "x"}.String())
}

func TestSessionOctets(t *testing.T) {
	s := made(7)
	s.Access, s.OperatorName, s.OperatorNASIdentifier = true, "1visited.example", "token"
	s.Identity.AcctMultiSessionID, s.Identity.ChargeableUserIdentity = "m", "c"
	s.NAS.Identifier, s.NAS.Addrs = "bng", append(s.NAS.Addrs, netip.MustParseAddr("2001:db8::1"))
	s.Identity.FramedIPv6Prefix = []netip.Prefix{netip.MustParsePrefix("2001:db8:1::/64"), netip.MustParsePrefix("2001:db8:2::/56")}
	s.Identity.FramedInterfaceID, s.Identity.CalledStationID, s.Identity.NASPortID = &[8]byte{7: 1}, "called", "ge-0/0/1"
	b, err := s.MarshalBinary()
	require.NoError(t, err)
	var back route.Session
	require.NoError(t, back.UnmarshalBinary(b))
	require.Equal(t, s, back)
	kept, ok := route.ReadRecord(string(b))
	require.True(t, ok)
	require.Equal(t, s, kept)
	for n := range b {
		if err := new(route.Session).UnmarshalBinary(b[:n]); err == nil {
			// Whole attributes may lack.
			require.Greater(t, n, 16)
		}
	}
	_, err = route.Session{Identity: attrs.Identity{UserName: string(make([]byte, 300))}}.MarshalBinary()
	require.Error(t, err)
}

func FuzzSession(f *testing.F) {
	full := made(7)
	full.NAS.Addrs = append(full.NAS.Addrs, netip.MustParseAddr("2001:db8::1"))
	full.Identity.FramedIPv6Prefix, full.Identity.FramedInterfaceID = []netip.Prefix{netip.MustParsePrefix("2001:db8:1::/56")}, &[8]byte{7: 1}
	full.OperatorName, full.OperatorNASIdentifier = "1visited.example", "token"
	for _, s := range []route.Session{made(7), full} {
		b, err := s.MarshalBinary()
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var s, again route.Session
		if s.UnmarshalBinary(b) != nil {
			return
		}
		s.Keys()
		out, err := s.MarshalBinary()
		require.NoError(t, err)
		require.NoError(t, again.UnmarshalBinary(out))
		require.Equal(t, s, again)
		kept, ok := route.ReadRecord(string(out))
		require.True(t, ok)
		require.Equal(t, s, kept)
	})
}

// What the doc of Memory says of its size.
func TestMemoryOfASession(t *testing.T) {
	const n = 50_000
	var before, after runtime.MemStats
	var m route.Memory
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range n {
		require.NoError(t, m.Put(t.Context(), made(i)))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := float64(after.HeapAlloc-before.HeapAlloc) / n
	t.Logf("%.0f octets a session", each)
	require.Less(t, each, 700.0)
	require.Equal(t, n, m.Len())
}

// BenchmarkLearned is the way of a request among a million sessions.
func BenchmarkLearned(b *testing.B) {
	var m route.Memory
	for i := range 1_000_000 {
		if err := m.Put(b.Context(), made(i)); err != nil {
			b.Fatal(err)
		}
	}
	l := &route.Learned{Store: &m}
	runtime.GC() // what made them is gone
	for name, f := range map[string]func(i int) []attrs.Attr{
		"NASAndSession": func(i int) []attrs.Attr { return []attrs.Attr{made(i).NAS.Attr(), session(fmt.Sprintf("%08x", i))} },
		"UserName":      func(i int) []attrs.Attr { return []attrs.Attr{user(made(i).Identity.UserName)} },
	} {
		var rs []*dac.Request
		for i := range 1024 {
			rs = append(rs, coa(b, f(i*977)...))
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if _, err := l.Route(b.Context(), rs[i%1024]); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

// BenchmarkLearn is what an interim update costs.
func BenchmarkLearn(b *testing.B) {
	l := &route.Learned{}
	var ps []*radius.Packet
	for i := range 1024 {
		ps = append(ps, accounting(b, 3, made(i).NAS.Attr(), made(i).Identity.Attr()))
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := l.Learn(b.Context(), ps[i%1024], nasA); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// All is all that is there, and may be left at any time.
func TestMemoryAll(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var m route.Memory
		require.Empty(t, slices.Collect(m.All()))
		var want []route.Session
		for i := range 3000 {
			require.NoError(t, m.Put(t.Context(), made(i)))
			if i%3 == 0 {
				require.NoError(t, m.Delete(t.Context(), made(i).Keys()[0]))
			} else {
				want = append(want, made(i))
			}
		}
		require.ElementsMatch(t, want, slices.Collect(m.All()))
		for s := range m.All() {
			require.NoError(t, m.Delete(t.Context(), s.Keys()[0]), "what is kept may change meanwhile")
			break
		}
		require.Len(t, slices.Collect(m.All()), len(want)-1)
		time.Sleep(25 * time.Hour)
		require.Empty(t, slices.Collect(m.All()))
	})
}
