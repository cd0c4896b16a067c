// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"errors"
	"net/netip"
	"strings"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
)

// A Certificate is what a handshake proved: the names, the issuer (RFC 2253) and the serial number
// in hexadecimal. The common name proves nothing, and is not here.
type Certificate struct {
	DNS            []string     // dNSName
	IPs            []netip.Addr // iPAddress
	Realms         []string     // NAIRealm (RFC 7585, section 2.2)
	Issuer, Serial string       // the certificate itself, whatever its names
}

// Keys calls known with each key under which c may be configured, and the name that c proves with
// it, until all are said; known reports whether the key is configured. For one dNSName a key with a
// star is said only where the exact one is not known. A name that has a star in the certificate
// itself is no one peer's, and has no key.
func (c *Certificate) Keys(known func(key, name string) bool) {
	for _, name := range c.DNS {
		// Names of hosts are the same in either case (RFC 4343), and with the dot of the root.
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		label, rest, _ := strings.Cut(name, ".")
		if label != "" && !strings.Contains(name, "*") && !known(name, name) {
			known("*."+rest, name)
		}
	}
	for _, a := range c.IPs {
		known(netio.Plain(a).String(), netio.Plain(a).String())
	}
	for _, realm := range c.Realms {
		if realm = "@" + strings.ToLower(realm); !strings.Contains(realm, "*") {
			known(realm, realm)
		}
	}
	if c.Issuer != "" && c.Serial != "" {
		key := c.Issuer + "#" + plainSerial(c.Serial)
		known(key, key)
	}
}

// plainSerial is a serial number in hexadecimal as keys have it: in lower case, without colons and
// leading zeros, which openssl and browsers print. Of an empty one it is "".
func plainSerial(s string) string {
	s = strings.ToLower(strings.ReplaceAll(s, ":", ""))
	return strings.TrimLeft(s[:max(len(s)-1, 0)], "0") + s[max(len(s)-1, 0):]
}

// PlainKey is key as Keys has it, or what is wrong with it. A key that is written otherwise would
// never be looked up, and the peer that it stands for would be refused.
func PlainKey(key string) (string, error) {
	if at := strings.LastIndexByte(key, '#'); at >= 0 {
		issuer, serial := key[:at], plainSerial(key[at+1:])
		if issuer == "" || serial == "" || strings.Trim(serial, "0123456789abcdef") != "" {
			return "", errors.New("behind an issuer and # stands the serial number in hexadecimal")
		}
		return issuer + "#" + serial, nil
	}
	if a, err := netip.ParseAddr(key); err == nil {
		return netio.Plain(a).String(), nil
	}
	name := strings.ToLower(strings.TrimSuffix(key, "."))
	host := strings.TrimPrefix(strings.TrimPrefix(name, "@"), "*.")
	switch {
	case strings.HasPrefix(name, "@*"), strings.Contains(host, "*"):
		return "", errors.New("a star stands for the whole first label of a dNSName alone")
	case host == "", strings.ContainsAny(host, "@/: \t=,"), strings.Contains("."+host+".", ".."):
		return "", errors.New("a key is a dNSName, *.dNSName, an address, @realm, or issuer#serial")
	}
	return name, nil
}
