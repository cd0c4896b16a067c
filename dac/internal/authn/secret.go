// SPDX-License-Identifier: Apache-2.0

package authn

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what a Secret prints as, everywhere.
const Redacted = "[secret]"

// A Secret is a shared secret (RFC 2865, section 3) on its way through the rooms. It prints as
// "[secret]" under every verb, in slog and as text. The empty Secret is none.
type Secret string

// Format writes "[secret]" under every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, Redacted) }

// String is "[secret]".
func (Secret) String() string { return Redacted }

// LogValue is "[secret]".
func (Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalText gives "[secret]".
func (Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }
