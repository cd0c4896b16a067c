// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"fmt"
	"iter"
	"strconv"

	"layeh.com/radius"
)

// Format yields one line for each attribute of set, in the syntax of radclient that ParseLine
// reads: User-Name = "bob". An attribute without Key is shown by number and octets, Attr-26.9.1 =
// 0x..., and so is one whose value is malformed. Hidden and sensitive values are [hidden], and so
// is a Vendor-Specific or extended attribute that cannot be taken apart and might have one.
func Format(set radius.Attributes) iter.Seq[string] {
	return func(yield func(string) bool) {
		v := reg.load()
		joined := make(map[radius.Type]bool)
		walk(set, func(e element) bool {
			if r := v.record(e.id); e.err == nil && r != nil && r.concat {
				if joined[e.id.Type] {
					return true
				}
				joined[e.id.Type] = true
				e.value = nil
				each(set, e.id, func(b []byte, _ error) bool {
					e.value = append(e.value, b...)
					return true
				})
			}
			return yield(string(v.appendLine(nil, e)))
		})
	}
}

// appendLine appends one attribute.
func (v *view) appendLine(b []byte, e element) []byte {
	if e.avp == nil {
		return append(b, "Attr-0 = 0x"...)
	}
	id := e.id.Base()
	if e.err != nil || id.Type == typeVendor && id.Sub == 0 {
		return v.appendMalformed(b, e)
	}
	r := v.record(id)
	if v.secret(e.id) || v.secretPair(e.id, e.value) {
		return append(append(appendName(b, r, id, secretTag(r, e.value)), " = "...), hiddenText...)
	}
	if r == nil || !r.shown {
		return appendHex(append(append(b, id.number()...), " = "...), e.value)
	}
	// The tag stands before the value in text and is known after it.
	text, tag, err := r.tryText(e.value)
	if err != nil {
		return appendHex(append(append(b, id.number()...), " = "...), e.value)
	}
	return append(append(appendName(b, r, id, tag), " = "...), text...)
}

// tryText is text, where a host's functions that panic have failed: what is printed may be octets
// that are not verified.
func (r *record) tryText(value []byte) (text []byte, tag byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("attrs: %s: panic: %v", r.name, p)
		}
	}()
	return r.text(r, nil, value)
}

// secretTag is the tag of a value that is not shown.
func secretTag(r *record, value []byte) byte {
	if r == nil || !r.tagged || len(value) == 0 || value[0] > maxTag {
		return 0
	}
	return value[0]
}

// appendName appends name and tag.
func appendName(b []byte, r *record, id ID, tag byte) []byte {
	if r == nil || !r.shown {
		b = append(b, id.number()...)
	} else {
		b = append(b, r.name...)
	}
	if tag != 0 {
		b = strconv.AppendUint(append(b, ':'), uint64(tag), 10)
	}
	return b
}

// appendMalformed appends an attribute that cannot be taken apart, by its type. What might be a
// secret in it is not shown.
// What cannot be decoded is shown as octets, so that a log says what came, and never as text that
// could pass for a value.
func (v *view) appendMalformed(b []byte, e element) []byte {
	t := e.avp.Type
	b = append(append(b, ID{Type: t}.number()...), " = "...)
	if v.secrets[e.id.Vendor] || v.secret(e.id) || t >= 0 && t < 256 && v.guarded[t] {
		return append(b, hiddenText...)
	}
	return appendHex(b, e.avp.Attribute)
}
