// SPDX-License-Identifier: Apache-2.0

package cert

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"strings"
	"unicode/utf8"
)

// The extension subjectAltName of RFC 5280, section 4.2.1.6, and the name form NAIRealm in it.
var (
	oidSAN      = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidNAIRealm = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 8} // RFC 7585, section 2.2
)

// ErrRealm is a NAIRealm, or a subjectAltName around it, that cannot be read. The certificate is
// refused: what it proves is not known, and to leave one realm out could make another Peer of it.
var ErrRealm = errors.New("the certificate has a NAIRealm that is malformed")

// Realms are the NAIRealms of c, in lower case. crypto/x509 does not know this name form: it keeps
// the octets of the extension, which are read here again. They are the peer's, and anything may
// stand in them.
//
//	SubjectAltName ::= SEQUENCE OF GeneralName
//	GeneralName    ::= CHOICE { otherName [0] OtherName, ... }
//	OtherName      ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT UTF8String }
func Realms(c *x509.Certificate) (found []string, err error) {
	for _, e := range c.Extensions {
		if !e.Id.Equal(oidSAN) {
			continue
		}
		var names []asn1.RawValue
		if rest, err := asn1.Unmarshal(e.Value, &names); err != nil || len(rest) > 0 {
			return nil, ErrRealm
		}
		for _, n := range names {
			if n.Class != asn1.ClassContextSpecific || n.Tag != 0 {
				continue
			}
			realm, ok, err := otherName(n.Bytes)
			if err != nil {
				return nil, err
			}
			if ok {
				found = append(found, realm)
			}
		}
	}
	return found, nil
}

// otherName reads an OtherName of RFC 5280, section 4.2.1.6: a type, and behind an explicit tag of
// 0 its value. false: it is no NAIRealm. The value of one has to be a UTF8String (RFC 7585, section
// 2.2) and to look like a realm: one with an @, a blank, a NUL or a star inside could be taken for
// something else where it is printed, cut or compared.
func otherName(b []byte) (realm string, ok bool, err error) {
	var kind asn1.ObjectIdentifier
	rest, err := asn1.Unmarshal(b, &kind)
	if err != nil {
		return "", false, ErrRealm
	}
	if !kind.Equal(oidNAIRealm) {
		return "", false, nil
	}
	var outer, inner asn1.RawValue
	rest, err = asn1.Unmarshal(rest, &outer)
	if err != nil || len(rest) > 0 || outer.Class != asn1.ClassContextSpecific || outer.Tag != 0 {
		return "", false, ErrRealm
	}
	rest, err = asn1.Unmarshal(outer.Bytes, &inner)
	if err != nil || len(rest) > 0 || inner.Class != asn1.ClassUniversal || inner.Tag != asn1.TagUTF8String {
		return "", false, ErrRealm
	}
	realm = strings.ToLower(string(inner.Bytes))
	if realm == "" || !utf8.Valid(inner.Bytes) || strings.ContainsAny(realm, "\x00@ ") || strings.Contains(strings.TrimPrefix(realm, "*."), "*") {
		return "", false, ErrRealm
	}
	return realm, true, nil
}

// matchesRealm says whether a NAIRealm of a certificate is realm; a star stands for its whole first
// label (radiusdtls-bis, section 3.3.1), and for one label alone.
func matchesRealm(proved, realm string) bool {
	realm = strings.ToLower(realm)
	if proved == realm {
		return true
	}
	tail, star := strings.CutPrefix(proved, "*.")
	label, rest, _ := strings.Cut(realm, ".")
	return star && label != "" && rest == tail
}
