// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// What Each draws and has in flight grows with the NASes that it has jobs for, up to a bound, and InFlight is never passed.
func TestEachGrowsWithItsNASes(t *testing.T) {
	for _, c := range []struct{ inFlight, nases, ahead, most int }{
		{0, 1, 4096, 4096},
		{0, 128, 4096, 4096},
		{0, 129, 4128, 4128},
		{0, 1000, 32_000, 32_000},
		{0, 5000, 65_536, 65_536},
		{50, 1000, 4096, 50},
		{20_000, 1000, 20_000, 20_000},
		{100_000, 5000, 65_536, 100_000},
	} {
		r := newEachRun(t.Context(), &Client{Peers: SharedSecret("s"), InFlight: c.inFlight})
		for i := range c.nases {
			r.enter(r.lane(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), Port)))
		}
		require.Equal(t, [2]int{c.ahead, c.most}, [2]int{r.ahead, r.most}, "%+v", c)
		r.cancel()
	}
}
