// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"layeh.com/radius"
)

// ErrNoPacket is what a request or an answer without a Packet gives: a host has made it as a
// literal of its own.
var ErrNoPacket = errors.New("dac: no Packet: build requests with NewDisconnect and NewCoA, answers with ACK and NAK")

// ErrPassword is what a request gives that has a value hidden like User-Password, where the peer
// has not asked for it.
var ErrPassword = errors.New("RFC 5176, section 2.3, has no User-Password in these packets, " +
	"and what hides it is weak without a random authenticator: leave it out, " +
	"or set Peer.HideUserPassword for a NAS that asks for it (Cisco ISG account logon)")

// A How is how a request is made, as its peer wants it. Its fields are those of exchange.Form, of
// which it is made by a conversion.
type How struct {
	ID                   uint32 // or Token
	Secret               authn.Secret
	Tokens               bool      // RADIUS/1.1: nothing is signed or hidden (RFC 9765)
	MessageAuthenticator bool      // comes first
	EventTimestamp       time.Time // zero adds none; one that is there is kept
	HideUserPassword     bool      // else such an attribute is ErrPassword
}

// Check says why p is nothing to be sent as a request: a Client sends the two kinds of RFC 5176,
// section 2, and no other.
func Check(p *radius.Packet) error {
	if p == nil {
		return ErrNoPacket
	}
	if !packet.IsRequest(p.Code) {
		return fmt.Errorf("%w: %s is no Disconnect-Request or CoA-Request", packet.ErrMalformed, packet.CodeName(p.Code))
	}
	return nil
}

// Request appends the octets of p, not signed yet, to b. Hidden values of p stand in clear, or, in
// a request that was received and is sent on, as reveal shows them; nil: in clear. It fails where
// an attribute cannot be encoded, and where the packet would have more than 4,096 octets.
func Request(b []byte, p *radius.Packet, reveal Revealer, how How) ([]byte, error) {
	if how.Secret == "" && !how.Tokens {
		return nil, authn.ErrNoSecret
	}
	if err := Check(p); err != nil {
		return nil, err
	}
	set, err := hidden(p.Attributes, reveal, how)
	if err != nil {
		return nil, err
	}
	start := len(b)
	if how.Tokens {
		b = packet.AppendTokenHeader(b, p.Code, how.ID)
	} else {
		b = packet.AppendHeader(b, p.Code, byte(how.ID), how.MessageAuthenticator)
	}
	stamped := false // a host may put its own time there
	b, err = packet.AppendAttributes(b, set, func(t byte) bool {
		stamped = stamped || t == packet.TypeEventTimestamp
		return t == packet.TypeMessageAuthenticator
	})
	if err != nil {
		return nil, err
	}
	if !stamped && !how.EventTimestamp.IsZero() {
		b = packet.AppendEventTimestamp(b, how.EventTimestamp)
	}
	return b, packet.SetLength(b, start)
}

// SignedRequest is Request with its Request Authenticator, and its Message-Authenticator where it
// has one.
func SignedRequest(b []byte, p *radius.Packet, reveal Revealer, how How) ([]byte, error) {
	start := len(b)
	b, err := Request(b, p, reveal, how)
	if err != nil {
		return nil, err
	}
	authn.SignRequest(b[start:], how.Secret)
	return b, nil
}

// hidden returns set with what is to be hidden hidden by the secret of the peer. A Proxy has a
// secret for each hop, so a value that came hidden is revealed first.
func hidden(set radius.Attributes, reveal Revealer, how How) (radius.Attributes, error) {
	return attrs.MapEncrypted(set, func(kind attrs.Hiding, value []byte) (_ []byte, err error) {
		if kind != attrs.SaltHidden && !how.HideUserPassword {
			return nil, ErrPassword
		}
		if reveal != nil {
			if value, err = reveal(kind, value); err != nil {
				return nil, err
			}
		}
		if how.Tokens {
			if kind != attrs.SaltHidden { // what filled the last block (RFC 9765, section 5.1.1)
				value = bytes.TrimRight(value, "\x00")
			}
			return value, nil
		}
		switch kind {
		case attrs.PasswordHidden:
			return authn.HidePassword(value, how.Secret)
		case attrs.AscendHidden:
			return authn.HideAscend(value, how.Secret)
		}
		return authn.Hide(value, how.Secret)
	})
}

// A Revealer shows hidden values, of the kind that how says, of a request that was received. It
// holds the secret with which that was verified, and does not print it: a function prints as an
// address.
type Revealer func(how attrs.Hiding, hidden []byte) ([]byte, error)

// RevealWith is the Revealer that knows s. Without s it is that of RADIUS/1.1, which hides nothing
// (RFC 9765, section 5.1): a salted value comes without salt.
func RevealWith(s authn.Secret) Revealer {
	if s == "" {
		return revealClear
	}
	return func(how attrs.Hiding, hidden []byte) ([]byte, error) {
		switch how {
		case attrs.PasswordHidden:
			return authn.RevealPassword(hidden, s)
		case attrs.AscendHidden:
			return authn.RevealAscend(hidden, s)
		}
		return authn.Reveal(hidden, s)
	}
}

// revealClear returns a copy: the value belongs to the packet, and what is revealed to the host.
func revealClear(_ attrs.Hiding, value []byte) ([]byte, error) { return slices.Clone(value), nil }

// AuthorizeOnly makes p, which has no other user, a request to authorize again (RFC 5176, section
// 3.2), or says why it cannot be one: it identifies a session and has one State, and has nothing to
// change, since what is to change is what the Access-Accept will say.
func AuthorizeOnly(p *radius.Packet) error {
	states, service := 0, false
	for id, err := range attrs.IDs(p.Attributes) {
		switch {
		case err != nil:
			return err
		case id.Type == packet.TypeState:
			states++
		case id.Type == packet.TypeServiceType:
			service = true
		case id.Role() == attrs.RoleAuthorization:
			return fmt.Errorf("dac: Authorize Only with %v: it holds identification and State alone (RFC 5176, section 3.2); what is to change goes into the Access-Accept", id)
		}
	}
	if states != 1 || len(p.Get(packet.TypeState)) == 0 {
		return errors.New("dac: Authorize Only needs one State (RFC 5176, section 3.3): add attrs.State, which the NAS sends back in its Access-Request")
	}
	if !service { // what a caller need not say
		p.Add(packet.TypeServiceType, radius.NewInteger(packet.AuthorizeOnlyValue))
	} else if !packet.AuthorizeOnly(p.Attributes) {
		return errors.New("dac: Reauthorize with another Service-Type than Authorize-Only: leave Service-Type out")
	}
	return nil
}
