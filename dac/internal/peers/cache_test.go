// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errUnknown = errors.New("unknown")

// flood is the n-th of many addresses.
func flood(n int) netip.AddrPort {
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], 10<<24|uint32(n))
	return netip.AddrPortFrom(netip.AddrFrom4(a), 0)
}

func TestCacheIsBounded(t *testing.T) {
	asked := 0
	c := NewCache(time.Hour, errUnknown, func(_ context.Context, a netip.AddrPort) (string, error) {
		asked++
		if a.Addr().As4()[0] == 10 {
			return "", errUnknown
		}
		return "peer", nil
	})
	peer := netip.MustParseAddrPort("192.0.2.1:0")
	_, err := c.Peer(t.Context(), peer)
	require.NoError(t, err)
	for n := range maxCached + 1000 {
		if _, err := c.Peer(t.Context(), flood(n)); err != errUnknown || len(c.known) > maxCached {
			t.Fatalf("%v, %d addresses", err, len(c.known))
		}
	}
	before := asked
	_, err = c.Peer(t.Context(), peer)
	require.NoError(t, err)
	assert.Equal(t, before, asked, "a flood from unknown addresses leaves the peers where they are")
}

func TestCacheOfPeersAloneIsBounded(t *testing.T) {
	c := NewCache(time.Hour, errUnknown, func(context.Context, netip.AddrPort) (string, error) { return "peer", nil })
	for n := range maxCached + 100 {
		_, err := c.Peer(t.Context(), flood(n))
		require.NoError(t, err)
	}
	assert.Len(t, c.known, maxCached)
}
