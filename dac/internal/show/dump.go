// SPDX-License-Identifier: Apache-2.0

package show

import (
	"encoding/binary"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"layeh.com/radius"
)

// Dump returns one packet as text, in the syntax of radclient -x: a line for the header, then a
// line for each attribute, indented by a tab. A malformed packet is shown as far as it can be read,
// with a last line, after a "#", that says what is wrong: a reader who searches a capture for
// malformed packets finds them by it.
func Dump(b []byte) []byte {
	switch {
	case len(b) == 0:
		return []byte("no octets\n")
	case len(b) == 1:
		return []byte(packet.CodeName(radius.Code(b[0])) + "\n\t# malformed: 1 octet is no header\n")
	}
	text := fmt.Appendf(nil, "%s Id %d", packet.CodeName(radius.Code(b[0])), b[1])
	if len(b) >= 4 {
		text = fmt.Appendf(text, " length %d", binary.BigEndian.Uint16(b[2:]))
	}
	text = append(text, '\n')
	set, end := readable(b)
	for line := range attrs.Format(set) {
		text = append(append(append(text, '\t'), line...), '\n')
	}
	octets, err := packet.Cut(b)
	switch {
	case err != nil:
		text = append(text, "\t# malformed: "...)
		text = appendFault(text, b, end)
	case len(octets) < len(b):
		text = fmt.Appendf(text, "\t# followed by %d octets of padding\n", len(b)-len(octets))
	}
	return text
}

// appendFault appends why Cut refuses b, of which the attributes up to octet end can be read.
func appendFault(text, b []byte, end int) []byte {
	if len(b) < packet.HeaderLen {
		return fmt.Appendf(text, "%d octets are no header\n", len(b))
	}
	if n := int(binary.BigEndian.Uint16(b[2:])); n < packet.HeaderLen || n > packet.MaxLen || n > len(b) {
		return fmt.Appendf(text, "Length %d in a datagram of %d octets\n", n, len(b))
	}
	return fmt.Appendf(text, "attribute %d does not fit at octet %d\n", b[end], end)
}

// readable returns the attributes of b up to the first that does not fit, and where that is. It
// takes the Length of the header where that is possible, and else what there is: packet.Cut would
// refuse the whole packet.
func readable(b []byte) (set radius.Attributes, end int) {
	if len(b) < packet.HeaderLen {
		return nil, 0
	}
	if n := int(binary.BigEndian.Uint16(b[2:])); n >= packet.HeaderLen && n <= len(b) {
		b = b[:n]
	}
	b = b[:min(len(b), packet.MaxLen)]
	rest := b[packet.HeaderLen:]
	for len(rest) >= 2 && rest[1] >= 2 && int(rest[1]) <= len(rest) {
		set = append(set, &radius.AVP{Type: radius.Type(rest[0]), Attribute: rest[2:rest[1]:rest[1]]})
		rest = rest[rest[1]:]
	}
	return set, len(b) - len(rest)
}
