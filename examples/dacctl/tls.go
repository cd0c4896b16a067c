// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"net"
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/certs"
)

// tlsFlags are what -tls and its certificates gather.
type tlsFlags struct {
	on     bool
	certs  certs.Options
	server string
}

func (f *tlsFlags) register(flags *flag.FlagSet) {
	flags.BoolVar(&f.on, "tls", false, "send over TLS, to port 2083, without a shared secret; it needs -cert, -key and -ca, and never falls back to UDP")
	flags.StringVar(&f.certs.Cert, "cert", "", "with -tls: the certificate in `FILE`, PEM, with those that lead to its authority")
	flags.StringVar(&f.certs.Key, "key", "", "with -tls: the private key of -cert in `FILE`")
	flags.StringVar(&f.certs.CA, "ca", "", "with -tls: the authorities of the NASes in `FILE`")
	flags.StringVar(&f.server, "server-name", "", "with -tls: the certificate of the NAS has `NAME`, a host, an address, or @realm; else the host or the address of -nas")
	flags.StringVar(&f.certs.Version, "tls-version", "", "with -tls: `1.2|1.3` alone")
	flags.StringVar(&f.certs.RADIUS, "radius", "", "with -tls: RADIUS `1.0|1.1` alone")
	flags.StringVar(&f.certs.KeyLog, "keylog", "", "with -tls: write its keys to `file`, for Wireshark: who has it reads everything")
}

// peer is p over TLS where -tls says so.
func (f *tlsFlags) peer(p dac.Peer, nas string) (dac.Peer, error) {
	if !f.on {
		if *f != (tlsFlags{}) {
			return p, errors.New("-cert, -key, -ca, -server-name, -tls-version, -radius and -keylog go with -tls")
		}
		return p, nil
	}
	if p.Secret != "" {
		return p, errors.New("-tls takes no shared secret: the certificates say who is who")
	}
	store, err := certs.Open(f.certs)
	if err != nil {
		return p, err
	}
	via, _, err := store.Config() // the file of keys is open until the program ends
	if err != nil {
		return p, err
	}
	p.Via, p.ServerName = via, f.server
	if p.ServerName == "" {
		p.ServerName = hostOf(nas)
	}
	return p, nil
}

// hostOf is the host of a NAS, where it is one: an address is the name by itself.
func hostOf(nas string) string {
	host, _, err := net.SplitHostPort(nas)
	if err != nil {
		host = nas
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return host
}
