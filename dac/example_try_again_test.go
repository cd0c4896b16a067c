// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"fmt"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// How a change that overtakes its Access-Accept finds the session after all.
func ExampleResend() {
	accepted := time.Now().Add(20 * time.Millisecond) // when the NAS has made the session
	nas, stop := labNAS(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		if time.Now().Before(accepted) {
			return nil, errcause.SessionContextNotFound
		}
		return r.ACK()
	})
	defer stop()
	client := &dac.Client{Peers: dac.SharedSecret("s3cret of the lab, and long")}
	defer client.Close()

	change := client.Attempt(dac.CoAJob(nas, attrs.UserName.Of("bob"), attrs.FilterID.Of("slow")))
	resp, err := dac.Resend(30*time.Millisecond, change)(context.Background())
	fmt.Println(resp.Packet.Code, err)
	// Output:
	// CoA-ACK <nil>
}

// How a Disconnect is repeated until the session is gone: a lost answer and the 503 that follows it
// are success.
func ExampleUntilGone() {
	tries := 0
	lossy := func(ctx context.Context) (*dac.Response, error) {
		// A client.Attempt whose first answer gets lost.
		if tries++; tries == 1 {
			return nil, &dac.NoAnswerError{Sent: 5}
		}
		r, err := dac.NewDisconnect(attrs.UserName.Of("bob"))
		if err != nil {
			return nil, err
		}
		nak, err := r.NAK(errcause.SessionContextNotFound)
		if err != nil {
			return nil, err
		}
		return nak, nak.Err()
	}
	_, err := dac.UntilGone(3, lossy)(context.Background())
	fmt.Println(tries, err)
	// Output:
	// 2 <nil>
}

// How a change waits until the session is up.
func ExampleAfter() {
	change := func(ctx context.Context) (*dac.Response, error) {
		fmt.Println("sent")
		return nil, nil
	}
	began := time.Now()
	dac.After(10*time.Millisecond, change)(context.Background())
	fmt.Println(time.Since(began) >= 10*time.Millisecond)
	// Output:
	// sent
	// true
}
