// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// Answer appends the octets of p, not signed yet, to b, as the answer to request, the octets of one
// that was received: tokens: by RADIUS/1.1. Every Proxy-State (RFC 5176, section 3.1) and the State
// of a CoA-Request (section 3.3) are those of request. Where stamp is not zero and p has no
// Event-Timestamp, it has that (section 6.3).
func Answer(
	b []byte, p *radius.Packet, request []byte, tokens bool, stamp time.Time,
) ([]byte, error) {
	switch {
	case request == nil:
		return nil, errors.New("dac: the request to be answered was not received")
	case p == nil:
		return nil, ErrNoPacket
	case !packet.Answers(p.Code, radius.Code(request[0])):
		return nil, fmt.Errorf("%w: code %d does not answer a %v", packet.ErrMalformed, p.Code, radius.Code(request[0]))
	}
	start := len(b)
	b = packet.AppendAnswerHeader(b, p.Code, request, tokens)
	stamped := stamp.IsZero()
	b, err := packet.AppendAttributes(b, p.Attributes, func(t byte) bool {
		stamped = stamped || t == packet.TypeEventTimestamp
		return t == packet.TypeMessageAuthenticator || t == packet.TypeProxyState || t == packet.TypeState
	})
	if err != nil {
		return nil, err
	}
	if !stamped {
		b = packet.AppendEventTimestamp(b, stamp)
	}
	b = packet.AppendEchoes(b, request)
	if err := packet.SetLength(b, start); err != nil {
		return nil, err
	}
	return b, nil
}

// CauseOf returns the first Error-Cause of set (RFC 5176, section 3.5); 0: it has none.
func CauseOf(set radius.Attributes) errcause.Cause {
	for _, a := range set {
		if a != nil && a.Type == packet.TypeErrorCause && len(a.Attribute) == 4 {
			return errcause.Cause(binary.BigEndian.Uint32(a.Attribute))
		}
	}
	return 0
}

// CausesAllowed reports whether every Error-Cause of an answer may be in it: 2xx are for an ACK,
// 4xx and 5xx for a NAK (RFC 5176, section 3.5).
func CausesAllowed(p *radius.Packet) bool {
	for _, a := range p.Attributes {
		if a == nil || a.Type != packet.TypeErrorCause {
			continue
		}
		if len(a.Attribute) != 4 || !errcause.Cause(binary.BigEndian.Uint32(a.Attribute)).AllowedIn(int(p.Code)) {
			return false
		}
	}
	return true
}

// WithoutCause is p without its Error-Cause: an answer that says no reason is better than one that
// says a reason which the RFC forbids there.
func WithoutCause(p *radius.Packet) *radius.Packet {
	bare := *p
	bare.Attributes = slices.DeleteFunc(slices.Clone(p.Attributes), func(a *radius.AVP) bool {
		return a == nil || a.Type == packet.TypeErrorCause
	})
	return &bare
}

// Encodable is p without the attributes that no packet can hold: a nil one, one whose type is no
// octet, one with a value of more than 253 octets.
func Encodable(p *radius.Packet) *radius.Packet {
	none := func(byte) bool { return false }
	return filtered(p, func(a *radius.AVP) bool {
		_, err := packet.AppendAttributes(nil, radius.Attributes{a}, none)
		return err == nil
	})
}

// Only is p with no other attributes than those of types: what is left where the attributes of a
// host are too many for one packet.
func Only(p *radius.Packet, types ...radius.Type) *radius.Packet {
	return filtered(p, func(a *radius.AVP) bool { return a != nil && slices.Contains(types, a.Type) })
}

// filtered is a packet of the code of p with those of its attributes that keep is true of, in their
// order; p is a host's, and stays as it is.
func filtered(p *radius.Packet, keep func(*radius.AVP) bool) *radius.Packet {
	made := &radius.Packet{Code: p.Code}
	for _, a := range p.Attributes {
		if keep(a) {
			made.Attributes = append(made.Attributes, a)
		}
	}
	return made
}
