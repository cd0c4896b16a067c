// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"bytes"
	"errors"
	"fmt"
	"iter"

	"layeh.com/radius"
)

// checkHidden refuses a value, with its tag where it has one, that cannot be hidden.
// A hidden value grows by the salt, its length octet and the padding to 16 octets, and has to fit
// into the 253 octets of one attribute all the same.
func checkHidden(how Hiding, n int, tagged bool) error {
	if tagged {
		n--
	}
	return checkLen(max(n, 0), how.most())
}

// A HiddenKey names an attribute whose values are salted and hidden (RFC 2868, section 3.5). Its
// Attr keeps the value in clear and is hidden when the packet is signed, since only then a secret
// is known. Reading needs the request, not only its attributes. HiddenKeys are comparable; the zero
// HiddenKey encodes and finds nothing, with an error.
type HiddenKey[T any] struct{ c *codec[T] }

// Of makes the attribute with value v, at most 239 octets beside the tag.
func (k HiddenKey[T]) Of(v T) Attr {
	if k.c == nil {
		return Failed(errZeroKey)
	}
	return k.c.of(v)
}

// A PasswordRevealer shows values that are hidden in another way than by salt; *dac.Request is one.
// What it returns may end with the NULs of the last block.
type PasswordRevealer interface {
	RevealPassword(how Hiding, hidden []byte) ([]byte, error)
}

// Get returns the first value, revealed. Its errors are those of Key.Get; a value that cannot be
// revealed wraps errcause.InvalidRequest.
func (k HiddenKey[T]) Get(from Revealer) (T, error) {
	v, ok, err := k.Lookup(from)
	if err == nil && !ok {
		err = missing(k.c.name)
	}
	return v, err
}

// Lookup is Get, but absence is no error.
func (k HiddenKey[T]) Lookup(from Revealer) (v T, ok bool, err error) {
	if k.c != nil && from != nil && k.c.isOnce() {
		return k.single(from)
	}
	for v, err = range k.All(from) {
		return v, err == nil, err
	}
	return v, false, nil
}

// single is Lookup where several values must agree: in clear, since each is hidden with a salt of
// its own.
func (k HiddenKey[T]) single(from Revealer) (v T, ok bool, err error) {
	var first []byte
	each(from.Attributes(), k.c.id, func(raw []byte, fault error) bool {
		if err = fault; err != nil {
			return false
		}
		clear, fault := k.c.clear(from, raw)
		switch {
		case fault != nil:
			err = badValue(k.c.name, fault)
		case !ok:
			first, ok = clear, true
			if v, fault = k.c.dec(clear); fault != nil {
				err = badValue(k.c.name, fault)
			}
		case !bytes.Equal(first, clear):
			err = badValue(k.c.name, errContradict)
		}
		return err == nil
	})
	if err != nil {
		var zero T
		return zero, false, err
	}
	return v, ok, nil
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
	clear, err := c.clear(from, raw)
	if err != nil {
		return v, err
	}
	return c.dec(clear)
}

// clear is a hidden value in clear, behind its tag octet where it has one. The tag stays in clear
// on the wire (RFC 2868, section 3.5), so that a NAS sees which tunnel is meant.
func (c *codec[T]) clear(from Revealer, raw []byte) ([]byte, error) {
	tag, hidden, err := cutTag(raw, c.tagged)
	if err != nil {
		return nil, err
	}
	clear, err := c.show(from, hidden)
	if err != nil {
		return nil, err
	}
	return append(append(make([]byte, 0, len(tag)+len(clear)), tag...), clear...), nil
}

// show reveals a value without its tag, and without the NULs that fill the last block.
func (c *codec[T]) show(from Revealer, hidden []byte) ([]byte, error) {
	if c.how == SaltHidden {
		return from.Reveal(hidden)
	}
	p, ok := from.(PasswordRevealer)
	if !ok {
		return nil, errors.New("only a PasswordRevealer shows it")
	}
	clear, err := p.RevealPassword(c.how, hidden)
	if err != nil {
		return nil, err
	}
	if n := c.size; n > 0 && n <= len(clear) {
		return clear[:n], nil
	}
	return bytes.TrimRight(clear, "\x00"), nil
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

// sealed keeps AnyKey to the Keys of this package.
func (k HiddenKey[T]) sealed() {}

// Alias makes further names of the attribute known to Parse, and returns k.
func (k HiddenKey[T]) Alias(names ...string) HiddenKey[T] {
	Key[T](k).Alias(names...)
	return k
}

// Once says that the attribute has one value, as Key.Once does, and returns k. Hidden values are
// compared in clear.
func (k HiddenKey[T]) Once() HiddenKey[T] {
	Key[T](k).Once()
	return k
}

// Named gives names to numbers that values may have, for Parse, and returns k.
func (k HiddenKey[T]) Named(values ...Value) HiddenKey[T] {
	Key[T](k).Named(values...)
	return k
}

// MapEncrypted is MapHidden for values that are hidden in any way: f is told in which.
func MapEncrypted(set radius.Attributes, f func(how Hiding, value []byte) ([]byte, error)) (radius.Attributes, error) {
	return mapHidden(set, f, false)
}

// MapHidden replaces each salted value of set, those of vendors included, by f of it, which gets it
// without its tag: a signer hides what is in clear, a proxy hides again for the next hop. It
// returns set itself where nothing is hidden, and else a new set that shares all the other
// attributes; attributes that cannot be taken apart stay as they are. An error of f ends it.
func MapHidden(set radius.Attributes, f func(value []byte) ([]byte, error)) (radius.Attributes, error) {
	return mapHidden(set, func(_ Hiding, value []byte) ([]byte, error) { return f(value) }, true)
}

// What is hidden is bound to the secret of one hop: a proxy that forwards the octets as they are
// gives the next hop a password that it cannot read.
func mapHidden(set radius.Attributes, f func(Hiding, []byte) ([]byte, error), salted bool) (radius.Attributes, error) {
	m := mapper{view: reg.load(), f: f, salted: salted, done: [2]int{-1, -1}}
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
	f      func(how Hiding, value []byte) ([]byte, error)
	salted bool    // no others
	done   [2]int  // last fragment seen of 245 and of 246
	gone   [2]bool // it belongs to an attribute that was replaced
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
	h, ok := m.meant(e.id)
	if e.err != nil || !ok || len(e.value) == 0 {
		return nil, false, nil
	}
	value, err := m.value(h, e.value)
	if err == nil {
		b, err = appendAttr(nil, e.id, false, value)
	}
	if err != nil {
		return nil, false, fmt.Errorf("attrs: %v: %w", e.id, err)
	}
	return b, true, nil
}

// meant returns how id is hidden; ok false: its values stay.
func (m *mapper) meant(id ID) (h encryption, ok bool) {
	h = m.hiding(id)
	return h, h.how == SaltHidden || h.how != NotHidden && !m.salted
}

// value replaces one hidden value and keeps its tag.
func (m *mapper) value(h encryption, value []byte) ([]byte, error) {
	tag, rest, err := cutTag(value, h.tagged)
	if err != nil {
		return nil, err
	}
	rest, err = m.f(h.how, rest)
	return append(tag[:len(tag):len(tag)], rest...), err
}

// vendor returns the Vendor-Specifics that stand for one: one, or more where the new values do not
// fit into it.
func (m *mapper) vendor(avp *radius.AVP) (b []byte, change bool, err error) {
	vendor, content, err := splitVendor(avp.Attribute)
	if err != nil || !m.secrets[vendor] {
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
		if h, ok := m.meant(VendorID(vendor, t)); ok && len(value) > 0 {
			if value, err = m.value(h, value); err == nil {
				err = checkVendor(f, t, len(value))
			}
			if err != nil {
				return nil, false, fmt.Errorf("attrs: %v: %w", VendorID(vendor, t), err)
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
