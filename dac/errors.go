// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"fmt"
	"net/netip"
)

// What can be wrong with a packet, or with who sent it. A Server drops such packets in silence, each under a counter of its own (RFC 5176,
// sections 2.3, 3.4, 6.1 and 6.3); a Client notes them and waits on.
var (
	ErrMalformed            = errors.New("dac: malformed packet")
	ErrAuthenticator        = errors.New("dac: wrong authenticator")
	ErrMessageAuthenticator = errors.New("dac: wrong or missing Message-Authenticator")
	ErrEventTimestamp       = errors.New("dac: stale or missing Event-Timestamp")
	ErrUnknownPeer          = errors.New("dac: unknown peer")
)

// errNoSecret is what signing or verifying without a secret gives: an empty one would make every packet a valid one.
var errNoSecret = errors.New("dac: empty secret")

// errNoPacket is what signing a Request or Response that nobody built gives.
var errNoPacket = errors.New("dac: no Packet: build requests with NewDisconnect and NewCoA, answers with ACK and NAK")

// A PacketError is what became of one packet. Op is "parse", "verify", "dial", "send" or "receive"; Peer is the other side, zero where it is not
// known. It unwraps to Err.
type PacketError struct {
	Op   string
	Peer netip.AddrPort
	Err  error
}

// Error says the operation, the peer where it is known, and what went wrong.
func (e *PacketError) Error() string {
	if !e.Peer.IsValid() {
		return fmt.Sprintf("dac: %s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("dac: %s %v: %v", e.Op, e.Peer, e.Err)
}

// Unwrap returns Err.
func (e *PacketError) Unwrap() error { return e.Err }
