// SPDX-License-Identifier: Apache-2.0

// Package chillispot has the attributes of ChilliSpot and CoovaChilli (vendor 14559): volumes in
// octets and bandwidths in kbit/s of a hotspot user.
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
package chillispot

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number.
const Vendor = 14559

// The attributes, in the order of their numbers.
var (
	MaxInputOctets   = attrs.Integer.Key(attrs.VendorID(Vendor, 1), "ChilliSpot-Max-Input-Octets")
	MaxOutputOctets  = attrs.Integer.Key(attrs.VendorID(Vendor, 2), "ChilliSpot-Max-Output-Octets")
	MaxTotalOctets   = attrs.Integer.Key(attrs.VendorID(Vendor, 3), "ChilliSpot-Max-Total-Octets")
	BandwidthMaxUp   = attrs.Integer.Key(attrs.VendorID(Vendor, 4), "ChilliSpot-Bandwidth-Max-Up")
	BandwidthMaxDown = attrs.Integer.Key(attrs.VendorID(Vendor, 5), "ChilliSpot-Bandwidth-Max-Down")
	Config           = attrs.Text.Key(attrs.VendorID(Vendor, 6), "ChilliSpot-Config")
	Lang             = attrs.Text.Key(attrs.VendorID(Vendor, 7), "ChilliSpot-Lang")
	Version          = attrs.Text.Key(attrs.VendorID(Vendor, 8), "ChilliSpot-Version")
	OriginalURL      = attrs.Text.Key(attrs.VendorID(Vendor, 9), "ChilliSpot-OriginalURL")
	UAMAllowed       = attrs.Text.Key(attrs.VendorID(Vendor, 100), "ChilliSpot-UAM-Allowed")
	MACAllowed       = attrs.Text.Key(attrs.VendorID(Vendor, 101), "ChilliSpot-MAC-Allowed")
	Interval         = attrs.Integer.Key(attrs.VendorID(Vendor, 102), "ChilliSpot-Interval")
)
