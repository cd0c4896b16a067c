// SPDX-License-Identifier: Apache-2.0

package juniper

import "github.com/radius-dynauth/dynauth/attrs"

// Access lines: DSL.
var (
	AccLoopCircuitID       = attrs.Text.Key(id(110), "ERX-Acc-Loop-Cir-Id")
	AccAggrCircuitIDBinary = attrs.Octets.Key(id(111), "ERX-Acc-Aggr-Cir-Id-Bin")
	AccAggrCircuitIDASCII  = attrs.Text.Key(id(112), "ERX-Acc-Aggr-Cir-Id-Asc")
	ActDataRateUp          = attrs.Integer.Key(id(113), "ERX-Act-Data-Rate-Up")
	ActDataRateDn          = attrs.Integer.Key(id(114), "ERX-Act-Data-Rate-Dn")
	MinDataRateUp          = attrs.Integer.Key(id(115), "ERX-Min-Data-Rate-Up")
	MinDataRateDn          = attrs.Integer.Key(id(116), "ERX-Min-Data-Rate-Dn")
	AttDataRateUp          = attrs.Integer.Key(id(117), "ERX-Att-Data-Rate-Up")
	AttDataRateDn          = attrs.Integer.Key(id(118), "ERX-Att-Data-Rate-Dn")
	MaxDataRateUp          = attrs.Integer.Key(id(119), "ERX-Max-Data-Rate-Up")
	MaxDataRateDn          = attrs.Integer.Key(id(120), "ERX-Max-Data-Rate-Dn")
	MinLPDataRateUp        = attrs.Integer.Key(id(121), "ERX-Min-LP-Data-Rate-Up")
	MinLPDataRateDn        = attrs.Integer.Key(id(122), "ERX-Min-LP-Data-Rate-Dn")
	MaxInterlvDelayUp      = attrs.Integer.Key(id(123), "ERX-Max-Interlv-Delay-Up")
	ActInterlvDelayUp      = attrs.Integer.Key(id(124), "ERX-Act-Interlv-Delay-Up")
	MaxInterlvDelayDn      = attrs.Integer.Key(id(125), "ERX-Max-Interlv-Delay-Dn")
	ActInterlvDelayDn      = attrs.Integer.Key(id(126), "ERX-Act-Interlv-Delay-Dn")
	DSLLineState           = attrs.Integer.Key(id(127), "ERX-DSL-Line-State").Named(attrs.Names(1, "SHOWTIME", "IDLE", "SILENT")...)
	DSLType                = attrs.Integer.Key(id(128), "ERX-DSL-Type").
				Named(attrs.Names(1, "ADSL1", "ADSL2", "ADSL2PLUS", "VDSL1", "VDSL2", "SDSL", "UNKNOWN")...)
	DownStreamCalcRate = attrs.Integer.Key(id(141), "ERX-DownStream-Calc-Rate")
	UpStreamCalcRate   = attrs.Integer.Key(id(142), "ERX-UpStream-Calc-Rate")
	AccLoopRemoteID    = attrs.Text.Key(id(182), "ERX-Acc-Loop-Remote-Id")
	AccLoopEncap       = attrs.Octets.Key(id(183), "ERX-Acc-Loop-Encap")
)

// Access lines: PON and expected rates.
var (
	PONAccessType = attrs.Integer.Key(id(219), "ERX-PON-Access-Type").
			Named(attrs.Names(0, "Other", "GPON", "XG-PON1", "TWDM-PON", "XGS-PON", "WDM-PON")...).Named(attrs.Names(7, "UNKNOWN")...)
	ONTONUAverageDataRateDownstream        = attrs.Integer.Key(id(220), "ERX-ONT-ONU-Average-Data-Rate-Downstream")
	ONTONUPeakDataRateDownstream           = attrs.Integer.Key(id(221), "ERX-ONT-ONU-Peak-Data-Rate-Downstream")
	ONTONUMaximumDataRateUpstream          = attrs.Integer.Key(id(222), "ERX-ONT-ONU-Maximum-Data-Rate-Upstream")
	ONTONUAssuredDataRateUpstream          = attrs.Integer.Key(id(223), "ERX-ONT-ONU-Assured-Data-Rate-Upstream")
	PONTreeMaximumDataRateUpstream         = attrs.Integer.Key(id(224), "ERX-PON-Tree-Maximum-Data-Rate-Upstream")
	PONTreeMaximumDataRateDownstream       = attrs.Integer.Key(id(225), "ERX-PON-Tree-Maximum-Data-Rate-Downstream")
	ExpectedThroughputUpstream             = attrs.Integer.Key(id(226), "ERX-Expected-Throughput-Upstream")
	ExpectedThroughputDownstream           = attrs.Integer.Key(id(227), "ERX-Expected-Throughput-Downstream")
	AttainableExpectedThroughputUpstream   = attrs.Integer.Key(id(228), "ERX-Attainable-Expected-Throughput-Upstream")
	AttainableExpectedThroughputDownstream = attrs.Integer.Key(id(229), "ERX-Attainable-Expected-Throughput-Downstream")
	GammaDataRateUpstream                  = attrs.Integer.Key(id(230), "ERX-Gamma-Data-Rate-Upstream")
	GammaDataRateDownstream                = attrs.Integer.Key(id(231), "ERX-Gamma-Data-Rate-Downstream")
	AttainableGammaDataRateUpstream        = attrs.Integer.Key(id(232), "ERX-Attainable-Gamma-Data-Rate-Upstream")
	AttainableGammaDataRateDownstream      = attrs.Integer.Key(id(233), "ERX-Attainable-Gamma-Data-Rate-Downstream")
)

// Interfaces and VLANs.
var (
	InterfaceDescription           = attrs.Text.Key(id(63), "ERX-Interface-Desc")
	ServiceDescription             = attrs.Text.Key(id(53), "ERX-Service-Description")
	L2TPRecvWindowSize             = attrs.Integer.Key(id(54), "ERX-L2tp-Recv-Window-Size")
	MaxClientsPerInterface         = attrs.Integer.Key(id(143), "ERX-Max-Clients-Per-Interface")
	ICRPartitionID                 = attrs.Text.Key(id(150), "ERX-ICR-Partition-Id")
	VLANMapID                      = attrs.Integer.Key(id(160), "ERX-Vlan-Map-Id")
	InnerVLANMapID                 = attrs.Integer.Key(id(184), "ERX-Inner-Vlan-Map-Id")
	InnerTagProtocolID             = attrs.Text.Key(id(211), "ERX-Inner-Tag-Protocol-Id")
	HybridAccessDSLDownstreamSpeed = attrs.Integer.Key(id(216), "ERX-Hybrid-Access-DSL-Downstream-Speed")
	HybridAccessLTEDownstreamSpeed = attrs.Integer.Key(id(217), "ERX-Hybrid-Access-LTE-Downstream-Speed")
	ATMServiceCategory             = attrs.Integer.Key(id(14), "ERX-Atm-Service-Category").Named(attrs.Names(1, "UBR", "UBRPCR", "nrtVBR", "CBR")...)
	ATMPCR                         = attrs.Integer.Key(id(15), "ERX-Atm-PCR")
	ATMSCR                         = attrs.Integer.Key(id(16), "ERX-Atm-SCR")
	ATMMBS                         = attrs.Integer.Key(id(17), "ERX-Atm-MBS")
)

// Accounting.
var (
	InputGigapkts                = attrs.Integer.Key(id(42), "ERX-Input-Gigapkts")
	OutputGigapkts               = attrs.Integer.Key(id(43), "ERX-Output-Gigapkts")
	SDXServiceName               = attrs.Text.Key(id(49), "Sdx-Service-Name")
	SDXSessionVolumeQuota        = attrs.Text.Key(id(50), "Sdx-Session-Volume-Quota")
	SDXTunnelDisconnectCauseInfo = attrs.Text.Key(id(51), "Sdx-Tunnel-Disconnect-Cause-Info")
	RadiusClientAddress          = attrs.IPv4Addr.Key(id(52), "ERX-Radius-Client-Address")
	L2CUpStreamData              = attrs.Text.Key(id(92), "ERX-L2c-Up-Stream-Data")
	L2CDownStreamData            = attrs.Text.Key(id(93), "ERX-L2c-Down-Stream-Data")
	IPv6AcctInputOctets          = attrs.Integer.Key(id(151), "ERX-IPv6-Acct-Input-Octets")
	IPv6AcctOutputOctets         = attrs.Integer.Key(id(152), "ERX-IPv6-Acct-Output-Octets")
	IPv6AcctInputPackets         = attrs.Integer.Key(id(153), "ERX-IPv6-Acct-Input-Packets")
	IPv6AcctOutputPackets        = attrs.Integer.Key(id(154), "ERX-IPv6-Acct-Output-Packets")
	IPv6AcctInputGigawords       = attrs.Integer.Key(id(155), "ERX-IPv6-Acct-Input-Gigawords")
	IPv6AcctOutputGigawords      = attrs.Integer.Key(id(156), "ERX-IPv6-Acct-Output-Gigawords")
	ActionReason                 = attrs.Text.Key(id(178), "ERX-Action-Reason")
	AcctRequestReason            = attrs.Integer.Key(id(210), "ERX-Acct-Request-Reason").
					Named(attrs.Names(1, "Acct-Start-Ack", "Periodic")...).Named(attrs.Names(4, "IP-Active")...).
					Named(attrs.Names(8, "IP-Inactive")...).Named(attrs.Names(16, "IPv6-Active")...).Named(attrs.Names(32, "IPv6-Inactive")...).
					Named(attrs.Names(64, "Session-Active")...).Named(attrs.Names(128, "Session-Inactive")...).
					Named(attrs.Names(256, "Line-Speed-Change")...).Named(attrs.Names(512, "Address-Assignment-Change")...).
					Named(attrs.Names(1024, "CoA-Complete")...)
)

// Mobile IP, and logins to the router itself.
var (
	MobileIPAlgorithm       = attrs.Integer.Key(id(84), "ERX-Mobile-IP-Algorithm")
	MobileIPSPI             = attrs.Integer.Key(id(85), "ERX-Mobile-IP-SPI")
	MobileIPKey             = attrs.Text.Key(id(86), "ERX-Mobile-IP-Key").Sensitive()
	MobileIPReplay          = attrs.Integer.Key(id(87), "ERX-Mobile-IP-Replay")
	MobileIPAccessControl   = attrs.Text.Key(id(88), "ERX-Mobile-IP-Access-Control")
	MobileIPLifetime        = attrs.Integer.Key(id(89), "ERX-Mobile-IP-Lifetime")
	CLIInitialAccessLevel   = attrs.Text.Key(id(18), "ERX-Cli-Initial-Access-Level")
	CLIAllowAllVRAccess     = attrs.Integer.Key(id(19), "ERX-Cli-Allow-All-VR-Access").Named(attrs.Names(0, "disable", "enable")...)
	AlternateCLIAccessLevel = attrs.Text.Key(id(20), "ERX-Alternate-Cli-Access-Level")
	AlternateCLIVRouterName = attrs.Text.Key(id(21), "ERX-Alternate-Cli-Vrouter-Name")
)
