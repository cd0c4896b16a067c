// SPDX-License-Identifier: Apache-2.0

package ascend

import "github.com/radius-dynauth/dynauth/attrs"

// Filters. Data-Filter and Call-Filter are in the binary form of Ascend, one rule each, and stand
// in the packet in the order in which they are tried.
var (
	DataFilter     = attrs.Octets.Where(filter).Key(id(242), "Ascend-Data-Filter")
	CallFilter     = attrs.Octets.Where(filter).Key(id(243), "Ascend-Call-Filter")
	Filter         = attrs.Text.Key(id(90), "Ascend-Filter")
	FilterRequired = attrs.Integer.Key(id(50), "Ascend-Filter-Required").
			Named(attrs.Names(0, "Required-No", "Required-Yes")...)
	SourceIPCheck = attrs.Integer.Key(id(96), "Ascend-Source-IP-Check").
			Named(attrs.Names(0, "Source-IP-Check-No", "Source-IP-Check-Yes")...)
)

// How long a session may last, and how fast it is.
var (
	MaximumTime         = attrs.Integer.Key(id(194), "Ascend-Maximum-Time")
	IdleLimit           = attrs.Integer.Key(id(244), "Ascend-Idle-Limit")
	MaximumCallDuration = attrs.Integer.Key(id(125), "Ascend-Maximum-Call-Duration")
	TSIdleLimit         = attrs.Integer.Key(id(169), "Ascend-TS-Idle-Limit")
	TSIdleMode          = attrs.Integer.Key(id(170), "Ascend-TS-Idle-Mode").
				Named(attrs.Names(0, "TS-Idle-None", "TS-Idle-Input", "TS-Idle-Input-Output")...)
	PreemptLimit     = attrs.Integer.Key(id(245), "Ascend-Preempt-Limit")
	XmitRate         = attrs.Integer.Key(id(255), "Ascend-Xmit-Rate")
	DataRate         = attrs.Integer.Key(id(197), "Ascend-Data-Rate")
	TrafficShaper    = attrs.Integer.Key(id(51), "Ascend-Traffic-Shaper")
	QoSUpstream      = attrs.Text.Key(id(59), "Ascend-QOS-Upstream")
	QoSDownstream    = attrs.Text.Key(id(60), "Ascend-QOS-Downstream")
	DSLUpstreamLimit = attrs.Integer.Key(id(98), "Ascend-Dsl-Upstream-Limit").
				Named(attrs.Names(0, "sdsl-144000", "sdsl-272000", "sdsl-400000", "sdsl-528000", "sdsl-784000", "sdsl-1168000", "sdsl-1552000", "sdsl-2320000")...).
				Named(attrs.Names(50, "adslcap-up-1088000", "adslcap-up-952000", "adslcap-up-816000", "adslcap-up-680000", "adslcap-up-544000", "adslcap-up-408000", "adslcap-up-272000")...).
				Named(attrs.Names(150, "adsldmt-up-auto", "adsldmt-up-1088000", "adsldmt-up-928000", "adsldmt-up-896000", "adsldmt-up-800000", "adsldmt-up-768000", "adsldmt-up-640000", "adsldmt-up-512000", "adsldmt-up-384000", "adsldmt-up-256000", "adsldmt-up-128000")...)
	DSLDownstreamLimit = attrs.Integer.Key(id(99), "Ascend-Dsl-Downstream-Limit").
				Named(attrs.Names(0, "adslcap-dn-7168000", "adslcap-dn-6272000", "adslcap-dn-5120000", "adslcap-dn-4480000", "adslcap-dn-3200000", "adslcap-dn-2688000", "adslcap-dn-2560000", "adslcap-dn-2240000", "adslcap-dn-1920000", "adslcap-dn-1600000", "adslcap-dn-1280000", "adslcap-dn-960000", "adslcap-dn-640000")...).
				Named(attrs.Names(100, "adsldmt-dn-auto", "adsldmt-dn-9504000", "adsldmt-dn-8960000", "adsldmt-dn-8000000", "adsldmt-dn-7168000", "adsldmt-dn-6272000", "adsldmt-dn-5120000", "adsldmt-dn-4480000", "adsldmt-dn-3200000", "adsldmt-dn-2688000", "adsldmt-dn-2560000", "adsldmt-dn-2240000", "adsldmt-dn-1920000", "adsldmt-dn-1600000", "adsldmt-dn-1280000", "adsldmt-dn-960000", "adsldmt-dn-768000", "adsldmt-dn-640000", "adsldmt-dn-512000", "adsldmt-dn-384000", "adsldmt-dn-256000", "adsldmt-dn-128000")...)
	DSLCIRReceiveLimit = attrs.Integer.Key(id(100), "Ascend-Dsl-CIR-Recv-Limit")
	DSLCIRXmitLimit    = attrs.Integer.Key(id(101), "Ascend-Dsl-CIR-Xmit-Limit")
	MulticastClient    = attrs.Integer.Key(id(155), "Ascend-Multicast-Client").
				Named(attrs.Names(0, "Multicast-No", "Multicast-Yes")...)
	MulticastRateLimit = attrs.Integer.Key(id(152), "Ascend-Multicast-Rate-Limit")
	MaximumChannels    = attrs.Integer.Key(id(235), "Ascend-Maximum-Channels")
	MinimumChannels    = attrs.Integer.Key(id(173), "Ascend-Minimum-Channels")
	TargetUtil         = attrs.Integer.Key(id(234), "Ascend-Target-Util")
)

// Addresses and routes.
var (
	ClientPrimaryDNS   = attrs.IPv4Addr.Key(id(135), "Ascend-Client-Primary-DNS")
	ClientSecondaryDNS = attrs.IPv4Addr.Key(id(136), "Ascend-Client-Secondary-DNS")
	ClientAssignDNS    = attrs.Integer.Key(id(137), "Ascend-Client-Assign-DNS").
				Named(attrs.Names(0, "DNS-Assign-No", "DNS-Assign-Yes")...)
	ClientPrimaryWINS   = attrs.IPv4Addr.Key(id(78), "Ascend-Client-Primary-WINS")
	ClientSecondaryWINS = attrs.IPv4Addr.Key(id(79), "Ascend-Client-Secondary-WINS")
	ClientAssignWINS    = attrs.Integer.Key(id(80), "Ascend-Client-Assign-WINS").
				Named(attrs.Names(0, "WINS-Assign-No", "WINS-Assign-Yes")...)
	ClientGateway      = attrs.IPv4Addr.Key(id(132), "Ascend-Client-Gateway")
	AssignIPPool       = attrs.Integer.Key(id(218), "Ascend-Assign-IP-Pool")
	AssignIPClient     = attrs.IPv4Addr.Key(id(144), "Ascend-Assign-IP-Client")
	AssignIPServer     = attrs.IPv4Addr.Key(id(145), "Ascend-Assign-IP-Server")
	AssignIPGlobalPool = attrs.Text.Key(id(146), "Ascend-Assign-IP-Global-Pool")
	IPPoolDefinition   = attrs.Text.Key(id(217), "Ascend-IP-Pool-Definition")
	IPDirect           = attrs.IPv4Addr.Key(id(209), "Ascend-IP-Direct")
	IPTOS              = attrs.Integer.Key(id(87), "Ascend-IP-TOS").
				Named(attrs.Names(0, "IP-TOS-Normal", "IP-TOS-Disabled", "IP-TOS-Cost")...).
				Named(attrs.Names(4, "IP-TOS-Reliability")...).
				Named(attrs.Names(8, "IP-TOS-Throughput")...).
				Named(attrs.Names(16, "IP-TOS-Latency")...)
	IPTOSPrecedence = attrs.Integer.Key(id(88), "Ascend-IP-TOS-Precedence").
			Named(attrs.Names(0, "IP-TOS-Precedence-Pri-Normal")...).
			Named(attrs.Names(32, "IP-TOS-Precedence-Pri-One")...).
			Named(attrs.Names(64, "IP-TOS-Precedence-Pri-Two")...).
			Named(attrs.Names(96, "IP-TOS-Precedence-Pri-Three")...).
			Named(attrs.Names(128, "IP-TOS-Precedence-Pri-Four")...).
			Named(attrs.Names(160, "IP-TOS-Precedence-Pri-Five")...).
			Named(attrs.Names(192, "IP-TOS-Precedence-Pri-Six")...).
			Named(attrs.Names(224, "IP-TOS-Precedence-Pri-Seven")...)
	IPTOSApplyTo = attrs.Integer.Key(id(89), "Ascend-IP-TOS-Apply-To").
			Named(attrs.Names(1024, "IP-TOS-Apply-To-Incoming")...).
			Named(attrs.Names(2048, "IP-TOS-Apply-To-Outgoing")...).
			Named(attrs.Names(3072, "IP-TOS-Apply-To-Both")...)
	PrivateRoute         = attrs.Text.Key(id(104), "Ascend-Private-Route")
	PrivateRouteTableID  = attrs.Text.Key(id(54), "Ascend-Private-Route-Table-ID")
	PrivateRouteRequired = attrs.Integer.Key(id(55), "Ascend-Private-Route-Required").
				Named(attrs.Names(0, "Required-No", "Required-Yes")...)
	VRouterName       = attrs.Text.Key(id(102), "Ascend-VRouter-Name")
	TunnelVRouterName = attrs.Text.Key(id(31), "Ascend-Tunnel-VRouter-Name")
	Metric            = attrs.Integer.Key(id(225), "Ascend-Metric")
	RouteIP           = attrs.Integer.Key(id(228), "Ascend-Route-IP").
				Named(attrs.Names(0, "Route-IP-No", "Route-IP-Yes")...)
	RemoteAddress     = attrs.IPv4Addr.Key(id(154), "Ascend-Remote-Addr")
	IFNetmask         = attrs.IPv4Addr.Key(id(153), "Ascend-IF-Netmask")
	PPPAddress        = attrs.IPv4Addr.Key(id(253), "Ascend-PPP-Address")
	PortRedirProtocol = attrs.Integer.Key(id(82), "Ascend-Port-Redir-Protocol").
				Named(attrs.Names(6, "Ascend-Proto-TCP")...).
				Named(attrs.Names(17, "Ascend-Proto-UDP")...)
	PortRedirPortnum = attrs.Integer.Key(id(83), "Ascend-Port-Redir-Portnum")
	PortRedirServer  = attrs.IPv4Addr.Key(id(84), "Ascend-Port-Redir-Server")
	DHCPReply        = attrs.Integer.Key(id(147), "Ascend-DHCP-Reply").
				Named(attrs.Names(0, "DHCP-Reply-No", "DHCP-Reply-Yes")...)
	DHCPPoolNumber    = attrs.Integer.Key(id(148), "Ascend-DHCP-Pool-Number")
	DHCPMaximumLeases = attrs.Integer.Key(id(134), "Ascend-DHCP-Maximum-Leases")
)

// What a session is: what accounting says of it.
var (
	DisconnectCause = attrs.Integer.Key(id(195), "Ascend-Disconnect-Cause").
			Named(attrs.Names(0, "No-Reason", "Not-Applicable", "Unknown", "Call-Disconnected", "CLID-Authentication-Failed", "CLID-RADIUS-Timeout")...).
			Named(attrs.Names(10, "Modem-No-DCD", "DCD-Detected-Then-Inactive", "Modem-Invalid-Result-Codes")...).
			Named(attrs.Names(20, "TermSrv-User-Quit", "TermSrv-Idle-Timeout", "TermSrv-Exit-Telnet", "TermSrv-No-IPaddr", "TermSrv-Exit-Raw-TCP", "TermSrv-Exit-Login-Failed", "TermSrv-Exit-Raw-TCP-Disabled", "TermSrv-CTRL-C-In-Login", "TermSrv-Destroyed", "TermSrv-User-Closed-VCon", "TermSrv-VCon-Destroyed", "TermSrv-Exit-Rlogin", "TermSrv-Bad-Rlogin-Option", "TermSrv-Not-Enough-Resources")...).
			Named(attrs.Names(35, "MPP-No-NULL-Msg-Timeout")...).
			Named(attrs.Names(40, "PPP-LCP-Timeout", "PPP-LCP-Negotion-Failed", "PPP-PAP-Auth-Failed", "PPP-CHAP-Auth-Failed", "PPP-Rmt-Auth-Failed", "PPP-Rcv-Terminate-Req", "PPP-Rcv-Close-Event", "PPP-No-NCPs-Open", "PPP-MP-Bundle-Unknown", "PPP-LCP-Close-MP-Add-Fail", "Session-Table-Full", "Out-Of-Resources", "Invalid-IP-Address", "Hostname-Resolution-Failed", "Bad-Or-Missing-Port-Number")...).
			Named(attrs.Names(60, "Host-Reset", "Connection-Refused", "Connection-Timeout", "Connection-Closed", "Network-Unreachable", "Host-Unreachable", "Network-Unreachable-Admin", "Host-Unreachable-Admin", "Port-Unreachable")...).
			Named(attrs.Names(100, "Session-Timeout", "Invalid-Incoming-User", "Disconnect-Due-To-Callback")...).
			Named(attrs.Names(120, "Proto-Disabled-Or-Unsupported")...).
			Named(attrs.Names(150, "Disconnect-Req-By-RADIUS", "Disconnect-Req-By-Local-Admin")...).
			Named(attrs.Names(160, "V110-Timeout-Sync-Retry-Exceed")...).
			Named(attrs.Names(170, "PPP-Auth-Timeout-Exceeded")...).
			Named(attrs.Names(180, "User-Executed-Do-Hangup")...).
			Named(attrs.Names(185, "Remote-End-Hung-Up")...).
			Named(attrs.Names(190, "Resource-Has-Been-Quiesced")...).
			Named(attrs.Names(195, "Max-Call-Duration-Reached")...)
	ConnectProgress = attrs.Integer.Key(id(196), "Ascend-Connect-Progress").
			Named(attrs.Names(0, "No-Progress")...).
			Named(attrs.Names(10, "Call-Up")...).
			Named(attrs.Names(30, "Modem-Up", "Modem-Awaiting-DCD", "Modem-Awaiting-Codes")...).
			Named(attrs.Names(40, "TermSrv-Started", "TermSrv-Raw-TCP-Started", "TermSrv-Telnet-Started", "TermSrv-Raw-TCP-Connected", "TermSrv-Telnet-Connected", "TermSrv-Rlogin-Started", "TermSrv-Rlogin-Connected")...).
			Named(attrs.Names(50, "Modem-Outdial-Call-Up")...).
			Named(attrs.Names(60, "LAN-Session-Up", "LCP-Opening", "CCP-Opening", "IPNCP-Opening", "BNCP-Opening", "LCP-Opened", "CCP-Opened", "IPNCP-Opened", "BNCP-Opened", "LCP-State-Initial", "LCP-State-Starting", "LCP-State-Closed", "LCP-State-Stopped", "LCP-State-Closing", "LCP-State-Stopping", "LCP-State-Request-Sent", "LCP-State-Ack-Received", "LCP-State-Ack-Sent")...).
			Named(attrs.Names(80, "IPXNCP-Opened", "ATNCP-Opened", "BACP-Opening", "BACP-Opened")...).
			Named(attrs.Names(90, "V110-Up", "V110-State-Opened", "V110-State-Carrier", "V110-State-Reset", "V110-State-Closed")...)
	PreSessionTime    = attrs.Integer.Key(id(198), "Ascend-PreSession-Time")
	PreInputOctets    = attrs.Integer.Key(id(190), "Ascend-Pre-Input-Octets")
	PreOutputOctets   = attrs.Integer.Key(id(191), "Ascend-Pre-Output-Octets")
	PreInputPackets   = attrs.Integer.Key(id(192), "Ascend-Pre-Input-Packets")
	PreOutputPackets  = attrs.Integer.Key(id(193), "Ascend-Pre-Output-Packets")
	FirstDest         = attrs.IPv4Addr.Key(id(189), "Ascend-First-Dest")
	MultilinkID       = attrs.Integer.Key(id(187), "Ascend-Multilink-ID")
	NumberInMultilink = attrs.Integer.Key(id(188), "Ascend-Num-In-Multilink")
	NumberSessions    = attrs.Text.Key(id(202), "Ascend-Number-Sessions")
	SessionType       = attrs.Integer.Key(id(18), "Ascend-Session-Type").
				Named(attrs.Names(0, "Ascend-Session-Unused", "Ascend-Session-Unknown", "Ascend-Session-G711-Ulaw", "Ascend-Session-G711-Alaw", "Ascend-Session-G723", "Ascend-Session-G729", "Ascend-Session-G723-64KPS", "Ascend-Session-G728", "Ascend-Session-RT24")...)
	CallType = attrs.Integer.Key(id(177), "Ascend-Call-Type").
			Named(attrs.Names(0, "Switched", "Nailed", "Nailed/Mpp", "Perm/Switched")...).
			Named(attrs.Names(6, "AO/DI", "MegaMax")...)
	CallDirection = attrs.Integer.Key(id(48), "Ascend-Call-Direction").
			Named(attrs.Names(0, "Ascend-Call-Direction-Incoming", "Ascend-Call-Direction-Outgoing")...)
	DialedNumber      = attrs.Text.Key(id(24), "Ascend-Dialed-Number")
	RedirectNumber    = attrs.Text.Key(id(93), "Ascend-Redirect-Number")
	CallingSubaddress = attrs.Text.Key(id(107), "Ascend-Calling-Subaddress")
	OwnerIPAddress    = attrs.IPv4Addr.Key(id(86), "Ascend-Owner-IP-Addr")
	EventType         = attrs.Integer.Key(id(150), "Ascend-Event-Type").
				Named(attrs.Names(1, "Ascend-ColdStart", "Ascend-Session-Event")...)
	UserAcctType = attrs.Integer.Key(id(138), "Ascend-User-Acct-Type").
			Named(attrs.Names(0, "Ascend-User-Acct-None", "Ascend-User-Acct-User", "Ascend-User-Acct-User-Default")...)
	UserAcctHost = attrs.IPv4Addr.Key(id(139), "Ascend-User-Acct-Host")
	UserAcctPort = attrs.Integer.Key(id(140), "Ascend-User-Acct-Port")
	UserAcctBase = attrs.Integer.Key(id(142), "Ascend-User-Acct-Base").
			Named(attrs.Names(0, "Base-10", "Base-16")...)
	UserAcctTime  = attrs.Integer.Key(id(143), "Ascend-User-Acct-Time")
	ATMVPI        = attrs.Integer.Key(id(94), "Ascend-ATM-Vpi")
	ATMVCI        = attrs.Integer.Key(id(95), "Ascend-ATM-Vci")
	ATMConnectVPI = attrs.Integer.Key(id(61), "Ascend-ATM-Connect-Vpi")
	ATMConnectVCI = attrs.Integer.Key(id(62), "Ascend-ATM-Connect-Vci")
	ModemPortNo   = attrs.Integer.Key(id(120), "Ascend-Modem-PortNo")
	ModemSlotNo   = attrs.Integer.Key(id(121), "Ascend-Modem-SlotNo")
	ModemShelfNo  = attrs.Integer.Key(id(122), "Ascend-Modem-ShelfNo")
)

// Authentication and secrets. The two secrets are hidden as Ascend does it; what else is a key or a
// password is shown as [hidden].
var (
	SendSecret    = attrs.Text.EncryptedKey(id(214), "Ascend-Send-Secret", attrs.AscendHidden)
	ReceiveSecret = attrs.Text.EncryptedKey(id(215), "Ascend-Receive-Secret", attrs.AscendHidden)
	SendAuth      = attrs.Integer.Key(id(231), "Ascend-Send-Auth").
			Named(attrs.Names(0, "Send-Auth-None", "Send-Auth-PAP", "Send-Auth-CHAP", "Send-Auth-MS-CHAP")...)
	SendPassword = attrs.Text.Key(id(232), "Ascend-Send-Passwd").Sensitive()
	AuthType     = attrs.Integer.Key(id(81), "Ascend-Auth-Type").
			Named(attrs.Names(0, "Auth-None", "Auth-Default", "Auth-Any", "Auth-PAP", "Auth-CHAP", "Auth-MS-CHAP")...)
	SourceAuth  = attrs.Text.Key(id(103), "Ascend-Source-Auth")
	RequireAuth = attrs.Integer.Key(id(201), "Ascend-Require-Auth").
			Named(attrs.Names(0, "Not-Require-Auth", "Require-Auth")...)
	AuthenAlias    = attrs.Text.Key(id(203), "Ascend-Authen-Alias")
	TokenIdle      = attrs.Integer.Key(id(199), "Ascend-Token-Idle")
	TokenExpiry    = attrs.Integer.Key(id(204), "Ascend-Token-Expiry")
	TokenImmediate = attrs.Integer.Key(id(200), "Ascend-Token-Immediate").
			Named(attrs.Names(0, "Tok-Imm-No", "Tok-Imm-Yes")...)
	UserAcctKey        = attrs.Text.Key(id(141), "Ascend-User-Acct-Key").Sensitive()
	SessionServerKey   = attrs.Text.Key(id(151), "Ascend-Session-Svr-Key").Sensitive()
	HomeAgentPassword  = attrs.Text.Key(id(184), "Ascend-Home-Agent-Password").Sensitive()
	AccessInterceptLEA = attrs.Text.Key(id(52), "Ascend-Access-Intercept-LEA").Sensitive()
	AccessInterceptLog = attrs.Text.Key(id(53), "Ascend-Access-Intercept-Log").Sensitive()
	PWWarntime         = attrs.Integer.Key(id(207), "Ascend-PW-Warntime").
				Named(attrs.Names(0, "Days-Of-Warning")...)
	PWLifetime = attrs.Integer.Key(id(208), "Ascend-PW-Lifetime").
			Named(attrs.Names(0, "Lifetime-In-Days")...)
)
