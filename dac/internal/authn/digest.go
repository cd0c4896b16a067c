// SPDX-License-Identifier: Apache-2.0

package authn

import (
	"crypto/md5"

	"github.com/radius-dynauth/dynauth/dac/internal/md5lanes"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
)

// Many says whether hashing for many packets at once is faster than one by one on this machine.
// It is read-only; tests alone clear it, to compare both ways.
var Many = md5lanes.Available()

// Packets are hashed together where there are MinMany of them at least, each of MaxManyOctets at
// most: a batch of such packets has room in a Digester for good, so that packets which do not
// verify allocate nothing, and larger ones are as quick one by one.
const (
	MinMany       = 4
	MaxManyOctets = 512
)

// A Key is a Secret, and HMAC-MD5 (RFC 2104) with it taken in. It is read-only.
type Key struct {
	Secret       Secret
	inner, outer md5lanes.State // zero where Many is false
}

// NewKey makes the Key of s.
func NewKey(s Secret) Key {
	if !Many {
		return Key{Secret: s}
	}
	key := []byte(s)
	if len(key) > md5lanes.BlockSize {
		OutsideFIPS(func() {
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
	texts := []md5lanes.Text{
		{State: md5lanes.Initial, Octets: pads[0][:]},
		{State: md5lanes.Initial, Octets: pads[1][:]},
	}
	onMD5()
	md5lanes.Hash(texts)
	return Key{s, texts[0].State, texts[1].State}
}

// A Digest is a packet and what its authenticators should be.
type Digest struct {
	Octets     []byte // the packet; nil: none, and the Digest is passed over
	Start, End int    // for the caller: where Octets stand in a buffer that may still grow
	Field      Field  // zero for a request
	Key        *Key

	authenticator [md5.Size]byte
	message       [md5.Size]byte // Message-Authenticator
	at            int            // offset of that; 0: the packet has none, or no right one

	text, messageText int // numbers of the texts in the Digester
}

// Verify is VerifyRequest, or VerifyResponse, by what Digester.Compute has computed.
func (d *Digest) Verify() error {
	return compare(d.Octets, d.authenticator[:], func(int) []byte { return d.message[:] })
}

// A Digester hashes for many packets at once. It adds the texts of all, hashes them together and
// reads the sums. The zero Digester is ready; it keeps its room and is not safe for concurrent
// use. Its MD5 is that of md5lanes, which FIPS enforcement does not reach.
type Digester struct {
	octets []byte // of the texts
	texts  []md5lanes.Text
	hashed int
}

// Compute computes what the authenticators of all should be, where Many is true.
func (m *Digester) Compute(all []Digest) {
	defer m.reset()
	m.addAuthenticators(all)
	m.messages(all) // hashes the others too
	m.takeAuthenticators(all)
}

// Sign signs the packets of all in place, each of which has one: Message-Authenticators first,
// since the authenticators cover them. Few or large packets are signed one by one.
func (m *Digester) Sign(all []Digest) {
	few := !Many || len(all) < MinMany
	for i := range all {
		if d := &all[i]; few || len(d.Octets) > MaxManyOctets {
			sign(d.Octets, d.Field[:], d.Key.Secret)
			d.Octets = nil
		}
	}
	if few {
		return
	}
	defer m.reset()
	m.messages(all)
	for i := range all {
		if d := &all[i]; d.at != 0 {
			copy(d.Octets[d.at:], d.message[:])
		}
	}
	m.addAuthenticators(all)
	m.hash()
	m.takeAuthenticators(all)
	for i := range all {
		if d := &all[i]; d.Octets != nil {
			copy(d.Octets[4:packet.HeaderLen], d.authenticator[:])
		}
	}
}

// messages computes Message-Authenticators (RFC 5176, section 3.4): HMAC in two rounds, each for
// all packets at once.
func (m *Digester) messages(all []Digest) {
	for i := range all {
		if d := &all[i]; d.Octets != nil {
			if d.at, _ = packet.FindMessageAuthenticator(d.Octets); d.at != 0 {
				d.messageText = m.inner(d.Octets, d.Field[:], d.at, d.Key)
			}
		}
	}
	m.hash()
	for i := range all {
		if d := &all[i]; d.at != 0 {
			d.messageText = m.outer(m.sum(d.messageText), d.Key)
		}
	}
	m.hash()
	for i := range all {
		if d := &all[i]; d.at != 0 {
			d.message = m.sum(d.messageText)
		}
	}
}

// addAuthenticators adds the texts of authenticators, and takeAuthenticators takes what hash made
// of them (RFC 5176, section 2.3).
func (m *Digester) addAuthenticators(all []Digest) {
	for i := range all {
		if d := &all[i]; d.Octets != nil {
			d.text = m.authenticator(d.Octets, d.Field[:], d.Key.Secret)
		}
	}
}

func (m *Digester) takeAuthenticators(all []Digest) {
	for i := range all {
		if d := &all[i]; d.Octets != nil {
			d.authenticator = m.sum(d.text)
		}
	}
}

// maxKeptText is how many octets of texts a Digester keeps room for: those of 64 packets of
// MaxManyOctets, with two texts each.
const maxKeptText = 128 << 10

// reset forgets all texts.
func (m *Digester) reset() {
	clear(m.texts)
	m.octets, m.texts, m.hashed = m.octets[:0], m.texts[:0], 0
	if cap(m.octets) > maxKeptText {
		m.octets = nil
	}
}

// hash hashes the texts that were added since it was called last.
func (m *Digester) hash() {
	if m.hashed == len(m.texts) {
		return
	}
	onMD5()
	md5lanes.Hash(m.texts[m.hashed:])
	m.hashed = len(m.texts)
}

// sum is what text n gave, once hashed.
func (m *Digester) sum(n int) [md5.Size]byte { return m.texts[n].State.Sum() }

// with begins a text: the packet b with field for its authenticator.
func (m *Digester) with(b, field []byte) (start int) {
	start = len(m.octets)
	m.octets = append(append(append(m.octets, b[:4]...), field...), b[packet.HeaderLen:]...)
	return start
}

// end ends the text that began at octet start, behind hashed octets of state, and returns its
// number.
func (m *Digester) end(start int, state *md5lanes.State, hashed uint64) (n int) {
	m.octets = md5lanes.AppendPadding(m.octets, start, hashed)
	octets := m.octets[start:len(m.octets):len(m.octets)]
	m.texts = append(m.texts, md5lanes.Text{State: *state, Octets: octets})
	return len(m.texts) - 1
}

// authenticator adds what hasher.authenticator hashes.
func (m *Digester) authenticator(b, field []byte, s Secret) (n int) {
	start := m.with(b, field)
	m.octets = append(m.octets, s...)
	return m.end(start, &md5lanes.Initial, 0)
}

// inner adds the first half of what hasher.messageAuthenticator hashes, and outer, once that is
// hashed, the second.
func (m *Digester) inner(b, field []byte, at int, k *Key) (n int) {
	start := m.with(b, field)
	clear(m.octets[start+at : start+at+md5.Size])
	return m.end(start, &k.inner, md5lanes.BlockSize)
}

func (m *Digester) outer(inner [md5.Size]byte, k *Key) (n int) {
	start := len(m.octets)
	m.octets = append(m.octets, inner[:]...)
	return m.end(start, &k.outer, md5lanes.BlockSize)
}
