// SPDX-License-Identifier: Apache-2.0

package packet

import (
	"encoding/binary"
	"fmt"

	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A Code is the first octet of a packet.
type Code = radius.Code

// ProtocolError answers any request that cannot be processed at all (RFC 7930, section 4).
// layeh.com/radius has no name for it.
const ProtocolError Code = 52

// CodeName returns the name of a packet code.
func CodeName(c Code) string {
	if c == ProtocolError {
		return "Protocol-Error"
	}
	return c.String()
}

// IsRequest reports whether c is a Disconnect-Request or a CoA-Request.
func IsRequest(c Code) bool {
	return c == radius.CodeDisconnectRequest || c == radius.CodeCoARequest
}

// IsAnswer reports whether c may answer a Disconnect-Request or a CoA-Request.
func IsAnswer(c Code) bool {
	return Answers(c, radius.CodeDisconnectRequest) || Answers(c, radius.CodeCoARequest)
}

// IsACK reports whether c is a Disconnect-ACK or a CoA-ACK.
func IsACK(c Code) bool { return c == radius.CodeDisconnectACK || c == radius.CodeCoAACK }

// Answers reports whether a packet of code c may answer a request of code of.
func Answers(c, of Code) bool {
	switch of {
	case radius.CodeDisconnectRequest:
		return c == radius.CodeDisconnectACK || c == radius.CodeDisconnectNAK || c == ProtocolError
	case radius.CodeCoARequest:
		return c == radius.CodeCoAACK || c == radius.CodeCoANAK || c == ProtocolError
	}
	return false
}

// Fits checks that the packet b has the identifier of request and a code that may answer it.
func Fits(b, request []byte) error {
	switch c, of := Code(b[0]), Code(request[0]); {
	case !Answers(c, of):
		return fmt.Errorf("%w: code %d does not answer a %v", ErrMalformed, c, of)
	case b[1] != request[1]:
		return fmt.Errorf("%w: identifier %d in an answer to %d", ErrMalformed, b[1], request[1])
	}
	return nil
}

const extended, originalPacketCode = 241, 4

// OriginalCode is the Original-Packet-Code of a Protocol-Error about a request of code c.
func OriginalCode(c Code) *radius.AVP {
	return &radius.AVP{Type: extended, Attribute: []byte{originalPacketCode, 0, 0, 0, byte(c)}}
}

// Concerns reports whether a Protocol-Error is about a request of code c, by its
// Original-Packet-Code (241.4, RFC 7930, section 4). One without that attribute is.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|  Type (241)   |  Length (7)   |  Extended (4) |   Value ...
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
func Concerns(b []byte, c Code) bool {
	for t, v := range Attributes(b) {
		if t == extended && len(v) > 0 && v[0] == originalPacketCode {
			return len(v) == 5 && binary.BigEndian.Uint32(v[1:]) == uint32(c)
		}
	}
	return true
}

// AuthorizeOnlyValue is the Service-Type that asks the NAS to reauthorize a session (RFC 5176,
// section 3.2).
const AuthorizeOnlyValue = 17

// AuthorizeOnly reports whether the first Service-Type of set is Authorize Only.
func AuthorizeOnly(set radius.Attributes) bool {
	for _, a := range set {
		if a != nil && a.Type == TypeServiceType {
			return IsAuthorizeOnly(a.Attribute)
		}
	}
	return false
}

// IsAuthorizeOnly reports whether the value of a Service-Type is Authorize Only.
func IsAuthorizeOnly(value []byte) bool {
	return len(value) == 4 && binary.BigEndian.Uint32(value) == AuthorizeOnlyValue
}

// A Refusal is what the counters of RFC 4672 count an answer as. The zero one is a NAK that says
// no reason.
type Refusal struct {
	ACK           bool
	AuthorizeOnly bool           // a NAK with Service-Type Authorize Only
	Cause         errcause.Cause // of a NAK; 0: none
}

// RefusalOf reads what an answer says. Of an ACK it reads nothing but that.
func RefusalOf(b []byte) (r Refusal) {
	if r.ACK = IsACK(Code(b[0])); r.ACK {
		return r
	}
	service := false
	for t, value := range Attributes(b) {
		switch {
		case t == TypeErrorCause && len(value) == 4 && r.Cause == 0:
			r.Cause = errcause.Cause(binary.BigEndian.Uint32(value))
		case t == TypeServiceType && !service:
			service, r.AuthorizeOnly = true, IsAuthorizeOnly(value)
		}
	}
	return r
}
