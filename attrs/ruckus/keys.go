// SPDX-License-Identifier: Apache-2.0

package ruckus

import "github.com/radius-dynauth/dynauth/attrs"

// The session: user, role, policy.
var (
	UserGroups              = attrs.Text.Key(id(1), "Ruckus-User-Groups")
	GracePeriod             = attrs.Integer.Key(id(6), "Ruckus-Grace-Period")
	VLANID                  = attrs.Integer.Key(id(9), "Ruckus-VLAN-ID")
	StaUUID                 = attrs.Text.Key(id(11), "Ruckus-Sta-UUID")
	AcceptEnhancementReason = attrs.Integer.Key(id(12), "Ruckus-Accept-Enhancement-Reason")
	StaInnerID              = attrs.Text.Key(id(13), "Ruckus-Sta-Inner-Id")
	FlexAuthAVP             = attrs.Text.Key(id(20), "Ruckus-FlexAuth-AVP")
	Status                  = attrs.Integer.Key(id(110), "Ruckus-Status").Named(attrs.Names(0, "Success", "Failure")...)
	AuthType                = attrs.Integer.Key(id(112), "Ruckus-Auth-Type").
				Named(attrs.Names(1, "PPP-SIM", "DummyIMSI", "SoftSIM", "RadiusSIM", "Postpaid", "Prepaid", "LocalRadius", "ProxyRadius", "Voucher",
			"EAP-SIM")...)
	BrandCode                = attrs.Text.Key(id(114), "Ruckus-Brand-Code")
	PolicyName               = attrs.Text.Key(id(115), "Ruckus-Policy-Name")
	ZoneID                   = attrs.Text.Key(id(127), "Ruckus-Zone-Id")
	AuthServerID             = attrs.Text.Key(id(128), "Ruckus-Auth-Server-Id")
	WisprRedirectPolicy      = attrs.Text.Key(id(132), "Ruckus-Wispr-Redirect-Policy")
	EthProfileID             = attrs.Integer.Key(id(133), "Ruckus-Eth-Profile-Id")
	ZoneName                 = attrs.Text.Key(id(134), "Ruckus-Zone-Name")
	WLANName                 = attrs.Text.Key(id(135), "Ruckus-Wlan-Name")
	APRoamed                 = attrs.Integer.Key(id(136), "Ruckus-AP-Roamed")
	ClientHostName           = attrs.Text.Key(id(138), "Ruckus-Client-Host-Name")
	ClientOSType             = attrs.Text.Key(id(139), "Ruckus-Client-Os-Type")
	ClientOSClass            = attrs.Text.Key(id(140), "Ruckus-Client-Os-Class")
	VLANPool                 = attrs.Text.Key(id(141), "Ruckus-Vlan-Pool")
	MaxDLULQuota             = attrs.Integer.Key(id(144), "Ruckus-Max-DL-UL-Quota")
	TrafficClassAttributeIDs = attrs.Text.Key(id(145), "Ruckus-Traffic-Class-Attribute-Ids")
	NATPoolName              = attrs.Text.Key(id(147), "Ruckus-Nat-Pool-Name")
	StaSVLANID               = attrs.Integer.Key(id(148), "Ruckus-Sta-SVlan-Id")
)

// Where a session is.
var (
	StaRSSI       = attrs.Integer.Key(id(2), "Ruckus-Sta-RSSI")
	SSID          = attrs.Text.Key(id(3), "Ruckus-SSID")
	WLANID        = attrs.Integer.Key(id(4), "Ruckus-Wlan-Id")
	Location      = attrs.Text.Key(id(5), "Ruckus-Location")
	SCGCBladeIP   = attrs.Integer.Key(id(7), "Ruckus-SCG-CBlade-IP")
	SCGDBladeIP   = attrs.Integer.Key(id(8), "Ruckus-SCG-DBlade-IP")
	StaExpiration = attrs.Integer.Key(id(10), "Ruckus-Sta-Expiration")
	BSSID         = attrs.Octets.Key(id(14), "Ruckus-BSSID")
	ClientLocalIP = attrs.IPv4Addr.Key(id(116), "Ruckus-Client-Local-IP")
	UTPID         = attrs.Text.Key(id(129), "Ruckus-Utp-Id")
	AAAID         = attrs.Text.Key(id(152), "Ruckus-AAA-Id")
)

// Mobile core.
var (
	Triplets           = attrs.Octets.Key(id(101), "Ruckus-Triplets").Sensitive()
	IMSI               = attrs.Octets.Key(id(102), "Ruckus-IMSI")
	MSISDN             = attrs.Octets.Key(id(103), "Ruckus-MSISDN")
	APNNI              = attrs.Text.Key(id(104), "Ruckus-APN-NI")
	QoS                = attrs.Octets.Key(id(105), "Ruckus-QoS")
	SelectionMode      = attrs.Integer.Key(id(106), "Ruckus-Selection-Mode").Named(attrs.Names(0, "Subscribed", "SentByMS", "ChosenBySGSN")...)
	APNResolutionReq   = attrs.Integer.Key(id(107), "Ruckus-APN-Resolution-Req").Named(attrs.Names(0, "NotRequired", "Required")...)
	StartTime          = attrs.Octets.Key(id(108), "Ruckus-Start-Time")
	NASType            = attrs.Integer.Key(id(109), "Ruckus-NAS-Type").Named(attrs.Names(1, "SCG", "Others")...)
	APNOI              = attrs.Text.Key(id(111), "Ruckus-APN-OI")
	GnUserName         = attrs.Text.Key(id(113), "Ruckus-Gn-User-Name")
	SGSNIP             = attrs.IPv4Addr.Key(id(117), "Ruckus-SGSN-IP")
	ChargingCharac     = attrs.Octets.Key(id(118), "Ruckus-Charging-Charac")
	PDPType            = attrs.Octets.Key(id(119), "Ruckus-PDP-Type")
	DynamicAddressFlag = attrs.Octets.Key(id(120), "Ruckus-Dynamic-Address-Flag")
	ChChSelectionMode  = attrs.Octets.Key(id(121), "Ruckus-ChCh-Selection-Mode")
	AAAIP              = attrs.IPv4Addr.Key(id(122), "Ruckus-AAA-IP")
	CDRType            = attrs.Integer.Key(id(123), "Ruckus-CDR-TYPE")
	SGSNNumber         = attrs.Octets.Key(id(124), "Ruckus-SGSN-Number")
	SessionType        = attrs.Integer.Key(id(125), "Ruckus-Session-Type").
				Named(attrs.Names(2, "TTG", "Local-Breakout", "Local-Breakout-AP", "L3GRE", "L2GRE", "QinQL3", "PMIP")...)
	AccountingStatus = attrs.Integer.Key(id(126), "Ruckus-Accounting-Status").
				Named(attrs.Names(1, "Accounting-On")...).Named(attrs.Names(0, "Accounting-Off")...)
	AreaCode       = attrs.Octets.Key(id(130), "Ruckus-Area-Code")
	CellIdentifier = attrs.Octets.Key(id(131), "Ruckus-Cell-Identifier")
)

// Logins to the controller, keys and tokens.
var (
	SCIRole          = attrs.Text.Key(id(200), "Ruckus-SCI-Role")
	SCIResourceGroup = attrs.Text.Key(id(201), "Ruckus-SCI-Resource-Group")
	DPSK             = attrs.Octets.Key(id(142), "Ruckus-Dpsk").Sensitive()
	CPToken          = attrs.Text.Key(id(143), "Ruckus-CP-Token").Sensitive()
)
