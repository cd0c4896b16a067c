// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
)

// How to send every 50 ms, three times, and give up 50 ms later, give or take a tenth.
func ExampleEvery() {
	client := &dac.Client{
		Peers: dac.SharedSecret("s3cret of the lab, and long"),
		Retry: dac.Every(50*time.Millisecond, 3),
	}
	defer client.Close()

	nobody := netip.MustParseAddrPort("127.0.0.1:9")
	_, err := client.Disconnect(context.Background(), nobody, attrs.UserName.Of("bob"))
	var none *dac.NoAnswerError
	fmt.Println(errors.As(err, &none), none.Sent)
	// Output: true 3
}

// How an error, and each Event on the way to it, leads back to the caller's own record of the
// session.
func ExampleWithTag() {
	client := &dac.Client{
		Peers: dac.SharedSecret("s3cret of the lab, and long"),
		Retry: dac.Every(50*time.Millisecond, 1),
		Trace: func(e dac.Event) { fmt.Println(e.Op, e.Tag) },
	}
	defer client.Close()

	ctx := dac.WithTag(context.Background(), "subscriber 4711")
	nobody := netip.MustParseAddrPort("127.0.0.1:9")
	_, err := client.Disconnect(ctx, nobody, attrs.UserName.Of("bob"))
	var none *dac.NoAnswerError
	fmt.Println(errors.As(err, &none), none.Tag)
	// Output:
	// sent subscriber 4711
	// gave up subscriber 4711
	// true subscriber 4711
}
