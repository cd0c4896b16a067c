// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
)

// A reader is the read loop of a socket, with its buffers. One goroutine leads it: it reads datagrams, checks them, and runs the handlers
// of those it takes in, a few of which arrive before the first is handled, one after the other, so that a quick handler costs no switch of
// goroutines, and sends their answers together.
// A handler that is not quick holds up nobody: when it waits (Yield), or when the watch finds it running for longer than a tick, another
// goroutine leads from there on, and the old one goes on with that handler alone.
type reader struct {
	l       *listener
	in      []datagram
	n, next int // of in: read, and to be looked at
	now     time.Time
	ready   []*job     // have arrived, and are to be handled here
	told    []*Request // those, once the Handler has been told of them
	handled int        // of ready: the first that have been, or are
	out     []outgoing
	octets  []byte   // of out
	owed    []summed // what of it is to be signed yet
	kept    []byte   // of an answer that is given again
	onward  postbag  // requests that are sent on; nil: none are
	rows    map[netip.Addr]*peerRow
	near    [nearPeers]nearPeer // the latest of those, which most datagrams come from
	ahead   []summed            // the datagrams of the last read, in order, hashed together; or none
	hasher  manyHasher
	origins [nearPeers]*origin // the latest, which requests share
	turns   uint64             // handlers run here
	turn    atomic.Uint64      // twice the number of the handler, and one while it runs; who changes it from that leads
	yielded atomic.Uint64      // the latest turn of a handler that gave its place back
	lost    *bool              // of the goroutine that leads: it has ceased to
	asking  atomic.Bool        // the turn is a question to the host's Peers, not a handler
	watch   watch
	spare   *datagram
	aside   bool // it has one datagram and leads nothing
}

const readBatch = 64

// A nearPeer is what a reader knows of one address. The zero one is of none.
type nearPeer struct {
	addr  netip.Addr
	known bool // peer is what Peers say; they say the same each time
	peer  Peer
	row   *peerRow // nil: not looked up yet
}

const nearPeers = 16

func placeNear(addr netip.Addr) byte { return addr.As16()[15] % nearPeers }

// nearest returns the place of addr, which may have been another's so far.
func (r *reader) nearest(addr netip.Addr) *nearPeer {
	at := &r.near[placeNear(addr)]
	if at.addr != addr {
		*at = nearPeer{addr: addr}
	}
	return at
}

// origin returns where d came from, to be kept: what comes from one port shares one.
func (r *reader) origin(d *datagram) *origin {
	at := &r.origins[d.remote.Port()%nearPeers]
	if *at == nil || d.addr != nil || **at != d.origin { // a socket's own address type may not be one that can be compared
		own := d.origin
		*at = &own
	}
	return *at
}

func newReader(l *listener) *reader {
	r := &reader{l: l, in: l.io.buffers(readBatch), rows: make(map[netip.Addr]*peerRow)}
	r.watch.begin(r)
	if l.st.postponer != nil {
		r.onward = l.st.postponer.newPostbag()
	}
	return r
}

// lead reads and answers until the socket is closed or another goroutine leads. Peers of the host's that panic, or end the goroutine that
// asks them, cost one datagram.
func (r *reader) lead() {
	lost, returned := new(bool), false
	r.lost = lost
	r.asking.Store(false)
	defer func() {
		if p := recover(); p != nil {
			r.l.st.log.Error("dac: panic in the read loop", "panic", p, "stack", string(debug.Stack()))
		}
		if !returned && !*lost {
			r.l.readers.Go(r.lead)
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
		n, err := r.l.io.read(r.in)
		afterRead()
		if isTooLong(err) {
			continue
		}
		if err != nil {
			if faults++; r.stop(err, faults) {
				returned = true
				return
			}
			continue
		}
		faults = 0
		r.got(n)
	}
}

// got notes that n datagrams were read, and has ready what the first looks at them need.
func (r *reader) got(n int) {
	r.n, r.next, r.now, r.ahead = n, 0, time.Now(), r.ahead[:0]
	if n > 1 { // for one alone there is nothing to do meanwhile
		r.l.st.memory.warm(r.in[:n])
	}
	r.hashAhead(r.in[:n])
}

// work receives what was read, and handles it.
func (r *reader) work() (lost bool) {
	for r.next < r.n {
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

// stop says whether a read error is the end. Errors that pass, ICMP's answers to answers among them, are waited out, the longer the more there are.
func (r *reader) stop(err error, faults int) bool {
	timeout, isNet := errors.AsType[net.Error](err)
	passing := isPassing(err) || isNet && timeout.Timeout()
	if r.l.over.Load() || errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) || !passing && faults > 8 {
		select {
		case r.l.failed <- err:
		default:
		}
		return true
	}
	r.l.st.log.Warn("dac: reading", "local", r.l.local, "err", err)
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

// received goes on with a datagram once Peers have spoken about its sender.
func (r *reader) received(d *datagram, peer *Peer, err error) {
	v := verdict{d: d, kind: kindOf(d.octets())}
	row, ok := r.knows(&v, peer, err)
	if !ok {
		return
	}
	if v.b, err = cut(d.octets()); err != nil {
		r.malformed(&v, row, err)
		return
	}
	if v.kind < 0 {
		row.unknownType.Add(1)
		r.drop(d, ErrMalformed)
		return
	}
	row, k, err := r.verify(&v, row, peer)
	if err != nil {
		r.drop(d, err)
		return
	}
	r.admit(&v, row, peer, k)
}

// A verdict is what is known of a datagram so far.
type verdict struct {
	d       *datagram
	b       []byte // the packet in it
	kind    int    // 0 Disconnect, 1 CoA, -1 neither
	stamped bool
	stamp   uint32
}

func kindOf(b []byte) int {
	if len(b) > 0 {
		switch b[0] {
		case 40:
			return 0
		case 43:
			return 1
		}
	}
	return -1
}

// malformed counts a datagram that is no packet, under its sender, which is a peer.
func (r *reader) malformed(v *verdict, row *peerRow, err error) {
	if v.kind < 0 {
		row.unknownType.Add(1)
	} else {
		row.kinds[v.kind].add(cMalformed)
	}
	r.drop(v.d, err)
}

// knows says whether Peers know the sender, by the source address of the datagram alone (RFC 5176, section 2.3).
func (r *reader) knows(v *verdict, peer *Peer, err error) (row *peerRow, ok bool) {
	st := r.l.st
	if err == nil && peer.Secret == "" {
		err = ErrUnknownPeer
	}
	switch {
	case err == nil:
		return r.row(plain(v.d.remote.Addr()), peer.Name, false), true
	case !errors.Is(err, ErrUnknownPeer):
		st.totals.peersFailed.Add(1)
	case v.kind < 0:
		st.totals.other.Add(1)
	default:
		st.totals.unknown[v.kind].Add(1)
	}
	r.drop(v.d, err)
	return nil, false
}

// row is the row of a peer, from the reader's own map where it is there, which needs no lock.
func (r *reader) row(addr netip.Addr, name string, verified bool) *peerRow {
	near := r.nearest(addr)
	if near.row == nil {
		near.row = r.rows[addr]
	}
	if row := near.row; row != nil && (r.l.st.fixed || row.name.Load() != nil && *row.name.Load() == name) && (!verified || row.proven.Load()) {
		return row
	}
	row := r.l.st.peers.row(addr, name, verified)
	if len(r.rows) >= maxRows {
		clear(r.rows)
	}
	r.rows[addr], near.row = row, row
	return row
}

// verify checks who sent a packet and when. What fails here is dropped in silence, and nothing is remembered of it.
func (r *reader) verify(v *verdict, row *peerRow, peer *Peer) (*peerRow, *keyed, error) {
	count := &row.kinds[v.kind]
	secret := peer.Secret
	err := r.verifyAhead(v, secret)
	if err != nil && peer.Previous != "" && errors.Is(err, ErrAuthenticator) {
		secret = peer.Previous
		err = r.verifyAhead(v, secret)
	}
	if err != nil {
		count.add(cBadAuthenticator)
		row.diagnosis.unverified(r.l.st, row)
		return nil, nil, err
	}
	if !row.proven.Load() {
		row = r.row(plain(v.d.remote.Addr()), peer.Name, true)
		count = &row.kinds[v.kind]
	}
	if peer.RequireMessageAuthenticator && findAttr(v.b, typeMessageAuthenticator) == nil {
		count.add(cDropped)
		return nil, nil, ErrMessageAuthenticator
	}
	if err := r.timely(v, peer); err != nil {
		count.add(cDropped)
		count.add(cStale)
		row.diagnosis.stale(r.l.st, row, err)
		return nil, nil, err
	}
	row.diagnosis.fine()
	return row, row.keyed(secret), nil
}

// timely checks Event-Timestamp (RFC 5176, section 6.3).
func (r *reader) timely(v *verdict, peer *Peer) error {
	st := r.l.st
	stamp := findAttr(v.b, typeEventTimestamp)
	if stamp == nil {
		if peer.RequireEventTimestamp {
			return ErrEventTimestamp
		}
		return nil
	}
	if st.window < 0 || peer.IgnoreEventTimestamp {
		return nil
	}
	if err := current(v.b, r.now, st.window); err != nil {
		return err
	}
	v.stamped, v.stamp = true, binary.BigEndian.Uint32(stamp)
	if st.s.RestartGuard && time.Unix(int64(v.stamp), 0).Before(st.started.Add(-restartSlack).Truncate(time.Second)) {
		return ErrEventTimestamp
	}
	return nil
}

// drop traces and logs a datagram that goes no further.
func (r *reader) drop(d *datagram, err error) {
	r.l.st.note(&d.origin, Dropped, d.octets(), err)
}

// flush sends the answers of a batch together, and what is sent on.
func (r *reader) flush() {
	r.signOwed()
	if r.onward != nil {
		r.onward.flush()
	}
	if len(r.out) == 0 {
		return
	}
	for i := range r.out {
		o := &r.out[i]
		o.octets = r.octets[o.start:o.end]
	}
	out := r.out
	r.out, r.octets = r.out[:0], r.octets[:0] // first: nothing is sent twice, whatever a Trace of the host's does
	r.l.st.write(r.l.io, out)
	clear(out)
}

// send puts octets, which end r.octets from start on, among the answers of the batch. What came in by another socket leaves by it at once.
func (r *reader) send(to *origin, start int, op EventOp, cause errcause.Cause) {
	o := outgoing{origin: to, start: start, end: len(r.octets), op: op, cause: cause}
	if to.io != r.l.io {
		r.signOwed()
		o.octets = r.octets[start:]
		r.l.st.write(to.io, []outgoing{o})
		return
	}
	r.out = append(r.out, o)
}
