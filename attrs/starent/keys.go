// SPDX-License-Identifier: Apache-2.0

package starent

import "github.com/radius-dynauth/dynauth/attrs"

// What a CoA-Request changes: access lists, policies, the rulebase.
var (
	IPFilterIn            = attrs.Text.Key(id(10), "SN-IP-Filter-In")
	IPFilterOut           = attrs.Text.Key(id(11), "SN-IP-Filter-Out")
	IPInACL               = attrs.Text.Key(id(17), "SN-IP-In-ACL")
	IPOutACL              = attrs.Text.Key(id(18), "SN-IP-Out-ACL")
	IPInPlcyGrp           = attrs.Text.Key(id(193), "SN-IP-In-Plcy-Grp")
	IPOutPlcyGrp          = attrs.Text.Key(id(194), "SN-IP-Out-Plcy-Grp")
	Rulebase              = attrs.Text.Key(id(250), "SN-Rulebase")
	FirewallPolicy        = attrs.Octets.Key(id(239), "SN-Firewall-Policy")
	FirewallEnabled       = attrs.Integer.Key(id(198), "SN-Firewall-Enabled").Named(attrs.Names(0, "False", "True")...)
	CFPolicyID            = attrs.Integer.Key(id(220), "SN-CFPolicy-ID")
	BandwidthPolicy       = attrs.Text.Key(id(300), "SN-Bandwidth-Policy")
	ACSCreditControlGroup = attrs.Text.Key(id(301), "SN-Acs-Credit-Control-Group")
	CBBPolicy             = attrs.Text.Key(id(302), "SN-CBB-Policy")
	CongestionMgmtPolicy  = attrs.Text.Key(id(315), "SN-Congestion-Mgmt-Policy")
	QoSTrafficPolicy      = attrs.Octets.Key(id(177), "SN-QoS-Traffic-Policy")
	SubscriberClass       = attrs.Integer.Key(id(219), "SN-Subscriber-Class").
				Named(attrs.Names(0, "Normal_Subscriber", "Ting_100", "Ting_500", "Ting_Buddy", "Ting_Star", "Ting_Nolimit_SMS", "Kids_Locator",
			"Ting_2000", "Handicapped_Welfare", "Reserved")...)
	SubsAccFlowTrafficValid  = attrs.Integer.Key(id(225), "SN-Subs-Acc-Flow-Traffic-Valid").Named(attrs.Names(0, "Disabled", "Enabled")...)
	IPv6EgressFiltering      = attrs.Integer.Key(id(103), "SN-IPv6-Egress-Filtering").Named(attrs.Names(0, "Disabled", "Enabled")...)
	IPSourceValidation       = attrs.Integer.Key(id(14), "SN-IP-Source-Validation").Named(attrs.Names(0, "No", "Yes")...)
	IPSrcValidationDropLimit = attrs.Integer.Key(id(110), "SN-IP-Src-Validation-Drop-Limit")
)

// Quality of service.
var (
	QoSTpDnlk               = attrs.Integer.Key(id(73), "SN-QoS-Tp-Dnlk").Named(attrs.Names(0, "Disabled", "Policing", "Shaping")...)
	TpDnlkCommittedDataRate = attrs.Integer.Key(id(74), "SN-Tp-Dnlk-Committed-Data-Rate")
	TpDnlkPeakDataRate      = attrs.Integer.Key(id(75), "SN-Tp-Dnlk-Peak-Data-Rate")
	TpDnlkBurstSize         = attrs.Integer.Key(id(76), "SN-Tp-Dnlk-Burst-Size")
	TpDnlkExceedAction      = attrs.Integer.Key(id(77), "SN-Tp-Dnlk-Exceed-Action").
				Named(attrs.Names(0, "Transmit", "Drop", "Lower-IP-Precedence", "Buffer", "Transmit-On-Buffer-Full")...)
	TpDnlkViolateAction = attrs.Integer.Key(id(78), "SN-Tp-Dnlk-Violate-Action").
				Named(attrs.Names(0, "Transmit", "Drop", "Lower-IP-Precedence", "Buffer", "Transmit-On-Buffer-Full")...)
	QoSTpUplk               = attrs.Integer.Key(id(79), "SN-QoS-Tp-Uplk").Named(attrs.Names(0, "Disabled", "Policing", "Shaping")...)
	TpUplkCommittedDataRate = attrs.Integer.Key(id(80), "SN-Tp-Uplk-Committed-Data-Rate")
	TpUplkPeakDataRate      = attrs.Integer.Key(id(81), "SN-Tp-Uplk-Peak-Data-Rate")
	TpUplkBurstSize         = attrs.Integer.Key(id(82), "SN-Tp-Uplk-Burst-Size")
	TpUplkExceedAction      = attrs.Integer.Key(id(83), "SN-Tp-Uplk-Exceed-Action").
				Named(attrs.Names(0, "Transmit", "Drop", "Lower-IP-Precedence", "Buffer", "Transmit-On-Buffer-Full")...)
	TpUplkViolateAction = attrs.Integer.Key(id(84), "SN-Tp-Uplk-Violate-Action").
				Named(attrs.Names(0, "Transmit", "Drop", "Lower-IP-Precedence", "Buffer", "Transmit-On-Buffer-Full")...)
	QoSConversationClass = attrs.Octets.Key(id(86), "SN-QoS-Conversation-Class")
	QoSStreamingClass    = attrs.Octets.Key(id(87), "SN-QoS-Streaming-Class")
	QoSInteractive1Class = attrs.Octets.Key(id(88), "SN-QoS-Interactive1-Class")
	QoSInteractive2Class = attrs.Octets.Key(id(89), "SN-QoS-Interactive2-Class")
	QoSInteractive3Class = attrs.Octets.Key(id(90), "SN-QoS-Interactive3-Class")
	QoSBackgroundClass   = attrs.Octets.Key(id(91), "SN-QoS-Background-Class")
	NPUQoSPriority       = attrs.Integer.Key(id(98), "SN-NPU-Qos-Priority").
				Named(attrs.Names(0, "Best_Effort", "Bronze", "Silver", "Gold", "From_DSCP")...)
	EnableQoSRenegotiation  = attrs.Integer.Key(id(144), "SN-Enable-QoS-Renegotiation").Named(attrs.Names(0, "No", "Yes")...)
	QoSRenegotiationTimeout = attrs.Integer.Key(id(145), "SN-QoS-Renegotiation-Timeout")
	QoSNegotiated           = attrs.Text.Key(id(147), "SN-QoS-Negotiated")
	TrafficGroup            = attrs.Integer.Key(id(161), "SN-Traffic-Group")
	AuthorisedQoS           = attrs.Text.Key(id(266), "SN-Authorised-Qos")
)

// The session: context, addresses and pools.
var (
	VPNID                  = attrs.Integer.Key(id(1), "SN-VPN-ID")
	VPNName                = attrs.Text.Key(id(2), "SN-VPN-Name")
	PrimaryDNSServer       = attrs.IPv4Addr.Key(id(5), "SN-Primary-DNS-Server")
	SecondaryDNSServer     = attrs.IPv4Addr.Key(id(6), "SN-Secondary-DNS-Server")
	IPPoolName             = attrs.Text.Key(id(8), "SN-IP-Pool-Name")
	LocalIPAddress         = attrs.IPv4Addr.Key(id(13), "SN-Local-IP-Address")
	NAIConstructionDomain  = attrs.Text.Key(id(37), "SN-NAI-Construction-Domain")
	VirtualAPNName         = attrs.Text.Key(id(94), "SN-Virtual-APN-Name")
	IPv6PrimaryDNS         = attrs.IPv6Addr.Key(id(101), "SN-IPv6-Primary-DNS")
	IPv6SecondaryDNS       = attrs.Octets.Key(id(102), "SN-IPv6-Secondary-DNS")
	MediationVPNName       = attrs.Text.Key(id(104), "SN-Mediation-VPN-Name")
	IPv6SecPool            = attrs.Text.Key(id(124), "SN-IPv6-Sec-Pool")
	IPv6SecPrefix          = attrs.Octets.Key(id(125), "SN-IPv6-Sec-Prefix")
	PrimaryNBNSServer      = attrs.IPv4Addr.Key(id(148), "SN-Primary-NBNS-Server")
	SecondaryNBNSServer    = attrs.IPv4Addr.Key(id(149), "SN-Secondary-NBNS-Server")
	AssignedVLANID         = attrs.Short.Key(id(152), "SN-Assigned-VLAN-ID")
	SubscriberTemplateName = attrs.Text.Key(id(158), "SN-Subscriber-Template-Name")
	SubsIMSAServiceName    = attrs.Text.Key(id(159), "SN-Subs-IMSA-Service-Name")
	APNName                = attrs.Octets.Key(id(162), "SN-Rad-APN-Name")
	SecIPPoolName          = attrs.Text.Key(id(265), "SN-Sec-IP-Pool-Name")
	NATIPAddress           = attrs.IPv4Addr.Key(id(297), "SN-NAT-IP-Address")
	DHCPOptions            = attrs.Octets.Key(id(309), "SN-DHCP-Options")
	IPv6AllocMethod        = attrs.Integer.Key(id(314), "SN-IPv6-Alloc-Method").
				Named(attrs.Names(0, "Alloc_Local_Pool", "Alloc_Dhcp_Client", "Alloc_No_Alloc", "Alloc_Static_Alloc")...)
	ServiceAddress      = attrs.IPv4Addr.Key(id(169), "SN-Service-Address")
	TunnelLoadBalancing = attrs.Integer.Key(id(27), "SN-Tunnel-Load-Balancing").Named(attrs.Names(1, "random", "balanced", "prioritized")...)
	L3ToL2TunAddrPolicy = attrs.Integer.Key(id(43), "SN-L3-to-L2-Tun-Addr-Policy").
				Named(attrs.Names(0, "no-local-alloc-validate", "local-alloc", "local-alloc-validate")...)
)

// Identification and accounting.
var (
	CallID                  = attrs.Integer.Key(id(251), "SN-Call-Id")
	IMSI                    = attrs.Octets.Key(id(252), "SN-IMSI")
	MSISDN                  = attrs.Octets.Key(id(248), "SN-MS-ISDN")
	RoutingAreaID           = attrs.Text.Key(id(249), "SN-Routing-Area-Id")
	SessionID               = attrs.Text.Key(id(257), "SN-Session-Id")
	TransparentData         = attrs.Octets.Key(id(247), "SN-Transparent-Data")
	PDSNNASID               = attrs.Text.Key(id(190), "SN-PDSN-NAS-Id")
	PDSNNASIPAddress        = attrs.IPv4Addr.Key(id(191), "SN-PDSN-NAS-IP-Address")
	PDSNCorrelationID       = attrs.Octets.Key(id(189), "SN-PDSN-Correlation-Id")
	SubscriberAccounting    = attrs.Integer.Key(id(64), "SN-Subscriber-Accounting").Named(attrs.Names(0, "None", "Radius", "GTPP")...)
	SubscriberAcctStart     = attrs.Integer.Key(id(69), "SN-Subscriber-Acct-Start").Named(attrs.Names(0, "Normal", "Suppress")...)
	SubscriberAcctInterim   = attrs.Integer.Key(id(70), "SN-Subscriber-Acct-Interim").Named(attrs.Names(0, "Normal", "Suppress")...)
	SubscriberAcctStop      = attrs.Integer.Key(id(71), "SN-Subscriber-Acct-Stop").Named(attrs.Names(0, "Normal", "Suppress")...)
	SubscriberAcctRspAction = attrs.Integer.Key(id(100), "SN-Subscriber-Acct-Rsp-Action").
				Named(attrs.Names(0, "None", "No_Early_PDUs", "Delay_GTP_Response")...)
	MediationAcctRspAction = attrs.Integer.Key(id(105), "SN-Mediation-Acct-Rsp-Action").
				Named(attrs.Names(0, "None", "No_Early_PDUs", "Delay_GTP_Response")...)
	SubscriberNoInterims = attrs.Integer.Key(id(133), "SN-Subscriber-No-Interims").Named(attrs.Names(0, "Disabled", "Enabled")...)
	SubscriberAcctMode   = attrs.Integer.Key(id(192), "SN-Subscriber-Acct-Mode").
				Named(attrs.Names(0, "flow-based-auxilliary", "flow-based-all", "flow-based-none", "session-based", "main-a10-only")...)
	AcctInputPacketsDropped  = attrs.Integer.Key(id(226), "SN-Acct-Input-Packets-Dropped")
	AcctOutputPacketsDropped = attrs.Integer.Key(id(227), "SN-Acct-Output-Packets-Dropped")
	AcctInputOctetsDropped   = attrs.Integer64.Key(id(228), "SN-Acct-Input-Octets-Dropped")
	AcctOutputOctetsDropped  = attrs.Integer64.Key(id(229), "SN-Acct-Output-Octets-Dropped")
	AcctInputGigaDropped     = attrs.Integer.Key(id(230), "SN-Acct-Input-Giga-Dropped")
	AcctOutputGigaDropped    = attrs.Integer.Key(id(231), "SN-Acct-Output-Giga-Dropped")
)

// How a session ends.
var (
	DisconnectReason    = attrs.Integer.Key(id(3), "SN-Disconnect-Reason")
	PPPProgressCode     = attrs.Integer.Key(id(4), "SN-PPP-Progress-Code")
	LongDurationTimeout = attrs.Integer.Key(id(44), "SN-Long-Duration-Timeout")
	LongDurationAction  = attrs.Integer.Key(id(45), "SN-Long-Duration-Action").
				Named(attrs.Names(1, "Detection", "Disconnection", "Dormant-Only-Disconnection", "Dormant-Only-Detection")...)
	LongDurationNotification = attrs.Integer.Key(id(253), "SN-Long-Duration-Notification").Named(attrs.Names(0, "Suppress", "Send")...)
	NtkSessionDisconnectFlag = attrs.Integer.Key(id(143), "SN-Ntk-Session-Disconnect-Flag").Named(attrs.Names(1, "Session-Disconnect")...)
	OverloadDiscConnectTime  = attrs.Integer.Key(id(233), "SN-Overload-Disc-Connect-Time")
	OverloadDisconnect       = attrs.Integer.Key(id(235), "SN-Overload-Disconnect")
	CauseForRecClosing       = attrs.Integer.Key(id(139), "SN-Cause-For-Rec-Closing")
	ChangeCondition          = attrs.Integer.Key(id(140), "SN-Change-Condition").
					Named(attrs.Names(0, "QOSCHANGE", "TARIFFTIMECHANGE")...).Named(attrs.Names(500, "SGSNCHANGE")...)
	CauseCode = attrs.Integer.Key(id(267), "SN-Cause-Code").
			Named(attrs.Names(0, "Normal_End_Of_Session", "Successful_Transaction", "End_Of_Subscriber_Dialog", "3XX_Redirection",
			"4XX_Request_Failure", "5XX_Server_Failure", "6XX_Global_Failure", "Unspecified_Error", "Unsuccessful_Session_Setup",
			"Internal_Error")...)
)

// Prepaid.
var (
	PrepaidCompressedCount = attrs.Integer.Key(id(31), "SN-Prepaid-Compressed-Count").Named(attrs.Names(0, "Uncompressed", "Compressed")...)
	PrepaidInboundOctets   = attrs.Integer.Key(id(32), "SN-Prepaid-Inbound-Octets")
	PrepaidOutboundOctets  = attrs.Integer.Key(id(33), "SN-Prepaid-Outbound-Octets")
	PrepaidTotalOctets     = attrs.Integer.Key(id(34), "SN-Prepaid-Total-Octets")
	PrepaidTimeout         = attrs.Integer.Key(id(35), "SN-Prepaid-Timeout")
	PrepaidWatermark       = attrs.Integer.Key(id(36), "SN-Prepaid-Watermark")
	Prepaid                = attrs.Integer.Key(id(128), "SN-Prepaid").
				Named(attrs.Names(0, "no_prepaid", "custom_prepaid", "standard_prepaid")...).Named(attrs.Names(4, "wimax_prepaid")...)
	PrepaidPreference       = attrs.Integer.Key(id(129), "SN-Prepaid-Preference").Named(attrs.Names(0, "prepaid_duration", "prepaid_volume")...)
	PrepaidFinalDurationAlg = attrs.Integer.Key(id(135), "SN-Prepaid-Final-Duration-Alg").
				Named(attrs.Names(0, "current_time", "last-user-layer3-activity-time", "last-airlink-activity-time",
			"last-airlink-activity-time-last-reported")...)
	PrimaryDCCAPeer   = attrs.Text.Key(id(223), "SN-Primary-DCCA-Peer")
	SecondaryDCCAPeer = attrs.Text.Key(id(224), "SN-Secondary-DCCA-Peer")
)

// Logins to the chassis, and passwords.
var (
	PPPOutboundPassword  = attrs.Text.Key(id(15), "SN-PPP-Outbound-Password").Sensitive()
	PPPOutboundUsername  = attrs.Text.Key(id(61), "SN-PPP-Outbound-Username")
	SubscriberPermission = attrs.Integer.Key(id(20), "SN-Subscriber-Permission").
				Named(attrs.Names(0, "None", "Simple-IP", "Mobile-IP", "Simple-IP-Mobile-IP", "HA-Mobile-IP", "Simple-IP-HA-Mobile-IP",
			"Mobile-IP-HA-Mobile-IP", "All", "GGSN-PDP-TYPE-IP")...).
		Named(attrs.Names(16, "GGSN-PDP-TYPE-PPP")...).Named(attrs.Names(32, "Network-Mobility")...).
		Named(attrs.Names(38, "FA-HA-NEMO")...).Named(attrs.Names(63, "All_New")...)
	AdminPermission = attrs.Integer.Key(id(21), "SN-Admin-Permission")
	AdminExpiry     = attrs.Integer.Key(id(204), "SN-Admin-Expiry")
	UserPrivilege   = attrs.Integer.Key(id(313), "SN-User-Privilege").
			Named(attrs.Names(6, "Administrative", "NAS_Prompt")...).Named(attrs.Names(19650516, "Inspector")...).
			Named(attrs.Names(19660618, "Security_Admin")...)
	TunnelPassword        = attrs.Octets.Key(id(26), "SN-Tunnel-Password").Sensitive()
	TunnelISAKMPCryptoMap = attrs.Text.Key(id(38), "SN-Tunnel-ISAKMP-Crypto-Map")
	TunnelISAKMPSecret    = attrs.Text.Key(id(39), "SN-Tunnel-ISAKMP-Secret").Sensitive()
)
