// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/dac/internal/admission"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
)

// A Listener is one call of Serve or ServePackets: a socket or a connection, with what is in work
// of it. Its jobs know it, and have their answers sent by it, until the last of them is over; Serve
// returns no earlier.
type Listener struct {
	st     *state
	host   Host
	io     netio.Socket
	stream *stream // io is one connection; nil: a socket
	local  netip.AddrPort
	scope  // of its handlers
	end    context.CancelFunc

	workload  admission.Workload
	spells    spells
	coalescer coalescer

	over    atomic.Bool  // the socket is being closed
	asides  atomic.Int32 // questions to Peers that hold up the read loop no more
	failed  chan error   // why the read loop ended, once
	readers sync.WaitGroup
}

// reliable reports whether what is sent to l arrives or the connection ends, so that senders do not
// send again.
func (l *Listener) reliable() bool { return l.stream != nil && l.stream.conn.Reliable }

// tokens reports whether packets of RADIUS/1.1 come to l.
func (l *Listener) tokens() bool { return l.stream != nil && l.stream.conn.Tokens }

// closing reports whether l takes nothing new.
func (l *Listener) closing() bool { return l.workload.Closing() }

// stop says why the read loop ends. The first to say so is right: what follows comes of that.
func (l *Listener) stop(err error) {
	select {
	case l.failed <- err:
	default:
	}
}

// fail ends the connection of l because of what came by it: at once, and ServePackets returns it.
func (l *Listener) fail(op string, err error) {
	l.stop(l.stream.fail(op, err))
	l.stream.Abort()
}

// Local is the address that l listens on.
func (l *Listener) Local() netip.AddrPort { return l.local }

// End ends the contexts of the handlers.
func (l *Listener) End() { l.end() }
