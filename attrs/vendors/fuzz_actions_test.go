// SPDX-License-Identifier: Apache-2.0

package vendors_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/cisco"
	"github.com/radius-dynauth/dynauth/attrs/dell"
	"github.com/radius-dynauth/dynauth/attrs/fortinet"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/radius-dynauth/dynauth/attrs/redback"
	"github.com/radius-dynauth/dynauth/attrs/threegpp2"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// set is what the actions add to a packet; false where one of them refuses its arguments.
func set(a ...attrs.Attr) (radius.Attributes, bool) {
	all, err := attrs.Join(a...).AppendTo(nil)
	return all, err == nil
}

// What actions make of their arguments, the readers make of the attributes, whatever the arguments
// are that they take.
func FuzzActionsAreReadBack(f *testing.F) {
	f.Add("gold(10M,40M)", "bronze", byte(1), uint32(500), uint32(18000))
	f.Add("", "", byte(0), uint32(0), uint32(0))
	f.Add("a(b", "x=y", byte(32), uint32(1<<24), uint32(1<<31))
	f.Fuzz(func(t *testing.T, service, other string, tag byte, n, seconds uint32) {
		span := time.Duration(seconds) * time.Second
		if all, ok := set(juniper.Activate(tag, service, juniper.Volume(n), juniper.Timeout(span), juniper.Statistics(juniper.TimeOnly)), juniper.Deactivate(other)); ok {
			orders, err := juniper.Orders(all)
			require.NoError(t, err)
			require.Len(t, orders, 2)
			want, err := juniper.ParseService(service)
			require.NoError(t, err)
			require.Equal(t, juniper.Order{Op: juniper.OpActivate, Tag: tag, Service: want, Volume: &n, Timeout: &span, Statistics: ptr(juniper.TimeOnly)}, orders[0])
			want, err = juniper.ParseService(other)
			require.NoError(t, err)
			require.Equal(t, juniper.Order{Op: juniper.OpDeactivate, Service: want}, orders[1])
		}
		if all, ok := set(redback.Activate(tag, service, redback.Accounted, other), redback.Deactivate(tag^1, other)); ok {
			orders, err := redback.Orders(all)
			require.NoError(t, err)
			require.Equal(t, []redback.Order{{Tag: tag, Service: service, Action: redback.Accounted, Parameters: []string{other}}, {Tag: tag ^ 1, Service: other, Action: redback.End}}, orders)
		}
		if all, ok := set(cisco.ActivateService(service, cisco.Precedence(n)), cisco.DeactivateService(other)); ok {
			commands, err := cisco.Commands(all)
			require.NoError(t, err)
			require.Equal(t, []cisco.Command{{Verb: cisco.VerbActivateService, Service: service, Precedence: &n}, {Verb: cisco.VerbDeactivateService, Service: other}}, commands)
		}
		device := netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), uint16(seconds))
		m := juniper.Mirroring{Action: juniper.MirrorOn, Handle: []byte(other[:min(len(other), 4)]), Device: device}
		if all, ok := set(juniper.Mirror(m)); ok && other != "" && !device.Addr().IsUnspecified() && device.Port() != 0 {
			got, found, err := juniper.MirrorOf(attrtest.Clear(all))
			require.NoError(t, err)
			require.True(t, found)
			require.True(t, got.Action == m.Action && string(got.Handle) == string(m.Handle) && got.Device == device)
		}
		if l, err := mikrotik.ParseRateLimit(service); err == nil {
			all, ok := set(mikrotik.SetRateLimit(l))
			require.True(t, ok)
			text, err := mikrotik.RateLimit.Get(all)
			require.NoError(t, err)
			again, err := mikrotik.ParseRateLimit(text)
			require.NoError(t, err)
			require.Equal(t, l, again)
		}
	})
}

// Whatever attributes a CoA-Request has, the readers say what they are about or refuse them with a
// cause.
func FuzzActionReaders(f *testing.F) {
	for _, a := range []attrs.Attr{
		attrs.Join(juniper.Activate(1, "gold(10M)", juniper.Volume(7)), juniper.Deactivate("bronze"), juniper.Update(2, "voip", juniper.Interval(time.Minute))),
		juniper.Mirror(juniper.Mirroring{Action: juniper.MirrorOn, Handle: []byte("x123"), Device: netip.MustParseAddrPort("192.0.2.9:2152")}),
		attrs.Join(redback.Activate(1, "gold", redback.Accounted, "rate=10m"), redback.Deactivate(2, "slow")),
		attrs.Join(cisco.Reauthenticate(cisco.Last), cisco.ActivateService("GOLD", cisco.Precedence(7))),
		attrs.Join(dell.BounceHostPort(), fortinet.BouncePort(), juniper.BouncePort(), threegpp2.SupportBoth()),
	} {
		f.Add(octetsOf(f, a))
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		all, err := radius.ParseAttributes(octets)
		if err != nil {
			return
		}
		tried := func(err error) {
			if err != nil {
				_, known := errcause.Of(err)
				require.True(t, known, "%v", err)
			}
		}
		orders, err := juniper.Orders(all)
		tried(err)
		require.Len(t, juniper.DeactivationsFirst(orders), len(orders))
		_, _, err = juniper.MirrorOf(attrtest.Clear(all))
		tried(err)
		_, err = juniper.BouncesPort(all)
		tried(err)
		_, err = redback.Orders(all)
		tried(err)
		_, err = cisco.Commands(all)
		tried(err)
		_, _, err = dell.CommandOf(all)
		tried(err)
		_, _, err = fortinet.ActionOf(all)
		tried(err)
		_, err = threegpp2.CapabilityOf(all)
		tried(err)
	})
}

func octetsOf(tb testing.TB, a attrs.Attr) (b []byte) {
	for _, avp := range attrtest.Attributes(tb, a) {
		b = append(append(b, byte(avp.Type), byte(2+len(avp.Attribute))), avp.Attribute...)
	}
	return b
}
