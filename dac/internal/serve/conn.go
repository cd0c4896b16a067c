// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
)

// A stream is a connection that a listener serves, RADIUS over TLS (RFC 6614) for one. It differs
// from a socket in this: its peer is known before the first packet, a packet that is malformed or
// does not verify ends it (RFC 6613, section 2.6.4), and an answer that it cannot take is lost with
// it. The Stream in it cuts what comes into packets and queues what leaves.
type stream struct {
	*netio.Stream
	conn   *Conn
	key    *peerstate.Keyed // nil: RADIUS/1.1
	number uint64           // of the connection, from 1
	failed atomic.Bool      // what is read from now on came behind what ended the connection

	line // what it waits for
}

// ConnOf is the connection that o came by; nil: a socket.
func ConnOf(o *netio.Origin) *Conn {
	if s, ok := o.Socket.(*netio.Stream); ok {
		return s.Owner.(*Conn)
	}
	return nil
}

// fail has the transport end the connection because of what came by it, and returns the error that
// ServePackets is to return.
func (s *stream) fail(op string, err error) error {
	s.failed.Store(true)
	return s.conn.Fail(op, err)
}
