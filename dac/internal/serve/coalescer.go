// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"sync"

	"github.com/radius-dynauth/dynauth/dac/internal/coalesce"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/errcause"
)

// A coalescer has the answers of one listener that leave together: those of handlers that have
// waited for another system, a proxy's say, and of workers where many are at work. What the read
// loop handles itself is in its own batch. The job of who sends is in work still, so a Server that
// drains waits for all that is in the coalescer.
type coalescer = coalesce.Coalescer[signedAnswer]

// A signedAnswer is octets that are signed, and good for the call that they are given to.
type signedAnswer struct {
	to     *netio.Origin
	octets []byte
	cause  errcause.Cause
}

// An answerBatch is answers that leave together. One goes by the socket that its request came by,
// else by io.
type answerBatch struct {
	notes  *notes
	io     netio.Socket
	out    []netio.Outgoing
	octets []byte // of out
}

var answerBatches = sync.Pool{New: func() any { return new(answerBatch) }}

// newBatch is an empty batch of l.
func (l *Listener) newBatch() coalesce.Batch[signedAnswer] {
	b := answerBatches.Get().(*answerBatch)
	b.notes, b.io = &l.st.notes, l.io
	return b
}

// Add copies the octets.
func (b *answerBatch) Add(a signedAnswer) (full bool) {
	start := len(b.octets)
	b.octets = append(b.octets, a.octets...)
	b.out = append(b.out, netio.Outgoing{Origin: a.to, Start: start, End: len(b.octets), Tag: tagOf(wasSent, a.cause)})
	return len(b.out) == netio.MaxBatch
}

func (b *answerBatch) Send() {
	for i := range b.out {
		o := &b.out[i]
		o.Octets = b.octets[o.Start:o.End]
	}
	b.notes.write(b.io, b.out)
	clear(b.out)
	*b = answerBatch{out: b.out[:0], octets: b.octets[:0]}
	answerBatches.Put(b)
}
