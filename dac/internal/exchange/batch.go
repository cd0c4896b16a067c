// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"errors"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/coalesce"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
)

// post sends x, or has it sent with what other blocking calls have ready for this conn. The
// goroutine that signed x calls it, without the lock. inFlightBefore was noted when x got its turn,
// so no lock is taken to ask how busy c is.
func (c *conn) post(x *Exchange) {
	switch {
	case c.blocks:
		c.handOff(x)
	case x.inFlightBefore < coalesce.Min || !c.link.Batches():
		c.transmitOne(x)
	default:
		x.holds.Add(1)
		c.out.Post(x)
	}
}

// A coalesced is exchanges of one conn that are sent together, each with a hold on it: an answer
// may come, and the call drop its exchange, before the last of them is sent.
type coalesced struct {
	all   []*Exchange
	wires [][]byte
}

var coalescedPool = sync.Pool{New: func() any { return new(coalesced) }}

func newCoalesced() coalesce.Batch[*Exchange] { return coalescedPool.Get().(*coalesced) }

func (b *coalesced) Add(x *Exchange) (full bool) {
	b.all = append(b.all, x)
	return len(b.all) == netio.MaxLinks
}

func (b *coalesced) Send() {
	c := b.all[0].conn
	for _, x := range b.all {
		if c.blocks {
			c.handOff(x)
		} else {
			b.wires = append(b.wires, x.wire)
		}
	}
	if len(b.wires) > 0 {
		c.transmit(b.all, b.wires)
	}
	for _, x := range b.all {
		x.Drop()
	}
	clear(b.all)
	clear(b.wires)
	b.all, b.wires = b.all[:0], b.wires[:0]
	coalescedPool.Put(b)
}

// A Batch signs and sends exchanges, of which those of one conn that come one after another are
// signed and sent together. The zero one is ready. One goroutine uses it: the dispatcher of a run
// of Each, or a read loop that a Proxy answers.
type Batch struct {
	out      *coalesced // of one conn; nil: empty
	stamp    time.Time  // of out
	hasher   authn.Digester
	unsigned []authn.Digest // signatures
}

// Add signs and sends x with what comes next, and takes over one hold on it. All of a batch have
// one Event-Timestamp, that of its first, so its user flushes it before it waits for anything. One
// that is signed already, as a Proxy does it, keeps its octets: others may read them by now.
func (b *Batch) Add(x *Exchange) {
	if b.out != nil && (b.out.all[0].conn != x.conn || len(b.out.all) == netio.MaxLinks) {
		b.Flush()
	}
	if b.out == nil {
		b.stamp = time.Now()
	}
	live := x.live.Load()
	if !live && !x.build(b.stamp) {
		x.Drop()
		return
	}
	if b.out == nil {
		b.out = coalescedPool.Get().(*coalesced)
	}
	b.out.Add(x)
	if !live && !x.conn.tokens() {
		b.unsigned = append(b.unsigned, authn.Digest{Octets: x.wire, Key: x.key})
	}
}

// Flush sends what there is. It is live from then on and not before, since an ICMP error is one for
// all that is live: it must not end a request that has not left.
func (b *Batch) Flush() {
	if b.out == nil {
		return
	}
	b.hasher.Sign(b.unsigned)
	clear(b.unsigned)
	b.unsigned = b.unsigned[:0]
	out, now := b.out, time.Now()
	b.out = nil
	for _, x := range out.all {
		if !x.live.Load() {
			x.signed(now)
		}
	}
	out.Send()
}

// A writer writes what goes out of a conn whose Conn, of Client.Dial, or whose connection may keep
// a Write waiting: by a goroutine of its own, which is there while there is something to write, so
// that neither Each nor a timer waits with it. mu is taken with the lock of the destination held,
// and nothing is called under it.
type writer struct {
	mu      sync.Mutex
	waiting []*Exchange // in order, each with a hold on it
	running bool
}

// errWriteBroken stands for a Write that gave no error of its own.
var errWriteBroken = errors.New("the Write of the Conn of Client.Dial panicked, or ended its goroutine")

// handOff has x written for the first time, unless it has ended. Where its connection has ended x
// goes by another one. From here on x is unwritten until the writer takes it: nothing has left, and
// an identifier that nothing has left with need not rest.
func (c *conn) handOff(x *Exchange) {
	d := c.to
	var after deferred
	defer after.do()
	d.mu.Lock()
	defer d.mu.Unlock()
	if x.stage == stageEnded {
		return
	}
	x.handedOff, x.unwritten = true, true
	if c.closed && c.info != nil {
		now := d.engine.Now()
		d.displace(x, now, &after)
		d.grantQueued(now)
	} else {
		x.writing = true
		c.writing++
		c.enqueue(x)
	}
}

// enqueue has x written, whose identifier goes to no other until then. The caller has raised
// c.writing, which written lowers.
func (c *conn) enqueue(x *Exchange) {
	x.holds.Add(1)
	w := &c.writer
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = append(w.waiting, x)
	if !w.running {
		w.running = true
		go c.writeAll()
	}
}

// next takes the next ones, most at most. None: then the writer is done. That is decided under the
// same lock under which enqueue decides whether to start one, so that no exchange stays behind.
func (w *writer) next(most int) []*Exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(most, len(w.waiting))
	if n == 0 {
		w.waiting, w.running = nil, false
		return nil
	}
	all := w.waiting[:n:n]
	w.waiting = w.waiting[n:]
	return all
}

// forget takes all that wait, which will not be written.
func (w *writer) forget() []*Exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.waiting
	w.waiting = nil
	return all
}

// writeAll writes until there is nothing more: to a connection all that waits at once, to a Conn of
// Client.Dial one by one, since the next one may end before it is written. A Write that ends the
// goroutine is followed by another one. Close does not wait for this goroutine: a Write of the
// host's may hang.
func (c *conn) writeAll() {
	done, most := false, 1
	if c.link.Batches() {
		most = netio.MaxLinks
	}
	defer func() {
		if !done {
			go c.writeAll()
		}
	}()
	for all := c.writer.next(most); len(all) > 0; all = c.writer.next(most) {
		c.writeSome(all)
	}
	done = true
}

// writeSome writes those of all that have not ended. Where Write panics, how much it had taken is
// not known: a connection ends, since a part of a packet may have left, and a Conn of Client.Dial
// goes on.
func (c *conn) writeSome(all []*Exchange) {
	wrote := false
	defer func() {
		if !wrote {
			recover()
			c.writeFailed(all)
		}
		for _, x := range all {
			c.written(x)
			x.Drop()
		}
	}()
	some, again, wires := c.begin(all)
	defer func() { // whatever Trace does
		if len(some) > 0 {
			c.transmit(some, wires)
		}
		wrote = true
	}()
	for _, x := range again {
		c.to.engine.observe(Resent, c, x.peer.Name, x.wire, nil, x.label)
	}
}

// writeFailed is told that a Write of all panicked, or ended its goroutine.
func (c *conn) writeFailed(all []*Exchange) {
	if c.info != nil {
		c.lost()
		return
	}
	for _, x := range all {
		c.to.sendFailed(x, errWriteBroken)
	}
}

// begin returns those of all that are to be written still, and their octets. Left out are those
// that have ended, or been displaced to another connection, while they waited. From here on the
// others count as having left. again are those of them that leave again since their connection has
// ended, which a Trace is told; of others the end of their wait was told. It is looked up here: the
// next connection may take them as soon as the lock is free.
func (c *conn) begin(all []*Exchange) (some, again []*Exchange, wires [][]byte) {
	c.to.mu.Lock()
	defer c.to.mu.Unlock()
	for _, x := range all {
		if x.stage == stageEnded || x.conn != c || c.closed && c.info != nil {
			continue
		}
		x.unwritten = false
		some, wires = append(some, x), append(wires, x.wire)
		if x.resent && c.info != nil && c.reliable() {
			again = append(again, x)
		}
	}
	return some, again, wires
}

// written is told that a transmission of x is out. From then on its identifier may go to another,
// if x has ended meanwhile: were it given out before, the NAS might see the old octets after the
// new ones. x.next is when that identifier is free; complete has noted it there.
func (c *conn) written(x *Exchange) {
	d := c.to
	now := d.engine.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	c.writing--
	if x.conn != c || !x.writing { // it has left with another connection
		return
	}
	x.writing = false
	if x.stage == stageEnded {
		c.release(x.id, x.next, now)
		d.grantQueued(now)
	}
}
