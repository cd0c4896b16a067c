// SPDX-License-Identifier: Apache-2.0

// Package mikrotik has the attributes of MikroTik RouterOS (vendor 14988), as Keys named like the
// attributes, and what a person wants to do with them, as functions that are verbs:
//
//	client.CoA(ctx, nas, attrs.AcctSessionID.Of(id), mikrotik.RateLimit.Of("10M/10M"))
//	client.CoA(ctx, nas, attrs.AcctSessionID.Of(id),
//		mikrotik.SetRateLimit(mikrotik.Limit{Rate: mikrotik.Rates{Rx: 10e6, Tx: 10e6}}))
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
//
// RouterOS does not listen for these requests until it is told to accept them (/radius incoming set
// accept=yes). It listens on port 3799, older releases on 1700.
package mikrotik

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number of MikroTik.
const Vendor = 14988

// Attributes of a session. Limits are octets, counted modulo 2^32; the Gigawords have what is
// above.
var (
	RecvLimit           = attrs.Integer.Key(attrs.VendorID(Vendor, 1), "Mikrotik-Recv-Limit")
	XmitLimit           = attrs.Integer.Key(attrs.VendorID(Vendor, 2), "Mikrotik-Xmit-Limit")
	Group               = attrs.Text.Key(attrs.VendorID(Vendor, 3), "Mikrotik-Group")
	RateLimit           = attrs.Text.Key(attrs.VendorID(Vendor, 8), "Mikrotik-Rate-Limit")
	Realm               = attrs.Text.Key(attrs.VendorID(Vendor, 9), "Mikrotik-Realm")
	HostIP              = attrs.IPv4Addr.Key(attrs.VendorID(Vendor, 10), "Mikrotik-Host-IP")
	MarkID              = attrs.Text.Key(attrs.VendorID(Vendor, 11), "Mikrotik-Mark-Id")
	AdvertiseURL        = attrs.Text.Key(attrs.VendorID(Vendor, 12), "Mikrotik-Advertise-URL")
	AdvertiseInterval   = attrs.Seconds.Key(attrs.VendorID(Vendor, 13), "Mikrotik-Advertise-Interval")
	RecvLimitGigawords  = attrs.Integer.Key(attrs.VendorID(Vendor, 14), "Mikrotik-Recv-Limit-Gigawords")
	XmitLimitGigawords  = attrs.Integer.Key(attrs.VendorID(Vendor, 15), "Mikrotik-Xmit-Limit-Gigawords")
	TotalLimit          = attrs.Integer.Key(attrs.VendorID(Vendor, 17), "Mikrotik-Total-Limit")
	TotalLimitGigawords = attrs.Integer.Key(attrs.VendorID(Vendor, 18), "Mikrotik-Total-Limit-Gigawords")
	AddressList         = attrs.Text.Key(attrs.VendorID(Vendor, 19), "Mikrotik-Address-List")
	DelegatedIPv6Pool   = attrs.Text.Key(attrs.VendorID(Vendor, 22), "Mikrotik-Delegated-IPv6-Pool")
	DHCPOptionSet       = attrs.Text.Key(attrs.VendorID(Vendor, 23), "Mikrotik-DHCP-Option-Set")
	DHCPOptionParamSTR1 = attrs.Text.Key(attrs.VendorID(Vendor, 24), "Mikrotik-DHCP-Option-Param-STR1")
	DHCPOptionParamSTR2 = attrs.Text.Key(attrs.VendorID(Vendor, 25), "Mikrotik-DHCP-Option-Param-STR2").Alias("Mikrotik-DHCP-Option-ParamSTR2")
	SwitchingFilter     = attrs.Text.Key(attrs.VendorID(Vendor, 30), "Mikrotik-Switching-Filter")
)

// Attributes of wireless clients.
var (
	WirelessForward   = attrs.Integer.Key(attrs.VendorID(Vendor, 4), "Mikrotik-Wireless-Forward")
	WirelessSkipDot1x = attrs.Integer.Key(attrs.VendorID(Vendor, 5), "Mikrotik-Wireless-Skip-Dot1x")
	WirelessEncAlgo   = attrs.Integer.Key(attrs.VendorID(Vendor, 6), "Mikrotik-Wireless-Enc-Algo").Named(
		attrs.Value{Number: 0, Name: "No-encryption"}, attrs.Value{Number: 1, Name: "40-bit-WEP"}, attrs.Value{Number: 2, Name: "104-bit-WEP"},
		attrs.Value{Number: 3, Name: "AES-CCM"}, attrs.Value{Number: 4, Name: "TKIP"})
	WirelessEncKey     = attrs.Text.Key(attrs.VendorID(Vendor, 7), "Mikrotik-Wireless-Enc-Key").Sensitive()
	WirelessPSK        = attrs.Text.Key(attrs.VendorID(Vendor, 16), "Mikrotik-Wireless-PSK").Sensitive()
	WirelessMPKey      = attrs.Text.Key(attrs.VendorID(Vendor, 20), "Mikrotik-Wireless-MPKey").Sensitive()
	WirelessComment    = attrs.Text.Key(attrs.VendorID(Vendor, 21), "Mikrotik-Wireless-Comment")
	WirelessVLANID     = attrs.Integer.Key(attrs.VendorID(Vendor, 26), "Mikrotik-Wireless-VLANID")
	WirelessVLANIDType = attrs.Integer.Key(attrs.VendorID(Vendor, 27), "Mikrotik-Wireless-VLANIDtype").Alias("Mikrotik-Wireless-VLANID-Type").Named(
		attrs.Value{Number: 0, Name: "802.1q"}, attrs.Value{Number: 1, Name: "802.1ad"})
	WirelessMinSignal = attrs.Text.Key(attrs.VendorID(Vendor, 28), "Mikrotik-Wireless-Minsignal")
	WirelessMaxSignal = attrs.Text.Key(attrs.VendorID(Vendor, 29), "Mikrotik-Wireless-Maxsignal")
)

// SetRecvLimit limits what the router receives from the client, in octets.
func SetRecvLimit(octets uint64) attrs.Attr { return limit(RecvLimit, RecvLimitGigawords, octets) }

// SetXmitLimit limits what the router sends to the client, in octets.
func SetXmitLimit(octets uint64) attrs.Attr { return limit(XmitLimit, XmitLimitGigawords, octets) }

// SetTotalLimit limits both directions together, in octets.
func SetTotalLimit(octets uint64) attrs.Attr { return limit(TotalLimit, TotalLimitGigawords, octets) }

// limit always has both halves, since an attribute that is absent stays as it was (RFC 5176,
// section 3.6, note 3).
func limit(low, high attrs.Key[uint32], octets uint64) attrs.Attr {
	return attrs.Join(low.Of(uint32(octets&0xffffffff)), high.Of(uint32(octets>>32)))
}
