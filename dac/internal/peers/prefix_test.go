// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/stretchr/testify/require"
)

// A search in an Index finds what a search of each prefix length finds.
func TestIndexFindsTheLongestPrefix(t *testing.T) {
	src := rand.New(rand.NewPCG(1, 2))
	somewhere := func() netip.Addr {
		switch src.IntN(3) {
		case 0:
			return netip.AddrFrom4([4]byte{10, 0, byte(src.IntN(4)), byte(src.IntN(4))})
		case 1:
			return netip.AddrFrom16(netip.AddrFrom4([4]byte{10, 0, byte(src.IntN(4)), byte(src.IntN(4))}).As16())
		}
		return netip.AddrFrom16([16]byte{0: 0x20, 1: 1, 14: byte(src.IntN(4)), 15: byte(src.IntN(4))})
	}
	for range 200 {
		m := make(map[netip.Prefix]int)
		for n := range 12 {
			a := somewhere()
			prefix, err := a.Prefix(a.BitLen() - src.IntN(a.BitLen()+1))
			require.NoError(t, err)
			if meant, whole := Plain(prefix); whole {
				m[meant] = n
			}
		}
		x := NewIndex(m)
		for range 50 {
			a := netio.Plain(somewhere())
			want, known := Longest(m, a)
			got, ok := x.Find(a)
			require.Equal(t, known, ok, "%v in %v", a, m)
			require.Equal(t, want, got, "%v in %v", a, m)
		}
	}
}

// What is there as IPv4 and as IPv6 with different values is no peer, and no shorter prefix stands
// in for it.
func TestLongestFailsClosedWhereEntriesContradict(t *testing.T) {
	m := map[netip.Prefix]string{
		netip.MustParsePrefix("192.0.2.0/24"):            "one",
		netip.MustParsePrefix("::ffff:192.0.2.0/120"):    "two",
		netip.MustParsePrefix("192.0.0.0/16"):            "net",
		netip.MustParsePrefix("198.51.100.0/24"):         "same",
		netip.MustParsePrefix("::ffff:198.51.100.0/120"): "same",
	}
	_, ok := Longest(m, netip.MustParseAddr("192.0.2.1"))
	require.False(t, ok)
	got, ok := Longest(m, netip.MustParseAddr("192.0.3.1"))
	require.True(t, ok)
	require.Equal(t, "net", got)
	got, ok = Longest(m, netip.MustParseAddr("::ffff:198.51.100.9"))
	require.True(t, ok)
	require.Equal(t, "same", got)
	_, ok = Longest(map[netip.Prefix]string{{}: "zero"}, netip.Addr{})
	require.False(t, ok, "no address is nobody's")
}
