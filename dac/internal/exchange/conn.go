// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/coalesce"
	"github.com/radius-dynauth/dynauth/dac/internal/idpool"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
)

// A conn is one socket to a NAS, its 256 identifiers and what is in flight with them; or one
// connection of a Transport, and its identifiers or Tokens. One goroutine reads it. What is from
// closed down to readerEnded is guarded by the mu of its destination; what is above is set before
// it is put to use, and read without.
type conn struct {
	to     *destination
	raw    net.Conn // nil: a connection
	link   netio.Link
	local  netip.AddrPort
	info   *Info       // of a connection; nil: UDP, or a Conn of Client.Dial
	key    *authn.Key  // of the connection's secret; nil: that of the Peer counts
	shared Identifiers // of a connection; nil: ids
	idFree func()      // for shared

	closed   bool
	inFlight inFlight[Exchange]
	n        int // in inFlight
	ids      *idpool.Pool
	touched  [IdentifiersOfConn / 64]uint64 // identifiers that were in use at some time
	earliest instant                        // no later than the first next of inFlight
	lastUse  instant
	writing  int // exchanges of which a transmission is under way
	// The Client is being closed: what waits for the last answers; nil: it is not.
	draining    *sync.WaitGroup
	readerEnded bool // the reader has ended
	index       int  // in the list of the budget, which guards it

	out    coalesce.Coalescer[*Exchange] // of blocking calls
	blocks bool                          // a Write may wait: the writer does them
	writer writer
}

// newConn is a conn over raw, a UDP socket or a Conn of Client.Dial. Its identifiers begin at a
// random one, so that a client which restarts at the same source port does not begin with those
// that the NAS still remembers (RFC 5080, section 2.2.2).
func newConn(d *destination, raw net.Conn) *conn {
	link := netio.NewLink(raw)
	c := &conn{to: d, raw: raw, link: link, local: link.Local(), ids: idpool.New(byte(rand.IntN(idpool.Size))), earliest: never}
	c.out.New, c.blocks = newCoalesced, link.Blocks()
	return c
}

// assign puts x in flight with identifier id. It is called with the lock held. The times begin now,
// before x is signed: what is slow in a Body or a Trace is taken from the first timeout, and due
// waits for it.
func (c *conn) assign(x *Exchange, id uint32, now instant) {
	d := c.to
	retry := &d.engine.Retry
	x.stage, x.conn, x.id, x.sent, x.unwritten = stageGranted, c, id, 1, false
	x.inFlightBefore = c.n
	x.rt = retry.Timeout(0, d.engine.Random)
	x.deadline = x.until(now)
	x.next = min(now+x.rt, x.deadline)
	if c.reliable() { // no retransmission
		x.next = x.deadline
	}
	if c.key != nil {
		x.key = c.key
	}
	c.track(x, now)
}

// track puts x in flight. It is called with the lock held, as untrack is.
func (c *conn) track(x *Exchange, now instant) {
	c.inFlight.put(x.id, x)
	if x.id < IdentifiersOfConn {
		c.touched[x.id/64] |= 1 << (x.id % 64)
	}
	c.n++
	c.to.inFlight++
	c.earliest = min(c.earliest, x.next)
	c.to.arm(x.next, now)
}

// used reports whether c has had an exchange with id: a reply with one that it never had is not a
// late answer but of another client's request, or forged. Of Tokens it is not known.
func (c *conn) used(id uint32) bool {
	return c.tokens() || c.touched[id/64]&(1<<(id%64)) != 0
}

// idOf is the identifier of a packet that was cut, or its Token.
func (c *conn) idOf(b []byte) uint32 {
	if c.tokens() {
		return packet.Token(b)
	}
	return uint32(b[1])
}

// due finds what is to be sent again and what has had its time. It is called with the lock held, by
// the timer. earliest may be too early, since an exchange that ends leaves it as it is; it is never
// too late.
func (c *conn) due(now instant, after *deferred) {
	if c.earliest > now {
		return
	}
	d := c.to
	retry := &d.engine.Retry
	c.earliest = never
	c.inFlight.each(func(x *Exchange) {
		switch {
		case x.next > now:
		case !x.live.Load(): // being signed, slowly
			x.next = now + retry.Initial
			x.deadline = x.until(now)
		case now >= x.deadline || x.sent >= retry.Transmissions:
			if !x.unwritten {
				d.counters.of(x.code).Timeouts++
			}
			x.fail(FailedTimeout, nil, now)
			after.ended = append(after.ended, x)
			d.complete(x, now+x.unanswered(), now, after)
			return
		case x.quiet:
			x.next = x.deadline
		default:
			x.rt = retry.Timeout(x.rt, d.engine.Random)
			x.next = min(now+x.rt, x.deadline)
			if !x.writing {
				c.resend(x, now, after)
			}
		}
		c.earliest = min(c.earliest, x.next)
	})
}

// resend has x sent again: the same octets, from the same port (RFC 5176, section 2.3). A retry
// counts as a timeout and as a retransmission (RFC 4672). The hold, and wireShared, are since the
// octets are written after the lock is released, and x may end before.
func (c *conn) resend(x *Exchange, now instant, after *deferred) {
	n := c.to.counters.of(x.code)
	n.Timeouts++
	n.Retransmissions++
	x.sent++
	x.last = now
	x.wireShared, x.writing = true, true
	c.writing++
	x.holds.Add(1)
	after.resend = append(after.resend, transmission{c, x})
}

// repeat sends x again. Its identifier goes to no other exchange before that is done. Where Trace
// ends the goroutine it is sent all the same.
func (c *conn) repeat(x *Exchange) {
	d := c.to
	defer x.Drop()
	defer func() { // whatever Trace does
		if c.blocks {
			c.enqueue(x)
			return
		}
		c.transmitOne(x)
		c.written(x)
	}()
	d.engine.observe(Resent, c, x.peer.Name, x.wire, nil, x.label)
}

// transmit sends all, exchanges of c with the octets wires, and tells those that could not be sent.
// A batch stops at the first packet that fails; that one goes again by itself, which finds out
// whether the error was its own, and the rest goes on.
func (c *conn) transmit(all []*Exchange, wires [][]byte) {
	if c.info != nil {
		c.transmitPackets(all, wires)
		return
	}
	for len(all) > 1 {
		sent, err := c.link.Write(wires)
		for _, x := range all[:sent] {
			x.written.Store(true)
		}
		all, wires = all[sent:], wires[sent:]
		if err == nil {
			return
		}
		if netio.IsICMP(err) {
			c.refused(err, all)
		}
		c.transmitOne(all[0])
		all, wires = all[1:], wires[1:]
	}
	if len(all) > 0 {
		c.transmitOne(all[0])
	}
}

// transmitPackets sends all by a connection, which ends where that fails: what it has not taken has
// not left. What was sent again by it has left before, by another connection, so it does not become
// unwritten.
func (c *conn) transmitPackets(all []*Exchange, wires [][]byte) {
	sent, err := c.link.Write(wires)
	for _, x := range all[:sent] {
		x.written.Store(true)
	}
	if err == nil {
		return
	}
	c.to.mu.Lock()
	for _, x := range all[sent:] {
		if x.conn == c && x.stage == stageGranted && !x.resent {
			x.unwritten = true
		}
	}
	c.to.mu.Unlock()
	c.lost()
}

// transmitOne sends x. A socket may return the ICMP error that an earlier packet met instead of
// sending: that one is noted, and x is sent at once. Several of them may have come, but not without
// end.
func (c *conn) transmitOne(x *Exchange) {
	var err error
	for range 4 {
		if err = c.link.WriteOne(x.wire); err == nil {
			x.written.Store(true)
			return
		}
		if !netio.IsICMP(err) {
			break
		}
		c.refused(err, []*Exchange{x})
	}
	c.to.sendFailed(x, err)
}

// refused notes an ICMP error with everything in flight that has been sent: which packet it was for
// is not known, since the kernel gives a connected socket the error alone. unsent are those of the
// Write that returned it. Any host on the way can forge one, so it ends a wait only where FailFast
// says so.
func (c *conn) refused(err error, unsent []*Exchange) {
	d := c.to
	now := d.engine.Now()
	var after deferred
	defer after.do()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counters.Unreachable++
	c.inFlight.each(func(x *Exchange) {
		if !x.live.Load() || x.unwritten || slices.Contains(unsent, x) {
			return
		}
		x.discarded().refuse(err, x.sent)
		if d.engine.FailFast {
			d.refuse(x, now, &after)
		}
	})
}

// endAll ends everything in flight. It is called with the lock held, and with c retired: complete
// lets others have their turn, which must not be on c.
func (c *conn) endAll(kind FailureKind, err error, now instant, after *deferred) {
	c.inFlight.each(func(x *Exchange) {
		x.fail(kind, err, now)
		after.ended = append(after.ended, x)
		c.to.complete(x, now+x.unanswered(), now, after)
	})
}

// receiveAll receives until c is closed. Where Trace or Logger ends its goroutine another one goes
// on: without a reader every exchange of c would time out.
func (c *conn) receiveAll() {
	over := false
	defer func() {
		if over {
			c.to.engine.budget.forget(c)
		} else {
			c.to.engine.running.Go(c.receiveAll)
		}
	}()
	c.receive()
	over = true
}

// receive reads until c is closed, and then says so to a Close that waits.
func (c *conn) receive() {
	c.read()
	c.readerGone()
}

// read is the loop of the reader. An error of a connection ends it; of a socket most errors are
// those of a packet that was sent, and reading goes on.
func (c *conn) read() {
	for failures := 0; ; {
		packets, err := c.link.Read()
		if len(packets) > 0 {
			failures = 0
			c.take(packets)
			if len(packets) > coalesce.Min {
				// Those that were woken have more to send, and its answers come together too.
				runtime.Gosched()
			}
		}
		if err == nil {
			continue
		}
		if c.info != nil {
			if !c.drains() {
				c.lost()
			}
			return
		}
		if netio.IsICMP(err) {
			c.refused(err, nil)
		} else if c.drains() {
			c.takeArrived()
			return
		}
		if failures++; !c.goOn(err, failures) {
			return
		}
	}
}

// take accepts packets, which are the link's again then.
func (c *conn) take(packets [][]byte) {
	defer c.link.Release()
	c.accept(packets, c.to.engine.Now())
}

// readFailures is how often reading may fail in a row before the socket is given up. The pauses
// between them double to half a second, so that takes about six seconds: longer than an interface
// that goes down and comes up.
const readFailures = 20

// goOn decides whether to read on after err, the nth failure in a row, and waits a little where one
// follows the other. ICMP errors come one a packet that was sent, so they need no pause before
// there are very many.
func (c *conn) goOn(err error, n int) bool {
	d := c.to
	d.mu.Lock()
	closed := c.closed
	d.mu.Unlock()
	switch {
	case closed:
		return false
	case netio.IsICMP(err) && n < 1000:
		return true
	case netio.IsICMP(err):
		n = readFailures / 2
	case n >= readFailures, errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		c.broken(err)
		return false
	}
	pause := time.NewTimer(time.Millisecond << min(n, 9))
	defer pause.Stop()
	select {
	case <-pause.C:
		return true
	case <-c.link.Done():
		return false
	}
}

// broken ends what is in flight because c cannot be read any more: no answer could come. What waits
// in the queue gets another conn.
func (c *conn) broken(err error) {
	d := c.to
	now := d.engine.Now()
	var after deferred
	defer after.do()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.retire(c, now, &after)
	c.endAll(FailedConn, err, now, &after)
	d.grantQueued(now)
}

// How long Close waits for the answers that have arrived to be taken: for a host's Trace, or a Conn
// that knows no deadline; and how long reading goes on where a Conn cannot say that nothing has
// arrived.
const (
	drainFor  = time.Second
	lastReads = time.Millisecond

	maxLastReads = 1000 // of a Conn that does not keep its deadline
)

// An arrivals is a Conn that can say that nothing has arrived, as that of dactest.Network: without
// it reading in a synctest bubble would have to wait for the deadline.
type arrivals interface {
	// ReadArrived is Read that waits for nothing, with any deadline: then it returns an error.
	ReadArrived(b []byte) (int, error)
}

// drains reports whether c is to take what has arrived, and no more: the Client is being closed,
// and drain has ended the Read by a deadline that has passed.
func (c *conn) drains() bool {
	c.to.mu.Lock()
	defer c.to.mu.Unlock()
	return c.draining != nil
}

// takeArrived takes the last answers: those that the kernel has when the Client is closed. What
// they answer ends as answered and not as cancelled.
func (c *conn) takeArrived() {
	if conn, ok := c.raw.(arrivals); ok {
		buf := make([]byte, packet.MaxLen)
		for range maxLastReads {
			n, err := conn.ReadArrived(buf)
			if err != nil {
				return
			}
			c.accept([][]byte{buf[:n]}, c.to.engine.Now())
		}
	}
	c.raw.SetReadDeadline(time.Now().Add(lastReads))
	for range maxLastReads {
		packets, err := c.link.Read()
		if len(packets) > 0 {
			c.accept(packets, c.to.engine.Now())
			c.link.Release()
		}
		if err != nil && !netio.IsICMP(err) {
			return
		}
	}
}

// readerGone is told that c is not read any more. A drain that comes later does not wait for c.
func (c *conn) readerGone() {
	c.to.mu.Lock()
	defer c.to.mu.Unlock()
	c.readerEnded = true
	if c.draining != nil {
		c.draining.Done()
	}
}

// maxTransportConns is how many connections a client opens to one NAS by a Transport. They are
// pipelined: a further one is opened where the identifiers of those that are open are in use.
const maxTransportConns = 16

// newTransportConn is a conn over w. Its Write may wait, so it has a writer. idFree is called by
// the host's Identifiers in a goroutine that holds no lock of this engine; it must not be called by
// Acquire, Claim or Release themselves, which are called with the lock held.
func newTransportConn(d *destination, w *TransportConn) *conn {
	key := authn.NewKey(w.Info.Secret)
	c := &conn{
		to: d, link: w.Link, local: w.Local(), earliest: never, lastUse: d.engine.Now(),
		info: w.Info, key: &key, shared: w.Info.Identifiers, blocks: true,
	}
	c.idFree = func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.grantQueued(d.engine.Now())
	}
	if c.shared == nil {
		c.shared = newOwnIdentifiers(w.Info.Tokens, c.idFree)
	}
	return c
}

// tokens reports whether c speaks RADIUS/1.1.
func (c *conn) tokens() bool { return c.info != nil && c.info.Tokens }

// acquire takes an identifier of c. It is called with the lock of the destination held. Where there
// is none, a pool that is shared calls idFree when there may be one; for one of a socket the timer
// of the destination is set to the end of the first rest (schedule).
func (c *conn) acquire(now instant) (id uint32, ok bool) {
	if c.shared == nil {
		if !c.ids.Has(now) {
			return 0, false
		}
		return uint32(c.ids.Take()), true
	}
	defer c.survive()
	return c.shared.Acquire(c.idFree)
}

// claim takes the identifier id of c, or has idFree called when it is free. It is called with the
// lock held.
func (c *conn) claim(id uint32) bool {
	defer c.survive()
	return c.shared.Claim(id, c.idFree)
}

// release gives id back, which is free again at the instant until. It is called with the lock held.
func (c *conn) release(id uint32, until, now instant) {
	if c.shared == nil {
		c.ids.Put(byte(id), until, now)
		return
	}
	defer c.survive()
	c.shared.Release(id, max(until-now, 0))
}

// giveBack gives back id, which was not used and so need not rest, nor go behind the others.
func (c *conn) giveBack(id uint32) {
	if c.shared == nil {
		c.ids.Return(byte(id))
		return
	}
	defer c.survive()
	c.shared.Release(id, 0)
}

// hasFree reports whether an identifier of c is free. It is called with the lock held.
func (c *conn) hasFree() bool {
	id, ok := c.acquire(0)
	if ok {
		c.giveBack(id)
	}
	return ok
}

// survive is deferred where a host's Identifiers may panic: they then have none. What it tells runs
// without the lock, so in another goroutine.
func (c *conn) survive() {
	if v := recover(); v != nil {
		engine := c.to.engine
		engine.spawn(func() { engine.reportPanic("dac: ConnInfo.Identifiers panicked", v, debug.Stack()) })
	}
}

// reliable reports whether what is written by c arrives, or the connection ends: TLS over TCP, and
// not DTLS. Then nothing is sent again (RFC 6613, section 2.6.1).
func (c *conn) reliable() bool { return c.info != nil && c.info.Reliable }

// reclaim closes c if nothing needs it, and reports whether it did. The budget calls it, without
// its own lock.
func (c *conn) reclaim() bool {
	d := c.to
	now := d.engine.Now()
	var after deferred
	d.mu.Lock()
	idle := !c.closed && c.n == 0 && d.queue.first == nil
	if idle {
		d.retire(c, now, &after)
	}
	d.mu.Unlock()
	after.do()
	return idle
}

// budgetIndex is the place of c in the list of the budget, whose lock guards it.
func (c *conn) budgetIndex() *int { return &c.index }
