// SPDX-License-Identifier: Apache-2.0

package cert

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
)

// ErrName is a certificate without the name that was dialled. The connection ends: the other end is
// not the one that was meant, or has a certificate that has to be renewed.
var ErrName = errors.New("the certificate is not of the name that was dialled")

// Path is the path validation of RFC 5280 from leaf by others to one of roots, for usage. It
// returns when the path ends that holds longest. roots is not nil: crypto/x509 would take the
// system's.
//
// crypto/x509 refuses a critical subjectAltName in which it knows no name. Realms reads that one,
// so it is no reason here.
func Path(leaf *x509.Certificate, others []*x509.Certificate, roots *x509.CertPool, usage x509.ExtKeyUsage, now time.Time) (expires time.Time, err error) {
	if roots == nil {
		return expires, errors.New("no authorities are given")
	}
	opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage}}
	for _, c := range others {
		opts.Intermediates.AddCert(c)
	}
	// A copy: the certificate is shared with crypto/tls, and with other handshakes where it was
	// cached.
	checked := *leaf
	checked.UnhandledCriticalExtensions = slices.DeleteFunc(slices.Clone(leaf.UnhandledCriticalExtensions), oidSAN.Equal)
	chains, err := checked.Verify(opts)
	if err != nil {
		return expires, err
	}
	// A connection may outlive the certificates that it rests on: its caller closes it at expires,
	// which is that of the weakest link of the strongest chain.
	for _, chain := range chains {
		end := chain[0].NotAfter
		for _, c := range chain {
			if c.NotAfter.Before(end) {
				end = c.NotAfter
			}
		}
		if end.After(expires) {
			expires = end
		}
	}
	return expires, nil
}

// Identity is what leaf proves, without Name, Remote and State. Names are in lower case and
// addresses of IPv4 as such, so that a Peer is found by ==. Path has verified leaf before: without
// that it proves nothing.
func Identity(leaf *x509.Certificate) (*dac.PeerIdentity, error) {
	id := &dac.PeerIdentity{Issuer: leaf.Issuer.String(), Serial: fmt.Sprintf("%x", leaf.SerialNumber)}
	for _, name := range leaf.DNSNames {
		id.DNS = append(id.DNS, strings.ToLower(name))
	}
	for _, ip := range leaf.IPAddresses {
		if a, ok := netip.AddrFromSlice(ip); ok {
			id.IPs = append(id.IPs, a.Unmap())
		}
	}
	var err error
	id.Realms, err = Realms(leaf)
	return id, err
}

// Name finds name, which was dialled, in leaf: a host, an address, or "@" and a realm (RFC 7585, by
// which servers are found by realm). A host that a star in leaf stands for is proved too, and comes
// into id: Peers then know it by the name that was dialled. The common name is not looked at (RFC
// 6614, section 2.3; RFC 9525, section 2).
//
// An address is found among the iPAddress names alone, never as a dNSName that looks like one.
func Name(leaf *x509.Certificate, id *dac.PeerIdentity, name string) error {
	if realm, ok := strings.CutPrefix(name, "@"); ok {
		if slices.ContainsFunc(id.Realms, func(proved string) bool { return matchesRealm(proved, realm) }) {
			return nil
		}
		return fmt.Errorf("%w: it has no NAIRealm %q, but %q", ErrName, realm, id.Realms)
	}
	if a, err := netip.ParseAddr(name); err == nil {
		if slices.Contains(id.IPs, a.Unmap().WithZone("")) {
			return nil
		}
		return fmt.Errorf("%w: it has no iPAddress %v, but %v, and dNSNames %q; set ServerName to one of those", ErrName, a, id.IPs, id.DNS)
	}
	host := strings.TrimSuffix(strings.ToLower(name), ".")
	if host == "" {
		return fmt.Errorf("%w: no name was given", ErrName)
	}
	if err := leaf.VerifyHostname(host); err != nil {
		return fmt.Errorf("%w: it has no dNSName %q, but %q", ErrName, host, id.DNS)
	}
	if !slices.Contains(id.DNS, host) {
		id.DNS = append([]string{host}, id.DNS...)
	}
	return nil
}
