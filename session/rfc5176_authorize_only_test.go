// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

var (
	authorizeOnly = attrs.ServiceType.Of(17)
	state         = attrs.State.Of([]byte("state"))
)

// reauthorizing is a Dispatcher with a host that starts Authorize Only.
func reauthorizing(started *[]*session.Change) (*session.Dispatcher[*sub], *host) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID)
	d.Reauthorize = func(_ context.Context, _ *sub, c *session.Change) error {
		*started = append(*started, c)
		return nil
	}
	return d, h
}

func TestR5176_3_2_1_AuthorizeOnlyIsOptional(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID)
	resp := requireUntouched(t, d, h, coa(t, bob1, authorizeOnly, state), errcause.UnsupportedService)
	require.Equal(t, []int{101}, typesOf(resp))
}

func TestR5176_3_2_3_AuthorizeOnlyIsNeverACKed(t *testing.T) {
	var started []*session.Change
	d, h := reauthorizing(&started)
	d.Supported = []attrs.AnyKey{attrs.FilterID, attrs.ServiceType}
	d.Policy.AcceptEmpty = true
	d.Policy.IgnoreOther = true
	requireAnswer(t, d, coa(t, bob1, authorizeOnly, state), coaNAK, errcause.RequestInitiated)

	d, _ = reauthorizing(&started)
	d.Policy.Ignored = []attrs.AnyKey{attrs.ServiceType, attrs.State}
	requireAnswer(t, d, coa(t, bob1, authorizeOnly, state), coaNAK, errcause.RequestInitiated)
	require.Zero(t, h.touched())
}

func TestR5176_3_2_4_AnUnsupportedServiceTypeIs405(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID)
	requireUntouched(t, d, h, coa(t, bob1, attrs.ServiceType.Of(2), attrs.FilterID.Of("x")), errcause.UnsupportedService)
}

func TestR5176_2_2_3_ServiceTypeThatTheNASSupportsIsAChange(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.ServiceType)
	requireAnswer(t, d, coa(t, bob1, attrs.ServiceType.Of(2)), coaACK, 0)
	got, err := attrs.ServiceType.Get(h.changed[0].Attributes)
	require.NoError(t, err)
	require.EqualValues(t, 2, got)
	requireUntouched(t, d, h, raw(coa(t, bob1), 6, 0, 2), errcause.InvalidRequest)
}

func TestR5176_2_2_4_ServiceTypeThatTheNASDoesNotSupportIs405(t *testing.T) {
	h := twoSubs()
	requireUntouched(t, session.NewDispatcher(h, attrs.FilterID), h, coa(t, bob1, attrs.ServiceType.Of(2)), errcause.UnsupportedService)
}

func TestR5176_3_2_6_NothingElseWithAuthorizeOnly(t *testing.T) {
	var started []*session.Change
	d, h := reauthorizing(&started)
	d.NAS.Identifier = "n"
	for name, a := range map[string]attrs.Attr{
		"a supported change":   attrs.FilterID.Of("x"),
		"another change":       attrs.IdleTimeout.Of(60e9),
		"Class":                attrs.Class.Of([]byte("c")),
		"Reply-Message":        attrs.ReplyMessage.Of("hello"),
		"a vendor's attribute": attrs.Vendor(9, 1, []byte("x")),
	} {
		t.Run(name, func(t *testing.T) {
			requireUntouched(t, d, h, coa(t, bob1, authorizeOnly, state, a), errcause.UnsupportedAttribute)
		})
	}
	require.Empty(t, started)
	requireAnswer(t, d, coa(t, bob1, authorizeOnly, state, attrs.ProxyState.Of([]byte("p")), attrs.NASIdentifier.Of("n")), coaNAK, errcause.RequestInitiated)
}

func TestR5176_3_2_7_SuccessIsNAK507WithServiceType(t *testing.T) {
	var started []*session.Change
	d, h := reauthorizing(&started)
	called := false
	d.Reauthorize = func(_ context.Context, s *sub, c *session.Change) error {
		require.Same(t, h.subs[0], s)
		started = append(started, c)
		c.After = func(context.Context) { called = true }
		c.Reply = []attrs.Attr{attrs.ReplyMessage.Of("soon")}
		return nil
	}
	resp := requireAnswer(t, d, coa(t, bob1, authorizeOnly, state), coaNAK, errcause.RequestInitiated)
	require.Equal(t, []int{6, 18, 101}, typesOf(resp))
	service, err := attrs.ServiceType.Get(resp.Packet.Attributes)
	require.NoError(t, err)
	require.EqualValues(t, 17, service)
	require.Empty(t, started[0].Attributes)
	require.NotNil(t, resp.After)
	require.False(t, called, "the Access-Request waits until the NAK is out")
	resp.After(t.Context())
	require.True(t, called)
}

func TestR5176_3_2_7_WhereTheAnswerHasNoRoomForItNothingIsStarted(t *testing.T) {
	var started []*session.Change
	d, _ := reauthorizing(&started)
	proxies := attrs.Join(slices.Repeat([]attrs.Attr{attrs.ProxyState.Of(make([]byte, 253))}, 15)...)
	// All that an answer with that State may have beside.
	rest := 4096 - 20 - 6 - 6 - 15*255 - 2 - len("ping") - 2
	ask := func(n int) *dac.Request {
		return coa(t, bob1, authorizeOnly, attrs.State.Of([]byte("ping")), proxies, attrs.ProxyState.Of(make([]byte, n)))
	}
	requireAnswer(t, d, ask(rest+1), coaNAK, errcause.ResourcesUnavailable)
	require.Empty(t, started)
	requireAnswer(t, d, ask(rest), coaNAK, errcause.RequestInitiated)
	require.Len(t, started, 1)
}

func TestR5176_3_2_9_AccessRequestRepeatsTheIdentification(t *testing.T) {
	var started []*session.Change
	d, _ := reauthorizing(&started)
	port := uint32(7)
	id := attrs.Identity{
		UserName: "bob", AcctSessionID: "1", AcctMultiSessionID: "m", CallingStationID: "a", CalledStationID: "b", NASPortID: "ge-0/0/1",
		ChargeableUserIdentity: "cui", NASPort: &port, FramedIPAddress: addr("10.0.2.3"), FramedIPv6Prefix: []netipPrefix{prefix("2001:db8::/64")},
		FramedInterfaceID: &[8]byte{1},
	}
	nas := attrs.NAS{Identifier: "bng1", Addrs: []netipAddr{addr("192.0.2.1"), addr("2001:db8::1")}}
	d.Handler, d.NAS = &host{subs: []*sub{{id: id}}}, nas
	requireAnswer(t, d, coa(t, id.Attr(), nas.Attr(), authorizeOnly, state, attrs.ProxyState.Of([]byte("p")), attrs.EventTimestamp.Of(epoch)), coaNAK, errcause.RequestInitiated)

	set := started[0].AccessRequest()
	gotNAS, gotID, err := attrs.IdentityOf(set)
	require.NoError(t, err)
	require.Equal(t, nas, gotNAS)
	require.Equal(t, id, gotID)
	service, err := attrs.ServiceType.Get(set)
	require.NoError(t, err)
	require.EqualValues(t, 17, service)
	var types []radius.Type
	for _, a := range set {
		types = append(types, a.Type)
	}
	require.ElementsMatch(t, []radius.Type{4, 32, 95, 1, 5, 8, 30, 31, 44, 50, 87, 89, 96, 97, 6, 24}, types, "and nothing else")
}

func TestR5176_3_2_8_AccessRequestIsForAfter(t *testing.T) {
	var sent []radius.Attributes
	d, _ := reauthorizing(new([]*session.Change))
	d.Reauthorize = func(_ context.Context, _ *sub, c *session.Change) error {
		c.After = func(context.Context) { sent = append(sent, c.AccessRequest()) }
		return nil
	}
	resp := requireAnswer(t, d, coa(t, bob1, authorizeOnly, state), coaNAK, errcause.RequestInitiated)
	require.Empty(t, sent)
	resp.After(t.Context())
	require.Len(t, sent, 1)
	service, err := attrs.ServiceType.Get(sent[0])
	require.NoError(t, err)
	require.EqualValues(t, 17, service)
}

func TestR5176_3_3_4_StateGoesUnchangedIntoTheAccessRequest(t *testing.T) {
	var started []*session.Change
	d, _ := reauthorizing(&started)
	opaque := []byte{0, 0xff, 'a', 0}
	requireAnswer(t, d, coa(t, bob1, authorizeOnly, attrs.State.Of(opaque)), coaNAK, errcause.RequestInitiated)
	got, err := attrs.State.Get(started[0].AccessRequest())
	require.NoError(t, err)
	require.Equal(t, opaque, got)
}

func TestR5176_3_3_5_StateReachesTheHostOfAnyCoA(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID, attrs.TerminationAction)
	requireAnswer(t, d, coa(t, bob1, attrs.TerminationAction.Of(1), state), coaACK, 0)
	require.Equal(t, []byte("state"), h.changed[0].State)
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("x")), coaACK, 0)
	require.Nil(t, h.changed[1].State)
}

func TestR5176_3_3_3_AuthorizeOnlyWithoutStateIs402(t *testing.T) {
	var started []*session.Change
	d, h := reauthorizing(&started)
	resp := requireUntouched(t, d, h, coa(t, bob1, authorizeOnly), errcause.MissingAttribute)
	require.Equal(t, []int{101}, typesOf(resp), "no Service-Type")
	require.Empty(t, started)
}

func TestR5176_3_3_7_OneStateAtMost(t *testing.T) {
	var started []*session.Change
	d, h := reauthorizing(&started)
	requireUntouched(t, d, h, coa(t, bob1, authorizeOnly, state, attrs.State.Of([]byte("other"))), errcause.InvalidRequest)
	requireUntouched(t, d, h, coa(t, bob1, attrs.FilterID.Of("x"), state, state), errcause.InvalidRequest)
	requireUntouched(t, d, h, raw(coa(t, bob1, authorizeOnly), 24), errcause.InvalidRequest)
	require.Empty(t, started)
}

func TestR5176_3_5_12_507OnlyWithAuthorizeOnly(t *testing.T) {
	h := twoSubs()
	h.err = errcause.RequestInitiated
	d := session.NewDispatcher(h, attrs.FilterID)
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("x")), coaNAK, 0)
	requireAnswer(t, d, disconnect(t, bob1), disconnectNAK, 0)

	d.Reauthorize = func(context.Context, *sub, *session.Change) error { return errcause.RequestInitiated }
	d = &session.Dispatcher[*sub]{Handler: h, Reauthorize: d.Reauthorize}
	resp := requireAnswer(t, d, coa(t, bob1, authorizeOnly, state), coaNAK, errcause.RequestInitiated)
	require.Equal(t, []int{6, 101}, typesOf(resp), "said in the words of the wire it means the same")
	h.findErr = errcause.RequestInitiated
	resp = requireAnswer(t, d, coa(t, bob1, authorizeOnly, state), coaNAK, 0)
	require.Empty(t, typesOf(resp), "nothing was initiated")
}

// Found by fuzzing.
func TestAuthorizeOnlyBesideAnotherServiceType(t *testing.T) {
	var started []*session.Change
	d, h := reauthorizing(&started)
	d.Supported = []attrs.AnyKey{attrs.ServiceType}
	requireUntouched(t, d, h, coa(t, bob1, authorizeOnly, state, attrs.ServiceType.Of(2)), errcause.InvalidRequest)
	requireUntouched(t, d, h, coa(t, bob1, attrs.ServiceType.Of(2), authorizeOnly, state), errcause.InvalidRequest)
	require.Empty(t, started)
	requireAnswer(t, d, coa(t, bob1, authorizeOnly, authorizeOnly, state), coaNAK, errcause.RequestInitiated)
}

func TestA_18_AFailedAuthorizeOnlyHasNoServiceType(t *testing.T) {
	var started []*session.Change
	d, _ := reauthorizing(&started)
	d.Reauthorize = func(context.Context, *sub, *session.Change) error { return errors.New("no AAA server") }
	resp := requireAnswer(t, d, coa(t, bob1, authorizeOnly, state), coaNAK, 0)
	require.Empty(t, typesOf(resp))
	require.Nil(t, resp.After)
}

func TestAuthorizeOnlyIsForOneSession(t *testing.T) {
	var started []*session.Change
	d, h := reauthorizing(&started)
	d.Several = h
	requireUntouched(t, d, h, coa(t, attrs.UserName.Of("bob"), authorizeOnly, state), errcause.MultipleSessionSelectionUnsupported)
	requireUntouched(t, d, h, coa(t, attrs.UserName.Of("eve"), authorizeOnly, state), errcause.SessionContextNotFound)
	require.Empty(t, started)
	d = &session.Dispatcher[*sub]{Handler: h, Several: h, Reauthorize: d.Reauthorize, Policy: session.Policy{First: true}}
	requireAnswer(t, d, coa(t, attrs.UserName.Of("bob"), authorizeOnly, state), coaNAK, errcause.RequestInitiated)
	require.Len(t, started, 1)
}
