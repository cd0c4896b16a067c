// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

// Options are what the command line asks for.
type options struct {
	nases      dac.PeerMap // that are asked, and that send accounting
	relays     dac.PeerMap // that send accounting of NASes
	port       uint        // of the NASes
	accounting string
	http       string
	token      dac.Secret // "": none is asked for
	home       route.Home
	via        route.Realms
	retry      dac.Retry
}

// parseOptions reads the command line. What it returns beside flag.ErrHelp has been told on stderr in full.
func parseOptions(args []string, stderr io.Writer) (*options, error) {
	o := &options{nases: dac.PeerMap{}, relays: dac.PeerMap{}}
	var nases, relays, vias []string // read when all flags are: package flag repeats what it refuses, and these are secrets
	var token string
	flags := flag.NewFlagSet("aaa", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := func(name, usage string, to *[]string) {
		flags.Func(name, usage, func(text string) error {
			*to = append(*to, text)
			return nil
		})
	}
	list("nas", "the NASes of `PREFIX=SECRET`, an address or a prefix; repeatable", &nases)
	list("relay", "the RADIUS servers of `PREFIX=SECRET`, which report of NASes; repeatable", &relays)
	list("via", "ask the network of a realm by `REALM=HOST:PORT`; repeatable", &vias)
	list("realm", "the users of `REALM` are our own, and those of others are not asked about; repeatable (default: all are)", &o.home.Realms)
	flags.UintVar(&o.port, "port", dac.Port, "ask NASes at `PORT`")
	flags.StringVar(&o.accounting, "accounting", "127.0.0.1:1813", "take accounting at `ADDRESS:PORT`, port 0 for any")
	flags.StringVar(&o.http, "http", "127.0.0.1:8080", "answer HTTP at `ADDRESS:PORT`, port 0 for any")
	flags.StringVar(&token, "token", "", "ask for the token in `file`")
	flags.DurationVar(&o.retry.Initial, "t", 2*time.Second, "first `wait` for an answer")
	flags.IntVar(&o.retry.Transmissions, "r", 5, "transmissions at most")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	err := errors.Join(peers(o.nases, "nas", nases), peers(o.relays, "relay", relays), o.ways(vias), o.readToken(token), o.check(flags.Args()))
	if err != nil {
		fmt.Fprintf(stderr, "aaa: %s\n", strings.ReplaceAll(err.Error(), "\n", "\naaa: "))
		return nil, err
	}
	return o, nil
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

func (o *options) ways(all []string) error {
	for _, text := range all {
		realm, where, _ := strings.Cut(text, "=")
		addr, err := net.ResolveUDPAddr("udp", where)
		if err != nil || realm == "" || len(addr.IP) == 0 || addr.Port == 0 {
			return fmt.Errorf("-via %q: give a realm, =, and HOST:PORT", text)
		}
		to := netip.AddrPortFrom(addr.AddrPort().Addr().Unmap(), addr.AddrPort().Port())
		o.via.Set(realm, dac.Target{Name: realm, Addr: to})
	}
	return nil
}

func (o *options) readToken(file string) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	o.token = dac.Secret(strings.TrimSpace(string(text)))
	if len(o.token) < 16 {
		return fmt.Errorf("-token %s: a token has 16 characters at least", file)
	}
	return nil
}

func (o *options) check(rest []string) error {
	addr, err := net.ResolveTCPAddr("tcp", o.http)
	switch {
	case len(rest) != 0:
		return fmt.Errorf("%q is no flag", rest[0])
	case len(o.nases) == 0:
		return errors.New("who is to be asked? give -nas")
	case o.port < 1 || o.port > 65535:
		return errors.New("-port is 1 to 65535")
	case err != nil:
		return fmt.Errorf("-http: %w", err)
	case o.token == "" && !addr.IP.IsLoopback():
		return errors.New("-http beyond loopback needs -token: who reaches it can end every session")
	}
	return nil
}

// reporters are all who may send accounting.
func (o *options) reporters() dac.PeerMap {
	all := maps.Clone(o.nases)
	maps.Copy(all, o.relays)
	return all
}
