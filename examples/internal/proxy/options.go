// SPDX-License-Identifier: Apache-2.0

// Package proxy is the command examples/proxy, whose doc says what it does, and the one of
// examples/redisroutes, which keeps learned routes elsewhere.
package proxy

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

// Stores adds the flags of a Store for learned routes. What it returns is called once they have
// been read, and opens the Store; close is called when the proxy has ended.
type Stores func(flags *flag.FlagSet) func() (store route.Store, close func() error, err error)

// Run is the command, from arguments to exit status. What is learned is kept in memory where stores
// is nil.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer, stores Stores) int {
	parse := func(args []string, stderr io.Writer) (*options, error) { return parseOptions(args, stderr, stores) }
	return command.Run(ctx, "proxy", args, stdout, stderr, parse, serve)
}

// Options are what the command line asks for.
type options struct {
	config             config
	verbose            bool
	upPcap, downPcap   string // of the two sides
	listen, home, file string
	secret, homeSecret string
	answerSilence      bool
	secretFile         string
	homeSecretFile     string
	metrics            string
	openStore          func() (route.Store, func() error, error) // nil: in memory
}

// parseOptions reads the command line. What it returns beside flag.ErrHelp has been told on stderr
// in full.
func parseOptions(args []string, stderr io.Writer, stores Stores) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("proxy", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.file, "config", "", "take everything from `FILE.json`; see the package doc")
	flags.StringVar(&o.listen, "listen", "", "serve `ADDRESS:PORT`, port 0 for any")
	flags.StringVar(&o.secret, "secret", "", "serve any source that knows `secret`")
	flags.StringVar(&o.home, "home", "", "send everything to `HOST:PORT`")
	flags.StringVar(&o.homeSecret, "home-secret", "", "that knows `secret`")
	flags.StringVar(&o.secretFile, "secret-file", "", "-secret is the line in `file`")
	flags.StringVar(&o.homeSecretFile, "home-secret-file", "", "-home-secret is the line in `file`")
	flags.StringVar(&o.metrics, "metrics", "", "show counters to Prometheus at `ADDRESS:PORT`, path /metrics")
	flags.BoolVar(&o.answerSilence, "answer-silence", false, "NAK 505 where the home is silent")
	flags.StringVar(&o.upPcap, "pcap", "", "write the packets of the senders to `file`, for Wireshark")
	flags.StringVar(&o.downPcap, "pcap-home", "", "write the packets of the targets to `file`, for Wireshark")
	flags.BoolVar(&o.verbose, "v", false, "print a line for each request, with both of its sides")
	if stores != nil {
		o.openStore = stores(flags)
	}
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if err := o.finish(flags.Args()); err != nil {
		fmt.Fprintf(stderr, "proxy: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nproxy: "))
		return nil, err
	}
	return o, nil
}

// finish makes a configuration of what was given.
func (o *options) finish(rest []string) (err error) {
	short := o.listen != "" || o.secret != "" || o.secretFile != "" || o.home != "" || o.homeSecret != "" || o.homeSecretFile != "" || o.answerSilence
	switch {
	case len(rest) != 0:
		return fmt.Errorf("%q is no flag", rest[0])
	case o.file != "" && short:
		return errors.New("-config has everything in it: -listen, -secret, -home, -home-secret and -answer-silence go without it")
	case o.file == "" && (o.listen == "" || o.secret+o.secretFile == "" || o.home == "" || o.homeSecret+o.homeSecretFile == ""):
		return errors.New("give -config, or all of -listen, -secret, -home and -home-secret")
	}
	o.config, err = o.read()
	return err
}

// read reads the configuration, which may have changed since the last time: a file, a secret, what
// a name means.
func (o *options) read() (c config, err error) {
	if o.file != "" {
		return readConfig(o.file)
	}
	c = config{
		Listen: []string{o.listen},
		Clients: []client{
			{Prefix: "0.0.0.0/0", Secret: secret(o.secret), SecretFile: o.secretFile}, {Prefix: "::/0", Secret: secret(o.secret), SecretFile: o.secretFile},
		},
		Targets:       []target{{Address: o.home, Secret: secret(o.homeSecret), SecretFile: o.homeSecretFile, Forward: true}},
		AnswerSilence: o.answerSilence,
	}
	return c, c.check()
}

// A secret is read from JSON and never written: as a dac.Secret it prints as "[secret]".
type secret dac.Secret

// Format hides it under every verb.
func (s secret) Format(f fmt.State, verb rune) { dac.Secret(s).Format(f, verb) }
