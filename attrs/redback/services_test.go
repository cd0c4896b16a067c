// SPDX-License-Identifier: Apache-2.0

package redback_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/attrs/redback"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var services = []string{
	"1a 0d 00000930  c2 07  02 736c6f77       ",   // Deactivate-Service-Name:2 = slow
	"1a 0d 00000930  be 07  01 676f6c64       ",   // Service-Name:1 = gold
	"1a 0c 00000930  bf 06  01 000001         ",   // Service-Action:1
	"1a 11 00000930  c0 0b  01 726174653d31306d ", // Service-Parameter:1 = rate=10m
	"1a 0d 00000930  c0 07  01 783d3132       ",   // x=12
}

func TestActionsMakeTheirOctetsAndAreReadBack(t *testing.T) {
	set := attrtest.Attributes(t, redback.Deactivate(2, "slow"), redback.Activate(1, "gold", redback.Accounted, "rate=10m", "x=12"))
	assert.Equal(t, attrtest.Rows(services...), attrtest.Hex(set))
	orders, err := redback.Orders(attrtest.Set(t, services...))
	require.NoError(t, err)
	assert.Equal(t, []redback.Order{
		{Tag: 2, Service: "slow", Action: redback.End},
		{Tag: 1, Service: "gold", Action: redback.Accounted, Parameters: []string{"rate=10m", "x=12"}},
	}, orders)
}

// OT3: what became of each service comes back with its tag.
func TestOT3_OutcomeOfEachService(t *testing.T) {
	set := attrtest.Attributes(t, redback.Outcome(1, errcause.Cause(0)), redback.Outcome(2, errcause.ResourcesUnavailable))
	assert.Equal(t, attrtest.Rows("1a 0c 00000930  c1 06  01 000000", "1a 0c 00000930  c1 06  02 0001fa"), attrtest.Hex(set))
	var got []attrs.Tagged[uint32]
	for v, err := range redback.ServiceErrorCause.All(set) {
		require.NoError(t, err)
		got = append(got, v)
	}
	assert.Equal(t, []attrs.Tagged[uint32]{{Tag: 1, Value: 0}, {Tag: 2, Value: 506}}, got)
	assert.Equal(t, "Service-Error-Cause:2 = Resource-unavailable", redback.Outcome(2, 506).String())
}

func TestOrdersThatCannotBeRead(t *testing.T) {
	name := redback.ServiceName.Of(attrs.Tag(1, "gold"))
	action := redback.ServiceAction.Of(attrs.Tag(1, uint32(1)))
	for what, c := range map[string]struct {
		set  []attrs.Attr
		want errcause.Cause
	}{
		"service without action":    {[]attrs.Attr{name}, errcause.MissingAttribute},
		"action without service":    {[]attrs.Attr{redback.ServiceAction.Of(attrs.Tag(7, uint32(1)))}, errcause.MissingAttribute},
		"parameter without service": {[]attrs.Attr{redback.Deactivate(1, "x"), redback.ServiceParameter.Of(attrs.Tag(1, "p"))}, errcause.MissingAttribute},
		"two services with a tag":   {[]attrs.Attr{name, name, action}, errcause.InvalidRequest},
		"two actions with a tag":    {[]attrs.Attr{name, action, action}, errcause.InvalidRequest},
		"unknown action":            {[]attrs.Attr{name, redback.ServiceAction.Of(attrs.Tag(1, uint32(3)))}, errcause.InvalidAttributeValue},
		"action of two octets":      {[]attrs.Attr{name, attrs.Vendor(redback.Vendor, 191, []byte{1, 1})}, errcause.InvalidRequest},
		"name without text":         {[]attrs.Attr{attrs.Vendor(redback.Vendor, 190, []byte{1})}, errcause.InvalidRequest},
	} {
		orders, err := redback.Orders(attrtest.Attributes(t, c.set...))
		require.ErrorIs(t, err, c.want, what)
		assert.Nil(t, orders, what)
	}
	orders, err := redback.Orders(nil)
	require.NoError(t, err)
	assert.Empty(t, orders)
}

func TestActionsOutOfRange(t *testing.T) {
	for name, a := range map[string]attrs.Attr{
		"no tag":           redback.Activate(0, "gold", redback.Accounted),
		"tag above 31":     redback.Activate(32, "gold", redback.Accounted),
		"ended by start":   redback.Activate(1, "gold", redback.End),
		"no service":       redback.Activate(1, "", redback.Unaccounted),
		"no parameter":     redback.Activate(1, "gold", redback.Unaccounted, ""),
		"ended no service": redback.Deactivate(1, ""),
		"cause too large":  redback.Outcome(1, 1<<24),
	} {
		assert.Error(t, a.Err(), name)
	}
}
