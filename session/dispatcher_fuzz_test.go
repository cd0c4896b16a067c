// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A tape is the fuzzer's octets, read one by one; after the last it has zeros.
type tape []byte

func (t *tape) next() (b byte) {
	if len(*t) > 0 {
		b, *t = (*t)[0], (*t)[1:]
	}
	return b
}

func (t *tape) below(n int) int { return int(t.next()) % n }
func (t *tape) yes() bool       { return t.below(2) == 1 }

// A modelHost has four sessions of two users, and checks that no rule is broken in what it is asked
// to do.
type modelHost struct {
	t    testing.TB
	mu   sync.Mutex
	subs [4]modelSub
	acts map[*dac.Request]int // calls, by request
	done map[*dac.Request]int // sessions acted on, by request
	says map[*dac.Request]error
}

type modelSub struct {
	id     attrs.Identity
	busy   bool
	gone   bool
	latest uint64 // Seq of the CoA that changed it last
}

func newModelHost(t testing.TB) *modelHost {
	h := &modelHost{t: t, acts: map[*dac.Request]int{}, done: map[*dac.Request]int{}, says: map[*dac.Request]error{}}
	for i := range h.subs {
		h.subs[i].id = attrs.Identity{UserName: fmt.Sprint("u", i/2), AcctSessionID: fmt.Sprint(i)}
	}
	return h
}

// selected is what id selects.
func (h *modelHost) selected(id attrs.Identity) (found []*modelSub) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.subs {
		if s := &h.subs[i]; !s.gone && id.Selects(s.id) {
			found = append(found, s)
		}
	}
	return found
}

func (h *modelHost) Find(_ context.Context, id attrs.Identity) ([]*modelSub, error) {
	assert.False(h.t, id.IsZero(), "Find is never asked for all sessions")
	runtime.Gosched()
	found := h.selected(id)
	runtime.Gosched()
	return found, nil
}

func (h *modelHost) Disconnect(_ context.Context, s *modelSub, d *session.Disconnect) error {
	return h.act([]*modelSub{s}, d.Request, d.Identity())
}

func (h *modelHost) Change(ctx context.Context, s *modelSub, c *session.Change) error {
	return h.ChangeAll(ctx, []*modelSub{s}, c)
}

func (h *modelHost) DisconnectAll(_ context.Context, all []*modelSub, d *session.Disconnect) error {
	return h.act(all, d.Request, d.Identity())
}

func (h *modelHost) ChangeAll(_ context.Context, all []*modelSub, c *session.Change) error {
	assert.NotEmpty(h.t, c.Attributes, "a change changes something")
	for _, avp := range c.Attributes {
		assert.Contains(h.t, []radius.Type{11, 27}, avp.Type, "only what is supported")
	}
	return h.act(all, c.Request, c.Identity())
}

func (h *modelHost) reauthorize(_ context.Context, s *modelSub, c *session.Change) error {
	assert.Empty(h.t, c.Attributes)
	assert.NotEmpty(h.t, c.State)
	return h.act([]*modelSub{s}, c.Request, c.Identity())
}

func (h *modelHost) act(all []*modelSub, r *dac.Request, id attrs.Identity) error {
	h.mu.Lock()
	h.acts[r]++
	err := h.says[r]
	for _, s := range all {
		assert.False(h.t, s.busy, "two at once for one session")
		assert.False(h.t, s.gone, "a session that was ended is acted on")
		assert.True(h.t, id.Selects(s.id), "a session that the request does not select is acted on")
		s.busy = true
	}
	h.mu.Unlock()
	runtime.Gosched()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range all {
		s.busy = false
		if err != nil {
			continue
		}
		if r.Disconnect() {
			s.gone = true
		} else {
			assert.Greater(h.t, r.Seq, s.latest, "CoAs out of order")
			s.latest = r.Seq
		}
	}
	if err == nil {
		h.done[r] = len(all)
	}
	return err
}

// A modelRequest is a request, and what a reader of the RFC expects of it before the host is asked.
type modelRequest struct {
	*dac.Request
	faults        []errcause.Cause // any of them may be named; none: none
	authorizeOnly bool
	changes       bool
}

// modelConfig is a configuration.
type modelConfig struct {
	several, first, acceptEmpty, ignoreOther, reauthorize, named, causes bool
	max                                                                  int
}

func (c modelConfig) dispatcher(h *modelHost) *session.Dispatcher[*modelSub] {
	d := session.NewDispatcher(h, attrs.FilterID, attrs.SessionTimeout)
	d.IdentityOf = func(s *modelSub) attrs.Identity { return s.id }
	d.Policy = session.Policy{First: c.first, AcceptEmpty: c.acceptEmpty, IgnoreOther: c.ignoreOther, MaxSessions: c.max}
	if c.several {
		d.Several = h
	}
	if c.reauthorize {
		d.Reauthorize = h.reauthorize
	}
	if d.Policy.AnyNAS = !c.named; c.named {
		d.NAS = attrs.NAS{Identifier: "bng1"}
	}
	if c.causes {
		d.Policy.Causes = []errcause.Cause{401, 402, 404, 503, 504, 506}
	}
	return d
}

// request reads a request and the faults in it.
func (c modelConfig) request(t *tape, seq uint64) modelRequest {
	r := modelRequest{Request: &dac.Request{Packet: &radius.Packet{Code: radius.CodeDisconnectRequest}, Seq: seq}}
	if t.yes() {
		r.Packet.Code = radius.CodeCoARequest
	}
	coa := !r.Disconnect()
	seen := map[radius.Type]string{}
	var named bool
	fault := func(when bool, cause errcause.Cause) {
		if when {
			r.faults = append(r.faults, cause)
		}
	}
	add := func(typ radius.Type, value string) {
		raw(r.Request, typ, []byte(value)...)
		if old, ok := seen[typ]; ok && old != value && (typ == 1 || typ == 44 || typ == 32 || typ == 27 || typ == 6) {
			fault(true, errcause.InvalidRequest)
		}
		fault(typ == 24 && coa && seen[24] != "", errcause.InvalidRequest)
		seen[typ] = value
	}
	for range t.below(8) {
		switch t.below(18) {
		case 0, 1:
			add(1, fmt.Sprint("u", t.below(3)))
			named = true
		case 2, 3:
			add(44, fmt.Sprint(t.below(5)))
			named = true
		case 4, 5:
			add(11, "gold")
			r.changes = coa
			fault(!coa, errcause.UnsupportedAttribute)
		case 6:
			add(27, "\x00\x00\x00"+string(rune(t.below(2))))
			r.changes = coa
			fault(!coa, errcause.UnsupportedAttribute)
		case 7:
			add(27, "\x00")
			fault(true, errcause.InvalidRequest)
			fault(!coa, errcause.UnsupportedAttribute)
		case 8:
			add(28, "\x00\x00\x00\x01")
			fault(!c.ignoreOther, errcause.UnsupportedAttribute)
		case 9:
			add(6, "\x00\x00\x00\x11")
			r.authorizeOnly = coa
			fault(!coa, errcause.UnsupportedAttribute)
		case 10:
			add(6, "\x00\x00\x00\x02")
			fault(coa, errcause.UnsupportedService)
			fault(!coa, errcause.UnsupportedAttribute)
		case 11:
			add(24, "state")
			fault(!coa, errcause.UnsupportedAttribute)
		case 12:
			add(33, "proxy")
		case 13:
			add(25, "class")
			fault(coa && !c.ignoreOther, errcause.UnsupportedAttribute)
		case 14:
			add(32, fmt.Sprint("bng", 1+t.below(2)))
		case 15:
			add(26, "\x00\x00\x00\x09\x01\x03x")
			fault(!c.ignoreOther, errcause.UnsupportedAttribute)
		case 16:
			add(26, "\x00\x00")
			fault(true, errcause.InvalidRequest)
		case 17:
			add(1, "")
			fault(true, errcause.InvalidRequest)
		}
	}
	fault(seen[32] == "bng2" && c.named, errcause.NASIdentificationMismatch)
	fault(!named, errcause.MissingAttribute)
	if r.authorizeOnly {
		fault(seen[24] == "", errcause.MissingAttribute)
		fault(!c.reauthorize, errcause.UnsupportedService)
		fault(seen[11] != "" || seen[27] != "", errcause.UnsupportedAttribute)
	} else {
		fault(coa && !r.changes && !c.acceptEmpty, errcause.MissingAttribute)
	}
	return r
}

// expect is what the RFC and the policy ask for, given the sessions that are selected.
func (c modelConfig) expect(r modelRequest, selected int, says error) (code radius.Code, causes []errcause.Cause, acts, sessions int) {
	nak := r.Packet.Code + 2
	limit := 1
	if c.several && !r.authorizeOnly {
		limit = c.max
	}
	if c.first {
		selected = min(selected, 1)
	}
	switch {
	case len(r.faults) > 0:
		return nak, r.faults, 0, 0
	case selected == 0:
		return nak, []errcause.Cause{errcause.SessionContextNotFound}, 0, 0
	case selected > limit:
		return nak, []errcause.Cause{errcause.MultipleSessionSelectionUnsupported}, 0, 0
	case !r.Disconnect() && !r.changes && !r.authorizeOnly:
		return r.Packet.Code + 1, []errcause.Cause{0}, 0, selected
	case says != nil:
		cause, _ := errcause.Of(says)
		switch {
		case cause == errcause.RequestNotRoutable, cause == errcause.ResidualSessionContextRemoved, cause == errcause.SessionContextNotRemovable && !r.Disconnect():
			cause = 0
		}
		return nak, []errcause.Cause{cause}, 1, 0
	case r.authorizeOnly:
		return nak, []errcause.Cause{errcause.RequestInitiated}, 1, 1
	}
	return r.Packet.Code + 1, []errcause.Cause{0}, 1, selected
}

// said is causes as this NAS sends them.
func (c modelConfig) said(causes []errcause.Cause) []errcause.Cause {
	if !c.causes {
		return causes
	}
	said := slices.Clone(causes)
	for i, cause := range said {
		if cause != errcause.RequestInitiated && !slices.Contains([]errcause.Cause{401, 402, 404, 503, 504, 506}, cause) {
			said[i] = 0
		}
	}
	return said
}

var modelErrors = []error{
	nil, nil, nil, nil, errors.New("bare"), errcause.ResourcesUnavailable, errcause.RequestNotRoutable, errcause.SessionContextNotRemovable,
	errcause.ResidualSessionContextRemoved,
}

// FuzzDispatcher sends random requests: first one by one, where a model knows each answer; then all
// at once, where rules remain; then to a host that panics, fails, ends its goroutines and takes its
// time, where nothing hangs.
func FuzzDispatcher(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x02\x00\x00\x02\x00\x00\x01\x03\x00\x00\x02\x00\x04\x00\x01\x04\x00\x00\x02\x00\x09\x0b\x00"))
	f.Add([]byte("\x01\x00\x01\x00\x01\x00\x00\x02\x07\x01\x03\x02\x01\x04\x09\x00\x01\x02\x00\x00\x04\x01\x05\x09\x0b\x02\x00"))
	for seed := range byte(40) {
		b := make([]byte, 120)
		x := uint32(seed)*2654435761 + 1
		for i := range b {
			x = x*1664525 + 1013904223
			b[i] = byte(x >> 24)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		in := tape(b)
		c := modelConfig{in.yes(), in.yes(), in.yes(), in.yes(), in.yes(), in.yes(), in.yes(), 1 + in.below(3)}
		alone, together := newModelHost(t), newModelHost(t)
		d, busy := c.dispatcher(alone), c.dispatcher(together)
		var requests []modelRequest
		for i := range 1 + in.below(12) {
			r := c.request(&in, uint64(i+1))
			requests = append(requests, r)
			alone.says[r.Request] = modelErrors[in.below(len(modelErrors))]
			together.says[r.Request] = alone.says[r.Request]
		}
		for _, r := range requests {
			selected := 0
			if _, id, err := attrs.IdentityOf(r.Attributes()); err == nil {
				selected = len(alone.selected(id))
			}
			code, causes, acts, sessions := c.expect(r, selected, alone.says[r.Request])
			got, resp := handle(t, d, r.Request)
			require.Equal(t, code, got.code, "%v of %v: %v", got.cause, slices.Collect(attrs.Format(r.Attributes())), causes)
			require.Contains(t, c.said(causes), got.cause, "%v", slices.Collect(attrs.Format(r.Attributes())))
			require.Equal(t, acts, alone.acts[r.Request])
			if resp.ACK() {
				require.Equal(t, sessions, resp.Sessions)
			}
		}
		require.True(t, d.Idle())

		var wg sync.WaitGroup
		for _, r := range requests {
			busy.Arrive(r.Request)
			wg.Go(func() {
				resp, err := busy.Handle(t.Context(), r.Request)
				together.mu.Lock()
				defer together.mu.Unlock()
				acts, done := together.acts[r.Request], together.done[r.Request]
				assert.LessOrEqual(t, acts, 1, "executed twice")
				if err == nil && resp.ACK() {
					assert.Empty(t, r.faults)
					assert.False(t, r.authorizeOnly, "a CoA-ACK of an Authorize Only")
					assert.True(t, done > 0 || acts == 0 && !r.changes && c.acceptEmpty && !r.Disconnect(), "an ACK for nothing")
				} else if done > 0 {
					assert.True(t, r.authorizeOnly, "a NAK for what was done")
				}
			})
		}
		wg.Wait()
		require.True(t, busy.Idle())

		hostileTape := tape(b)
		watched(t, func(t *testing.T) { hostile(t, hostileTape.below) })
	})
}

// FuzzDispatcherAttributes sends any attributes that a packet can carry. Nothing panics, and what
// the host is asked to do is decodable.
func FuzzDispatcherAttributes(f *testing.F) {
	f.Add(byte(43), []byte("\x01\x05bob\x2c\x031\x0b\x06gold"))
	f.Add(byte(40), []byte("\x2c\x031\x19\x04cl\x1a\x0e\x00\x01\x86\x9f\x02\x05001\x03\x031"))
	f.Add(byte(43), []byte("\x1a\x19\x00\x01\x86\x9f\x01\x13audit-session-id=\xf1\x05\x08to\xf5\x07\x03\x00abc"))
	f.Add(byte(43), []byte("\x06\x06\x00\x00\x00\x11\x18\x03s\x01\x03u\x45\x15\x00\x80\x00000000000000000"))
	f.Fuzz(func(t *testing.T, code byte, b []byte) {
		set, err := radius.ParseAttributes(b)
		if err != nil || len(b) > 4076 {
			t.Skip()
		}
		supported := keys(attrs.FilterID, attrs.SessionTimeout, attrs.NASFilterRule, attrs.Class, attrs.TunnelPassword, rate, avPair)
		h := &values[int]{all: []int{1}}
		d := session.NewDispatcher[int](h, supported...)
		d.Policy.Identifying = keys(attrs.UserName, attrs.AcctSessionID, attrs.FramedIPv6Prefix, imsi, auditSessionID)
		d.Reauthorize = func(_ context.Context, _ int, c *session.Change) error {
			require.NotEmpty(t, c.State)
			require.NotEmpty(t, c.AccessRequest())
			return nil
		}
		d.Audit = func(_ context.Context, a session.Audit) { require.NotContains(t, fmt.Sprint(a.Changes), "hunter2") }
		d.Handler = checked{h, func(c *session.Change) {
			for _, key := range supported {
				require.NoError(t, attrs.Check(c.Request, key))
			}
			for id, err := range attrs.IDs(c.Attributes) {
				require.NoError(t, err)
				require.True(t, slices.ContainsFunc(supported, func(k attrs.AnyKey) bool { return k.ID() == id || k.ID() == id.Base() }), "%v", id)
				require.NotEqual(t, auditSessionID.ID(), id)
			}
		}}
		r := &dac.Request{Packet: &radius.Packet{Code: radius.Code(40 + code%2*3), Attributes: set}}
		before := octets(set)
		got, _ := handle(t, d, r)
		require.Equal(t, before, octets(set), "a request is read-only")
		require.NotZero(t, got.code)
		require.True(t, d.Idle())
	})
}

func octets(set radius.Attributes) (s string) {
	for _, avp := range set {
		s += fmt.Sprintf("%d %x\n", avp.Type, []byte(avp.Attribute))
	}
	return s
}

// checked is a Handler whose Change looks at what it is asked to change.
type checked struct {
	*values[int]
	change func(c *session.Change)
}

func (h checked) Change(_ context.Context, _ int, c *session.Change) error {
	h.change(c)
	return nil
}
