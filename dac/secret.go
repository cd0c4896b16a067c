// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// redacted is what a Secret prints as, everywhere.
const redacted = "[secret]"

// Secret is a shared secret (RFC 2865, section 3). It prints as "[secret]" under every verb that vet accepts, as JSON, as text, in gob, in
// slog and in a panic. Keep it in exported fields only, since fmt prints unexported ones without asking. The empty Secret is no secret:
// nothing is signed or verified with it. string(s) is the way to what it holds.
type Secret string

// Format writes "[secret]", whatever the verb.
func (Secret) Format(f fmt.State, verb rune) { io.WriteString(f, redacted) }

// String is "[secret]".
func (Secret) String() string { return redacted }

// LogValue is "[secret]".
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText gives "[secret]", for JSON, XML and whatever else encodes text.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText takes text as the secret, so that configuration can hold one. It refuses "[secret]": a configuration that was written by
// this program would have a secret that everybody knows.
func (s *Secret) UnmarshalText(text []byte) error {
	if string(text) == redacted {
		return errRedacted
	}
	*s = Secret(text)
	return nil
}

// GobEncode gives "[secret]".
func (s Secret) GobEncode() ([]byte, error) { return s.MarshalText() }

// GobDecode refuses "[secret]", as UnmarshalText does.
func (s *Secret) GobDecode(b []byte) error { return s.UnmarshalText(b) }

var errRedacted = errors.New(`dac: "[secret]" stands where a secret was printed, and is none`)
