// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// Dump writes one packet to w as text, in the syntax of radclient -x: a line for the header, then a line for each attribute, indented by a
// tab. Vendor attributes have their names where the package of their vendor is linked in. Hidden and sensitive values are [hidden], and what
// is not printable is escaped, so octets that nobody has verified are safe to show.
//
//	Disconnect-NAK Id 7 length 26
//		Error-Cause = Session-Context-Not-Found
//
// A malformed packet is written as far as it can be read, with a last line that says what is wrong, after a "#". The error is that of w.
func Dump(w io.Writer, b []byte) error {
	_, err := w.Write(appendDump(nil, b))
	return err
}

func appendDump(text, b []byte) []byte {
	switch {
	case len(b) == 0:
		return append(text, "no octets\n"...)
	case len(b) == 1:
		return append(text, codeName(radius.Code(b[0]))+"\n\t# malformed: 1 octet is no header\n"...)
	}
	text = fmt.Appendf(text, "%s Id %d", codeName(radius.Code(b[0])), b[1])
	if len(b) >= 4 {
		text = fmt.Appendf(text, " length %d", binary.BigEndian.Uint16(b[2:]))
	}
	text = append(text, '\n')
	set, end := readable(b)
	for line := range attrs.Format(set) {
		text = append(append(append(text, '\t'), line...), '\n')
	}
	packet, err := cut(b)
	switch {
	case err != nil:
		text = append(text, "\t# malformed: "...)
		text = appendFault(text, b, end)
	case len(packet) < len(b):
		text = fmt.Appendf(text, "\t# followed by %d octets of padding\n", len(b)-len(packet))
	}
	return text
}

// appendFault appends why cut refuses b, of which the attributes up to octet end can be read.
func appendFault(text, b []byte, end int) []byte {
	if len(b) < headerLen {
		return fmt.Appendf(text, "%d octets are no header\n", len(b))
	}
	if n := int(binary.BigEndian.Uint16(b[2:])); n < headerLen || n > maxLen || n > len(b) {
		return fmt.Appendf(text, "Length %d in a datagram of %d octets\n", n, len(b))
	}
	return fmt.Appendf(text, "attribute %d does not fit at octet %d\n", b[end], end)
}

// readable returns the attributes of b up to the first that does not fit, and where that is.
func readable(b []byte) (set radius.Attributes, end int) {
	if len(b) < headerLen {
		return nil, 0
	}
	if n := int(binary.BigEndian.Uint16(b[2:])); n >= headerLen && n <= len(b) {
		b = b[:n]
	}
	b = b[:min(len(b), maxLen)]
	rest := b[headerLen:]
	for len(rest) >= 2 && rest[1] >= 2 && int(rest[1]) <= len(rest) {
		set = append(set, &radius.AVP{Type: radius.Type(rest[0]), Attribute: rest[2:rest[1]:rest[1]]})
		rest = rest[rest[1]:]
	}
	return set, len(b) - len(rest)
}
