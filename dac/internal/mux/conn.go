// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/idpool"
)

// The end of a connection has two ways. What a packet does wrong, a system error and the timeouts
// end it at once: nothing that came behind could be trusted, or nothing comes. The other way is
// Close: the host's, at the end of a Serve, for age or idleness.

// A Conn is an authenticated connection and what both ends send by it. Its methods may be called
// concurrently.
type Conn struct {
	codec
	o      Options
	stream net.Conn
	below  *Buffer // nil: each packet is written by itself

	out      sendQueue
	ids      *idpool.Shared
	holders  holders
	watchdog watchdog
	handlers atomic.Int64  // that run for the host
	handled  chan struct{} // one of them has returned
	requests atomic.Pointer[View]
	serving  sync.Mutex // guards served
	served   bool       // a Server has the View of requests

	// The reader's.
	in     frames
	timed  bool            // a read deadline is set, since the first octet of a packet
	whole  bool            // a packet came whole since the last beforeRead
	woken  []*receiveQueue // have got packets since the last deliver
	got    bool            // a packet, since then
	inUse  bool            // one that is not the watchdog's
	tokens tokens          // of the other end's requests
	warned bool            // the log knows of a request that nothing serves

	began    time.Time
	received atomic.Int64 // packets
	latest   atomic.Int64 // when a packet came last, in nanoseconds since began
	used     atomic.Int64 // when one came that is not the watchdog's
	up, old  chan struct{}
	upOnce   sync.Once
	oldOnce  sync.Once
	done     chan struct{}
	stopped  chan struct{} // the reader has returned
	closing  atomic.Bool
	left     atomic.Bool // the other end has said that it sends no more
	endOnce  sync.Once
	endErr   error // once done is closed
	stats    counters
}

// New makes a Conn of stream, whose handshake is done, and begins to read. below is the Buffer that
// stream writes to, nil where there is none. The Conn closes stream.
func New(stream net.Conn, below *Buffer, o Options) *Conn {
	o = o.filled()
	c := &Conn{
		o: o, stream: stream, below: below, in: newFrames(o.MaxLen), began: time.Now(), ids: newIdentifiers(o.Version),
		up: make(chan struct{}), old: make(chan struct{}), handled: make(chan struct{}, 1), done: make(chan struct{}), stopped: make(chan struct{}),
	}
	c.codec = codec{o.Version, authn.Secret(o.Secret), o.MaxLen}
	c.out = sendQueue{stream: stream, below: below, limit: o.Out, coalesce: (o.Coalesce || o.Version == dac.RADIUS11) && !o.Datagrams, timeout: o.WriteTimeout, failed: c.writeFailed}
	c.watchdog.c = c
	c.requests.Store(c.newView())
	if below != nil {
		below.Use(o.WriteTimeout, c.beforeRead)
	}
	c.startWatchdog()
	go c.run()
	return c
}

// Up is closed when the first valid packet has come: in TLS 1.3 the other end may refuse our
// certificate after our handshake is done.
func (c *Conn) Up() <-chan struct{} { return c.up }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err says why the connection ended; nil while it has not.
func (c *Conn) Err() error {
	select {
	case <-c.done:
		return c.endErr
	default:
		return nil
	}
}

// Lost says why the connection is of no use for requests any more: as Err does, and io.EOF as soon
// as the other end has said that it sends no more, while what is in work here is still answered.
func (c *Conn) Lost() error {
	if err := c.Err(); err != nil {
		return err
	}
	if c.left.Load() {
		return io.EOF
	}
	return nil
}

// Info describes the connection. Its Identifiers are for requests whose answers no View waits for.
func (c *Conn) Info() *dac.ConnInfo { return c.requests.Load().Info() }

// View returns a new use of the connection: by it a Client sends requests and gets their answers.
func (c *Conn) View() *View { return c.newView() }

// isUp notes the first valid packet. It is called by the reader, once something has verified:
// octets of which nothing is known do not show that the other end has taken our certificate.
func (c *Conn) isUp() { c.upOnce.Do(func() { close(c.up) }) }

// run reads until the connection ends. Where the other end has closed its side in order, what is in
// work here is answered first (half close of TCP, close_notify of TLS).
func (c *Conn) run() {
	defer close(c.stopped)
	reason, err := c.read()
	if reason == ByPeer {
		c.drain()
		c.out.close(io.EOF)
		c.out.flushed()
	}
	c.end(reason, err)
}

// read reads packets and gives each to whom it belongs. What it returns is why the connection ends.
func (c *Conn) read() (Reason, error) {
	for {
		n, err := c.stream.Read(c.in.space())
		if n > 0 {
			c.in.read(n)
			if err := c.cut(); err != nil {
				c.deliver()
				return reasonOf(err), err
			}
		}
		if c.below == nil || err != nil {
			c.beforeRead()
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF): // close_notify, or the end of TCP between two records
			return ByPeer, nil
		case errors.Is(err, net.ErrClosed):
			return ByUs, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return FrameTimeout, nil
		default:
			return Lost, err
		}
	}
}

// beforeRead is called before a read that may wait. A read deadline is set only while a packet is
// partial: an idle connection may wait for hours, and a deadline for each packet would cost more
// than the packet.
func (c *Conn) beforeRead() {
	c.deliver()
	partial := c.in.partial() || c.below != nil && c.below.record.partial()
	if c.timed && (c.whole || !partial) {
		c.timed = c.stream.SetReadDeadline(time.Time{}) != nil
	}
	if partial && !c.timed {
		c.timed = c.stream.SetReadDeadline(time.Now().Add(c.o.FrameTimeout)) == nil
	}
	c.whole = false
}

// cut takes the packets that are complete. A packet of DTLS is one datagram, and nothing of it is
// left for the next.
func (c *Conn) cut() error {
	for {
		var p []byte
		var err error
		if c.o.Datagrams {
			p, err = c.in.whole()
		} else {
			p, err = c.in.next()
		}
		if err != nil || p == nil {
			return err
		}
		c.whole = true
		if err := c.take(p); err != nil {
			return err
		}
	}
}

// deliver wakes the Views that have got packets: before a read that may wait, so that they get all
// that has come at once.
func (c *Conn) deliver() {
	for i, in := range c.woken {
		in.notify()
		c.woken[i] = nil
	}
	c.woken = c.woken[:0]
	if c.got {
		now := int64(time.Since(c.began))
		c.latest.Store(now)
		if c.inUse {
			c.used.Store(now)
		}
		c.got, c.inUse = false, false
	}
}

// drain gives what is in work here the time to be answered, once the other end has said that it
// sends no more: it still reads for a while. The reader of the connection waits here, since nothing
// more comes.
func (c *Conn) drain() {
	c.left.Store(true)
	requests := c.requests.Load()
	requests.in.end(io.EOF)
	t := time.NewTimer(c.o.CloseTimeout)
	defer t.Stop()
	if c.isServed() {
		select {
		case <-requests.closed:
		case <-c.done:
			return
		case <-t.C:
			return
		}
	}
	c.finish(t.C)
}

// finish waits for the Handler to return, until late.
func (c *Conn) finish(late <-chan time.Time) {
	for c.handlers.Load() > 0 {
		select {
		case <-c.handled:
		case <-c.done:
			return
		case <-late:
			return
		}
	}
}

// Break ends the connection because of what the other end sent.
func (c *Conn) Break(err error) { c.end(reasonOf(err), err) }

// end ends the connection at once. The first reason stands. Each View and Exchange is
// told: a Client sends the same octets again by the next connection, where a Server knows them by
// their authenticator.
func (c *Conn) end(reason Reason, err error) {
	c.endOnce.Do(func() {
		if reason == ByUs && c.left.Load() {
			reason = ByPeer
		}
		c.endErr = &EndError{c.o.Package, reason, err}
		if reason == ByPeer {
			c.endErr = io.EOF
		}
		close(c.done) // before a sender or a reader has an error of it: Err then says why
		c.out.close(c.endErr)
		c.holders.end(c.endErr)
		c.watchdog.end()
		if (reason == Lost || reason == WriteTimeout) && c.below != nil {
			c.below.Conn.Close() // no close_notify (RFC 8446, section 6.1): it would have to wait
		}
		c.stream.Close()
		if reason != ByUs && reason != ByPeer {
			c.o.Logger.Warn("connection ended", "addr", c.o.Remote, "reason", string(reason), "err", err)
		}
	})
}

// Close ends the connection as TLS wants it: the Handler has Options.CloseTimeout to answer what it
// has, what waits is written, close_notify sent, and what the
// other end still sends is read until it closes too, or Options.CloseTimeout has passed. Closing
// with octets unread would send RST, and the other end would lose the answers before it.
func (c *Conn) Close() error {
	c.close(ByUs)
	return nil
}

// close is Close with the reason that counters and logs say. A second one waits for the first.
func (c *Conn) close(reason Reason) {
	if c.closing.Swap(true) {
		<-c.done
		return
	}
	t := time.NewTimer(c.o.CloseTimeout)
	defer t.Stop()
	c.finish(t.C)
	c.out.close(net.ErrClosed) // what was sent before is still written
	c.out.flushed()
	if h, ok := c.stream.(interface{ CloseWrite() error }); ok && h.CloseWrite() == nil {
		t.Reset(c.o.CloseTimeout)
		select {
		case <-c.stopped:
		case <-t.C:
		}
	}
	c.end(reason, nil)
}

// writeFailed ends the connection: after an error of a write no packet can follow (the other end
// may have a part of one). The goroutine that wrote calls it, with no lock held.
func (c *Conn) writeFailed(err error) {
	reason := Lost
	if errors.Is(err, os.ErrDeadlineExceeded) {
		reason = WriteTimeout
	} else if errors.Is(err, net.ErrClosed) {
		reason = ByUs
	}
	c.end(reason, err)
}

// Requests returns the use of the connection for a Server: by it the other end's Disconnect- and
// CoA-Requests come. One Server at a time has it, until it closes it.
func (c *Conn) Requests() (*View, error) {
	c.serving.Lock()
	defer c.serving.Unlock()
	v := c.requests.Load()
	if c.served {
		select {
		case <-v.closed:
		default:
			return nil, c.o.fault("the connection is served: a second Serve has to wait until the first has returned")
		}
		v = c.newView()
		c.requests.Store(v)
	}
	c.served = true
	return v, nil
}
