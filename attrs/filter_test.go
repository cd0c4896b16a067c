// SPDX-License-Identifier: Apache-2.0

package attrs_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func filterSet() radius.Attributes {
	full := append([]byte{3, 0x80}, make([]byte, 251)...)
	return radius.Attributes{
		{Type: 1, Attribute: []byte("bob")},
		{Type: 26, Attribute: []byte{0, 0, 99, 99, 1, 3, 'a', 2, 3, 'b', 1, 4, 'c', 'd'}},
		{Type: 26, Attribute: []byte{0, 0, 99, 99, 9}}, // not in the format of RFC 2865
		{Type: 26, Attribute: []byte{0, 0}},            // not even a vendor
		{Type: 241, Attribute: []byte{8, 't'}},
		{Type: 245, Attribute: full},
		{Type: 11, Attribute: []byte("x")},
		{Type: 245, Attribute: []byte{3, 0, 'z'}},
		nil,
	}
}

func TestFilterTakesVendorAttributesOneByOne(t *testing.T) {
	set := filterSet()
	got := attrs.Filter(set, func(id attrs.ID) bool { return id == attrs.VendorID(25443, 1) })
	require.Equal(t, radius.Attributes{{Type: 26, Attribute: []byte{0, 0, 99, 99, 1, 3, 'a', 1, 4, 'c', 'd'}}}, got)
	require.Equal(t, filterSet(), set, "what was filtered is as it was")
}

func TestFilterKeepsWhatItKeepsAsItIs(t *testing.T) {
	set := filterSet()
	all := attrs.Filter(set, func(attrs.ID) bool { return true })
	require.Len(t, all, len(set)-1, "all but the hole")
	for i, avp := range all {
		require.Same(t, set[i], avp)
	}
	require.Empty(t, attrs.Filter(set, func(attrs.ID) bool { return false }))
}

func TestFilterKeepsFragmentsTogether(t *testing.T) {
	set := filterSet()
	asked := 0
	got := attrs.Filter(set, func(id attrs.ID) bool {
		if id.Type == 245 {
			asked++
		}
		return id == attrs.ID{Type: 245, Sub: 3}
	})
	require.Equal(t, 1, asked)
	require.Equal(t, radius.Attributes{set[5], set[7]}, got)
}

func TestFilterAsksForTheSameIDsAsIDsYields(t *testing.T) {
	var yielded, asked []attrs.ID
	for id := range attrs.IDs(filterSet()) {
		yielded = append(yielded, id)
	}
	attrs.Filter(filterSet(), func(id attrs.ID) bool { asked = append(asked, id); return true })
	require.Equal(t, slices.DeleteFunc(yielded, func(id attrs.ID) bool { return id.Type == radius.TypeInvalid }), asked)
}

// revealer reveals nothing.
type revealer struct{ set radius.Attributes }

func (r revealer) Attributes() radius.Attributes   { return r.set }
func (r revealer) Reveal(h []byte) ([]byte, error) { return nil, errors.New("no secret") }

func TestCheckDecodesEveryValue(t *testing.T) {
	good := radius.Attributes{{Type: 27, Attribute: []byte{0, 0, 0, 1}}}
	bad := append(good[:1:1], &radius.AVP{Type: 27, Attribute: []byte{1}})
	require.NoError(t, attrs.Check(revealer{good}, attrs.SessionTimeout))
	require.ErrorIs(t, attrs.Check(revealer{bad}, attrs.SessionTimeout), errcause.InvalidRequest)
	require.NoError(t, attrs.Check(revealer{bad}, attrs.IdleTimeout), "none there")
	hidden := radius.Attributes{{Type: 69, Attribute: append([]byte{0, 0x80}, make([]byte, 17)...)}}
	require.ErrorIs(t, attrs.Check(revealer{hidden}, attrs.TunnelPassword), errcause.InvalidRequest)
	require.Error(t, attrs.Check(revealer{good}, nil))
}
