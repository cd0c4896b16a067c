// SPDX-License-Identifier: Apache-2.0

package juniper

import "github.com/radius-dynauth/dynauth/attrs"

// Attributes of vendor 2636: EX switches and sessions.
var (
	JunosPrimaryDNS          = attrs.IPv4Addr.Key(junosID(31), "Juniper-Primary-Dns")
	JunosPrimaryWINS         = attrs.IPv4Addr.Key(junosID(32), "Juniper-Primary-Wins")
	JunosSecondaryDNS        = attrs.IPv4Addr.Key(junosID(33), "Juniper-Secondary-Dns")
	JunosSecondaryWINS       = attrs.IPv4Addr.Key(junosID(34), "Juniper-Secondary-Wins")
	InterfaceID              = attrs.Text.Key(junosID(35), "Juniper-Interface-id")
	IPPoolName               = attrs.Text.Key(junosID(36), "Juniper-Ip-Pool-Name")
	KeepAlive                = attrs.Integer.Key(junosID(37), "Juniper-Keep-Alive")
	CoSTrafficControlProfile = attrs.Text.Key(junosID(38), "Juniper-CoS-Traffic-Control-Profile")
	CoSParameter             = attrs.Text.Key(junosID(39), "Juniper-CoS-Parameter")
	EncapsulationOverhead    = attrs.Integer.Key(junosID(40), "Juniper-encapsulation-overhead")
	CellOverhead             = attrs.Integer.Key(junosID(41), "Juniper-cell-overhead")
	JunosTXConnectSpeed      = attrs.Integer.Key(junosID(42), "Juniper-tx-connect-speed")
	JunosRXConnectSpeed      = attrs.Integer.Key(junosID(43), "Juniper-rx-connect-speed")
	FirewallFilterName       = attrs.Text.Key(junosID(44), "Juniper-Firewall-filter-name")
	PolicerParameter         = attrs.Text.Key(junosID(45), "Juniper-Policer-Parameter")
	JunosLocalInterface      = attrs.Text.Key(junosID(47), "Juniper-Local-Interface")
	SwitchingFilter          = attrs.Text.Key(junosID(48), "Juniper-Switching-Filter")
	VoIPVLAN                 = attrs.Text.Key(junosID(49), "Juniper-VoIP-Vlan")
	CWARedirect              = attrs.Text.Key(junosID(50), "Juniper-CWA-Redirect")
	AVPair                   = attrs.Text.Key(junosID(52), "Juniper-AV-Pair")
)

// Attributes of vendor 2636: logins to the device itself.
var (
	LocalUserName       = attrs.Text.Key(junosID(1), "Juniper-Local-User-Name")
	AllowCommands       = attrs.Text.Key(junosID(2), "Juniper-Allow-Commands")
	DenyCommands        = attrs.Text.Key(junosID(3), "Juniper-Deny-Commands")
	AllowConfiguration  = attrs.Text.Key(junosID(4), "Juniper-Allow-Configuration")
	DenyConfiguration   = attrs.Text.Key(junosID(5), "Juniper-Deny-Configuration")
	InteractiveCommand  = attrs.Text.Key(junosID(8), "Juniper-Interactive-Command")
	ConfigurationChange = attrs.Text.Key(junosID(9), "Juniper-Configuration-Change")
	UserPermissions     = attrs.Text.Key(junosID(10), "Juniper-User-Permissions")
	JunosSpaceProfile   = attrs.Text.Key(junosID(11), "Juniper-Junosspace-Profile").Alias("Juniper-Junosspace-Profiles")
	LocalGroupName      = attrs.Text.Key(junosID(46), "Juniper-Local-Group-Name")
	CTPGroup            = attrs.Integer.Key(junosID(21), "Juniper-CTP-Group").
				Named(attrs.Names(1, "Read_Only", "Admin", "Privileged_Admin", "Auditor")...)
	CTPViewAppGroup = attrs.Integer.Key(junosID(22), "Juniper-CTPView-APP-Group").
			Named(attrs.Names(1, "Net_View", "Net_Admin", "Global_Admin")...)
	CTPViewOSGroup = attrs.Integer.Key(junosID(23), "Juniper-CTPView-OS-Group").
			Named(attrs.Names(1, "Web_Manager", "System_Admin", "Auditor")...)
)
