// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A mirror reveals octets by turning each around.
type mirror struct{ set radius.Attributes }

func (m mirror) Attributes() radius.Attributes { return m.set }

func (m mirror) Reveal(hidden []byte) ([]byte, error) {
	if len(hidden) < 2 {
		return nil, errors.New("no salt")
	}
	return turn(hidden[2:]), nil
}

func turn(b []byte) []byte {
	b = bytes.Clone(b)
	for i := range b {
		b[i] ^= 0xff
	}
	return b
}

// hide is the way back, with a salt of two octets.
func hide(value []byte) ([]byte, error) { return append([]byte{0x80, 1}, turn(value)...), nil }

func TestMapHiddenReplacesHiddenValuesAlone(t *testing.T) {
	long := bytes.Repeat([]byte("l"), 239)
	set, err := Join(UserName.Of("bob"), TunnelPassword.Of(Tag(7, []byte("pass"))), testText.Of("slow"), testHidden.Of(1), testBoth.Of(Tag(2, uint32(3))),
		testLongHidden.Of(Tag(4, long)), testExtHidden.Of([]byte("ext")), NASPort.Of(1)).AppendTo(nil)
	require.NoError(t, err)
	var seen []string
	hidden, err := MapHidden(set, func(value []byte) ([]byte, error) {
		seen = append(seen, string(value))
		return hide(value)
	})
	require.NoError(t, err)
	require.Equal(t, []string{"pass", "\x00\x00\x00\x01", "\x00\x00\x03", string(long), "ext"}, seen, "without their tags")
	require.Equal(t, octets(7, 0x80, 1, turn([]byte("pass"))), []byte(hidden[1].Attribute))
	require.Same(t, set[0], hidden[0], "the others are shared")
	require.Same(t, set[2], hidden[2])
	require.Same(t, set[len(set)-1], hidden[len(hidden)-1])
	require.Equal(t, octets(7, "pass"), []byte(set[1].Attribute), "and set is as it was")

	from := mirror{hidden}
	pass, err := TunnelPassword.Get(from)
	require.NoError(t, err)
	require.Equal(t, Tag(7, []byte("pass")), pass)
	n, err := testHidden.Get(from)
	require.NoError(t, err)
	require.Equal(t, uint32(1), n)
	both, err := testBoth.Get(from)
	require.NoError(t, err)
	require.Equal(t, Tag(2, uint32(3)), both)
	got, err := testLongHidden.Get(from)
	require.NoError(t, err)
	require.Equal(t, Tag(4, long), got)
	ext, err := testExtHidden.Get(from)
	require.NoError(t, err)
	require.Equal(t, []byte("ext"), ext)
}

func TestMapHiddenReturnsASetWithoutHiddenValuesItself(t *testing.T) {
	set, err := Join(UserName.Of("bob"), testText.Of("slow"), DHCPv6Options.Of(make([]byte, 600))).AppendTo(nil)
	require.NoError(t, err)
	set = append(set, nil, &radius.AVP{Type: 26}, &radius.AVP{Type: 300}, &radius.AVP{Type: 69})
	out, err := MapHidden(set, func([]byte) ([]byte, error) { panic("nothing is hidden") })
	require.NoError(t, err)
	require.Equal(t, &set[0], &out[0])
	require.Len(t, out, len(set))
}

func TestMapHiddenEndsWithTheErrorOfItsFunction(t *testing.T) {
	fault := errors.New("no secret")
	for _, a := range []Attr{TunnelPassword.Of(Tag(1, []byte("pass"))), testHidden.Of(1), testLongHidden.Of(Tag(1, []byte("x")))} {
		set, err := a.AppendTo(nil)
		require.NoError(t, err)
		_, err = MapHidden(set, func([]byte) ([]byte, error) { return nil, fault })
		require.ErrorIs(t, err, fault)
		_, err = MapHidden(set, func([]byte) ([]byte, error) { return make([]byte, 5000), nil })
		require.Error(t, err, "what does not fit")
	}
}

func TestMapHiddenSplitsAVendorSpecificThatGrows(t *testing.T) {
	content := octets(
		1, 102, strings.Repeat("a", 100),
		3, 6, 0, 0, 0, 1,
		1, 102, strings.Repeat("b", 100),
		3, 6, 0, 0, 0, 2,
		1, 3, "c")
	set := radius.Attributes{{Type: 26, Attribute: octets(0, 0, 0xff, 0xfd, content)}}
	out, err := MapHidden(set, func(value []byte) ([]byte, error) { return append(bytes.Repeat([]byte{0xee}, 30), value...), nil })
	require.NoError(t, err)
	require.Len(t, out, 2)
	for _, avp := range out {
		require.LessOrEqual(t, len(avp.Attribute), maxValue)
	}
	require.Equal(t, walked(t, set), walked(t, out), "in their order")
	var texts []string
	for v, err := range testText.All(out) {
		require.NoError(t, err)
		texts = append(texts, v[:1])
	}
	require.Equal(t, []string{"a", "b", "c"}, texts)
}

func TestHiddenKeyErrors(t *testing.T) {
	_, err := TunnelPassword.Get(mirror{})
	require.ErrorIs(t, err, errcause.MissingAttribute)
	_, ok, err := TunnelPassword.Lookup(mirror{})
	require.False(t, ok)
	require.NoError(t, err)
	_, err = TunnelPassword.Get(nil)
	require.Error(t, err)
	for name, set := range map[string]radius.Attributes{
		"no tag":  {{Type: 69}},
		"no salt": {{Type: 69, Attribute: []byte{1}}},
		"empty":   {{Type: 69, Attribute: []byte{1, 0x80, 0}}},
	} {
		_, err := TunnelPassword.Get(mirror{set})
		require.ErrorIs(t, err, errcause.InvalidRequest, name)
	}
	_, err = testHidden.Get(mirror{radius.Attributes{{Type: 26, Attribute: octets(0, 0, 0xff, 0xfd, 3, 9)}}})
	require.ErrorIs(t, err, errcause.InvalidRequest)
	_, err = HiddenKey[string]{}.Get(mirror{})
	require.Error(t, err)
	require.NotErrorIs(t, err, errcause.MissingAttribute)
	tagged, err := TunnelPassword.Get(mirror{radius.Attributes{{Type: 69, Attribute: octets(0x20, 0x80, 1, turn([]byte("x")))}}})
	require.NoError(t, err)
	require.Equal(t, Tag(0, []byte("x")), tagged, "RFC 2868, section 3.5: a tag beyond the range is ignored")
}

func TestHiddenAndSensitiveValuesAreNotPrinted(t *testing.T) {
	require.True(t, IsHidden(TunnelPassword.ID()))
	require.True(t, IsHidden(testHidden.ID()))
	require.False(t, IsHidden(UserName.ID()))
	require.False(t, IsHidden(VendorID(1, 1)))
	require.True(t, IsSensitive(testSecret.ID()))
	require.True(t, IsSensitive(testPassPair.ID()))
	require.False(t, IsSensitive(testPair.ID()))
	require.False(t, IsHidden(testSecret.ID()))
	for want, a := range map[string]Attr{
		"Tunnel-Password:1 = [hidden]":    TunnelPassword.Of(Tag(1, []byte("s3cret"))),
		"Tunnel-Password = [hidden]":      Raw(69, []byte("s3cret")),
		"Test-Hidden = [hidden]":          testHidden.Of(0x73336372),
		"Test-Secret = [hidden]":          testSecret.Of("s3cret"),
		"Test-AVPair = [hidden]":          testPassPair.Of("s3cret"),
		"User-Password = [hidden]":        UserPassword.Of([]byte("s3cret")),
		"Test-Hidden-Tagged:3 = [hidden]": testBoth.Of(Tag(3, uint32(0x3363))),
		"Attr-26 = [hidden]":              Raw(26, octets(0, 0, 0xff, 0xfd, 4, 99, "s3cret")),
		"Attr-245 = [hidden]":             Raw(245, octets(8, 0x80, "s3cret")),
	} {
		require.Equal(t, want, a.String())
		text, err := a.MarshalText()
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
}
