// SPDX-License-Identifier: Apache-2.0

package attrs

// Attributes of Access-Requests and Accounting-Requests, which a NAS sends after a CoA or
// Disconnect. A RADIUS server that learns sessions reads them here: Acct-Status-Type says whether a
// session begins, goes on or is over, and Accounting-On and Accounting-Off that the NAS has none
// any more. Octets count modulo 2^32, with Gigawords for what is above. RFC 5176, section 2.3, has
// no User-Password in a CoA-Request; it is sent to a peer that asks for it alone.
var (
	UserPassword          = password.EncryptedKey(ID{Type: 2}, "User-Password", PasswordHidden)
	CHAPPassword          = Octets.Key(ID{Type: 3}, "CHAP-Password").Sensitive()
	AcctStatusType        = Integer.Key(ID{Type: 40}, "Acct-Status-Type").Named(acctStatusTypes...).Once()
	AcctDelayTime         = Seconds.Key(ID{Type: 41}, "Acct-Delay-Time")
	AcctInputOctets       = Integer.Key(ID{Type: 42}, "Acct-Input-Octets")
	AcctOutputOctets      = Integer.Key(ID{Type: 43}, "Acct-Output-Octets")
	AcctAuthentic         = Integer.Key(ID{Type: 45}, "Acct-Authentic").Named(acctAuthentics...)
	AcctSessionTime       = Seconds.Key(ID{Type: 46}, "Acct-Session-Time")
	AcctInputPackets      = Integer.Key(ID{Type: 47}, "Acct-Input-Packets")
	AcctOutputPackets     = Integer.Key(ID{Type: 48}, "Acct-Output-Packets")
	AcctLinkCount         = Integer.Key(ID{Type: 51}, "Acct-Link-Count")
	AcctInputGigawords    = Integer.Key(ID{Type: 52}, "Acct-Input-Gigawords")
	AcctOutputGigawords   = Integer.Key(ID{Type: 53}, "Acct-Output-Gigawords")
	CHAPChallenge         = Octets.Key(ID{Type: 60}, "CHAP-Challenge").Sensitive()
	AcctTunnelConnection  = Text.Key(ID{Type: 68}, "Acct-Tunnel-Connection")
	AcctTunnelPacketsLost = Integer.Key(ID{Type: 86}, "Acct-Tunnel-Packets-Lost")
	ARAPPassword          = Fixed(16).Key(ID{Type: 70}, "ARAP-Password").Sensitive()
	ARAPSecurity          = Integer.Key(ID{Type: 73}, "ARAP-Security")
	ARAPSecurityData      = Text.Key(ID{Type: 74}, "ARAP-Security-Data").Sensitive()
	PasswordRetry         = Integer.Key(ID{Type: 75}, "Password-Retry")
	Prompt                = Integer.Key(ID{Type: 76}, "Prompt").Named(prompts...)
	ConnectInfo           = Text.Key(ID{Type: 77}, "Connect-Info")
	ARAPChallengeResponse = Fixed(8).Key(ID{Type: 84}, "ARAP-Challenge-Response").Sensitive()
)

// Attributes that the tables of later documents forbid in these packets, or that are for
// Access-Requests; they are known by name.
// The table of the RFC that defines one says 0 for a CoA-Request and a Disconnect-Request, or does
// not list them.
var (
	LocationInformation           = Octets.Key(ID{Type: 127}, "Location-Information")
	LocationData                  = Octets.Key(ID{Type: 128}, "Location-Data")
	LocationCapable               = Integer.Key(ID{Type: 131}, "Location-Capable").Named(locationCapables...)
	FramedManagementProtocol      = Integer.Key(ID{Type: 133}, "Framed-Management").Named(framedManagements...).Alias("Framed-Management-Protocol")
	ManagementTransportProtection = Integer.Key(ID{Type: 134}, "Management-Transport-Protection").Named(managementProtections...)
	EAPPeerID                     = Octets.Key(ID{Type: 175}, "EAP-Peer-Id")
	EAPServerID                   = Octets.Key(ID{Type: 176}, "EAP-Server-Id")
	MobilityDomainID              = Integer.Key(ID{Type: 177}, "Mobility-Domain-Id")
	NetworkIDName                 = Octets.Key(ID{Type: 179}, "Network-Id-Name")
	WLANHESSID                    = Text.Key(ID{Type: 181}, "WLAN-HESSID")
	WLANVenueInfo                 = Integer.Key(ID{Type: 182}, "WLAN-Venue-Info")
	WLANVenueLanguage             = Fixed(3).Key(ID{Type: 183}, "WLAN-Venue-Language")
	WLANVenueName                 = Text.Key(ID{Type: 184}, "WLAN-Venue-Name")
	WLANPairwiseCipher            = Integer.Key(ID{Type: 186}, "WLAN-Pairwise-Cipher")
	WLANGroupCipher               = Integer.Key(ID{Type: 187}, "WLAN-Group-Cipher")
	WLANAKMSuite                  = Integer.Key(ID{Type: 188}, "WLAN-AKM-Suite")
	WLANGroupMgmtCipher           = Integer.Key(ID{Type: 189}, "WLAN-Group-Mgmt-Cipher")
	WLANRFBand                    = Integer.Key(ID{Type: 190}, "WLAN-RF-Band")
	FragStatus                    = Integer.Key(ID{Type: 241, Sub: 1}, "Frag-Status").Named(fragStatuses...)
	ProxyStateLength              = Integer.Key(ID{Type: 241, Sub: 2}, "Proxy-State-Length")
	IPPortRange                   = tlv.Key(ID{Type: 241, Sub: 6}, "IP-Port-Range")
)
