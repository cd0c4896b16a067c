// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

// Where the text of RFC 5176 leaves a choice, this is the one that is made.

func TestA_1_AddressesIdentifyInADisconnect(t *testing.T) {
	h := &host{subs: []*sub{{id: attrs.Identity{FramedIPAddress: addr("10.0.2.3"), FramedInterfaceID: &[8]byte{1}, FramedIPv6Prefix: []netipPrefix{prefix("2001:db8::/64")}}}}}
	requireAnswer(t, session.NewDispatcher(h), disconnect(t, h.subs[0].id.Attr()), disconnectACK, 0)
}

func TestA_2_201InADisconnectACKIsOptIn(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h)
	require.Equal(t, []int{49}, typesOf(requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)))
	h.disconnect = func(d *session.Disconnect) { d.Residual = true }
	require.Equal(t, []int{49, 101}, typesOf(requireAnswer(t, d, disconnect(t, attrs.AcctSessionID.Of("2")), disconnectACK, 201)))
}

func TestA_3_ThreeClassesOfAttributesInADisconnect(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h)
	extras := attrs.Join(attrs.ReplyMessage.Of("bye"), attrs.Class.Of([]byte("c")), attrs.AcctTerminateCause.Of(6), attrs.EAPMessage.Of([]byte{1, 1, 0, 4}))
	requireAnswer(t, d, disconnect(t, bob1, extras, attrs.ProxyState.Of([]byte("p")), attrs.EventTimestamp.Of(epoch)), disconnectACK, 0)
	requireUntouched(t, d, h, disconnect(t, bob1, extras, attrs.FilterID.Of("x")), errcause.UnsupportedAttribute)
}

func TestA_6_InvalidAttributesDrawANAK(t *testing.T) {
	h := twoSubs()
	requireUntouched(t, session.NewDispatcher(h), h, raw(disconnect(t, bob1), 5, 1, 2, 3), errcause.InvalidRequest)
}

func TestA_9_ServiceTypeIdentifiesWhereAHostSaysSo(t *testing.T) {
	id := attrs.Identity{UserName: "admin", Other: map[attrs.ID][]string{attrs.ServiceType.ID(): {"\x00\x00\x00\x06"}}}
	h := &host{subs: []*sub{{id: id}}}
	d := session.NewDispatcher(h, attrs.FilterID)
	d.Reauthorize = nil
	d.Policy.Identifying = []attrs.AnyKey{attrs.UserName, attrs.ServiceType}
	requireAnswer(t, d, coa(t, id.Attr(), attrs.FilterID.Of("x")), coaACK, 0)
	require.Equal(t, id, h.changed[0].Identity())
	requireUntouched(t, d, h, coa(t, attrs.UserName.Of("admin"), authorizeOnly, state), errcause.UnsupportedService)
	requireAnswer(t, d, disconnect(t, id.Attr()), disconnectACK, 0)
}

func TestA_10_SeveralNASFilterRules(t *testing.T) {
	h := twoSubs()
	requireAnswer(t, session.NewDispatcher(h, attrs.NASFilterRule), raw(raw(coa(t, bob1), 92, 'a'), 92, 'b'), coaACK, 0)
}

func TestA_12_NoSessionIdentificationIs402(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID)
	d.Several = h
	d.NAS = attrs.NAS{Identifier: "bng1", Addrs: []netipAddr{addr("192.0.2.1")}}
	requireUntouched(t, d, h, disconnect(t), errcause.MissingAttribute)
	requireUntouched(t, d, h, disconnect(t, attrs.NASIdentifier.Of("bng1"), attrs.NASIPAddress.Of(addr("192.0.2.1"))), errcause.MissingAttribute)
	requireUntouched(t, d, h, coa(t, attrs.FilterID.Of("x")), errcause.MissingAttribute)
	d = session.NewDispatcher(h)
	d.Context = func(*dac.Request) string { return "vrf1" }
	requireUntouched(t, d, h, disconnect(t), errcause.MissingAttribute)
	require.Empty(t, h.found)
}

func TestA_13_NoNASIdentificationIsThisNAS(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h)
	d.NAS = attrs.NAS{Identifier: "bng1"}
	requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
}

func TestA_14_508OnlyWhenSeveralMatch(t *testing.T) {
	h := twoSubs()
	h.subs = h.subs[:1]
	requireAnswer(t, session.NewDispatcher(h), disconnect(t, attrs.UserName.Of("bob")), disconnectACK, 0)
}

func TestA_15_TheSameTwiceIsOnce(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.SessionTimeout, attrs.FilterID)
	for name, r := range map[string]*dac.Request{
		"two users":                 disconnect(t, bob1, attrs.UserName.Of("eve")),
		"two session ids":           disconnect(t, bob1, attrs.AcctSessionID.Of("2")),
		"two NASes":                 disconnect(t, bob1, attrs.NASIdentifier.Of("a"), attrs.NASIdentifier.Of("b")),
		"two timeouts":              coa(t, bob1, attrs.SessionTimeout.Of(60e9), attrs.SessionTimeout.Of(61e9)),
		"two Acct-Terminate-Causes": disconnect(t, bob1, attrs.AcctTerminateCause.Of(1), attrs.AcctTerminateCause.Of(2)),
		"two Service-Types":         coa(t, bob1, attrs.ServiceType.Of(1), authorizeOnly),
	} {
		t.Run(name, func(t *testing.T) {
			before := h.touched()
			got, _ := handle(t, d, r)
			require.Contains(t, []errcause.Cause{errcause.InvalidRequest, errcause.MissingAttribute}, got.cause)
			require.Equal(t, before, h.touched())
		})
	}
	requireAnswer(t, d, coa(t, bob1, bob1, attrs.SessionTimeout.Of(60e9), attrs.SessionTimeout.Of(60e9)), coaACK, 0)
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("a"), attrs.FilterID.Of("b")), coaACK, 0)
}

func TestA_16_NoMatchIs503OrThe403ThatExplainsIt(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h)
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("eve")), errcause.SessionContextNotFound)
	d = session.NewDispatcher(h)
	d.NAS = attrs.NAS{Identifier: "bng1"}
	d.NASOf = func(*sub) attrs.NAS { return attrs.NAS{} }
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("eve"), attrs.NASIdentifier.Of("bng2")), errcause.NASIdentificationMismatch)
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("eve"), attrs.NASIdentifier.Of("bng1")), errcause.SessionContextNotFound)
}

func TestA_22_EAPMessageMayBeRepeated(t *testing.T) {
	h := twoSubs()
	requireAnswer(t, session.NewDispatcher(h), disconnect(t, bob1, attrs.EAPMessage.Of(make([]byte, 600))), disconnectACK, 0)
}

func TestA_23_StateIsNotForADisconnect(t *testing.T) {
	h := twoSubs()
	requireUntouched(t, session.NewDispatcher(h), h, disconnect(t, bob1, state), errcause.UnsupportedAttribute)
}
