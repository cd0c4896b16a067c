// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// IDs yields every attribute of set in order: attributes that share a Vendor-Specific each by
// itself, one that stands in several fragments once, at its first. An attribute that cannot be
// taken apart (a Vendor-Specific of less than 7 octets, an extended attribute without value, a
// fragment without the next) is yielded with an error that wraps errcause.InvalidRequest, and the
// walk goes on. The content of a Vendor-Specific that does not follow the format of RFC 2865,
// section 5.26, is {26, Vendor, 0}, without an error while no attribute of that vendor is
// registered.
func IDs(set radius.Attributes) iter.Seq2[ID, error] {
	return func(yield func(ID, error) bool) {
		walk(set, func(e element) bool { return yield(e.id, e.err) })
	}
}

// An element is one attribute found in a set.
type element struct {
	id    ID
	value []byte // where id has a Name, with that name
	avp   *radius.AVP
	err   error
}

// walk yields every attribute in order.
func walk(set radius.Attributes, yield func(element) bool) {
	v := reg.load()
	done := [2]int{-1, -1} // last fragment taken of 245 and of 246
	for i, avp := range set {
		ok := true
		switch {
		case avp == nil:
			ok = yield(element{id: ID{Type: radius.TypeInvalid}, err: invalid("no attribute")})
		case avp.Type < 0 || avp.Type > 255:
			ok = yield(element{id: ID{Type: avp.Type}, avp: avp, err: invalid("type %d is not in 0..255", avp.Type)})
		case avp.Type == typeVendor:
			ok = v.walkVendor(avp, yield)
		case long(avp.Type):
			if at := &done[avp.Type-typeLong1]; i > *at {
				var e element
				e, *at = v.joinFragments(set, i)
				ok = yield(e)
			}
		case avp.Type >= typeExtended1 && avp.Type < typeLong1:
			ok = yield(v.extended(avp, avp.Attribute, 1))
		default:
			ok = yield(element{id: ID{Type: avp.Type}, value: avp.Attribute, avp: avp})
		}
		if !ok {
			return
		}
	}
}

// walkVendor yields the attributes of one Vendor-Specific. A Vendor-Specific whose content its
// vendor's format does not explain is one attribute, named by the vendor alone.
func (v *view) walkVendor(avp *radius.AVP, yield func(element) bool) bool {
	vendor, content, err := splitVendor(avp.Attribute)
	if err != nil {
		return yield(element{id: ID{Type: typeVendor}, avp: avp, err: invalid("%v", err)})
	}
	f, ok := v.layout(vendor, content)
	if !ok {
		e := element{id: ID{Type: typeVendor, Vendor: vendor}, value: content, avp: avp}
		if vendor == 0 {
			e.value = avp.Attribute // no vendor: the attribute as a whole
		}
		if _, known := v.vendors[vendor]; known && v.ids[e.id] == nil {
			e.err = invalid("Vendor-Specific of vendor %d with content of another format", vendor)
		}
		return yield(e)
	}
	for len(content) > 0 {
		t, value, rest, _ := f.next(content)
		if !yield(element{id: v.named(VendorID(vendor, t), value), value: value, avp: avp}) {
			return false
		}
		content = rest
	}
	return true
}

// named adds the Name of one of several that a vendor packs into a text attribute.
func (v *view) named(id ID, value []byte) ID {
	if sep, ok := v.packs[id]; ok {
		name, _ := unpack(value, sep)
		id.Name = string(name)
	}
	return id
}

// unpack splits name and value; without a separator the name is the first octet. Cisco-AVPair has
// "name=value", and "name*value" for one that the NAS may ignore; Huawei and others separate in
// other ways.
func unpack(value []byte, sep string) (name, rest []byte) {
	if sep == "" {
		return value[:min(1, len(value))], value[min(1, len(value)):]
	}
	name, rest, ok := bytes.Cut(value, []byte(sep))
	if !ok {
		return nil, value
	}
	return name, rest
}

// extended reads an attribute of the types 241 to 246: its Extended-Type, and what follows the head
// (RFC 6929, sections 2.1, 2.2 and 2.4). Extended attributes have one more octet for the type
// before the value, and those of vendors in 26 of them four for the vendor and one for its type
// (RFC 6929, sections 2.1 and 2.4).
func (v *view) extended(avp *radius.AVP, value []byte, head int) element {
	e := element{id: ID{Type: avp.Type}, avp: avp}
	if len(value) > 0 {
		e.id.Sub = uint32(value[0])
	}
	if len(value) <= head {
		e.err = invalid("extended attribute %d without value", avp.Type)
		return e
	}
	e.value = value[head:]
	switch {
	case e.id.Sub == 0:
		e.err = invalid("extended attribute %d.0", avp.Type)
	case e.id.Sub != 26:
	case len(e.value) < 6 || binary.BigEndian.Uint32(e.value) == 0 || e.value[4] == 0:
		e.err = invalid("extended attribute %d.26 without vendor, type and value", avp.Type)
	default:
		e.id.Vendor, e.id.Sub, e.value = binary.BigEndian.Uint32(e.value), uint32(e.value[4]), e.value[5:]
		e.id = v.named(e.id, e.value)
	}
	return e
}

// more is the flag of a fragment that another one follows.
const more = 0x80

// joinFragments joins the fragments of the attribute that begins at set[i], of type 245 or 246, and
// returns the index of the last one.
//
// RFC 6929, section 2.2, wants fragments to be consecutive and a receiver that takes them mixed
// with attributes of other types: the first is for who sends (appendExtended leaves nothing between
// them), the second is done here. Since no attribute of the same type may stand between them, the
// next one of the type is the next fragment, or one is missing. Only the joined value is looked
// into: TLVs (section 2.3) may lie across fragments. A long extended attribute goes on while its
// More flag is set (RFC 6929, section 2.2). Its fragments have to follow each other, since
// attributes of one type keep their order through every proxy.
func (v *view) joinFragments(set radius.Attributes, i int) (element, int) {
	first := set[i]
	if len(first.Attribute) < 3 || first.Attribute[1]&more == 0 {
		return v.extended(first, first.Attribute, 2), i
	}
	value := append([]byte(nil), first.Attribute...)
	bad := element{id: ID{Type: first.Type, Sub: uint32(value[0])}, avp: first}
	for part := first; part.Attribute[1]&more != 0; part = set[i] {
		next := nextOfType(set, i)
		if len(part.Attribute) != maxValue || next < 0 || len(set[next].Attribute) < 3 || set[next].Attribute[0] != value[0] {
			bad.err = invalid("extended attribute %d.%d with a fragment missing", first.Type, value[0])
			return bad, i
		}
		i = next
		value = append(value, set[i].Attribute[2:]...)
	}
	return v.extended(first, value, 2), i
}

// nextOfType is the index of the next attribute of the same type as set[i], -1: none.
// Attributes of other types may stand between fragments.
func nextOfType(set radius.Attributes, i int) int {
	for n := i + 1; n < len(set); n++ {
		if set[n] != nil && set[n].Type == set[i].Type {
			return n
		}
	}
	return -1
}

// each yields the values of id in order, and an error where an attribute cannot be taken apart that
// might have been one.
func each(set radius.Attributes, id ID, yield func(value []byte, err error) bool) {
	if !id.extended() && (id.Type != typeVendor || id.Vendor == 0) {
		for _, avp := range set {
			if avp != nil && avp.Type == id.Type && !yield(avp.Attribute, nil) {
				return
			}
		}
		return
	}
	v := reg.load()
	take := func(e element) bool {
		switch {
		case e.err != nil:
			return !e.mayBe(id) || yield(nil, e.err)
		case e.id == id:
			if id.Name != "" {
				_, e.value = unpack(e.value, v.packs[id.Base()])
			}
		case id.Name != "" || e.id.Base() != id:
			return true
		}
		return yield(e.value, nil)
	}
	if id.extended() {
		walk(ofType(set, id.Type), take)
		return
	}
	for _, avp := range set {
		if avp != nil && avp.Type == typeVendor && !v.walkVendor(avp, take) {
			return
		}
	}
}

// mayBe reports whether e, which cannot be taken apart, might have been id.
func (e element) mayBe(id ID) bool {
	if id.Type == typeVendor {
		return e.id.Vendor == 0 || e.id.Vendor == id.Vendor
	}
	return e.id.Sub == 0 || e.id.Vendor == id.Vendor && e.id.Sub == id.Sub || e.id.Sub == 26 && id.Vendor != 0
}

// ofType returns the attributes of one type.
// Most attributes of a packet are of other types than the one that is read.
func ofType(set radius.Attributes, t radius.Type) (same radius.Attributes) {
	for _, avp := range set {
		if avp != nil && avp.Type == t {
			same = append(same, avp)
		}
	}
	return same
}

// invalid is an attribute that is not formatted as it should be (RFC 5176, section 3.5, value 404).
func invalid(format string, args ...any) error {
	return fmt.Errorf("attrs: "+format+": %w", append(args, errcause.InvalidRequest)...)
}

// badValue is invalid with the error that decoding made.
func badValue(name string, err error) error {
	if errors.Is(err, errcause.InvalidRequest) {
		return err
	}
	return fmt.Errorf("attrs: %s: %w: %w", name, err, errcause.InvalidRequest)
}
