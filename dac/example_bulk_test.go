// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// How a hundred thousand sessions are ended: jobs come from a generator, outcomes as they are done,
// and memory does not grow with their number.
func ExampleClient_Each() {
	nas, stop := labNAS(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		if id, err := attrs.AcctSessionID.Get(r.Attributes()); err != nil || id == "00000007" {
			return nil, errcause.SessionContextNotFound
		}
		return r.ACK()
	})
	defer stop()
	client := &dac.Client{
		Peers:       dac.SharedSecret("s3cret of the lab, and long"),
		PerNAS:      dac.Limit{Rate: 5000, Burst: 100}, // no NAS gets more
		RetryCauses: 2,                                 // 506: try again later
	}
	defer client.Close()

	jobs := func(yield func(dac.Job) bool) {
		for n := range 20 {
			id := fmt.Sprintf("%08x", n)
			job := dac.DisconnectJob(nas, attrs.AcctSessionID.Of(id))
			job.Tag = id
			if !yield(job) {
				return
			}
		}
	}
	ended := 0
	for out := range client.Each(context.Background(), jobs) {
		if out.Err != nil {
			fmt.Println(out.Job.Tag, out.Response.Cause())
			continue
		}
		ended++
	}
	fmt.Println(ended, "ended")
	// Output:
	// 00000007 Session-Context-Not-Found (503)
	// 19 ended
}
