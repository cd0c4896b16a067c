// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/termcause"
	"github.com/stretchr/testify/require"
)

// answersTo has a host return err to a Disconnect and to a CoA.
func answersTo(t *testing.T, err error) (ofDisconnect, ofCoA answer) {
	h := twoSubs()
	h.err = err
	d := session.NewDispatcher(h, attrs.FilterID)
	ofDisconnect, _ = handle(t, d, disconnect(t, bob1))
	ofCoA, _ = handle(t, d, coa(t, bob1, attrs.FilterID.Of("x")))
	require.Equal(t, 2, h.touched())
	return ofDisconnect, ofCoA
}

// requireCauses has a host return cause, and compares what is sent.
func requireCauses(t *testing.T, cause, ofDisconnect, ofCoA errcause.Cause) {
	t.Helper()
	d, c := answersTo(t, fmt.Errorf("wrapped: %w", cause))
	require.Equal(t, answer{disconnectNAK, ofDisconnect}, d)
	require.Equal(t, answer{coaNAK, ofCoA}, c)
}

func TestR5176_3_5_1_TheCauseThatTheErrorWraps(t *testing.T) {
	for _, c := range []errcause.Cause{401, 402, 403, 404, 406, 407, 501, 503, 505, 506, 508} {
		requireCauses(t, c, c, c)
	}
	requireCauses(t, 599, 599, 599)
	d, c := answersTo(t, errors.New("bare"))
	require.Equal(t, answer{disconnectNAK, 0}, d)
	require.Equal(t, answer{coaNAK, 0}, c)
}

func TestR5176_3_5_2_ReservedCausesAreNotSent(t *testing.T) {
	for _, c := range []errcause.Cause{1, 199, 300, 399} {
		requireCauses(t, c, 0, 0)
	}
}

func TestR5176_3_5_3_NoSuccessInANAK(t *testing.T) {
	requireCauses(t, 201, 0, 0)
	requireCauses(t, 250, 0, 0)
}

func TestR5176_3_5_4_NoFailureInAnACK(t *testing.T) {
	h := twoSubs()
	h.disconnect = func(d *session.Disconnect) { d.Reply = []attrs.Attr{attrs.ErrorCause.Of(503)} }
	h.change = func(c *session.Change) { c.Reply = []attrs.Attr{attrs.ErrorCause.Of(404)} }
	d := session.NewDispatcher(h, attrs.FilterID)
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("x")), coaACK, 0)
	requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
}

func TestR5176_3_5_6_201InADisconnectACKAlone(t *testing.T) {
	h := twoSubs()
	h.disconnect = func(d *session.Disconnect) { d.Residual = true }
	d := session.NewDispatcher(h)
	resp := requireAnswer(t, d, disconnect(t, bob1), disconnectACK, errcause.ResidualSessionContextRemoved)
	require.Equal(t, []int{49, 101}, typesOf(resp))
	require.NoError(t, resp.Err())

	h.err = errcause.SessionContextNotRemovable
	requireAnswer(t, d, disconnect(t, attrs.AcctSessionID.Of("2")), disconnectNAK, errcause.SessionContextNotRemovable)
}

func TestR5176_3_5_7_202IsNeverSent(t *testing.T) { requireCauses(t, errcause.InvalidEAPPacket, 0, 0) }

func TestR5176_3_5_8_405NeverAnswersADisconnect(t *testing.T) {
	requireCauses(t, errcause.UnsupportedService, 0, errcause.UnsupportedService)
}

func TestR5176_3_5_9_ANASNeverSends502(t *testing.T) {
	requireCauses(t, errcause.RequestNotRoutable, 0, 0)
}

func TestR5176_3_5_10_504InADisconnectNAKAlone(t *testing.T) {
	requireCauses(t, errcause.SessionContextNotRemovable, errcause.SessionContextNotRemovable, 0)
}

func TestR5176_3_5_13_508WhenSeveralMatch(t *testing.T) {
	h := twoSubs()
	requireUntouched(t, session.NewDispatcher(h), h, disconnect(t, attrs.UserName.Of("bob")), errcause.MultipleSessionSelectionUnsupported)
}

func TestR5176_3_5_14_EachMistakeHasItsCause(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID)
	d.NAS = attrs.NAS{Identifier: "bng1"}
	for _, test := range []struct {
		name  string
		r     *dac.Request
		cause errcause.Cause
	}{
		{"no identification", disconnect(t), 402},
		{"another NAS", disconnect(t, bob1, attrs.NASIdentifier.Of("bng2")), 403},
		{"malformed identification", raw(disconnect(t), 5, 1), 404},
		{"empty identification", raw(disconnect(t), 44), 404},
		{"unspecified address", raw(disconnect(t), 8, 0, 0, 0, 0), 404},
		{"malformed Vendor-Specific", raw(disconnect(t, bob1), 26, 0, 0), 404},
		{"no such session", disconnect(t, attrs.UserName.Of("eve")), 503},
	} {
		t.Run(test.name, func(t *testing.T) { requireUntouched(t, d, h, test.r, test.cause) })
	}
}

// A NAKError of another exchange is not passed on: its cause is, and what the host says beside.
func TestAnAnswerOfAnotherExchangeIsNotPassedOn(t *testing.T) {
	of := func(cause errcause.Cause) *dac.NAKError {
		other, err := disconnect(t, bob1).NAK(cause, attrs.ReplyMessage.Of("foreign"))
		require.NoError(t, err)
		return &dac.NAKError{Cause: cause, Response: other, Err: errors.New("elsewhere")}
	}
	h := twoSubs()
	h.err = fmt.Errorf("forwarded: %w", of(503))
	h.change = func(c *session.Change) { c.Reply = []attrs.Attr{attrs.ReplyMessage.Of("own")} }
	d := session.NewDispatcher(h, attrs.FilterID)
	resp := requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("x")), coaNAK, 503)
	text, err := attrs.ReplyMessage.Get(resp.Packet.Attributes)
	require.NoError(t, err)
	require.Equal(t, "own", text)
	require.Equal(t, coaNAK, resp.Packet.Code)

	h.change = nil
	h.err = of(504)
	resp = requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("x")), coaNAK, 0)
	require.Empty(t, resp.Packet.Attributes)

	ack, err := coa(t, bob1).ACK()
	require.NoError(t, err)
	h.err = &dac.NAKError{Response: ack}
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("x")), coaNAK, 0)
}

func TestErrorsThatLeaveARequestUnanswered(t *testing.T) {
	for _, err := range []error{dac.ErrDiscard, dac.ErrSilent} {
		h := twoSubs()
		h.err = fmt.Errorf("busy: %w", err)
		_, got := session.NewDispatcher(h).Handle(t.Context(), disconnect(t, bob1))
		require.ErrorIs(t, got, err)
	}
}

func TestTheHostsErrorReachesWhoeverIsInBetween(t *testing.T) {
	cause := errors.New("disk on fire")
	h := twoSubs()
	h.err = fmt.Errorf("%w: %w", errcause.ResourcesUnavailable, cause)
	_, err := session.NewDispatcher(h).Handle(t.Context(), disconnect(t, bob1))
	require.ErrorIs(t, err, cause)
	require.ErrorIs(t, err, errcause.ResourcesUnavailable)

	h.err = fmt.Errorf("%w: %w", errcause.RequestNotRoutable, cause)
	_, err = session.NewDispatcher(h).Handle(t.Context(), disconnect(t, bob1))
	_, has := errcause.Of(err)
	require.False(t, has, "what is not sent is not found either")
	require.ErrorContains(t, err, "disk on fire")
}

func TestReplyGoesIntoACKAndNAK(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h, attrs.FilterID)
	h.change = func(c *session.Change) { c.Reply = []attrs.Attr{attrs.Vendor(9, 1, []byte("ok"))} }
	h.disconnect = func(d *session.Disconnect) {
		d.TerminateCause = termcause.NASRequest
		d.Reply = []attrs.Attr{attrs.Vendor(9, 1, []byte("bye")), attrs.UserName.Of("")}
	}
	require.Equal(t, []int{26}, typesOf(requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("x")), coaACK, 0)))
	h.err = errcause.ResourcesUnavailable
	require.Equal(t, []int{26, 101}, typesOf(requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("x")), coaNAK, 506)))
	require.Equal(t, []int{26, 101}, typesOf(requireAnswer(t, d, disconnect(t, bob1), disconnectNAK, 506)))
	h.err = nil
	resp := requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
	require.Equal(t, []int{26, 49}, typesOf(resp), "an attribute that cannot be encoded makes no NAK of what was done")
	cause, err := attrs.AcctTerminateCause.Get(resp.Packet.Attributes)
	require.NoError(t, err)
	require.Equal(t, termcause.NASRequest, cause)
}

func TestReplyCannotSetWhatTheSignerAndTheVerdictSet(t *testing.T) {
	h := twoSubs()
	h.disconnect = func(d *session.Disconnect) {
		d.Reply = []attrs.Attr{state, attrs.ProxyState.Of([]byte("p")), attrs.ErrorCause.Of(201), authorizeOnly,
			attrs.Raw(80, make([]byte, 16)), attrs.AcctTerminateCause.Of(1), attrs.EventTimestamp.Of(epoch)}
	}
	resp := requireAnswer(t, session.NewDispatcher(h), disconnect(t, bob1), disconnectACK, 0)
	require.Equal(t, []int{49, 55}, typesOf(resp))
	cause, err := attrs.AcctTerminateCause.Get(resp.Packet.Attributes)
	require.NoError(t, err)
	require.Equal(t, termcause.AdminReset, cause)
}
