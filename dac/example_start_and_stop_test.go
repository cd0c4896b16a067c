// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"fmt"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
)

// A Server in a host that has a Start and a Stop.
func ExampleServer_Start() {
	srv := &dac.Server{Addr: "127.0.0.1:0", Peers: dac.SharedSecret("s3cret"), Handler: dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) { return r.ACK() })}
	running, err := srv.Start(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &dac.Client{Peers: dac.SharedSecret("s3cret")}
	defer client.Close()
	_, err = client.Disconnect(context.Background(), running.Addr(), attrs.UserName.Of("bob"))
	fmt.Println(err)

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Println(running.Stop(ctx))
	// Output:
	// <nil>
	// <nil>
}

// What is wrong with a configuration is known before it is used.
func ExampleServer_Check() {
	srv := &dac.Server{Peers: dac.SharedSecret("s3cret")}
	fmt.Println(srv.Check())
	// Output:
	// dac: Server.Handler is nil: set it; a session.Dispatcher is one for a NAS
}
