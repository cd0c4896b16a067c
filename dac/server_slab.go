// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"slices"

	"layeh.com/radius"
)

// A slab has all that a request needs in one piece, but for its octets, which a host may keep for longer than the rest.
type slab struct {
	j    job
	r    Request
	p    radius.Packet
	avps [slabAttributes]radius.AVP
	set  [slabAttributes]*radius.AVP
}

// slabAttributes is how many attributes a request has before they need an allocation of their own. With them a slab fits a size of the allocator.
const slabAttributes = 7

func newJob(r *reader, row *peerRow, k *keyed, v *verdict, from *origin, at ref, peer *Peer) *job {
	made := new(slab)
	wire := slices.Clone(v.b)
	fillPacket(&made.p, wire, made.avps[:0], made.set[:0])
	made.r = Request{Packet: &made.p, Source: unmapped(from.remote), Peer: peer.Name, Local: unmapped(from.local), wire: wire, reveal: k.reveal}
	j := &made.j
	j.st, j.l, j.row, j.key, j.kind, j.from, j.ref, j.arrived = r.l.st, r.l, row, k, uint8(v.kind), from, at, r.now.Sub(r.l.st.started)
	j.stamp, j.req, j.ctx.j = peer.AnswerEventTimestamp, &made.r, j
	return j
}
