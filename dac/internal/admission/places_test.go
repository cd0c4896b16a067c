// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"log/slog"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// A request is a Member that says what was done with it.
type request struct {
	Ticket
	name string
	held int
}

func (r *request) Run() *Ticket    { return nil }
func (r *request) Hold()           { r.held++ }
func (r *request) Attr() slog.Attr { return slog.String(r.name, "") }

func newRequest(name string) *request {
	r := &request{name: name}
	r.Of = r
	return r
}

// name is whose ticket t is; "": there is none.
func name(t *Ticket) string {
	if t == nil {
		return ""
	}
	return t.Of.(*request).name
}

// enters has a request of a peer that has nothing else in work enter p, which says want.
func enters(t *testing.T, p *Places, w *Workload, of string, want Result) *request {
	r := newRequest(of)
	require.Equal(t, want, p.Enter(&r.Ticket, w, 1), of)
	return r
}

func TestDisconnectGoesBeforeCoA(t *testing.T) {
	p, w := Places{Max: 2}, Workload{}
	one := enters(t, &p, &w, "one", Placed)
	two := enters(t, &p, &w, "two", Placed)
	coa := enters(t, &p, &w, "coa", Queued)
	disconnect := enters(t, &p, &w, "disconnect", Queued)
	enters(t, &p, &w, "too many", Refused)
	require.False(t, p.Push(&coa.Ticket, 1))
	require.False(t, p.Push(&disconnect.Ticket, 0))
	require.Equal(t, "disconnect", name(p.Leave(&one.Ticket, &w)))
	require.Equal(t, "coa", name(p.Leave(&two.Ticket, &w)))
	require.Empty(t, name(p.Leave(&disconnect.Ticket, &w)))
	require.Empty(t, name(p.Leave(&coa.Ticket, &w)))
	running, waiting, yielded, inWork := p.Counts(&w)
	require.Zero(t, running+waiting+yielded+inWork)
}

// A place that becomes free between Enter and Push, while the host is told, is not lost.
func TestPlaceThatIsFreeAtPush(t *testing.T) {
	p, w := Places{Max: 1}, Workload{}
	one := enters(t, &p, &w, "one", Placed)
	two := enters(t, &p, &w, "two", Queued)
	require.Nil(t, p.Leave(&one.Ticket, &w), "the queue is empty still")
	require.True(t, p.Push(&two.Ticket, 0))
}

// A peer may have seven times what is free, so that there is something left for others.
func TestShareOfOnePeer(t *testing.T) {
	p, w := Places{Max: 8}, Workload{}
	taken := int64(0)
	for p.Enter(&newRequest("greedy").Ticket, &w, taken+1) != Refused {
		taken++
	}
	require.EqualValues(t, 14, taken)
	enters(t, &p, &w, "another", Queued)
}

// Who resumes has a place before the queue has, and its own goroutine goes on.
func TestHandlerThatYieldsComesBackFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, w := Places{Max: 1, Many: 2}, Workload{}
		one := enters(t, &p, &w, "one", Placed)
		two := enters(t, &p, &w, "two", Queued)
		three := enters(t, &p, &w, "three", Refused)
		require.False(t, p.Push(&two.Ticket, 0))
		next, ok := p.Yield(&one.Ticket, false)
		require.True(t, ok)
		require.Equal(t, "two", name(next))
		_, ok = p.Yield(&one.Ticket, false)
		require.False(t, ok, "it has none to give")

		require.Equal(t, Queued, p.Enter(&three.Ticket, &w, 1))
		require.False(t, p.Push(&three.Ticket, 0))
		back := false
		go func() { p.Resume(&one.Ticket); back = true }()
		synctest.Wait()
		require.False(t, back)
		require.Empty(t, name(p.Leave(&two.Ticket, &w)))
		synctest.Wait()
		require.True(t, back)
		require.False(t, one.Many())
		p.Resume(&one.Ticket) // has one
		require.Equal(t, "three", name(p.Leave(&one.Ticket, &w)))
	})
}

// What is over waits for nothing, and gives no place that it does not have.
func TestEndOfOneThatHasYielded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, w := Places{Max: 1}, Workload{}
		one := enters(t, &p, &w, "one", Placed)
		two := enters(t, &p, &w, "two", Queued)
		require.False(t, p.Push(&two.Ticket, 0))
		next, _ := p.Yield(&one.Ticket, false)
		require.Equal(t, "two", name(next))
		over := make(chan bool)
		go func() { p.Resume(&one.Ticket); close(over) }()
		synctest.Wait()
		require.Nil(t, p.Leave(&one.Ticket, &w))
		<-over
		require.Nil(t, p.Leave(&two.Ticket, &w), "of those that resume none is left")
		running, waiting, yielded, _ := p.Counts(&w)
		require.Zero(t, running+waiting+yielded)
		_, ok := p.Yield(&one.Ticket, false)
		require.False(t, ok)
		p.Resume(&one.Ticket)
	})
}

func TestManyHaveWaited(t *testing.T) {
	p, w := Places{Max: 3, Many: 2}, Workload{}
	var all []*request
	for i := range 3 {
		all = append(all, enters(t, &p, &w, strconv.Itoa(i), Placed))
		p.Yield(&all[i].Ticket, false)
	}
	for i, many := range []bool{true, false, false} {
		p.Resume(&all[i].Ticket)
		require.Equal(t, many, all[i].Many(), i)
	}
}

// A listener has drained when nothing is in work and the answers are written, whichever is last.
func TestDrainWaitsForWorkAndAnswers(t *testing.T) {
	p, w := Places{Max: 4}, Workload{}
	one := enters(t, &p, &w, "one", Placed)
	other := Workload{}
	enters(t, &p, &other, "of another listener", Placed)
	require.False(t, w.Closing())
	drained := p.Drain(&w)
	require.True(t, w.Closing())
	enters(t, &p, &w, "new", Refused)
	enters(t, &p, &other, "of another listener", Placed)
	some, n := p.Stragglers(&w)
	require.Equal(t, 1, n)
	require.Equal(t, "one", some[0].Key)
	w.Unsent()
	p.Leave(&one.Ticket, &w)
	require.False(t, isClosed(drained))
	p.Sent(&w)
	require.True(t, isClosed(drained))
	require.True(t, isClosed(p.Drain(&w)))
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// What was sent on and is not over is held while it is given up.
func TestForwardedAreHeld(t *testing.T) {
	p, w := Places{Max: 4}, Workload{}
	handled := enters(t, &p, &w, "handled", Placed)
	yielded := enters(t, &p, &w, "yielded", Placed)
	sent := enters(t, &p, &w, "sent on", Placed)
	over := enters(t, &p, &w, "over", Placed)
	p.Yield(&yielded.Ticket, false)
	p.Yield(&sent.Ticket, true)
	p.Yield(&over.Ticket, true)
	p.Leave(&over.Ticket, &w)
	require.Equal(t, []Member{sent}, p.Forwarded(&w))
	require.Equal(t, []int{0, 0, 1, 0}, []int{handled.held, yielded.held, sent.held, over.held})
}

func TestStragglersAreSome(t *testing.T) {
	p, w := Places{Max: 2 * mostStragglers}, Workload{}
	for i := range 2 * mostStragglers {
		enters(t, &p, &w, strconv.Itoa(i), Placed)
	}
	some, n := p.Stragglers(&w)
	require.Len(t, some, mostStragglers)
	require.Equal(t, 2*mostStragglers, n)
}

func TestQueueKeepsItsOrder(t *testing.T) {
	var f fifo[int]
	next := 0
	for i := range 100 {
		f.push(2 * i)
		f.push(2*i + 1)
		v, ok := f.pop()
		require.True(t, ok)
		require.Equal(t, next, v)
		next++
	}
	require.Equal(t, 100, f.len())
	for range 100 {
		v, _ := f.pop()
		require.Equal(t, next, v)
		next++
	}
	_, ok := f.pop()
	require.False(t, ok)
}
