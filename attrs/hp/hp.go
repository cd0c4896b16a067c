// SPDX-License-Identifier: Apache-2.0

// Package hp has the attributes of HP (vendor 11) as Keys: those of HPE Aruba's AOS-S switches,
// once ProCurve, and what a person wants to do with them as functions:
//
//	client.CoA(ctx, nas, attrs.CallingStationID.Of(mac), hp.BouncePort(12*time.Second))
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
//
// The switch takes these requests only from hosts for which that is switched on, and compares
// Event-Timestamp with a window for each host.
package hp

import (
	"errors"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
)

// Vendor is the vendor number of HP.
const Vendor = 11

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }

// BouncePort takes the port of a host down for d, whole seconds of at least one, and up again.
func BouncePort(d time.Duration) attrs.Attr {
	if d < time.Second {
		return attrs.Failed(errors.New("hp: a port is bounced for a second or more"))
	}
	return PortBounceHost.Of(d)
}

// SetRole gives a client another role of those that the switch has.
func SetRole(role string) attrs.Attr { return UserRole.Of(role) }
