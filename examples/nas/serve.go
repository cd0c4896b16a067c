// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

// serve is the BNG, until ctx is done.
func serve(ctx context.Context, o *options, stdout io.Writer) error {
	out := command.NewLines(stdout)
	b, err := newBNG(o, out)
	if err != nil {
		return err
	}
	server, seen := &o.server, newFeed()
	server.Handler = newDispatcher(o, b, out)
	server.Peers = o.allPeers()
	server.Trace, err = traceTo(o, out, seen)
	if err != nil {
		return err
	}
	if err := server.Check(); err != nil { // before a line says that it listens
		return err
	}
	sockets, err := listen(o)
	if err != nil {
		return err
	}
	overTLS, err := openTLS(o, out)
	if err != nil {
		closeAll(sockets)
		return err
	}
	defer overTLS.close()
	page, err := openWeb(o, b, seen, sockets, overTLS.addresses())
	if err != nil {
		closeAll(sockets)
		return err
	}
	if len(sockets) > 0 {
		fmt.Fprintf(out, "listening on %s, %d sessions\n", addresses(sockets), b.Len())
	}
	overTLS.tell(out, b.Len())
	if page != nil {
		fmt.Fprintln(out, page)
	}

	ways := overTLS.ways(server, out)
	for _, pc := range sockets {
		ways = append(ways, func(ctx context.Context) error { return server.Serve(ctx, pc) })
	}
	if page != nil {
		ways = append(ways, page.serve)
	}
	return errors.Join(together(ctx, ways), printCounters(out, server.Stats()), o.capture.Close())
}

// together runs all, of which one that fails ends the others.
func together(ctx context.Context, all []func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, one := range all {
		wg.Go(func() {
			errs[i] = one(ctx)
			cancel()
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// allPeers are those over UDP and those over TLS.
func (o *options) allPeers() dac.Peers {
	switch {
	case !o.wanted():
		return o.peers
	case len(o.peers) == 0:
		return o.identities
	}
	return dac.JoinPeers(o.peers, o.identities)
}

func listen(o *options) ([]net.PacketConn, error) {
	var sockets []net.PacketConn
	for _, addr := range o.listen {
		network := "udp"
		if addr.Addr().Is4() {
			network = "udp4" // 0.0.0.0 would be all of IPv6 too
		}
		pc, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(addr))
		if err != nil {
			closeAll(sockets)
			return nil, fmt.Errorf("-listen %v: %w: give an address of this machine and a port that nothing else serves, or port 0 for any", addr, err)
		}
		sockets = append(sockets, pc)
	}
	return sockets, nil
}

func closeAll(sockets []net.PacketConn) {
	for _, s := range sockets {
		s.Close()
	}
}

func addresses(sockets []net.PacketConn) string {
	names := make([]string, 0, len(sockets))
	for _, pc := range sockets {
		names = append(names, pc.LocalAddr().String())
	}
	return strings.Join(names, " ")
}

// traceTo is what -pcap, -v and -web ask for; nil: nothing.
func traceTo(o *options, out io.Writer, seen *feed) (func(dac.Event), error) {
	var all []func(dac.Event)
	if o.pcap != "" {
		captured, err := o.capture.Open(o.pcap)
		if err != nil {
			return nil, err
		}
		all = append(all, captured)
	}
	if o.verbose {
		all = append(all, func(e dac.Event) { tell(out, e) })
	}
	if o.web.IsValid() {
		all = append(all, seen.trace)
	}
	return dac.Tee(all...), nil
}

// tell prints what became of a request.
func tell(out io.Writer, e dac.Event) {
	from := peerOf(e)
	switch e.Op {
	case dac.Sent:
		fmt.Fprintf(out, "%s id %d: %s\n", from, e.ID, answerName(e))
	case dac.Repeated:
		fmt.Fprintf(out, "%s id %d: %s again: a duplicate\n", from, e.ID, e.Code)
	case dac.Dropped:
		fmt.Fprintf(out, "%s id %d: %s dropped: %v\n", from, e.ID, e.Code, e.Err)
	}
}

// peerOf is the address of a peer, with the name that its certificate proved.
func peerOf(e dac.Event) string {
	if e.PeerIdentity == nil {
		return e.Peer.String()
	}
	return fmt.Sprintf("%v (%s, %s)", e.Peer, e.PeerIdentity.Name, e.Transport)
}

func answerName(e dac.Event) string {
	if e.Cause == 0 {
		return e.Code.String()
	}
	return fmt.Sprintf("%s Error-Cause %d %s", e.Code, uint32(e.Cause), e.Cause.String())
}
