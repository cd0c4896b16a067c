// SPDX-License-Identifier: Apache-2.0

package attrs

// Names of values, after the RFCs and in the spelling of FreeRADIUS; of several names for one
// number the first is shown.
var (
	serviceTypes = []Value{
		{1, "Login-User"}, {1, "Login"}, {2, "Framed-User"}, {2, "Framed"}, {3, "Callback-Login-User"},
		{4, "Callback-Framed-User"}, {5, "Outbound-User"},
		{6, "Administrative-User"}, {7, "NAS-Prompt-User"},
		{8, "Authenticate-Only"}, {9, "Callback-NAS-Prompt"}, {10, "Call-Check"}, {11, "Callback-Administrative"}, {12, "Voice"}, {13, "Fax"},
		{14, "Modem-Relay"}, {15, "IAPP-Register"}, {16, "IAPP-AP-Check"}, {17, "Authorize-Only"}, {18, "Framed-Management"},
		{19, "Additional-Authorization"},
	}
	framedProtocols = []Value{
		{1, "PPP"}, {2, "SLIP"}, {3, "ARAP"}, {4, "Gandalf-SLML"}, {5, "Xylogics-IPX-SLIP"}, {6, "X.75-Synchronous"},
	}
	framedRoutings = []Value{
		{0, "None"}, {1, "Broadcast"}, {2, "Listen"}, {3, "Broadcast-Listen"},
	}
	framedCompressions = []Value{
		{0, "None"}, {1, "Van-Jacobson-TCP-IP"}, {2, "IPX-Header-Compression"}, {3, "Stac-LZS"},
	}
	loginServices = []Value{
		{0, "Telnet"}, {1, "Rlogin"}, {2, "TCP-Clear"}, {3, "PortMaster"}, {4, "LAT"}, {5, "X25-PAD"}, {6, "X25-T3POS"}, {8, "TCP-Clear-Quiet"},
	}
	loginTCPPorts = []Value{
		{23, "Telnet"}, {513, "Rlogin"}, {514, "Rsh"},
	}
	terminationActions = []Value{
		{0, "Default"}, {1, "RADIUS-Request"},
	}
	nasPortTypes = []Value{
		{0, "Async"}, {1, "Sync"}, {2, "ISDN"}, {3, "ISDN-V120"}, {4, "ISDN-V110"}, {5, "Virtual"}, {6, "PIAFS"}, {7, "HDLC-Clear-Channel"},
		{8, "X.25"}, {9, "X.75"}, {10, "G.3-Fax"}, {11, "SDSL"}, {12, "ADSL-CAP"}, {13, "ADSL-DMT"}, {14, "IDSL"}, {15, "Ethernet"}, {16, "xDSL"},
		{17, "Cable"}, {18, "Wireless-Other"}, {19, "Wireless-802.11"}, {20, "Token-Ring"}, {21, "FDDI"}, {22, "Wireless-CDMA2000"},
		{23, "Wireless-UMTS"}, {24, "Wireless-1X-EV"}, {25, "IAPP"}, {26, "FTTP"}, {27, "Wireless-802.16"}, {28, "Wireless-802.20"},
		{29, "Wireless-802.22"}, {30, "PPPoA"}, {31, "PPPoEoA"}, {32, "PPPoEoE"}, {33, "PPPoEoVLAN"}, {34, "PPPoEoQinQ"}, {35, "xPON"},
		{36, "Wireless-XGP"},
	}
	tunnelTypes = []Value{
		{1, "PPTP"}, {2, "L2F"}, {3, "L2TP"}, {4, "ATMP"}, {5, "VTP"}, {6, "AH"}, {7, "IP"}, {8, "MIN-IP"}, {9, "ESP"}, {10, "GRE"}, {11, "DVS"},
		{12, "IP-in-IP"}, {13, "VLAN"},
	}
	tunnelMediumTypes = []Value{
		{1, "IP"}, {1, "IPv4"}, {2, "IPv6"}, {3, "NSAP"}, {4, "HDLC"}, {5, "BBN-1822"}, {6, "IEEE-802"}, {7, "E.163"}, {8, "E.164"}, {9, "F.69"},
		{10, "X.121"}, {11, "IPX"}, {12, "Appletalk"}, {13, "DecNet-IV"}, {14, "Banyan-Vines"}, {15, "E.164-NSAP"},
	}
	ingressFilters = []Value{
		{1, "Enabled"}, {2, "Disabled"},
	}
	arapZoneAccesses = []Value{
		{1, "Default-Zone"}, {2, "Zone-Filter-Inclusive"}, {4, "Zone-Filter-Exclusive"},
	}
	requestedLocations = []Value{
		{1, "Civic-Location"}, {2, "Geo-Location"}, {4, "Users-Location"}, {8, "NAS-Location"}, {16, "Future-Requests"}, {32, "None"},
	}
	// Alive is what FreeRADIUS called Interim-Update before RFC 2866 had a name for it.
	acctStatusTypes = []Value{
		{1, "Start"}, {2, "Stop"}, {3, "Interim-Update"}, {3, "Alive"}, {7, "Accounting-On"}, {8, "Accounting-Off"}, {9, "Tunnel-Start"},
		{10, "Tunnel-Stop"}, {11, "Tunnel-Reject"}, {12, "Tunnel-Link-Start"}, {13, "Tunnel-Link-Stop"}, {14, "Tunnel-Link-Reject"},
		{15, "Failed"},
	}
	acctAuthentics = []Value{
		{1, "RADIUS"}, {2, "Local"}, {3, "Remote"}, {4, "Diameter"},
	}
	prompts = []Value{
		{0, "No-Echo"}, {1, "Echo"},
	}
	// Bits, of which a NAS may set several.
	locationCapables = []Value{
		{1, "Civic-Location"}, {2, "Geo-Location"}, {4, "Users-Location"}, {8, "NAS-Location"},
	}
	framedManagements = []Value{
		{1, "SNMP"}, {2, "Web-Based"}, {3, "Netconf"}, {4, "FTP"}, {5, "TFTP"}, {6, "SFTP"}, {7, "RCP"}, {8, "SCP"},
	}
	managementProtections = []Value{
		{1, "No-Protection"}, {2, "Integrity-Protection"}, {3, "Integrity-Confidentiality-Protection"},
	}
	fragStatuses = []Value{
		{0, "Reserved"}, {1, "Fragmentation-Supported"}, {2, "More-Data-Pending"}, {3, "More-Data-Request"},
	}
)

// Values of Service-Type that matter in these packets (RFC 2865, section 5.6; RFC 3576; RFC 5607;
// RFC 7499).
const (
	// A NAS reads Service-Type in a CoA-Request as a question of what kind of request it is: with
	// Authorize-Only it changes nothing and asks the AAA server anew, and any other value that it
	// does not serve is NAK 405.
	LoginUser               uint32 = 1  // Login-User
	FramedUser              uint32 = 2  // Framed-User
	AuthenticateOnly        uint32 = 8  // Authenticate-Only
	AuthorizeOnly           uint32 = 17 // Authorize-Only: RFC 5176, section 3.2
	FramedManagement        uint32 = 18 // Framed-Management
	AdditionalAuthorization uint32 = 19 // Additional-Authorization
)
