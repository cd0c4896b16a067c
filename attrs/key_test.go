// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func TestZeroKeys(t *testing.T) {
	set := setOf(t, UserName.Of("bob"))
	var k Key[string]
	_, err := k.Get(set)
	require.Error(t, err)
	_, ok, err := k.Lookup(set)
	require.False(t, ok)
	require.Error(t, err)
	for _, err := range k.All(set) {
		require.Error(t, err)
	}
	require.Equal(t, ID{}, k.ID())
	require.Equal(t, "zero Key", k.String())
	require.Equal(t, k, k.Sensitive().Named(Value{1, "x"}).Alias("x").As(RoleNAS).Packs("="), "and they register nothing")
	require.Nil(t, reg.load().names["x"])

	var h HiddenKey[string]
	require.Equal(t, ID{}, h.ID())
	require.Equal(t, "zero Key", h.String())
	require.Error(t, Check(mirror{}, nil))
	require.Error(t, Check(mirror{set}, k))
	require.Error(t, Check(mirror{set}, h))
	require.Equal(t, Key[string]{}, k)
	require.NotEqual(t, UserName, FilterID)
	var any1, any2 AnyKey = UserName, UserName
	require.True(t, any1 == any2, "Keys can be compared and be keys of a map")

	var _, b Codec[string]
	require.Error(t, b.Key(VendorID(testVendor, 99), "X-Zero-Codec").Of("x").Err())
	require.False(t, IsHidden(b.HiddenKey(VendorID(testVendor, 99), "X-Zero-Codec").ID()))
}

func TestScan(t *testing.T) {
	set := setOf(t, UserName.Of("bob"), Raw(27, []byte{1}), NASPort.Of(7))
	name, port, filter, timeout := "", uint32(0), "unset", time.Minute
	found, err := Scan(set, UserName.Into(&name), FilterID.Into(&filter), SessionTimeout.Into(&timeout), NASPort.Into(&port), Field{}, UserName.Into(nil))
	require.ErrorIs(t, err, errcause.InvalidRequest)
	require.ErrorIs(t, err, errZeroKey)
	require.Equal(t, 3, found)
	require.Equal(t, []any{"bob", uint32(7), "unset", time.Minute}, []any{name, port, filter, timeout})
	found, err = Scan(nil)
	require.NoError(t, err)
	require.Zero(t, found)
}

func TestAllGoesOnAfterWhatCannotBeDecoded(t *testing.T) {
	set := parseSet(t, octets(5, 6, 0, 0, 0, 1, 5, 3, 0, 5, 6, 0, 0, 0, 2, 26, 5, 0, 0, 0, 26, 9, 0, 0, 0xff, 0xfd, 1, 3, "v"))
	var values []uint32
	bad := 0
	for v, err := range NASPort.All(set) {
		if err != nil {
			require.ErrorIs(t, err, errcause.InvalidRequest)
			bad++
			continue
		}
		values = append(values, v)
	}
	require.Equal(t, []uint32{1, 2}, values)
	require.Equal(t, 1, bad)
	for range NASPort.All(set) {
		break
	}
	var texts []string
	for v, err := range testText.All(set) {
		if err != nil {
			v = "!"
		}
		texts = append(texts, v)
	}
	require.Equal(t, []string{"!", "v"}, texts, "a Vendor-Specific without vendor might have been this one")
}

// A color has a text form of its own.
type color struct{ r byte }

func (c color) MarshalText() ([]byte, error) { return []byte(strings.Repeat("r", int(c.r))), nil }

func (c *color) UnmarshalText(b []byte) error {
	if strings.Trim(string(b), "r") != "" {
		return errors.New("s3cret: " + string(b))
	}
	c.r = byte(len(b))
	return nil
}

// A label is a text of a host's own, a level a text with names.
type label string

func TestKeysOfAHostsOwnTypes(t *testing.T) {
	colors := NewKey(VendorID(testVendor, 40), "Own-Color", func(c color) ([]byte, error) { return []byte{c.r}, nil },
		func(b []byte) (color, error) { return color{b[0]}, nil })
	require.Equal(t, `Own-Color = "rrr"`, colors.Of(color{3}).String())
	a, err := ParseLine(`Own-Color = "rr"`)
	require.NoError(t, err)
	got, err := colors.Get(setOf(t, a))
	require.NoError(t, err)
	require.Equal(t, color{2}, got)
	_, err = Parse("Own-Color", "blue")
	require.EqualError(t, err, "attrs: Own-Color: not a value of this attribute")

	labels := NewKey(VendorID(testVendor, 41), "Own-Label", func(l label) ([]byte, error) { return []byte(l), nil },
		func(b []byte) (label, error) { return label(b), nil })
	a, err = Parse("Own-Label", "gold")
	require.NoError(t, err)
	require.Equal(t, `Own-Label = "gold"`, a.String())
	require.Equal(t, labels.Of("gold"), a)

	times := NewKey(VendorID(testVendor, 42), "Own-Time", func(v time.Time) ([]byte, error) { return appendTime(nil, v) }, Time.dec)
	at := time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC)
	require.Equal(t, `Own-Time = "Nov 21 2026 23:00:00 UTC"`, times.Of(at).String())
	a, err = ParseLine(times.Of(at).String())
	require.NoError(t, err)
	require.Equal(t, times.Of(at), a)

	none := NewKey(VendorID(testVendor, 43), "Own-Struct", func(v struct{ b byte }) ([]byte, error) { return []byte{v.b}, nil },
		func(b []byte) (struct{ b byte }, error) { return struct{ b byte }{b[0]}, nil })
	require.Equal(t, "Attr-26.65533.43 = 0x07", none.Of(struct{ b byte }{7}).String(), "without a text form by number")

	tagged := NewKey(VendorID(testVendor, 44), "Own-Tagged", func(v Tagged[color]) ([]byte, error) { return []byte{v.Tag, v.Value.r}, nil },
		sized(2, func(b []byte) (Tagged[color], error) { return Tag(b[0], color{b[1]}), nil }))
	require.Equal(t, `Own-Tagged:2 = "r"`, tagged.Of(Tag(2, color{1})).String())
	a, err = Parse("Own-Tagged:2", "r")
	require.NoError(t, err)
	require.Equal(t, tagged.Of(Tag(2, color{1})), a)
}

// A trace prints what is not verified, so a bug of a host's must not end it.
func TestFormatSurvivesACodecThatPanics(t *testing.T) {
	hasty := NewKey(VendorID(testVendor, 47), "X-Hasty", func(v byte) ([]byte, error) { return []byte{0, 0, v}, nil },
		func(b []byte) (byte, error) { return b[2], nil })
	require.Equal(t, "X-Hasty = 7", hasty.Of(7).String())
	require.Equal(t, "Attr-26.65533.47 = 0x07", Vendor(testVendor, 47, []byte{7}).String())
}

func TestNewHiddenKey(t *testing.T) {
	plain := NewHiddenKey(VendorID(testVendor, 45), "Own-Hidden", func(n uint32) ([]byte, error) { return Integer.app(nil, n) }, Integer.dec).
		Alias("Own-Concealed").Named(Value{1, "On"})
	tagged := NewHiddenKey(VendorID(testVendor, 46), "Own-Hidden-Tagged", func(v Tagged[string]) ([]byte, error) { return append([]byte{v.Tag}, v.Value...), nil },
		func(b []byte) (Tagged[string], error) { return Tag(b[0], string(b[1:])), nil })
	require.Equal(t, "Own-Hidden", plain.String())
	require.True(t, IsHidden(plain.ID()))
	a, err := Parse("own-concealed", "on")
	require.NoError(t, err)
	require.Equal(t, plain.Of(1), a)
	require.Error(t, tagged.Of(Tag(1, "")).Err(), "nothing but the tag")
	require.NoError(t, tagged.Of(Tag(1, strings.Repeat("x", 239))).Err())
	require.Error(t, tagged.Of(Tag(1, strings.Repeat("x", 240))).Err())

	set, err := MapHidden(setOf(t, plain.Of(1), tagged.Of(Tag(5, "five"))), hide)
	require.NoError(t, err)
	n, err := plain.Get(mirror{set})
	require.NoError(t, err)
	require.Equal(t, uint32(1), n)
	v, err := tagged.Get(mirror{set})
	require.NoError(t, err)
	require.Equal(t, Tag(5, "five"), v)
	require.NoError(t, Check(mirror{set}, tagged))
	require.ErrorIs(t, Check(mirror{radius.Attributes{{Type: 69}}}, TunnelPassword), errcause.InvalidRequest)
}

func TestJoin(t *testing.T) {
	require.Equal(t, Attr{b: []byte{}}, Join())
	bad := Join(UserName.Of(""), FilterID.Of("x"), NASPort.Of(1), State.Of(nil))
	require.EqualError(t, bad.Err(), "attrs: User-Name: empty value\nattrs: State: empty value")
	require.Equal(t, octets(11, 3, "x", 5, 6, 0, 0, 0, 1), Join(FilterID.Of("x"), Attr{}, Join(NASPort.Of(1))).b)
}

func TestAppendBinaryIsWhatStandsInAPacket(t *testing.T) {
	before := []byte{1, 2}
	b, err := Join(UserName.Of("bob"), NASPort.Of(7)).AppendBinary(before)
	require.NoError(t, err)
	require.Equal(t, []byte{1, 2, 1, 5, 'b', 'o', 'b', 5, 6, 0, 0, 0, 7}, b)
	b, err = UserName.Of("").AppendBinary(before)
	require.Error(t, err)
	require.Equal(t, before, b)
}

func TestAppendToSharesNothing(t *testing.T) {
	a := UserName.Of("bob")
	one, two := setOf(t, a), setOf(t, a)
	one[0].Attribute[0] = 'r'
	require.Equal(t, "bob", string(two[0].Attribute))
	require.Equal(t, `User-Name = "bob"`, a.String())

	full := make(radius.Attributes, 1, 8)
	full[0] = &radius.AVP{Type: 1, Attribute: []byte("x")}
	out, err := Join(a, a).AppendTo(full)
	require.NoError(t, err)
	require.Len(t, out, 3)
	require.Equal(t, cap(out[1].Attribute), len(out[1].Attribute), "appending to one value does not write into the next")
}

func TestGetCopies(t *testing.T) {
	set := setOf(t, Class.Of([]byte("class")))
	class, err := Class.Get(set)
	require.NoError(t, err)
	class[0] = 'X'
	require.Equal(t, "class", string(set[0].Attribute))
}
