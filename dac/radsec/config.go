// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
)

// Port is that of RADIUS over TLS (RFC 6614, section 2.1).
const Port = 2083

// A Config says how connections are made, and bounds them. TLS makes one, and only TLS does, since
// it carries what is open. One Config may serve any number of listeners, dials and Peers at once;
// its limits and counters are of all of them. The fields are not to be changed in use.
//
// A Config is a dac.Transport: a Client reaches the NASes whose Peer.Via it is.
type Config struct {
	// TLS has the certificates of this end and the authorities of the other end: ClientCAs for
	// connections that come in, RootCAs for those that go out. It is cloned for each connection,
	// and its hooks are kept: GetCertificate, GetClientCertificate and GetConfigForClient may
	// change certificates at any time, VerifyConnection may refuse one that all else has accepted,
	// and KeyLogWriter and Time work. What RADIUS demands is set over it, see the package doc.
	TLS *tls.Config
	// Roots are the authorities of the other end for each connection that is made, and for each
	// that is checked again; nil: those of TLS.
	Roots func() *x509.CertPool
	// Versions of RADIUS that are offered, by ALPN; nil is 1.1 and 1.0. One alone is required. 1.1
	// takes TLS 1.3 (RFC 9765, section 3).
	Versions []dac.Version

	MaxConns        int // established ones that came in; 0 is 10,000
	MaxConnsPerPeer int // 0 is 16
	// MaxHandshakes is how many handshakes of connections that came in run at once, and an eighth
	// of it how many from one address; 0 is 256. Further connections wait, and their time does not
	// run.
	MaxHandshakes    int
	HandshakeTimeout time.Duration // 0 is 5 s
	IdleTimeout      time.Duration // without a packet either way; 0 is none
	// Watchdog is how long the end that dialled waits for a packet before it sends a Status-Server
	// (Tw of RFC 3539, section 3.4.1, with a jitter of 2 s); 0 is 30 s, 15 s with DialAndServe, 6 s
	// the least. Two without an answer end the connection.
	Watchdog time.Duration
	MaxAge   time.Duration // of a connection that this end dialled, until another takes over; 0 is 24 h
	MaxLen   int           // octets of a packet; 0 is 4,096, 65,535 the most (RFC 7930, section 2)
	// RecheckEvery is the time between two calls of Recheck; 0 is a minute, below zero is none. The
	// end of a certificate is noticed without.
	RecheckEvery time.Duration

	// Dial opens the connection below TLS; nil is that of a net.Dialer.
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Logger *slog.Logger // nil: silent

	state
}

// TLS returns a Config for the certificates of cfg. It may be called with one cfg several times.
func TLS(cfg *tls.Config) *Config { return &Config{TLS: cfg} }

const (
	defaultMaxConns         = 10_000
	defaultMaxConnsPerPeer  = 16
	defaultMaxHandshakes    = 256
	addressShare            = 8 // of MaxHandshakes, for one address
	defaultHandshakeTimeout = 5 * time.Second
	defaultRecheck          = time.Minute
	reverseWatchdog         = 15 * time.Second // draft-ietf-radext-reverse-coa, section 5
	leastBackoff            = 500 * time.Millisecond
	mostBackoff             = 40 * time.Second // and half of it as jitter: 60 s
)

func (c *Config) maxConns() int        { return cmp.Or(c.MaxConns, defaultMaxConns) }
func (c *Config) maxConnsPerPeer() int { return cmp.Or(c.MaxConnsPerPeer, defaultMaxConnsPerPeer) }
func (c *Config) maxHandshakes() int   { return cmp.Or(c.MaxHandshakes, defaultMaxHandshakes) }
func (c *Config) handshakeTimeout() time.Duration {
	return cmp.Or(c.HandshakeTimeout, defaultHandshakeTimeout)
}
func (c *Config) now() time.Time {
	if c.TLS.Time != nil {
		return c.TLS.Time()
	}
	return time.Now()
}
func (c *Config) log() *slog.Logger {
	if c.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Logger
}
func (c *Config) offers(v dac.Version) bool {
	if v == dac.RADIUS11 && c.TLS.MaxVersion != 0 && c.TLS.MaxVersion < tls.VersionTLS13 {
		return false
	}
	return c.Versions == nil || slices.Contains(c.Versions, v)
}

// roots are the authorities of the other end.
func (c *Config) roots(of *tls.Config, client bool) *x509.CertPool {
	switch {
	case c.Roots != nil:
		return c.Roots()
	case client:
		return of.RootCAs
	}
	return of.ClientCAs
}

// Format prints the exported fields under every verb, of TLS that there is one: private keys are in
// it.
func (c *Config) Format(f fmt.State, verb rune) { show.Exported(f, verb, c) }

// check says what is wrong with c for connections of one direction.
func (c *Config) check(client bool) error {
	if c == nil || c.TLS == nil {
		return errors.New("radsec: Config.TLS is nil: make the Config with radsec.TLS and a tls.Config that has certificates")
	}
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("radsec: "+format, args...)) }
	t := c.TLS
	switch {
	case client && len(t.Certificates) == 0 && t.GetClientCertificate == nil:
		fault("Config.TLS has no certificate: set Certificates or GetClientCertificate; RADIUS over TLS authenticates both ends")
	case !client && len(t.Certificates) == 0 && t.GetCertificate == nil && t.GetConfigForClient == nil:
		fault("Config.TLS has no certificate: set Certificates or GetCertificate")
	}
	switch {
	case c.Roots != nil:
	case client && t.RootCAs == nil:
		fault("Config.TLS.RootCAs is nil: name the authorities of the other end; those of the system are not taken unasked")
	case !client && t.ClientCAs == nil && t.GetConfigForClient == nil:
		fault("Config.TLS.ClientCAs is nil: name the authorities of those who may connect")
	}
	if t.MaxVersion != 0 && t.MaxVersion < tls.VersionTLS12 {
		fault("Config.TLS.MaxVersion is below TLS 1.2, which is the least (RFC 9325)")
	}
	if c.Versions != nil && !c.offers(dac.RADIUS10) && !c.offers(dac.RADIUS11) {
		fault("Config.Versions offers nothing: RADIUS/1.1 takes TLS 1.3, which Config.TLS.MaxVersion excludes, or the list is empty")
	}
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"MaxConns", int64(c.MaxConns)}, {"MaxConnsPerPeer", int64(c.MaxConnsPerPeer)}, {"MaxHandshakes", int64(c.MaxHandshakes)},
		{"HandshakeTimeout", int64(c.HandshakeTimeout)}, {"IdleTimeout", int64(c.IdleTimeout)}, {"MaxAge", int64(c.MaxAge)}, {"MaxLen", int64(c.MaxLen)},
		{"Watchdog", int64(c.Watchdog)},
	} {
		if n.value < 0 {
			fault("Config.%s is negative: leave it zero for its default", n.name)
		}
	}
	return errors.Join(errs...)
}
