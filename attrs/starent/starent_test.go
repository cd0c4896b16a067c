// SPDX-License-Identifier: Apache-2.0

package starent_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/attrs/starent"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// SO23: type and length are two octets each, so types go above 255.
func TestSO23_TypeAndLengthOfTwoOctets(t *testing.T) {
	rows := []string{
		"1a 12 00001fe4  00fa 000c  676f6c642d372d38 ", // SN-Rulebase
		"1a 0d 00001fe4  012c 0007  666f6f           ", // SN-Bandwidth-Policy, 300
	}
	set := attrtest.Attributes(t, starent.Rulebase.Of("gold-7-8"), starent.BandwidthPolicy.Of("foo"))
	assert.Equal(t, attrtest.Rows(rows...), attrtest.Hex(set))
	rulebase, err := starent.Rulebase.Get(attrtest.Set(t, rows...))
	require.NoError(t, err)
	assert.Equal(t, "gold-7-8", rulebase)
}

// Two attributes may share one Vendor-Specific.
func TestTwoInOneVendorSpecific(t *testing.T) {
	set := attrtest.Set(t, "1a 15 00001fe4", "00fa 0008 676f6c64", "012c 0007 666f6f")
	rulebase, err := starent.Rulebase.Get(set)
	require.NoError(t, err)
	policy, err := starent.BandwidthPolicy.Get(set)
	require.NoError(t, err)
	assert.Equal(t, "gold foo", rulebase+" "+policy)
}

// What is laid out with one octet each is not taken for something else.
func TestOneOctetFormatIsRefused(t *testing.T) {
	_, err := starent.Rulebase.Get(attrtest.Set(t, "1a 0c 00001fe4 fa 06 676f6c64"))
	require.ErrorIs(t, err, errcause.InvalidRequest)
}

// SO12: an access list and a rulebase do not come in one request.
func TestSO12_AccessListAndRulebaseExclude(t *testing.T) {
	assert.Equal(t, [][]attrs.AnyKey{{attrs.FilterID, starent.Rulebase}}, starent.Exclusive())
}
