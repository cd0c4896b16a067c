// SPDX-License-Identifier: Apache-2.0

package peerstate

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// Forged source addresses within a prefix of peers make half of the rows at most; who has the
// secret finds one of its own.
func TestForgedAddressesLeaveRowsToPeers(t *testing.T) {
	var rows Table
	from := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	for i := range 2 * MaxRows {
		rows.Row(from(i), "", false)
	}
	require.Equal(t, MaxRows/2+1, len(rows.rows), "one that all others share")
	require.False(t, rows.Row(from(MaxRows), "", false).Addr.IsValid())
	require.False(t, rows.Proven(from(1)))

	peer := rows.Row(from(MaxRows), "late", true)
	require.Equal(t, from(MaxRows), peer.Addr)
	require.True(t, rows.Proven(from(MaxRows)))
	require.Same(t, peer, rows.Row(from(MaxRows), "late", false), "its next mistakes are its own")
	for i := range 2 * MaxRows {
		rows.Row(from(i), "", true)
	}
	require.Equal(t, MaxRows, len(rows.rows))
}
