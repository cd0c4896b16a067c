// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
)

// NewListener makes the listener of a socket. ctx is that of Serve.
func NewListener(ctx context.Context, e *Engine, pc net.PacketConn) *Listener {
	return makeListener(ctx, e, newSocket(pc, e.Log), netio.AddrPort(pc.LocalAddr()))
}

// NewConnListener makes a listener of one connection.
func NewConnListener(ctx context.Context, e *Engine, c *Conn, io *netio.Stream) *Listener {
	l := makeListener(ctx, e, io, io.Local)
	s := &stream{Stream: io, conn: c, number: e.connections.Add(1), line: line{socket: io, row: e.peers.Identified(c.Sender.Name)}}
	if !c.Tokens {
		s.key = s.row.Keyed(c.Sender.Secret, e.KeyHost)
	}
	io.Owner, l.stream = c, s
	e.waits.open(&s.line)
	return l
}

// makeListener makes the listener of io. The contexts of its handlers have the values of ctx and
// not its end: when Serve is to end they have Drain to go on.
func makeListener(ctx context.Context, e *Engine, io netio.Socket, local netip.AddrPort) *Listener {
	l := &Listener{st: &e.state, host: e.host, io: io, local: local, failed: make(chan error, 1)}
	l.coalescer.New = l.newBatch
	l.started, l.timeout = e.started, e.Timeout
	l.ctx, l.end = context.WithCancel(context.WithoutCancel(ctx))
	return l
}

// newSocket makes a Socket of pc, with a receive buffer that holds a burst, and says when the
// system refuses one.
func newSocket(pc net.PacketConn, log *slog.Logger) netio.Socket {
	if got := netio.Enlarge(pc); got > 0 && got < netio.WantBuffer {
		log.Warn("dac: the system gives a smaller receive buffer than asked for: bursts may be lost; raise its limit (net.core.rmem_max on Linux)",
			"asked", netio.WantBuffer, "got", got)
	}
	return netio.NewSocket(pc)
}

// Serve reads until ctx is done or the socket fails, and returns when all is over. It ends in this
// order: nothing new is taken, while duplicates are still answered; what is in work is waited for,
// its contexts ending after Drain; the socket is closed; the goroutines that read it have returned.
func (l *Listener) Serve(ctx context.Context) (err error) {
	defer l.end()
	defer context.AfterFunc(l.ctx, func() { l.giveUp(l.ctx.Err()) })()
	r := newReader(l)
	l.readers.Go(func() { r.run() })
	if l.stream == nil {
		l.st.Log.Info("dac: serving", "local", l.local)
	} else {
		defer l.st.waits.close(&l.stream.line)
	}
	select {
	case <-ctx.Done():
	case err = <-l.failed:
		if l.stream != nil {
			err = l.gone(ctx, err)
			break
		}
		l.st.Log.Error("dac: reading failed", "local", l.local, "err", err)
	}
	l.wait()
	l.end() // Peers may be waiting
	// Only now: while it drained it answered duplicates.
	l.over.Store(true)
	l.io.Close()
	r.watch.end()
	l.readers.Wait()
	return err
}

// gone waits for what is in work when the connection has ended: there is nothing that a drain would
// make shorter, since its answers are kept for the next connection. It returns what Serve does.
func (l *Listener) gone(ctx context.Context, err error) error {
	l.st.waits.end(&l.stream.line)
	drained := l.st.places.Drain(&l.workload)
	select {
	case <-drained:
	case <-ctx.Done():
	}
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// wait takes nothing new, and returns when nothing is in work and every answer is out. A handler
// that ignores the end of its context is waited for all the same, and named: what it does it does
// to a session, and an answer is owed.
func (l *Listener) wait() {
	drained := l.st.places.Drain(&l.workload)
	for first := true; ; first = false {
		wait := max(l.st.Drain, time.Millisecond)
		if !first {
			wait = max(wait, leastNaming)
		}
		timer := time.NewTimer(wait)
		select {
		case <-drained:
			timer.Stop()
			return
		case <-timer.C:
		}
		l.end()
		if !first {
			l.nameStragglers()
		}
	}
}

// giveUp ends what was sent on and is not answered, because of err: the listener has drained, and
// the next hop has had its time. The lock of the places is not held: each answer that the host
// makes leaves its place.
func (l *Listener) giveUp(err error) {
	for _, m := range l.st.places.Forwarded(&l.workload) {
		f := m.(*member).forward
		f.GiveUp(err)
		f.Drop()
	}
}

// leastNaming is the time between two log lines about the same handlers, however short Drain is.
const leastNaming = time.Second

// nameStragglers logs the handlers that run on although their contexts have ended.
func (l *Listener) nameStragglers() {
	if late, n := l.st.places.Stragglers(&l.workload); n > 0 {
		l.st.Log.LogAttrs(context.Background(), slog.LevelWarn, "dac: waiting for handlers that ignore the end of their contexts",
			slog.Int("handlers", n), slog.GroupAttrs("requests", late...))
	}
}
