// SPDX-License-Identifier: Apache-2.0

package dtls

import "encoding/binary"

const (
	recordLen    = 13 // octets of a record's header (RFC 6347, section 4.1)
	handshakeLen = 12 // of a handshake message's (section 4.2.2)

	typeHandshake      = 22
	typeData           = 23
	messageClientHello = 1
	messageServerHello = 2
	messageHelloVerify = 3
	versionsOfDTLS     = 254    // the first octet of each
	beforeSession      = 2 + 32 // octets of a ClientHello: a version and a random
	beforeCookie       = 2      // of a HelloVerifyRequest: a version
)

// handshakeOf returns the first handshake message of a datagram in clear, from its header on, and
// what kind it is; 0: the datagram begins with something else.
func handshakeOf(b []byte) (message []byte, kind byte) {
	if len(b) < recordLen+handshakeLen || b[0] != typeHandshake || b[1] != versionsOfDTLS || b[3] != 0 || b[4] != 0 {
		return nil, 0
	}
	n := int(binary.BigEndian.Uint16(b[11:recordLen]))
	if n < handshakeLen || n > len(b)-recordLen {
		return nil, 0
	}
	return b[recordLen : recordLen+n], b[recordLen]
}

// cookieOf returns the cookie of a ClientHello or a HelloVerifyRequest whose first fragment is the
// first message of a datagram. ok is false for anything else.
func cookieOf(b []byte) (cookie []byte, kind byte, ok bool) {
	message, kind := handshakeOf(b)
	if kind != messageClientHello && kind != messageHelloVerify || message[6]|message[7]|message[8] != 0 {
		return nil, kind, false
	}
	body := message[handshakeLen:]
	if kind == messageClientHello {
		if len(body) <= beforeSession {
			return nil, kind, false
		}
		skip := beforeSession + 1 + int(body[beforeSession])
		if body[beforeSession] > 32 || len(body) < skip {
			return nil, kind, false
		}
		body = body[skip:]
	} else if len(body) < beforeCookie {
		return nil, kind, false
	} else {
		body = body[beforeCookie:]
	}
	if len(body) == 0 || len(body)-1 < int(body[0]) {
		return nil, kind, false
	}
	return body[1 : 1+int(body[0])], kind, true
}
