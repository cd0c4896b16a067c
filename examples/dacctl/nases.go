// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"layeh.com/radius"
)

// A nas is where requests go, and how such a NAS wants to be asked.
type nas struct {
	name  string         // of -nases; "": that of the command line
	addr  netip.AddrPort // port 0: where its profile says; zero: each packet says where
	self  []netip.Addr   // its own addresses, NAS-IP-Address and NAS-IPv6-Address, beside the one that requests go to
	peer  dac.Peer
	way   way
	limit dac.Limit
}

// nasColumns are those of -nases.
var nasColumns = []string{"name", "host", "port", "secret", "secret_file", "secret_env", "profile", "rate", "in_flight", "nas_ip_address"}

// nasTable is what -nases says. The zero nasTable has none.
type nasTable struct {
	all  []*nas
	file string
}

// A nasReader reads -nases. What a row leaves out is as the command line says.
type nasReader struct {
	otherwise *nas
	how       *profileFlags
	words     []string // of the action
	network   string   // of host names
}

// readNASes reads a table with a line of column names, and commas, semicolons or tabs between the
// columns.
func (r nasReader) readNASes(ctx context.Context, file string) (nasTable, error) {
	t := nasTable{file: file}
	text, err := os.ReadFile(file)
	if err != nil {
		return t, err
	}
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))
	in.Comment = '#'
	in.Comma = comma(string(text))
	in.TrimLeadingSpace = in.Comma != '\t'
	rows, err := in.ReadAll()
	if err != nil {
		return t, fmt.Errorf("%s: %w", file, err)
	}
	if len(rows) == 0 {
		return t, fmt.Errorf("%s: no line with the names of columns: %s", file, strings.Join(nasColumns, ", "))
	}
	header := rows[0]
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
		if !slices.Contains(nasColumns, header[i]) {
			return t, fmt.Errorf("%s: %.60q is no column; there are %s", file, header[i], strings.Join(nasColumns, ", "))
		}
	}
	for n, cells := range rows[1:] {
		one, err := r.row(ctx, header, cells)
		if err == nil {
			err = t.add(one)
		}
		if err != nil {
			return t, fmt.Errorf("%s: NAS %d: %w", file, n+1, err)
		}
	}
	return t, nil
}

func (r nasReader) row(ctx context.Context, header, cells []string) (*nas, error) {
	n := *r.otherwise
	n.addr, n.self = netip.AddrPort{}, nil
	how := *r.how
	var secrets secretFlags
	host, port := "", ""
	for i, name := range header {
		v, err := strings.TrimSpace(cells[i]), error(nil)
		if v == "" {
			continue
		}
		switch name {
		case "name":
			n.name = v
		case "host":
			host = v
		case "port":
			port = v
		case "secret":
			secrets.secret = v
		case "secret_file":
			secrets.file = v
		case "secret_env":
			secrets.env = v
		case "profile":
			how.name = v
		case "rate":
			if n.limit.Rate, err = strconv.ParseFloat(v, 64); err != nil || !(n.limit.Rate > 0) {
				return nil, fmt.Errorf("rate %q is no number of requests a second", v)
			}
		case "in_flight":
			if n.limit.InFlight, err = strconv.Atoi(v); err != nil || n.limit.InFlight <= 0 {
				return nil, fmt.Errorf("in_flight %q is no number of requests", v)
			}
		case "nas_ip_address":
			for addr := range strings.FieldsSeq(v) {
				a, err := addrOf(addr)
				if err != nil {
					return nil, err
				}
				n.self = append(n.self, a)
			}
		}
	}
	if host == "" {
		return nil, errors.New("no host")
	}
	if n.name == "" {
		n.name = host
	}
	if port != "" {
		host = "[" + strings.Trim(host, "[]") + "]:" + port
	}
	var err error
	if n.addr, err = resolve(ctx, r.network, host, 0); err != nil {
		return nil, err
	}
	if secrets != (secretFlags{}) {
		if n.peer.Secret, err = secrets.read(); err != nil {
			return nil, fmt.Errorf("%s: %w", n.name, err)
		}
	}
	if n.peer.Via != nil {
		if n.peer.Secret != "" {
			return nil, fmt.Errorf("%s: -tls takes no shared secret", n.name)
		}
		n.peer.ServerName = cmp.Or(n.peer.ServerName, hostOf(host))
	} else if n.peer.Secret == "" {
		return nil, fmt.Errorf("%s: no shared secret: secret, secret_file or secret_env, or -secret, -S or -secret-env for all", n.name)
	}
	if n.way, _, err = how.way(r.words); err != nil {
		return nil, fmt.Errorf("%s: %w", n.name, err)
	}
	n.way.overTLS = n.peer.Via != nil
	n.peer, err = n.way.peer(n.peer)
	return &n, err
}

// add adds a NAS whose name and address nothing has yet.
func (t *nasTable) add(n *nas) error {
	for _, have := range t.all {
		switch {
		case have.name == n.name:
			return fmt.Errorf("%s is there already", n.name)
		case have.addr == n.addr:
			return fmt.Errorf("%s and %s have one address, %v", have.name, n.name, n.addr.Addr())
		}
	}
	t.all = append(t.all, n)
	return nil
}

// byName finds the NAS that a packet names by its NAS attribute.
func (t *nasTable) byName(name string) (*nas, error) {
	best, least := "", 3
	for _, n := range t.all {
		if n.name == name {
			return n, nil
		}
		if d := distance(strings.ToLower(name), strings.ToLower(n.name), least); d < least {
			best, least = n.name, d
		}
	}
	switch {
	case len(t.all) == 0:
		return nil, fmt.Errorf("NAS %q: -nases FILE says what NASes there are", name)
	case best != "":
		return nil, fmt.Errorf("%s has no NAS %q, did you mean %s?", t.file, name, best)
	}
	return nil, fmt.Errorf("%s has no NAS %q", t.file, name)
}

// byAddr finds the NAS at an address; port 0 is any. Several at one address are told apart by the
// port.
func (t *nasTable) byAddr(addr netip.AddrPort) (found *nas, err error) {
	for _, n := range t.all {
		if n.addr.Addr() != addr.Addr() || addr.Port() != 0 && n.addr.Port() != 0 && n.addr.Port() != addr.Port() {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("%s has %s and %s at %v: say which one with NAS or Packet-Dst-Port", t.file, found.name, n.name, addr.Addr())
		}
		found = n
	}
	return found, nil
}

// byIdentification finds the NAS that the identification in a packet names; attributes that name
// different ones are an error.
func (t *nasTable) byIdentification(list []attrs.Attr) (found *nas, err error) {
	take := func(n *nas) error {
		if found != nil && n != nil && found != n {
			return fmt.Errorf("the packet names both %s and %s", found.name, n.name)
		}
		if n != nil {
			found = n
		}
		return nil
	}
	for _, a := range list {
		set, _ := a.AppendTo(nil)
		if len(set) != 1 || set[0].Type != 4 && set[0].Type != 95 && set[0].Type != 32 {
			continue
		}
		of, _, err := attrs.IdentityOf(set)
		if err != nil {
			return nil, err
		}
		for _, n := range t.all {
			if of.Identifier != "" && n.name == of.Identifier {
				err = take(n)
			}
			for _, addr := range of.Addrs {
				if n.addr.Addr() == addr || slices.Contains(n.self, addr) {
					err = errors.Join(err, take(n))
				}
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// nasOf is the NAS of a packet, and where the request goes.
func (o *options) nasOf(t *target, list []attrs.Attr) (n *nas, to netip.AddrPort, err error) {
	switch {
	case t.name != "":
		n, err = o.nases.byName(t.name)
	case t.nas.Addr().IsValid() && len(o.nases.all) > 0:
		if n, err = o.nases.byAddr(t.nas); err == nil && n == nil && o.standard.peer.Secret == "" && o.standard.peer.Via == nil {
			err = fmt.Errorf("%s has no NAS at %v", o.nases.file, t.nas.Addr())
		}
	case !t.nas.Addr().IsValid() && len(o.nases.all) > 0:
		if n, err = o.nases.byIdentification(list); err == nil && n == nil {
			err = fmt.Errorf("no NAS of %s fits: give NAS, Packet-Dst-IP-Address, NAS-IP-Address or NAS-Identifier", o.nases.file)
		}
	case !t.nas.Addr().IsValid():
		err = errors.New("no NAS: give -nas, or Packet-Dst-IP-Address in the packet")
	}
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	to = t.nas
	if n == nil {
		n = o.standard
	} else if to = n.addr; t.nas.Port() != 0 && t.name == "" {
		to = netip.AddrPortFrom(to.Addr(), t.nas.Port())
	}
	if to.Port() == 0 {
		to = netip.AddrPortFrom(to.Addr(), n.way.port(t.disconnect()))
	}
	return n, to, nil
}

// peers are the Peers of all NASes by where requests go.
func (o *options) peers() dac.Peers {
	if len(o.nases.all) == 0 {
		return dac.PeersFunc(func(context.Context, netip.AddrPort) (dac.Peer, error) { return o.standard.peer, nil })
	}
	at := map[netip.AddrPort]dac.Peer{}
	addrs := map[netip.Addr]dac.Peer{}
	for _, n := range o.nases.all {
		addrs[n.addr.Addr()] = n.peer
		for _, code := range []radius.Code{radius.CodeCoARequest, radius.CodeDisconnectRequest} {
			port := n.addr.Port()
			if port == 0 {
				port = n.way.port(code == radius.CodeDisconnectRequest)
			}
			at[netip.AddrPortFrom(n.addr.Addr(), port)] = n.peer
		}
	}
	return dac.PeersFunc(func(_ context.Context, to netip.AddrPort) (dac.Peer, error) {
		if p, ok := at[to]; ok {
			return p, nil
		}
		if p, ok := addrs[to.Addr()]; ok {
			return p, nil
		}
		return o.standard.peer, nil
	})
}
