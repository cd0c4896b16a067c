// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/termcause"
	"github.com/stretchr/testify/require"
)

func TestARefusalCrossesTheWireAsItself(t *testing.T) {
	h := twoSubs()
	h.err = fmt.Errorf("line card 3 is on fire: %w", errcause.SessionContextNotRemovable)
	d := session.NewDispatcher(h, attrs.FilterID)
	nas := dactest.NewNAS(t, d)
	_, err := nas.Client.Disconnect(t.Context(), nas.Addr, bob1)
	require.ErrorIs(t, err, errcause.SessionContextNotRemovable)
	require.NotContains(t, err.Error(), "line card", "the text stays on the machine")
	_, err = nas.Client.CoA(t.Context(), nas.Addr, bob1, attrs.FilterID.Of("x"))
	var nak *dac.NAKError
	require.ErrorAs(t, err, &nak)
	require.Zero(t, nak.Cause, "504 is not for a CoA-NAK")

	h.err = nil
	h.disconnect = func(d *session.Disconnect) { d.Residual = true }
	resp, err := nas.Client.Disconnect(t.Context(), nas.Addr, bob1)
	require.NoError(t, err)
	require.Equal(t, errcause.ResidualSessionContextRemoved, resp.Cause())
	_, err = nas.Client.Disconnect(t.Context(), nas.Addr, bob1)
	require.ErrorIs(t, err, errcause.SessionContextNotFound)
	require.EqualValues(t, 1, nas.Server.Stats().Total.Disconnect.Sessions)
}

func TestAuthorizeOnlyOverTheWire(t *testing.T) {
	var started []*session.Change
	d, _ := reauthorizing(&started)
	after := make(chan bool, 1)
	d.Reauthorize = func(_ context.Context, _ *sub, c *session.Change) error {
		c.After = func(context.Context) { after <- true }
		return nil
	}
	nas := dactest.NewNAS(t, d)
	resp, err := nas.Client.Reauthorize(t.Context(), nas.Addr, bob1, state)
	require.NoError(t, err)
	got, err := attrs.State.Get(resp.Packet.Attributes)
	require.NoError(t, err)
	require.Equal(t, []byte("state"), got)
	service, err := attrs.ServiceType.Get(resp.Packet.Attributes)
	require.NoError(t, err)
	require.EqualValues(t, 17, service)
	require.True(t, <-after)
	require.EqualValues(t, 1, nas.Server.Stats().Total.CoA.AuthOnlyNAKs)
}

func TestR5176_3_3_1_StateGoesBackInACKAndNAK(t *testing.T) {
	opaque := attrs.State.Of([]byte{0, 0xff, 1})
	for _, err := range []error{nil, errcause.ResourcesUnavailable} {
		h := twoSubs()
		h.err = err
		nas := dactest.NewNAS(t, session.NewDispatcher(h, attrs.FilterID))
		resp, got := nas.Client.CoA(t.Context(), nas.Addr, bob1, attrs.FilterID.Of("x"), opaque)
		require.ErrorIs(t, got, err)
		back, lookupErr := attrs.State.Get(resp.Packet.Attributes)
		require.NoError(t, lookupErr)
		require.Equal(t, []byte{0, 0xff, 1}, back)
	}
}

func TestMiddlewareSeesTheVerdict(t *testing.T) {
	d, _ := with(session.Policy{})
	var verdicts []error
	nas := dactest.NewNAS(t, dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		resp, err := d.Handle(ctx, r)
		verdicts = append(verdicts, dac.Verdict(resp, err))
		return resp, err
	}))
	_, err := nas.Client.Disconnect(t.Context(), nas.Addr, bob1)
	require.NoError(t, err)
	_, err = nas.Client.Disconnect(t.Context(), nas.Addr, bob1)
	require.ErrorIs(t, err, errcause.SessionContextNotFound)
	require.NoError(t, verdicts[0])
	require.ErrorIs(t, verdicts[1], errcause.SessionContextNotFound)
}

// A gate is middleware that has all methods of a Dispatcher but Handle, which is its own.
type gate struct{ *session.Dispatcher[*sub] }

func (g gate) Handle(context.Context, *dac.Request) (*dac.Response, error) {
	return nil, errcause.AdministrativelyProhibited
}

func TestMiddlewareThatEmbedsADispatcherIsNotPassedOver(t *testing.T) {
	h := twoSubs()
	d := session.NewDispatcher(h)
	require.NotNil(t, d.Answerer(d))
	require.Nil(t, d.Answerer(gate{d}))
	require.Nil(t, d.Answerer(session.NewDispatcher(h)), "another one")
	nas := dactest.NewNAS(t, gate{d})
	_, err := nas.Client.Disconnect(t.Context(), nas.Addr, bob1)
	require.ErrorIs(t, err, errcause.AdministrativelyProhibited)
	require.Zero(t, h.touched())
}

// A Server uses the memory of an answer again: the next one has nothing of it.
func TestAnAnswerHasNothingOfTheOneBefore(t *testing.T) {
	h := twoSubs()
	nas := dactest.NewNAS(t, session.NewDispatcher(h, attrs.FilterID))
	after := make(chan bool, 8)
	for i, said := range []session.Disconnect{
		{TerminateCause: termcause.LostCarrier, Residual: true, Reply: []attrs.Attr{attrs.ReplyMessage.Of("a"), attrs.ReplyMessage.Of("b"), attrs.ReplyMessage.Of("c")},
			After: func(context.Context) { after <- true }},
		{},
		{TerminateCause: 4711},
		{TerminateCause: math.MaxUint32},
		{},
	} {
		h.disconnect = func(d *session.Disconnect) {
			d.TerminateCause, d.Residual, d.Reply, d.After = said.TerminateCause, said.Residual, said.Reply, said.After
		}
		h.subs[0].gone = false
		resp, err := nas.Client.Disconnect(t.Context(), nas.Addr, bob1)
		require.NoError(t, err)
		require.Equal(t, said.Residual, resp.Cause() != 0, i)
		cause, err := attrs.AcctTerminateCause.Get(resp.Packet.Attributes)
		require.NoError(t, err)
		require.EqualValues(t, cmp.Or(said.TerminateCause, termcause.AdminReset), cause)
		messages, err := all1(attrs.ReplyMessage.All(resp.Packet.Attributes))
		require.NoError(t, err)
		require.Len(t, messages, len(said.Reply))

		h.subs[0].gone = false
		resp, err = nas.Client.CoA(t.Context(), nas.Addr, bob1, attrs.FilterID.Of("x"))
		require.NoError(t, err)
		require.Equal(t, []int{80}, typesOf(resp), "no more than its Message-Authenticator")
	}
	<-after
	require.Empty(t, after, "it is called once")
}

// bubble serves d in memory.
func bubble(t *testing.T, d dac.Handler, maxHandlers int) *dactest.NAS {
	var network dactest.Network
	pc := network.Listen(netipAddrPort("192.0.2.1:3799"))
	return dactest.ServeNAS(t, pc, &dac.Server{Handler: d, MaxHandlers: maxHandlers})
}

func TestWaitingForATurnGivesThePlaceBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newSlowHost(t, "a", "b")
		h.act = func(s string) {
			if s == "a" {
				time.Sleep(time.Second)
			}
		}
		nas := bubble(t, newRun(t, h).d, 2)
		send := func(id, filter string) <-chan error {
			done := make(chan error, 1)
			go func() {
				_, err := nas.Client.CoA(t.Context(), nas.Addr, byID(id), attrs.FilterID.Of(filter))
				done <- err
			}()
			synctest.Wait()
			return done
		}
		start := time.Now()
		first, second, third := send("a", "1"), send("a", "2"), send("a", "3")
		require.NoError(t, <-send("b", "1"))
		require.Less(t, time.Since(start), time.Second, "two of three places are given back by those who wait")
		require.NoError(t, errors.Join(<-first, <-second, <-third))
		require.Equal(t, []string{"b: 1", "a: 1", "a: 2", "a: 3"}, h.done)
	})
}

func TestThousandCoAsOverTheWireInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newSlowHost(t, "a")
		open := make(chan bool)
		h.find = func(attrs.Identity, int) { <-open }
		x := newRun(t, h)
		nas := bubble(t, x.d, 1000)
		const n = 1000
		var failed atomic.Int32
		done := make(chan bool)
		for i := range n {
			go func() {
				if _, err := nas.Client.CoA(t.Context(), nas.Addr, byID("a"), attrs.FilterID.Of(fmt.Sprint(i))); err != nil {
					failed.Add(1)
				}
				done <- true
			}()
			synctest.Wait() // it has arrived
		}
		close(open) // now each Find returns when it likes
		for range n {
			<-done
		}
		require.Zero(t, failed.Load())
		require.Len(t, h.done, n)
		for i, what := range h.done {
			require.Equal(t, fmt.Sprint("a: ", i), what)
		}
		require.True(t, x.d.Idle())
	})
}
