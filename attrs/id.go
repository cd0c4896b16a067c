// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"strconv"
	"strings"

	"layeh.com/radius"
)

// Attribute types with a format of their own: Vendor-Specific (RFC 2865, section 5.26) and the
// extended types (RFC 6929, section 2).
const (
	typeVendor    radius.Type = 26
	typeExtended1 radius.Type = 241
	typeLong1     radius.Type = 245
	typeLong2     radius.Type = 246
)

// An ID says which attribute: a plain one {Type}, a vendor's {26, Vendor, Sub}, an extended one
// {241, 0, Sub}, an extended vendor one {241, Vendor, Sub}. It is comparable.
type ID struct {
	Type   radius.Type
	Vendor uint32
	Sub    uint32
	// Of one of several that a vendor packs into a text attribute: Cisco's "audit-session-id", the
	// part before "="; else "".
	Name string
}

// VendorID is the ID of attribute t of a vendor within Vendor-Specific (26).
func VendorID(vendor, t uint32) ID { return ID{Type: typeVendor, Vendor: vendor, Sub: t} }

// Base is id without its Name: the attribute that packs it. Of an ID without Name it is id itself.
func (id ID) Base() ID {
	id.Name = ""
	return id
}

// number is the name by numbers that FreeRADIUS gives an attribute it does not know.
func (id ID) number() string {
	b := append(make([]byte, 0, 32), "Attr-"...)
	b = strconv.AppendInt(b, int64(id.Type), 10)
	switch {
	case id.extended() && id.Vendor != 0:
		b = append(b, ".26."...)
		b = strconv.AppendUint(b, uint64(id.Vendor), 10)
	case id.Vendor != 0:
		b = append(b, '.')
		b = strconv.AppendUint(b, uint64(id.Vendor), 10)
	}
	if id.Sub != 0 {
		b = append(b, '.')
		b = strconv.AppendUint(b, uint64(id.Sub), 10)
	}
	return string(b)
}

// extended reports one of the types 241 to 246.
func (id ID) extended() bool { return id.Type >= typeExtended1 && id.Type <= typeLong2 }

// long reports one of the types 245 and 246, whose values may stand in several fragments.
func long(t radius.Type) bool { return t == typeLong1 || t == typeLong2 }

// plain reports an ID that is an attribute type and nothing else.
func (id ID) plain() bool { return id.Vendor == 0 && id.Sub == 0 && id.Name == "" }

// valid reports an ID that can stand in a packet.
func (id ID) valid() bool {
	switch {
	case id.Type < 1 || id.Type > 255:
		return false
	case id.extended():
		return id.Sub <= 255 && (id.Sub != 26 || id.Vendor != 0) && (id.Vendor == 0 || id.Sub != 0)
	case id.Type == typeVendor:
		return id.Vendor != 0 || id.Sub == 0
	}
	return id.Vendor == 0 && id.Sub == 0
}

// parseNumber reads what number writes: Attr-26.9.1, Attr-241.3, Attr-241.26.9.1. Each ID has one
// such name, so that what is printed is read as the same attribute.
func parseNumber(name string) (ID, bool) {
	const prefix = "attr-"
	if len(name) <= len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) {
		return ID{}, false
	}
	var n [4]uint32
	parts := strings.Split(name[len(prefix):], ".")
	if len(parts) > len(n) {
		return ID{}, false
	}
	for i, p := range parts {
		u, err := strconv.ParseUint(p, 10, 32)
		if err != nil {
			return ID{}, false
		}
		n[i] = uint32(u)
	}
	id := ID{Type: radius.Type(n[0])}
	switch len(parts) {
	case 2:
		id.Sub = n[1]
	case 3:
		id.Vendor, id.Sub = n[1], n[2]
	case 4:
		if n[1] != 26 || n[2] == 0 || !id.extended() {
			return ID{}, false
		}
		id.Vendor, id.Sub = n[2], n[3]
	}
	if n[0] > 255 || !id.valid() || len(parts) == 3 && id.Type != typeVendor || len(parts) > 1 && id.Sub == 0 {
		return ID{}, false
	}
	return id, true
}
