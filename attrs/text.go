// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"encoding"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// parseText appends the encoded value that s says, after FreeRADIUS's ways of writing.
func (c Codec[T]) parseText(r *record, b []byte, tag byte, s string) ([]byte, error) {
	v, err := c.parseString(r, s)
	if err == nil && c.tagged {
		v, err = withTag(c, v, tag)
	}
	if err != nil {
		return b, err
	}
	return c.app(b, v)
}

// parseString reads s by the parser of the codec, and else by the type of its values: a Key of a
// host's own type is written in text without more code.
func (c Codec[T]) parseString(r *record, s string) (T, error) {
	if c.parse != nil {
		return c.parse(s)
	}
	if v, ok := any(s).(T); ok {
		return v, nil
	}
	v := new(T)
	err := parseInto(v, r, s)
	return *v, err
}

// withTag puts the tag, which stands behind the name in text (Tunnel-Type:1), before the value.
func withTag[T any](c Codec[T], v T, tag byte) (T, error) {
	if c.tag != nil {
		return c.tag(v, tag)
	}
	if p, ok := any(&v).(interface{ setTag(byte) }); ok && tag <= maxTag {
		p.setTag(tag)
		return v, nil
	}
	return v, errTag
}

// setTag and parseValue let withTag and parseInto do with a Tagged what they cannot know of its
// type.
func (t *Tagged[T]) setTag(tag byte)                      { t.Tag = tag }
func (t *Tagged[T]) parseValue(r *record, s string) error { return parseInto(&t.Value, r, s) }

// appendText appends value as parseText reads it.
func (c Codec[T]) appendText(r *record, b, value []byte) ([]byte, byte, error) {
	v, err := c.dec(value)
	if err != nil {
		return b, 0, err
	}
	// A value that could not be sent is shown as octets.
	if _, err := c.app(nil, v); err != nil {
		return b, 0, err
	}
	var tag byte
	if t, ok := any(v).(interface{ tagOctet() byte }); ok {
		tag = t.tagOctet()
	}
	switch t, ok := any(v).(interface {
		appendValue(r *record, b []byte) ([]byte, error)
	}); {
	case c.print != nil:
		b = c.print(b, v)
	case ok:
		b, err = t.appendValue(r, b)
	default:
		b, err = appendValue(b, r, v)
	}
	return b, tag, err
}

// appendValue writes the value; its tag belongs to the name.
func (t Tagged[T]) appendValue(r *record, b []byte) ([]byte, error) {
	return appendValue(b, r, t.Value)
}

var (
	errNoText = errors.New("has no text form, only octets like 0x0a1b")
)

// parseInto reads s by what p points at.
func parseInto(p any, r *record, s string) error {
	switch p := p.(type) {
	case *string:
		*p = s
	// Octets may be given as text, as radclient takes them: 0x begins digits, all else is itself.
	case *[]byte:
		b, ok, err := parseHex(s)
		if !ok {
			b = []byte(s)
		}
		*p = b
		return err
	// Spans are whole seconds on the wire; RADIUS has no other unit for them.
	case *time.Duration:
		n, err := parseUint(s, nil, 32)
		*p = time.Duration(n) * time.Second
		return err
	case *time.Time:
		t, err := parseTime(s)
		*p = t
		return err
	case *netip.Addr:
		a, err := netip.ParseAddr(s)
		*p = a
		return quiet(err, "not an address")
	case *netip.Prefix:
		a, err := netip.ParsePrefix(s)
		*p = a
		return quiet(err, "not a prefix")
	case interface {
		parseValue(r *record, s string) error
	}:
		return p.parseValue(r, s)
	case encoding.TextUnmarshaler:
		return quiet(p.UnmarshalText([]byte(s)), "not a value of this attribute")
	default:
		return parseKind(reflect.ValueOf(p).Elem(), r, s)
	}
	return nil
}

// parseKind reads s into types of a host's own.
// Names of values count for numbers of any width, fixed arrays are octets.
func parseKind(v reflect.Value, r *record, s string) error {
	switch v.Kind() {
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := parseUint(s, r.values, v.Type().Bits())
		v.SetUint(n)
		return err
	case reflect.String:
		v.SetString(s)
		return nil
	case reflect.Array:
		b, ok, err := parseHex(s)
		if err != nil || !ok || v.Type().Elem().Kind() != reflect.Uint8 || len(b) != v.Len() {
			return fmt.Errorf("not %d octets like 0x0a1b", v.Len())
		}
		reflect.Copy(v, reflect.ValueOf(b))
		return nil
	}
	return errNoText
}

// parseUint reads a name, a decimal number or a hexadecimal one after 0x. FreeRADIUS's dictionaries
// give one number several names at times, an old one and a new one: any of them is taken, in any
// case.
func parseUint(s string, names []Value, bits int) (uint64, error) {
	for _, v := range names {
		if strings.EqualFold(v.Name, s) {
			return uint64(v.Number), nil
		}
	}
	digits, base := s, 10
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		digits, base = s[2:], 16
	}
	n, err := strconv.ParseUint(digits, base, bits)
	if err != nil {
		return 0, quiet(err, "not a number from 0 to "+strconv.FormatUint(1<<bits-1, 10)+", nor the name of a value")
	}
	return n, nil
}

// appendValue appends v by what it is.
func appendValue(b []byte, r *record, v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return appendQuoted(b, v), nil
	case []byte:
		return appendHex(b, v), nil
	case time.Duration:
		return strconv.AppendInt(b, int64(v/time.Second), 10), nil
	case time.Time:
		return printTime(b, v), nil
	case netip.Addr:
		return v.AppendTo(b), nil
	case netip.Prefix:
		return v.AppendTo(b), nil
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		return appendQuoted(b, string(text)), err
	}
	return appendKind(b, r, reflect.ValueOf(v))
}

// appendKind writes numbers by the first name that the dictionaries have for them, so that what is
// printed reads back as the same octets.
func appendKind(b []byte, r *record, v reflect.Value) ([]byte, error) {
	switch v.Kind() {
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		for _, known := range r.values {
			if uint64(known.Number) == v.Uint() {
				return append(b, known.Name...), nil
			}
		}
		return strconv.AppendUint(b, v.Uint(), 10), nil
	case reflect.String:
		return appendQuoted(b, v.String()), nil
	case reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			b = append(b, "0x"...)
			for i := range v.Len() {
				b = hex.AppendEncode(b, []byte{byte(v.Index(i).Uint())})
			}
			return b, nil
		}
	}
	return b, errNoText
}

// timeLayout is how FreeRADIUS prints a time; the zone is always UTC here.
const timeLayout = "Jan _2 2006 15:04:05"

// Event-Timestamp has seconds and no zone: UTC is written out, so that it is not read as local.
func printTime(b []byte, t time.Time) []byte {
	b = t.UTC().AppendFormat(append(b, '"'), timeLayout)
	return append(b, ` UTC"`...)
}

// parseTime reads seconds since 1970, which is what goes on the wire, FreeRADIUS's text and RFC
// 3339. A time without a zone is UTC, since a log of another machine says no other.
func parseTime(s string) (time.Time, error) {
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		return time.Unix(int64(n), 0).UTC(), nil
	}
	text := strings.Join(strings.Fields(s), " ")
	for _, zone := range []string{" UTC", " GMT"} {
		text = strings.TrimSuffix(text, zone)
	}
	for _, layout := range []string{"Jan 2 2006 15:04:05", time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errors.New(`not a time like "Nov 21 2026 23:00:00 UTC", nor seconds since 1970`)
}

// printInterfaceID writes four groups of 16 bits, as FreeRADIUS does.
func printInterfaceID(b []byte, v [8]byte) []byte {
	for i := 0; i < len(v); i += 2 {
		if i > 0 {
			b = append(b, ':')
		}
		b = strconv.AppendUint(b, uint64(v[i])<<8|uint64(v[i+1]), 16)
	}
	return b
}

// parseInterfaceID reads eight octets, in four groups or in hexadecimal digits. It is the low half
// of an IPv6 address, but has no :: for zeros.
func parseInterfaceID(s string) (v [8]byte, err error) {
	if b, ok, err := parseHex(s); ok && err == nil && len(b) == len(v) {
		return [8]byte(b), nil
	}
	groups := strings.Split(s, ":")
	for i, g := range groups {
		n, err := strconv.ParseUint(g, 16, 16)
		if err != nil || len(groups) != 4 {
			return v, errors.New("not an interface identifier like 2001:db8:0:1")
		}
		v[2*i], v[2*i+1] = byte(n>>8), byte(n)
	}
	if len(groups) != 4 {
		return v, errors.New("not an interface identifier like 2001:db8:0:1")
	}
	return v, nil
}
