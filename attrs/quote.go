// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"encoding/hex"
	"errors"
	"unicode"
	"unicode/utf8"
)

// hiddenText stands for values that are not shown.
const hiddenText = "[hidden]"

// errOctets is a text that begins as octets and is none.
var errOctets = errors.New("not octets like 0x0a1b")

// parseHex reads octets of the form 0x0a1b; ok false: s has another form.
func parseHex(s string) (b []byte, ok bool, err error) {
	if len(s) < 2 || s[0] != '0' || s[1] != 'x' && s[1] != 'X' {
		return nil, false, nil
	}
	b, err = hex.DecodeString(s[2:])
	return b, true, quiet(err, errOctets.Error())
}

// quiet replaces an error that repeats what it could not read.
func quiet(err error, text string) error {
	if err == nil {
		return nil
	}
	return errors.New(text)
}

// appendHex appends octets as parseHex reads them.
func appendHex(b, v []byte) []byte { return hex.AppendEncode(append(b, "0x"...), v) }

// appendQuoted appends s between double quotes. What is not printable is written as FreeRADIUS
// does, \n or \001, so that no text of a peer can steer a terminal or forge a line of a log.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i, n := 0, 0; i < len(s); i += n {
		var r rune
		r, n = utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', s[i])
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == utf8.RuneError && n == 1 || !unicode.IsPrint(r):
			for _, c := range []byte(s[i : i+n]) {
				b = append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
			}
		default:
			b = append(b, s[i:i+n]...)
		}
	}
	return append(b, '"')
}
