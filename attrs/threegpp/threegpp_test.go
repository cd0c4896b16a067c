// SPDX-License-Identifier: Apache-2.0

package threegpp_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/attrs/threegpp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var contextOctets = []string{
	"1a 17 000028af  01 11  323632303131323334353637383930 ", // 262011234567890
	"1a 09 000028af  0a 03  41                             ", // 10
}

func TestContextMakesItsOctets(t *testing.T) {
	assert.Equal(t, attrtest.Rows(contextOctets...), attrtest.Hex(attrtest.Attributes(t, threegpp.Context("262011234567890", 10))))
	for name, a := range map[string]attrs.Attr{
		"no IMSI":     threegpp.Context("", 5),
		"16 digits":   threegpp.Context("1234567890123456", 5),
		"a letter":    threegpp.Context("26201123456789x", 5),
		"NSAPI of 16": threegpp.Context("262011234567890", 16),
	} {
		assert.Error(t, a.Err(), name)
	}
}

// SO10: IMSI and NSAPI together select one context of a subscriber.
func TestSO10_IMSIAndNSAPISelectOneContext(t *testing.T) {
	set := attrtest.Set(t, contextOctets...)
	_, request, err := attrs.IdentityOf(set, threegpp.Identifying()...)
	require.NoError(t, err)
	session := func(imsi, nsapi string) attrs.Identity {
		return attrs.Identity{AcctSessionID: "1", Other: map[attrs.ID]string{threegpp.IMSI.ID(): imsi, threegpp.NSAPI.ID(): nsapi}}
	}
	assert.True(t, request.Selects(session("262011234567890", "A")))
	assert.False(t, request.Selects(session("262011234567890", "5")))
	assert.False(t, request.Selects(session("262011234567891", "A")))

	_, subscriber, err := attrs.IdentityOf(set[:1], threegpp.Identifying()...)
	require.NoError(t, err)
	assert.True(t, subscriber.Selects(session("262011234567890", "A")) && subscriber.Selects(session("262011234567890", "5")))
}
