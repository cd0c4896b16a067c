// SPDX-License-Identifier: Apache-2.0

package threegpp2

import (
	"errors"
	"fmt"
	"strings"
)

// The errors repeat no value: it names a person's device.

// hexDigits approves a text of least to most hexadecimal digits, in either case. It is sent as it
// was given: PDSNs differ in case, and some compare octets.
func hexDigits(least, most int) func(string) error {
	return func(s string) error {
		if len(s) < least || len(s) > most || strings.Trim(s, "0123456789ABCDEFabcdef") != "" {
			return fmt.Errorf("not %d to %d hexadecimal digits", least, most)
		}
		return nil
	}
}

// meid approves 14 hexadecimal digits, or the 7 octets that they stand for.
func meid(b []byte) error {
	if len(b) != 7 && (len(b) != 14 || strings.Trim(string(b), "0123456789ABCDEFabcdef") != "") {
		return errors.New("not 14 hexadecimal digits, and not 7 octets")
	}
	return nil
}

// printable approves visible ASCII characters.
func printable(s string) error {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return errors.New("a character that is no visible ASCII character")
		}
	}
	return nil
}
