// SPDX-License-Identifier: Apache-2.0

package threegpp_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/attrs/threegpp"
	"github.com/radius-dynauth/dynauth/errcause"
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
		"5 digits":    threegpp.Context("26201", 5),
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
		return attrs.Identity{AcctSessionID: "1", Other: map[attrs.ID][]string{threegpp.IMSI.ID(): {imsi}, threegpp.NSAPI.ID(): {nsapi}}}
	}
	assert.True(t, request.Selects(session("262011234567890", "A")))
	assert.False(t, request.Selects(session("262011234567890", "5")))
	assert.False(t, request.Selects(session("262011234567891", "A")))

	_, subscriber, err := attrs.IdentityOf(set[:1], threegpp.Identifying()...)
	require.NoError(t, err)
	assert.True(t, subscriber.Selects(session("262011234567890", "A")) && subscriber.Selects(session("262011234567890", "5")))
}

// TS 29.061, section 16.4.7.2: values that have a form are refused where they are made and where
// they are read.
func TestValuesThatHaveAForm(t *testing.T) {
	for _, c := range []struct {
		key       attrs.Key[string]
		good, bad []string
	}{
		{threegpp.IMSI, []string{"262011", "262011234567890"}, []string{"abc", "26201", "2620112345678901", "26201123456789012345", "26201123456789x", " 262011", "262011\x00"}},
		{threegpp.NSAPI, []string{"0", "5", "A", "F"}, []string{"zz", "G", "10", "0x5", " "}},
		{threegpp.IMEISV, []string{"35345607890123", "3534560789012301"}, []string{"3534560789012", "35345607890123011", "3534560789012X"}},
		{threegpp.IMSIMCCMNC, []string{"26201", "310410"}, []string{"2620", "3104100", "DE-01"}},
		{threegpp.GGSNMCCMNC, []string{"26201"}, []string{"2620"}},
		{threegpp.SGSNMCCMNC, []string{"26201"}, []string{"2620"}},
		{threegpp.SelectionMode, []string{"0"}, []string{"x", "00"}},
		{threegpp.ChargingCharacteristics, []string{"0A00", "FFFF"}, []string{"A00", "0A000", "0G00"}},
		{threegpp.GPRSNegotiatedQoSProfile, []string{"99-0b921f739697fe74821040740000", "08-45080B"}, []string{"99", "99-", "9-0b", "99-0", "99-xy", "0b921f"}},
	} {
		for _, v := range c.good {
			set := attrtest.Attributes(t, c.key.Of(v))
			got, err := c.key.Get(set)
			require.NoError(t, err)
			assert.Equal(t, v, got)
			_, err = attrs.Parse(c.key.String(), v)
			require.NoError(t, err)
		}
		for _, v := range c.bad {
			err := c.key.Of(v).Err()
			require.Error(t, err, "%v %q", c.key, v)
			set := attrtest.Attributes(t, attrs.Vendor(threegpp.Vendor, byte(c.key.ID().Sub), []byte(v)))
			_, err = c.key.Get(set)
			require.ErrorIs(t, err, errcause.InvalidRequest, "%v %q", c.key, v)
			_, err = attrs.Parse(c.key.String(), v)
			require.Error(t, err)
			if k := c.key.ID(); k == threegpp.IMSI.ID() || k == threegpp.NSAPI.ID() {
				_, _, err = attrs.SelectionOf(append(set, attrtest.Attributes(t, attrs.UserName.Of("bob"))...), threegpp.Identifying()...)
				require.ErrorIs(t, err, errcause.InvalidRequest, "404, and not 503 for a session that nobody can have")
			}
		}
	}
	require.Error(t, threegpp.IPv6DNSServers.Of(make([]byte, 17)).Err())
	require.NoError(t, threegpp.IPv6DNSServers.Of(make([]byte, 32)).Err())
}

// An NSAPI counts within a subscriber: by itself it is every fifth bearer of the node.
func TestNSAPIAloneNamesNoSession(t *testing.T) {
	_, _, err := attrs.SelectionOf(attrtest.Attributes(t, threegpp.NSAPI.Of("5")), threegpp.Identifying()...)
	require.ErrorIs(t, err, errcause.MissingAttribute)
	_, id, err := attrs.SelectionOf(attrtest.Attributes(t, threegpp.NSAPI.Of("a"), attrs.UserName.Of("bob")), threegpp.Identifying()...)
	require.NoError(t, err)
	assert.True(t, id.Selects(attrs.Identity{UserName: "bob", Other: map[attrs.ID][]string{threegpp.NSAPI.ID(): {"A"}}}), "a digit in either case")
}
