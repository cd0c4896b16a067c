// SPDX-License-Identifier: Apache-2.0

// Package aruba has the attributes of Aruba (vendor 14823) as Keys: those of the controllers and
// gateways with ArubaOS and of AOS-CX switches; AOS-S switches have those of package hp. What a
// person wants to do with them are functions:
//
//	client.Disconnect(ctx, controller, attrs.CallingStationID.Of(mac), aruba.BouncePort(12*time.Second))
//	client.CoA(ctx, controller, attrs.CallingStationID.Of(mac), aruba.SetRole("guest"))
//
// Linking it in makes the names known to attrs.Parse and attrs.Format, and the hidden ones to the
// signer.
//
// ArubaOS ignores attributes that it does not support, where others refuse them, so an ACK does not
// say that all of a request was done.
package aruba

import (
	"errors"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
)

// Vendor is the vendor number of Aruba.
const Vendor = 14823

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }

// BouncePort takes the wired port of a host down for d, 1 to 60 s, and up again. A controller takes
// it in a Disconnect-Request that names the host by Calling-Station-Id; it ignores other spans, so
// they make an Attr with an error.
func BouncePort(d time.Duration) attrs.Attr {
	if d < time.Second || d > 60*time.Second {
		return attrs.Failed(errors.New("aruba: a port is bounced for 1 to 60 seconds"))
	}
	return PortBounceHost.Of(d)
}

// SetRole gives a user another role.
func SetRole(role string) attrs.Attr { return UserRole.Of(role) }
