// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/cert"
	"github.com/radius-dynauth/dynauth/dac/internal/mux"
)

// A State is the PeerIdentity.State of a session.
type State struct {
	PSK          bool                // a key proved the other end, which has no certificate
	CipherSuite  string              // by its name of IANA
	Certificates []*x509.Certificate // of the other end, its own first
}

// A party is what a handshake knows and finds out about the other end.
type party struct {
	cfg    *Config
	client bool   // this end dials
	name   string // that the other end must prove: a host, an address, @realm; client only
	peers  dac.IdentityPeers
	remote netip.AddrPort
	own    []byte // the certificate of this end

	// What was found out.
	identity string // of a key
	psk      Key
	found    verdict
}

// A verdict is what became of a party.
type verdict struct {
	id      *dac.PeerIdentity
	peer    dac.Peer
	expires time.Time // of the certificate on the path that expires first; zero: never
}

// Why a handshake is refused, for counters.
var (
	errNoCertificate = errors.New("dtls: the other end has sent no certificate")
	errOwn           = errors.New("dtls: the other end has the certificate of this end: a connection to itself, or a mirror")
	errHost          = errors.New("dtls: Peers, or a hook of the Config, has failed")
	errRoots         = errors.New("dtls: no authorities are configured: Config.Roots is nil or has returned none")
	errSuite         = errors.New("dtls: a cipher suite of another kind than was configured")
	errSessions      = errors.New("dtls: more sessions than Config.MaxSessions")
	errHandshakes    = errors.New("dtls: more handshakes than Config.MaxHandshakes")
)

// options are those of a handshake: both ends authenticated, by verify, and nothing resumed.
func (p *party) options(ctx context.Context) []dtls.Option {
	o := []dtls.Option{
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithInsecureSkipVerify(true), // verify does it
		dtls.WithLoggerFactory(quiet{}),
		dtls.WithVerifyConnection(func(s *dtls.State) (err error) {
			p.found, err = p.verify(ctx, s)
			return err
		}),
	}
	if w := p.cfg.KeyLog; w != nil {
		o = append(o, dtls.WithKeyLogWriter(w))
	}
	return o
}

// clientOptions and serverOptions are those of one direction.
func (p *party) clientOptions(ctx context.Context) (o []dtls.ClientOption, err error) {
	for _, one := range p.options(ctx) {
		o = append(o, one)
	}
	c := p.cfg
	if c.Key != "" {
		return append(o, dtls.WithCipherSuites(keySuites...), dtls.WithPSKIdentityHint([]byte(c.Identity)),
			dtls.WithPSK(func([]byte) ([]byte, error) { return []byte(c.Key), nil })), nil
	}
	if _, err := netip.ParseAddr(p.name); err != nil && p.name[:min(1, len(p.name))] != "@" {
		o = append(o, dtls.WithServerName(p.name))
	}
	own, err := p.certificate(ctx)
	if err != nil {
		return nil, err
	}
	return append(o, dtls.WithCipherSuites(certificateSuites...), dtls.WithCertificates(*own)), nil
}

func (p *party) serverOptions(ctx context.Context) (o []dtls.ServerOption) {
	for _, one := range p.options(ctx) {
		o = append(o, one)
	}
	var suites []dtls.CipherSuiteID
	if p.cfg.Certificate != nil {
		suites = append(suites, certificateSuites...)
		o = append(o, dtls.WithClientAuth(dtls.RequireAnyClientCert), // verify does the rest
			dtls.WithGetCertificate(func(*dtls.ClientHelloInfo) (*tls.Certificate, error) { return p.certificate(ctx) }))
	}
	if p.cfg.Keys != nil {
		suites = append(suites, keySuites...)
		o = append(o, dtls.WithPSK(func(identity []byte) ([]byte, error) { return p.key(ctx, string(identity)), nil }))
	}
	return append(o, dtls.WithCipherSuites(suites...))
}

// certificate is that of this end. As a server it asks for it only when the client has proved its
// address.
func (p *party) certificate(ctx context.Context) (*tls.Certificate, error) {
	own, err := guarded(ctx, p.cfg.Certificate)
	if err != nil {
		return nil, err
	}
	if own == nil || len(own.Certificate) == 0 {
		return nil, errors.New("dtls: Config.Certificate has returned none")
	}
	p.own = own.Certificate[0]
	return own, nil
}

// key is that of an identity. An identity without a key gets a random one, so that the other end
// cannot find out which there are: its handshake fails as with a wrong key.
func (p *party) key(ctx context.Context, identity string) []byte {
	if checkIdentity(identity) == nil {
		k, err := guarded(ctx, func() (Key, error) { return p.cfg.Keys.Key(ctx, identity) })
		if err == nil && k.check() == nil {
			p.psk = k
			return []byte(k)
		}
		if err == nil {
			p.cfg.log().Warn("dtls: Config.Keys has returned a key that is too short", "identity", identity)
		}
	}
	b := make([]byte, 2*leastKey)
	rand.Read(b)
	return b
}

func (p *party) roots() *x509.CertPool {
	if p.cfg.Roots == nil {
		return nil
	}
	roots, _ := guarded(context.Background(), func() (*x509.CertPool, error) { return p.cfg.Roots(), nil })
	return roots
}

// verify decides about the other end. It runs at the end of each handshake, when the other end has
// shown that it has its private key, or the key of its identity.
func (p *party) verify(ctx context.Context, s *dtls.State) (found verdict, err error) {
	state := &State{CipherSuite: suiteName(s.CipherSuiteID)}
	state.PSK = slices.Contains(keySuites, s.CipherSuiteID)
	if state.PSK {
		identity := string(s.IdentityHint)
		if p.client {
			identity = p.cfg.Identity
		}
		if err := checkIdentity(identity); err != nil {
			return found, err
		}
		p.identity = identity
		return p.identify(ctx, verdict{id: &dac.PeerIdentity{Name: identity, Remote: p.remote, State: state}})
	}
	if p.client && p.cfg.Key != "" || !slices.Contains(certificateSuites, s.CipherSuiteID) {
		return found, errSuite
	}
	for _, der := range s.PeerCertificates {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return found, fmt.Errorf("dtls: certificate: %w", err)
		}
		state.Certificates = append(state.Certificates, c)
	}
	return p.verifyCertificate(ctx, state)
}

// verifyCertificate decides about the other end by its certificate. It runs for each Recheck too.
func (p *party) verifyCertificate(ctx context.Context, s *State) (found verdict, err error) {
	if len(s.Certificates) == 0 {
		return found, errNoCertificate
	}
	leaf := s.Certificates[0]
	if bytes.Equal(p.own, leaf.Raw) {
		return found, errOwn
	}
	roots := p.roots()
	if roots == nil {
		return found, errRoots
	}
	usage := x509.ExtKeyUsageClientAuth
	if p.client {
		usage = x509.ExtKeyUsageServerAuth
	}
	if found.expires, err = cert.Path(leaf, s.Certificates[1:], roots, usage, time.Now()); err != nil {
		return found, fmt.Errorf("dtls: certificate: %w", err)
	}
	if found.id, err = cert.Identity(leaf); err != nil {
		return found, fmt.Errorf("dtls: %w", err)
	}
	if p.client {
		if err := cert.Name(leaf, found.id, p.name); err != nil {
			return found, fmt.Errorf("dtls: %w", err)
		}
	}
	found.id.Remote, found.id.State = p.remote, s
	return p.identify(ctx, found)
}

// who is the name that the sessions of one peer are counted by.
func (p *party) who() string { return cmp.Or(p.found.peer.Name, p.found.id.Name) }

// identify asks Peers who the other end is, where there are any.
func (p *party) identify(ctx context.Context, found verdict) (verdict, error) {
	if p.peers != nil {
		asked := *found.id // the host may keep it, or change it
		peer, err := guarded(ctx, func() (dac.Peer, error) { return p.peers.Identify(ctx, &asked) })
		if err != nil {
			return found, err
		}
		if found.peer = peer; p.identity == "" {
			found.id.Name = peer.Name
		}
	}
	if found.id.Name == "" {
		found.id.Name = p.name
	}
	return found, nil
}

// guarded calls f, which is the host's: one that panics, that ends its goroutine or that hangs is
// an error.
func guarded[T any](ctx context.Context, f func() (T, error)) (T, error) {
	return mux.Guarded(ctx, errHost, f)
}

// suiteName is the name of a suite as IANA has it; pion/dtls has hyphens in some.
func suiteName(id dtls.CipherSuiteID) string {
	return strings.ReplaceAll(dtls.CipherSuiteName(id), "-", "_")
}

var errKey = errors.New("dtls: the key of this identity is another one")

// recheckKey decides about the other end of a session that a key proved.
func (p *party) recheckKey(ctx context.Context) (verdict, error) {
	id := *p.found.id
	id.Name = p.identity
	found := verdict{id: &id}
	if !p.client {
		k, err := guarded(ctx, func() (Key, error) { return p.cfg.Keys.Key(ctx, p.identity) })
		if err != nil {
			return found, err
		}
		if k != p.psk {
			return verdict{}, errKey
		}
	}
	return p.identify(ctx, found)
}
