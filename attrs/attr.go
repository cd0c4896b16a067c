// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"layeh.com/radius"
)

// An Attr is a run of encoded attributes, mostly one; or the error that encoding made, which
// building a packet returns. The zero Attr is empty and adds nothing. An Attr is immutable, so it
// may be kept, shared and used for many packets.
type Attr struct {
	b   []byte
	err error
}

// Failed is an Attr that could not be made and why, for functions that return an Attr.
func Failed(err error) Attr { return Attr{err: err} }

// Join makes one Attr of several: an identity, a service with its tag group. Its error is that of
// all that have one.
func Join(a ...Attr) Attr {
	var all Attr
	n := 0
	for _, a := range a {
		n += len(a.b)
	}
	all.b = make([]byte, 0, n)
	for _, a := range a {
		all.b = append(all.b, a.b...)
		all.err = errors.Join(all.err, a.err)
	}
	return all
}

// Err returns the error that encoding made: a value that is empty, too long or out of range.
func (a Attr) Err() error { return a.err }

// AppendTo appends the attributes of a to set. Hidden values are still in clear: the signer asks
// IsHidden. With an error set is as it was.
func (a Attr) AppendTo(set radius.Attributes) (radius.Attributes, error) {
	if a.err != nil {
		return set, a.err
	}
	return appendSet(set, bytes.Clone(a.b)), nil
}

// AppendBinary appends the octets of a to b, each attribute with its type and its length before its
// value, as it stands in a packet (RFC 2865, section 5). Hidden values are still in clear, as of
// AppendTo. With an error b is as it was.
func (a Attr) AppendBinary(b []byte) ([]byte, error) {
	if a.err != nil {
		return b, a.err
	}
	return append(b, a.b...), nil
}

// appendSet appends the attributes that b holds, whole ones, and keeps b.
func appendSet(set radius.Attributes, b []byte) radius.Attributes {
	n := 0
	for rest := b; len(rest) > 1; rest = rest[rest[1]:] {
		n++
	}
	avps := make([]radius.AVP, n)
	if cap(set)-len(set) < n {
		set = append(make(radius.Attributes, 0, len(set)+n), set...)
	}
	for i := range avps {
		l := b[1]
		avps[i] = radius.AVP{Type: radius.Type(b[0]), Attribute: radius.Attribute(b[2:l:l])}
		set = append(set, &avps[i])
		b = b[l:]
	}
	return set
}

// String returns the attributes in the syntax of radclient, User-Name = "bob", several with a comma
// between them. Hidden and sensitive values (passwords, keys, lawful intercept) are [hidden]. What
// could not be encoded is said in brackets.
func (a Attr) String() string {
	if a.err != nil {
		return "[" + a.err.Error() + "]"
	}
	var b strings.Builder
	for line := range Format(appendSet(nil, a.b)) {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// Format prints String under every verb, so that no verb shows what String hides.
func (a Attr) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(a.String())) }

// MarshalText returns String, for JSON and slog.
func (a Attr) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// RFC 2865, section 5: text and string of zero length are not sent.
var errEmpty = errors.New("empty value")

// checkLen refuses a value that does not fit.
func checkLen(n, most int) error {
	switch {
	case n == 0:
		return errEmpty
	case n > most:
		return fmt.Errorf("%d octets do not fit, at most %d do", n, most)
	}
	return nil
}

// encode makes the attribute id with value.
func encode(id ID, value []byte) Attr {
	b, err := appendAttr(make([]byte, 0, len(value)+16), id, false, value)
	if err != nil {
		return Failed(fmt.Errorf("attrs: %v: %w", id, err))
	}
	return Attr{b: b}
}

// headLen is the length of what precedes the value of id, 0 where that is not for one attribute to
// say.
func headLen(id ID, concat bool) int {
	switch {
	case concat || id.extended() || id.Name != "":
		return 0
	case id.Type == typeVendor && id.Sub != 0:
		f := reg.load().format(id.Vendor)
		return 6 + f.Type + f.Length
	case id.Vendor != 0:
		return 0
	}
	return 2
}

// seal makes the attribute of a value that stands in b behind head octets of room.
func seal(b []byte, head int, id ID, concat bool) ([]byte, error) {
	n := len(b) - head
	switch head {
	case 0:
		return appendAttr(make([]byte, 0, len(b)+16), id, concat, b)
	case 2:
		if err := checkLen(n, maxValue); err != nil {
			return nil, err
		}
		b[0] = byte(id.Type)
	default:
		f := reg.load().format(id.Vendor)
		if err := checkVendor(f, id.Sub, n); err != nil {
			return nil, err
		}
		appendVendorHead(b[:0], f, id, n)
	}
	b[1] = byte(len(b))
	return b, nil
}

// appendVendorHead appends what precedes a vendor's value of n octets.
func appendVendorHead(b []byte, f VendorFormat, id ID, n int) []byte {
	b = append(b, byte(typeVendor), byte(6+f.Type+f.Length+n))
	return f.appendHead(appendNumber(b, id.Vendor), id.Sub, n)
}

// appendNumber appends four octets.
func appendNumber(b []byte, n uint32) []byte {
	return append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// packed is a value with its name before it.
func packed(id ID, value []byte) ([]byte, error) {
	sep := reg.load().packs[id.Base()]
	b := append([]byte(id.Name+sep), value...)
	if name, _ := unpack(b, sep); string(name) != id.Name {
		return nil, fmt.Errorf("name %q cannot stand before its value", id.Name)
	}
	return b, nil
}

// appendAttr appends the attribute id with value, over several attributes where its type is made
// for that.
func appendAttr(b []byte, id ID, concat bool, value []byte) ([]byte, error) {
	if !id.valid() {
		return b, errors.New("no such attribute")
	}
	if id.Name != "" {
		var err error
		if value, err = packed(id, value); err != nil {
			return b, err
		}
	}
	switch {
	case id.extended() && id.Sub != 0:
		return appendExtended(b, id, value)
	case id.Type == typeVendor && id.Sub != 0:
		f := reg.load().format(id.Vendor)
		if err := checkVendor(f, id.Sub, len(value)); err != nil {
			return b, err
		}
		return append(appendVendorHead(b, f, id, len(value)), value...), nil
	case id.Type == typeVendor && id.Vendor != 0:
		if err := checkLen(len(value), maxValue-4); err != nil {
			return b, err
		}
		return append(appendNumber(append(b, byte(typeVendor), byte(6+len(value))), id.Vendor), value...), nil
	}
	if !concat || len(value) == 0 {
		if err := checkLen(len(value), maxValue); err != nil {
			return b, err
		}
	}
	for len(value) > 0 {
		n := min(len(value), maxValue)
		b = append(append(b, byte(id.Type), byte(2+n)), value[:n]...)
		value = value[n:]
	}
	return b, nil
}

// checkVendor refuses a type or a value that the vendor's format has no room for.
// Formats differ in how many octets type and length take: a number that does not fit would be that
// of another attribute.
func checkVendor(f VendorFormat, t uint32, n int) error {
	if f.Type < 4 && t>>(8*f.Type) != 0 {
		return fmt.Errorf("type %d does not fit in %d octets", t, f.Type)
	}
	return checkLen(n, maxValue-4-f.Type-f.Length)
}

// appendExtended appends an attribute of RFC 6929, those of types 245 and 246 in as many fragments
// as it takes.
// The length of an attribute counts 253 octets of value at most; those of 245 and 246 are cut into
// fragments, each with the type octet and the More flag again.
func appendExtended(b []byte, id ID, value []byte) ([]byte, error) {
	head := []byte{byte(id.Sub)}
	if id.Vendor != 0 {
		value = append(append(appendNumber(nil, id.Vendor), byte(id.Sub)), value...)
		head[0] = 26
	}
	room := maxValue - 1
	if long(id.Type) {
		head, room = append(head, 0), maxValue-2
	}
	most := room
	if long(id.Type) {
		most = maxJoined
	}
	if id.Vendor != 0 && len(value) == 5 {
		return b, errEmpty
	}
	if err := checkLen(len(value), most); err != nil {
		return b, err
	}
	for len(value) > 0 {
		n := min(len(value), room)
		if long(id.Type) && n < len(value) {
			head[1] = more
		} else if long(id.Type) {
			head[1] = 0
		}
		b = append(append(b, byte(id.Type), byte(2+len(head)+n)), head...)
		b = append(b, value[:n]...)
		value = value[n:]
	}
	return b, nil
}

// maxJoined is a bound for values over several attributes: no packet holds more.
const maxJoined = 4096 - 20
