// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
)

// Secret is a shared secret (RFC 2865, section 3). It prints as "[secret]" under every verb that
// vet accepts, as JSON, as text, in gob, in slog and in a panic, and so it does inside a Peer, a
// NamedPeer, a PeerMap, a Server, a Client and a Proxy, wherever they stand. The empty Secret is no
// secret: nothing is signed or verified with it. string(s) is the way to what it holds.
//
// Some printers do not ask a value how it wants to be printed, and a string cannot hinder them. So
// keep a Secret in exported fields only (fmt prints unexported ones as they are), and never use it
// as the key of a map (encoding/json writes a key that is a string as it is). Print what leads to
// one with %v or %+v: where fmt complains about a verb (%w of what is no error, %p of what is no
// pointer, %s or %d of a pointer to a struct of the host's that stands inside something else), it
// shows the value as it is. The same goes for printers that look into values with package reflect
// or unsafe alone, as debuggers do.
type Secret string

// Format writes "[secret]" under every verb.
func (Secret) Format(f fmt.State, verb rune) { io.WriteString(f, authn.Redacted) }

// String is "[secret]".
func (Secret) String() string { return authn.Redacted }

// LogValue is "[secret]".
func (Secret) LogValue() slog.Value { return slog.StringValue(authn.Redacted) }

// MarshalText gives "[secret]", for JSON, XML and other encodings of text.
func (Secret) MarshalText() ([]byte, error) { return []byte(authn.Redacted), nil }

// UnmarshalText takes text as the secret, so that configuration can hold one. It refuses
// "[secret]": a configuration that was written by this program would have a secret that is no
// secret.
func (s *Secret) UnmarshalText(text []byte) error {
	if string(text) == authn.Redacted {
		return errRedacted
	}
	*s = Secret(text)
	return nil
}

// Format prints p with its secrets as "[secret]" under every verb.
func (p Peer) Format(f fmt.State, verb rune) {
	type fields Peer
	show.Fields(f, verb, fields(p))
}

// Format prints p with its secrets as "[secret]" under every verb.
func (p NamedPeer) Format(f fmt.State, verb rune) {
	type fields NamedPeer
	show.Fields(f, verb, fields(p))
}

// Format prints the peers with their secrets as "[secret]" under every verb.
func (m PeerMap) Format(f fmt.State, verb rune) {
	type fields map[netip.Prefix]Peer
	show.Fields(f, verb, fields(m))
}

// GobEncode gives "[secret]".
func (s Secret) GobEncode() ([]byte, error) { return s.MarshalText() }

// GobDecode refuses "[secret]", as UnmarshalText does.
func (s *Secret) GobDecode(b []byte) error { return s.UnmarshalText(b) }

var errRedacted = errors.New(`dac: "[secret]" stands where a secret was printed, and is none`)
