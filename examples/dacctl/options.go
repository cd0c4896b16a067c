// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	_ "github.com/radius-dynauth/dynauth/attrs/vendors" // for their names
	"github.com/radius-dynauth/dynauth/dac"
)

// Options are what the command line asks for.
type options struct {
	target // of every packet that does not say its own; without a NAS where all do
	peer   dac.Peer

	wait     time.Duration // before the first retransmission
	tries    int           // transmissions of a request at most
	parallel int           // requests in flight
	rate     float64       // requests a second to one NAS; zero is no bound

	file    string // of packets; "-" is standard input, "" none
	results string
	pcap    string
	json    bool
	packets bool
	summary bool

	seed  uint32       // fingerprint of what the command line adds to a packet
	attrs []attrs.Attr // from the command line: the one packet, or what goes into every packet of the file
	way   way
}

const usage = `usage: dacctl disconnect|coa -nas HOST[:PORT] (-secret S | -S FILE) [-profile NAME] [-action NAME [ARG]] [flags] [Attribute=value ...]
       dacctl actions|profiles [-profile NAME] [-profiles FILE] [-json]
`

// parseOptions reads the command line. What it returns beside flag.ErrHelp has been told on stderr in full.
func parseOptions(ctx context.Context, args []string, stderr io.Writer) (*options, error) {
	o := &options{wait: 2 * time.Second}
	flags := flag.NewFlagSet("dacctl", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	var nas, secret, secretFile string
	var words []string
	var how profileFlags
	flags.StringVar(&nas, "nas", "", "send to `HOST[:PORT]`; the port is that of -profile, else 3799")
	how.register(flags)
	flags.Func("action", "do `NAME` [ARG]; dacctl actions lists what there is. Its arguments follow it", func(name string) error {
		if how.action != "" {
			return errors.New("one action a request")
		}
		how.action, how.at = name, len(words)
		return nil
	})
	flags.StringVar(&secret, "secret", "", "shared `secret`; other users of this machine can see it here, so see -S")
	flags.StringVar(&secretFile, "S", "", "read the shared secret from the first line of `file`")
	flags.Var((*seconds)(&o.wait), "t", "`time` until the first retransmission, in seconds or as 500ms; it doubles from there")
	flags.IntVar(&o.tries, "r", 5, "transmissions of a request at most")
	flags.IntVar(&o.parallel, "p", 256, "requests in flight at most")
	flags.Float64Var(&o.rate, "n", 0, "requests a second to one NAS; 0 is as fast as answers come")
	flags.StringVar(&o.file, "f", "", "send the packets of `file`, - for standard input; attributes of the command line go into each")
	flags.StringVar(&o.results, "results", "", "append an object for each outcome to `file`; a rerun skips what it says was answered for good")
	flags.StringVar(&o.pcap, "pcap", "", "write the packets to `file`, for Wireshark")
	flags.BoolVar(&o.json, "json", false, "print an object for each outcome, and the verdict on standard error")
	flags.BoolVar(&o.packets, "x", false, "print the packets")
	flags.BoolVar(&o.summary, "s", false, "print a summary by NAS and answer")
	flags.BoolVar(&o.peer.OmitMessageAuthenticator, "no-message-authenticator", false, "send without Message-Authenticator, for a NAS that drops it")
	flags.BoolVar(&o.peer.OmitEventTimestamp, "no-event-timestamp", false, "send without Event-Timestamp, for a NAS without a clock")
	flags.BoolVar(&o.peer.RequireMessageAuthenticator, "require-message-authenticator", false, "discard answers without Message-Authenticator")

	if err := parseMixed(flags, args, &words); err != nil {
		return nil, err
	}
	var err error
	if o.way, words, err = how.way(words); err == nil {
		err = errors.Join(o.setNAS(ctx, nas), o.setWords(words), o.setSecret(secret, secretFile))
	}
	if err == nil {
		err = o.check()
	}
	if err == nil {
		o.peer, err = o.way.peer(o.peer)
	}
	if err != nil {
		fmt.Fprintf(stderr, "dacctl: %s\n%s", strings.ReplaceAll(err.Error(), "\n", "\ndacctl: "), usage)
		return nil, err
	}
	o.seed = crc32.ChecksumIEEE(fmt.Append(nil, o.disconnect, o.nas, o.attrs, how.name, o.way.made))
	return o, nil
}

// parseMixed reads flags wherever they stand, between the words too. What comes in a flag's turn finds in words what stands before it.
func parseMixed(flags *flag.FlagSet, args []string, words *[]string) error {
	for {
		if err := flags.Parse(args); err != nil {
			return err
		}
		if flags.NArg() == 0 {
			return nil
		}
		*words = append(*words, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

func (o *options) setWords(words []string) error {
	if len(words) == 0 {
		return errors.New("which request? disconnect or coa")
	}
	switch words[0] {
	case "disconnect":
		o.disconnect = true
	case "coa":
	default:
		return fmt.Errorf("which request? disconnect or coa, not %q", words[0])
	}
	for _, word := range words[1:] {
		a, err := o.argument(word)
		if err != nil {
			return err
		}
		o.attrs = append(o.attrs, a)
	}
	return nil
}

func (o *options) setSecret(secret, file string) error {
	if file != "" {
		if secret != "" {
			return errors.New("-secret or -S, not both")
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		first, _, _ := bytes.Cut(text, []byte("\n"))
		secret = strings.TrimSuffix(string(first), "\r")
	}
	if secret == "" {
		return errors.New("no shared secret: give -secret or -S")
	}
	o.peer.Secret = dac.Secret(secret)
	return nil
}

func (o *options) setNAS(ctx context.Context, nas string) error {
	if nas == "" {
		return nil
	}
	var err error
	o.nas, err = resolve(ctx, nas)
	return err
}

func (o *options) check() error {
	switch {
	case o.file == "" && !o.nas.IsValid():
		return errors.New("no NAS: give -nas")
	case o.file == "" && len(o.attrs) == 0:
		return errors.New("nothing to send: give attributes, or a file with -f")
	case o.file == "" && o.results != "":
		return errors.New("-results goes with -f")
	case o.file == "" && o.way.check(o.disconnect) != nil:
		return o.way.check(o.disconnect)
	case o.wait <= 0, o.tries <= 0, o.parallel <= 0, o.rate < 0:
		return errors.New("-t, -r and -p are above 0, and -n is not below it")
	}
	return nil
}

// resolve finds the address of a NAS given as an address or a name, with or without a port: 0 is none. Of several it takes the resolver's first.
func resolve(ctx context.Context, nas string) (netip.AddrPort, error) {
	bare := nas
	if strings.HasPrefix(nas, "[") && strings.HasSuffix(nas, "]") {
		bare = nas[1 : len(nas)-1]
	}
	if addr, err := netip.ParseAddr(bare); err == nil {
		return netip.AddrPortFrom(addr.Unmap(), 0), nil
	}
	if addr, err := netip.ParseAddrPort(nas); err == nil && addr.Port() != 0 {
		return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), nil
	}
	host, port := nas, uint64(0)
	if h, service, err := net.SplitHostPort(nas); err == nil {
		host = h
		if port, err = strconv.ParseUint(service, 10, 16); err != nil || port == 0 {
			return netip.AddrPort{}, fmt.Errorf("NAS %q: the port is 1 to 65535", nas)
		}
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("NAS %q: %w", nas, err)
	}
	return netip.AddrPortFrom(addrs[0].Unmap(), uint16(port)), nil
}

// Seconds is a time on the command line: a number of seconds, as radclient takes it, or a Go duration.
type seconds time.Duration

// String is the duration as Go prints it.
func (s *seconds) String() string { return time.Duration(*s).String() }

// Set reads a number of seconds or a Go duration.
func (s *seconds) Set(text string) error {
	if n, err := strconv.ParseFloat(text, 64); err == nil && n >= 0 && n < 1e6 {
		*s = seconds(n * float64(time.Second))
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return errors.New("neither a number of seconds nor a duration")
	}
	*s = seconds(d)
	return nil
}
