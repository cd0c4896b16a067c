// SPDX-License-Identifier: Apache-2.0

// Package cert says what a certificate proves: the names in its subjectAltName, the NAIRealm among
// them, whose path and purpose are good. The common name proves nothing (RFC 6614, section 2.3).
//
// It owns the rules for names: what a peer may be known by (Identity), whether it is the one that
// was dialled (Name), and how long that holds (Path). Packages radsec and dtls call it in their
// handshakes, in the goroutine of the handshake; all of it is safe for concurrent use, and keeps
// nothing. It knows no connection, and reads no file.
//
// What must never happen: a name that no path to the host's own authorities vouches for; a
// certificate with names that cannot be read, taken for one without them; the authorities of the
// system, where the host has given none.
package cert
