// SPDX-License-Identifier: Apache-2.0

package netio

import (
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAllOfIPv4IsNotIPv6(t *testing.T) {
	conns, _, err := Listen(t.Context(), "0.0.0.0:0", 1)
	require.NoError(t, err)
	require.Len(t, conns, 1)
	require.Equal(t, netip.IPv4Unspecified(), AddrPort(conns[0].LocalAddr()).Addr())
	require.NoError(t, conns[0].Close())
}

// What the system says of a port that it gives to root alone is explained; as root there is
// nothing to explain.
func TestPrivilegedPortIsExplained(t *testing.T) {
	err := explain("192.0.2.1:700", &net.OpError{Op: "listen", Net: "udp", Err: os.NewSyscallError("bind", syscall.EACCES)})
	require.ErrorIs(t, err, syscall.EACCES)
	require.ErrorContains(t, err, "dac: listening on 192.0.2.1:700: ")
	require.ErrorContains(t, err, "ports below 1024 need a privilege: set Server.Addr to another port")
}
