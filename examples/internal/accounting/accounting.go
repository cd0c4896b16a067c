// SPDX-License-Identifier: Apache-2.0

// Package accounting receives Accounting-Requests (RFC 2866) for programs that learn from them where sessions are. It verifies each, hands it on and
// answers it; it keeps no accounts.
package accounting

import (
	"context"
	"crypto/fips140"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"layeh.com/radius"
)

// A Receiver takes Accounting-Requests in. Peers and Learn are required.
type Receiver struct {
	Peers  dac.Peers
	Learn  func(ctx context.Context, p *radius.Packet, from netip.AddrPort) error // of what was verified; an error goes to the log, and is answered all the same
	Logger *slog.Logger                                                           // nil: silent
}

// Serve reads pc until ctx is done, closes it, and returns nil; or the error that reading has ended with.
func (r *Receiver) Serve(ctx context.Context, pc *net.UDPConn) error {
	defer context.AfterFunc(ctx, func() { pc.Close() })()
	defer pc.Close()
	buf := make([]byte, radius.MaxPacketLength)
	for faults := 0; faults < 100; {
		n, from, err := pc.ReadFromUDPAddrPort(buf)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil:
			faults++
			continue
		}
		faults = 0
		if answer := r.receive(ctx, buf[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port())); answer != nil {
			if _, err := pc.WriteToUDPAddrPort(answer, from); err != nil && ctx.Err() == nil {
				r.log(slog.LevelWarn, "an Accounting-Response could not be sent", from, err)
			}
		}
	}
	return errors.New("accounting: reading fails again and again")
}

var (
	errMalformed = errors.New("malformed, or no Accounting-Request")
	errSecret    = errors.New("wrong authenticator: see that both sides have the same secret")
)

// receive returns the answer to one datagram, nil for none.
func (r *Receiver) receive(ctx context.Context, b []byte, from netip.AddrPort) []byte {
	peer, err := r.Peers.Peer(ctx, netip.AddrPortFrom(from.Addr().WithZone(""), 0))
	if err == nil && peer.Secret == "" {
		err = dac.ErrUnknownPeer
	}
	if err != nil {
		r.log(slog.LevelDebug, "dropped", from, err)
		return nil
	}
	p, err := parse(b, peer)
	if err != nil {
		r.log(slog.LevelWarn, "dropped", from, err)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // the sender retransmits, and others wait
	defer cancel()
	secret := p.Secret
	p.Secret = nil // it is nobody else's
	if err := r.Learn(ctx, p, from); err != nil {
		r.log(slog.LevelInfo, "nothing learned", from, err)
	}
	p.Secret = secret
	return answer(p)
}

// parse verifies b and takes it apart. The Secret that verified it is in the packet.
func parse(b []byte, peer dac.Peer) (*radius.Packet, error) {
	if len(b) < 20 {
		return nil, errMalformed
	}
	length := int(binary.BigEndian.Uint16(b[2:]))
	if radius.Code(b[0]) != radius.CodeAccountingRequest || length < 20 || length > len(b) {
		return nil, errMalformed
	}
	b = b[:length] // what follows is padding (RFC 2865, section 3), and no part of what is verified
	for _, secret := range []dac.Secret{peer.Secret, peer.Previous} {
		if secret == "" || !authentic(b, secret) {
			continue
		}
		p, err := radius.Parse(b, []byte(secret))
		if err != nil {
			return nil, errMalformed
		}
		return p, nil
	}
	return nil, errSecret
}

func authentic(b []byte, s dac.Secret) (ok bool) {
	fips140.WithoutEnforcement(func() { ok = radius.IsAuthenticRequest(b, []byte(s)) }) // RADIUS is MD5
	return ok
}

// answer is the Accounting-Response to p, with its Proxy-States (RFC 2866, section 4.2).
func answer(p *radius.Packet) (b []byte) {
	made := p.Response(radius.CodeAccountingResponse)
	for _, a := range p.Attributes {
		if a.Type == 33 {
			made.Attributes = append(made.Attributes, a)
		}
	}
	fips140.WithoutEnforcement(func() { b, _ = made.Encode() })
	return b
}

func (r *Receiver) log(level slog.Level, what string, from netip.AddrPort, err error) {
	if r.Logger != nil {
		r.Logger.LogAttrs(context.Background(), level, "accounting: "+what, slog.String("peer", from.String()), slog.Any("err", err))
	}
}
