// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"context"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/rate"
)

// A Body is what is to be sent. It is made into octets once, or once more where its connection
// ended before any of them left.
type Body interface {
	// AppendTo appends the octets, which are not signed yet, to b.
	AppendTo(b []byte, f Form) ([]byte, error)
}

// A Form is what is known of the octets of a request once it has its turn: what depends on the conn
// and its identifier, and what the Peer wants.
type Form struct {
	ID                   uint32 // or Token
	Secret               authn.Secret
	Tokens               bool // RADIUS/1.1
	MessageAuthenticator bool
	EventTimestamp       time.Time // of the first transmission (RFC 5176, section 6.3); zero: none
	HideUserPassword     bool
}

// A Peer is how a NAS is spoken to. It is copied into each exchange, so what changes does so for
// the next one.
type Peer struct {
	Name                        string
	Secret, Previous            authn.Secret
	IdentifierRest              time.Duration
	Limit                       rate.Limit // zero: Config.PerNAS
	RequireMessageAuthenticator bool
	IgnoreEventTimestamp        bool
	OmitMessageAuthenticator    bool
	OmitEventTimestamp          bool
	HideUserPassword            bool
	// Via is what opens connections, which is compared with that of others; nil: UDP.
	Via  any
	Open func(ctx context.Context, nas netip.AddrPort) (*TransportConn, error)
}

// A TransportConn is a connection that a Transport has opened: its Link, whose Write may wait.
type TransportConn struct {
	netio.Link
	Info *Info
}

// An Info describes a connection. It does not change while that is open.
type Info struct {
	Transport   string
	Tokens      bool // RADIUS/1.1
	Reliable    bool
	Secret      authn.Secret
	Identifiers Identifiers     // nil: it has one user
	Break       func(err error) // ends it, because of what came by it
	Host        any             // what the host knows of it
}

// Identifiers gives out the identifiers of a connection, or its Tokens, as dac.Identifiers says.
// Its methods are called with the lock of a destination held, so they call free in another
// goroutine.
type Identifiers interface {
	Acquire(free func()) (id uint32, ok bool)
	Claim(id uint32, free func()) bool
	Release(id uint32, rest time.Duration)
}

// An Observer is told what becomes of packets. No lock is held but where it is said. Its methods
// may end their goroutine, which is the host's way of failing a test; where they panic the engine
// goes on.
type Observer interface {
	// Packet is told of a packet that came or goes, or of a request that was given up.
	Packet(e *PacketEvent)
	// Discards is told once for a NAS of replies that are discarded for a reason.
	Discards(nas netip.AddrPort, peer string, err error)
	// Full is told once for a NAS that its requests wait for identifiers, which rest for so long.
	Full(nas netip.AddrPort, peer string, conns, identifiers int, rest time.Duration)
	// Panicked is told of a function of the host's.
	Panicked(what string, v any, stack []byte)
}

// A PacketEvent is one packet, and what became of it.
type PacketEvent struct {
	Op         Op
	Local, NAS netip.AddrPort
	Peer       string // name
	Octets     []byte // may be unverified
	ID         uint32
	Err        error   // why it was discarded
	GaveUp     *Result // of a request that was given up
	Label      any     // the caller's own
	Info       *Info   // of the connection; nil: UDP
}

// An Op is what became of a packet.
type Op uint8

// What becomes of packets.
const (
	Sent Op = iota
	Resent
	Received
	Dropped
	GaveUp
)

// A Result is what became of an exchange. It holds none of the exchange's memory but Answer.
type Result struct {
	Answer  []byte // verified; nil: Failure says why there is none
	Failure Failure
	NAS     netip.AddrPort
	Local   netip.AddrPort
	Code    packet.Code // of the request
	ID      uint32      // Identifier, or Token
	Sent    int         // transmissions
	Resent  bool        // its connection ended after it was sent, and it was sent again
	RTT     time.Duration
	Waited  time.Duration // since the first transmission; since the call where there was none
	Label   any
}

// A Failure is how an exchange ended without an answer, and how far it had come.
type Failure struct {
	Kind    FailureKind
	Err     error // of the context, the socket or the encoding; net.ErrClosed: of the Engine
	Left    bool  // it was sent
	Writing bool  // an earlier Write kept it waiting, by a connection or by a Conn of the host's
	Lost    bool  // it was sent, and its connection had ended
	Dialing bool  // it was not sent: a conn to the NAS was being opened
	Dial    error // of the last dial, with Dialing; nil: none has failed yet
	Again   error // with Lost: of the last dial since, or what ended the connection; nil: not known
	Via     bool  // a Transport opens its conn

	ICMP, Send error       // the last ones
	Refused    bool        // an ICMP error came after each transmission
	Info       *Info       // of its connection; nil: UDP
	Discarded  []Discarded // of each kind one

	at instant // when it ended
}

// Discarded is what is known of replies that were discarded.
type Discarded struct {
	Err error // of the last one
	N   int
}

// A FailureKind is why an exchange ended without an answer.
type FailureKind uint8

// The kinds of Failure.
const (
	NotFailed       FailureKind = iota
	FailedCancelled             // by the context, or with the Engine
	FailedTimeout               // the retransmissions were used up
	FailedRefused               // FailFast, and an ICMP error came
	FailedLost                  // its connection ended after it was sent
	FailedEncode                // it cannot be encoded
	FailedDial                  // no conn to the NAS could be opened
	FailedSend                  // the system refused to send it
	FailedConn                  // its socket cannot be read
)

// Blames reports whether f says something of the NAS, for the circuit breaker of Each: that it was
// silent or could not be reached, and not that this machine failed or the caller gave up.
func (f *Failure) Blames() bool {
	switch f.Kind {
	case FailedTimeout, FailedRefused, FailedLost, FailedDial:
		return true
	}
	return false
}
