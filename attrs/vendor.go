// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"encoding/binary"
	"errors"
	"fmt"

	"layeh.com/radius"
)

// A VendorFormat is how a vendor lays out its attributes within Vendor-Specific: the octets that type and length take.
// RFC 2865, section 5.26, suggests one each, and most vendors do so; the zero VendorFormat is that.
type VendorFormat struct {
	Type   int // 1, 2 or 4
	Length int // 0, 1 or 2; with 0 the attribute fills the Vendor-Specific
}

// The vendors of which FreeRADIUS's dictionaries know another format, so that an attribute of theirs is found even where their package is not linked in.
func init() {
	for vendor, f := range map[uint32]VendorFormat{
		429:  {4, 0}, // USR
		4846: {2, 1}, // Lucent
		8164: {2, 2}, // Starent
	} {
		reg.setFormat(vendor, f)
	}
}

// RegisterVendor sets the format of a vendor that does not use the suggested one. An error says that there is no such format.
// It is meant for the initialisation of vendor packages, but safe at any time.
func RegisterVendor(vendor uint32, f VendorFormat) error {
	if f.Type != 1 && f.Type != 2 && f.Type != 4 || f.Length < 0 || f.Length > 2 || vendor == 0 {
		return fmt.Errorf("attrs: vendor %d: no format with %d octets of type and %d of length", vendor, f.Type, f.Length)
	}
	reg.setFormat(vendor, f)
	return nil
}

func (g *registry) setFormat(vendor uint32, f VendorFormat) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.formats == nil {
		g.formats = make(map[uint32]VendorFormat)
	}
	g.formats[vendor] = f
	g.view.Store(nil)
}

// format returns how vendor lays out its attributes.
func (v *view) format(vendor uint32) VendorFormat {
	if f, ok := v.formats[vendor]; ok {
		return f
	}
	return VendorFormat{1, 1}
}

// layout returns the format of content; ok false: it is not attributes, or no format is known to say so.
func (v *view) layout(vendor uint32, content []byte) (f VendorFormat, ok bool) {
	f = v.format(vendor)
	whole := v.ids[VendorID(vendor, 0)] != nil // a Key for all of it says that it has no parts
	return f, vendor != 0 && !whole && f.fits(content)
}

var errVendorSpecific = errors.New("Vendor-Specific shorter than 7 octets") // RFC 2865, section 5.26

// splitVendor splits the value of a Vendor-Specific.
func splitVendor(value []byte) (vendor uint32, content []byte, err error) {
	if len(value) < 5 {
		return 0, nil, errVendorSpecific
	}
	return binary.BigEndian.Uint32(value), value[4:], nil
}

// next splits the first attribute from content. It fails where content is not laid out in this format.
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

// Vendor makes a Vendor-Specific with one attribute, in the format that is registered for the vendor.
func Vendor(vendor uint32, t byte, value []byte) Attr {
	return encode(VendorID(vendor, uint32(t)), value)
}

// Raw makes an attribute of type t with value as it is; a type outside 1 to 255 and a value that is empty or over 253 octets are errors.
// Of an attribute whose values are hidden, value is in clear, after its tag octet where it has one.
func Raw(t radius.Type, value []byte) Attr {
	if t < 1 || t > 255 {
		return Failed(fmt.Errorf("attrs: type %d is not in 1..255", t))
	}
	if err := checkLen(len(value), maxValue); err != nil {
		return Failed(fmt.Errorf("attrs: %v: %w", ID{Type: t}, err))
	}
	b := make([]byte, 0, 2+len(value))
	return Attr{b: append(append(b, byte(t), byte(2+len(value))), value...)}
}
