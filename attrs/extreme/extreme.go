// SPDX-License-Identifier: Apache-2.0

// Package extreme has the attributes of Extreme Networks (vendor 1916): the VLAN, the security
// profile and the virtual machine of a port that network login authenticates.
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
package extreme

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number.
const Vendor = 1916

// The attributes, in the order of their numbers.
var (
	CLIAuthorization     = attrs.Integer.Key(attrs.VendorID(Vendor, 201), "Extreme-CLI-Authorization").Named(attrs.Value{Number: 0, Name: "Disabled"}, attrs.Value{Number: 1, Name: "Enabled"})
	ShellCommand         = attrs.Text.Key(attrs.VendorID(Vendor, 202), "Extreme-Shell-Command")
	NetloginVLAN         = attrs.Text.Key(attrs.VendorID(Vendor, 203), "Extreme-Netlogin-Vlan")
	NetloginURL          = attrs.Text.Key(attrs.VendorID(Vendor, 204), "Extreme-Netlogin-Url")
	NetloginURLDesc      = attrs.Text.Key(attrs.VendorID(Vendor, 205), "Extreme-Netlogin-Url-Desc")
	NetloginOnly         = attrs.Integer.Key(attrs.VendorID(Vendor, 206), "Extreme-Netlogin-Only").Named(attrs.Value{Number: 0, Name: "Disabled"}, attrs.Value{Number: 1, Name: "Enabled"})
	UserLocation         = attrs.Text.Key(attrs.VendorID(Vendor, 208), "Extreme-User-Location")
	NetloginVLANTag      = attrs.Integer.Key(attrs.VendorID(Vendor, 209), "Extreme-Netlogin-Vlan-Tag")
	NetloginExtendedVLAN = attrs.Text.Key(attrs.VendorID(Vendor, 211), "Extreme-Netlogin-Extended-Vlan")
	SecurityProfile      = attrs.Text.Key(attrs.VendorID(Vendor, 212), "Extreme-Security-Profile")
	VMName               = attrs.Text.Key(attrs.VendorID(Vendor, 213), "Extreme-VM-Name")
	VMVPPName            = attrs.Text.Key(attrs.VendorID(Vendor, 214), "Extreme-VM-VPP-Name")
	VMIPAddress          = attrs.IPv4Addr.Key(attrs.VendorID(Vendor, 215), "Extreme-VM-IP-Addr")
	VMVLANID             = attrs.Integer.Key(attrs.VendorID(Vendor, 216), "Extreme-VM-VLAN-ID")
	VMVRName             = attrs.Text.Key(attrs.VendorID(Vendor, 217), "Extreme-VM-VR-Name")
)
