// SPDX-License-Identifier: Apache-2.0

// Package dtls is RADIUS over DTLS (RFC 7360): both halves of package dac, and reverse CoA. It is a
// module of its own, since DTLS is no part of the standard library: it stands on
// github.com/pion/dtls.
//
// A NAS listens (ListenAndServe), or opens the session itself and serves what comes down it
// (DialAndServe). An AAA server reaches NASes that listen by a Config as their dac.Peer's Via, and
// NASes that have opened the session (Accept) by a Conn as Via.
//
// The version is DTLS 1.2 with RADIUS/1.0 in it, the secret radius/dtls: RADIUS/1.1 takes DTLS 1.3.
// Each record has one packet, of 4,096 octets at most. Both ends prove who they are, by
// certificates (RFC 6614, section 2.3: never by the common name), or by a key that both know (RFC
// 9813: of 16 octets at least, with ephemeral Diffie-Hellman always). There is no fallback to UDP,
// no resumption, no renegotiation and no 0-RTT.
//
// A session is not reliable: a Client retransmits as over UDP (RFC 5080), each time the same RADIUS
// packet in a new record, and a Server answers a duplicate from its memory, by whatever session of
// the same peer it comes. A peer whose port changes, as behind a NAT, makes a new session, and is
// the same peer; its old session ends after IdleTimeout. An active session is never replaced by a
// handshake from its own address and port, which anybody can forge (RFC 7360, section 5.1.1).
//
// The server's cookie proves an address before anything is computed for it. Until then a handshake
// holds one of MaxHandshakes places that a newer one takes over, the oldest first: a flood of
// forged ClientHellos costs time, and keeps out no client that answers sooner than the flood fills
// them.
//
// A connection ends for what RFC 7360, section 5.1.1 names: a malformed packet, a wrong
// authenticator or Message-Authenticator. An unexpected packet is dropped.
package dtls
