// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"hash"
	"time"
)

const (
	secret      = "0123456789abcdef0123456789abcdef" // 32 octets, as a careful administrator has
	identifiers = 256                                // of one port

	headerLen            = 20
	disconnectRequest    = 40
	disconnectACK        = 41
	disconnectNAK        = 42
	typeUserName         = 1
	typeSessionID        = 44
	typeEventTimestamp   = 55
	typeMessageAuth      = 80
	typeErrorCause       = 101
	sessionIDFormat      = "%08x"
	userNameFormat       = "user%07d@example.net"
	contextNotFound      = 503
	maxDatagram          = 4096
	messageAuthenticator = 2 + md5.Size
)

var zeros [md5.Size]byte

// A signer computes what RFC 5176, sections 2.3 and 3.4, ask for, with a keyed hash that it keeps.
type signer struct {
	secret string
	mac    hash.Hash
	text   []byte
	sum    [md5.Size]byte
}

func newSigner() *signer { return newSignerOf(secret) }

func newSignerOf(secret string) *signer {
	return &signer{secret: secret, mac: hmac.New(md5.New, []byte(secret))}
}

// authenticator is the authenticator of the packet b, with field in its place.
func (s *signer) authenticator(b, field []byte) []byte {
	s.text = append(append(append(append(s.text[:0], b[:4]...), field...), b[headerLen:]...), s.secret...)
	s.sum = md5.Sum(s.text)
	return s.sum[:]
}

// message is the Message-Authenticator of the packet b, which has its value at octet at, with field
// for the authenticator.
func (s *signer) message(b, field []byte, at int) []byte {
	s.text = append(append(append(s.text[:0], b[:4]...), field...), b[headerLen:]...)
	clear(s.text[at : at+md5.Size])
	s.mac.Reset()
	s.mac.Write(s.text)
	return s.mac.Sum(s.sum[:0])
}

// sign signs the packet b in place.
func (s *signer) sign(b, field []byte, at int) {
	if at != 0 {
		copy(b[at:], s.message(b, field, at))
	}
	copy(b[4:headerLen], s.authenticator(b, field))
}

// authentic reports whether the packet b is signed, with field in the place of its authenticator.
// at is where its Message-Authenticator is, or 0.
func (s *signer) authentic(b, field []byte, at int) bool {
	return hmac.Equal(s.authenticator(b, field), b[4:headerLen]) && (at == 0 || hmac.Equal(s.message(b, field, at), b[at:at+md5.Size]))
}

// stamp signs the request b of appendRequest, with Message-Authenticator, anew for another time.
func (s *signer) stamp(b []byte, now time.Time) {
	binary.BigEndian.PutUint32(b[len(b)-4:], uint32(now.Unix()))
	s.sign(b, zeros[:], headerLen+2)
}

// appendRequest appends a signed Disconnect-Request for a session.
func (s *signer) appendRequest(b []byte, session int, id byte, ma bool, stamp time.Time) []byte {
	start, at := len(b), 0
	b = append(b, disconnectRequest, id, 0, 0)
	b = append(b, zeros[:]...)
	if ma {
		at = len(b) - start + 2
		b = append(b, typeMessageAuth, messageAuthenticator)
		b = append(b, zeros[:]...)
	}
	b = append(b, 4, 6, 127, 0, 0, 1) // NAS-IP-Address
	b = appendText(b, typeUserName, userNameFormat, session)
	b = appendText(b, typeSessionID, sessionIDFormat, session)
	b = append(b, typeEventTimestamp, 6)
	b = binary.BigEndian.AppendUint32(b, uint32(stamp.Unix()))
	binary.BigEndian.PutUint16(b[start+2:], uint16(len(b)-start))
	s.sign(b[start:], zeros[:], at)
	return b
}

// appendAnswer appends a signed answer to the request b, whose Message-Authenticator, where it has
// one, is at octet message.
func (s *signer) appendAnswer(dst, b []byte, message int, code byte, cause int) []byte {
	start, at := len(dst), 0
	dst = append(dst, code, b[1], 0, 0)
	dst = append(dst, zeros[:]...)
	if message != 0 {
		at = len(dst) - start + 2
		dst = append(dst, typeMessageAuth, messageAuthenticator)
		dst = append(dst, zeros[:]...)
	}
	if cause != 0 {
		dst = append(dst, typeErrorCause, 6)
		dst = binary.BigEndian.AppendUint32(dst, uint32(cause))
	}
	binary.BigEndian.PutUint16(dst[start+2:], uint16(len(dst)-start))
	s.sign(dst[start:], b[4:headerLen], at)
	return dst
}

func appendText(b []byte, kind byte, format string, session int) []byte {
	start := len(b)
	b = fmt.Appendf(append(b, kind, 0), format, session)
	b[start+1] = byte(len(b) - start)
	return b
}
