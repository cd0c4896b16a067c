// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	_ "github.com/radius-dynauth/dynauth/internal/entropy" // FIPS
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func TestUnimplementedRefuses(t *testing.T) {
	var u session.Unimplemented[int]
	require.ErrorIs(t, u.Disconnect(t.Context(), 0, nil), errcause.AdministrativelyProhibited)
	require.ErrorIs(t, u.Change(t.Context(), 0, nil), errcause.AdministrativelyProhibited)
}

// logged is a Logger, and what it wrote.
func logged() (*slog.Logger, *bytes.Buffer) {
	var b bytes.Buffer
	return slog.New(slog.NewTextHandler(&b, nil)), &b
}

func TestFindIsCheckedAgainstIdentityOf(t *testing.T) {
	d, h := with(session.Policy{})
	var log *bytes.Buffer
	d.Logger, log = logged()
	d.IdentityOf = func(s *sub) attrs.Identity { return attrs.Identity{UserName: "bob", AcctSessionID: "2"} }
	requireUntouched(t, d, h, disconnect(t, bob1), 0)
	require.Contains(t, log.String(), "level=ERROR")
	require.Contains(t, log.String(), "Acct-Session-Id")
	d, h = with(session.Policy{First: true})
	d.IdentityOf = func(s *sub) attrs.Identity { return s.id }
	requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
	h.findErr = errcause.ResourcesUnavailable
	requireUntouched(t, d, h, disconnect(t, bob1), errcause.ResourcesUnavailable)
}

func TestTheRoutingContextIsPartOfEveryMatch(t *testing.T) {
	h := twoSubs()
	h.subs[0].id.Context = "vrf1"
	d := session.NewDispatcher(h)
	d.Context = func(r *dac.Request) string { return r.Peer }
	requireUntouched(t, d, h, disconnect(t, bob1), errcause.SessionContextNotFound)
	r := disconnect(t, bob1)
	r.Peer = "vrf1"
	requireAnswer(t, d, r, disconnectACK, 0)
	require.Equal(t, "vrf1", h.ended[0].Identity().Context)
}

func TestAPanicWhileReadingRefusesTheRequest(t *testing.T) {
	d, h := with(session.Policy{})
	var log *bytes.Buffer
	d.Logger, log = logged()
	d.Context = func(*dac.Request) string { panic("which VRF?") }
	r := disconnect(t, bob1)
	d.Arrive(r)
	requireUntouched(t, d, h, r, 0)
	require.Contains(t, log.String(), "which VRF?")
	require.True(t, d.Idle())
}

func TestAllow(t *testing.T) {
	d, h := with(session.Policy{})
	d.Several = h
	var asked [][]*sub
	var says error
	d.Allow = func(_ context.Context, r *dac.Request, s []*sub) error {
		asked = append(asked, s)
		return says
	}
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("eve")), 503)
	require.Empty(t, asked, "of nothing nobody is asked")
	says = errors.New("not yours")
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("bob")), errcause.AdministrativelyProhibited)
	require.Equal(t, [][]*sub{{h.subs[0], h.subs[1]}}, asked)
	says = errcause.SessionContextNotFound
	requireUntouched(t, d, h, disconnect(t, bob1), errcause.SessionContextNotFound)
	says = dac.ErrDiscard
	requireAnswer(t, d, disconnect(t, bob1), 0, 0)
	says = nil
	requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
}

func TestAllowIsAskedAgainWithFind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, h := with(session.Policy{}, attrs.FilterID)
		h.before = func(context.Context, *sub) { time.Sleep(time.Second) }
		var refuse atomic.Bool
		d.Allow = func(context.Context, *dac.Request, []*sub) error {
			if !refuse.Load() {
				return nil
			}
			return errcause.AdministrativelyProhibited
		}
		first := handleLater(t, d, coa(t, bob1, attrs.FilterID.Of("a")))
		synctest.Wait()
		second := handleLater(t, d, coa(t, bob1, attrs.FilterID.Of("b")))
		synctest.Wait()
		refuse.Store(true)
		require.Equal(t, answer{code: coaACK}, <-first)
		require.Equal(t, answer{cause: errcause.AdministrativelyProhibited}, <-second)
	})
}

func TestAllowRealms(t *testing.T) {
	allow := session.AllowRealms(func(user string) string { return user }, map[string][]string{"a": {"isp-a.example", ""}, "b": {"ISP-B.example"}})
	for _, test := range []struct {
		peer string
		user []string
		ok   bool
	}{
		{"a", []string{"u@isp-a.example"}, true},
		{"a", []string{"u@ISP-A.EXAMPLE"}, true},
		{"a", []string{"u"}, true},
		{"b", []string{"u"}, false},
		{"b", []string{"u@isp-b.example", "v@isp-b.example"}, true},
		{"b", []string{"u@isp-b.example", "v@isp-a.example"}, false},
		{"a", []string{"u@isp-b.example"}, false},
		{"a", []string{"u@isp-b.example@isp-a.example"}, false},
		{"a", []string{"u@isp-a.example@isp-b.example"}, false},
		{"a", []string{"u@"}, false},
		{"a", []string{"u@sub.isp-a.example"}, false},
		{"", []string{"u@isp-a.example"}, false},
		{"c", []string{"u@isp-a.example"}, false},
	} {
		err := allow(t.Context(), &dac.Request{Peer: test.peer}, test.user)
		if test.ok {
			require.NoError(t, err, "%v", test)
		} else {
			require.ErrorIs(t, err, errcause.AdministrativelyProhibited, "%v", test)
		}
	}
}

// values is a Handler whose sessions are values of any type.
type values[S any] struct {
	session.Unimplemented[S]
	all  []S
	done int
}

func (h *values[S]) Find(context.Context, attrs.Identity) ([]S, error) { return h.all, nil }
func (h *values[S]) Disconnect(context.Context, S, *session.Disconnect) error {
	h.done++
	return nil
}
func (h *values[S]) DisconnectAll(_ context.Context, s []S, _ *session.Disconnect) error {
	h.done += len(s)
	return nil
}
func (h *values[S]) ChangeAll(context.Context, []S, *session.Change) error { return nil }

func TestSessionsThatCannotBeComparedNeedAKey(t *testing.T) {
	type record struct{ Names []string }
	var log *bytes.Buffer
	refused := func(t *testing.T, d dac.Handler) {
		requireAnswer(t, d, disconnect(t, bob1), disconnectNAK, 0)
		require.Contains(t, log.String(), "set Dispatcher.Key")
	}
	t.Run("a struct with a slice", func(t *testing.T) {
		h := &values[record]{all: []record{{}}}
		d := session.NewDispatcher[record](h)
		d.Logger, log = logged()
		refused(t, d)
		require.Zero(t, h.done)
		d = session.NewDispatcher[record](h)
		d.Key = func(record) any { return 1 }
		requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
	})
	t.Run("an interface with a slice in it", func(t *testing.T) {
		h := &values[any]{all: []any{[]int{1}}}
		d := session.NewDispatcher[any](h)
		d.Logger, log = logged()
		refused(t, d)
		h.all = []any{1}
		requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
	})
	t.Run("a key that is a map", func(t *testing.T) {
		d := session.NewDispatcher[int](&values[int]{all: []int{1}})
		d.Key = func(int) any { return map[int]int{} }
		d.Logger, log = logged()
		refused(t, d)
	})
	t.Run("a key that is not itself", func(t *testing.T) {
		d := session.NewDispatcher[float64](&values[float64]{all: []float64{math.NaN()}})
		d.Logger, log = logged()
		refused(t, d)
		require.True(t, d.Idle())
	})
	t.Run("among several", func(t *testing.T) {
		h := &values[any]{all: []any{1, []int{1}}}
		d := session.NewDispatcher[any](h)
		d.Several = h
		d.Logger, log = logged()
		refused(t, d)
		require.Zero(t, h.done)
		h.all = []any{1, 2, 1}
		requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
		require.Equal(t, 2, h.done)
	})
	t.Run("a struct of an array of strings", func(t *testing.T) {
		type plain struct{ A [2]string }
		d := session.NewDispatcher[plain](&values[plain]{all: []plain{{}}})
		requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
	})
}

func TestARequestThatIsNone(t *testing.T) {
	d, h := with(session.Policy{})
	for _, r := range []*dac.Request{nil, {}, {Packet: &radius.Packet{Code: radius.CodeAccessRequest}}} {
		resp, err := d.Handle(t.Context(), r)
		require.Nil(t, resp)
		require.Error(t, err)
	}
	holes := disconnect(t, bob1)
	holes.Packet.Attributes = append(holes.Packet.Attributes, nil, &radius.AVP{Type: 300})
	requireUntouched(t, d, h, holes, errcause.InvalidRequest)
}

func audited(d *session.Dispatcher[*sub]) *[]session.Audit {
	var mu sync.Mutex
	events := new([]session.Audit)
	d.Audit = func(_ context.Context, a session.Audit) {
		mu.Lock()
		defer mu.Unlock()
		*events = append(*events, a)
	}
	return events
}

func TestAudit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		password := attrs.NewKey(attrs.VendorID(99999, 9), "Test-Password", text, string2).Sensitive()
		d, h := with(session.Policy{}, attrs.FilterID, password)
		d.Several = h
		events := audited(d)
		h.before = func(context.Context, *sub) { time.Sleep(time.Second) }
		r := coa(t, bob1, attrs.FilterID.Of("gold"), state, password.Of("hunter2"))
		requireAnswer(t, d, r, coaACK, 0)
		require.Equal(t, session.Audit{
			Request: r, Sessions: 1, Changes: []string{`Filter-Id = "gold"`, "Test-Password = [hidden]"}, Duration: time.Second,
		}, (*events)[0])

		h.err = errcause.SessionContextNotRemovable
		r = disconnect(t, attrs.UserName.Of("bob"))
		requireAnswer(t, d, r, disconnectNAK, errcause.SessionContextNotRemovable)
		require.Equal(t, session.Audit{
			Request: r, Sessions: 2, Cause: errcause.SessionContextNotRemovable, Err: errcause.SessionContextNotRemovable, Duration: time.Second,
		}, (*events)[1])

		h.err = errcause.RequestNotRoutable // not to be said
		requireAnswer(t, d, disconnect(t, bob1), disconnectNAK, 0)
		require.Zero(t, (*events)[2].Cause)
		require.ErrorIs(t, (*events)[2].Err, errcause.RequestNotRoutable)

		requireAnswer(t, d, disconnect(t, attrs.UserName.Of("eve")), disconnectNAK, 503)
		require.Zero(t, (*events)[3].Sessions)
		require.ErrorIs(t, (*events)[3].Err, errcause.SessionContextNotFound)

		h.err = nil
		h.disconnect = func(d *session.Disconnect) { d.Residual = true }
		requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 201)
		require.EqualValues(t, 201, (*events)[4].Cause)
		require.NoError(t, (*events)[4].Err)

		requireAnswer(t, d, disconnect(t), disconnectNAK, errcause.MissingAttribute)
		require.Len(t, *events, 6)
	})
}

// An operator is told of what never reached a session, too: by which attribute, and who was meant.
func TestAuditOfWhatIsRefusedBeforeFind(t *testing.T) {
	d, h := with(session.Policy{}, attrs.FilterID)
	events := audited(d)
	for _, test := range []struct {
		r     *dac.Request
		cause errcause.Cause
		says  string
	}{
		{disconnect(t, bob1, attrs.IdleTimeout.Of(time.Minute)), 401, "Idle-Timeout"},
		{disconnect(t), 402, "no session identification"},
		{coa(t, bob1), 402, "nothing to change"},
		{disconnect(t, bob1, attrs.NASIdentifier.Of("bng2")), 403, "bng2"},
		{raw(disconnect(t, bob1), 5, 1), 404, "NAS-Port"},
	} {
		requireUntouched(t, d, h, test.r, test.cause)
		last := (*events)[len(*events)-1]
		require.Equal(t, test.cause, last.Cause)
		require.ErrorContains(t, last.Err, test.says)
		require.Same(t, test.r, last.Request)
		require.Zero(t, last.Sessions)
	}
	require.Len(t, *events, 5)
	require.Equal(t, []string{`User-Name = "bob"`, `Acct-Session-Id = "1"`, `NAS-Identifier = "bng2"`}, (*events)[3].Identification())
	require.Empty(t, session.Audit{}.Identification())
}

// The NAK of what the Dispatcher refuses can say why to a human; that of what the Handler refuses
// is the Handler's.
func TestRefusalSpeaksForTheDispatcher(t *testing.T) {
	d, h := with(session.Policy{Causes: []errcause.Cause{402, 503}}, attrs.FilterID)
	var told []errcause.Cause
	d.Refusal = func(r *dac.Request, cause errcause.Cause, err error) []attrs.Attr {
		require.NotNil(t, r)
		require.Error(t, err)
		told = append(told, cause)
		return []attrs.Attr{attrs.ReplyMessage.Of("no"), attrs.ErrorCause.Of(999)}
	}
	says := func(r *dac.Request, cause errcause.Cause) string {
		message, err := attrs.ReplyMessage.Get(requireUntouched(t, d, h, r, cause).Packet.Attributes)
		require.NoError(t, err)
		return message
	}
	require.Equal(t, "no", says(disconnect(t), 402))
	require.Equal(t, "no", says(disconnect(t, attrs.UserName.Of("eve")), 503))
	require.Equal(t, "no", says(disconnect(t, attrs.UserName.Of("bob")), 0), "a cause that this NAS does not send")
	require.Equal(t, []errcause.Cause{402, 503, 0}, told)

	h.err = errcause.SessionContextNotRemovable
	requireAnswer(t, d, disconnect(t, bob1), disconnectNAK, 0)
	require.Len(t, told, 3, "the Handler refused")
	h.err = nil
	d.Refusal = func(*dac.Request, errcause.Cause, error) []attrs.Attr { panic("no words") }
	requireUntouched(t, d, h, disconnect(t), 402)
}

func TestAuditIsOfWhatReachedFind(t *testing.T) {
	d, h := with(session.Policy{})
	d.Several = h
	events := audited(d)
	h.findErr = errcause.ResourcesUnavailable
	requireAnswer(t, d, disconnect(t, bob1), disconnectNAK, 506)
	require.Len(t, *events, 1)
	require.ErrorIs(t, (*events)[0].Err, errcause.ResourcesUnavailable)

	h.findErr = nil
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := d.Handle(ctx, disconnect(t, bob1))
	require.ErrorIs(t, err, dac.ErrDiscard)
	require.Len(t, *events, 1)

	h.subs = append(h.subs, h.subs[0])
	requireAnswer(t, d, disconnect(t, attrs.UserName.Of("bob")), disconnectACK, 0)
	require.Equal(t, 2, (*events)[1].Sessions, "one that is found twice is one")
}

func TestAuditOfAuthorizeOnly(t *testing.T) {
	var started []*session.Change
	d, _ := reauthorizing(&started)
	events := audited(d)
	requireAnswer(t, d, coa(t, bob1, authorizeOnly, state), coaNAK, errcause.RequestInitiated)
	require.Equal(t, errcause.RequestInitiated, (*events)[0].Cause)
	require.ErrorIs(t, (*events)[0].Err, errcause.RequestInitiated)
}

func TestAuditOfAPanicAndOfGoexit(t *testing.T) {
	for name, end := range map[string]func(){"panic": func() { panic("host") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			d, h := with(session.Policy{})
			events := audited(d)
			h.before = func(context.Context, *sub) { end() }
			var wg sync.WaitGroup
			var p any
			wg.Go(func() {
				defer func() { p = recover() }()
				_, _ = d.Handle(t.Context(), disconnect(t, bob1))
			})
			wg.Wait()
			if name == "panic" {
				require.Equal(t, "host", p, "whoever called Handle sees it")
			}
			require.Len(t, *events, 1)
			require.Error(t, (*events)[0].Err)
			require.True(t, d.Idle())
		})
	}
}

func TestAuditThatPanicsUndoesNothing(t *testing.T) {
	d, h := with(session.Policy{})
	var log *bytes.Buffer
	d.Logger, log = logged()
	d.Audit = func(context.Context, session.Audit) { panic("disk full") }
	requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
	require.True(t, h.subs[0].gone)
	require.Contains(t, log.String(), "disk full")
}

func TestAuditThatEndsItsGoroutineUndoesNothing(t *testing.T) {
	d, h := with(session.Policy{}, attrs.FilterID)
	var log *bytes.Buffer
	d.Logger, log = logged()
	d.Audit = func(context.Context, session.Audit) { runtime.Goexit() }
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("x")), coaACK, 0)
	requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
	require.True(t, h.subs[0].gone)
	require.Contains(t, log.String(), "Audit ended its goroutine")
}

func TestAuditComesAfterTheTurn(t *testing.T) {
	d, _ := with(session.Policy{}, attrs.FilterID)
	d.Audit = func(context.Context, session.Audit) { require.True(t, d.Idle(), "a slow Audit holds up no session") }
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("x")), coaACK, 0)
}

func TestNoLockIsHeldWhileTheHostIsCalled(t *testing.T) {
	d, h := with(session.Policy{}, attrs.FilterID)
	// A host may send itself a request, for another session, from within.
	h.before = func(ctx context.Context, s *sub) {
		if s.id.AcctSessionID == "1" {
			_, err := d.Handle(ctx, disconnect(t, attrs.AcctSessionID.Of("2")))
			require.NoError(t, err)
		}
	}
	requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
	require.True(t, h.subs[0].gone && h.subs[1].gone)
}

// A line about a request that came by no socket says nothing of a peer.
func TestALogLineNamesThePeerWhereThereIsOne(t *testing.T) {
	for source, peer := range map[netip.AddrPort]bool{{}: false, netipAddrPort("192.0.2.9:40000"): true} {
		d, h := with(session.Policy{})
		var log *bytes.Buffer
		d.Logger, log = logged()
		r := disconnect(t, bob1, attrs.NASIdentifier.Of("bng2"))
		r.Source = source
		if peer {
			r.Peer = "aaa1"
		}
		requireUntouched(t, d, h, r, 403)
		require.Contains(t, log.String(), "Dispatcher.NAS.Identifier")
		require.Contains(t, log.String(), "code=Disconnect-Request")
		require.Equal(t, peer, strings.Contains(log.String(), "peer=aaa1 addr=192.0.2.9:40000 "), log)
		require.NotContains(t, log.String(), "invalid")
	}
}
