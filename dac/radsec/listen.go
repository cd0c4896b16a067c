// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/mux"
)

// ListenAndServe serves the Disconnect- and CoA-Requests that come by connections to addr, a host
// and a port, until ctx is done: a NAS that listens. No host is every address, no port is Port.
// srv.Peers says by its Identify who may connect; see dac.CertPeers, and dac.JoinPeers for UDP
// beside it. An error is one of the configuration, or of the listener. Once ctx is done it returns
// nil when everything in work is answered and every connection is closed.
func ListenAndServe(ctx context.Context, srv *dac.Server, addr string, cfg *Config) error {
	ln, err := listen(ctx, addr)
	if err != nil {
		return err
	}
	return Serve(ctx, srv, ln, cfg)
}

// Serve is ListenAndServe on a listener, which it closes. TLS is made of what the listener accepts.
func Serve(ctx context.Context, srv *dac.Server, ln net.Listener, cfg *Config) error {
	peers, err := identityPeers(srv)
	if err = errors.Join(err, cfg.check(false)); err != nil {
		ln.Close()
		return err
	}
	a := &acceptor{cfg: cfg, peers: peers, serve: func(ctx context.Context, t *tracked) error {
		return t.conn.Serve(ctx, srv)
	}}
	return a.run(ctx, ln)
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", withPort(addr))
	if err != nil {
		return nil, fmt.Errorf("radsec: listen: %w", err)
	}
	return ln, nil
}

// identityPeers are the Peers of srv.
func identityPeers(srv *dac.Server) (dac.IdentityPeers, error) {
	if srv == nil {
		return nil, errors.New("radsec: the dac.Server is nil: it says who the peers are, and what a request does")
	}
	peers, ok := srv.Peers.(dac.IdentityPeers)
	if !ok {
		return nil, errors.Join(srv.Check(), errors.New("radsec: Server.Peers knows no certificates: set it to dac.CertPeers, or to dac.JoinPeers of such ones and those for UDP"))
	}
	return peers, srv.Check()
}

// An acceptor makes connections of what one listener accepts.
type acceptor struct {
	cfg    *Config
	peers  dac.IdentityPeers
	adjust func(*party, *mux.Options) // the options of a connection; nil: as they are
	// serve works with a connection until it ends or ctx is done.
	serve func(ctx context.Context, t *tracked) error

	ctx  context.Context
	work sync.WaitGroup
}

// run accepts until ctx is done, and returns when all connections are closed.
func (a *acceptor) run(ctx context.Context, ln net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	a.ctx = ctx
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	err := a.accept(ln)
	ended := ctx.Err() != nil
	ln.Close()
	cancel()
	for _, raw := range a.cfg.dismiss(a) {
		raw.Close()
		a.work.Done()
	}
	a.work.Wait()
	if ended {
		return nil
	}
	return fmt.Errorf("radsec: accept: %w", err)
}

// accept takes connections until the listener ends. What the system has not enough of (descriptors,
// memory) is waited for.
func (a *acceptor) accept(ln net.Listener) error {
	wait := time.Duration(0)
	for {
		raw, err := ln.Accept()
		if err != nil {
			var passing interface{ Temporary() bool }
			if a.ctx.Err() != nil || !errors.As(err, &passing) || !passing.Temporary() {
				return err
			}
			wait = min(max(2*wait, 5*time.Millisecond), time.Second)
			a.cfg.log().Warn("radsec: accept failed; it is tried again", "err", err, "wait", wait)
			select {
			case <-time.After(wait):
			case <-a.ctx.Done():
			}
			continue
		}
		wait = 0
		a.work.Add(1)
		if err := a.cfg.arrive(a, raw); err != nil {
			a.cfg.fail(raw.RemoteAddr(), err)
			raw.Close()
			a.work.Done()
		}
	}
}

// begin makes the handshake of one connection, and leaves it to a goroutine of its own, whose stack
// is small.
func (a *acceptor) begin(raw net.Conn, s *source) {
	finish := sync.OnceFunc(func() { a.cfg.finished(s) })
	handed := false
	defer func() {
		finish()
		if !handed {
			raw.Close()
			a.work.Done()
		}
	}()
	p := &party{cfg: a.cfg, peers: a.peers}
	t, err := a.cfg.establish(a.ctx, p, raw, a.adjust)
	if err != nil {
		a.cfg.fail(raw.RemoteAddr(), err)
		return
	}
	finish() // before the connection can end, with which Serve returns
	handed = true
	go a.attend(t)
}

// attend works with a connection until it ends.
func (a *acceptor) attend(t *tracked) {
	defer a.work.Done()
	defer a.cfg.untrack(t)
	defer t.conn.Close()
	if err := a.serve(a.ctx, t); err != nil {
		a.cfg.log().Debug("radsec: connection ended", "peer", t.party.found.id.Name, "addr", t.party.remote, "err", err)
	}
}

// establish makes the handshake with p over raw, which it closes where that fails, and takes the
// connection among the open ones.
func (c *Config) establish(ctx context.Context, p *party, raw net.Conn, adjust func(*party, *mux.Options)) (*tracked, error) {
	tc, under, err := p.handshake(ctx, raw)
	if err != nil {
		return nil, err
	}
	t := &tracked{party: p, cs: p.found.id.State.(*tls.ConnectionState)}
	if err := c.reserve(p); err != nil {
		tc.SetDeadline(time.Now().Add(lingering))
		tc.CloseWrite()
		linger(raw)
		return nil, err
	}
	version, _ := c.agreed(t.cs)
	peer := p.found.peer
	o := mux.Options{
		Version: version, Identity: p.found.id, Local: addrPort(raw.LocalAddr()), Remote: p.remote, Client: p.client, Coalesce: peer.Coalesce, Unexpected: peer.UnexpectedReverse,
		MaxLen: c.MaxLen, Watchdog: c.Watchdog, IdleTimeout: c.IdleTimeout, MaxAge: c.MaxAge, Logger: c.Logger,
	}
	if adjust != nil {
		adjust(p, &o)
	}
	t.conn = newConn(tc, under, o)
	c.track(t)
	return t, nil
}
