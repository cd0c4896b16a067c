// SPDX-License-Identifier: Apache-2.0

package netio

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the system says is told apart: an address in use, one that is not this machine's, and a
// port that is closed.
func TestErrorsOfSocketsAreToldApart(t *testing.T) {
	if runtime.GOOS == "plan9" {
		t.Skip("Plan 9 has no numbers for the errors of sockets")
	}
	first, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer first.Close()
	_, err = net.ListenPacket("udp4", first.LocalAddr().String())
	assert.True(t, IsInUse(err), "%v", err)
	assert.False(t, IsNoAddress(err))
	_, err = net.ListenPacket("udp4", "192.0.2.1:0") // of documentation (RFC 5737)
	assert.True(t, IsNoAddress(err), "%v", err)
	assert.False(t, IsInUse(err))
	for _, err := range []error{nil, io.EOF, net.ErrClosed, errors.New("another")} {
		for _, is := range []func(error) bool{IsICMP, IsShort, IsExhausted, IsPassing, IsInUse, IsNoAddress, isTooLong} {
			assert.False(t, is(err), "%v", err)
		}
	}
	c, err := net.Dial("udp4", first.LocalAddr().String())
	require.NoError(t, err)
	require.NoError(t, first.Close())
	for range 10 { // the first one is sent, and brings the error
		if _, err = c.Write([]byte("x")); err != nil {
			break
		}
	}
	if err != nil { // some systems tell readers alone
		assert.True(t, IsICMP(err) && IsPassing(err), "%v", err)
	}
}

func TestAddressesOfEveryKind(t *testing.T) {
	ap := netip.MustParseAddrPort("192.0.2.1:3799")
	assert.Equal(t, ap, AddrPort(net.UDPAddrFromAddrPort(ap)))
	assert.Equal(t, ap, AddrPort(net.TCPAddrFromAddrPort(ap)))
	assert.Equal(t, ap, AddrPort(named("192.0.2.1:3799")))
	assert.Zero(t, AddrPort(named("a pipe")))
	assert.Zero(t, AddrPort(nil))
	assert.Equal(t, ap, Unmap(netip.MustParseAddrPort("[::ffff:192.0.2.1]:3799")))
}

// A named is an address of a host's own kind.
type named string

func (named) Network() string  { return "named" }
func (n named) String() string { return string(n) }

// An address of a host's own kind may not be one that can be compared: it is the same as none.
func TestOriginsAreComparedWithCare(t *testing.T) {
	a := Origin{Remote: netip.MustParseAddrPort("192.0.2.1:1")}
	b := a
	assert.True(t, a.Same(&b))
	b.via = netip.MustParseAddr("192.0.2.9")
	assert.False(t, a.Same(&b))
	b = a
	a.addr, b.addr = odd{}, odd{}
	assert.False(t, a.Same(&b))
}

type odd []byte

func (odd) Network() string { return "odd" }
func (odd) String() string  { return "odd" }
