// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/exchange"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
)

// Op is what a PacketError of package dac says of an exchange that failed so: "dial", "send" or
// "receive"; "": such an exchange is no PacketError. Of these, "receive" alone may come after the
// request has left.
func Op(k exchange.FailureKind) string {
	switch k {
	case exchange.FailedDial:
		return "dial"
	case exchange.FailedSend:
		return "send"
	case exchange.FailedConn: // whether it was read is not known
		return "receive"
	}
	return ""
}

// Fault is the text of a PacketError: the operation, the peer where it is known, and what went
// wrong, the same each time that happens to a peer: a host counts errors by their texts, and a log
// is searched for them.
func Fault(op string, peer netip.AddrPort, err error) string {
	if !peer.IsValid() {
		return fmt.Sprintf("dac: %s: %s", op, withoutPorts(err))
	}
	return fmt.Sprintf("dac: %s %v: %s", op, peer, withoutPorts(err))
}

// withoutPorts is the text of err on one line, an error of a socket without its addresses, of which
// the local port is another each time. What wraps the error of the socket keeps its own words.
func withoutPorts(err error) string {
	if err == nil {
		return "no error"
	}
	text := err.Error()
	var op *net.OpError
	if errors.As(err, &op) {
		text = strings.ReplaceAll(text, op.Error(), fmt.Sprintf("%s: %v", strings.TrimSpace(op.Op+" "+op.Net), op.Err))
	}
	return strings.ReplaceAll(text, "\n", "; ") // of errors.Join
}

// FaultHint says what to look at after a PacketError, and, where the request was on its way,
// whether it may have been executed. via: a Transport opens its connection.
func FaultHint(op string, err error, via bool) string {
	switch op {
	case "dial":
		return dialHint(err, via) + "; nothing was sent"
	case "send":
		if errors.Is(err, errcause.AdministrativelyProhibited) { // by DenyDisconnect or DenyCoA
			return "see whether it is right that the Peer of this NAS denies it; nothing was sent"
		}
		// The system refused to send it.
		return "look at the routes and filters of this machine; nothing was sent"
	case "receive":
		return "look at what closed the socket, or the connection of Client.Dial; the request may have been executed"
	}
	return "look at " + Advice(err)
}

// dialHint says what to look at where there is no connection because of err. A Transport whose
// error has a Hint knows more.
func dialHint(err error, via bool) string {
	var h interface{ Hint() string }
	switch {
	case errors.As(err, &h):
		return h.Hint()
	case via:
		return "look at the address, at whether the NAS listens there, at the certificates of both ends and Peer.ServerName, and at what the Config.Logger of the transport says"
	case err == nil:
		return "look at why Client.Dial has not returned"
	}
	return "look at the addresses and the routes of this machine, and at Client.Dial where it is set"
}

// Advice says where to look when a reply was discarded for err, as words that follow "look at". An
// error that wraps another is asked for first.
func Advice(err error) string {
	switch {
	case errors.Is(err, exchange.ErrMissing):
		return "the secret on both sides, and at Peer.RequireMessageAuthenticator"
	case errors.Is(err, authn.ErrAuthenticator):
		return "the secret on both sides"
	case errors.Is(err, authn.ErrMessageAuthenticator):
		return "the secret on both sides and at how the NAS computes Message-Authenticator"
	case errors.Is(err, packet.ErrEventTimestamp):
		return "the clocks of both sides, or set Peer.IgnoreEventTimestamp for a NAS without one"
	case errors.Is(err, packet.ErrWrongKind):
		return "what listens there: it does not speak RFC 5176 as asked"
	}
	return "what listens there, and at what changes packets on the way"
}
