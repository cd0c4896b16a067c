// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"net/netip"
	"time"
)

// A PeerIdentity is the other end of a connection as the handshake proved it. A certificate proves
// its subject alternative names, its issuer and its serial number; the common name proves nothing.
type PeerIdentity struct {
	Name           string       // the name that IdentityPeers matched, or "" before that
	DNS            []string     // dNSName, in lower case
	IPs            []netip.Addr // iPAddress
	Realms         []string     // NAIRealm (RFC 7585, section 2.2)
	Issuer, Serial string       // distinguished name (RFC 2253), and the number in hexadecimal
	Remote         netip.AddrPort
	State          any // of the transport: a *tls.ConnectionState with package radsec
}

// IdentityPeers are Peers that know the other ends of connections by what a handshake proved. Its
// methods are called concurrently.
type IdentityPeers interface {
	Peers
	// Identify returns the Peer that id is, with its Name set to the name that matched where the
	// entry has none, or ErrUnknownPeer.
	Identify(ctx context.Context, id *PeerIdentity) (Peer, error)
}

// A Transport opens connections to NASes for a Client; Peer.Via names it. It is a pointer, so that
// a Peer can be compared, and safe for concurrent use.
type Transport interface {
	// Open returns a way to send requests to nas, which may share its connection with others. ctx
	// ends after Retry.Duration, or with the Client; what comes later is closed. An error that
	// wraps ErrUnreachable says that the NAS is not connected, and that only the NAS can change
	// that.
	Open(ctx context.Context, nas netip.AddrPort, p Peer) (PacketConn, error)
}

// A PacketConn is one end's use of an authenticated connection that carries whole RADIUS packets in
// order: the requests that came in for a Server, or the answers to the requests of one Client.
// Several PacketConns may share one connection, each with a role of its own.
//
// One goroutine calls ReadPackets at a time and one WritePackets; Info and Close may be called
// concurrently with both.
type PacketConn interface {
	// ReadPackets waits for one packet at least and returns all that have come whole, in order,
	// appended to into[:0]. They are good until the next call. io.EOF: the other end has closed.
	ReadPackets(into [][]byte) ([][]byte, error)
	// WritePackets sends packets, each a whole one, in order, and returns how many it has taken.
	// It may wait for the other end, for a time that the transport bounds. It keeps none of them.
	WritePackets(packets [][]byte) (int, error)
	// Info describes the connection. It does not change.
	Info() *ConnInfo
	// Break ends the connection itself, with all its uses, because of a packet that another one may
	// not follow: a wrong authenticator or Message-Authenticator (RFC 6613, section 2.6.4). err
	// says what is wrong, as ErrAuthenticator.
	Break(err error)
	// Close ends this use of the connection; ReadPackets returns what had come before, and then
	// net.ErrClosed. It may be called more than once.
	Close() error
}

// A ConnInfo describes a connection.
type ConnInfo struct {
	Transport     string        // "tls" or "dtls", in events and counters
	Version       Version       // of RADIUS, as ALPN agreed it
	Reliable      bool          // what was written arrives, or the connection ends
	MaxLen        int           // octets of the longest packet; 0 is 4,096
	Secret        Secret        // that signs and hides where Version is RADIUS10: "radsec"
	Identity      *PeerIdentity // nil: none was proved
	Local, Remote netip.AddrPort
	// Identifiers are those of requests that this end sends by it; nil: this PacketConn is the only
	// one that sends, and has them all.
	Identifiers Identifiers
}

// A Version is a version of the RADIUS protocol on one connection (RFC 9765).
type Version uint8

// The versions. RADIUS11 has a Token in place of Identifier and authenticators, and hides nothing.
const (
	RADIUS10 Version = iota
	RADIUS11
)

// String returns "1.0" or "1.1".
func (v Version) String() string {
	if v == RADIUS11 {
		return "1.1"
	}
	return "1.0"
}

// Identifiers gives out the identifiers of a connection, or its Tokens (RFC 9765, section 4.2.1):
// every sender on one connection draws from the same ones, so that two Clients never use one at
// once. It is safe for concurrent use. Its methods do not block, do not end their goroutine
// (runtime.Goexit), and call nothing of a Client: a Client calls them with a lock held. One that
// panics is logged, and counts as no identifier.
type Identifiers interface {
	// Acquire returns the free identifier whose last use is the longest ago. Where none is free ok
	// is false, and free is called once, in a goroutine of its own, when one comes free.
	Acquire(free func()) (id uint32, ok bool)
	// Claim takes id, which octets that are already signed have. Where it is not free Claim
	// reports false, and free is called once, in a goroutine of its own, when it comes free.
	Claim(id uint32, free func()) bool
	// Release gives id back. It is free again after rest.
	Release(id uint32, rest time.Duration)
	// Len is how many may be in use at once.
	Len() int
}
