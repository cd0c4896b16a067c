// SPDX-License-Identifier: Apache-2.0

// Package wispr has the attributes of the Wi-Fi Alliance's WISPr best practices (vendor 14122),
// which hotspots of many vendors take: bandwidth in bits a second, the end of a session, where the
// user is.
//
//	client.CoA(ctx, nas, attrs.AcctSessionID.Of(id), wispr.BandwidthMaxDown.Of(2_000_000))
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
package wispr

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number.
const Vendor = 14122

// The attributes, in the order of their numbers.
var (
	LocationID               = attrs.Text.Key(attrs.VendorID(Vendor, 1), "WISPr-Location-ID")
	LocationName             = attrs.Text.Key(attrs.VendorID(Vendor, 2), "WISPr-Location-Name")
	LogoffURL                = attrs.Text.Key(attrs.VendorID(Vendor, 3), "WISPr-Logoff-URL")
	RedirectionURL           = attrs.Text.Key(attrs.VendorID(Vendor, 4), "WISPr-Redirection-URL")
	BandwidthMinUp           = attrs.Integer.Key(attrs.VendorID(Vendor, 5), "WISPr-Bandwidth-Min-Up")
	BandwidthMinDown         = attrs.Integer.Key(attrs.VendorID(Vendor, 6), "WISPr-Bandwidth-Min-Down")
	BandwidthMaxUp           = attrs.Integer.Key(attrs.VendorID(Vendor, 7), "WISPr-Bandwidth-Max-Up")
	BandwidthMaxDown         = attrs.Integer.Key(attrs.VendorID(Vendor, 8), "WISPr-Bandwidth-Max-Down")
	SessionTerminateTime     = attrs.Text.Key(attrs.VendorID(Vendor, 9), "WISPr-Session-Terminate-Time")
	SessionTerminateEndOfDay = attrs.Text.Key(attrs.VendorID(Vendor, 10), "WISPr-Session-Terminate-End-Of-Day")
	BillingClassOfService    = attrs.Text.Key(attrs.VendorID(Vendor, 11), "WISPr-Billing-Class-Of-Service")
)
