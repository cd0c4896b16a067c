// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// readerOf is a reader of a Server whose datagrams come and go by io.
func readerOf(tb testing.TB, st *serverState, io packetIO) *reader {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(tb, err)
	tb.Cleanup(func() { pc.Close() })
	l := newListener(tb.Context(), st, pc)
	l.io = io
	return newReader(l)
}
