// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"runtime/debug"

	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// admit looks a verified request up in the memory and takes it in where it is a first arrival.
func (r *reader) admit(v *verdict, row *peerRow, peer *Peer, k *keyed) {
	st, count := r.l.st, &row.kinds[v.kind]
	id := key{
		auth: [16]byte(v.b[4:headerLen]), source: unmapped(v.d.remote), disconnect: v.kind == 0,
		stamped: v.stamped, stamp: v.stamp, peer: row,
	}
	from := r.origin(v.d)
	now := uint32(r.now.Unix())
	what, where, kept := st.memory.recall(&id, now, from, !r.l.closing.Load(), r.kept[:0])
	if what == full {
		st.memory.relieve(now)
		what, where, kept = st.memory.recall(&id, now, from, true, kept)
	}
	switch what {
	case answered:
		count.add(cDuplicates)
		r.kept = kept
		r.again(v, k, from)
		fallthrough
	case working, silent:
		if what != answered {
			count.add(cDuplicates)
		}
		st.note(from, Repeated, v.b, nil)
		return
	case gone:
		count.add(cDropped)
		count.add(cReplays)
		r.drop(v.d, errReplay)
		return
	case full:
		r.refuse(v, count, errMemoryFull)
		return
	}
	if where == (ref{}) { // draining: nothing new
		r.refuse(v, count, errDraining)
		return
	}
	r.take(newJob(r, row, k, v, from, where, peer), v, peer)
}

// again answers a retransmission with the code and the attributes of the answer that r.kept has.
func (r *reader) again(v *verdict, k *keyed, to *origin) {
	start := len(r.octets)
	at, _ := findMessageAuthenticator(v.b)
	r.octets = appendHeader(r.octets, radius.Code(r.kept[0]), v.b[1], at != 0)
	r.octets = append(r.octets, r.kept[1:]...)
	binary.BigEndian.PutUint16(r.octets[start+2:], uint16(len(r.octets)-start)) // it was no longer before
	r.owe(k, v.b, start)
	r.send(to, start, Resent, 0)
}

var (
	errReplay     = errors.New("dac: executed before, and the answer is gone")
	errMemoryFull = errors.New("dac: the peer's share of the memory of requests is full")
	errDraining   = errors.New("dac: the server is ending")
	errRate       = errors.New("dac: beyond the rate of the peer")
	errNoPlace    = errors.New("dac: no place among the handlers")
)

// refuse drops a request that was in order; it is remembered by nobody.
func (r *reader) refuse(v *verdict, count *kindCounters, why error) {
	count.add(cDropped)
	count.add(cOverload)
	r.drop(v.d, why)
}

// take has a first arrival handled, or says why not.
func (r *reader) take(j *job, v *verdict, peer *Peer) {
	st, count := r.l.st, &j.row.kinds[j.kind]
	if j.kind == 0 && peer.DenyDisconnect || j.kind == 1 && peer.DenyCoA {
		j.row.inWork.Add(1)
		j.counted()
		st.note(j.from, Received, v.b, nil)
		j.finish(j.refusal(errcause.AdministrativelyProhibited), nil, r)
		return
	}
	if why := j.row.beyond(r.now, st.s.PeerRate); why != nil {
		st.memory.forget(j.ref)
		r.refuse(v, count, why)
		return
	}
	where := st.places.enter(j)
	if where == refused {
		if st.s.RefuseOverflow && !r.l.closing.Load() {
			j.counted()
			st.note(j.from, Received, v.b, nil)
			j.finish(j.refusal(errcause.ResourcesUnavailable), nil, r)
			return
		}
		j.row.inWork.Add(-1)
		st.memory.forget(j.ref)
		r.refuse(v, count, errNoPlace)
		return
	}
	j.counted()
	r.announce(j, where, v)
	if where == placed && !r.aside && !r.l.slow(r.now) {
		r.ready = append(r.ready, j)
		return
	}
	j.dispatch(where)
}

// announce tells the host of a request that has its place. A host that ends the goroutine then does not end the request.
func (r *reader) announce(j *job, where turnout, v *verdict) {
	told := false
	defer func() {
		if !told {
			j.dispatch(where)
		}
	}()
	j.arrive()
	r.l.st.note(j.from, Received, v.b, nil)
	told = true
}

// dispatch has j, which has a place of its own or one in the queue, run by a worker.
func (j *job) dispatch(where turnout) {
	if where == placed || j.st.places.push(j) {
		j.st.workers.run(j)
	}
}

// arrive gives a request its number, in order of arrival, and tells the Handler where it wants to know.
func (j *job) arrive() {
	j.st.arriving.Lock()
	defer j.st.arriving.Unlock()
	j.st.seq++
	j.req.Seq = j.st.seq
	if j.st.sequencer == nil {
		return
	}
	defer func() {
		if p := recover(); p != nil { // its Handle follows all the same
			j.log(slog.LevelError, "dac: Sequencer.Arrive panicked", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		}
	}()
	j.st.sequencer.Arrive(j.req)
}
