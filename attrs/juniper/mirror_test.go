// SPDX-License-Identifier: Apache-2.0

package juniper_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var mirroring = juniper.Mirroring{Action: juniper.MirrorOn, Handle: []byte{0xde, 0xad, 0xbe, 0xef}, Device: netip.MustParseAddrPort("192.0.2.9:2152")}

// In clear, as they stand until the packet is signed.
var mirroringOctets = []string{
	"1a 0c 0000130a  3a 06  00000001 ",
	"1a 0c 0000130a  3b 06  deadbeef ",
	"1a 0c 0000130a  3c 06  c0000209 ",
	"1a 0c 0000130a  3d 06  00000868 ",
}

func TestJE26_MirrorMakesItsOctets(t *testing.T) {
	assert.Equal(t, attrtest.Rows(mirroringOctets...), attrtest.Hex(attrtest.Attributes(t, juniper.Mirror(mirroring))))
	assert.Equal(t, attrtest.Rows("1a 0c 0000130a 3a 06 00000000"), attrtest.Hex(attrtest.Attributes(t, juniper.Mirror(juniper.Mirroring{}))))
}

func TestMirrorOfReadsWhatMirrorMakes(t *testing.T) {
	m, ok, err := juniper.MirrorOf(attrtest.Clear(attrtest.Set(t, mirroringOctets...)))
	require.NoError(t, err)
	assert.True(t, ok)
	assert.True(t, mirroring.Action == m.Action && string(mirroring.Handle) == string(m.Handle) && mirroring.Device == m.Device)

	_, ok, err = juniper.MirrorOf(attrtest.Clear(nil))
	require.NoError(t, err)
	assert.False(t, ok)
}

func TestJE15_MirroringThatCannotBeRead(t *testing.T) {
	port := juniper.MedPortNumber.Of(65536)
	for name, c := range map[string]struct {
		a    attrs.Attr
		want errcause.Cause
	}{
		"no action":              {juniper.MedPortNumber.Of(1), errcause.MissingAttribute},
		"unknown action":         {juniper.LIAction.Of(3), errcause.InvalidRequest},
		"action 7":               {juniper.LIAction.Of(7), errcause.InvalidRequest},
		"handle of 3 octets":     {attrs.Join(juniper.LIAction.Of(1), juniper.MedDevHandle.Of([]byte("abc"))), errcause.InvalidRequest},
		"handle of 5 octets":     {attrs.Join(juniper.LIAction.Of(1), juniper.MedDevHandle.Of([]byte("abcde"))), errcause.InvalidRequest},
		"handle of 17 octets":    {attrs.Join(juniper.LIAction.Of(1), juniper.MedDevHandle.Of(make([]byte, 17))), errcause.InvalidRequest},
		"two handles":            {attrs.Join(juniper.LIAction.Of(1), juniper.MedDevHandle.Of([]byte("abcd")), juniper.MedDevHandle.Of([]byte("abce"))), errcause.InvalidRequest},
		"two actions":            {attrs.Join(juniper.LIAction.Of(1), juniper.LIAction.Of(0)), errcause.InvalidRequest},
		"two devices":            {attrs.Join(juniper.LIAction.Of(1), juniper.MedIPAddress.Of(netip.MustParseAddr("192.0.2.1")), juniper.MedIPAddress.Of(netip.MustParseAddr("192.0.2.2"))), errcause.InvalidRequest},
		"two ports":              {attrs.Join(juniper.LIAction.Of(1), juniper.MedPortNumber.Of(1), juniper.MedPortNumber.Of(2)), errcause.InvalidRequest},
		"no device":              {attrs.Join(juniper.LIAction.Of(1), juniper.MedIPAddress.Of(netip.IPv4Unspecified())), errcause.InvalidRequest},
		"port above 65535":       {attrs.Join(juniper.LIAction.Of(1), port), errcause.InvalidRequest},
		"action of three octets": {attrs.Vendor(juniper.Vendor, 58, []byte{0, 0, 1}), errcause.InvalidRequest},
		"address of two octets":  {attrs.Join(juniper.LIAction.Of(1), attrs.Vendor(juniper.Vendor, 60, []byte{1, 2})), errcause.InvalidRequest},
	} {
		m, ok, err := juniper.MirrorOf(attrtest.Clear(attrtest.Attributes(t, c.a)))
		require.ErrorIs(t, err, c.want, name)
		assert.False(t, ok, name)
		assert.Equal(t, juniper.Mirroring{}, m, name)
		assert.NotContains(t, err.Error(), "65536")
	}
}

// JE15: each of them is refused by the Dispatcher too, which checks what a request changes before
// the host hears of it.
func TestMirroringIsCheckedAttributeByAttribute(t *testing.T) {
	for name, c := range map[string]struct {
		key attrs.AnyKey
		a   attrs.Attr
	}{
		"action 7":            {juniper.LIAction, juniper.LIAction.Of(7)},
		"handle of 3 octets":  {juniper.MedDevHandle, juniper.MedDevHandle.Of([]byte("abc"))},
		"handle of 17 octets": {juniper.MedDevHandle, juniper.MedDevHandle.Of(make([]byte, 17))},
		"two handles":         {juniper.MedDevHandle, attrs.Join(juniper.MedDevHandle.Of([]byte("abcd")), juniper.MedDevHandle.Of([]byte("abcdefgh")))},
		"port 65536":          {juniper.MedPortNumber, juniper.MedPortNumber.Of(65536)},
		"device 0.0.0.0":      {juniper.MedIPAddress, juniper.MedIPAddress.Of(netip.IPv4Unspecified())},
	} {
		require.ErrorIs(t, attrs.Check(attrtest.Clear(attrtest.Attributes(t, c.a)), c.key), errcause.InvalidRequest, name)
	}
	for _, handle := range []string{"abcd", "abcdefgh"} {
		twice := attrs.Join(juniper.MedDevHandle.Of([]byte(handle)), juniper.MedDevHandle.Of([]byte(handle)))
		require.NoError(t, attrs.Check(attrtest.Clear(attrtest.Attributes(t, twice)), juniper.MedDevHandle))
	}
}

func TestMirrorRefusesWhatJunosEWould(t *testing.T) {
	device := netip.MustParseAddrPort("192.0.2.9:2152")
	for name, m := range map[string]juniper.Mirroring{
		"action 3":               {Action: 3},
		"empty handle":           {Action: juniper.MirrorOn, Handle: []byte{}, Device: device},
		"handle of 3 octets":     {Action: juniper.MirrorOn, Handle: []byte("abc"), Device: device},
		"handle of 17 octets":    {Action: juniper.MirrorOn, Handle: make([]byte, 17), Device: device},
		"device with IPv6":       {Action: juniper.MirrorOn, Device: netip.MustParseAddrPort("[2001:db8::1]:1")},
		"device 0.0.0.0":         {Action: juniper.MirrorOn, Device: netip.MustParseAddrPort("0.0.0.0:1")},
		"port without a device":  {Action: juniper.MirrorOn, Device: netip.AddrPortFrom(netip.Addr{}, 7)},
		"handle, and the action": {Action: 9, Handle: []byte("abc")},
	} {
		err := juniper.Mirror(m).Err()
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "abc", name)
	}
	for _, handle := range []string{"abcd", "abcdefgh"} {
		require.NoError(t, juniper.Mirror(juniper.Mirroring{Action: juniper.MirrorOn, Handle: []byte(handle), Device: device}).Err())
	}
}

func TestMirroringIsNotPrinted(t *testing.T) {
	text, err := json.Marshal(map[string]any{"m": mirroring})
	require.NoError(t, err)
	for _, s := range []string{fmt.Sprint(mirroring), fmt.Sprintf("%+v %#v %s %q %x", mirroring, &mirroring, mirroring, mirroring, mirroring), string(text),
		juniper.Mirror(mirroring).String()} {
		assert.Contains(t, s, "[hidden]")
		for _, part := range []string{"192.0.2.9", "2152", "dead", "222", "3221"} {
			assert.NotContains(t, s, part)
		}
	}
}

func TestJX21_PortBounce(t *testing.T) {
	set := attrtest.Set(t, "1a 13 00000a4c  34 0d  506f72742d426f756e6365")
	assert.Equal(t, attrtest.Hex(set), attrtest.Hex(attrtest.Attributes(t, juniper.BouncePort())))
	for want, set := range map[bool][]attrs.Attr{true: {juniper.AVPair.Of("other"), juniper.BouncePort()}, false: {juniper.AVPair.Of("other")}} {
		got, err := juniper.BouncesPort(attrtest.Attributes(t, set...))
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := juniper.BouncesPort(attrtest.Set(t, "1a 08 00000a4c 34 09"))
	require.ErrorIs(t, err, errcause.InvalidRequest)
}
