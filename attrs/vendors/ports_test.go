// SPDX-License-Identifier: Apache-2.0

package vendors_test

import (
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/accel"
	"github.com/radius-dynauth/dynauth/attrs/arista"
	"github.com/radius-dynauth/dynauth/attrs/aruba"
	"github.com/radius-dynauth/dynauth/attrs/cisco"
	"github.com/radius-dynauth/dynauth/attrs/dell"
	"github.com/radius-dynauth/dynauth/attrs/fortinet"
	"github.com/radius-dynauth/dynauth/attrs/hp"
	"github.com/radius-dynauth/dynauth/attrs/huawei"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestActionsMakeTheirOctets(t *testing.T) {
	for name, c := range map[string]struct {
		action attrs.Attr
		octets string
	}{
		"OT7: hp bounce":        {hp.BouncePort(12 * time.Second), "1a 0c 0000000b  17 06  0000000c"},
		"hp role":               {hp.SetRole("guest"), "1a 0d 0000000b  19 07  6775657374"},
		"aruba bounce":          {aruba.BouncePort(60 * time.Second), "1a 0c 000039e7  28 06  0000003c"},
		"OT8: aruba role":       {aruba.SetRole("guest"), "1a 0d 000039e7  01 07  6775657374"},
		"OT9: fortinet bounce":  {fortinet.BouncePort(), "1a 1a 00003044  2a 14  616374696f6e3d 626f756e63652d706f7274"},
		"fortinet disable":      {fortinet.DisablePort(), "1a 1b 00003044  2a 15  616374696f6e3d 64697361626c652d706f7274"},
		"fortinet reauth":       {fortinet.Reauthenticate(), "1a 1a 00003044  2a 14  616374696f6e3d 7265617574682d706f7274"},
		"dell reauth":           {dell.Reauthenticate(), "1a 1b 0000178b  01 15  636d643d 72652d61757468656e746963617465"},
		"dell bounce":           {dell.BounceHostPort(), "1a 1c 0000178b  01 16  636d643d 626f756e63652d686f73742d706f7274"},
		"dell disable":          {dell.DisableHostPort(), "1a 1d 0000178b  01 17  636d643d 64697361626c652d686f73742d706f7274"},
		"dell terminate":        {dell.TerminateSession(), "1a 1d 0000178b  01 17  636d643d 7465726d696e6174652d73657373696f6e"},
		"dell disconnect":       {dell.DisconnectUser(), "1a 1b 0000178b  01 15  636d643d 646973636f6e6e6563742d75736572"},
		"arista bounce":         {arista.BouncePort(), "1a 0c 00007571  09 06  00000001"},
		"arista block":          {arista.BlockMAC("0010.a423.19c0"), "1a 16 00007571  07 10  303031302e613432332e31396330"},
		"arista unblock":        {arista.UnblockMAC("0010.a423.19c0"), "1a 16 00007571  08 10  303031302e613432332e31396330"},
		"accel VRF":             {accel.SetVRF("blue"), "1a 0c 0000dabf  01 06  626c7565"},
		"OT23: accel leave VRF": {accel.LeaveVRF(), "1a 09 0000dabf  01 03  30"},
	} {
		assert.Equal(t, attrtest.Rows(c.octets), attrtest.Hex(attrtest.Attributes(t, c.action)), name)
	}
}

func TestActionsOutOfRange(t *testing.T) {
	for name, a := range map[string]attrs.Attr{
		"aruba does not bounce for 0":    aruba.BouncePort(0),
		"aruba does not bounce for 61 s": aruba.BouncePort(61 * time.Second),
		"hp bounces for a second":        hp.BouncePort(time.Second - 1),
		"hp bounces for 32 bits":         hp.BouncePort(1 << 32 * time.Second),
		"no role":                        hp.SetRole(""),
		"no VRF":                         accel.SetVRF(""),
		"OT1: no empty profile":          huawei.QoSProfileName.Of(""),
		"OT1: no empty domain":           huawei.DomainName.Of(""),
	} {
		assert.Error(t, a.Err(), name)
	}
}

func TestFortinetActionIsReadBack(t *testing.T) {
	for a, want := range map[string]fortinet.Action{"action=bounce-port": "bounce-port", "action=disable-port": fortinet.ActionDisablePort, "action=reauth-port": fortinet.ActionReauthPort} {
		got, ok, err := fortinet.ActionOf(attrtest.Attributes(t, fortinet.HostPortAVPair.Of("other=1"), fortinet.HostPortAVPair.Of(a)))
		require.NoError(t, err)
		assert.True(t, ok)
		assert.Equal(t, want, got)
	}
	_, ok, err := fortinet.ActionOf(nil)
	require.NoError(t, err)
	assert.False(t, ok)
	_, ok, err = fortinet.ActionOf(attrtest.Attributes(t, fortinet.BouncePort(), fortinet.DisablePort()))
	require.ErrorIs(t, err, errcause.InvalidRequest)
	assert.False(t, ok)
	_, _, err = fortinet.ActionOf(attrtest.Attributes(t, fortinet.HostPortAVPair.Of("action=paint-port")))
	require.ErrorIs(t, err, errcause.InvalidAttributeValue)
}

// OS9 takes its commands in Force10-AVPair and in Cisco-AVPair.
func TestDellCommandIsReadBack(t *testing.T) {
	for _, a := range []attrs.Attr{dell.BounceHostPort(), cisco.Pair("cmd", "bounce-host-port"), attrs.Join(dell.BounceHostPort(), cisco.Pair("cmd", "bounce-host-port"))} {
		got, ok, err := dell.CommandOf(attrtest.Attributes(t, cisco.Pair("audit-session-id", "1"), a))
		require.NoError(t, err)
		assert.True(t, ok)
		assert.Equal(t, dell.CommandBounceHostPort, got)
	}
	_, ok, err := dell.CommandOf(attrtest.Attributes(t, cisco.Reauthenticate(cisco.Last)))
	require.NoError(t, err)
	assert.False(t, ok)
	_, _, err = dell.CommandOf(attrtest.Attributes(t, dell.BounceHostPort(), cisco.Pair("cmd", "disable-host-port")))
	require.ErrorIs(t, err, errcause.InvalidRequest)
	_, _, err = dell.CommandOf(attrtest.Attributes(t, cisco.Pair("cmd", "reload")))
	require.ErrorIs(t, err, errcause.InvalidAttributeValue)
}
