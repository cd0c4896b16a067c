// SPDX-License-Identifier: Apache-2.0

package session

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Senders cannot make this host ask the system for its addresses with each request.
func TestHostAddressesAreAskedForNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		addrs := []net.Addr{&net.IPNet{IP: net.ParseIP("192.0.2.1"), Mask: net.CIDRMask(24, 32)}, &net.IPNet{IP: net.ParseIP("fe80::1"), Mask: net.CIDRMask(64, 128)}}
		h := hostAddrs{ask: func() ([]net.Addr, error) { asked++; return addrs, nil }}
		for range 100 {
			require.True(t, h.has(netip.MustParseAddr("192.0.2.1")))
			require.True(t, h.has(netip.MustParseAddr("fe80::1")))
			require.False(t, h.has(netip.MustParseAddr("192.0.2.2")))
		}
		require.Equal(t, 1, asked)
		addrs = addrs[:0]
		time.Sleep(hostAddrsAge)
		require.False(t, h.has(netip.MustParseAddr("192.0.2.1")))
		require.Equal(t, 2, asked)
	})
}

func TestHostAddressesThatTheSystemDoesNotTell(t *testing.T) {
	h := hostAddrs{ask: func() ([]net.Addr, error) { return nil, errors.New("no") }}
	require.False(t, h.has(netip.MustParseAddr("127.0.0.1")))
}
