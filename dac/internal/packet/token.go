// SPDX-License-Identifier: Apache-2.0

package packet

import (
	"encoding/binary"
	"fmt"
)

// The packet of RADIUS/1.1 (RFC 9765, section 4.1). Its header is as long as that of RFC 2865 and
// has Length in the same place, so Cut, Find and the walks over attributes work on both:
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|     Code      |  Reserved-1   |            Length             |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|                             Token                             |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|                     Reserved-2 (12 octets)                    |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|  Attributes ...
//
// Both reserved fields are sent as zero and ignored when they come. Nothing is signed: TLS is what
// protects it.
const tokenAt, tokenEnd = 4, 8

// AppendTokenHeader appends a header of RADIUS/1.1 without Length.
func AppendTokenHeader(b []byte, c Code, token uint32) []byte {
	b = binary.BigEndian.AppendUint32(append(b, byte(c), 0, 0, 0), token)
	return append(b, zeros[:HeaderLen-tokenEnd]...)
}

// Token returns the Token of a packet of RADIUS/1.1.
func Token(b []byte) uint32 { return binary.BigEndian.Uint32(b[tokenAt:tokenEnd]) }

// FitsToken is Fits for RADIUS/1.1.
func FitsToken(b, request []byte) error {
	switch c, of := Code(b[0]), Code(request[0]); {
	case !Answers(c, of):
		return fmt.Errorf("%w: code %d does not answer a %v", ErrMalformed, c, of)
	case Token(b) != Token(request):
		return fmt.Errorf("%w: token %d in an answer to %d", ErrMalformed, Token(b), Token(request))
	}
	return nil
}

// IDOf returns the Identifier of octets that came or go, or where tokens is true their Token; 0
// where they are too short.
func IDOf(b []byte, tokens bool) uint32 {
	switch {
	case tokens && len(b) >= tokenEnd:
		return Token(b)
	case !tokens && len(b) >= 2:
		return uint32(b[1])
	}
	return 0
}

// AppendAnswerHeader appends the header of an answer to the packet request, and an empty
// Message-Authenticator where that has one. Where tokens is true both are of RADIUS/1.1, which has
// none (RFC 9765, section 5.2).
func AppendAnswerHeader(b []byte, c Code, request []byte, tokens bool) []byte {
	if tokens {
		return AppendTokenHeader(b, c, Token(request))
	}
	at, _ := FindMessageAuthenticator(request)
	return AppendHeader(b, c, request[1], at != 0)
}
