// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"context"
	"crypto/tls"
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/mux"
	"layeh.com/radius"
)

// A Conn is a connection to one other end, by which both may send requests. Its methods may be
// called concurrently.
//
// It is a dac.Transport: a Client with a Peer whose Via is the Conn sends by it.
type Conn struct{ m *mux.Conn }

// newConn makes a Conn of tc, whose handshake is done and which writes to under. It begins to read,
// and sends a Status-Server where o.Client is true.
func newConn(tc *tls.Conn, under *mux.Buffer, o mux.Options) *Conn {
	o.Package, o.Transport, o.Secret = "radsec", "tls", secret
	return &Conn{mux.New(tc, under, o)}
}

// secret signs and hides in RADIUS/1.0 over TLS (RFC 6614, section 2.3): TLS keeps the secrets.
const secret = "radsec"

// Open returns a use of the connection for a Client, whatever nas and p are. To close it leaves the
// connection open.
func (c *Conn) Open(ctx context.Context, nas netip.AddrPort, p dac.Peer) (dac.PacketConn, error) {
	if err := c.m.Err(); err != nil {
		return nil, err
	}
	return c.m.View(), nil
}

// Exchange sends an Access- or an Accounting-Request and returns what answers it: any answer, an
// Access-Reject and a Protocol-Error (code 52, RFC 7930) too. The packet must have the secret
// "radsec", as radius.New(code, []byte("radsec")) makes it; Identifier and Message-Authenticator
// are set here, and p is not changed. On a connection of RADIUS/1.1 it is converted: values that
// are hidden in p leave in clear, and come back hidden under p.Authenticator.
//
// It waits for an identifier where 255 requests are in flight (RADIUS/1.0), and for the answer, 30
// s at most (RFC 5080, section 2.2.1). An error that does not say "not sent" leaves open whether
// the other end has handled the request; it is never sent a second time. An answer that does not
// verify ends the connection (RFC 6613, section 2.6.4).
func (c *Conn) Exchange(ctx context.Context, p *radius.Packet) (*radius.Packet, error) {
	return c.m.Exchange(ctx, p)
}

// InfoFrom returns what describes the connection that a request came by, of the context of a
// request that a radius.Handler gets from a Conn; nil for other contexts.
func InfoFrom(ctx context.Context) *dac.ConnInfo {
	info, _ := ctx.Value(mux.InfoKey{}).(*dac.ConnInfo)
	return info
}

// Info describes the connection.
func (c *Conn) Info() *dac.ConnInfo { return c.m.Info() }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.m.Done() }

// Err says why the connection ended, io.EOF where the other end closed it; nil while it is open.
func (c *Conn) Err() error { return c.m.Err() }

// Close writes what waits, sends close_notify and reads until the other end has closed too, for 1 s
// at most. It returns nil.
func (c *Conn) Close() error { return c.m.Close() }
