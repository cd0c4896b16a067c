// SPDX-License-Identifier: Apache-2.0

package cert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// san is a critical subjectAltName with one NAIRealm.
func san(t *testing.T, realm string, tag int) pkix.Extension {
	marshal := func(v any) []byte {
		b, err := asn1.Marshal(v)
		require.NoError(t, err)
		return b
	}
	tagged := func(b []byte) asn1.RawValue {
		return asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: b}
	}
	text := marshal(asn1.RawValue{Tag: tag, Bytes: []byte(realm)})
	name := append(marshal(oidNAIRealm), marshal(tagged(text))...)
	return pkix.Extension{Id: oidSAN, Critical: true, Value: marshal([]asn1.RawValue{tagged(name)})}
}

func issue(t *testing.T, change func(*x509.Certificate)) (leaf *x509.Certificate, roots *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	make := func(template, parent *x509.Certificate) *x509.Certificate {
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), key)
		require.NoError(t, err)
		c, err := x509.ParseCertificate(der)
		require.NoError(t, err)
		return c
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour)}
	ca = make(ca, ca)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x1f2e), NotAfter: time.Now().Add(time.Minute), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	change(template)
	roots = x509.NewCertPool()
	roots.AddCert(ca)
	return make(template, ca), roots
}

func TestCriticalSubjectAltNameOfANAIRealmAlone(t *testing.T) {
	leaf, roots := issue(t, func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{san(t, "Example.NET", asn1.TagUTF8String)}
	})
	expires, err := Path(leaf, nil, roots, x509.ExtKeyUsageServerAuth, time.Now())
	require.NoError(t, err)
	require.Equal(t, leaf.NotAfter, expires)
	id, err := Identity(leaf)
	require.NoError(t, err)
	require.Equal(t, []string{"example.net"}, id.Realms)
	require.Equal(t, "CN=CA", id.Issuer)
	require.Equal(t, "1f2e", id.Serial)
	require.NoError(t, Name(leaf, id, "@example.net"))
	require.ErrorIs(t, Name(leaf, id, "@example.org"), ErrName)
	require.ErrorIs(t, Name(leaf, id, "example.net"), ErrName)
	require.ErrorIs(t, Name(leaf, id, ""), ErrName)

	_, err = Path(leaf, nil, roots, x509.ExtKeyUsageClientAuth, time.Now())
	require.Error(t, err)
	_, err = Path(leaf, nil, roots, x509.ExtKeyUsageServerAuth, time.Now().Add(2*time.Minute))
	require.Error(t, err)
	_, err = Path(leaf, nil, nil, x509.ExtKeyUsageServerAuth, time.Now())
	require.Error(t, err)
}

func TestMalformedNAIRealmIsRefused(t *testing.T) {
	for _, c := range []struct {
		realm string
		tag   int
	}{{"", asn1.TagUTF8String}, {"a b", asn1.TagUTF8String}, {"a.*.b", asn1.TagUTF8String}, {"\xff", asn1.TagUTF8String}, {"example.net", asn1.TagIA5String}} {
		leaf, _ := issue(t, func(x *x509.Certificate) { x.ExtraExtensions = []pkix.Extension{san(t, c.realm, c.tag)} })
		_, err := Identity(leaf)
		require.ErrorIs(t, err, ErrRealm, "%q", c.realm)
	}
}

func TestNamesOfHostsAndAddresses(t *testing.T) {
	leaf, _ := issue(t, func(c *x509.Certificate) {
		c.Subject.CommonName = "common.example.net"
		c.DNSNames, c.IPAddresses = []string{"*.NAS.example.net"}, []net.IP{net.IPv4(192, 0, 2, 1)}
	})
	id, err := Identity(leaf)
	require.NoError(t, err)
	require.NoError(t, Name(leaf, id, "bng.nas.example.net."))
	require.Contains(t, id.DNS, "bng.nas.example.net")
	require.NoError(t, Name(leaf, id, "192.0.2.1"))
	require.NoError(t, Name(leaf, id, "::ffff:192.0.2.1"))
	require.ErrorIs(t, Name(leaf, id, "192.0.2.2"), ErrName)
	require.ErrorIs(t, Name(leaf, id, "common.example.net"), ErrName)
}

func FuzzRealms(f *testing.F) {
	f.Add([]byte{0x30, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		realms, err := Realms(&x509.Certificate{Extensions: []pkix.Extension{{Id: oidSAN, Value: b}}})
		for _, r := range realms {
			require.NotEmpty(t, r)
		}
		if err != nil {
			require.ErrorIs(t, err, ErrRealm)
		}
	})
}
