// SPDX-License-Identifier: Apache-2.0

package dactest

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A port is one address and port of a Network, with the counters of what was sent there. It
// outlives its sockets.
type port struct {
	addr netip.AddrPort
	flow uint64               // hash of addr
	conn atomic.Pointer[conn] // nil: no listener

	arrivals                                           atomic.Uint64 // as far as dice are thrown
	sent, lost, duplicated, received, overflow, noPort atomic.Uint64
}

// A datagram is on its way to a socket or in it. One with err is what ICMP tells: no datagram, but
// the end of one.
type datagram struct {
	at   time.Time
	seq  uint64 // orders those of one instant
	from netip.AddrPort
	data []byte
	err  error
}

// A conn is a socket. Nothing runs for it: the first reader takes over what has arrived by now,
// and waits for the earliest that is still on its way.
type conn struct {
	network    *Network
	port       *port
	remote     netip.AddrPort // invalid: not dialled
	to         *port          // of remote
	localAddr  *net.UDPAddr
	remoteAddr *net.UDPAddr
	departures atomic.Uint64 // as far as dice are thrown

	mu       sync.Mutex // guards what follows
	cond     sync.Cond  // something arrived, or a deadline moved, or the end
	closed   bool
	waiting  int // readers in cond.Wait
	flying   flight
	seq      uint64
	ready    []datagram // arrived, from first on
	first    int
	icmp     error    // told once, to the next Read or Write
	free     [][]byte // buffers of datagrams that were read
	timer    *time.Timer
	deadline time.Time // of reads
	writeBy  time.Time // deadline of writes
}

func newConn(n *Network, p *port) *conn {
	c := &conn{network: n, port: p, localAddr: net.UDPAddrFromAddrPort(p.addr)}
	c.cond.L = &c.mu
	return c
}

// deliver brings a datagram to the listener; false: there is none.
func (p *port) deliver(from netip.AddrPort, b []byte, delay time.Duration) bool {
	if c := p.listener(from); c == nil || !c.enqueue(from, b, delay) {
		p.lost.Add(1)
		p.noPort.Add(1)
		return false
	}
	return true
}

// listener returns the socket that listens to what from sends, or nil.
func (p *port) listener(from netip.AddrPort) *conn {
	c := p.conn.Load()
	if c == nil || c.remote.IsValid() && c.remote != from {
		return nil
	}
	return c
}

func (p *port) stats() NetworkStats {
	var pending int
	if c := p.conn.Load(); c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.lockedSettle(time.Now())
		pending = c.lockedPending()
	}
	return NetworkStats{
		Sent: p.sent.Load(), Duplicated: p.duplicated.Load(), Received: p.received.Load(), Pending: uint64(pending),
		Lost: p.lost.Load(), Overflow: p.overflow.Load(), NoPort: p.noPort.Load(),
	}
}

// enqueue takes a copy of b; false: c is closed.
func (c *conn) enqueue(from netip.AddrPort, b []byte, delay time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	d := datagram{from: from, data: append(c.lockedBuffer(len(b)), b...)}
	c.lockedFly(d, delay)
	return true
}

// refuse lets the next Read or Write after delay fail as it does after an ICMP port unreachable.
func (c *conn) refuse(delay time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.lockedFly(datagram{err: errRefused}, delay)
	}
}

func (c *conn) lockedFly(d datagram, delay time.Duration) {
	if delay <= 0 && len(c.flying) == 0 {
		c.lockedArrive(d)
		c.cond.Signal()
		return
	}
	now := time.Now()
	c.seq++
	d.at, d.seq = now.Add(max(delay, 0)), c.seq
	c.flying.push(d)
	if delay <= 0 {
		c.lockedSettle(now)
	}
	if c.waiting > 0 {
		c.lockedArm()
	}
}

// lockedSettle brings in what has arrived by now, in the order of arrival.
func (c *conn) lockedSettle(now time.Time) {
	for len(c.flying) > 0 && !c.flying[0].at.After(now) {
		c.lockedArrive(c.flying.pop())
		c.cond.Signal()
	}
}

func (c *conn) lockedArrive(d datagram) {
	switch {
	case d.err != nil:
		c.icmp = d.err
	case len(c.ready)-c.first >= c.network.queue():
		c.port.lost.Add(1)
		c.port.overflow.Add(1)
		c.lockedRecycle(d.data)
	default:
		c.ready = append(c.ready, d)
	}
}

func (c *conn) lockedTake() datagram {
	d := c.ready[c.first]
	c.ready[c.first] = datagram{}
	c.first++
	switch {
	case c.first == len(c.ready):
		c.ready, c.first = c.ready[:0], 0
	case c.first >= 1024 && c.first*2 >= len(c.ready):
		c.ready = append(c.ready[:0], c.ready[c.first:]...)
		c.first = 0
	}
	return d
}

// lockedPending counts the datagrams that are on their way or unread.
func (c *conn) lockedPending() int {
	n := len(c.ready) - c.first
	for _, d := range c.flying {
		if d.err == nil {
			n++
		}
	}
	return n
}

func (c *conn) lockedBuffer(n int) []byte {
	if last := len(c.free) - 1; last >= 0 {
		b := c.free[last]
		c.free = c.free[:last]
		if cap(b) >= n {
			return b
		}
	}
	return make([]byte, 0, max(n, 256))
}

func (c *conn) lockedRecycle(b []byte) {
	if len(c.free) < 64 {
		c.free = append(c.free, b[:0])
	}
}

// lockedArm sets the timer to when a waiting reader has to look again.
func (c *conn) lockedArm() {
	at := c.deadline
	if len(c.flying) > 0 && (at.IsZero() || c.flying[0].at.Before(at)) {
		at = c.flying[0].at
	}
	switch {
	case at.IsZero():
		if c.timer != nil {
			c.timer.Stop()
		}
	case c.timer == nil:
		c.timer = time.AfterFunc(time.Until(at), c.wake)
	default:
		c.timer.Reset(time.Until(at))
	}
}

func (c *conn) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cond.Broadcast()
}

// receive waits for a datagram and copies it to b, as much as fits.
func (c *conn) receive(b []byte) (int, netip.AddrPort, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if c.closed {
			return 0, netip.AddrPort{}, net.ErrClosed
		}
		if len(c.flying) > 0 || !c.deadline.IsZero() {
			now := time.Now()
			c.lockedSettle(now)
			if !c.deadline.IsZero() && !c.deadline.After(now) {
				return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
			}
		}
		if err := c.icmp; err != nil {
			c.icmp = nil
			return 0, netip.AddrPort{}, os.NewSyscallError("read", err)
		}
		if len(c.ready) > c.first {
			d := c.lockedTake()
			n := copy(b, d.data)
			c.lockedRecycle(d.data)
			c.port.received.Add(1)
			return n, d.from, nil
		}
		c.lockedArm()
		c.waiting++
		c.cond.Wait()
		c.waiting--
	}
}

// mayWrite says why a Write fails before anything is sent.
func (c *conn) mayWrite(n int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	if !c.writeBy.IsZero() && !c.writeBy.After(time.Now()) {
		return os.ErrDeadlineExceeded
	}
	if n > maxDatagram {
		return os.NewSyscallError("write", errTooLong)
	}
	if len(c.flying) > 0 {
		c.lockedSettle(time.Now())
	}
	if err := c.icmp; err != nil {
		c.icmp = nil
		return os.NewSyscallError("write", err)
	}
	return nil
}

func (c *conn) opError(op string, addr net.Addr, err error) error {
	return &net.OpError{Op: op, Net: "udp", Source: c.localAddr, Addr: addr, Err: err}
}

// peerAddr keeps a nil *net.UDPAddr out of an interface.
func (c *conn) peerAddr() net.Addr {
	if c.remoteAddr == nil {
		return nil
	}
	return c.remoteAddr
}

func (c *conn) Read(b []byte) (int, error) {
	n, _, err := c.ReadFromUDPAddrPort(b)
	return n, err
}

// ReadArrived is Read of what has arrived, with any deadline; where there is nothing, it waits
// for nothing and returns an error.
func (c *conn) ReadArrived(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, c.opError("read", c.peerAddr(), net.ErrClosed)
	}
	c.lockedSettle(time.Now())
	if len(c.ready) == c.first {
		return 0, c.opError("read", c.peerAddr(), os.ErrDeadlineExceeded)
	}
	d := c.lockedTake()
	n := copy(b, d.data)
	c.lockedRecycle(d.data)
	c.port.received.Add(1)
	return n, nil
}

func (c *conn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromUDPAddrPort(b)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

func (c *conn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := c.receive(b)
	if err != nil {
		return 0, netip.AddrPort{}, c.opError("read", c.peerAddr(), err)
	}
	return n, from, nil
}

func (c *conn) Write(b []byte) (int, error) {
	if c.to == nil {
		return 0, c.opError("write", nil, errNoRemote)
	}
	if err := c.mayWrite(len(b)); err != nil {
		return 0, c.opError("write", c.remoteAddr, err)
	}
	c.network.send(c, c.to, b)
	return len(b), nil
}

func (c *conn) WriteTo(b []byte, addr net.Addr) (int, error) {
	a, ok := addr.(*net.UDPAddr)
	if !ok || a == nil {
		return 0, c.opError("write", addr, &net.AddrError{Err: "not a UDP address"})
	}
	return c.WriteToUDPAddrPort(b, a.AddrPort())
}

func (c *conn) WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error) {
	addr = unmap(addr)
	err := c.mayWrite(len(b))
	switch {
	case err != nil:
	case c.to != nil:
		err = net.ErrWriteToConnected
	case !addr.IsValid() || addr.Port() == 0:
		err = &net.AddrError{Err: "missing address or port", Addr: addr.String()}
	case addr.Addr().Is4() != c.port.addr.Addr().Is4():
		err = &net.AddrError{Err: "address of another family", Addr: addr.String()}
	}
	if err != nil {
		return 0, c.opError("write", net.UDPAddrFromAddrPort(addr), err)
	}
	c.network.send(c, c.network.port(addr), b)
	return len(b), nil
}

func (c *conn) LocalAddr() net.Addr { return c.localAddr }

func (c *conn) RemoteAddr() net.Addr { return c.peerAddr() }

func (c *conn) SetDeadline(t time.Time) error { return c.setDeadlines(&t, &t) }

func (c *conn) SetReadDeadline(t time.Time) error { return c.setDeadlines(&t, nil) }

func (c *conn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(nil, &t) }

func (c *conn) setDeadlines(read, write *time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("set", nil, net.ErrClosed)
	}
	if read != nil {
		c.deadline = *read
		c.cond.Broadcast()
	}
	if write != nil {
		c.writeBy = *write
	}
	return nil
}

// Close ends reads that wait. What was not read by then is lost.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("close", c.peerAddr(), net.ErrClosed)
	}
	c.lockedSettle(time.Now())
	c.port.lost.Add(uint64(c.lockedPending()))
	c.closed = true
	c.flying, c.ready, c.first, c.free = nil, nil, 0, nil
	if c.timer != nil {
		c.timer.Stop()
	}
	c.cond.Broadcast()
	c.port.conn.Store(nil)
	return nil
}
