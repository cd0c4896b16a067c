// SPDX-License-Identifier: Apache-2.0

package zte

import "github.com/radius-dynauth/dynauth/attrs"

// Rates and bursts, for IPv4 or for both.
var (
	QoSType              = attrs.Integer.Key(id(81), "ZTE-QoS-Type")
	QoSProfileDown       = attrs.Text.Key(id(82), "ZTE-QoS-Profile-Down")
	RateCtrlSCRDown      = attrs.Integer.Key(id(83), "ZTE-Rate-Ctrl-SCR-Down")
	RateCtrlBurstDown    = attrs.Integer.Key(id(84), "ZTE-Rate-Ctrl-Burst-Down")
	RateCtrlPCR          = attrs.Integer.Key(id(86), "ZTE-Rate-Ctrl-PCR")
	TCPSYNRate           = attrs.Integer.Key(id(88), "ZTE-TCP-Syn-Rate")
	RateCtrlSCRUp        = attrs.Integer.Key(id(89), "ZTE-Rate-Ctrl-SCR-Up")
	PriorityLevel        = attrs.Integer.Key(id(90), "ZTE-Priority-Level")
	RateCtrlBurstUp      = attrs.Integer.Key(id(91), "ZTE-Rate-Ctrl-Burst-Up")
	RateCtrlBurstMaxDown = attrs.Integer.Key(id(92), "ZTE-Rate-Ctrl-Burst-Max-Down")
	RateCtrlBurstMaxUp   = attrs.Integer.Key(id(93), "ZTE-Rate-Ctrl-Burst-Max-Up")
	QoSProfileUp         = attrs.Text.Key(id(94), "ZTE-QOS-Profile-Up")
	RateBustDPIR         = attrs.Integer.Key(id(191), "ZTE_Rate-Bust-DPIR")
	RateBustUPIR         = attrs.Integer.Key(id(192), "ZTE_Rate-Bust-UPIR")
	RateCtrlPBSDown      = attrs.Integer.Key(id(202), "ZTE-Rate-Ctrl-PBS-Down")
	RateCtrlPBSUp        = attrs.Integer.Key(id(203), "ZTE-Rate-Ctrl-PBS-Up")
)

// The same for IPv6.
var (
	RateCtrlSCRUpV6        = attrs.Integer.Key(id(228), "ZTE-Rate-Ctrl-SCR-Up-v6")
	RateCtrlBurstUpV6      = attrs.Integer.Key(id(229), "ZTE-Rate-Ctrl-Burst-Up-v6")
	RateCtrlBurstMaxUpV6   = attrs.Integer.Key(id(230), "ZTE-Rate-Ctrl-Burst-Max-Up-v6")
	RateCtrlPBSUpV6        = attrs.Integer.Key(id(231), "ZTE-Rate-Ctrl-PBS-Up-v6")
	QoSProfileUpV6         = attrs.Text.Key(id(232), "ZTE-QoS-Profile-Up-v6")
	RateCtrlSCRDownV6      = attrs.Integer.Key(id(233), "ZTE-Rate-Ctrl-SCR-Down-v6")
	RateCtrlBurstDownV6    = attrs.Integer.Key(id(234), "ZTE-Rate-Ctrl-Burst-Down-v6")
	RateCtrlBurstMaxDownV6 = attrs.Integer.Key(id(235), "ZTE-Rate-Ctrl-Burst-Max-Down-v6")
	RateCtrlPBSDownV6      = attrs.Integer.Key(id(236), "ZTE-Rate-Ctrl-PBS-Down-v6")
	QoSProfileDownV6       = attrs.Text.Key(id(237), "ZTE-QoS-Profile-Down-v6")
)

// What a session is and where it belongs.
var (
	ClientDNSPrimary   = attrs.Text.Key(id(1), "ZTE-Client-DNS-Pri")
	ClientDNSSecondary = attrs.Text.Key(id(2), "ZTE-Client-DNS-Sec")
	ContextName        = attrs.Text.Key(id(4), "ZTE-Context-Name")
	AccessType         = attrs.Integer.Key(id(74), "ZTE-Access-Type")
	AccessDomain       = attrs.Text.Key(id(151), "ZTE-Access-Domain")
	VPNID              = attrs.Text.Key(id(190), "ZTE-VPN-ID")
	SWPrivilege        = attrs.Integer.Key(id(104), "ZTE-SW-Privilege")
	PPPServiceType     = attrs.Integer.Key(id(101), "ZTE-PPP-Sservice-Type")
	PPPOEURL           = attrs.Text.Key(id(27), "ZTE-PPPOE-URL")
	PPPOEMOTM          = attrs.Text.Key(id(28), "ZTE-PPPOE-MOTM")
	TCPLimitNumber     = attrs.Integer.Key(id(95), "ZTE-TCP-Limit-Num")
	TCPLimitMode       = attrs.Integer.Key(id(96), "ZTE-TCP-Limit-Mode")
)

// Tunnels and multicast.
var (
	TunnelMaxSessions        = attrs.Integer.Key(id(21), "ZTE-Tunnel-Max-Sessions")
	TunnelMaxTunnels         = attrs.Integer.Key(id(22), "ZTE-Tunnel-Max-Tunnels")
	TunnelWindow             = attrs.Integer.Key(id(24), "ZTE-Tunnel-Window")
	TunnelRetransmit         = attrs.Integer.Key(id(25), "ZTE-Tunnel-Retransmit")
	TunnelCmdTimeout         = attrs.Integer.Key(id(26), "ZTE-Tunnel-Cmd-Timeout")
	TunnelAlgorithm          = attrs.Integer.Key(id(31), "ZTE-Tunnel-Algorithm")
	TunnelDeadtime           = attrs.Integer.Key(id(32), "ZTE-Tunnel-Deadtime")
	McastSend                = attrs.Integer.Key(id(33), "ZTE-Mcast-Send")
	McastReceive             = attrs.Integer.Key(id(34), "ZTE-Mcast-Receive")
	McastMaxGroups           = attrs.Integer.Key(id(35), "ZTE-Mcast-MaxGroups")
	IGMPServiceProfileNumber = attrs.Integer.Key(id(97), "ZTE-IGMP-Service-Profile-Num")
)
