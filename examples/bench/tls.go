// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"time"
)

// tlsSecret is the shared secret of RADIUS/1.0 over TLS (RFC 6614, section 2.3).
const tlsSecret = "radsec"

// tlsServerName is the name in the certificate of a server; those of generators and clients are
// peerName.
const tlsServerName = "server.bench.example"

func peerName(n int) string { return fmt.Sprintf("n%d.bench.example", n) }

// authority is what signs the certificates of all processes: the same in each, since its key comes
// from a seed, so that nothing has to be handed over.
func authority() (*x509.Certificate, ed25519.PrivateKey) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	template := certificateFor("bench", 1)
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		panic(err) // a constant template
	}
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return ca, key
}

// certificateFor is a certificate that is good today and tomorrow, by whole days, so that two
// processes make the same one.
func certificateFor(name string, serial int64) *x509.Certificate {
	today := time.Now().Truncate(24 * time.Hour)
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: today.Add(-24 * time.Hour), NotAfter: today.Add(48 * time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

// tlsConfig is that of the end whose certificate has the name: mutual authentication, one record a
// packet, and no tickets, as package radsec has it.
func tlsConfig(name string, serial int64) *tls.Config {
	ca, caKey := authority()
	seed := make([]byte, ed25519.SeedSize)
	binary.BigEndian.PutUint64(seed, uint64(serial))
	key := ed25519.NewKeyFromSeed(seed)
	der, err := x509.CreateCertificate(nil, certificateFor(name, serial), ca, key.Public(), caKey)
	if err != nil {
		panic(err) // a constant template
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		RootCAs:      pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, ServerName: tlsServerName,
		MinVersion: tls.VersionTLS12, DynamicRecordSizingDisabled: true, SessionTicketsDisabled: true,
	}
}

func serverTLS() *tls.Config    { return tlsConfig(tlsServerName, 2) }
func peerTLS(n int) *tls.Config { return tlsConfig(peerName(n), int64(n)+3) }
func newTLSSigner() *signer     { return newSignerOf(tlsSecret) }
func signerOver(over bool) *signer {
	if over {
		return newTLSSigner()
	}
	return newSigner()
}

// A gathered is the connection below TLS: what is written waits for the next flush, or read, so
// that the records of many packets leave by one system call; what is read is as much as has come.
type gathered struct {
	net.Conn
	in   []byte
	have []byte // of in
	out  []byte
}

func newGathered(c net.Conn) *gathered { return &gathered{Conn: c, in: make([]byte, 64<<10)} }

func (g *gathered) Write(b []byte) (int, error) {
	g.out = append(g.out, b...)
	return len(b), nil
}

func (g *gathered) flush() error {
	if len(g.out) == 0 {
		return nil
	}
	_, err := g.Conn.Write(g.out)
	g.out = g.out[:0]
	return err
}

func (g *gathered) Read(b []byte) (int, error) {
	if len(g.have) == 0 {
		if err := g.flush(); err != nil {
			return 0, err
		}
		n, err := g.Conn.Read(g.in)
		if err != nil {
			return 0, err
		}
		g.have = g.in[:n]
	}
	n := copy(b, g.have)
	g.have = g.have[n:]
	return n, nil
}

// A stream is the packets of a connection over TLS. It is for one goroutine.
type stream struct {
	*tls.Conn
	under *gathered
	buf   []byte
	from  int // of buf, what is not cut yet
	end   int
	got   [][]byte
}

func newStream(c *tls.Conn, under *gathered) *stream {
	return &stream{Conn: c, under: under, buf: make([]byte, 128<<10)}
}

// packets returns those that have come, for as long as until the next call; one at least.
func (s *stream) packets() ([][]byte, error) {
	s.end = copy(s.buf, s.buf[s.from:s.end])
	s.from, s.got = 0, s.got[:0]
	for len(s.got) == 0 || len(s.under.have) > 0 && s.end+maxDatagram < len(s.buf) {
		n, err := s.Read(s.buf[s.end:])
		if err != nil {
			return nil, err
		}
		s.end += n
		if err := s.cut(); err != nil {
			return nil, err
		}
	}
	return s.got, nil
}

// cut cuts what has come by the Length of each packet.
func (s *stream) cut() error {
	for s.end-s.from >= headerLen {
		n := int(binary.BigEndian.Uint16(s.buf[s.from+2:]))
		if n < headerLen || n > maxDatagram {
			return fmt.Errorf("a packet of %d octets", n)
		}
		if s.end-s.from < n {
			return nil
		}
		s.got = append(s.got, s.buf[s.from:s.from+n])
		s.from += n
	}
	return nil
}

// A tlsPort is a connection of the generator, or of a client by hand, to a server over TLS.
type tlsPort struct{ *stream }

// newTLSPort connects as peer n from an address of loopback; nil is any.
func newTLSPort(addr string, n int, from net.Addr) (port, error) {
	d := net.Dialer{LocalAddr: from}
	c, err := d.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	under := newGathered(c)
	t := tls.Client(under, peerTLS(n))
	if err := errors.Join(t.Handshake(), under.flush()); err != nil {
		c.Close()
		return nil, err
	}
	return &tlsPort{newStream(t, under)}, nil
}

func (p *tlsPort) send(packets [][]byte) error {
	for _, b := range packets {
		if _, err := p.Write(b); err != nil {
			return err
		}
	}
	return p.under.flush()
}

func (p *tlsPort) receive(wait time.Duration) ([][]byte, error) {
	p.SetReadDeadline(time.Now().Add(max(wait, 20*time.Microsecond)))
	got, err := p.packets()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, nil
	}
	return got, err
}

func (p *tlsPort) close() error { return p.under.Conn.Close() }

// answerTLS answers what comes by each connection to l until that is closed, in a goroutine for
// each. newAnswer is asked once a connection.
func answerTLS(l net.Listener, newAnswer func() answerFunc) error {
	cfg := serverTLS()
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			under := newGathered(c)
			answerStream(newStream(tls.Server(under, cfg), under), newAnswer())
		}()
	}
}

// answerStream answers until the connection ends. Answers leave when nothing more has come.
func answerStream(s *stream, answer answerFunc) error {
	var out []byte
	for {
		got, err := s.packets()
		if err != nil {
			return err
		}
		now := time.Now()
		for _, b := range got {
			if out = answer(out[:0], b, now); len(out) == 0 {
				return io.ErrUnexpectedEOF // RFC 6613, section 2.6.4
			}
			if _, err := s.Write(out); err != nil {
				return err
			}
		}
		if err := s.under.flush(); err != nil {
			return err
		}
	}
}
