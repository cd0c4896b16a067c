// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// How a change that a NAS cannot make becomes a disconnect: the subscriber signs in again and gets
// it then.
func ExampleChangeOrDisconnect() {
	nas, stop := labNAS(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		if !r.Disconnect() {
			return nil, errcause.UnsupportedAttribute
		}
		return r.ACK()
	})
	defer stop()
	client := &dac.Client{Peers: dac.SharedSecret("s3cret of the lab, and long")}
	defer client.Close()

	id := attrs.AcctSessionID.Of("4f2a")
	change := client.Attempt(dac.CoAJob(nas, id, mikrotik.RateLimit.Of("10M/10M")))
	disconnect := client.Attempt(dac.DisconnectJob(nas, id))
	resp, err := dac.ChangeOrDisconnect(change, dac.UntilGone(3, disconnect))(context.Background())
	fmt.Println(resp.Packet.Code, err)
	// Output:
	// Disconnect-ACK <nil>
}
