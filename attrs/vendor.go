// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"fmt"

	"layeh.com/radius"
)

// The vendors of which FreeRADIUS's dictionaries know another format, so that an attribute of
// theirs is found even where their package is not linked in.
func init() {
	for vendor, f := range map[uint32]VendorFormat{
		429:  {4, 0}, // USR
		4846: {2, 1}, // Lucent
		8164: {2, 2}, // Starent
	} {
		reg.setFormat(vendor, f)
	}
}

// RegisterVendor sets the format of a vendor that does not use the suggested one. An error says
// that there is no such format. It is meant for the initialisation of vendor packages, but safe at
// any time.
func RegisterVendor(vendor uint32, f VendorFormat) error {
	if f.Type != 1 && f.Type != 2 && f.Type != 4 || f.Length < 0 || f.Length > 2 || vendor == 0 {
		return fmt.Errorf("attrs: vendor %d: no format with %d octets of type and %d of length", vendor, f.Type, f.Length)
	}
	reg.setFormat(vendor, f)
	return nil
}

// setFormat makes the next reader build a new view: readers have no lock, and keep the one that
// they have.
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

// layout returns the format of content; ok false: it is not attributes, or no format is known to
// say so.
func (v *view) layout(vendor uint32, content []byte) (f VendorFormat, ok bool) {
	f = v.format(vendor)
	whole := v.ids[VendorID(vendor, 0)] != nil // a Key for all of it says that it has no parts
	return f, vendor != 0 && !whole && f.fits(content)
}

// Vendor makes a Vendor-Specific with one attribute, in the format that is registered for the
// vendor.
func Vendor(vendor uint32, t byte, value []byte) Attr {
	return encode(VendorID(vendor, uint32(t)), value)
}

// Raw makes an attribute of type t with value as it is; a type outside 1 to 255 and a value that is
// empty or over 253 octets are errors. Of an attribute whose values are hidden, value is in clear,
// after its tag octet where it has one.
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
