// SPDX-License-Identifier: Apache-2.0

package turns

import "github.com/radius-dynauth/dynauth/attrs"

// mayMeet reports whether one session can have both identities: no attribute that both set is
// different. Attributes of which a session may have several are not compared.
func mayMeet(a, b *attrs.Identity) bool {
	switch {
	case differ(a.AcctSessionID, b.AcctSessionID), differ(a.Context, b.Context), differ(a.UserName, b.UserName),
		differ(a.AcctMultiSessionID, b.AcctMultiSessionID), differ(a.NASPortID, b.NASPortID),
		differ(a.ChargeableUserIdentity, b.ChargeableUserIdentity),
		a.FramedIPAddress.IsValid() && b.FramedIPAddress.IsValid() && a.FramedIPAddress != b.FramedIPAddress,
		a.NASPort != nil && b.NASPort != nil && *a.NASPort != *b.NASPort,
		a.FramedInterfaceID != nil && b.FramedInterfaceID != nil && *a.FramedInterfaceID != *b.FramedInterfaceID:
		return false
	}
	// Link addresses are written in more than one way.
	if differ(attrs.StationID(a.CallingStationID), attrs.StationID(b.CallingStationID)) ||
		differ(attrs.StationID(a.CalledStationID), attrs.StationID(b.CalledStationID)) {
		return false
	}
	for id, v := range a.Other {
		if w := b.Other[id]; len(v) == 1 && len(w) == 1 && v[0] != w[0] && !id.Several() {
			return false
		}
	}
	return true
}

// differ reports whether both are set, and not the same.
func differ(a, b string) bool { return a != "" && b != "" && a != b }
