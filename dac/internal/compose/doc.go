// SPDX-License-Identifier: Apache-2.0

// Package compose makes the octets of requests and answers from the code and the attributes of a
// radius.Packet: it adds what every packet of its kind has, hides what is to be hidden, and returns
// to the sender of a request what is its own. Package dac calls it for the methods of Request and
// Response, which hand it their Packet; package authn signs what comes out.
//
// The order of attributes is that of the host, and so are their values. Message-Authenticator comes
// first (draft-ietf-radext-deprecating-radius), Event-Timestamp and the echoes come last. A packet
// that breaks the rules of RFC 5176 is refused and not mended, but by Encodable, Only and
// WithoutCause, which a Server uses where what was done has to be acknowledged all the same.
//
// It keeps nothing, reads no clock and changes no Packet.
package compose
