// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/binary"
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
	headerLen = 20
	maxLen    = radius.MaxPacketLength // 4096
	maxValue  = 253                    // octets of one attribute's value
)

// The attributes that the packet layer itself reads and writes.
const (
	typeServiceType          = 6
	typeState                = 24
	typeProxyState           = 33
	typeEventTimestamp       = 55
	typeMessageAuthenticator = 80
	typeErrorCause           = 101
)

// codeProtocolError answers any request that cannot be processed at all (RFC 7930, section 4). layeh.com/radius has no name for it.
const codeProtocolError radius.Code = 52

// What cut finds wrong. Anybody can send such packets, so they are values that cost no allocation.
var (
	errShort     = fmt.Errorf("%w: shorter than a header", ErrMalformed)
	errLength    = fmt.Errorf("%w: Length below 20, above 4096 or beyond the datagram", ErrMalformed)
	errAttribute = fmt.Errorf("%w: an attribute of a Length below 2 or beyond the packet", ErrMalformed)
)

// cut checks the lengths of a datagram and returns the packet in it: octets past Length are padding (RFC 5176, section 2.3). Its
// attributes can then be walked without another look at their lengths.
func cut(b []byte) ([]byte, error) {
	if len(b) < headerLen {
		return nil, errShort
	}
	n := int(binary.BigEndian.Uint16(b[2:4]))
	if n < headerLen || n > maxLen || n > len(b) {
		return nil, errLength
	}
	b = b[:n:n]
	for rest := b[headerLen:]; len(rest) > 0; rest = rest[rest[1]:] {
		if len(rest) < 2 || rest[1] < 2 || int(rest[1]) > len(rest) {
			return nil, errAttribute
		}
	}
	return b, nil
}

// attributes yields the type and the value of each attribute of a cut packet, in order.
func attributes(b []byte) func(yield func(t byte, value []byte) bool) {
	return func(yield func(byte, []byte) bool) {
		for rest := b[headerLen:]; len(rest) > 0; rest = rest[rest[1]:] {
			if !yield(rest[0], rest[2:rest[1]:rest[1]]) {
				return
			}
		}
	}
}

// findAttr returns the value of the first attribute of type t in a cut packet, nil where there is none.
func findAttr(b []byte, t byte) []byte {
	for rest := b[headerLen:]; len(rest) > 0; rest = rest[rest[1]:] {
		if rest[0] == t {
			return rest[2:rest[1]:rest[1]]
		}
	}
	return nil
}

// current checks every Event-Timestamp of a cut packet against the clock, in both directions (RFC 5176, section 6.3): in whole seconds, as
// it is given, since the sender's clock has cut off a fraction that nobody knows. One that cannot be read is not current. A packet without
// one passes.
func current(b []byte, now time.Time, window time.Duration) error {
	for t, v := range attributes(b) {
		if t != typeEventTimestamp {
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

// isRequest reports whether a packet of code c asks for something: Disconnect-Request or CoA-Request.
func isRequest(c radius.Code) bool {
	return c == radius.CodeDisconnectRequest || c == radius.CodeCoARequest
}

// parsePacket makes a Packet of verified, cut octets, which it keeps.
func parsePacket(p *radius.Packet, b []byte) { fillPacket(p, b, nil, nil) }

// fillPacket is parsePacket with room for the attributes, where there is enough; else it takes two allocations, however many there are.
func fillPacket(p *radius.Packet, b []byte, avps []radius.AVP, set radius.Attributes) {
	n := 0
	for i := headerLen; i < len(b); i += int(b[i+1]) {
		n++
	}
	if n > cap(avps) || n > cap(set) {
		avps, set = make([]radius.AVP, 0, n), make(radius.Attributes, 0, n)
	}
	p.Code, p.Identifier = radius.Code(b[0]), b[1]
	p.Authenticator = [16]byte(b[4:headerLen])
	for rest := b[headerLen:]; len(rest) > 0; rest = rest[rest[1]:] {
		avps = append(avps, radius.AVP{Type: radius.Type(rest[0]), Attribute: rest[2:rest[1]:rest[1]]})
		set = append(set, &avps[len(avps)-1])
	}
	p.Attributes = set
}

// appendAttributes encodes set, refusing what layeh.com/radius would drop in silence.
func appendAttributes(b []byte, set radius.Attributes, leave func(t byte) bool) ([]byte, error) {
	for _, a := range set {
		switch {
		case a == nil:
			return nil, fmt.Errorf("%w: a nil attribute", ErrMalformed)
		case a.Type < 0 || a.Type > 255: // a proxy passes on even type 0
			return nil, fmt.Errorf("%w: attribute type %d", ErrMalformed, a.Type)
		case len(a.Attribute) > maxValue:
			return nil, fmt.Errorf("%w: attribute %d of %d octets, %d at most", ErrMalformed, a.Type, len(a.Attribute), maxValue)
		case leave(byte(a.Type)):
			continue
		}
		b = append(b, byte(a.Type), byte(2+len(a.Attribute)))
		b = append(b, a.Attribute...)
	}
	return b, nil
}

// closePacket writes Length into the packet that starts at octet start of b.
func closePacket(b []byte, start int) error {
	n := len(b) - start
	if n > maxLen {
		return fmt.Errorf("%w: a packet of %d octets, %d at most", ErrMalformed, n, maxLen)
	}
	binary.BigEndian.PutUint16(b[start+2:], uint16(n))
	return nil
}
