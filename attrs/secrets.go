// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"slices"
	"strings"

	"layeh.com/radius"
)

// A Hiding is how the values of an attribute are hidden with the shared secret.
type Hiding uint8

const (
	NotHidden       Hiding = iota // it stands as it is
	SaltHidden                    // a salt for each value (RFC 2868, section 3.5): Tunnel-Password
	PasswordHidden                // RFC 2865, section 5.2: User-Password
	AscendHidden                  // 16 octets over MD5: Ascend-Send-Secret
	hiddenElsewhere               // in a format of Vendor-Specific that is not read here
)

// String returns "none", "salt", "password", "ascend".
func (h Hiding) String() string {
	switch h {
	case NotHidden:
		return "none"
	case SaltHidden:
		return "salt"
	case PasswordHidden:
		return "password"
	case AscendHidden:
		return "ascend"
	}
	return "unknown"
}

// most is how many octets of a value can be hidden.
func (h Hiding) most() int {
	switch h {
	case PasswordHidden:
		return 128 // RFC 2865, section 5.2
	case AscendHidden:
		return 16
	}
	return maxHidden
}

// An encryption is how an attribute is hidden, and whether a tag octet in clear precedes it.
type encryption struct {
	how    Hiding
	tagged bool
}

// encrypted has what FreeRADIUS's dictionaries mark with encrypt=, so that none of it leaves in
// clear, or is shown, because a package is not linked in.
var encrypted = func() map[ID]encryption {
	m := make(map[ID]encryption)
	add := func(how Hiding, tagged bool, vendor uint32, types ...uint32) {
		for _, t := range types {
			m[VendorID(vendor, t)] = encryption{how, tagged}
		}
	}
	m[ID{Type: 2}] = encryption{PasswordHidden, false}
	m[ID{Type: 69}] = encryption{SaltHidden, true}
	// Before Ascend had a number.
	m[ID{Type: 214}], m[ID{Type: 215}] = encryption{AscendHidden, false}, encryption{AscendHidden, false}
	add(SaltHidden, false, 161, 11)                                 // Motorola
	add(PasswordHidden, false, 311, 12)                             // Microsoft: MS-CHAP-MPPE-Keys
	add(SaltHidden, false, 311, 16, 17)                             // MS-MPPE keys
	add(AscendHidden, false, 529, 214, 215)                         // Ascend
	add(SaltHidden, false, 831, 116, 117, 118, 119)                 // Alcatel-Lucent AAA
	add(SaltHidden, true, 2356, 19, 20)                             // LANCOM
	add(AscendHidden, false, 4846, 214, 215)                        // Lucent
	add(SaltHidden, false, 4874, 58, 59, 60, 61)                    // Unisphere: lawful intercept
	add(SaltHidden, false, 5535, 58)                                // 3GPP2
	add(SaltHidden, false, 6527, 122, 123, 124, 125, 138, 139, 142) // Nokia
	add(SaltHidden, false, 14823, 44)                               // Aruba
	add(SaltHidden, false, 26928, 3)                                // Aerohive
	// WiMAX, behind an octet of continuation.
	add(hiddenElsewhere, false, 24757, 5, 10, 12, 14, 15, 19, 40, 66, 67, 70, 75, 86, 87, 131)
	return m
}()

// confidential has what RFCs and vendors call a key, a password, or an answer to a challenge that a
// dictionary attack recovers one from, and whom they intercept. It is shown as [hidden] whether a
// package is linked in or not. It goes on the wire as it is.
var confidential = func() map[ID]bool {
	m := make(map[ID]bool)
	for _, t := range []radius.Type{
		3, 17, 60, 70, 74, 84, // CHAP, ARAP
		103, 121, // Digest-Response, Digest-HA1
		143,                // PKM-Auth-Key
		151, 184, 224, 232, // Ascend and Motorola before they had a number
	} {
		m[ID{Type: t}] = true
	}
	add := func(vendor uint32, types ...uint32) {
		for _, t := range types {
			m[VendorID(vendor, t)] = true
		}
	}
	add(5, 14, 39, 44, 73)                                   // ACC
	add(9, 249)                                              // Cisco-Subscriber-Password
	add(94, 6, 9)                                            // Nokia
	add(166, 39, 40, 41)                                     // Shiva
	add(255, 5)                                              // Cisco VPN 5000
	add(311, 1, 3, 4, 5, 6, 11, 19, 20, 25, 26, 27)          // Microsoft: MS-CHAP
	add(429, 0x8043, 0x8044, 0x9814, 0x982b, 0x9856, 0x9873) // USR
	add(529, 52, 53, 141, 151, 184, 232)                     // Ascend
	add(562, 183)                                            // Nortel
	add(800, 14)                                             // Xylan
	add(831, 4, 17)                                          // Alcatel-Lucent AAA
	add(1431, 200)                                           // Telkom
	add(2011, 33, 101, 102, 103, 104)                        // Huawei
	add(2352, 59, 69, 110, 159, 160, 161, 162, 163)          // Redback
	add(2356, 6)                                             // LANCOM
	add(2454, 22, 81)                                        // ServiceGate
	add(2979, 3, 5, 6)                                       // WaveRider
	add(3041, 14)                                            // Alcatel
	add(3076, 23, 54, 133, 162)                              // Cisco VPN 3000 and ASA
	add(4735, 5)                                             // Prosoft
	add(4846, 52, 53, 141, 151, 184, 232)                    // Lucent
	add(4874, 9, 37, 86)                                     // Unisphere
	add(5535, 3, 8, 54)                                      // 3GPP2
	add(5925, 52)                                            // ipUnplugged
	add(6527, 57)                                            // Nokia
	add(7751, 1)                                             // Azaire
	add(8164, 15, 26, 39)                                    // Starent
	add(12356, 15)                                           // Fortinet
	add(14823, 30, 37, 41)                                   // Aruba
	add(14988, 7, 16, 20)                                    // MikroTik
	add(16924, 6)                                            // Sky
	add(18681, 6, 32)                                        // Travelping
	add(19382, 9, 11)                                        // Manzara
	add(22472, 34)                                           // Boingo
	add(25053, 101, 142, 143, 153)                           // Ruckus
	add(25622, 144)                                          // Moonshot
	add(41482, 1, 3)                                         // Yubico
	add(43356, 11)                                           // Mimosa
	return m
}()

// pairs are the texts in which vendors pack name=value, or name*value where the NAS may ignore it.
var pairs = map[ID]bool{
	VendorID(9, 1): true, VendorID(674, 1): true, VendorID(6027, 1): true, VendorID(12356, 42): true, VendorID(2636, 52): true,
	VendorID(2011, 188): true, VendorID(94, 1): true, VendorID(26928, 8): true, VendorID(30065, 1): true,
	VendorID(25506, 210): true, VendorID(35098, 1): true,
}

// secretWords are what the name of a secret has in it, as a word of its own or at the end of one.
var secretWords = []string{"password", "passwd", "passphrase", "pwd", "secret", "psk", "key", "keys", "credential", "credentials", "ha1"}

// secretName reports the name of a pair whose value is secret. Names of pairs are of many vendors
// and of hosts' own: what sounds like a secret is treated as one.
func secretName(name string) bool {
	name = strings.ToLower(name)
	// Mobile IP writes "mobileip:spi#0=spi 100 key hexstring ...", and lawful intercept has pairs
	// of its own.
	for _, start := range []string{"mobileip:spi", "mobileip-mn:spi", "intercept-id", "li-action", "md-ip-addr", "md-port-number", "md-dscp"} {
		if strings.HasPrefix(name, start) {
			return true
		}
	}
	return slices.ContainsFunc(strings.FieldsFunc(name, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') }), func(word string) bool {
		return slices.ContainsFunc(secretWords, func(s string) bool { return word == s || len(s) > 3 && strings.HasSuffix(word, s) })
	})
}
