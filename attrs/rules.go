// SPDX-License-Identifier: Apache-2.0

package attrs

import "strings"

// A rule is a row of the tables: the role, and how often the attribute may stand in CoA-Request,
// ACK and NAK, Disconnect-Request, ACK and NAK.
type rule struct {
	// Role is what the attribute is for: to name the NAS or the session, to change what the user
	// gets, or to carry the exchange itself.
	role Role
	in   [6]Occurrence
}

// row reads six marks: - (not listed), 0, 1 (for 0-1), + (for 0+). The columns are those of the
// tables of RFC 5176, section 3.6: Request, ACK and NAK of CoA, then of Disconnect. Most
// authorization attributes stand in a CoA-Request alone, so a Disconnect-Request with one is
// refused and not obeyed in part.
func row(role Role, marks string) (r rule) {
	r.role = role
	for i := range r.in {
		r.in[i] = Occurrence(strings.IndexByte("-01+", marks[i]))
	}
	return r
}

// lookupRule returns the row of id, without a vendor.
func lookupRule(id ID) rule {
	switch {
	case id.Vendor != 0:
	case id.extended():
		return extendedRules[[2]uint32{uint32(id.Type), id.Sub}]
	case id.Sub == 0 && id.Type >= 0 && int(id.Type) < len(plainRules):
		return plainRules[id.Type]
	}
	return rule{}
}

// plainRules is by attribute type: RFC 5176, section 3.6, and what later documents say of their own
// attributes.
var plainRules = [256]rule{
	// A Disconnect-Request takes identification, Class, Reply-Message and what belongs to the
	// exchange. RFC 5176 counts Service-Type and State as authorization, though Authorize Only uses
	// them to carry the exchange (section 3.2): the server treats that request on its own.
	1:   row(RoleSession, "100100"),       // User-Name
	4:   row(RoleNAS, "100100"),           // NAS-IP-Address
	5:   row(RoleSession, "100100"),       // NAS-Port
	6:   row(RoleAuthorization, "101000"), // Service-Type
	7:   row(RoleAuthorization, "100---"), // Framed-Protocol
	8:   row(RoleSession, "100100"),       // Framed-IP-Address
	9:   row(RoleAuthorization, "100---"), // Framed-IP-Netmask
	10:  row(RoleAuthorization, "100---"), // Framed-Routing
	11:  row(RoleAuthorization, "+00---"), // Filter-ID
	12:  row(RoleAuthorization, "100---"), // Framed-MTU
	13:  row(RoleAuthorization, "+00---"), // Framed-Compression
	14:  row(RoleAuthorization, "+00---"), // Login-IP-Host
	15:  row(RoleAuthorization, "100---"), // Login-Service
	16:  row(RoleAuthorization, "100---"), // Login-TCP-Port
	18:  row(RoleAuthorization, "+00+00"), // Reply-Message
	19:  row(RoleAuthorization, "100---"), // Callback-Number
	20:  row(RoleAuthorization, "100---"), // Callback-Id
	22:  row(RoleAuthorization, "+00---"), // Framed-Route
	23:  row(RoleAuthorization, "100---"), // Framed-IPX-Network
	24:  row(RoleAuthorization, "111000"), // State
	25:  row(RoleAuthorization, "+00+00"), // Class
	26:  row(RoleVendor, "+00+00"),        // Vendor-Specific
	27:  row(RoleAuthorization, "100---"), // Session-Timeout
	28:  row(RoleAuthorization, "100---"), // Idle-Timeout
	29:  row(RoleAuthorization, "100---"), // Termination-Action
	30:  row(RoleSession, "100100"),       // Called-Station-Id
	31:  row(RoleSession, "100100"),       // Calling-Station-Id
	32:  row(RoleNAS, "100100"),           // NAS-Identifier
	33:  row(RoleProtocol, "++++++"),      // Proxy-State
	34:  row(RoleAuthorization, "100---"), // Login-LAT-Service
	35:  row(RoleAuthorization, "100---"), // Login-LAT-Node
	36:  row(RoleAuthorization, "100---"), // Login-LAT-Group
	37:  row(RoleAuthorization, "100---"), // Framed-AppleTalk-Link
	38:  row(RoleAuthorization, "+00---"), // Framed-AppleTalk-Network
	39:  row(RoleAuthorization, "100---"), // Framed-AppleTalk-Zone
	44:  row(RoleSession, "100100"),       // Acct-Session-Id
	49:  row(RoleAuthorization, "---110"), // Acct-Terminate-Cause
	50:  row(RoleSession, "100100"),       // Acct-Multi-Session-Id
	55:  row(RoleProtocol, "111111"),      // Event-Timestamp
	56:  row(RoleAuthorization, "+00---"), // Egress-VLANID
	57:  row(RoleAuthorization, "100---"), // Ingress-Filters
	58:  row(RoleAuthorization, "+00---"), // Egress-VLAN-Name
	59:  row(RoleAuthorization, "100---"), // User-Priority-Table
	61:  row(RoleAuthorization, "100000"), // NAS-Port-Type
	62:  row(RoleAuthorization, "100---"), // Port-Limit
	63:  row(RoleAuthorization, "100---"), // Login-LAT-Port
	64:  row(RoleAuthorization, "+00---"), // Tunnel-Type
	65:  row(RoleAuthorization, "+00---"), // Tunnel-Medium-Type
	66:  row(RoleAuthorization, "+00---"), // Tunnel-Client-Endpoint
	67:  row(RoleAuthorization, "+00---"), // Tunnel-Server-Endpoint
	69:  row(RoleAuthorization, "+00---"), // Tunnel-Password
	71:  row(RoleAuthorization, "100---"), // ARAP-Features
	72:  row(RoleAuthorization, "100---"), // ARAP-Zone-Access
	78:  row(RoleAuthorization, "+00---"), // Configuration-Token
	79:  row(RoleAuthorization, "+10+10"), // EAP-Message
	80:  row(RoleProtocol, "111111"),      // Message-Authenticator
	81:  row(RoleAuthorization, "+00---"), // Tunnel-Private-Group-ID
	82:  row(RoleAuthorization, "+00---"), // Tunnel-Assignment-ID
	83:  row(RoleAuthorization, "+00---"), // Tunnel-Preference
	85:  row(RoleAuthorization, "100---"), // Acct-Interim-Interval
	87:  row(RoleSession, "100100"),       // NAS-Port-Id
	88:  row(RoleAuthorization, "100---"), // Framed-Pool
	89:  row(RoleSession, "100100"),       // Chargeable-User-Identity
	90:  row(RoleAuthorization, "+00---"), // Tunnel-Client-Auth-ID
	91:  row(RoleAuthorization, "+00---"), // Tunnel-Server-Auth-ID
	92:  row(RoleAuthorization, "+00---"), // NAS-Filter-Rule
	94:  row(RoleUnknown, "000---"),       // Originating-Line-Info
	95:  row(RoleNAS, "100100"),           // NAS-IPv6-Address
	96:  row(RoleSession, "100100"),       // Framed-Interface-Id
	97:  row(RoleSession, "+00+00"),       // Framed-IPv6-Prefix
	98:  row(RoleAuthorization, "+00---"), // Login-IPv6-Host
	99:  row(RoleAuthorization, "+00---"), // Framed-IPv6-Route
	100: row(RoleAuthorization, "100---"), // Framed-IPv6-Pool
	101: row(RoleUnknown, "00+01+"),       // Error-Cause
	102: row(RoleAuthorization, "1--0--"), // EAP-Key-Name
	123: row(RoleAuthorization, "+00---"), // Delegated-IPv6-Prefix
	126: row(RoleProtocol, "100100"),      // Operator-Name
	127: row(RoleUnknown, "000000"),       // Location-Information
	128: row(RoleUnknown, "000000"),       // Location-Data
	129: row(RoleAuthorization, "100000"), // Basic-Location-Policy-Rules
	130: row(RoleAuthorization, "100000"), // Extended-Location-Policy-Rules
	131: row(RoleUnknown, "000000"),       // Location-Capable
	132: row(RoleAuthorization, "100000"), // Requested-Location-Info
	133: row(RoleUnknown, "000000"),       // Framed-Management-Protocol
	134: row(RoleUnknown, "000000"),       // Management-Transport-Protection
	135: row(RoleAuthorization, "100000"), // Management-Policy-Id
	136: row(RoleAuthorization, "100000"), // Management-Privilege-Level
	144: row(RoleAuthorization, "100---"), // DS-Lite-Tunnel-Name
	168: row(RoleUnknown, "------"),       // Framed-IPv6-Address
	169: row(RoleUnknown, "------"),       // DNS-Server-IPv6-Address
	170: row(RoleUnknown, "------"),       // Route-IPv6-Information
	171: row(RoleUnknown, "------"),       // Delegated-IPv6-Prefix-Pool
	172: row(RoleUnknown, "------"),       // Stateful-IPv6-Address-Pool
	173: row(RoleUnknown, "------"),       // IPv6-6rd-Configuration
	174: row(RoleAuthorization, "+--0--"), // Allowed-Called-Station-Id
	175: row(RoleUnknown, "0--0--"),       // EAP-Peer-Id
	176: row(RoleUnknown, "0--0--"),       // EAP-Server-Id
	177: row(RoleUnknown, "0--0--"),       // Mobility-Domain-Id
	178: row(RoleAuthorization, "1--0--"), // Preauth-Timeout
	179: row(RoleUnknown, "0--0--"),       // Network-Id-Name
	180: row(RoleAuthorization, "+--+--"), // EAPoL-Announcement
	181: row(RoleUnknown, "0--0--"),       // WLAN-HESSID
	182: row(RoleUnknown, "0--0--"),       // WLAN-Venue-Info
	183: row(RoleUnknown, "0--0--"),       // WLAN-Venue-Language
	184: row(RoleUnknown, "0--0--"),       // WLAN-Venue-Name
	185: row(RoleAuthorization, "0--1--"), // WLAN-Reason-Code
	186: row(RoleUnknown, "0--0--"),       // WLAN-Pairwise-Cipher
	187: row(RoleUnknown, "0--0--"),       // WLAN-Group-Cipher
	188: row(RoleUnknown, "0--0--"),       // WLAN-AKM-Suite
	189: row(RoleUnknown, "0--0--"),       // WLAN-Group-Mgmt-Cipher
	190: row(RoleUnknown, "0--0--"),       // WLAN-RF-Band
}

// extendedRules is by type and extended type (RFC 6929).
var extendedRules = map[[2]uint32]rule{
	{241, 3}: row(RoleProtocol, "100100"), // Response-Length
	// Original-Packet-Code, of Protocol-Error alone (RFC 7930, section 4).
	{241, 4}:  row(RoleUnknown, "000000"),
	{241, 5}:  row(RoleAuthorization, "+00000"), // IP-Port-Limit-Info
	{241, 6}:  row(RoleUnknown, "000000"),       // IP-Port-Range
	{241, 7}:  row(RoleAuthorization, "+00000"), // IP-Port-Forwarding-Map
	{241, 8}:  row(RoleProtocol, "100100"),      // Operator-NAS-Identifier
	{241, 9}:  row(RoleAuthorization, "1-----"), // Softwire46-Configuration
	{241, 10}: row(RoleAuthorization, "1-----"), // Softwire46-Priority
	{241, 11}: row(RoleAuthorization, "1-----"), // Softwire46-Multicast
	{245, 3}:  row(RoleAuthorization, "+00---"), // DHCPv6-Options
	{245, 4}:  row(RoleAuthorization, "+00---"), // DHCPv4-Options
}
