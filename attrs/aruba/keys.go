// SPDX-License-Identifier: Apache-2.0

package aruba

import "github.com/radius-dynauth/dynauth/attrs"

// What a CoA-Request or Disconnect-Request does to a session.
var (
	UserRole           = attrs.Text.Key(id(1), "Aruba-User-Role")
	PortBounceHost     = attrs.Seconds.Key(id(40), "Aruba-Port-Bounce-Host")
	CPPMRole           = attrs.Text.Key(id(23), "Aruba-CPPM-Role")
	UBTGatewayCPPMRole = attrs.Text.Key(id(59), "Aruba-UBT-Gateway-CPPM-Role")
	UBTGatewayRole     = attrs.Text.Key(id(53), "Aruba-UBT-Gateway-Role")
	UserVLAN           = attrs.Integer.Key(id(2), "Aruba-User-Vlan")
	NamedUserVLAN      = attrs.Text.Key(id(9), "Aruba-Named-User-Vlan")
	CaptivePortalURL   = attrs.Text.Key(id(43), "Aruba-Captive-Portal-URL")
	ACLServerQueryInfo = attrs.Text.Key(id(45), "Aruba-ACL-Server-Query-Info")
	NetworkProfile     = attrs.Text.Key(id(47), "Aruba-Network-Profile")
	PoEPriority        = attrs.Integer.Key(id(49), "Aruba-PoE-Priority").Named(attrs.Names(0, "Critical", "High", "Low")...)
	PortAuthMode       = attrs.Integer.Key(id(50), "Aruba-Port-Auth-Mode").
				Named(attrs.Names(1, "Infrastructure-Mode", "Client-Mode", "Multi-Domain-Mode")...)
	NASFilterRule      = attrs.Text.Key(id(51), "Aruba-NAS-Filter-Rule")
	QoSTrustMode       = attrs.Integer.Key(id(52), "Aruba-QoS-Trust-Mode").Named(attrs.Names(0, "DSCP", "QoS", "None")...)
	GatewayZone        = attrs.Text.Key(id(54), "Aruba-Gateway-Zone")
	STPAdminEdgePort   = attrs.Integer.Key(id(58), "Aruba-STP-Admin-Edge-Port").Named(attrs.Names(0, "Disable", "Enable")...)
	DeviceTrafficClass = attrs.Integer.Key(id(63), "Aruba-Device-Traffic-Class")
	UserGroup          = attrs.Text.Key(id(36), "Aruba-User-Group")
)

// Where a session is, and of what device.
var (
	EssidName         = attrs.Text.Key(id(5), "Aruba-Essid-Name")
	LocationID        = attrs.Text.Key(id(6), "Aruba-Location-Id")
	PortIdentifier    = attrs.Text.Key(id(7), "Aruba-Port-Identifier")
	APGroup           = attrs.Text.Key(id(10), "Aruba-AP-Group")
	DeviceType        = attrs.Text.Key(id(12), "Aruba-Device-Type")
	APIPAddress       = attrs.IPv4Addr.Key(id(34), "Aruba-AP-IP-Address")
	APMACAddress      = attrs.Text.Key(id(60), "Aruba-AP-MAC-Address")
	DeviceMACAddress  = attrs.Text.Key(id(61), "Aruba-Device-MAC-Address")
	MMSUserTemplate   = attrs.Text.Key(id(8), "Aruba-MMS-User-Template")
	FramedIPv6Address = attrs.Text.Key(id(11), "Aruba-Framed-IPv6-Address")
	NoDHCPFingerprint = attrs.Integer.Key(id(14), "Aruba-No-DHCP-Fingerprint")
	AuthSurvivability = attrs.Text.Key(id(28), "Aruba-Auth-Survivability")
	AuthSurvMethod    = attrs.Integer.Key(id(39), "Aruba-Auth-SurvMethod")
)

// Device provisioning and AirGroup.
var (
	MdpsDeviceUDID     = attrs.Text.Key(id(15), "Aruba-Mdps-Device-Udid")
	MdpsDeviceIMEI     = attrs.Text.Key(id(16), "Aruba-Mdps-Device-Imei")
	MdpsDeviceICCID    = attrs.Text.Key(id(17), "Aruba-Mdps-Device-Iccid")
	MdpsMaxDevices     = attrs.Integer.Key(id(18), "Aruba-Mdps-Max-Devices")
	MdpsDeviceName     = attrs.Text.Key(id(19), "Aruba-Mdps-Device-Name")
	MdpsDeviceProduct  = attrs.Text.Key(id(20), "Aruba-Mdps-Device-Product")
	MdpsDeviceVersion  = attrs.Text.Key(id(21), "Aruba-Mdps-Device-Version")
	MdpsDeviceSerial   = attrs.Text.Key(id(22), "Aruba-Mdps-Device-Serial")
	AirGroupUserName   = attrs.Text.Key(id(24), "Aruba-AirGroup-User-Name")
	AirGroupSharedUser = attrs.Text.Key(id(25), "Aruba-AirGroup-Shared-User")
	AirGroupSharedRole = attrs.Text.Key(id(26), "Aruba-AirGroup-Shared-Role")
	AirGroupDeviceType = attrs.Integer.Key(id(27), "Aruba-AirGroup-Device-Type").
				Named(attrs.Names(1, "Personal-Device", "Shared-Device", "Deleted-Device")...)
	ASUserName               = attrs.Text.Key(id(29), "Aruba-AS-User-Name")
	ASCredentialHash         = attrs.Text.Key(id(30), "Aruba-AS-Credential-Hash").Sensitive()
	WorkSpaceAppName         = attrs.Text.Key(id(31), "Aruba-WorkSpace-App-Name")
	MdpsProvisioningSettings = attrs.Text.Key(id(32), "Aruba-Mdps-Provisioning-Settings")
	MdpsDeviceProfile        = attrs.Text.Key(id(33), "Aruba-Mdps-Device-Profile")
	AirGroupSharedGroup      = attrs.Text.Key(id(35), "Aruba-AirGroup-Shared-Group")
	NetworkSSOToken          = attrs.Text.Key(id(37), "Aruba-Network-SSO-Token").Sensitive()
	AirGroupVersion          = attrs.Integer.Key(id(38), "Aruba-AirGroup-Version").Named(attrs.Names(1, "AirGroup-v1", "AirGroup-v2")...)
)

// Logins to the device itself.
var (
	PrivAdminUser    = attrs.Integer.Key(id(3), "Aruba-Priv-Admin-User")
	AdminRole        = attrs.Text.Key(id(4), "Aruba-Admin-Role")
	AdminPath        = attrs.Text.Key(id(42), "Aruba-Admin-Path")
	CommandString    = attrs.Text.Key(id(46), "Aruba-Command-String")
	AdminDeviceGroup = attrs.Text.Key(id(48), "Aruba-Admin-Device-Group")
)

// Keys and lawful intercept.
var (
	MPSKPassphrase = attrs.Octets.HiddenKey(id(44), "Aruba-MPSK-Passphrase")
	CaleaServerIP  = attrs.IPv4Addr.Key(id(41), "Aruba-Calea-Server-Ip").Sensitive()
)
