// SPDX-License-Identifier: Apache-2.0

package threegpp

import "github.com/radius-dynauth/dynauth/attrs"

// The subscriber and the bearer, as 3GPP TS 29.061, section 16.4.7.2, has them in digits: an IMSI
// of 6 to 15, an NSAPI of one hexadecimal digit, which counts within a subscriber and names no
// session by itself.
var (
	IMSI                    = attrs.Digits(6, 15).Key(id(1), "3GPP-IMSI").Once()
	NSAPI                   = attrs.HexDigits(1, 1).Key(id(10), "3GPP-NSAPI").Once().Partial()
	ChargingID              = attrs.Integer.Key(id(2), "3GPP-Charging-ID")
	PDPType                 = attrs.Integer.Key(id(3), "3GPP-PDP-Type")
	ChargingCharacteristics = attrs.HexDigits(4, 4).Key(id(13), "3GPP-Charging-Characteristics")
	SelectionMode           = attrs.Digits(1, 1).Key(id(12), "3GPP-Selection-Mode")
	IMEISV                  = attrs.Digits(14, 16).Key(id(20), "3GPP-IMEISV")
	IMSIMCCMNC              = attrs.Digits(5, 6).Key(id(8), "3GPP-IMSI-MCC-MNC")
	GGSNMCCMNC              = attrs.Digits(5, 6).Key(id(9), "3GPP-GGSN-MCC-MNC")
	SGSNMCCMNC              = attrs.Digits(5, 6).Key(id(18), "3GPP-SGSN-MCC-MNC")
)

// The network nodes, charging and addresses.
var (
	ChargingGatewayAddress     = attrs.IPv4Addr.Key(id(4), "3GPP-Charging-Gateway-Address")
	ChargingGatewayIPv6Address = attrs.IPv6Addr.Key(id(14), "3GPP-Charging-Gateway-IPv6-Address")
	SGSNAddress                = attrs.IPv4Addr.Key(id(6), "3GPP-SGSN-Address")
	SGSNIPv6Address            = attrs.IPv6Addr.Key(id(15), "3GPP-SGSN-IPv6-Address")
	GGSNAddress                = attrs.IPv4Addr.Key(id(7), "3GPP-GGSN-Address")
	GGSNIPv6Address            = attrs.IPv6Addr.Key(id(16), "3GPP-GGSN-IPv6-Address")
	IPv6DNSServers             = attrs.Octets.Where(addresses).Key(id(17), "3GPP-IPv6-DNS-Servers")
	AllocateIPType             = attrs.Byte.Key(id(27), "3GPP-Allocate-IP-Type").
					Named(attrs.Names(0, "Do-Not-Allocate", "Allocate-IPv4-Address", "Allocate-IPv6-Prefix", "Allocate-IPv4-and-IPv6")...)
)

// What a session has and how it ends.
var (
	GPRSNegotiatedQoSProfile = attrs.Text.Where(qosProfile).Key(id(5), "3GPP-GPRS-Negotiated-QoS-profile")
	SessionStopIndicator     = attrs.Byte.Key(id(11), "3GPP-Session-Stop-Indicator")
	TeardownIndicator        = attrs.Byte.Key(id(19), "3GPP-Teardown-Indicator")
	RATType                  = attrs.Byte.Key(id(21), "3GPP-RAT-Type").
					Named(attrs.Names(1, "UTRAN", "GERAN", "WLAN", "GAN", "HSPA-Evolution", "EUTRAN", "Virtual")...).
					Named(attrs.Names(101, "IEEE-802.16e", "3GPP2-eHRPD", "3GPP2-HRPD", "3GPP2-1xRTT")...)
	UserLocationInfo  = attrs.Octets.Key(id(22), "3GPP-User-Location-Info").Alias("3GPP-Location-Info")
	MSTimeZone        = attrs.Fixed(2).Key(id(23), "3GPP-MS-Time-Zone")
	CAMELChargingInfo = attrs.Octets.Key(id(24), "3GPP-Camel-Charging-Info")
	PacketFilter      = attrs.Octets.Key(id(25), "3GPP-Packet-Filter")
	NegotiatedDSCP    = attrs.Byte.Key(id(26), "3GPP-Negotiated-DSCP")
)
