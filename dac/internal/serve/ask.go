// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"errors"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
)

// mostAsides bounds the slow questions to Peers that are waited for at a time. Beyond it newcomers
// are dropped: a flood of forged source addresses is one of questions too.
const mostAsides = 256

var errPeersBusy = errors.New("dac: Peers are slow, and too many newcomers wait for them: put CachePeers around Peers")

// receive takes one datagram through all checks, cheapest first, all on its octets: what an
// attacker sends costs no memory. Peers of the host's may be slow, which does not block reading:
// the watch makes another goroutine lead, and the one that asked goes on with its datagram alone.
// While some wait like that, newcomers are asked about on the side from the start.
func (r *reader) receive(d *netio.Datagram) (lost bool) {
	if r.l.stream != nil {
		r.arrived(d)
		return false
	}
	st, addr := r.l.st, netio.Plain(d.Remote.Addr())
	if st.Fixed {
		cached := r.peerCache.at(addr)
		if peer := cached.peer; cached.known {
			r.received(d, &peer, nil)
			return false
		}
		peer, err := r.l.host.Sender(r.l.ctx, netip.AddrPortFrom(addr, 0))
		cached.known, cached.peer = err == nil, peer
		r.received(d, &peer, err)
		return false
	}
	if r.l.asides.Load() == 0 || st.peers.Proven(addr) {
		return r.ask(d, addr)
	}
	if r.l.asides.Add(1) > mostAsides {
		r.l.asides.Add(-1)
		st.totals.PeersFailed.Add(1)
		r.drop(d, errPeersBusy)
		return false
	}
	own := r.apart(d)
	r.l.readers.Go(func() {
		on := newAside(r.l)
		defer on.stepBack()
		peer, err := r.l.host.Sender(r.l.ctx, netip.AddrPortFrom(addr, 0))
		on.now = time.Now()
		on.received(own, &peer, err)
	})
	return false
}

// ask asks the host's Peers here, as a turn that the watch can end. lost: it has, and the datagram
// has gone its way by a reader that is aside.
func (r *reader) ask(d *netio.Datagram, addr netip.Addr) (lost bool) {
	l, own, mine, turn := r.l, r.apart(d), r.turns.lost, r.turns.number()
	over := false
	end := func() bool { // Peers that panic or end their goroutine come here too
		over = true
		if !r.turns.end(turn) {
			r.turns.asking.Store(false)
			r.spare, r.now = own, time.Now()
			return false
		}
		*mine = true
		return true
	}
	defer func() {
		if !over && end() {
			l.asides.Add(-1)
		}
	}()
	r.turns.asking.Store(true)
	r.begin(turn)
	peer, err := l.host.Sender(l.ctx, netip.AddrPortFrom(addr, 0))
	if !end() {
		r.received(own, &peer, err)
		return false
	}
	on := newAside(l)
	defer on.stepBack()
	on.received(own, &peer, err)
	return true
}

// apart copies a datagram out of the batch, which the next goroutine to lead reads into.
func (r *reader) apart(d *netio.Datagram) *netio.Datagram {
	c := r.spare
	if r.spare = nil; c == nil {
		c = &netio.Datagram{Octets: make([]byte, 0, packet.MaxLen)}
	}
	d.CopyTo(c)
	return c
}

// newAside returns the reader of a goroutine that has one datagram and leads nothing: it has no
// turns, no watch and no Loop, and a worker runs the handler of what it admits.
func newAside(l *Listener) *reader {
	r := &reader{l: l, peerCache: newPeerCache(), now: time.Now(), aside: true}
	r.turns.lost = new(bool)
	return r
}

// stepBack ends a reader that was aside. What panicked is a host's, or the engine's own fault: it
// costs one datagram.
func (r *reader) stepBack() {
	if p := recover(); p != nil {
		r.l.st.Log.Error("dac: panic in the read loop", "panic", p, "stack", string(debug.Stack()))
	}
	r.l.asides.Add(-1)
	r.flush()
}

// received goes on with a datagram once Peers have spoken about its sender.
func (r *reader) received(d *netio.Datagram, peer *Sender, err error) {
	v := verdict{d: d, kind: kindOf(d.Octets)}
	row, ok := r.knows(&v, peer, err)
	if !ok {
		return
	}
	if v.b, err = packet.Cut(d.Octets); err != nil {
		r.malformed(&v, row, err)
		return
	}
	r.check(&v, row, peer)
}

// arrived takes one packet of a connection through the checks that its peer has not passed yet.
func (r *reader) arrived(d *netio.Datagram) {
	s := r.l.stream
	if s.failed.Load() {
		return // it came behind what ended the connection
	}
	v := verdict{d: d, kind: kindOf(d.Octets)}
	var err error
	if v.b, err = packet.CutLong(d.Octets, s.conn.MaxLen); err != nil {
		r.malformed(&v, s.row, err)
		return
	}
	r.check(&v, s.row, &s.conn.Sender)
}

// knows says whether Peers know the sender, by the source address of the datagram alone (RFC 5176,
// section 2.3).
func (r *reader) knows(v *verdict, peer *Sender, err error) (row *peerstate.Row, ok bool) {
	st := r.l.st
	switch {
	case err == nil:
		return r.peerCache.row(&st.peers, st.Fixed, netio.Plain(v.d.Remote.Addr()), peer.Name, false), true
	case !errors.Is(err, ErrUnknownPeer):
		st.totals.PeersFailed.Add(1)
	case v.kind < 0:
		st.totals.Other.Add(1)
	default:
		st.totals.Unknown[v.kind].Add(1)
	}
	st.firsts.unknown(st.Log, &v.d.Origin, r.now, err)
	r.drop(v.d, err)
	return nil, false
}
