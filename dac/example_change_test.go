// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/cisco"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// How do I change what a subscriber gets? A CoA-Request names the session and has what is to be
// different, mostly attributes of the NAS's vendor. All of it is done, or nothing is.
func ExampleClient_CoA() {
	nas, stop := labNAS(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		for line := range attrs.Format(attrs.Filter(r.Attributes(), func(id attrs.ID) bool { return id.Vendor == mikrotik.Vendor })) {
			fmt.Println("NAS:", line)
			return r.ACK()
		}
		return nil, errcause.UnsupportedAttribute
	})
	defer stop()
	client := &dac.Client{Peers: dac.SharedSecret("s3cret of the lab, and long")}
	defer client.Close()

	session := attrs.Join(attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("4f2a"))
	for _, change := range []attrs.Attr{
		mikrotik.SetRateLimit(mikrotik.Limit{Rate: mikrotik.Rates{Rx: 10e6, Tx: 40e6}}),
		juniper.Activate(1, "gold(10M,40M)", juniper.Volume(500)),
		cisco.BounceHostPort(),
	} {
		_, err := client.CoA(context.Background(), nas, session, change)
		switch {
		case err == nil:
			fmt.Println("changed")
		case errors.Is(err, errcause.UnsupportedAttribute):
			fmt.Println("not by this NAS:", change)
		}
	}
	// Output:
	// NAS: Mikrotik-Rate-Limit = "10M/40M"
	// changed
	// not by this NAS: ERX-Service-Activate:1 = "gold(10M,40M)", ERX-Service-Volume:1 = 500
	// not by this NAS: Cisco-AVPair = "subscriber:command=bounce-host-port"
}

// How do I have a session authorized again? The NAS refuses with 507, which is success here, and
// asks with an Access-Request of its own that has the State.
func ExampleClient_Reauthorize() {
	nas, stop := labNAS(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		return r.NAK(errcause.RequestInitiated, attrs.ServiceType.Of(attrs.AuthorizeOnly))
	})
	defer stop()
	client := &dac.Client{Peers: dac.SharedSecret("s3cret of the lab, and long")}
	defer client.Close()

	resp, err := client.Reauthorize(context.Background(), nas, attrs.AcctSessionID.Of("4f2a"), attrs.State.Of([]byte("plan 7")))
	fmt.Println(resp.Packet.Code, resp.Cause(), err)
	// Output:
	// CoA-NAK Request-Initiated (507) <nil>
}
