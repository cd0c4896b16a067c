// SPDX-License-Identifier: Apache-2.0

package attrs

// Identification of the NAS (RFC 5176, section 3). A request names the NAS by one of them at least
// where it passes a proxy, and a NAS compares each that comes with its own: one that does not fit
// is NAK 403, whatever the session. Behind NAT the address is the one that the NAS put into its
// accounting, not the one that requests are sent to.
var (
	NASIPAddress   = IPv4Addr.Key(ID{Type: 4}, "NAS-IP-Address")
	NASIdentifier  = Text.Key(ID{Type: 32}, "NAS-Identifier")
	NASIPv6Address = IPv6Addr.Key(ID{Type: 95}, "NAS-IPv6-Address")
)

// Identification of sessions (RFC 5176, section 3).
// Each that a request has must fit the session. What a NAS understands by them differs:
//
//   - User-Name is the name of the Access-Request or the one that the Access-Accept gave instead;
//     one user may have several sessions.
//   - NAS-Port and NAS-Port-Id name a place, and change with the line card. NAS-Port is 32 bits, in
//     which vendors pack slot, port and VLAN each in their own way.
//   - Framed-IP-Address is the user's address, 0.0.0.0 and 255.255.255.254 none; it may be another
//     user's by the time that a delayed request comes.
//   - Calling-Station-Id and Called-Station-Id are MACs or telephone numbers, MACs in the way of
//     the NAS: values that are one MAC count as equal.
//   - Framed-Interface-Id is the low half of an address, and says little without a prefix.
//   - Acct-Session-Id is unique on one NAS until it restarts, and what to name where it is known.
//   - Acct-Multi-Session-Id names all links of a bundle, or all sessions of a roaming station.
//   - Chargeable-User-Identity is opaque: what the home network gave for billing (RFC 4372).
//   - Framed-IPv6-Prefix may come several times, and the session has to have all of them.
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

// What identifies sessions for some NASes and senders, though not in RFC 5176: RFC 3576 had the
// first two, RFC 6911 has the third. A NAS that is asked by one of them and does not take it as
// identification answers 401, or, where it reads it as something to change, changes it: give them
// only to NASes that say so (Policy.Identifying, attrs/profile).
var (
	NASPortType         = Integer.Key(ID{Type: 61}, "NAS-Port-Type").Named(nasPortTypes...)
	OriginatingLineInfo = Octets.Key(ID{Type: 94}, "Originating-Line-Info")
	FramedIPv6Address   = IPv6Addr.Key(ID{Type: 168}, "Framed-IPv6-Address")
)

// Signalling between client, proxies and server. Proxy-State comes back in each answer as it was,
// and in its order. State is the handle of a NAS for an Authorize Only. Message-Authenticator and
// Event-Timestamp are set when a packet is signed, and so need no Key in a host's hands.
// Operator-Name and Operator-NAS-Identifier lead a request through proxies to the network that a
// user visits (RFC 8559), and are taken off before the NAS.
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
