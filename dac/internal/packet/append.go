// SPDX-License-Identifier: Apache-2.0

package packet

import (
	"encoding/binary"
	"fmt"
	"time"

	"layeh.com/radius"
)

var zeros [AuthenticatorLen]byte

// AppendHeader appends a header without Length and authenticator, and an empty
// Message-Authenticator where one is wanted: as the first attribute, so that nothing that an
// attacker could choose stands before it.
func AppendHeader(b []byte, c Code, id byte, messageAuthenticator bool) []byte {
	b = append(b, byte(c), id, 0, 0)
	b = append(b, zeros[:]...)
	if messageAuthenticator {
		b = append(b, TypeMessageAuthenticator, 2+AuthenticatorLen)
		b = append(b, zeros[:]...)
	}
	return b
}

// AppendAttributes encodes set, without those whose types leave reports. It refuses what
// layeh.com/radius would drop in silence.
func AppendAttributes(b []byte, set radius.Attributes, leave func(t byte) bool) ([]byte, error) {
	for _, a := range set {
		switch {
		case a == nil:
			return nil, fmt.Errorf("%w: a nil attribute", ErrMalformed)
		case a.Type < 0 || a.Type > 255: // a proxy passes on even type 0
			return nil, fmt.Errorf("%w: attribute type %d", ErrMalformed, a.Type)
		case len(a.Attribute) > MaxValue:
			return nil, fmt.Errorf("%w: attribute %d of %d octets, %d at most",
				ErrMalformed, a.Type, len(a.Attribute), MaxValue)
		case leave(byte(a.Type)):
			continue
		}
		b = append(b, byte(a.Type), byte(2+len(a.Attribute)))
		b = append(b, a.Attribute...)
	}
	return b, nil
}

// AppendEventTimestamp appends an Event-Timestamp of t (RFC 2869, section 5.3).
func AppendEventTimestamp(b []byte, t time.Time) []byte {
	b = append(b, TypeEventTimestamp, 6)
	return binary.BigEndian.AppendUint32(b, uint32(t.Unix()))
}

// AppendEchoes appends what an answer returns unchanged of the request: every Proxy-State in
// order (RFC 5176, section 3.1), and the State of a CoA-Request (section 3.3). An answer has one
// State at most (section 3.6), so of several, which no request may have, it is the first.
func AppendEchoes(b, request []byte) []byte {
	state := Code(request[0]) == radius.CodeCoARequest
	for rest := request[HeaderLen:]; len(rest) > 0; rest = rest[rest[1]:] {
		switch {
		case rest[0] == TypeProxyState:
		case rest[0] == TypeState && state:
			state = false
		default:
			continue
		}
		b = append(b, rest[:rest[1]]...)
	}
	return b
}

// SetLength writes Length into the packet that starts at octet start of b.
func SetLength(b []byte, start int) error {
	n := len(b) - start
	if n > MaxLen {
		return fmt.Errorf("%w: a packet of %d octets, %d at most", ErrMalformed, n, MaxLen)
	}
	binary.BigEndian.PutUint16(b[start+2:], uint16(n))
	return nil
}
