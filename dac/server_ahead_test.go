// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/serve"
	"github.com/stretchr/testify/require"
)

// A diarist is a Lookahead that writes down what it is told.
type diarist struct {
	mu     sync.Mutex
	events []string
	ahead  func()                              // nil: nothing more
	handle func(seq uint64) (*Response, error) // nil: an ACK
}

func (h *diarist) note(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, fmt.Sprintf(format, args...))
}

func (h *diarist) Arrive(r *Request) { h.note("arrive %d", r.Seq) }

func (h *diarist) Ahead(next []*Request) {
	h.note("ahead %d to %d", next[0].Seq, next[len(next)-1].Seq)
	if h.ahead != nil {
		h.ahead()
	}
}

func (h *diarist) Handle(ctx context.Context, r *Request) (*Response, error) {
	h.note("handle %d", r.Seq)
	if h.handle != nil {
		if resp, err := h.handle(r.Seq); resp != nil || err != nil {
			return resp, err
		}
	}
	return r.ACK()
}

// bring has h served with n requests that one read brings, and returns what it wrote down once all
// is over. Without the watch no handler is ever slow.
func bring(t *testing.T, s *Server, h *diarist, n int, watch bool) []string {
	s.Handler, s.Peers = h, PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Secret: "0123456789abcdef0123456789abcdef"}}
	st := s.state()
	st.Open()
	mill := newTreadmill(t, false)
	mill.left = n
	r := readerOf(t, st, mill.socket())
	if !watch {
		r.EndWatch()
	}
	r.Go()
	require.ErrorIs(t, r.Failed(), io.EOF)
	r.EndWatch()
	r.Wait()
	st.Close()
	require.EqualValues(t, n, s.Stats().Total.CoA.ACKs)
	return h.events
}

// expected is what is written down of n requests, so many of which arrive at a time.
func expected(n, stage int) (events []string) {
	for first := 1; first <= n; first += stage {
		last := min(first+stage-1, n)
		for seq := first; seq <= last; seq++ {
			events = append(events, fmt.Sprintf("arrive %d", seq))
		}
		if last > first {
			events = append(events, fmt.Sprintf("ahead %d to %d", first, last))
		}
		for seq := first; seq <= last; seq++ {
			events = append(events, fmt.Sprintf("handle %d", seq))
		}
	}
	return events
}

// Requests that one read brings arrive a few at a time; the Handler is told of those, and handles
// them in order.
func TestRequestsOfABatchArriveTogether(t *testing.T) {
	require.Equal(t, expected(40, serve.MostStaged), bring(t, new(Server), new(diarist), 40, false))
}

// Where few handlers may run, as few requests have their places at a time: a burst that one handler
// after another could answer is not refused.
func TestABatchIsNoBurst(t *testing.T) {
	require.Equal(t, expected(60, 1), bring(t, &Server{MaxHandlers: 1}, new(diarist), 60, false))
	require.Equal(t, expected(60, 2), bring(t, &Server{MaxHandlers: 2 * serve.StageShare}, new(diarist), 60, false))
}

// An Ahead that panics, or ends its goroutine, costs no request.
func TestAheadThatDoesNotReturn(t *testing.T) {
	for name, ahead := range map[string]func(){"panics": func() { panic("ahead") }, "ends its goroutine": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, expected(40, serve.MostStaged), bring(t, new(Server), &diarist{ahead: ahead}, 40, false))
		})
	}
}

// A handler that waits does not block the others, though others arrived with it: they are handled
// while it waits, whatever it does then.
func TestAHandlerThatWaitsHoldsUpNobodyOfItsBatch(t *testing.T) {
	const n, slow = 40, 3
	var others sync.WaitGroup
	others.Add(n - 1)
	h := &diarist{handle: func(seq uint64) (*Response, error) {
		if seq == slow {
			others.Wait()
		} else {
			others.Done()
		}
		return nil, nil
	}}
	told := func(e string) bool { return strings.HasPrefix(e, "ahead") }
	events := slices.Sorted(slices.Values(slices.DeleteFunc(bring(t, new(Server), h, n, true), told)))
	require.Equal(t, slices.Sorted(slices.Values(slices.DeleteFunc(expected(n, n), told))), events, "each arrived once and was handled once")
}
