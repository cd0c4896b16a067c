// SPDX-License-Identifier: Apache-2.0

package packet

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"layeh.com/radius"
)

// The packet of RFC 2865, section 3, and RFC 5176, section 2.3:
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|     Code      |  Identifier   |            Length             |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|                         Authenticator                         |
//	|                          (16 octets)                          |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|  Attributes ...
const (
	HeaderLen        = 20                     // octets before the attributes
	MaxLen           = radius.MaxPacketLength // octets of a packet: 4096
	MaxValue         = 253                    // octets of the value of one attribute
	AuthenticatorLen = 16                     // octets of an authenticator, of either kind
)

// The attributes that the packet layer itself reads and writes.
const (
	TypeServiceType          = 6
	TypeState                = 24
	TypeProxyState           = 33
	TypeEventTimestamp       = 55
	TypeMessageAuthenticator = 80
	TypeErrorCause           = 101
)

// What can be wrong with the octets of a packet. Package dac exports them under the same names.
var (
	ErrMalformed      = errors.New("dac: malformed packet")
	ErrEventTimestamp = errors.New("dac: stale or missing Event-Timestamp")
	ErrWrongKind      = errors.New("dac: response code does not match the request")
)

// What Cut finds wrong. Any host can send such packets, so the errors are made once: a flood of
// them allocates nothing.
var (
	errShort     = fmt.Errorf("%w: shorter than a header", ErrMalformed)
	errLength    = fmt.Errorf("%w: Length below 20, above 4096 or beyond the datagram", ErrMalformed)
	errLong      = fmt.Errorf("%w: Length below 20, beyond what the connection takes, or beyond the packet", ErrMalformed)
	errAttribute = fmt.Errorf("%w: an attribute of a Length below 2 or beyond the packet", ErrMalformed)
)

// Cut checks the lengths of a datagram and returns the packet in it: octets past Length are
// padding (RFC 5176, section 2.3). Its attributes can then be walked without another check.
func Cut(b []byte) ([]byte, error) { return cut(b, MaxLen, errLength) }

// CutLong is Cut for a connection whose packets have up to limit octets; zero is MaxLen (RFC 7930).
func CutLong(b []byte, limit int) ([]byte, error) {
	return cut(b, cmp.Or(limit, MaxLen), errLong)
}

func cut(b []byte, limit int, tooLong error) ([]byte, error) {
	if len(b) < HeaderLen {
		return nil, errShort
	}
	n := int(binary.BigEndian.Uint16(b[2:4]))
	if n < HeaderLen || n > limit || n > len(b) {
		return nil, tooLong
	}
	b = b[:n:n]
	for rest := b[HeaderLen:]; len(rest) > 0; rest = rest[rest[1]:] {
		if len(rest) < 2 || rest[1] < 2 || int(rest[1]) > len(rest) {
			return nil, errAttribute
		}
	}
	return b, nil
}

// Attributes yields the type and the value of each attribute of a packet, in order.
func Attributes(b []byte) func(yield func(t byte, value []byte) bool) {
	return func(yield func(byte, []byte) bool) {
		for rest := b[HeaderLen:]; len(rest) > 0; rest = rest[rest[1]:] {
			if !yield(rest[0], rest[2:rest[1]:rest[1]]) {
				return
			}
		}
	}
}

// Find returns the value of the first attribute of type t in a packet, nil where there is none.
func Find(b []byte, t byte) []byte {
	for rest := b[HeaderLen:]; len(rest) > 0; rest = rest[rest[1]:] {
		if rest[0] == t {
			return rest[2:rest[1]:rest[1]]
		}
	}
	return nil
}

// FindMessageAuthenticator returns the offset of the value of the Message-Authenticator of a
// packet, 0 where it has none. ok is false where a packet has two, or one whose value is not 16
// octets long: no such packet is authentic (RFC 5176, section 3.4).
func FindMessageAuthenticator(b []byte) (at int, ok bool) {
	for i := HeaderLen; i < len(b); i += int(b[i+1]) {
		if b[i] != TypeMessageAuthenticator {
			continue
		}
		if at != 0 || b[i+1] != 2+AuthenticatorLen {
			return 0, false
		}
		at = i + 2
	}
	return at, true
}

// Current checks every Event-Timestamp of a packet against the clock, in both directions (RFC
// 5176, section 6.3): in whole seconds, since the attribute has no finer ones. One that cannot be
// read is not current; a packet without one passes.
func Current(b []byte, now time.Time, window time.Duration) error {
	for t, v := range Attributes(b) {
		if t != TypeEventTimestamp {
			continue
		}
		if len(v) != 4 {
			return fmt.Errorf("%w: %d octets", ErrEventTimestamp, len(v))
		}
		off := time.Duration(now.Unix()-int64(binary.BigEndian.Uint32(v))) * time.Second
		if off.Abs() > window {
			return fmt.Errorf("%w: off by %v", ErrEventTimestamp, off)
		}
	}
	return nil
}

// Earliest returns the earliest Event-Timestamp of a packet, whose attributes have been walked:
// one alone is allowed (RFC 5176, section 3.6), and of several none may count as younger than
// another. any is false where there is none. One that cannot be read counts as 0.
func Earliest(b []byte) (stamp uint32, any bool) {
	for t, v := range Attributes(b) {
		if t != TypeEventTimestamp {
			continue
		}
		var one uint32
		if len(v) == 4 {
			one = binary.BigEndian.Uint32(v)
		}
		if !any || one < stamp {
			stamp, any = one, true
		}
	}
	return stamp, any
}

// Count returns how many attributes a packet has.
func Count(b []byte) (n int) {
	for i := HeaderLen; i < len(b); i += int(b[i+1]) {
		n++
	}
	return n
}

// Parse makes a radius.Packet of verified octets, which it keeps. It fills avps and set where
// they have room for every attribute; else it takes two allocations, however many there are.
func Parse(p *radius.Packet, b []byte, avps []radius.AVP, set radius.Attributes) {
	if n := Count(b); n > cap(avps) || n > cap(set) {
		avps, set = make([]radius.AVP, 0, n), make(radius.Attributes, 0, n)
	}
	p.Code, p.Identifier = radius.Code(b[0]), b[1]
	p.Authenticator = [AuthenticatorLen]byte(b[4:HeaderLen])
	for rest := b[HeaderLen:]; len(rest) > 0; rest = rest[rest[1]:] {
		avps = append(avps, radius.AVP{Type: radius.Type(rest[0]), Attribute: rest[2:rest[1]:rest[1]]})
		set = append(set, &avps[len(avps)-1])
	}
	p.Attributes = set
}
