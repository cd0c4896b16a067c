// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// A listener is one call of Serve.
type listener struct {
	st    *serverState
	io    packetIO
	local netip.AddrPort
	ctx   context.Context // of handlers: ends when the listener has drained
	end   context.CancelFunc

	// guarded by st.places.mu
	draining bool
	inWork   int
	jobs     *job          // in work, in a list
	drained  chan struct{} // closed once it drains and nothing is in work

	closing   atomic.Bool  // as draining, for the read loop
	over      atomic.Bool  // the socket is being closed
	slowUntil atomic.Int64 // unix nanoseconds until which handlers are left to workers; zero: they are not
	handled   atomic.Int64 // by workers in this spell
	slowOnes  atomic.Int64 // of those
	asides    atomic.Int32 // questions to Peers that hold up the read loop no more
	box       answerBox
	failed    chan error // why the read loop ended
	readers   sync.WaitGroup
}

func newListener(ctx context.Context, st *serverState, pc net.PacketConn) *listener {
	l := &listener{st: st, io: newPacketIO(pc, st.log), drained: make(chan struct{}), failed: make(chan error, 1)}
	l.local = addrPortOf(pc.LocalAddr())
	l.ctx, l.end = context.WithCancel(context.WithoutCancel(ctx))
	return l
}

// serve reads until ctx is done or the socket fails, and returns when all is over.
func (l *listener) serve(ctx context.Context) (err error) {
	defer l.end()
	defer context.AfterFunc(l.ctx, func() { l.giveUpOnward(l.ctx.Err()) })()
	r := newReader(l)
	l.readers.Go(func() { r.lead() })
	l.st.log.Info("dac: serving", "local", l.local)
	select {
	case <-ctx.Done():
	case err = <-l.failed:
		l.st.log.Error("dac: reading failed", "local", l.local, "err", err)
	}
	l.wait()
	l.end() // Peers may be waiting
	// Only now: while it drained it answered duplicates.
	l.over.Store(true)
	l.io.close()
	r.watch.end()
	l.readers.Wait()
	return err
}

// wait takes nothing new, and returns when nothing is in work.
func (l *listener) wait() {
	p := &l.st.places
	p.mu.Lock()
	l.draining = true
	l.closing.Store(true)
	if l.inWork == 0 {
		close(l.drained)
	}
	p.mu.Unlock()
	for first := true; ; first = false {
		wait := max(l.st.drain, time.Millisecond)
		if !first {
			wait = max(wait, leastNaming)
		}
		timer := time.NewTimer(wait)
		select {
		case <-l.drained:
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

// leastNaming is the time between two log lines about the same handlers, however short Drain is.
const leastNaming = time.Second

// nameStragglers logs the handlers that run on although their contexts have ended.
func (l *listener) nameStragglers() {
	p := &l.st.places
	p.mu.Lock()
	var late []slog.Attr
	for j := l.jobs; j != nil && len(late) < 16; j = j.next {
		late = append(late, slog.String(j.from.remote.String(), codeName(j.code())))
	}
	n := l.inWork
	p.mu.Unlock()
	if n > 0 {
		l.st.log.LogAttrs(context.Background(), slog.LevelWarn, "dac: waiting for handlers that ignore the end of their contexts",
			slog.Int("handlers", n), slog.GroupAttrs("requests", late...))
	}
}

// add puts j on the list of what is in work. places.mu is held.
func (l *listener) add(j *job) {
	l.inWork++
	j.next = l.jobs
	if j.next != nil {
		j.next.prev = j
	}
	l.jobs = j
}

// remove takes j off the list. places.mu is held.
func (l *listener) remove(j *job) {
	if j.next != nil {
		j.next.prev = j.prev
	}
	if j.prev != nil {
		j.prev.next = j.next
	} else {
		l.jobs = j.next
	}
	if l.inWork--; l.inWork == 0 && l.draining {
		close(l.drained)
	}
}

// Handlers that are slow, and the spells in which they are left to workers.
const (
	slowSpell   = 100 * time.Millisecond
	slowHandler = 500 * time.Microsecond // what counts as slow for a worker
	slowShare   = 64                     // a spell goes on where one of so many was slow
	watchTick   = time.Millisecond       // after which a handler that the read loop runs is on its own
)

// slow reports whether handlers are left to workers just now: for a spell after one held up the read loop, and for as long as enough of
// them are slow. It is for the read loop to ask.
func (l *listener) slow(now time.Time) bool {
	until := l.slowUntil.Load()
	switch {
	case until == 0:
		return false
	case now.UnixNano() < until:
		return true
	case l.slowOnes.Swap(0)*slowShare > l.handled.Swap(0):
		l.slowUntil.Store(now.Add(slowSpell).UnixNano())
		return true
	}
	l.slowUntil.CompareAndSwap(until, 0)
	return false
}

// markSlow begins a spell.
func (l *listener) markSlow(now time.Time) { l.slowUntil.Store(now.Add(slowSpell).UnixNano()) }

// worked counts a handler that a worker has run.
func (l *listener) worked(took time.Duration) {
	l.handled.Add(1)
	if took > slowHandler {
		l.slowOnes.Add(1)
	}
}

// addrPortOf is the address of a socket or of a sender; zero where it is none of IP.
func addrPortOf(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case nil:
		return netip.AddrPort{}
	case *net.UDPAddr:
		return a.AddrPort()
	}
	ap, _ := netip.ParseAddrPort(a.String())
	return ap
}
