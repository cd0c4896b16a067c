// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// A Codec is how values of type T stand in an attribute and in text. The variables Text, Octets,
// Integer and so on are those of RFC 8044 that these packets use. The zero Codec makes Keys that
// encode and decode nothing, with an error.
type Codec[T any] struct {
	typ    string // FreeRADIUS's name
	tagged bool
	concat bool
	loose  bool // a value has several encodings
	how    Hiding
	size   int // octets of a value of fixed length, 0: it varies
	app    func(b []byte, v T) ([]byte, error)
	dec    func(b []byte) (T, error)
	parse  func(s string) (T, error)      // nil: by what T is
	print  func(b []byte, v T) []byte     // nil: by what T is
	hide   func(Codec[T]) Codec[T]        // the form of hidden values; nil: the same
	tag    func(v T, tag byte) (T, error) // sets the tag of a value that was parsed
}

// Key makes the Key of attribute id, as NewKey does.
func (c Codec[T]) Key(id ID, name string) Key[T] { return Key[T]{c.register(id, name, NotHidden)} }

// HiddenKey makes the HiddenKey of attribute id, as NewHiddenKey does.
func (c Codec[T]) HiddenKey(id ID, name string) HiddenKey[T] {
	return c.EncryptedKey(id, name, SaltHidden)
}

// EncryptedKey makes the HiddenKey of an attribute that is hidden in another way than by salt;
// NotHidden and an unknown Hiding make one that encodes nothing, with an error.
func (c Codec[T]) EncryptedKey(id ID, name string, how Hiding) HiddenKey[T] {
	if c.hide != nil {
		c = c.hide(c)
	}
	if how == NotHidden || how > AscendHidden {
		c = Codec[T]{}
	}
	return HiddenKey[T]{c.register(id, name, how)}
}

// register makes the codec of an attribute and its record.
func (c Codec[T]) register(id ID, name string, how Hiding) *codec[T] {
	var zero T
	if _, ok := any(zero).(interface{ tagOctet() byte }); ok {
		c.tagged = true
	}
	c.how = how
	var fault error
	switch {
	case c.app == nil || c.dec == nil:
		fault = errors.New("zero Codec")
	case !id.valid():
		fault = errors.New("no such attribute")
	case how != NotHidden && id.Name != "":
		fault = errors.New("one of several in a text attribute cannot be hidden")
	}
	if fault != nil {
		c.app = func(b []byte, _ T) ([]byte, error) { return b, fault }
		c.dec = func([]byte) (T, error) { return zero, fault }
		return &codec[T]{c, id, name}
	}
	k := &codec[T]{c, id, name}
	var key AnyKey = Key[T]{k}
	if how != NotHidden {
		key = HiddenKey[T]{k}
	}
	r := record{
		id: id, name: name, key: key, typ: c.typ, tagged: c.tagged, concat: c.concat, how: how,
		parse: c.parseText, text: c.appendText,
		check: func(value []byte) error { _, err := c.dec(value); return err },
		unset: c.unset,
	}
	if c.loose || c.typ == "" {
		r.normalize = c.normalize
	}
	reg.register(r)
	return k
}

// normalize makes a value again of what it decodes to.
func (c Codec[T]) normalize(value []byte) ([]byte, error) {
	v, err := c.dec(value)
	if err != nil {
		return nil, err
	}
	return c.app(make([]byte, 0, len(value)), v)
}

// unset reports a value that is an unspecified address or prefix.
func (c Codec[T]) unset(value []byte) bool {
	v, err := c.dec(value)
	if err != nil {
		return false
	}
	switch v := any(v).(type) {
	case netip.Addr:
		return v.IsUnspecified()
	case netip.Prefix:
		return v.Addr().IsUnspecified()
	}
	return false
}

// Where is c for the values that check approves: another one is an error where it is made, and one
// that wraps errcause.InvalidRequest where it is read. check is called for every value, by several
// goroutines at once.
func (c Codec[T]) Where(check func(T) error) Codec[T] {
	if c.app == nil || check == nil {
		return c
	}
	app := c.app
	c = c.Reads(check)
	c.app = func(b []byte, v T) ([]byte, error) {
		if err := check(v); err != nil {
			return b, err
		}
		return app(b, v)
	}
	if hide := c.hide; hide != nil {
		c.hide = func(plain Codec[T]) Codec[T] { return hide(plain).Where(check) }
	}
	return c
}

// Reads is Where for values that are read alone, so that a test peer can still make others.
func (c Codec[T]) Reads(check func(T) error) Codec[T] {
	if c.dec == nil || check == nil {
		return c
	}
	dec := c.dec
	c.dec = func(b []byte) (T, error) {
		v, err := dec(b)
		if err == nil {
			err = check(v)
		}
		if err != nil {
			var zero T
			return zero, err
		}
		return v, nil
	}
	return c
}

// Digits is a text of least to most decimal digits.
func Digits(least, most int) Codec[string] {
	return Text.Where(ofCharacters("decimal", "0123456789", least, most))
}

// HexDigits is a text of least to most hexadecimal digits. It is read and written in upper case,
// and compared without regard to case.
func HexDigits(least, most int) Codec[string] {
	c := Text.Where(ofCharacters("hexadecimal", "0123456789ABCDEFabcdef", least, most))
	app, dec := c.app, c.dec
	c.app = func(b []byte, v string) ([]byte, error) { return app(b, strings.ToUpper(v)) }
	c.dec = func(b []byte) (string, error) {
		v, err := dec(b)
		return strings.ToUpper(v), err
	}
	c.loose = true
	return c
}

// ofCharacters checks what a text is made of. Its error does not repeat the text, which names a
// person.
func ofCharacters(kind, set string, least, most int) func(string) error {
	want := fmt.Sprintf("%d to %d", least, most)
	if least == most {
		want = strconv.Itoa(least)
	}
	return func(s string) error {
		if len(s) < least || len(s) > most || strings.Trim(s, set) != "" {
			return fmt.Errorf("not %s %s digits", want, kind)
		}
		return nil
	}
}

// The Codecs of untagged values.
var (
	// Text is a string of 1 to 253 octets. What a peer sends comes through as it is, invalid UTF-8
	// and NULs included.
	Text = Codec[string]{typ: "string", app: appendString, dec: decodeString}

	// Octets are opaque, 1 to 253 of them.
	Octets = Codec[[]byte]{typ: "octets", app: appendOctets, dec: decodeOctets}

	// Integer is a number of four octets.
	Integer = Codec[uint32]{typ: "integer",
		app: func(b []byte, v uint32) ([]byte, error) { return binary.BigEndian.AppendUint32(b, v), nil },
		dec: sized(4, func(b []byte) (uint32, error) { return binary.BigEndian.Uint32(b), nil })}

	// Integer64 is a number of eight octets.
	Integer64 = Codec[uint64]{typ: "integer64",
		app: func(b []byte, v uint64) ([]byte, error) { return binary.BigEndian.AppendUint64(b, v), nil },
		dec: sized(8, func(b []byte) (uint64, error) { return binary.BigEndian.Uint64(b), nil })}

	// Short is a number of two octets.
	Short = Codec[uint16]{typ: "short",
		app: func(b []byte, v uint16) ([]byte, error) { return binary.BigEndian.AppendUint16(b, v), nil },
		dec: sized(2, func(b []byte) (uint16, error) { return binary.BigEndian.Uint16(b), nil })}

	// Byte is a number of one octet.
	Byte = Codec[byte]{typ: "byte",
		app: func(b []byte, v byte) ([]byte, error) { return append(b, v), nil },
		dec: sized(1, func(b []byte) (byte, error) { return b[0], nil })}

	// Seconds is a time span of 0 to 4294967295 s in four octets; another one is an error. A
	// fraction of a second is cut off, but a span below one second is sent as one, since 0 often
	// means none.
	Seconds = Codec[time.Duration]{typ: "integer", app: appendSeconds,
		dec: sized(4, func(b []byte) (time.Duration, error) {
			return time.Duration(binary.BigEndian.Uint32(b)) * time.Second, nil
		})}

	// Time is a time from 1970 to 2106 in four octets of seconds; another one is an error. A
	// fraction of a second is cut off.
	Time = Codec[time.Time]{typ: "date", app: appendTime, parse: parseTime, print: printTime,
		dec: sized(4, func(b []byte) (time.Time, error) {
			return time.Unix(int64(binary.BigEndian.Uint32(b)), 0).UTC(), nil
		})}

	// IPv4Addr is an IPv4 address; one that is mapped into IPv6 is an error.
	IPv4Addr = Codec[netip.Addr]{typ: "ipaddr", app: appendIPv4,
		dec: sized(4, func(b []byte) (netip.Addr, error) { return netip.AddrFrom4([4]byte(b)), nil })}

	// IPv6Addr is an IPv6 address; a mapped IPv4 address and a zone are errors.
	IPv6Addr = Codec[netip.Addr]{typ: "ipv6addr", app: appendIPv6,
		dec: sized(16, func(b []byte) (netip.Addr, error) { return netip.AddrFrom16([16]byte(b)), nil })}

	// IPv6Prefix is the prefix of RFC 3162, section 2.3. Host bits are an error where one is made
	// (netip.Prefix.Masked clears them) and cleared where one is read; trailing octets of 0 are
	// left out where one is made and may be missing where one is read.
	IPv6Prefix = Codec[netip.Prefix]{typ: "ipv6prefix", loose: true, app: appendPrefix, dec: decodePrefix}

	// IPv4Prefix is the prefix of RFC 6572, section 4.11, in six octets. Host bits are an error
	// where one is made and cleared where one is read.
	IPv4Prefix = Codec[netip.Prefix]{typ: "ipv4prefix", loose: true, app: appendIPv4Prefix,
		dec: sized(6, decodeIPv4Prefix)}

	// InterfaceID is the IPv6 interface identifier of RFC 3162, section 2.2.
	InterfaceID = Codec[[8]byte]{typ: "ifid", app: func(b []byte, v [8]byte) ([]byte, error) { return append(b, v[:]...), nil },
		dec: sized(8, func(b []byte) ([8]byte, error) { return [8]byte(b), nil }), parse: parseInterfaceID, print: printInterfaceID}
)

// Fixed is the Codec of n octets, no more and no less.
func Fixed(n int) Codec[[]byte] {
	check := func(b []byte) error {
		if len(b) != n {
			return fmt.Errorf("%d octets, not %d", len(b), n)
		}
		return nil
	}
	c := Octets
	c.size = n
	c.app = func(b, v []byte) ([]byte, error) { return append(b, v...), check(v) }
	c.dec = func(b []byte) ([]byte, error) {
		if err := check(b); err != nil {
			return nil, err
		}
		return decodeOctets(b)
	}
	return c
}

// The Codecs of tagged values (RFC 2868, section 3).
var (
	// TaggedText is a string behind a tag octet, which is left out for tag 0.
	TaggedText = tagged(Text)
	// TaggedOctets are octets behind a tag octet, which is left out for tag 0.
	TaggedOctets = tagged(Octets)
	// TaggedInteger is a number of three octets behind a tag octet; one over 16777215 is an error.
	TaggedInteger = taggedInteger(Integer, func(v uint32) (uint32, error) { return v, nil }, func(n uint32) uint32 { return n })
	// TaggedSeconds is a time span of whole seconds in three octets behind a tag octet.
	TaggedSeconds = taggedInteger(Seconds, func(d time.Duration) (uint32, error) {
		b, err := appendSeconds(nil, d)
		return number(b), err
	}, func(n uint32) time.Duration { return time.Duration(n) * time.Second })
)

// sized refuses values that are not n octets long.
func sized[T any](n int, dec func([]byte) (T, error)) func([]byte) (T, error) {
	return func(b []byte) (v T, err error) {
		if len(b) != n {
			return v, fmt.Errorf("%d octets, not %d", len(b), n)
		}
		return dec(b)
	}
}

// Text of RADIUS is not ended by a NUL and cannot be empty: an attribute of no octets is to be left
// out (RFC 2865, section 5).
func appendString(b []byte, s string) ([]byte, error) {
	if s == "" {
		return b, errEmpty
	}
	return append(b, s...), nil
}

// decodeString refuses an empty value as appendString does: a NAS that sends one has sent no text,
// and "" would be taken for an attribute that is not there.
func decodeString(b []byte) (string, error) {
	if len(b) == 0 {
		return "", errEmpty
	}
	return string(b), nil
}

// appendOctets and decodeOctets are the same for octets. What is decoded is a copy: the packet that
// it stands in may be used again.
func appendOctets(b, v []byte) ([]byte, error) {
	if len(v) == 0 {
		return b, errEmpty
	}
	return append(b, v...), nil
}

func decodeOctets(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, errEmpty
	}
	return append([]byte(nil), b...), nil
}

// errRange is a time that 32 bits do not hold.
var errRange = errors.New("out of range")

// RADIUS has whole seconds in 32 bits. A part of one is cut off, but less than a second is one:
// zero would end a session at once, or never.
func appendSeconds(b []byte, d time.Duration) ([]byte, error) {
	s := d / time.Second
	if d > 0 && s == 0 {
		s = 1
	}
	if d < 0 || s > math.MaxUint32 {
		return b, errRange
	}
	return binary.BigEndian.AppendUint32(b, uint32(s)), nil
}

// Event-Timestamp counts seconds since 1970 in 32 bits without a sign, which ends in 2106.
func appendTime(b []byte, t time.Time) ([]byte, error) {
	s := t.Unix()
	if s < 0 || s > math.MaxUint32 {
		return b, errRange
	}
	return binary.BigEndian.AppendUint32(b, uint32(s)), nil
}

// An IPv4 address in IPv6 form is refused here: Unmap it, so that the octets are the four of the
// RFC.
func appendIPv4(b []byte, a netip.Addr) ([]byte, error) {
	if !a.Is4() {
		return b, errors.New("not an IPv4 address")
	}
	v := a.As4()
	return append(b, v[:]...), nil
}

// appendIPv6 refuses an IPv4 address in IPv6 form, which is no address of an interface, and a zone,
// which means nothing on another machine.
func appendIPv6(b []byte, a netip.Addr) ([]byte, error) {
	if !a.Is6() || a.Is4In6() || a.Zone() != "" {
		return b, errors.New("not an IPv6 address without zone")
	}
	v := a.As16()
	return append(b, v[:]...), nil
}

// An IPv6 prefix is a reserved octet, its length, and as many octets of the address as it needs
// (RFC 3162, section 2.3). Bits behind the length are zero: two encodings would be two prefixes to
// a NAS that compares octets.
func appendPrefix(b []byte, p netip.Prefix) ([]byte, error) {
	switch {
	case !p.IsValid() || !p.Addr().Is6():
		return b, errors.New("not an IPv6 prefix")
	case p != p.Masked():
		return b, errors.New("prefix with host bits")
	}
	v := p.Addr().As16()
	b = append(b, 0, byte(p.Bits()))
	return append(b, v[:(p.Bits()+7)/8]...), nil
}

// appendIPv4Prefix writes a reserved octet, the length, and always four octets of the address (RFC
// 8044, section 3.11).
func appendIPv4Prefix(b []byte, p netip.Prefix) ([]byte, error) {
	switch {
	case !p.IsValid() || !p.Addr().Is4():
		return b, errors.New("not an IPv4 prefix")
	case p != p.Masked():
		return b, errors.New("prefix with host bits")
	}
	v := p.Addr().As4()
	return append(append(b, 0, byte(p.Bits())), v[:]...), nil
}

// decodeIPv4Prefix reads the length from the lower six bits, and what stands behind it as zeros
// (RFC 8044, section 3.11).
func decodeIPv4Prefix(b []byte) (netip.Prefix, error) {
	if b[1]&0x3f > 32 {
		return netip.Prefix{}, errors.New("not an IPv4 prefix")
	}
	return netip.PrefixFrom(netip.AddrFrom4([4]byte(b[2:])), int(b[1]&0x3f)).Masked(), nil
}

// Senders differ in whether they cut octets that are zero: both forms are read as one prefix.
func decodePrefix(b []byte) (netip.Prefix, error) {
	if len(b) < 2 || len(b) > 18 || b[1] > 128 {
		return netip.Prefix{}, errors.New("not an IPv6 prefix")
	}
	var v [16]byte
	copy(v[:], b[2:])
	return netip.PrefixFrom(netip.AddrFrom16(v), int(b[1])).Masked(), nil
}

// tagged puts a tag before the values of c.
func tagged[T any](c Codec[T]) Codec[Tagged[T]] {
	return Codec[Tagged[T]]{typ: c.typ, tagged: true, loose: true, tag: setTag[T], parse: parseTagged(c.parse), print: printTagged(c.print),
		hide: func(Codec[Tagged[T]]) Codec[Tagged[T]] { return hiddenTagged(c) },
		app: func(b []byte, v Tagged[T]) ([]byte, error) {
			if v.Tag > maxTag {
				return b, errTag
			}
			n := len(b)
			b, err := c.app(append(b, v.Tag), v.Value)
			// Without tag the octet is there only where the value would begin like one.
			if v.Tag == 0 && len(b) > n+1 && b[n+1] > maxTag {
				b = append(b[:n], b[n+1:]...)
			}
			return b, err
		},
		dec: func(b []byte) (v Tagged[T], err error) {
			if len(b) > 0 && b[0] <= maxTag {
				v.Tag, b = b[0], b[1:]
			}
			v.Value, err = c.dec(b)
			return v, err
		},
	}
}

// hiddenTagged is tagged for hidden values, which have the tag octet always (RFC 2868, section
// 3.5).
func hiddenTagged[T any](c Codec[T]) Codec[Tagged[T]] {
	return Codec[Tagged[T]]{typ: c.typ, tagged: true, loose: true, tag: setTag[T], parse: parseTagged(c.parse), print: printTagged(c.print),
		app: func(b []byte, v Tagged[T]) ([]byte, error) {
			if v.Tag > maxTag {
				return b, errTag
			}
			return c.app(append(b, v.Tag), v.Value)
		},
		dec: func(b []byte) (v Tagged[T], err error) {
			if len(b) == 0 {
				return v, errEmpty
			}
			// An octet beyond the range is to be ignored.
			if v.Tag = b[0]; v.Tag > maxTag {
				v.Tag = 0
			}
			v.Value, err = c.dec(b[1:])
			return v, err
		},
	}
}

// parseTagged is parse for tagged values; the tag comes later.
func parseTagged[T any](parse func(string) (T, error)) func(string) (Tagged[T], error) {
	if parse == nil {
		return nil
	}
	return func(s string) (Tagged[T], error) {
		v, err := parse(s)
		return Tagged[T]{Value: v}, err
	}
}

// printTagged is print for tagged values, without the tag.
func printTagged[T any](print func([]byte, T) []byte) func([]byte, Tagged[T]) []byte {
	if print == nil {
		return nil
	}
	return func(b []byte, v Tagged[T]) []byte { return print(b, v.Value) }
}

// taggedInteger puts a tag in the place of the first of four octets.
func taggedInteger[T any](c Codec[T], number func(T) (uint32, error), value func(uint32) T) Codec[Tagged[T]] {
	return Codec[Tagged[T]]{typ: c.typ, tagged: true, loose: true, tag: setTag[T],
		app: func(b []byte, v Tagged[T]) ([]byte, error) {
			n, err := number(v.Value)
			switch {
			case err != nil:
				return b, err
			case v.Tag > maxTag:
				return b, errTag
			case n > 1<<24-1:
				return b, errRange
			}
			return append(b, v.Tag, byte(n>>16), byte(n>>8), byte(n)), nil
		},
		dec: sized(4, func(b []byte) (v Tagged[T], err error) {
			if b[0] > maxTag {
				return v, errTag
			}
			n := binary.BigEndian.Uint32(b)
			return Tagged[T]{byte(n >> 24), value(n & (1<<24 - 1))}, nil
		}),
	}
}

// setTag refuses a tag above 0x1f: the octet would be taken for the first one of the value (RFC
// 2868, section 3.1).
func setTag[T any](v Tagged[T], tag byte) (Tagged[T], error) {
	if tag > maxTag {
		return v, errTag
	}
	v.Tag = tag
	return v, nil
}

// tagOctet marks Tagged values, of any type.
func (t Tagged[T]) tagOctet() byte { return t.Tag }

// concatenated lets values stand over several attributes.
func concatenated[T any](c Codec[T]) Codec[T] {
	c.concat = true
	return c
}
