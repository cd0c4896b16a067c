// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"runtime"
	"sync"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/errcause"
)

// A coalescer has the answers of handlers of one listener that have waited for another system, a
// proxy's say, and of workers where many are at work; what the read loop handles itself is in the
// batch of that. Those whom a batch of answers from a next hop woke, or the same tick of the clock,
// end one right after another; who comes first lets the others run and then sends for all of them,
// with one system call, unless a batch was full before.
//
// The octets are signed when they come. The sender is in work still, so a Server that drains waits
// for all that it has. It is safe for concurrent use.
type coalescer struct {
	notes *notes
	io    netio.Socket // of the listener; an answer goes by that which its request came by

	mu      sync.Mutex   // not held while anything is written
	waiting *answerBatch // nil: none
}

// An answerBatch is answers that leave together.
type answerBatch struct {
	out    []netio.Outgoing
	octets []byte // of out
}

var answerBatches = sync.Pool{New: func() any { return new(answerBatch) }}

// coalesceMin is how many others have to be waiting when a handler goes on, or at work in workers,
// before its answer waits for theirs.
const coalesceMin = 8

// post sends octets, or has them sent with others.
func (c *coalescer) post(to *netio.Origin, octets []byte, cause errcause.Cause) {
	first, full := c.add(to, octets, cause)
	if first {
		runtime.Gosched() // those that are awake come too
	}
	if first || full {
		c.send()
	}
}

// put has octets sent with others, by who puts the last of them in and then sends.
func (c *coalescer) put(to *netio.Origin, octets []byte, cause errcause.Cause) {
	if _, full := c.add(to, octets, cause); full {
		c.send()
	}
}

// add reports whether an answer is the first one that waits, and whether it is the last one that a
// batch takes. The octets are copied.
func (c *coalescer) add(to *netio.Origin, octets []byte, cause errcause.Cause) (first, full bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if first = c.waiting == nil; first {
		c.waiting = answerBatches.Get().(*answerBatch)
	}
	w := c.waiting
	w.out = append(w.out, netio.Outgoing{Origin: to, Start: len(w.octets), End: len(w.octets) + len(octets), Tag: tagOf(wasSent, cause)})
	w.octets = append(w.octets, octets...)
	return first, len(w.out) == netio.MaxBatch
}

// take returns what waits, and nil where it has been taken.
func (c *coalescer) take() *answerBatch {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.waiting
	c.waiting = nil
	return w
}

// send sends all that waits, and gives the batch back. A goroutine that finds nothing was too late:
// another one has its answer in hand and sends it.
func (c *coalescer) send() {
	w := c.take()
	if w == nil {
		return
	}
	for i := range w.out {
		o := &w.out[i]
		o.Octets = w.octets[o.Start:o.End]
	}
	c.notes.write(c.io, w.out)
	clear(w.out)
	w.out, w.octets = w.out[:0], w.octets[:0]
	answerBatches.Put(w)
}
