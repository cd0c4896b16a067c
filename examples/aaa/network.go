// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/examples/internal/certs"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
	"github.com/radius-dynauth/dynauth/examples/internal/strictjson"
)

// A network is who is asked, who reports and who may ask: what a reload reads anew.
type network struct {
	nases, relays dac.PeerMap
	ports         map[netip.Prefix]uint16  // of nases, where it is not that of the transport
	connect       certs.Names[connecting]  // NASes that connect over TLS, by their certificates
	certificates  dac.CertPeers            // of connect: a permission that changes closes no connection
	tls           *certs.Section           // nil: there is none
	at            func(path string) string // where that stands in the file
	via           *route.Realms
	home          route.Home
	token         dac.Secret // "": none is asked for
}

// A connecting is an entry for NASes that connect: they are asked down that connection.
type connecting struct{ denyCoA, denyDisconnect bool }

// A file is what -config names; the package doc says what the fields mean.
type file struct {
	NASes  []entry        `json:"nases"`
	Relays []entry        `json:"relays"`
	Via    []way          `json:"via"`
	Realms []string       `json:"realms"`
	TLS    *certs.Section `json:"tls"`
}

type entry struct {
	Prefix      string   `json:"prefix"`
	Certificate string   `json:"certificate"` // of a NAS that connects over TLS, in place of Prefix
	Name        string   `json:"name"`
	Secret      string   `json:"secret"`
	SecretFile  string   `json:"secret_file"`
	SecretEnv   string   `json:"secret_env"`
	Deny        []string `json:"deny"`
	TLS         bool     `json:"tls"`
	ServerName  string   `json:"server_name"`
	Port        uint16   `json:"port"`
}

type way struct {
	Realm   string `json:"realm"`
	Address string `json:"address"`
}

// read makes a network of the command line and of the files that it names, as they stand.
func (o *options) read() (*network, error) {
	n := &network{
		nases: dac.PeerMap{}, relays: dac.PeerMap{}, ports: map[netip.Prefix]uint16{}, connect: certs.Names[connecting]{}, certificates: dac.CertPeers{},
		via: &route.Realms{}, home: route.Home{Realms: slices.Clone(o.realmTexts)},
	}
	err := errors.Join(peers(n.nases, "nas", o.nasTexts), peers(n.relays, "relay", o.relayTexts), n.ways(o.viaTexts), n.readToken(o.tokenFile), n.readFile(o.file))
	if err == nil && len(n.nases)+len(n.connect) == 0 {
		err = errors.New("who is to be asked? give -nas, or nases in -config")
	}
	return n, err
}

func (n *network) readFile(name string) error {
	if name == "" {
		return nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var f file
	at, err := strictjson.Read(b, &f)
	if err != nil {
		return fmt.Errorf("%s:%w", name, err)
	}
	n.at = func(path string) string { return fmt.Sprintf("%s:%v", name, at.At(path)) }
	var errs []error
	note := func(path string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", n.at(path), err))
		}
	}
	n.readTLS(f.TLS, note)
	for i, one := range f.NASes {
		note(fmt.Sprintf("nases[%d]", i), one.addNAS(n))
	}
	for i, one := range f.Relays {
		note(fmt.Sprintf("relays[%d]", i), one.addRelay(n))
	}
	for i, w := range f.Via {
		note(fmt.Sprintf("via[%d]", i), n.way(w.Realm, w.Address))
	}
	if n.tls != nil && len(n.tls.ListenNAS) > 0 && len(n.connect) == 0 {
		note("tls.listen_nas", errors.New("tls: listen_nas is for nases with a certificate, and there is none: nothing could connect"))
	}
	n.home.Realms = append(n.home.Realms, f.Realms...)
	return errors.Join(errs...)
}

func (n *network) readTLS(s *certs.Section, note func(path string, err error)) {
	if n.tls = s; s == nil {
		return
	}
	s.Check(func(field string, err error) { note("tls."+field, err) })
	if len(s.Listen) > 0 {
		note("tls.listen", errors.New("tls: listen is for clients, and none send to this program: NASes connect to listen_nas"))
	}
}

// addNAS puts e among those who are asked. Its errors do not repeat a secret.
func (e *entry) addNAS(n *network) error {
	if e.Certificate != "" {
		return e.addConnecting(n)
	}
	prefix, err := e.add(n.nases, e.TLS)
	switch {
	case err != nil:
		return err
	case e.TLS && n.tls == nil:
		return certs.ErrNoTLS
	case !e.TLS && e.ServerName != "":
		return errors.New("server_name goes with \"tls\": true")
	case e.Port != 0:
		n.ports[prefix] = e.Port
	case e.TLS:
		n.ports[prefix] = radsec.Port
	}
	return nil
}

// addConnecting puts e among the NASes that connect.
func (e *entry) addConnecting(n *network) error {
	secret, err := command.Secret(dac.Secret(e.Secret), e.SecretFile, e.SecretEnv)
	_, twice := n.connect[strings.ToLower(e.Certificate)]
	switch {
	case err != nil:
		return err
	case secret != "":
		return certs.ErrSecret
	case e.Prefix != "" || e.TLS || e.ServerName != "" || e.Port != 0:
		return errors.New("certificate is for NASes that connect here; prefix, tls, server_name and port are for those that are asked at their address: an entry is one of them")
	case e.Name != "":
		return errors.New("name is for a prefix: a NAS that connects is called as its certificate says")
	case n.tls == nil || len(n.tls.ListenNAS) == 0:
		return errors.New("it connects over TLS: tls has a listen_nas for it, beside cert, key and ca")
	case twice:
		return fmt.Errorf("certificate %q is there twice", e.Certificate)
	}
	if err := e.checkDeny(); err != nil {
		return err
	}
	n.connect.Set(e.Certificate, connecting{slices.Contains(e.Deny, "coa"), slices.Contains(e.Deny, "disconnect")})
	n.certificates[e.Certificate] = dac.Peer{ReverseCoA: true}
	return certs.CheckName(e.Certificate, dac.Peer{})
}

// addRelay puts e among those who report of NASes.
func (e *entry) addRelay(n *network) error {
	if e.Certificate != "" || e.TLS || e.ServerName != "" || e.Port != 0 {
		return errors.New("a relay reports over UDP: prefix and a secret; over TLS NASes report for themselves, by tls.listen_nas")
	}
	_, err := e.add(n.relays, false)
	return err
}

// add puts e among the peers by its prefix. Its errors do not repeat a secret.
func (e *entry) add(to dac.PeerMap, overTLS bool) (netip.Prefix, error) {
	prefix, err := command.ParsePrefix(e.Prefix)
	if err != nil {
		return prefix, errors.New("prefix is an address or a net")
	}
	secret, err := command.Secret(dac.Secret(e.Secret), e.SecretFile, e.SecretEnv)
	_, twice := to[prefix]
	switch {
	case err != nil:
		return prefix, err
	case overTLS && secret != "":
		return prefix, certs.ErrSecret
	case twice || secret == "" && !overTLS:
		return prefix, fmt.Errorf("%v: there is one entry for it, with a secret", prefix)
	}
	to[prefix] = dac.Peer{Name: e.Name, Secret: secret, ServerName: e.ServerName, DenyCoA: slices.Contains(e.Deny, "coa"), DenyDisconnect: slices.Contains(e.Deny, "disconnect")}
	return prefix, e.checkDeny()
}

func (e *entry) checkDeny() error {
	for _, kind := range e.Deny {
		if kind != "coa" && kind != "disconnect" {
			return fmt.Errorf("deny %q: coa or disconnect", kind)
		}
	}
	return nil
}

// peers reads PREFIX=SECRET. Its errors do not repeat the text.
func peers(to dac.PeerMap, name string, all []string) error {
	for _, text := range all {
		where, secret, _ := strings.Cut(text, "=")
		prefix, err := command.ParsePrefix(where)
		if err != nil || secret == "" {
			return fmt.Errorf("-%s: give an address or a prefix, =, and the secret", name)
		}
		if _, twice := to[prefix]; twice {
			return fmt.Errorf("-%s: %v is given twice", name, prefix)
		}
		to[prefix] = dac.Peer{Secret: dac.Secret(secret)}
	}
	return nil
}

func (n *network) ways(all []string) error {
	for _, text := range all {
		realm, where, _ := strings.Cut(text, "=")
		if err := n.way(realm, where); err != nil {
			return fmt.Errorf("-via %q: %w", text, err)
		}
	}
	return nil
}

func (n *network) way(realm, where string) error {
	if _, port, err := net.SplitHostPort(where); err != nil || realm == "" || port == "0" {
		return errors.New("give a realm, =, and HOST:PORT")
	}
	addr, err := net.ResolveUDPAddr("udp", where)
	if err != nil {
		return err
	}
	n.via.Set(realm, dac.Target{Name: realm, Addr: netip.AddrPortFrom(addr.AddrPort().Addr().Unmap(), addr.AddrPort().Port())})
	return nil
}

func (n *network) readToken(file string) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	n.token = dac.Secret(strings.TrimSpace(string(text)))
	if len(n.token) < 16 {
		return fmt.Errorf("-token %s: a token has 16 characters at least", file)
	}
	return nil
}

// reporters are all who may send accounting over UDP.
func (n *network) reporters() dac.PeerMap {
	all := maps.Clone(n.nases)
	maps.Copy(all, n.relays)
	return all
}

// port is that of the NAS at addr, of those of the longest prefix; 0: that of -port.
func (n *network) port(addr netip.Addr) uint16 {
	for bits := addr.BitLen(); bits >= 0; bits-- {
		prefix, _ := addr.Prefix(bits)
		if _, ok := n.nases[prefix]; ok {
			return n.ports[prefix]
		}
	}
	return 0
}
