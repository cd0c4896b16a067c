// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
)

// Options are what the command line asks for.
type options struct {
	nasTexts, relayTexts, viaTexts, realmTexts []string // read with the files, since these are secrets and package flag repeats what it refuses
	file, tokenFile                            string

	network    *network // as they stood at the start
	port       uint     // of the NASes
	accounting string
	http       string
	metrics    string
	also       []attrs.AnyKey // sessions are looked up by these too
	retry      dac.Retry
}

// parseOptions reads the command line. What it returns beside flag.ErrHelp has been told on stderr
// in full.
func parseOptions(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	var also []string
	flags := flag.NewFlagSet("aaa", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := func(name, usage string, to *[]string) {
		flags.Func(name, usage, func(text string) error {
			*to = append(*to, text)
			return nil
		})
	}
	flags.StringVar(&o.file, "config", "", "take NASes, relays, realms and their secrets from `FILE.json` too; see the package doc")
	list("nas", "the NASes of `PREFIX=SECRET`, an address or a prefix; repeatable", &o.nasTexts)
	list("relay", "the RADIUS servers of `PREFIX=SECRET`, which report of NASes; repeatable", &o.relayTexts)
	list("via", "ask the network of a realm by `REALM=HOST:PORT`; repeatable", &o.viaTexts)
	list("also", "look sessions up by `attribute` too, a vendor's say; repeatable", &also)
	list("realm", "the users of `REALM` are our own, and those of others are not asked about; repeatable (default: all are)", &o.realmTexts)
	flags.UintVar(&o.port, "port", dac.Port, "ask NASes at `PORT`")
	flags.StringVar(&o.accounting, "accounting", "127.0.0.1:1813", "take accounting, and copies of Access-Requests, at `ADDRESS:PORT`, port 0 for any")
	flags.StringVar(&o.http, "http", "127.0.0.1:8080", "answer HTTP at `ADDRESS:PORT`, port 0 for any")
	flags.StringVar(&o.metrics, "metrics", "", "show counters to Prometheus at `ADDRESS:PORT`, path /metrics")
	flags.StringVar(&o.tokenFile, "token", "", "ask for the token in `file`")
	flags.DurationVar(&o.retry.Initial, "t", 2*time.Second, "first `wait` for an answer")
	flags.IntVar(&o.retry.Transmissions, "r", 5, "transmissions at most")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	var err error
	o.network, err = o.read()
	if err = errors.Join(err, o.readAlso(also), o.check(flags.Args())); err != nil {
		fmt.Fprintf(stderr, "aaa: %s\n", strings.ReplaceAll(err.Error(), "\n", "\naaa: "))
		return nil, err
	}
	return o, nil
}

// learnedAlso are what route.Learned finds sessions by in any case.
var learnedAlso = []attrs.AnyKey{attrs.NASPortType, attrs.OriginatingLineInfo, attrs.FramedIPv6Address, attrs.DelegatedIPv6Prefix}

func (o *options) readAlso(all []string) error {
	o.also = slices.Clone(learnedAlso)
	for _, name := range all {
		i := slices.IndexFunc(registered(), func(d attrs.Definition) bool { return strings.EqualFold(d.Name, name) })
		if i < 0 {
			return fmt.Errorf("-also %q: there is no attribute of that name", name)
		}
		d := registered()[i]
		if d.Hidden || d.Role != attrs.RoleVendor && d.Role != attrs.RoleSession && d.Role != attrs.RoleUnknown {
			return fmt.Errorf("-also %q: that names no session", name)
		}
		o.also = append(o.also, d.Key)
	}
	return nil
}

var registered = sync.OnceValue(func() []attrs.Definition { return slices.Collect(attrs.Registered()) })

func (o *options) check(rest []string) error {
	addr, err := net.ResolveTCPAddr("tcp", o.http)
	switch {
	case len(rest) != 0:
		return fmt.Errorf("%q is no flag", rest[0])
	case o.port < 1 || o.port > 65535:
		return errors.New("-port is 1 to 65535")
	case err != nil:
		return fmt.Errorf("-http: %w", err)
	case o.tokenFile == "" && !addr.IP.IsLoopback():
		return errors.New("-http beyond loopback needs -token: who reaches it can end every session")
	}
	return nil
}
