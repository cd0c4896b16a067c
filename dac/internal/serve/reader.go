// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
	"github.com/radius-dynauth/dynauth/errcause"
)

// A reader is the read loop of a socket, with its buffers. One goroutine leads it (turns): it reads
// datagrams, checks them, and runs the handlers of those it takes in, a few of which arrive before
// the first is handled, one after the other, so that a quick handler costs no switch of goroutines,
// and sends their answers together. A slow handler does not block reading: when it waits (Yield),
// or when the watch finds it running for longer than a tick, another goroutine leads from there on,
// and the old one goes on with that handler alone.
//
// All of it but the turns and the watch belongs to the goroutine that leads, without a lock; the
// next one goes on where it stands, in the middle of a batch. A goroutine that has lost it touches
// it no more: the datagrams, which the next read overwrites, the octets of answers, the maps.
//
// The files say what it does in the reverse order of the way of a datagram, so that each names only
// what stands below it: answers (this one), handlers (handle.go), admission (admit.go),
// verification (verify.go), senders (ask.go), the loop (loop.go).
type reader struct {
	l         *Listener
	turns     turns
	watch     watch
	peerCache peerCache
	sums      sums
	loop      Loop // nil: it is aside
	aside     bool // it has one datagram and leads nothing

	in   []netio.Datagram // of the last read
	next int              // of in: to be looked at
	now  time.Time        // of the last read: what a batch does, it does at one time

	ready   []*Job // have arrived, and are to be handled here
	told    []Task // those, once the host has been told of them
	handled int    // of ready: the first that have been, or are

	out    []netio.Outgoing // answers to be sent
	octets []byte           // of out
	unsent bool             // out has something, which the workload knows of

	kept     []byte          // of an answer that is given again
	verified Verified        // what the host makes a task of
	spare    *netio.Datagram // room for a datagram that is kept apart
}

// A verdict is what is known of a datagram so far.
type verdict struct {
	d       *netio.Datagram
	b       []byte // the packet in it
	kind    int    // 0 Disconnect, 1 CoA, -1 neither
	stamped bool
	stamp   uint32 // Event-Timestamp, the earliest
}

// kindOf is the kind of a datagram by its first octet: Disconnect-Request is 40, CoA-Request 43
// (RFC 5176, section 2.3).
func kindOf(b []byte) int {
	if len(b) > 0 {
		switch b[0] {
		case 40:
			return 0
		case 43:
			return 1
		}
	}
	return -1
}

// drop traces and logs a datagram that goes no further.
func (r *reader) drop(d *netio.Datagram, err error) {
	r.l.st.notes.note(wasDropped, &d.Origin, d.Octets, err)
}

// answer puts what ends r.octets from start on among the answers of the batch: the answer to the
// packet request, to be signed with k.
func (r *reader) answer(to recipients, k *peerstate.Keyed, request []byte, start int, op Op, cause errcause.Cause) {
	r.sums.signLater(k, request, start, len(r.octets))
	if to.first != nil {
		r.send(to.first, start, op, cause)
	}
	for i := range to.others {
		r.send(&to.others[i], start, wasResent, cause)
	}
}

// send puts octets, which end r.octets from start on, among the answers of the batch. What came in
// by another socket leaves by it at once.
func (r *reader) send(to *netio.Origin, start int, op Op, cause errcause.Cause) {
	o := netio.Outgoing{Origin: to, Start: start, End: len(r.octets), Tag: tagOf(op, cause)}
	if to.Socket != r.l.io {
		r.sums.sign(r.octets)
		o.Octets = r.octets[start:]
		r.l.st.notes.write(to.Socket, []netio.Outgoing{o})
		return
	}
	r.out = append(r.out, o)
	if !r.unsent { // before the jobs that are answered leave
		r.unsent = true
		r.l.workload.Unsent()
	}
}

// flush signs and sends the answers of a batch together, and what is sent on.
func (r *reader) flush() {
	r.sums.sign(r.octets)
	if r.loop != nil {
		r.loop.Flush()
	}
	if len(r.out) == 0 {
		return
	}
	for i := range r.out {
		o := &r.out[i]
		o.Octets = r.octets[o.Start:o.End]
	}
	out := r.out
	// First: nothing is sent twice, even where a Trace of the host's panics.
	r.out, r.octets = r.out[:0], r.octets[:0]
	defer r.sent()
	r.l.st.notes.write(r.l.io, out)
	clear(out)
}

// sent notes that the answers of a batch are out, for which a listener that ends waits.
func (r *reader) sent() {
	r.unsent = false
	r.l.st.places.Sent(&r.l.workload)
}
