// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"net/netip"
	"slices"

	"github.com/radius-dynauth/dynauth/attrs"
)

// A key is the hash of one value of one attribute in one context. Its top bits say in which shard
// it stands, its lower half is its tag there, and what lies between is zero. The seed is the
// table's own, so no sender can choose values that collide.
type key uint64

// keyMask leaves the bits of a key that say something.
const keyMask = (1<<indexBits-1)<<(64-indexBits) | 1<<32 - 1

// shard and tag are the two parts of a key.
func (k key) shard() int { return int(k >> (64 - indexBits)) }
func (k key) tag() tag   { return tag(k) }

// A hasher makes keys. Values that attrs.Identity.Selects takes for the same have the same key.
type hasher struct{ seed maphash.Seed }

// salts keep the values of one attribute apart from those of another. They are odd and otherwise of
// no meaning.
var salts = [...]uint64{
	fieldContext:          0x9e3779b97f4a7c15,
	fieldSessionID:        0xbf58476d1ce4e5b9,
	fieldUserName:         0x94d049bb133111eb,
	fieldMultiSessionID:   0xd6e8feb86659fd93,
	fieldCallingStationID: 0xa0761d6478bd642f,
	fieldCalledStationID:  0xe7037ed1a0b428db,
	fieldNASPortID:        0x8ebc6af09c88c6e3,
	fieldCUI:              0x589965cc75374cc3,
	fieldNASPort:          0x1d8e4e27c47d124f,
	fieldIPAddress:        0xeb44accab455d165,
	fieldIPv6Prefix:       0xc2b2ae3d27d4eb4f,
	fieldInterfaceID:      0x165667b19e3779f9,
	fieldOther:            0xff51afd7ed558ccd,
}

// mix folds the product of a and b, so that each bit of either counts in all bits of the result.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// context returns what tells the keys of one context from those of another.
func (h hasher) context(context string) uint64 {
	return bits.RotateLeft64(maphash.String(h.seed, context), 29)
}

func (h hasher) text(f field, context uint64, s string) key {
	return key(mix(maphash.String(h.seed, s)^context, salts[f]) & keyMask)
}

func (h hasher) octets(f field, context uint64, b []byte) key {
	return key(mix(maphash.Bytes(h.seed, b)^context, salts[f]) & keyMask)
}

// name returns the key of a session itself.
func (h hasher) name(context, acctSessionID string) key {
	return h.text(fieldSessionID, h.context(context), acctSessionID)
}

// fewKeys is more than a session has, but for one with very many prefixes. More keys than that are
// in ascending order.
const fewKeys = 24

// keys appends the keys of id to none, but for its Acct-Session-Id, each once.
func (h hasher) keys(none []key, id *attrs.Identity) []key {
	var room [fewOthers]other
	return h.keysWith(none, id, othersOf(room[:0], id))
}

// keysWith is keys, with what is in Other.
func (h hasher) keysWith(none []key, id *attrs.Identity, others []other) []key {
	keys := h.appendKeys(none, id, others)
	if len(keys) > fewKeys {
		slices.Sort(keys)
		return slices.Compact(keys)
	}
	for i := 1; i < len(keys); i++ {
		if slices.Contains(keys[:i], keys[i]) {
			keys = slices.Delete(keys, i, i+1)
			i--
		}
	}
	return keys
}

// contains reports whether k is one of keys, which keysWith has made.
func contains(keys []key, k key) bool {
	if len(keys) > fewKeys {
		_, found := slices.BinarySearch(keys, k)
		return found
	}
	return slices.Contains(keys, k)
}

// appendKeys appends the keys of id, some of them more than once: two prefixes that differ in host
// bits alone, for example.
func (h hasher) appendKeys(keys []key, id *attrs.Identity, others []other) []key {
	context := h.context(id.Context)
	for rest := fields(id) & textFields &^ (1<<fieldContext | 1<<fieldSessionID); rest != 0; rest &= rest - 1 {
		switch f := field(bits.TrailingZeros16(rest)); f {
		case fieldCallingStationID, fieldCalledStationID:
			var room [maxValue]byte
			keys = append(keys, h.octets(f, context, appendFolded(room[:0], *f.text(id))))
		default:
			keys = append(keys, h.text(f, context, *f.text(id)))
		}
	}
	if id.NASPort != nil {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], *id.NASPort)
		keys = append(keys, h.octets(fieldNASPort, context, b[:]))
	}
	if a := id.FramedIPAddress; a.IsValid() {
		b := a.As16()
		keys = append(keys, h.octets(fieldIPAddress, context, b[:]))
	}
	for _, p := range id.FramedIPv6Prefix {
		keys = append(keys, h.prefix(context, p))
	}
	if id.FramedInterfaceID != nil {
		keys = append(keys, h.octets(fieldInterfaceID, context, id.FramedInterfaceID[:]))
	}
	for i := range others {
		keys = append(keys, h.other(context, &others[i]))
	}
	return keys
}

// An other is one value of attrs.Identity.Other: a walk over a map costs more than all else that is
// done with it.
type other struct {
	attrs.ID
	value string
}

// fewOthers is more than most identities have.
const fewOthers = 4

// othersOf appends what is in Other, in no order.
func othersOf(none []other, id *attrs.Identity) []other {
	for k, values := range id.Other {
		for _, v := range values {
			none = append(none, other{k, v})
		}
	}
	return none
}

func (h hasher) other(context uint64, o *other) key {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], uint64(o.Type))
	binary.BigEndian.PutUint32(b[8:], o.Vendor)
	binary.BigEndian.PutUint32(b[12:], o.Sub)
	which := mix(maphash.String(h.seed, o.Name)^uint64(h.octets(fieldOther, context, b[:])), salts[fieldContext])
	return h.text(fieldOther, which, o.value)
}

// prefix ignores the bits behind the prefix: they are to be zero and are not always (RFC 3162,
// section 2.3).
func (h hasher) prefix(context uint64, p netip.Prefix) key {
	var b [17]byte
	a := p.Masked().Addr().As16()
	copy(b[:], a[:])
	b[16] = byte(p.Bits())
	return h.octets(fieldIPv6Prefix, context, b[:])
}

// appendFolded appends s without punctuation and in lower case, so that a MAC address is the same
// in every form (see attrs.StationID). What is no MAC address is folded too, which only makes a
// candidate more here and there.
func appendFolded(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', c >= 0x80:
			b = append(b, c)
		case 'A' <= c && c <= 'Z':
			b = append(b, c|0x20)
		}
	}
	return b
}
