// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"layeh.com/radius"
)

// A clientFunc has n requests answered by NASes in turn, and returns how many it sent again.
type clientFunc func(nases []netip.AddrPort, n int) (resent int, err error)

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
	Requests int
}

// A clientResult is what came of it.
type clientResult struct {
	Seconds float64
	CPU     float64 // seconds of the process, user and system; 0: the platform does not say
	Resent  int
	Err     string
}

// clientRole is the life of a client process.
func clientRole(o options, stdin io.Reader, stdout io.Writer) error {
	runtime.GOMAXPROCS(o.cores)
	return doTasks(stdin, stdout, func(t clientTask) (r clientResult) {
		began := time.Now()
		before, _ := usage()
		resent, err := clientKinds[o.client](t.NASes, t.Requests)
		after, _ := usage()
		r.Seconds, r.CPU, r.Resent = time.Since(began).Seconds(), after-before, resent
		if err != nil {
			r.Err = err.Error()
		}
		return r
	})
}

// callers is how many goroutines call and wait, of those clients that have them do so.
const callers = 256

// each is Each of a dac.Client.
func each(nases []netip.AddrPort, n int) (resent int, err error) {
	return withClient(func(c *dac.Client, r *dac.Request) error {
		jobs := func(yield func(dac.Job) bool) {
			for i := range n {
				if !yield(dac.Job{NAS: nases[i%len(nases)], Request: r}) {
					return
				}
			}
		}
		for out := range c.Each(context.Background(), jobs) {
			if out.Err != nil {
				return out.Err
			}
		}
		return nil
	})
}

// do is Do of a dac.Client.
func do(nases []netip.AddrPort, n int) (resent int, err error) {
	return withClient(func(c *dac.Client, r *dac.Request) error {
		return shared(callers, n, func(_, i int) error {
			_, err := c.Do(context.Background(), nases[i%len(nases)], r)
			return err
		})
	})
}

// withClient runs f with a Client and what it is to send.
func withClient(f func(c *dac.Client, r *dac.Request) error) (resent int, err error) {
	c := &dac.Client{Peers: dac.SharedSecret(secret)}
	defer c.Close()
	r, err := request()
	if err == nil {
		err = f(c, r)
	}
	return int(c.Stats().Total.Disconnect.Retransmissions), err
}

func request() (*dac.Request, error) {
	return dac.NewDisconnect(
		attrs.NASIPAddress.Of(netip.AddrFrom4([4]byte{127, 0, 0, 1})), attrs.UserName.Of(fmt.Sprintf(userNameFormat, 1)),
		attrs.AcctSessionID.Of(fmt.Sprintf(sessionIDFormat, 1)))
}

// shared shares n calls of f among goroutines. It is given the number of the goroutine and that of the call.
func shared(goroutines, n int, f func(worker, i int) error) error {
	var wg sync.WaitGroup
	errs := make(chan error, goroutines)
	for worker := range goroutines {
		wg.Go(func() {
			for i := worker; i < n; i += goroutines {
				if err := f(worker, i); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

// exchange is Exchange of layeh.com/radius, which has a socket for each request. 64 goroutines are its best. It makes no Message-Authenticator and no
// Event-Timestamp, and does not say what it sends again.
func exchange(nases []netip.AddrPort, n int) (int, error) {
	r, err := request()
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), mostQuiet*patience+time.Duration(n)*time.Millisecond)
	defer cancel()
	return 0, shared(64, n, func(_, i int) error {
		p := radius.New(radius.CodeDisconnectRequest, []byte(secret))
		p.Attributes = r.Packet.Attributes
		c := radius.Client{Retry: time.Second}
		_, err := c.Exchange(ctx, p, nases[i%len(nases)].String())
		return err
	})
}
