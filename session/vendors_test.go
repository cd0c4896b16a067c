// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/cisco"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/attrs/nokia"
	"github.com/radius-dynauth/dynauth/attrs/starent"
	"github.com/radius-dynauth/dynauth/attrs/threegpp"
	"github.com/radius-dynauth/dynauth/attrs/threegpp2"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

// What vendors' NASes do beside RFC 5176: JE for JunosE, JX for Junos, SO for StarOS, CI for Cisco
// IOS and ISG, NK for Nokia. The table .github/VENDORS.md has all of it, with what is kept
// elsewhere and by the host.

// other is an Identity with vendors' attributes, as they would come in an Access-Request or
// Accounting-Request of the session.
func other(t testing.TB, a ...attrs.Attr) attrs.Identity {
	t.Helper()
	set, err := attrs.Join(a...).AppendTo(nil)
	require.NoError(t, err)
	_, id, err := attrs.IdentityOf(set, slices.Concat(cisco.Identifying(), nokia.Identifying(), threegpp.Identifying(), threegpp2.Identifying())...)
	require.NoError(t, err)
	return id
}

// byVendors is a Dispatcher over sessions that vendors' attributes identify too.
func byVendors(vendors []attrs.AnyKey, ids ...attrs.Identity) (*session.Dispatcher[*sub], *host) {
	h := &host{}
	for _, id := range ids {
		h.subs = append(h.subs, &sub{id: id})
	}
	d := session.NewDispatcher(h, attrs.FilterID)
	d.Policy.Identifying = slices.Concat(attrs.Identifying(), vendors)
	return d, h
}

func TestSO9_SO10_IMSIAndNSAPISelectTogether(t *testing.T) {
	const imsi = "262011234567890"
	d, h := byVendors(threegpp.Identifying(),
		other(t, attrs.AcctSessionID.Of("1"), threegpp.Context(imsi, 5)),
		other(t, attrs.AcctSessionID.Of("2"), threegpp.Context(imsi, 6)))
	requireUntouched(t, d, h, disconnect(t, threegpp.IMSI.Of(imsi)), errcause.MultipleSessionSelectionUnsupported)
	requireUntouched(t, d, h, disconnect(t, threegpp.Context(imsi, 7)), errcause.SessionContextNotFound)
	requireUntouched(t, d, h, disconnect(t, threegpp.Context(imsi, 5), attrs.AcctSessionID.Of("2")), errcause.SessionContextNotFound)
	requireAnswer(t, d, disconnect(t, threegpp.Context(imsi, 6)), disconnectACK, 0)
	require.False(t, h.subs[0].gone)
	require.True(t, h.subs[1].gone)
}

func TestSO9_CorrelationIDAndUserName(t *testing.T) {
	d, h := byVendors(threegpp2.Identifying(), other(t, attrs.UserName.Of("bob"), threegpp2.CorrelationID.Of("0000abcd")))
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("eve"), threegpp2.CorrelationID.Of("0000abcd")), errcause.SessionContextNotFound)
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("bob"), threegpp2.CorrelationID.Of("0000abce")), errcause.SessionContextNotFound)
	requireAnswer(t, d, coa(t, threegpp2.CorrelationID.Of("0000abcd"), attrs.FilterID.Of("acl-7")), coaACK, 0)
	require.Equal(t, []string{"acl-7"}, h.subs[0].filters)
}

func TestSO7_NASIdentifierOfTheSession(t *testing.T) {
	d, h := byVendors(threegpp2.Identifying(), other(t, threegpp2.CorrelationID.Of("1")))
	d.NASOf = func(*sub) attrs.NAS { return attrs.NAS{Identifier: "pdsn-1"} }
	requireUntouched(t, d, h, disconnect(t, threegpp2.CorrelationID.Of("1"), attrs.NASIdentifier.Of("pdsn-2")), errcause.NASIdentificationMismatch)
	requireAnswer(t, d, disconnect(t, threegpp2.CorrelationID.Of("1"), attrs.NASIdentifier.Of("pdsn-1")), disconnectACK, 0)
}

func TestSO12_AccessListAndRulebaseInOneRequest(t *testing.T) {
	d, h := with(session.Policy{Conflicting: starent.Exclusive()}, attrs.FilterID, starent.Rulebase)
	requireUntouched(t, d, h, coa(t, bob1, attrs.FilterID.Of("acl-7"), starent.Rulebase.Of("gold")), errcause.InvalidRequest)
	requireAnswer(t, d, coa(t, bob1, starent.Rulebase.Of("gold")), coaACK, 0)
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("acl-7")), coaACK, 0)
}

func TestSO21_DisconnectReasonReachesTheHost(t *testing.T) {
	d, h := with(session.Policy{Extras: keys(threegpp2.DisconnectReason)})
	requireAnswer(t, d, disconnect(t, bob1, threegpp2.DisconnectReason.Of(1)), disconnectACK, 0)
	reason, err := threegpp2.DisconnectReason.Get(h.ended[0].Request.Attributes())
	require.NoError(t, err)
	require.EqualValues(t, 1, reason)
	requireUntouched(t, d, h, disconnect(t, attrs.AcctSessionID.Of("2"), threegpp2.SupportBoth()), errcause.UnsupportedAttribute)
}

// One type of vendor attribute packs identification and commands; each is taken for what its name
// says.
func TestCI2_CI7_AuditSessionIDIdentifiesAndACommandChanges(t *testing.T) {
	d, h := byVendors(cisco.Identifying(), other(t, attrs.AcctSessionID.Of("1"), cisco.AuditSessionID.Of("0A01"), cisco.AccountInfoSession.Of("192.0.2.7")))
	d.Supported = keys(cisco.AVPair)
	requireUntouched(t, d, h, coa(t, cisco.AuditSessionID.Of("0A02"), cisco.BounceHostPort()), errcause.SessionContextNotFound)
	requireUntouched(t, d, h, coa(t, cisco.AuditSessionID.Of("0A01"), attrs.AcctSessionID.Of("2"), cisco.BounceHostPort()), errcause.SessionContextNotFound)
	requireUntouched(t, d, h, coa(t, cisco.BounceHostPort()), errcause.MissingAttribute)
	requireUntouched(t, d, h, coa(t, cisco.AuditSessionID.Of("0A01")), errcause.MissingAttribute)
	requireUntouched(t, d, h, coa(t, cisco.AuditSessionID.Of("0A01"), cisco.AVPair.Of("audit-session-id="), cisco.BounceHostPort()), errcause.InvalidRequest)

	requireAnswer(t, d, coa(t, cisco.AuditSessionID.Of("0A01"), cisco.AccountInfoSession.Of("192.0.2.7"), cisco.Reauthenticate(cisco.Last)), coaACK, 0)
	require.Len(t, h.changed, 1)
	require.Equal(t, map[attrs.ID][]string{cisco.AuditSessionID.ID(): {"0A01"}, cisco.AccountInfoSession.ID(): {"192.0.2.7"}}, h.changed[0].Identity().Other)
	commands, err := cisco.Commands(h.changed[0].Attributes)
	require.NoError(t, err)
	require.Equal(t, []cisco.Command{{Verb: cisco.VerbReauthenticate, Type: cisco.Last}}, commands)
	require.Len(t, h.changed[0].Attributes, 2, "identification is no change")
}

// Disconnect-Requests terminate; a command has no place in them.
func TestCI12_CommandInADisconnectRequest(t *testing.T) {
	d, h := byVendors(cisco.Identifying(), other(t, cisco.AuditSessionID.Of("0A01")))
	d.Supported = keys(cisco.AVPair)
	requireUntouched(t, d, h, disconnect(t, cisco.AuditSessionID.Of("0A01"), cisco.BounceHostPort()), errcause.UnsupportedAttribute)
	requireAnswer(t, d, disconnect(t, cisco.AuditSessionID.Of("0A01")), disconnectACK, 0)
}

// A key that names a session but not the one of the other keys is 407 where a host tells it apart
// from none at all.
func TestCI3_AHostMayRefuseAMismatchWith407(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(refusing{h})
	requireAnswer(t, d, disconnect(t, attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("3")), disconnectNAK, errcause.InvalidAttributeValue)
	requireAnswer(t, d, disconnect(t, attrs.UserName.Of("eve"), attrs.AcctSessionID.Of("3")), disconnectNAK, errcause.SessionContextNotFound)
	require.Zero(t, h.touched())
	requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
}

// refusing is a host that answers 407 where some of the identification fits a session and some does
// not.
type refusing struct{ *host }

func (r refusing) Find(ctx context.Context, id attrs.Identity) ([]*sub, error) {
	found, err := r.host.Find(ctx, id)
	if len(found) > 0 || err != nil {
		return found, err
	}
	for _, s := range r.subs {
		if id.UserName == s.id.UserName {
			return nil, errcause.InvalidAttributeValue
		}
	}
	return nil, nil
}

func TestCI19_SessionQueryIsAnsweredWithAttributes(t *testing.T) {
	d, h := byVendors(cisco.Identifying(), other(t, cisco.AuditSessionID.Of("0A01")))
	d.Supported = keys(cisco.SubscriberCommand)
	h.change = func(c *session.Change) { c.Reply = []attrs.Attr{attrs.UserName.Of("bob")} }
	resp := requireAnswer(t, d, coa(t, cisco.AuditSessionID.Of("0A01"), cisco.SessionQuery()), coaACK, 0)
	name, err := attrs.UserName.Get(resp.Packet.Attributes)
	require.NoError(t, err)
	require.Equal(t, "bob", name)
}

func TestNK8_ServNameAndAddressSelectTogether(t *testing.T) {
	address := attrs.FramedIPAddress.Of(addr("192.0.2.7"))
	d, h := byVendors(nokia.Identifying(),
		other(t, nokia.ServName.Of("vprn-1"), address),
		other(t, nokia.ServName.Of("vprn-2"), address))
	requireUntouched(t, d, h, disconnect(t, address), errcause.MultipleSessionSelectionUnsupported)
	requireUntouched(t, d, h, disconnect(t, nokia.ServName.Of("vprn-3"), address), errcause.SessionContextNotFound)
	requireAnswer(t, d, disconnect(t, nokia.ServName.Of("vprn-2"), address), disconnectACK, 0)
	require.True(t, h.subs[1].gone)
}

// A vendor's attribute that is not named identifies nothing, and is not left out of the match
// either.
func TestVendorIdentificationThatIsNotListed(t *testing.T) {
	d, h := with(session.Policy{})
	requireUntouched(t, d, h, disconnect(t, bob1, cisco.AuditSessionID.Of("0A01")), errcause.UnsupportedAttribute)
	requireUntouched(t, d, h, disconnect(t, bob1, threegpp.IMSI.Of("262011234567890")), errcause.UnsupportedAttribute)
	requireUntouched(t, d, h, disconnect(t, bob1, nokia.ServName.Of("vprn")), errcause.UnsupportedAttribute)
}

// The same attribute may not identify and authorize at once, but two that one Vendor-Specific type
// packs may.
func TestVendorAttributeThatIdentifiesAndChanges(t *testing.T) {
	for _, k := range keys(cisco.AuditSessionID, cisco.AccountInfoSession, threegpp.IMSI, nokia.ServName) {
		d, h := with(session.Policy{Identifying: append(attrs.Identifying(), k)}, k)
		r := coa(t, bob1)
		_, err := d.Handle(t.Context(), r)
		require.Error(t, err, "%v", k)
		require.Zero(t, h.touched())
	}
}

func TestTableFindsByVendorAttributes(t *testing.T) {
	var table session.Table[string]
	put := func(name string, a ...attrs.Attr) {
		require.NoError(t, table.Put(other(t, append(a, attrs.AcctSessionID.Of(name))...), name))
	}
	put("1", threegpp.Context("262011234567890", 5), cisco.AuditSessionID.Of("0A01"))
	put("2", threegpp.Context("262011234567890", 6), nokia.ServName.Of("vprn"))
	put("3", cisco.AccountInfoSession.Of("192.0.2.7"), threegpp2.CorrelationID.Of("0000abcd"))
	for _, c := range []struct {
		id   attrs.Identity
		want []string
	}{
		{other(t, threegpp.IMSI.Of("262011234567890")), []string{"1", "2"}},
		{other(t, threegpp.Context("262011234567890", 6)), []string{"2"}},
		{other(t, threegpp.Context("262011234567890", 6), cisco.AuditSessionID.Of("0A01")), nil},
		{other(t, threegpp.Context("262011234567890", 5), cisco.AuditSessionID.Of("0A01")), []string{"1"}},
		{other(t, nokia.ServName.Of("vprn")), []string{"2"}},
		{other(t, cisco.AccountInfoSession.Of("192.0.2.7")), []string{"3"}},
		{other(t, threegpp2.CorrelationID.Of("0000abcd"), attrs.AcctSessionID.Of("1")), nil},
	} {
		got, err := table.Find(t.Context(), c.id)
		require.NoError(t, err)
		require.ElementsMatch(t, c.want, got, "%v", c.id)
	}
}

// JE7, JE8, JE9: a Disconnect-Request needs Acct-Session-Id or Acct-Multi-Session-Id, and all that
// it has must match.
func TestJE7_JE8_JE9_WhatADisconnectRequestNeeds(t *testing.T) {
	d, h := byVendors(nil, attrs.Identity{UserName: "bob", AcctSessionID: "1", AcctMultiSessionID: "m1"})
	d.Policy.RequireDisconnect = [][]attrs.AnyKey{keys(attrs.AcctSessionID), keys(attrs.AcctMultiSessionID)}
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("bob")), errcause.MissingAttribute)
	requireUntouched(t, d, h, disconnect(t, attrs.AcctSessionID.Of("1"), attrs.AcctMultiSessionID.Of("m2")), errcause.SessionContextNotFound)
	requireUntouched(t, d, h, disconnect(t, attrs.AcctSessionID.Of("1"), attrs.UserName.Of("eve")), errcause.SessionContextNotFound)
	requireAnswer(t, d, disconnect(t, attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("1"), attrs.AcctMultiSessionID.Of("m1")), disconnectACK, 0)
}

// JE10: on a LAC the Acct-Multi-Session-Id is made of the Acct-Session-Id of the first PPP link, so
// that it ends the whole bundle.
func TestJE10_LACSubscriberByAcctMultiSessionID(t *testing.T) {
	const first = "erx atm 4/0.7:0001"
	d, h := byVendors(nil,
		attrs.Identity{AcctSessionID: first, AcctMultiSessionID: first},
		attrs.Identity{AcctSessionID: "erx atm 4/0.7:0002", AcctMultiSessionID: first},
		attrs.Identity{AcctSessionID: "erx atm 4/0.7:0003", AcctMultiSessionID: "another"})
	d.Several = h
	resp := requireAnswer(t, d, disconnect(t, attrs.AcctMultiSessionID.Of(first)), disconnectACK, 0)
	require.Equal(t, 2, resp.Sessions)
	require.True(t, h.subs[0].gone && h.subs[1].gone)
	require.False(t, h.subs[2].gone)
}

// JE13 to JE17: what JunosE refuses with, and that anything else has no Error-Cause.
func TestJE13_JE14_OnlySixErrorCauses(t *testing.T) {
	d, h := with(session.Policy{Causes: []errcause.Cause{401, 402, 404, 503, 504, 506}}, attrs.FilterID)
	for err, want := range map[error]errcause.Cause{
		// JE16: an IP LAC subscriber.
		errcause.SessionContextNotRemovable: errcause.SessionContextNotRemovable,
		errcause.ResourcesUnavailable:       errcause.ResourcesUnavailable, // JE17
		errcause.AdministrativelyProhibited: 0,
		errcause.InvalidAttributeValue:      0,
		context.DeadlineExceeded:            0,
	} {
		h.err = err
		requireAnswer(t, d, disconnect(t, bob1), disconnectNAK, want)
	}
	h.err = nil
	requireUntouched(t, d, h, disconnect(t, attrs.AcctSessionID.Of("9")), errcause.SessionContextNotFound)
	requireUntouched(t, d, h, disconnect(t, bob1, attrs.FilterID.Of("x")), errcause.UnsupportedAttribute)
	requireUntouched(t, d, h, raw(disconnect(t, bob1), 5, 1, 2), errcause.InvalidRequest)
}

// JE15, and the difference between 404 and 407: what cannot be decoded is refused before the host
// sees it, what the host does not like is its word.
func TestJE15_UndecodableIs404AndRefusedIs407(t *testing.T) {
	d, h := with(session.Policy{}, juniper.ActivateService, juniper.ServiceTimeout, juniper.ServiceStatistics)
	requireUntouched(t, d, h, coa(t, bob1, juniper.Activate(1, "gold"), attrs.Vendor(juniper.Vendor, 68, []byte{1})), errcause.InvalidRequest)
	h.err = errcause.InvalidAttributeValue
	requireAnswer(t, d, coa(t, bob1, juniper.Activate(1, "unheard-of")), coaNAK, errcause.InvalidAttributeValue)
}

// JE20 to JE24: the services of a request reach the host in its order, with their limits.
func TestJE22_JE23_ServicesReachTheHostInOrder(t *testing.T) {
	d, h := with(session.Policy{}, juniper.ActivateService, juniper.DeactivateService, juniper.ServiceVolume)
	requireAnswer(t, d, coa(t, bob1, juniper.Activate(2, "gold(10M)", juniper.Volume(7)), juniper.Deactivate("bronze"), juniper.Activate(1, "voip")), coaACK, 0)
	orders, err := juniper.Orders(h.changed[0].Attributes)
	require.NoError(t, err)
	require.Len(t, orders, 3)
	require.Equal(t, "gold(10M) bronze voip", orders[0].Service.String()+" "+orders[1].Service.String()+" "+orders[2].Service.String())
	require.EqualValues(t, 7, *orders[0].Volume)
	require.Nil(t, orders[2].Volume)
	require.Equal(t, "bronze", juniper.DeactivationsFirst(orders)[0].Service.Name) // JX9
}

// JX4: a User-Name is the session that logged in first.
func TestJX4_UserNameIsTheFirstSession(t *testing.T) {
	d, h := with(session.Policy{First: true})
	requireAnswer(t, d, disconnect(t, attrs.UserName.Of("bob")), disconnectACK, 0)
	require.True(t, h.subs[0].gone)
	require.False(t, h.subs[1].gone)
}

// JX16: what the NAS does not let a CoA-Request change is not supported.
func TestJX16_AttributesThatACoARequestDoesNotChange(t *testing.T) {
	d, h := with(session.Policy{}, juniper.IngressPolicyName)
	requireUntouched(t, d, h, coa(t, bob1, juniper.IngressPolicyName.Of("in"), juniper.VirtualRouterName.Of("vr")), errcause.UnsupportedAttribute)
	requireAnswer(t, d, coa(t, bob1, juniper.IngressPolicyName.Of("in")), coaACK, 0)
}

// JE26 to JE28: mirroring is hidden on the wire and revealed to the host, and printed nowhere.
func TestJE26_JE27_JE28_MirroringIsHiddenAndRevealed(t *testing.T) {
	secret := dac.Secret("s3cret")
	mirror := juniper.Mirroring{Action: juniper.MirrorOn, Handle: []byte{0xde, 0xad, 0xbe, 0xef}, Device: netipAddrPort("192.0.2.9:2152")}
	sent := coa(t, bob1, juniper.Mirror(mirror))
	wire, err := sent.AppendSigned(nil, 1, secret)
	require.NoError(t, err)
	require.NotContains(t, string(wire), string(mirror.Handle))
	require.NotContains(t, string(wire), "\xc0\x00\x02\x09")
	received, err := dac.ParseRequest(wire, secret)
	require.NoError(t, err)

	var audit session.Audit
	d, h := with(session.Policy{}, juniper.LIAction, juniper.MedDevHandle, juniper.MedIPAddress, juniper.MedPortNumber)
	d.Audit = func(_ context.Context, a session.Audit) { audit = a }
	requireAnswer(t, d, received, coaACK, 0)
	got, ok, err := juniper.MirrorOf(h.changed[0].Request)
	require.NoError(t, err)
	require.True(t, ok)
	require.True(t, got.Action == mirror.Action && got.Device == mirror.Device && string(got.Handle) == string(mirror.Handle))
	require.Len(t, audit.Changes, 4)
	for _, line := range audit.Changes {
		require.Contains(t, line, "[hidden]")
	}
	var text strings.Builder
	require.NoError(t, dac.Dump(&text, wire))
	require.Contains(t, text.String(), "ERX-LI-Action = [hidden]")
	require.Contains(t, text.String(), "ERX-Med-Ip-Address = [hidden]")
}
