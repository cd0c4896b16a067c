// SPDX-License-Identifier: Apache-2.0

package dac

import "crypto/md5"

// What a read brought is hashed together before the first datagram of it is looked at, for the secrets that their senders have most likely.
// That decides nothing: each datagram is checked in its turn, and hashed there where it was not hashed ahead for just the secret that it
// is checked with.

// A sums is what a datagram should have in it. The zero one is of none.
type sums struct {
	d             *datagram
	key           *keyed
	at            int // of Message-Authenticator; 0: it has none, or no right one
	text          int // of its authenticator; the one of its Message-Authenticator follows
	authenticator [md5.Size]byte
	message       [md5.Size]byte
}

// hashAhead hashes the datagrams of a read. What was hashed of the read before is forgotten.
func (r *reader) hashAhead(ds []datagram) {
	r.sums = r.sums[:0]
	if !hashesMany || len(ds) < fewest {
		return
	}
	h := &r.hasher
	h.reset()
	for i := range ds {
		r.sums = append(r.sums, r.begun(&ds[i]))
	}
	h.hash()
	for i := range r.sums {
		if s := &r.sums[i]; s.d != nil {
			s.authenticator = h.sum(s.text)
			if s.at != 0 {
				s.text = h.outer(h.sum(s.text+1), &s.key.mac)
			}
		}
	}
	h.hash()
	for i := range r.sums {
		if s := &r.sums[i]; s.at != 0 {
			s.message = h.sum(s.text)
		}
	}
}

// begun adds what is to be hashed of a datagram, where it comes from a peer that is near and has verified something before.
func (r *reader) begun(d *datagram) (s sums) {
	addr := plain(d.remote.Addr())
	near := &r.near[placeNear(addr)]
	if near.addr != addr || !near.known || near.row == nil || !near.row.proven.Load() || kindOf(d.octets()) < 0 {
		return s
	}
	b, err := cut(d.octets())
	if err != nil {
		return s
	}
	s.d, s.key = d, near.row.keyed(near.peer.Secret)
	s.text = r.hasher.authenticator(b, zeros[:], s.key.Secret)
	if s.at, _ = findMessageAuthenticator(b); s.at != 0 {
		r.hasher.inner(b, zeros[:], s.at, &s.key.mac)
	}
	return s
}

// verifyRequest is the function of that name, with what was hashed ahead where it would hash the same.
func (r *reader) verifyRequest(v *verdict, s Secret) error {
	if i := r.next - 1; i >= 0 && i < len(r.sums) {
		if ahead := &r.sums[i]; ahead.d == v.d && ahead.key.Secret == s {
			return compare(v.b, ahead.authenticator[:], func(int) []byte { return ahead.message[:] })
		}
	}
	return verifyRequest(v.b, s)
}

// An owed is an answer that is to be signed, together with others, before it is sent.
type owed struct {
	key        *keyed
	request    [md5.Size]byte // its authenticator
	start, end int            // of reader.octets
	at, text   int            // of Message-Authenticator, and of what is being hashed
}

// owe has the octets signed that end r.octets from start on, the answer to the packet request.
func (r *reader) owe(k *keyed, request []byte, start int) {
	r.owed = append(r.owed, owed{key: k, request: [md5.Size]byte(request[4:headerLen]), start: start, end: len(r.octets)})
}

// sign signs what is owed.
func (r *reader) sign() {
	if hashesMany && len(r.owed) >= fewest {
		r.signMany()
	} else {
		for i := range r.owed {
			o := &r.owed[i]
			sign(r.octets[o.start:o.end], o.request[:], o.key.Secret)
		}
	}
	clear(r.owed)
	r.owed = r.owed[:0]
}

// signMany signs all that is owed: Message-Authenticators first, since the Response Authenticators cover them.
func (r *reader) signMany() {
	h := &r.hasher
	h.reset()
	for i := range r.owed {
		o := &r.owed[i]
		b := r.octets[o.start:o.end]
		if o.at, _ = findMessageAuthenticator(b); o.at != 0 {
			o.text = h.inner(b, o.request[:], o.at, &o.key.mac)
		}
	}
	h.hash()
	for i := range r.owed {
		if o := &r.owed[i]; o.at != 0 {
			o.text = h.outer(h.sum(o.text), &o.key.mac)
		}
	}
	h.hash()
	for i := range r.owed {
		o := &r.owed[i]
		b := r.octets[o.start:o.end]
		if o.at != 0 {
			mac := h.sum(o.text)
			copy(b[o.at:], mac[:])
		}
		o.text = h.authenticator(b, o.request[:], o.key.Secret)
	}
	h.hash()
	for i := range r.owed {
		o := &r.owed[i]
		sum := h.sum(o.text)
		copy(r.octets[o.start+4:], sum[:])
	}
}
