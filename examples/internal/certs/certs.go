// SPDX-License-Identifier: Apache-2.0

// Package certs is what the commands of examples have in common about RADIUS over TLS: certificates
// in files that are read again while the command runs, the object "tls" of a configuration file
// (Section), and what a daemon makes of it (Live).
package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
)

// Files name a certificate with those that lead to its authority, its private key, and the
// authorities of the other end, in PEM.
type Files struct {
	Cert string `json:"cert"`
	Key  string `json:"key"`
	CA   string `json:"ca"`
}

// Options are what a command line or a configuration asks for beside the Files.
type Options struct {
	Files
	Version string // of TLS: "1.2" or "1.3" alone; "": 1.2 at least
	RADIUS  string // "1.0" or "1.1" alone; "": both are offered
	KeyLog  string // a file to which the keys go, for Wireshark
}

// Contents are what Files held when they were read.
type Contents struct {
	cert  tls.Certificate
	roots *x509.CertPool
}

// Read reads the files. field says which of them an error is about: "cert", "key" or "ca".
func (f Files) Read() (c *Contents, field string, err error) {
	switch {
	case f.Cert == "":
		return nil, "cert", errNoFile
	case f.Key == "":
		return nil, "key", errNoFile
	case f.CA == "":
		return nil, "ca", errNoFile
	}
	cert, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, "cert", fmt.Errorf("%s, %s: %w", f.Cert, f.Key, err)
	}
	pem, err := os.ReadFile(f.CA)
	if err != nil {
		return nil, "ca", err
	}
	c = &Contents{cert, x509.NewCertPool()}
	if !c.roots.AppendCertsFromPEM(pem) {
		return nil, "ca", fmt.Errorf("%s: no certificate of an authority is in it", f.CA)
	}
	return c, "", nil
}

var errNoFile = errors.New("TLS needs three files: a certificate, its key, and the authorities of the other end")

// A Store has the certificates that are in use; without any, no handshake succeeds.
type Store struct {
	o   Options
	now atomic.Pointer[Contents]
}

// Check says what is wrong with o beside its files.
func (o *Options) Check() error {
	switch {
	case o.Version != "" && o.Version != "1.2" && o.Version != "1.3":
		return fmt.Errorf("TLS %q: 1.2 or 1.3", o.Version)
	case o.RADIUS != "" && o.RADIUS != "1.0" && o.RADIUS != "1.1":
		return fmt.Errorf("RADIUS %q: 1.0 or 1.1", o.RADIUS)
	case o.Version == "1.2" && o.RADIUS == "1.1":
		return errors.New("RADIUS/1.1 takes TLS 1.3 (RFC 9765, section 3): ask for that, or for no version of TLS")
	}
	return nil
}

// Open reads the files.
func Open(o Options) (*Store, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	s := &Store{o: o}
	return s, s.Reload()
}

// Reload reads the files anew. Where it fails, what they held before stays.
func (s *Store) Reload() error {
	c, _, err := s.o.Files.Read()
	if err != nil {
		return err
	}
	s.Use(c)
	return nil
}

// Use has c in use from the next handshake on.
func (s *Store) Use(c *Contents) { s.now.Store(c) }

// cert is the certificate of this end.
func (s *Store) cert() (*tls.Certificate, error) {
	c := s.now.Load()
	if c == nil {
		return nil, errors.New("no certificate is configured")
	}
	return &c.cert, nil
}

// roots are the authorities of the other end, nil for none.
func (s *Store) roots() *x509.CertPool {
	c := s.now.Load()
	if c == nil {
		return nil
	}
	return c.roots
}

// Config is what the files and the options say, for both directions. close closes the file of keys.
func (s *Store) Config() (cfg *radsec.Config, closing io.Closer, err error) {
	if err := s.o.Check(); err != nil {
		return nil, nil, err
	}
	t := &tls.Config{
		GetCertificate:       func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.cert() },
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return s.cert() },
	}
	switch s.o.Version {
	case "1.2":
		t.MinVersion, t.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	case "1.3":
		t.MinVersion = tls.VersionTLS13
	}
	closing = io.NopCloser(nil)
	if s.o.KeyLog != "" {
		f, err := os.OpenFile(s.o.KeyLog, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return nil, nil, err
		}
		t.KeyLogWriter, closing = f, f
	}
	cfg = radsec.TLS(t)
	cfg.Roots = s.roots
	switch s.o.RADIUS {
	case "1.0":
		cfg.Versions = []dac.Version{dac.RADIUS10}
	case "1.1":
		cfg.Versions = []dac.Version{dac.RADIUS11}
	}
	return cfg, closing, nil
}

// Any is each certificate of the authorities as a Peer, with the first name that it has.
func Any(p dac.Peer) dac.IdentityPeers { return anyone{p} }

type anyone struct{ peer dac.Peer }

func (anyone) Peer(context.Context, netip.AddrPort) (dac.Peer, error) {
	return dac.Peer{}, dac.ErrUnknownPeer
}

func (a anyone) Identify(_ context.Context, id *dac.PeerIdentity) (dac.Peer, error) {
	p := a.peer
	switch {
	case len(id.DNS) > 0:
		p.Name = id.DNS[0]
	case len(id.IPs) > 0:
		p.Name = id.IPs[0].String()
	case len(id.Realms) > 0:
		p.Name = "@" + id.Realms[0]
	default:
		p.Name = id.Issuer + "#" + id.Serial
	}
	return p, nil
}
