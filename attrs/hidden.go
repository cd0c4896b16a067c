// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"fmt"
	"iter"

	"layeh.com/radius"
)

// maxHidden is the most that can be hidden: with its length octet it fills 15 blocks of 16 octets, which with salt and tag fit into
// every kind of attribute (RFC 2868, section 3.5).
const maxHidden = 15*16 - 1

// checkHidden refuses a value, with its tag where it has one, that cannot be hidden.
func checkHidden(n int, tagged bool) error {
	if tagged {
		n--
	}
	return checkLen(max(n, 0), maxHidden)
}

// A HiddenKey names an attribute whose values are salted and hidden (RFC 2868, section 3.5). Its Attr keeps the value in clear
// and is hidden when the packet is signed, since only then a secret is known. Reading needs the request, not only its attributes.
// HiddenKeys are comparable; the zero HiddenKey encodes and finds nothing, with an error.
type HiddenKey[T any] struct{ c *codec[T] }

// Of makes the attribute with value v, at most 239 octets beside the tag.
func (k HiddenKey[T]) Of(v T) Attr {
	if k.c == nil {
		return Failed(errZeroKey)
	}
	return k.c.of(v)
}

// A Revealer shows hidden values; *dac.Request is one. Reveal gets a value as it stands in the packet, salt first and without its tag.
type Revealer interface {
	Attributes() radius.Attributes
	Reveal(hidden []byte) ([]byte, error)
}

// Get returns the first value, revealed. Its errors are those of Key.Get; a value that cannot be revealed wraps errcause.InvalidRequest.
func (k HiddenKey[T]) Get(from Revealer) (T, error) {
	v, ok, err := k.Lookup(from)
	if err == nil && !ok {
		err = missing(k.c.name)
	}
	return v, err
}

// Lookup is Get, but absence is no error.
func (k HiddenKey[T]) Lookup(from Revealer) (v T, ok bool, err error) {
	for v, err = range k.All(from) {
		return v, err == nil, err
	}
	return v, false, nil
}

// All yields every value in order, revealed, and for one that cannot be the error.
func (k HiddenKey[T]) All(from Revealer) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		switch {
		case k.c == nil:
			yield(zero, errZeroKey)
			return
		case from == nil:
			yield(zero, fmt.Errorf("attrs: %s: no request to reveal it", k.c.name))
			return
		}
		each(from.Attributes(), k.c.id, func(raw []byte, err error) bool {
			if err != nil {
				return yield(zero, err)
			}
			v, err := k.c.reveal(from, raw)
			if err != nil {
				return yield(zero, badValue(k.c.name, err))
			}
			return yield(v, nil)
		})
	}
}

// reveal decodes a hidden value.
func (c *codec[T]) reveal(from Revealer, raw []byte) (v T, err error) {
	tag, hidden, err := cutTag(raw, c.tagged)
	if err != nil {
		return v, err
	}
	clear, err := from.Reveal(hidden)
	if err != nil {
		return v, err
	}
	return c.dec(append(append(make([]byte, 0, len(tag)+len(clear)), tag...), clear...))
}

// cutTag splits the tag octet from a hidden value that has one.
func cutTag(raw []byte, tagged bool) (tag, rest []byte, err error) {
	if !tagged {
		return nil, raw, nil
	}
	if len(raw) == 0 {
		return nil, nil, errEmpty
	}
	return raw[:1], raw[1:], nil
}

// ID returns the ID of the attribute, the zero one of the zero HiddenKey.
func (k HiddenKey[T]) ID() ID {
	if k.c == nil {
		return ID{}
	}
	return k.c.id
}

// String returns the name of the attribute: "Tunnel-Password".
func (k HiddenKey[T]) String() string {
	if k.c == nil {
		return "zero Key"
	}
	return k.c.name
}

func (k HiddenKey[T]) sealed() {}

// Alias makes further names of the attribute known to Parse, and returns k.
func (k HiddenKey[T]) Alias(names ...string) HiddenKey[T] {
	Key[T](k).Alias(names...)
	return k
}

// Named gives names to numbers that values may have, for Parse, and returns k.
func (k HiddenKey[T]) Named(values ...Value) HiddenKey[T] {
	Key[T](k).Named(values...)
	return k
}

// MapHidden replaces each hidden value of set, those of vendors included, by f of it, which gets it without its tag: a signer hides what is
// in clear, a proxy hides again for the next hop. It returns set itself where nothing is hidden, and else a new set that shares all the
// other attributes; attributes that cannot be taken apart stay as they are. An error of f ends it.
func MapHidden(set radius.Attributes, f func(value []byte) ([]byte, error)) (radius.Attributes, error) {
	m := mapper{view: reg.load(), f: f, done: [2]int{-1, -1}}
	var out radius.Attributes
	for i := range set {
		b, change, err := m.replace(set, i)
		if err != nil {
			return nil, err
		}
		if change && out == nil {
			out = append(make(radius.Attributes, 0, len(set)+1), set[:i]...)
		}
		switch {
		case change:
			out = appendSet(out, b)
		case out != nil:
			out = append(out, set[i])
		}
	}
	if out == nil {
		return set, nil
	}
	return out, nil
}

// A mapper replaces the hidden values of one set.
type mapper struct {
	*view
	f    func(value []byte) ([]byte, error)
	done [2]int  // last fragment seen of 245 and of 246
	gone [2]bool // it belongs to an attribute that was replaced
}

// replace returns the attributes that stand for set[i], which may be none; change false: it stays.
func (m *mapper) replace(set radius.Attributes, i int) (b []byte, change bool, err error) {
	avp := set[i]
	switch {
	case avp == nil || avp.Type < 1 || avp.Type > 255:
		return nil, false, nil
	case avp.Type == typeVendor:
		return m.vendor(avp)
	case long(avp.Type):
		n := avp.Type - typeLong1
		if i <= m.done[n] {
			return nil, m.gone[n], nil
		}
		var e element
		e, m.done[n] = m.joinFragments(set, i)
		b, m.gone[n], err = m.one(e)
		return b, m.gone[n], err
	case avp.Type >= typeExtended1 && avp.Type < typeLong1:
		return m.one(m.extended(avp, avp.Attribute, 1))
	}
	return m.one(element{id: ID{Type: avp.Type}, value: avp.Attribute})
}

// one returns the attribute that stands for e.
func (m *mapper) one(e element) (b []byte, change bool, err error) {
	r := m.record(e.id)
	if e.err != nil || r == nil || !r.hidden || len(e.value) == 0 {
		return nil, false, nil
	}
	value, err := m.value(r, e.value)
	if err == nil {
		b, err = appendAttr(nil, e.id, false, value)
	}
	if err != nil {
		return nil, false, fmt.Errorf("attrs: %s: %w", r.name, err)
	}
	return b, true, nil
}

// value replaces one hidden value and keeps its tag.
func (m *mapper) value(r *record, value []byte) ([]byte, error) {
	tag, rest, err := cutTag(value, r.tagged)
	if err != nil {
		return nil, err
	}
	rest, err = m.f(rest)
	return append(tag[:len(tag):len(tag)], rest...), err
}

// vendor returns the Vendor-Specifics that stand for one: one, or more where the new values do not fit into it.
func (m *mapper) vendor(avp *radius.AVP) (b []byte, change bool, err error) {
	vendor, content, err := splitVendor(avp.Attribute)
	if err != nil || !m.vendors[vendor] {
		return nil, false, nil
	}
	f, ok := m.layout(vendor, content)
	if !ok {
		return nil, false, nil
	}
	start := 0 // of the Vendor-Specific being written
	for rest := content; len(rest) > 0; {
		t, value, after, _ := f.next(rest)
		rest = after
		if r := m.record(VendorID(vendor, t)); r != nil && r.hidden && len(value) > 0 {
			if value, err = m.value(r, value); err == nil {
				err = checkVendor(f, t, len(value))
			}
			if err != nil {
				return nil, false, fmt.Errorf("attrs: %s: %w", r.name, err)
			}
			change = true
		}
		if n := f.Type + f.Length + len(value); len(b) == 0 || len(b)-start+n > 2+maxValue {
			start = len(b)
			b = append(append(b, byte(typeVendor), 0), avp.Attribute[:4]...)
		}
		b = append(f.appendHead(b, t, len(value)), value...)
		b[start+1] = byte(len(b) - start)
	}
	return b, change, nil
}
