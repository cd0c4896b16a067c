// SPDX-License-Identifier: Apache-2.0

package h3c

import "github.com/radius-dynauth/dynauth/attrs"

// Rates in bit/s, bursts in octets, and the volume that is left.
var (
	InputPeakRate            = attrs.Integer.Key(id(1), "H3C-Input-Peak-Rate")
	InputAverageRate         = attrs.Integer.Key(id(2), "H3C-Input-Average-Rate")
	InputBasicRate           = attrs.Integer.Key(id(3), "H3C-Input-Basic-Rate")
	OutputPeakRate           = attrs.Integer.Key(id(4), "H3C-Output-Peak-Rate")
	OutputAverageRate        = attrs.Integer.Key(id(5), "H3C-Output-Average-Rate")
	OutputBasicRate          = attrs.Integer.Key(id(6), "H3C-Output-Basic-Rate")
	InputCommittedBurstSize  = attrs.Integer.Key(id(247), "H3C-Input-Committed-Burst-Size")
	OutputCommittedBurstSize = attrs.Integer.Key(id(248), "H3C-Output-Committed-Burst-Size")
	RemanentVolume           = attrs.Integer.Key(id(15), "H3C-Remanent-Volume")
	UpPriority               = attrs.Integer.Key(id(106), "H3C-Up-Priority")
	DownPriority             = attrs.Integer.Key(id(107), "H3C-Down-Priority")
)

// What a session is, and what becomes of it.
var (
	Command = attrs.Integer.Key(id(20), "H3C-Command").
		Named(attrs.Names(1, "Trigger-Request", "Terminate-Request", "SetPolicy", "Result", "PortalClear")...)
	ControlIdentifier  = attrs.Integer.Key(id(24), "H3C-Control-Identifier")
	ResultCode         = attrs.Integer.Key(id(25), "H3C-Result-Code")
	ConnectID          = attrs.Integer.Key(id(26), "H3C-Connect_Id")
	SubscriberID       = attrs.Text.Key(id(251), "H3C-Subscriber-ID")
	SubscriberProfile  = attrs.Text.Key(id(252), "H3C-Subscriber-Profile")
	UserGroup          = attrs.Text.Key(id(140), "H3C-User-Group")
	UserRole           = attrs.Text.Key(id(155), "H3C-User-Role")
	SecurityLevel      = attrs.Integer.Key(id(141), "H3C-Security-Level")
	VPNInstance        = attrs.Text.Key(id(104), "H3C-VPN-Instance")
	ISPID              = attrs.Text.Key(id(17), "H3C-ISP-ID")
	ITAPolicy          = attrs.Text.Key(id(216), "H3C-Ita-Policy")
	AccountingLevel    = attrs.Integer.Key(id(215), "H3C-Accounting-Level")
	AVPair             = attrs.Text.Key(id(210), "H3C-Av-Pair")
	AuthenticationType = attrs.Integer.Key(id(249), "H3C-Authentication-Type")
	AuthDetailResult   = attrs.Integer.Key(id(246), "H3C-Auth-Detail-Result")
	UserNotify         = attrs.Text.Key(id(61), "H3C-User-Notify")
	UserHeartbeat      = attrs.Text.Key(id(62), "H3C-User-HeartBeat")
	PortalURL          = attrs.Text.Key(id(27), "H3C-Portal-URL")
	WEBURL             = attrs.Text.Key(id(250), "H3C-WEB-URL")
	ExecPrivilege      = attrs.Integer.Key(id(29), "H3C-Exec-Privilege").
				Named(attrs.Names(0, "Visit", "Monitor", "System", "Manage")...)
	FTPDirectory  = attrs.Text.Key(id(28), "H3C-Ftp-Directory")
	L2TPLocalName = attrs.Text.Key(id(102), "H3C-L2TP-Local-Name")
	ANCPProfile   = attrs.Text.Key(id(105), "H3C-ANCP-Profile")
)

// Addresses and multicast.
var (
	ClientPrimaryDNS          = attrs.IPv4Addr.Key(id(135), "H3C-Client-Primary-DNS")
	ClientSecondaryDNS        = attrs.IPv4Addr.Key(id(136), "H3C-Client-Secondary-DNS")
	NATIPAddress              = attrs.IPv4Addr.Key(id(32), "H3C-NAT-IP-Address")
	NATStartPort              = attrs.Integer.Key(id(33), "H3C-NAT-Start-Port")
	NATEndPort                = attrs.Integer.Key(id(34), "H3C-NAT-End-Port")
	IPHostAddress             = attrs.Text.Key(id(60), "H3C-Ip-Host-Addr")
	BackupNASIP               = attrs.IPv4Addr.Key(id(207), "H3C-Backup-NAS-IP")
	IPv4MulticastReceiveGroup = attrs.IPv4Addr.Key(id(98), "H3C-IPv4-Multicast-Receive-Group")
	IPv6MulticastReceiveGroup = attrs.IPv6Addr.Key(id(100), "H3C-IPv6-Multicast-Receive-Group")
	MLDAccessLimit            = attrs.Integer.Key(id(101), "H3C-MLD-Access-Limit")
	IGMPAccessLimit           = attrs.Integer.Key(id(103), "H3C-IGMP-Access-Limit")
)

// What accounting says.
var (
	AcctIPv6InputOctets     = attrs.Integer.Key(id(144), "H3C-Acct-IPv6-Input-Octets")
	AcctIPv6OutputOctets    = attrs.Integer.Key(id(145), "H3C-Acct-IPv6-Output-Octets")
	AcctIPv6InputPackets    = attrs.Integer.Key(id(146), "H3C-Acct-IPv6-Input-Packets")
	AcctIPv6OutputPackets   = attrs.Integer.Key(id(147), "H3C-Acct-IPv6-Output-Packets")
	InputIntervalOctets     = attrs.Integer.Key(id(201), "H3C-Input-Interval-Octets")
	OutputIntervalOctets    = attrs.Integer.Key(id(202), "H3C-Output-Interval-Octets")
	InputIntervalPackets    = attrs.Integer.Key(id(203), "H3C-Input-Interval-Packets")
	OutputIntervalPackets   = attrs.Integer.Key(id(204), "H3C-Output-Interval-Packets")
	InputIntervalGigawords  = attrs.Integer.Key(id(205), "H3C-Input-Interval-Gigawords")
	OutputIntervalGigawords = attrs.Integer.Key(id(206), "H3C-Output-Interval-Gigawords")
	NASStartupTimestamp     = attrs.Integer.Key(id(59), "H3C-NAS-Startup-Timestamp")
	NASPortName             = attrs.Text.Key(id(230), "H3C-NAS-Port-Name")
	LongitudeLatitude       = attrs.Text.Key(id(111), "H3C-Longitude-Latitude")
	ProductID               = attrs.Text.Key(id(255), "H3C-Product-ID")
)
