// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
)

// What an error says when nothing comes back: here another secret is on the other side.
func ExampleNoAnswerError() {
	nas, stop := labNAS(func(ctx context.Context, r *dac.Request) (*dac.Response, error) { return r.ACK() })
	defer stop()
	client := &dac.Client{
		Peers: dac.SharedSecret("s3cret of the lap, and long"),
		// The zero Retry takes 30 s, as RFC 5080 wants it.
		Retry: dac.Retry{Initial: 10 * time.Millisecond, Transmissions: 3},
	}
	defer client.Close()

	_, err := client.Disconnect(context.Background(), nas, attrs.UserName.Of("bob"))
	var silent *dac.NoAnswerError
	if errors.As(err, &silent) {
		fmt.Println("sent", silent.Sent, "times; seen:", len(silent.Discarded), "kinds of replies that do not verify")
		fmt.Println("worth another try later:", dac.Retryable(err))
	}
	// Output:
	// sent 3 times; seen: 0 kinds of replies that do not verify
	// worth another try later: true
}
