// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

// A config is the file of -config; the package doc says what the fields mean.
type config struct {
	Listen        []string    `json:"listen"`
	Clients       []client    `json:"clients"`
	Targets       []target    `json:"targets"`
	Accounting    *accounting `json:"accounting"`
	Visited       *visited    `json:"visited"`
	AnswerSilence bool        `json:"answer_silence"`
}

type client struct {
	Prefix   string   `json:"prefix"`
	Name     string   `json:"name"`
	Secret   secret   `json:"secret"`
	Previous secret   `json:"previous"`
	Realms   []string `json:"realms"`
	Relays   bool     `json:"relays"` // accounting of other NASes than itself
}

type target struct {
	Name                     string       `json:"name"`
	Address                  string       `json:"address"`
	Secret                   secret       `json:"secret"`
	NASIdentifiers           []string     `json:"nas_identifiers"`
	NASAddresses             []netip.Addr `json:"nas_addresses"`
	AccountingFrom           []netip.Addr `json:"accounting_from"`
	Realms                   []string     `json:"realms"`
	Forward                  bool         `json:"forward"`
	Deny                     []string     `json:"deny"`
	ProxyStates              string       `json:"proxy_states"`
	OmitMessageAuthenticator bool         `json:"omit_message_authenticator"`

	addr netip.AddrPort
}

type accounting struct {
	Listen  string   `json:"listen"`
	Clients []client `json:"clients"`
}

type visited struct {
	Realm  string   `json:"realm"`
	Realms []string `json:"realms"`
	Keys   []secret `json:"keys"`
}

// readConfig reads and checks a file.
func readConfig(name string) (c config, err error) {
	f, err := os.Open(name)
	if err != nil {
		return c, err
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return c, fmt.Errorf("%s: something follows the configuration", name)
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// check says all that is wrong, and resolves what is named.
func (c *config) check() error {
	var errs []error
	if len(c.Listen) == 0 || len(c.Clients) == 0 || len(c.Targets) == 0 {
		errs = append(errs, errors.New("listen, clients and targets: there is at least one of each"))
	}
	for i := range c.Targets {
		if err := c.Targets[i].check(); err != nil {
			errs = append(errs, fmt.Errorf("target %d: %w", i+1, err))
		}
		j := slices.IndexFunc(c.Targets[:i], func(t target) bool { return t.addr.IsValid() && t.addr == c.Targets[i].addr })
		if j >= 0 && c.Targets[j].Secret != c.Targets[i].Secret {
			errs = append(errs, fmt.Errorf("target %d: target %d has the same address and another secret", i+1, j+1))
		}
	}
	_, err := peers(c.Clients)
	errs = append(errs, err)
	if c.Accounting != nil {
		_, err := peers(c.Accounting.Clients)
		errs = append(errs, err)
		if c.Accounting.Listen == "" || len(c.Accounting.Clients) == 0 {
			errs = append(errs, errors.New("accounting: there is a listen and at least one of clients"))
		}
	}
	if c.Visited != nil && c.Visited.Realm == "" {
		errs = append(errs, errors.New("visited: by which realm do others know this network?"))
	}
	return errors.Join(errs...)
}

func (t *target) check() error {
	addr, err := net.ResolveUDPAddr("udp", t.Address)
	if err != nil || len(addr.IP) == 0 || addr.Port == 0 {
		return fmt.Errorf("address %q: give HOST:PORT", t.Address)
	}
	t.addr = netip.AddrPortFrom(addr.AddrPort().Addr().Unmap(), addr.AddrPort().Port())
	if t.Secret == "" {
		return errors.New("there is no secret")
	}
	for _, kind := range t.Deny {
		if kind != "coa" && kind != "disconnect" {
			return fmt.Errorf("deny %q: coa or disconnect", kind)
		}
	}
	if !slices.Contains([]string{"", "own", "foreign", "none"}, t.ProxyStates) {
		return fmt.Errorf("proxy_states %q: own, foreign or none", t.ProxyStates)
	}
	return nil
}

// peers are those that clients name.
func peers(clients []client) (dac.PeerMap, error) {
	m := dac.PeerMap{}
	for i, c := range clients {
		prefix, err := command.ParsePrefix(c.Prefix)
		if err != nil || c.Secret == "" {
			return nil, fmt.Errorf("client %d: there is a prefix, which is an address or a net, and a secret", i+1)
		}
		if _, twice := m[prefix]; twice {
			return nil, fmt.Errorf("client %d: %v is there twice", i+1, prefix)
		}
		m[prefix] = dac.Peer{Name: c.name(), Secret: dac.Secret(c.Secret), Previous: dac.Secret(c.Previous)}
	}
	return m, nil
}

// name is what the reverse path check knows a client by.
func (c client) name() string {
	if c.Name != "" {
		return c.Name
	}
	return c.Prefix
}
