// SPDX-License-Identifier: Apache-2.0

package attrs

import "strings"

// MAC reads a MAC address in any case and punctuation, 0010.A423.19C0 or, as Huawei writes it,
// 0010a423-19c0, and returns it in the form of RFC 3580, section 3.20: "00-10-A4-23-19-C0". Groups
// are of two, four or six digits, or of eight and four, with one and the same mark between them, or
// none.
func MAC(s string) (string, bool) {
	mac, rest, ok := cutMAC(s)
	if !ok || rest != "" {
		return "", false
	}
	return formatMAC(mac, s, ""), true
}

// StationID returns the form in which Calling-Station-Ids and Called-Station-Ids are compared: a
// MAC address as MAC returns it, with what follows a colon (the SSID in a Called-Station-Id) as it
// is, and anything else unchanged. Two of them name the same station when this form is the same.
func StationID(s string) string {
	mac, rest, ok := cutMAC(s)
	if !ok || rest != "" && rest[0] != ':' {
		return s
	}
	return formatMAC(mac, s, rest)
}

// sameStation compares StationIDs.
func sameStation(a, b string) bool {
	if a == b {
		return true
	}
	macA, restA, okA := cutMAC(a)
	macB, restB, okB := cutMAC(b)
	return okA && okB && macA == macB && restA == restB && (restA == "" || restA[0] == ':')
}

// formatMAC returns s where it has the form already.
func formatMAC(mac [6]byte, s, rest string) string {
	const digits = "0123456789ABCDEF"
	var b [17]byte
	for i, o := range mac {
		if i > 0 {
			b[3*i-1] = '-'
		}
		b[3*i], b[3*i+1] = digits[o>>4], digits[o&15]
	}
	if len(s) == len(b)+len(rest) && s[:len(b)] == string(b[:]) {
		return s
	}
	return string(b[:]) + rest
}

// marks may stand between the groups of a MAC address.
const marks = "-:._ "

// cutMAC splits a MAC address from what follows it.
// NASes write one MAC in six ways: 00-10-a4-23-19-c0, 00:10:a4:23:19:c0, 0010.a423.19c0,
// 0010a423-19c0, 0010-a423-19c0 and without signs; an access point adds :SSID behind it.
func cutMAC(s string) (mac [6]byte, rest string, ok bool) {
	group, mark := 12, byte(0) // digits to a mark
	for _, n := range []int{2, 4, 6, 8} {
		if len(s) > n && strings.IndexByte(marks, s[n]) >= 0 {
			group, mark = n, s[n]
			break
		}
	}
	i := 0
	for n := range 12 {
		if n > 0 && n%group == 0 {
			if i >= len(s) || s[i] != mark {
				return mac, "", false
			}
			i++
		}
		if i >= len(s) {
			return mac, "", false
		}
		d, ok := hexDigit(s[i])
		if !ok {
			return mac, "", false
		}
		mac[n/2] = mac[n/2]<<4 | d
		i++
	}
	return mac, s[i:], true
}

// hexDigit is the value of a digit, in either case.
func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
