// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"encoding/binary"
	"errors"

	"github.com/radius-dynauth/dynauth/dac/internal/admission"
	"github.com/radius-dynauth/dynauth/dac/internal/dedup"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
	"github.com/radius-dynauth/dynauth/dac/internal/rate"
	"github.com/radius-dynauth/dynauth/errcause"
)

// admit looks a verified request up in the duplicate detection cache (RFC 5080, section 2.2.2) and
// takes it in where it is a first arrival. A request is executed once, however often it comes: what
// is in work is answered when it is done, what was answered is answered with the same octets, and
// what has been forgotten although its Event-Timestamp is current is dropped as a replay (RFC 5176,
// section 6.3). While the listener drains, what is known is still answered.
func (r *reader) admit(v *verdict, row *peerstate.Row, peer *Sender, k *peerstate.Keyed) {
	st, count := r.l.st, &row.Kinds[v.kind]
	if r.l.tokens() {
		r.admitToken(v, row, peer)
		return
	}
	id := r.keyOf(v, row)
	from := r.peerCache.origin(v.d)
	what, where, kept := st.dedup.Lookup(&id, r.now, from, !r.l.closing(), r.kept[:0])
	if what == dedup.Full {
		st.dedup.Expire(r.now)
		what, where, kept = st.dedup.Lookup(&id, r.now, from, true, kept)
	}
	switch what {
	case dedup.Answered:
		count.Add(peerstate.Duplicates)
		r.kept = kept
		r.again(v, k, from)
		fallthrough
	case dedup.Working, dedup.Silent:
		if what != dedup.Answered {
			count.Add(peerstate.Duplicates)
		}
		if what == dedup.Working && r.l.stream != nil {
			st.waits.again(&r.l.stream.line, uint32(id.ID), where)
		}
		st.notes.note(wasRepeated, from, v.b, nil)
		return
	case dedup.Expired:
		count.Add(peerstate.Dropped)
		count.Add(peerstate.Replays)
		r.drop(v.d, errReplay)
		return
	case dedup.Full:
		if r.l.reliable() && !r.l.closing() {
			// Without a place in the cache, which a refusal does not need: nothing is done.
			r.overflow(r.newJob(v, row, k, from, dedup.Ref{}, peer), v)
			return
		}
		r.refuse(v, count, errCacheFull)
		return
	}
	if where == (dedup.Ref{}) { // draining: nothing new
		r.refuse(v, count, errDraining)
		return
	}
	r.take(r.newJob(v, row, k, from, where, peer), v, peer)
}

// keyOf is what a request is known by: Request Authenticator, identifier, code, source address and
// port. By a connection the peer stands for address and port, so that what was sent again by the
// next connection is known.
func (r *reader) keyOf(v *verdict, row *peerstate.Row) dedup.Key {
	id := dedup.Key{
		Authenticator: [16]byte(v.b[4:packet.HeaderLen]), Source: netio.Unmap(v.d.Remote), ID: v.b[1], CoA: v.kind == 1,
		Stamped: v.stamped, Share: &row.Share,
	}
	if v.stamped {
		id.Left = dedup.Left(v.stamp, r.now, r.l.st.Window)
	}
	if s := r.l.stream; s != nil {
		id.ByPeer, id.Conn = true, s.number
	}
	return id
}

// again answers a retransmission with the code and the attributes of the answer that r.kept has.
func (r *reader) again(v *verdict, k *peerstate.Keyed, to *netio.Origin) {
	start := len(r.octets)
	// Of RADIUS/1.1 no answer is kept, since its requests have no authenticator to be known by.
	r.octets = packet.AppendAnswerHeader(r.octets, packet.Code(r.kept[0]), v.b, false)
	r.octets = append(r.octets, r.kept[1:]...)
	// It was no longer before.
	binary.BigEndian.PutUint16(r.octets[start+2:], uint16(len(r.octets)-start))
	r.answer(recipients{first: to}, k, v.b, start, wasResent, 0)
}

// newJob makes the job of a request, and the host its task.
func (r *reader) newJob(v *verdict, row *peerstate.Row, k *peerstate.Keyed, from *netio.Origin, at dedup.Ref, peer *Sender) *Job {
	// It stands in the reader, since what an interface is given escapes.
	r.verified = Verified{Octets: v.b, From: from, Peer: peer.Name, Key: k}
	if s := r.l.stream; s != nil {
		r.verified.Conn = s.conn
	}
	t := r.l.host.Task(&r.verified)
	j, ctx := t.Base()
	j.begin(ctx, r.l, t, &r.verified, row, at, r.now)
	j.kind, j.stamp = uint8(v.kind), peer.AnswerEventTimestamp
	if s := r.l.stream; s != nil {
		j.wait = r.l.st.waits.first(&s.line, packet.IDOf(v.b, r.l.tokens()), at, &row.Kinds[v.kind])
	}
	return j
}

var (
	errReplay     = errors.New("dac: replay: the cached response has expired")
	errCacheFull  = errors.New("dac: the peer's share of the duplicate detection cache is full: raise Server.Memory")
	errDraining   = errors.New("dac: the server is ending")
	errNoPlace    = errors.New("dac: no place among the handlers")
	errTokenInUse = errors.New("dac: a Token was used again while its request is in work (RFC 9765, section 4.2.1)")
)

// admitToken is admit for RADIUS/1.1, which has no Request Authenticator by which duplicates would
// be known: a Token is all that tells two requests apart (RFC 9765, section 4.2.1).
func (r *reader) admitToken(v *verdict, row *peerstate.Row, peer *Sender) {
	s := r.l.stream
	if r.l.closing() {
		r.refuse(v, &row.Kinds[v.kind], errDraining)
		return
	}
	if token := packet.Token(v.b); r.l.st.waits.has(&s.line, token) {
		r.l.st.Log.Warn("dac: a peer uses a Token again while its request is in work, so the connection ends (RFC 9765, section 4.2.1)",
			"peer", peer.Name, "addr", s.Remote, "token", token)
		row.Kinds[v.kind].Add(peerstate.Dropped)
		r.drop(v.d, errTokenInUse)
		r.l.fail("receive", errTokenInUse)
		return
	}
	r.take(r.newJob(v, row, r.l.st.clear, r.peerCache.origin(v.d), dedup.Ref{}, peer), v, peer)
}

// refuse drops a request that was in order; it is not remembered, so that its retransmission may
// find what it has not: room.
func (r *reader) refuse(v *verdict, count *peerstate.Counts, why error) {
	count.Add(peerstate.Dropped)
	count.Add(peerstate.Overload)
	r.drop(v.d, why)
}

// take has a first arrival handled, or says why not: by policy (NAK 501), because its peer is
// beyond its rate, or because there is no place. Each way out counts it and ends it, once.
func (r *reader) take(j *Job, v *verdict, peer *Sender) {
	st, count := r.l.st, &j.row.Kinds[j.kind]
	if j.kind == 0 && peer.DenyDisconnect || j.kind == 1 && peer.DenyCoA {
		j.row.InWork.Add(1)
		j.counted()
		st.notes.note(wasReceived, j.from, v.b, nil)
		r.finish(j, j.Refused(errcause.AdministrativelyProhibited))
		return
	}
	limit := st.PeerRate
	if peer.Limit != (rate.Limit{}) {
		limit = peer.Limit
	}
	if why := j.row.Beyond(r.now, limit); why != nil {
		if r.l.reliable() && !r.l.closing() {
			r.overflow(j, v)
			return
		}
		j.forget()
		r.refuse(v, count, why)
		return
	}
	where := j.enter()
	if where == admission.Refused {
		j.row.InWork.Add(-1)
		if (st.RefuseOverflow || r.l.reliable()) && !r.l.closing() {
			r.overflow(j, v)
			return
		}
		j.forget()
		r.refuse(v, count, errNoPlace)
		return
	}
	j.counted()
	r.announce(j, where, v)
	if where == admission.Placed && !r.aside && !r.l.spells.last(r.now) {
		r.ready = append(r.ready, j)
		return
	}
	j.dispatch(where)
}

// overflow refuses a request that there is no room for with NAK 506. By a reliable connection that
// is so without Server.RefuseOverflow too, since what is sent there is not sent again.
func (r *reader) overflow(j *Job, v *verdict) {
	j.row.InWork.Add(1)
	j.counted()
	j.row.Kinds[j.kind].Add(peerstate.Overflow)
	r.l.st.notes.note(wasReceived, j.from, v.b, nil)
	r.finish(j, j.Refused(errcause.ResourcesUnavailable))
}

// announce tells the host of a request that has its place. A host that ends the goroutine then does
// not end the request.
func (r *reader) announce(j *Job, where admission.Result, v *verdict) {
	told := false
	defer func() {
		if !told {
			j.dispatch(where)
		}
	}()
	j.arrive()
	r.l.st.notes.note(wasReceived, j.from, v.b, nil)
	told = true
}
