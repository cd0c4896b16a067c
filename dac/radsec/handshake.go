// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/cert"
	"github.com/radius-dynauth/dynauth/dac/internal/mux"
)

const (
	alpn10 = "radius/1.0" // RFC 9765, section 3.1
	alpn11 = "radius/1.1"
)

// protocols are the names to offer by ALPN; tls13 says whether TLS 1.3 can be had, without which
// crypto/tls would agree on RADIUS/1.1 all the same. The first that both ends have wins.
func (c *Config) protocols(tls13 bool) (names []string) {
	if tls13 && c.offers(dac.RADIUS11) {
		names = append(names, alpn11)
	}
	if c.offers(dac.RADIUS10) {
		names = append(names, alpn10)
	}
	return names
}

// agreed is the version of RADIUS that a handshake has ended with. No name at all is RADIUS/1.0.
func (c *Config) agreed(cs *tls.ConnectionState) (dac.Version, error) {
	switch cs.NegotiatedProtocol {
	case alpn11:
		if cs.Version >= tls.VersionTLS13 && c.offers(dac.RADIUS11) {
			return dac.RADIUS11, nil
		}
	case alpn10, "":
		if c.offers(dac.RADIUS10) {
			return dac.RADIUS10, nil
		}
	}
	return 0, errProtocol
}

// config is base, the host's, with what RADIUS demands: both ends authenticated, at least TLS 1.2,
// no 0-RTT, no renegotiation, no tickets, and one packet a record. Nothing of base is changed.
func (p *party) config(ctx context.Context, base *tls.Config) *tls.Config {
	p.tls = base
	t := base.Clone()
	t.MinVersion = max(t.MinVersion, tls.VersionTLS12)
	if !p.cfg.offers(dac.RADIUS10) {
		t.MinVersion = tls.VersionTLS13
	}
	t.Renegotiation = tls.RenegotiateNever
	t.SessionTicketsDisabled, t.ClientSessionCache = true, nil
	t.WrapSession, t.UnwrapSession = nil, nil
	t.DynamicRecordSizingDisabled = true
	t.NextProtos = p.cfg.protocols(t.MaxVersion == 0 || t.MaxVersion >= tls.VersionTLS13)
	for _, c := range t.Certificates {
		p.present(&c)
	}
	t.VerifyConnection = func(cs tls.ConnectionState) (err error) {
		p.found, err = p.verify(ctx, &cs)
		return err
	}
	if p.client {
		p.clientSide(t)
	} else {
		p.serverSide(ctx, t)
	}
	return t
}

func (p *party) clientSide(t *tls.Config) {
	t.InsecureSkipVerify = true // verify does it
	t.ServerName = p.name       // what the other end is told
	if strings.HasPrefix(p.name, "@") {
		t.ServerName = p.host
	}
	if hook := t.GetClientCertificate; hook != nil {
		t.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			c, err := hook(info)
			p.present(c)
			return c, err
		}
	}
}

func (p *party) serverSide(ctx context.Context, t *tls.Config) {
	t.ClientAuth = tls.RequireAnyClientCert // verify does the rest
	t.ClientCAs = p.cfg.roots(t, false)     // what the client is told
	if hook := t.GetCertificate; hook != nil {
		t.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			c, err := hook(hello)
			p.present(c)
			return c, err
		}
	}
	hook := t.GetConfigForClient
	t.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		own := t
		if hook != nil {
			base, err := hook(hello)
			if err != nil {
				return nil, err
			}
			if base != nil {
				own = p.config(ctx, base)
			}
		}
		if own == t && slices.Contains(hello.SupportedVersions, tls.VersionTLS13) {
			return nil, nil
		}
		if own == t {
			own = t.Clone()
		}
		own.GetConfigForClient = nil
		tls13 := slices.Contains(hello.SupportedVersions, tls.VersionTLS13) && (own.MaxVersion == 0 || own.MaxVersion >= tls.VersionTLS13)
		own.NextProtos = p.cfg.protocols(tls13)
		return own, nil
	}
}

// present notes a certificate of this end.
func (p *party) present(c *tls.Certificate) {
	if c != nil && len(c.Certificate) > 0 {
		p.own = append(p.own, c.Certificate[0])
	}
}

// handshake makes a TLS connection of raw, and returns it with what it writes to. It closes raw
// where it fails. found has who the other end is.
func (p *party) handshake(ctx context.Context, raw net.Conn) (tc *tls.Conn, under *mux.Buffer, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.handshakeTimeout())
	defer cancel()
	defer func() {
		if err != nil {
			linger(raw)
		}
	}()
	p.remote = remoteOf(raw)
	below := raw
	if !p.client {
		slot := &slotted{Conn: raw, cfg: p.cfg}
		defer slot.leave()
		slot.enter()
		below = slot
	}
	under = mux.NewBuffer(below)
	if p.client {
		tc = tls.Client(under, p.config(ctx, p.cfg.TLS))
	} else {
		tc = tls.Server(under, p.config(ctx, p.cfg.TLS))
	}
	if err := tc.HandshakeContext(ctx); err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, nil, os.ErrDeadlineExceeded
		}
		return nil, nil, err
	}
	under.Conn = raw
	cs := p.found.id.State.(*tls.ConnectionState)
	if _, err := p.cfg.agreed(cs); err != nil {
		tc.SetDeadline(time.Now().Add(lingering))
		tc.CloseWrite()
		return nil, nil, err
	}
	return tc, under, nil
}

// linger closes a connection so that the other end gets the alert: to close it with octets unread
// would send RST.
func linger(raw net.Conn) {
	defer raw.Close()
	h, ok := raw.(interface{ CloseWrite() error })
	if !ok || h.CloseWrite() != nil || raw.SetDeadline(time.Now().Add(lingering)) != nil {
		return
	}
	io.Copy(io.Discard, io.LimitReader(raw, 64<<10))
}

const lingering = time.Second

// reasonOf is why a handshake has failed, for counters: few words, and no octet of the other end's.
func reasonOf(err error) string {
	var header tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var op *net.OpError
	for _, known := range []struct {
		err    error
		reason string
	}{
		{errNoCertificate, "no certificate"}, {errOwn, "own certificate"}, {cert.ErrName, "wrong name"}, {errProtocol, "no common protocol"}, {cert.ErrRealm, "bad certificate"},
		{errConns, "too many connections"}, {errPeerConns, "too many connections of the peer"}, {errWaiting, "too many waiting from one address"},
		{dac.ErrUnknownPeer, "unknown peer"}, {os.ErrDeadlineExceeded, "timeout"}, {context.Canceled, "shutting down"},
	} {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	switch {
	case errors.As(err, &header):
		return "no TLS"
	case errors.As(err, &authority):
		return "unknown authority"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "expired certificate"
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return "certificate for another purpose"
	case errors.As(err, &invalid):
		return "bad certificate"
	case strings.Contains(err.Error(), "tls: client didn't provide a certificate"): // crypto/tls has no value for it
		return reasonOf(errNoCertificate)
	case strings.Contains(err.Error(), "unsupported application protocols"):
		return reasonOf(errProtocol)
	case errors.As(err, &op) && op.Op == "remote error": // an alert
		return "refused by the other end"
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return "closed by the other end"
	}
	return "other"
}

// remoteOf is the address of the other end, zero where the connection has none.
func remoteOf(c net.Conn) netip.AddrPort { return addrPort(c.RemoteAddr()) }

func addrPort(a net.Addr) netip.AddrPort {
	if tcp, ok := a.(*net.TCPAddr); ok {
		ap := tcp.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
	}
	if a == nil {
		return netip.AddrPort{}
	}
	ap, _ := netip.ParseAddrPort(a.String())
	return ap
}
