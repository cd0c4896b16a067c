// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/report"
	"github.com/radius-dynauth/dynauth/dac/internal/serve"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
	"github.com/radius-dynauth/dynauth/errcause"
)

// What can be wrong with a packet, or with who sent it. A Server drops such packets in silence,
// each under a counter of its own (RFC 5176, sections 2.3, 3.4, 6.1 and 6.3); a Client notes them
// and waits on.
var (
	ErrMalformed            = packet.ErrMalformed
	ErrAuthenticator        = authn.ErrAuthenticator
	ErrMessageAuthenticator = authn.ErrMessageAuthenticator
	ErrEventTimestamp       = packet.ErrEventTimestamp
	ErrUnknownPeer          = serve.ErrUnknownPeer
	// ErrWrongKind: the ACK of the other request, or one that its RFC forbids.
	ErrWrongKind = packet.ErrWrongKind
)

// A PacketError is what became of one packet. Op is "parse", "verify", "dial", "send" or "receive";
// Peer is the other side, zero where it is not known. It unwraps to Err.
type PacketError struct {
	Op   string
	Peer netip.AddrPort
	Err  error
	Tag  any // the caller's own, of a request of a Client: Job.Tag, or that of WithTag; nil: none
	via  bool
}

// Error says the operation, the peer where it is known, and what went wrong. It is the same for
// what happens to a peer again and again.
func (e *PacketError) Error() string { return report.Fault(e.Op, e.Peer, e.Err) }

// Hint says what to look at next.
func (e *PacketError) Hint() string { return report.FaultHint(e.Op, e.Err, e.via) }

// Unwrap returns Err.
func (e *PacketError) Unwrap() error { return e.Err }

// A NAKError is a refusal, as a Client received it or as a Handler makes it where an errcause.Cause
// alone will not do. It unwraps to Cause, where there is one, and to Err. Whose a refusal is that a
// Client received says Response.Tag: what the caller gave by WithTag or Job.Tag.
type NAKError struct {
	Cause    errcause.Cause // zero: no Error-Cause
	Response *Response      // as received; from a Handler: what to send, nil for a plain NAK
	Resent   bool           // as of Response; false from a Handler
	// Err is from a Handler: what lies behind it, for the local log; nil: nothing more to say.
	Err error
}

// Error says what was refused, by whom and why: "dac: Disconnect-NAK from 192.0.2.1:3799:
// Session-Context-Not-Found (503)". Where it came from a NAS, Hint says what to look at next
// (errcause.Cause.Hint).
func (e *NAKError) Error() string {
	if e == nil { // a handler's `var e *NAKError; return nil, e`: a refusal all the same
		e = new(NAKError)
	}
	if e.Response == nil {
		return show.Refusal(nil, netip.AddrPort{}, e.Cause, e.Err)
	}
	return show.Refusal(e.Response.Packet, e.Response.Source, e.Cause, e.Err)
}

// Hint says what to look at after the refusal.
func (e *NAKError) Hint() string {
	if e == nil {
		return show.CauseHint(0)
	}
	return show.CauseHint(e.Cause)
}

// Unwrap returns Cause, where there is one, and Err, where there is one.
func (e *NAKError) Unwrap() []error {
	if e == nil {
		return nil
	}
	var errs []error
	if e.Cause != 0 {
		errs = append(errs, e.Cause)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}

// Verdict folds what a Handler returned, for middleware: nil for an ACK, else a *NAKError, in
// whichever form the NAK came. ErrDiscard and ErrSilent, which are no answers, are in its Err; so
// is the lack of any answer.
func Verdict(resp *Response, err error) error {
	if err != nil {
		var nak *NAKError
		if errors.As(err, &nak) && nak != nil {
			return nak
		}
		cause, _ := errcause.Of(err)
		return &NAKError{Cause: cause, Err: err}
	}
	if resp == nil || resp.Packet == nil {
		return &NAKError{Err: errNoAnswerMade}
	}
	return resp.Err()
}

// errNoAnswerMade is the fault of a handler that returned neither an answer nor an error.
var errNoAnswerMade = errors.New("dac: the handler returned neither an answer nor an error")
