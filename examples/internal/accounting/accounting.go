// SPDX-License-Identifier: Apache-2.0

// Package accounting receives Accounting-Requests (RFC 2866) for programs that learn from them
// where sessions are. It verifies each, hands it on and answers it; it keeps no accounts. Copies of
// Access-Requests that have a Message-Authenticator it takes too, and answers none.
package accounting

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/fips"
	"github.com/radius-dynauth/dynauth/examples/internal/metrics"
	"layeh.com/radius"
)

// A Receiver takes Accounting-Requests in, and copies of Access-Requests (RFC 2865), which it does
// not answer. Peers and Learn are required.
type Receiver struct {
	Peers  dac.Peers
	Learn  func(ctx context.Context, p *radius.Packet, from netip.AddrPort) error // of what was verified; an error goes to the log, and is answered all the same
	Logger *slog.Logger                                                           // nil: silent

	received, answered, unknown, malformed, badAuthenticator atomic.Uint64
}

// Metrics shows the counters.
func (r *Receiver) Metrics(w *metrics.Writer) {
	w.Counter("dynauth_accounting_requests_total", "Accounting-Requests and Access-Requests that were authentic.", r.received.Load())
	w.Counter("dynauth_accounting_responses_total", "Accounting-Requests that were answered.", r.answered.Load())
	w.Counter("dynauth_accounting_unknown_peers_total", "Packets from addresses that are no peer.", r.unknown.Load())
	w.Counter("dynauth_accounting_malformed_total", "Packets with impossible lengths or of another code.", r.malformed.Load())
	w.Counter("dynauth_accounting_bad_authenticator_total", "Packets with a wrong authenticator: another secret?", r.badAuthenticator.Load())
}

// Serve reads pc until ctx is done, closes it, and returns nil; or the error that reading has ended
// with.
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
	errMalformed = errors.New("malformed, or neither an Accounting-Request nor an Access-Request with Message-Authenticator")
	errSecret    = errors.New("wrong authenticator: see that both sides have the same secret")
)

// receive returns the answer to one datagram, nil for none.
func (r *Receiver) receive(ctx context.Context, b []byte, from netip.AddrPort) []byte {
	peer, err := r.Peers.Peer(ctx, netip.AddrPortFrom(from.Addr().WithZone(""), 0))
	if err == nil && peer.Secret == "" {
		err = dac.ErrUnknownPeer
	}
	if err != nil {
		r.unknown.Add(1)
		r.log(slog.LevelDebug, "dropped", from, err)
		return nil
	}
	p, err := parse(b, peer)
	switch {
	case errors.Is(err, errMalformed):
		r.malformed.Add(1)
	case err != nil:
		r.badAuthenticator.Add(1)
	}
	if err != nil {
		r.log(slog.LevelWarn, "dropped", from, err)
		return nil
	}
	r.learn(ctx, p, from)
	if p.Code == radius.CodeAccessRequest { // a copy: who is to be let in is for others to say
		return nil
	}
	r.answered.Add(1)
	return answer(p)
}

// learn hands on a packet that was verified.
func (r *Receiver) learn(ctx context.Context, p *radius.Packet, from netip.AddrPort) {
	r.received.Add(1)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // the sender retransmits, and others wait
	defer cancel()
	secret := p.Secret
	p.Secret = nil // no callback needs it
	if err := r.Learn(ctx, p, from); err != nil {
		r.log(slog.LevelInfo, "nothing learned", from, err)
	}
	p.Secret = secret
}

// parse verifies b and takes it apart. The Secret that verified it is in the packet.
func parse(b []byte, peer dac.Peer) (*radius.Packet, error) {
	if len(b) < 20 {
		return nil, errMalformed
	}
	length := int(binary.BigEndian.Uint16(b[2:]))
	if length < 20 || length > len(b) {
		return nil, errMalformed
	}
	b = b[:length] // what follows is padding (RFC 2865, section 3), and no part of what is verified
	authentic := authentic
	switch radius.Code(b[0]) {
	case radius.CodeAccountingRequest:
	case radius.CodeAccessRequest:
		if authentic = sealed(b); authentic == nil {
			return nil, errMalformed
		}
	default:
		return nil, errMalformed
	}
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
	fips.Outside(func() { ok = radius.IsAuthenticRequest(b, []byte(s)) }) // RADIUS is MD5
	return ok
}

// sealed is how an Access-Request is verified: by its Message-Authenticator (RFC 3579, section
// 3.2), since its Request Authenticator is a random number. It is nil where there is none, or more
// than one.
func sealed(b []byte) func(b []byte, s dac.Secret) bool {
	at := 0
	for rest := b[20:]; len(rest) > 0; rest = rest[rest[1]:] {
		if len(rest) < 2 || rest[1] < 2 || int(rest[1]) > len(rest) {
			return nil
		}
		if rest[0] != typeMessageAuthenticator {
			continue
		}
		if at != 0 || rest[1] != 18 {
			return nil
		}
		at = len(b) - len(rest) + 2
	}
	if at == 0 {
		return nil
	}
	return func(b []byte, s dac.Secret) (ok bool) {
		blank := bytes.Clone(b)
		clear(blank[at : at+16])
		fips.Outside(func() {
			h := hmac.New(md5.New, []byte(s))
			h.Write(blank)
			ok = hmac.Equal(h.Sum(nil), b[at:at+16])
		})
		return ok
	}
}

const typeMessageAuthenticator = 80

// answer is the Accounting-Response to p.
func answer(p *radius.Packet) (b []byte) {
	fips.Outside(func() { b, _ = response(p).Encode() })
	return b
}

// response has the Proxy-States of p (RFC 2866, section 4.2).
func response(p *radius.Packet) *radius.Packet {
	made := p.Response(radius.CodeAccountingResponse)
	for _, a := range p.Attributes {
		if a.Type == 33 {
			made.Attributes = append(made.Attributes, a)
		}
	}
	return made
}

func (r *Receiver) log(level slog.Level, what string, from netip.AddrPort, err error) {
	if r.Logger != nil {
		r.Logger.LogAttrs(context.Background(), level, "accounting: "+what, slog.String("peer", from.String()), slog.Any("err", err))
	}
}
