// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"encoding/binary"
	"errors"
)

// maxValue is what the Length of an attribute leaves for its value (RFC 2865, section 5).
const maxValue = 253

// maxTag is the greatest tag; a greater octet belongs to the value (RFC 2868, section 3.1).
const maxTag = 0x1f

// errTag is a tag that RFC 2868, section 3.1, does not have.
var errTag = errors.New("tag is not in 0..31")

// maxHidden is the most that can be hidden: with its length octet it fills 15 blocks of 16 octets,
// which with salt and tag fit into every kind of attribute (RFC 2868, section 3.5).
const maxHidden = 15*16 - 1

// A VendorFormat is how a vendor lays out its attributes within Vendor-Specific: the octets that
// type and length take. RFC 2865, section 5.26, suggests one each, and most vendors do so; the zero
// VendorFormat is that.
type VendorFormat struct {
	Type   int // 1, 2 or 4
	Length int // 0, 1 or 2; with 0 the attribute fills the Vendor-Specific
}

// RFC 2865, section 5.26.
var errVendorSpecific = errors.New("Vendor-Specific shorter than 7 octets")

// splitVendor splits the value of a Vendor-Specific.
func splitVendor(value []byte) (vendor uint32, content []byte, err error) {
	if len(value) < 5 {
		return 0, nil, errVendorSpecific
	}
	return binary.BigEndian.Uint32(value), value[4:], nil
}

// next splits the first attribute from content. It fails where content is not laid out in this
// format.
func (f VendorFormat) next(content []byte) (t uint32, value, rest []byte, ok bool) {
	head := f.Type + f.Length
	if len(content) < head {
		return 0, nil, nil, false
	}
	t = number(content[:f.Type])
	n := len(content)
	if f.Length > 0 {
		n = int(number(content[f.Type:head]))
	}
	// Type 0 is what content in another format looks like.
	if t == 0 || n < head || n > len(content) {
		return 0, nil, nil, false
	}
	return t, content[head:n:n], content[n:], true
}

// fits reports content that attributes in this format fill exactly.
func (f VendorFormat) fits(content []byte) bool {
	for {
		_, _, rest, ok := f.next(content)
		if !ok {
			return false
		}
		if len(rest) == 0 {
			return true
		}
		content = rest
	}
}

// appendHead appends type and length of an attribute with n octets of value.
func (f VendorFormat) appendHead(b []byte, t uint32, n int) []byte {
	for i := f.Type - 1; i >= 0; i-- {
		b = append(b, byte(t>>(8*i)))
	}
	n += f.Type + f.Length
	for i := f.Length - 1; i >= 0; i-- {
		b = append(b, byte(n>>(8*i)))
	}
	return b
}

// number reads one, two or four octets.
func number(b []byte) (n uint32) {
	for _, o := range b {
		n = n<<8 | uint32(o)
	}
	return n
}
