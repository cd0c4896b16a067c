// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/mux"
)

const (
	leastBackoff = 500 * time.Millisecond // radiusdtls-bis, section 3.9.1
	mostBackoff  = time.Minute
)

// Dial opens a session with addr, a host and a port; no port is Port. The certificate of the other
// end must have the host as its dNSName or iPAddress, or what Config.ServerName says; with a Key
// the other end proves that it has the same. ctx ends the dial, not the session.
func Dial(ctx context.Context, addr string, cfg *Config) (*Conn, error) {
	if err := cfg.check(true); err != nil {
		return nil, err
	}
	return cfg.dial(ctx, dialling{addr: withPort(addr)})
}

// DialAndServe opens a session with addr as Dial does, and serves the Disconnect- and CoA-Requests
// that come down it until ctx is done: a NAS that is not to be reached otherwise
// (draft-ietf-radext-reverse-coa). srv.Peers says by its Identify who the other end is. It keeps
// one session open: a lost one is dialled again after 0.5 s, then after twice as long each time up
// to 60 s, for ever, with a jitter; the first packet that comes by a new one ends that. An error is
// one of the configuration. Once ctx is done it returns nil when everything in work is answered.
func DialAndServe(ctx context.Context, srv *dac.Server, addr string, cfg *Config) error {
	peers, err := identityPeers(srv)
	if err = errors.Join(err, cfg.check(true)); err != nil {
		return err
	}
	d := dialling{addr: withPort(addr), peers: peers, change: func(o *mux.Options) {
		o.Watchdog = cmp.Or(o.Watchdog, reverseWatchdog)
	}}
	var again backoff
	for ctx.Err() == nil {
		if conn, err := cfg.dial(ctx, d); err == nil {
			again.up = conn.m.Up()
			err = conn.Serve(ctx, srv)
			conn.Close()
			cfg.log().Info("dtls: session ended", "addr", addr, "err", cmp.Or(err, conn.Err()))
		} else if ctx.Err() == nil {
			cfg.fail(addr, err)
		}
		pause(ctx, again.next())
	}
	return nil
}

// A dialling is what is dialled.
type dialling struct {
	addr   string
	name   string // that the certificate must have; "": Config.ServerName, or the host of addr
	peers  dac.IdentityPeers
	change func(*mux.Options)
}

func (c *Config) dial(ctx context.Context, d dialling) (*Conn, error) {
	host, _, err := net.SplitHostPort(d.addr)
	if err != nil {
		return nil, fmt.Errorf("dtls: %q is no host and port: %w", d.addr, err)
	}
	open := c.Dial
	if open == nil {
		open = new(net.Dialer).DialContext
	}
	within, cancel := context.WithTimeout(ctx, c.handshakeTimeout())
	defer cancel()
	raw, err := guarded(within, func() (net.Conn, error) { return open(within, "udp", d.addr) })
	if err != nil {
		return nil, fmt.Errorf("dtls: dial: %w", err)
	}
	p := &party{cfg: c, client: true, name: cmp.Or(d.name, c.ServerName, host), peers: d.peers}
	p.remote, _ = netip.ParseAddrPort(raw.RemoteAddr().String())
	conn, err := p.establish(ctx, newDialled(raw), raw.RemoteAddr(), d.change)
	if err != nil {
		return nil, fmt.Errorf("dtls: %s: %w", d.addr, err)
	}
	return conn, nil
}

// A backoff says when to dial again.
type backoff struct {
	wait time.Duration
	up   <-chan struct{} // of the session that was dialled last; nil: none came about
}

// next is the time to wait, which is the least where a packet has come by the last session.
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
