// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"runtime"
	"sync"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/errcause"
)

// An answerBox is the answers of handlers of one listener that have waited for another system, a
// proxy's say, and of workers where many are at work; what the read loop handles itself is in the
// batch of that. Those whom a batch of answers from a next hop woke, or the same tick of the clock,
// end one right after another; who comes first lets the others run and then sends for all of them,
// with one system call, unless a batch was full before.
//
// The octets are signed when they come. The sender is in work still, so a Server that drains waits
// for all that is in the box. It is safe for concurrent use.
type answerBox struct {
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

// together is how many others have to be waiting when a handler goes on, or at work in workers,
// before its answer waits for theirs.
const together = 8

// post sends octets, or has them sent with others.
func (b *answerBox) post(to *netio.Origin, octets []byte, cause errcause.Cause) {
	first, full := b.add(to, octets, cause)
	if first {
		runtime.Gosched() // those that are awake come too
	}
	if first || full {
		b.send()
	}
}

// put has octets sent with others, by who puts the last of them in and then sends.
func (b *answerBox) put(to *netio.Origin, octets []byte, cause errcause.Cause) {
	if _, full := b.add(to, octets, cause); full {
		b.send()
	}
}

// add reports whether an answer is the first one that waits, and whether it is the last one that a
// batch takes. The octets are copied.
func (b *answerBox) add(to *netio.Origin, octets []byte, cause errcause.Cause) (first, full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if first = b.waiting == nil; first {
		b.waiting = answerBatches.Get().(*answerBatch)
	}
	w := b.waiting
	w.out = append(w.out, netio.Outgoing{Origin: to, Start: len(w.octets), End: len(w.octets) + len(octets), Tag: tagOf(wasSent, cause)})
	w.octets = append(w.octets, octets...)
	return first, len(w.out) == netio.MaxBatch
}

// take returns what waits, and nil where it has been taken.
func (b *answerBox) take() *answerBatch {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.waiting
	b.waiting = nil
	return w
}

// send sends all that waits, and gives the batch back. A goroutine that finds nothing was too late:
// another one has its answer in hand and sends it.
func (b *answerBox) send() {
	w := b.take()
	if w == nil {
		return
	}
	for i := range w.out {
		o := &w.out[i]
		o.Octets = w.octets[o.Start:o.End]
	}
	b.notes.write(b.io, w.out)
	clear(w.out)
	w.out, w.octets = w.out[:0], w.octets[:0]
	answerBatches.Put(w)
}
