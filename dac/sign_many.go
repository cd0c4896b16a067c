// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"crypto/fips140"
	"crypto/md5"

	"github.com/radius-dynauth/dynauth/dac/internal/md5lanes"
)

// hashesMany says whether hashing for many packets at once is worth anything here.
var hashesMany = md5lanes.Available()

// fewest is how many packets are worth hashing for at once.
const fewest = 4

// A manyHasher hashes for many packets at once what a hasher hashes for one. Its texts are added first, hashed together, and read then.
// Like hasher it runs outside of FIPS enforcement, which its MD5 knows nothing of.
type manyHasher struct {
	octets []byte // of the texts
	texts  []md5lanes.Text
	hashed int
}

// A macKey is HMAC-MD5 (RFC 2104) with the secret taken in.
type macKey struct{ inner, outer md5lanes.State }

// newMACKey returns the one for s, and the zero one where nothing is hashed for many.
func newMACKey(s Secret) macKey {
	if !hashesMany {
		return macKey{}
	}
	key := []byte(s)
	if len(key) > md5lanes.BlockSize {
		fips140.WithoutEnforcement(func() {
			sum := md5.Sum(key)
			key = sum[:]
		})
	}
	var pads [2][md5lanes.BlockSize]byte
	for i, pad := range [2]byte{0x36, 0x5c} {
		copy(pads[i][:], key)
		for at := range pads[i] {
			pads[i][at] ^= pad
		}
	}
	texts := []md5lanes.Text{{State: md5lanes.Initial, Octets: pads[0][:]}, {State: md5lanes.Initial, Octets: pads[1][:]}}
	md5lanes.Hash(texts)
	return macKey{texts[0].State, texts[1].State}
}

// A claim is a request that is to be verified, and what its authenticators should be.
type claim struct {
	b             []byte // cut; nil: it is nobody's
	secret        Secret
	mac           *macKey
	authenticator [md5.Size]byte
	message       [md5.Size]byte
	at            int // of Message-Authenticator; 0: it has none, or no right one

	text, messageText int
}

// sums computes what the authenticators of all should be.
func (m *manyHasher) sums(all []claim) {
	defer m.reset()
	for i := range all {
		if c := &all[i]; c.b != nil {
			c.text = m.authenticator(c.b, zeros[:], c.secret)
			if c.at, _ = findMessageAuthenticator(c.b); c.at != 0 {
				c.messageText = m.inner(c.b, zeros[:], c.at, c.mac)
			}
		}
	}
	m.hash()
	for i := range all {
		if c := &all[i]; c.at != 0 {
			c.messageText = m.outer(m.sum(c.messageText), c.mac)
		}
	}
	m.hash()
	for i := range all {
		if c := &all[i]; c.b != nil {
			c.authenticator = m.sum(c.text)
			if c.at != 0 {
				c.message = m.sum(c.messageText)
			}
		}
	}
}

// verify is verifyRequest, once summed.
func (c *claim) verify() error {
	return compare(c.b, c.authenticator[:], func(int) []byte { return c.message[:] })
}

// An unsigned is a packet that is to be signed in place.
type unsigned struct {
	b          []byte
	start, end int            // of b in a buffer that may have to grow first
	field      [md5.Size]byte // what is hashed for its authenticator
	secret     Secret
	mac        *macKey

	at, text int // of Message-Authenticator; of what is hashed
}

// sign is the function of that name for all: Message-Authenticators first, since the authenticators cover them.
func (m *manyHasher) sign(all []unsigned) {
	defer m.reset()
	for i := range all {
		u := &all[i]
		if u.at, _ = findMessageAuthenticator(u.b); u.at != 0 {
			u.text = m.inner(u.b, u.field[:], u.at, u.mac)
		}
	}
	m.hash()
	for i := range all {
		if u := &all[i]; u.at != 0 {
			u.text = m.outer(m.sum(u.text), u.mac)
		}
	}
	m.hash()
	for i := range all {
		u := &all[i]
		if u.at != 0 {
			sum := m.sum(u.text)
			copy(u.b[u.at:], sum[:])
		}
		u.text = m.authenticator(u.b, u.field[:], u.secret)
	}
	m.hash()
	for i := range all {
		u := &all[i]
		sum := m.sum(u.text)
		copy(u.b[4:headerLen], sum[:])
	}
}

// maxKeptText is how many octets of texts a hasher keeps room for: those of a whole read of packets that are hashed ahead, with two texts each.
const maxKeptText = 128 << 10

// reset forgets all texts.
func (m *manyHasher) reset() {
	clear(m.texts)
	m.octets, m.texts, m.hashed = m.octets[:0], m.texts[:0], 0
	if cap(m.octets) > maxKeptText {
		m.octets = nil
	}
}

// hash hashes the texts that were added since it was called last.
func (m *manyHasher) hash() {
	md5lanes.Hash(m.texts[m.hashed:])
	m.hashed = len(m.texts)
}

// sum is what text n gave, once hashed.
func (m *manyHasher) sum(n int) [md5.Size]byte { return m.texts[n].State.Sum() }

// with begins a text: the packet b with field for its authenticator.
func (m *manyHasher) with(b, field []byte) (start int) {
	start = len(m.octets)
	m.octets = append(append(append(m.octets, b[:4]...), field...), b[headerLen:]...)
	return start
}

// end ends the text that began at octet start, behind hashed octets of state, and returns its number.
func (m *manyHasher) end(start int, state *md5lanes.State, hashed uint64) (n int) {
	m.octets = md5lanes.AppendPadding(m.octets, start, hashed)
	m.texts = append(m.texts, md5lanes.Text{State: *state, Octets: m.octets[start:len(m.octets):len(m.octets)]})
	return len(m.texts) - 1
}

// authenticator adds what hasher.authenticator hashes.
func (m *manyHasher) authenticator(b, field []byte, s Secret) (n int) {
	start := m.with(b, field)
	m.octets = append(m.octets, s...)
	return m.end(start, &md5lanes.Initial, 0)
}

// inner adds the first half of what hasher.messageAuthenticator hashes, and outer, once that is hashed, the second.
func (m *manyHasher) inner(b, field []byte, at int, k *macKey) (n int) {
	start := m.with(b, field)
	clear(m.octets[start+at : start+at+md5.Size])
	return m.end(start, &k.inner, md5lanes.BlockSize)
}

func (m *manyHasher) outer(inner [md5.Size]byte, k *macKey) (n int) {
	start := len(m.octets)
	m.octets = append(m.octets, inner[:]...)
	return m.end(start, &k.outer, md5lanes.BlockSize)
}
