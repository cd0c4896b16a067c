// SPDX-License-Identifier: Apache-2.0

package nokia_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/attrs/nokia"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// NK8: 241.26.6527.88 is an extended vendor attribute (RFC 6929, section 2.4), with one octet of
// type and none of length.
func TestNK8_ServNameIdentifies(t *testing.T) {
	row := "f1 0f 1a 0000197f 58 7670726e2d3130"
	assert.Equal(t, attrtest.Rows(row), attrtest.Hex(attrtest.Attributes(t, nokia.ServName.Of("vprn-10"))))
	_, id, err := attrs.IdentityOf(attrtest.Set(t, row, "08 06 c0000207"), nokia.Identifying()...)
	require.NoError(t, err)
	assert.Equal(t, []string{"vprn-10"}, id.Other[nokia.ServName.ID()])
	assert.Equal(t, "192.0.2.7", id.FramedIPAddress.String())
	assert.Equal(t, attrtest.Rows("08 06 c0000207", row), attrtest.Hex(attrtest.Attributes(t, id.Attr())))
}

func TestIdentificationIsReadAsItStands(t *testing.T) {
	_, id, err := attrs.IdentityOf(attrtest.Attributes(t, nokia.SubscIDStr.Of("sub-7"), nokia.ServID.Of(300), nokia.BRGID.Of("brg")), nokia.Identifying()...)
	require.NoError(t, err)
	assert.Equal(t, map[attrs.ID][]string{nokia.SubscIDStr.ID(): {"sub-7"}, nokia.ServID.ID(): {"\x00\x00\x01\x2c"}, nokia.BRGID.ID(): {"brg"}}, id.Other)
}

func TestServicesByScriptAreTagged(t *testing.T) {
	rows := []string{
		"1a 11 0000197f  a4 0b  01 312f322f373a3130 ", // Alc-Dyn-Serv-SAP-Id:1 = "1/2/7:10"
		"1a 0c 0000197f  a6 06  01 000002           ", // Alc-Dyn-Serv-Script-Action:1 = modify
	}
	assert.Equal(t, attrtest.Rows(rows...), attrtest.Hex(attrtest.Attributes(t, nokia.DynServSAPID.Of(attrs.Tag(1, "1/2/7:10")), nokia.DynServScriptAction.Of(attrs.Tag(1, uint32(2))))))
	a, err := attrs.Parse("Alc-Dyn-Serv-Script-Action:1", "modify")
	require.NoError(t, err)
	assert.Equal(t, attrtest.Rows(rows[1]), attrtest.Hex(attrtest.Attributes(t, a)))
}
