// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
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
)

// A slowHost is a Handler whose sessions are names. Find and the rest take as long as the test
// says, and what was done is noted in order.
type slowHost struct {
	mu      sync.Mutex
	t       testing.TB
	byID    map[string][]string // Acct-Session-Id or User-Name to sessions
	done    []string            // "a: gold"
	busy    map[string]bool
	finds   map[string]int
	find    func(id attrs.Identity, n int) // n-th Find of that identity
	act     func(s string)
	perform func(what string) error
}

func newSlowHost(t testing.TB, sessions ...string) *slowHost {
	h := &slowHost{t: t, byID: map[string][]string{"all": sessions}, busy: make(map[string]bool), finds: make(map[string]int)}
	for _, s := range sessions {
		h.byID[s] = []string{s}
	}
	return h
}

func (h *slowHost) Find(_ context.Context, id attrs.Identity) ([]string, error) {
	name := id.AcctSessionID + id.UserName + id.NASPortID + id.CalledStationID
	h.mu.Lock()
	h.finds[name]++
	n := h.finds[name]
	found := slices.Clone(h.byID[name])
	h.mu.Unlock()
	if h.find != nil {
		h.find(id, n)
	}
	return found, nil
}

func (h *slowHost) Disconnect(ctx context.Context, s string, d *session.Disconnect) error {
	return h.DisconnectAll(ctx, []string{s}, d)
}

func (h *slowHost) Change(ctx context.Context, s string, c *session.Change) error {
	return h.ChangeAll(ctx, []string{s}, c)
}

func (h *slowHost) DisconnectAll(_ context.Context, all []string, _ *session.Disconnect) error {
	return h.doAll(all, "disconnect")
}

func (h *slowHost) ChangeAll(_ context.Context, all []string, c *session.Change) error {
	filter, err := attrs.FilterID.Get(c.Attributes)
	if err != nil {
		return err
	}
	return h.doAll(all, filter)
}

func (h *slowHost) doAll(all []string, what string) error {
	h.mu.Lock()
	for _, s := range all {
		assert.False(h.t, h.busy[s], "two at once for %s", s)
		h.busy[s] = true
	}
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, s := range all {
			h.busy[s] = false
		}
	}()
	if h.act != nil {
		h.act(all[0])
	}
	if h.perform != nil {
		if err := h.perform(what); err != nil {
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range all {
		h.done = append(h.done, s+": "+what)
		if what == "disconnect" {
			for name, found := range h.byID {
				h.byID[name] = slices.DeleteFunc(slices.Clone(found), func(one string) bool { return one == s })
			}
		}
	}
	return nil
}

func change(t testing.TB, id attrs.Attr, filter string) *dac.Request {
	return coa(t, id, attrs.FilterID.Of(filter))
}

// A run is requests that arrive in order and are handled at once, as a Server does.
type run struct {
	t testing.TB
	d *session.Dispatcher[string]
}

func (x run) arrive(ctx context.Context, r *dac.Request) <-chan answer {
	x.d.Arrive(r)
	return x.handle(ctx, r)
}

func (x run) handle(ctx context.Context, r *dac.Request) <-chan answer {
	done := make(chan answer, 1)
	go func() {
		resp, err := x.d.Handle(ctx, r)
		done <- quick(resp, err)
	}()
	return done
}

func newRun(t testing.TB, h *slowHost) run {
	d := session.NewDispatcher(h, attrs.FilterID)
	d.Several = h
	return run{t, d}
}

func byID(s string) attrs.Attr   { return attrs.AcctSessionID.Of(s) }
func byUser(s string) attrs.Attr { return attrs.UserName.Of(s) }

func TestThousandCoAsForOneSessionInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newSlowHost(t, "a")
		h.find = func(attrs.Identity, int) { time.Sleep(rand.N(50 * time.Millisecond)) }
		h.act = func(string) { time.Sleep(rand.N(3 * time.Millisecond)) }
		x := newRun(t, h)
		const n = 1000
		var requests []*dac.Request
		for i := range n {
			requests = append(requests, change(t, byID("a"), fmt.Sprint(i)))
			x.d.Arrive(requests[i])
		}
		var answers []<-chan answer
		for _, i := range rand.Perm(n) { // handlers start in any order
			answers = append(answers, x.handle(t.Context(), requests[i]))
		}
		for _, a := range answers {
			require.Equal(t, answer{code: coaACK}, <-a)
		}
		require.Len(t, h.done, n)
		for i, what := range h.done {
			require.Equal(t, fmt.Sprint("a: ", i), what)
		}
		require.True(t, x.d.Idle())
	})
}

func TestADisconnectGoesBeforeWaitingCoAs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newSlowHost(t, "a")
		h.act = func(string) { time.Sleep(time.Second) }
		x := newRun(t, h)
		first := x.arrive(t.Context(), change(t, byID("a"), "1"))
		synctest.Wait()
		second := x.arrive(t.Context(), change(t, byID("a"), "2"))
		third := x.arrive(t.Context(), change(t, byID("a"), "3"))
		synctest.Wait()
		gone := x.arrive(t.Context(), disconnect(t, byID("a")))
		again := x.arrive(t.Context(), disconnect(t, byID("a")))
		require.Equal(t, answer{code: coaACK}, <-first)
		require.Equal(t, answer{code: disconnectACK}, <-gone)
		require.Equal(t, answer{0, errcause.SessionContextNotFound}, <-again)
		require.Equal(t, answer{0, errcause.SessionContextNotFound}, <-second)
		require.Equal(t, answer{0, errcause.SessionContextNotFound}, <-third)
		require.Equal(t, []string{"a: 1", "a: disconnect"}, h.done)
		require.True(t, x.d.Idle())
	})
}

func TestFindIsRepeatedAfterAWaitAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newSlowHost(t, "a", "b")
		h.act = func(string) { time.Sleep(time.Second) }
		x := newRun(t, h)
		require.Equal(t, answer{code: coaACK}, <-x.arrive(t.Context(), change(t, byID("b"), "1")))
		require.Equal(t, 1, h.finds["b"])
		first := x.arrive(t.Context(), change(t, byID("a"), "1"))
		synctest.Wait()
		second := x.arrive(t.Context(), change(t, byID("a"), "2"))
		<-first
		<-second
		require.Equal(t, 3, h.finds["a"])
	})
}

func TestASlowFindHoldsUpThoseItMayMeet(t *testing.T) {
	for _, test := range []struct {
		name          string
		first, second func(t testing.TB) *dac.Request
		waits         bool
	}{
		{"the same session id", coaBy(byID("a")), coaBy(byID("a")), true},
		{"another session id", coaBy(byID("b")), coaBy(byID("a")), false},
		{"a user, whose session it may be", coaBy(byUser("all")), coaBy(byID("a")), true},
		{"a session id, which may be the user's", coaBy(byID("a")), coaBy(byUser("all")), true},
		{"another user", coaBy(byUser("x")), coaBy(byUser("all")), false},
		{"another user with the same session id", coaBy(attrs.Join(byUser("x"), byID("a"))), coaBy(attrs.Join(byUser("y"), byID("a"))), false},
		{"the same MAC address written otherwise", coaBy(attrs.CallingStationID.Of("00-10-A4-23-19-C0")), coaBy(attrs.CallingStationID.Of("0010a42319c0")), true},
		{"another MAC address", coaBy(attrs.CallingStationID.Of("00-10-A4-23-19-C0")), coaBy(attrs.CallingStationID.Of("0010a42319c1")), false},
		{"another prefix, of which a session has several", coaBy(attrs.FramedIPv6Prefix.Of(prefix("2001:db8::/64"))), coaBy(attrs.FramedIPv6Prefix.Of(prefix("2001:db8:1::/64"))), true},
		{"another address", coaBy(attrs.FramedIPAddress.Of(addr("10.0.0.1"))), coaBy(attrs.FramedIPAddress.Of(addr("10.0.0.2"))), false},
		{"another interface id", coaBy(attrs.FramedInterfaceID.Of([8]byte{1})), coaBy(attrs.FramedInterfaceID.Of([8]byte{2})), false},
		{"the same port", coaBy(attrs.NASPort.Of(1)), coaBy(attrs.NASPort.Of(1)), true},
		{"another IMSI", coaBy(imsi.Of("001")), coaBy(imsi.Of("002")), false},
		{"the same IMSI", coaBy(imsi.Of("001")), coaBy(imsi.Of("001")), true},
		{"another port", coaBy(attrs.NASPort.Of(1)), coaBy(attrs.NASPort.Of(2)), false},
		{"a Disconnect before a CoA", disconnectBy(byID("a")), coaBy(byID("a")), true},
		{"a Disconnect after a CoA", coaBy(byID("a")), disconnectBy(byID("a")), false},
		{"two Disconnects", disconnectBy(byUser("all")), disconnectBy(byID("a")), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newSlowHost(t, "a", "b")
				for _, name := range []string{"x", "y", "xa", "ya", "ax", "ay", ""} {
					h.byID[name] = []string{"a"}
				}
				first := true
				h.find = func(attrs.Identity, int) {
					if first {
						first = false
						time.Sleep(time.Hour)
					}
				}
				x := newRun(t, h)
				x.d.Policy.Identifying = keys(attrs.AcctSessionID, attrs.UserName, attrs.CallingStationID, attrs.FramedIPv6Prefix, attrs.FramedIPAddress,
					attrs.NASPort, attrs.FramedInterfaceID, imsi)
				start := time.Now()
				slow := x.arrive(t.Context(), test.first(t))
				synctest.Wait()
				<-x.arrive(t.Context(), test.second(t))
				if test.waits {
					require.Equal(t, time.Hour, time.Since(start))
				} else {
					require.Zero(t, time.Since(start))
				}
				<-slow
				require.True(t, x.d.Idle())
			})
		})
	}
}

func coaBy(id attrs.Attr) func(testing.TB) *dac.Request {
	return func(t testing.TB) *dac.Request { return change(t, id, "x") }
}

func disconnectBy(id attrs.Attr) func(testing.TB) *dac.Request {
	return func(t testing.TB) *dac.Request { return disconnect(t, id) }
}

// One slow Find after the other stands before a request, in lists of its own and of others.
func TestARequestWaitsForEachThatMayMeetIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newSlowHost(t, "a")
		left := 4
		h.find = func(_ attrs.Identity, n int) {
			h.mu.Lock()
			wait := time.Duration(left) * time.Second // the first takes longest
			left = max(left-1, 0)
			h.mu.Unlock()
			time.Sleep(wait)
		}
		x := newRun(t, h)
		var answers []<-chan answer
		for i, id := range []attrs.Attr{byUser("all"), byID("a"), byUser("all"), byID("a"), byUser("all"), byID("a")} {
			answers = append(answers, x.arrive(t.Context(), change(t, id, fmt.Sprint(i))))
			synctest.Wait()
		}
		for _, a := range answers {
			require.Equal(t, answer{code: coaACK}, <-a)
		}
		require.Equal(t, []string{"a: 0", "a: 1", "a: 2", "a: 3", "a: 4", "a: 5"}, h.done)
		require.True(t, x.d.Idle())
	})
}

// What Find has found may have ended by the time that it is returned.
func TestASessionThatEndsDuringFindIsNotActedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newSlowHost(t, "a")
		x := newRun(t, h)
		hold := make(chan bool)
		h.find = func(id attrs.Identity, n int) {
			if id.UserName == "all" && n == 1 {
				<-hold
			}
		}
		late := x.arrive(t.Context(), change(t, byUser("all"), "late"))
		synctest.Wait()
		require.Equal(t, answer{code: disconnectACK}, <-x.arrive(t.Context(), disconnect(t, byID("a"))))
		close(hold)
		require.Equal(t, answer{0, errcause.SessionContextNotFound}, <-late)
		require.Equal(t, 2, h.finds["all"])
		require.Equal(t, []string{"a: disconnect"}, h.done)
	})
}

func TestALaterSlowFindHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, ids := range [][2]attrs.Attr{{byID("a"), byUser("all")}, {byUser("all"), byID("a")}, {byID("a"), byID("a")}} {
			h := newSlowHost(t, "a")
			calls := 0
			h.find = func(attrs.Identity, int) {
				h.mu.Lock()
				calls++
				long := calls == 2
				h.mu.Unlock()
				if long {
					time.Sleep(time.Hour)
				} else {
					time.Sleep(time.Second)
				}
			}
			x := newRun(t, h)
			start := time.Now()
			first := x.arrive(t.Context(), change(t, ids[0], "1"))
			synctest.Wait()
			later := x.arrive(t.Context(), change(t, ids[1], "2"))
			<-first
			require.Equal(t, time.Second, time.Since(start))
			<-later
			require.Equal(t, []string{"a: 1", "a: 2"}, h.done)
		}
	})
}

func TestSeveralSessionsTakeAllTheirTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newSlowHost(t, "a", "b", "c", "d")
		h.byID["ab"], h.byID["bc"], h.byID["cd"], h.byID["da"] = []string{"a", "b"}, []string{"b", "c"}, []string{"c", "d"}, []string{"d", "a"}
		h.act = func(string) { time.Sleep(rand.N(10 * time.Millisecond)) }
		h.find = func(attrs.Identity, int) { time.Sleep(rand.N(10 * time.Millisecond)) }
		x := newRun(t, h)
		var answers []<-chan answer
		ids := []attrs.Attr{byID("a"), byID("b"), byID("c"), byID("d"), byUser("ab"), byUser("cd"), attrs.NASPortID.Of("bc"), attrs.NASPortID.Of("da"), attrs.CalledStationID.Of("all")}
		const n = 600
		for i := range n {
			answers = append(answers, x.arrive(t.Context(), change(t, ids[rand.N(len(ids))], fmt.Sprintf("%04d", i))))
			if i%7 == 0 {
				time.Sleep(rand.N(5 * time.Millisecond))
			}
		}
		for _, a := range answers {
			require.Equal(t, answer{code: coaACK}, <-a)
		}
		for _, s := range []string{"a", "b", "c", "d"} {
			var own []string
			for _, what := range h.done {
				if what[:1] == s {
					own = append(own, what)
				}
			}
			require.True(t, slices.IsSorted(own), "the order of %s", s)
		}
		require.True(t, x.d.Idle())
	})
}

func TestAContextThatEndsWhileWaitingForgetsTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newSlowHost(t, "a")
		h.act = func(string) { time.Sleep(time.Minute) }
		x := newRun(t, h)
		first := x.arrive(t.Context(), change(t, byID("a"), "1"))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := change(t, byID("a"), "2")
		x.d.Arrive(r)
		resp, err := x.d.Handle(ctx, r)
		require.Nil(t, resp)
		require.ErrorIs(t, err, dac.ErrDiscard)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		third := x.arrive(t.Context(), change(t, byID("a"), "3"))
		require.Equal(t, answer{code: coaACK}, <-first)
		require.Equal(t, answer{code: coaACK}, <-third)
		require.Equal(t, []string{"a: 1", "a: 3"}, h.done)
		require.True(t, x.d.Idle())
	})
}

func TestAContextThatEndsWhileAnotherFindsForgetsTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newSlowHost(t, "a")
		h.find = func(_ attrs.Identity, n int) {
			if n == 1 {
				time.Sleep(time.Hour)
			}
		}
		x := newRun(t, h)
		slow := x.arrive(t.Context(), change(t, byID("a"), "1"))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.Equal(t, answer{}, <-x.arrive(ctx, change(t, byID("a"), "2")))
		require.Equal(t, answer{code: coaACK}, <-slow)
		require.Equal(t, []string{"a: 1"}, h.done)
		require.True(t, x.d.Idle())
	})
}

func TestADoneContextDoesNothing(t *testing.T) {
	h := newSlowHost(t, "a")
	x := newRun(t, h)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, answer{}, <-x.arrive(ctx, change(t, byID("a"), "1")))
	require.Empty(t, h.finds)
	require.True(t, x.d.Idle())
}

// Whatever the host does to its goroutine, the session's turn is given back.
func TestTheTurnIsGivenBackAfterAPanicAndGoexit(t *testing.T) {
	for name, end := range map[string]func(){"panic": func() { panic("host") }, "Goexit": runtime.Goexit} {
		for where, at := range map[string]func(h *slowHost, end func()){
			"Find":   func(h *slowHost, end func()) { h.find = func(attrs.Identity, int) { h.find = nil; end() } },
			"Change": func(h *slowHost, end func()) { h.act = func(string) { h.act = nil; end() } },
		} {
			t.Run(name+" in "+where, func(t *testing.T) {
				h := newSlowHost(t, "a")
				at(h, end)
				x := newRun(t, h)
				r := change(t, byID("a"), "1")
				x.d.Arrive(r)
				var wg sync.WaitGroup
				wg.Go(func() {
					defer func() { _ = recover() }()
					_, _ = x.d.Handle(t.Context(), r)
				})
				wg.Wait()
				require.True(t, x.d.Idle())
				h.busy = map[string]bool{}
				require.Equal(t, answer{code: coaACK}, <-x.arrive(t.Context(), change(t, byID("a"), "2")))
			})
		}
	}
}

func TestHandleWithoutArriveArrives(t *testing.T) {
	h := newSlowHost(t, "a")
	x := newRun(t, h)
	r := change(t, byID("a"), "1")
	require.Equal(t, answer{code: coaACK}, <-x.handle(t.Context(), r))
	require.Equal(t, answer{code: coaACK}, <-x.handle(t.Context(), r), "the same Request again is another one")
	x.d.Arrive(r)
	require.Equal(t, answer{code: coaACK}, <-x.arrive(t.Context(), r), "who arrives twice waits once")
	require.True(t, x.d.Idle())
}

func TestARefusedRequestHoldsUpNobody(t *testing.T) {
	h := newSlowHost(t, "a")
	x := newRun(t, h)
	bad := coa(t, byID("a"), attrs.IdleTimeout.Of(time.Minute))
	x.d.Arrive(bad)
	require.Equal(t, answer{code: coaACK}, <-x.arrive(t.Context(), change(t, byID("a"), "1")))
	require.Equal(t, answer{0, errcause.UnsupportedAttribute}, <-x.handle(t.Context(), bad))
	require.True(t, x.d.Idle())
}

// The sessions of a request can be others once their turn has come.
func TestSessionsThatChangeWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newSlowHost(t, "a", "b")
		h.byID["u"] = []string{"a"}
		h.act = func(string) { time.Sleep(time.Second) }
		x := newRun(t, h)
		first := x.arrive(t.Context(), change(t, byID("a"), "1"))
		other := x.arrive(t.Context(), change(t, byID("b"), "1"))
		synctest.Wait()
		moved := x.arrive(t.Context(), change(t, byUser("u"), "2"))
		synctest.Wait()
		h.mu.Lock()
		h.byID["u"] = []string{"b"}
		h.mu.Unlock()
		<-first
		<-other
		require.Equal(t, answer{code: coaACK}, <-moved)
		require.Equal(t, "b: 2", h.done[2])
		require.True(t, x.d.Idle())
	})
}

// A request whose sessions are others whenever its turn comes does not wait for ever.
func TestSessionsThatChangeEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := make([]string, 20)
		for i := range names {
			names[i] = fmt.Sprint("s", i)
		}
		h := newSlowHost(t, names...)
		h.act = func(s string) {
			var n int
			_, err := fmt.Sscanf(s, "s%d", &n)
			assert.NoError(t, err)
			time.Sleep(time.Duration(n+1) * time.Second)
		}
		h.find = func(id attrs.Identity, n int) {
			if id.UserName == "u" {
				h.mu.Lock()
				defer h.mu.Unlock()
				h.byID["u"] = names[n : n+1] // the next time
			}
		}
		h.byID["u"] = names[:1]
		x := newRun(t, h)
		var answers []<-chan answer
		for _, s := range names {
			answers = append(answers, x.arrive(t.Context(), change(t, byID(s), "x")))
		}
		synctest.Wait()
		require.Equal(t, answer{cause: errcause.ResourcesUnavailable}, <-x.arrive(t.Context(), change(t, byUser("u"), "y")))
		for _, a := range answers {
			require.Equal(t, answer{code: coaACK}, <-a)
		}
		require.Len(t, h.done, len(names))
		require.True(t, x.d.Idle())
	})
}

func TestAContextThatEndsDuringFindDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newSlowHost(t, "a")
		h.find = func(attrs.Identity, int) { time.Sleep(time.Minute) }
		x := newRun(t, h)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.Equal(t, answer{}, <-x.arrive(ctx, change(t, byID("a"), "1")))
		require.Empty(t, h.done)
		require.True(t, x.d.Idle())
	})
}

func TestFindThatReturnsNewValuesEachTimeNeedsAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &freshHost{}
		for _, key := range []func(*int) any{nil, func(*int) any { return "the one" }} {
			d := session.NewDispatcher(h, attrs.FilterID)
			d.Key = key
			h.act = func() { time.Sleep(time.Second) }
			first := handleLater(t, d, change(t, byID("a"), "1"))
			synctest.Wait()
			second := handleLater(t, d, change(t, byID("a"), "2"))
			start := time.Now()
			require.Equal(t, answer{code: coaACK}, <-first)
			require.Equal(t, answer{code: coaACK}, <-second)
			if key == nil {
				require.Equal(t, time.Second, time.Since(start), "they look like two sessions")
			} else {
				require.Equal(t, 2*time.Second, time.Since(start))
			}
		}
	})
}

type freshHost struct{ act func() }

func (h *freshHost) Find(context.Context, attrs.Identity) ([]*int, error) {
	return []*int{new(int)}, nil
}
func (h *freshHost) Disconnect(context.Context, *int, *session.Disconnect) error { return nil }
func (h *freshHost) Change(context.Context, *int, *session.Change) error {
	h.act()
	return nil
}

func TestDropBusyDropsInsteadOfWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newSlowHost(t, "a", "b")
		x := newRun(t, h)
		x.d.Policy.DropBusy = true
		h.act = func(string) { time.Sleep(time.Second) }
		first := x.arrive(t.Context(), change(t, byID("a"), "1"))
		synctest.Wait()
		require.Equal(t, answer{}, <-x.arrive(t.Context(), change(t, byID("a"), "2")))
		require.Equal(t, answer{}, <-x.arrive(t.Context(), disconnect(t, byUser("all"))))
		require.Equal(t, answer{code: coaACK}, <-x.arrive(t.Context(), change(t, byID("b"), "1")))
		<-first

		// One that is still looking for its sessions is let go first, and then is at work.
		h.find = func(_ attrs.Identity, n int) {
			if h.find = nil; n > 0 {
				time.Sleep(time.Second)
			}
		}
		slow := x.arrive(t.Context(), change(t, byUser("all"), "3"))
		synctest.Wait()
		require.Equal(t, answer{}, <-x.arrive(t.Context(), change(t, byID("a"), "4")))
		require.Equal(t, answer{code: coaACK}, <-slow)
		require.True(t, x.d.Idle())
	})
}
