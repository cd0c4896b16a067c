// SPDX-License-Identifier: Apache-2.0

// Package ruckus has the attributes of Ruckus (vendor 25053) as Keys: those of the wireless
// controllers ZoneDirector and SmartZone. Both end sessions by a Disconnect-Request with
// Calling-Station-Id; FastIron switches change the access list of a session that has one by
// Filter-Id.
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
package ruckus

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number of Ruckus.
const Vendor = 25053

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }
