// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
)

// sums are the MD5 sums of one read loop, many at a time: the Request Authenticators and
// Message-Authenticators of what a read brought (RFC 5176, sections 2.3 and 3.4), and those of the
// answers that leave together.
//
// What came is hashed before the first datagram of it is looked at, for the secrets that their
// senders have most likely. That decides nothing: each datagram is checked in its turn, and hashed
// there where it was not hashed ahead for just the octets and the secret that it is checked with.
//
// sums belong to the goroutine that leads the read loop. An answer that leaves without the others
// is signed by authn.SignResponse.
type sums struct {
	hasher authn.Digester
	// The datagrams of the last read, in order, hashed together; or none.
	ahead    []authn.Digest
	coming   []authn.Digest // those, before they are hashed
	unsigned []authn.Digest // answers that are to be signed yet
}

// begin forgets what was hashed of the last read, and reports whether n datagrams are worth hashing
// together: then each is expected, in order, and hash ends that.
func (s *sums) begin(n int) (worth bool) {
	s.ahead = s.ahead[:0]
	s.coming = s.ahead
	return authn.Many && n >= authn.MinMany
}

// expect takes the next datagram, the packet b that is most likely signed with k; a nil k: nothing
// is known of it, and it is checked alone.
func (s *sums) expect(b []byte, k *peerstate.Keyed) {
	var d authn.Digest
	if k != nil {
		d.Octets, d.Key = b, &k.Key
	}
	s.coming = append(s.coming, d)
}

// hash hashes what is expected.
func (s *sums) hash() {
	s.hasher.Compute(s.coming)
	s.ahead = s.coming // last: nothing is held against a sum that is not there yet
}

// verify is authn.VerifyRequest of the packet b, which stands in datagram i of the read, by what
// was hashed ahead where that is the same: of just these octets and with this secret.
func (s *sums) verify(i int, b []byte, secret authn.Secret) error {
	if i >= 0 && i < len(s.ahead) {
		if d := &s.ahead[i]; len(d.Octets) == len(b) && &d.Octets[0] == &b[0] && d.Key.Secret == secret {
			return d.Verify()
		}
	}
	return authn.VerifyRequest(b, secret)
}

// signLater has the octets from start to end of a batch, the answer to the packet request, signed
// together with others before they are sent. Where k signs nothing, RADIUS/1.1, they are as they
// are.
func (s *sums) signLater(k *peerstate.Keyed, request []byte, start, end int) {
	if !k.Signs() {
		return
	}
	s.unsigned = append(s.unsigned, authn.Digest{Start: start, End: end, Field: authn.FieldOf(request), Key: &k.Key})
}

// sign signs what is owed in the octets of the batch.
func (s *sums) sign(octets []byte) {
	for i := range s.unsigned {
		d := &s.unsigned[i]
		d.Octets = octets[d.Start:d.End]
	}
	s.hasher.Sign(s.unsigned)
	clear(s.unsigned)
	s.unsigned = s.unsigned[:0]
}

// rest gives the room of the hashing back: a connection that has little to do keeps none.
func (s *sums) rest() { s.hasher = authn.Digester{} }
