// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/radius-dynauth/dynauth/examples/internal/certs"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

// TLSOptions are the ways over TLS; none where both lists are empty.
type tlsOptions struct {
	listenTLS, dialTLS []string
	certs              certs.Options
	tlsPeers           []string // in the words of dac.CertPeers; none: every certificate of the authorities
	identities         dac.IdentityPeers
}

func (o *tlsOptions) wanted() bool { return len(o.listenTLS)+len(o.dialTLS) > 0 }

func (f *flagger) tlsFlags(flags *flag.FlagSet) {
	repeated := func(name, usage string, to *[]string) {
		flags.Func(name, usage, func(text string) error {
			*to = append(*to, text)
			return nil
		})
	}
	repeated("listen-tls", "serve RADIUS over TLS at `ADDRESS:PORT`, port 0 for any; repeatable", &f.listenTLS)
	repeated("dial-tls", "connect to `HOST:PORT` over TLS and serve what comes down that connection; it is dialled again when it is lost; repeatable", &f.dialTLS)
	repeated("tls-peer", "take the certificate with this `NAME` for a peer: a host, *.domain, an address, @realm, or issuer#serial; repeatable (default: every one of -ca)", &f.tlsPeers)
	flags.StringVar(&f.certs.Cert, "cert", "", "certificate in `FILE`, PEM, with those that lead to its authority; read again at SIGHUP, as -key and -ca are")
	flags.StringVar(&f.certs.Key, "key", "", "private key of -cert in `FILE`")
	flags.StringVar(&f.certs.CA, "ca", "", "authorities of the other ends in `FILE`; connections whose certificate is no longer good are closed at SIGHUP")
	flags.StringVar(&f.certs.Version, "tls-version", "", "`1.2|1.3` alone (default: 1.2 at least)")
	flags.StringVar(&f.certs.RADIUS, "radius", "", "RADIUS `1.0|1.1` alone over TLS (default: both are offered)")
	flags.StringVar(&f.certs.KeyLog, "keylog", "", "write the keys of TLS to `file`, for Wireshark: who has it reads everything")
}

// finishTLS says who may connect.
func (f *flagger) finishTLS() error {
	switch {
	case !f.wanted() && (f.certs != certs.Options{} || len(f.tlsPeers) > 0):
		return errors.New("-cert, -key, -ca, -tls-peer, -tls-version, -radius and -keylog go with -listen-tls or -dial-tls")
	case !f.wanted():
		return nil
	case f.certs.Cert == "" || f.certs.Key == "" || f.certs.CA == "":
		return errors.New("-listen-tls and -dial-tls need -cert, -key and -ca")
	}
	errs := []error{f.certs.Check()}
	for _, addr := range f.listenTLS {
		if _, err := hostPort(addr); err != nil {
			errs = append(errs, fmt.Errorf("-listen-tls %q: %w: give an address of this machine and a port that nothing else serves, or port 0 for any", addr, err))
		}
	}
	for _, addr := range f.dialTLS {
		if host, err := hostPort(addr); (err != nil || host == "") && !isHost(addr) {
			errs = append(errs, fmt.Errorf("-dial-tls %q: give the host that listens and its port, as in aaa.example.net:%d", addr, radsec.Port))
		}
	}
	f.identities = certs.Any(f.peer)
	if len(f.tlsPeers) > 0 {
		named := dac.CertPeers{}
		for _, name := range f.tlsPeers {
			if err := certs.CheckName(name, f.peer); err != nil {
				errs = append(errs, fmt.Errorf("-tls-peer %q: %w", name, err))
			}
			named[name] = f.peer
		}
		f.identities = named
	}
	return errors.Join(errs...)
}

// isHost reports whether text is a host or an address without a port, which is radsec.Port then.
func isHost(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil || text != "" && !strings.Contains(text, ":")
}

// hostPort is the host of a host and a port.
func hostPort(text string) (host string, err error) {
	host, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	return host, err
}

// A tlsPart is what the program does over TLS.
type tlsPart struct {
	cfg       *radsec.Config
	store     *certs.Store
	keys      io.Closer
	listeners []net.Listener
	dials     []string
}

// openTLS opens what o asks for over TLS; nil: nothing.
func openTLS(o *options, out io.Writer) (p *tlsPart, err error) {
	if !o.wanted() {
		return nil, nil
	}
	p = &tlsPart{dials: o.dialTLS}
	if p.store, err = certs.Open(o.certs); err != nil {
		return nil, err
	}
	if p.cfg, p.keys, err = p.store.Config(); err != nil {
		return nil, err
	}
	p.cfg.Logger = slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelWarn}))
	for _, addr := range o.listenTLS {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			p.close()
			return nil, fmt.Errorf("-listen-tls %s: %w: give an address of this machine and a port that nothing else serves, or port 0 for any", addr, err)
		}
		p.listeners = append(p.listeners, l)
	}
	return p, nil
}

func (p *tlsPart) close() {
	if p == nil {
		return
	}
	for _, l := range p.listeners {
		l.Close()
	}
	p.keys.Close()
}

// addresses are where p listens, and where it connects to.
func (p *tlsPart) addresses() (all []string) {
	if p == nil {
		return nil
	}
	for _, l := range p.listeners {
		all = append(all, l.Addr().String())
	}
	return append(all, p.dials...)
}

// tell prints a line for each listener and each dial.
func (p *tlsPart) tell(out io.Writer, sessions int) {
	if p == nil {
		return
	}
	for _, l := range p.listeners {
		fmt.Fprintf(out, "listening on %s, %d sessions, over TLS\n", l.Addr(), sessions)
	}
	for _, addr := range p.dials {
		fmt.Fprintf(out, "connecting to %s, %d sessions, over TLS\n", addr, sessions)
	}
}

// ways are the functions that serve, until ctx is done.
func (p *tlsPart) ways(server *dac.Server, out io.Writer) (all []func(context.Context) error) {
	if p == nil {
		return nil
	}
	for _, l := range p.listeners {
		all = append(all, func(ctx context.Context) error { return radsec.Serve(ctx, server, l, p.cfg) })
	}
	for _, addr := range p.dials {
		all = append(all, func(ctx context.Context) error { return radsec.DialAndServe(ctx, server, addr, p.cfg) })
	}
	return append(all, func(ctx context.Context) error { return p.reload(ctx, out) })
}

// reload reads the certificates again whenever SIGHUP says so.
func (p *tlsPart) reload(ctx context.Context, out io.Writer) error {
	reloads, stop := command.Reloads(ctx)
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-reloads:
		}
		if err := p.store.Reload(); err != nil {
			fmt.Fprintf(out, "the certificates stay as they are: %v\n", err)
			continue
		}
		p.cfg.Recheck()
		fmt.Fprintln(out, "the certificates are read again")
	}
}
