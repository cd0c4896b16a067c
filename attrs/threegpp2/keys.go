// SPDX-License-Identifier: Apache-2.0

package threegpp2

import "github.com/radius-dynauth/dynauth/attrs"

// What names a session, and how it ends. A Correlation-Id is text that the PDSN makes, in practice
// of eight characters, and names one session; two different ones in a request contradict each
// other.
var (
	CorrelationID                = attrs.Text.Where(printable).Key(id(44), "3GPP2-Correlation-Id").Once()
	SessionTerminationCapability = attrs.Integer.Key(id(88), "3GPP2-Session-Termination-Capability").
					Named(attrs.Names(1, "Dynamic-Authorization", "Registration-Revocation", "Both")...).Once()
	DisconnectReason = attrs.Integer.Key(id(96), "3GPP2-Disconnect-Reason")
	ReleaseIndicator = attrs.Integer.Key(id(24), "3GPP2-Release-Indicator")
	AcctStopTrigger  = attrs.Integer.Key(id(93), "3GPP2-Acct-Stop-Trigger")
	SessionContinue  = attrs.Integer.Key(id(48), "3GPP2-Session-Continue")
	BeginSession     = attrs.Integer.Key(id(51), "3GPP2-Begin-Session")
	CarrierID        = attrs.Text.Key(id(142), "3GPP2-Carrier-ID")
)

// The device and the cell, as numbers in text (3GPP2 X.S0011-005). An ESN is 32 bits in up to 15
// digits. An MEID is 56 bits: 14 hexadecimal digits, or 7 octets from a PDSN that sends them
// packed. A BSID is SID, NID and cell, four hexadecimal digits each; that of an HRPD sector is
// longer. None names a session: a device has several, a cell many.
var (
	ESN  = attrs.Text.Where(hexDigits(1, 15)).Key(id(52), "3GPP2-ESN")
	MEID = attrs.Octets.Where(meid).Key(id(116), "3GPP2-MEID")
	BSID = attrs.Text.Where(hexDigits(12, 253)).Key(id(10), "3GPP2-BSID")
)

// Addresses of the network nodes.
var (
	HomeAgentIPAddress  = attrs.IPv4Addr.Key(id(7), "3GPP2-Home-Agent-IP-Address")
	PCFIPAddress        = attrs.IPv4Addr.Key(id(9), "3GPP2-PCF-IP-Address")
	ForeignAgentAddress = attrs.IPv4Addr.Key(id(79), "3GPP2-Foreign-Agent-Address")
)

// Service and mobility.
var (
	ReverseTunnelSpec           = attrs.Integer.Key(id(4), "3GPP2-Reverse-Tunnel-Spec")
	DiffservClassOption         = attrs.Integer.Key(id(5), "3GPP2-Diffserv-Class-Option")
	UserID                      = attrs.Integer.Key(id(11), "3GPP2-User-Id")
	ServiceOption               = attrs.Integer.Key(id(16), "3GPP2-Service-Option")
	IPTechnology                = attrs.Integer.Key(id(22), "3GPP2-IP-Technology")
	CompulsoryTunnelIndicator   = attrs.Integer.Key(id(23), "3GPP2-Compulsory-Tunnel-Indicator")
	IPQoS                       = attrs.Integer.Key(id(36), "3GPP2-IP-QoS")
	AirlinkPriority             = attrs.Integer.Key(id(39), "3GPP2-Airlink-Priority")
	DNSUpdateRequired           = attrs.Integer.Key(id(75), "3GPP2-DNS-Update-Required")
	LastUserActivityTime        = attrs.Integer.Key(id(80), "3GPP2-Last-User-Activity-Time")
	MNAAARemovalIndication      = attrs.Integer.Key(id(81), "3GPP2-MN-AAA-Removal-Indication")
	RNPacketDataInactivityTimer = attrs.Integer.Key(id(82), "3GPP2-RN-Packet-Data-Inactivity-Timer")
	AllowedPersistentTFTs       = attrs.Integer.Key(id(89), "3GPP2-Allowed-Persistent-TFTs")
	MIPLifetime                 = attrs.Octets.Key(id(92), "3GPP2-MIP-Lifetime")
	DNSUpdateCapability         = attrs.Integer.Key(id(95), "3GPP2-DNS-Update-Capability")
	HARequest                   = attrs.Integer.Key(id(168), "3GPP2-HA-Request")
	HAAuthorised                = attrs.Integer.Key(id(169), "3GPP2-HA-Authorised")
	IPVerAuthorised             = attrs.Integer.Key(id(172), "3GPP2-IP-Ver-Authorised")
	MIPv4MesgID                 = attrs.Text.Key(id(173), "3GPP2-MIPv4-Mesg-Id")
)

// Accounting and prepaid.
var (
	AccountingContainer       = attrs.Octets.Key(id(6), "3GPP2-Accounting-Container")
	BadPPPFrameCount          = attrs.Integer.Key(id(25), "3GPP2-Bad-PPP-Frame-Count")
	NumberActiveTransitions   = attrs.Integer.Key(id(30), "3GPP2-Number-Active-Transitions")
	TerminatingSDBOctetCount  = attrs.Integer.Key(id(31), "3GPP2-Terminating-SDB-Octet-Count")
	OriginatingSDBOctetCount  = attrs.Integer.Key(id(32), "3GPP2-Originating-SDB-OCtet-Count")
	TerminatingNumberSDBs     = attrs.Integer.Key(id(33), "3GPP2-Terminating-Number-SDBs")
	OriginatingNumberSDBs     = attrs.Integer.Key(id(34), "3GPP2-Originating-Number-SDBs")
	AirlinkRecordType         = attrs.Integer.Key(id(40), "3GPP2-Airlink-Record-Type")
	AirlinkSequenceNumber     = attrs.Integer.Key(id(42), "3GPP2-Airlink-Sequence-Number")
	ReceivedHDLCOctets        = attrs.Integer.Key(id(43), "3GPP2-Received-HDLC-Octets")
	InboundMobileIPSigOctets  = attrs.Integer.Key(id(46), "3GPP2-Inbound-Mobile-IP-Sig-Octets")
	OutboundMobileIPSigOctets = attrs.Integer.Key(id(47), "3GPP2-Outbound-Mobile-IP-Sig-Octets")
	ActiveTime                = attrs.Integer.Key(id(49), "3GPP2-Active-Time")
	PrepaidAcctCapability     = attrs.Octets.Key(id(91), "3GPP2-Prepaid-acct-Capability")
)

// The air link.
var (
	ForwardFCHMuxOption  = attrs.Integer.Key(id(12), "3GPP2-Forward-FCH-Mux-Option")
	ReverseFCHMuxOption  = attrs.Integer.Key(id(13), "3GPP2-Reverse-FCH-Mux-Option")
	ForwardTrafficType   = attrs.Integer.Key(id(17), "3GPP2-Forward-Traffic-Type")
	ReverseTrafficType   = attrs.Integer.Key(id(18), "3GPP2-Reverse-Traffic-Type")
	FCHFrameSize         = attrs.Integer.Key(id(19), "3GPP2-FCH-Frame-Size")
	ForwardFCHRC         = attrs.Integer.Key(id(20), "3GPP2-Forward-FCH-RC")
	ReverseFCHRC         = attrs.Integer.Key(id(21), "3GPP2-Reverse-FCH-RC")
	DCCHFrameSize        = attrs.Integer.Key(id(50), "3GPP2-DCCH-Frame-Size")
	ForwardPDCHRC        = attrs.Integer.Key(id(83), "3GPP2-Forward-PDCH-RC")
	ForwardDCCHMuxOption = attrs.Integer.Key(id(84), "3GPP2-Forward-DCCH-Mux-Option")
	ReverseDCCHMuxOption = attrs.Integer.Key(id(85), "3GPP2-Reverse-DCCH-Mux-Option")
	ForwardDCCHRC        = attrs.Integer.Key(id(86), "3GPP2-Forward-DCCH-RC")
	ReverseDCCHRC        = attrs.Integer.Key(id(87), "3GPP2-Reverse-DHHC-RC")
)

// Keys and security.
var (
	IKEPresharedSecretRequest = attrs.Integer.Key(id(1), "3GPP2-Ike-Preshared-Secret-Request")
	SecurityLevel             = attrs.Integer.Key(id(2), "3GPP2-Security-Level")
	PreSharedSecret           = attrs.Text.Key(id(3), "3GPP2-Pre-Shared-Secret").Sensitive()
	KeyID                     = attrs.Text.Key(id(8), "3GPP2-KeyID").Sensitive()
	SKey                      = attrs.Octets.Key(id(54), "3GPP2-S-Key").Sensitive()
	SRequest                  = attrs.Integer.Key(id(55), "3GPP2-S-Request")
	SLifetime                 = attrs.Time.Key(id(56), "3GPP2-S-Lifetime")
	MNHASPI                   = attrs.Integer.Key(id(57), "3GPP2-MN-HA-SPI")
	MNHASharedKey             = attrs.Text.HiddenKey(id(58), "3GPP2-MN-HA-Shared-Key")
)
