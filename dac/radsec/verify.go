// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/cert"
	"github.com/radius-dynauth/dynauth/dac/internal/mux"
)

// A party is what a handshake knows and finds out about the other end.
type party struct {
	cfg    *Config
	tls    *tls.Config // that the handshake uses, with the host's hooks
	client bool        // this end dials
	host   string      // that is dialled
	name   string      // that the other end must prove: a host, an address, @realm; client only
	peers  dac.IdentityPeers
	remote netip.AddrPort
	own    [][]byte // certificates of this end
	found  verdict  // of the handshake
}

// A verdict is what became of a party.
type verdict struct {
	id      *dac.PeerIdentity
	peer    dac.Peer
	expires time.Time // of the certificate on the path that expires first
}

// Why a handshake is refused, for counters.
var (
	errNoCertificate = errors.New("radsec: the other end has sent no certificate")
	errOwn           = errors.New("radsec: the other end has the certificate of this end: a connection to itself, or a mirror of its own ClientHello")
	errProtocol      = errors.New("radsec: no common version of RADIUS")
	errConns         = errors.New("radsec: more connections than Config.MaxConns")
	errPeerConns     = errors.New("radsec: more connections of this peer than Config.MaxConnsPerPeer")
	errHost          = errors.New("radsec: Peers, or Config.TLS.VerifyConnection, has failed")
	errRoots         = errors.New("radsec: no authorities are configured: Config.Roots or a hook of Config.TLS has returned none")
)

// verify decides about the other end. It runs for each handshake, and for each connection that is
// checked again.
func (p *party) verify(ctx context.Context, cs *tls.ConnectionState) (found verdict, err error) {
	if len(cs.PeerCertificates) == 0 {
		return found, errNoCertificate
	}
	leaf := cs.PeerCertificates[0]
	if slices.ContainsFunc(p.own, func(own []byte) bool { return bytes.Equal(own, leaf.Raw) }) {
		return found, errOwn
	}
	roots, usage := p.cfg.roots(p.tls, p.client), x509.ExtKeyUsageClientAuth
	if roots == nil {
		return found, errRoots
	}
	if p.client {
		usage = x509.ExtKeyUsageServerAuth
	}
	if found.expires, err = cert.Path(leaf, cs.PeerCertificates[1:], roots, usage, p.cfg.now()); err != nil {
		return found, err
	}
	if found.id, err = cert.Identity(leaf); err != nil {
		return found, err
	}
	if p.client {
		if err := cert.Name(leaf, found.id, p.name); err != nil {
			return found, err
		}
	}
	found.id.Remote, found.id.State = p.remote, cs
	found.peer, err = p.identify(ctx, cs, found.id)
	found.id.Name = found.peer.Name
	if found.id.Name == "" {
		found.id.Name = p.name
	}
	return found, err
}

// identify asks the host: the hook of its tls.Config, and Peers where there are any.
func (p *party) identify(ctx context.Context, cs *tls.ConnectionState, id *dac.PeerIdentity) (dac.Peer, error) {
	if p.tls.VerifyConnection == nil && p.peers == nil {
		return dac.Peer{}, nil
	}
	asked := *id // the host may keep it, or change it
	return guarded(ctx, func() (peer dac.Peer, err error) {
		if hook := p.tls.VerifyConnection; hook != nil {
			err = hook(*cs)
		}
		if p.peers != nil && err == nil {
			peer, err = p.peers.Identify(ctx, &asked)
		}
		return peer, err
	})
}

// guarded calls f, which is the host's: one that panics, that ends its goroutine or that hangs is
// an error.
func guarded[T any](ctx context.Context, f func() (T, error)) (T, error) {
	return mux.Guarded(ctx, errHost, f)
}
