// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
	"github.com/radius-dynauth/dynauth/session"
)

// Options are what the command line asks for.
type options struct {
	listen  []netip.AddrPort
	peers   dac.PeerMap
	server  dac.Server // its limits
	file    string     // of sessions
	n       int        // sessions made up
	nas     attrs.NAS
	policy  session.Policy
	max     int                 // sessions that a request may select
	realms  map[string][]string // by name of the peer
	context map[netip.Prefix]string

	supported     []attrs.AnyKey // beside the usual
	host          host
	authorizeOnly bool
	accounting    bool
	terminateCodes
	pcap    string
	capture command.Capture
	audit   bool
	verbose bool
	web     netip.AddrPort // of the page; the zero one: none
	control bool           // the page may send requests
	tlsOptions
}

// A host is how the simulated sessions behave.
type host struct {
	keep     bool          // a disconnected session stays
	residual bool          // a Disconnect leaves a residual context behind
	first    bool          // answer before the teardown
	delay    time.Duration // that a change or a teardown takes
}

// A flagger gathers what is checked once all flags are read.
type flagger struct {
	*options
	secret, previous string
	peer             dac.Peer // what all peers have in common
	clients          []string // PREFIX=SECRET, which package flag is not to see: it repeats what it refuses
	deny             []string
	window           time.Duration
}

// parseOptions reads the command line. What it returns beside flag.ErrHelp has been told on stderr
// in full.
func parseOptions(args []string, stderr io.Writer) (*options, error) {
	f := &flagger{options: &options{realms: map[string][]string{}, context: map[netip.Prefix]string{}}}
	flags := flag.NewFlagSet("nas", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintf(stderr, "usage: nas (-secret S | -client PREFIX=SECRET ... | -listen-tls ADDRESS:PORT -cert FILE -key FILE -ca FILE) [-sessions FILE.json | -n N] [flags]\n       nas -show terminate-code [-level summary|brief|detail|reverse] [-json] [-terminate-codes FILE.json] [FAMILY ...]\n\nA CoA-Request may change %s.\n\n", namesOf(supported))
		flags.PrintDefaults()
	}
	f.peerFlags(flags)
	f.serverFlags(flags)
	f.hostFlags(flags)
	f.policyFlags(flags)
	f.terminateFlags(flags)
	f.webFlags(flags)
	f.tlsFlags(flags)
	err := flags.Parse(args)
	if err != nil {
		return nil, err
	}
	if f.families = flags.Args(); f.show == "" && flags.NArg() != 0 {
		err = fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	finish := f.finish
	if f.show != "" {
		finish = f.finishShow
	}
	if err = errors.Join(err, f.readReasons(), finish()); err != nil {
		fmt.Fprintf(stderr, "nas: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nnas: "))
		return nil, err
	}
	return f.options, nil
}

func (f *flagger) peerFlags(flags *flag.FlagSet) {
	flags.StringVar(&f.secret, "secret", "", "serve any source that knows `secret`")
	flags.StringVar(&f.previous, "previous", "", "take the old `secret` too, while -secret is rolled out")
	flags.Func("client", "serve the addresses of `PREFIX=SECRET`, an address or a prefix; repeatable", func(text string) error {
		f.clients = append(f.clients, text)
		return nil
	})
	flags.BoolVar(&f.peer.RequireMessageAuthenticator, "require-message-authenticator", false, "discard requests without Message-Authenticator")
	flags.BoolVar(&f.peer.RequireEventTimestamp, "require-event-timestamp", false, "discard requests without Event-Timestamp")
	flags.BoolVar(&f.peer.IgnoreEventTimestamp, "ignore-event-timestamp", false, "do not check Event-Timestamp: the peers have no clock")
	flags.BoolVar(&f.peer.AnswerEventTimestamp, "answer-event-timestamp", false, "answer with an Event-Timestamp")
	flags.Func("deny", "NAK 501 to all requests of kind `coa|disconnect`; repeatable", listed(&f.deny))
}

func (f *flagger) serverFlags(flags *flag.FlagSet) {
	flags.Func("listen", "serve `ADDRESS:PORT`, port 0 for any; repeatable (default 127.0.0.1:3799)", func(text string) error {
		addr, err := listenAddress(text)
		f.listen = append(f.listen, addr)
		return err
	})
	flags.DurationVar(&f.window, "window", 300*time.Second, "how far Event-Timestamp may be off, and how long requests are remembered; 0: timestamps are not checked")
	flags.IntVar(&f.server.Memory, "memory", 0, "requests remembered at most, 0 for the library's default")
	flags.IntVar(&f.server.MaxHandlers, "max-handlers", 0, "requests worked on at a time, 0 for the library's default")
	flags.BoolVar(&f.server.RefuseOverflow, "refuse-overflow", false, "NAK 506 to what is beyond -max-handlers and as many that wait, instead of silence")
	flags.Float64Var(&f.server.PeerRate.Rate, "rate", 0, "requests a second of one peer, 0 for no bound")
	flags.IntVar(&f.server.PeerRate.Burst, "burst", 0, "requests of one peer at once above -rate")
	flags.DurationVar(&f.server.HandlerTimeout, "handler-timeout", 0, "given to a session to act, 0 for the library's default")
	flags.DurationVar(&f.server.Drain, "drain", 0, "given to what is in work when the program ends, 0 for the library's default")
	flags.BoolVar(&f.server.RestartGuard, "restart-guard", false, "discard requests stamped more than 30 s before this start")
	flags.StringVar(&f.pcap, "pcap", "", "write the packets to `file`, for Wireshark")
	flags.BoolVar(&f.verbose, "v", false, "print a line for each request")
	flags.BoolVar(&f.audit, "audit", false, "print an object for each request that got as far as the sessions")
}

func (f *flagger) hostFlags(flags *flag.FlagSet) {
	flags.StringVar(&f.file, "sessions", "", "take the sessions from `FILE.json`")
	flags.IntVar(&f.n, "n", 0, "make `N` sessions: Acct-Session-Id %08x, User-Name user%07d@example.net, NAS-IP-Address of -nas-ip or the first -listen")
	flags.StringVar(&f.nas.Identifier, "nas-id", "", "NAS-Identifier of this NAS")
	flags.Func("nas-ip", "NAS-IP-Address or NAS-IPv6-Address of this NAS; repeatable (default: the first -listen, none where that is unspecified)", func(text string) error {
		addr, err := netip.ParseAddr(text)
		f.nas.Addrs = append(f.nas.Addrs, addr)
		return err
	})
	flags.IntVar(&f.max, "max-sessions", 1, "act on so many sessions at once: all or none; more are NAK 508")
	flags.BoolVar(&f.authorizeOnly, "authorize-only", false, "answer Authorize Only with NAK 507 and show the Access-Request that follows, else NAK 405")
	flags.BoolVar(&f.accounting, "accounting", false, "show the Accounting-Request that the end of a session owes the accounting server")
	flags.BoolVar(&f.host.keep, "keep", false, "leave a disconnected session in the table, for load tests")
	flags.BoolVar(&f.host.residual, "residual", false, "say Error-Cause 201 in a Disconnect-ACK")
	flags.BoolVar(&f.host.first, "answer-first", false, "answer a Disconnect-Request before the session is torn down")
	flags.DurationVar(&f.host.delay, "delay", 0, "`time` that a session takes to end or to change")
	flags.Func("realm", "let -client PREFIX touch the sessions of that realm of User-Name: `PREFIX=REALM`; repeatable, and clients without any touch none", func(text string) error {
		one := map[netip.Prefix]string{}
		err := prefixed(one)(text)
		for prefix, realm := range one {
			f.realms[prefix.String()] = append(f.realms[prefix.String()], realm)
		}
		return err
	})
	flags.Func("context", "take the requests of `PREFIX=NAME` to be about that routing context; repeatable", prefixed(f.context))
}

func (f *flagger) webFlags(flags *flag.FlagSet) {
	flags.Func("web", "show sessions, requests and counters on a page at `ADDRESS:PORT`, for a browser; it asks for no password", func(text string) (err error) {
		f.web, err = webAddress(text)
		return err
	})
	flags.BoolVar(&f.control, "web-control", false, "let the page of -web send requests to this NAS; its address has to be of this machine alone")
}

// prefixed reads PREFIX=TEXT into m. Its errors do not repeat the text, which may be a secret.
func prefixed(m map[netip.Prefix]string) func(string) error {
	return func(text string) error {
		where, what, found := strings.Cut(text, "=")
		prefix, err := command.ParsePrefix(where)
		if !found || what == "" || err != nil {
			return errors.New("give an address or a prefix, =, and the rest")
		}
		if _, twice := m[prefix]; twice {
			return fmt.Errorf("%v is given twice", prefix)
		}
		m[prefix] = what
		return nil
	}
}

func listenAddress(text string) (netip.AddrPort, error) {
	if strings.HasPrefix(text, ":") {
		text = "[::]" + text
	}
	return netip.ParseAddrPort(text)
}

func listed(to *[]string) func(string) error {
	return func(text string) error {
		*to = append(*to, strings.Split(text, ",")...)
		return nil
	}
}

// finish makes of the flags what the server needs.
func (f *flagger) finish() error {
	if len(f.listen) == 0 && !f.wanted() {
		f.listen = []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), dac.Port)}
	}
	if f.server.Window = f.window; f.window <= 0 {
		f.server.Window = -1
	}
	if f.n != 0 && f.file != "" {
		return errors.New("-n or -sessions, not both")
	}
	if f.n < 0 || f.max < 1 {
		return errors.New("-n is not below 0, and -max-sessions not below 1")
	}
	for _, kind := range f.deny {
		switch kind {
		case "coa":
			f.peer.DenyCoA = true
		case "disconnect":
			f.peer.DenyDisconnect = true
		default:
			return fmt.Errorf("-deny %q: coa or disconnect", kind)
		}
	}
	if first, ok := f.firstAddress(); ok && len(f.nas.Addrs) == 0 && !first.IsUnspecified() && !f.policy.AnyNAS {
		f.nas.Addrs = []netip.Addr{first}
	}
	f.policy.MaxSessions = f.max
	return errors.Join(f.finishPeers(), f.finishTLS(), f.finishWeb())
}

// firstAddress is the first that the program listens on.
func (f *flagger) firstAddress() (netip.Addr, bool) {
	if len(f.listen) > 0 {
		return f.listen[0].Addr().Unmap().WithZone(""), true
	}
	for _, text := range f.listenTLS {
		if addr, err := listenAddress(text); err == nil {
			return addr.Addr().Unmap().WithZone(""), true
		}
	}
	return netip.Addr{}, false
}

// finishWeb refuses a page that ends sessions for any client, and one whose requests would
// not be known.
func (f *flagger) finishWeb() error {
	switch {
	case !f.control:
		return nil
	case !f.web.IsValid():
		return errors.New("-web-control goes with -web")
	case len(f.listen) == 0:
		return errors.New("-web-control sends over UDP: add -listen and -secret")
	case !f.web.Addr().IsLoopback():
		return fmt.Errorf("-web-control at %v would let anybody there end sessions: give -web 127.0.0.1:%d, and reach it from elsewhere with ssh -L %[2]d:127.0.0.1:%[2]d", f.web.Addr(), f.web.Port())
	}
	from := ownAddr(f.listen[0].Addr())
	if _, err := f.peers.Peer(context.Background(), netip.AddrPortFrom(from, 0)); err != nil && len(f.clients) != 0 {
		return fmt.Errorf("-web-control: the page asks from %v, which no -client names: add -client %[1]v=SECRET", from)
	}
	return nil
}

func (f *flagger) finishPeers() error {
	f.peers = dac.PeerMap{}
	secrets := map[netip.Prefix]string{}
	for _, text := range f.clients {
		if err := prefixed(secrets)(text); err != nil {
			return fmt.Errorf("-client: %w", err)
		}
	}
	for prefix, secret := range secrets {
		p := f.peer
		p.Name, p.Secret = prefix.String(), dac.Secret(secret)
		f.peers[prefix] = p
	}
	for prefix := range f.realms {
		if _, known := f.peers[netip.MustParsePrefix(prefix)]; !known {
			return fmt.Errorf("-realm %s: there is no such -client", prefix)
		}
	}
	switch {
	case len(f.listen) == 0 && (f.secret != "" || f.previous != "" || len(f.clients) != 0):
		return errors.New("-secret and -client are for UDP: add -listen, or leave them out")
	case f.secret != "" && len(f.clients) != 0:
		return errors.New("-secret or -client, not both")
	case f.secret != "":
		p := f.peer
		p.Secret, p.Previous = dac.Secret(f.secret), dac.Secret(f.previous)
		f.peers[netip.PrefixFrom(netip.IPv4Unspecified(), 0)] = p
		f.peers[netip.PrefixFrom(netip.IPv6Unspecified(), 0)] = p
	case len(f.clients) == 0 && len(f.listen) == 0:
		return nil // over TLS only
	case len(f.clients) == 0:
		return errors.New("who may send? give -secret or -client")
	case f.previous != "":
		return errors.New("-previous goes with -secret")
	}
	return nil
}
