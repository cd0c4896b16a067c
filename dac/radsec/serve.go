// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"context"

	"github.com/radius-dynauth/dynauth/dac"
)

// Serve serves the Disconnect- and CoA-Requests that come down the connection, until ctx is done or
// the connection has ended, and every handler has returned. The connection stays open, for Exchange
// and for Clients. srv.Peers says by its Identify who the other end is. One Server at a time may
// serve a connection; a second one is an error at once. Requests that come in the first 5 s of a
// connection wait for Serve.
func (c *Conn) Serve(ctx context.Context, srv *dac.Server) error {
	requests, err := c.m.Requests()
	if err != nil {
		return err
	}
	return srv.ServePackets(ctx, requests)
}
