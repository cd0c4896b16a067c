// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A sub is a session of the host under test.
type sub struct {
	id      attrs.Identity
	filters []string
	gone    bool
}

// A host is a Handler over a few sessions that notes what it is asked.
type host struct {
	mu         sync.Mutex
	subs       []*sub
	found      []attrs.Identity
	ended      []*session.Disconnect
	changed    []*session.Change
	findErr    error
	err        error // of Disconnect and Change
	before     func(ctx context.Context, s *sub)
	disconnect func(d *session.Disconnect)
	change     func(c *session.Change)
}

func (h *host) Find(ctx context.Context, id attrs.Identity) (found []*sub, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.found = append(h.found, id)
	for _, s := range h.subs {
		if id.Selects(s.id) && !s.gone {
			found = append(found, s)
		}
	}
	return found, h.findErr
}

func (h *host) Disconnect(ctx context.Context, s *sub, d *session.Disconnect) error {
	return h.DisconnectAll(ctx, []*sub{s}, d)
}

func (h *host) Change(ctx context.Context, s *sub, c *session.Change) error {
	return h.ChangeAll(ctx, []*sub{s}, c)
}

func (h *host) DisconnectAll(ctx context.Context, all []*sub, d *session.Disconnect) error {
	if h.before != nil {
		h.before(ctx, all[0])
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = append(h.ended, d)
	if h.disconnect != nil {
		h.disconnect(d)
	}
	if h.err != nil {
		return h.err
	}
	for _, s := range all {
		s.gone = true
	}
	return nil
}

func (h *host) ChangeAll(ctx context.Context, all []*sub, c *session.Change) error {
	if h.before != nil {
		h.before(ctx, all[0])
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changed = append(h.changed, c)
	if h.change != nil {
		h.change(c)
	}
	if h.err != nil {
		return h.err
	}
	filters, err := all1(attrs.FilterID.All(c.Attributes))
	if err != nil {
		return err
	}
	for _, s := range all {
		s.filters = append(s.filters, filters...)
	}
	return nil
}

// touched is how often the host was asked to do something.
func (h *host) touched() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.ended) + len(h.changed)
}

func all1[T any](seq func(func(T, error) bool)) (all []T, err error) {
	for v, e := range seq {
		if e != nil {
			return nil, e
		}
		all = append(all, v)
	}
	return all, nil
}

// twoSubs is a host with two sessions of one user.
func twoSubs() *host {
	return &host{subs: []*sub{
		{id: attrs.Identity{UserName: "bob", AcctSessionID: "1", CallingStationID: "00-10-A4-23-19-C0"}},
		{id: attrs.Identity{UserName: "bob", AcctSessionID: "2"}},
	}}
}

func disconnect(t testing.TB, a ...attrs.Attr) *dac.Request {
	t.Helper()
	r, err := dac.NewDisconnect(a...)
	require.NoError(t, err)
	return r
}

func coa(t testing.TB, a ...attrs.Attr) *dac.Request {
	t.Helper()
	r, err := dac.NewCoA(a...)
	require.NoError(t, err)
	return r
}

// raw is an attribute that no Key would make.
func raw(r *dac.Request, typ radius.Type, value ...byte) *dac.Request {
	r.Packet.Attributes = append(r.Packet.Attributes, &radius.AVP{Type: typ, Attribute: value})
	return r
}

// An answer is what a Dispatcher made of a request: the code 41, 42, 44 or 45, and the cause; no
// code where it is unanswered.
type answer struct {
	code  radius.Code
	cause errcause.Cause
}

const (
	disconnectACK = radius.CodeDisconnectACK
	disconnectNAK = radius.CodeDisconnectNAK
	coaACK        = radius.CodeCoAACK
	coaNAK        = radius.CodeCoANAK
)

// handle has d answer r, as a Server would send it.
func handle(t testing.TB, d dac.Handler, r *dac.Request) (answer, *dac.Response) {
	t.Helper()
	resp, err := d.Handle(t.Context(), r)
	return verdict(t, r, resp, err)
}

func verdict(t testing.TB, r *dac.Request, resp *dac.Response, err error) (answer, *dac.Response) {
	t.Helper()
	var nak *dac.NAKError
	refused := errors.As(err, &nak)
	switch {
	case errors.Is(err, dac.ErrDiscard), errors.Is(err, dac.ErrSilent):
		require.Nil(t, resp)
		return answer{}, nil
	case refused && nak.Response != nil:
		require.Nil(t, resp)
		require.Equal(t, r.Packet.Code+2, nak.Response.Packet.Code, "an error is a NAK")
		require.Equal(t, nak.Cause, nak.Response.Cause())
		return answer{nak.Response.Packet.Code, nak.Response.Cause()}, nak.Response
	case err != nil:
		require.Nil(t, resp)
		cause, _ := errcause.Of(err)
		if cause != 0 {
			require.True(t, cause.AllowedIn(int(r.Packet.Code)+2), "%v may not be in a NAK", cause)
		}
		resp, err = r.NAK(cause)
		require.NoError(t, err)
		return answer{resp.Packet.Code, cause}, resp
	}
	require.NotNil(t, resp)
	require.Contains(t, []radius.Code{r.Packet.Code + 1, r.Packet.Code + 2}, resp.Packet.Code)
	return answer{resp.Packet.Code, resp.Cause()}, resp
}

// requireAnswer has d answer r.
func requireAnswer(t testing.TB, d dac.Handler, r *dac.Request, code radius.Code, cause errcause.Cause) *dac.Response {
	t.Helper()
	got, resp := handle(t, d, r)
	require.Equal(t, answer{code, cause}, got, "got %v %v", got.code, got.cause)
	return resp
}

// requireUntouched has d refuse r without asking the host to do anything.
func requireUntouched(t testing.TB, d *session.Dispatcher[*sub], h *host, r *dac.Request, cause errcause.Cause) *dac.Response {
	t.Helper()
	before := h.touched()
	resp := requireAnswer(t, d, r, r.Packet.Code+2, cause)
	require.Equal(t, before, h.touched(), "the host was asked to do something")
	return resp
}

// typesOf lists the attribute types of an answer.
func typesOf(r *dac.Response) (types []int) {
	for _, a := range r.Packet.Attributes {
		types = append(types, int(a.Type))
	}
	slices.Sort(types)
	return types
}

var bob1 = attrs.Join(attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("1"))

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

type netipAddr = netip.Addr

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

type netipPrefix = netip.Prefix

var epoch = time.Unix(1700000000, 0)

func netipAddrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// handleLater has d answer r in a goroutine of its own.
func handleLater(t testing.TB, d dac.Handler, r *dac.Request) <-chan answer {
	done := make(chan answer, 1)
	ctx := t.Context()
	go func() {
		resp, err := d.Handle(ctx, r)
		done <- quick(resp, err)
	}()
	return done
}

// quick is verdict without a test to fail.
func quick(resp *dac.Response, err error) answer {
	if errors.Is(err, dac.ErrDiscard) {
		return answer{}
	}
	if err == nil && resp.ACK() {
		return answer{resp.Packet.Code, resp.Cause()}
	}
	var nak *dac.NAKError
	errors.As(dac.Verdict(resp, err), &nak)
	if nak.Response != nil {
		return answer{nak.Response.Packet.Code, nak.Cause}
	}
	return answer{0, nak.Cause}
}
