// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/examples/internal/certs"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
	"github.com/radius-dynauth/dynauth/examples/internal/strictjson"
)

// A config is the file of -config; the package doc says what the fields mean.
type config struct {
	Listen        []string       `json:"listen"`
	Clients       []client       `json:"clients"`
	Targets       []target       `json:"targets"`
	Accounting    *accounting    `json:"accounting"`
	Visited       *visited       `json:"visited"`
	AnswerSilence bool           `json:"answer_silence"`
	TLS           *certs.Section `json:"tls"`

	file string
	at   strictjson.Positions
}

type client struct {
	Prefix       string   `json:"prefix"`
	Certificate  string   `json:"certificate"` // of one that connects over TLS, in place of Prefix
	Name         string   `json:"name"`
	Secret       secret   `json:"secret"`
	SecretFile   string   `json:"secret_file"`
	SecretEnv    string   `json:"secret_env"`
	Previous     secret   `json:"previous"`
	PreviousFile string   `json:"previous_file"`
	PreviousEnv  string   `json:"previous_env"`
	Realms       []string `json:"realms"`
	Relays       bool     `json:"relays"` // accounting of other NASes than itself
}

type target struct {
	Name                     string       `json:"name"`
	Address                  string       `json:"address"`
	Certificate              string       `json:"certificate"` // of a NAS that connects over TLS, in place of Address
	Secret                   secret       `json:"secret"`
	SecretFile               string       `json:"secret_file"`
	SecretEnv                string       `json:"secret_env"`
	NASIdentifiers           []string     `json:"nas_identifiers"`
	NASAddresses             []netip.Addr `json:"nas_addresses"`
	AccountingFrom           []netip.Addr `json:"accounting_from"`
	Realms                   []string     `json:"realms"`
	Forward                  bool         `json:"forward"`
	Deny                     []string     `json:"deny"`
	ProxyStates              string       `json:"proxy_states"`
	OmitMessageAuthenticator bool         `json:"omit_message_authenticator"`
	TLS                      bool         `json:"tls"`
	ServerName               string       `json:"server_name"`

	addr netip.AddrPort // of one with a Certificate its handle, and none where that is a star
}

type accounting struct {
	Listen  string   `json:"listen"`
	Clients []client `json:"clients"`
}

type visited struct {
	Realm    string   `json:"realm"`
	Realms   []string `json:"realms"`
	Keys     []secret `json:"keys"`
	KeyFiles []string `json:"key_files"` // each with one key in it, behind keys
}

// readConfig reads and checks a file.
func readConfig(name string) (c config, err error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return c, err
	}
	c.file = name
	if c.at, err = strictjson.Read(b, &c); err != nil {
		return c, fmt.Errorf("%s:%w", name, err)
	}
	return c, c.check()
}

// fault is what is wrong with the value of a path, and where that stands.
func (c *config) fault(path string, err error) error {
	if err == nil || c.file == "" {
		return err
	}
	return fmt.Errorf("%s:%v: %w", c.file, c.at.At(path), err)
}

// check says all that is wrong, and resolves what is named.
func (c *config) check() error {
	var errs []error
	note := func(path string, err error) { errs = append(errs, c.fault(path, err)) }
	if len(c.Listen)+len(c.tls().Listen) == 0 || len(c.Clients) == 0 || len(c.Targets) == 0 {
		note("", errors.New("listen (or tls.listen), clients and targets: there is at least one of each"))
	}
	if c.TLS != nil {
		c.TLS.Check(func(field string, err error) { note("tls."+field, err) })
	}
	for i := range c.Targets {
		c.checkTarget(i, note)
	}
	checkClients("clients", c.Clients, note)
	c.checkTLS(note)
	if c.Accounting != nil {
		checkClients("accounting.clients", c.Accounting.Clients, note)
		if c.Accounting.Listen == "" || len(c.Accounting.Clients) == 0 {
			note("accounting", errors.New("accounting: there is a listen and at least one of clients"))
		}
	}
	if c.Visited != nil {
		if c.Visited.Realm == "" {
			note("visited", errors.New("visited: by which realm do others know this network?"))
		}
		for i, file := range c.Visited.KeyFiles {
			key, err := command.Secret("", file, "")
			note(fmt.Sprintf("visited.key_files[%d]", i), err)
			c.Visited.Keys = append(c.Visited.Keys, secret(key))
		}
		if _, err := c.tokens(); err != nil {
			note("visited", err)
		}
	}
	return errors.Join(errs...)
}

// tls is the object of that name, an empty one for none.
func (c *config) tls() *certs.Section {
	if c.TLS == nil {
		return &certs.Section{}
	}
	return c.TLS
}

// checkTLS says which peers over TLS could not be reached, and which listeners nothing could reach.
func (c *config) checkTLS(note func(string, error)) {
	connect, asked := 0, 0
	for i, one := range c.Clients {
		if one.Certificate == "" {
			continue
		}
		if connect++; len(c.tls().Listen) == 0 {
			note(fmt.Sprintf("clients[%d].certificate", i), fmt.Errorf("client %d: it connects over TLS: tls has a listen for it, beside cert, key and ca", i+1))
		}
	}
	for i, one := range c.Targets {
		if one.Certificate == "" {
			continue
		}
		if asked++; len(c.tls().ListenNAS) == 0 {
			note(fmt.Sprintf("targets[%d].certificate", i), fmt.Errorf("target %d: it connects over TLS: tls has a listen_nas for it, beside cert, key and ca", i+1))
		}
	}
	if connect == 0 && len(c.tls().Listen) > 0 {
		note("tls.listen", errors.New("tls: listen is for clients with a certificate, and there is none: nothing could connect"))
	}
	if asked == 0 && len(c.tls().ListenNAS) > 0 {
		note("tls.listen_nas", errors.New("tls: listen_nas is for targets with a certificate, and there is none: nothing could connect"))
	}
	if c.Accounting != nil {
		for i, one := range c.Accounting.Clients {
			if one.Certificate != "" {
				note(fmt.Sprintf("accounting.clients[%d].certificate", i), errors.New("accounting over TLS comes from targets with a certificate, by tls.listen_nas: here stand a prefix and a secret"))
			}
		}
	}
}

func (c *config) checkTarget(i int, note func(string, error)) {
	t, path := &c.Targets[i], fmt.Sprintf("targets[%d]", i)
	for at, err := range t.check(c.TLS != nil) {
		note(path+"."+at, fmt.Errorf("target %d: %w", i+1, err))
	}
	j := slices.IndexFunc(c.Targets[:i], func(o target) bool { return o.addr.IsValid() && o.addr == t.addr })
	switch {
	case j < 0:
	case c.Targets[j].Secret != t.Secret:
		note(path, fmt.Errorf("target %d: target %d has the same address and another secret", i+1, j+1))
	case c.Targets[j].TLS != t.TLS || c.Targets[j].ServerName != t.ServerName:
		note(path, fmt.Errorf("target %d: target %d has the same address and another tls or server_name", i+1, j+1))
	}
}

// check yields what is wrong with a target, and with which of its fields.
func (t *target) check(overTLS bool) func(yield func(field string, err error) bool) {
	return func(yield func(field string, err error) bool) {
		errs := map[string]error{"address": t.resolve(), "certificate": t.checkCertificate(), "secret": t.checkSecret(overTLS)}
		for _, kind := range t.Deny {
			if kind != "coa" && kind != "disconnect" {
				errs["deny"] = fmt.Errorf("deny %q: coa or disconnect", kind)
			}
		}
		if !slices.Contains([]string{"", "own", "foreign", "none"}, t.ProxyStates) {
			errs["proxy_states"] = fmt.Errorf("proxy_states %q: own, foreign or none", t.ProxyStates)
		}
		for _, field := range []string{"address", "certificate", "secret", "deny", "proxy_states"} {
			if errs[field] != nil && !yield(field, errs[field]) {
				return
			}
		}
	}
}

// checkSecret reads the secret of a target, and says where there is one too many or too few.
func (t *target) checkSecret(overTLS bool) error {
	read, err := command.Secret(dac.Secret(t.Secret), t.SecretFile, t.SecretEnv)
	t.Secret = secret(read)
	switch {
	case err != nil:
		return err
	case (t.TLS || t.Certificate != "") && read != "":
		return fmt.Errorf("a target over TLS has no secret: %w", certs.ErrSecret)
	case t.TLS && !overTLS:
		return certs.ErrNoTLS
	case t.TLS, t.Certificate != "":
		return nil
	case t.ServerName != "":
		return errors.New("server_name goes with \"tls\": true")
	case read == "":
		return errors.New("there is no secret")
	}
	return nil
}

// checkCertificate says what a NAS that connects cannot have.
func (t *target) checkCertificate() error {
	switch {
	case t.Certificate == "":
		return nil
	case t.TLS || t.ServerName != "" || t.Address != "":
		return errors.New("certificate is for a NAS that connects here; address, tls and server_name are for one that is dialled: a target is one of them")
	case certs.Star(t.Certificate) && (len(t.NASIdentifiers)+len(t.NASAddresses)+len(t.AccountingFrom)+len(t.Realms) > 0 || t.Forward):
		return fmt.Errorf("certificate %q is many NASes: nas_identifiers, nas_addresses, accounting_from, realms and forward belong to an entry for one", t.Certificate)
	}
	return certs.CheckName(t.Certificate, dac.Peer{})
}

// resolve finds the address of a target, by name where it has one.
func (t *target) resolve() error {
	if t.Certificate != "" {
		return nil
	}
	host, port, err := net.SplitHostPort(t.Address)
	if err != nil || host == "" || port == "0" {
		return fmt.Errorf("address %q: give HOST:PORT, or the certificate of a NAS that connects here", t.Address)
	}
	addr, err := net.ResolveUDPAddr("udp", t.Address)
	if err != nil {
		return fmt.Errorf("address %q: %w", t.Address, err)
	}
	t.addr = netip.AddrPortFrom(addr.AddrPort().Addr().Unmap(), addr.AddrPort().Port())
	if _, err := netip.ParseAddr(host); err != nil && t.TLS && t.ServerName == "" {
		t.ServerName = host
	}
	return nil
}

// checkClients reads the secrets of clients and says what is wrong with them.
func checkClients(path string, clients []client, note func(string, error)) {
	for i := range clients {
		one := &clients[i]
		at := fmt.Sprintf("%s[%d]", path, i)
		read, err := command.Secret(dac.Secret(one.Secret), one.SecretFile, one.SecretEnv)
		if err != nil {
			note(at, fmt.Errorf("client %d: %w", i+1, err))
			return
		}
		previous, err := command.Secret(dac.Secret(one.Previous), one.PreviousFile, one.PreviousEnv)
		if err != nil {
			note(at, fmt.Errorf("client %d: previous: %w", i+1, err))
			return
		}
		one.Secret, one.Previous = secret(read), secret(previous)
		one.SecretFile, one.SecretEnv, one.PreviousFile, one.PreviousEnv = "", "", "", "" // they are read
		if _, _, err := peers(clients[:i+1]); err != nil {
			note(at, err)
			return
		}
	}
}

// tokens are those of a visited network, nil where it has no keys.
func (c *config) tokens() (*route.Tokens, error) {
	if c.Visited == nil || len(c.Visited.Keys) == 0 {
		return nil, nil
	}
	keys := make([]dac.Secret, 0, len(c.Visited.Keys))
	for _, key := range c.Visited.Keys {
		keys = append(keys, dac.Secret(key))
	}
	return route.NewTokens(keys...)
}

// peers are those that clients name: by address over UDP, and by certificate over TLS.
func peers(clients []client) (dac.PeerMap, dac.CertPeers, error) {
	byAddr, byCert := dac.PeerMap{}, dac.CertPeers{}
	for i, c := range clients {
		if c.Certificate != "" {
			if err := c.addCertificate(byCert); err != nil {
				return nil, nil, fmt.Errorf("client %d: %w", i+1, err)
			}
			continue
		}
		prefix, err := command.ParsePrefix(c.Prefix)
		if err != nil || c.Secret == "" {
			return nil, nil, fmt.Errorf("client %d: there is a prefix, which is an address or a net, and a secret; or a certificate", i+1)
		}
		if _, twice := byAddr[prefix]; twice {
			return nil, nil, fmt.Errorf("client %d: %v is there twice", i+1, prefix)
		}
		byAddr[prefix] = dac.Peer{Name: c.name(), Secret: dac.Secret(c.Secret), Previous: dac.Secret(c.Previous)}
	}
	return byAddr, byCert, nil
}

// addCertificate puts a client over TLS among the peers.
func (c *client) addCertificate(to dac.CertPeers) error {
	p := dac.Peer{Name: c.Name}
	_, twice := to[c.Certificate]
	switch {
	case c.Prefix != "":
		return errors.New("prefix is for UDP, and certificate for TLS: an entry has one of them")
	case c.Secret != "" || c.Previous != "":
		return certs.ErrSecret
	case twice:
		return fmt.Errorf("certificate %q is there twice", c.Certificate)
	}
	to[c.Certificate] = p
	return certs.CheckName(c.Certificate, p)
}

// name is what the reverse path check knows a client by.
func (c client) name() string {
	return cmp.Or(c.Name, c.Certificate, c.Prefix)
}
