// SPDX-License-Identifier: Apache-2.0

package threegpp2_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/attrs/threegpp2"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// SO19: 3 in the Access-Request offers both ways, the Access-Accept has 1 to 3.
func TestSO19_CapabilityIsOfferedAndSettled(t *testing.T) {
	assert.Equal(t, attrtest.Rows("1a 0c 0000159f 58 06 00000003"), attrtest.Hex(attrtest.Attributes(t, threegpp2.SupportBoth())))
	for octets, want := range map[string]threegpp2.Capability{
		"1a 0c 0000159f 58 06 00000001": threegpp2.OnlyDynamicAuthorization,
		"1a 0c 0000159f 58 06 00000002": threegpp2.OnlyRegistrationRevocation,
		"1a 0c 0000159f 58 06 00000003": threegpp2.Both,
		"":                              0,
	} {
		got, err := threegpp2.CapabilityOf(attrtest.Set(t, octets))
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

func TestSO20_CapabilitySaysWhichWays(t *testing.T) {
	for c, want := range map[threegpp2.Capability]struct {
		text            string
		dynamic, mobile bool
	}{
		0:                                    {"Capability(0)", false, false},
		threegpp2.OnlyDynamicAuthorization:   {"Dynamic-Authorization", true, false},
		threegpp2.OnlyRegistrationRevocation: {"Registration-Revocation", false, true},
		threegpp2.Both:                       {"Both", true, true},
	} {
		assert.Equal(t, want.text, c.String())
		assert.Equal(t, want.dynamic, c.DynamicAuthorization(), c)
		assert.Equal(t, want.mobile, c.RegistrationRevocation(), c)
	}
	assert.Equal(t, "3GPP2-Session-Termination-Capability = Both", threegpp2.SupportBoth().String())
}

func TestCapabilityThatIsNone(t *testing.T) {
	for octets, want := range map[string]errcause.Cause{
		"1a 0c 0000159f 58 06 00000000": errcause.InvalidAttributeValue,
		"1a 0c 0000159f 58 06 00000004": errcause.InvalidAttributeValue,
		"1a 09 0000159f 58 03 03":       errcause.InvalidRequest,
	} {
		_, err := threegpp2.CapabilityOf(attrtest.Set(t, octets))
		require.ErrorIs(t, err, want, octets)
	}
}

// SO21: the reason of a Disconnect-Request reaches whoever reads its attributes.
func TestSO21_DisconnectReasonIsRead(t *testing.T) {
	reason, err := threegpp2.DisconnectReason.Get(attrtest.Set(t, "1a 0c 0000159f 60 06 00000001"))
	require.NoError(t, err)
	assert.EqualValues(t, 1, reason)
}

// SO9, SO18: the Correlation-Id is text, and names a session where the NAS says so.
func TestSO9_CorrelationIDIdentifies(t *testing.T) {
	_, id, err := attrs.IdentityOf(attrtest.Set(t, "1a 10 0000159f 2c 0a 3030303061626364"), threegpp2.Identifying()...)
	require.NoError(t, err)
	assert.Equal(t, attrs.Identity{Other: map[attrs.ID][]string{threegpp2.CorrelationID.ID(): {"0000abcd"}}}, id)
}
