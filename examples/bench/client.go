// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"layeh.com/radius"
)

// A clientFunc has requests answered by NASes in turn, for as long as more says so, which may be
// called concurrently. It returns how many were answered, and how many it sent again.
type clientFunc func(nases []netip.AddrPort, more func() bool) (done, resent int, err error)

// clientKinds are the clients by name. Those that only some platforms have add themselves.
var clientKinds = map[string]clientFunc{
	"each":     each,
	"do":       do,
	"plain":    plainByHand,
	"blocking": blocking,
	"layeh":    exchange,
}

// A clientTask is a line of stdin of a client process.
type clientTask struct {
	NASes    []netip.AddrPort
	For      time.Duration
	Requests int64 // so many, however long they take; 0: for so long
}

// A clientResult is what came of it.
type clientResult struct {
	Requests int
	Seconds  float64
	Resent   int
	Err      string
	used
}

// clientRole is the life of a client process.
func clientRole(o options, stdin io.Reader, stdout io.Writer) error {
	runtime.GOMAXPROCS(o.cores)
	return doTasks(stdin, stdout, func(t clientTask) (r clientResult) {
		var over atomic.Bool
		var begun atomic.Int64
		more := func() bool { return begun.Add(1) <= t.Requests }
		if t.Requests == 0 {
			timer := time.AfterFunc(t.For, func() { over.Store(true) })
			defer timer.Stop()
			more = func() bool { return !over.Load() }
		}
		began, before := time.Now(), usedBySelf()
		done, resent, err := clientKinds[o.client](t.NASes, more)
		r.Seconds, r.used = time.Since(began).Seconds(), usedBySelf().since(before)
		r.Requests, r.Resent = done, resent
		if err != nil {
			r.Err = err.Error()
		}
		return r
	})
}

// callers is how many goroutines call and wait, of those clients that have them do so.
const callers = 256

// each is Each of a dac.Client.
func each(nases []netip.AddrPort, more func() bool) (done, resent int, err error) {
	return eachBy(dac.SharedSecret(secret), nases, more)
}

// eachBy is each with NASes that peers knows.
func eachBy(peers dac.Peers, nases []netip.AddrPort, more func() bool) (done, resent int, err error) {
	return withClient(peers, func(c *dac.Client, r *dac.Request) (done int, err error) {
		jobs := func(yield func(dac.Job) bool) {
			for i := 0; more(); i++ {
				if !yield(dac.Job{NAS: nases[i%len(nases)], Request: r}) {
					return
				}
			}
		}
		for out := range c.Each(context.Background(), jobs) {
			if out.Err != nil {
				return done, out.Err
			}
			done++
		}
		return done, nil
	})
}

// do is Do of a dac.Client.
func do(nases []netip.AddrPort, more func() bool) (done, resent int, err error) {
	return doBy(dac.SharedSecret(secret), nases, more)
}

// doBy is do with NASes that peers knows.
func doBy(peers dac.Peers, nases []netip.AddrPort, more func() bool) (done, resent int, err error) {
	return withClient(peers, func(c *dac.Client, r *dac.Request) (int, error) {
		return shared(callers, more, func(_, i int) error {
			_, err := c.Do(context.Background(), nases[i%len(nases)], r)
			return err
		})
	})
}

// withClient runs f with a Client and what it is to send.
func withClient(peers dac.Peers, f func(c *dac.Client, r *dac.Request) (int, error)) (done, resent int, err error) {
	c := &dac.Client{Peers: peers}
	defer c.Close()
	r, err := request()
	if err == nil {
		done, err = f(c, r)
	}
	n := c.Stats().Total.Disconnect
	if err == nil {
		err = judgeReplies(n)
	}
	return done, int(n.Retransmissions), err
}

// judgeReplies is what is wrong with a run of which a Client has counted n: it takes every reply,
// but for the second one to a request that it has sent again.
func judgeReplies(n dac.AnswerCounters) error {
	if dropped := n.Malformed + n.BadAuthenticator + n.Dropped; dropped > n.Retransmissions {
		return fmt.Errorf("the client dropped %d replies, and sent %d requests again", dropped, n.Retransmissions)
	}
	return nil
}

func request() (*dac.Request, error) {
	return dac.NewDisconnect(
		attrs.NASIPAddress.Of(netip.AddrFrom4([4]byte{127, 0, 0, 1})), attrs.UserName.Of(fmt.Sprintf(userNameFormat, 1)),
		attrs.AcctSessionID.Of(fmt.Sprintf(sessionIDFormat, 1)))
}

// shared has goroutines call f until more says no, and returns how many calls there were. f is
// given the number of the goroutine and that of the call.
func shared(goroutines int, more func() bool, f func(worker, i int) error) (int, error) {
	var wg sync.WaitGroup
	var done atomic.Int64
	errs := make(chan error, goroutines)
	for worker := range goroutines {
		wg.Go(func() {
			calls := 0
			defer func() { done.Add(int64(calls)) }()
			for ; more(); calls++ {
				if err := f(worker, worker+calls*goroutines); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return int(done.Load()), <-errs
}

// exchange is Exchange of layeh.com/radius, which has a socket for each request. 64 goroutines are
// its best. It makes no Message-Authenticator and no Event-Timestamp, and does not say what it
// sends again.
func exchange(nases []netip.AddrPort, more func() bool) (done, resent int, err error) {
	r, err := request()
	if err != nil {
		return 0, 0, err
	}
	done, err = shared(64, more, func(_, i int) error {
		ctx, cancel := context.WithTimeout(context.Background(), mostQuiet*patience)
		defer cancel()
		p := radius.New(radius.CodeDisconnectRequest, []byte(secret))
		p.Attributes = r.Packet.Attributes
		c := radius.Client{Retry: time.Second}
		_, err := c.Exchange(ctx, p, nases[i%len(nases)].String())
		return err
	})
	return done, 0, err
}
