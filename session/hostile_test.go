// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// An ending is how a call of a host ends.
type ending int

const (
	returns ending = iota
	fails
	panics
	exits // the goroutine ends
	endings
)

func (e ending) happen() error {
	switch e {
	case fails:
		return errcause.ResourcesUnavailable
	case panics:
		panic("a host that panics")
	case exits:
		runtime.Goexit()
	}
	return nil
}

// A hostileHost has four sessions of two users. What each call takes, and how it ends, the test has
// drawn for each request.
type hostileHost struct {
	t    testing.TB
	mu   sync.Mutex
	subs [4]modelSub
	play map[*dac.Request]*hostileRequest
}

// A hostileRequest is one request, what the host does with it, and what it has done.
type hostileRequest struct {
	*dac.Request
	findTakes, actTakes time.Duration
	find, act           ending
	onlyOnce            bool // the ending of find is for the first Find alone
	patience            time.Duration
	finds               int
	executed            int // times
}

// requestKey is what a context knows its request by.
type requestKey struct{}

// selected is the sessions that id selects.
func (h *hostileHost) selected(id attrs.Identity) (found []*modelSub) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.subs {
		if s := &h.subs[i]; !s.gone && id.Selects(s.id) {
			found = append(found, s)
		}
	}
	return found
}

func (h *hostileHost) Find(ctx context.Context, id attrs.Identity) ([]*modelSub, error) {
	r := ctx.Value(requestKey{}).(*hostileRequest)
	before := h.selected(id)
	time.Sleep(r.findTakes)
	r.finds++
	if r.finds == 1 || !r.onlyOnce {
		if err := r.find.happen(); err != nil {
			return nil, err
		}
	}
	if r.finds%2 == 1 {
		return before, nil // as it was when the look-up began
	}
	return h.selected(id), nil
}

func (h *hostileHost) Disconnect(_ context.Context, s *modelSub, d *session.Disconnect) error {
	return h.do([]*modelSub{s}, h.play[d.Request])
}

func (h *hostileHost) Change(_ context.Context, s *modelSub, c *session.Change) error {
	return h.do([]*modelSub{s}, h.play[c.Request])
}

func (h *hostileHost) DisconnectAll(_ context.Context, all []*modelSub, d *session.Disconnect) error {
	return h.do(all, h.play[d.Request])
}

func (h *hostileHost) ChangeAll(_ context.Context, all []*modelSub, c *session.Change) error {
	return h.do(all, h.play[c.Request])
}

func (h *hostileHost) do(all []*modelSub, r *hostileRequest) error {
	h.begin(all, r)
	defer h.end(all)
	time.Sleep(r.actTakes)
	if err := r.act.happen(); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range all {
		s.gone = s.gone || r.Disconnect()
	}
	return nil
}

func (h *hostileHost) begin(all []*modelSub, r *hostileRequest) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r.executed++
	for _, s := range all {
		assert.False(h.t, s.busy, "two at once for one session")
		assert.False(h.t, s.gone, "a session that was ended is acted on")
		s.busy = true
		if !r.Disconnect() {
			assert.Greater(h.t, r.Seq, s.latest, "CoAs out of order")
			s.latest = r.Seq
		}
	}
}

func (h *hostileHost) end(all []*modelSub) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range all {
		s.busy = false
	}
}

// request draws the nth request.
func (h *hostileHost) request(n int, below func(n int) int) *hostileRequest {
	ms := func(most int) time.Duration { return time.Duration(below(most)) * time.Millisecond }
	var id []attrs.Attr
	switch s := below(4); below(4) {
	case 0:
		id = append(id, attrs.UserName.Of(fmt.Sprint("u", s/2)))
	case 1:
		id = append(id, attrs.UserName.Of(fmt.Sprint("u", s/2)), attrs.AcctSessionID.Of(fmt.Sprint(s)))
	default:
		id = append(id, attrs.AcctSessionID.Of(fmt.Sprint(s)))
	}
	packet := &radius.Packet{Code: radius.CodeDisconnectRequest}
	if below(3) > 0 {
		packet.Code = radius.CodeCoARequest
		id = append(id, attrs.FilterID.Of("gold"))
	}
	set, err := attrs.Join(id...).AppendTo(nil)
	require.NoError(h.t, err)
	packet.Attributes = set
	r := &hostileRequest{Request: &dac.Request{Packet: packet, Seq: uint64(n + 1)}, findTakes: ms(4), actTakes: ms(4), patience: time.Hour}
	if below(3) == 0 {
		r.find, r.onlyOnce = ending(below(int(endings))), below(2) == 0
	}
	if below(3) == 0 {
		r.act = ending(below(int(endings)))
	}
	if below(3) == 0 {
		r.patience = ms(12)
	}
	h.play[r.Request] = r
	return r
}

// handle is what a Server does with r, and what must hold of the answer.
func (h *hostileHost) handle(ctx context.Context, d *session.Dispatcher[*modelSub], r *hostileRequest) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, requestKey{}, r), r.patience)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			assert.True(h.t, r.find == panics || r.act == panics, "%v", p)
		}
	}()
	resp, err := d.Handle(ctx, r.Request)
	switch {
	case errors.Is(err, dac.ErrDiscard):
		assert.Zero(h.t, r.executed, "executed, and not answered")
		assert.True(h.t, d.Policy.DropBusy || ctx.Err() != nil, "%v", err)
	case err == nil && resp.ACK():
		assert.Equal(h.t, 1, r.executed)
		assert.Equal(h.t, returns, r.act)
	case r.executed > 0:
		assert.Equal(h.t, 1, r.executed, "executed twice")
		assert.Equal(h.t, fails, r.act, "%v", err)
	}
}

// hostile plays a host that panics, ends its goroutines, fails and takes its time, for requests
// whose contexts end, as below draws it.
func hostile(t *testing.T, below func(n int) int) {
	h := &hostileHost{t: t, play: map[*dac.Request]*hostileRequest{}}
	for i := range h.subs {
		h.subs[i].id = attrs.Identity{UserName: fmt.Sprint("u", i/2), AcctSessionID: fmt.Sprint(i)}
	}
	d := session.NewDispatcher(h, attrs.FilterID)
	d.Policy.DropBusy = below(2) == 0
	if below(3) > 0 {
		d.Several = h
	}
	var requests []*hostileRequest
	for n := range 2 + below(9) {
		requests = append(requests, h.request(n, below))
	}
	var wg sync.WaitGroup
	for _, r := range requests {
		d.Arrive(r.Request)
		if below(16) == 0 {
			d.Arrive(r.Request) // twice
		}
		wg.Go(func() { h.handle(t.Context(), d, r) })
		time.Sleep(time.Duration(below(3)) * time.Millisecond)
	}
	wg.Wait()
	require.True(t, d.Idle(), "something is left")
}

// watched runs f in a bubble, and fails where it hangs: in a bubble a lock that is never given back
// is no deadlock.
func watched(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		synctest.Test(t, f)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		stacks := make([]byte, 1<<20)
		t.Fatalf("it hangs:\n%s", stacks[:runtime.Stack(stacks, true)])
	}
}

func TestAHostileHostHangsNothingAndMixesUpNothing(t *testing.T) {
	const rounds = 10_000
	for seed := range uint64(rounds) {
		random := rand.New(rand.NewPCG(seed, 0))
		if watched(t, func(t *testing.T) { hostile(t, random.IntN) }); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// A brokenLog is a slog.Handler that panics.
type brokenLog struct{ slog.Handler }

func (brokenLog) Enabled(context.Context, slog.Level) bool  { return true }
func (brokenLog) Handle(context.Context, slog.Record) error { panic("no disk") }
func (b brokenLog) WithAttrs([]slog.Attr) slog.Handler      { return b }
func (b brokenLog) WithGroup(string) slog.Handler           { return b }

// What was done is acknowledged although the line about it cannot be written.
func TestALoggerThatPanicsTakesNothingFromTheAnswer(t *testing.T) {
	h := &values[int]{all: []int{1}}
	d := session.NewDispatcher[int](replying{h}, attrs.FilterID)
	d.Logger = slog.New(brokenLog{})
	requireAnswer(t, d, disconnect(t, byID("1")), disconnectACK, 0)
	require.True(t, d.Idle())
}

// replying sets a Reply that cannot be encoded.
type replying struct{ *values[int] }

func (r replying) Disconnect(_ context.Context, _ int, d *session.Disconnect) error {
	d.Reply = []attrs.Attr{attrs.ReplyMessage.Of(strings.Repeat("x", 300))}
	return nil
}
