// SPDX-License-Identifier: Apache-2.0

package certs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/radius-dynauth/dynauth/dac"
)

// A Section is the object "tls" of a configuration file.
type Section struct {
	Cert      string   `json:"cert"`
	Key       string   `json:"key"`
	CA        string   `json:"ca"`
	Version   string   `json:"version"`    // of TLS: "1.2" or "1.3" alone; "": 1.2 at least
	RADIUS    string   `json:"radius"`     // "1.0" or "1.1" alone; "": both are offered
	Listen    []string `json:"listen"`     // for clients that connect
	ListenNAS []string `json:"listen_nas"` // for NASes that connect, and are asked down that connection

	contents *Contents
}

// What a peer over TLS may not have, and what it needs.
var (
	ErrSecret = errors.New(`over TLS the secret is "radsec" for every peer (RFC 6614, section 2.3), and the certificate authenticates: leave the secret out`)
	ErrNoTLS  = errors.New("a peer over TLS needs tls with cert, key and ca")
)

// Check reads the files and says what is wrong, and with which field.
func (s *Section) Check(note func(field string, err error)) {
	var field string
	var err error
	if s.contents, field, err = (Files{s.Cert, s.Key, s.CA}).Read(); err != nil {
		note(field, fmt.Errorf("tls: %w", err))
	}
	if s.Version != "" && s.Version != "1.2" && s.Version != "1.3" {
		note("version", fmt.Errorf(`tls: version %q: "1.2" or "1.3"; without it both`, s.Version))
	}
	if s.RADIUS != "" && s.RADIUS != "1.0" && s.RADIUS != "1.1" {
		note("radius", fmt.Errorf(`tls: radius %q: "1.0" or "1.1"; without it both`, s.RADIUS))
	}
	if s.Version == "1.2" && s.RADIUS == "1.1" {
		note("radius", errors.New(`tls: radius "1.1" takes TLS 1.3 (RFC 9765, section 3): leave version out, or write "1.3"`))
	}
	for name, all := range map[string][]string{"listen": s.Listen, "listen_nas": s.ListenNAS} {
		for i, addr := range all {
			if _, _, err := net.SplitHostPort(addr); err != nil {
				note(fmt.Sprintf("%s[%d]", name, i), fmt.Errorf("tls: %s %q: give ADDRESS:PORT", name, addr))
			}
		}
	}
}

// CheckName says what is wrong with p as the peer whose certificate has name.
func CheckName(name string, p dac.Peer) error {
	nothing := dac.HandlerFunc(func(context.Context, *dac.Request) (*dac.Response, error) { return nil, dac.ErrDiscard })
	return (&dac.Server{Peers: dac.CertPeers{name: p}, Handler: nothing}).Check()
}

// Names has what is configured for certificates, by the names that dac.CertPeers knows.
type Names[T any] map[string]T

// Star reports whether name stands for many certificates.
func Star(name string) bool { return strings.HasPrefix(name, "*.") }

// Find returns what is there for a name that a certificate proved: its own, or that of the star
// that it is below.
func (n Names[T]) Find(name string) (found T, ok bool) {
	name = strings.ToLower(name)
	if found, ok = n[name]; ok {
		return found, true
	}
	if _, domain, below := strings.Cut(name, "."); below && !strings.ContainsAny(name, "@#=:") { // a dNSName
		found, ok = n["*."+domain]
	}
	return found, ok
}

// Set has v for name.
func (n Names[T]) Set(name string, v T) { n[strings.ToLower(name)] = v }
