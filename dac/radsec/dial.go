// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/cert"
	"github.com/radius-dynauth/dynauth/dac/internal/mux"
)

// Dial opens a connection to addr, a host and a port; no port is Port. The certificate of the other
// end must have the host as its dNSName or iPAddress, or what Config.TLS.ServerName says: another
// name, or "@" and a realm. ctx ends the dial, not the connection. An error of another kind than
// the configuration's may be gone with the next try. In TLS 1.3 the other end refuses a certificate
// only after Dial has returned: the first packet that comes says that it has not.
func Dial(ctx context.Context, addr string, cfg *Config) (*Conn, error) {
	if err := cfg.check(true); err != nil {
		return nil, err
	}
	t, err := cfg.dial(ctx, dialling{addr: withPort(addr), peer: func(*party, *mux.Options) {}})
	if err != nil {
		return nil, err
	}
	go func() {
		<-t.conn.Done()
		cfg.untrack(t)
	}()
	return t.conn, nil
}

// DialAndServe connects to addr as Dial does, and serves the Disconnect- and CoA-Requests that come
// down the connection until ctx is done: a NAS that is not to be reached otherwise
// (draft-ietf-radext-reverse-coa). srv.Peers says by its Identify whether the other end may send
// them. It keeps one connection open: a lost one is dialled again after 0.5 s, then after twice as
// long each time up to 60 s, for ever, with a jitter; the first packet that comes by a new one ends
// that. One that has reached Config.MaxAge is left once the next one has answered. An error is one
// of the configuration. Once ctx is done it returns nil when everything in work is answered.
func DialAndServe(ctx context.Context, srv *dac.Server, addr string, cfg *Config) error {
	peers, err := identityPeers(srv)
	if err = errors.Join(err, cfg.check(true)); err != nil {
		return err
	}
	d := dialling{addr: withPort(addr), peers: peers, peer: func(_ *party, o *mux.Options) {
		o.Watchdog = cmp.Or(o.Watchdog, reverseWatchdog)
	}}
	var again backoff
	var work sync.WaitGroup
	defer work.Wait()
	leave := func() {} // ends the connection before, which has grown old
	for ctx.Err() == nil {
		t, err := cfg.dial(ctx, d)
		if err != nil {
			if ctx.Err() == nil {
				cfg.fail(addr, err)
			}
			again.sleep(ctx)
			continue
		}
		again.watch(t.conn)
		own, end := context.WithCancel(ctx)
		ended := make(chan struct{})
		work.Go(func() {
			defer end()
			defer close(ended)
			cfg.attend(own, srv, addr, t)
		})
		select {
		case <-t.conn.m.Up():
		case <-ended:
		}
		leave()
		leave = end
		select {
		case <-t.conn.m.Old():
		case <-ended:
			again.sleep(ctx)
		}
	}
	return nil
}

// attend serves one connection that this end has dialled, until it ends or ctx is done.
func (c *Config) attend(ctx context.Context, srv *dac.Server, addr string, t *tracked) {
	defer c.untrack(t)
	defer t.conn.Close()
	err := t.conn.Serve(ctx, srv)
	c.log().Info("radsec: connection ended", "addr", addr, "err", cmp.Or(err, t.conn.Err()))
}

// A dialling is what is dialled.
type dialling struct {
	addr  string
	name  string // that the certificate must have; "": by Config.TLS.ServerName, or the host of addr
	peers dac.IdentityPeers
	peer  func(*party, *mux.Options)
}

func (c *Config) dial(ctx context.Context, d dialling) (*tracked, error) {
	host, _, err := net.SplitHostPort(d.addr)
	if err != nil {
		return nil, fmt.Errorf("radsec: %q is no host and port: %w", d.addr, err)
	}
	name := d.name
	if name == "" {
		name = cmp.Or(c.TLS.ServerName, host)
	}
	open := c.Dial
	if open == nil {
		open = new(net.Dialer).DialContext
	}
	within, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	raw, err := guarded(within, func() (net.Conn, error) { return open(within, "tcp", d.addr) })
	if err != nil {
		return nil, fmt.Errorf("radsec: dial: %w", err)
	}
	p := &party{cfg: c, client: true, host: host, name: name, peers: d.peers}
	t, err := c.establish(ctx, p, raw, d.peer)
	if err != nil {
		return nil, &handshakeError{d.addr, err}
	}
	return t, nil
}

// A handshakeError is a connection that came about, and whose handshake did not.
type handshakeError struct {
	addr string
	err  error
}

var errHandshake = errors.New("radsec: the handshake has failed")

func (e *handshakeError) Error() string {
	return fmt.Sprintf("radsec: handshake with %s: %s", e.addr, strings.TrimPrefix(e.err.Error(), "radsec: "))
}

func (e *handshakeError) Unwrap() []error { return []error{e.err, errHandshake} }

// Hint is asked for by dac.Hint.
func (e *handshakeError) Hint() string {
	var timeout net.Error
	switch {
	case errors.Is(e.err, cert.ErrName):
		return "set Peer.ServerName to a name that the certificate has, or give the other end a certificate with the name that is asked for"
	case errors.Is(e.err, context.DeadlineExceeded), errors.As(e.err, &timeout) && timeout.Timeout():
		return "look at whether RADIUS over TLS listens at this address and port"
	}
	return "look at the certificates and the authorities of both ends, and at the log of the other end"
}

const dialTimeout = 10 * time.Second

// withPort is addr with a port: it may be a host, an address, or either with a port; "" is every
// address.
func withPort(addr string) string {
	if a, err := netip.ParseAddr(addr); err == nil {
		return netip.AddrPortFrom(a, Port).String()
	}
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return net.JoinHostPort(addr, strconv.Itoa(Port))
	}
	return addr
}

// A backoff says when to dial again.
type backoff struct {
	wait time.Duration
	up   <-chan struct{} // of the connection that was dialled last; nil: none came about
}

// watch resets the wait when conn turns out to be accepted at the other end.
func (b *backoff) watch(conn *Conn) { b.up = conn.m.Up() }

// next is the time to wait, never below 0.5 s (radiusdtls-bis, section 3.9.1).
func (b *backoff) next() time.Duration {
	select {
	case <-b.up:
		b.wait = 0
	default:
	}
	b.up = nil
	b.wait = min(max(2*b.wait, leastBackoff), mostBackoff)
	return b.wait + rand.N(b.wait/2)
}

func (b *backoff) sleep(ctx context.Context) {
	t := time.NewTimer(b.next())
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
