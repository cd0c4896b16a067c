// SPDX-License-Identifier: Apache-2.0

package microsoft

import "github.com/radius-dynauth/dynauth/attrs"

// MPPE: whether a session is encrypted, and its keys (RFC 2548, section 2.4). The keys are hidden
// by salt, the older pair as a password is.
var (
	MPPEEncryptionPolicy = attrs.Integer.Key(id(7), "MS-MPPE-Encryption-Policy").
				Named(attrs.Names(1, "Encryption-Allowed", "Encryption-Required")...)
	MPPEEncryptionTypes = attrs.Integer.Key(id(8), "MS-MPPE-Encryption-Types").
				Named(attrs.Names(1, "RC4-40bit-Allowed", "RC4-128bit-Allowed")...).
				Named(attrs.Names(6, "RC4-40or128-bit-Allowed")...).Alias("MS-MPPE-Encryption-Type")
	MPPESendKey    = attrs.Octets.HiddenKey(id(16), "MS-MPPE-Send-Key")
	MPPEReceiveKey = attrs.Octets.HiddenKey(id(17), "MS-MPPE-Recv-Key")
	CHAPMPPEKeys   = attrs.Octets.EncryptedKey(id(12), "MS-CHAP-MPPE-Keys", attrs.PasswordHidden)
)

// What a session gets (RFC 2548, sections 2.5 to 2.7).
var (
	PrimaryDNSServer    = attrs.IPv4Addr.Key(id(28), "MS-Primary-DNS-Server")
	SecondaryDNSServer  = attrs.IPv4Addr.Key(id(29), "MS-Secondary-DNS-Server")
	PrimaryNBNSServer   = attrs.IPv4Addr.Key(id(30), "MS-Primary-NBNS-Server")
	SecondaryNBNSServer = attrs.IPv4Addr.Key(id(31), "MS-Secondary-NBNS-Server")
	Filter              = attrs.Octets.Key(id(22), "MS-Filter")
	IPv6Filter          = attrs.Octets.Key(id(51), "MS-IPv6-Filter")
	BAPUsage            = attrs.Integer.Key(id(13), "MS-BAP-Usage").
				Named(attrs.Names(0, "Not-Allowed", "Allowed", "Required")...)
	LinkUtilizationThreshold = attrs.Integer.Key(id(14), "MS-Link-Utilization-Threshold")
	LinkDropTimeLimit        = attrs.Integer.Key(id(15), "MS-Link-Drop-Time-Limit")
	ServiceClass             = attrs.Text.Key(id(42), "MS-Service-Class")
)

// MS-CHAP (RFC 2548, section 2.1). What a dictionary attack could use is shown as [hidden].
var (
	CHAPDomain         = attrs.Text.Key(id(10), "MS-CHAP-Domain")
	CHAPError          = attrs.Text.Key(id(2), "MS-CHAP-Error")
	CHAPChallenge      = attrs.Octets.Key(id(11), "MS-CHAP-Challenge").Sensitive()
	CHAPResponse       = attrs.Octets.Key(id(1), "MS-CHAP-Response").Sensitive()
	CHAP2Response      = attrs.Octets.Key(id(25), "MS-CHAP2-Response").Sensitive()
	CHAP2Success       = attrs.Octets.Key(id(26), "MS-CHAP2-Success").Sensitive()
	CHAPCPW1           = attrs.Octets.Key(id(3), "MS-CHAP-CPW-1").Sensitive()
	CHAPCPW2           = attrs.Octets.Key(id(4), "MS-CHAP-CPW-2").Sensitive()
	CHAP2CPW           = attrs.Octets.Key(id(27), "MS-CHAP2-CPW").Sensitive()
	CHAPLMEncPW        = attrs.Octets.Key(id(5), "MS-CHAP-LM-Enc-PW").Sensitive()
	CHAPNTEncPW        = attrs.Octets.Key(id(6), "MS-CHAP-NT-Enc-PW").Sensitive()
	OldARAPPassword    = attrs.Octets.Key(id(19), "MS-Old-ARAP-Password").Sensitive()
	NewARAPPassword    = attrs.Octets.Key(id(20), "MS-New-ARAP-Password").Sensitive()
	ARAPPWChangeReason = attrs.Integer.Key(id(21), "MS-ARAP-PW-Change-Reason").
				Named(attrs.Names(1, "Just-Change-Password", "Expired-Password", "Admin-Requires-Password-Change", "Password-Too-Short")...)
)

// The client, the server and what accounting says.
var (
	RASVendor        = attrs.Integer.Key(id(9), "MS-RAS-Vendor")
	RASVersion       = attrs.Text.Key(id(18), "MS-RAS-Version")
	RASClientName    = attrs.Text.Key(id(34), "MS-RAS-Client-Name")
	RASClientVersion = attrs.Text.Key(id(35), "MS-RAS-Client-Version")
	RASCorrelation   = attrs.Octets.Key(id(56), "MS-RAS-Correlation")
	AcctAuthType     = attrs.Integer.Key(id(23), "MS-Acct-Auth-Type").
				Named(attrs.Names(1, "PAP", "CHAP", "MS-CHAP-1", "MS-CHAP-2", "EAP")...)
	AcctEAPType = attrs.Integer.Key(id(24), "MS-Acct-EAP-Type").
			Named(attrs.Names(4, "MD5", "OTP", "Generic-Token-Card")...).
			Named(attrs.Names(13, "TLS")...)
	UserSecurityIdentity = attrs.Text.Key(id(40), "MS-User-Security-Identity")
	IdentityType         = attrs.Integer.Key(id(41), "MS-Identity-Type").
				Named(attrs.Names(1, "Machine-Health-Check", "Ignore-User-Lookup-Failure")...)
	MachineName             = attrs.Text.Key(id(50), "MS-Machine-Name")
	UserIPv4Address         = attrs.IPv4Addr.Key(id(61), "MS-User-IPv4-Address")
	UserIPv6Address         = attrs.IPv6Addr.Key(id(62), "MS-User-IPv6-Address")
	NetworkAccessServerType = attrs.Integer.Key(id(47), "MS-Network-Access-Server-Type").
				Named(attrs.Names(0, "Unspecified", "Terminal-Server-Gateway", "Remote-Access-Server", "DHCP-Server", "Wireless-Access-Point", "HRA", "HCAP-Server")...)
	TSGDeviceRedirection = attrs.Integer.Key(id(63), "MS-TSG-Device-Redirection")
)

// Quarantine (network access protection).
var (
	QuarantineIPFilter       = attrs.Octets.Key(id(36), "MS-Quarantine-IPFilter")
	QuarantineSessionTimeout = attrs.Integer.Key(id(37), "MS-Quarantine-Session-Timeout")
	QuarantineUserClass      = attrs.Text.Key(id(44), "MS-Quarantine-User-Class")
	QuarantineState          = attrs.Integer.Key(id(45), "MS-Quarantine-State").
					Named(attrs.Names(0, "Full-Access", "Quarantine", "Probation")...)
	QuarantineGraceTime     = attrs.Integer.Key(id(46), "MS-Quarantine-Grace-Time")
	QuarantineSOH           = attrs.Octets.Key(id(55), "MS-Quarantine-SOH")
	ExtendedQuarantineState = attrs.Integer.Key(id(57), "MS-Extended-Quarantine-State").
				Named(attrs.Names(1, "Transition", "Infected", "Unknown", "No-Data")...)
	IPv4RemediationServers   = attrs.Octets.Key(id(52), "MS-IPv4-Remediation-Servers")
	IPv6RemediationServers   = attrs.Octets.Key(id(53), "MS-IPv6-Remediation-Servers")
	RNAPNotQuarantineCapable = attrs.Integer.Key(id(54), "MS-RNAP-Not-Quarantine-Capable").
					Named(attrs.Names(0, "SoH-Sent", "SoH-Not-Sent")...)
	AFWZone = attrs.Integer.Key(id(48), "MS-AFW-Zone").
		Named(attrs.Names(1, "MS-AFW-Zone-Boundary-Policy", "MS-AFW-Zone-Unprotected-Policy", "MS-AFW-Zone-Protected-Policy")...)
	AFWProtectionLevel = attrs.Integer.Key(id(49), "MS-AFW-Protection-Level").
				Named(attrs.Names(1, "HECP-Response-Sign-Only", "HECP-Response-Sign-And-Encrypt")...)
	HCAPUserGroups        = attrs.Text.Key(id(58), "MS-HCAP-User-Groups")
	HCAPLocationGroupName = attrs.Text.Key(id(59), "MS-HCAP-Location-Group-Name")
	HCAPUserName          = attrs.Text.Key(id(60), "MS-HCAP-User-Name")
)
