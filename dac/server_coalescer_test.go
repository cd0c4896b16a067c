// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

// Handlers that waited for the same event end together, and their answers leave together: each
// once, all of them before Serve returns, and those that something follows before it does.
func TestAnswersOfHandlersThatWaitedTogether(t *testing.T) {
	const n = 200 // more than one batch takes
	for name, trace := range map[string]func(dac.Event){
		"no trace": nil,
		"Trace panics": func(e dac.Event) {
			if e.Op == dac.Sent {
				panic("trace")
			}
		},
		"Trace ends its goroutine": func(e dac.Event) {
			if e.Op == dac.Sent {
				runtime.Goexit()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				event := make(chan bool)
				var followed atomic.Int64
				r := serve(t, &dac.Server{MaxHandlers: n, Trace: trace, Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
					resume := dac.Yield(ctx)
					<-event
					resume()
					resp, err := q.ACK()
					if port, _ := attrs.NASPort.Get(q.Attributes()); port%10 == 0 {
						resp.After = func(context.Context) { followed.Add(1) }
					}
					return resp, err
				})})
				c := r.from(aaaAddr)
				for i := range n {
					_, err := c.Write(disconnect(t, byte(i), attrs.NASPort.Of(uint32(i))))
					require.NoError(t, err)
				}
				synctest.Wait()
				require.EqualValues(t, n, r.disconnects().Requests)
				r.stop()
				close(event)
				synctest.Wait()
				require.NoError(t, <-r.done, "all is over")
				r.done <- nil
				answers := map[byte]int{}
				for b := r.hears(c); b != nil; b = r.hears(c) {
					answers[b[1]]++
				}
				require.Len(t, answers, n)
				for id, times := range answers {
					require.Equal(t, 1, times, id)
				}
				if trace == nil {
					require.EqualValues(t, n/10, followed.Load())
				}
			})
		})
	}
}

// A Server gives requests to workers while its handlers wait more often than now and then, and
// takes them back when they do not any more.
func TestHandlersThatWaitAreLeftToWorkers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		waits, byWorker := true, false
		r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			byWorker = dac.ByWorker(ctx)
			if waits {
				defer dac.Yield(ctx)()
			}
			return q.ACK()
		})})
		c, id := r.from(aaaAddr), byte(0)
		ask := func() bool {
			id++
			q := disconnect(t, id, attrs.NASPort.Of(uint32(id)))
			require.True(t, r.verdict(r.sends(c, q), q).ACK())
			return byWorker
		}
		require.False(t, ask(), "the first one is like any other")
		for range 100 {
			require.True(t, ask())
			time.Sleep(50 * time.Millisecond) // the spell goes on
		}
		waits = false
		time.Sleep(time.Second)
		ask() // those before it had waited
		time.Sleep(time.Second)
		for range 100 {
			require.False(t, ask())
		}
		waits = true
		require.False(t, ask(), "one in a hundred is now and then")
		require.False(t, ask())
		require.True(t, ask())
	})
}
