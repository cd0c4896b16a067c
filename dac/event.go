// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// An Event is one packet and what became of it, for the Trace of a Server or a Client.
//
// Each packet makes one Event each time it crosses the wire. What came in is Received, Dropped or
// Repeated, one of them and once; what went out is Sent or Resent. GaveUp alone is no crossing. So
// the Events of one side are a capture of what it sent and received, which PcapTo writes, in the
// order in which they were decided.
//
// Wire may be unverified octets, so it is given as octets only, and only for the call: copy what is
// kept.
type Event struct {
	Time time.Time
	Op   EventOp
	// Local is the address of this side; its IP may be unspecified where the socket does not say.
	Local netip.AddrPort
	Peer  netip.AddrPort // the other side
	Wire  []byte         // the datagram; nil for GaveUp
	Code  radius.Code    // the first octet of Wire, or of the request that was given up
	ID    uint32         // Identifier, or the Token of RADIUS/1.1
	Cause errcause.Cause // of an answer; 0: none
	Err   error          // why it was Dropped or GaveUp, or why a Sent one did not leave; else nil
	// Tag is of a Client: the caller's own, Job.Tag or that of WithTag; nil: none, or not known.
	Tag any
	// Transport is "udp", or that of ConnInfo: "tls" or "dtls".
	Transport    string
	PeerIdentity *PeerIdentity // of a connection: what the handshake proved; nil: UDP
}

// An EventOp is what became of a packet.
type EventOp uint8

const (
	// Received is a packet that was verified and taken: a first request by a Server, an answer that
	// was waited for by a Client.
	Received EventOp = iota + 1
	// Dropped is a packet that came in and was discarded in silence; Err says why.
	Dropped
	// Repeated is a duplicate of a request, absorbed or answered again from memory (RFC 5080,
	// section 2.2.2).
	Repeated
	// Sent is the first transmission of a request, told before it is written, or of an answer.
	Sent
	// Resent is the same octets again: a retransmission by a Client, the answer to a duplicate by a
	// Server.
	Resent
	// GaveUp is a request of a Client whose wait ended without an answer. Nothing crosses the wire.
	GaveUp
)

var eventOps = [...]string{Received: "received", Dropped: "dropped", Repeated: "repeated", Sent: "sent", Resent: "resent", GaveUp: "gave up"}

// String returns the name in lower case: "received", "gave up". An unknown one prints as
// EventOp(9).
func (o EventOp) String() string {
	if int(o) < len(eventOps) && eventOps[o] != "" {
		return eventOps[o]
	}
	return fmt.Sprintf("EventOp(%d)", uint8(o))
}

// Incoming reports whether the packet came in: Received, Dropped or Repeated.
func (o EventOp) Incoming() bool { return o == Received || o == Dropped || o == Repeated }

// Outgoing reports whether the packet went out: Sent or Resent.
func (o EventOp) Outgoing() bool { return o == Sent || o == Resent }

// LogValue returns Op, the address of the other side, code and identifier, and where there are any
// the cause and the error, for log/slog:
//
//	Trace: func(e dac.Event) { log.Debug("packet", "dac", e) }
//
// The octets are left out, since they may be unverified: Dump shows them with what is secret
// hidden.
func (e Event) LogValue() slog.Value {
	return slog.GroupValue(append([]slog.Attr{slog.String("op", e.Op.String())}, e.attrs()...)...)
}

func (e *Event) attrs() []slog.Attr {
	as := []slog.Attr{slog.String("addr", e.Peer.String()), slog.String("code", packet.CodeName(e.Code)), slog.Any("id", e.ID)}
	if e.Cause != 0 {
		as = append(as, slog.String("cause", e.Cause.String()))
	}
	if e.Err != nil {
		as = append(as, slog.Any("err", e.Err))
	}
	if e.Tag != nil {
		as = append(as, slog.Any("tag", e.Tag))
	}
	if e.PeerIdentity != nil {
		as = append(as, slog.String("transport", e.Transport), slog.String("identity", e.PeerIdentity.Name))
	}
	return as
}

// Tee returns a function that calls each of f in order. It skips nil ones; of none it is nil, which
// traces nothing.
func Tee(f ...func(Event)) func(Event) {
	var all []func(Event)
	for _, one := range f {
		if one != nil {
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return func(e Event) {
		for _, one := range all {
			one(e)
		}
	}
}
