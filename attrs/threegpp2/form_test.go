// SPDX-License-Identifier: Apache-2.0

package threegpp2_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/attrs/threegpp2"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// X.S0011-005: values that have a form are refused where they are made and where they are read.
func TestValuesThatHaveAForm(t *testing.T) {
	text := func(k attrs.Key[string]) func(string) attrs.Attr { return k.Of }
	get := func(k attrs.Key[string]) func(r attrs.Attr) error {
		return func(a attrs.Attr) error { _, err := k.Get(attrtest.Attributes(t, a)); return err }
	}
	for name, c := range map[string]struct {
		sub       byte
		of        func(string) attrs.Attr
		get       func(attrs.Attr) error
		good, bad []string
	}{
		"Correlation-Id": {44, text(threegpp2.CorrelationID), get(threegpp2.CorrelationID),
			[]string{"0000abcd", "1"}, []string{"", "0000 abcd", "0000abc\x00", "abc\xff"}},
		"ESN": {52, text(threegpp2.ESN), get(threegpp2.ESN),
			[]string{"82D3A1F0", "82d3a1f0", "000000082D3A1F0"}, []string{"", "0x82D3A1F0", "0000000082D3A1F0", "82D3A1FG", "82D3A1F0\x00"}},
		"BSID": {10, text(threegpp2.BSID), get(threegpp2.BSID),
			[]string{"1F4A00010C02", "0080058000000000000000000A0B0C0D68"}, []string{"", "1F4A00010C0", "1F4A00010C0X"}},
		"MEID": {116, func(s string) attrs.Attr { return threegpp2.MEID.Of([]byte(s)) },
			func(a attrs.Attr) error { _, err := threegpp2.MEID.Get(attrtest.Attributes(t, a)); return err },
			[]string{"A1000009296CE2", "\xa1\x00\x00\x09\x29\x6c\xe2"}, []string{"", "A1000009296CE", "A1000009296CEX", "\xa1\x00\x00\x09\x29\x6c"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, v := range c.good {
				require.NoError(t, c.of(v).Err(), v)
				require.NoError(t, c.get(attrs.Vendor(threegpp2.Vendor, c.sub, []byte(v))), v)
			}
			for _, v := range c.bad {
				err := c.of(v).Err()
				require.Error(t, err, v)
				if v == "" {
					continue // the packet has no room for it
				}
				require.ErrorIs(t, c.get(attrs.Vendor(threegpp2.Vendor, c.sub, []byte(v))), errcause.InvalidRequest, v)
			}
		})
	}
}

// A Correlation-Id that cannot be one is 404, and not 503 for a session that no NAS can have; two
// that differ name no session.
func TestCorrelationIDThatNamesNoSession(t *testing.T) {
	for _, octets := range [][]string{
		{"1a 0a 0000159f 2c 04 00ff"},
		{"1a 10 0000159f 2c 0a 3030303061626364", "1a 10 0000159f 2c 0a 3030303061626365"},
	} {
		_, _, err := attrs.SelectionOf(attrtest.Set(t, octets...), threegpp2.Identifying()...)
		require.ErrorIs(t, err, errcause.InvalidRequest)
	}
}
