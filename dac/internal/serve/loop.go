// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"errors"
	"io"
	"net"
	"runtime/debug"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
)

// newReader makes the read loop of l, which no goroutine leads yet.
func newReader(l *Listener) *reader {
	r := &reader{l: l, peerCache: newPeerCache()}
	r.turns.next = func() { r.l.readers.Go(r.run) }
	r.watch.begin(&r.turns, r.tookLong)
	r.loop = l.host.Loop()
	return r
}

// run reads and answers until the socket is closed or another goroutine leads. It first ends what
// the one before it has begun: the answers of its batch, and the rest of what that has read. Peers
// of the host's that panic, or end the goroutine that asks them, cost one datagram.
func (r *reader) run() {
	lost, returned := new(bool), false
	r.turns.lost = lost
	r.turns.asking.Store(false)
	defer func() {
		if p := recover(); p != nil {
			r.l.st.Log.Error("dac: panic in the read loop", "panic", p, "stack", string(debug.Stack()))
		}
		if !returned && !*lost {
			r.turns.next()
		}
	}()
	r.flush() // of the one that led before
	faults := 0
	for {
		if r.work() {
			returned = true
			return
		}
		r.flush()
		r.watch.rest()
		ds, err := r.l.io.Read()
		if err != nil {
			if faults++; r.stop(err, faults) {
				returned = true
				return
			}
			continue
		}
		faults = 0
		r.got(ds)
	}
}

// got notes that ds were read, and has ready what the first look at them needs. They are good until
// the next Read.
func (r *reader) got(ds []netio.Datagram) {
	together := r.sums.begin(len(ds)) // before a Logger of the host's can end this goroutine
	r.in, r.next, r.now = ds, 0, time.Now()
	r.l.st.clock.look(r.now, r.l.st.Log)
	if len(ds) > 1 && !r.l.tokens() {
		r.ahead(ds)
	}
	if !together {
		if r.l.stream != nil {
			r.sums.rest()
		}
		return
	}
	for i := range ds {
		r.sums.expect(r.likely(&ds[i]))
	}
	r.sums.hash()
}

// ahead has the duplicate detection cache read ahead for ds, whether they verify or not: that only
// brings near what is looked up later.
func (r *reader) ahead(ds []netio.Datagram) {
	for i := range ds {
		if b := ds[i].Octets; len(b) >= packet.HeaderLen {
			r.l.st.dedup.Ahead((*[16]byte)(b[4:]))
		}
	}
}

// likely is the packet in d with the secret that it is signed with most likely, where it comes from
// a peer that the peer cache has and that has verified something with it before.
func (r *reader) likely(d *netio.Datagram) ([]byte, *peerstate.Keyed) {
	var k *peerstate.Keyed
	if r.l.stream != nil {
		k = r.l.stream.key
	} else {
		k = r.peerCache.key(netio.Plain(d.Remote.Addr()))
	}
	if k == nil || kindOf(d.Octets) < 0 {
		return nil, nil
	}
	if b, err := packet.Cut(d.Octets); err == nil && len(b) <= authn.MaxManyOctets {
		return b, k
	}
	return nil, nil
}

// work receives what was read, and handles it: some arrive, then those are handled, and so on, so
// that what arrives together can be looked at together by the host (Lookahead).
func (r *reader) work() (lost bool) {
	for r.next < len(r.in) {
		if len(r.ready) == r.l.st.stage && r.handleAll() {
			return true
		}
		d := &r.in[r.next]
		r.next++
		if r.receive(d) {
			return true
		}
	}
	return r.handleAll()
}

// stop says whether a read error is the end. Errors that pass, ICMP's answers to answers among
// them, are waited out, the longer the more there are.
func (r *reader) stop(err error, faults int) bool {
	var timeout net.Error
	isNet := errors.As(err, &timeout)
	passing := r.l.stream == nil && (netio.IsPassing(err) || isNet && timeout.Timeout())
	if r.l.stream != nil || r.l.over.Load() || errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) || !passing && faults > 8 {
		r.l.stop(err)
		return true
	}
	r.l.st.Log.Warn("dac: reading", "local", r.l.local, "err", err)
	if faults > 1 {
		timer := time.NewTimer(min(time.Millisecond<<min(faults, 10), time.Second))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.l.ctx.Done():
		}
	}
	return false
}

// tookLong ends the lead of a goroutine whose turn takes longer than a tick. A handler that does
// begins a spell, in which workers run the next ones; Peers that do are asked on the side from then
// on, as long as one such question is open.
func (r *reader) tookLong(turn uint64) {
	if r.turns.asking.Load() {
		if r.l.asides.Add(1) > mostAsides || !r.turns.handOff(turn) {
			r.l.asides.Add(-1)
		}
		return
	}
	r.l.spells.begin(time.Now())
	r.turns.handOff(turn)
}
