// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// identifying is values of identification attributes as packets have them: several encodings of one
// value, and values that are nearly alike.
var identifying = map[radius.Type][]string{
	1:   {"bob", "Bob", "bob@a.example"},
	5:   {"\x00\x00\x00\x00", "\x00\x00\x00\x01"},
	8:   {"\x0a\x00\x00\x01", "\x0a\x00\x00\x02"},
	30:  {"00-10-A4-23-19-C0:cafe", "0010.a423.19c0:cafe", "00-10-A4-23-19-C0:CAFE", "00-10-A4-23-19-C0"},
	31:  {"00-10-A4-23-19-C0", "0010a42319c0", "00:10:a4:23:19:c1", "+49 30 1"},
	44:  {"1", "01", "2"},
	50:  {"m", "M"},
	87:  {"xe-0/0/0", "xe-0/0/0:1"},
	89:  {"cui", "\x00\x01", "cui\x00"},
	96:  {"\x00\x00\x00\x00\x00\x00\x00\x00", "\x02\x00\x00\x00\x00\x00\x00\x01"},
	97:  {"\x00\x38\x20\x01\x0d\xb8\xff\x00\x00", "\x00\x38\x20\x01\x0d\xb8\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", "\x00\x37\x20\x01\x0d\xb8\xfe\x00\x00", "\x00\x20\x20\x01\x0d\xb8"},
	123: {"\x00\x38\x20\x01\x0d\xb8\xff\x00\x00", "\x00\x38\x20\x01\x0d\xb8\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", "\x00\x38\x20\x01\x0d\xb8\xfe", "\x00\x39\x20\x01\x0d\xb8\xff\x00\x00\x00"},
	168: {"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"},
	61:  {"\x00\x00\x00\x05", "\x00\x00\x00\x0f"},
}

var (
	identifyingTypes = slices.Sorted(maps.Keys(identifying))
	// A session may have several (RFC 3162, 4818 and 6911).
	severalValues   = []radius.Type{97, 123, 168}
	alsoIdentifying = keys(attrs.DelegatedIPv6Prefix, attrs.FramedIPv6Address, attrs.NASPortType)
)

// meant is what a value means, in any encoding.
func meant(avp *radius.AVP) string {
	switch b := avp.Attribute; avp.Type {
	case 30, 31:
		return attrs.StationID(string(b))
	case 97, 123:
		var a [16]byte
		copy(a[:], b[2:])
		return netip.PrefixFrom(netip.AddrFrom16(a), int(b[1])).Masked().String()
	}
	return string(avp.Attribute)
}

// draw makes a packet of n identification attributes. A session has one of each but for those of
// which it may have several.
func draw(random *rand.Rand, n int, ofSession bool) (set radius.Attributes) {
	for range n {
		t := identifyingTypes[random.IntN(len(identifyingTypes))]
		has := slices.ContainsFunc(set, func(avp *radius.AVP) bool { return avp.Type == t })
		if ofSession && has && !slices.Contains(severalValues, t) {
			continue
		}
		values := identifying[t]
		set = append(set, &radius.AVP{Type: t, Attribute: []byte(values[random.IntN(len(values))])})
	}
	return set
}

// contradicts reports a request with two values of what a session has one of.
func contradicts(set radius.Attributes) bool {
	for i, a := range set {
		for _, b := range set[:i] {
			if a.Type == b.Type && meant(a) != meant(b) && !slices.Contains(severalValues, a.Type) {
				return true
			}
		}
	}
	return false
}

// fits reports whether a session has every value of a request (RFC 5176, section 3).
func fits(request, of radius.Attributes) bool {
	return !slices.ContainsFunc(request, func(want *radius.AVP) bool {
		return !slices.ContainsFunc(of, func(have *radius.AVP) bool { return want.Type == have.Type && meant(want) == meant(have) })
	})
}

// Sessions that are known by their accounting packets are found by requests exactly where every
// value of the request is one of the session's, however either encodes it: what IdentityOf and
// SelectionOf read, and what the Table and Identity.Selects compare, is one and the same.
func TestPacketsSelectExactlyTheSessionsThatFit(t *testing.T) {
	selected, refused := 0, 0
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 3))
		var table session.Table[int]
		var packets []radius.Attributes
		var ids []attrs.Identity
		for n := range 6 {
			set := append(draw(random, 2+random.IntN(10), true), &radius.AVP{Type: 44, Attribute: fmt.Append(nil, "s", n)})
			if i := slices.IndexFunc(set, func(avp *radius.AVP) bool { return avp.Type == 44 }); i < len(set)-1 {
				set = slices.Delete(set, i, i+1)
			}
			_, id, err := attrs.IdentityOf(set, alsoIdentifying...)
			require.NoError(t, err)
			require.NoError(t, table.Put(id, n))
			packets, ids = append(packets, set), append(ids, id)
		}
		for range 6 {
			request := draw(random, 1+random.IntN(3), false)
			if random.IntN(2) == 0 { // for one of the sessions, mostly
				whole := packets[random.IntN(len(packets))]
				request = append(request[:random.IntN(2)], whole[random.IntN(len(whole))], whole[random.IntN(len(whole))])
			}
			_, id, err := attrs.SelectionOf(request, alsoIdentifying...)
			if contradicts(request) {
				require.ErrorIs(t, err, errcause.InvalidRequest, "seed %d: %v", seed, slices.Collect(attrs.Format(request)))
				refused++
				continue
			}
			require.NoError(t, err, "seed %d: %v", seed, slices.Collect(attrs.Format(request)))
			var want []int
			for n := range packets {
				fit := fits(request, packets[n])
				require.Equal(t, fit, id.Selects(ids[n]), "seed %d: %v of %v", seed, slices.Collect(attrs.Format(request)), slices.Collect(attrs.Format(packets[n])))
				if fit {
					want = append(want, n)
				}
			}
			found, err := table.Find(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, want, found, "seed %d: %v", seed, slices.Collect(attrs.Format(request)))
			selected += len(found)
		}
	}
	require.Greater(t, selected, 1000, "hardly anything fits, so hardly anything is tried")
	require.Greater(t, refused, 100)
}
