// SPDX-License-Identifier: Apache-2.0

package fortinet

import "github.com/radius-dynauth/dynauth/attrs"

// What a CoA-Request does to a session or its port.
var (
	HostPortAVPair = attrs.Text.Key(id(42), "Fortinet-Host-Port-AVPair")
	GroupName      = attrs.Text.Key(id(1), "Fortinet-Group-Name")
	AccessProfile  = attrs.Text.Key(id(6), "Fortinet-Access-Profile")
	VDOMName       = attrs.Text.Key(id(3), "Fortinet-Vdom-Name")
	InterfaceName  = attrs.Text.Key(id(5), "Fortinet-Interface-Name")
)

// Where a session is.
var (
	ClientIPAddress             = attrs.IPv4Addr.Key(id(2), "Fortinet-Client-IP-Address")
	ClientIPv6Address           = attrs.Octets.Key(id(4), "Fortinet-Client-IPv6-Address")
	SSID                        = attrs.Text.Key(id(7), "Fortinet-SSID")
	APName                      = attrs.Text.Key(id(8), "Fortinet-AP-Name")
	WirelessControllerWTPID     = attrs.Text.Key(id(24), "Fortinet-WirelessController-WTP-ID")
	WirelessControllerAssocTime = attrs.Time.Key(id(25), "Fortinet-WirelessController-Assoc-Time")
	TenantIdentification        = attrs.Text.Key(id(41), "Fortinet-Tenant-Identification")
)

// Web filter and application control.
var (
	WebfilterCategoryAllow   = attrs.Octets.Key(id(16), "Fortinet-Webfilter-Category-Allow")
	WebfilterCategoryBlock   = attrs.Octets.Key(id(17), "Fortinet-Webfilter-Category-Block")
	WebfilterCategoryMonitor = attrs.Octets.Key(id(18), "Fortinet-Webfilter-Category-Monitor")
	AppCtrlCategoryAllow     = attrs.Octets.Key(id(19), "Fortinet-AppCtrl-Category-Allow")
	AppCtrlCategoryBlock     = attrs.Octets.Key(id(20), "Fortinet-AppCtrl-Category-Block")
	AppCtrlRiskAllow         = attrs.Octets.Key(id(21), "Fortinet-AppCtrl-Risk-Allow")
	AppCtrlRiskBlock         = attrs.Octets.Key(id(22), "Fortinet-AppCtrl-Risk-Block")
)

// Logins to a device itself, and other products.
var (
	FACAuthStatus     = attrs.Text.Key(id(11), "Fortinet-FAC-Auth-Status")
	FACTokenID        = attrs.Text.Key(id(12), "Fortinet-FAC-Token-ID")
	FACChallengeCode  = attrs.Text.Key(id(15), "Fortinet-FAC-Challenge-Code").Sensitive()
	FortiWANAVPair    = attrs.Text.Key(id(26), "Fortinet-FortiWAN-AVPair")
	FDDAccessProfile  = attrs.Text.Key(id(30), "Fortinet-FDD-Access-Profile")
	FDDTrustedHosts   = attrs.Text.Key(id(31), "Fortinet-FDD-Trusted-Hosts")
	FDDSPPName        = attrs.Text.Key(id(32), "Fortinet-FDD-SPP-Name")
	FDDIsSystemAdmin  = attrs.Text.Key(id(33), "Fortinet-FDD-Is-System-Admin")
	FDDIsSPPAdmin     = attrs.Text.Key(id(34), "Fortinet-FDD-Is-SPP-Admin")
	FDDSPPPolicyGroup = attrs.Text.Key(id(35), "Fortinet-FDD-SPP-Policy-Group")
	FDDAllowAPIAccess = attrs.Text.Key(id(36), "Fortinet-FDD-Allow-API-Access")
	FPCUserRole       = attrs.Text.Key(id(40), "Fortinet-Fpc-User-Role")
)
