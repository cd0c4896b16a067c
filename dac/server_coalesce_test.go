// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"io"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/netio/netiotest"
	"github.com/stretchr/testify/require"
)

// Answers of handlers that one event woke leave together, each once: 60 of them by a quarter of as
// many system calls at most, where each by itself would take 60.
func TestAnswersLeaveTogether(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const n = 60
	var mu sync.Mutex // guards writes and answers
	writes, answers := 0, make(map[byte]int)
	requests, end := make(chan [][]byte, 1), make(chan struct{})
	var socket netiotest.Socket
	socket.OnRead = func(room []netio.Datagram) (int, error) {
		select {
		case all := <-requests:
			read := min(len(all), len(room))
			for i, b := range all[:read] {
				netiotest.Put(&room[i], netip.MustParseAddrPort("192.0.2.1:40000"), b)
			}
			if rest := all[read:]; len(rest) > 0 {
				requests <- rest
			}
			return read, nil
		case <-end:
			return 0, io.EOF
		}
	}
	socket.OnWrite = func(out []netio.Outgoing) {
		mu.Lock()
		defer mu.Unlock()
		writes++
		for _, o := range out {
			answers[o.Octets[1]]++
		}
	}
	event := make(chan struct{})
	s := &Server{Peers: SharedSecret(benchSecret), Handler: HandlerFunc(func(ctx context.Context, q *Request) (*Response, error) {
		resume := Yield(ctx)
		<-event
		resume()
		return q.ACK()
	})}
	st := s.state()
	st.Open()
	r := readerOf(t, st, &socket)
	var all [][]byte
	for id := range n {
		all = append(all, numbered(t, id))
	}
	requests <- all
	r.Go()
	require.Eventually(t, func() bool {
		_, _, yielded := r.Places()
		return yielded == n
	}, time.Minute, time.Millisecond)
	close(event)
	require.Eventually(t, func() bool { return r.Idle() }, time.Minute, time.Millisecond)
	close(end)
	require.ErrorIs(t, r.Failed(), io.EOF)
	r.EndWatch()
	r.Wait()
	st.Close()

	require.Len(t, answers, n)
	for id, times := range answers {
		require.Equal(t, 1, times, "answer %d", id)
	}
	require.LessOrEqual(t, writes, n/4)
}
