// SPDX-License-Identifier: Apache-2.0

// Package pica8 has the attributes of Pica8 (vendor 35098) as Keys, and what a person wants to do
// with a port of PicOS as a function:
//
//	client.CoA(ctx, nas, attrs.CallingStationID.Of(station), pica8.BounceHostPort())
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
package pica8

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number of Pica8.
const Vendor = 35098

// The attributes, in the order of their numbers.
var (
	AVPair              = attrs.Text.Key(attrs.VendorID(Vendor, 1), "Pica8-AVPair").Packs("=")
	DownloadableACLRule = attrs.Text.Key(attrs.VendorID(Vendor, 2), "Pica8-IP-Downloadable-ACL-Rule")
	DownloadableACLName = attrs.Text.Key(attrs.VendorID(Vendor, 3), "Pica8-IP-Downloadable-ACL-Name")
	RedirectURL         = attrs.Text.Key(attrs.VendorID(Vendor, 4), "Pica8-Redirect-URL")
)

// BounceHostPort takes the port of a host down and up again, with the words that Cisco has for it
// and the number of Pica8.
func BounceHostPort() attrs.Attr { return AVPair.Of("subscriber:command=bounce-host-port") }
