// SPDX-License-Identifier: Apache-2.0

package turns

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// arrive returns a turn that has arrived.
func arrive(o *Order, id *attrs.Identity, urgent bool) *Turn {
	t := new(Turn)
	o.Arrive(t, id, urgent)
	t.Begin(o)
	return t
}

// Three turns of one session that overlap while their Finds are under way, the middle one dropped:
// it must leave every list.
func TestADroppedTurnFollowsNoOther(t *testing.T) {
	var o Order
	bob := &attrs.Identity{UserName: "bob"}
	e1, e2, u := arrive(&o, bob, false), arrive(&o, bob, false), arrive(&o, bob, false)
	o.join(u, []any{"S"}, true)
	require.Equal(t, waiting, u.state)
	o.join(e2, []any{"S"}, true)
	require.Equal(t, waiting, e2.state, "it may yet be the first")
	require.Equal(t, dropped, u.state)
	require.Equal(t, []*Turn{e2}, e1.followers)
	require.NotPanics(t, func() { o.join(e1, []any{"S"}, true) })
	require.Equal(t, holding, e1.state)
	require.Equal(t, dropped, e2.state)
	for _, x := range []*Turn{e1, e2, u} {
		o.Leave(x)
		o.Leave(x)
	}
	require.True(t, o.Idle())
}

// A key that cannot be compared panics under the lock, which is free afterwards, and the turn
// leaves what it had joined.
func TestAPanicLeavesTheOrderUsable(t *testing.T) {
	var o Order
	bob := &attrs.Identity{UserName: "bob"}
	bad, next := arrive(&o, bob, false), arrive(&o, bob, false)
	require.Panics(t, func() { o.Claim(t.Context(), bad, []any{"S", []int{1}}, false) })
	o.Leave(bad)
	require.Equal(t, Held, o.Claim(t.Context(), next, []any{"S"}, false))
	o.Leave(next)
	require.True(t, o.Idle())
}

// A model is an Order, the turns in it as a reader of the doc knows them, and what holds for them
// after each operation.
type model struct {
	t     testing.TB
	o     Order
	turns []*Turn // that have arrived and not left
	keys  map[*Turn][]any
}

// want ends the test unless ok.
func (m *model) want(ok bool, what string) {
	if !ok {
		m.t.Helper()
		m.t.Fatal(what)
	}
}

func (m *model) check() {
	o := &m.o
	m.want(len(o.changed) == 0, "changed turns that were not looked at")
	lists, named := map[*Turn]bool{}, 0
	for i, last := range o.searching {
		for e := last; e != nil; e = e.prev {
			lists[e] = true
			m.want(i == int(e.list), "in the wrong list")
			if i != unnamed {
				named++
			}
		}
	}
	m.want(len(lists) == o.count && named == o.named, "miscounted")
	inLines := map[*Turn]int{}
	for i := range o.lines.buckets {
		for l := o.lines.buckets[i].first; l != nil; l = l.next {
			m.checkLine(l, inLines)
		}
	}
	for _, t := range m.turns {
		m.want((t.state == searching) == lists[t], "listed though it does not search, or the other way round")
		delete(lists, t)
		switch t.state {
		case waiting, holding:
			m.want(inLines[t] == len(m.keys[t]) && inLines[t] == len(t.lines), "not in all its lines")
		default:
			m.want(inLines[t] == 0 && len(t.lines) == 0, "in a line still")
		}
		delete(inLines, t)
		m.checkWaits(t)
	}
	m.want(len(lists) == 0 && len(inLines) == 0, "turns that have left are listed")
}

// checkLine wants one holder at most, at the head, and the rest in order.
func (m *model) checkLine(l *line, in map[*Turn]int) {
	m.want(len(l.turns) > 0, "an empty line")
	for i, t := range l.turns {
		in[t]++
		m.want(slices.Contains(m.keys[t], l.key), "in the line of another session")
		if i == 0 {
			continue
		}
		m.want(t.state == waiting, "a second holder")
		m.want(l.turns[i-1].state == holding || l.turns[i-1].before(t), "a line out of order")
	}
}

// checkWaits wants t to wait for a reason, and for no turn that is gone.
func (m *model) checkWaits(t *Turn) {
	blocked := slices.ContainsFunc(m.turns, func(e *Turn) bool {
		return e.state == searching && e.seq < t.seq && (e.urgent || !t.urgent) && mayMeet(e.identity, t.identity)
	})
	if t.behind != nil {
		m.want(t.state == waiting && t.behind.state == searching, "behind another for nothing")
		m.want(slices.Contains(t.behind.followers, t), "behind one that does not know")
	}
	for _, f := range t.followers {
		m.want(f.behind == t, "a follower of another")
	}
	if t.state == waiting {
		m.want(blocked == (t.behind != nil), "behind the wrong one")
		m.want(blocked || !t.first(), "it waits for nothing")
		m.want(!t.drop || t.first(), "it was not to wait")
	}
	m.want((t.state == waiting) == (t.ready != nil), "nothing would wake it")
}

var modelIdentities = []*attrs.Identity{
	{UserName: "bob"}, {UserName: "eve"}, {AcctSessionID: "1"}, {AcctSessionID: "2"}, {AcctSessionID: "1", UserName: "bob"},
	{AcctSessionID: "3", UserName: "eve"}, {NASPortID: "7"},
}

// step does one thing that can happen to a turn.
func (m *model) step(below func(n int) int, drop bool) {
	if len(m.turns) < 2 || len(m.turns) < 8 && below(3) == 0 {
		m.turns = append(m.turns, arrive(&m.o, modelIdentities[below(len(modelIdentities))], below(3) == 0))
		return
	}
	i := below(len(m.turns))
	t := m.turns[i]
	switch {
	case t.state == dropped, below(4) == 0:
		m.o.Leave(t)
		m.turns = slices.Delete(m.turns, i, i+1)
		require.Equal(m.t, out, t.state)
	case t.state == searching, t.state == holding:
		m.claim(t, below, drop)
	}
}

// claim is Claim without the wait.
func (m *model) claim(t *Turn, below func(n int) int, drop bool) {
	var keys []any
	for _, k := range []string{"a", "b", "c"} {
		if below(2) == 0 {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 || t.state == holding && t.covers(keys) {
		return
	}
	m.keys[t] = keys
	others := map[any]bool{}
	for _, u := range m.turns {
		if u != t && (u.state == holding || u.state == waiting && u.before(t)) {
			for _, k := range m.keys[u] {
				others[k] = true
			}
		}
	}
	now, ready, _ := m.o.join(t, keys, drop)
	require.Equal(m.t, now == waiting, ready != nil)
	if now == dropped {
		require.True(m.t, drop)
		require.True(m.t, slices.ContainsFunc(keys, func(k any) bool { return others[k] }), "dropped for nothing")
	}
	if now == holding {
		require.False(m.t, slices.ContainsFunc(keys, func(k any) bool { return others[k] && m.held(t, k) }))
	}
}

// held reports whether another turn than t holds k.
func (m *model) held(t *Turn, k any) bool {
	return slices.ContainsFunc(m.turns, func(u *Turn) bool { return u != t && u.state == holding && slices.Contains(m.keys[u], k) })
}

// rounds plays what below says, and looks at everything after each step. In the end all leave.
func rounds(t testing.TB, steps int, below func(n int) int) {
	m := &model{t: t, keys: map[*Turn][]any{}}
	mode := below(3)
	for range steps {
		m.step(below, mode == 0 || mode == 1 && below(2) == 0)
		m.check()
	}
	for len(m.turns) > 0 {
		i := below(len(m.turns))
		m.o.Leave(m.turns[i])
		m.turns = slices.Delete(m.turns, i, i+1)
		m.check()
	}
	require.True(t, m.o.Idle())
}

func TestEveryTurnWaitsForAReasonAndLeavesEveryList(t *testing.T) {
	const n = 10_000
	for seed := range uint64(n) {
		random := rand.New(rand.NewPCG(seed, 0))
		rounds(t, 40, random.IntN)
	}
}

// FuzzOrder plays what the fuzzer says.
func FuzzOrder(f *testing.F) {
	f.Add([]byte{})
	// Three of one session, the middle one dropped.
	f.Add([]byte("\x00\x00\x01\x00\x01\x00\x00\x01\x02\x01\x00\x01\x01\x01\x01\x01\x00\x01\x01\x00\x01\x00\x01\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		next := func(n int) int {
			if len(b) == 0 {
				return 0
			}
			v := int(b[0]) % n
			b = b[1:]
			return v
		}
		rounds(t, min(len(b), 200), next)
	})
}

// Turns that run at once, as handlers do: each claims, perhaps again, acts, or ends in one of the
// ways in which a handler can end.
func TestTurnsAtOnceExcludeEachOtherAndNoneHangs(t *testing.T) {
	for seed := range 300 {
		synctest.Test(t, func(t *testing.T) { atOnce(t, uint64(seed)) })
	}
}

func atOnce(t *testing.T, seed uint64) {
	var (
		o      Order
		random = rand.New(rand.NewPCG(seed, 1))
		mu     sync.Mutex
		holder = map[any]*Turn{}
		latest = map[any]uint64{} // seq of the last CoA
		wg     sync.WaitGroup
	)
	drop := seed%3 == 0
	for range 40 {
		id, urgent := modelIdentities[random.IntN(len(modelIdentities))], random.IntN(3) == 0
		x := arrive(&o, id, urgent)
		keys := selected(id)
		wait, act, patience, end := random.IntN(5), random.IntN(5), random.IntN(30), random.IntN(8)
		wg.Go(func() {
			ctx := t.Context()
			if patience < 10 {
				short, cancel := context.WithTimeout(ctx, time.Duration(patience)*time.Millisecond)
				defer cancel()
				ctx = short
			}
			defer o.Leave(x)
			if end == 0 {
				return // Find failed
			}
			time.Sleep(time.Duration(wait) * time.Millisecond)
			for {
				switch o.Claim(ctx, x, keys, drop) {
				case Again:
					continue
				case Busy:
					assert.True(t, drop)
					return
				case Ended:
					assert.Error(t, ctx.Err())
					return
				}
				break
			}
			hold(t, &mu, x, keys, holder, latest, time.Duration(act)*time.Millisecond)
		})
		time.Sleep(time.Duration(random.IntN(3)) * time.Millisecond)
	}
	wg.Wait()
	require.True(t, o.Idle())
}

// selected is the sessions that id selects.
func selected(id *attrs.Identity) (keys []any) {
	for _, s := range []attrs.Identity{
		{AcctSessionID: "1", UserName: "bob", NASPortID: "7"}, {AcctSessionID: "2", UserName: "bob", NASPortID: "7"},
		{AcctSessionID: "3", UserName: "eve", NASPortID: "7"},
	} {
		if id.Selects(s) {
			keys = append(keys, s.AcctSessionID)
		}
	}
	return keys
}

// hold acts on the sessions of keys, and sees that no other turn does, and that none that came
// later has.
func hold(t *testing.T, mu *sync.Mutex, x *Turn, keys []any, holder map[any]*Turn, latest map[any]uint64, d time.Duration) {
	mu.Lock()
	for _, k := range keys {
		assert.Nil(t, holder[k], "two at once")
		holder[k] = x
		if !x.urgent {
			assert.Greater(t, x.seq, latest[k], "out of order")
			latest[k] = x.seq
		}
	}
	mu.Unlock()
	time.Sleep(d)
	mu.Lock()
	defer mu.Unlock()
	for _, k := range keys {
		holder[k] = nil
	}
}
