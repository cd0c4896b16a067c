// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// avPair is a text attribute in which a vendor packs several.
var (
	avPair         = attrs.NewKey(attrs.VendorID(99999, 1), "Test-AVPair", text, string2).Packs("=")
	auditSessionID = attrs.NewKey(attrs.ID{Type: 26, Vendor: 99999, Sub: 1, Name: "audit-session-id"}, "test-audit-session-id", text, string2)
	imsi           = attrs.NewKey(attrs.VendorID(99999, 2), "Test-IMSI", text, string2)
	rate           = attrs.NewKey(attrs.VendorID(99999, 3), "Test-Rate", text, string2)
)

func text(s string) ([]byte, error)    { return []byte(s), nil }
func string2(b []byte) (string, error) { return string(b), nil }

func TestR5176_3_6_1_IdentificationIsNeverAChange(t *testing.T) {
	for name, key := range map[string]attrs.AnyKey{
		"Framed-IP-Address": attrs.FramedIPAddress, "User-Name": attrs.UserName, "NAS-IP-Address": attrs.NASIPAddress,
	} {
		t.Run(name, func(t *testing.T) {
			h := twoSubs()
			d := session.NewDispatcher(h, attrs.FilterID, key)
			requireUntouched(t, d, h, coa(t, bob1, attrs.FilterID.Of("x")), 0)
			require.Empty(t, h.found, "a configuration that asks for it does nothing")
		})
	}
	h := &host{subs: []*sub{{id: attrs.Identity{UserName: "bob", FramedIPAddress: addr("10.0.0.1")}}}}
	d := session.NewDispatcher(h, attrs.FilterID)
	requireUntouched(t, d, h, coa(t, attrs.UserName.Of("bob"), attrs.FramedIPAddress.Of(addr("10.0.0.2")), attrs.FilterID.Of("x")), errcause.SessionContextNotFound)
	requireAnswer(t, d, coa(t, attrs.UserName.Of("bob"), attrs.FramedIPAddress.Of(addr("10.0.0.1")), attrs.FilterID.Of("x")), coaACK, 0)
	require.Equal(t, radius.Attributes{{Type: 11, Attribute: []byte("x")}}, h.changed[0].Attributes)
}

func TestR5176_3_6_2_ReplyMessageAndEAPMessageReachTheHost(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.ReplyMessage)
	requireAnswer(t, d, coa(t, bob1, attrs.ReplyMessage.Of("hello")), coaACK, 0)
	got, err := attrs.ReplyMessage.Get(h.changed[0].Attributes)
	require.NoError(t, err)
	require.Equal(t, "hello", got)
	eap := []byte{2, 1, 0, 5, 2}
	requireAnswer(t, d, disconnect(t, bob1, attrs.ReplyMessage.Of("bye"), attrs.EAPMessage.Of(eap), attrs.AcctTerminateCause.Of(6)), disconnectACK, 0)
	set := h.ended[0].Request.Attributes()
	gotEAP, err := attrs.EAPMessage.Get(set)
	require.NoError(t, err)
	require.Equal(t, eap, gotEAP)
	bye, err := attrs.ReplyMessage.Get(set)
	require.NoError(t, err)
	require.Equal(t, "bye", bye)
}

func TestR5176_3_6_3_ChangesComeInTheirOrderAndAlone(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID, attrs.SessionTimeout)
	d.NAS.Identifier = "n"
	r := coa(t, attrs.FilterID.Of("a"), bob1, attrs.SessionTimeout.Of(60e9), state, attrs.ProxyState.Of([]byte("p")), attrs.NASIdentifier.Of("n"),
		attrs.EventTimestamp.Of(epoch), attrs.FilterID.Of("b"))
	requireAnswer(t, d, r, coaACK, 0)
	require.Equal(t, radius.Attributes{
		{Type: 11, Attribute: []byte("a")}, {Type: 27, Attribute: []byte{0, 0, 0, 60}}, {Type: 11, Attribute: []byte("b")},
	}, h.changed[0].Attributes)
	require.Equal(t, "n", h.changed[0].NAS().Identifier)
	require.Same(t, r, h.changed[0].Request)
}

func TestR5176_3_6_4_ClassReachesTheHost(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h)
	requireAnswer(t, d, disconnect(t, bob1, attrs.Class.Of([]byte{0, 1}), attrs.Class.Of([]byte("b"))), disconnectACK, 0)
	require.Equal(t, [][]byte{{0, 1}, []byte("b")}, h.ended[0].Class)
	d = &session.Dispatcher[*sub]{Handler: h, Policy: session.Policy{Ignored: []attrs.AnyKey{attrs.Class}}}
	requireAnswer(t, d, disconnect(t, attrs.AcctSessionID.Of("2"), attrs.Class.Of([]byte("b"))), disconnectACK, 0)
	require.Empty(t, h.ended[1].Class)
}

func TestR5176_3_6_7_AVendorAttributeIdentifiesOrChanges(t *testing.T) {
	h := &host{subs: []*sub{{id: attrs.Identity{UserName: "bob", Other: map[attrs.ID][]string{imsi.ID(): {"001"}, auditSessionID.ID(): {"0a"}}}}}}
	d := session.NewDispatcher(h, rate, avPair)
	d.Policy.Identifying = []attrs.AnyKey{attrs.UserName, imsi, auditSessionID}
	both := attrs.Join(attrs.UserName.Of("bob"), imsi.Of("001"))
	requireAnswer(t, d, coa(t, both, rate.Of("1M")), coaACK, 0)
	require.Equal(t, radius.Attributes{{Type: 26, Attribute: []byte("\x00\x01\x86\x9f\x03\x041M")}}, h.changed[0].Attributes)
	requireUntouched(t, d, h, coa(t, imsi.Of("002"), rate.Of("1M")), errcause.SessionContextNotFound)

	// Two in one Vendor-Specific, one of each kind.
	r := raw(coa(t), 26, []byte("\x00\x01\x86\x9f\x03\x041M\x02\x05001")...)
	requireAnswer(t, d, r, coaACK, 0)
	require.Equal(t, radius.Attributes{{Type: 26, Attribute: []byte("\x00\x01\x86\x9f\x03\x041M")}}, h.changed[1].Attributes)

	// Two packed into one attribute are told apart by name.
	requireAnswer(t, d, coa(t, auditSessionID.Of("0a"), avPair.Of("cmd=bounce")), coaACK, 0)
	require.Equal(t, []string{"0a"}, h.changed[2].Identity().Other[auditSessionID.ID()])
	pairs, err := all1(avPair.All(h.changed[2].Attributes))
	require.NoError(t, err)
	require.Equal(t, []string{"cmd=bounce"}, pairs)

	d = session.NewDispatcher(h, rate, imsi)
	d.Policy.Identifying = []attrs.AnyKey{imsi}
	requireUntouched(t, d, h, coa(t, imsi.Of("001")), 0)
}

// An attribute that a host declares to identify does so only where Policy.Identifying names it:
// Find would overlook it otherwise.
func TestADeclaredRoleIsNotEnoughToIdentify(t *testing.T) {
	subscriber := attrs.NewKey(attrs.VendorID(99999, 20), "Test-Subscriber", text, string2).As(attrs.RoleSession)
	h := &host{subs: []*sub{{id: attrs.Identity{UserName: "bob", Other: map[attrs.ID][]string{subscriber.ID(): {"s"}}}}}}
	requireUntouched(t, session.NewDispatcher(h), h, disconnect(t, attrs.UserName.Of("bob"), subscriber.Of("t")), errcause.UnsupportedAttribute)
	d := session.NewDispatcher(h)
	d.Policy.Identifying = keys(attrs.UserName, subscriber)
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("bob"), subscriber.Of("t")), errcause.SessionContextNotFound)
	requireAnswer(t, d, disconnect(t, attrs.UserName.Of("bob"), subscriber.Of("s")), disconnectACK, 0)
}

func TestR8559_4_3_2_3_ProtocolAttributesAreNoReasonForANAK(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID)
	protocol := attrs.Join(attrs.ProxyState.Of([]byte("p")), attrs.EventTimestamp.Of(epoch), attrs.OperatorName.Of("1example.com"), attrs.OperatorNASIdentifier.Of([]byte("token")))
	requireAnswer(t, d, raw(coa(t, bob1, protocol, attrs.FilterID.Of("x")), 80, make([]byte, 16)...), coaACK, 0)
	require.Len(t, h.changed[0].Attributes, 1)
	requireAnswer(t, d, raw(disconnect(t, bob1, protocol), 80, make([]byte, 16)...), disconnectACK, 0)
	var started []*session.Change
	d, _ = reauthorizing(&started)
	requireAnswer(t, d, coa(t, bob1, protocol, authorizeOnly, state), coaNAK, errcause.RequestInitiated)
}

func TestR8559_4_3_2_4_AnEmptyProxyStateIsIgnoredToo(t *testing.T) {
	h := twoSubs()
	requireAnswer(t, session.NewDispatcher(h), raw(raw(disconnect(t, bob1), 33), 33), disconnectACK, 0)
}

func TestR8559_3_1_SurplusOperatorNamesAreIgnored(t *testing.T) {
	h := twoSubs()
	requireAnswer(t, session.NewDispatcher(h), disconnect(t, bob1, attrs.OperatorName.Of("1a.example"), attrs.OperatorName.Of("1b.example")), disconnectACK, 0)
}

func TestR4675_1_VLANAttributesAreSupportedOr401(t *testing.T) {
	h := twoSubs()
	requireUntouched(t, session.NewDispatcher(h, attrs.FilterID), h, coa(t, bob1, attrs.EgressVLANID.Of(1)), errcause.UnsupportedAttribute)
	requireAnswer(t, session.NewDispatcher(h, attrs.EgressVLANID), coa(t, bob1, attrs.EgressVLANID.Of(1), attrs.EgressVLANID.Of(2)), coaACK, 0)
}

func TestR4372_1_ASingleNULNamesNobody(t *testing.T) {
	h := &host{subs: []*sub{{id: attrs.Identity{ChargeableUserIdentity: "\x00"}}}}
	got, _ := handle(t, session.NewDispatcher(h), disconnect(t, attrs.ChargeableUserIdentity.Of([]byte{0})))
	require.Equal(t, disconnectNAK, got.code)
	require.Zero(t, h.touched())
}

func TestR7268_1_ActionsOfADisconnectAreExtras(t *testing.T) {
	h := twoSubs()
	requireUntouched(t, session.NewDispatcher(h), h, disconnect(t, bob1, attrs.WLANReasonCode.Of(3)), errcause.UnsupportedAttribute)
	d := session.NewDispatcher(h)
	d.Policy.Extras = []attrs.AnyKey{attrs.WLANReasonCode}
	requireUntouched(t, d, h, raw(disconnect(t, bob1), 185, 1), errcause.InvalidRequest)
	requireUntouched(t, d, h, disconnect(t, bob1, attrs.WLANReasonCode.Of(3), attrs.WLANReasonCode.Of(4)), errcause.InvalidRequest)
	requireAnswer(t, d, disconnect(t, bob1, attrs.WLANReasonCode.Of(3)), disconnectACK, 0)
	requireUntouched(t, d, h, coa(t, attrs.AcctSessionID.Of("2"), attrs.WLANReasonCode.Of(3)), errcause.UnsupportedAttribute)
}

func TestR6929_2_8_1_InvalidExtendedAttributesAreRefused(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID)
	for name, r := range map[string]*dac.Request{
		"241 without value":         raw(disconnect(t, bob1), 241, 1),
		"245 with a missing end":    raw(disconnect(t, bob1), 245, append([]byte{3, 0x80}, make([]byte, 251)...)...),
		"a vendor of three octets":  raw(disconnect(t, bob1), 26, 0, 0, 9),
		"a registered vendor's mix": raw(disconnect(t, bob1), 26, []byte("\x00\x01\x86\x9f\x03\x091M")...),
	} {
		t.Run(name, func(t *testing.T) { requireUntouched(t, d, h, r, errcause.InvalidRequest) })
	}
}

func TestMalformedChangesAre404BeforeAnythingIsDone(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID, attrs.SessionTimeout, attrs.TunnelPassword, attrs.Class)
	for name, r := range map[string]*dac.Request{
		"Session-Timeout of two octets": raw(coa(t, bob1, attrs.FilterID.Of("x")), 27, 0, 1),
		"the second of two":             raw(coa(t, bob1, attrs.SessionTimeout.Of(60e9)), 27, 0, 1),
		"empty Filter-Id":               raw(coa(t, bob1), 11),
		"a password that is not hidden": raw(coa(t, bob1), 69, 0, 0x80, 1),
	} {
		t.Run(name, func(t *testing.T) {
			requireUntouched(t, d, h, r, errcause.InvalidRequest)
			require.Empty(t, h.found)
		})
	}
	requireUntouched(t, d, h, raw(disconnect(t, bob1), 49, 6), errcause.InvalidRequest)
}

func TestHiddenChangesAreRevealedBeforeAnythingIsDone(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.TunnelPassword)
	r := received(t, coa(t, bob1, attrs.TunnelPassword.Of(attrs.Tag(1, []byte("secret")))))
	requireAnswer(t, d, r, coaACK, 0)
	got, err := attrs.TunnelPassword.Get(h.changed[0].Request)
	require.NoError(t, err)
	require.Equal(t, []byte("secret"), got.Value)
}

func TestR4818_1_DelegatedIPv6PrefixIsAChange(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.DelegatedIPv6Prefix)
	requireAnswer(t, d, coa(t, bob1, attrs.DelegatedIPv6Prefix.Of(prefix("2001:db8::/56")), attrs.DelegatedIPv6Prefix.Of(prefix("2001:db8:1::/56"))), coaACK, 0)
	require.Len(t, h.changed[0].Attributes, 2)
	requireUntouched(t, d, h, disconnect(t, bob1, attrs.DelegatedIPv6Prefix.Of(prefix("2001:db8::/56"))), errcause.UnsupportedAttribute)
}

func TestR6911_1_FramedIPv6AddressIdentifiesWhereAHostSaysSo(t *testing.T) {
	id := attrs.Identity{Other: map[attrs.ID][]string{attrs.FramedIPv6Address.ID(): {string(addr("2001:db8::1").AsSlice())}}}
	h := &host{subs: []*sub{{id: id}}}
	requireUntouched(t, session.NewDispatcher(h), h, disconnect(t, id.Attr()), errcause.UnsupportedAttribute)
	d := session.NewDispatcher(h)
	d.Policy.Identifying = keys(attrs.FramedIPv6Address)
	requireUntouched(t, d, h, raw(disconnect(t), 168, make([]byte, 16)...), errcause.InvalidRequest)
	requireAnswer(t, d, disconnect(t, id.Attr()), disconnectACK, 0)
}

func TestR5580_3_3_1_LocationRulesAreChanges(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.RequestedLocationInfo)
	requireUntouched(t, d, h, raw(disconnect(t, bob1), 132, 0, 0, 0, 1), errcause.UnsupportedAttribute)
	requireAnswer(t, d, raw(coa(t, bob1), 132, 0, 0, 0, 1), coaACK, 0)
}

func TestR5607_7_1_ServiceTypeIdentifiesWhereAHostSaysSo(t *testing.T) {
	// Framed-Management.
	id := attrs.Identity{UserName: "admin", Other: map[attrs.ID][]string{attrs.ServiceType.ID(): {"\x00\x00\x00\x12"}}}
	h := &host{subs: []*sub{{id: id}}}
	d := session.NewDispatcher(h)
	d.Policy.Identifying = keys(attrs.UserName, attrs.ServiceType)
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("admin"), attrs.ServiceType.Of(6)), errcause.SessionContextNotFound)
	requireAnswer(t, d, disconnect(t, id.Attr()), disconnectACK, 0)
}

func TestR7499_1_AdditionalAuthorizationIs405(t *testing.T) {
	h := twoSubs()
	requireUntouched(t, session.NewDispatcher(h, attrs.FilterID), h, coa(t, bob1, attrs.ServiceType.Of(19), state), errcause.UnsupportedService)
}

func TestR2866_5_10_1_AcctTerminateCauseIsAnInteger(t *testing.T) {
	h := twoSubs()
	h.disconnect = func(d *session.Disconnect) { d.TerminateCause = 0x01020304 }
	resp := requireAnswer(t, session.NewDispatcher(h), disconnect(t, bob1), disconnectACK, 0)
	require.Equal(t, radius.Attributes{{Type: 49, Attribute: []byte{1, 2, 3, 4}}}, resp.Packet.Attributes)
}
