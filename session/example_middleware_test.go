// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
)

// A counter counts verdicts by cause. It passes Arrive on, so that requests for one session stay in
// order of arrival behind it.
type counter struct {
	dac.Sequencer
	causes map[errcause.Cause]int
}

func (c *counter) Handle(ctx context.Context, r *dac.Request) (*dac.Response, error) {
	resp, err := c.Sequencer.Handle(ctx, r)
	cause, _ := errcause.Of(dac.Verdict(resp, err))
	c.causes[cause]++
	return resp, err
}

// Middleware is a dac.Handler around another one. Handlers run concurrently, so one that is served
// guards what it counts.
func Example_middleware() {
	h := &counter{session.NewDispatcher(&gateway{leases: map[string]*lease{"4f2a": {id: "4f2a"}}}), map[errcause.Cause]int{}}
	for range 3 {
		r, err := dac.NewDisconnect(attrs.AcctSessionID.Of("4f2a"))
		if err != nil {
			fmt.Println(err)
			return
		}
		h.Arrive(r)
		_, _ = h.Handle(context.Background(), r)
	}
	fmt.Println("ended:", h.causes[0], "not found:", h.causes[errcause.SessionContextNotFound])
	// Output:
	// ended: 1 not found: 2
}
