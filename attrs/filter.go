// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"encoding/binary"
	"slices"

	"layeh.com/radius"
)

// Filter returns the attributes of set of whose IDs keep approves, in their order. Those that share
// a Vendor-Specific are asked for each by itself; all fragments of a long one go together. An
// attribute that cannot be taken apart is asked for by the ID that IDs yields for it. What is kept
// is shared with set, but for a Vendor-Specific of which a part is kept.
func Filter(set radius.Attributes, keep func(ID) bool) radius.Attributes {
	v := reg.load()
	kept := make(radius.Attributes, 0, len(set))
	done := [2]int{-1, -1} // last fragment seen of 245 and of 246
	var with [2]bool       // it belongs to an attribute that is kept
	for i, avp := range set {
		switch {
		case avp == nil:
		case avp.Type == typeVendor:
			if avp = v.filterVendor(avp, keep); avp != nil {
				kept = append(kept, avp)
			}
		case long(avp.Type):
			n := avp.Type - typeLong1
			if i > done[n] {
				var e element
				e, done[n] = v.joinFragments(set, i)
				with[n] = keep(e.id)
			}
			if with[n] {
				kept = append(kept, avp)
			}
		case avp.Type >= typeExtended1 && avp.Type < typeLong1:
			if keep(v.extended(avp, avp.Attribute, 1).id) {
				kept = append(kept, avp)
			}
		case keep(ID{Type: avp.Type}):
			kept = append(kept, avp)
		}
	}
	return kept
}

// filterVendor returns avp, a copy with the part that is kept, or nil. One Vendor-Specific may hold
// several attributes of its vendor (RFC 2865, section 5.26): a host that supports one of two must
// not be given both, nor refuse both.
func (v *view) filterVendor(avp *radius.AVP, keep func(ID) bool) *radius.AVP {
	vendor, content, err := splitVendor(avp.Attribute)
	f, parts := v.layout(vendor, content)
	switch {
	case err != nil:
		if keep(ID{Type: typeVendor}) {
			return avp
		}
		return nil
	case !parts:
		if keep(ID{Type: typeVendor, Vendor: vendor}) {
			return avp
		}
		return nil
	}
	part := binary.BigEndian.AppendUint32(make([]byte, 0, len(avp.Attribute)), vendor)
	for len(content) > 0 {
		t, value, rest, _ := f.next(content)
		if keep(v.named(VendorID(vendor, t), value)) {
			part = append(part, content[:len(content)-len(rest)]...)
		}
		content = rest
	}
	switch len(part) {
	case len(avp.Attribute):
		return avp
	case 4:
		return nil
	}
	return &radius.AVP{Type: typeVendor, Attribute: slices.Clip(part)}
}

// Check decodes every value of key in r, revealing hidden ones, and returns the first error, which
// wraps errcause.InvalidRequest: for a handler
// that must know that all of a request is well formed before
// any of it is done. No value is no error.
func Check(r Revealer, key AnyKey) error {
	if key == nil {
		return errZeroKey
	}
	return key.check(r)
}

// An attribute that has one value is also compared with its other copies: two that differ ask for
// two things at once.
func (k Key[T]) check(r Revealer) error {
	for _, err := range k.All(r.Attributes()) {
		if err != nil {
			return err
		}
	}
	if k.c != nil && k.c.isOnce() {
		_, _, err := k.Lookup(r.Attributes())
		return err
	}
	return nil
}

// check is that of a Key over the revealed values: two that are hidden under different salts may be
// one.
func (k HiddenKey[T]) check(r Revealer) error {
	for _, err := range k.All(r) {
		if err != nil {
			return err
		}
	}
	if k.c != nil && k.c.isOnce() {
		_, _, err := k.Lookup(r)
		return err
	}
	return nil
}
