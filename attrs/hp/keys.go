// SPDX-License-Identifier: Apache-2.0

package hp

import "github.com/radius-dynauth/dynauth/attrs"

// What a CoA-Request does to a session or its port.
var (
	PortBounceHost                = attrs.Seconds.Key(id(23), "HP-Port-Bounce-Host")
	CaptivePortalURL              = attrs.Text.Key(id(24), "HP-Captive-Portal-URL")
	UserRole                      = attrs.Text.Key(id(25), "HP-User-Role")
	CPPMRole                      = attrs.Text.Key(id(27), "HP-CPPM-Role")
	CPPMSecondaryRole             = attrs.Text.Key(id(28), "HP-CPPM-Secondary-Role")
	PortPriorityRegenerationTable = attrs.Text.Key(id(40), "HP-Port-Priority-Regeneration-Table").Alias("HP-Cos")
	BandwidthMaxIngress           = attrs.Integer.Key(id(46), "HP-Bandwidth-Max-Ingress")
	BandwidthMaxEgress            = attrs.Integer.Key(id(48), "HP-Bandwidth-Max-Egress")
	IPFilterRaw                   = attrs.Text.Key(id(61), "HP-Ip-Filter-Raw").Alias("HP-Nas-Filter-Rule")
	AccessProfile                 = attrs.Text.Key(id(62), "HP-Access-Profile")
	NASRulesIPv6                  = attrs.Integer.Key(id(63), "HP-Nas-Rules-IPv6")
	EgressVLANID                  = attrs.Integer.Key(id(64), "HP-Egress-VLANID")
	EgressVLANName                = attrs.Text.Key(id(65), "HP-Egress-VLAN-Name")
	BonjourInboundProfile         = attrs.Text.Key(id(66), "HP-Bonjour-Inbound-Profile")
	BonjourOutboundProfile        = attrs.Text.Key(id(67), "HP-Bonjour-Outbound-Profile")
)

// How clients of a port authenticate.
var (
	PortClientLimitDot1x = attrs.Integer.Key(id(10), "HP-Port-Client-Limit-Dot1x")
	PortClientLimitMA    = attrs.Integer.Key(id(11), "HP-Port-Client-Limit-MA")
	PortClientLimitWA    = attrs.Integer.Key(id(12), "HP-Port-Client-Limit-WA")
	PortAuthModeDot1x    = attrs.Integer.Key(id(13), "HP-Port-Auth-Mode-Dot1x").Named(attrs.Names(1, "Port-Based", "User-Based")...)
	PortMAPortMode       = attrs.Integer.Key(id(14), "HP-Port-MA-Port-Mode")
)

// Logins to the switch itself, and what it can do.
var (
	PrivilegeLevel     = attrs.Integer.Key(id(1), "HP-Privilege-Level")
	CommandString      = attrs.Text.Key(id(2), "HP-Command-String")
	CommandException   = attrs.Integer.Key(id(3), "HP-Command-Exception").Named(attrs.Names(0, "Permit-List", "Deny-List")...)
	ManagementProtocol = attrs.Integer.Key(id(26), "HP-Management-Protocol").Named(attrs.Names(5, "HTTP", "HTTPS")...)
	URIString          = attrs.Text.Key(id(80), "HP-URI-String")
	URIJSONString      = attrs.Text.Key(id(81), "HP-URI-Json-String")
	URIAccess          = attrs.Text.Key(id(82), "HP-URI-Access")
	URIException       = attrs.Integer.Key(id(83), "HP-URI-Exception")
	VCGroups           = attrs.Text.Key(id(192), "HP-VC-groups")
	CapabilityAdvert   = attrs.Octets.Key(id(255), "HP-Capability-Advert")
)
