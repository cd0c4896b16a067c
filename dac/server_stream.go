// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/serve"
)

// ServePackets serves the requests of one authenticated connection, which a transport such as
// package radsec has opened or accepted. Server.Peers must be IdentityPeers: they say who the other
// end is. Everything else is as with Serve, which may run before, beside or never: handlers,
// limits, counters and the duplicate detection cache are the Server's. What differs on a
// connection:
//
//   - Duplicates are known by the peer and the Request Authenticator, CoA-Requests without
//     Event-Timestamp too, whichever connection they come by, and answered there: a sender whose
//     connection ended sends the same octets again by the next one. RADIUS/1.1 has no
//     authenticator: there a request that is sent again is another one, and a Token that is used
//     again while its request is in work ends the connection.
//   - A packet that is malformed or does not verify is an error, after which the transport ends the
//     connection (RFC 6613, section 2.6.4). One without a Message-Authenticator that Peer requires,
//     with a stale Event-Timestamp or of another code is discarded as over UDP, and the connection
//     stays.
//   - Where ConnInfo.Reliable says that senders do not send again, a request beyond MaxHandlers,
//     Memory or PeerRate is NAK 506, whatever RefuseOverflow says, and ErrSilent is NAK 505.
//   - An answer is sent by a goroutine of its own, so that a peer that does not read holds up no
//     other; beyond 256 KiB answers are not sent.
//
// ServePackets returns nil once ctx is done, or the connection has ended, and the last handler has
// returned; c is closed then. While ctx is done it drains as Serve does. When the connection ends
// handlers run on, and their answers are kept for the next one; a Proxy stops its retransmissions
// until the peer brings the request by another connection, as it does where an Identifier is used
// again before its request is answered. That answer is not sent at all. It returns an error at
// once, and nothing is served, where the configuration is wrong, Peers are no IdentityPeers, they
// do not know the other end (ErrUnknownPeer), or what they know of it has a Secret. ctx bounds that
// question too.
func (s *Server) ServePackets(ctx context.Context, c PacketConn) error {
	if c == nil {
		return errors.New("dac: ServePackets needs a PacketConn")
	}
	defer c.Close()
	st := s.state()
	if err := s.checked(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil
	}
	s.begin()
	made, err := s.host.newConn(ctx, c)
	if err != nil {
		return err
	}
	st.Open()
	defer st.Close()
	return serve.NewConnListener(ctx, st, made, netio.NewStream(c, c.Info().Local, c.Info().Remote)).Serve(ctx)
}

// newConn asks Peers who the other end of c is.
func (h *serverHost) newConn(ctx context.Context, c PacketConn) (*serve.Conn, error) {
	info := c.Info()
	peers, ok := h.s.Peers.(IdentityPeers)
	switch {
	case !ok:
		return nil, errors.New("dac: ServePackets: Server.Peers are no IdentityPeers: nothing says whose certificate is whose; set CertPeers, or JoinPeers with them")
	case info == nil || info.Identity == nil:
		return nil, errors.New("dac: ServePackets: ConnInfo.Identity is nil: the handshake has proved nothing, so the other end is no peer")
	case info.Version != RADIUS11 && info.Secret == "":
		return nil, errors.New("dac: ServePackets: ConnInfo.Secret is empty: nothing could be verified; over TLS it is radsec (RFC 6614, section 2.3)")
	case info.Version == RADIUS11 && !info.Reliable:
		return nil, errors.New("dac: ServePackets: RADIUS/1.1 is served by reliable connections alone, and ConnInfo.Reliable is false")
	}
	identity := *info.Identity
	peer, err := h.identify(ctx, peers, &identity)
	identity.Name = cmp.Or(peer.Name, identity.Name)
	peer.Name = identity.Name
	switch {
	case err != nil:
		return nil, fmt.Errorf("dac: ServePackets: the peer at %v: %w", info.Remote, err)
	case peer.Secret != "" || peer.Previous != "":
		return nil, fmt.Errorf("dac: ServePackets: the peer %q has a Secret: the connection authenticates it; leave Secret and Previous out", peer.Name)
	case peer.Name == "":
		return nil, fmt.Errorf("dac: ServePackets: the peer at %v has no name: set Peer.Name in Identify to what the certificate proved", info.Remote)
	}
	note := &connNote{info: info, identity: &identity}
	made := &serve.Conn{Tokens: info.Version == RADIUS11, Reliable: info.Reliable, MaxLen: info.MaxLen, Note: note}
	if made.Sender, err = senderOf(&peer); err != nil {
		return nil, fmt.Errorf("dac: ServePackets: the peer %q: %w", peer.Name, err)
	}
	made.Sender.Secret = authn.Secret(info.Secret)
	made.Fail = func(op string, err error) error {
		err = &PacketError{Op: op, Peer: info.Remote, Err: err}
		c.Break(err)
		return err
	}
	return made, nil
}

// A connNote is what a Server knows of a connection beside the engine. It is read-only.
type connNote struct {
	info     *ConnInfo
	identity *PeerIdentity // with its Name
}

// identify calls the IdentityPeers of the host, and survives them.
func (h *serverHost) identify(ctx context.Context, peers IdentityPeers, id *PeerIdentity) (_ Peer, err error) {
	defer func() {
		if p := recover(); p != nil {
			h.log.Error("dac: IdentityPeers.Identify panicked", "panic", p, "stack", string(debug.Stack()))
			err = errors.New("Identify panicked")
		}
	}()
	return peers.Identify(ctx, id)
}
