// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"log/slog"
	"sync"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/errcause"
)

// An Op is what became of a packet, in the order of EventOp of package dac.
type Op uint8

const (
	wasReceived Op = iota + 1 // a first arrival that was taken in, or refused with a NAK
	wasDropped                // in silence, for a reason
	wasRepeated               // a retransmission
	wasSent
	wasResent // the answer, to a retransmission
)

// An Observed is a packet that crossed the wire, and what became of it. Its octets are the read
// loop's: they are good for the call.
type Observed struct {
	Op    Op
	From  *netio.Origin
	Wire  []byte
	Cause errcause.Cause
	Err   error
}

// notes tell the host of each packet, in and out, where it wants to know (Trace, a Logger at level
// debug). All that leaves a Server goes through write, so that none is forgotten. It is safe for
// concurrent use: the host is told of one packet at a time.
type notes struct {
	to  interface{ Observe(e Observed) }
	on  bool
	log *slog.Logger
	// Held from before a datagram is written where it is: what the other side sends when it has an
	// answer is not told of before that answer. The engine locks nothing else with it held.
	mu sync.Mutex
}

// note tells the host of one datagram that came in and what became of it. Where that does not
// listen it costs a comparison.
func (n *notes) note(op Op, from *netio.Origin, wire []byte, err error) {
	if !n.on {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.to.Observe(Observed{Op: op, From: from, Wire: wire, Err: err})
}

// write writes answers and notes them. One that cannot be sent is lost, as one on the way is: the
// peer retransmits its request and is answered from the duplicate detection cache.
func (n *notes) write(io netio.Socket, answers []netio.Outgoing) {
	if n.on {
		n.mu.Lock()
		defer n.mu.Unlock()
	}
	io.Write(answers)
	for i := range answers {
		o := &answers[i]
		if o.Err != nil {
			n.log.Warn("dac: an answer could not be sent; it is kept for the next retransmission", "addr", o.Remote, "err", o.Err)
		}
		if n.on {
			op, cause := untag(o.Tag)
			n.to.Observe(Observed{op, o.Origin, o.Octets, cause, o.Err})
		}
	}
}

// tagOf is what is told of a datagram once it is written, as the Tag of a netio.Outgoing; untag
// takes it apart.
func tagOf(op Op, cause errcause.Cause) uint64 { return uint64(op)<<32 | uint64(uint32(cause)) }

func untag(tag uint64) (Op, errcause.Cause) {
	return Op(tag >> 32), errcause.Cause(uint32(tag))
}
