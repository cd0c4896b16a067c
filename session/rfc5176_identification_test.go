// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

func TestR5176_1_3_2_SessionsOfOneUserAreToldApart(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h)
	requireAnswer(t, d, disconnect(t, attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("2")), disconnectACK, 0)
	require.False(t, h.subs[0].gone)
	require.True(t, h.subs[1].gone)
}

func TestR5176_2_1_1_DisconnectNamesSessions(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h)
	requireAnswer(t, d, disconnect(t, attrs.AcctSessionID.Of("1")), disconnectACK, 0)
	require.Equal(t, []attrs.Identity{{AcctSessionID: "1"}}, h.found)
	require.Equal(t, attrs.Identity{AcctSessionID: "1"}, h.ended[0].Identity())
}

func TestR5176_2_1_2_DisconnectACKOnlyWhenTheHostEndedAll(t *testing.T) {
	h := twoSubs()
	h.err = fmt.Errorf("port is stuck: %w", errcause.SessionContextNotRemovable)
	d := session.NewDispatcher(h)
	d.Several = h
	requireAnswer(t, d, disconnect(t, attrs.UserName.Of("bob")), disconnectNAK, errcause.SessionContextNotRemovable)
	h.err = nil
	resp := requireAnswer(t, d, disconnect(t, attrs.UserName.Of("bob")), disconnectACK, 0)
	require.Equal(t, 2, resp.Sessions)
}

func TestR5176_2_1_3_DisconnectACKCarriesAdminReset(t *testing.T) {
	h := twoSubs()
	resp := requireAnswer(t, session.NewDispatcher(h), disconnect(t, bob1), disconnectACK, 0)
	cause, err := attrs.AcctTerminateCause.Get(resp.Packet.Attributes)
	require.NoError(t, err)
	require.EqualValues(t, 6, cause)
}

func TestR5176_2_2_2_CoAACKIfTheChangeWasMade(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID)
	resp := requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("gold")), coaACK, 0)
	require.Equal(t, []string{"gold"}, h.subs[0].filters)
	require.Equal(t, 1, resp.Sessions)
	require.Empty(t, resp.Packet.Attributes)

	h.err = errcause.ResourcesUnavailable
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("lead")), coaNAK, errcause.ResourcesUnavailable)
	require.Equal(t, []string{"gold"}, h.subs[0].filters)
}

func TestR5176_2_3_16_AttributesAreMandatory(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID)
	requireUntouched(t, d, h, coa(t, bob1, attrs.FilterID.Of("gold"), attrs.FramedPool.Of("p")), errcause.UnsupportedAttribute)
	require.Empty(t, h.found, "it is refused before sessions are looked for")
}

func TestR5176_2_3_17_NAKIfAChangeCannotBeMade(t *testing.T) {
	h := twoSubs()
	h.err = errors.New("no such filter")
	d := session.NewDispatcher(h, attrs.FilterID)
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("gold")), coaNAK, 0)
}

func TestR5176_2_3_18_UnsupportedAttributeOrValue(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID)
	requireUntouched(t, d, h, coa(t, bob1, attrs.IdleTimeout.Of(60e9)), errcause.UnsupportedAttribute)
	requireUntouched(t, d, h, disconnect(t, bob1, attrs.FilterID.Of("gold")), errcause.UnsupportedAttribute)
	h.err = fmt.Errorf("filter %q: %w", "gold", errcause.InvalidAttributeValue)
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("gold")), coaNAK, errcause.InvalidAttributeValue)
}

func TestR5176_2_3_19_CoAIsAtomicOverAllSessions(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID)
	d.Several = h
	resp := requireAnswer(t, d, coa(t, attrs.UserName.Of("bob"), attrs.FilterID.Of("gold")), coaACK, 0)
	require.Equal(t, 2, resp.Sessions)
	require.Len(t, h.changed, 1, "the host is asked once, for both")
	h.err = errcause.ResourcesUnavailable
	requireAnswer(t, d, coa(t, attrs.UserName.Of("bob"), attrs.FilterID.Of("lead")), coaNAK, errcause.ResourcesUnavailable)
	for _, s := range h.subs {
		require.Equal(t, []string{"gold"}, s.filters)
	}
}

func TestR5176_2_3_20_DisconnectIsAtomicOverAllSessions(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h)
	d.Several = h
	h.err = errcause.SessionContextNotRemovable
	requireAnswer(t, d, disconnect(t, attrs.UserName.Of("bob")), disconnectNAK, errcause.SessionContextNotRemovable)
	require.Len(t, h.ended, 1, "the host is asked once, for both")
	require.False(t, h.subs[0].gone || h.subs[1].gone)
}

func TestR5176_2_3_21_SeveralSessionsAre508WithoutSeveral(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID)
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("bob")), errcause.MultipleSessionSelectionUnsupported)
	requireUntouched(t, d, h, coa(t, attrs.UserName.Of("bob"), attrs.FilterID.Of("x")), errcause.MultipleSessionSelectionUnsupported)
}

func TestR5176_3_1_NASAndSessionTogetherHaveToFit(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h)
	d.NAS = attrs.NAS{Identifier: "bng1", Addrs: []netipAddr{addr("192.0.2.1")}}
	requireUntouched(t, d, h, disconnect(t, bob1, attrs.NASIdentifier.Of("bng2")), errcause.NASIdentificationMismatch)
	requireUntouched(t, d, h, disconnect(t, bob1, attrs.NASIPAddress.Of(addr("192.0.2.2"))), errcause.NASIdentificationMismatch)
	requireUntouched(t, d, h, disconnect(t, bob1, attrs.NASIdentifier.Of("bng1"), attrs.NASIPAddress.Of(addr("192.0.2.2"))), errcause.NASIdentificationMismatch)
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("eve"), attrs.NASIdentifier.Of("bng1")), errcause.SessionContextNotFound)
	requireAnswer(t, d, disconnect(t, bob1, attrs.NASIdentifier.Of("bng1"), attrs.NASIPAddress.Of(addr("192.0.2.1"))), disconnectACK, 0)
}

func TestR5176_3_1_NASOfASessionIsMatchedTogetherWithIt(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID)
	d.NASOf = func(s *sub) attrs.NAS { return attrs.NAS{Identifier: "bng" + s.id.AcctSessionID} }
	bob := attrs.UserName.Of("bob")
	requireUntouched(t, d, h, disconnect(t, bob), errcause.MultipleSessionSelectionUnsupported)
	requireUntouched(t, d, h, disconnect(t, bob, attrs.NASIdentifier.Of("bng3")), errcause.NASIdentificationMismatch)
	d.Policy.First = true // of those that the request means
	resp := requireAnswer(t, d, coa(t, bob, attrs.FilterID.Of("x"), attrs.NASIdentifier.Of("bng2")), coaACK, 0)
	require.Equal(t, 1, resp.Sessions)
	d.Policy.First = false
	resp = requireAnswer(t, d, disconnect(t, bob, attrs.NASIdentifier.Of("bng2")), disconnectACK, 0)
	require.Equal(t, 1, resp.Sessions)
	require.True(t, h.subs[1].gone)
	require.Equal(t, []string{"x"}, h.subs[1].filters)
	require.False(t, h.subs[0].gone)
	require.Empty(t, h.subs[0].filters)
}

func TestR5176_3_2_AllAttributesMustFitNeverOne(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h)
	d.Several = h
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("eve"), attrs.AcctSessionID.Of("1")), errcause.SessionContextNotFound)
	resp := requireAnswer(t, d, disconnect(t, attrs.UserName.Of("bob")), disconnectACK, 0)
	require.Equal(t, 2, resp.Sessions)
}

func TestR5176_3_6_OtherIdentificationSinglesOutASession(t *testing.T) {
	for name, a := range map[string]attrs.Attr{
		"Framed-IP-Address":      attrs.FramedIPAddress.Of(addr("10.0.2.3")),
		"Framed-IPv6-Prefix":     attrs.Join(attrs.FramedIPv6Prefix.Of(prefix("2001:db8:1::/64")), attrs.FramedInterfaceID.Of([8]byte{1})),
		"Called-Station-Id":      attrs.CalledStationID.Of("ssid"),
		"Calling-Station-Id":     attrs.CallingStationID.Of("00-10-A4-23-19-C0"),
		"NAS-Port":               attrs.NASPort.Of(7),
		"NAS-Port-Id":            attrs.NASPortID.Of("ge-0/0/1"),
		"Acct-Multi-Session-Id":  attrs.AcctMultiSessionID.Of("m"),
		"Chargeable-User-Id":     attrs.ChargeableUserIdentity.Of([]byte{0xff, 0}),
		"all of User-Name alone": attrs.UserName.Of("bob"),
	} {
		t.Run(name, func(t *testing.T) {
			_, id, err := attrs.IdentityOf(disconnect(t, a).Attributes())
			require.NoError(t, err)
			h := &host{subs: []*sub{{id: id}}}
			requireAnswer(t, session.NewDispatcher(h), disconnect(t, a), disconnectACK, 0)
			require.Equal(t, id, h.found[0])
		})
	}
}

func TestR5176_3_10_InterfaceIDAndPrefixTogetherMustBothFit(t *testing.T) {
	id := attrs.Identity{FramedInterfaceID: &[8]byte{1}, FramedIPv6Prefix: []netipPrefix{prefix("2001:db8::/64")}}
	h := &host{subs: []*sub{{id: id}}}
	d := session.NewDispatcher(h)
	requireUntouched(t, d, h, disconnect(t, attrs.FramedInterfaceID.Of([8]byte{2}), attrs.FramedIPv6Prefix.Of(prefix("2001:db8::/64"))), errcause.SessionContextNotFound)
	requireUntouched(t, d, h, disconnect(t, attrs.FramedInterfaceID.Of([8]byte{1}), attrs.FramedIPv6Prefix.Of(prefix("2001:db8:1::/64"))), errcause.SessionContextNotFound)
	requireAnswer(t, d, disconnect(t, id.Attr()), disconnectACK, 0)
}

func TestR5176_3_9_AnythingElseInADisconnectIsRefused(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID, attrs.SessionTimeout)
	for name, r := range map[string]*dac.Request{
		"a change that the host supports": disconnect(t, bob1, attrs.FilterID.Of("x")),
		"another change":                  disconnect(t, bob1, attrs.IdleTimeout.Of(60e9)),
		"Service-Type":                    disconnect(t, bob1, attrs.ServiceType.Of(1)),
		"Authorize Only":                  disconnect(t, bob1, attrs.ServiceType.Of(17)),
		"State":                           disconnect(t, bob1, attrs.State.Of([]byte("s"))),
		"Error-Cause":                     disconnect(t, bob1, attrs.ErrorCause.Of(503)),
		"NAS-Port-Type":                   disconnect(t, bob1, attrs.NASPortType.Of(5)),
		"a vendor's attribute":            disconnect(t, bob1, attrs.Vendor(9, 1, []byte("x"))),
		"an unknown attribute":            raw(disconnect(t, bob1), 222, 1),
		"an unknown extended attribute":   raw(disconnect(t, bob1), 241, 200, 1),
	} {
		t.Run(name, func(t *testing.T) { requireUntouched(t, d, h, r, errcause.UnsupportedAttribute) })
	}
}

func TestR5176_3_1_1_ProxyStateIsNoReasonForANAK(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h)
	resp := requireAnswer(t, d, disconnect(t, bob1, attrs.ProxyState.Of([]byte("a")), attrs.ProxyState.Of([]byte("b"))), disconnectACK, 0)
	require.Equal(t, []int{49}, typesOf(resp), "the signer puts it into the answer, and no handler can break it")
}

func TestR5176_6_1_4_AllowDecidesPerSession(t *testing.T) {
	h := &host{subs: []*sub{{id: attrs.Identity{UserName: "u@isp-a.example", AcctSessionID: "1"}}, {id: attrs.Identity{UserName: "u@isp-b.example", AcctSessionID: "2"}}}}
	d := session.NewDispatcher(h)
	d.Allow = session.AllowRealms(func(s *sub) string { return s.id.UserName }, map[string][]string{"aaa-a": {"ISP-A.example"}, "aaa-b": {"isp-b.example"}})
	from := func(peer, id string) *dac.Request {
		r := disconnect(t, attrs.AcctSessionID.Of(id))
		r.Peer = peer
		return r
	}
	requireUntouched(t, d, h, from("aaa-b", "1"), errcause.AdministrativelyProhibited)
	requireUntouched(t, d, h, from("", "1"), errcause.AdministrativelyProhibited)
	requireUntouched(t, d, h, from("aaa-b", "3"), errcause.SessionContextNotFound)
	requireAnswer(t, d, from("aaa-a", "1"), disconnectACK, 0)
	requireAnswer(t, d, from("aaa-b", "2"), disconnectACK, 0)
}

func TestR5176_6_1_1_AllowMayDiscardInSilence(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h)
	d.Allow = func(context.Context, *dac.Request, []*sub) error { return dac.ErrSilent }
	requireAnswer(t, d, disconnect(t, bob1), 0, 0)
	require.Zero(t, h.touched())
}
