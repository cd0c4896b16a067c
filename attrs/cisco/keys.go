// SPDX-License-Identifier: Apache-2.0

package cisco

import "github.com/radius-dynauth/dynauth/attrs"

// Subscriber services: ISG, IOS XE and IOS XR.
var (
	ServiceInfo          = attrs.Text.Key(id(251), "Cisco-Service-Info")
	CommandCode          = attrs.Text.Key(id(252), "Cisco-Command-Code")
	ControlInfo          = attrs.Text.Key(id(253), "Cisco-Control-Info")
	SubscriberPassword   = attrs.Text.Key(id(249), "Cisco-Subscriber-Password").Sensitive()
	ServiceName          = attrs.Text.Key(id(51), "Cisco-Service-Name")
	ParentSessionID      = attrs.Text.Key(id(52), "Cisco-Parent-Session-Id")
	SubActivateService   = attrs.Text.Key(id(60), "Cisco-Sub-Activate-Service")
	SubDeactivateService = attrs.Text.Key(id(63), "Cisco-Sub-Deactivate-Service")
)

// Policies and filters of a session.
var (
	PolicyUp        = attrs.Text.Key(id(37), "Cisco-Policy-Up")
	PolicyDown      = attrs.Text.Key(id(38), "Cisco-Policy-Down")
	SubQoSPolicyIn  = attrs.Text.Key(id(55), "Cisco-Sub-QoS-Pol-In")
	SubQoSPolicyOut = attrs.Text.Key(id(56), "Cisco-Sub-QoS-Pol-Out")
	InACL           = attrs.Text.Key(id(57), "Cisco-In-ACL")
	OutACL          = attrs.Text.Key(id(58), "Cisco-Out-ACL")
	SubPBRPolicyIn  = attrs.Text.Key(id(59), "Cisco-Sub-PBR-Policy-In")
	IPv6InACL       = attrs.Text.Key(id(61), "Cisco-IPv6-In-ACL")
	IPv6OutACL      = attrs.Text.Key(id(62), "Cisco-IPv6-Out-ACL")
)

// Ports, DHCP and access.
var (
	NASPort                = attrs.Text.Key(id(2), "Cisco-NAS-Port")
	RelayInformationOption = attrs.Text.Key(id(46), "Cisco-Relay-Information-Option")
	DHCPUserClass          = attrs.Text.Key(id(47), "Cisco-DHCP-User-Class")
	DHCPVendorClass        = attrs.Text.Key(id(48), "Cisco-DHCP-Vendor-Class")
	DHCPRelayGiAddr        = attrs.Text.Key(id(50), "Cisco-DHCP-Relay-GiAddr")
	DHCPSubscriberID       = attrs.Text.Key(id(65), "Cisco-DHCP-Subscriber-Id")
	DHCPv6LinkAddress      = attrs.Text.Key(id(66), "Cisco-DHCPv6-Link-Address")
)

// Limits, and what accounting says of a session.
var (
	MultilinkID      = attrs.Integer.Key(id(187), "Cisco-Multilink-ID")
	NumInMultilink   = attrs.Integer.Key(id(188), "Cisco-Num-In-Multilink")
	PreInputOctets   = attrs.Integer.Key(id(190), "Cisco-Pre-Input-Octets")
	PreOutputOctets  = attrs.Integer.Key(id(191), "Cisco-Pre-Output-Octets")
	PreInputPackets  = attrs.Integer.Key(id(192), "Cisco-Pre-Input-Packets")
	PreOutputPackets = attrs.Integer.Key(id(193), "Cisco-Pre-Output-Packets")
	MaximumTime      = attrs.Integer.Key(id(194), "Cisco-Maximum-Time")
	DisconnectCause  = attrs.Integer.Key(id(195), "Cisco-Disconnect-Cause").
				Named(attrs.Names(0, "No-Reason", "No-Disconnect", "Unknown", "Call-Disconnect", "CLID-Authentication-Failure")...).
				Named(attrs.Names(9, "No-Modem-Available", "No-Carrier", "Lost-Carrier", "No-Detected-Result-Codes")...).
				Named(attrs.Names(20, "User-Ends-Session", "Idle-Timeout", "Exit-Telnet-Session", "No-Remote-IP-Addr", "Exit-Raw-TCP",
			"Password-Fail", "Raw-TCP-Disabled", "Control-C-Detected", "EXEC-Program-Destroyed", "Close-Virtual-Connection",
			"End-Virtual-Connection", "Exit-Rlogin", "Invalid-Rlogin-Option", "Insufficient-Resources")...).
		Named(attrs.Names(40, "Timeout-PPP-LCP", "Failed-PPP-LCP-Negotiation", "Failed-PPP-PAP-Auth-Fail", "Failed-PPP-CHAP-Auth",
			"Failed-PPP-Remote-Auth", "PPP-Remote-Terminate", "PPP-Closed-Event", "NCP-Closed-PPP", "MP-Error-PPP", "PPP-Maximum-Channels",
			"Tables-Full", "Resources-Full", "Invalid-IP-Address", "Bad-Hostname", "Bad-Port")...).
		Named(attrs.Names(60, "Reset-TCP", "TCP-Connection-Refused", "Timeout-TCP", "Foreign-Host-Close-TCP", "TCP-Network-Unreachable",
			"TCP-Host-Unreachable", "TCP-Network-Admin-Unreachable", "TCP-Port-Unreachable")...).
		Named(attrs.Names(100, "Session-Timeout", "Session-Failed-Security", "Session-End-Callback")...).
		Named(attrs.Names(120, "Invalid-Protocol")...).
		Named(attrs.Names(150, "RADIUS-Disconnect", "Local-Admin-Disconnect", "SNMP-Disconnect")...).
		Named(attrs.Names(160, "V110-Retries")...).Named(attrs.Names(170, "PPP-Authentication-Timeout")...).
		Named(attrs.Names(180, "Local-Hangup")...).Named(attrs.Names(185, "Remote-Hangup")...).Named(attrs.Names(190, "T1-Quiesced")...).
		Named(attrs.Names(195, "Call-Duration")...).
		Named(attrs.Names(600, "VPN-User-Disconnect", "VPN-Carrier-Loss", "VPN-No-Resources", "VPN-Bad-Control-Packet",
			"VPN-Admin-Disconnect", "VPN-Tunnel-Shut", "VPN-Local-Disconnect", "VPN-Session-Limit", "VPN-Call-Redirect")...)
	DataRate         = attrs.Integer.Key(id(197), "Cisco-Data-Rate")
	PreSessionTime   = attrs.Integer.Key(id(198), "Cisco-PreSession-Time")
	AssignIPPool     = attrs.Integer.Key(id(218), "Cisco-Assign-IP-Pool")
	IPPoolDefinition = attrs.Text.Key(id(217), "Cisco-IP-Pool-Definition")
	RouteIP          = attrs.Integer.Key(id(228), "Cisco-Route-IP")
	LinkCompression  = attrs.Integer.Key(id(233), "Cisco-Link-Compression")
	TargetUtil       = attrs.Integer.Key(id(234), "Cisco-Target-Util")
	MaximumChannels  = attrs.Integer.Key(id(235), "Cisco-Maximum-Channels")
	DataFilter       = attrs.Integer.Key(id(242), "Cisco-Data-Filter")
	CallFilter       = attrs.Integer.Key(id(243), "Cisco-Call-Filter")
	IdleLimit        = attrs.Integer.Key(id(244), "Cisco-Idle-Limit")
	XmitRate         = attrs.Integer.Key(id(255), "Cisco-Xmit-Rate")
	PWLifetime       = attrs.Integer.Key(id(208), "Cisco-PW-Lifetime")
	IPDirect         = attrs.Integer.Key(id(209), "Cisco-IP-Direct")
	PPPVJSlotComp    = attrs.Integer.Key(id(210), "Cisco-PPP-VJ-Slot-Comp")
	PPPAsyncMap      = attrs.Integer.Key(id(212), "Cisco-PPP-Async-Map")
)
