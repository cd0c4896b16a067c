// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

// A lac is a host some of whose sessions belong to a component that cannot disconnect.
type lac struct{ *host }

func (l lac) Disconnect(ctx context.Context, s *sub, d *session.Disconnect) error {
	if s.id.NASPortID == "ip lac" {
		return errcause.SessionContextNotRemovable
	}
	return l.host.Disconnect(ctx, s, d)
}

func TestJE16_IPLACSubscriberIs504(t *testing.T) {
	h := &host{subs: []*sub{{id: attrs.Identity{AcctSessionID: "1", NASPortID: "ip lac"}}, {id: attrs.Identity{AcctSessionID: "2", NASPortID: "ppp"}}}}
	d := session.NewDispatcher(lac{h}, attrs.FilterID)
	d.Policy.Causes = []errcause.Cause{401, 402, 404, 503, 504, 506}
	requireUntouched(t, d, h, disconnect(t, attrs.AcctSessionID.Of("1")), errcause.SessionContextNotRemovable)
	require.False(t, h.subs[0].gone)
	requireAnswer(t, d, coa(t, attrs.AcctSessionID.Of("1"), attrs.FilterID.Of("slow")), coaACK, 0)
	requireAnswer(t, d, disconnect(t, attrs.AcctSessionID.Of("2")), disconnectACK, 0)
}

// The cause is one that the sender may wait out, and the session is as it was.
func TestJE17_NoResourcesIs506(t *testing.T) {
	d, h := with(session.Policy{Causes: []errcause.Cause{401, 402, 404, 503, 504, 506}}, attrs.FilterID)
	h.err = errcause.ResourcesUnavailable
	requireAnswer(t, d, disconnect(t, bob1), disconnectNAK, errcause.ResourcesUnavailable)
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("slow")), coaNAK, errcause.ResourcesUnavailable)
	require.True(t, errcause.ResourcesUnavailable.Retryable())
	require.Empty(t, h.subs[0].filters)
	h.err = nil
	requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
}

// User-Name is a key within a virtual router; without one of the sets of keys a CoA-Request is
// refused.
func TestJE11_SetsOfKeysWithinAVirtualRouter(t *testing.T) {
	h := &host{subs: []*sub{
		{id: attrs.Identity{Context: "red", UserName: "bob", AcctSessionID: "1"}},
		{id: attrs.Identity{Context: "blue", UserName: "bob", AcctSessionID: "2"}},
	}}
	d := session.NewDispatcher(h, attrs.FilterID)
	d.Policy.RequireCoA = [][]attrs.AnyKey{keys(attrs.UserName), keys(attrs.FramedIPAddress), keys(attrs.NASPortID, attrs.CallingStationID)}
	d.Context = func(r *dac.Request) string {
		return map[string]string{"198.51.100.1": "red", "198.51.100.2": "blue"}[r.Local.Addr().String()]
	}
	asked := func(at string, a ...attrs.Attr) *dac.Request {
		r := coa(t, append(a, attrs.FilterID.Of("slow"))...)
		r.Local = netipAddrPort(at + ":1700")
		return r
	}
	requireUntouched(t, d, h, asked("198.51.100.1", attrs.AcctSessionID.Of("1")), errcause.MissingAttribute)
	requireUntouched(t, d, h, asked("198.51.100.1", attrs.NASPortID.Of("atm 4/0.7")), errcause.MissingAttribute)
	requireUntouched(t, d, h, asked("198.51.100.3", attrs.UserName.Of("bob")), errcause.SessionContextNotFound)
	requireAnswer(t, d, asked("198.51.100.2", attrs.UserName.Of("bob")), coaACK, 0)
	require.Empty(t, h.subs[0].filters)
	require.Equal(t, []string{"slow"}, h.subs[1].filters)
}

// The answer waits until the filter is applied, and a filter that does not exist is refused with
// all as it was.
func TestJE19_SO11_ACKSaysThatTheFilterIsApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, h := with(session.Policy{}, attrs.FilterID)
		applied := make(chan struct{})
		h.before = func(context.Context, *sub) { <-applied }
		answered := handleLater(t, d, coa(t, bob1, attrs.FilterID.Of("acl-7")))
		synctest.Wait()
		require.Empty(t, answered, "it is answered before it is applied")
		close(applied)
		require.Equal(t, answer{coaACK, 0}, <-answered)
		require.Equal(t, []string{"acl-7"}, h.subs[0].filters)

		h.err = errcause.InvalidAttributeValue
		requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("no-such-acl")), coaNAK, errcause.InvalidAttributeValue)
		require.Equal(t, []string{"acl-7"}, h.subs[0].filters)
	})
}

// What a service counts and how often reach the host; settings that cannot be decoded do not.
func TestJE24_JE25_SettingsOfAServiceReachTheHost(t *testing.T) {
	d, h := with(session.Policy{}, juniper.ActivateService, juniper.ServiceStatistics, juniper.ServiceInterval)
	for n, mode := range []juniper.StatisticsMode{juniper.NoStatistics, juniper.TimeOnly, juniper.TimeAndVolume} {
		requireAnswer(t, d, coa(t, bob1, juniper.Activate(1, "gold", juniper.Statistics(mode), juniper.Interval(600e9))), coaACK, 0)
		orders, err := juniper.Orders(h.changed[n].Attributes)
		require.NoError(t, err)
		require.EqualValues(t, n, *orders[0].Statistics)
		require.EqualValues(t, 600e9, *orders[0].Interval)
	}
	requireUntouched(t, d, h, coa(t, bob1, juniper.Activate(1, "gold"), attrs.Vendor(juniper.Vendor, 69, []byte{1})), errcause.InvalidRequest)
}
