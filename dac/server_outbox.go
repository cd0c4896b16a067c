// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"runtime"
	"sync"

	"github.com/radius-dynauth/dynauth/errcause"
)

// An answerBox is the answers of handlers that have waited for somebody else, a proxy's say, and of workers where many are at work. Those whom a
// batch of answers from there woke, or the same tick of the clock, end one right after another; who comes first lets the others run and then sends for all of them, with one system call, unless a batch was full before.
// Whoever sends is in work still, so a Server that drains waits for all that is in the box.
type answerBox struct {
	mu      sync.Mutex
	waiting *answerBatch // nil: none
}

// An answerBatch is answers that leave together.
type answerBatch struct {
	out    []outgoing
	octets []byte // of out
}

var answerBatches = sync.Pool{New: func() any { return new(answerBatch) }}

// together is how many others have to be waiting when a handler goes on, or at work in workers, before its answer waits for theirs.
const together = 8

// post sends octets, or has them sent with others.
func (b *answerBox) post(j *job, octets []byte, cause errcause.Cause) {
	first, full := b.add(j.from, octets, cause)
	if first {
		runtime.Gosched() // those that are awake come too
	}
	if first || full {
		b.take().send(j.st, j.l.io)
	}
}

// put has octets sent with others, by who puts the last of them in and then sends.
func (b *answerBox) put(j *job, octets []byte, cause errcause.Cause) {
	if _, full := b.add(j.from, octets, cause); full {
		b.take().send(j.st, j.l.io)
	}
}

// add reports whether an answer is the first one that waits, and whether it is the last one that a batch takes. The octets are copied.
func (b *answerBox) add(to *origin, octets []byte, cause errcause.Cause) (first, full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if first = b.waiting == nil; first {
		b.waiting = answerBatches.Get().(*answerBatch)
	}
	w := b.waiting
	w.out = append(w.out, outgoing{origin: to, start: len(w.octets), end: len(w.octets) + len(octets), op: Sent, cause: cause})
	w.octets = append(w.octets, octets...)
	return first, len(w.out) == readBatch
}

// take returns what waits, and nil where somebody else has taken it.
func (b *answerBox) take() *answerBatch {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.waiting
	b.waiting = nil
	return w
}

// send sends all and gives w back. A nil w has nothing to send.
func (w *answerBatch) send(st *serverState, io packetIO) {
	if w == nil {
		return
	}
	for i := range w.out {
		o := &w.out[i]
		o.octets = w.octets[o.start:o.end]
	}
	st.write(io, w.out)
	clear(w.out)
	w.out, w.octets = w.out[:0], w.octets[:0]
	answerBatches.Put(w)
}
