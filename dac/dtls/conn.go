// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"context"
	"net"
	"net/netip"

	"github.com/pion/dtls/v3"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/mux"
	"layeh.com/radius"
)

// A Conn is a session with one other end, by which both may send requests. Its methods may be
// called concurrently.
//
// It is a dac.Transport: a Client with a Peer whose Via is the Conn sends by it, whatever the
// address.
type Conn struct {
	m     *mux.Conn
	party *party
}

// establish makes the handshake over pc with p, and takes the session among the open ones. It
// closes pc where that fails.
func (p *party) establish(ctx context.Context, pc net.PacketConn, remote net.Addr, change func(*mux.Options)) (*Conn, error) {
	c := p.cfg
	within, cancel := context.WithTimeout(ctx, c.handshakeTimeout())
	defer cancel()
	dc, err := p.begin(within, pc, remote)
	if err != nil {
		pc.Close()
		return nil, err
	}
	if err := dc.HandshakeContext(within); err != nil {
		dc.Close()
		pc.Close()
		if within.Err() != nil {
			err = within.Err()
		}
		return nil, err
	}
	if s, ok := pc.(*session); ok {
		s.start()
	}
	local, _ := netip.ParseAddrPort(pc.LocalAddr().String())
	o := mux.Options{
		Package: "dtls", Transport: "dtls", Secret: secret, Datagrams: true, Client: p.client, Identity: p.found.id, Local: local, Remote: p.remote,
		Watchdog: c.Watchdog, Unexpected: p.found.peer.UnexpectedReverse, Logger: c.Logger,
	}
	if !p.client {
		o.IdleTimeout = c.idleTimeout()
	}
	if change != nil {
		change(&o)
	}
	conn := &Conn{mux.New(record{dc}, nil, o), p}
	if err := c.track(conn); err != nil {
		conn.m.Close()
		return nil, err
	}
	go func() {
		<-conn.Done()
		c.untrack(conn)
	}()
	return conn, nil
}

func (p *party) begin(ctx context.Context, pc net.PacketConn, remote net.Addr) (*dtls.Conn, error) {
	if p.client {
		o, err := p.clientOptions(ctx)
		if err != nil {
			return nil, err
		}
		return dtls.ClientWithOptions(pc, remote, o...)
	}
	return dtls.ServerWithOptions(pc, remote, p.serverOptions(ctx)...)
}

// Serve serves the Disconnect- and CoA-Requests that come down the session, until ctx is done or
// the session has ended, and every handler has returned. The session stays open, for Exchange and
// for Clients. srv.Peers says by its Identify who the other end is.
func (c *Conn) Serve(ctx context.Context, srv *dac.Server) error {
	requests, err := c.m.Requests()
	if err != nil {
		return err
	}
	return srv.ServePackets(ctx, requests)
}

// Exchange sends an Access- or an Accounting-Request and returns what answers it; see
// radsec.Conn.Exchange. It sends once: a request that is lost is the caller's to send again.
func (c *Conn) Exchange(ctx context.Context, p *radius.Packet) (*radius.Packet, error) {
	return c.m.Exchange(ctx, p)
}

// Open returns a use of the session for a Client, whatever nas and p are. To close it leaves the
// session open.
func (c *Conn) Open(context.Context, netip.AddrPort, dac.Peer) (dac.PacketConn, error) {
	if err := c.m.Err(); err != nil {
		return nil, err
	}
	return c.m.View(), nil
}

// Info describes the session. Its Identity is who the other end is.
func (c *Conn) Info() *dac.ConnInfo { return c.m.Info() }

// Done is closed when the session has ended.
func (c *Conn) Done() <-chan struct{} { return c.m.Done() }

// Err says why the session ended, io.EOF where the other end closed it; nil while it is open.
func (c *Conn) Err() error { return c.m.Err() }

// Close writes what waits and sends close_notify. It returns nil.
func (c *Conn) Close() error {
	c.m.Close()
	c.party.cfg.untrack(c)
	return nil
}
