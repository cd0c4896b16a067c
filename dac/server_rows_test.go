// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// Forged source addresses within a prefix of peers make half of the rows at most; who has the secret finds one of its own.
func TestForgedAddressesLeaveRowsToPeers(t *testing.T) {
	var rows peerTable
	from := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	for i := range 2 * maxRows {
		rows.row(from(i), "", false)
	}
	require.Equal(t, maxRows/2+1, len(rows.rows), "one that all others share")
	require.False(t, rows.row(from(maxRows), "", false).addr.IsValid())
	require.False(t, rows.proven(from(1)))

	peer := rows.row(from(maxRows), "late", true)
	require.Equal(t, from(maxRows), peer.addr)
	require.True(t, rows.proven(from(maxRows)))
	require.Same(t, peer, rows.row(from(maxRows), "late", false), "its next mistakes are its own")
	for i := range 2 * maxRows {
		rows.row(from(i), "", true)
	}
	require.Equal(t, maxRows, len(rows.rows))
}
