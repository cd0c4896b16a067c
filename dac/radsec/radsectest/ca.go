// SPDX-License-Identifier: Apache-2.0

package radsectest

import (
	"crypto/tls"
	"crypto/x509"

	"github.com/radius-dynauth/dynauth/dac/radsec/internal/testca"
)

// A CA is a certificate authority in memory.
type CA struct{ ca *testca.CA }

// NewCA makes an authority with a key of its own. Its certificates are good from an hour ago for a
// day.
func NewCA() *CA { return &CA{testca.NewCA()} }

// Pool has the authority's certificate.
func (c *CA) Pool() *x509.CertPool { return c.ca.Pool() }

// PEM is the authority's certificate in PEM.
func (c *CA) PEM() []byte { return c.ca.PEM() }

// Config is that of an end of RADIUS over TLS, for both directions: a certificate of names, which
// are a dNSName, an address, or "@" and a realm each, and this authority for the other end.
func (c *CA) Config(names ...string) *tls.Config { return c.ca.Config(names...) }

// Issue makes a certificate of names, for a client and for a server, after change has seen what it
// is made of.
func (c *CA) Issue(names []string, change ...func(*x509.Certificate)) tls.Certificate {
	return c.ca.Issue(names, change...)
}

// PEM are the certificate and the private key of c in PEM.
func PEM(c tls.Certificate) (cert, key []byte) { return testca.PEM(c) }
