// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"bytes"
	"errors"
	"fmt"
	"iter"

	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A Key names an attribute whose values are of type T. Keys are comparable; the zero Key encodes
// and finds nothing, with an error. The Key of a text attribute in which a vendor packs several,
// Cisco-AVPair, reads them all; that of one of them, with an ID.Name, its own.
type Key[T any] struct{ c *codec[T] }

// A codec is an attribute and how its values are encoded.
type codec[T any] struct {
	Codec[T]
	id   ID
	name string
}

var errZeroKey = errors.New("attrs: zero Key")

// Of makes the attribute with value v. A value that the attribute cannot carry makes an Attr with
// an error.
func (k Key[T]) Of(v T) Attr {
	if k.c == nil {
		return Failed(errZeroKey)
	}
	return k.c.of(v)
}

// of encodes v behind room for the head of the attribute, so that one allocation does.
func (c *codec[T]) of(v T) Attr {
	head := headLen(c.id, c.concat)
	b, err := c.app(make([]byte, head, 32), v)
	if err == nil && c.how != NotHidden {
		err = checkHidden(c.how, len(b)-head, c.tagged)
	}
	if err == nil {
		b, err = seal(b, head, c.id, c.concat)
	}
	if err != nil {
		return Failed(fmt.Errorf("attrs: %s: %w", c.name, err))
	}
	return Attr{b: b}
}

// Get returns the first value in set. Its error wraps errcause.MissingAttribute when there is none
// and errcause.InvalidRequest when it cannot be decoded (404: not formatted properly; 407 is for a
// host that refuses a well-formed value). Of an attribute that comes once (Once, or at most once in
// a CoA-Request by the tables of the RFCs), two different values are an error too.
func (k Key[T]) Get(set radius.Attributes) (T, error) {
	v, ok, err := k.Lookup(set)
	if err == nil && !ok {
		err = missing(k.c.name)
	}
	return v, err
}

func missing(name string) error { return fmt.Errorf("attrs: %s: %w", name, errcause.MissingAttribute) }

// Lookup is Get, but absence is no error.
func (k Key[T]) Lookup(set radius.Attributes) (v T, ok bool, err error) {
	if k.c == nil {
		return v, false, errZeroKey
	}
	raw, ok, err := k.c.first(set)
	if !ok || err != nil {
		return v, false, err
	}
	if v, err = k.c.dec(raw); err == nil && k.c.isOnce() {
		err = k.c.agree(set, raw)
	}
	if err != nil {
		var zero T
		return zero, false, badValue(k.c.name, err)
	}
	return v, true, nil
}

// All yields every value in set in order, and for one that cannot be decoded the error. A value
// that stands over several attributes (NASFilterRule, EAPMessage) is one.
func (k Key[T]) All(set radius.Attributes) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		if k.c == nil {
			yield(zero, errZeroKey)
			return
		}
		k.c.all(set, func(raw []byte, err error) bool {
			if err != nil {
				return yield(zero, err)
			}
			v, err := k.c.dec(raw)
			if err != nil {
				return yield(zero, badValue(k.c.name, err))
			}
			return yield(v, nil)
		})
	}
}

// isOnce reports an attribute that has one value.
func (c *codec[T]) isOnce() bool {
	r := reg.load().record(c.id)
	return r != nil && (r.once || lookupRule(r.id).in[0] == ZeroOrOne)
}

// errContradict is an attribute that may come once, and came twice with different values: which of
// them is meant cannot be told.
var errContradict = errors.New("two different values")

// agree refuses a second value that differs from the first.
func (c *codec[T]) agree(set radius.Attributes, first []byte) (err error) {
	c.all(set, func(raw []byte, fault error) bool {
		if err = fault; err == nil && !bytes.Equal(raw, first) {
			err = errContradict
		}
		return err == nil
	})
	return err
}

// first returns the first encoded value.
func (c *codec[T]) first(set radius.Attributes) (value []byte, ok bool, err error) {
	if c.id.plain() && !c.concat {
		for _, avp := range set {
			if avp != nil && avp.Type == c.id.Type {
				return avp.Attribute, true, nil
			}
		}
		return nil, false, nil
	}
	c.all(set, func(b []byte, e error) bool {
		value, ok, err = b, e == nil, e
		return false
	})
	return value, ok, err
}

// all yields the encoded values.
func (c *codec[T]) all(set radius.Attributes, yield func(value []byte, err error) bool) {
	if !c.concat {
		each(set, c.id, yield)
		return
	}
	var joined []byte
	var broken error
	found := false
	each(set, c.id, func(b []byte, err error) bool {
		if err == nil && len(b) == 0 { // as malformed among others as it is alone
			err = badValue(c.name, errEmpty)
		}
		joined, broken, found = append(joined, b...), err, true
		return err == nil
	})
	if found {
		yield(joined, broken)
	}
}

// ID returns the ID of the attribute, the zero one of the zero Key.
func (k Key[T]) ID() ID {
	if k.c == nil {
		return ID{}
	}
	return k.c.id
}

// String returns the name of the attribute: "Filter-Id".
func (k Key[T]) String() string {
	if k.c == nil {
		return "zero Key"
	}
	return k.c.name
}

func (k Key[T]) sealed() {}

// NewKey makes a Key, for the packages below attrs and for a host's own vendor attributes, and
// makes its name known to Parse, String and Format. enc and dec turn a value into octets and back;
// an error of dec becomes one that wraps errcause.InvalidRequest. Where there is a Codec for the
// values, Codec.Key does the same in fewer words.
//
// Where two Keys are made for one attribute both work; the name of the later one is shown, Parse
// knows both, and the attribute stays hidden or sensitive where one of them is. A name belongs to
// the attribute that had it first; another one's is shown by number. An ID that no packet can carry
// makes a Key that encodes nothing, with an error.
func NewKey[T any](id ID, name string, enc func(T) ([]byte, error), dec func([]byte) (T, error)) Key[T] {
	return custom(enc, dec).Key(id, name)
}

// NewHiddenKey makes a HiddenKey, as NewKey a Key. Where T is a Tagged, the value of enc begins
// with the tag octet, 0 for none, and so does that given to dec; the tag is not hidden. The rest is
// at most 239 octets.
func NewHiddenKey[T any](id ID, name string, enc func(T) ([]byte, error), dec func([]byte) (T, error)) HiddenKey[T] {
	return custom(enc, dec).HiddenKey(id, name)
}

// custom is the Codec of a pair of functions.
func custom[T any](enc func(T) ([]byte, error), dec func([]byte) (T, error)) Codec[T] {
	if enc == nil || dec == nil {
		return Codec[T]{}
	}
	return Codec[T]{
		app: func(b []byte, v T) ([]byte, error) {
			value, err := enc(v)
			return append(b, value...), err
		},
		dec: dec,
	}
}

// Sensitive marks the attribute, so that its values print as [hidden], and returns k.
func (k Key[T]) Sensitive() Key[T] { return k.change(func(r *record) { r.sensitive = true }) }

// Named gives names to numbers that values may have, for Parse and String, and returns k. Of
// several names for one number the first is shown.
func (k Key[T]) Named(values ...Value) Key[T] {
	return k.change(func(r *record) { r.values = append(r.values[:len(r.values):len(r.values)], values...) })
}

// As gives the attribute a role other than that of the RFCs' tables, a vendor's mostly, and returns
// k.
func (k Key[T]) As(role Role) Key[T] { return k.change(func(r *record) { r.role = role }) }

// Partial says that the attribute names a session only beside others, as a bearer's number does
// that counts within a subscriber, and returns k: SelectionOf refuses a request that has nothing
// else.
func (k Key[T]) Partial() Key[T] { return k.change(func(r *record) { r.partial = true }) }

// Once says that the attribute has one value, and returns k: where two differ, Get, Lookup and
// Check say so with an error that wraps errcause.InvalidRequest (404) instead of the first being
// taken.
func (k Key[T]) Once() Key[T] { return k.change(func(r *record) { r.once = true }) }

// Alias makes further names of the attribute known to Parse, and returns k.
func (k Key[T]) Alias(names ...string) Key[T] {
	return k.change(func(r *record) {
		for _, name := range names {
			reg.name(name, r.id)
		}
	})
}

// Packs says that the vendor packs several attributes into this one, name and value with sep
// between them, and returns k. IDs then yields each with its ID.Name. With sep "" the name is the
// first octet.
func (k Key[T]) Packs(sep string) Key[T] {
	return k.change(func(r *record) { reg.packs[r.id] = sep })
}

// change changes the record of k, which all Keys of its ID share.
func (k Key[T]) change(f func(*record)) Key[T] {
	if k.c != nil {
		reg.update(k.c.id, f)
	}
	return k
}

// A Field is a place for one value, made by Key.Into.
type Field struct {
	read func(radius.Attributes) (bool, error)
}

// Into makes a Field of p, for Scan.
func (k Key[T]) Into(p *T) Field {
	return Field{func(set radius.Attributes) (bool, error) {
		v, ok, err := k.Lookup(set)
		if ok && p != nil {
			*p = v
		}
		return ok, err
	}}
}

// Scan reads several attributes at once: it fills the fields that are present and can be decoded,
// leaves the others as they were, and joins the errors. found is the number of fields that were
// filled.
func Scan(set radius.Attributes, f ...Field) (found int, err error) {
	var errs []error
	for _, f := range f {
		if f.read == nil {
			errs = append(errs, errZeroKey)
			continue
		}
		ok, err := f.read(set)
		if ok {
			found++
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return found, errors.Join(errs...)
}

// Tagged is a value with an RFC 2868 tag, 0 for none. Values with the same tag, 1 to 31, belong
// together.
type Tagged[T any] struct {
	Tag   byte
	Value T
}

// Tag returns v with a tag.
func Tag[T any](tag byte, v T) Tagged[T] { return Tagged[T]{Tag: tag, Value: v} }
