// SPDX-License-Identifier: Apache-2.0

package attrs

// Authorization attributes of RFC 2865. A CoA-Request that has one of these replaces what the
// session had of that kind, and leaves the rest as it is (RFC 5176, section 3.6, note 3).
// Filter-Id, Framed-Route and the others that the tables give 0+ are replaced together: the request
// names all that are to hold afterwards. Session-Timeout and Idle-Timeout are seconds; whether a
// new Session-Timeout counts from the start of the session or from the change is left to the NAS.
// Class comes back unchanged in accounting.
var (
	ServiceType            = Integer.Key(ID{Type: 6}, "Service-Type").Named(serviceTypes...)
	FramedProtocol         = Integer.Key(ID{Type: 7}, "Framed-Protocol").Named(framedProtocols...)
	FramedIPNetmask        = IPv4Addr.Key(ID{Type: 9}, "Framed-IP-Netmask")
	FramedRouting          = Integer.Key(ID{Type: 10}, "Framed-Routing").Named(framedRoutings...)
	FilterID               = Text.Key(ID{Type: 11}, "Filter-Id")
	FramedMTU              = Integer.Key(ID{Type: 12}, "Framed-MTU")
	FramedCompression      = Integer.Key(ID{Type: 13}, "Framed-Compression").Named(framedCompressions...)
	LoginIPHost            = IPv4Addr.Key(ID{Type: 14}, "Login-IP-Host")
	LoginService           = Integer.Key(ID{Type: 15}, "Login-Service").Named(loginServices...)
	LoginTCPPort           = Integer.Key(ID{Type: 16}, "Login-TCP-Port").Named(loginTCPPorts...)
	ReplyMessage           = Text.Key(ID{Type: 18}, "Reply-Message")
	CallbackNumber         = Text.Key(ID{Type: 19}, "Callback-Number")
	CallbackID             = Text.Key(ID{Type: 20}, "Callback-Id")
	FramedRoute            = Text.Key(ID{Type: 22}, "Framed-Route")
	FramedIPXNetwork       = ipxNetwork.Key(ID{Type: 23}, "Framed-IPX-Network")
	Class                  = Octets.Key(ID{Type: 25}, "Class")
	VendorSpecific         = vendorSpecific.Key(ID{Type: 26}, "Vendor-Specific")
	SessionTimeout         = Seconds.Key(ID{Type: 27}, "Session-Timeout")
	IdleTimeout            = Seconds.Key(ID{Type: 28}, "Idle-Timeout")
	TerminationAction      = Integer.Key(ID{Type: 29}, "Termination-Action").Named(terminationActions...)
	LoginLATService        = Text.Key(ID{Type: 34}, "Login-LAT-Service")
	LoginLATNode           = Text.Key(ID{Type: 35}, "Login-LAT-Node")
	LoginLATGroup          = Fixed(32).Key(ID{Type: 36}, "Login-LAT-Group")
	FramedAppleTalkLink    = Integer.Key(ID{Type: 37}, "Framed-AppleTalk-Link")
	FramedAppleTalkNetwork = Integer.Key(ID{Type: 38}, "Framed-AppleTalk-Network")
	FramedAppleTalkZone    = Text.Key(ID{Type: 39}, "Framed-AppleTalk-Zone")
	PortLimit              = Integer.Key(ID{Type: 62}, "Port-Limit")
	LoginLATPort           = Text.Key(ID{Type: 63}, "Login-LAT-Port")
)

// Tunnel attributes of RFC 2868; those with the same tag make one tunnel. The tag is 1 to 31, and 0
// says that there is one tunnel and no tag. A switch reads Tunnel-Type VLAN, Tunnel-Medium-Type
// IEEE-802 and Tunnel-Private-Group-Id, the VLAN as text, as one order (RFC 3580, section 3.31).
// Tunnel-Password is salted and hidden with the secret of the hop.
var (
	TunnelType           = TaggedInteger.Key(ID{Type: 64}, "Tunnel-Type").Named(tunnelTypes...)
	TunnelMediumType     = TaggedInteger.Key(ID{Type: 65}, "Tunnel-Medium-Type").Named(tunnelMediumTypes...)
	TunnelClientEndpoint = TaggedText.Key(ID{Type: 66}, "Tunnel-Client-Endpoint")
	TunnelServerEndpoint = TaggedText.Key(ID{Type: 67}, "Tunnel-Server-Endpoint")
	TunnelPassword       = tagged(password).HiddenKey(ID{Type: 69}, "Tunnel-Password")
	TunnelPrivateGroupID = TaggedText.Key(ID{Type: 81}, "Tunnel-Private-Group-Id")
	TunnelAssignmentID   = TaggedText.Key(ID{Type: 82}, "Tunnel-Assignment-Id")
	TunnelPreference     = TaggedInteger.Key(ID{Type: 83}, "Tunnel-Preference")
	TunnelClientAuthID   = TaggedText.Key(ID{Type: 90}, "Tunnel-Client-Auth-Id")
	TunnelServerAuthID   = TaggedText.Key(ID{Type: 91}, "Tunnel-Server-Auth-Id")
)

// Authorization attributes of RFC 2869, 3162, 4072, 4675, 4818 and 4849. Egress-VLANID has the
// octet 0x31 (tagged) or 0x32 (untagged) first and the VLAN in the low twelve bits. NAS-Filter-Rule
// is one text of rules with a NUL between them, cut over as many attributes as it takes wherever
// 253 octets are full, so that only all of them together can be read (RFC 4849, section 2).
// Delegated-IPv6-Prefix identifies only where a host lists it (Policy.Identifying).
var (
	EgressVLANID        = Integer.Key(ID{Type: 56}, "Egress-VLANID")
	IngressFilters      = Integer.Key(ID{Type: 57}, "Ingress-Filters").Named(ingressFilters...)
	EgressVLANName      = Text.Key(ID{Type: 58}, "Egress-VLAN-Name")
	UserPriorityTable   = Fixed(8).Key(ID{Type: 59}, "User-Priority-Table")
	ARAPFeatures        = Fixed(14).Key(ID{Type: 71}, "ARAP-Features")
	ARAPZoneAccess      = Integer.Key(ID{Type: 72}, "ARAP-Zone-Access").Named(arapZoneAccesses...)
	ConfigurationToken  = Text.Key(ID{Type: 78}, "Configuration-Token")
	EAPMessage          = concatenated(Octets).Key(ID{Type: 79}, "EAP-Message")
	AcctInterimInterval = Seconds.Key(ID{Type: 85}, "Acct-Interim-Interval")
	FramedPool          = Text.Key(ID{Type: 88}, "Framed-Pool")
	NASFilterRule       = concatenated(Text).Key(ID{Type: 92}, "NAS-Filter-Rule")
	LoginIPv6Host       = IPv6Addr.Key(ID{Type: 98}, "Login-IPv6-Host")
	FramedIPv6Route     = Text.Key(ID{Type: 99}, "Framed-IPv6-Route")
	FramedIPv6Pool      = Text.Key(ID{Type: 100}, "Framed-IPv6-Pool")
	EAPKeyName          = Octets.Key(ID{Type: 102}, "EAP-Key-Name")
	DelegatedIPv6Prefix = IPv6Prefix.Key(ID{Type: 123}, "Delegated-IPv6-Prefix")
)

// Attributes of later documents that a CoA-Request or Disconnect-Request may have. Those of RFC
// 5580 say which location a NAS is to send, and by which rules others may use it. Those of 241.x
// and 245.x are extended attributes: a type octet of their own stands before the value (RFC 6929),
// and 245.x may go on over several attributes.
var (
	BasicLocationPolicyRules    = Octets.Key(ID{Type: 129}, "Basic-Location-Policy-Rules")
	ExtendedLocationPolicyRules = Text.Key(ID{Type: 130}, "Extended-Location-Policy-Rules")
	RequestedLocationInfo       = Integer.Key(ID{Type: 132}, "Requested-Location-Info").Named(requestedLocations...)
	ManagementPolicyID          = Text.Key(ID{Type: 135}, "Management-Policy-Id")
	ManagementPrivilegeLevel    = Integer.Key(ID{Type: 136}, "Management-Privilege-Level")
	DSLiteTunnelName            = Text.Key(ID{Type: 144}, "DS-Lite-Tunnel-Name")
	DNSServerIPv6Address        = IPv6Addr.Key(ID{Type: 169}, "DNS-Server-IPv6-Address")
	RouteIPv6Information        = IPv6Prefix.Key(ID{Type: 170}, "Route-IPv6-Information")
	DelegatedIPv6PrefixPool     = Text.Key(ID{Type: 171}, "Delegated-IPv6-Prefix-Pool")
	StatefulIPv6AddressPool     = Text.Key(ID{Type: 172}, "Stateful-IPv6-Address-Pool")
	IPv66rdConfiguration        = tlv.Key(ID{Type: 173}, "IPv6-6rd-Configuration")
	AllowedCalledStationID      = Text.Key(ID{Type: 174}, "Allowed-Called-Station-Id")
	PreauthTimeout              = Seconds.Key(ID{Type: 178}, "Preauth-Timeout")
	EAPoLAnnouncement           = concatenated(Octets).Key(ID{Type: 180}, "EAPoL-Announcement")
	WLANReasonCode              = Integer.Key(ID{Type: 185}, "WLAN-Reason-Code")
	IPPortLimitInfo             = tlv.Key(ID{Type: 241, Sub: 5}, "IP-Port-Limit-Info")
	IPPortForwardingMap         = tlv.Key(ID{Type: 241, Sub: 7}, "IP-Port-Forwarding-Map")
	Softwire46Configuration     = tlv.Key(ID{Type: 241, Sub: 9}, "Softwire46-Configuration")
	Softwire46Priority          = tlv.Key(ID{Type: 241, Sub: 10}, "Softwire46-Priority")
	Softwire46Multicast         = tlv.Key(ID{Type: 241, Sub: 11}, "Softwire46-Multicast")
	DHCPv6Options               = Octets.Key(ID{Type: 245, Sub: 3}, "DHCPv6-Options")
	DHCPv4Options               = Octets.Key(ID{Type: 245, Sub: 4}, "DHCPv4-Options")
)
