// SPDX-License-Identifier: Apache-2.0

// Package testca makes certificates in memory, for tests and for package radsectest.
package testca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"time"
)

// A CA is a certificate authority in memory.
type CA struct {
	Cert *x509.Certificate
	key  crypto.Signer
}

// NewCA makes an authority with a key of its own. Its certificates are good from an hour ago for a
// day.
func NewCA() *CA {
	key := newKey()
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: "RadSec test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	return &CA{must(x509.ParseCertificate(der)), key}
}

// Pool has the authority's certificate.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	return pool
}

// PEM is the authority's certificate in PEM.
func (ca *CA) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Cert.Raw})
}

// Config is that of an end of RADIUS over TLS, for both directions: a certificate of names, which
// are a dNSName, an address, or "@" and a realm each, and this authority for the other end.
func (ca *CA) Config(names ...string) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{ca.Issue(names)}, RootCAs: ca.Pool(), ClientCAs: ca.Pool()}
}

// Issue makes a certificate of names, for a client and for a server, after change has seen what it
// is made of.
func (ca *CA) Issue(names []string, change ...func(*x509.Certificate)) tls.Certificate {
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: "RadSec test end"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	var realms []string
	for _, name := range names {
		if realm, ok := strings.CutPrefix(name, "@"); ok {
			realms = append(realms, realm)
		} else if a, err := netip.ParseAddr(name); err == nil {
			template.IPAddresses = append(template.IPAddresses, net.IP(a.AsSlice()))
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	if len(realms) > 0 {
		template.ExtraExtensions = append(template.ExtraExtensions, SAN(template.DNSNames, template.IPAddresses, realms))
	}
	for _, f := range change {
		f(template)
	}
	key := newKey()
	der := must(x509.CreateCertificate(rand.Reader, template, ca.Cert, key.Public(), ca.key))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: must(x509.ParseCertificate(der))}
}

// PEM are the certificate and the private key of c in PEM.
func PEM(c tls.Certificate) (cert, key []byte) {
	for _, der := range c.Certificate {
		cert = append(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	der := must(x509.MarshalPKCS8PrivateKey(c.PrivateKey))
	return cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// SAN is a subjectAltName with realms (RFC 7585, section 2.2), which crypto/x509 cannot write. It
// is critical, as it has to be where the subject is empty.
func SAN(dns []string, ips []net.IP, realms []string) pkix.Extension {
	tagged := func(tag int, compound bool, b []byte) asn1.RawValue {
		return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: compound, Bytes: b}
	}
	var names []asn1.RawValue
	for _, realm := range realms {
		id := must(asn1.Marshal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 8}))
		text := must(asn1.Marshal(asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(realm)}))
		names = append(names, tagged(0, true, append(id, must(asn1.Marshal(tagged(0, true, text)))...)))
	}
	for _, name := range dns {
		names = append(names, tagged(2, false, []byte(name)))
	}
	for _, ip := range ips {
		names = append(names, tagged(7, false, ip))
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Critical: true, Value: must(asn1.Marshal(names))}
}

func newKey() crypto.Signer { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

func newSerial() *big.Int { return must(rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
