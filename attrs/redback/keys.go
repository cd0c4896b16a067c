// SPDX-License-Identifier: Apache-2.0

package redback

import "github.com/radius-dynauth/dynauth/attrs"

// Services; those with the same tag are about one.
var (
	ServiceName   = attrs.TaggedText.Key(id(190), "Service-Name")
	ServiceAction = attrs.TaggedInteger.Key(id(191), "Service-Action").
			Named(attrs.Names(0, "DE-ACTIVATE", "ACTIVATE-WITH-ACCT", "ACTIVATE-WITHOUT-ACCT")...)
	ServiceParameter  = attrs.TaggedText.Key(id(192), "Service-Parameter")
	ServiceErrorCause = attrs.TaggedInteger.Key(id(193), "Service-Error-Cause").
				Named(attrs.Names(0, "Service-success")...).Named(attrs.Names(401, "Unsupported-attribute", "Missing-attribute")...).
				Named(attrs.Names(404, "Invalid-request")...).Named(attrs.Names(506, "Resource-unavailable")...).
				Named(attrs.Names(550, "Generic-service-error", "Service-not-found", "Service-already-active", "Service-accounting-disabled",
			"Service-duplicate-parameter")...)
	DeactivateServiceName = attrs.TaggedText.Key(id(194), "Deactivate-Service-Name")
	ReauthServiceName     = attrs.TaggedText.Key(id(204), "Reauth-Service-Name")
)

// What a CoA-Request changes or is about.
var (
	ReauthSessionID         = attrs.Text.Key(id(151), "Reauth-Session-Id")
	Reauth                  = attrs.Text.Key(id(94), "Reauth")
	ReauthMore              = attrs.Integer.Key(id(95), "Reauth-More")
	ForwardPolicy           = attrs.Text.Key(id(92), "Forward-Policy")
	HTTPRedirectProfileName = attrs.Text.Key(id(107), "HTTP-Redirect-Profile-Name")
	HTTPRedirectURL         = attrs.Text.Key(id(165), "HTTP-Redirect-URL")
	QoSPolicingProfileName  = attrs.Text.Key(id(87), "Qos-Policing-Profile-Name")
	QoSMeteringProfileName  = attrs.Text.Key(id(88), "Qos-Metering-Profile-Name")
	QoSPolicyQueuing        = attrs.Text.Key(id(89), "Qos-Policy-Queuing")
	IGMPServiceProfileName  = attrs.Text.Key(id(90), "IGMP-Service-Profile-Name")
	SubscriberProfileName   = attrs.Text.Key(id(91), "Subscriber-Profile-Name")
	ShapingProfileName      = attrs.Text.Key(id(101), "Shaping-Profile-Name")
	NATPolicyName           = attrs.Text.Key(id(105), "NAT-Policy-Name")
	NPMServiceID            = attrs.Text.Key(id(106), "RB-NPM-Service-Id")
	SessionTrafficLimit     = attrs.Text.Key(id(113), "Session-Traffic-Limit")
	QoSReference            = attrs.Text.Key(id(114), "QOS-Reference")
	QoSRate                 = attrs.Text.Key(id(126), "Qos-Rate")
	QoSRateInbound          = attrs.Text.Key(id(156), "QOS-Rate-Inbound")
	QoSRateOutbound         = attrs.Text.Key(id(157), "QOS-Rate-Outbound")
	DynamicPolicyFilter     = attrs.Text.Key(id(164), "Dynamic-Policy-Filter")
	ClassVolumeLimit        = attrs.Text.Key(id(186), "Class-Volume-limit")
	ClassVolumeInCounter    = attrs.Text.Key(id(187), "Class-Volume-In-Counter")
	ClassVolumeOutCounter   = attrs.Text.Key(id(188), "Class-Volume-Out-Counter")
	FlowFACProfile          = attrs.Text.Key(id(189), "Flow-FAC-Profile")
	QoSProfileOverhead      = attrs.Text.Key(id(195), "Qos-Profile-Overhead")
	DynamicQoSParam         = attrs.Text.Key(id(196), "Dynamic-QoS-Param")
	IdleTimeoutThreshold    = attrs.Integer.Key(id(198), "Idle-Timeout-Threshold")
	SecurityService         = attrs.Text.Key(id(203), "Security-Service")
	FlowIPProfile           = attrs.Text.Key(id(205), "Flow-IP-Profile")
)

// The session: context, addresses and pools.
var (
	ClientDNSPri              = attrs.IPv4Addr.Key(id(1), "Client-DNS-Pri")
	ClientDNSSec              = attrs.IPv4Addr.Key(id(2), "Client-DNS-Sec")
	DHCPMaxLeases             = attrs.Integer.Key(id(3), "DHCP-Max-Leases")
	ContextName               = attrs.Text.Key(id(4), "Context-Name")
	IPAddressPoolName         = attrs.Text.Key(id(36), "Ip-Address-Pool-Name")
	IPHostAddr                = attrs.Text.Key(id(60), "Ip-Host-Addr")
	ClientNBNSPri             = attrs.IPv4Addr.Key(id(99), "Client-NBNS-Pri")
	ClientNBNSSec             = attrs.IPv4Addr.Key(id(100), "Client-NBNS-Sec")
	IPInterfaceName           = attrs.Text.Key(id(104), "IP-Interface-Name")
	AssignedIPAddress         = attrs.IPv4Addr.Key(id(132), "Assigned-IP-Address")
	RouteTag                  = attrs.Integer.Key(id(158), "Route-Tag")
	IPv6DNS                   = attrs.Text.Key(id(207), "RB-IPV6-DNS")
	IPv6Option                = attrs.Text.Key(id(208), "RB-IPv6-Option")
	DelegatedMaxPrefix        = attrs.Integer.Key(id(212), "Delegated-Max-Prefix")
	IPv4AddressReleaseControl = attrs.Text.Key(id(213), "IPv4-Address-Release-Control")
	RemotePort                = attrs.Text.Key(id(93), "Remote-Port")
	AgentRemoteID             = attrs.Octets.Key(id(96), "Agent-Remote-Id")
	AgentCircuitID            = attrs.Octets.Key(id(97), "Agent-Circuit-Id")
	DHCPVendorClassID         = attrs.Text.Key(id(125), "DHCP-Vendor-Class-ID")
	DHCPVendorEncapOption     = attrs.Text.Key(id(127), "DHCP-Vendor-Encap-Option")
	MACAddr                   = attrs.Text.Key(id(145), "Mac-Addr")
	VLANSourceInfo            = attrs.Text.Key(id(146), "Vlan-Source-Info")
	DHCPField                 = attrs.Octets.Key(id(201), "DHCP-Field")
	DHCPOption                = attrs.Octets.Key(id(202), "DHCP-Option")
	TunnelSessionAuthCtx      = attrs.Text.Key(id(63), "Tunnel-Session-Auth-Ctx")
	TunnelContext             = attrs.Text.Key(id(30), "Tunnel-Context")
)

// PPP, tunnels and bindings.
var (
	SourceValidation  = attrs.Integer.Key(id(14), "Source-Validation").Named(attrs.Names(1, "Enabled", "Disabled")...)
	TunnelDomain      = attrs.Integer.Key(id(15), "Tunnel-Domain").Named(attrs.Names(1, "Enabled", "Disabled")...)
	TunnelLocalName   = attrs.Text.Key(id(16), "Tunnel-Local-Name")
	TunnelRemoteName  = attrs.Text.Key(id(17), "Tunnel-Remote-Name")
	TunnelFunction    = attrs.Integer.Key(id(18), "Tunnel-Function").Named(attrs.Names(1, "LAC-Only", "LNS-Only", "LAC-LNS")...)
	TunnelFlowControl = attrs.Integer.Key(id(19), "Tunnel-Flow-Control")
	TunnelStatic      = attrs.Integer.Key(id(20), "Tunnel-Static")
	TunnelMaxSessions = attrs.Integer.Key(id(21), "Tunnel-Max-Sessions")
	TunnelMaxTunnels  = attrs.Integer.Key(id(22), "Tunnel-Max-Tunnels")
	TunnelSessionAuth = attrs.Integer.Key(id(23), "Tunnel-Session-Auth").Named(attrs.Names(1, "CHAP", "PAP", "CHAP-PAP")...)
	TunnelWindow      = attrs.Integer.Key(id(24), "Tunnel-Window")
	TunnelRetransmit  = attrs.Integer.Key(id(25), "Tunnel-Retransmit")
	TunnelCmdTimeout  = attrs.Integer.Key(id(26), "Tunnel-Cmd-Timeout")
	PPPoEURL          = attrs.Text.Key(id(27), "PPPOE-URL")
	PPPoEMOTM         = attrs.Text.Key(id(28), "PPPOE-MOTM")
	TunnelGroup       = attrs.Integer.Key(id(29), "Tunnel-Group").Named(attrs.Names(1, "Enabled", "Disabled")...)
	TunnelAlgorithm   = attrs.Integer.Key(id(31), "Tunnel-Algorithm").Named(attrs.Names(1, "First", "Load-Balance", "WRR")...)
	TunnelDeadtime    = attrs.Integer.Key(id(32), "Tunnel-Deadtime")
	BindType          = attrs.Integer.Key(id(42), "Bind-Type").
				Named(attrs.Names(1, "AAA-AUTH-BIND", "AAA-BYPASS-BIND", "AAA-INTERFACE-BIND", "AAA-SUBSCRIBE-BIND", "AAA-TUNNEL-BIND",
			"AAA-SESSION-BIND", "AAA-Q8021-BIND", "AAA-MULTI-BIND", "AAA-DHCP-BIND", "AAA-MULTI-BIND-SUB", "AAA-BRIDGE-GROUP-BIND",
			"AAA-VLAN-BIND", "AAA-VLAN-GROUP-BIND", "AAA-AUTO-SUBSCRIBER-BIND")...)
	BindAuthProtocol = attrs.Integer.Key(id(43), "Bind-Auth-Protocol").
				Named(attrs.Names(1, "AAA-PPP-PAP", "AAA-PPP-CHAP", "AAA-PPP-CHAP-WAIT", "AAA-PPP-CHAP-PAP", "AAA-PPP-CHAP-WAIT-PAP", "AAA-PPP-EAP",
			"AAA-PPP-PAP-CHAP", "AAA-PPP-PAP-CHAP-WAIT")...)
	BindAuthMaxSessions     = attrs.Integer.Key(id(44), "Bind-Auth-Max-Sessions")
	BindAuthContext         = attrs.Text.Key(id(46), "Bind-Auth-Context")
	BindAuthServiceGrp      = attrs.Text.Key(id(47), "Bind-Auth-Service-Grp")
	BindSubUserAtContext    = attrs.Text.Key(id(58), "Bind-Sub-User-At-Context")
	TunnelL2FSecondPassword = attrs.Text.Key(id(69), "Tunnel-L2F-Second-Password").Sensitive()
	BindSubPassword         = attrs.Text.Key(id(59), "Bind-Sub-Password").Sensitive()
	BindAutoSubUser         = attrs.Text.Key(id(108), "Bind-Auto-Sub-User")
	BindAutoSubContext      = attrs.Text.Key(id(109), "Bind-Auto-Sub-Context")
	BindAutoSubPassword     = attrs.Text.Key(id(110), "Bind-Auto-Sub-Password").Sensitive()
	PPPoEIPRouteAdd         = attrs.Text.Key(id(71), "PPPoE-IP-Route-Add")
	TunnelProfile           = attrs.Text.Key(id(75), "Tunnel-Profile")
	TunnelClientIntAddr     = attrs.IPv4Addr.Key(id(82), "Tunnel-Client-Int-Addr")
	TunnelServerIntAddr     = attrs.IPv4Addr.Key(id(83), "Tunnel-Server-Int-Addr")
	PPPCompression          = attrs.Integer.Key(id(84), "PPP-Compression")
	TunnelHelloTimer        = attrs.TaggedInteger.Key(id(85), "Tunnel-Hello-Timer")
)

// Rates.
var (
	RateLimitRate              = attrs.Integer.Key(id(10), "Rate-Limit-Rate")
	RateLimitBurst             = attrs.Integer.Key(id(11), "Rate-Limit-Burst")
	PoliceRate                 = attrs.Integer.Key(id(12), "Police-Rate")
	PoliceBurst                = attrs.Integer.Key(id(13), "Police-Burst")
	TunnelRateLimitRate        = attrs.Integer.Key(id(65), "Tunnel-Rate-Limit-Rate")
	TunnelRateLimitBurst       = attrs.Integer.Key(id(66), "Tunnel-Rate-Limit-Burst")
	TunnelPoliceRate           = attrs.Integer.Key(id(67), "Tunnel-Police-Rate")
	TunnelPoliceBurst          = attrs.Integer.Key(id(68), "Tunnel-Police-Burst")
	RateLimitExcessBurst       = attrs.Octets.Key(id(121), "Rate-Limit-Excess-Burst")
	PoliceExcessBurst          = attrs.Octets.Key(id(122), "Police-Excess-Burst")
	TunnelRateLimitExcessBurst = attrs.Octets.Key(id(123), "Tunnel-Rate-Limit-Excess-Burst")
	TunnelPoliceExcessBurst    = attrs.Octets.Key(id(124), "Tunnel-Police-Excess-Burst")
)

// How a session ends, and accounting.
var (
	Reason           = attrs.Integer.Key(id(86), "Redback-Reason")
	SessionErrorCode = attrs.Integer.Key(id(142), "Session-Error-Code")
	SessionErrorMsg  = attrs.Text.Key(id(143), "Session-Error-Msg")
	AcctDynAcEnt     = attrs.Text.Key(id(141), "Acct-Dyn-Ac-Ent")
	AcctAltSessionID = attrs.Text.Key(id(197), "Acct-Alt-Session-ID")
	AcctUpdateReason = attrs.Integer.Key(id(144), "Acct-Update-Reason").
				Named(attrs.Names(1, "AAA-LOAD-ACCT-SESSION-UP", "AAA-LOAD-ACCT-SESSION-DOWN", "AAA-LOAD-ACCT-PERIODIC",
			"AAA-LOAD-ACCT-DYN-AC-ENT-START", "AAA-LOAD-ACCT-DYN-AC-ENT-STOP", "AAA-LOAD-ACCT-DYN-AC-ENT-TIMEOUT",
			"AAA-LOAD-ACCT-SUBSCRIBER-REAUTHOR", "AAA-LOAD-ACCT-PPP-IPCP-UP", "AAA-LOAD-ACCT-PPP-MP-LINK-UP",
			"AAA-LOAD-ACCT-DHCP-IP-ADDR-GRANTED", "AAA-LOAD-ACCT-DHCP-IP-ADDR-RELEASED", "AAA-LOAD-ACCT-ACL-TIMERED-ACTION",
			"AAA-LOAD-ACCT-ACL-ACTION", "AAA-LOAD-ACCT-CMD", "AAA-LOAD-ACCT-TEST")...)
	AcctInputOctets64       = attrs.Integer64.Key(id(128), "Acct-Input-Octets-64")
	AcctOutputOctets64      = attrs.Integer64.Key(id(129), "Acct-Output-Octets-64")
	AcctInputPackets64      = attrs.Integer64.Key(id(130), "Acct-Input-Packets-64")
	AcctOutputPackets64     = attrs.Integer64.Key(id(131), "Acct-Output-Packets-64")
	AcctMcastInOctets64     = attrs.Integer64.Key(id(133), "Acct-Mcast-In-Octets-64")
	AcctMcastOutOctets64    = attrs.Integer64.Key(id(134), "Acct-Mcast-Out-Octets-64")
	AcctMcastInPackets64    = attrs.Integer64.Key(id(135), "Acct-Mcast-In-Packets-64")
	AcctMcastOutPackets64   = attrs.Integer64.Key(id(136), "Acct-Mcast-Out-Packets-64")
	AcctMcastInOctets       = attrs.Integer.Key(id(147), "Acct-Mcast-In-Octets")
	AcctMcastOutOctets      = attrs.Integer.Key(id(148), "Acct-Mcast-Out-Octets")
	AcctMcastInPackets      = attrs.Integer.Key(id(149), "Acct-Mcast-In-Packets")
	AcctMcastOutPackets     = attrs.Integer.Key(id(150), "Acct-Mcast-Out-Packets")
	AcctInputIPv4Octets     = attrs.Integer.Key(id(214), "Acct-Input-IPv4-Octets")
	AcctOutputIPv4Octets    = attrs.Integer.Key(id(215), "Acct-Output-IPv4-Octets")
	AcctInputIPv4Packets    = attrs.Integer.Key(id(216), "Acct-Input-IPv4-Packets")
	AcctOutputIPv4Packets   = attrs.Integer.Key(id(217), "Acct-Output-IPv4-Packets")
	AcctInputIPv4Gigawords  = attrs.Integer.Key(id(218), "Acct-Input-IPv4-Gigawords")
	AcctOutputIPv4Gigawords = attrs.Integer.Key(id(219), "Acct-Output-IPv4-Gigawords")
	AcctInputIPv6Octets     = attrs.Integer.Key(id(220), "Acct-Input-IPv6-Octets")
	AcctOutputIPv6Octets    = attrs.Integer.Key(id(221), "Acct-Output-IPv6-Octets")
	AcctInputIPv6Packets    = attrs.Integer.Key(id(222), "Acct-Input-IPv6-Packets")
	AcctOutputIPv6Packets   = attrs.Integer.Key(id(223), "Acct-Output-IPv6-Packets")
	AcctInputIPv6Gigawords  = attrs.Integer.Key(id(224), "Acct-Input-IPv6-Gigawords")
	AcctOutputIPv6Gigawords = attrs.Integer.Key(id(225), "Acct-Output-IPv6-Gigawords")
)

// Access lines.
var (
	MediumType              = attrs.Integer.Key(id(38), "Medium-Type").Named(attrs.Names(11, "DSL", "Cable", "Wireless", "Satellite")...)
	NASRealPort             = attrs.Integer.Key(id(62), "NAS-Real-Port")
	LACPort                 = attrs.Integer.Key(id(137), "LAC-Port")
	LACRealPort             = attrs.Integer.Key(id(138), "LAC-Real-Port")
	DSLActualRateUp         = attrs.Integer.Key(id(166), "DSL-Actual-Rate-Up")
	DSLActualRateDown       = attrs.Integer.Key(id(167), "DSL-Actual-Rate-Down")
	DSLMinRateUp            = attrs.Integer.Key(id(168), "DSL-Min-Rate-Up")
	DSLMinRateDown          = attrs.Integer.Key(id(169), "DSL-Min-Rate-Down")
	DSLAttainableRateUp     = attrs.Integer.Key(id(170), "DSL-Attainable-Rate-Up")
	DSLAttainableRateDown   = attrs.Integer.Key(id(171), "DSL-Attainable-Rate-Down")
	DSLMaxRateUp            = attrs.Integer.Key(id(172), "DSL-Max-Rate-Up")
	DSLMaxRateDown          = attrs.Integer.Key(id(173), "DSL-Max-Rate-Down")
	DSLMinLowPowerRateUp    = attrs.Integer.Key(id(174), "DSL-Min-Low-Power-Rate-Up")
	DSLMinLowPowerRateDown  = attrs.Integer.Key(id(175), "DSL-Min-Low-Power-Rate-Down")
	DSLMaxInterDelayUp      = attrs.Integer.Key(id(176), "DSL-Max-Inter-Delay-Up")
	DSLActualInterDelayUp   = attrs.Integer.Key(id(177), "DSL-Actual-Inter-Delay-Up")
	DSLMaxInterDelayDown    = attrs.Integer.Key(id(178), "DSL-Max-Inter-Delay-Down")
	DSLActualInterDelayDown = attrs.Integer.Key(id(179), "DSL-Actual-Inter-Delay-Down")
	DSLLineState            = attrs.Integer.Key(id(180), "DSL-Line-State").Named(attrs.Names(1, "Showtime", "Idle", "Silent")...)
	DSLL2Encapsulation      = attrs.Integer.Key(id(181), "DSL-L2-Encapsulation")
	DSLTransmissionSystem   = attrs.Integer.Key(id(182), "DSL-Transmission-System").
				Named(attrs.Names(1, "ADSL1", "ADSL2", "ADSL2+", "VDSL1", "VDSL2", "SDSL", "UNKNOWN")...)
	DSLPPPoAPPPoEInterWorkFlag = attrs.Integer.Key(id(183), "DSL-PPPOA-PPPOE-Inter-Work-Flag")
	DSLCombinedLineInfo        = attrs.Text.Key(id(184), "DSL-Combined-Line-Info")
	DSLActualRateDownFactor    = attrs.Integer.Key(id(185), "DSL-Actual-Rate-Down-Factor")
)

// Lawful intercept.
var (
	LIID        = attrs.Integer.Key(id(159), "LI-Id").Sensitive()
	LIMdAddress = attrs.IPv4Addr.Key(id(160), "LI-Md-Address").Sensitive()
	LIMdPort    = attrs.Integer.Key(id(161), "LI-Md-Port").Sensitive()
	LIAction    = attrs.Integer.Key(id(162), "LI-Action").Sensitive()
	LIProfile   = attrs.Text.Key(id(163), "LI-Profile").Sensitive()
)
