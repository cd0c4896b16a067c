// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"errors"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/rate"
)

// A Sender is a peer as the engine knows it: who may send requests to this NAS, and by what its
// packets are believed. By UDP it is known by the source address alone (RFC 5176, section 2.3), and
// the secret proves it; by a connection its certificate has proved it before the first packet.
type Sender struct {
	Name             string
	Secret, Previous authn.Secret // Previous verifies too, while a secret is being changed
	Limit            rate.Limit   // zero is that of the engine

	RequireMessageAuthenticator bool // RFC 5176, section 3.4, makes it optional
	RequireEventTimestamp       bool // as does section 6.3
	AnswerEventTimestamp        bool
	IgnoreEventTimestamp        bool
	DenyDisconnect, DenyCoA     bool // NAK 501
}

// ErrUnknownPeer is the error of an address that is no peer. What comes from there is dropped in
// silence (RFC 5176, section 6.1).
var ErrUnknownPeer = errors.New("dac: unknown peer")

// A Conn is a connection as the engine knows it. It is read-only while it is served.
type Conn struct {
	Sender   Sender // with its name, and the secret of the connection
	Tokens   bool   // RADIUS/1.1 (RFC 9765): no authenticators, a Token instead of the identifier
	Reliable bool   // nothing is sent again by it
	MaxLen   int    // octets of a packet; RFC 7930 allows 65,535
	// Fail makes an error of what came by the connection, ends it, and tells its transport.
	Fail func(op string, err error) error
	Note any // the host's
}
