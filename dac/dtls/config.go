// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
)

// Port is that of RADIUS over DTLS (RFC 7360, section 2.2.1).
const Port = 2083

// secret signs and hides in every packet: DTLS keeps the secrets (RFC 7360, section 2.1).
const secret = "radius/dtls"

// A Config says how sessions are made, and bounds them. One Config may serve any number of
// listeners, dials and Peers at once; its limits and counters are of all of them. The fields are
// not to be changed in use.
//
// A Config is a dac.Transport: a Client reaches the NASes whose Peer.Via it is.
type Config struct {
	// Certificate returns the certificate of this end for each handshake, so that it can change;
	// nil: this end has none, and proves itself by a key.
	Certificate func() (*tls.Certificate, error)
	// Roots returns the authorities of the other end for each handshake and each Recheck; nil: only
	// keys prove another end.
	Roots func() *x509.CertPool

	// Identity and Key prove this end where it dials, and the other end to it; "": certificates do.
	// An Identity is of one direction and not among Keys (RFC 9813, section 5.1).
	Identity string
	Key      Key
	Keys     Keys // of peers that open sessions; nil: certificates prove them

	// ServerName is what the certificate of a dialled end must have: a dNSName, an iPAddress, "@"
	// and a realm; "" is the host that is dialled. A Peer's ServerName goes before it.
	ServerName string

	MaxSessions        int // established ones that came in; 0 is 10,000. One more is refused
	MaxSessionsPerPeer int // 0 is 16. One more ends the one that was silent the longest
	// MaxHandshakes is how many handshakes of sessions that come in may be under way, and as many
	// more that have not proved their address yet; an eighth of it from one address. 0 is 256.
	MaxHandshakes    int
	HandshakeTimeout time.Duration // 0 is 10 s
	// IdleTimeout ends a session that came in and by which no packet comes, not even a
	// Status-Server, and one that Clients opened and do not use: 60 s to 600 s; 0 is 600 s.
	IdleTimeout time.Duration
	// Watchdog is how long the end that dialled waits for a packet before it sends a Status-Server
	// (Tw of RFC 3539, section 3.4.1, with a jitter of 2 s); 0 is 30 s, 15 s with DialAndServe, 6 s
	// the least.
	Watchdog time.Duration
	// RecheckEvery is the time between two calls of Recheck; 0 is a minute.
	RecheckEvery time.Duration

	// Dial opens the way below DTLS, of which each Read and each Write is one datagram; nil is UDP.
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	KeyLog io.Writer    // gets the keys of sessions in the form of SSLKEYLOGFILE; nil: none
	Logger *slog.Logger // nil: silent

	state
}

// Certificates returns a Config whose ends prove themselves by certificates: cert is of this end,
// roots are the authorities of the other.
func Certificates(cert tls.Certificate, roots *x509.CertPool) *Config {
	return &Config{
		Certificate: func() (*tls.Certificate, error) { return &cert, nil },
		Roots:       func() *x509.CertPool { return roots },
	}
}

const (
	defaultMaxSessions        = 10_000
	defaultMaxSessionsPerPeer = 16
	defaultMaxHandshakes      = 256
	addressShare              = 8 // of MaxHandshakes, for one address
	defaultHandshakeTimeout   = 10 * time.Second
	leastIdle, mostIdle       = time.Minute, 10 * time.Minute // RFC 7360, section 5.1.1
	defaultRecheck            = time.Minute
	reverseWatchdog           = 15 * time.Second // draft-ietf-radext-reverse-coa, section 5
)

func (c *Config) maxSessions() int { return cmp.Or(c.MaxSessions, defaultMaxSessions) }
func (c *Config) maxSessionsPerPeer() int {
	return cmp.Or(c.MaxSessionsPerPeer, defaultMaxSessionsPerPeer)
}
func (c *Config) maxHandshakes() int { return cmp.Or(c.MaxHandshakes, defaultMaxHandshakes) }
func (c *Config) idleTimeout() time.Duration {
	return cmp.Or(c.IdleTimeout, mostIdle)
}
func (c *Config) handshakeTimeout() time.Duration {
	return cmp.Or(c.HandshakeTimeout, defaultHandshakeTimeout)
}
func (c *Config) log() *slog.Logger {
	if c.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Logger
}

// Format prints the exported fields, with keys as "[key]", under every verb.
func (c *Config) Format(f fmt.State, verb rune) { show.Exported(f, verb, c) }

// check says what is wrong with c for sessions of one direction.
func (c *Config) check(client bool) error {
	if c == nil {
		return errors.New("dtls: the Config is nil: make one with dtls.Certificates, or with keys")
	}
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("dtls: "+format, args...)) }
	switch byKey := c.Key != "" || c.Identity != ""; {
	case client && byKey:
		errs = append(errs, checkIdentity(c.Identity), c.Key.check())
	case !client && c.Keys != nil:
	case c.Certificate == nil:
		fault("Config.Certificate is nil and there is no key: both ends of a session prove who they are")
	}
	if !client && c.Keys == nil || client && c.Key == "" || c.Certificate != nil && !client {
		if c.Roots == nil {
			fault("Config.Roots is nil: name the authorities of the other end; those of the system are not taken unasked")
		}
	}
	if checked, ok := c.Keys.(interface{ check() error }); ok {
		errs = append(errs, checked.check())
	}
	if c.Keys != nil && c.Identity != "" {
		if _, err := c.Keys.Key(context.Background(), c.Identity); err == nil {
			fault("Config.Identity %q is among Config.Keys: an identity is of one direction (RFC 9813, section 5.1)", c.Identity)
		}
	}
	if c.IdleTimeout != 0 && (c.IdleTimeout < leastIdle || c.IdleTimeout > mostIdle) {
		fault("Config.IdleTimeout is %v: %v to %v are good (RFC 7360, section 5.1.1)", c.IdleTimeout, leastIdle, mostIdle)
	}
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"MaxSessions", int64(c.MaxSessions)}, {"MaxSessionsPerPeer", int64(c.MaxSessionsPerPeer)}, {"MaxHandshakes", int64(c.MaxHandshakes)},
		{"HandshakeTimeout", int64(c.HandshakeTimeout)}, {"Watchdog", int64(c.Watchdog)}, {"RecheckEvery", int64(c.RecheckEvery)},
	} {
		if n.value < 0 {
			fault("Config.%s is negative: leave it zero for its default", n.name)
		}
	}
	return errors.Join(errs...)
}

// The suites, the best first: forward secrecy in all, and AEAD but for the last (RFC 9325, section
// 4.2; RFC 9813, section 4.4).
var (
	certificateSuites = []dtls.CipherSuiteID{
		dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		dtls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, dtls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
	keySuites = []dtls.CipherSuiteID{
		dtls.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, dtls.TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256,
	}
)

var _ dac.Transport = (*Config)(nil)
