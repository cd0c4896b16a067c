// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/stretchr/testify/require"
)

const secret = "xyzzy5461"

var (
	nasAddr = netip.MustParseAddrPort("192.0.2.9:3799")
	aaaAddr = netip.MustParseAddrPort("192.0.2.1:40000")
)

// A rig is a Server in a bubble, and what has become of it.
type rig struct {
	t    *testing.T
	net  *dactest.Network
	srv  *dac.Server
	stop context.CancelFunc
	done chan error
	runs atomic.Int64 // calls of the handler that serve made, where it made one
}

// serve starts srv, with a handler that acknowledges and counts where it has none, and everybody as
// a peer where it has no other.
func serve(t *testing.T, srv *dac.Server) *rig {
	r := &rig{t: t, net: &dactest.Network{}, srv: srv, done: make(chan error, 1)}
	if srv.Peers == nil {
		srv.Peers = dac.SharedSecret(secret)
	}
	if srv.Handler == nil {
		srv.Handler = dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			r.runs.Add(1)
			return q.ACK()
		})
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = func() { stop(); synctest.Wait() } // and the server has heard of it
	pc := r.net.Listen(nasAddr)
	go func() { r.done <- srv.Serve(ctx, pc) }()
	t.Cleanup(func() {
		stop()
		for range 100 {
			select {
			case <-r.done:
				return
			case <-time.After(time.Minute):
			}
		}
		t.Error("Serve did not return")
	})
	synctest.Wait()
	return r
}

// from opens a socket that talks to the server.
func (r *rig) from(addr netip.AddrPort) net.Conn {
	c, err := r.net.DialFrom(context.Background(), addr, nasAddr)
	require.NoError(r.t, err)
	return c
}

// sends writes b and returns what came back within five milliseconds, nil for nothing.
func (r *rig) sends(c net.Conn, b []byte) []byte {
	_, err := c.Write(b)
	require.NoError(r.t, err)
	return r.hears(c)
}

// hears returns the next datagram that comes within five milliseconds, nil for none.
func (r *rig) hears(c net.Conn) []byte {
	buf := make([]byte, 4096)
	c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	n, err := c.Read(buf)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	require.NoError(r.t, err)
	return buf[:n]
}

// verdict is the answer b to the request q, verified.
func (r *rig) verdict(b, q []byte) *dac.Response {
	r.t.Helper()
	require.NotNil(r.t, b, "no answer")
	resp, err := dac.ParseResponse(b, q, secret)
	require.NoError(r.t, err)
	return resp
}

func (r *rig) disconnects() dac.RequestCounters { return r.srv.Stats().Total.Disconnect }
func (r *rig) coas() dac.RequestCounters        { return r.srv.Stats().Total.CoA }

// disconnect is a signed Disconnect-Request.
func disconnect(t testing.TB, id byte, a ...attrs.Attr) []byte {
	q, err := dac.NewDisconnect(a...)
	require.NoError(t, err)
	return signed(t, q, id)
}

// coa is a signed CoA-Request.
func coa(t testing.TB, id byte, a ...attrs.Attr) []byte {
	q, err := dac.NewCoA(a...)
	require.NoError(t, err)
	return signed(t, q, id)
}

func signed(t testing.TB, q *dac.Request, id byte) []byte {
	b, err := q.AppendSigned(nil, id, secret)
	require.NoError(t, err)
	return b
}

// stamped is an Event-Timestamp that is off by so much.
func stamped(off time.Duration) attrs.Attr { return attrs.EventTimestamp.Of(time.Now().Add(off)) }

func bubble(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }
