// SPDX-License-Identifier: Apache-2.0

package packet

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// figure makes octets of rows laid out as in the figures of the RFCs.
func figure(rows ...string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Join(rows, ""), " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func avp(t radius.Type, value string) *radius.AVP {
	return &radius.AVP{Type: t, Attribute: radius.Attribute(value)}
}

// with is a packet of code and identifier 1 with the attributes of rows.
func with(code byte, rows ...string) []byte {
	b := append(header("00 00"), figure(rows...)...)
	b[0] = code
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// header is the header of a Disconnect-Request with the given Length field; none of the functions
// here look at its authenticator.
func header(length string) []byte {
	return figure(
		"28 01"+length,
		"00 00 00 00",
		"00 00 00 00",
		"00 00 00 00",
		"00 00 00 00",
	)
}

// filled is a packet of n octets that is in order but for their number, where they are too many.
func filled(n int) []byte {
	b := header("00 00")
	for len(b) < n {
		size := min(n-len(b), 255)
		if n-len(b)-size == 1 {
			size--
		}
		b = append(append(b, 33, byte(size)), make([]byte, size-2)...)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(n))
	return b
}

func TestR5176_2_3_2_HeaderOfRFC2865(t *testing.T) {
	b := figure(
		"28 07 00 1c", // Code 40, Identifier 7, Length 28
		"01 02 03 04", // Authenticator
		"05 06 07 08",
		"09 0a 0b 0c",
		"0d 0e 0f 10",
		"01 08 6d 63", // User-Name, 8 octets, "mc
		"68 69 62 61", // hiba"
	)
	octets, err := Cut(b)
	require.NoError(t, err)
	var p radius.Packet
	Parse(&p, octets, nil, nil)
	assert.Equal(t, radius.CodeDisconnectRequest, p.Code)
	assert.EqualValues(t, 7, p.Identifier)
	assert.Equal(t, [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, p.Authenticator)
	assert.Equal(t, radius.Attributes{avp(1, "mchiba")}, p.Attributes)
	assert.Empty(t, p.Secret)
}

func TestR5176_2_3_11_LengthRules(t *testing.T) {
	pad := func(b []byte, n int) []byte { return append(b, make([]byte, n)...) }
	full := filled(4096)
	for _, c := range []struct {
		name string
		b    []byte
		n    int // octets of the packet; 0: malformed
	}{
		{"nothing", nil, 0},
		{"one octet", []byte{40}, 0},
		{"19 octets", header("00 13")[:19], 0},
		{"a header alone", header("00 14"), 20},
		{"Length 0", header("00 00"), 0},
		{"Length 19", header("00 13"), 0},
		{"Length 21 in 20 octets", header("00 15"), 0},
		{"Length 4096", full, 4096},
		{"Length 4096, datagram of 4095", full[:4095], 0},
		{"Length 4097", filled(4097), 0},
		{"Length 65535", pad(header("ff ff"), 65515), 0},
		{"padding of one octet", pad(header("00 14"), 1), 20},
		{"padding that looks like an attribute", append(header("00 14"), 1, 3, 'x'), 20},
		{"padding of 4076 octets", pad(header("00 14"), 4076), 20},
		{"an empty attribute", append(header("00 16"), 1, 2), 22},
		{"one octet of an attribute", append(header("00 15"), 1), 0},
		{"attribute Length 0", append(header("00 16"), 1, 0), 0},
		{"attribute Length 1", append(header("00 16"), 1, 1), 0},
		{"attribute Length 0 behind a good one", append(header("00 19"), 1, 3, 'x', 1, 0), 0},
		{"attribute past the packet", append(header("00 17"), 1, 4, 'x'), 0},
		{"attribute past the packet, into the padding", append(header("00 17"), 1, 4, 'x', 'y'), 0},
		{"attribute of 255 octets in 23", append(header("00 17"), 1, 255, 'x'), 0},
		{"attribute of 255 octets", pad(append(header("01 13"), 1, 255), 253), 275},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Cut(c.b)
			if c.n == 0 {
				require.ErrorIs(t, err, ErrMalformed)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.b[:c.n], got)
			assert.Equal(t, c.n, cap(got), "an append to the packet would write into the datagram")
		})
	}
}

func TestFindIsTheFirst(t *testing.T) {
	b := append(header("00 1d"), 24, 3, 'a', 33, 2, 24, 4, 'b', 'c')
	assert.Equal(t, []byte("a"), Find(b, 24))
	assert.NotNil(t, Find(b, 33), "an empty attribute is there")
	assert.Empty(t, Find(b, 33))
	assert.Nil(t, Find(b, 1))
}

func TestR5176_6_3_3_WindowBothWays(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	stamped := func(off ...int) []byte {
		b := header("00 00")
		for _, o := range off {
			b = append(b, TypeEventTimestamp, 6)
			b = binary.BigEndian.AppendUint32(b, uint32(now.Unix()+int64(o)))
		}
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		return b
	}
	for _, c := range []struct {
		name string
		b    []byte
		late time.Duration // of the clock, within its second
		ok   bool
	}{
		{"none", header("00 14"), 0, true},
		{"now", stamped(0), 0, true},
		{"299 s ago", stamped(-299), 0, true},
		{"300 s ago", stamped(-300), 0, true},
		{"300 s ago and a part of a second", stamped(-300), time.Second - 1, true},
		{"301 s ago", stamped(-301), 0, false},
		{"299 s ahead", stamped(299), 0, true},
		{"300 s ahead", stamped(300), 0, true},
		{"300 s ahead and a part of a second", stamped(300), time.Second - 1, true},
		{"301 s ahead", stamped(301), 0, false},
		{"301 s ahead, less a part of a second", stamped(301), time.Second - 1, false},
		{"two, both current", stamped(1, 2), 0, true},
		{"two, the first stale", stamped(-301, 0), 0, false},
		{"two, the second stale", stamped(0, -301), 0, false},
		{"1970", append(header("00 1a"), 55, 6, 0, 0, 0, 0), 0, false},
		{"2106", append(header("00 1a"), 55, 6, 255, 255, 255, 255), 0, false},
		{"empty", append(header("00 16"), 55, 2), 0, false},
		{"three octets", append(header("00 19"), 55, 5, 0x69, 0xa4, 0x2b), 0, false},
		{"eight octets", append(header("00 1e"), 55, 10, 0, 0, 0, 0, 0x69, 0xa4, 0x2b, 0xc0), 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Current(c.b, now.Add(c.late), 300*time.Second)
			if c.ok {
				assert.NoError(t, err)
			} else {
				assert.ErrorIs(t, err, ErrEventTimestamp)
			}
		})
	}
}

// FuzzCut holds Cut to the parser of layeh.com/radius, which is right on lengths, and the walks to
// each other.
func FuzzCut(f *testing.F) {
	for _, b := range [][]byte{
		header("00 14"), filled(300), append(header("00 1d"), 24, 3, 'a', 33, 2, 24, 4, 'b', 'c'),
		append(header("00 1a"), 55, 6, 0, 0, 0, 0), append(header("00 14"), "padding"...),
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		octets, err := Cut(b)
		theirs, theirErr := radius.Parse(b, nil)
		if (err == nil) != (theirErr == nil) {
			t.Fatalf("%v, and layeh says %v", err, theirErr)
		}
		if err != nil {
			require.ErrorIs(t, err, ErrMalformed)
			return
		}
		require.Equal(t, int(binary.BigEndian.Uint16(b[2:])), len(octets))
		var p radius.Packet
		Parse(&p, octets, nil, nil)
		require.Equal(t, len(theirs.Attributes), len(p.Attributes))
		first := make(map[radius.Type][]byte)
		for i, a := range p.Attributes {
			require.Equal(t, theirs.Attributes[i].Type, a.Type)
			require.True(t, bytes.Equal(theirs.Attributes[i].Attribute, a.Attribute))
			require.Equal(t, len(a.Attribute), cap(a.Attribute), "an append to a value would write into the next one")
			if _, ok := first[a.Type]; !ok {
				first[a.Type] = a.Attribute
			}
		}
		for typ := range 256 {
			v, ok := first[radius.Type(typ)]
			require.Equal(t, ok, Find(octets, byte(typ)) != nil)
			require.True(t, bytes.Equal(v, Find(octets, byte(typ))))
		}
		require.Equal(t, p.Identifier, octets[1])
	})
}

func TestFindMessageAuthenticatorWantsOneOf16Octets(t *testing.T) {
	const ma = "50 12 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
	for _, c := range []struct {
		name string
		rows []string
		at   int
		ok   bool
	}{
		{"none", []string{"01 03 61"}, 0, true},
		{"first", []string{ma, "01 03 61"}, 22, true},
		{"behind another", []string{"01 03 61", ma}, 25, true},
		{"two", []string{ma, ma}, 0, false},
		{"15 octets", []string{"50 11 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"}, 0, false},
		{"a good one and an empty one", []string{ma, "50 02"}, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, ok := FindMessageAuthenticator(with(40, c.rows...))
			assert.Equal(t, c.at, at)
			assert.Equal(t, c.ok, ok)
		})
	}
}

func TestEachRequestHasThreeAnswers(t *testing.T) {
	for of, answers := range map[Code][]Code{40: {41, 42, 52}, 43: {44, 45, 52}, 1: nil, 41: nil, 52: nil} {
		for c := range Code(256) {
			want := false
			for _, a := range answers {
				want = want || a == c
			}
			require.Equal(t, want, Answers(c, of), "%d answers %d", c, of)
		}
	}
	require.NoError(t, Fits(with(44), with(43)))
	require.ErrorIs(t, Fits(with(41), with(43)), ErrMalformed, "another family")
	other := with(44)
	other[1]++
	require.ErrorIs(t, Fits(other, with(43)), ErrMalformed, "another identifier")
	require.Equal(t, "Protocol-Error", CodeName(52))
	require.Equal(t, "CoA-NAK", CodeName(45))
}

func TestR7930_4_ProtocolErrorConcernsItsOriginal(t *testing.T) {
	for _, c := range []struct {
		row  string
		want bool
	}{
		{"", true},
		{"f1 07 04 00 00 00 2b", true},
		{"f1 07 04 00 00 00 28", false},
		{"f1 06 04 00 00 2b", false},
		{"f1 04 05 2b", true},
	} {
		assert.Equal(t, c.want, Concerns(with(52, c.row), 43), c.row)
	}
}

func TestRefusalIsReadFromNAKsAlone(t *testing.T) {
	const cause, authorize = "65 06 00 00 01 fb", "06 06 00 00 00 11"
	for _, c := range []struct {
		name string
		b    []byte
		want Refusal
	}{
		{"an ACK with Error-Cause 201", with(41, "65 06 00 00 00 c9"), Refusal{ACK: true}},
		{"a NAK without", with(42), Refusal{}},
		{"a NAK with both", with(45, cause, authorize), Refusal{AuthorizeOnly: true, Cause: errcause.RequestInitiated}},
		{"the first of each counts", with(45, "65 06 00 00 01 f7", cause, "06 06 00 00 00 01", authorize),
			Refusal{Cause: errcause.SessionContextNotFound}},
		{"of other lengths", with(45, "65 03 01", "06 03 11"), Refusal{}},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, RefusalOf(c.b)) })
	}
	set := radius.Attributes{nil, avp(6, "\x00\x00\x00\x11")}
	assert.True(t, AuthorizeOnly(set))
	assert.False(t, AuthorizeOnly(append(radius.Attributes{avp(6, "\x00\x00\x00\x01")}, set...)), "the first")
	assert.False(t, AuthorizeOnly(nil))
}

func TestR5176_3_1_1_EchoesKeepTheirOrder(t *testing.T) {
	rows := []string{"21 03 31", "18 03 61", "01 03 62", "21 02", "18 03 63", "21 03 32"}
	assert.Equal(t, figure("21 03 31", "18 03 61", "21 02", "21 03 32"), AppendEchoes(nil, with(43, rows...)), "a CoA-Request")
	assert.Equal(t, figure("21 03 31", "21 02", "21 03 32"), AppendEchoes(nil, with(40, rows...)), "a Disconnect-Request")
}

// What a packet cannot hold is refused, and not cut off.
func TestAppendRefusesWhatAPacketCannotHold(t *testing.T) {
	all := func(byte) bool { return false }
	for _, set := range []radius.Attributes{{nil}, {avp(256, "x")}, {avp(-1, "x")}, {avp(1, string(make([]byte, 254)))}} {
		b, err := AppendAttributes(nil, set, all)
		assert.ErrorIs(t, err, ErrMalformed)
		assert.Empty(t, b)
	}
	b, err := AppendAttributes(nil, radius.Attributes{avp(1, "a"), avp(80, "b"), avp(0, "c")}, func(t byte) bool { return t == 80 })
	require.NoError(t, err)
	assert.Equal(t, figure("01 03 61", "00 03 63"), b)
	b = AppendEventTimestamp(AppendHeader([]byte("before"), 43, 7, true), time.Unix(0x61626364, 0))
	require.NoError(t, SetLength(b, len("before")))
	assert.Equal(t, "before"+string(figure("2b 07 00 2c", strings.Repeat("00", 16), "50 12", strings.Repeat("00", 16), "37 06 61 62 63 64")), string(b))
	assert.NoError(t, SetLength(make([]byte, 4096), 0))
	assert.ErrorIs(t, SetLength(make([]byte, 4097), 0), ErrMalformed)
}

// A flood of malformed datagrams costs no memory.
func TestCutAllocatesNothing(t *testing.T) {
	for _, b := range [][]byte{nil, header("00 13"), append(header("00 16"), 1, 0), filled(4096)} {
		assert.Zero(t, testing.AllocsPerRun(100, func() { Cut(b) }))
	}
}
