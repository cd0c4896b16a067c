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

// maxTogether is how many octets a packet has that is hashed together with others: a read of them has room in a hasher for good, so that what does
// not verify costs no memory, and larger ones are as quick one by one.
const maxTogether = 512

// A manyHasher hashes for many packets at once what a hasher hashes for one. Its texts are added first, hashed together, and read then.
// Like hasher it runs outside of FIPS enforcement, which its MD5 knows nothing of.
type manyHasher struct {
	octets []byte // of the texts
	texts  []md5lanes.Text
	hashed int
}

// A signingKey is a secret, and HMAC-MD5 (RFC 2104) with it taken in. It is read-only.
type signingKey struct {
	Secret       Secret
	inner, outer md5lanes.State // zero where nothing is hashed for many
}

func newSigningKey(s Secret) signingKey {
	if !hashesMany {
		return signingKey{Secret: s}
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
	return signingKey{s, texts[0].State, texts[1].State}
}

// A summed is a packet and what its authenticators should be.
type summed struct {
	b             []byte         // cut; nil: it is nobody's
	start, end    int            // of b in a buffer that may have to grow first
	field         [md5.Size]byte // what is hashed for its authenticator: zero for a request
	key           *signingKey
	authenticator [md5.Size]byte
	message       [md5.Size]byte // Message-Authenticator
	at            int            // of that; 0: it has none, or no right one

	text, messageText int // numbers of the texts
}

// sums computes what the authenticators of all should be.
func (m *manyHasher) sums(all []summed) {
	defer m.reset()
	m.addAuthenticators(all)
	m.messages(all) // hashes the others too
	m.takeAuthenticators(all)
}

// sign is the function of that name for all, of which each has a packet: Message-Authenticators first, since the authenticators cover them.
func (m *manyHasher) sign(all []summed) {
	few := !hashesMany || len(all) < fewest
	for i := range all {
		if s := &all[i]; few || len(s.b) > maxTogether {
			sign(s.b, s.field[:], s.key.Secret)
			s.b = nil
		}
	}
	if few {
		return
	}
	defer m.reset()
	m.messages(all)
	for i := range all {
		if s := &all[i]; s.at != 0 {
			copy(s.b[s.at:], s.message[:])
		}
	}
	m.addAuthenticators(all)
	m.hash()
	m.takeAuthenticators(all)
	for i := range all {
		if s := &all[i]; s.b != nil {
			copy(s.b[4:headerLen], s.authenticator[:])
		}
	}
}

// messages computes Message-Authenticators (RFC 5176, section 3.4).
func (m *manyHasher) messages(all []summed) {
	for i := range all {
		if s := &all[i]; s.b != nil {
			if s.at, _ = findMessageAuthenticator(s.b); s.at != 0 {
				s.messageText = m.inner(s.b, s.field[:], s.at, s.key)
			}
		}
	}
	m.hash()
	for i := range all {
		if s := &all[i]; s.at != 0 {
			s.messageText = m.outer(m.sum(s.messageText), s.key)
		}
	}
	m.hash()
	for i := range all {
		if s := &all[i]; s.at != 0 {
			s.message = m.sum(s.messageText)
		}
	}
}

// addAuthenticators adds the texts of authenticators, and takeAuthenticators takes what hash made of them (RFC 5176, section 2.3).
func (m *manyHasher) addAuthenticators(all []summed) {
	for i := range all {
		if s := &all[i]; s.b != nil {
			s.text = m.authenticator(s.b, s.field[:], s.key.Secret)
		}
	}
}

func (m *manyHasher) takeAuthenticators(all []summed) {
	for i := range all {
		if s := &all[i]; s.b != nil {
			s.authenticator = m.sum(s.text)
		}
	}
}

// verify is verifyRequest, once summed.
func (s *summed) verify() error {
	return compare(s.b, s.authenticator[:], func(int) []byte { return s.message[:] })
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
func (m *manyHasher) inner(b, field []byte, at int, k *signingKey) (n int) {
	start := m.with(b, field)
	clear(m.octets[start+at : start+at+md5.Size])
	return m.end(start, &k.inner, md5lanes.BlockSize)
}

func (m *manyHasher) outer(inner [md5.Size]byte, k *signingKey) (n int) {
	start := len(m.octets)
	m.octets = append(m.octets, inner[:]...)
	return m.end(start, &k.outer, md5lanes.BlockSize)
}
