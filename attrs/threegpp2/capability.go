// SPDX-License-Identifier: Apache-2.0

package threegpp2

import (
	"fmt"
	"strconv"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A Capability is the value of 3GPP2-Session-Termination-Capability: the ways in which a session
// may be ended, a set of bits. Zero is none.
type Capability uint32

// The ways to end a session.
const (
	OnlyDynamicAuthorization   Capability = 1 // Dynamic-Authorization: Disconnect-Requests
	OnlyRegistrationRevocation Capability = 2 // Registration-Revocation: of Mobile IPv4
	Both                       Capability = 3 // Both
)

// String returns "Dynamic-Authorization", "Capability(9)".
func (c Capability) String() string {
	switch c {
	case OnlyDynamicAuthorization:
		return "Dynamic-Authorization"
	case OnlyRegistrationRevocation:
		return "Registration-Revocation"
	case Both:
		return "Both"
	}
	return "Capability(" + strconv.FormatUint(uint64(c), 10) + ")"
}

// DynamicAuthorization reports whether a Disconnect-Request may end the session.
func (c Capability) DynamicAuthorization() bool { return c&OnlyDynamicAuthorization != 0 }

// RegistrationRevocation reports whether a revocation of its Mobile IPv4 registration may end the
// session.
func (c Capability) RegistrationRevocation() bool { return c&OnlyRegistrationRevocation != 0 }

// SupportBoth is for the Access-Request of a NAS that knows both ways.
func SupportBoth() attrs.Attr { return SessionTerminationCapability.Of(uint32(Both)) }

// CapabilityOf reads what an Access-Accept settles for the session, or what an Access-Request
// offers; 0 without an error is that it says nothing. A value that cannot be decoded wraps
// errcause.InvalidRequest, and one that is none of the three errcause.InvalidAttributeValue.
func CapabilityOf(set radius.Attributes) (Capability, error) {
	v, ok, err := SessionTerminationCapability.Lookup(set) // two that differ: 404
	switch {
	case err != nil || !ok:
		return 0, err
	case v < uint32(OnlyDynamicAuthorization) || v > uint32(Both):
		return 0, fmt.Errorf("threegpp2: %v is %d: %w", SessionTerminationCapability, v, errcause.InvalidAttributeValue)
	}
	return Capability(v), nil
}
