// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"github.com/radius-dynauth/dynauth/dac"
)

// ListenAndServe serves the Disconnect- and CoA-Requests that come by sessions with addr, a host
// and a port, until ctx is done: a NAS that listens. No host is every address, no port is Port.
// srv.Peers says by its Identify who may come: KeyPeers, dac.CertPeers, or dac.JoinPeers of both.
// An error is one of the configuration, or of the socket. Once ctx is done it returns nil when
// everything in work is answered and every session is closed.
func ListenAndServe(ctx context.Context, srv *dac.Server, addr string, cfg *Config) error {
	pc, err := listen(ctx, addr)
	if err != nil {
		return err
	}
	return Serve(ctx, srv, pc, cfg)
}

// Serve is ListenAndServe on a socket, which it closes.
func Serve(ctx context.Context, srv *dac.Server, pc net.PacketConn, cfg *Config) error {
	peers, err := identityPeers(srv)
	if err != nil {
		pc.Close()
		return errors.Join(err, cfg.check(false))
	}
	return Accept(ctx, pc, peers, cfg, func(ctx context.Context, conn *Conn) {
		if err := conn.Serve(ctx, srv); err != nil {
			cfg.log().Warn("dtls: a session is not served", "remote", conn.party.remote, "err", err)
		}
	})
}

// Accept takes the sessions that peers open with pc, which it closes, until ctx is done: an AAA
// server to which NASes connect. It calls each in a goroutine of its own; a session is closed when
// that has returned. peers say who may come. It returns nil once ctx is done and each call of each
// has returned, and an error at once where the configuration is wrong or pc fails.
//
// A Client sends down a session by a Peer whose Via is the Conn (draft-ietf-radext-reverse-coa):
// where the Peer that peers return has ReverseCoA, which is for the caller to look at.
func Accept(ctx context.Context, pc net.PacketConn, peers dac.IdentityPeers, cfg *Config, each func(context.Context, *Conn)) error {
	err := cfg.check(false)
	if peers == nil {
		err = errors.Join(err, errors.New("dtls: there are no Peers: name who may come, by KeyPeers or dac.CertPeers"))
	}
	if err != nil {
		pc.Close()
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var l *listener
	l = newListener(cfg, pc, func(s *session) {
		p := &party{cfg: cfg, peers: peers, remote: s.remote}
		conn, err := p.establish(ctx, s, s.RemoteAddr(), nil)
		l.done(s)
		if err != nil {
			if l.isProved(s) {
				cfg.fail(s.remote, err)
			}
			return
		}
		defer conn.Close()
		each(ctx, conn)
	})
	reads := make(chan error, 1)
	go func() { reads <- l.read(ctx) }()
	select {
	case <-ctx.Done():
	case err = <-reads:
		cancel()
	}
	l.close()
	l.work.Wait()
	l.sock.Close()
	return err
}

// isProved reports whether a session has shown its cookie.
func (l *listener) isProved(s *session) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return s.proved
}

func listen(ctx context.Context, addr string) (net.PacketConn, error) {
	var lc net.ListenConfig
	pc, err := lc.ListenPacket(ctx, "udp", withPort(addr))
	if err != nil {
		return nil, fmt.Errorf("dtls: listen: %w", err)
	}
	return pc, nil
}

// identityPeers are the Peers of srv.
func identityPeers(srv *dac.Server) (dac.IdentityPeers, error) {
	if srv == nil {
		return nil, errors.New("dtls: the dac.Server is nil: it says who the peers are, and what a request does")
	}
	err := srv.Check()
	peers, ok := srv.Peers.(dac.IdentityPeers)
	if !ok {
		return nil, errors.Join(err, errors.New("dtls: Server.Peers knows no keys and no certificates: set it to KeyPeers, dac.CertPeers, or dac.JoinPeers with them"))
	}
	return peers, err
}

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
