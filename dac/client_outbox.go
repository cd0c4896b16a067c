// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"runtime"
	"sync"
	"time"
)

// An outbox is what blocking calls want to send from one port. Those whom a batch of answers woke send their next requests one right after
// another; who comes first lets the others run and then sends for all of them, with one system call, unless a batch was full before.
type outbox struct {
	mu      sync.Mutex
	waiting *parcel // nil: none
}

// crowd is how many others have to be in flight on a port before one waits for the other.
const crowd = 8

// post sends x, or has it sent with others.
func (p *sourcePort) post(x *exchange) {
	if x.crowd < crowd || !p.link.batches() {
		p.transmitOne(x)
		return
	}
	x.holds.Add(1)
	first, full := p.out.add(x)
	if first {
		runtime.Gosched() // those that are awake come too
	}
	if first || full {
		p.out.take().send()
	}
}

// add reports whether x is the first one that waits, and whether it is the last one that a batch takes.
func (o *outbox) add(x *exchange) (first, full bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if first = o.waiting == nil; first {
		o.waiting = parcels.Get().(*parcel)
	}
	o.waiting.add(x)
	return first, len(o.waiting.all) == linkBatch
}

// take returns what waits, and nil where somebody else has taken it.
func (o *outbox) take() *parcel {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.waiting
	o.waiting = nil
	return b
}

// A parcel is exchanges of one port that are sent together, each with a hold on it.
type parcel struct {
	all   []*exchange
	wires [][]byte
}

var parcels = sync.Pool{New: func() any { return new(parcel) }}

func (b *parcel) add(x *exchange) { b.all = append(b.all, x) }

// send sends all and gives b back. A nil b has nothing to send.
func (b *parcel) send() {
	if b == nil {
		return
	}
	for _, x := range b.all {
		b.wires = append(b.wires, x.wire)
	}
	b.all[0].port.transmit(b.all, b.wires)
	for _, x := range b.all {
		x.drop()
	}
	clear(b.all)
	clear(b.wires)
	b.all, b.wires = b.all[:0], b.wires[:0]
	parcels.Put(b)
}

// A mailer signs and sends exchanges, of which those of one port that come one after another are signed and sent together. The zero one is ready.
type mailer struct {
	out    *parcel   // of one port; nil: empty
	stamp  time.Time // of out
	hasher manyHasher
	owed   []summed // signatures
}

// add signs and sends x with what comes next, and takes the hold on it.
func (m *mailer) add(x *exchange) {
	if m.out != nil && (m.out.all[0].port != x.port || len(m.out.all) == linkBatch) {
		m.flush()
	}
	if m.out == nil {
		m.stamp = time.Now()
	}
	if !x.build(m.stamp) {
		x.drop()
		return
	}
	if m.out == nil {
		m.out = parcels.Get().(*parcel)
	}
	m.out.add(x)
	m.owed = append(m.owed, summed{b: x.wire, key: x.key})
}

// flush sends what there is. It is live from then on and not before, since an ICMP error is one for all that is.
func (m *mailer) flush() {
	if m.out == nil {
		return
	}
	m.hasher.sign(m.owed)
	clear(m.owed)
	m.owed = m.owed[:0]
	b, now := m.out, time.Now()
	m.out = nil
	for _, x := range b.all {
		x.signed(now)
	}
	b.send()
}
