// SPDX-License-Identifier: Apache-2.0

package dac

// What a read brought is hashed together before the first datagram of it is looked at, for the secrets that their senders have most likely.
// That decides nothing: each datagram is checked in its turn, and hashed there where it was not hashed ahead for just the secret that it
// is checked with. Answers are signed together likewise, when they leave.

// hashAhead hashes the datagrams of a read.
func (r *reader) hashAhead(ds []datagram) {
	if !hashesMany || len(ds) < fewest {
		return
	}
	all := r.ahead[:0]
	for i := range ds {
		all = append(all, r.likely(&ds[i]))
	}
	r.hasher.sums(all)
	r.ahead = all // last: nothing is held against a sum that is not there yet
}

// likely is d with the secret that it has most likely, where it comes from a peer that is near and has verified something with it before.
func (r *reader) likely(d *datagram) (s summed) {
	addr := plain(d.remote.Addr())
	near := &r.near[placeNear(addr)]
	if near.addr != addr || !near.known || near.row == nil || kindOf(d.octets()) < 0 {
		return s
	}
	k := near.row.key(near.peer.Secret)
	if k == nil {
		return s
	}
	if b, err := cut(d.octets()); err == nil && len(b) <= maxTogether {
		s.b, s.key = b, &k.signingKey
	}
	return s
}

// verifyAhead is verifyRequest, by what was hashed ahead where that is the same: of just these octets and with this secret.
func (r *reader) verifyAhead(v *verdict, secret Secret) error {
	if i := r.next - 1; i >= 0 && i < len(r.ahead) {
		if s := &r.ahead[i]; len(s.b) == len(v.b) && &s.b[0] == &v.b[0] && s.key.Secret == secret {
			return s.verify()
		}
	}
	return verifyRequest(v.b, secret)
}

// owe has the octets signed that end r.octets from start on, the answer to the packet request, together with others before they are sent.
func (r *reader) owe(k *keyed, request []byte, start int) {
	r.owed = append(r.owed, summed{start: start, end: len(r.octets), field: [len(zeros)]byte(request[4:headerLen]), key: &k.signingKey})
}

// signOwed signs what is owed.
func (r *reader) signOwed() {
	for i := range r.owed {
		o := &r.owed[i]
		o.b = r.octets[o.start:o.end]
	}
	r.hasher.sign(r.owed)
	clear(r.owed)
	r.owed = r.owed[:0]
}
