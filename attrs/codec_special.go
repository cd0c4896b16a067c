// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/termcause"
)

// errNoCause is the zero Cause, which is no value of the attribute: it says that there is none.
var errNoCause = errors.New("no cause")

// The Codecs of causes; 0 is none of them.
var (
	errorCause = Codec[errcause.Cause]{typ: "integer", app: appendCause[errcause.Cause], print: printCause[errcause.Cause],
		dec: sized(4, func(b []byte) (errcause.Cause, error) { return errcause.Cause(number(b)), nil })}
	terminateCause = Codec[termcause.Cause]{typ: "integer", app: appendCause[termcause.Cause], print: printCause[termcause.Cause],
		dec: sized(4, func(b []byte) (termcause.Cause, error) { return termcause.Cause(number(b)), nil })}
)

// appendCause writes a cause that is set.
func appendCause[T ~uint32](b []byte, c T) ([]byte, error) {
	if c == 0 {
		return b, errNoCause
	}
	return binary.BigEndian.AppendUint32(b, uint32(c)), nil
}

// printCause writes the name of a known cause and the number of another.
func printCause[T interface {
	~uint32
	String() string
}](b []byte, c T) []byte {
	if name := c.String(); !strings.Contains(name, "(") {
		return append(b, name...)
	}
	return strconv.AppendUint(b, uint64(c), 10)
}

// vendorSpecific is a Vendor-Specific as a whole: vendor, and at least one octet (RFC 2865, section
// 5.26).
var vendorSpecific = bounded("vsa", Octets, 5, maxValue, maxValue)

// operatorName is a namespace octet and a name (RFC 5580, section 4.1). One of a namespace that was
// registered later is let through when a peer sends it, and not made: a realm without its namespace
// would be one too.
var operatorName = func() Codec[string] {
	c := bounded("string", Text, 2, maxValue, maxValue)
	app := c.app
	c.app = func(b []byte, v string) ([]byte, error) {
		if v != "" && (v[0] < '0' || v[0] > '3') {
			return b, fmt.Errorf("namespace %q, not 0 (TADIG), 1 (realm), 2 (E212) or 3 (ICC)", v[:1])
		}
		return app(b, v)
	}
	return c
}()

// operatorNAS is a token of 1 to 32 octets; a longer one of a peer is let through, since the RFC
// gives two limits (RFC 8559, section 3.4).
var operatorNAS = bounded("octets", Octets, 1, 32, maxValue)

// bounded narrows the length of a text or of octets: from least to most where one is made, to read
// where one is read.
func bounded[T string | []byte](typ string, c Codec[T], least, most, read int) Codec[T] {
	app, dec := c.app, c.dec
	c.typ = typ
	c.app = func(b []byte, v T) ([]byte, error) {
		if n := len(v); n < least || n > most {
			return b, fmt.Errorf("%d octets, not %d to %d", n, least, most)
		}
		return app(b, v)
	}
	c.dec = func(b []byte) (v T, err error) {
		if n := len(b); n < least || n > read {
			return v, fmt.Errorf("%d octets, not %d to %d", n, least, read)
		}
		return dec(b)
	}
	return c
}

// tlv is a value that TLVs fill exactly (RFC 6929, section 2.3).
var tlv = func() Codec[[]byte] {
	c := Octets
	c.typ = "tlv"
	c.app = func(b, v []byte) ([]byte, error) { return append(b, v...), checkTLV(v) }
	c.dec = func(b []byte) ([]byte, error) {
		if err := checkTLV(b); err != nil {
			return nil, err
		}
		return decodeOctets(b)
	}
	return c
}()

// A TLV has a type octet and a length that counts both of them, as an attribute has.
func checkTLV(b []byte) error {
	if len(b) == 0 {
		return errEmpty
	}
	for len(b) > 0 {
		if len(b) < 3 || b[1] < 3 || int(b[1]) > len(b) {
			return errors.New("not filled by TLVs of 3 octets or more")
		}
		b = b[b[1]:]
	}
	return nil
}

// password is octets that are written as text, also those that begin with 0x.
var password = func() Codec[[]byte] {
	c := Octets
	c.typ = "string"
	c.parse = func(s string) ([]byte, error) { return []byte(s), nil }
	c.print = func(b, v []byte) []byte { return appendQuoted(b, string(v)) }
	return c
}()

// ipxNetwork is a number that FreeRADIUS writes as it writes an address.
var ipxNetwork = func() Codec[uint32] {
	c := Integer
	c.typ = "ipaddr"
	c.parse = func(s string) (uint32, error) {
		if a, err := netip.ParseAddr(s); err == nil && a.Is4() {
			v := a.As4()
			return binary.BigEndian.Uint32(v[:]), nil
		}
		n, err := parseUint(s, nil, 32)
		return uint32(n), err
	}
	c.print = func(b []byte, v uint32) []byte {
		return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}).AppendTo(b)
	}
	return c
}()
