// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// Several reports whether a session may have several values of an attribute, as Framed-IPv6-Prefix,
// Delegated-IPv6-Prefix (RFC 4818) and Framed-IPv6-Address (RFC 6911): a request that names several
// then selects sessions that have each. Of another one, two different values are an error (404).
func (id ID) Several() bool { return reg.load().several(id) }

// several reports whether a session may have several values of id: where the tables of the RFCs let
// it stand several times in a CoA-Request, those of RFC 6911, section 3.6, and a text attribute in
// which a vendor packs several.
func (v *view) several(id ID) bool {
	if _, packs := v.packs[id]; packs {
		return true
	}
	return id.plain() && id.Type >= 168 && id.Type <= 172 || lookupRule(id).in[0] == ZeroOrMore
}

// normal is the one form in which a value of Other is compared: what the Key makes of what it
// reads. A value that the Key cannot read or would not make stays as it is.
func (r *record) normal(b []byte) []byte {
	if r == nil || r.normalize == nil {
		return b
	}
	if n, err := r.normalize(b); err == nil {
		return n
	}
	return b
}

// checkOther refuses a value of a further attribute that names no session.
func checkOther(id ID, known *record, b []byte) error {
	switch {
	case len(b) == 0:
		return badValue(id.String(), errEmpty)
	case known == nil:
		return nil
	case known.how != NotHidden:
		return invalid("%v: a hidden value names no session", id)
	}
	if err := known.check(b); err != nil {
		return badValue(known.name, err)
	}
	if known.unset(b) {
		return fmt.Errorf("attrs: %v: an unspecified address %w: %w", id, errNoAddress, errcause.InvalidRequest)
	}
	return nil
}

// selectsOther compares what is in Other.
func (id *Identity) selectsOther(s *Identity) bool {
	var v *view
	for key, want := range id.Other {
		have := s.Other[key]
		if len(want) == 0 || len(have) == 0 {
			return false
		}
		for _, value := range want {
			if value == "" {
				return false
			}
			if slices.Contains(have, value) {
				continue
			}
			if v == nil {
				v = reg.load()
			}
			if !v.record(key).has(have, value) {
				return false
			}
		}
	}
	return true
}

// has reports whether one of have is the same value as want, in another form.
// Values are compared as their type has them: a prefix in short and in long form is one, and digits
// of hexadecimal numbers are equal in either case.
func (r *record) has(have []string, want string) bool {
	if r == nil || r.normalize == nil {
		return false
	}
	normal := string(r.normal([]byte(want)))
	return slices.ContainsFunc(have, func(h string) bool { return string(r.normal([]byte(h))) == normal })
}

// Normal returns id with each value in the one form in which Selects compares it, and once:
// prefixes without host bits, addresses unmapped, values of Other as their Keys make them. Equal
// values are equal octets then, for a host that has an index. It shares with id what has the form
// already.
func (id Identity) Normal() Identity {
	id.FramedIPAddress = id.FramedIPAddress.Unmap()
	if loose := func(p netip.Prefix) bool { return p != p.Masked() }; len(id.FramedIPv6Prefix) > 1 || slices.ContainsFunc(id.FramedIPv6Prefix, loose) {
		id.FramedIPv6Prefix = slices.Clone(id.FramedIPv6Prefix)
		for i, p := range id.FramedIPv6Prefix {
			id.FramedIPv6Prefix[i] = p.Masked()
		}
		id.FramedIPv6Prefix = once(id.FramedIPv6Prefix)
	}
	v, owned := reg.load(), false
	for key, values := range id.Other {
		r := v.record(key)
		if len(values) < 2 && (r == nil || r.normalize == nil) {
			continue
		}
		made := make([]string, len(values))
		for i, value := range values {
			made[i] = string(r.normal([]byte(value)))
		}
		if !owned {
			id.Other, owned = maps.Clone(id.Other), true
		}
		id.Other[key] = once(made)
	}
	return id
}

// In returns the value that id, of a request or a session, has for the attribute; ok false: it has
// none. It reads the fields of id as well as Other. The error wraps errcause.InvalidRequest where a
// value in Other cannot be decoded, and where id has several, of which none may be chosen: AllIn
// yields them.
func (k Key[T]) In(id Identity) (v T, ok bool, err error) {
	for one, err := range k.AllIn(id) {
		if err == nil && ok {
			err = invalid("%v: several values", k)
		}
		if err != nil {
			var zero T
			return zero, false, err
		}
		v, ok = one, true
	}
	return v, ok, nil
}

// AllIn yields all values that id has for the attribute, and for one that cannot be decoded an
// error that wraps errcause.InvalidRequest.
func (k Key[T]) AllIn(id Identity) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		if k.c == nil {
			yield(zero, errZeroKey)
			return
		}
		for b := range id.values(k.c.id) {
			v, err := k.c.dec(b)
			if err != nil {
				v, err = zero, badValue(k.c.name, err)
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

// sessionTypes are the attributes that the fields of an Identity have.
var sessionTypes = [...]radius.Type{1, 5, 8, 30, 31, 44, 50, 87, 89, 96, 97}

// IDs yields each attribute that id sets, those of Other last, by number. Context is none.
func (id Identity) IDs() iter.Seq[ID] {
	return func(yield func(ID) bool) {
		for _, t := range sessionTypes {
			for range id.field(t) {
				if !yield(ID{Type: t}) {
					return
				}
				break
			}
		}
		for _, key := range slices.SortedFunc(maps.Keys(id.Other), ID.compare) {
			if !yield(key) {
				return
			}
		}
	}
}

// Only returns nil where keys are all that id sets, and else an error that wraps
// errcause.UnsupportedAttribute (401) and names the others. It is for the Find of a host that
// cannot look for every attribute: to pass over one would select sessions that the request does not
// mean.
func (id Identity) Only(keys ...AnyKey) error {
	var others []string
	for set := range id.IDs() {
		if !slices.ContainsFunc(keys, func(k AnyKey) bool { return k != nil && (k.ID() == set || k.ID() == set.Base()) }) {
			others = append(others, set.String())
		}
	}
	if len(others) == 0 {
		return nil
	}
	return fmt.Errorf("attrs: sessions are not looked up by %s: %w", strings.Join(others, ", "), errcause.UnsupportedAttribute)
}

// values yields the octets of the values that id has for an attribute.
func (id *Identity) values(key ID) iter.Seq[[]byte] {
	if key.plain() && slices.Contains(sessionTypes[:], key.Type) {
		return id.field(key.Type)
	}
	return func(yield func([]byte) bool) {
		for _, value := range id.Other[key] {
			if !yield([]byte(value)) {
				return
			}
		}
	}
}

// field yields the octets of the values of a field.
func (id *Identity) field(t radius.Type) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		switch t {
		case 5:
			if id.NASPort != nil {
				yield(binary.BigEndian.AppendUint32(nil, *id.NASPort))
			}
		case 8:
			if id.FramedIPAddress.IsValid() {
				yield(id.FramedIPAddress.Unmap().AsSlice())
			}
		case 96:
			if id.FramedInterfaceID != nil {
				yield(id.FramedInterfaceID[:])
			}
		case 97:
			for _, p := range id.FramedIPv6Prefix {
				if b, _ := appendPrefix(nil, p.Masked()); !yield(b) {
					return
				}
			}
		default:
			if s := *id.text(t); s != "" {
				yield([]byte(s))
			}
		}
	}
}

// text is where the value of a text attribute is.
func (id *Identity) text(t radius.Type) *string {
	switch t {
	case 1:
		return &id.UserName
	case 30:
		return &id.CalledStationID
	case 31:
		return &id.CallingStationID
	case 44:
		return &id.AcctSessionID
	case 50:
		return &id.AcctMultiSessionID
	case 87:
		return &id.NASPortID
	}
	return &id.ChargeableUserIdentity
}

// Add adds to id what a says, an attribute of RFC 5176 or one for Other: it is how a host makes an
// Identity of typed values. A value that contradicts one that id has, one that names no session and
// an attribute that names a NAS are errors that wrap errcause.InvalidRequest, and id is as it was.
func (id *Identity) Add(a ...Attr) error {
	set, err := Join(append([]Attr{id.Attr()}, a...)...).AppendTo(nil)
	if err != nil {
		return err
	}
	var keys []AnyKey
	for one, err := range IDs(set) {
		if err != nil {
			return err
		}
		keys = append(keys, KeyOf(one))
	}
	var nas NAS
	var made Identity
	err = readSelection(&nas, &made, set, keys)
	if err == nil && (nas.Identifier != "" || len(nas.Addrs) > 0) {
		err = invalid("a NAS is no session identification")
	}
	if err != nil {
		return err
	}
	made.Context = id.Context
	*id = made
	return nil
}

// KeyOf returns the Key of an attribute: the one that is registered, or an opaque one that finds
// its values as octets, for a host that is configured with names or numbers. It registers nothing;
// two of one ID are equal.
func KeyOf(id ID) AnyKey {
	if r := reg.load().record(id); r != nil {
		return r.key
	}
	return opaqueKey{id}
}

// An opaqueKey is the Key of an attribute of which nothing is known but its ID.
type opaqueKey struct{ id ID }

func (k opaqueKey) ID() ID         { return k.id }
func (k opaqueKey) String() string { return k.id.String() }
func (k opaqueKey) sealed()        {}

// check knows no format; that the attribute can be taken apart and is not empty is all it can say.
func (k opaqueKey) check(r Revealer) (fault error) {
	each(r.Attributes(), k.id, func(b []byte, err error) bool {
		if fault = err; err == nil && len(b) == 0 {
			fault = badValue(k.String(), errEmpty)
		}
		return fault == nil
	})
	return fault
}

// Split parts a set into the identification of the NAS and of sessions, with the further attributes
// that also names, and the rest, both in their order and shared with set but for a Vendor-Specific
// that has some of each. An attribute that cannot be taken apart and might be identification is
// identification, so that SelectionOf refuses it. The rest is what no session is looked up by:
// changes and signalling in a CoA-Request, and in what a person asked for, a mistake.
func Split(set radius.Attributes, also ...AnyKey) (identification, rest radius.Attributes) {
	names := func(id ID, malformed bool) bool {
		if role := lookupRule(id).role; id.Vendor == 0 && (role == RoleNAS || role == RoleSession) {
			return true
		}
		return slices.ContainsFunc(also, func(k AnyKey) bool {
			if k == nil {
				return false
			}
			if malformed {
				return id.Type == k.ID().Type && element{id: id}.mayBe(k.ID())
			}
			return k.ID() == id || k.ID() == id.Base()
		})
	}
	bad := make(map[ID]bool)
	for id, err := range IDs(set) {
		if err != nil {
			bad[id] = true
		}
	}
	identification = Filter(set, func(id ID) bool { return names(id, bad[id]) })
	return identification, Filter(set, func(id ID) bool { return !names(id, bad[id]) })
}
