// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"net/netip"
	"runtime/debug"
	"time"
)

// mostAsides bounds the slow questions to Peers that are waited for at a time. Beyond it newcomers are dropped.
const mostAsides = 256

var errPeersBusy = errors.New("dac: Peers are slow, and too many newcomers wait for them: put CachePeers around Peers")

// receive takes one datagram through all checks, cheapest first, all on its octets: what an attacker sends costs no memory.
// Peers of the host's may be slow, which holds up nobody: the watch makes another goroutine lead, and the one that asked goes on with its
// datagram alone. While some wait like that, newcomers are asked about on the side from the start.
func (r *reader) receive(d *datagram) (lost bool) {
	st, addr := r.l.st, plain(d.remote.Addr())
	if st.fixed {
		near := r.nearest(addr)
		if peer := near.peer; near.known {
			r.received(d, &peer, nil)
			return false
		}
		peer, err := st.findPeer.Peer(r.l.ctx, netip.AddrPortFrom(addr, 0))
		near.known, near.peer = err == nil, peer
		r.received(d, &peer, err)
		return false
	}
	if r.l.asides.Load() == 0 || st.peers.proven(addr) {
		return r.ask(d, addr)
	}
	if r.l.asides.Add(1) > mostAsides {
		r.l.asides.Add(-1)
		st.totals.peersFailed.Add(1)
		r.drop(d, errPeersBusy)
		return false
	}
	own := r.apart(d)
	r.l.readers.Go(func() {
		on := r.l.newAside()
		defer on.stepBack()
		peer, err := st.findPeer.Peer(r.l.ctx, netip.AddrPortFrom(addr, 0))
		on.now = time.Now()
		on.received(own, &peer, err)
	})
	return false
}

// ask asks the host's Peers here, as a turn that the watch can end.
func (r *reader) ask(d *datagram, addr netip.Addr) (lost bool) {
	own, mine, turn := r.apart(d), r.lost, r.newTurn()
	over := false
	end := func() bool { // Peers that panic or end their goroutine come here too
		over = true
		if r.turn.CompareAndSwap(turn, turn-1) {
			r.asking.Store(false)
			r.spare, r.now = own, time.Now()
			return false
		}
		*mine = true
		return true
	}
	defer func() {
		if !over && end() {
			r.l.asides.Add(-1)
		}
	}()
	r.asking.Store(true)
	r.begin(turn)
	peer, err := r.l.st.findPeer.Peer(r.l.ctx, netip.AddrPortFrom(addr, 0))
	if !end() {
		r.received(own, &peer, err)
		return false
	}
	on := r.l.newAside()
	defer on.stepBack()
	on.received(own, &peer, err)
	return true
}

// apart copies a datagram out of the batch, which the next goroutine to lead reads into.
func (r *reader) apart(d *datagram) *datagram {
	c := r.spare
	if r.spare = nil; c == nil {
		c = &datagram{buf: make([]byte, len(d.buf))}
	}
	c.origin = d.origin
	c.n = copy(c.buf, d.octets())
	return c
}

// newAside returns the reader of a goroutine that has one datagram and leads nothing.
func (l *listener) newAside() *reader {
	return &reader{l: l, rows: make(map[netip.Addr]*peerRow), now: time.Now(), lost: new(bool), aside: true}
}

// stepBack ends a reader that was aside.
func (r *reader) stepBack() {
	if p := recover(); p != nil {
		r.l.st.log.Error("dac: panic in the read loop", "panic", p, "stack", string(debug.Stack()))
	}
	r.l.asides.Add(-1)
	r.flush()
}
