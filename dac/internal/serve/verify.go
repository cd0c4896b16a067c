// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"errors"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
)

// check verifies a packet of a known peer and admits it. Until it has verified, its sender is not
// known: nothing is allocated, nothing is remembered but counts and a diagnosis, and nothing is
// answered.
func (r *reader) check(v *verdict, row *peerstate.Row, peer *Sender) {
	if v.kind < 0 {
		row.UnknownType.Add(1)
		r.drop(v.d, packet.ErrMalformed)
		return
	}
	row, k, err := r.verify(v, row, peer)
	if err != nil {
		r.drop(v.d, err)
		return
	}
	r.admit(v, row, peer, k)
}

// malformed counts a datagram that is no packet, under its sender, which is a peer. A connection
// ends with it: where the next packet begins is not known any more.
func (r *reader) malformed(v *verdict, row *peerstate.Row, err error) {
	if v.kind < 0 {
		row.UnknownType.Add(1)
	} else {
		row.Kinds[v.kind].Add(peerstate.Malformed)
	}
	if r.l.stream != nil {
		r.l.fail("parse", err)
	} else {
		r.l.st.firsts.unusable(r.l.st.Log, &v.d.Origin, row, r.now, err)
	}
	r.drop(v.d, err)
}

// verify checks who sent a packet and when. What fails here is dropped in silence, and nothing is
// remembered of it. The row may be another one from here on: the first packet that verifies gives
// its sender one of its own.
func (r *reader) verify(v *verdict, row *peerstate.Row, peer *Sender) (*peerstate.Row, *peerstate.Keyed, error) {
	st, count := r.l.st, &row.Kinds[v.kind]
	secret, err := r.authentic(v, peer)
	if err != nil {
		count.Add(peerstate.BadAuthenticator)
		if r.l.stream != nil {
			r.l.fail("verify", err)
			return nil, nil, err
		}
		st.firsts.unusable(st.Log, &v.d.Origin, row, r.now, err)
		row.Diagnosis.Unverified(st.Log, row)
		return nil, nil, err
	}
	if !row.Proven.Load() {
		row = r.peerCache.row(&st.peers, st.Fixed, netio.Plain(v.d.Remote.Addr()), peer.Name, true)
		count = &row.Kinds[v.kind]
	}
	if peer.RequireMessageAuthenticator && !r.l.tokens() && packet.Find(v.b, packet.TypeMessageAuthenticator) == nil {
		count.Add(peerstate.Dropped)
		return nil, nil, authn.ErrMessageAuthenticator
	}
	if err := r.timely(v, peer); err != nil {
		count.Add(peerstate.Dropped)
		count.Add(peerstate.Stale)
		row.Diagnosis.Stale(st.Log, row, err)
		return nil, nil, err
	}
	row.Diagnosis.Fine()
	if r.l.tokens() {
		return row, st.clear, nil
	}
	return row, row.Keyed(secret, st.KeyHost), nil
}

// authentic returns the secret that verifies a packet (RFC 5176, section 2.3): the present one, or
// the one before it while a secret is being changed. RADIUS/1.1 has none: TLS has verified it.
func (r *reader) authentic(v *verdict, peer *Sender) (authn.Secret, error) {
	if r.l.tokens() {
		return "", nil
	}
	at := r.next - 1 // where it stands in the read
	err := r.sums.verify(at, v.b, peer.Secret)
	if err != nil && peer.Previous != "" && errors.Is(err, authn.ErrAuthenticator) {
		return peer.Previous, r.sums.verify(at, v.b, peer.Previous)
	}
	return peer.Secret, err
}

// timely checks Event-Timestamp (RFC 5176, section 6.3). Without one a request may be a replay of
// any age, which peers may be required to exclude.
func (r *reader) timely(v *verdict, peer *Sender) error {
	st := r.l.st
	stamp, stamped := packet.Earliest(v.b)
	if !stamped {
		if peer.RequireEventTimestamp {
			return packet.ErrEventTimestamp
		}
		return nil
	}
	if st.Window < 0 || peer.IgnoreEventTimestamp {
		return nil
	}
	if err := packet.Current(v.b, r.now, st.Window); err != nil {
		return err
	}
	v.stamped, v.stamp = true, stamp
	if st.RestartGuard && st.beforeStart(stamp, r.now) {
		return packet.ErrEventTimestamp
	}
	return nil
}
