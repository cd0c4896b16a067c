// SPDX-License-Identifier: Apache-2.0

package dictionary

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
)

// A Dictionary is what was read from a file and all that it includes. It is safe for concurrent
// use.
type Dictionary struct {
	keys    []attrs.AnyKey
	byName  map[string]attrs.AnyKey
	skipped []Skipped
}

// LoadFile reads a dictionary file and what it includes, and registers their attributes with
// package attrs. A path that is included is relative to the file that includes it. It is meant for
// the start of a program; what is registered stays.
func LoadFile(name string) (*Dictionary, error) { return load(ofDisk(), name) }

// Load is LoadFile from a file system, of an embed.FS say.
func Load(fsys fs.FS, name string) (*Dictionary, error) { return load(ofFS(fsys), name) }

// Check reads what Load reads and registers nothing: for a command that tests a configuration.
func Check(fsys fs.FS, name string) error {
	r := ofFS(fsys)
	if err := r.file(name, 0); err != nil {
		return err
	}
	return r.check()
}

func load(r *reader, name string) (*Dictionary, error) {
	if err := r.file(name, 0); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return r.register()
}

// Key returns the Key of an attribute that the dictionary has, in whichever case; ok false: none.
// It is that of package attrs or below where there was one.
func (d *Dictionary) Key(name string) (key attrs.AnyKey, ok bool) {
	key, ok = d.byName[strings.ToLower(name)]
	return key, ok
}

// Keys yields the Keys of all attributes that the dictionary has, in their order.
func (d *Dictionary) Keys() iter.Seq[attrs.AnyKey] { return slices.Values(d.keys) }

// Skipped yields what was passed over, and why.
func (d *Dictionary) Skipped() iter.Seq[Skipped] { return slices.Values(d.skipped) }

// check sorts the values and finds what contradicts package attrs, before anything is registered.
func (r *reader) check() error {
	for _, v := range r.values {
		key := strings.ToLower(v.attribute)
		if a := r.byName[key]; a != nil {
			if a.typ == "integer" || a.typ == "short" || a.typ == "byte" || a.typ == "integer64" {
				a.values = append(a.values, attrs.Value{Number: v.number, Name: v.name})
			}
		} else if known, ok := attrs.KeyByName(v.attribute); ok {
			a := &attribute{place: v.place, name: v.attribute, id: known.ID(), typ: "integer", values: []attrs.Value{{Number: v.number, Name: v.name}}}
			r.byName[key], r.attributes = a, append(r.attributes, a)
		} else if !r.isSkipped[key] {
			return v.errorf("VALUE of an unknown attribute %.60q", v.attribute)
		}
	}
	for _, a := range r.attributes {
		if known, ok := attrs.KeyByName(a.name); ok && known.ID() != a.id {
			return a.errorf("the name %s belongs to another attribute, %v", a.name, number(known.ID()))
		}
	}
	return nil
}

// number is an ID by its numbers.
func number(id attrs.ID) string {
	if id.Vendor != 0 {
		return fmt.Sprintf("Attr-%d.%d.%d", id.Type, id.Vendor, id.Sub)
	}
	return fmt.Sprintf("Attr-%d.%d", id.Type, id.Sub)
}

// register makes the Keys.
func (r *reader) register() (*Dictionary, error) {
	known := make(map[attrs.ID]attrs.AnyKey)
	vendors := make(map[uint32]bool)
	owners := make(map[attrs.ID]*attribute)
	for d := range attrs.Registered() {
		known[d.ID], vendors[d.ID.Vendor] = d.Key, true
		if d.Type != "" { // else it says nothing of its values
			owners[d.ID] = &attribute{name: d.Name, id: d.ID, typ: d.Type, tagged: d.Tagged, encrypt: attrs.HidingOf(d.ID)}
		}
	}
	for _, a := range r.attributes {
		if known[a.id] == nil { // of several the last one, as for FreeRADIUS
			owners[a.id] = a
		}
	}
	for _, v := range r.vendors {
		// A vendor that has a package here keeps the format that the package says.
		if !v.more && !vendors[v.number] && v.format != (attrs.VendorFormat{Type: 1, Length: 1}) {
			if err := attrs.RegisterVendor(v.number, v.format); err != nil {
				return nil, &Error{v.file, v.line, err}
			}
		}
	}
	d := &Dictionary{byName: make(map[string]attrs.AnyKey, len(r.attributes)), skipped: r.skipped}
	for _, a := range r.attributes {
		if owner := owners[a.id]; owner != nil && !a.sharesWith(owner) {
			d.skipped = append(d.skipped, Skipped{a.name, a.file, a.line, "its number is that of " + owner.name + ", whose values are others"})
			continue
		}
		key := known[a.id]
		if key == nil {
			key = makers[a.typ](a)
			known[a.id] = key
		}
		if err := attrs.Describe(a.id, a.name, a.values...); err != nil {
			return nil, &Error{a.file, a.line, err}
		}
		d.keys, d.byName[strings.ToLower(a.name)] = append(d.keys, key), key
	}
	return d, nil
}

// likeAs are types with the octets of another one.
var likeAs = map[string]string{"string": "octets", "abinary": "octets", "tlv": "octets", "date": "integer", "signed": "integer"}

// sharesWith reports whether a may be another name of owner, which has its number: a value has the
// same octets under both. What has been known by the name of a stays.
func (a *attribute) sharesWith(owner *attribute) bool {
	like := func(typ string) string {
		if other, ok := likeAs[typ]; ok {
			return other
		}
		return typ
	}
	if known, ok := attrs.KeyByName(a.name); ok && known.ID() == a.id {
		return true
	}
	return a == owner || like(a.typ) == like(owner.typ) && a.encrypt == owner.encrypt && a.tagged == owner.tagged
}

// makers make the Key of an attribute by its type.
var makers map[string]func(*attribute) attrs.AnyKey

func init() {
	makers = map[string]func(*attribute) attrs.AnyKey{
		"string": func(a *attribute) attrs.AnyKey {
			if a.tagged {
				return keyOf(a, attrs.TaggedText)
			}
			return keyOf(a, attrs.Text)
		},
		"octets": func(a *attribute) attrs.AnyKey {
			switch {
			case a.tagged:
				return keyOf(a, attrs.TaggedOctets)
			case a.size > 0:
				return keyOf(a, attrs.Fixed(a.size))
			}
			return keyOf(a, attrs.Octets)
		},
		"integer": func(a *attribute) attrs.AnyKey {
			if a.tagged {
				return keyOf(a, attrs.TaggedInteger)
			}
			return keyOf(a, attrs.Integer)
		},
		"abinary":    of(attrs.Octets),
		"tlv":        of(attrs.Octets),
		"ether":      of(attrs.Fixed(6)),
		"integer64":  of(attrs.Integer64),
		"short":      of(attrs.Short),
		"byte":       of(attrs.Byte),
		"ipaddr":     of(attrs.IPv4Addr),
		"ipv6addr":   of(attrs.IPv6Addr),
		"ipv6prefix": of(attrs.IPv6Prefix),
		"ipv4prefix": of(attrs.IPv4Prefix),
		"ifid":       of(attrs.InterfaceID),
		"date":       of(attrs.Time),
		"combo-ip": func(a *attribute) attrs.AnyKey {
			return secretOf(a, attrs.NewKey(a.id, a.name, encodeAddr, decodeAddr))
		},
		"signed": func(a *attribute) attrs.AnyKey {
			return secretOf(a, attrs.NewKey(a.id, a.name, encodeSigned, decodeSigned))
		},
	}
	for typ := range structural {
		makers[typ] = nil
	}
}

func of[T any](c attrs.Codec[T]) func(*attribute) attrs.AnyKey {
	return func(a *attribute) attrs.AnyKey { return keyOf(a, c) }
}

func keyOf[T any](a *attribute, c attrs.Codec[T]) attrs.AnyKey {
	if a.encrypt != attrs.NotHidden {
		return c.EncryptedKey(a.id, a.name, a.encrypt)
	}
	return secretOf(a, c.Key(a.id, a.name))
}

func secretOf[T any](a *attribute, k attrs.Key[T]) attrs.AnyKey {
	if a.secret {
		return k.Sensitive()
	}
	return k
}

// A combo-ip is an address of either family.
func encodeAddr(a netip.Addr) ([]byte, error) {
	if !a.IsValid() || a.Zone() != "" {
		return nil, errors.New("not an address without zone")
	}
	return a.AsSlice(), nil
}

func decodeAddr(b []byte) (netip.Addr, error) {
	a, ok := netip.AddrFromSlice(b)
	if !ok {
		return a, fmt.Errorf("%d octets, not 4 or 16", len(b))
	}
	return a, nil
}

// A signed is a number of four octets with a sign.
type signed int32

// MarshalText returns the number.
func (s signed) MarshalText() ([]byte, error) { return fmt.Append(nil, int32(s)), nil }

// UnmarshalText reads a decimal number.
func (s *signed) UnmarshalText(text []byte) error {
	_, err := fmt.Sscanf(string(text), "%d", (*int32)(s))
	return err
}

func encodeSigned(s signed) ([]byte, error) {
	return binary.BigEndian.AppendUint32(nil, uint32(s)), nil
}

func decodeSigned(b []byte) (signed, error) {
	if len(b) != 4 {
		return 0, fmt.Errorf("%d octets, not 4", len(b))
	}
	return signed(binary.BigEndian.Uint32(b)), nil
}
