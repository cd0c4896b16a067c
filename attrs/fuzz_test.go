// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// addPackets adds the attributes of the tests as seeds.
func addPackets(f *testing.F) {
	f.Helper()
	for _, c := range append(wireCases(), vendorCases()...) {
		f.Add(c.wire)
	}
	f.Add(octets(26, 6, 0, 0, 0xff, 0xfd, 241, 2, 245, 4, 3, 0x80, 69, 2))
	f.Add(octets(69, 9, 1, "secret", 26, 20, 0, 0, 0xff, 0xfd, 3, 6, 0, 0, 0, 1, 5, 6, 1, 0, 0, 2, 3, 2, 245, 10, 26, 0, 0, 0, 0xff, 0xfd, 8, 1))
	full := append(octets(245, 255, 26, 0x80, 0, 0, 0xff, 0xfd, 8), make([]byte, 246)...)
	f.Add(octets(full, 1, 3, "x", 245, 6, 26, 0, "yz"))
}

// elements are what walk finds, values copied.
func elements(set radius.Attributes) (found []element) {
	walk(set, func(e element) bool {
		e.value = bytes.Clone(e.value)
		found = append(found, e)
		return true
	})
	return found
}

func FuzzWalk(f *testing.F) {
	addPackets(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		set, err := radius.ParseAttributes(b)
		if err != nil {
			return
		}
		found := elements(set)
		require.GreaterOrEqual(t, len(b), len(found), "each takes an octet at least")
		for _, e := range found {
			if e.err != nil {
				require.ErrorIs(t, e.err, errcause.InvalidRequest)
				continue
			}
			_, _, _ = e.id.String(), e.id.Role(), e.id.In(radius.CodeCoARequest)
			var values [][]byte
			each(set, e.id.Base(), func(value []byte, err error) bool {
				if err == nil {
					values = append(values, value)
				}
				return true
			})
			require.True(t, slices.ContainsFunc(values, func(v []byte) bool { return bytes.Equal(v, e.value) }), "what IDs tells of is found")
		}
		for line := range Format(set) {
			require.NotContains(t, line, "\n")
		}
	})
}

func FuzzMapHidden(f *testing.F) {
	addPackets(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		set, err := radius.ParseAttributes(b)
		if err != nil {
			return
		}
		before := elements(set)
		out, err := MapHidden(set, func(v []byte) ([]byte, error) { return turn(v), nil })
		require.NoError(t, err)
		twice, err := MapHidden(out, func(v []byte) ([]byte, error) { return turn(v), nil })
		require.NoError(t, err)
		require.Equal(t, len(before), len(elements(out)))
		for i, e := range elements(twice) {
			require.Equal(t, before[i].id, e.id)
			require.Equal(t, before[i].value, e.value)
		}
		all := Filter(set, func(ID) bool { return true })
		require.Equal(t, len(set), len(all))

		longer, err := MapHidden(set, hide)
		if err != nil {
			return // does not fit
		}
		for _, avp := range longer {
			require.LessOrEqual(t, len(avp.Attribute), maxValue)
		}
		for i, e := range elements(longer) {
			require.Equal(t, before[i].id, e.id)
		}
	})
}

func FuzzKeys(f *testing.F) {
	v := reg.load()
	ids := slices.SortedFunc(maps.Keys(v.ids), ID.compare)
	// Of tests that want errors.
	ids = slices.DeleteFunc(ids, func(id ID) bool { return strings.HasPrefix(v.ids[id].name, "X-") })
	for i, id := range ids {
		for _, c := range append(wireCases(), vendorCases()...) {
			each(parseSet(f, c.wire), id, func(value []byte, err error) bool {
				if err == nil {
					f.Add(uint16(i), value)
				}
				return true
			})
		}
	}
	f.Fuzz(func(t *testing.T, i uint16, value []byte) {
		r := v.ids[ids[int(i)%len(ids)]]
		if r.id == testBlob.ID() || r.id == testOwn.ID() || r.id == testArray.ID() {
			return // not written for what peers may send
		}
		if r.check(value) != nil {
			return
		}
		b, err := r.encode(value, 0)
		if err != nil {
			return // longer than what can be sent
		}
		text, tag, err := r.text(r, nil, value)
		if err != nil {
			return // decoded with tolerance, but not to be sent
		}
		if value, _, err = cutValueOf(string(text)); err != nil {
			t.Fatal(err)
		}
		again, err := r.parse(r, nil, tag, string(value))
		require.NoError(t, err)
		require.NoError(t, r.check(again))
		text2, tag2, err := r.text(r, nil, again)
		require.NoError(t, err)
		require.Equal(t, tag, tag2)
		require.Equal(t, string(text), string(text2))
		if r.how == NotHidden {
			require.NotEmpty(t, parseSet(t, b))
		}
	})
}

// cutValueOf takes the quotes from a value.
func cutValueOf(text string) (value []byte, rest string, err error) {
	s, rest, err := cutValue(text)
	return []byte(s), rest, err
}

func FuzzParse(f *testing.F) {
	for _, c := range append(wireCases(), vendorCases()...) {
		f.Add(c.attr.String())
	}
	f.Add("User-Name = 'b\\'', NAS-Port += 0x1 # x\nTunnel-Type:1 := VLAN,Attr-26.9.1=0x00")
	f.Add(`User-Name = "\x41\101\n`)
	f.Fuzz(func(t *testing.T, s string) {
		list, err := ParseList(s)
		if err != nil {
			return
		}
		for _, a := range list {
			require.NoError(t, a.Err())
			_, err := a.AppendTo(nil)
			require.NoError(t, err)
			text := a.String()
			if bytes.Contains([]byte(text), []byte(hiddenText)) {
				continue
			}
			again, err := ParseList(text)
			if err != nil {
				require.Contains(t, text, " = 0x", "only what cannot be sent is not read back")
				continue
			}
			require.Equal(t, text, Join(again...).String())
		}
	})
}

func FuzzIdentityOf(f *testing.F) {
	addPackets(f)
	f.Add(octets(4, 6, 10, 0, 0, 1, 31, 14, "0010a42319c0", 31, 19, "00-10-A4-23-19-C0", 97, 4, 0, 0, 8, 6, 255, 255, 255, 254))
	f.Fuzz(func(t *testing.T, b []byte) {
		set, err := radius.ParseAttributes(b)
		if err != nil {
			return
		}
		also := []AnyKey{testText, testSession, testExtended, NASPortType, FramedIPv6Address, testHidden, testService}
		_, id, err := IdentityOf(set, also...)
		if err != nil {
			require.ErrorIs(t, err, errcause.InvalidRequest)
			require.True(t, id.IsZero())
			return
		}
		require.Equal(t, !id.IsZero() && id.ChargeableUserIdentity != "\x00", id.Selects(id))
		again, err := id.Attr().AppendTo(nil)
		require.NoError(t, err)
		_, same, err := IdentityOf(again, also...)
		require.NoError(t, err)
		require.Equal(t, id, same)
	})
}

func FuzzStationID(f *testing.F) {
	for _, s := range []string{"00-10-A4-23-19-C0", "0010.a423.19c0:AP", "bob", "00 10 a4 23 19 c0", "0010a42319c0"} {
		f.Add(s, "00:10:a4:23:19:c0:AP")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		require.Equal(t, StationID(a) == StationID(b), sameStation(a, b))
		require.Equal(t, StationID(a), StationID(StationID(a)))
		if mac, ok := MAC(a); ok {
			require.Equal(t, mac, StationID(a))
			require.Len(t, mac, 17)
		}
	})
}
