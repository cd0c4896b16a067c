// SPDX-License-Identifier: Apache-2.0

package profile

import (
	"fmt"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
)

// A MACFormat is a form of MAC addresses, given as that of 00:10:a4:23:19:c0: "00-10-A4-23-19-C0",
// "0010.a423.19c0", "0010A42319C0". Plain leaves out what stands between the digits and keeps their
// case; "" leaves an address as it is.
type MACFormat string

// Plain is a MAC address without what stands between its digits, which keep their case.
const Plain MACFormat = "plain"

// example is the address of which a MACFormat is the form.
const example = "00-10-A4-23-19-C0"

func (f MACFormat) check() error {
	if f == "" || f == Plain {
		return nil
	}
	if mac, ok := attrs.MAC(string(f)); !ok || mac != example || strings.ToLower(string(f)) != string(f) && strings.ToUpper(string(f)) != string(f) {
		return fmt.Errorf("%.60q is no form of the address 00:10:a4:23:19:c0", string(f))
	}
	return nil
}

// Format writes a MAC address, which may have any form, in this one, with what follows a colon (an
// SSID) as it is. Anything else is returned as it is.
func (f MACFormat) Format(s string) string {
	if f == "" || f.check() != nil {
		return s
	}
	mac := attrs.StationID(s) // the form of RFC 3580 where it is a MAC address
	if _, ok := attrs.MAC(mac[:min(len(mac), len(example))]); !ok || len(mac) > len(example) && mac[len(example)] != ':' {
		return s
	}
	digits, rest := strings.ReplaceAll(mac[:len(example)], "-", ""), mac[len(example):]
	if f == Plain {
		return keepCase(s[:len(s)-len(rest)]) + rest
	}
	if strings.ToLower(string(f)) == string(f) {
		digits = strings.ToLower(digits)
	}
	var b strings.Builder
	for i := range len(f) {
		if isHex(f[i]) {
			b.WriteByte(digits[0])
			digits = digits[1:]
		} else {
			b.WriteByte(f[i])
		}
	}
	return b.String() + rest
}

// keepCase drops what is no digit.
func keepCase(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && isHex(byte(r)) {
			return r
		}
		return -1
	}, s)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
