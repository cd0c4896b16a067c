// SPDX-License-Identifier: Apache-2.0

// Package airespace has the attributes of Airespace (vendor 14179), which Cisco wireless LAN
// controllers take: the WLAN, the access list, the quality of service and the bandwidth of a
// client.
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
package airespace

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number.
const Vendor = 14179

// The attributes, in the order of their numbers.
var (
	WlanID                                   = attrs.Integer.Key(attrs.VendorID(Vendor, 1), "Airespace-Wlan-Id")
	QoSLevel                                 = attrs.Integer.Key(attrs.VendorID(Vendor, 2), "Airespace-QOS-Level").Named(attrs.Value{Number: 0, Name: "Silver"}, attrs.Value{Number: 1, Name: "Gold"}, attrs.Value{Number: 2, Name: "Platinum"}, attrs.Value{Number: 3, Name: "Bronze"})
	DSCP                                     = attrs.Integer.Key(attrs.VendorID(Vendor, 3), "Airespace-DSCP")
	Dot1pTag                                 = attrs.Integer.Key(attrs.VendorID(Vendor, 4), "Airespace-8021p-Tag")
	InterfaceName                            = attrs.Text.Key(attrs.VendorID(Vendor, 5), "Airespace-Interface-Name")
	ACLName                                  = attrs.Text.Key(attrs.VendorID(Vendor, 6), "Airespace-ACL-Name")
	DataBandwidthAverageContract             = attrs.Integer.Key(attrs.VendorID(Vendor, 7), "Airespace-Data-Bandwidth-Average-Contract")
	RealTimeBandwidthAverageContract         = attrs.Integer.Key(attrs.VendorID(Vendor, 8), "Airespace-Real-Time-Bandwidth-Average-Contract")
	DataBandwidthBurstContract               = attrs.Integer.Key(attrs.VendorID(Vendor, 9), "Airespace-Data-Bandwidth-Burst-Contract")
	RealTimeBandwidthBurstContract           = attrs.Integer.Key(attrs.VendorID(Vendor, 10), "Airespace-Real-Time-Bandwidth-Burst-Contract")
	GuestRoleName                            = attrs.Text.Key(attrs.VendorID(Vendor, 11), "Airespace-Guest-Role-Name")
	DataBandwidthAverageContractUpstream     = attrs.Integer.Key(attrs.VendorID(Vendor, 13), "Airespace-Data-Bandwidth-Average-Contract-Upstream")
	RealTimeBandwidthAverageContractUpstream = attrs.Integer.Key(attrs.VendorID(Vendor, 14), "Airespace-Real-Time-Bandwidth-Average-Contract-Upstream")
	DataBandwidthBurstContractUpstream       = attrs.Integer.Key(attrs.VendorID(Vendor, 15), "Airespace-Data-Bandwidth-Burst-Contract-Upstream")
	RealTimeBandwidthBurstContractUpstream   = attrs.Integer.Key(attrs.VendorID(Vendor, 16), "Airespace-Real-Time-Bandwidth-Burst-Contract-Upstream")
)
