// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"slices"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func TestR5176_3_5_13_508OnlyWhereANASHandlesOneAndSeveralMatch(t *testing.T) {
	bob, filter := attrs.UserName.Of("bob"), attrs.FilterID.Of("x")
	t.Run("one at a time", func(t *testing.T) {
		h := twoSubs()
		d := session.NewDispatcher(h, attrs.FilterID)
		resp := requireUntouched(t, d, h, coa(t, bob, filter), errcause.MultipleSessionSelectionUnsupported)
		require.Equal(t, []int{101}, typesOf(resp))
		requireUntouched(t, d, h, disconnect(t, bob), errcause.MultipleSessionSelectionUnsupported)
		requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("eve")), errcause.SessionContextNotFound)
		requireAnswer(t, d, coa(t, bob1, filter), coaACK, 0)
		require.Equal(t, []string{"x"}, h.subs[0].filters)
		require.Empty(t, h.subs[1].filters)
		requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
		requireAnswer(t, d, disconnect(t, bob), disconnectACK, 0)
	})
	t.Run("several at once", func(t *testing.T) {
		h := twoSubs()
		d := session.NewDispatcher(h, attrs.FilterID)
		d.Several = h
		requireAnswer(t, d, coa(t, bob, filter), coaACK, 0)
		require.Equal(t, [][]string{{"x"}, {"x"}}, [][]string{h.subs[0].filters, h.subs[1].filters})
		requireAnswer(t, d, disconnect(t, bob), disconnectACK, 0)
		require.True(t, h.subs[0].gone && h.subs[1].gone)
	})
	t.Run("several at once, but not as many", func(t *testing.T) {
		h := twoSubs()
		h.subs = append(h.subs, &sub{id: attrs.Identity{UserName: "bob", AcctSessionID: "3"}})
		d := session.NewDispatcher(h, attrs.FilterID)
		d.Several, d.Policy.MaxSessions = h, 2
		requireUntouched(t, d, h, disconnect(t, bob), errcause.MultipleSessionSelectionUnsupported)
		requireUntouched(t, d, h, coa(t, bob, filter), errcause.MultipleSessionSelectionUnsupported)
	})
}

// What a tunnel attribute does to the session is the host's: RFC 5176, section 3.6, note 5, has it
// remove all that there are and put in these, so all of them come, and in the order that their tags
// and preferences were given in.
func TestR5176_3_6_5_TheChangeHasAllTunnelAttributesInOrder(t *testing.T) {
	tunnels := []attrs.Attr{
		attrs.TunnelType.Of(attrs.Tag(1, uint32(3))), attrs.TunnelMediumType.Of(attrs.Tag(1, uint32(1))),
		// A second tunnel, before the first one is told of to its end.
		attrs.TunnelType.Of(attrs.Tag(2, uint32(10))),
		attrs.TunnelClientEndpoint.Of(attrs.Tag(1, "192.0.2.1")), attrs.TunnelServerEndpoint.Of(attrs.Tag(1, "198.51.100.1")),
		attrs.TunnelPassword.Of(attrs.Tag(1, []byte("secret"))), attrs.TunnelMediumType.Of(attrs.Tag(2, uint32(1))),
		attrs.TunnelServerEndpoint.Of(attrs.Tag(2, "198.51.100.2")), attrs.TunnelPrivateGroupID.Of(attrs.Tag(2, "42")),
		attrs.TunnelAssignmentID.Of(attrs.Tag(1, "a")), attrs.TunnelPreference.Of(attrs.Tag(2, uint32(5))), attrs.TunnelPreference.Of(attrs.Tag(1, uint32(9))),
		attrs.TunnelClientAuthID.Of(attrs.Tag(1, "lac")), attrs.TunnelServerAuthID.Of(attrs.Tag(1, "lns")),
	}
	supported := []attrs.AnyKey{attrs.TunnelType, attrs.TunnelMediumType, attrs.TunnelClientEndpoint, attrs.TunnelServerEndpoint, attrs.TunnelPassword,
		attrs.TunnelPrivateGroupID, attrs.TunnelAssignmentID, attrs.TunnelPreference, attrs.TunnelClientAuthID, attrs.TunnelServerAuthID}
	h := twoSubs()
	d := session.NewDispatcher(h, supported...)
	half := len(tunnels) / 2
	r := received(t, coa(t, attrs.Join(tunnels[:half]...), bob1, attrs.ProxyState.Of([]byte("p")), attrs.Join(tunnels[half:]...)))
	requireAnswer(t, d, r, coaACK, 0)

	var types []int
	for _, a := range h.changed[0].Attributes {
		types = append(types, int(a.Type))
	}
	require.Equal(t, []int{64, 65, 64, 66, 67, 69, 65, 67, 81, 82, 83, 83, 90, 91}, types)
	kinds, err := all1(attrs.TunnelType.All(h.changed[0].Attributes))
	require.NoError(t, err)
	require.Equal(t, []attrs.Tagged[uint32]{{Tag: 1, Value: 3}, {Tag: 2, Value: 10}}, kinds)
	ends, err := all1(attrs.TunnelServerEndpoint.All(h.changed[0].Attributes))
	require.NoError(t, err)
	require.Equal(t, []attrs.Tagged[string]{{Tag: 1, Value: "198.51.100.1"}, {Tag: 2, Value: "198.51.100.2"}}, ends)
	order, err := all1(attrs.TunnelPreference.All(h.changed[0].Attributes))
	require.NoError(t, err)
	require.Equal(t, []attrs.Tagged[uint32]{{Tag: 2, Value: 5}, {Tag: 1, Value: 9}}, order)
	password, err := attrs.TunnelPassword.Get(h.changed[0].Request)
	require.NoError(t, err)
	require.Equal(t, attrs.Tag(1, []byte("secret")), password)

	// A tunnel that the host could make only in part is none.
	for _, without := range supported {
		some := slices.DeleteFunc(slices.Clone(supported), func(k attrs.AnyKey) bool { return k == without })
		requireUntouched(t, session.NewDispatcher(h, some...), h, r, errcause.UnsupportedAttribute)
	}
	bad := raw(coa(t, bob1, tunnels[0]), 65, 1, 0, 1) // Tunnel-Medium-Type of three octets
	requireUntouched(t, d, h, bad, errcause.InvalidRequest)
}

func TestR5607_7_1_ManagementSessionsAreFoundByUserNameAndServiceType(t *testing.T) {
	user, admin, prompt := attrs.UserName.Of("ops"), attrs.ServiceType.Of(6), attrs.ServiceType.Of(7)
	of := func(id, service string) *sub {
		return &sub{id: attrs.Identity{UserName: "ops", AcctSessionID: id, Other: map[attrs.ID][]string{attrs.ServiceType.ID(): {service}}}}
	}
	h := &host{subs: []*sub{of("1", "\x00\x00\x00\x06"), of("2", "\x00\x00\x00\x07"), of("3", "\x00\x00\x00\x07")}}
	d := session.NewDispatcher(h, attrs.ManagementPrivilegeLevel)
	d.Policy.Identifying = []attrs.AnyKey{attrs.UserName, attrs.ServiceType, attrs.AcctSessionID, attrs.AcctMultiSessionID, attrs.NASPort, attrs.NASPortID}
	level := attrs.ManagementPrivilegeLevel.Of(1)
	requireAnswer(t, d, coa(t, user, admin, level), coaACK, 0)
	require.Equal(t, h.subs[0].id.Other, h.changed[0].Identity().Other)
	require.Equal(t, radius.Attributes{{Type: 136, Attribute: []byte{0, 0, 0, 1}}}, h.changed[0].Attributes)
	requireUntouched(t, d, h, coa(t, user, prompt, level), errcause.MultipleSessionSelectionUnsupported)
	requireUntouched(t, d, h, disconnect(t, user, admin, attrs.AcctSessionID.Of("2")), errcause.SessionContextNotFound)
	requireUntouched(t, d, h, disconnect(t, user, attrs.ServiceType.Of(1)), errcause.SessionContextNotFound)
	requireUntouched(t, d, h, raw(disconnect(t, user), 6, 6), errcause.InvalidRequest)
	requireAnswer(t, d, disconnect(t, user, prompt, attrs.AcctSessionID.Of("2")), disconnectACK, 0)
	require.Equal(t, []bool{false, true, false}, []bool{h.subs[0].gone, h.subs[1].gone, h.subs[2].gone})

	// A host that does not say so keeps to RFC 5176, where Service-Type identifies nothing.
	plain := session.NewDispatcher(h, attrs.ManagementPrivilegeLevel)
	requireUntouched(t, plain, h, disconnect(t, user, admin), errcause.UnsupportedAttribute)
	requireUntouched(t, plain, h, coa(t, user, admin, level), errcause.UnsupportedService)
}

func TestR4849_1_NoNASTrafficRuleBesideNASFilterRule(t *testing.T) {
	traffic := attrs.NewKey(attrs.ID{Type: 121}, "Test-Traffic-Rule", text, string2)
	both := attrs.Join(bob1, attrs.NASFilterRule.Of("deny in ip from any to any"), traffic.Of("v1"))
	h := twoSubs()
	requireUntouched(t, session.NewDispatcher(h, attrs.NASFilterRule), h, coa(t, both), errcause.UnsupportedAttribute)
	d := session.NewDispatcher(h, attrs.NASFilterRule, traffic)
	d.Policy.Conflicting = [][]attrs.AnyKey{{attrs.NASFilterRule, traffic}}
	requireUntouched(t, d, h, coa(t, both), errcause.InvalidRequest)
	requireAnswer(t, d, coa(t, bob1, traffic.Of("v1")), coaACK, 0)
	requireAnswer(t, d, coa(t, bob1, attrs.NASFilterRule.Of("deny in ip from any to any")), coaACK, 0)
}

func TestR6911_1_FramedIPv6AddressFindsWhereItIsNamed(t *testing.T) {
	key := attrs.FramedIPv6Address
	h := &host{subs: []*sub{
		{id: attrs.Identity{AcctSessionID: "1"}},
		{id: attrs.Identity{AcctSessionID: "2", Other: map[attrs.ID][]string{key.ID(): {string(addr("2001:db8::2").AsSlice())}}}},
	}}
	two := disconnect(t, key.Of(addr("2001:db8::2")))
	requireUntouched(t, session.NewDispatcher(h), h, two, errcause.UnsupportedAttribute)
	d := session.NewDispatcher(h)
	d.Policy.Identifying = slices.Concat(attrs.Identifying(), []attrs.AnyKey{key})
	requireUntouched(t, d, h, disconnect(t, key.Of(addr("2001:db8::3"))), errcause.SessionContextNotFound)
	requireUntouched(t, d, h, disconnect(t, attrs.AcctSessionID.Of("1"), key.Of(addr("2001:db8::2"))), errcause.SessionContextNotFound)
	requireUntouched(t, d, h, disconnect(t, key.Of(addr("::"))), errcause.InvalidRequest)
	requireAnswer(t, d, two, disconnectACK, 0)
	require.True(t, h.subs[1].gone)
}
