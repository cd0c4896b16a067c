// SPDX-License-Identifier: Apache-2.0

package attrs

// Identification of the NAS (RFC 5176, section 3).
var (
	NASIPAddress   = IPv4Addr.Key(ID{Type: 4}, "NAS-IP-Address")
	NASIdentifier  = Text.Key(ID{Type: 32}, "NAS-Identifier")
	NASIPv6Address = IPv6Addr.Key(ID{Type: 95}, "NAS-IPv6-Address")
)

// Identification of sessions (RFC 5176, section 3).
var (
	UserName               = Text.Key(ID{Type: 1}, "User-Name")
	NASPort                = Integer.Key(ID{Type: 5}, "NAS-Port")
	FramedIPAddress        = IPv4Addr.Key(ID{Type: 8}, "Framed-IP-Address")
	CalledStationID        = Text.Key(ID{Type: 30}, "Called-Station-Id")
	CallingStationID       = Text.Key(ID{Type: 31}, "Calling-Station-Id")
	AcctSessionID          = Text.Key(ID{Type: 44}, "Acct-Session-Id")
	AcctMultiSessionID     = Text.Key(ID{Type: 50}, "Acct-Multi-Session-Id")
	NASPortID              = Text.Key(ID{Type: 87}, "NAS-Port-Id")
	ChargeableUserIdentity = Octets.Key(ID{Type: 89}, "Chargeable-User-Identity")
	FramedInterfaceID      = InterfaceID.Key(ID{Type: 96}, "Framed-Interface-Id")
	FramedIPv6Prefix       = IPv6Prefix.Key(ID{Type: 97}, "Framed-IPv6-Prefix")
)

// What identifies sessions for some NASes and senders, though not in RFC 5176: RFC 3576 had the first two, RFC 6911 has the third.
var (
	NASPortType         = Integer.Key(ID{Type: 61}, "NAS-Port-Type").Named(nasPortTypes...)
	OriginatingLineInfo = Octets.Key(ID{Type: 94}, "Originating-Line-Info")
	FramedIPv6Address   = IPv6Addr.Key(ID{Type: 168}, "Framed-IPv6-Address")
)

// Signalling between client, proxies and server.
var (
	State                 = Octets.Key(ID{Type: 24}, "State")
	ProxyState            = Octets.Key(ID{Type: 33}, "Proxy-State")
	EventTimestamp        = Time.Key(ID{Type: 55}, "Event-Timestamp")
	MessageAuthenticator  = Fixed(16).Key(ID{Type: 80}, "Message-Authenticator")
	ErrorCause            = errorCause.Key(ID{Type: 101}, "Error-Cause")
	AcctTerminateCause    = terminateCause.Key(ID{Type: 49}, "Acct-Terminate-Cause")
	OperatorName          = operatorName.Key(ID{Type: 126}, "Operator-Name")
	ResponseLength        = Integer.Key(ID{Type: 241, Sub: 3}, "Response-Length")
	OriginalPacketCode    = Integer.Key(ID{Type: 241, Sub: 4}, "Original-Packet-Code")
	OperatorNASIdentifier = operatorNAS.Key(ID{Type: 241, Sub: 8}, "Operator-NAS-Identifier")
)
